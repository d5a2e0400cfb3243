"""Every form that stands on a page, each of its fields hostile: a clear message, never a 500.

The forms are those found on the pages that the walk opens (tests/journeys/walk.py), so a new form
is attacked as soon as it stands on a page.
"""

import re
from dataclasses import replace
from typing import Any

import pytest
from django.apps import apps
from django.utils.http import urlencode

from customers.models import Customer, TenantOwned
from tests.hostile.found import Field
from tests.hostile.nasties import (
    ALL_AT_ONCE,
    ELSEWHERE,
    HOME,
    IN_TEXT,
    LEADING,
)
from tests.hostile.sending import send, undone, wrongs
from tests.hostile.stands import Stand, attack, keeps, nasties_for, overloaded, stands
from tests.journeys.walk import World, address_of, ours, own_values
from tests.portal.addresses import things_of

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.production_stack]
# Addresses that take a form no page of ours shows.
NO_FORM = {
    "account_confirm_login_code": "no codes are mailed: it leads to sign in",
    "account_reset_password_from_key": "its form is walked by a link's key, at the address behind",
    "account_signup": "by invitation only: it says so",
    "account_set_password": "everybody has one: it leads on to change it",
    "mfa_index": "it leads on to the account",
    "mfa_list_webauthn": "it leads on to the account",
}
UUIDS = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# What honest words alone do not open: a code, a passkey, a typed confirmation, a file, another
# address; and what a hold keeps, or a mail under way.
NEED_MORE = {
    "portal:address_swap", "recordings:delete", "phone_messages:note_change",
    "phone_messages:note_remove", "phone_messages:send_on", "phone_messages:delete",
    "customers:staff_import", "privacy:agreement_code", "privacy:erase_account",
    "privacy:erase_one", "privacy:erase_caller", "mfa_authenticate", "mfa_reauthenticate",
    "mfa_activate_totp", "mfa_generate_recovery_codes", "mfa_add_webauthn",
}  # fmt: skip


def test_every_field_of_every_form_may_hold_anything(world: World) -> None:
    wrong, refusing = [], set()
    for stand in stands(world):
        honest = stand.honest()
        refusing |= {stand.form.view} if attack(stand, honest)[1] else set()
        for kind, nasty in ALL_AT_ONCE.items():
            found, _ = attack(stand, dict.fromkeys(stand.form.fields, nasty))
            wrong += [f"{stand} all {kind}: {what}" for what in found]
        wrong += overloaded(stand)
        for field in stand.form.fields.values():
            for kind, nasty in nasties_for(field).items():
                found, said_no = attack(stand, honest | {field.name: nasty})
                wrong += [f"{stand} {field.name} {kind}: {what}" for what in found]
                if kind in IN_TEXT and not said_no and keeps(stand, field):
                    wrong.append(f"{stand} {field.name} {kind}: taken")
    assert not wrong, "\n".join(wrong)
    # Else the attacks would never get past the first field.
    assert refusing <= NEED_MORE, sorted(refusing - NEED_MORE)


def test_no_form_leads_elsewhere_and_every_address_that_takes_one_is_attacked(
    world: World,
) -> None:
    """Nor does an honest form: whoever follows a link of somebody else's stays here."""
    found = stands(world)
    wrong, following = [], set()
    for stand in found:
        with undone(stand.client):
            answers = led(stand, HOME)
            follows = answers[0].headers.get("Location", "").startswith(HOME)
        for where in ELSEWHERE if follows else ELSEWHERE[1:2]:
            with undone(stand.client):
                wrong += [f"{stand} {where}: {what}" for what in wrongs(led(stand, where))]
        following |= {stand.form.view} if follows else set()
    assert not wrong, "\n".join(wrong)
    assert {"set_language", "account_login", "account_logout"} <= following
    left = formless(world, {stand.form.view for stand in found})
    assert left <= NO_FORM.keys(), sorted(left - NO_FORM.keys())


def led(stand: Stand, where: str) -> list[Any]:
    """Send the form honestly, but for where it is to lead."""
    names = dict.fromkeys(LEADING, where)
    said = stand.honest() | {"next": where} if stand.form.method == "post" else names
    path = f"{stand.form.action.split('?')[0]}?{urlencode(names)}"
    return send(stand.client, replace(stand.form, action=path), said)


def test_nobody_elses_ids_are_taken(world: World) -> None:
    """In each field that holds an id, Anna sends each of Cecilia's: hers stay as they are."""
    found = stands(world)
    hers = [str(each.pk) for each in things_of(world.cecilia).values()]
    hers += [str(each.pk) for each in (world.cecilia.customer, world.cecilia.member)]
    before, wrong, tried = rows_of(world.cecilia.customer), [], 0
    for stand in found:
        fields = stand.form.fields.values()
        for field in [each for each in fields if holds_id(each) and stand.who == "anna"]:
            for identity in hers:
                with undone(stand.client):
                    answers = send(
                        stand.client, stand.form, stand.honest() | {field.name: identity}
                    )
                    tried += 1
                    wrong += [f"{stand} {field.name}: {what}" for what in wrongs(answers)]
                    if rows_of(world.cecilia.customer) != before:
                        wrong.append(f"{stand} {field.name}: a row of hers is another")
                    if mixed(world.anna.customer, world.cecilia.customer):
                        wrong.append(f"{stand} {field.name}: a row of Anna's names one of hers")
    assert not wrong, "\n".join(wrong)
    assert tried > 10 * len(hers)


def holds_id(field: Field) -> bool:
    return any(UUIDS.search(each) for each in (field.value, *field.choices))


def owned() -> list[Any]:
    return [model for model in apps.get_models() if issubclass(model, TenantOwned)]


def rows_of(customer: Customer) -> dict[str, list[Any]]:
    """Return every row of the customer's, as the database has it."""
    return {
        model._meta.label: sorted(map(str, model._base_manager.filter(customer=customer).values()))
        for model in owned()
    }


def mixed(one: Customer, other: Customer) -> bool:
    """Whether a row of one customer leads to a row of the other."""
    return any(
        model._base_manager.filter(customer=one, **{f"{field.name}__customer": other}).exists()
        for model in owned()
        for field in model._meta.concrete_fields
        if field.related_model in owned()
    )


def formless(world: World, known: set[str]) -> set[str]:
    """Return the addresses that take what is posted, and that no form found is sent to."""
    own, left = own_values(world), set()
    for route in ours():
        if route.name in known or not route.name:
            continue
        client = world.visitors["anna"]
        with undone(client):
            answer = client.post(address_of(route, world.anna, own))
        if answer.status_code not in {404, 405}:
            left.add(route.name)
    return left
