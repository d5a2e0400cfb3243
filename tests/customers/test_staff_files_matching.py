"""Whom of the register a row of a file is: shared addresses, new addresses, namesakes."""

from typing import Any

import pytest

from customers.actions.staff import StaffDetails, add_staff, register_of, remove_staff
from customers.models import StaffMember
from customers.staff_files.columns import guess
from customers.staff_files.plan import Plan, make_plan
from recordings.models import Recording
from smartsvar.clock import database_now
from tests import cast
from tests.customers.register_files import choices, csv_of, uploaded

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)
HEAD = "Namn;Titel;E-post\r\n"
INFO = "info@ankdamm.example"


@pytest.fixture
def house(anna: cast.House) -> cast.House:
    """Kalle and Lisa read the same mailbox, Moa has no address, Per his own; nobody else."""
    remove_staff(anna.staff, by=anna.administrator)
    for name, email in (("Kalle", INFO), ("Lisa", INFO), ("Moa", ""), ("Per", "per@x.example")):
        details = StaffDetails(name=name, title="Säljare", email=email)
        person = add_staff(anna.customer, details, by=anna.administrator, at=database_now())
        anna.extra[name] = person.pk
    return anna


def planned(house: cast.House, *rows: str, by: str = "email", removes: bool = False) -> Plan:
    table = [HEAD.strip().split(";"), *(row.split(";") for row in rows)]
    register = register_of(house.customer)
    return make_plan(table, guess(table[0]), register, match_by=by, removes=removes)


def told(house: cast.House, plan: Plan) -> dict[str, set[str]]:
    """What the plan would do, by the names of those it is about."""
    assert plan.troubles == []
    known = {identity: name for name, identity in house.extra.items()}
    return {
        "added": {each.details.name for each in plan.added},
        "changed": {known[each.person.pk] for each in plan.changed},
        "left": {known[person.pk] for person in plan.left},
    }


ALL = (f"Kalle;Säljare;{INFO}", f"Lisa;Säljare;{INFO}", "Moa;Säljare;", "Per;Säljare;per@x.example")


def test_of_those_who_share_an_address_each_is_found_by_name(house: cast.House) -> None:
    plan = planned(house, f"Kalle;Chef;{INFO}", *ALL[1:], removes=True)
    assert told(house, plan) == {"added": set(), "changed": {"Kalle"}, "left": set()}
    assert plan.same == 3


@pytest.mark.parametrize("removes", [False, True])
def test_a_new_colleague_with_a_shared_address_is_added(
    house: cast.House, *, removes: bool
) -> None:
    plan = planned(house, *ALL, f"Nya Nils;Säljare;{INFO}", removes=removes)
    assert told(house, plan) == {"added": {"Nya Nils"}, "changed": set(), "left": set()}


def test_who_leaves_is_not_taken_for_a_new_colleague_at_the_same_mailbox(
    house: cast.House,
) -> None:
    plan = planned(house, ALL[0], f"Nya Nils;Säljare;{INFO}", *ALL[2:], removes=True)
    assert told(house, plan) == {"added": {"Nya Nils"}, "changed": set(), "left": {"Lisa"}}


@pytest.mark.parametrize(
    ("row", "who"),
    [("Moa;Säljare;moa@x.example", "Moa"), (f"Per;Säljare;{INFO}", "Per"),
     ("Per;Säljare;", "Per"), ("Petter;Säljare;PER@x.example", "Per")],
    ids=["gets one", "a functional one", "none any more", "another name"],
)  # fmt: skip
def test_who_gets_another_address_or_name_stays_the_same_person(
    house: cast.House, sign_in: Any, row: str, who: str
) -> None:
    person = StaffMember.objects.get(pk=house.extra[who])
    call = cast.call_of(house, staff=person)
    rows = [row if each.startswith(who) else each for each in ALL]
    browser = sign_in(house.administrator)
    path = uploaded(browser, house, csv_of(*(f"{each}\r\n" for each in rows), head=HEAD))
    page = browser.post(path, choices(browser.get(path), removes="on"))
    plan = page.context["plan"]
    assert told(house, plan) == {"added": set(), "changed": {who}, "left": set()}
    browser.post(path, choices(page, removes="on", confirmed=plan.fingerprint))
    person = StaffMember.objects.get(pk=person.pk)
    assert [person.name, person.email.lower()] == [row.split(";")[0], row.split(";")[2].lower()]
    assert Recording.objects.get(pk=call.pk).staff_id == person.pk


def test_functional_addresses_for_everybody_remove_nobody(house: cast.House) -> None:
    rows = [f"{name};Säljare;order@x.example" for name in ("Kalle", "Lisa", "Moa", "Per")]
    plan = planned(house, *rows, removes=True)
    assert told(house, plan) == {
        "added": set(), "changed": {"Kalle", "Lisa", "Moa", "Per"}, "left": set(),
    }  # fmt: skip


def test_a_namesake_is_not_removed_and_made_anew_unasked(house: cast.House) -> None:
    by, at = house.administrator, database_now()
    other = add_staff(
        house.customer, StaffDetails(name="Per", email="per.2@x.example"), by=by, at=at
    )
    house.extra["Per 2"] = other.pk
    rows = (*ALL, "Per;Säljare;per.3@x.example")
    assert told(house, planned(house, *rows)) == {
        "added": {"Per"}, "changed": set(), "left": {"Per 2"},
    }  # fmt: skip
    (trouble,) = planned(house, *rows, removes=True).troubles
    assert trouble.line == 6
    assert "match by name" in trouble.why or "samma namn" in trouble.why


def test_what_is_in_doubt_is_said_by_line(house: cast.House) -> None:
    by, at = house.administrator, database_now()
    add_staff(house.customer, StaffDetails(name="Lisa", title="Chef", email=INFO), by=by, at=at)
    doubtful = planned(house, f"Lisa;Ny titel;{INFO}").troubles
    assert [(each.line, "har den adressen" in each.why) for each in doubtful] == [(2, True)]
    by_name = planned(house, f"Lisa;Ny titel;{INFO}", by="name").troubles
    assert [(each.line, "Pröva e-postadressen" in each.why) for each in by_name] == [(2, True)]
    twice = planned(house, "Ny;x;ny@x.example", "Ny;y;ny@x.example").troubles
    assert [(each.line, "Samma som på rad 2" in each.why) for each in twice] == [(3, True)]


def test_by_name_an_address_of_its_own_does_not_matter(house: cast.House) -> None:
    plan = planned(house, "Per;Säljare;annan@x.example", by="name")
    assert told(house, plan)["changed"] == {"Per"}


@pytest.mark.parametrize("removes", [False, True])
def test_who_takes_over_a_colleagues_address_stays_who_it_is(
    house: cast.House, *, removes: bool
) -> None:
    moa, per = house.extra["Moa"], house.extra["Per"]
    plan = planned(
        house, *ALL[:2], "Moa;Säljare;per@x.example", "Per;Säljare;per.ny@x.example",
        removes=removes,
    )  # fmt: skip
    assert told(house, plan) == {"added": set(), "changed": {"Moa", "Per"}, "left": set()}
    assert {each.person.pk: each.fields for each in plan.changed} == {
        moa: ["email"], per: ["email"],
    }  # fmt: skip
