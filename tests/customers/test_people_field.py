"""Namesakes on a register, short or long, can be told apart and chosen."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from customers.actions.covers import About, restrict
from customers.actions.members import change_sight
from customers.actions.staff import StaffDetails, add_staff, register_of
from customers.forms.members import SightForm
from customers.forms.people import FEW, labels_of, person_field
from customers.models import Sees, StaffMember, Target
from privacy.forms.cases import CaseForm
from privacy.forms.exports import ExportForm
from privacy.models import CaseKind
from smartsvar.clock import database_now
from tests import cast

pytestmark = pytest.mark.django_db(databases="__all__")
TWINS = [
    StaffDetails(name="Bo Ek", title="Snickare"),
    StaffDetails(name="bo  ek", title="Målare"),
    StaffDetails(name="Bo Ek", email="bo@ankdamm.example"),
    StaffDetails(name="Bo Ek", phone="+46701740622"),
    StaffDetails(name="Åsa Å"),
    StaffDetails(name="Åsa Å"),
]


def added(house: cast.House, *people: StaffDetails) -> list[StaffMember]:
    at = database_now()
    return [add_staff(house.customer, each, by=house.member, at=at) for each in people]


@pytest.fixture
def many(anna: cast.House) -> cast.House:
    """Anna's house with namesakes among more people than a list to pick from holds."""
    anna.extra["twins"] = added(anna, *TWINS)
    added(anna, *[StaffDetails(name=f"Person {number}") for number in range(FEW)])
    return anna


def hidden(house: cast.House, person: StaffMember) -> None:
    what = About(target=Target.STAFF, object_model=person._meta.label, object_id=person.pk)
    by, at = house.administrator, database_now()
    restrict(house.customer, what, reason="Bestrids", keeps=False, by=by, at=at)


def test_every_person_has_a_label_of_its_own(many: cast.House) -> None:
    labels = labels_of(register_of(many.customer))
    assert len({label.casefold() for label in labels.values()}) == len(labels)
    found = {labels[str(each.pk)] for each in many.extra["twins"]}
    assert found == {
        "Bo Ek, Snickare", "bo ek, Målare", "Bo Ek, bo@ankdamm.example", "Bo Ek, 070-174 06 22",
        "Åsa Å (1)", "Åsa Å (2)",
    }  # fmt: skip
    assert labels[str(many.staff.pk)] == many.staff.name


def test_each_namesake_is_chosen_by_its_label(many: cast.House) -> None:
    register = register_of(many.customer)
    field, labels = person_field("Vem", register, nobody="–"), labels_of(register)
    for person in register:
        assert field.clean(labels[str(person.pk)]) == str(person.pk)
    with pytest.raises(ValidationError) as error:
        field.clean("Bo Ek")
    assert "Bo Ek, Snickare" in str(error.value)


def test_a_namesakes_sight_is_saved_unchanged(many: cast.House) -> None:
    twin, by = many.extra["twins"][0], many.administrator
    change_sight(many.reader, sees=Sees.OWN, staff=twin, by=by, at=database_now())
    shown = SightForm.of(many.reader)["staff"].subwidgets[0].data["value"]
    form = SightForm.of(many.reader, {"sees": Sees.OWN, "staff": shown})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["staff"] == twin


def test_a_short_list_uses_the_same_labels(anna: cast.House) -> None:
    added(anna, *TWINS)
    choices = dict(SightForm(customer=anna.customer).fields["staff"].choices)  # type: ignore[attr-defined]
    assert "Bo Ek, Snickare" in choices.values()


@pytest.mark.parametrize("page", ["privacy:case_add", "privacy:export_ask"])
def test_no_page_of_rights_holds_a_long_register(page: str, many: cast.House, sign_in: Any) -> None:
    path = reverse(page, args=[many.customer.number])
    text = sign_in(many.administrator).get(path).content.decode()
    assert "Person 77" not in text
    assert 'name="person"' in text


def test_an_export_about_one_of_many_is_asked_for_by_name(many: cast.House) -> None:
    said = {"about": "staff", "kind": "access", "language": "sv"}
    form = ExportForm(said | {"person": "Person 77"}, member=many.administrator)
    assert form.is_valid(), form.errors
    person = next(each for each in register_of(many.customer) if each.name == "Person 77")
    assert form.asked()["about"] == About(target=Target.STAFF, object_id=person.pk)
    assert "person" in ExportForm(said, member=many.administrator).errors


def test_a_restricted_person_is_asked_about_without_a_name(
    many: cast.House, cecilia: cast.House
) -> None:
    hidden(many, many.staff)
    identity = str(many.staff.pk)
    export = {"about": "staff", "kind": "access", "language": "sv", "person": identity}
    case = {"kind": CaseKind.ACCESS, "target": Target.STAFF, "person": identity}
    for form in (
        ExportForm(export, member=many.administrator), CaseForm(case, member=many.administrator)
    ):  # fmt: skip
        assert form.is_valid(), form.errors
        assert many.staff.name not in str(form)
        stranger = {**form.data, "person": str(cecilia.staff.pk)}
        assert "person" in type(form)(stranger, member=many.administrator).errors


def test_a_short_register_is_a_list_sorted_as_swedes_sort(anna: cast.House) -> None:
    added(anna, *[StaffDetails(name=name) for name in ("Ärla", "Ådel", "Zita")])
    form = ExportForm(member=anna.administrator)
    groups = [group for group in form.fields["about"].choices if isinstance(group[1], list)]  # type: ignore[attr-defined]
    assert [label for _id, label in groups[-1][1]] == [anna.staff.name, "Zita", "Ådel", "Ärla"]
