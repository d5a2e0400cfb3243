"""Calls and messages as one timeline: merged, filtered, paged at a constant cost, and searched."""

import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers.actions.covers import About, restrict
from customers.models import Customer, Sees, Target
from messages.handling import Mark, add_note, assign_message, mark_messages
from messages.models import Delivery, PhoneMessage
from recordings.models import Recording, State
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from smartsvar.portal import search as searching
from smartsvar.portal.figures import figures_for
from smartsvar.vault.keys import forget_keys
from tests import cast

pytestmark = pytest.mark.django_db(databases="__all__")
SHORT = cast.tone(0.2)


@pytest.fixture
def path(anna: cast.House) -> str:
    return reverse("portal:events", args=[anna.customer.number])


def day_of(house: cast.House, *, at: datetime | None = None) -> list[Any]:
    """A call, its message two minutes later, and so on; returns them newest first."""
    at, found = at or database_now(), list[Any]()
    for place in range(4):
        began = at - timedelta(minutes=10 * place + 5)
        found.append(cast.message_of(house, taken_at=began + timedelta(minutes=2)))
        ended = began + timedelta(minutes=1)
        found.append(cast.call_of(house, audio=SHORT, started_at=began, ended_at=ended))
    return found


def rows(browser: Any, path: str, **asked: Any) -> list[Any]:
    return [row.pk for row in browser.get(path, asked).context["page"].rows]


LISTS = ["portal:events", "recordings:list", "phone_messages:list"]


@pytest.mark.parametrize("name", LISTS)
def test_what_is_deleted_soon_is_listed_as_the_first_page_counts_it(
    anna: cast.House, sign_in: Any, name: str
) -> None:
    now = database_now()
    soon, later, held = day_of(anna)[:2], day_of(anna)[:2], day_of(anna)[:2]
    for model in (Recording, PhoneMessage):
        for found, days, kept in ((soon, 6, False), (later, 8, False), (held, 6, True)):
            rows_ = model._base_manager.filter(pk__in=ids(found))
            rows_.update(due_at=now + timedelta(days=days), held=kept)
    browser, number = sign_in(anna.reader), anna.customer.number
    listed = set(rows(browser, reverse(name, args=[number]), soon="on"))
    wanted = {
        each.pk for each in soon
        if name == LISTS[0] or isinstance(each, Recording if name == LISTS[1] else PhoneMessage)
    }  # fmt: skip
    assert listed == wanted
    if name == LISTS[0]:
        first = browser.get(reverse("portal:overview", args=[number]))
        assert f'href="{reverse(name, args=[number])}?soon=on"' in first.content.decode()
        assert figures_for(anna.reader, now).going == len(listed)
    Customer.objects.filter(pk=anna.customer.pk).update(held=True)
    assert not rows(browser, reverse(name, args=[number]), soon="on"), "a hold keeps all of it"


@pytest.mark.parametrize("name", LISTS)
def test_a_filter_that_ends_before_it_begins_says_so(
    anna: cast.House, sign_in: Any, name: str
) -> None:
    page = reverse(name, args=[anna.customer.number])
    asked = {"since": "2026-11-05", "until": "2026-11-04"}
    shown = sign_in(anna.reader).get(page, asked).content.decode()
    assert "Den sista dagen ligger före den första." in shown


def ids(found: list[Any]) -> list[Any]:
    return [row.pk for row in found]


def many(house: cast.House, count: int) -> None:
    """Insert so many calls and as many messages, a minute apart."""
    at = database_now()
    calls, messages = [], []
    for place in range(count):
        moment = at - timedelta(minutes=place)
        call = Recording(
            customer=house.customer, state=State.LIVE, started_at=moment, ended_at=moment,
            received_at=at, duration_ms=1000, size=1, audio_format="wav", staff=house.staff,
        )  # fmt: skip
        call.caller_name, call.due_at = f"Samtal {place}", at + timedelta(days=30)
        message = PhoneMessage(
            customer=house.customer, taken_at=moment, received_at=at, staff=house.staff,
            assigned_to=house.member,
        )  # fmt: skip
        message.matter, message.due_at = f"Ärende {place}", at + timedelta(days=30)
        calls.append(call)
        messages.append(message)
    Recording.objects.bulk_create(calls)
    PhoneMessage.objects.bulk_create(messages)


def test_both_are_one_list_newest_first(anna: cast.House, path: str, sign_in: Any) -> None:
    found = day_of(anna)
    assert rows(sign_in(anna.reader), path) == ids(found)


def test_pages_lead_on_and_back_without_a_gap_or_a_repetition(
    anna: cast.House, path: str, sign_in: Any
) -> None:
    at = database_now() - timedelta(days=1)
    made: list[Any] = [cast.message_of(anna, taken_at=at) for _ in range(20)]  # of one moment
    made += [
        cast.call_of(anna, audio=SHORT, started_at=at, ended_at=at + timedelta(minutes=1))
        for _ in range(20)
    ]
    made += day_of(anna)
    browser, seen, older = sign_in(anna.reader), list[Any](), ""
    pages = []
    while True:
        page = browser.get(path, {"older": older} if older else {}).context["page"]
        pages.append([row.pk for row in page.rows])
        seen += pages[-1]
        last, older = page, page.older
        if not older:
            break
    assert len(pages) == 2
    assert len(seen) == len(set(seen)) == len(made)
    back = browser.get(path, {"newer": last.newer}).context["page"]
    assert [row.pk for row in back.rows] == pages[0]
    assert back.newer == ""


def test_it_is_filtered_by_kind_state_person_number_and_days(
    anna: cast.House, path: str, sign_in: Any
) -> None:
    browser, now = sign_in(anna.member), database_now()
    call = cast.call_of(anna, staff=anna.staff, audio=SHORT)
    mine, other = cast.message_of(anna, staff=anna.staff), cast.message_of(anna, caller_number="")
    assign_message(mine, anna.member, by=anna.member, at=now)
    mine_alone = PhoneMessage.objects.filter(id=mine.id)
    mark_messages(mine_alone, Mark.HANDLED, by=anna.member, at=now)
    Delivery.objects.filter(message=other).update(state="failed")
    assert rows(browser, path, kind="calls") == [call.pk]
    assert set(rows(browser, path, kind="messages")) == {mine.pk, other.pk}
    assert set(rows(browser, path, staff=str(anna.staff.pk))) == {call.pk, mine.pk}
    assert set(rows(browser, path, caller="070-174 06 66")) == {call.pk, mine.pk}
    assert rows(browser, path, caller="hemligt") == []
    assert rows(browser, path, state="handled") == [mine.pk]
    assert rows(browser, path, state="unhandled") == [other.pk]
    assert rows(browser, path, state="undelivered") == [other.pk]
    assert rows(browser, path, state="mine") == [mine.pk]
    assert rows(browser, path, state="nobodys") == [other.pk]
    assert rows(browser, path, state="handled", kind="calls") == []
    assert set(rows(browser, path, unread="on")) == {mine.pk, other.pk}
    tomorrow = (now + timedelta(days=2)).date().isoformat()
    assert rows(browser, path, since=tomorrow) == []


@pytest.mark.parametrize(
    "asked",
    [{"kind": "x"}, {"state": "x"}, {"since": "i går"}, {"staff": "x"}, {"caller": "12"}],
    ids=str,
)
@pytest.mark.parametrize("page", ["portal:events", "phone_messages:list"])
def test_a_bad_filter_is_said_beside_its_field(
    anna: cast.House, page: str, sign_in: Any, asked: dict[str, str]
) -> None:
    cast.message_of(anna)
    answer = sign_in(anna.reader).get(reverse(page, args=[anna.customer.number]), asked)
    assert answer.status_code == 200
    text = answer.content.decode()
    if "kind" in asked and page != "portal:events":
        return
    assert 'aria-invalid="true"' in text
    assert 'class="errorlist"' in text
    assert answer.context["page"].rows == []


def test_the_restricted_and_anothers_are_not_there(
    anna: cast.House, cecilia: cast.House, path: str, sign_in: Any
) -> None:
    call, _theirs = cast.call_of(anna, audio=SHORT), cast.message_of(cecilia)
    message = cast.message_of(anna, staff=anna.staff)
    about = About(target=Target.RECORD, object_model=Recording._meta.label, object_id=call.pk)
    restrict(
        anna.customer, about, reason="x", keeps=False, by=anna.administrator, at=database_now()
    )
    assert rows(sign_in(anna.reader), path) == [message.pk]
    anna.reader.sees = Sees.OWN
    anna.reader.save()
    assert rows(sign_in(anna.reader), path) == []


def test_ten_thousand_of_each_cost_as_many_queries_as_ten(
    anna: cast.House, path: str, sign_in: Any
) -> None:
    browser = sign_in(anna.administrator)

    def cost(**asked: str) -> dict[str, int]:
        forget_keys()
        with (
            CaptureQueriesContext(connections["default"]) as main,
            CaptureQueriesContext(connections["keys"]) as keys,
        ):
            assert browser.get(path, asked).status_code == 200
        return {"default": len(main), "keys": len(keys)}

    cost()  # that the list is read is noted once an hour
    asked = [{}, {"staff": str(anna.staff.pk)}, {"state": "mine"}, {"unread": "on"}]
    many(anna, 10)
    few = [cost(**each) for each in asked]
    many(anna, 9_990)
    assert [cost(**each) for each in asked] == few
    assert few[0]["default"] <= 12
    deep = browser.get(path).context["page"].older
    assert cost(older=deep) == few[0]


def test_an_empty_timeline_teaches(path: str, anna: cast.House, sign_in: Any) -> None:
    assert "När någon ringer" in sign_in(anna.reader).get(path).content.decode()


# ── search ──


def found(browser: Any, path: str, text: str, **more: str) -> Any:
    answer = browser.post(path, {"text": text, **more})
    assert answer.status_code == 200
    return answer.context.get("found")


def test_text_is_found_in_names_companies_matters_and_notes(
    anna: cast.House, path: str, sign_in: Any
) -> None:
    browser = sign_in(anna.reader)
    call = cast.call_of(anna, audio=SHORT, caller_name="Åke Ärlig", caller_number="")
    message = cast.message_of(anna, caller_name="Nils", matter="Taket vid Sockenplan läcker")
    add_note(message, "Ringde tillbaka", by=anna.member, at=database_now())
    for text, expected in {
        "åke": [call.pk], "ÄRLIG åke": [call.pk], "sockenplan LÄCKER": [message.pk],
        "planterad plåt": [message.pk], "tillbaka": [message.pk], "nils ringde": [message.pk],
        "A\u030ake": [call.pk], "finns inte": [],
    }.items():  # fmt: skip
        assert ids(found(browser, path, text).rows) == expected, text


def test_a_search_says_how_far_it_looked_and_goes_on_from_there(
    anna: cast.House, path: str, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "SEARCHED", 3)
    made = day_of(anna)
    oldest = cast.message_of(
        anna, caller_name="Den äldsta", taken_at=database_now() - timedelta(days=3)
    )
    browser = sign_in(anna.reader)
    first = found(browser, path, "äldsta")
    assert (first.rows, first.looked) == ([], 3)
    assert first.back_to == made[2].taken_at
    text = browser.post(path, {"text": "äldsta"}).content.decode()
    assert "3 händelser genomsöktes" in text
    assert "Sök längre tillbaka" in text
    second = found(browser, path, "äldsta", older=first.older)
    third = found(browser, path, "äldsta", older=second.older)
    assert (second.looked, third.looked) == (3, 3)
    assert ids(third.rows) == [oldest.pk]
    assert third.older == ""


def test_a_search_that_finds_much_stops_and_goes_on_without_a_gap(
    anna: cast.House, path: str, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "FOUND", 3)
    made, browser = day_of(anna), sign_in(anna.reader)
    first = found(browser, path, "zacharias")
    second = found(browser, path, "zacharias", older=first.older)
    third = found(browser, path, "zacharias", older=second.older)
    assert [ids(each.rows) for each in (first, second, third)] == [
        ids(made[:3]), ids(made[3:6]), ids(made[6:]),
    ]  # fmt: skip
    assert third.older == ""


def test_the_filter_narrows_a_search(anna: cast.House, path: str, sign_in: Any) -> None:
    message, _call = cast.message_of(anna), cast.call_of(anna, audio=SHORT)
    only = found(sign_in(anna.reader), f"{path}?kind=messages", "zacharias")
    assert ids(only.rows) == [message.pk]
    assert only.looked == 1


def test_cecilia_finds_nothing_of_annas(
    anna: cast.House, cecilia: cast.House, sign_in: Any
) -> None:
    cast.message_of(anna)
    theirs = reverse("portal:events", args=[cecilia.customer.number])
    assert found(sign_in(cecilia.reader), theirs, "zacharias").rows == []


def test_what_is_searched_for_is_in_no_address_no_log_and_no_trail(
    anna: cast.House, path: str, sign_in: Any, log: io.StringIO
) -> None:
    cast.message_of(anna)
    browser = sign_in(anna.member)
    answer = browser.post(path, {"text": "Planterat Hemlighetsson"})
    page = answer.content.decode()
    links = [each.split('"')[0] for each in page.split('href="')[1:] + page.split('action="')[1:]]
    assert not [link for link in links if "Hemlighet" in link]
    assert "Hemlighet" not in log.getvalue()
    entry = AuditEntry.objects.get(verb="customer.searched")
    assert "Hemlighet" not in str(vars(entry))
    assert (entry.actor_id, entry.object_id) == (anna.member.id, anna.customer.id)


def test_a_search_in_the_address_is_none(anna: cast.House, path: str, sign_in: Any) -> None:
    cast.message_of(anna)
    answer = sign_in(anna.reader).get(path, {"text": "zacharias"})
    assert "found" not in answer.context


@pytest.mark.parametrize("text", ["", "a", " a ", "å" * 101, "ab\x00"])
def test_a_search_for_nothing_is_said_beside_the_field(
    anna: cast.House, path: str, sign_in: Any, text: str
) -> None:
    answer = sign_in(anna.reader).post(path, {"text": text})
    assert answer.status_code == 200
    assert 'aria-invalid="true"' in answer.content.decode()
    assert "found" not in answer.context


def test_a_search_costs_the_same_queries_whatever_there_is(
    anna: cast.House, path: str, sign_in: Any
) -> None:
    browser = sign_in(anna.reader)
    cast.message_of(anna)
    found(browser, path, "zacharias")  # the first leaves its trace

    def cost() -> int:
        with CaptureQueriesContext(connections["default"]) as queries:
            found(browser, path, "samtal")
        return len(queries)

    many(anna, 1)
    one = cost()
    many(anna, 600)
    assert cost() == one
