"""The public policy through time: each version kept as it stood, and what changed in it."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from difflib import SequenceMatcher
from typing import Any

from django.conf import settings
from django.utils import translation

from privacy.models import PolicyVersion
from privacy.record.document import Document, Section, Table
from privacy.record.papers import policy
from smartsvar.clock import STOCKHOLM


def keep_versions(at: datetime) -> int:
    """Keep the policy as it stands at `at`, in each language, where it is not the last one kept.

    Return how many were new. Run daily and before a release begins to serve: a policy may follow a
    declaration, a setting or the register of subprocessors.
    """
    return sum(_keep(language, at) for language, _name in settings.LANGUAGES)


def _keep(language: str, at: datetime) -> bool:
    with translation.override(language):
        content = as_content(policy(at.astimezone(STOCKHOLM).date()))
    digest = digest_of(content)
    last = last_version(language)
    if last is not None and last.digest == digest:
        return False
    _row, made = PolicyVersion.objects.get_or_create(
        language=language, seen_at=at, defaults={"digest": digest, "content": content}
    )
    return bool(made)


def last_version(language: str) -> PolicyVersion | None:
    """Return the version that was kept last in this language."""
    found: PolicyVersion | None = (
        PolicyVersion.objects.filter(language=language).newest_first().first()
    )
    return found


def as_content(document: Document) -> dict[str, Any]:
    """Return the document as JSON keeps it."""
    content: dict[str, Any] = json.loads(json.dumps(asdict(document), ensure_ascii=False))
    return content


def digest_of(content: dict[str, Any]) -> str:
    """Return the SHA-256 of the content, written in one way only, in hexadecimal."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def as_document(content: dict[str, Any]) -> Document:
    """Return the document that was kept."""
    sections = tuple(_section(each) for each in content["sections"])
    head = (content["name"], content["language"], content["title"])
    return Document(*head, tuple(content["intro"]), sections)


def _section(kept: dict[str, Any]) -> Section:
    table = kept["table"] and Table(
        tuple(kept["table"]["head"]), tuple(tuple(row) for row in kept["table"]["rows"])
    )
    facts = tuple((name, value) for name, value in kept["facts"])
    gaps = tuple(kept["gaps"])
    return Section(kept["heading"], tuple(kept["text"]), facts, table, gaps, kept["level"])


def strings_of(document: Document) -> Iterator[str]:
    """Yield everything that the document says, in its order."""
    yield from (document.title, *document.intro)
    for section in document.sections:
        yield from (section.heading, *section.text)
        for fact in section.facts:
            yield from fact
        for row in (section.table.head, *section.table.rows) if section.table else ():
            yield from row
        yield from section.gaps


@dataclass(frozen=True)
class Change:
    """What one section lost and gained, line by line; either may be empty."""

    heading: str
    gone: list[str]
    new: list[str]


def changes(before: Document, after: Document) -> list[Change]:
    """Return what changed, section by section, in the order of the later one."""
    old, new = _by_heading(before), _by_heading(after)
    headings = [*new, *(heading for heading in old if heading not in new)]
    found = [_change(each, old.get(each, []), new.get(each, [])) for each in headings]
    return [each for each in found if each.gone or each.new]


def _by_heading(document: Document) -> dict[str, list[str]]:
    lines: dict[str, list[str]] = {document.title: list(document.intro)}
    for section in document.sections:
        lines.setdefault(section.heading, []).extend(_lines(section))
    return lines


def _lines(section: Section) -> Iterator[str]:
    yield from section.text
    yield from (f"{name}: {value}" for name, value in section.facts)
    for row in section.table.named_rows if section.table else ():
        yield " · ".join(f"{name}: {cell}" for name, cell in row)


def _change(heading: str, old: list[str], new: list[str]) -> Change:
    gone: list[str] = []
    come: list[str] = []
    for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            gone += old[i:j]
            come += new[k:m]
    return Change(heading, gone, come)
