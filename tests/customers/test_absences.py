"""Who is away, until when, and what callers are told: at the boundary, in Stockholm, over DST."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse

from customers.actions.absences import (
    ABSENCE_LIMIT,
    AbsenceFacts,
    LongOver,
    TooManyAbsences,
    add_absence,
    change_absence,
    end_absence,
)
from customers.actions.covers import About, hold, restrict
from customers.actions.presence import notice_in_force, presence_of
from customers.actions.staff import StaffDetails, add_staff, change_staff, remove_staff
from customers.models import Absence, Hold, Kind, StaffMember, Target
from privacy.erasures.steps import ask_erasure
from privacy.erasures.work import carry_on
from privacy.exports.selection import portions
from privacy.models import Erasure, ErasureState
from privacy.purging.purge import purge
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import STOCKHOLM, database_now
from smartsvar.personal_data import keep_of, later
from smartsvar.shredding.models import Gone, Held, Receipt
from smartsvar.vault.models import RecordKey
from tests import cast

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)
INSTANT = timedelta(microseconds=1)


def local(
    year: int, month: int, day: int, hour: int = 0, minute: int = 0, fold: int = 0
) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=STOCKHOLM, fold=fold)


def away(house: cast.House, start: datetime, end: datetime | None, **facts: Any) -> Absence:
    said = AbsenceFacts(starts_at=start, ends_at=end, **facts)
    at = min(database_now(), start)  # noted before it began, as a rule
    return add_absence(house.staff, said, by=house.member, at=at)


def standing(house: cast.House, notice: str = "Nås på mejl.") -> None:
    details = StaffDetails(name=house.staff.name, answer_notice=notice, email=house.staff.email)
    change_staff(house.staff, details, by=house.member, at=database_now())


def told(house: cast.House, at: datetime) -> str:
    return notice_in_force(StaffMember.objects.get(pk=house.staff.pk), at)


def test_callers_are_told_of_an_absence_from_its_first_instant_until_just_before_its_end(
    anna: cast.House,
) -> None:
    standing(anna)
    start, end = local(2027, 3, 1, 12), local(2027, 3, 1, 13)
    away(anna, start, end, kind=Kind.LUNCH)
    assert told(anna, start - INSTANT) == "Nås på mejl."
    assert told(anna, start) == "Är på lunch. Åter kl. 13:00."
    assert told(anna, end - INSTANT) == "Är på lunch. Åter kl. 13:00."
    assert told(anna, end) == "Nås på mejl."


def test_the_absences_own_words_come_before_its_kinds_and_those_before_the_standing_notice(
    anna: cast.House,
) -> None:
    standing(anna)
    absence = away(anna, local(2027, 3, 1), None, kind=Kind.TRAVEL)
    at = local(2027, 3, 2)
    assert told(anna, at) == "Är på tjänsteresa."
    facts = AbsenceFacts(starts_at=absence.starts_at, kind=Kind.TRAVEL, text="Ring Bertil.")
    change_absence(absence, facts, by=anna.member, at=at)
    assert told(anna, at) == "Ring Bertil."


@pytest.mark.parametrize("kind", Kind.values)
def test_every_kind_has_words_and_none_tells_of_sickness(anna: cast.House, kind: str) -> None:
    away(anna, local(2027, 3, 1), local(2027, 3, 5), kind=kind)
    said = told(anna, local(2027, 3, 2))
    assert said.endswith("Åter den 5 mars.")
    assert "sjuk" not in said.lower()


def test_of_overlapping_absences_the_one_that_began_last_is_told_of_and_the_way_back_is_whole(
    anna: cast.House,
) -> None:
    away(anna, local(2027, 3, 1), local(2027, 3, 6), kind=Kind.TRAVEL, text="På resa.")
    away(anna, local(2027, 3, 2, 12), local(2027, 3, 2, 13), kind=Kind.LUNCH)
    away(anna, local(2027, 3, 6), local(2027, 3, 8), kind=Kind.HOLIDAY)
    assert told(anna, local(2027, 3, 2, 11)) == "På resa."
    assert told(anna, local(2027, 3, 2, 12, 30)) == "Är på lunch. Åter den 8 mars."
    assert told(anna, local(2027, 3, 2, 13)) == "På resa."
    present = presence_of(anna.customer, [anna.staff], local(2027, 3, 3))[anna.staff.pk]
    assert present.back_at == local(2027, 3, 8), "the holiday begins as the journey ends"


def test_in_the_hour_that_there_is_twice_an_absence_lasts_until_the_later_one(
    anna: cast.House, sign_in: Any
) -> None:
    """31 October 2027: 02:30 is first UTC+2, then UTC+1."""
    page = reverse("customers:absence_add", args=[anna.customer.number, anna.staff.pk])
    body = {
        "kind": "meeting", "first_day": "2027-10-31", "first_time": "01:00",
        "last_day": "2027-10-31", "last_time": "02:30", "text": "",
    }  # fmt: skip
    assert sign_in(anna.member).post(page, body).status_code == 302
    absence = Absence.objects.get()
    assert absence.starts_at == datetime(2027, 10, 30, 23, tzinfo=UTC)
    assert absence.ends_at == datetime(2027, 10, 31, 1, 30, tzinfo=UTC)
    assert told(anna, local(2027, 10, 31, 2, 30)) != ""
    assert told(anna, local(2027, 10, 31, 2, 30, fold=1)) == ""


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("2027-03-28 01:30", "2027-03-28 02:45", "förbi den här tiden"),
        ("2027-03-28 02:30", "2027-03-28 04:00", "förbi den här tiden"),
        ("2027-03-28 01:30", "2027-03-28 03:15", ""),
        ("2027-10-31 02:30", "2027-10-31 02:15", ""),
        ("2027-10-31 03:30", "2027-10-31 03:15", "Den slutar innan den börjar."),
    ],
)
def test_on_the_nights_of_the_clock_an_absence_is_measured_in_time(
    anna: cast.House, sign_in: Any, start: str, end: str, said: str
) -> None:
    (first_day, first_time), (last_day, last_time) = start.split(), end.split()
    body = {
        "kind": "other", "first_day": first_day, "first_time": first_time, "last_day": last_day,
        "last_time": last_time,
    }  # fmt: skip
    page = reverse("customers:absence_add", args=[anna.customer.number, anna.staff.pk])
    answer = sign_in(anna.member).post(page, body)
    assert answer.status_code == (200 if said else 302)
    assert said in answer.content.decode()
    kept = Absence.objects.all()
    assert [each.ends_at and each.ends_at - each.starts_at for each in kept] == ([] if said else [
        timedelta(minutes=45)
    ])  # fmt: skip


def test_an_action_compares_moments_and_not_clocks(anna: cast.House) -> None:
    with pytest.raises(ValueError, match="ends after"):
        away(anna, local(2027, 3, 28, 2, 30), local(2027, 3, 28, 2, 45, fold=1))


def test_whole_days_end_at_midnight_in_stockholm_on_the_night_that_loses_an_hour(
    anna: cast.House, sign_in: Any
) -> None:
    page = reverse("customers:absence_add", args=[anna.customer.number, anna.staff.pk])
    body = {"kind": "holiday", "first_day": "2027-03-27", "last_day": "2027-03-28", "text": ""}
    assert sign_in(anna.member).post(page, body).status_code == 302
    absence = Absence.objects.get()
    assert absence.starts_at == datetime(2027, 3, 26, 23, tzinfo=UTC)
    assert absence.ends_at == datetime(2027, 3, 28, 22, tzinfo=UTC)


def test_a_past_absence_is_purged_after_its_time_and_not_an_instant_earlier(
    anna: cast.House,
) -> None:
    absence = away(anna, local(2027, 1, 10), local(2027, 1, 11), kind=Kind.SICK)
    months = keep_of("customers.Absence").months
    due = later(local(2027, 1, 11), months=months or 0)
    assert absence.due_at == due
    assert "customers.Absence" not in purge(due - timedelta(milliseconds=1))
    assert purge(due)["customers.Absence"] == 1
    assert not RecordKey.objects.filter(id=absence.key_id).exists()


def test_an_open_absence_is_never_due_until_somebody_ends_it(anna: cast.House) -> None:
    absence = away(anna, local(2027, 1, 10), None)
    assert absence.due_at is None
    assert "customers.Absence" not in purge(local(2026, 12, 31))
    assert Absence.objects.get().due_at is None
    end_absence(absence, by=anna.member, at=local(2027, 2, 1))
    assert Absence.objects.get().due_at is not None
    assert told(anna, local(2027, 2, 1)) == ""


def test_with_a_leaver_go_the_absences_and_their_keys_at_once(anna: cast.House) -> None:
    absence = away(anna, local(2027, 1, 10), None, text="Planterad")
    remove_staff(anna.staff, by=anna.member)
    assert not Absence._base_manager.exists()
    assert not RecordKey.objects.filter(id=absence.key_id).exists()
    assert Receipt.objects.filter(model="customers.Absence").get().count == 1
    assert AuditEntry.objects.filter(verb="absence.deleted", object_id=absence.pk).exists()


def test_a_persons_purge_takes_open_absences_along(anna: cast.House) -> None:
    absence = away(anna, database_now() - timedelta(days=9), None)
    StaffMember._base_manager.filter(pk=anna.staff.pk).update(due_at=local(2027, 1, 1))
    anna.customer.contract_ended_at = local(2020, 1, 1)
    anna.customer.save(update_fields=["contract_ended_at"])
    gone = purge(local(2027, 1, 1))
    assert gone["customers.StaffMember"] == 1
    assert not Absence._base_manager.exists()
    assert not RecordKey.objects.filter(id=absence.key_id).exists()


def test_an_erasure_of_a_person_counts_and_takes_the_absences(anna: cast.House) -> None:
    away(anna, local(2027, 1, 10), None)
    person = about(anna)
    assert "customers.Absence" in [each.key for each in portions(anna.customer, person)]
    asked = ask_erasure(anna.customer, person, by=anna.administrator, at=database_now())
    assert carry_on(asked.id, database_now()) == ErasureState.DONE
    assert not Absence._base_manager.exists()
    assert not StaffMember._base_manager.filter(pk=anna.staff.pk).exists()
    counts = str(Erasure.objects.get(pk=asked.pk).certificate)
    assert "customers.Absence" in counts


def about(house: cast.House) -> About:
    staff = house.staff
    return About(target=Target.STAFF, object_model=staff._meta.label, object_id=staff.pk)


def test_a_held_person_keeps_the_absences_too(anna: cast.House) -> None:
    absence = away(anna, local(2027, 1, 10), local(2027, 1, 11))
    hold(
        anna.customer, about(anna), kind=Hold.Kind.LEGAL, reason="Tvist", ends_at=None,
        by=anna.administrator, at=database_now(),
    )  # fmt: skip
    assert absence.due_at is not None
    assert "customers.Absence" not in purge(absence.due_at)
    with pytest.raises(Held):
        remove_staff(anna.staff, by=anna.member)


def test_a_held_absence_keeps_its_person(anna: cast.House) -> None:
    absence = away(anna, local(2027, 1, 10), None)
    record = About(target=Target.RECORD, object_model=Absence._meta.label, object_id=absence.pk)
    hold(
        anna.customer, record, kind=Hold.Kind.LEGAL, reason="Tvist", ends_at=None,
        by=anna.administrator, at=database_now(),
    )  # fmt: skip
    with pytest.raises(Held):
        remove_staff(anna.staff, by=anna.member)
    assert StaffMember.objects.filter(pk=anna.staff.pk).exists()


def test_a_restricted_persons_absences_show_nowhere(anna: cast.House, sign_in: Any) -> None:
    absence = away(anna, database_now() - timedelta(days=1), None)
    restrict(
        anna.customer, about(anna), reason="x", keeps=False, by=anna.administrator,
        at=database_now(),
    )  # fmt: skip
    browser, number = sign_in(anna.administrator), anna.customer.number
    page = browser.get(reverse("customers:absence_calendar", args=[number])).content.decode()
    assert anna.staff.name not in page
    assert str(absence.pk) not in page
    assert (
        browser.get(reverse("customers:absence_change", args=[number, absence.pk])).status_code
        == 404
    )


def test_nobody_who_is_being_removed_gets_a_new_absence(anna: cast.House) -> None:
    StaffMember._base_manager.filter(pk=anna.staff.pk).update(shred_job_id=anna.staff.pk)
    with pytest.raises(Gone):
        away(anna, local(2027, 1, 10), None)
    assert not Absence._base_manager.exists()


def test_what_makes_no_sense_is_refused(anna: cast.House, monkeypatch: Any) -> None:
    with pytest.raises(ValueError, match="after it begins"):
        away(anna, local(2027, 1, 10), local(2027, 1, 10))
    facts = AbsenceFacts(starts_at=local(2020, 1, 1), ends_at=local(2020, 1, 2))
    with pytest.raises(LongOver):
        add_absence(anna.staff, facts, by=anna.member, at=database_now())
    assert ABSENCE_LIMIT > 100
    monkeypatch.setattr("customers.actions.absences.ABSENCE_LIMIT", 0)
    with pytest.raises(TooManyAbsences):
        away(anna, local(2027, 1, 10), None)


def test_kind_and_words_are_sealed_and_the_times_are_not(anna: cast.House) -> None:
    absence = away(anna, local(2027, 1, 10), None, kind=Kind.SICK, text="Planterat besked")
    stored = Absence.objects.filter(pk=absence.pk).values_list()[0]
    assert b"sick" not in bytes(Absence.objects.get().sealed)
    assert not any("sick" in str(each) or "Planterat" in str(each) for each in stored)
    assert local(2027, 1, 10) in stored


def test_who_only_reads_is_not_told_who_is_ill(anna: cast.House, sign_in: Any) -> None:
    away(anna, database_now() - timedelta(days=1), None, kind=Kind.SICK)
    number = anna.customer.number
    for page in ("customers:staff_list", "customers:absence_calendar"):
        address = reverse(page, args=[number])
        assert "Sjuk" in sign_in(anna.member).get(address).content.decode()
        shown = sign_in(anna.reader).get(address).content.decode()
        assert "Sjuk" not in shown
        assert "Borta" in shown
        assert "/franvaro/0" not in shown, "nothing to change"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"last_day": "2027-02-01"}, "Den slutar innan den börjar."),
        ({"first_day": ""}, "Det här fältet är obligatoriskt."),
        ({"first_day": "9999-12-31"}, "2100"),
        ({"last_day": "", "last_time": "12:00"}, "Ange vilken dag."),
        ({"kind": "nonsense"}, "Välj något av det som finns i listan."),
        ({"text": "x" * 2001}, "2000"),
        ({"text": "a\u202eb"}, "tecken"),
        ({"first_time": "25:00"}, "tid"),
        ({"first_day": "2020-01-01", "last_day": "2020-01-02"}, "för länge sedan"),
    ],
)
def test_a_form_that_makes_no_sense_says_why_and_keeps_what_was_written(
    anna: cast.House, sign_in: Any, change: dict[str, str], said: str
) -> None:
    page = reverse("customers:absence_add", args=[anna.customer.number, anna.staff.pk])
    body = {"kind": "sick", "first_day": "2027-03-01", "last_day": "2027-03-02", "text": "Hej då"}
    answer = sign_in(anna.member).post(page, body | change)
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert ("Hej då" in answer.content.decode()) or "text" in change
    assert not Absence.objects.exists()


def test_an_absence_is_filled_in_changed_ended_and_removed(anna: cast.House, sign_in: Any) -> None:
    absence = away(anna, database_now() - timedelta(hours=1), None, kind=Kind.MEETING)
    browser, number = sign_in(anna.member), anna.customer.number
    address = reverse("customers:absence_change", args=[number, absence.pk])
    assert 'value="meeting" selected' in browser.get(address).content.decode()
    body = {"kind": "travel", "first_day": "2027-05-01", "last_day": "2027-05-02", "text": "Hej"}
    assert browser.post(address, body).status_code == 302
    changed = Absence.objects.get()
    assert (changed.kind, changed.text, changed.ends_at) == ("travel", "Hej", local(2027, 5, 3))
    assert 'value="2027-05-02"' in browser.get(address).content.decode()
    gone = reverse("customers:absence_remove", args=[number, absence.pk])
    assert "Ta bort frånvaron?" in browser.get(gone).content.decode()
    assert Absence.objects.exists()
    browser.post(gone)
    assert not Absence._base_manager.exists()


def test_back_now_ends_an_absence_under_way_and_no_other(anna: cast.House, sign_in: Any) -> None:
    now = away(anna, database_now() - timedelta(hours=1), None)
    coming = away(anna, database_now() + timedelta(days=1), None)
    browser, number = sign_in(anna.member), anna.customer.number
    for each in (now, coming):
        browser.post(reverse("customers:absence_end", args=[number, each.pk]))
    assert Absence.objects.get(pk=now.pk).ends_at is not None
    assert Absence.objects.get(pk=coming.pk).ends_at is None
    page = browser.get(reverse("customers:staff_list", args=[number])).content.decode()
    assert "chip warn" not in page


def test_who_is_away_costs_one_query_however_many_they_are(
    anna: cast.House, django_assert_num_queries: Any
) -> None:
    people = [anna.staff]
    for number in range(4):
        details = StaffDetails(name=f"P{number}")
        people.append(add_staff(anna.customer, details, by=anna.member, at=database_now()))
    for person in people:
        facts = AbsenceFacts(starts_at=local(2027, 1, 1))
        add_absence(person, facts, by=anna.member, at=database_now())
    with django_assert_num_queries(1):
        found = presence_of(anna.customer, people, local(2027, 1, 2))
    assert all(found[person.pk].away for person in people)


def test_a_removed_absence_is_destroyed_and_its_page_notes_the_same_anew(
    anna: cast.House, sign_in: Any
) -> None:
    start = local(2027, 3, 1, 9)
    absence = away(anna, start, local(2027, 3, 4), kind=Kind.SICK, text="Åter på torsdag")
    browser, number = sign_in(anna.member), anna.customer.number
    answer = browser.post(reverse("customers:absence_remove", args=[number, absence.pk]))
    assert not Absence._base_manager.exists()
    assert "Ångra" in answer.content.decode()
    assert answer.headers["Cache-Control"] == "no-store", "it stands on that page alone"
    add = reverse("customers:absence_add", args=[number, absence.staff_id])
    browser.post(add, dict(answer.context["again"]))
    again = Absence.objects.get()
    assert again.pk != absence.pk
    facts = (again.starts_at, again.ends_at, again.kind, again.text)
    assert facts == (start, local(2027, 3, 4), "sick", "Åter på torsdag")
    assert again.staff == anna.staff


LONG = "customers.forms.people.FEW"


def test_in_a_long_register_a_person_is_named_and_no_page_lists_everybody(
    anna: cast.House, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, by = database_now(), anna.administrator
    for name in ("Astrid Annan", "Astrid Andersson", "Nils <b>Nilsson"):
        person = add_staff(anna.customer, StaffDetails(name=name), by=by, at=now)
        add_absence(person, AbsenceFacts(starts_at=now), by=by, at=now)
    browser = sign_in(by)
    path = reverse("customers:absence_calendar", args=[anna.customer.number])
    assert browser.get(path).content.decode().count("<option") == 5
    monkeypatch.setattr(LONG, 3)
    assert "<option" not in browser.get(path).content.decode()
    found = browser.get(path, {"person": "astrid ande"})
    assert found.context["person"].name == "Astrid Andersson"
    by_id = browser.get(path, {"person": str(found.context["person"].pk)})
    assert 'value="Astrid Andersson"' in by_id.content.decode()
    both = browser.get(path, {"person": "astrid"}).content.decode()
    assert "Astrid Andersson; Astrid Annan" in both
    assert "Nils &lt;b&gt;Nilsson" in browser.get(path, {"person": "n"}).content.decode()
    assert "Ingen i personalregistret" in browser.get(path, {"person": "x"}).content.decode()
    turned = browser.get(path, {"person": "x\u202e"}).content.decode()
    assert "Texten innehåller tecken som inte kan visas." in turned
    assert browser.get(path, {"person": "x" * 100_000}).status_code == 200


def test_a_page_that_asks_for_a_person_weighs_the_same_however_many_there_are(
    anna: cast.House, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LONG, 3)
    monkeypatch.setattr("messages.forms.FEW", 3)
    number, message = anna.customer.number, cast.message_of(anna)
    pages = [
        reverse("recordings:list", args=[number]), reverse("phone_messages:list", args=[number]),
        reverse("portal:events", args=[number]), reverse("customers:members", args=[number]),
        reverse("phone_messages:send_on", args=[number, message.pk]),
    ]  # fmt: skip
    browser = sign_in(anna.administrator)
    weights = []
    for more in (5, 30):
        for place in range(more):
            details = StaffDetails(name=f"Person {more} {place}", email=f"p{place}@ankdamm.example")
            add_staff(anna.customer, details, by=anna.administrator, at=database_now())
        weights.append([len(browser.get(page).content) for page in pages])
    assert all(abs(few - many) < 300 for few, many in zip(*weights, strict=True)), weights


def test_a_message_is_sent_to_a_colleague_by_name(
    anna: cast.House, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LONG, 0)
    monkeypatch.setattr("messages.forms.FEW", 0)
    message, browser = cast.message_of(anna), sign_in(anna.member)
    message.deliveries.all().delete()
    path = reverse("phone_messages:send_on", args=[anna.customer.number, message.pk])
    said = {"to": f"member-{anna.member.pk}", "colleague": anna.staff.name[:6]}
    assert browser.post(path, said).status_code == 302
    assert message.deliveries.get().address == anna.staff.email
