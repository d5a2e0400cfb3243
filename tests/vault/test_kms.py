"""A root key in KMS: what it opens, what it refuses, and what happens while it is away."""

import base64
import json
import time
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from messages.models import PhoneMessage
from smartsvar.ids import new_id
from smartsvar.vault import memory
from smartsvar.vault.context import context
from smartsvar.vault.epochs import create_customer_keys
from smartsvar.vault.errors import RootUnreachable, Tampered
from smartsvar.vault.keys import Need, create_record_keys, forget_keys, open_key
from smartsvar.vault.models import CustomerKey, RecordKey
from smartsvar.vault.roots.kms import CONTEXT, SUITE, KmsRoot, require_eu
from tests import cast
from tests.vault.roots import (
    answering,
    closed_kms,
    ill_kms,
    kms_client,
    kms_root,
    new_kms_key,
    new_local_key,
    seconds,
    silent_kms,
    use_kms,
)

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.either_stack]

SECRET = b"s" * 32
HERE, ELSEWHERE = context("customer-key", "anna"), context("customer-key", "cecilia")
ILLNESSES = [
    (400, "AccessDeniedException"),
    (400, "ThrottlingException"),
    (400, "DisabledException"),
    (400, "NotFoundException"),
    (500, "KMSInternalException"),
    (400, "LimitExceededException"),
]
NONSENSE = [
    b"",
    b"<html>Sign in to the network</html>",
    b"{}",
    b"[]",
    b"null",
    b"7",
    b'"text"',
    b'{"CiphertextBlob": 7, "Plaintext": 7}',
    b'{"CiphertextBlob": null, "Plaintext": null}',
    b'{"CiphertextBlob": [], "Plaintext": {}}',
    b'{"CiphertextBlob": "a", "Plaintext": "a"}',
    b'{"CiphertextBlob": "\xc3\xa5", "Plaintext": "\xc3\xa5"}',
    b"\xff\xfe\x00{",
]


def test_kms_opens_what_it_sealed() -> None:
    root = kms_root(new_kms_key())
    wrapped = root.wrap(SECRET, HERE)
    assert wrapped[:1] == SUITE
    assert SECRET not in wrapped
    assert root.unwrap(wrapped, HERE) == SECRET


def test_kms_itself_refuses_another_context() -> None:
    root = kms_root(new_kms_key())
    wrapped = root.wrap(SECRET, HERE)
    with pytest.raises(Tampered):
        root.unwrap(wrapped, ELSEWHERE)
    client = kms_client()
    place = {CONTEXT: base64.b64encode(ELSEWHERE).decode()}
    with pytest.raises(client.exceptions.InvalidCiphertextException):
        client.decrypt(CiphertextBlob=wrapped[1:], EncryptionContext=place)


def test_what_another_key_sealed_does_not_open() -> None:
    one, other = kms_root(new_kms_key()), kms_root(new_kms_key())
    wrapped = one.wrap(SECRET, HERE)
    with pytest.raises((Tampered, RootUnreachable)):  # moto says AccessDenied, AWS IncorrectKey
        other.unwrap(wrapped, HERE)
    assert one.unwrap(wrapped, HERE) == SECRET  # the service is up: that was a refusal
    assert other.unwrap(other.wrap(SECRET, HERE), HERE) == SECRET


@pytest.mark.parametrize("code", ["InvalidCiphertextException", "IncorrectKeyException"])
def test_a_refusal_of_the_ciphertext_is_no_outage(code: str) -> None:
    with ill_kms(400, code) as endpoint, pytest.raises(Tampered):
        kms_root("key", endpoint).unwrap(SUITE + b"blob", HERE)


@pytest.mark.parametrize("position", [1, 40, -1])
def test_a_changed_blob_is_refused(position: int) -> None:
    root = kms_root(new_kms_key())
    right = root.wrap(SECRET, HERE)
    wrapped = bytearray(right)
    wrapped[position] ^= 1
    with pytest.raises((Tampered, RootUnreachable)):  # in moto the first 36 bytes name the key
        root.unwrap(bytes(wrapped), HERE)
    assert root.unwrap(right, HERE) == SECRET  # the service is up: that was a refusal


@pytest.mark.parametrize("wrapped", [b"", SUITE, b"\x01" + b"x" * 60, SUITE + b"x" * 6145])
def test_what_cannot_be_of_kms_is_not_even_asked(wrapped: bytes) -> None:
    with pytest.raises(Tampered):
        kms_root("key", closed_kms()).unwrap(wrapped, HERE)


@pytest.mark.parametrize(("status", "code"), ILLNESSES)
def test_an_ill_kms_is_unreachable_both_ways(status: int, code: str) -> None:
    with ill_kms(status, code) as endpoint:
        root = kms_root("key", endpoint)
        with pytest.raises(RootUnreachable, match=code):
            root.wrap(SECRET, HERE)
        with pytest.raises(RootUnreachable, match=code):
            root.unwrap(SUITE + b"blob", HERE)


@pytest.mark.parametrize("body", NONSENSE)
def test_a_kms_that_answers_nonsense_is_unreachable_both_ways(body: bytes) -> None:
    with answering(200, body) as endpoint:
        root = kms_root("key", endpoint)
        with pytest.raises(RootUnreachable):
            root.wrap(SECRET, HERE)
        with pytest.raises(RootUnreachable):
            root.unwrap(SUITE + b"blob", HERE)


@pytest.mark.parametrize("status", [302, 400, 403, 500])
@pytest.mark.parametrize("body", [b"", b"<html>Proxy</html>", b"[]", b"null", b"\xff\xfe"])
def test_an_error_that_is_none_of_kms_is_unreachable(status: int, body: bytes) -> None:
    with answering(status, body) as endpoint, pytest.raises(RootUnreachable):
        kms_root("key", endpoint).unwrap(SUITE + b"blob", HERE)


@pytest.mark.parametrize("length", [0, 1, 31, 33, 64])
def test_a_key_of_another_length_is_no_answer_of_kms(length: int) -> None:
    blob = base64.b64encode(b"k" * length).decode()
    body = json.dumps({"Plaintext": blob}).encode()
    with answering(200, body) as endpoint, pytest.raises(RootUnreachable):
        kms_root("key", endpoint).unwrap(SUITE + b"blob", HERE)


@pytest.mark.parametrize("length", [0, 6145])
def test_a_ciphertext_of_an_impossible_length_is_not_stored(settings: Any, length: int) -> None:
    blob = base64.b64encode(b"c" * length).decode()
    body = json.dumps({"CiphertextBlob": blob}).encode()
    customer = new_id()
    with answering(200, body) as endpoint:
        use_kms(settings, "key", endpoint)
        with pytest.raises(RootUnreachable, match="CiphertextBlob"):
            create_customer_keys(customer)
    assert not CustomerKey.objects.filter(customer_id=customer).exists()


def test_an_endpoint_that_is_no_address_is_a_mistake() -> None:
    with pytest.raises(ImproperlyConfigured, match="ROOT_KMS_ENDPOINT"):
        kms_root("key", "kms.internal").wrap(SECRET, HERE)


def test_a_kms_that_refuses_connections_is_unreachable() -> None:
    with pytest.raises(RootUnreachable, match="EndpointConnectionError"):
        kms_root("key", closed_kms()).wrap(SECRET, HERE)


def test_a_kms_that_hangs_is_given_up_within_its_time() -> None:
    with silent_kms() as endpoint:

        def ask() -> None:
            with pytest.raises(RootUnreachable, match="ReadTimeout"):
                kms_root("key", endpoint).wrap(SECRET, HERE)

        assert 5 <= seconds(ask) < 15  # two attempts of 5 s and a pause


def test_no_credentials_at_all_is_unreachable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    root = KmsRoot("key", region="eu-west-3", endpoint=closed_kms(), access_key="", secret_key="")
    with pytest.raises(RootUnreachable, match="NoCredentials"):
        root.wrap(SECRET, HERE)


@pytest.mark.parametrize("region", ["eu-north-1", "eu-central-1", "eu-west-1", "eusc-de-east-1"])
def test_a_region_in_the_eu_is_taken(region: str) -> None:
    require_eu(region)


@pytest.mark.parametrize("region", ["", "us-east-1", "eu-west-2", "eu-central-2", "europe-west1"])
def test_a_region_outside_the_eu_is_refused(region: str, settings: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match="stays in the EU"):
        KmsRoot("key", region=region, endpoint="", access_key="", secret_key="")


def test_the_region_in_an_arn_counts() -> None:
    arn = "arn:aws:kms:eu-west-2:111122223333:key/1234"
    with pytest.raises(ImproperlyConfigured, match="stays in the EU"):
        KmsRoot(arn, region="eu-north-1", endpoint="", access_key="", secret_key="")


def test_an_alias_is_refused_for_it_can_be_pointed_elsewhere() -> None:
    for alias in ("alias/smartsvar", "arn:aws:kms:eu-north-1:111122223333:alias/smartsvar"):
        with pytest.raises(ImproperlyConfigured, match="alias"):
            kms_root(alias)


def test_id_and_arn_of_a_key_are_the_same_root() -> None:
    assert kms_root("arn:aws:kms:eu-north-1:111122223333:key/1234").name == kms_root("1234").name


def test_a_customer_lives_under_kms(settings: Any) -> None:
    use_kms(settings, key_id := new_kms_key())
    anna = cast.open_house("Ankdamms Bygg AB")
    message = cast.message_of(anna)
    forget_keys()
    assert PhoneMessage.objects.get(id=message.id).matter == cast.PLANTED_MATTER
    names = CustomerKey.objects.filter(customer_id=anna.customer.id)
    assert {row.root_name for row in names} == {f"kms:{key_id}"}
    assert {bytes(row.wrapped)[:1] for row in names} == {SUITE}


def test_a_customer_key_moved_to_another_customer_is_refused_by_kms(settings: Any) -> None:
    use_kms(settings, new_kms_key())
    anna, cecilia = new_id(), new_id()
    for customer in (anna, cecilia):
        create_customer_keys(customer)
    theirs = CustomerKey.objects.get(customer_id=cecilia, key_class="content")
    mine = CustomerKey.objects.filter(customer_id=anna, key_class="content")
    mine.update(wrapped=theirs.wrapped)
    with pytest.raises(Tampered):
        create_record_keys([Need(anna, "content", "a.Model", new_id())])


def test_a_previous_kms_key_still_opens_beside_a_local_root(settings: Any) -> None:
    use_kms(settings, key_id := new_kms_key())
    anna = cast.open_house("Ankdamms Bygg AB")
    message = cast.message_of(anna)
    settings.ROOT_KMS_KEY_ID, settings.ROOT_KMS_PREVIOUS = "", [key_id]
    settings.ROOT_KEY = new_local_key()
    forget_keys()
    assert PhoneMessage.objects.get(id=message.id).matter == cast.PLANTED_MATTER


def test_nothing_is_written_while_kms_is_away(settings: Any, anna: cast.House) -> None:
    before = (CustomerKey.objects.count(), RecordKey.objects.count())
    forget_keys()
    use_kms(settings, "key", closed_kms())
    with pytest.raises(RootUnreachable):
        create_customer_keys(new_id())
    assert (CustomerKey.objects.count(), RecordKey.objects.count()) == before


def test_kms_going_away_between_two_keys_of_a_customer_leaves_none(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_kms(settings, new_kms_key())
    customer, real, asked = new_id(), KmsRoot.wrap, []

    def dying(self: KmsRoot, secret: bytes, place: bytes) -> bytes:
        asked.append(place)
        return real(self if len(asked) == 1 else kms_root("key", closed_kms()), secret, place)

    monkeypatch.setattr(KmsRoot, "wrap", dying)
    with pytest.raises(RootUnreachable):
        create_customer_keys(customer)
    assert len(asked) == 2
    assert not CustomerKey.objects.filter(customer_id=customer).exists()


def test_remembered_keys_go_on_working_and_then_no_more(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_kms(settings, new_kms_key())
    anna = cast.open_house("Ankdamms Bygg AB")
    message = cast.message_of(anna)
    settings.ROOT_KMS_ENDPOINT = closed_kms()
    assert PhoneMessage.objects.get(id=message.id).matter == cast.PLANTED_MATTER
    cast.message_of(anna)  # sealed under the remembered customer key
    records = RecordKey.objects.count()
    later = time.monotonic() + memory.CACHE_SECONDS
    with monkeypatch.context() as patch:
        patch.setattr("smartsvar.vault.memory.time.monotonic", lambda: later)
        with pytest.raises(RootUnreachable):
            _ = PhoneMessage.objects.get(id=message.id).matter
        with pytest.raises(RootUnreachable):
            open_key(message.key_id, fresh=True)
        with pytest.raises(RootUnreachable):
            cast.message_of(anna)
    assert RecordKey.objects.count() == records
    assert not connections["keys"].needs_rollback
