"""The register: who, what for, where; a transfer without a safeguard is refused."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse

from privacy.purging.purge import purge
from privacy.record.papers import whole_record
from smartsvar.audit.actors import SYSTEM
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import STOCKHOLM, database_now
from smartsvar.personal_data import declared
from smartsvar.regions import EEA
from subprocessors.coverage import check_coverage, unbound, uncovered, unreviewed
from subprocessors.keeping import keep_engagement
from subprocessors.models import Agreement, Engagement, Notice, Subprocessor
from subprocessors.notices import announce, earliest_day, today
from subprocessors.places import COUNTRIES
from subprocessors.purposes import kinds_of_data, purposes_in_use
from tests.subprocessors.register import CONTACT, agreed, engaged

pytestmark = pytest.mark.django_db(databases="__all__")

DAY = date(2026, 3, 2)
PDF = b"%PDF-1.7\nunderskrivet\n%%EOF"


def test_a_place_outside_the_eea_is_refused_without_a_safeguard(sven: Any) -> None:
    there = engaged(starts_on=DAY)
    there.country = "US"
    with pytest.raises(ValidationError) as refused:
        keep_engagement(there, by=sven, at=database_now())
    assert set(refused.value.message_dict) == {"safeguard"}
    with pytest.raises(IntegrityError), transaction.atomic():
        there.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        Engagement.objects.filter(id=there.id).update(country="US")


def test_with_a_safeguard_it_is_kept_and_shown_as_a_transfer(client: Any) -> None:
    day = today(database_now())
    engaged("Ankcloud Inc.", starts_on=day, country="US", safeguard="SCC 2021/914, module 3")
    page = client.get(reverse("subprocessors:list"), headers={"Accept-Language": "en"})
    text = page.content.decode()
    assert "Transfer outside the EU and EEA: SCC 2021/914, module 3." in text
    record = whole_record(day)
    assert any("SCC 2021/914" in value for section in record.sections for _, value in section.facts)


def test_every_country_of_the_eea_can_be_chosen() -> None:
    assert len(EEA) == 30
    assert COUNTRIES.keys() >= EEA


def test_everybody_reads_who_is_engaged_now_and_who_will_be(client: Any) -> None:
    day = today(database_now())
    engaged("Molnhotellet AB", starts_on=day)
    soon = engaged("Morgondagen AB", starts_on=earliest_day(database_now()))
    announce(soon, Notice.Kind.NEW, soon.starts_on, by=SYSTEM, at=database_now())
    engaged("Tysta AB", starts_on=soon.starts_on)
    engaged("Igår HB", starts_on=day - timedelta(days=9), ends_on=day)
    page = client.get(reverse("subprocessors:list"), headers={"Accept-Language": "sv"})
    assert [each.subprocessor.name for each in page.context["current"]] == ["Molnhotellet AB"]
    assert [each.subprocessor.name for each in page.context["announced"]] == ["Morgondagen AB"]
    text = page.content.decode()
    assert "Sverige" in text
    assert "Igår" not in text
    assert "Tysta" not in text, "nobody has been told of it"
    assert text.count("EU/EES") == 1  # the other one's day stands in its place


def test_the_list_has_an_empty_state(client: Any) -> None:
    page = client.get(reverse("subprocessors:list"), headers={"Accept-Language": "sv"})
    assert "Inga underbiträden" in page.content.decode()


def test_the_kinds_of_data_are_those_of_the_declarations() -> None:
    for purpose in purposes_in_use():
        models = [m for m, said in declared() if purpose in said.processors]
        assert models
        assert kinds_of_data(purpose)
    assert kinds_of_data("gardening") == []


def test_a_purpose_that_nobody_does_fails_the_check_and_stands_on_the_record(settings: Any) -> None:
    assert set(uncovered(DAY)) == set(purposes_in_use())
    engaged(starts_on=DAY)
    settings.DONE_OURSELVES = ["storage"]
    assert uncovered(DAY) == ["mail"]
    assert set(uncovered(DAY - timedelta(days=1))) == {"hosting", "mail"}
    found = check_coverage(None, databases=["default"])
    assert ["'mail'" in error.msg for error in found].count(True) == 1
    gaps = [gap for section in whole_record(DAY).sections for gap in section.gaps]
    assert any("e-post" in gap or "mail" in gap for gap in gaps)


def test_the_check_is_silent_where_all_is_covered_and_in_the_demo(settings: Any) -> None:
    assert check_coverage(None, databases=["default"])
    settings.DONE_OURSELVES = purposes_in_use()
    assert check_coverage(None, databases=["default"]) == []
    settings.DONE_OURSELVES, settings.DEMO = [], True
    assert check_coverage(None, databases=["default"]) == []


def test_agreements_that_are_unsigned_or_due_for_review_are_seen() -> None:
    one = engaged("Molnhotellet AB", starts_on=DAY)
    engaged("Postduvan AB", purpose="mail", starts_on=DAY)
    agreed(one, signed_on=DAY, review_on=DAY - timedelta(days=1))
    assert unbound(DAY) == ["Postduvan AB"]
    assert unreviewed(DAY) == ["Molnhotellet AB"]


def test_the_contact_goes_two_years_after_the_agreement_and_the_company_stays() -> None:
    at = database_now()
    ended = agreed(engaged(starts_on=DAY), signed_on=DAY, ended_at=at - timedelta(days=800))
    running = agreed(engaged("Postduvan AB", starts_on=DAY), signed_on=DAY)
    assert purge(at)["subprocessors.Agreement"] == 1
    assert not Agreement._base_manager.filter(id=ended.id).exists()
    assert Agreement._base_manager.filter(id=running.id).exists()
    assert Subprocessor.objects.count() == 2


def test_the_contact_is_sealed_under_the_house() -> None:
    agreement = agreed(engaged(starts_on=DAY))
    fresh = Agreement.objects.get(id=agreement.id)
    assert CONTACT.encode() not in bytes(fresh.sealed)
    assert fresh.contact_name == CONTACT


@pytest.fixture
def desk(sven: Any, sign_in: Any, settings: Any) -> Any:
    """Sven's browser."""
    settings.SUPPORT_NEEDS_SECOND_FACTOR = False
    return sign_in(sven)


FACTS = {"name": "Molnhotellet AB", "country": "SE", "website": "https://example.se"}


def test_sven_keeps_a_subprocessor_with_its_agreement_and_audits(desk: Any) -> None:
    add = reverse("admin:subprocessors_subprocessor_add")
    file = SimpleUploadedFile("avtal.pdf", PDF, "application/pdf")
    answers = FACTS | {"contact_name": CONTACT, "signed_on": "2026-01-15", "file": file}
    answers |= {"audit_on": "2026-02-01", "audit_finding": "Inga brister."}
    assert desk.post(add, answers).status_code == 302
    company = Subprocessor.objects.get()
    change = reverse("admin:subprocessors_subprocessor_change", args=[company.id])
    assert "Inga brister." in desk.get(change).content.decode()
    again = FACTS | {"name": "Molnhotellet i Lund AB", "contact_name": "Mia", "signed_on": ""}
    assert desk.post(change, again | {"audit_on": "2026-03-01", "audit_finding": "En brist."})
    (agreement,) = Agreement.objects.all()
    assert (agreement.contact_name, agreement.signed_on) == ("Mia", None)
    assert [audit["finding"] for audit in agreement.audits] == ["Inga brister.", "En brist."]
    assert agreement.file_name == "avtal.pdf"
    verbs = AuditEntry.objects.filter(object_id=company.id).values_list("verb", flat=True)
    assert set(verbs) == {"subprocessor.added", "subprocessor.changed"}


def test_a_form_that_asks_to_clear_the_agreement_leaves_it(desk: Any) -> None:
    file = SimpleUploadedFile("avtal.pdf", PDF, "application/pdf")
    desk.post(reverse("admin:subprocessors_subprocessor_add"), FACTS | {"file": file})
    change = reverse(
        "admin:subprocessors_subprocessor_change", args=[Subprocessor.objects.get().id]
    )
    assert desk.post(change, FACTS | {"file-clear": "on"}).status_code == 302
    assert Agreement.objects.get().file_name == "avtal.pdf"


def test_sven_fetches_the_signed_agreement_and_that_is_on_record(desk: Any) -> None:
    file = SimpleUploadedFile("avtal.pdf", PDF, "application/pdf")
    desk.post(reverse("admin:subprocessors_subprocessor_add"), FACTS | {"file": file})
    company = Subprocessor.objects.get()
    address = reverse("admin:subprocessors_subprocessor_agreement", args=[company.id])
    answer = desk.get(address)
    assert (answer.content, answer["Content-Type"]) == (PDF, "application/pdf")
    assert AuditEntry.objects.filter(verb="agreement.opened").count() == 1
    bare = engaged("Postduvan AB", starts_on=DAY).subprocessor
    missing = reverse("admin:subprocessors_subprocessor_agreement", args=[bare.id])
    assert desk.get(missing).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"file": SimpleUploadedFile("avtal.pdf", b"MZ not a PDF")}, "file"),
        ({"file": SimpleUploadedFile("avtal.pdf", b"%PDF-" + bytes(2 * 1024 * 1024))}, "file"),
        ({"audit_on": "2026-02-01"}, "audit_on"),
        ({"country": "XX"}, "country"),
        ({"name": ""}, "name"),
        ({"contact_email": "nobody"}, "contact_email"),
        ({"signed_on": "9999-12-31"}, "signed_on"),
        ({"ended_at": "9999-12-31 12:00"}, "ended_at"),
        ({"ended_at": "0001-01-01 00:00"}, "ended_at"),
        ({"ended_at": "2016-03-01 12:00"}, "ended_at"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(desk: Any, wrong: Any, field: str) -> None:
    answer = desk.post(reverse("admin:subprocessors_subprocessor_add"), FACTS | wrong)
    assert answer.status_code == 200
    assert field in answer.context["adminform"].form.errors
    assert not Subprocessor.objects.exists()


def test_no_agreement_ends_under_an_engagement_that_runs(desk: Any) -> None:
    """A while after its end the signed agreement is destroyed: the proof of article 28(4)."""
    running = engaged(starts_on=DAY)
    agreed(running, signed_on=DAY)
    change = reverse("admin:subprocessors_subprocessor_change", args=[running.subprocessor_id])
    ended = (database_now() - timedelta(days=3)).astimezone(STOCKHOLM)
    answers = FACTS | {"ended_at": f"{ended:%Y-%m-%d %H:%M}"}
    refused = desk.post(change, answers)
    assert "ended_at" in refused.context["adminform"].form.errors
    assert Agreement.objects.get().ended_at is None
    Engagement.objects.filter(id=running.id).update(ends_on=ended.date())
    assert desk.post(change, answers).status_code == 302
    Agreement.objects.update(ended_at=database_now() - timedelta(days=500))
    known = desk.get(change).context["adminform"].form["ended_at"].value()
    shown = f"{known.astimezone(STOCKHOLM):%Y-%m-%d %H:%M:%S}"
    assert desk.post(change, answers | {"ended_at": shown}).status_code == 302, "as it was"


@pytest.mark.parametrize("known", [False, True])
def test_no_agreement_ends_before_it_was_signed(desk: Any, *, known: bool) -> None:
    signed = database_now().astimezone(STOCKHOLM).date() - timedelta(days=20)
    answers = FACTS | {"signed_on": f"{signed}", "ended_at": f"{signed - timedelta(days=1)} 12:00"}
    address = reverse("admin:subprocessors_subprocessor_add")
    if known:
        desk.post(address, answers | {"ended_at": ""})
        company = Subprocessor.objects.get()
        address = reverse("admin:subprocessors_subprocessor_change", args=[company.id])
    refused = desk.post(address, answers)
    assert list(refused.context["adminform"].form.errors) == ["ended_at"]
    assert not Agreement.objects.exclude(ended_at=None).exists()
    assert desk.post(address, answers | {"ended_at": f"{signed} 12:00"}).status_code == 302


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("field", ["starts_on", "ends_on"])
@pytest.mark.parametrize("ahead", [101, None])
def test_no_engagement_begins_or_ends_in_a_year_that_nobody_means(
    desk: Any, ahead: int | None, field: str, *, known: bool
) -> None:
    running = engaged(starts_on=DAY)
    year = database_now().year + ahead if ahead else 9999
    answers = {"subprocessor": running.subprocessor_id, "purpose": "hosting", "country": "SE",
               "starts_on": f"{DAY}", field: f"{year}-12-31"}  # fmt: skip
    address = reverse("admin:subprocessors_engagement_add")
    if known:
        address = reverse("admin:subprocessors_engagement_change", args=[running.id])
    refused = desk.post(address, answers)
    assert list(refused.context["adminform"].form.errors) == [field]
    (one,) = Engagement.objects.all()
    assert (one.starts_on, one.ends_on) == (DAY, None)


def test_an_engagement_from_the_first_year_there_is_breaks_no_page(desk: Any) -> None:
    company = engaged(starts_on=DAY).subprocessor
    answers = {"subprocessor": company.id, "purpose": "mail", "country": "SE",
               "starts_on": "0001-01-01", "ends_on": "0001-01-01"}  # fmt: skip
    desk.post(reverse("admin:subprocessors_engagement_add"), answers)
    for page in ("admin:subprocessors_engagement_changelist", "subprocessors:list"):
        assert desk.get(reverse(page)).status_code == 200
    old = Engagement.objects.order_by("starts_on")[0]
    change = reverse("admin:subprocessors_engagement_change", args=[old.id])
    assert desk.get(change).status_code == 200


def test_svens_form_refuses_a_transfer_without_a_safeguard(desk: Any) -> None:
    company = engaged(starts_on=DAY).subprocessor
    add = reverse("admin:subprocessors_engagement_add")
    answers = {"subprocessor": company.id, "purpose": "mail", "country": "GB",
               "starts_on": "2026-04-01"}  # fmt: skip
    refused = desk.post(add, answers)
    assert "safeguard" in refused.context["adminform"].form.errors
    kept = desk.post(add, answers | {"safeguard": "Adequacy decision 2021/1772"})
    assert kept.status_code == 302
    assert Engagement.objects.filter(country="GB").count() == 1
