"""Sven hands a customer that is gone what it can no longer fetch itself, and leaves a trace."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.actions.covers import About
from customers.models import Customer, Target
from privacy.erasures.steps import ask_erasure
from privacy.erasures.work import carry_on
from privacy.models import Erasure, SignedReceipt
from privacy.tasks import purge_due
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from smartsvar.vault.keys import forget_keys
from smartsvar.vault.models import RecordKey
from tests import cast
from tests.conformance.planted import found_in

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

CHANGE = "admin:privacy_erasure_change"
CERTIFICATE = "admin:privacy_erasure_certificate"
CHAIN = "admin:privacy_signedreceipt_chain"


@pytest.fixture
def desk(sven: Any, sign_in: Any, settings: Any) -> Client:
    """Sven's browser, signed in with nothing left to prove."""
    settings.SUPPORT_NEEDS_SECOND_FACTOR = False
    client: Client = sign_in(sven)
    client.cookies.load({"language": "en"})
    return client


@pytest.fixture
def gone(anna: cast.House) -> Erasure:
    """Anna's whole account, erased, with its last receipts signed."""
    cast.call_of(anna)
    cast.message_of(anna)
    by, whole = anna.administrator, About(target=Target.CUSTOMER)
    asked = ask_erasure(anna.customer, whole, by=by, at=database_now())
    assert carry_on(asked.id, database_now()) == "done"
    purge_due()
    assert not Customer.objects.exists()
    erasure: Erasure = Erasure.objects.get(id=asked.id)
    return erasure


def verbs(thing: Any) -> list[str]:
    return list(AuditEntry.objects.filter(object_id=thing.pk).values_list("verb", flat=True))


def test_sven_reads_and_downloads_the_certificate_of_an_account_that_is_gone(
    desk: Client, gone: Erasure, sven: Any
) -> None:
    page = desk.get(reverse(CHANGE, args=[gone.id]))
    shown = page.content.decode()
    assert page.context["fact"]["erased"]["recordings.Recording"] == 1
    assert "Recording" in shown
    assert not found_in(page.content)
    read = AuditEntry.objects.get(object_id=gone.id, verb="erasure.read")
    assert (read.actor_kind, read.actor_id, read.customer_id) == (
        "support", sven.id, gone.customer_id,
    )  # fmt: skip
    address = reverse(CERTIFICATE, args=[gone.id])
    assert address in shown
    answer = desk.get(address)
    assert json.loads(answer.content) == gone.certificate
    assert f"certificate-{gone.id}.json" in answer["Content-Disposition"]
    entry = AuditEntry.objects.get(object_id=gone.id, verb="erasure.fetched")
    assert (entry.actor_kind, entry.actor_id) == ("support", sven.id)
    assert entry.customer_id == gone.customer_id


def test_sven_downloads_the_receipts_of_a_customer_that_is_gone(
    desk: Client, gone: Erasure
) -> None:
    last = SignedReceipt.objects.filter(customer_id=gone.customer_id).order_by("-sequence")[0]
    address = reverse(CHAIN, args=[last.id])
    assert address in desk.get(reverse(CHANGE, args=[gone.id])).content.decode()
    receipt = desk.get(reverse("admin:privacy_signedreceipt_change", args=[last.id]))
    assert address in receipt.content.decode()
    answer: Any = desk.get(address)
    chain = json.loads(b"".join(answer.streaming_content))["receipts"]
    assert [each["fact"]["sequence"] for each in chain] == list(range(1, last.sequence + 1))
    assert {each["fact"]["customer"] for each in chain} == {str(gone.customer_id)}
    assert verbs(last) == ["signedreceipt.fetched"]


def test_there_is_no_certificate_of_what_is_not_done(anna: cast.House, desk: Client) -> None:
    by, whole = anna.administrator, About(target=Target.CUSTOMER)
    asked = ask_erasure(anna.customer, whole, by=by, at=database_now(), grace_days=3)
    shown = desk.get(reverse(CHANGE, args=[asked.id])).content.decode()
    assert reverse(CERTIFICATE, args=[asked.id]) not in shown
    assert desk.get(reverse(CERTIFICATE, args=[asked.id])).status_code == 404
    assert "erasure.fetched" not in verbs(asked)


def test_a_certificate_that_does_not_open_hides_nothing_else(desk: Client, gone: Erasure) -> None:
    RecordKey.objects.filter(id=gone.key_id).delete()
    forget_keys()
    page = desk.get(reverse(CHANGE, args=[gone.id]))
    assert page.status_code == 200
    assert "There is none that can be shown." in page.content.decode()
    assert desk.get(reverse(CERTIFICATE, args=[gone.id])).status_code == 404
