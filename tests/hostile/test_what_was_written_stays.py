"""One field of a form is wrong: whatever was written in the others stands there still."""

from typing import Any

import pytest
from django.urls import reverse

from tests.hostile.found import WRITTEN, Field, Form, forms_on
from tests.hostile.nasties import IN_TEXT
from tests.hostile.sending import mistaken, send, undone
from tests.hostile.stands import Stand, stands
from tests.journeys.walk import World

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.production_stack]
KEPT = WRITTEN | {"number", "date", "time", "select", "radio", "checkbox"}
FEWEST = 15  # forms of more than one field that can be wrong in one: fewer were not tried at all


def test_what_was_written_beside_a_mistake_stands_there_still(world: World) -> None:
    wrong, tried = [], set()
    for stand in stands(world):
        for field in stand.form.fields.values():
            if stand.form.method == "post" and field.kind in WRITTEN:
                lost = lost_beside(stand, field)
                tried |= {stand.form.view} if lost is not None else set()
                wrong += [f"{stand} {field.name}: {what}" for what in lost or []]
    assert not wrong, "\n".join(wrong)
    assert len(tried) >= FEWEST, sorted(tried)


def lost_beside(stand: Stand, mistake: Field) -> list[str] | None:
    """Return what of an honest form is gone when this field is wrong; None: nothing to lose."""
    said = stand.honest() | {mistake.name: IN_TEXT["override"]}
    others = [
        each for each in stand.form.fields.values()
        if each.kind in KEPT and each.name != mistake.name and said.get(each.name)
    ]  # fmt: skip
    if not others:
        return None
    with undone(stand.client):
        answer = send(stand.client, stand.form, said)[0]
        if answer.status_code >= 300 or not mistaken(answer):
            return None
        return missing(stand.form, said, others, answer.content.decode())


def missing(form: Form, said: dict[str, Any], others: list[Field], page: str) -> list[str]:
    """Return what was said in `others` and does not stand in the form as the page has it."""
    shown = shown_again(form, page)
    if shown is None:
        return ["the form is not on the page"]
    there = {each.name: each.value for each in shown.fields.values()}
    return [
        f"{each.name}: {said[each.name]!r} became {there.get(each.name)!r}"
        for each in others
        if there.get(each.name) != said[each.name]
    ]


def shown_again(form: Form, page: str) -> Form | None:
    """Return the page's form that is sent where this one was, and has most of its fields."""
    fitting = [each for each in forms_on(page, form.action) if each.view == form.view]
    return max(fitting, key=lambda each: len(set(form.fields) & set(each.fields)), default=None)


@pytest.mark.parametrize(
    ("page", "lost"),
    [
        ('<form method=post><input name=name value="Anna"></form>', []),
        ("<form method=post><input name=name></form>", ["name: 'Anna' became ''"]),
        ("<form method=post><input name=text></form>", ["name: 'Anna' became None"]),
        ("<p>Ett fel.</p>", ["the form is not on the page"]),
    ],
)
def test_the_rule_sees_what_is_lost(page: str, lost: list[str]) -> None:
    name = Field("name", "text")
    form = Form(reverse("customers:contact"), "post", {"name": name})
    assert missing(form, {"name": "Anna"}, [name], page) == lost
