"""What Anna's people marked they unmark at once; what they noted they write anew or take out."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from customers.actions.covers import About, hold
from customers.models import Hold, Role, Target
from messages.handling import Mark, add_note, change_note, mark_messages, remove_note
from messages.models import MessageNote, PhoneMessage
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from smartsvar.shredding.models import Gone
from tests import cast

pytestmark = pytest.mark.django_db(databases="__all__")
FIRST, SECOND = "Ringde upp Zacharias", "Zacharias ringer själv i morgon"


def at(house: cast.House, page: str, *more: Any) -> str:
    return reverse(page, args=[house.customer.number, *more])


def marked(browser: Any, house: cast.House, mark: str, *rows: PhoneMessage) -> Any:
    """Mark in the list, and return the context of the list that follows."""
    body = {"mark": mark, "chosen": [str(each.pk) for each in rows]}
    path = at(house, "phone_messages:mark_many") + "?unread=on"
    answer = browser.post(path, body, follow=True)
    assert answer.request["QUERY_STRING"] == "unread=on"
    return answer.context


def test_only_what_the_mark_changed_is_undone(anna: cast.House, sign_in: Any) -> None:
    done, new = cast.message_of(anna), cast.message_of(anna)
    mine = PhoneMessage.objects.filter(pk=done.pk)
    mark_messages(mine, Mark.HANDLED, by=anna.administrator, at=database_now())
    browser = sign_in(anna.member)
    undo = marked(browser, anna, "handled", done, new)["undo"]
    assert undo["chosen"] == [new.pk.hex]
    browser.post(at(anna, "phone_messages:mark_many"), undo)
    assert [each.pk for each in PhoneMessage.objects.handled()] == [done.pk]


def test_an_undo_is_offered_once_and_to_nobody_else(anna: cast.House, sign_in: Any) -> None:
    message = cast.message_of(anna)
    browser, inbox = sign_in(anna.member), at(anna, "phone_messages:list")
    assert marked(browser, anna, "read", message)["undo"] is not None
    assert browser.get(inbox).context["undo"] is None
    assert marked(browser, anna, "read", message)["undo"] is None, "nothing was changed"


def test_an_undo_ends_after_minutes(
    anna: cast.House, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, inbox = sign_in(anna.member), at(anna, "phone_messages:list")
    body = {"mark": "read", "chosen": [str(cast.message_of(anna).pk)]}
    browser.post(at(anna, "phone_messages:mark_many"), body)
    later = timezone.now() + timedelta(minutes=11)
    monkeypatch.setattr("messages.views.database_now", lambda: later)
    assert browser.get(inbox).context["undo"] is None


def test_what_is_made_unread_can_be_read_again(anna: cast.House, sign_in: Any) -> None:
    message, browser = cast.message_of(anna), sign_in(anna.member)
    browser.get(at(anna, "portal:message", message.pk))
    path = at(anna, "phone_messages:mark", message.pk)
    answer = browser.post(path, {"mark": "unread"}, follow=True)
    browser.post(at(anna, "phone_messages:mark_many"), answer.context["undo"])
    assert not PhoneMessage.objects.unread().exists()


def test_bertil_changes_his_note_and_it_shows(anna: cast.House, sign_in: Any) -> None:
    message, browser = cast.message_of(anna), sign_in(anna.member)
    note = add_note(message, FIRST, by=anna.member, at=database_now())
    path = at(anna, "phone_messages:note_change", note.pk)
    assert FIRST in browser.get(path).content.decode()
    page = browser.post(path, {"text": SECOND}, follow=True).content.decode()
    assert SECOND in page
    assert FIRST not in page
    assert "ändrad" in page
    changed = MessageNote.objects.get()
    assert changed.changed_at is not None
    assert changed.written_at == note.written_at
    assert told(message) == ["phonemessage.noted", "phonemessage.note_changed"]


def told(message: PhoneMessage) -> list[str]:
    about = AuditEntry.objects.filter(object_id=message.pk, verb__contains="note")
    return list(about.order_by("at", "id").values_list("verb", flat=True))


def test_a_note_is_taken_out_after_a_question(anna: cast.House, sign_in: Any) -> None:
    message, browser = cast.message_of(anna), sign_in(anna.member)
    note = add_note(message, FIRST, by=anna.member, at=database_now())
    path = at(anna, "phone_messages:note_remove", note.pk)
    assert FIRST in browser.get(path).content.decode()
    assert MessageNote.objects.exists()
    page = browser.post(path, follow=True).content.decode()
    assert FIRST not in page
    assert not MessageNote.objects.exists()
    assert told(message) == ["phonemessage.noted", "phonemessage.note_removed"]
    assert browser.get(path).status_code == 404


def test_a_note_that_was_removed_in_another_window_is_no_more(anna: cast.House) -> None:
    message, now = cast.message_of(anna), database_now()
    note = add_note(message, "Ring igen", by=anna.member, at=now)
    other = MessageNote.objects.get(pk=note.pk)
    remove_note(note, by=anna.member, at=now)
    with pytest.raises(Gone):
        change_note(other, "Ring inte", by=anna.member, at=now)
    with pytest.raises(Gone):
        remove_note(other, by=anna.member, at=now)
    assert told(message) == ["phonemessage.noted", "phonemessage.note_removed"]


@pytest.mark.parametrize("page", ["note_change", "note_remove"])
def test_anothers_note_is_not_there(anna: cast.House, sign_in: Any, page: str) -> None:
    message = cast.message_of(anna)
    note = add_note(message, FIRST, by=anna.member, at=database_now())
    path = at(anna, f"phone_messages:{page}", note.pk)
    assert sign_in(anna.administrator).post(path, {"text": SECOND}).status_code == 404
    anna.member.role = Role.READER
    anna.member.save()
    assert sign_in(anna.member).post(path, {"text": SECOND}).status_code == 404
    assert MessageNote.objects.get().text == FIRST
    shown = sign_in(anna.administrator).get(at(anna, "portal:message", message.pk))
    assert path not in shown.content.decode()


@pytest.mark.parametrize("page", ["note_change", "note_remove"])
def test_what_a_hold_keeps_stays_as_it_was(anna: cast.House, sign_in: Any, page: str) -> None:
    note = add_note(cast.message_of(anna), FIRST, by=anna.member, at=database_now())
    now = database_now()
    hold(
        anna.customer, About(target=Target.CUSTOMER), kind=Hold.Kind.LEGAL, reason="x",
        ends_at=now + timedelta(days=9), by=anna.administrator, at=now,
    )  # fmt: skip
    path = at(anna, f"phone_messages:{page}", note.pk)
    assert sign_in(anna.member).post(path, {"text": SECOND}).status_code == 409
    assert MessageNote.objects.get().text == FIRST
