"""Changes to a row that are not sealed yet: whose they are, and what a reload leaves of them."""

from typing import Any

import pytest

from customers.models import StaffMember
from messages.models import PhoneMessage
from smartsvar.vault import keys
from smartsvar.vault.errors import KeyLost
from smartsvar.vault.models import RecordKey
from tests import cast

pytestmark = pytest.mark.django_db(databases="__all__")


def test_a_list_that_was_never_given_is_each_rows_own(anna: cast.House) -> None:
    one, other = StaffMember(customer=anna.customer), StaffMember(customer=anna.customer)
    one.keywords.append("tak")
    assert other.keywords == []
    assert StaffMember(customer=anna.customer).keywords == []


def test_a_deferred_column_that_is_touched_leaves_unsealed_changes(anna: cast.House) -> None:
    person = StaffMember.objects.defer("created_at").get(id=anna.staff.id)
    person.title = "Chef"
    assert person.created_at is not None
    person.save()
    assert StaffMember.objects.get(id=anna.staff.id).title == "Chef"


@pytest.mark.parametrize(
    ("fields", "title"),
    [(["changed_at"], "Chef"), (iter(["changed_at"]), "Chef"), (["sealed"], ""), (None, "")],
)
def test_a_reload_drops_unsealed_changes_with_the_envelope_only(
    anna: cast.House, fields: Any, title: str
) -> None:
    person = StaffMember.objects.get(id=anna.staff.id)
    before, person.title = person.title, "Chef"
    person.refresh_from_db(fields=fields)
    assert person.title == (title or before)
    assert person.envelope_changed == bool(title)


def test_a_deferred_envelope_is_opened_when_it_is_touched(anna: cast.House) -> None:
    person = StaffMember.objects.defer("sealed").get(id=anna.staff.id)
    person.title = "Chef"
    person.save()
    again = StaffMember.objects.get(id=anna.staff.id)
    assert (again.title, again.name) == ("Chef", anna.staff.name)


def test_a_key_that_came_back_opens_after_a_reload(anna: cast.House) -> None:
    message = PhoneMessage.objects.get(id=cast.message_of(anna).id)
    key = RecordKey.objects.get(id=message.key_id)
    RecordKey.objects.filter(id=key.id).delete()
    keys.forget_keys()
    with pytest.raises(KeyLost):
        _ = message.matter
    key.save(force_insert=True)
    message.refresh_from_db()
    assert message.matter == cast.PLANTED_MATTER
