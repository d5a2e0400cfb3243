"""Whoever wants to see a page finds a picture of it, or the reason why there is none."""

from urllib.parse import urlsplit

import pytest
from django.urls import resolve

from tests import cast
from tests.journeys import states
from tests.journeys.walk import World, people
from tools.pictured_pages import names, pictured
from tools.screenshots import TARGET, WIDTHS

A_SENTENCE = "a sentence and a button, in the frame that sign-in has"
NONE = {
    "account_logout": A_SENTENCE,
    "account_inactive": A_SENTENCE,
    "account_signup": A_SENTENCE,
    "account_email_verification_sent": A_SENTENCE,
    "account_confirm_email": A_SENTENCE,
    "account_reset_password_from_key_done": A_SENTENCE,
    "account_reset_password_from_key": "two passwords, as the page of changing one has them",
    "mfa_reauthenticate": "the code, as it is asked for at sign-in",
    "mfa_reauthenticate_webauthn": "one button, as at sign-in",
    "mfa_deactivate_totp": "a sentence and a button, as for a passkey",
    "customers:staff_remove_many": "the removal of one, with a list",
    "customers:member_role": "the question of a hand-over, asked of who gives up a role",
}


@pytest.mark.django_db(databases="__all__")
@pytest.mark.either_stack
def test_every_page_that_is_walked_has_its_picture_or_a_reason_why_not(
    anna: cast.House, cecilia: cast.House
) -> None:
    world: World = people(anna, cecilia)
    states.prepare(world)
    paths = {urlsplit(look.address).path for look in states.everything(world)}
    without = {resolve(path).view_name for path in paths if not pictured(path)}
    assert without == NONE.keys()


def test_every_picture_is_taken_and_none_is_left_of_a_page_that_was() -> None:
    taken = {each.stem for each in TARGET.glob("*.png")}
    assert taken == {f"{name}-{device}" for name in names() for device in WIDTHS}
