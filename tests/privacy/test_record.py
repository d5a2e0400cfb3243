"""The record, the policy and the appendix say what the declarations say, in both languages."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import models
from django.test.utils import isolate_apps
from django.urls import reverse
from django.utils import translation

from customers.actions.accounts import shorten_recordings
from privacy.purging.purge import purge
from privacy.record import snapshot, words, writers
from privacy.record.article30 import declared_sections
from privacy.record.document import Document, Section, Table
from privacy.record.papers import appendix, periods_table, policy, whole_record
from privacy.record.periods import own_period, period
from privacy.record.processing import processings
from privacy.record.writers import comma_separated, markdown, pdf
from privacy.views import documents
from recordings.models import Recording
from smartsvar.clock import database_now
from smartsvar.declared_words import CATEGORIES, PURPOSES
from smartsvar.keep import later
from smartsvar.personal_data import (
    TECHNICAL,
    Basis,
    Category,
    Death,
    Erase,
    Keep,
    PersonalData,
    Role,
    Spread,
    declared,
)
from smartsvar.shredding.models import Shreddable
from smartsvar.vault.rows import SealedField
from subprocessors.notices import today
from subprocessors.purposes import purposes_in_use
from tests import cast
from tests.privacy import pdf_text

pytestmark = pytest.mark.django_db(databases="__all__")

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
LANGUAGES = ("sv", "en")


def test_the_snapshot_is_made_from_the_code() -> None:
    for name, text in snapshot.files().items():
        kept = (snapshot.folder() / name).read_text(encoding="utf-8")
        assert kept == text, f"{name}: run `python manage.py personal_data --write`."


def test_the_record_holds_every_declaration_in_the_role_it_declares() -> None:
    for role in Role:
        labels = {model._meta.label for model, said in declared() if said.role is role}
        assert {each.label for each in processings(role)} == labels
    headings = [section.heading for section in declared_sections() if section.facts]
    assert len(headings) == len(list(declared()))


@pytest.mark.parametrize(
    ("vocabulary", "said"),
    [
        (Category, CATEGORIES), (Role, words.ROLES), (Basis, words.BASES), (Erase, words.ENDS),
        (Death, words.DEATHS), (Spread, words.SPREADS),
    ],
)  # fmt: skip
def test_every_word_of_a_declaration_has_words_for_people(vocabulary: Any, said: Any) -> None:
    assert set(vocabulary) == said.keys()


@pytest.mark.parametrize(
    ("label", "said"),
    [("customers.User", "when the sign-in was made"),
     ("socialaccount.SocialAccount", "when it was connected")],
)  # fmt: skip
def test_a_day_of_joining_is_said_as_what_was_joined(label: str, said: str) -> None:
    with translation.override("en"):
        assert words.field_name(apps.get_model(label), "date_joined") == said


def test_what_an_export_leaves_out_is_named_in_the_record() -> None:
    with translation.override("en"):
        data = {each.label: each.data for each in processings()}
    assert data["customers.RegisterFile"] == ("all that the file says of people",)
    assert "IP address" in data["customers.SignInEvent"]


def test_every_field_that_the_record_names_has_words_for_people() -> None:
    for model, said in declared():
        withheld = [name for name, why in said.withhold.items() if why != TECHNICAL]
        for name in (*said.export, *withheld):
            known = name in words.FIELDS or (model._meta.label, name) in words.FIELDS_OF
            assert known, f"{model._meta.label}.{name}"


def test_every_moment_that_a_period_starts_from_has_words_for_people() -> None:
    paths = {said.keep.since for _, said in declared()} - {""}
    assert {path.rsplit(".", 1)[-1] for path in paths} <= words.MOMENTS.keys()


def test_every_purpose_in_use_has_words_for_people() -> None:
    assert set(purposes_in_use()) <= PURPOSES.keys()


@pytest.mark.parametrize("model", [m for m, _ in declared()], ids=lambda m: m._meta.label)
def test_a_processing_is_said_in_swedish_to_swedes(model: type[models.Model]) -> None:
    told = {}
    for language in LANGUAGES:
        with translation.override(language):
            told[language] = {each.label: each for each in processings()}[model._meta.label]
    swedish, english = told["sv"], told["en"]
    for part in ("name", "purpose", "subject", "basis", "period", "end", "sealed"):
        assert getattr(swedish, part) != getattr(english, part), part
    assert not set(swedish.data) & set(english.data)
    assert not swedish.law or swedish.law != english.law


@pytest.fixture
def novelty(monkeypatch: Any) -> Iterator[type[models.Model]]:
    with isolate_apps("customers") as registry:

        class Parrot(Shreddable):
            made_at = models.DateTimeField()
            word = SealedField("")
            personal_data: ClassVar[PersonalData] = PersonalData(
                category=Category.CONTACT, role=Role.PROCESSOR, purpose="Teach parrots",
                basis=Basis.CONTRACT, subject="parrot", keep=Keep(days=5, since="made_at"),
                export=("word",), withhold={"made_at": "technical"},
            )  # fmt: skip

            class Meta:
                app_label = "customers"

            def __str__(self) -> str:
                return ""

        monkeypatch.setattr("smartsvar.personal_data.apps", registry)
        yield Parrot


def test_a_new_model_with_one_declaration_is_in_the_record(novelty: type[models.Model]) -> None:
    with translation.override("en"):
        (section,) = [each for each in declared_sections() if each.facts]
    facts = dict(section.facts)
    assert section.heading == "Parrots"
    assert (facts["Purpose"], facts["Whose data"]) == ("Teach parrots", "parrot")
    assert (facts["Data"], facts["Kept"]) == ("word", "5 days after it was made")


PERIODS = {
    Keep(months=3, since="ended_at"): "3 months after the end",
    Keep(days=0, since="expire_date"): "until its expiry",
    Keep(days=180, since="at"): "180 days after the event",
    Keep(months=24, since="customer.contract_ended_at"): (
        "24 months after the contract's end; never while the contract runs"
    ),
    Keep(months=6, since="paid_at"): "6 months after the payment",
    Keep(months=120, since="ended_at"): "10 years after the end",
    Keep(fiscal_years=7, since="year_ends"): ("through the 7 calendar years after the fiscal year"),
    Keep(with_parent="staff"): "as long as what it belongs to (staff member)",
    Keep(days=5, since="ended_at", capped_by="received_at", shortened_by="customer.x"): (
        "5 days after the end; at the latest counted from: when we received it; the customer may"
        " choose a shorter time"
    ),
    Keep(days=1, since="ended_at", unfinished=("state", "pending"), unfinished_hours=24): (
        "1 day after the end; what was never completed: 24 hours"
    ),
}


@pytest.mark.parametrize(("keep", "told"), PERIODS.items(), ids=str)
def test_each_kind_of_period_has_its_sentence(keep: Keep, told: str) -> None:
    with translation.override("en"):
        assert words_of(keep) == told


def words_of(keep: Keep) -> str:
    return period(Recording, keep)


def test_a_period_that_we_choose_says_within_what(settings: Any) -> None:
    settings.SERVICE_CALL_DAYS = 10
    chosen = Keep(days=28, least_days=3, since="ended_at", chosen_by="SERVICE_CALL_DAYS")
    with translation.override("en"):
        told = "10 days after the end; we choose between 3 and 28 days"
        assert words_of(chosen) == told


class Everywhere:
    """All places that tell Anna, support and everybody how long calls are kept."""

    def __init__(self, house: cast.House, sign_in: Any, client: Any, sven: Any) -> None:
        number = house.customer.number
        annas, svens = sign_in(house.administrator), sign_in(sven)
        self.pages = {
            "policy": (client, reverse("privacy:policy")),
            "first page": (client, reverse("portal:front")),
            "appendix": (annas, reverse("privacy:agreement", args=[number])),
            "settings": (annas, reverse("customers:settings", args=[number])),
            "record": (svens, reverse("privacy:article30")),
        }

    def told(self, period: str) -> dict[str, int]:
        """How often each place says this period."""
        found = {}
        for name, (client, address) in self.pages.items():
            answer = client.get(address, headers={"Accept-Language": "en"})
            assert answer.status_code == 200, name
            found[name] = answer.content.decode().count(period)
        found["snapshot"] = snapshot.files()["record.en.md"].count(period)
        return found


def swap(monkeypatch: Any, **rule: Any) -> None:
    keep = replace(Recording.personal_data.keep, **rule)
    monkeypatch.setattr(Recording, "personal_data", replace(Recording.personal_data, keep=keep))


def test_one_changed_period_changes_everything_that_says_or_does_it(
    anna: cast.House, sign_in: Any, client: Any, sven: Any, settings: Any, monkeypatch: Any
) -> None:
    settings.SUPPORT_NEEDS_SECOND_FACTOR = False
    everywhere = Everywhere(anna, sign_in, client, sven)
    three, seventeen = everywhere.told("3 months"), everywhere.told("17 days")
    assert all(three.values())
    assert not any(seventeen.values())
    swap(monkeypatch, months=None, days=17)
    after, left = everywhere.told("17 days"), everywhere.told("3 months")
    assert all(after.values())
    # Other kinds may be kept as long; what went is what came, and where calls alone are told of
    # nothing is left.
    for name in ("policy", "record", "snapshot", "appendix"):
        assert three[name] - left[name] == after[name], name
    assert not any(left[name] for name in ("first page", "settings"))


def test_and_it_changes_the_purge(anna: cast.House, monkeypatch: Any) -> None:
    swap(monkeypatch, months=None, days=17)
    at = database_now() - timedelta(days=20)
    call = cast.call_of(anna, at=at, started_at=at - timedelta(minutes=5))
    due = later(min(call.ended_at, call.received_at), days=17)
    assert call.due_at == due
    assert "recordings.Recording" not in purge(due - timedelta(seconds=1))
    assert purge(due)["recordings.Recording"] == 1


def test_the_appendix_says_the_shorter_time_that_anna_chose(
    anna: cast.House, cecilia: cast.House
) -> None:
    at = database_now()
    shorten_recordings(anna.customer, 10, by=anna.administrator, at=at)
    with translation.override("en"):
        hers = markdown(appendix(anna.customer, today(at)))
        cecilias = markdown(appendix(cecilia.customer, today(at)))
    assert "10 days after the end (your choice; at most 3 months)" in hers
    assert "your choice" not in cecilias


def test_the_appendix_holds_what_we_do_as_processor_and_nothing_else(anna: cast.House) -> None:
    with translation.override("en"):
        told = {section.heading for section in appendix(anna.customer, AT.date()).sections}
        processor = {each.heading for each in processings(Role.PROCESSOR)}
        controller = {each.heading for each in processings(Role.CONTROLLER)}
    assert processor <= told
    assert not controller & told


def test_the_policys_table_has_a_row_for_every_processing() -> None:
    rows = periods_table().rows
    assert len(rows) == len(list(declared()))
    assert all(all(cell for cell in row) for row in rows)


def test_the_record_names_who_answers_and_says_what_is_missing(settings: Any) -> None:
    settings.OPERATOR_NAME, settings.OPERATOR_NUMBER = "Smartsvar i Ankeborg AB", "556016-0680"
    settings.PRIVACY_EMAIL = ""
    with translation.override("en"):
        who, watch, *_ = whole_record(AT.date()).sections
    assert ("Name", "Smartsvar i Ankeborg AB") in who.facts
    assert any("PRIVACY_EMAIL" in gap for gap in watch.gaps)
    assert not any("OPERATOR_NUMBER" in gap for gap in watch.gaps)


def test_what_we_have_to_see_to_is_nobody_elses_to_read(anna: cast.House) -> None:
    papers = [policy(AT.date()), appendix(anna.customer, AT.date())]
    assert not [gap for paper in papers for section in paper.sections for gap in section.gaps]
    assert [gap for section in whole_record(AT.date()).sections for gap in section.gaps]


@pytest.mark.parametrize("page", ["policy", "record", "appendix"])
@pytest.mark.parametrize("form", ["csv", "md", "pdf"])
def test_each_paper_can_be_saved(
    page: str, form: str, anna: cast.House, sign_in: Any, sven: Any, settings: Any, client: Any
) -> None:
    settings.SUPPORT_NEEDS_SECOND_FACTOR = False
    client, address = Everywhere(anna, sign_in, client, sven).pages[page]
    answer = client.get(address, {"form": form}, headers={"Accept-Language": "sv"})
    assert answer.status_code == 200
    assert f".sv.{form}" in answer["Content-Disposition"]
    text = text_of(answer.content) if form == "pdf" else answer.content.decode()
    assert "3 månader efter slutet" in text
    assert client.get(address, {"form": "exe"}).status_code == 404


def test_the_public_pdf_is_written_once_and_anew_when_what_it_says_changes(
    client: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.clear()
    written = []

    def counted(document: Document, at: datetime) -> bytes:
        written.append(document)
        return pdf(document, at)

    monkeypatch.setitem(writers.WRITERS, "pdf", ("application/pdf", counted))
    address = reverse("privacy:policy")

    def fetched(language: str) -> bytes:
        content: bytes = client.get(
            address, {"form": "pdf"}, headers={"Accept-Language": language}
        ).content
        return content

    first = fetched("sv")
    assert [fetched("sv") for _ in range(3)] == [first] * 3
    assert len(written) == 1
    assert fetched("en") != first
    assert len(written) == 2
    settings.OPERATOR_NAME = "Ett annat bolag AB"
    assert "Ett annat bolag AB" in text_of(fetched("sv"))
    assert len(written) == 3


@pytest.mark.parametrize("page", ["record", "appendix"])
def test_what_is_not_public_never_lies_in_the_cache(
    page: str, anna: cast.House, sign_in: Any, sven: Any, settings: Any, client: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    settings.SUPPORT_NEEDS_SECOND_FACTOR = False
    client, address = Everywhere(anna, sign_in, client, sven).pages[page]
    monkeypatch.setattr(documents, "cache", None)
    assert client.get(address, {"form": "pdf"}).status_code == 200


def text_of(content: bytes) -> str:
    """Return what the PDF's pages show, line by line as they stand."""
    assert content.startswith(b"%PDF-")
    return pdf_text.text_of(content).replace("\n", " ")


def odd(cell: str) -> Document:
    section = Section("=1+1", facts=(("@x", cell),), table=Table(("a", "b"), (("-2", "c|d"),)))
    return Document("odd", "sv", "Udda – “titel”", ("…",), (section,))


def test_a_spreadsheet_takes_no_cell_for_a_formula() -> None:
    rows = list(csv.reader(io.StringIO(comma_separated(odd("=cmd()")))))
    assert rows == [["'=1+1", "'@x", "'=cmd()"], ["'=1+1", "'-2: a", "'-2"],
                    ["'=1+1", "'-2: b", "c|d"]]  # fmt: skip


def test_a_bar_does_not_break_the_table() -> None:
    assert r"| -2 | c\|d |" in markdown(odd("x"))


def test_what_a_law_keeps_goes_with_the_account_unless_its_key_stays() -> None:
    with translation.override("en"):
        said = {each.label: each.law for each in processings()}
    goes = {label for label, law in said.items() if "when the whole account is erased" in law}
    assert goes == {
        "customers.Hold", "customers.Restriction", "privacy.Acceptance", "privacy.Case",
    }  # fmt: skip
    stays = {"audit.AuditEntry", "privacy.Erasure", "privacy.SignedAgreement"}
    assert stays <= {label for label, law in said.items() if law} - goes


def test_letters_that_the_pdf_lacks_do_not_stop_it() -> None:
    text = text_of(pdf(odd("Łódź Ærø Ökänd 北"), AT))
    assert "Łódź Ærø Ökänd ?" in text
    assert 'Udda - "titel"' in text


def test_a_stranger_reads_the_policy_without_signing_in(client: Any) -> None:
    answer = client.get(reverse("privacy:policy"), headers={"Accept-Language": "sv"})
    assert "Integritetspolicy" in answer.content.decode()
    assert "Integritetsskyddsmyndigheten" in answer.content.decode()


def test_the_policy_is_the_same_whatever_form_it_has() -> None:
    with translation.override("sv"):
        document = policy(AT.date())
        cells = {cell for row in periods_table().rows for cell in row}
    for text in (markdown(document), comma_separated(document)):
        assert all(cell in text for cell in cells)


def test_a_choice_that_is_longer_than_the_period_has_become_is_no_choice(
    anna: cast.House, monkeypatch: Any
) -> None:
    shorten_recordings(anna.customer, 60, by=anna.administrator, at=database_now())
    anna.customer.refresh_from_db()
    with translation.override("en"):
        assert own_period(Recording, Recording.personal_data.keep, anna.customer).startswith("60 d")
        swap(monkeypatch, months=1)
        said = own_period(Recording, Recording.personal_data.keep, anna.customer)
        assert said.startswith("1 month after")
        assert "your choice" not in said
