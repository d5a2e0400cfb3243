"""Every form that there is, where it stands, and who has it before them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.test import Client

from tests import cast
from tests.hostile.found import WRITTEN, Field, Form, forms_on
from tests.hostile.nasties import IN_CHOICES, IN_FIGURES, IN_TEXT, MEGABYTE, TOO_MUCH
from tests.hostile.sending import lengths_kept, refused, refused_for, send, undone, wrongs
from tests.journeys import states
from tests.journeys.walk import World

FIGURES = {"number", "date", "time"}
# What is written and kept nowhere: it is searched for, compared, or a trap.
NOT_KEPT = {"q", "text@portal:events", "website@customers:contact", "code"}
MOST = 1000  # characters of a value kept: a megabyte of one letter, packed as text, is 1300


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
    return IN_FIGURES if field.kind in FIGURES | {"hidden"} else IN_CHOICES


def keeps(stand: Stand, field: Field) -> bool:
    """Whether what is written in the field is kept and shown again."""
    named = {field.name, f"{field.name}@{stand.form.view}"}
    return stand.form.method == "post" and not named & NOT_KEPT


def overloaded(stand: Stand) -> Iterator[str]:
    """Yield what is wrong when a megabyte is sent: in each field that is written in, in turn.

    And when more is sent than a request may hold, once: no field sees it.
    """
    honest = stand.honest()
    if stand.form.method != "post" or not honest:
        return  # no server takes so long an address
    found, said_no = attack(stand, honest | {next(iter(honest)): TOO_MUCH})
    yield from found if said_no else [f"{stand}: more than a request may hold is taken"]
    for field in stand.form.fields.values():
        if field.kind in WRITTEN | FIGURES | {"password"}:
            yield from (f"{stand} {field.name} megabyte: {what}" for what in _heavy(stand, field))


def _heavy(stand: Stand, field: Field) -> Iterator[str]:
    with undone(stand.client), lengths_kept() as kept:
        answers = send(stand.client, stand.form, stand.honest() | {field.name: MEGABYTE})
        yield from wrongs(answers)
        if answers[0].status_code == 400:
            yield "does not come to the field"
        if max(kept, default=0) > MOST:
            yield f"a value of {max(kept)} characters is kept"
        # What password one has is nobody's to say; a new one is kept as a hash.
        if field.kind != "password" and keeps(stand, field):
            yield from [] if refused_for(answers, field.name) else ["taken"]
