"""Who made a request is told of news, and operators of time that runs out, over real SMTP."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import translation

from customers.actions.covers import About
from customers.models import Target
from privacy.cases import notices
from privacy.cases.steps import check_identity, day_of, decide, extend, open_case, withdraw
from privacy.models import Case, CaseKind, CaseState, Telling, Watch
from privacy.record.parties import watch_section
from privacy.tasks import remind_of_cases, tell_case, tell_cases
from smartsvar import mail
from smartsvar.audit.actors import SYSTEM
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from subprocessors.notices import answer
from tests import cast
from tests.conformance.planted import found_in
from tests.mailbox import mails_to, text_of
from tests.subprocessors.register import objected

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

ZACHARIAS = About(target=Target.CALLER, caller=cast.PLANTED_NUMBER)


@pytest.fixture(autouse=True)
def operators(settings: Any) -> str:
    """A mail server that is real, and operators whom no other test writes to."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    address = f"drift-{uuid4().hex}@smartsvar.example"
    settings.OPERATORS_EMAIL = [address]
    return address


def asked(house: cast.House, **more: Any) -> Case:
    known: dict[str, Any] = {
        "by": house.administrator, "at": database_now(), "requester": cast.PLANTED_NAME,
        "wish": cast.PLANTED_MATTER,
    }  # fmt: skip
    return open_case(house.customer, CaseKind.ACCESS, ZACHARIAS, **(known | more))


def granted(case: Case) -> None:
    now = database_now()
    check_identity(case, "Inloggad", by=SYSTEM, at=now)
    words = {"ground": "Artikel 15.", "decision": cast.PLANTED_MATTER}
    decide(case, CaseState.GRANTED, **words, by=SYSTEM, at=now)


def stored(case: Case) -> Case:
    return Case.objects.get(id=case.id)


def test_anna_is_told_of_more_time_and_of_the_answer_and_of_nothing_else(
    anna: cast.House,
) -> None:
    case, address = asked(anna), anna.administrator.user.email
    tell_cases()
    assert mails_to(address) == []
    extend(case, cast.PLANTED_MATTER, by=SYSTEM, at=database_now())
    tell_cases()
    granted(case)
    tell_cases()
    tell_cases()
    more, answer = mails_to(address)
    page = f"/mina-sidor/{anna.customer.number}/integritet/arenden/{case.id}/"
    assert f"{stored(case).answer_by.day} " in text_of(more)
    for each in (more, answer):
        assert page in text_of(each)
        assert not found_in(each.as_bytes())
        assert not found_in(text_of(each).encode())
    told = AuditEntry.objects.filter(object_id=case.id, verb="case.told")
    assert told.count() == 2
    assert stored(case).to_tell == ""


def test_a_withdrawn_request_tells_nobody(anna: cast.House) -> None:
    case = asked(anna)
    withdraw(case, by=anna.administrator, at=database_now())
    tell_cases()
    assert mails_to(anna.administrator.user.email) == []


def test_who_wrote_a_letter_without_an_address_is_answered_by_post(
    anna: cast.House, sven: Any
) -> None:
    by_post = asked(anna, by=sven, contact="Storgatan 1, Lund")
    address = f"zacharias-{uuid4().hex}@planterad.example"
    by_mail = asked(anna, by=sven, contact=address)
    for case in (by_post, by_mail):
        granted(case)
    tell_cases()
    assert stored(by_post).to_tell == Telling.FAILED
    (answer,) = mails_to(address)
    assert "mina-sidor" not in text_of(answer)  # there is nothing for a stranger to sign in to
    assert not AuditEntry.objects.filter(object_id=by_post.id, verb="case.told").exists()


def test_a_mail_server_that_is_away_costs_time_and_no_notice(
    anna: cast.House, settings: Any
) -> None:
    case, port = asked(anna), settings.EMAIL_PORT
    granted(case)
    settings.EMAIL_PORT = 1
    assert tell_case(str(case.id)) == mail.NO_CONNECTION
    assert stored(case).to_tell == Telling.DECIDED
    settings.EMAIL_PORT = port
    tell_cases()
    assert len(mails_to(anna.administrator.user.email)) == 1


def test_a_worker_that_dies_while_sending_is_followed_by_another(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, now = asked(anna), database_now()
    granted(case)

    def die(write: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(mail, "send", die)
        with pytest.raises(KeyboardInterrupt):
            notices.tell(case.id, now)
    assert notices.tell(case.id, now) == ""  # the lease holds: somebody may be at it
    assert mails_to(anna.administrator.user.email) == []
    notices.tell(case.id, now + notices.LEASE + timedelta(seconds=1))
    assert len(mails_to(anna.administrator.user.email)) == 1


def test_a_worker_that_was_thought_dead_does_not_give_anothers_lease_back(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, now = asked(anna), database_now()
    granted(case)
    later = now + notices.LEASE + timedelta(seconds=1)

    def overtaken(write: Any) -> None:
        Case.objects.filter(id=case.id).update(telling_until=later + notices.LEASE)
        raise mail.TryAgain(mail.NO_CONNECTION)

    monkeypatch.setattr(mail, "send", overtaken)
    notices.tell(case.id, now)
    assert stored(case).telling_until == later + notices.LEASE


def test_news_that_comes_while_older_news_is_sent_is_told_next(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, send = asked(anna), mail.send
    extend(case, "Mycket.", by=SYSTEM, at=database_now())

    def decided_meanwhile(write: Any) -> None:
        send(write)
        granted(case)

    with monkeypatch.context() as patched:
        patched.setattr(mail, "send", decided_meanwhile)
        notices.tell(case.id, database_now())
    assert stored(case).to_tell == Telling.DECIDED
    tell_cases()
    assert len(mails_to(anna.administrator.user.email)) == 2


def test_operators_are_reminded_by_number_before_the_time_is_over_and_after(
    anna: cast.House, operators: str
) -> None:
    now = database_now()
    case, calm = asked(anna), asked(anna, at=now)
    for left, mails in ((20, 0), (7, 1), (6, 1), (3, 2), (2, 2), (1, 3), (0, 4), (-1, 5), (-2, 6)):
        Case.objects.filter(id=case.id).update(answer_by=day_of(now) + timedelta(days=left))
        Case.objects.filter(id=case.id, reminded_on=day_of(now)).update(
            reminded_on=day_of(now) - timedelta(days=1)
        )
        remind_of_cases()
        remind_of_cases()  # once a day
        assert len(mails_to(operators)) == mails, left
    newest = mails_to(operators)[-1]
    assert str(case.number) in text_of(newest)
    assert str(calm.number) not in text_of(newest)
    assert not found_in(text_of(newest).encode())


def test_a_request_found_late_is_told_of_at_once(anna: cast.House, operators: str) -> None:
    came = day_of(database_now()) - timedelta(days=27)
    asked(anna, received_on=came)
    remind_of_cases()
    assert len(mails_to(operators)) == 1


def test_a_reminder_that_could_not_be_sent_is_sent_by_the_next_run(
    anna: cast.House, operators: str, settings: Any
) -> None:
    asked(anna, received_on=day_of(database_now()) - timedelta(days=60))
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    assert remind_of_cases() == 0
    settings.EMAIL_PORT = port
    assert remind_of_cases() == 1
    assert len(mails_to(operators)) == 1


def test_operators_are_told_daily_of_objections_until_they_are_answered(
    anna: cast.House, operators: str, settings: Any
) -> None:
    objection = objected(anna.customer)
    for days in (0, 0, 1):
        Watch.objects.filter(kept_told_on=day_of(database_now())).update(
            kept_told_on=day_of(database_now()) - timedelta(days=days)
        )
        remind_of_cases()
    assert len(mails_to(operators)) == 2
    said = text_of(mails_to(operators)[-1])
    assert "1 objection" in said or "1 invändning" in said
    assert objection.reason not in said
    assert reverse("admin:subprocessors_objection_changelist") + "?answer=no" in said
    with translation.override("sv"):
        (gap,) = [each for each in watch_section(day_of(database_now())).gaps if "invänd" in each]
    assert gap.startswith("1 ")
    answer(objection, "kept", "Nej.", by=SYSTEM, at=database_now())
    Watch.objects.update(kept_told_on=None)
    remind_of_cases()
    assert len(mails_to(operators)) == 2
