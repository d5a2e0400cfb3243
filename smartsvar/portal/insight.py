"""Who has seen the data: the entries of the trail that are looks, and how to narrow them."""

import csv
import io
from collections.abc import Iterator
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Member
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import STOCKHOLM
from smartsvar.csv_cells import harmless
from smartsvar.paging import page_of
from smartsvar.plain_text import PlainText
from smartsvar.portal.trail import Teller
from smartsvar.portal.verbs import LOOKS

KINDS = [
    ("", gettext_lazy("Everybody")),
    ("support", gettext_lazy("Smartsvar's support only")),
    ("member", gettext_lazy("Your own people")),
    ("key", gettext_lazy("Systems with an API key")),
    ("system", gettext_lazy("Smartsvar's own operation")),
]
CHUNK = 500  # entries that a file is written by


class InsightFilter(PlainText, forms.Form):
    """Who: a kind, or one person or key by id; what: one thing by id."""

    kind = forms.ChoiceField(label=gettext_lazy("Who"), choices=KINDS, required=False)
    person = forms.UUIDField(required=False, widget=forms.HiddenInput)
    thing = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any) -> None:
        super().__init__(data, label_suffix="")

    def apply(self, rows: "QuerySet[AuditEntry]") -> "QuerySet[AuditEntry]":
        """Return the looks asked for; none when the question makes no sense."""
        if not self.is_valid():
            return rows.none()
        asked = {
            "actor_kind": self.cleaned_data["kind"],
            "actor_id": self.cleaned_data["person"],
            "object_id": self.cleaned_data["thing"],
        }
        wanted = {name: value for name, value in asked.items() if value}
        return rows.filter(verb__in=list(LOOKS), **wanted)

    @property
    def active(self) -> bool:
        """Whether anything is asked for."""
        return any(self.data.get(name) for name in self.fields)


def written(member: Member, rows: "QuerySet[AuditEntry]") -> Iterator[str]:
    """Yield the looks as CSV (RFC 4180), newest first, some hundreds at a time."""
    yield "\ufeff" + _lines([(_("when"), _("who"), _("kind"), _("what"), _("id"))])
    teller, kinds, older = Teller(member), dict(KINDS), ""
    while True:
        page = page_of(rows, moment="at", older=older, size=CHUNK)
        told = zip(page.rows, teller.tell(page.rows), strict=True)
        yield _lines(
            (
                line.at.astimezone(STOCKHOLM).isoformat(timespec="seconds"), line.who,
                str(kinds.get(line.kind, line.kind)), line.what, str(row.object_id or ""),
            )
            for row, line in told
        )  # fmt: skip
        older = page.older
        if not older:
            return


def _lines(rows: Any) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([harmless(cell) for cell in row] for row in rows)
    return out.getvalue()
