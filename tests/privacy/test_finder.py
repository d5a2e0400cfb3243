"""The caller finder: everything about a caller in one customer's data, and nothing of another's."""

from typing import Any

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers.actions.covers import About, restrict
from customers.models import Target
from privacy import finder
from privacy.cases.steps import open_case
from privacy.finder import find_caller
from privacy.models import Case, CaseKind
from recordings.models import Recording
from smartsvar.audit.models import AuditEntry
from smartsvar.callers import normalise
from smartsvar.clock import database_now
from smartsvar.vault.keys import forget_keys
from tests import cast

pytestmark = pytest.mark.django_db(databases="__all__")

ZACHARIAS = About(target=Target.CALLER, caller=cast.PLANTED_NUMBER)


def counts(house: cast.House, address: str) -> dict[str, int]:
    found = find_caller(house.customer, address)
    return {kind.model._meta.label: kind.count for kind in found.kinds}


def test_everything_about_zacharias_is_found_by_number_and_by_mail(anna: cast.House) -> None:
    cast.call_of(anna)
    cast.message_of(anna)
    cast.call_of(anna, caller_number="+46701740611")
    open_case(anna.customer, CaseKind.ACCESS, ZACHARIAS, by=anna.member, at=database_now())
    assert counts(anna, cast.PLANTED_NUMBER) == {
        "recordings.Recording": 1, "phone_messages.PhoneMessage": 1,
        "privacy.Case": 1, "customers.Hold": 1,  # which the open request places
    }  # fmt: skip
    assert counts(anna, cast.PLANTED_EMAIL.upper()) == {"phone_messages.PhoneMessage": 1}
    assert find_caller(anna.customer, cast.PLANTED_NUMBER).others == [cast.PLANTED_EMAIL]


def test_an_address_in_the_oldest_row_is_named_and_a_restricted_rows_is_not(
    anna: cast.House,
) -> None:
    cast.message_of(anna, caller_email="aldst@example.com")
    hidden = cast.message_of(anna, caller_email="dold@example.com")
    for _ in range(finder.SHOWN + 5):
        cast.message_of(anna, caller_email="")
    about = About(target=Target.RECORD, object_model=hidden._meta.label, object_id=hidden.id)
    restrict(anna.customer, about, reason="x", keeps=False, by=anna.member, at=database_now())
    found = find_caller(anna.customer, cast.PLANTED_NUMBER)
    assert (found.others, found.unlisted) == (["aldst@example.com"], False)


def test_of_very_many_addresses_the_newest_are_named_and_it_is_said(
    anna: cast.House, sign_in: Any
) -> None:
    for number in range(finder.OTHERS + 2):
        cast.message_of(anna, caller_email=f"nr{number}@example.com")
    client = sign_in(anna.administrator)
    client.cookies.load({"language": "en"})
    answer, _ = asked(client, anna, cast.PLANTED_NUMBER)
    named = [n for n in range(finder.OTHERS + 2) if f">nr{n}@example.com<" in answer]
    assert named == list(range(2, finder.OTHERS + 2))
    assert "There are more than are listed here." in answer


def test_one_number_is_one_caller_by_whichever_gateway_and_the_withheld_are_nobody(
    anna: cast.House,
) -> None:
    withheld = "sip:anonymous@anonymous.invalid"
    sent = (cast.PLANTED_NUMBER, f"sip:{cast.PLANTED_NUMBER}@gateway.example", withheld, withheld)
    for address in sent:
        cast.call_of(anna, caller_number=normalise(address))
    assert counts(anna, cast.PLANTED_NUMBER) == {"recordings.Recording": 2}


def test_restricted_calls_are_counted_for_their_rights_and_not_shown(anna: cast.House) -> None:
    cast.call_of(anna)
    at = database_now()
    restrict(anna.customer, ZACHARIAS, reason="x", keeps=False, by=anna.member, at=at)
    found = find_caller(anna.customer, cast.PLANTED_NUMBER)
    (calls,) = [kind for kind in found.kinds if kind.model is Recording]
    assert (calls.count, calls.restricted, calls.newest) == (1, 1, [])
    assert len(found.restrictions) == 1


def test_of_a_restricted_account_all_is_counted_as_restricted(anna: cast.House) -> None:
    cast.call_of(anna)
    by, at = anna.member, database_now()
    open_case(anna.customer, CaseKind.ACCESS, ZACHARIAS, by=by, at=at)
    whole = About(target=Target.CUSTOMER)
    restrict(anna.customer, whole, reason="x", keeps=False, by=by, at=at)
    anna.customer.refresh_from_db()
    found = find_caller(anna.customer, cast.PLANTED_NUMBER)
    sums = {kind.model: (kind.count, kind.restricted) for kind in found.kinds}
    assert sums[Recording] == (1, 1)
    assert sums[Case] == (1, 0), "a request is seen all the same"


def page(house: cast.House) -> str:
    return reverse("privacy:find", args=[house.customer.number])


def asked(client: Any, house: cast.House, caller: str) -> tuple[str, dict[str, int]]:
    forget_keys()
    with (
        CaptureQueriesContext(connections["default"]) as main,
        CaptureQueriesContext(connections["keys"]) as keys,
    ):
        answer = client.post(page(house), {"caller": caller}).content.decode()
    return answer, {"default": len(main), "keys": len(keys)}


def test_what_cecilia_has_is_neither_found_nor_hinted_at(
    anna: cast.House, cecilia: cast.House, sign_in: Any
) -> None:
    for _ in range(3):
        cast.call_of(cecilia)
        cast.message_of(cecilia)
    client = sign_in(anna.administrator)
    client.cookies.load({"csrftoken": "x" * 32})
    theirs, cost = asked(client, anna, "070-174 06 66")
    nobodys, other = asked(client, anna, "070-174 06 99")
    assert cost == other
    assert theirs.count("<li") == nobodys.count("<li")
    blank = [
        each.replace("070-174 06 66", "N").replace("070-174 06 99", "N")
        .replace("+46701740666", "N").replace("+46701740699", "N")
        for each in (theirs, nobodys)
    ]  # fmt: skip
    without = [_without_tokens(each) for each in blank]
    assert without[0] == without[1]


def _without_tokens(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if "csrfmiddlewaretoken" not in line)


def test_what_it_costs_does_not_follow_how_much_is_found(anna: cast.House, sign_in: Any) -> None:
    client = sign_in(anna.administrator)
    cast.call_of(anna, audio=cast.tone(0.2))
    cast.message_of(anna)
    _, few = asked(client, anna, cast.PLANTED_NUMBER)
    for _ in range(12):
        cast.call_of(anna, audio=cast.tone(0.2))
        cast.message_of(anna)
    _, many = asked(client, anna, cast.PLANTED_NUMBER)
    assert few == many
    assert sum(many.values()) < 60


def test_the_number_is_in_no_address_and_the_look_up_is_in_the_trail(
    anna: cast.House, sign_in: Any
) -> None:
    client = sign_in(anna.administrator)
    answer = client.post(page(anna), {"caller": cast.PLANTED_NUMBER}).content.decode()
    hrefs = [part.split('"')[0] for part in answer.split('href="')[1:]]
    hrefs += [part.split('"')[0] for part in answer.split('action="')[1:]]
    assert not [each for each in hrefs if "0666" in each]
    entry = AuditEntry.objects.get(verb="customer.caller_sought")
    assert (entry.actor_id, entry.object_id) == (anna.administrator.id, anna.customer.id)


@pytest.mark.parametrize("text", ["hemligt", "12", "ingen adress", "@", ""])
def test_what_is_no_number_is_said(anna: cast.House, sign_in: Any, text: str) -> None:
    answer = sign_in(anna.administrator).post(page(anna), {"caller": text})
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert not AuditEntry.objects.filter(verb="customer.caller_sought").exists()


def test_a_case_is_found_with_its_page(anna: cast.House) -> None:
    open_case(anna.customer, CaseKind.ACCESS, ZACHARIAS, by=anna.member, at=database_now())
    kinds = find_caller(anna.customer, cast.PLANTED_NUMBER).kinds
    (kind,) = [each for each in kinds if each.model is Case]
    case = Case.objects.get()
    address = reverse("privacy:case", args=[anna.customer.number, case.id])
    assert [row.page for row in kind.newest] == [address]
