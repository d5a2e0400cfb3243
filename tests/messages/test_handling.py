"""What Anna's people do with a message: handled, unread, assigned, noted, and all of it undone."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers.actions.covers import About, restrict
from customers.actions.leaving import remove_member
from customers.models import Member, Role, Sees, Target, User
from messages import handling
from messages.actions import delete_message
from messages.handling import Mark, add_note, assign_message, mark_messages
from messages.models import MessageNote, PhoneMessage
from privacy.erasures.preview import preview
from privacy.exports.selection import portions
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from smartsvar.shredding.models import Gone
from tests import cast

pytestmark = pytest.mark.django_db(databases="__all__")
TOLD = "Ringde upp Zacharias: han är nöjd"


def at(house: cast.House, page: str, *more: Any) -> str:
    return reverse(page, args=[house.customer.number, *more])


def verbs(message: PhoneMessage) -> list[str]:
    found = AuditEntry.objects.filter(object_id=message.id).order_by("at", "id")
    return [verb.removeprefix("phonemessage.") for verb in found.values_list("verb", flat=True)]


def page_of(browser: Any, message: PhoneMessage) -> str:
    path = reverse("portal:message", args=[message.customer.number, message.id])
    text: str = browser.get(path).content.decode()
    return text


def test_bertil_marks_a_message_as_handled_and_takes_it_back(
    anna: cast.House, sign_in: Any
) -> None:
    message, browser = cast.message_of(anna), sign_in(anna.member)
    path = at(anna, "phone_messages:mark", message.id)
    browser.post(path, {"mark": "handled"})
    message.refresh_from_db()
    assert message.handled_at is not None
    assert message.handled_by == anna.member
    assert f"av {anna.member.name}" in page_of(browser, message)
    browser.post(path, {"mark": "handled"})
    browser.post(path, {"mark": "unhandled"})
    message.refresh_from_db()
    assert not PhoneMessage.objects.handled().exists()
    assert PhoneMessage.objects.filter(handled_by=None).count() == 1
    assert verbs(message) == ["taken", "handled", "read", "unhandled"]


def test_who_handled_it_first_stays_though_another_says_the_same(anna: cast.House) -> None:
    message, now = cast.message_of(anna), database_now()
    rows = PhoneMessage.objects.of(anna.customer)
    assert len(mark_messages(rows, Mark.HANDLED, by=anna.member, at=now)) == 1
    assert mark_messages(rows, Mark.HANDLED, by=anna.administrator, at=now) == []
    message.refresh_from_db()
    assert message.handled_by == anna.member


def test_an_unread_message_is_unread_until_somebody_reads_it_again(
    anna: cast.House, sign_in: Any
) -> None:
    message, browser = cast.message_of(anna), sign_in(anna.member)
    page_of(browser, message)
    answer = browser.post(at(anna, "phone_messages:mark", message.id), {"mark": "unread"})
    assert answer["Location"] == at(anna, "phone_messages:list"), "its page would make it read"
    message.refresh_from_db()
    assert message.read_at is None
    page_of(browser, message)  # within the half hour in which no second trace is left
    message.refresh_from_db()
    assert message.read_at is not None


def test_several_are_marked_at_once_and_the_list_stays_as_it_was_asked_for(
    anna: cast.House, sign_in: Any
) -> None:
    chosen, other = [cast.message_of(anna) for _ in range(2)], cast.message_of(anna)
    path = at(anna, "phone_messages:mark_many") + "?state=unhandled&since=2020-01-01"
    body = {"mark": "handled", "chosen": [str(each.id) for each in chosen]}
    answer = sign_in(anna.member).post(path, body)
    asked = at(anna, "phone_messages:list") + "?state=unhandled&since=2020-01-01"
    assert answer["Location"] == asked
    assert set(PhoneMessage.objects.handled()) == set(chosen)
    assert verbs(other) == ["taken"]
    assert verbs(chosen[0]) == ["taken", "handled"]


@pytest.mark.parametrize(
    "body",
    [
        {}, {"mark": "handled"}, {"mark": "evil"}, {"mark": "handled", "chosen": ["x"]},
        {"mark": "handled", "chosen": ["\x00"]}, {"mark": "handled", "chosen": ["9" * 5000]},
    ],
    ids=str,
)  # fmt: skip
def test_a_choice_that_makes_no_sense_changes_nothing(
    anna: cast.House, sign_in: Any, body: dict[str, Any]
) -> None:
    message, browser = cast.message_of(anna), sign_in(anna.member)
    answer = browser.post(at(anna, "phone_messages:mark_many"), body, follow=True)
    assert answer.status_code == 200
    assert 'class="flash error"' in answer.content.decode()
    assert verbs(message) == ["taken"]


def test_cecilias_messages_are_not_marked_from_annas_list(
    anna: cast.House, cecilia: cast.House, sign_in: Any
) -> None:
    theirs = cast.message_of(cecilia)
    body = {"mark": "handled", "chosen": [str(theirs.id)]}
    sign_in(anna.administrator).post(at(anna, "phone_messages:mark_many"), body)
    assert not PhoneMessage.objects.handled().exists()


def test_whoever_is_shown_her_own_marks_nobody_elses(anna: cast.House, sign_in: Any) -> None:
    own, other = cast.message_of(anna, staff=anna.staff), cast.message_of(anna)
    anna.member.sees, anna.member.staff = Sees.OWN, anna.staff
    anna.member.save()
    body = {"mark": "handled", "chosen": [str(own.id), str(other.id)]}
    sign_in(anna.member).post(at(anna, "phone_messages:mark_many"), body)
    assert list(PhoneMessage.objects.handled()) == [own]


def test_rut_the_reader_has_no_buttons_and_no_right(anna: cast.House, sign_in: Any) -> None:
    message, browser = cast.message_of(anna), sign_in(anna.reader)
    page = page_of(browser, message) + browser.get(at(anna, "phone_messages:list")).content.decode()
    for word in ("markera", "tilldela", 'anteckning"', 'skicka"', 'type="checkbox" name="chosen"'):
        assert word not in page
    for page_name in ("mark", "assign", "note", "send_on"):
        path = at(anna, f"phone_messages:{page_name}", message.id)
        assert browser.post(path, {"mark": "handled"}).status_code == 403


def test_a_message_is_assigned_and_found_by_whose_it_is(anna: cast.House, sign_in: Any) -> None:
    message, other, browser = cast.message_of(anna), cast.message_of(anna), sign_in(anna.member)
    path = at(anna, "phone_messages:assign", message.id)
    browser.post(path, {"member": str(anna.member.id)})
    shown = at(anna, "phone_messages:list")

    def ids(state: str) -> list[Any]:
        return [row.id for row in browser.get(shown, {"state": state}).context["page"].rows]

    assert (ids("mine"), ids("nobodys")) == ([message.id], [other.id])
    assert f"Ansvarig: {anna.member.name}" in browser.get(shown).content.decode()
    browser.post(path, {"member": ""})
    assert ids("mine") == []
    assert verbs(message) == ["taken", "assigned", "unassigned"]


def test_nothing_is_assigned_to_a_stranger_nor_to_who_is_not_shown_it(
    anna: cast.House, cecilia: cast.House, sign_in: Any
) -> None:
    message = cast.message_of(anna)
    anna.reader.sees = Sees.OWN
    anna.reader.save()
    browser = sign_in(anna.member)
    for who in (cecilia.member.id, anna.reader.id, "x" * 10_000, "\x00"):
        path = at(anna, "phone_messages:assign", message.id)
        assert browser.post(path, {"member": str(who)}).status_code == 302
    message.refresh_from_db()
    assert message.assigned_to is None


@pytest.mark.django_db(databases="__all__", transaction=True)
def test_nothing_is_assigned_to_who_is_removed_between_the_form_and_the_deed(
    anna: cast.House, sign_in: Any, monkeypatch: Any
) -> None:
    message = cast.message_of(anna)

    def late(*people: Any, **facts: Any) -> None:
        remove_member(anna.member, by=anna.administrator, at=database_now())
        assign_message(*people, **facts)

    monkeypatch.setattr("messages.views.assign_message", late)
    path, body = at(anna, "phone_messages:assign", message.pk), {"member": str(anna.member.pk)}
    answer = sign_in(anna.administrator).post(path, body, follow=True)
    assert "inte medlem längre" in answer.content.decode()
    assert "phonemessage.assigned" not in verbs(message)


def test_of_a_removed_member_the_notes_stay_and_nothing_is_assigned_any_more(
    anna: cast.House, sign_in: Any
) -> None:
    message, now = cast.message_of(anna), database_now()
    add_note(message, TOLD, by=anna.member, at=now)
    assign_message(message, anna.member, by=anna.administrator, at=now)
    mark_messages(PhoneMessage.objects.of(anna.customer), Mark.HANDLED, by=anna.member, at=now)
    name = anna.member.name
    remove_member(Member.objects.get(id=anna.member.id), by=anna.administrator, at=now)
    message.refresh_from_db()
    assert (message.assigned_to, message.handled_by) == (None, None)
    page = page_of(sign_in(anna.administrator), message)
    assert TOLD in page
    assert "en tidigare medlem" in page
    assert "Ingen ansvarig." in page
    assert name not in page


def test_a_restricted_members_name_stands_at_no_message(anna: cast.House, sign_in: Any) -> None:
    message, now = cast.message_of(anna), database_now()
    add_note(message, TOLD, by=anna.member, at=now)
    assign_message(message, anna.member, by=anna.administrator, at=now)
    about = About(target=Target.MEMBER, object_model=Member._meta.label, object_id=anna.member.id)
    restrict(anna.customer, about, reason="x", keeps=False, by=anna.administrator, at=now)
    browser = sign_in(anna.administrator)
    lists = browser.get(at(anna, "phone_messages:list"), {"state": "nobodys"}).content.decode()
    assert str(message.id) in lists
    assert anna.member.name not in lists + page_of(browser, message)


def test_a_note_is_sealed_under_the_messages_key_and_goes_with_it(anna: cast.House) -> None:
    message = cast.message_of(anna)
    note = add_note(message, TOLD, by=anna.member, at=database_now())
    stored = MessageNote.objects.get(id=note.id)
    assert stored.key_id == message.key_id
    assert b"Zacharias" not in bytes(stored.sealed)
    assert stored.text == TOLD
    delete_message(message, by=anna.member)
    assert not MessageNote.objects.exists()
    with pytest.raises(Gone):
        add_note(message, TOLD, by=anna.member, at=database_now())


def test_the_caller_gets_the_notes_and_an_erasure_takes_them(anna: cast.House) -> None:
    """They are the members' writing about the caller: in the export, and counted in the preview."""
    note = add_note(cast.message_of(anna), TOLD, by=anna.member, at=database_now())
    add_note(cast.message_of(anna, caller_number="+46701740667", caller_email=""), "Annan",
             by=anna.member, at=database_now())  # fmt: skip
    about = About(target=Target.CALLER, caller=cast.PLANTED_NUMBER)
    found = {each.key: each for each in portions(anna.customer, about)}
    portion = found["phone_messages.MessageNote"]
    assert [row.id for row in portion.rows(database_now())] == [note.id]
    assert "text" in portion.names
    going = {line.model: line.count for line in preview(anna.customer.id, about).going}
    assert going[MessageNote] == 1


def test_an_empty_note_is_said_beside_the_field(anna: cast.House, sign_in: Any) -> None:
    message, browser = cast.message_of(anna), sign_in(anna.member)
    path = at(anna, "phone_messages:note", message.id)
    for text in ("", "   ", "å" * 2001, "a\x00b"):
        answer = browser.post(path, {"text": text})
        assert answer.status_code == 200
        assert 'aria-invalid="true"' in answer.content.decode()
    assert not MessageNote.objects.exists()


def test_a_message_takes_so_many_notes_and_no_more(
    anna: cast.House, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handling, "NOTES", 2)
    message, browser = cast.message_of(anna), sign_in(anna.member)
    path = at(anna, "phone_messages:note", message.id)
    answers = [browser.post(path, {"text": TOLD}).status_code for _ in range(3)]
    assert answers == [302, 302, 200]
    assert message.notes.count() == 2


def test_markup_in_a_note_is_text(anna: cast.House, sign_in: Any) -> None:
    message, browser = cast.message_of(anna), sign_in(anna.member)
    add_note(message, "<script>alert(1)</script>\u202e", by=anna.member, at=database_now())
    assert "<script>alert" not in page_of(browser, message)


def test_a_messages_page_costs_the_same_with_many_notes_by_many_people(
    anna: cast.House, sign_in: Any
) -> None:
    message, browser = cast.message_of(anna), sign_in(anna.member)
    users = [User.objects.create(email=f"p{n}@many.example") for n in range(8)]
    people = [Member(customer=anna.customer, user=user, role=Role.READER) for user in users]
    for person in people:
        person.name = "Person"
        person.save()
    add_note(message, TOLD, by=people[0], at=database_now())
    page_of(browser, message)  # the first look writes its trace

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            page_of(browser, message)
        return len(queries)

    one = cost()
    for person in people:
        add_note(message, TOLD, by=person, at=database_now())
    assert cost() == one
