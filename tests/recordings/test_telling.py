"""Support has listened: the customer's administrators are told, once, each in its own language."""

import socket
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse

from customers.actions.members import join
from customers.models import Role, User
from recordings.actions import play_recording
from recordings.listening import let_listen
from recordings.models import Listen, ListeningGrant, Recording
from recordings.tasks import tell_listening, tell_listenings
from recordings.telling import GIVE_UP_AFTER, LEASE, waiting
from smartsvar.clock import database_now
from tests import cast
from tests.mailbox import html_of, mails_to, text_of
from tests.recordings.test_listening import granted

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


@pytest.fixture(autouse=True)
def _real_mail(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.SUPPORT_NEEDS_SECOND_FACTOR = False


@pytest.fixture
def listener(sven: User) -> User:
    let_listen(sven, at=database_now())
    return sven


@pytest.fixture
def heard(anna: cast.House, listener: User) -> ListeningGrant:
    """A permission of Anna's under which Sven has listened."""
    call = cast.call_of(anna)
    grant = granted(anna, call)
    plays(call, listener)
    return grant


def plays(call: Recording, agent: User) -> None:
    play_recording(call, by=agent, at=database_now()).close()


def bjorn(house: cast.House, language: str, mailbox: str = "") -> User:
    """Björn is another administrator."""
    name = mailbox or f"bjorn-{uuid4().hex[:8]}"
    user = User.objects.create(email=f"{name}@ankdamm.example", language=language)
    join(house.customer, user, role=Role.ADMINISTRATOR, name="Björn", at=database_now())
    return user


def test_anna_reads_it_in_english_and_björn_in_swedish(
    anna: cast.House, cecilia: cast.House, heard: ListeningGrant
) -> None:
    person = anna.administrator.user
    User.objects.filter(pk=person.pk).update(language="en")
    other = bjorn(anna, "sv")
    assert tell_listenings() == 1
    (english,), (swedish,) = mails_to(person.email), mails_to(other.email)
    assert (english["Content-Language"], swedish["Content-Language"]) == ("en", "sv")
    assert english["Subject"] == "Support has listened to a call"
    assert swedish["Subject"] == "Supporten har lyssnat på ett samtal"
    assert "Who: Smartsvar's support, " in text_of(english)
    assert "Vem: Smartsvars support, " in text_of(swedish)
    for part in (text_of, html_of):
        for page in ("portal:insight", "portal:grants"):
            address = reverse(page, args=[anna.customer.number])
            assert address in part(english)
            assert address in part(swedish)
    assert mails_to(cecilia.administrator.user.email) == []


@pytest.mark.parametrize("language", ["sv", "en"])
def test_björn_whose_mail_server_says_later_is_told_later_and_anna_once(
    anna: cast.House, heard: ListeningGrant, language: str
) -> None:
    person = anna.administrator.user
    User.objects.filter(pk=person.pk).update(language="sv")
    other = bjorn(anna, language, mailbox="later")
    for _ in range(2):
        assert tell_listening(str(heard.pk)) == "smtp_451"
        assert len(mails_to(person.email)) == 1
    heard.refresh_from_db()
    assert (heard.told_at, heard.told_to) == (None, [str(anna.administrator.pk)])
    other.email = f"bjorn-{uuid4().hex[:8]}@ankdamm.example"  # a server that takes it
    other.save()
    assert tell_listenings() == 1
    assert (len(mails_to(person.email)), len(mails_to(other.email))) == (1, 1)
    heard.refresh_from_db()
    assert heard.told_at is not None
    assert heard.told_to == []


def test_who_has_no_mailbox_keeps_nobody_waiting(anna: cast.House, heard: ListeningGrant) -> None:
    bjorn(anna, "en", mailbox="bounce")
    assert tell_listenings() == 1
    assert tell_listenings() == 0
    assert len(mails_to(anna.administrator.user.email)) == 1


def test_the_mail_says_who_and_when_and_nothing_of_the_call_or_of_the_reasons_words(
    anna: cast.House, heard: ListeningGrant, listener: User
) -> None:
    tell_listening(str(heard.pk))
    (mail,) = mails_to(anna.administrator.user.email)
    for part in (text_of(mail), html_of(mail)):
        assert listener.pk.hex[-6:] in part
        for secret in (listener.email, cast.PLANTED_NAME, "070-174", "Det knastrar", str(heard.pk)):
            assert secret not in part


def test_it_is_told_once_however_often_sven_listens(
    anna: cast.House, heard: ListeningGrant, listener: User
) -> None:
    for _ in range(2):
        tell_listening(str(heard.pk))
    Listen.objects.update(at=database_now() - timedelta(hours=1))
    plays(Recording.objects.get(), listener)
    assert heard.listens.count() == 2
    assert tell_listenings() == 0
    assert len(mails_to(anna.administrator.user.email)) == 1


def test_a_permission_that_nobody_has_used_is_not_told_of(anna: cast.House) -> None:
    granted(anna, cast.call_of(anna))
    assert tell_listenings() == 0


def test_a_mail_server_that_is_away_costs_time_and_a_dead_worker_no_mail(
    anna: cast.House, heard: ListeningGrant, settings: Any
) -> None:
    port = settings.EMAIL_PORT
    with socket.create_server(("127.0.0.1", 0)) as sock:
        settings.EMAIL_PORT = sock.getsockname()[1]
    assert tell_listening(str(heard.pk)) == "no_connection"
    settings.EMAIL_PORT = port
    at = database_now()
    ListeningGrant.objects.update(telling_until=at + timedelta(minutes=1))
    assert tell_listenings() == 0, "another worker is at it"
    ListeningGrant.objects.update(telling_until=at - timedelta(seconds=1))
    assert tell_listenings() == 1
    assert len(mails_to(anna.administrator.user.email)) == 1
    heard.refresh_from_db()
    assert heard.told_at is not None
    assert heard.telling_until is None


def test_it_is_not_tried_for_ever(heard: ListeningGrant) -> None:
    at = database_now()
    assert waiting(at).count() == 1
    assert waiting(at + GIVE_UP_AFTER + LEASE).count() == 0


def test_the_call_may_be_gone_when_the_mail_is_written(
    anna: cast.House, heard: ListeningGrant
) -> None:
    Listen.objects.update(call_id=uuid4())
    assert tell_listening(str(heard.pk)) == ""
    (mail,) = mails_to(anna.administrator.user.email)
    assert "Samtalet:" not in text_of(mail)


def test_playing_nudges_a_worker_once(
    anna: cast.House, listener: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    nudges: list[tuple[Any, ...]] = []
    monkeypatch.setattr("recordings.listening.enqueue", lambda *said: nudges.append(said))
    call = cast.call_of(anna)
    grant = granted(anna, call)
    for _ in range(2):
        plays(call, listener)
    assert nudges == [("recordings.tell_listening", grant.pk)]
