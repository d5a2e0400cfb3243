"""Which root seals, which open, and what the check before a start says."""

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.test.utils import CaptureQueriesContext

from messages.models import PhoneMessage
from smartsvar.ids import new_id
from smartsvar.vault.epochs import create_customer_keys
from smartsvar.vault.errors import RootUnreachable, Tampered, WrongRoot
from smartsvar.vault.handles import WrappingKey, place_of
from smartsvar.vault.keys import forget_keys
from smartsvar.vault.models import CustomerKey
from smartsvar.vault.roots.check import verify_roots
from smartsvar.vault.roots.root import LocalRoot, RootKey, root_key, root_keys
from smartsvar.vault.rotation.root import rewrap_customer_keys
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


NO_KEYS = [b"", b" \n\t ", b"not base64!", b"c2hvcnQ=", "ü".encode(), b"\xff\xfe\0", b"\0" * 44]


@pytest.mark.parametrize("content", [*NO_KEYS, b"\xef\xbb\xbf" + b"A" * 43 + b"="])
def test_a_key_file_with_something_else_in_it_is_an_outage_that_passes(
    settings: Any, tmp_path: Path, anna: cast.House, content: bytes
) -> None:
    message, key = cast.message_of(anna), settings.ROOT_KEY
    file = tmp_path / "root.key"
    settings.ROOT_KEY, settings.ROOT_KEY_FILE = "", str(file)
    file.write_bytes(content)
    with pytest.raises(RootUnreachable, match="the file holds no key") as caught:
        matter_of(message)
    assert str(tmp_path) not in str(caught.value)
    with pytest.raises(RootUnreachable):
        verify_roots()
    file.write_text(key)
    assert matter_of(message) == cast.PLANTED_MATTER


@pytest.mark.parametrize("content", ["not base64!", "c2hvcnQ=", "ü"])
def test_a_setting_that_is_no_key_is_a_mistake_and_named(settings: Any, content: str) -> None:
    settings.ROOT_KEY_PREVIOUS = [content]
    with pytest.raises(ImproperlyConfigured, match="^ROOT_KEY_PREVIOUS must be"):
        verify_roots()
    settings.ROOT_KEY, settings.ROOT_KEY_PREVIOUS = content, []
    with pytest.raises(ImproperlyConfigured, match="^ROOT_KEY must be"):
        root_key()


def test_blanks_around_keys_and_in_lists_mean_nothing(settings: Any) -> None:
    name, previous = root_key().name, [new_local_key(), new_local_key()]
    settings.ROOT_KEY_PREVIOUS = previous
    names = list(root_keys())
    settings.ROOT_KEY = f" {settings.ROOT_KEY}\n"
    settings.ROOT_KEY_PREVIOUS = [previous[0], f" {previous[1]} ", " "]
    settings.ROOT_PROVIDER_PREVIOUS = [" tests.vault.test_roots.provided", ""]
    assert root_key().name == name
    assert list(root_keys()) == [*names, provided().name]


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


class Sealing(LocalRoot):
    """A root that may seal and may not open, like a KMS key with half of its permissions."""

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        raise RootUnreachable("KMS refused to decrypt: AccessDeniedException.")


class Forgetful(LocalRoot):
    """A root whose sealed bytes are not what it was given."""

    def wrap(self, secret: bytes, context: bytes) -> bytes:
        return super().wrap(b"x" * 32, context)


class Garbled(LocalRoot):
    """A root whose sealed bytes do not open."""

    def wrap(self, secret: bytes, context: bytes) -> bytes:
        return super().wrap(secret, context)[:-1]


class Short(LocalRoot):
    """A root that gives 16 bytes back, of which AES would make a key all the same."""

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        return super().unwrap(wrapped, context)[:16]


class Texty(LocalRoot):
    """A root that gives text back."""

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        return cast_to_bytes("s" * 32)


def cast_to_bytes(text: Any) -> bytes:
    """Pass text off as bytes."""
    found: bytes = text
    return found


LIARS: list[type[LocalRoot]] = [Sealing, Forgetful, Garbled, Short, Texty]


def lying(settings: Any, monkeypatch: pytest.MonkeyPatch, liar: type[LocalRoot]) -> None:
    """Let the installation seal under a root that does not give back what it takes."""
    monkeypatch.setattr("tests.vault.test_roots.provided", lambda: liar(b"l" * 32))
    settings.ROOT_KEY_PREVIOUS, settings.ROOT_KEY = [settings.ROOT_KEY], ""
    settings.ROOT_PROVIDER = "tests.vault.test_roots.provided"


@pytest.mark.parametrize("liar", LIARS)
def test_nothing_is_stored_under_a_root_that_does_not_give_it_back(
    settings: Any, anna: cast.House, monkeypatch: pytest.MonkeyPatch, liar: type[LocalRoot]
) -> None:
    before = list(CustomerKey.objects.order_by("id").values_list("id", "root_name", "wrapped"))
    lying(settings, monkeypatch, liar)
    with pytest.raises(RootUnreachable):
        create_customer_keys(new_id())
    with pytest.raises(RootUnreachable):
        rewrap_customer_keys(lambda text: None)
    after = list(CustomerKey.objects.order_by("id").values_list("id", "root_name", "wrapped"))
    assert after == before


@pytest.mark.parametrize("liar", LIARS)
def test_the_check_finds_a_root_that_does_not_open_what_it_seals(
    settings: Any, anna: cast.House, monkeypatch: pytest.MonkeyPatch, liar: type[LocalRoot]
) -> None:
    lying(settings, monkeypatch, liar)
    with pytest.raises(RootUnreachable):
        verify_roots()


@pytest.mark.parametrize("liar", [Short, Texty])
def test_a_customer_key_is_thirty_two_bytes_whoever_provides_it(
    settings: Any, anna: cast.House, monkeypatch: pytest.MonkeyPatch, liar: type[LocalRoot]
) -> None:
    honest = LocalRoot(b"l" * 32)
    row = CustomerKey.objects.filter(customer_id=anna.customer.id).first()
    assert row is not None
    row.root_name, row.wrapped = honest.name, honest.wrap(b"s" * 32, place_of(row))
    lying(settings, monkeypatch, liar)
    with pytest.raises(Tampered):
        WrappingKey(row)


def test_the_check_lets_an_outage_through(settings: Any, anna: cast.House) -> None:
    use_kms(settings, "key", closed_kms())
    CustomerKey.objects.update(root_name=root_key().name, wrapped=b"\x03blob")
    with pytest.raises(RootUnreachable):
        verify_roots()
