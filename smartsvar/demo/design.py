"""Samples for the living page of components: the parts are those of the real pages."""

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from django import forms
from django.core.paginator import Paginator

from privacy.record.document import Table
from smartsvar.bulletins.models import Bulletin
from smartsvar.portal.figures import Day, Figures
from smartsvar.portal.waveform import waveform

COLOURS = (
    "paper", "card", "ink", "quiet", "line", "edge", "hover", "accent", "accent-strong",
    "on-accent", "soft", "good", "good-soft", "warn", "warn-soft", "bad", "bad-soft",
)  # fmt: skip


# Parts that are no components, and why: all others stand on the page.
ELSEWHERE = {
    "account_nav": "one link, above the pages of one's account",
    "agreement_notice": "a notice that asks the database when to show",
    "call_grant": "a notice that asks the database when to show",
    "closing": "a notice with dates of a contract's end",
    "deliveries": "a section of a message's page alone",
    "handling": "a section of a message's page alone",
    "letter": "a mail, not a part of a page",
    "live_grants": "a notice that asks the database when to show",
    "notices": "the list of notices of Mina Sidor, which asks the database",
    "own_only": "a notice to whoever is shown its own alone",
    "quick": "scripts, nothing to see",
}


@dataclass(frozen=True)
class Bar:
    x: int
    height: int

    @property
    def top(self) -> int:
        return 32 - self.height


@dataclass(frozen=True)
class Sample:
    """A page of a list, as parts/paging.html reads it."""

    older: str = "20-sample"
    newer: str = "10-sample"
    left_out: int = 2


class SampleForm(forms.Form):
    name = forms.CharField(label="Name", max_length=60)
    email = forms.EmailField(label="E-mail", help_text="The answer is sent here.")
    matter = forms.CharField(label="Matter", required=False, widget=forms.Textarea({"rows": 3}))
    kind = forms.ChoiceField(label="Kind", choices=[("a", "Calls"), ("b", "Messages")])
    agree = forms.BooleanField(label="Only unread", required=False)


class SampleFilter(forms.Form):
    text = forms.CharField(label="Contains", required=False)
    active = False


NOBODY = UUID(int=0)
HOUSE = SimpleNamespace(number=10001, company_name="Anna AB")
MEMBER = SimpleNamespace(customer=HOUSE, is_administrator=True, may_change=True, elsewhere=True)


def _call(at: datetime) -> SimpleNamespace:
    return SimpleNamespace(
        id=NOBODY, started_at=at, caller_name="Zacharias", caller_number="+46701740605",
        duration_ms=134_000, staff=None, is_message=False, moment=at, size=2_400_000,
        get_audio_format_display="WAV", due_at=at + timedelta(days=92),
    )  # fmt: skip


def _letter(at: datetime, state: str) -> SimpleNamespace:
    return SimpleNamespace(
        id=NOBODY, taken_at=at, caller_name="Zacharias", caller_number="+46701740605",
        caller_company="", matter="Please call back about the dam.", read_at=None, handled_at=at,
        assigned_to=None, staff=None, delivery_state=state, is_message=True, moment=at,
    )  # fmt: skip


def _bulletin(at: datetime) -> Bulletin:
    return Bulletin(
        kind=Bulletin.Kind.MAINTENANCE, starts_at=at, ends_at=at + timedelta(hours=2),
        title_sv="Underhåll", title_en="Maintenance", text_sv="På natten.", text_en="At night.",
    )  # fmt: skip


def _figures(at: datetime) -> Figures:
    days = [
        Day((at + timedelta(days=place)).date(), place, place // 2, place * 20, place * 3, place)
        for place in range(14)
    ]
    return Figures(days=days, going=0, going_from=None)


def samples(at: datetime) -> dict[str, Any]:
    """Return the page's context, of rows that are none: nobody's data is on it."""
    letters = [_letter(at, state) for state in ("accepted", "queued", "unknown", "failed")]
    peaks = bytes(40 + place * 37 % 200 for place in range(100))
    return {
        "sample_member": MEMBER,
        "calls": [_call(at)],
        "letters": letters,
        "events": [_call(at), letters[0]],
        "inbox_page": SimpleNamespace(rows=letters[1:2]),
        "bulletin": _bulletin(at),
        "figures": _figures(at),
        "recording": _call(at),
        "numbered": Paginator(range(3), 1).get_page(2),
        "waveform": waveform(base64.b64encode(peaks).decode()),
        "colours": COLOURS,
        "form": SampleForm({"name": "Anna", "email": "no address", "kind": "a"}),
        "filter": SampleFilter(),
        "table": Table(("What", "Where"), (("Calls", "in the list"), ("Staff", "in the register"))),
        "bars": [Bar(place * 6, (0, 0, 12, 0, 32, 0, 6, 0)[place % 8]) for place in range(24)],
        "sample": Sample(),
    }
