"""A message is sent again or to a colleague; each hand-over has its proof, and none is spam."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.urls import reverse

from customers.actions.covers import About, restrict
from customers.actions.leaving import remove_member
from customers.actions.members import change_sight
from customers.actions.staff import StaffDetails, add_staff, change_staff, remove_staff
from customers.models import Member, Sees, StaffMember, Target
from messages import sending_on
from messages.delivery import claim, deliver
from messages.models import Delivery, PhoneMessage
from messages.proof import reason, story_of, with_attempt
from messages.sending_on import Recipient, SentOften, UnderWay, send_on
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from tests import cast
from tests.unreadable.damage import envelope_flipped

pytestmark = pytest.mark.django_db(databases="__all__")
State, Cause = Delivery.State, Delivery.Cause


@pytest.fixture
def message(anna: cast.House) -> PhoneMessage:
    """A message for Stina that the mail server refused."""
    made = cast.message_of(anna, staff=anna.staff)
    made.deliveries.update(state=State.FAILED, error="smtp_550", settled_at=database_now())
    return made


@pytest.fixture
def kalle(anna: cast.House) -> StaffMember:
    details = StaffDetails(name="Kalle", email="kalle@ankdamm.example")
    return add_staff(anna.customer, details, by=anna.administrator, at=database_now())


def path_of(message: PhoneMessage, page: str = "phone_messages:send_on") -> str:
    return reverse(page, args=[message.customer.number, message.id])


def newest(message: PhoneMessage) -> Delivery:
    found: Delivery = message.deliveries.order_by("-created_at", "-id")[0]
    return found


def test_bertil_sends_it_again_and_it_counts_as_delivered(
    anna: cast.House, message: PhoneMessage, sign_in: Any
) -> None:
    rows, browser = PhoneMessage.objects.of(anna.customer), sign_in(anna.member)
    assert rows.undelivered(anna.customer).exists()
    browser.post(path_of(message), {"to": "last"})
    again = newest(message)
    assert (again.cause, again.address, again.staff, again.asked_by) == (
        "again", anna.staff.email, anna.staff, anna.member,
    )  # fmt: skip
    assert not rows.undelivered(anna.customer).exists(), "it is on its way"
    assert deliver(again.id) == State.ACCEPTED
    assert mail.outbox[-1].to == [anna.staff.email]
    page = browser.get(path_of(message, "portal:message")).content.decode()
    assert f"skickat igen av {anna.member.name}" in page
    assert "e-postservern: kod 550" in page, "the first one's story stays"
    assert AuditEntry.objects.filter(verb="phonemessage.sent_again").count() == 1


def test_what_was_forwarded_to_a_member_who_is_not_shown_it_any_more_is_not_sent(
    anna: cast.House, message: PhoneMessage
) -> None:
    to, at = Recipient(Cause.FORWARDED, member=anna.reader), database_now()
    delivery = send_on(message, to, by=anna.member, at=at)
    change_sight(anna.reader, sees=Sees.OWN, staff=None, by=anna.administrator, at=at)
    assert deliver(delivery.id) == State.DEAD
    delivery.refresh_from_db()
    assert delivery.error == "not_shown"
    assert not mail.outbox
    assert reason("not_shown") == "den som skulle läsa det får inte se meddelandet längre"


def test_what_waits_goes_to_the_address_that_the_register_has_now(anna: cast.House) -> None:
    """Whose the wrong one is, nobody knows; an address that is taken away is not written to."""
    by, at = anna.member, database_now()
    corrected, emptied = (cast.message_of(anna, staff=anna.staff).deliveries.get() for _ in "12")
    change_staff(anna.staff, StaffDetails(name="S", email="ny@x.example"), by=by, at=at)
    assert deliver(corrected.id) == State.ACCEPTED
    assert mail.outbox[-1].to == ["ny@x.example"]
    assert newest(corrected.message).address == "ny@x.example", "the page says where it went"
    change_staff(anna.staff, StaffDetails(name="S"), by=by, at=at)
    assert deliver(emptied.id) == State.ACCEPTED
    assert mail.outbox[-1].to == [anna.customer.email]


def test_a_damaged_entry_of_the_register_stops_no_mail_to_its_person(
    anna: cast.House, kalle: StaffMember
) -> None:
    delivery = cast.message_of(anna, staff=anna.staff).deliveries.get()
    envelope_flipped(anna.staff, kalle)
    assert deliver(delivery.id) == State.ACCEPTED
    assert mail.outbox[-1].to == [delivery.address]


def test_the_story_says_when_a_delivery_is_being_sent(anna: cast.House) -> None:
    delivery = cast.message_of(anna, staff=anna.staff).deliveries.get()
    old = database_now() - timedelta(minutes=5)
    Delivery.objects.filter(id=delivery.id).update(created_at=old, next_attempt_at=old)
    at = database_now()
    claimed = claim(delivery.id, at)
    assert claimed is not None
    assert story_of(claimed)[-1].at == at


def test_todays_address_is_offered_when_it_has_changed(
    anna: cast.House, message: PhoneMessage, sign_in: Any
) -> None:
    before = anna.staff.email
    anna.staff.email = "stina.ny@ankdamm.example"
    anna.staff.save()
    page = sign_in(anna.member).get(path_of(message)).content.decode()
    assert "stina.ny@ankdamm.example" in page
    assert before not in page, "whose that is today, nobody knows"
    sign_in(anna.member).post(path_of(message), {"to": "person"})
    assert newest(message).address == "stina.ny@ankdamm.example"


def test_a_company_address_that_was_replaced_is_not_offered(
    anna: cast.House, message: PhoneMessage, sign_in: Any
) -> None:
    before = anna.customer.email
    message.deliveries.update(staff=None)
    sent = message.deliveries.get()
    sent.address = before
    sent.save()
    assert sending_on.again_to(message)["last"].address == before
    message.customer.email = "ny@ankdamm.example"
    offered = sending_on.again_to(message)
    assert "last" not in offered, "whose that is today, nobody knows"
    assert offered["company"].address == "ny@ankdamm.example"


def test_nothing_is_sent_again_to_a_member_who_is_not_shown_it_any_more(
    anna: cast.House, message: PhoneMessage
) -> None:
    to = Recipient("forwarded", member=anna.reader)
    sent = send_on(message, to, by=anna.member, at=database_now())
    Delivery.objects.filter(id=sent.id).update(state=State.FAILED)
    assert sending_on.again_to(message)["last"].member == anna.reader
    Member.objects.filter(id=anna.reader.id).update(sees=Sees.OWN)
    assert "last" not in sending_on.again_to(message)


def test_what_waits_for_a_restricted_colleague_hinders_nobody_else(
    anna: cast.House, message: PhoneMessage, kalle: StaffMember, sign_in: Any
) -> None:
    now, by = database_now(), anna.administrator
    stopped = send_on(message, Recipient("forwarded", kalle.email, staff=kalle), by=by, at=now)
    page = path_of(message, "portal:message")
    assert "Stoppat" not in sign_in(by).get(page).content.decode()
    with pytest.raises(UnderWay):
        send_on(message, Recipient("again", "x@ankdamm.example"), by=by, at=now)
    about = About(target=Target.STAFF, object_model=StaffMember._meta.label, object_id=kalle.id)
    restrict(anna.customer, about, reason="x", keeps=False, by=by, at=now)
    assert deliver(stopped.id) == ""
    assert "Stoppat" in sign_in(by).get(page).content.decode()
    again = send_on(message, Recipient("again", "x@ankdamm.example"), by=by, at=now)
    assert deliver(again.id) == State.ACCEPTED


def test_kalle_on_the_register_gets_it(
    anna: cast.House, message: PhoneMessage, kalle: StaffMember, sign_in: Any
) -> None:
    sign_in(anna.member).post(path_of(message), {"to": f"staff-{kalle.id}"})
    sent = newest(message)
    assert (sent.cause, sent.staff) == ("forwarded", kalle)
    assert deliver(sent.id) == State.ACCEPTED
    assert mail.outbox[-1].to == ["kalle@ankdamm.example"]
    remove_staff(kalle, by=anna.administrator)
    assert newest(message).address == "", "whose address it was, it goes with"
    first = message.deliveries.get(cause="taken")
    assert first.address == anna.staff.email, "and nobody else's does"


def test_a_member_gets_it_at_her_sign_in_address_which_is_copied_nowhere(
    anna: cast.House, message: PhoneMessage, sign_in: Any
) -> None:
    browser = sign_in(anna.member)
    browser.post(path_of(message), {"to": f"member-{anna.reader.id}"})
    sent = newest(message)
    assert (sent.address, sent.member) == ("", anna.reader)
    assert deliver(sent.id) == State.ACCEPTED
    assert mail.outbox[-1].to == [anna.reader.user.email]
    name = anna.reader.name
    assert name in browser.get(path_of(message, "portal:message")).content.decode()
    remove_member(anna.reader, by=anna.administrator, at=database_now())
    page = browser.get(path_of(message, "portal:message")).content.decode()
    assert name not in page
    assert "adressen är raderad" in page


def test_nothing_is_sent_to_a_restricted_member(anna: cast.House, message: PhoneMessage) -> None:
    to, now = Recipient("forwarded", member=anna.reader), database_now()
    sent = send_on(message, to, by=anna.member, at=now)
    about = About(target=Target.MEMBER, object_model=Member._meta.label, object_id=anna.reader.id)
    restrict(anna.customer, about, reason="x", keeps=False, by=anna.administrator, at=now)
    assert deliver(sent.id) == ""
    assert mail.outbox == []


def test_what_was_forwarded_to_who_is_removed_is_not_sent_to_the_company(
    anna: cast.House, message: PhoneMessage, kalle: StaffMember, sign_in: Any
) -> None:
    browser, now = sign_in(anna.administrator), database_now()
    sent = send_on(message, Recipient("forwarded", member=anna.reader), by=anna.member, at=now)
    removing = reverse("customers:member_remove", args=[anna.customer.number, anna.reader.id])
    assert "vidarebefordrats till personen" in browser.get(removing).content.decode()
    remove_member(anna.reader, by=anna.administrator, at=now)
    assert deliver(sent.id) == State.DEAD
    told = Recipient("forwarded", kalle.email, staff=kalle)
    sent = send_on(message, told, by=anna.member, at=database_now())
    remove_staff(kalle, by=anna.administrator)
    assert deliver(sent.id) == State.DEAD
    assert mail.outbox == []
    assert newest(message).error == "recipient_erased"
    page = browser.get(path_of(message, "portal:message")).content.decode()
    assert "det fanns ingen adress längre" in page


def test_whoever_is_not_shown_a_message_is_not_offered_it(
    anna: cast.House, message: PhoneMessage, kalle: StaffMember, sign_in: Any
) -> None:
    Member.objects.filter(id=anna.reader.id).update(sees=Sees.OWN, staff=kalle)
    browser, to = sign_in(anna.member), {"to": f"member-{anna.reader.id}"}
    assert anna.reader.user.email not in browser.get(path_of(message)).content.decode()
    assert browser.post(path_of(message), to).status_code == 200
    Member.objects.filter(id=anna.reader.id).update(staff=anna.staff)
    assert browser.post(path_of(message), to).status_code == 302, "her own she may have"


@pytest.mark.django_db(databases="__all__", transaction=True)
@pytest.mark.parametrize("what", ["member", "staff"])
def test_who_is_removed_between_the_form_and_the_deed_is_said_to_be(
    anna: cast.House, message: PhoneMessage, sign_in: Any, monkeypatch: Any, what: str
) -> None:
    def late(*people: Any, **facts: Any) -> Delivery:
        if what == "staff":
            remove_staff(anna.staff, by=anna.administrator)
        else:
            remove_member(anna.reader, by=anna.administrator, at=database_now())
        return send_on(*people, **facts)

    monkeypatch.setattr("messages.views.send_on", late)
    person = anna.staff if what == "staff" else anna.reader
    answer = sign_in(anna.member).post(path_of(message), {"to": f"{what}-{person.pk}"})
    assert answer.status_code == 200
    assert "har tagits bort under tiden" in answer.content.decode()
    assert newest(message).cause == "taken"


def test_a_damaged_person_on_the_register_leaves_the_others_to_send_to(
    anna: cast.House, message: PhoneMessage, kalle: StaffMember, sign_in: Any
) -> None:
    envelope_flipped(anna.staff, kalle)
    answer = sign_in(anna.member).get(path_of(message))
    assert answer.status_code == 200
    assert kalle.email in answer.content.decode()
    assert 'value="last"' not in answer.content.decode()


def test_one_at_a_time_and_not_for_ever(
    anna: cast.House, message: PhoneMessage, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending_on, "MOST", 2)
    to, browser = Recipient("again", anna.staff.email, anna.staff), sign_in(anna.member)
    for _ in range(2):
        send_on(message, to, by=anna.member, at=database_now())
        with pytest.raises(UnderWay):
            send_on(message, to, by=anna.member, at=database_now())
        page = browser.post(path_of(message), {"to": "last"}).content.decode()
        assert "Det är redan på väg" in page
        message.deliveries.update(state=State.ACCEPTED)
    with pytest.raises(SentOften):
        send_on(message, to, by=anna.member, at=database_now())
    assert "fler går inte" in browser.post(path_of(message), {"to": "last"}).content.decode()
    assert message.deliveries.count() == 3


@pytest.mark.parametrize("to", ["", "x", "staff-x", "member-", "\x00", "evil@example.com"])
def test_it_goes_to_nobody_who_is_not_offered(
    anna: cast.House, cecilia: cast.House, message: PhoneMessage, sign_in: Any, to: str
) -> None:
    browser = sign_in(anna.member)
    for each in (to, f"staff-{cecilia.staff.id}", f"member-{cecilia.member.id}"):
        answer = browser.post(path_of(message), {"to": each})
        assert answer.status_code == 200
        assert 'aria-invalid="true"' in answer.content.decode()
    assert message.deliveries.count() == 1


def test_a_delivery_tells_its_story_attempt_by_attempt() -> None:
    start = database_now()
    history: list[dict[str, Any]] = []
    for minute in range(1, 60):
        at = start + timedelta(minutes=minute)
        history = with_attempt(history, "queued", "no_connection", at)
    history = with_attempt(history, "queued", "smtp_451", start + timedelta(hours=1))
    history = with_attempt(history, "accepted", "", start + timedelta(hours=2))
    assert [each["count"] for each in history] == [59, 1, 1], "an hour without a server: one line"
    delivery = Delivery(state=State.ACCEPTED, created_at=start, history=history)
    steps = story_of(delivery)
    assert [step.at for step in steps] == [
        start, start + timedelta(minutes=1), start + timedelta(hours=1), start + timedelta(hours=2)
    ]  # fmt: skip
    assert steps[1].until == start + timedelta(minutes=59)
    assert steps[1].count == 59
    assert "451" in steps[2].why
    assert steps[3].tone == "good"


def test_what_a_worker_does_is_written_down(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = newest(cast.message_of(anna))

    def away(*args: Any) -> None:
        raise ConnectionRefusedError

    with monkeypatch.context() as broken:
        broken.setattr("django.core.mail.backends.locmem.EmailBackend.open", away)
        assert deliver(delivery.id) == State.QUEUED
    Delivery.objects.update(next_attempt_at=database_now())
    assert deliver(delivery.id) == State.ACCEPTED
    delivery.refresh_from_db()
    said = [(each["state"], each["code"]) for each in delivery.history]
    assert said == [("queued", "no_connection"), ("accepted", "")]


def test_an_old_delivery_without_a_history_tells_how_it_ended() -> None:
    at = database_now()
    old = Delivery(state=State.FAILED, error="smtp_554", created_at=at, settled_at=at, history=[])
    assert [step.tone for step in story_of(old)] == ["", "bad"]


@pytest.mark.parametrize(
    "code", ["no_connection", "silence", "worker_died", "smtp_450", "smtp_550", "KeyError"]
)
def test_every_code_is_told_in_words_and_no_servers_text(code: str) -> None:
    assert reason(code)
    assert code not in reason(code)
