"""Which root seals, which open, and what the check before a start says."""

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.test.utils import CaptureQueriesContext

from messages.models import PhoneMessage
from smartsvar.vault.errors import RootUnreachable, WrongRoot
from smartsvar.vault.keys import forget_keys
from smartsvar.vault.models import CustomerKey
from smartsvar.vault.roots.check import verify_roots
from smartsvar.vault.roots.root import LocalRoot, RootKey, root_key, root_keys
from tests import cast
from tests.vault.roots import closed_kms, new_local_key, use_kms

pytestmark = pytest.mark.django_db(databases="__all__")


class Counted(LocalRoot):
    """A provider of somebody else's."""


def provided() -> RootKey:
    return Counted(b"p" * 32)


def broken() -> RootKey:
    raise RootUnreachable("The house's own vault is closed.")


def matter_of(message: PhoneMessage) -> str:
    forget_keys()
    return str(PhoneMessage.objects.get(id=message.id).matter)


def test_a_key_file_is_read(settings: Any, tmp_path: Path) -> None:
    encoded, settings.ROOT_KEY = settings.ROOT_KEY, ""
    file = tmp_path / "root.key"
    file.write_text(encoded + "\n")
    settings.ROOT_KEY_FILE = str(file)
    from_file = root_key().name
    settings.ROOT_KEY, settings.ROOT_KEY_FILE = encoded, ""
    assert from_file == root_key().name


@pytest.mark.parametrize("name", ["missing", "."])
def test_an_unreadable_key_file_is_an_outage_not_an_os_error(
    settings: Any, tmp_path: Path, name: str
) -> None:
    settings.ROOT_KEY, settings.ROOT_KEY_FILE = "", str(tmp_path / name)
    with pytest.raises(RootUnreachable, match="ROOT_KEY_FILE cannot be read") as caught:
        root_key()
    assert str(tmp_path) not in str(caught.value)


def test_a_key_file_that_goes_away_opens_nothing_new(
    settings: Any, tmp_path: Path, anna: cast.House
) -> None:
    message = cast.message_of(anna)
    file = tmp_path / "root.key"
    file.write_text(settings.ROOT_KEY)
    settings.ROOT_KEY, settings.ROOT_KEY_FILE = "", str(file)
    assert matter_of(message) == cast.PLANTED_MATTER
    file.unlink()
    assert PhoneMessage.objects.get(id=message.id).matter == cast.PLANTED_MATTER  # remembered
    with pytest.raises(RootUnreachable):
        matter_of(message)


@pytest.mark.parametrize("content", ["", "not base64!", "c2hvcnQ=", "ü"])
def test_a_key_file_with_something_else_in_it_is_a_mistake(
    settings: Any, tmp_path: Path, content: str
) -> None:
    file = tmp_path / "root.key"
    file.write_text(content)
    settings.ROOT_KEY, settings.ROOT_KEY_FILE = "", str(file)
    with pytest.raises(ImproperlyConfigured):
        root_key()


def test_none_or_two_sources_of_the_root_are_refused(settings: Any) -> None:
    settings.ROOT_PROVIDER = "tests.vault.test_roots.provided"
    with pytest.raises(ImproperlyConfigured, match="exactly one"):
        root_key()
    settings.ROOT_KEY = settings.ROOT_PROVIDER = ""
    with pytest.raises(ImproperlyConfigured, match="exactly one"):
        root_key()


def test_another_provider_is_a_dotted_path(settings: Any) -> None:
    settings.ROOT_KEY, settings.ROOT_PROVIDER = "", "tests.vault.test_roots.provided"
    assert isinstance(root_key(), Counted)
    anna = cast.open_house("Ankdamms Bygg AB")
    message = cast.message_of(anna)
    assert matter_of(message) == cast.PLANTED_MATTER
    verify_roots()


@pytest.mark.parametrize("path", ["tests.vault.test_roots.nobody", "nowhere.to.be.found", "x"])
def test_a_provider_that_is_not_there_is_a_mistake(settings: Any, path: str) -> None:
    settings.ROOT_KEY, settings.ROOT_PROVIDER = "", path
    with pytest.raises(ImproperlyConfigured, match="ROOT_PROVIDER"):
        root_key()


def test_a_previous_root_opens_and_the_new_one_seals(settings: Any, anna: cast.House) -> None:
    message, old = cast.message_of(anna), root_key().name
    settings.ROOT_KEY, settings.ROOT_KEY_PREVIOUS = new_local_key(), [settings.ROOT_KEY]
    assert matter_of(message) == cast.PLANTED_MATTER
    cecilia = cast.open_house("Cykelhuset i Lund AB")
    sealed = CustomerKey.objects.filter(customer_id=cecilia.customer.id)
    assert {row.root_name for row in sealed} == {root_key().name}
    assert list(root_keys()) == [root_key().name, old]


def test_an_ill_previous_root_keeps_nothing_from_the_current_one(
    settings: Any, anna: cast.House
) -> None:
    settings.ROOT_PROVIDER_PREVIOUS = ["tests.vault.test_roots.broken"]
    assert matter_of(cast.message_of(anna)) == cast.PLANTED_MATTER
    with pytest.raises(RootUnreachable):
        verify_roots()


def test_a_key_under_a_root_that_is_not_configured_is_the_operators_matter(
    settings: Any, anna: cast.House
) -> None:
    message = cast.message_of(anna)
    settings.ROOT_KEY = new_local_key()
    with pytest.raises(WrongRoot, match="not configured"):
        matter_of(message)


def test_the_check_passes_on_an_empty_key_store() -> None:
    CustomerKey.objects.all().delete()
    verify_roots()


def test_the_check_costs_two_queries_whatever_the_number_of_customers(
    anna: cast.House, cecilia: cast.House
) -> None:
    with CaptureQueriesContext(connections["keys"]) as queries:
        verify_roots()
    assert len(queries) == 2


def test_the_check_names_the_missing_root_and_what_to_do(settings: Any, anna: cast.House) -> None:
    old, settings.ROOT_KEY = root_key().name, new_local_key()
    with pytest.raises(WrongRoot, match="ROOT_KEY_PREVIOUS") as caught:
        verify_roots()
    assert old in str(caught.value)


def test_the_check_finds_other_bytes_under_the_same_name(settings: Any, anna: cast.House) -> None:
    settings.ROOT_KEY = new_local_key()
    CustomerKey.objects.update(root_name=root_key().name)
    with pytest.raises(WrongRoot, match="opens none"):
        verify_roots()


def test_one_damaged_customer_key_keeps_nobody_from_starting(anna: cast.House) -> None:
    first = CustomerKey.objects.order_by("id").first()
    assert first is not None
    CustomerKey.objects.filter(id=first.id).update(wrapped=b"\x01" + b"x" * 59)
    verify_roots()


def test_the_check_lets_an_outage_through(settings: Any, anna: cast.House) -> None:
    use_kms(settings, "key", closed_kms())
    CustomerKey.objects.update(root_name=root_key().name, wrapped=b"\x03blob")
    with pytest.raises(RootUnreachable):
        verify_roots()
