"""The pages of an archive that a person reads in a browser, offline, in Swedish or English."""

import re
from collections.abc import Callable
from datetime import datetime
from functools import cache, lru_cache
from html import escape
from typing import Any, Protocol

from django.db.models import Field
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from customers.models import Member, StaffMember, Target
from customers.templatetags.display import duration
from privacy.exports.facts import Facts
from privacy.exports.selection import MENTIONS, Portion
from privacy.models import Export
from privacy.record.periods import period
from privacy.record.words import field_name, said, thing_name
from smartsvar import callers
from smartsvar.clock import STOCKHOLM
from smartsvar.counts import file_size
from smartsvar.paging import openable
from smartsvar.personal_data import declared

SHOWN = 1000  # of what is not included; the manifest has all
MOST = 5000  # names are sealed: a list of people is bounded


class Contents(Protocol):
    """What an archive holds so far."""

    files: list[dict[str, Any]]
    missing: list[dict[str, str]]
    changed: list[dict[str, str]]
    counts: dict[str, int]


def index_page(export: Export, part: int, contents: Contents) -> str:
    """Return the first page: what this is, what is in it, what is not and why."""
    with translation.override(export.language):
        context = {
            "export": export, "part": part, "language": export.language, "about": _about(export),
            "chapters": _chapters(contents), "missing": _missing(contents.missing[:SHOWN]),
            "changed": len(contents.changed), "more": max(0, len(contents.missing) - SHOWN),
        }  # fmt: skip
        return render_to_string("privacy/archive/index.html", context)


def _about(export: Export) -> str:
    if export.target == Target.CALLER:
        return f"{export.get_target_display()}: {_number(export.caller)}"
    return str(export.get_target_display())


def _chapters(contents: Contents) -> list[dict[str, Any]]:
    """Return what there is of each model: why we have it, how long, and where it is in here."""
    chapters = []
    kinds = {model._meta.label: (model, declaration) for model, declaration in declared()}
    for key, count in contents.counts.items():
        label, mention = key.removesuffix(MENTIONS), key.endswith(MENTIONS)
        model, declaration = kinds[label]
        stem = key.replace("#", "-")
        page = re.compile(rf"html/{re.escape(stem)}-\d{{3,}}\.html")
        pages = [f["name"] for f in contents.files if page.fullmatch(f["name"])]
        chapters.append(
            {
                "name": thing_name(model),
                "mention": mention,
                "count": count,
                "pages": pages,
                "purpose": said(declaration.purpose),
                "kept": period(model, declaration.keep),
            }  # fmt: skip
        )
    return chapters


def people_of(export: Export) -> dict[str, str]:
    """Return the names of the account's people by id, where the export is about all of them.

    One about a caller or a single person does not say who else is named there (article 15(4)).
    """
    if export.target != Target.CUSTOMER:
        return {}
    names: dict[str, str] = {}
    kinds: tuple[Any, ...] = (StaffMember, Member)
    for kind in kinds:
        rows = kind.objects.filter(customer=export.customer, restricted=False).timely()
        names |= {str(each.pk): each.name for each in openable(list(rows[:MOST]))}
    return names


def _missing(found: list[dict[str, str]]) -> list[dict[str, str]]:
    reasons = {
        "gone since": _("deleted since it was collected"),
        "damaged": _("damaged: it cannot be opened, and has been reported"),
        "file damaged": _("its file is damaged or missing, and has been reported"),
        "file incomplete": _("its file could only be read in part"),
        "file differs from what was verified": _("its file is not the one that was verified"),
    }
    names = {model._meta.label: thing_name(model) for model, _said in declared()}
    return [
        {"id": each["id"], "what": names[each["model"]], "why": reasons[each["reason"]]}
        for each in found
    ]


def page_head(portion: Portion, export: Export, number: int) -> str:
    """Return the beginning of a page of records."""
    with translation.override(export.language):
        context = {
            "name": thing_name(portion.model), "number": number, "language": export.language,
            "mention": portion.mention,
        }  # fmt: skip
        return render_to_string("privacy/archive/head.html", context)


def page_foot() -> str:
    return "</main></body></html>\n"


def record_card(portion: Portion, facts: Facts, language: str, people: dict[str, str]) -> str:
    """Return one record as it is read: every field by its name, and the sound to play."""
    labels = _labels(portion.model, language)
    lines = ["<article><dl>"]
    for name, value in facts.items():
        if value in (None, "", []) or name in {"id", "audio"}:
            continue
        known = people.get(str(value)) if name in portion.said.mentions else None
        shown = escape(known or _shown(portion.model, name, value, language))
        lines.append(f"<dt>{labels(name)}</dt><dd>{shown}</dd>")
    lines.append("</dl>")
    if facts.get("audio"):
        source = escape(facts["audio"])
        lines.append(
            f'<audio controls preload="none" src="../{source}" aria-label="{labels("audio")}">'
            f'</audio><p><a href="../{source}">{source}</a></p>'
        )
    if facts.get("id"):
        lines.append(f'<p class="id" id="{facts["id"]}">{facts["id"]}</p>')
    lines.append("</article>\n")
    return "".join(lines)


@cache
def _labels(model: Any, language: str) -> Any:
    """Return what looks up a field's name, escaped, in this language."""

    @cache
    def label(name: str) -> str:
        with translation.override(language):
            return escape(_("The recording") if name == "audio" else field_name(model, name))

    return label


def _shown(model: Any, name: str, value: Any, language: str) -> str:
    if isinstance(value, bool):
        return _yes_or_no(language)[value]
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if name == "size":
        with translation.override(language):
            return file_size(value)
    if name in WRITTEN:
        return WRITTEN[name](value)
    kind = _kinds(model).get(name)
    if kind in {"DateTimeField", "DateField"}:
        return _moment(str(value))
    choices = _choices(model, name, language)
    return choices.get(value, str(value)) if choices else str(value)


@lru_cache(maxsize=2048)
def _number(address: str) -> str:
    try:
        return callers.display(address)
    except ValueError:
        return address


WRITTEN: dict[str, Callable[[Any], str]] = {
    "phone": _number, "caller_number": _number, "called_number": _number, "caller": _number,
    "duration_ms": duration,
}  # fmt: skip


def _moment(text: str) -> str:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return str(at.astimezone(STOCKHOLM))[:19] if "T" in text else text


@cache
def _kinds(model: Any) -> dict[str, str]:
    return {field.name: field.get_internal_type() for field in model._meta.concrete_fields}


@cache
def _choices(model: Any, name: str, language: str) -> dict[Any, str]:
    if name not in _kinds(model):
        return {}
    field: Field[Any, Any] = model._meta.get_field(name)
    with translation.override(language):
        return {value: str(words) for value, words in field.flatchoices}


@cache
def _yes_or_no(language: str) -> dict[bool, str]:
    with translation.override(language):
        return {True: _("yes"), False: _("no")}


@cache
def style() -> str:
    """Return the pages' style sheet."""
    return render_to_string("privacy/archive/style.css")
