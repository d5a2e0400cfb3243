"""Work that meets a root key that is away waits for it; what needs no key is done."""

from datetime import timedelta
from typing import Any, NoReturn

import pytest
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from customers import tasks
from customers.models import Invitation
from customers.tasks import send_invitation, send_waiting_invitations
from messages.channels.email import send as channel
from messages.delivery import GIVE_UP_AFTER, LEAST_ATTEMPTS, deliver, deliver_due
from messages.models import Delivery
from privacy.purging.purge import purge
from recordings.models import Recording
from smartsvar import mail
from smartsvar.unreadable import LATER
from smartsvar.vault.models import RecordKey
from tests.cast import House, call_of, message_of
from tests.conformance.planted import plant
from tests.unreadable.conftest import RootFile

pytestmark = pytest.mark.django_db(databases="__all__")


def test_a_delivery_waits_however_long_the_root_is_away(anna: House, root: RootFile) -> None:
    delivery = Delivery.objects.get(message=message_of(anna))
    old = delivery.created_at - GIVE_UP_AFTER - timedelta(days=30)
    Delivery.objects.filter(id=delivery.id).update(created_at=old, attempts=LEAST_ATTEMPTS)
    root.take_away()
    assert deliver(delivery.id) == Delivery.State.QUEUED
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error) == (Delivery.State.QUEUED, "no_root_key")
    assert delivery.next_attempt_at > timezone.now()
    root.put_back()
    Delivery.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))
    assert deliver_due() == 1
    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.ACCEPTED


@pytest.mark.parametrize("content", ["", "  \n", "no key", "\ufeff"])
def test_a_delivery_waits_while_the_root_key_file_is_being_written(
    anna: House, root: RootFile, content: str
) -> None:
    delivery = Delivery.objects.get(message=message_of(anna))
    root.spoil(content)
    assert deliver_due() == 1
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error) == (Delivery.State.QUEUED, "no_root_key")


@pytest.mark.parametrize("error", LATER)
def test_a_delivery_waits_for_whatever_is_away_however_long(
    anna: House, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    for _ in range(2):
        message_of(anna)
    old = timezone.now() - GIVE_UP_AFTER - timedelta(days=30)
    Delivery.objects.update(created_at=old, attempts=LEAST_ATTEMPTS)
    monkeypatch.setattr(channel, "compose", failing(error))
    assert deliver_due() == 1, "it stops at the first"
    assert set(Delivery.objects.values_list("state", flat=True)) == {Delivery.State.QUEUED}


@pytest.mark.parametrize("error", LATER)
def test_an_invitation_waits_for_whatever_is_away(
    anna: House, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    invitation = plant(anna).invitation
    monkeypatch.setattr(tasks, "_compose", failing(error))
    assert send_waiting_invitations() == 1
    found = Invitation.objects.get(id=invitation.pk)
    assert found.sent_at is None
    assert found.token


@pytest.mark.parametrize("error", [InterfaceError, OperationalError])
def test_no_mail_is_given_up_for_a_database_that_is_away(error: type[Exception]) -> None:
    with pytest.raises(mail.TryAgain, match="no_database"):
        mail.send(failing(error))


def failing(error: type[Exception]) -> Any:
    def fail(*_: object) -> NoReturn:
        raise error("away")

    return fail


def test_the_first_delivery_finds_out_for_all(anna: House, root: RootFile) -> None:
    for _ in range(3):
        message_of(anna)
    root.take_away()
    assert deliver_due() == 1
    assert Delivery.objects.filter(attempts=0).count() == 2


def test_an_invitation_waits_with_its_token(anna: House, root: RootFile) -> None:
    invitation = plant(anna).invitation
    root.take_away()
    assert send_invitation(str(invitation.pk)) == "no_root_key"
    assert send_waiting_invitations() == 1
    root.put_back()
    found = Invitation.objects.get(id=invitation.pk)
    assert found.sent_at is None
    assert found.token


def test_the_purge_destroys_without_the_root(anna: House, root: RootFile) -> None:
    """A deletion opens nothing, so what is due goes on time also while the root is away."""
    call = call_of(anna)
    root.take_away()
    assert purge(timezone.now() + timedelta(days=120))["recordings.Recording"] == 1
    assert not Recording._base_manager.filter(id=call.id).exists()
    assert not RecordKey.objects.filter(id=call.key_id).exists()
