"""Every form that there is, where it stands, and who has it before them."""

from dataclasses import dataclass
from typing import Any

from django.test import Client

from tests import cast
from tests.hostile.found import WRITTEN, Field, Form, forms_on
from tests.hostile.nasties import IN_CHOICES, IN_FIGURES, IN_TEXT
from tests.hostile.sending import refused, send, undone, wrongs
from tests.journeys import states
from tests.journeys.walk import World


@dataclass(frozen=True)
class Stand:
    """A form where it stands, and the window of whoever sees it."""

    who: str
    client: Client
    form: Form
    known: dict[str, str]  # what the person knows: an address that signs in, a caller's number

    def honest(self) -> dict[str, Any]:
        """What an honest person sends in this form."""
        said = {name: text for name, text in self.known.items() if name in self.form.fields}
        return self.form.honest() | said

    def __str__(self) -> str:
        return f"{self.form.view} ({self.who})"


def stands(world: World) -> list[Stand]:
    """Return every form there is, once for each address and set of fields."""
    found: dict[Any, Stand] = {}
    known = {
        "login": world.anna.member.user.email, "caller": cast.PLANTED_NUMBER,
        "phone": "070-174 06 77", "last_day": "2026-11-24", "last_time": "13:00",
        "until": "2026-11-02", "recording_days": "1",
    }  # fmt: skip
    for look in states.everything(world):
        client = world.visitors[look.who]
        answer = client.post(look.address, look.body) if look.body else client.get(look.address)
        for form in forms_on(answer.content.decode(), look.address):
            found.setdefault((form.view, form.shape), Stand(look.who, client, form, known))
    return list(found.values())


def attack(stand: Stand, said: dict[str, Any]) -> tuple[list[str], bool]:
    """Send it and undo it; return what was wrong, and whether it was refused."""
    with undone(stand.client):
        answers = send(stand.client, stand.form, said)
        return list(wrongs(answers)), refused(answers)


def nasties_for(field: Field) -> dict[str, str]:
    if field.kind in WRITTEN:
        return IN_TEXT
    return IN_FIGURES if field.kind in {"number", "date", "time", "hidden"} else IN_CHOICES
