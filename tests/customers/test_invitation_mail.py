"""Invitations go out over real SMTP; an address that refuses stops nobody else's."""

import socket
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from customers.actions.invitations import find_invitation, invite, renew, withdraw_invitation
from customers.models import Invitation, Role
from customers.tasks import send_invitation, send_waiting_invitations
from smartsvar import mail
from smartsvar.clock import database_now
from tests import cast
from tests.mailbox import mails_to

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


@pytest.fixture(autouse=True)
def _real_mail(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"


def invited(house: cast.House, name: str) -> Invitation:
    return invite(
        house.customer,
        email=name if "@" in name else f"{name}-{uuid4().hex}@ny.example",
        name="Nina",
        role=Role.MEMBER,
        by=house.administrator,
        at=database_now(),
    )


def stored(invitation: Invitation) -> Invitation:
    found: Invitation = Invitation.objects.get(id=invitation.id)
    return found


def test_a_refused_address_is_not_tried_again_and_stops_nobody(anna: cast.House) -> None:
    bad, good = invited(anna, "bounce@ny.example"), invited(anna, "nina")
    send_waiting_invitations()
    assert len(mails_to(good.email)) == 1
    for each in (bad, good):
        assert stored(each).sent_at is not None
        assert stored(each).token == ""
    assert send_waiting_invitations() == 0


def test_an_address_that_cannot_be_written_stops_nobody(anna: cast.House) -> None:
    bad, good = invited(anna, f"a@{'å' * 60}.se"), invited(anna, "nina")
    assert send_invitation(str(bad.id)) == "bad_address"
    send_waiting_invitations()
    assert len(mails_to(good.email)) == 1
    assert stored(bad).token == ""


def test_an_address_that_refuses_for_now_waits_with_its_link(anna: cast.House) -> None:
    later, good = invited(anna, "later@ny.example"), invited(anna, "nina")
    send_waiting_invitations()
    assert len(mails_to(good.email)) == 1
    assert stored(later).sent_at is None
    assert find_invitation(stored(later).token) is not None


def test_whatever_goes_wrong_with_one_the_next_is_sent(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, good = invited(anna, "foerst"), invited(anna, "nina")
    send, seen = mail.send, []

    def fail_once(write: Any) -> None:
        seen.append(write)
        if len(seen) == 1:
            raise RuntimeError
        send(write)

    Invitation.objects.exclude(id__in=[first.id, good.id]).update(sent_at=database_now())
    monkeypatch.setattr(mail, "send", fail_once)
    assert send_waiting_invitations() == 2
    assert len(mails_to(good.email)) == 1


def test_without_a_mail_server_one_finds_out_and_all_wait(anna: cast.House, settings: Any) -> None:
    invitations = [invited(anna, "nina"), invited(anna, "olle")]
    port = settings.EMAIL_PORT
    with socket.create_server(("127.0.0.1", 0)) as sock:
        settings.EMAIL_PORT = sock.getsockname()[1]
    assert send_waiting_invitations() == 1
    assert all(stored(each).sent_at is None for each in invitations)
    settings.EMAIL_PORT = port
    send_waiting_invitations()
    assert [len(mails_to(each.email)) for each in invitations] == [1, 1]


def test_a_nudge_beside_the_sweep_sends_no_second_mail(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The nudge comes while the sweep talks to the mail server."""
    invitation, send = invited(anna, "nina"), mail.send

    def nudge_meanwhile(write: Any) -> None:
        monkeypatch.setattr(mail, "send", send)
        assert send_invitation(str(invitation.id)) == ""
        send(write)

    monkeypatch.setattr(mail, "send", nudge_meanwhile)
    assert send_invitation(str(invitation.id)) == ""
    assert len(mails_to(invitation.email)) == 1


def test_one_withdrawn_while_its_mail_is_sent_stays_gone(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    invitation, send = invited(anna, "nina"), mail.send

    def withdraw_meanwhile(write: Any) -> None:
        send(write)
        withdraw_invitation(stored(invitation), by=anna.administrator, at=database_now())

    monkeypatch.setattr(mail, "send", withdraw_meanwhile)
    assert send_invitation(str(invitation.id)) == ""
    assert not Invitation.objects.filter(id=invitation.id).exists()


def test_one_renewed_while_its_mail_is_sent_keeps_its_new_link(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    invitation, send = invited(anna, "nina"), mail.send

    def renew_meanwhile(write: Any) -> None:
        send(write)
        with transaction.atomic():
            renew(stored(invitation), by=anna.administrator, at=database_now())

    monkeypatch.setattr(mail, "send", renew_meanwhile)
    send_invitation(str(invitation.id))
    assert stored(invitation).sent_at is None
    assert stored(invitation).token not in {"", invitation.token}
    monkeypatch.setattr(mail, "send", send)
    assert send_invitation(str(invitation.id)) == ""
    assert stored(invitation).token == ""
    assert len(mails_to(invitation.email)) == 2


def test_a_worker_that_dies_while_sending_is_followed_by_another(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(write: Any) -> None:
        raise Killed

    invitation = invited(anna, "nina")
    with monkeypatch.context() as patch:
        patch.setattr(mail, "send", die)
        with pytest.raises(Killed):
            send_invitation(str(invitation.id))
    assert send_invitation(str(invitation.id)) == "", "its lease stands"
    assert not mails_to(invitation.email)
    past = database_now() - timedelta(seconds=1)
    Invitation.objects.filter(id=invitation.id).update(lease_until=past)
    send_waiting_invitations()
    assert len(mails_to(invitation.email)) == 1
    assert stored(invitation).sent_at is not None
