"""The first page: since last time, away today, the days' figures, what is deleted soon."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from customers.actions.absences import AbsenceFacts, add_absence
from customers.actions.members import change_role, change_sight
from customers.actions.staff import StaffDetails, add_staff
from customers.models import Member, Sees, StaffMember
from messages.models import PhoneMessage
from recordings.models import Recording
from smartsvar.clock import STOCKHOLM, database_now
from smartsvar.portal.figures import DAYS, TALLEST, counted, figures_for
from smartsvar.portal.trail import entries_for
from smartsvar.portal.views.overview import _away_today
from tests import cast
from tests.conftest import browser as a_browser

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


def english(client: Client) -> Client:
    client.cookies.load({"language": "en"})
    return client


def page(house: cast.House, client: Client) -> str:
    answer = client.get(reverse("portal:overview", args=[house.customer.number]))
    assert answer.status_code == 200
    return answer.content.decode()


def fresh(member: Member) -> Member:
    cache.clear()
    return Member.objects.select_related("customer").get(id=member.id)


def test_anna_sees_what_came_since_she_signed_in_before(anna: cast.House) -> None:
    """At the first sign-in there is no time before; at the next one there is."""
    old = cast.call_of(anna)
    first, second = english(a_browser()), english(a_browser())
    login = {"login": anna.administrator.user.email, "password": cast.PASSWORD}
    first.post(reverse("account_login"), login)
    assert "Since you signed in" not in page(anna, first)
    cast.message_of(anna)
    long_ago = database_now() - timedelta(days=3)
    Recording._base_manager.filter(id=old.id).update(started_at=long_ago)
    second.post(reverse("account_login"), login)
    told = " ".join(page(anna, second).split())
    assert "new calls: 0, new messages: 1." in told
    assert "Since you signed in" in told


def test_who_is_away_today_stands_there_and_who_was_or_will_be_does_not(
    anna: cast.House, sign_in: Any
) -> None:
    now = database_now()
    midnight = datetime.combine(now.astimezone(STOCKHOLM).date(), time.min, tzinfo=STOCKHOLM)
    spans = {
        "Nu": (now - timedelta(hours=1), now + timedelta(days=2)),
        "Tills vidare": (now - timedelta(days=9), None),
        "Igår": (midnight - timedelta(days=1), midnight),
        "I övermorgon": (midnight + timedelta(days=2), midnight + timedelta(days=3)),
    }
    for name, (start, end) in spans.items():
        person = StaffMember(customer=anna.customer)
        person.name = f"Person {name}"
        person.save(force_insert=True)
        facts = AbsenceFacts(starts_at=start, ends_at=end)
        add_absence(person, facts, by=anna.administrator, at=now)
    told = page(anna, english(sign_in(anna.reader)))
    away = told.split("Away today", 1)[1].split("</section>", 1)[0]
    assert [name for name in spans if f"Person {name}" in away] == ["Nu", "Tills vidare"]
    assert "until further notice" in away


def test_who_is_back_hides_nobody_who_is_away_now(anna: cast.House, monkeypatch: Any) -> None:
    monkeypatch.setattr("smartsvar.portal.views.overview.AWAY", 2)
    at = datetime(2027, 2, 3, 15, tzinfo=STOCKHOLM)
    for hour in range(3):
        facts = AbsenceFacts(starts_at=at.replace(hour=hour + 1), ends_at=at.replace(hour=hour + 2))
        add_absence(anna.staff, facts, by=anna.member, at=at.replace(hour=0))
    facts = AbsenceFacts(starts_at=at.replace(hour=12))
    add_absence(anna.staff, facts, by=anna.member, at=at.replace(hour=0))
    (away,) = _away_today(anna.member, at)
    assert (away["starts_at"], away["back_at"]) == (facts.starts_at, None)


def test_who_has_lunch_on_a_day_of_travel_is_away_once_and_until_the_end_of_it(
    anna: cast.House,
) -> None:
    at = datetime(2027, 2, 3, 12, 30, tzinfo=STOCKHOLM)
    spans = {"travel": (8, 17), "lunch": (12, 13), "meeting": (17, 18), "other": (20, 21)}
    for kind, (first, last) in spans.items():
        facts = AbsenceFacts(
            starts_at=at.replace(hour=first, minute=0), ends_at=at.replace(hour=last, minute=0),
            kind=kind,
        )  # fmt: skip
        add_absence(anna.staff, facts, by=anna.member, at=at.replace(hour=0))
    (away,) = _away_today(anna.member, at)
    assert away["now"]
    assert away["back_at"] == at.replace(hour=18, minute=0), "the next one follows at once"
    (later,) = _away_today(anna.member, at.replace(hour=18, minute=30))
    assert not later["now"]
    assert (later["starts_at"].hour, later["back_at"].hour) == (19, 20), "in UTC"


def test_who_is_away_tomorrow_too_is_back_when_that_ends_and_who_is_from_tomorrow_is_here(
    anna: cast.House,
) -> None:
    at = datetime(2027, 2, 3, 12, 30, tzinfo=STOCKHOLM)
    midnight = datetime(2027, 2, 4, tzinfo=STOCKHOLM)
    details = StaffDetails(name="Tomas i morgon", title="Säljare", email="")
    other = add_staff(anna.customer, details, by=anna.administrator, at=at)
    days = {"travel": (at, midnight), "holiday": (midnight, midnight + timedelta(days=2))}
    for kind, (first, last) in days.items():
        facts = AbsenceFacts(starts_at=first, ends_at=last, kind=kind)
        add_absence(anna.staff, facts, by=anna.member, at=at)
    add_absence(other, facts, by=anna.member, at=at)
    (away,) = _away_today(anna.member, at)
    assert (away["person"], away["back_at"]) == (anna.staff, midnight + timedelta(days=2))


def test_a_call_that_was_under_way_at_the_sign_in_is_new_once_it_has_come(
    anna: cast.House,
) -> None:
    now = database_now()
    begun = now - timedelta(minutes=5)
    cast.call_of(anna, started_at=begun)
    cast.message_of(anna, taken_at=begun)
    news, _ = counted(fresh(anna.administrator), now - timedelta(minutes=3), database_now())
    assert (news.calls, news.letters) == (1, 1)
    news, _ = counted(fresh(anna.administrator), database_now(), database_now())
    assert (news.calls, news.letters) == (0, 0)


def test_who_sees_ones_own_calls_reads_what_was_done_with_ones_own_membership(
    anna: cast.House,
) -> None:
    by, at = anna.administrator, database_now()
    change_sight(anna.reader, sees=Sees.OWN, staff=anna.staff, by=by, at=at)
    change_role(anna.member, "reader", by=by, at=at)
    seen = set(entries_for(fresh(anna.reader)).values_list("verb", "object_id"))
    assert ("member.sight_changed", anna.reader.id) in seen
    assert ("member.role_changed", anna.member.id) not in seen


def test_the_days_are_swedish_days_and_a_row_falls_on_one(anna: cast.House) -> None:
    today = database_now().astimezone(STOCKHOLM).date()
    day = today - timedelta(days=3)
    edges = [
        datetime.combine(day, time.min, tzinfo=STOCKHOLM),
        datetime.combine(day, time(23, 59, 59), tzinfo=STOCKHOLM),
        datetime.combine(day + timedelta(days=1), time.min, tzinfo=STOCKHOLM),
    ]
    for moment in edges:
        call = cast.call_of(anna)
        Recording._base_manager.filter(id=call.id).update(started_at=moment)
    figures = figures_for(fresh(anna.administrator), database_now())
    per_day = {each.day: each.calls for each in figures.days if each.calls}
    assert per_day == {day: 2, day + timedelta(days=1): 1}
    assert len(figures.days) == DAYS
    assert [each.day for each in figures.days] == sorted(each.day for each in figures.days)


def test_the_busiest_day_shown_is_the_tallest_however_many_came_before(anna: cast.House) -> None:
    now = database_now()
    for call in [cast.call_of(anna) for _ in range(5)]:
        Recording._base_manager.filter(id=call.id).update(started_at=now - timedelta(days=40))
    for _ in range(2):
        cast.call_of(anna)
    cast.message_of(anna)
    *_, today = figures_for(fresh(anna.administrator), now).days
    assert (today.calls_height, today.letters_height) == (TALLEST, TALLEST // 2)


def test_what_is_deleted_within_a_week_is_counted_with_its_first_moment(
    anna: cast.House, cecilia: cast.House
) -> None:
    now = database_now()
    due = {"soon": now + timedelta(days=2), "later": now + timedelta(days=8)}
    calls = {name: cast.call_of(anna) for name in due}
    for name, moment in due.items():
        Recording._base_manager.filter(id=calls[name].id).update(due_at=moment)
    held = cast.message_of(anna)
    PhoneMessage._base_manager.filter(id=held.id).update(due_at=due["soon"], held=True)
    other = cast.call_of(cecilia)
    Recording._base_manager.filter(id=other.id).update(due_at=due["soon"])
    figures = figures_for(fresh(anna.administrator), now)
    assert (figures.going, figures.going_from) == (1, due["soon"])


def test_a_member_who_sees_its_own_is_counted_its_own_alone(anna: cast.House) -> None:
    cast.call_of(anna, staff=anna.staff)
    cast.call_of(anna)
    Member._base_manager.filter(id=anna.reader.id).update(sees=Sees.OWN, staff=anna.staff)
    everybody = figures_for(fresh(anna.administrator), database_now())
    own = figures_for(Member.objects.get(id=anna.reader.id), database_now())
    assert (everybody.calls, own.calls) == (2, 1)
    Member._base_manager.filter(id=anna.reader.id).update(staff=None)
    assert figures_for(Member.objects.get(id=anna.reader.id), database_now()).calls == 0


def test_an_empty_account_is_shown_a_page_that_teaches(anna: cast.House, sign_in: Any) -> None:
    told = page(anna, english(sign_in(anna.administrator)))
    for words in ("Nobody. Absences are entered", "Nothing is deleted within a week."):
        assert words in told
