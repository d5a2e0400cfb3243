"""Samples for the living page of components: the parts are those of the real pages."""

from dataclasses import dataclass
from typing import Any

from django import forms

from privacy.record.document import Table

COLOURS = (
    "paper", "card", "ink", "quiet", "line", "edge", "hover", "accent", "accent-strong",
    "on-accent", "soft", "good", "good-soft", "warn", "warn-soft", "bad", "bad-soft",
)  # fmt: skip


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


class SampleForm(forms.Form):
    name = forms.CharField(label="Name", max_length=60)
    email = forms.EmailField(label="E-mail", help_text="The answer is sent here.")
    matter = forms.CharField(label="Matter", required=False, widget=forms.Textarea({"rows": 3}))
    kind = forms.ChoiceField(label="Kind", choices=[("a", "Calls"), ("b", "Messages")])
    agree = forms.BooleanField(label="Only unread", required=False)


class SampleFilter(forms.Form):
    text = forms.CharField(label="Contains", required=False)
    active = False


def samples() -> dict[str, Any]:
    """Return the page's context."""
    return {
        "colours": COLOURS,
        "form": SampleForm({"name": "Anna", "email": "no address", "kind": "a"}),
        "filter": SampleFilter(),
        "table": Table(("What", "Where"), (("Calls", "in the list"), ("Staff", "in the register"))),
        "bars": [Bar(place * 6, (0, 0, 12, 0, 32, 0, 6, 0)[place % 8]) for place in range(24)],
        "sample": Sample(),
    }
