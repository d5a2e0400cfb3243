"""Changes announced: every customer is mailed once, may object in time, and gets an answer."""

import os
import socket
import time
from datetime import datetime, timedelta
from datetime import time as time_of_day
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections, transaction
from django.urls import reverse
from django.utils import formats, translation

from customers.actions.covers import About, end_cover, restrict
from customers.models import Customer, Target, User
from privacy.waiting import waiting_for
from smartsvar import mail
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import STOCKHOLM, database_now
from smartsvar.keep import later
from subprocessors import telling
from subprocessors.models import Engagement, Notice, Objection, Told
from subprocessors.notices import (
    AlreadyHandled,
    AlreadyObjected,
    TooLate,
    TooSoon,
    announce,
    answer,
    earliest_day,
    last_day,
    object_to,
)
from subprocessors.tasks import tell_customers
from tests import cast
from tests.mailbox import mails_to, text_of
from tests.subprocessors.register import engaged, objected

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

on_postgres = pytest.mark.skipif(
    os.environ["TEST_STACK"] != "postgres", reason="SQLite's writers are one at a time"
)
NEW = Notice.Kind.NEW


@pytest.fixture(autouse=True)
def _real_mail(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"


@pytest.fixture
def planned() -> Engagement:
    """Postduvan is to send our mail as soon as it may."""
    return engaged("Postduvan AB", purpose="mail", starts_on=earliest_day(database_now()))


def announced(planned: Engagement, sven: Any) -> Notice:
    return announce(planned, NEW, planned.starts_on, by=sven, at=database_now())


def arrived(house: cast.House) -> list[str]:
    return [text_of(each) for each in mails_to(house.customer.email)]


def states() -> set[str]:
    return set(Told.objects.values_list("state", flat=True))


def test_every_customer_is_told_once_however_often_the_worker_runs(
    anna: cast.House, cecilia: cast.House, planned: Engagement, sven: Any
) -> None:
    notice = announced(planned, sven)
    for _ in range(3):
        tell_customers()
    for house in (anna, cecilia):
        (text,) = arrived(house)
        assert "Postduvan AB" in text
        assert reverse("subprocessors:notices", args=[house.customer.number]) in text
    assert Told.objects.filter(notice=notice, state=Told.State.SENT).count() == 2
    assert AuditEntry.objects.filter(verb="notice.announced", object_id=notice.id).count() == 1


def test_the_mail_is_in_the_customers_language(
    anna: cast.House, cecilia: cast.House, planned: Engagement, sven: Any
) -> None:
    Customer.objects.filter(id=cecilia.customer.id).update(language="en")
    announced(planned, sven)
    tell_customers()
    assert "Vi tänker anlita Postduvan AB" in arrived(anna)[0]
    assert "we mean to engage Postduvan AB" in arrived(cecilia)[0]


def test_nothing_new_begins_before_the_time_to_object_is_over(
    anna: cast.House, planned: Engagement, sven: Any, settings: Any
) -> None:
    at = database_now()
    with pytest.raises(TooSoon) as refused:
        announce(planned, NEW, last_day(at), by=sven, at=at)
    assert refused.value.args == (earliest_day(at),)
    assert not Notice.objects.exists()
    assert not Told.objects.exists()
    announce(planned, Notice.Kind.END, last_day(at), by=sven, at=at)
    settings.OBJECTION_DAYS = 0
    announce(planned, NEW, planned.starts_on, by=sven, at=at)
    assert Notice.objects.count() == 2


def test_without_a_mail_server_all_wait_and_are_told_later(
    anna: cast.House, cecilia: cast.House, planned: Engagement, sven: Any, settings: Any
) -> None:
    announced(planned, sven)
    port = settings.EMAIL_PORT
    with socket.create_server(("127.0.0.1", 0)) as sock:
        settings.EMAIL_PORT = sock.getsockname()[1]
    assert tell_customers() == 1
    assert states() == {Told.State.QUEUED}
    settings.EMAIL_PORT = port
    Told.objects.update(next_attempt_at=database_now())
    assert tell_customers() == 2
    assert states() == {Told.State.SENT}


def test_an_address_that_refuses_stops_nobody(
    anna: cast.House, cecilia: cast.House, planned: Engagement, sven: Any
) -> None:
    anna.customer.email = "bounce@ankdamms.example"
    anna.customer.save()
    announced(planned, sven)
    tell_customers()
    assert len(arrived(cecilia)) == 1
    failed = Told.objects.get(customer=anna.customer)
    assert (failed.state, failed.error[:5]) == (Told.State.FAILED, "smtp_")
    assert tell_customers() == 0


def test_a_worker_that_dies_while_it_sends_leaves_unknown_and_no_second_mail(
    anna: cast.House, planned: Engagement, sven: Any, monkeypatch: Any
) -> None:
    announced(planned, sven)
    send = mail.send

    def die_after(write: Any) -> None:
        send(write)
        raise SystemExit  # as kill -9 would: nothing of ours runs after it

    monkeypatch.setattr(mail, "send", die_after)
    with pytest.raises(SystemExit):
        tell_customers()
    monkeypatch.setattr(mail, "send", send)
    assert tell_customers() == 0  # the lease runs
    Told.objects.update(lease_until=database_now() - timedelta(seconds=1))
    assert tell_customers() == 1
    assert len(arrived(anna)) == 1
    assert states() == {Told.State.UNKNOWN}


@on_postgres
def test_of_two_workers_that_see_it_waiting_one_gets_it(
    anna: cast.House, planned: Engagement, sven: Any
) -> None:
    announced(planned, sven)
    told, at, second = Told.objects.get(), database_now(), []

    def late() -> None:
        second.append(telling.claim(told.id, at))
        connections.close_all()

    with transaction.atomic():
        assert telling.claim(told.id, at) is not None
        other = Thread(target=late)
        other.start()
        time.sleep(0.5)  # it has read the row as waiting, and waits for its lock
    other.join()
    assert second == [None]
    assert Told.objects.get().attempts == 1


def test_a_restricted_customers_mail_waits_but_its_page_shows_the_change(
    anna: cast.House, planned: Engagement, sven: Any, sign_in: Any
) -> None:
    about, at = About(target=Target.CUSTOMER), database_now()
    cover = restrict(anna.customer, about, reason="x", keeps=False, by=anna.administrator, at=at)
    announced(planned, sven)
    assert tell_customers() == 0
    page = sign_in(anna.reader).get(reverse("subprocessors:notices", args=[anna.customer.number]))
    assert "Postduvan AB" in page.content.decode()
    end_cover(cover, by=anna.administrator, at=database_now())
    assert tell_customers() == 1
    assert len(arrived(anna)) == 1


def test_the_last_day_to_object_is_a_whole_day(
    anna: cast.House, planned: Engagement, sven: Any
) -> None:
    notice = announced(planned, sven)
    tell_customers()  # whoever is told later may object longer
    last = last_day(notice.announced_at)
    midnight = datetime.combine(last + timedelta(days=1), time_of_day.min, tzinfo=STOCKHOLM)
    by = anna.administrator
    with pytest.raises(TooLate):
        object_to(notice, anna.customer, "x", by=by, at=midnight)
    object_to(notice, anna.customer, "x", by=by, at=midnight - timedelta(seconds=1))
    assert Objection.objects.count() == 1


def test_to_what_ends_there_is_nothing_to_object(
    anna: cast.House, planned: Engagement, sven: Any, sign_in: Any
) -> None:
    at = database_now()
    ending = announce(planned, Notice.Kind.END, planned.starts_on, by=sven, at=at)
    client, number = sign_in(anna.administrator), anna.customer.number
    page = reverse("subprocessors:objection", args=[number, ending.id])
    assert client.get(page).status_code == 404
    assert client.post(page, {"reason": "Vi litar inte på duvor."}).status_code == 404
    with pytest.raises(TooLate):
        object_to(ending, anna.customer, "x", by=anna.administrator, at=at)
    shown = client.get(reverse("subprocessors:notices", args=[number])).content.decode()
    assert "Aviserat" in shown
    assert "Invändningar till" not in shown


def refused_for_now(write: Any) -> None:
    raise mail.TryAgain("smtp_451")


def test_who_is_told_late_has_as_long_to_object_and_is_told_no_day_that_is_over(
    anna: cast.House, planned: Engagement, sven: Any, sign_in: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    about, at = About(target=Target.CUSTOMER), database_now()
    cover = restrict(anna.customer, about, reason="x", keeps=False, by=anna.administrator, at=at)
    notice = announced(planned, sven)
    day = last_day(at)
    Notice.objects.update(
        announced_at=at - timedelta(days=90), objections_until=day - timedelta(days=90),
        takes_effect_on=day - timedelta(days=89),
    )  # fmt: skip
    end_cover(cover, by=anna.administrator, at=database_now())
    with monkeypatch.context() as patch:
        patch.setattr(mail, "send", refused_for_now)
        tell_customers()
    assert states() == {"queued"}, "it is tried for as long as any other"
    Told.objects.update(next_attempt_at=at)
    assert tell_customers() == 1
    (letter,) = arrived(anna)
    assert "Den gäller redan" in letter
    with translation.override("sv"):
        assert formats.date_format(day, "j F Y") in letter
        assert formats.date_format(day - timedelta(days=90), "j F Y") not in letter
    notice.refresh_from_db()
    page = sign_in(anna.administrator).get(objections_page(anna, notice))
    with translation.override("sv"):
        assert formats.date_format(day, "j F Y") in page.content.decode()
    with pytest.raises(TooLate):
        object_to(notice, anna.customer, "x", by=anna.administrator, at=at + timedelta(days=40))
    object_to(notice, anna.customer, "x", by=anna.administrator, at=database_now())


@pytest.mark.parametrize("administrators", [1, 0])
def test_a_customer_without_an_address_is_told_through_its_administrators_or_counts_as_untold(
    anna: cast.House, planned: Engagement, sven: Any, administrators: int
) -> None:
    customer = Customer.objects.get(id=anna.customer.id)
    customer.email = ""
    customer.save()
    if not administrators:
        User.objects.filter(id=anna.administrator.user_id).update(is_active=False)
    announced(planned, sven)
    assert tell_customers() == 1
    told = Told.objects.get()
    assert len(mails_to(anna.administrator.user.email)) == administrators
    assert (told.state, told.error) == (
        ("sent", "") if administrators else ("failed", "no_address")
    )


@pytest.mark.parametrize("day", ["0001-01-01", "1999-12-31", "9999-12-31"])
def test_nothing_is_announced_for_a_day_that_is_over_or_never_comes(
    anna: cast.House, planned: Engagement, sven: Any, sign_in: Any, settings: Any, day: str
) -> None:
    settings.SUPPORT_NEEDS_SECOND_FACTOR = False
    client, add = sign_in(sven), reverse("admin:subprocessors_notice_add")
    said = {"engagement": planned.id, "takes_effect_on": day}
    for kind in ("end", "new"):
        answered = client.post(add, said | {"kind": kind})
        assert "takes_effect_on" in answered.context["adminform"].form.errors
    assert not Notice.objects.exists()


def objections_page(house: cast.House, notice: Notice) -> str:
    return reverse("subprocessors:objection", args=[house.customer.number, notice.id])


def test_anna_objects_and_reads_the_answer_and_cecilia_sees_nothing_of_it(
    anna: cast.House, cecilia: cast.House, planned: Engagement, sven: Any, sign_in: Any,
    settings: Any,
) -> None:  # fmt: skip
    settings.SUPPORT_NEEDS_SECOND_FACTOR = False
    notice, annas, svens = announced(planned, sven), sign_in(anna.administrator), sign_in(sven)
    page = reverse("subprocessors:notices", args=[anna.customer.number])
    assert objections_page(anna, notice) in annas.get(page).content.decode()
    reason = "Vi litar inte på duvor."
    assert annas.post(objections_page(anna, notice), {"reason": reason}).status_code == 302
    assert reason in annas.get(page).content.decode()
    objection = Objection.objects.get()
    address = reverse("admin:subprocessors_objection_change", args=[objection.id])
    assert reason in svens.get(address).content.decode()
    told = {"outcome": "met", "answer": "Era brev går med egen bud."}
    assert svens.post(address, told).status_code == 302
    assert "Era brev går med egen bud." in annas.get(page).content.decode()
    assert svens.post(address, told | {"answer": "Nej."}).status_code == 403
    cecilias = sign_in(cecilia.administrator)
    hers = cecilias.get(reverse("subprocessors:notices", args=[cecilia.customer.number]))
    assert reason not in hers.content.decode()
    assert objections_page(cecilia, notice) in hers.content.decode()


def test_having_objected_anna_is_asked_for_nothing_on_her_first_page(
    anna: cast.House, cecilia: cast.House, planned: Engagement, sven: Any, sign_in: Any
) -> None:
    notice = announced(planned, sven)
    for house in (anna, cecilia):
        assert waiting_for(house.customer, database_now()).object_until
    answer_page = sign_in(anna.administrator).post(objections_page(anna, notice), {"reason": "Nej"})
    assert answer_page.status_code == 302
    assert waiting_for(anna.customer, database_now()).object_until is None
    assert waiting_for(cecilia.customer, database_now()).object_until


def test_an_objection_says_why(anna: cast.House, planned: Any, sven: Any, sign_in: Any) -> None:
    address = objections_page(anna, announced(planned, sven))
    answer_page = sign_in(anna.administrator).post(address, {"reason": " "})
    assert answer_page.status_code == 200
    assert "reason" in answer_page.context["form"].errors
    assert not Objection.objects.exists()


def test_only_an_administrator_objects(
    anna: cast.House, planned: Engagement, sven: Any, sign_in: Any
) -> None:
    notice = announced(planned, sven)
    for member in (anna.member, anna.reader):
        assert sign_in(member).get(objections_page(anna, notice)).status_code == 403
    page = reverse("subprocessors:notices", args=[anna.customer.number])
    assert objections_page(anna, notice) not in sign_in(anna.reader).get(page).content.decode()


def test_a_customer_objects_once_and_in_time(
    anna: cast.House, planned: Engagement, sven: Any
) -> None:
    notice, by = announced(planned, sven), anna.administrator
    tell_customers()
    after = database_now() + timedelta(days=60)
    with pytest.raises(TooLate):
        object_to(notice, anna.customer, "x", by=by, at=after)
    object_to(notice, anna.customer, "x", by=by, at=database_now())
    with pytest.raises(AlreadyObjected):
        object_to(notice, anna.customer, "y", by=by, at=database_now())
    objection = Objection.objects.get()
    answer(objection, "kept", "Nej.", by=sven, at=database_now())
    with pytest.raises(AlreadyHandled):
        answer(objection, "met", "Jo.", by=sven, at=database_now())
    assert Objection.objects.get().answer == "Nej."


def test_an_objection_goes_in_its_time_also_if_nobody_answers_it(
    anna: cast.House, planned: Engagement, sven: Any
) -> None:
    """What has no date keeps its customer's account, and that for ever."""
    notice, at = announced(planned, sven), database_now()
    object_to(notice, anna.customer, "x", by=anna.administrator, at=at)
    assert Objection.objects.get().due_at == later(at, months=24)


def test_who_cannot_object_is_told_so_before_a_word_is_written(
    anna: cast.House, planned: Engagement, sven: Any, sign_in: Any
) -> None:
    notice, client = announced(planned, sven), sign_in(anna.administrator)
    tell_customers()
    page = objections_page(anna, notice)
    assert '<textarea name="reason"' in client.get(page).content.decode()
    object_to(notice, anna.customer, "x", by=anna.administrator, at=database_now())
    again = client.get(page, follow=True)
    assert "Ni har redan invänt mot den här ändringen." in again.content.decode()
    assert '<textarea name="reason"' not in again.content.decode()


def test_too_late_is_said_in_words(
    anna: cast.House, planned: Engagement, sven: Any, sign_in: Any
) -> None:
    notice = announced(planned, sven)
    long_ago = notice.announced_at - timedelta(days=60)
    Notice.objects.update(objections_until=notice.objections_until - timedelta(days=60))
    Told.objects.update(state=Told.State.SENT, settled_at=long_ago)
    client = sign_in(anna.administrator)
    answered = client.post(objections_page(anna, notice), {"reason": "x"}, follow=True)
    assert "Tiden för invändningar är ute." in answered.content.decode()
    assert (
        client.get(
            reverse("subprocessors:objection", args=[anna.customer.number, uuid4()])
        ).status_code
        == 404
    )


def test_the_page_has_an_empty_state(anna: cast.House, sign_in: Any) -> None:
    page = sign_in(anna.reader).get(reverse("subprocessors:notices", args=[anna.customer.number]))
    assert "Ingen ändring har aviserats." in page.content.decode()


def test_sven_announces_in_the_admin_and_is_refused_a_day_too_early(
    anna: cast.House, planned: Engagement, sven: Any, sign_in: Any, settings: Any
) -> None:
    settings.SUPPORT_NEEDS_SECOND_FACTOR = False
    client, add = sign_in(sven), reverse("admin:subprocessors_notice_add")
    said = {"engagement": planned.id, "kind": "new", "takes_effect_on": planned.starts_on}
    early = client.post(add, said | {"takes_effect_on": planned.starts_on - timedelta(days=1)})
    assert "takes_effect_on" in early.context["adminform"].form.errors
    assert client.post(add, said).status_code == 302
    again = client.post(add, said)
    assert "takes_effect_on" in again.context["adminform"].form.errors
    announce(planned, Notice.Kind.NEW, planned.starts_on, by=sven, at=database_now())
    assert Notice.objects.count() == 1, "two presses at once are one announcement"
    tell_customers()
    assert len(arrived(anna)) == 1
    page = client.get(reverse("admin:subprocessors_notice_changelist"))
    (row,) = page.context["cl"].result_list
    assert (row.told_count, row.waiting_count, row.untold_count) == (1, 0, 0)


@pytest.mark.parametrize("kind", Notice.Kind)
def test_no_change_is_announced_a_second_time(
    anna: cast.House, planned: Engagement, sven: Any, sign_in: Any, settings: Any, kind: str
) -> None:
    settings.SUPPORT_NEEDS_SECOND_FACTOR = False
    client, add = sign_in(sven), reverse("admin:subprocessors_notice_add")
    said = {"engagement": planned.id, "kind": kind, "takes_effect_on": planned.starts_on}
    assert client.post(add, said).status_code == 302
    again = client.post(add, said)
    assert list(again.context["adminform"].form.errors) == ["takes_effect_on"]
    assert (Notice.objects.count(), Told.objects.count()) == (1, 1)
    later_on = said | {"takes_effect_on": planned.starts_on + timedelta(days=1)}
    assert client.post(add, later_on).status_code == 302


def test_before_it_is_announced_the_form_says_how_many_customers_are_mailed(
    anna: cast.House, cecilia: cast.House, sven: Any, sign_in: Any, settings: Any
) -> None:
    settings.SUPPORT_NEEDS_SECOND_FACTOR = False
    client, add = sign_in(sven), reverse("admin:subprocessors_notice_add")
    assert "Alla 2 kunder får mejl direkt." in client.get(add).content.decode()
    Customer.objects.filter(id=cecilia.customer.id).update(shred_job_id=uuid4())
    assert "1 kund får mejl direkt." in client.get(add).content.decode()


@on_postgres
def test_two_presses_at_once_announce_once(
    anna: cast.House, planned: Engagement, sven: Any
) -> None:
    second: list[Notice] = []

    def late() -> None:
        second.append(announced(planned, sven))
        connections.close_all()

    with transaction.atomic():
        first = announced(planned, sven)
        other = Thread(target=late)
        other.start()
        time.sleep(0.5)  # it has come to the engagement, and waits for its lock
    other.join()
    assert second == [first]
    assert (Notice.objects.count(), Told.objects.count()) == (1, 1)


def test_sven_finds_the_objections_that_nobody_has_answered(
    anna: cast.House, cecilia: cast.House, sven: Any, sign_in: Any, settings: Any
) -> None:
    settings.SUPPORT_NEEDS_SECOND_FACTOR = False
    waits, done = objected(anna.customer), objected(cecilia.customer)
    answer(done, Objection.Outcome.KEPT, "Nej.", by=sven, at=database_now())
    client, overview = sign_in(sven), reverse("admin:subprocessors_objection_changelist")
    for said, those in (("no", [waits]), ("yes", [done]), ("maybe", [done, waits])):
        page = client.get(overview, {"answer": said})
        assert list(page.context["cl"].result_list) == those


def test_a_customer_that_is_erased_is_forgotten_as_told(
    anna: cast.House, planned: Engagement, sven: Any
) -> None:
    announced(planned, sven)
    assert Told.objects.filter(customer=anna.customer).exists()
    Customer.objects.filter(id=anna.customer.id).update(shred_job_id=uuid4())
    assert tell_customers() == 0
