"""The staff register on Mina Sidor."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.urls import reverse

from customers.actions.covers import About, hold
from customers.actions.staff import StaffDetails, add_staff
from customers.models import Hold, StaffMember, Target
from smartsvar.clock import database_now
from tests import cast

pytestmark = pytest.mark.django_db(databases="__all__")
MARTA = {
    "name": "Märta Ek",
    "title": "Ekonom",
    "phone": "070-174 06 21",
    "email": "marta@ankdamm.example",
    "keywords": "fakturor, löner,, fakturor",
    "answer_notice": "Åter klockan ett.",
}


def at(house: cast.House, page: str, *ids: Any) -> str:
    return reverse(page, args=[house.customer.number, *ids])


def only_other(house: cast.House) -> StaffMember:
    found: StaffMember = StaffMember.objects.of(house.customer).exclude(id=house.staff.id).get()
    return found


def test_a_second_press_on_save_adds_nobody_twice(anna: cast.House, sign_in: Any) -> None:
    browser = sign_in(anna.member)
    for body in (MARTA, MARTA, MARTA | {"title": "Revisor"}):
        assert browser.post(at(anna, "customers:staff_add"), body).status_code == 302
    titles = [person.title for person in StaffMember.objects.of(anna.customer)]
    assert sorted(title for title in titles if title in {"Ekonom", "Revisor"}) == [
        "Ekonom", "Revisor",
    ]  # fmt: skip
    StaffMember.objects.update(created_at=database_now() - timedelta(minutes=1))
    browser.post(at(anna, "customers:staff_add"), MARTA)
    assert sum(p.title == "Ekonom" for p in StaffMember.objects.of(anna.customer)) == 2


def test_a_held_persons_page_says_what_to_leave(anna: cast.House, sign_in: Any) -> None:
    browser, page = sign_in(anna.member), at(anna, "customers:staff_change", anna.staff.pk)
    said = "lämna det som ett rättsligt anspråk"
    assert said not in browser.get(page).content.decode()
    about = About(
        target=Target.STAFF, object_model=StaffMember._meta.label, object_id=anna.staff.pk
    )
    hold(
        anna.customer, about, kind=Hold.Kind.LEGAL, reason="Tvist", ends_at=None,
        by=anna.administrator, at=database_now(),
    )  # fmt: skip
    assert said in browser.get(page).content.decode()


@pytest.mark.parametrize(
    "text",
    ["070-174 06 21", "+46 70 174 06 21", "0046701740621", "+46 (0)70-174 06 21", "174 06 21",
     "0701740621", "testare 0621", "TEST växel"],
)  # fmt: skip
def test_somebody_is_found_as_people_write_the_number(
    anna: cast.House, sign_in: Any, text: str
) -> None:
    now, by = database_now(), anna.member
    wanted = StaffDetails(name="Tessa Testare", phone="+46701740621", keywords=["växel"])
    add_staff(anna.customer, wanted, by=by, at=now)
    add_staff(anna.customer, StaffDetails(name="Bo", phone="+46701740699"), by=by, at=now)
    page = reverse("customers:staff_list", args=[anna.customer.number])
    found = sign_in(anna.reader).get(page, {"q": text}).content.decode()
    assert "Tessa Testare" in found
    assert "Bo</" not in found


def test_bertil_adds_a_person_whose_number_is_kept_whole_and_shown_short(
    anna: cast.House, sign_in: Any
) -> None:
    browser = sign_in(anna.member)
    page = browser.post(at(anna, "customers:staff_add"), MARTA, follow=True).content.decode()
    added = only_other(anna)
    assert (added.name, added.phone, added.keywords) == (
        "Märta Ek",
        "+46701740621",
        ["fakturor", "löner"],
    )
    assert "070-174 06 21" in page
    assert "Märta Ek finns nu i registret." in page


def test_a_change_is_filled_in_and_saved(anna: cast.House, sign_in: Any) -> None:
    browser = sign_in(anna.member)
    browser.post(at(anna, "customers:staff_add"), MARTA)
    path = at(anna, "customers:staff_change", only_other(anna).id)
    page = browser.get(path).content.decode()
    assert 'value="070-174 06 21"' in page
    assert 'value="fakturor, löner"' in page
    browser.post(path, MARTA | {"title": "Ekonomichef", "phone": ""})
    changed = only_other(anna)
    assert (changed.title, changed.phone) == ("Ekonomichef", "")


def test_a_removal_asks_first_and_is_final(anna: cast.House, sign_in: Any) -> None:
    browser, path = sign_in(anna.member), at(anna, "customers:staff_remove", anna.staff.id)
    call = cast.call_of(anna, staff=anna.staff)
    assert anna.staff.name in browser.get(path).content.decode()
    assert StaffMember.objects.filter(id=anna.staff.id).exists()
    browser.post(path)
    assert not StaffMember.objects.filter(id=anna.staff.id).exists()
    assert browser.get(path).status_code == 404
    assert browser.get(at(anna, "portal:call", call.id)).status_code == 200


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "", "Det här fältet är obligatoriskt."),
        ("phone", "hundra", "Skriv ett helt telefonnummer"),
        ("email", "inte en adress", "Ange en giltig mejladress."),
        ("keywords", "x" * 61, "Högst 50 sökord"),
        ("keywords", ",".join(map(str, range(51))), "Högst 50 sökord"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field(
    field: str, value: str, said: str, anna: cast.House, sign_in: Any
) -> None:
    answer = sign_in(anna.member).post(at(anna, "customers:staff_add"), MARTA | {field: value})
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert StaffMember.objects.of(anna.customer).count() == 1


def test_the_register_is_sorted_as_swedes_sort(anna: cast.House, sign_in: Any) -> None:
    for name in ("Örjan", "Zelda", "Åke", "Ärla"):
        add_staff(anna.customer, StaffDetails(name=name), by=anna.administrator, at=database_now())
    page = sign_in(anna.reader).get(at(anna, "customers:staff_list")).content.decode()
    places = [page.index(name) for name in ("Stina", "Zelda", "Åke", "Ärla", "Örjan")]
    assert places == sorted(places)


def test_a_full_register_says_so(anna: cast.House, sign_in: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("customers.actions.staff.REGISTER_LIMIT", 1)
    answer = sign_in(anna.member).post(at(anna, "customers:staff_add"), MARTA)
    assert "Registret är fullt" in answer.content.decode()


def test_an_empty_register_teaches(anna: cast.House, sign_in: Any) -> None:
    browser = sign_in(anna.administrator)
    browser.post(at(anna, "customers:staff_remove", anna.staff.id))
    page = browser.get(at(anna, "customers:staff_list")).content.decode()
    assert "Ingen i registret ännu" in page
    assert at(anna, "customers:staff_add") in page


def as_shown(page: str, **changes: str) -> dict[str, str]:
    """Return what a browser would send of the form: what was shown, and what is written."""
    said = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name = re.search(r'name="([\w-]+)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name and (name[1].removeprefix("initial-") in MARTA):
            said[name[1]] = unescape(value[1]) if value else ""
    assert "initial-name" in said
    text = re.search(r"<textarea[^>]*>\n?([^<]*)</textarea>", page)
    assert text
    return said | {"answer_notice": unescape(text[1])} | changes


def test_two_who_change_one_person_write_only_what_each_changed(
    anna: cast.House, sign_in: Any
) -> None:
    bertil, boss = sign_in(anna.member), sign_in(anna.administrator)
    bertil.post(at(anna, "customers:staff_add"), MARTA | {"answer_notice": "Rad ett\r\nRad två"})
    path = at(anna, "customers:staff_change", only_other(anna).id)
    one, other = bertil.get(path).content.decode(), boss.get(path).content.decode()
    bertil.post(path, as_shown(one, answer_notice="Sjuk i dag."))
    boss.post(path, as_shown(other, title="Ekonomichef", phone=""))
    changed = only_other(anna)
    assert (changed.title, changed.phone) == ("Ekonomichef", "")
    assert changed.answer_notice == "Sjuk i dag."
    assert changed.keywords == ["fakturor", "löner"]


def test_what_was_shown_is_remembered_through_a_mistake(anna: cast.House, sign_in: Any) -> None:
    bertil, boss = sign_in(anna.member), sign_in(anna.administrator)
    bertil.post(at(anna, "customers:staff_add"), MARTA)
    path = at(anna, "customers:staff_change", only_other(anna).id)
    shown = boss.get(path).content.decode()
    bertil.post(path, as_shown(bertil.get(path).content.decode(), answer_notice="Sjuk i dag."))
    wrong = boss.post(path, as_shown(shown, title="Vd", phone="12")).content.decode()
    boss.post(path, as_shown(wrong, phone="070-174 06 22"))
    changed = only_other(anna)
    assert (changed.title, changed.phone) == ("Vd", "+46701740622")
    assert changed.answer_notice == "Sjuk i dag."


def test_a_reader_reads_a_long_answer_notice_whole(anna: cast.House, sign_in: Any) -> None:
    notice = "Svara så här. " * 20 + "Till sist."
    sign_in(anna.member).post(at(anna, "customers:staff_add"), MARTA | {"answer_notice": notice})
    page = sign_in(anna.reader).get(at(anna, "customers:staff_list")).content.decode()
    assert "Till sist." in page
    assert "<details" in page


@pytest.mark.parametrize("nasty", ["a\x00b", "Anna\u202eAnna"])
def test_what_no_page_has_shown_is_refused(anna: cast.House, sign_in: Any, nasty: str) -> None:
    path = at(anna, "customers:staff_change", anna.staff.id)
    answer = sign_in(anna.member).post(path, MARTA | {"initial-title": nasty})
    assert answer.status_code == 200
    assert StaffMember.objects.get(id=anna.staff.id).name == anna.staff.name
