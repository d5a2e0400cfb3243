"""Support staff and members are different people, whichever way somebody tries."""

import io
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from customers.actions.keys import find_api_key
from customers.actions.members import join
from customers.models import Member, User
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from tests import cast

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that types a line into the next command."""

    def _typed(line: str) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{line}\n"))

    return _typed


def test_sven_cannot_be_saved_as_annas_member(anna: cast.House, sven: User) -> None:
    member = Member(customer=anna.customer, user=sven, role="reader")
    with pytest.raises(ValidationError):
        member.save()
    with pytest.raises(ValidationError):
        Member.objects.bulk_create([member])
    with pytest.raises(ValidationError):
        join(anna.customer, sven, role="reader", name="Sven", at=database_now())
    assert not Member.objects.filter(user=sven).exists()


def test_a_membership_cannot_be_given_to_sven_afterwards(anna: cast.House, sven: User) -> None:
    anna.reader.user = sven
    with pytest.raises(ValidationError):
        anna.reader.save(update_fields=["user"])


def test_anna_cannot_be_made_support_staff(anna: cast.House) -> None:
    user = anna.administrator.user
    user.is_staff = True
    with pytest.raises(ValidationError):
        user.save()
    with pytest.raises(ValidationError):
        user.full_clean()
    assert not User.objects.get(id=user.id).is_staff


def test_a_membership_that_slipped_past_the_models_opens_nothing(
    anna: cast.House, sign_in: Any
) -> None:
    User.objects.filter(id=anna.reader.user_id).update(is_staff=True)
    browser = sign_in(User.objects.get(id=anna.reader.user_id))
    recording = cast.call_of(anna)
    for page in ("", "samtal/", f"samtal/{recording.id}/", f"samtal/{recording.id}/ljud"):
        assert browser.get(f"/mina-sidor/{anna.customer.number}/{page}").status_code == 404


def test_the_command_makes_a_support_agent_with_a_verified_address(typed: Any) -> None:
    typed("mycket hemlig häst")
    call_command("create_support_agent", "Siv@support.example", stdout=io.StringIO())
    siv = User.objects.get(email="siv@support.example")
    assert siv.is_staff
    assert not siv.is_superuser
    assert siv.check_password("mycket hemlig häst")
    assert EmailAddress.objects.get(user=siv).verified
    assert AuditEntry.objects.get(verb="support.created").object_id == siv.id


def test_the_command_refuses_annas_address(anna: cast.House, typed: Any) -> None:
    typed("mycket hemlig häst")
    with pytest.raises(CommandError, match="address of their own"):
        call_command("create_support_agent", anna.administrator.user.email.upper())
    assert not User.objects.filter(is_staff=True).exists()


@pytest.mark.parametrize(
    ("email", "password"), [("siv@support.example", "kort"), ("siv", "mycket hemlig häst")]
)
def test_the_command_refuses_a_poor_password_and_no_address(
    typed: Any, email: str, password: str
) -> None:
    typed(password)
    with pytest.raises(CommandError):
        call_command("create_support_agent", email)
    assert not User.objects.exists()


def test_the_command_for_a_platform_key_prints_its_secret_once() -> None:
    out, err = io.StringIO(), io.StringIO()
    scopes = ["recordings:write", "messages:write"]
    call_command(
        "create_platform_key", "Växel", "--days=7", "--scopes", *scopes, stdout=out, stderr=err
    )
    key = find_api_key(out.getvalue().strip(), database_now())
    assert key is not None
    assert (key.customer, key.scopes) == (None, sorted(scopes))
    assert out.getvalue().strip() not in err.getvalue()


def test_the_command_for_a_platform_key_refuses_scopes_it_does_not_know() -> None:
    with pytest.raises(CommandError):
        call_command("create_platform_key", "Växel", "--scopes", "everything")
