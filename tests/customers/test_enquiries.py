"""The contact form: sealed, answered, forgotten; and programs that fill it in get nowhere."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse

from customers.actions.enquiries import EnquiryFacts, erase_enquiry, receive_enquiry
from customers.models import Counter, Enquiry, User
from customers.tasks import send_enquiry_notices
from privacy.purging.purge import purge
from smartsvar.audit.actors import SYSTEM
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from smartsvar.personal_data import keep_of
from smartsvar.vault.errors import VaultError
from smartsvar.vault.keys import forget_keys
from tests import cast
from tests.at_once import at_once, on_postgres
from tests.conftest import browser

pytestmark = pytest.mark.django_db(databases="__all__")
WRITTEN = {
    "name": cast.PLANTED_NAME,
    "email": "Zacharias@planterad.example",
    "phone": "070-174 06 66",
    "company": cast.PLANTED_COMPANY,
    "matter": "Vad kostar det?\nVi är åtta.",
    "website": "",
}
CONTACT, THANKS = "/kontakt/", "/kontakt/tack"


@pytest.fixture(autouse=True)
def _no_second_factor(settings: Any) -> None:
    """Sven's second factor has its own tests."""
    settings.SUPPORT_NEEDS_SECOND_FACTOR = False


def enquiry(**facts: Any) -> Enquiry:
    known = {"name": "Zacharias", "email": "z@planterad.example", "matter": "Hej", "language": "sv"}
    at = facts.pop("at", None) or database_now()
    return receive_enquiry(EnquiryFacts(**(known | facts)), at=at)


def test_a_number_is_never_given_twice_though_its_enquiry_is_erased() -> None:
    numbers = []
    for _turn in range(3):
        made = enquiry()
        numbers.append(made.number)
        erase_enquiry(made, by=SYSTEM)
    assert numbers == [1001, 1002, 1003]


def test_numbers_go_on_from_what_was_numbered_before_there_was_a_counter() -> None:
    enquiry(), enquiry()
    Counter.objects.all().delete()
    assert enquiry().number == 1003


@on_postgres
@pytest.mark.django_db(databases="__all__", transaction=True)
def test_sixteen_who_write_at_once_are_all_received() -> None:
    def write(number: int) -> int:
        headers = {"X-Forwarded-For": f"198.51.100.{number}"}
        return int(browser().post(CONTACT, WRITTEN, headers=headers).status_code)

    statuses = at_once(*(partial(write, number) for number in range(16)))
    assert statuses == [302] * 16
    assert sorted(Enquiry.objects.values_list("number", flat=True)) == [*range(1001, 1017)]


def test_what_zacharias_writes_is_stored_sealed(client: Client) -> None:
    answer = client.post(CONTACT, WRITTEN)
    assert (answer.status_code, answer["Location"]) == (302, THANKS)
    stored = Enquiry.objects.get()
    assert (stored.name, stored.phone) == (cast.PLANTED_NAME, cast.PLANTED_NUMBER)
    assert stored.matter == "Vad kostar det?\nVi är åtta."
    assert (stored.source, stored.language, stored.number) == ("form", "sv", 1001)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM customers_enquiry")
        raw = repr([bytes(v) if isinstance(v, memoryview) else v for v in cursor.fetchone()])
    assert "kostar" not in raw
    assert "planterad" not in raw.lower()


def test_the_page_says_how_long_it_is_kept_as_the_declaration_says(client: Client) -> None:
    page = client.get(CONTACT, headers={"Accept-Language": "sv"}).content.decode()
    assert keep_of("customers.Enquiry").in_words() in page


def test_a_program_that_fills_in_everything_gets_the_same_answer_and_nothing_is_stored(
    client: Client,
) -> None:
    answer = client.post(CONTACT, WRITTEN | {"website": "https://reklam.example"})
    assert (answer.status_code, answer["Location"]) == (302, THANKS)
    assert not Enquiry.objects.exists()


@pytest.mark.parametrize("left_out", ["name", "email", "matter"])
def test_what_is_missing_is_said_beside_its_field_and_the_rest_is_kept(
    client: Client, left_out: str
) -> None:
    answer = client.post(CONTACT, WRITTEN | {left_out: ""})
    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == [left_out]
    assert answer.context["form"][left_out].field.widget.attrs["autofocus"]
    kept = "company" if left_out != "company" else "name"
    assert WRITTEN[kept] in answer.content.decode()
    assert not Enquiry.objects.exists()


@pytest.mark.parametrize(
    "text",
    ["\x00", "x" * 5000, "<script>alert(1)</script>", "\u202e omvänt", "A" * 900_000],
    ids=["nul", "long", "markup", "right-to-left", "huge"],
)
def test_hostile_words_are_refused_or_stored_as_words(client: Client, text: str) -> None:
    answer = client.post(CONTACT, WRITTEN | {"matter": text})
    assert answer.status_code in {200, 302}
    assert b"<script>alert" not in answer.content


def test_the_sixth_within_an_hour_is_told_to_wait_and_keeps_its_words(client: Client) -> None:
    here = {"X-Forwarded-For": "192.0.2.9"}
    statuses = [client.post(CONTACT, WRITTEN, headers=here).status_code for _ in range(6)]
    assert statuses == [302] * 5 + [429]
    page = client.post(CONTACT, WRITTEN, headers=here)
    assert "Vad kostar det?" in page.content.decode()
    elsewhere = client.post(CONTACT, WRITTEN, headers={"X-Forwarded-For": "192.0.2.10"})
    assert elsewhere.status_code == 302


def test_a_form_with_errors_does_not_count(client: Client) -> None:
    for _ in range(8):
        assert client.post(CONTACT, WRITTEN | {"email": "nej"}).status_code == 200
    assert client.post(CONTACT, WRITTEN).status_code == 302


def test_operators_are_mailed_numbers_and_nothing_else(settings: Any) -> None:
    settings.OPERATORS_EMAIL = ["drift@smartsvar.example"]
    enquiry(matter="Hemligt"), enquiry()
    assert send_enquiry_notices() == 2
    (sent,) = mail.outbox
    assert "1001, 1002" in sent.body
    assert "Hemligt" not in f"{sent.body}{sent.subject}"
    assert "Zacharias" not in sent.body
    assert send_enquiry_notices() == 0


def test_it_is_destroyed_on_its_date_answered_or_not() -> None:
    at = database_now()
    old = enquiry(at=at - timedelta(days=200))
    fresh, copy = enquiry(at=at), Enquiry._base_manager.get(id=old.pk)
    assert purge(at)["customers.Enquiry"] == 1
    assert list(Enquiry._base_manager.values_list("id", flat=True)) == [fresh.id]
    forget_keys()
    with pytest.raises(VaultError):
        assert copy.name, "a copy of the row in a backup"


def test_sven_reads_on_purpose_and_leaves_a_trace(sign_in: Any, sven: User) -> None:
    made = enquiry(matter="Går det att få pris?")
    browser = sign_in(sven)
    for name in ("changelist", "change"):
        args = [made.pk] if name == "change" else []
        page = browser.get(reverse(f"admin:customers_enquiry_{name}", args=args)).content.decode()
        assert "få pris" not in page
        assert "Zacharias" not in page
    assert not AuditEntry.objects.filter(verb="enquiry.read").exists()
    read = browser.post(reverse("admin:customers_enquiry_read", args=[made.pk]))
    assert "få pris" in read.content.decode()
    assert AuditEntry.objects.get(verb="enquiry.read").object_id == made.pk


def test_sven_notes_it_answered_once(sign_in: Any, sven: User) -> None:
    made, browser = enquiry(), sign_in(sven)
    for _ in range(2):
        browser.post(reverse("admin:customers_enquiry_answered", args=[made.pk]))
    assert Enquiry.objects.get().answered_at
    assert AuditEntry.objects.filter(verb="enquiry.answered").count() == 1


def test_sven_finds_and_erases_what_zacharias_wrote_when_he_asks(sign_in: Any, sven: User) -> None:
    made, browser = enquiry(email="Zacharias@Planterad.example"), sign_in(sven)
    enquiry(email="annan@planterad.example")
    listed = browser.get(
        reverse("admin:customers_enquiry_changelist"), {"q": "zacharias@planterad.example"}
    )
    assert [row.pk for row in listed.context["cl"].result_list] == [made.pk]
    erase = reverse("admin:customers_enquiry_erase", args=[made.pk])
    assert browser.get(erase).status_code == 200
    assert Enquiry.objects.filter(id=made.pk).exists()
    browser.post(erase)
    assert not Enquiry._base_manager.filter(id=made.pk).exists()
    assert AuditEntry.objects.filter(verb="enquiry.deleted", object_id=made.pk).exists()


def test_annas_own_pages_do_not_show_others_enquiries(sign_in: Any, anna: cast.House) -> None:
    made = enquiry()
    trail = sign_in(anna.administrator).get(f"/mina-sidor/{anna.customer.number}/logg/")
    assert str(made.pk) not in trail.content.decode()
    assert AuditEntry.objects.of(anna.customer.id).filter(verb="enquiry.received").count() == 0
