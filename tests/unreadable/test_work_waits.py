"""Work that meets a root key that is away waits for it; what needs no key is done."""

from datetime import timedelta

import pytest
from django.utils import timezone

from customers.models import Invitation
from customers.tasks import send_invitation, send_waiting_invitations
from messages.delivery import GIVE_UP_AFTER, deliver, deliver_due
from messages.models import Delivery
from privacy.purge import purge
from recordings.models import Recording
from smartsvar.vault.models import RecordKey
from tests.cast import House, call_of, message_of
from tests.conformance.planted import plant
from tests.unreadable.conftest import RootFile

pytestmark = pytest.mark.django_db(databases="__all__")


def test_a_delivery_waits_however_long_the_root_is_away(anna: House, root: RootFile) -> None:
    delivery = Delivery.objects.get(message=message_of(anna))
    old = delivery.created_at - GIVE_UP_AFTER - timedelta(days=30)
    Delivery.objects.filter(id=delivery.id).update(created_at=old)
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
