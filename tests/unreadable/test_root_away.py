"""The root key cannot be reached: later, says every door, and nothing is written by halves."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.urls import reverse
from django.utils import timezone

from customers.models import StaffMember, User
from messages.models import Delivery, PhoneMessage
from recordings.models import Recording
from recordings.uploads import Intake
from smartsvar.audit.models import AuditEntry
from smartsvar.vault.keys import forget_keys
from smartsvar.vault.models import CustomerKey, RecordKey
from tests.cast import House, call_of, message_of, tone
from tests.conformance.planted import Planted, everything_of, found_in, plant
from tests.integrator import MESSAGES, RECORDINGS, STAFF, integrator, problem, traces
from tests.unreadable.conftest import RootFile

pytestmark = pytest.mark.django_db(databases="__all__")

MATTER = "Vill ha offert på taket."


def written() -> dict[str, int]:
    """Count everything that an action writes."""
    models = (PhoneMessage, Delivery, StaffMember, Recording, RecordKey, CustomerKey, AuditEntry)
    return {model.__name__: model._base_manager.count() for model in models}


LATER = (
    "Allt finns kvar men kan inte öppnas just nu. Försök igen om en stund.",
    "Try again in a while",
    '<a class="button" href="">Försök igen',
)
PERHAPS_DONE = ("Det du gjorde kan ha blivit utfört", "What you did may have been done")


def later_page(response: Any) -> None:
    """Check that this is the page that says "later", in both languages, and holds nothing else."""
    says_only(response, LATER, PERHAPS_DONE)


def perhaps_done_page(response: Any) -> None:
    """Check that this page says "later" to whoever wanted something done, and promises nothing."""
    says_only(response, PERHAPS_DONE, LATER)


def says_only(response: Any, said: tuple[str, ...], unsaid: tuple[str, ...]) -> None:
    assert response.status_code == 503
    assert response["Retry-After"] == "30"
    assert response["Cache-Control"] == "no-store"
    text = response.content.decode()
    assert [words for words in said if words not in text] == []
    assert [words for words in unsaid if words in text] == []
    assert "har ändrats" not in text
    assert "Till Mina Sidor" in text
    assert found_in(everything_of(response)) == []


READS: list[Callable[[Planted], str]] = [
    lambda planted: RECORDINGS,
    lambda planted: MESSAGES,
    lambda planted: STAFF,
    lambda planted: f"{RECORDINGS}{planted.recording.pk}/",
    lambda planted: f"{RECORDINGS}{planted.recording.pk}/audio/",
    lambda planted: f"{MESSAGES}{planted.message.pk}/",
    lambda planted: f"{STAFF}{planted.staff.pk}/",
    lambda planted: f"{RECORDINGS}?caller=%2B46701740666",
]


@pytest.mark.parametrize("address", READS)
def test_the_api_says_later_and_no_list_turns_empty(
    anna: House, root: RootFile, address: Callable[[Planted], str]
) -> None:
    planted = plant(anna)
    assert integrator(anna).get(address(planted)).status_code == 200
    root.take_away()
    response = integrator(anna).get(address(planted))
    problem(response, 503, "unavailable")
    assert response["Retry-After"] == "30"
    assert found_in(everything_of(response), planted.audio) == []
    root.put_back()
    assert integrator(anna).get(address(planted)).status_code == 200


@pytest.mark.parametrize(
    ("address", "body"),
    [
        (MESSAGES, {"matter": MATTER, "caller_number": "070-174 06 15"}),
        (STAFF, {"name": "Åsa Ödman", "phone": "070-174 06 20"}),
    ],
)
def test_what_is_posted_is_not_written_by_halves(
    anna: House, root: RootFile, address: str, body: dict[str, str]
) -> None:
    root.take_away()
    before = written()
    key = {"Idempotency-Key": "once"}
    response = integrator(anna).post(address, body, "application/json", headers=key)
    problem(response, 503, "unavailable")
    assert written() == before
    root.put_back()
    again = integrator(anna).post(address, body, "application/json", headers=key)
    assert again.status_code == 201, "the same key does the work once the root is back"


def a_form() -> dict[str, Any]:
    began = (timezone.now() - timedelta(minutes=5)).isoformat()
    return {"started_at": began, "audio": SimpleUploadedFile("a.wav", tone(60))}


def test_an_upload_without_the_root_is_refused_before_its_first_byte(
    anna: House, root: RootFile
) -> None:
    before = traces()
    root.take_away()
    problem(integrator(anna).post(RECORDINGS, a_form()), 503, "unavailable")
    assert traces() == before


def test_an_upload_in_the_middle_of_which_the_root_vanishes_leaves_nothing(
    anna: House, root: RootFile, monkeypatch: Any
) -> None:
    before, write, came = traces(), Intake.write, []

    def pulled_out(intake: Intake, data: bytes) -> None:
        write(intake, data)
        came.append(len(data))
        if len(came) == 2:
            root.take_away()

    monkeypatch.setattr(Intake, "write", pulled_out)
    response = integrator(anna).post(RECORDINGS, a_form())
    problem(response, 503, "unavailable")
    assert len(came) > 2, "the root went while audio was still coming"
    assert traces() == before
    assert Recording._base_manager.count() == 0


PAGES = [
    "portal:home", "portal:overview", "portal:trail", "recordings:list", "phone_messages:list",
    "customers:staff_list", "customers:members", "customers:settings",
]  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_mina_sidor_says_later(anna: House, root: RootFile, sign_in: Any, page: str) -> None:
    plant(anna)
    browser = sign_in(anna.administrator)
    address = reverse(page, args=[] if page == "portal:home" else [anna.customer.number])
    root.take_away()
    response = browser.get(address)
    if response.status_code == 302:  # one customer: straight on to its overview
        response = browser.get(response["Location"])
    later_page(response)


@pytest.mark.parametrize("page", ["portal:call", "portal:message"])
def test_a_page_in_full_says_later(anna: House, root: RootFile, sign_in: Any, page: str) -> None:
    planted = plant(anna)
    thing = planted.recording if page == "portal:call" else planted.message
    browser = sign_in(anna.administrator)
    root.take_away()
    later_page(browser.get(reverse(page, args=[anna.customer.number, thing.pk])))


def test_audio_on_mina_sidor_says_later(anna: House, root: RootFile, sign_in: Any) -> None:
    call, browser = call_of(anna), sign_in(anna.administrator)
    root.take_away()
    later_page(browser.get(reverse("recordings:audio", args=[anna.customer.number, call.pk])))


def test_a_person_added_on_mina_sidor_is_not_written_by_halves(
    anna: House, root: RootFile, sign_in: Any
) -> None:
    browser = sign_in(anna.administrator)
    address = reverse("customers:staff_add", args=[anna.customer.number])
    root.take_away()
    before = written()
    perhaps_done_page(browser.post(address, {"name": "Åsa Ödman", "phone": "070-174 06 20"}))
    assert written() == before


def test_supports_pages_say_later(
    anna: House, sven: User, root: RootFile, sign_in: Any, settings: Any
) -> None:
    settings.SUPPORT_NEEDS_SECOND_FACTOR = False
    browser = sign_in(sven)
    root.take_away()
    later_page(browser.get(reverse("admin:customers_customer_changelist")))
    later_page(browser.get(reverse("admin:customers_customer_change", args=[anna.customer.pk])))


def test_another_root_than_the_one_that_wrapped_is_later_too(
    anna: House, settings: Any, sign_in: Any
) -> None:
    message = message_of(anna)
    CustomerKey.objects.update(root_name="local:0000000000000000")
    forget_keys()
    problem(integrator(anna).get(f"{MESSAGES}{message.pk}/"), 503, "unavailable")
    later_page(sign_in(anna.reader).get(reverse("portal:overview", args=[anna.customer.number])))


@pytest.mark.parametrize("where", ["smartsvar.vault.keys._stored", "customers.access.member_at"])
def test_a_database_that_is_away_is_later(
    anna: House, sign_in: Any, monkeypatch: Any, where: str
) -> None:
    browser = sign_in(anna.reader)
    forget_keys()

    def away(*arguments: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(where, away)
    later_page(browser.get(reverse("portal:overview", args=[anna.customer.number])))


def test_the_api_says_later_when_the_key_store_is_away(anna: House, monkeypatch: Any) -> None:
    message = message_of(anna)
    forget_keys()

    def away(*arguments: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr("smartsvar.vault.keys._stored", away)
    problem(integrator(anna).get(f"{MESSAGES}{message.pk}/"), 503, "unavailable")


def test_a_session_that_cannot_be_read_is_later(
    anna: House, sign_in: Any, monkeypatch: Any
) -> None:
    """The session is read again on the way out, behind every view: in allauth's middleware."""
    browser = sign_in(anna.reader)
    browser.raise_request_exception = False

    def away(*arguments: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", away)
    later_page(browser.get(reverse("portal:overview", args=[anna.customer.number])))


@pytest.mark.django_db(databases="__all__", transaction=True)
def test_the_purge_says_that_it_cannot_be_run_now(anna: House, root: RootFile) -> None:
    root.take_away()
    with pytest.raises(CommandError, match="RootUnreachable"):
        call_command("purge")
