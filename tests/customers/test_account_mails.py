"""Mail about one's own sign-in: it is told of, in one's language, and holds nobody up."""

import re
import socket
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.core.context import request_context
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers.models import AccountMail, Customer, User
from customers.tasks import send_account_mail, send_account_mails
from privacy.purging.purge import purge
from smartsvar.clock import database_now
from tests import cast
from tests.conformance.test_mails import TEMPLATES
from tests.conftest import browser
from tests.customers.test_second_factor import at_the_set_up, password_given, set_up
from tests.mailbox import html_of, mails_to, text_of

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"
NOTICES = sorted(
    path.relative_to(TEMPLATES).as_posix().removesuffix("_message.txt")
    for path in TEMPLATES.glob("*/email/*_message.txt")
    if "base_notification" in path.read_text(encoding="utf-8")
)
TOKEN = re.compile(r"[0-9A-Za-z_:-]{25,}")


@pytest.fixture(autouse=True)
def _real_mail(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"


def subjects(person: User, address: str = "") -> list[str]:
    send_account_mails()
    return [str(mail["Subject"]) for mail in mails_to(address or person.email)]


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("kind", NOTICES)
def test_each_notice_is_text_and_html_in_the_persons_language(
    anna: cast.House, kind: str, language: str, rf: Any
) -> None:
    person = anna.reader.user
    User.objects.filter(pk=person.pk).update(language=language)
    person.refresh_from_db()
    request = rf.get("/", HTTP_USER_AGENT=FIREFOX)
    with request_context(request):
        get_adapter().send_notification_mail(kind, person, {"left": 1, "provider": "Duvan"})
    assert send_account_mails() == 1
    (mail,) = mails_to(person.email)
    assert mail["Content-Language"] == language
    greeting, browser = {
        "sv": ("Hej!", "Firefox på Windows"), "en": ("Hello,", "Firefox on Windows")
    }[language]  # fmt: skip
    for part in (text_of(mail), html_of(mail)):
        assert greeting in part
        assert browser in part
        assert reverse("customers:contact") in part, "what to do if it was somebody else"
        assert not [word for word in TOKEN.findall(part) if "." not in word]


def test_a_stranger_whose_address_is_given_is_not_written_to(
    anna: cast.House, client: Client
) -> None:
    stranger = "ingen@ingenstans.example"
    for email in (stranger, anna.reader.user.email):
        client.post(reverse("account_reset_password"), {"email": email})
    rows = AccountMail.objects.stored().order_by("created_at", "id")
    assert [bool(row.address or row.subject or row.text) for row in rows] == [False, True]
    assert send_account_mails() == 2
    assert not mails_to(stranger)
    assert len(mails_to(anna.reader.user.email)) == 1
    assert not AccountMail.objects.waiting(database_now()).exists()


def test_an_unknown_address_costs_as_many_statements_as_a_known_one(
    anna: cast.House, client: Client
) -> None:
    cost = []
    for email in (anna.reader.user.email, "ingen@ingenstans.example"):
        with CaptureQueriesContext(connections["default"]) as asked:
            client.post(reverse("account_reset_password"), {"email": email})
        cost.append([q["sql"].split()[0] for q in asked].count("INSERT"))
    assert cost[0] == cost[1] == 1


def test_rut_is_told_of_a_new_password(anna: cast.House) -> None:
    person = anna.reader.user
    client = at_the_set_up(person)
    body = {"oldpassword": cast.PASSWORD, "password1": "nytt " * 5, "password2": "nytt " * 5}
    assert client.post(reverse("account_change_password"), body).status_code == 302
    assert subjects(person) == ["Ditt lösenord har ändrats"]


def test_a_changed_address_is_told_of_at_the_old_one_and_the_new_one(anna: cast.House) -> None:
    person = anna.reader.user
    old, new = person.email, f"ny-{person.email}"
    address = EmailAddress.objects.create(user=person, email=new, primary=False, verified=False)
    key = EmailConfirmationHMAC(address).key
    client = password_given(person)
    client.post(reverse("account_confirm_email", args=[key]))
    person.refresh_from_db()
    assert person.email == new
    send_account_mails()
    for each in (old, new):
        (mail,) = mails_to(each)
        assert mail["Subject"] == "Adressen för din inloggning har ändrats"
        assert "återställ" not in text_of(mail), "the old address gets no new password"


def test_rut_is_told_of_every_change_to_her_second_step(anna: cast.House) -> None:
    person = anna.reader.user
    _secret, codes, client = set_up(person)
    assert subjects(person) == ["Tvåstegsinloggning är påslagen"]
    client.post(reverse("mfa_generate_recovery_codes"))
    assert subjects(person)[1:] == ["Du har nya återställningskoder"]
    client.post(reverse("mfa_deactivate_totp"))
    assert subjects(person)[2:] == ["Autentiseringsappen har tagits bort"]


def test_a_recovery_code_that_was_used_is_told_of_with_how_many_are_left(
    anna: cast.House,
) -> None:
    person = anna.reader.user
    _secret, codes, _client = set_up(person)
    before = len(subjects(person))
    client = password_given(person)
    client.post(reverse("mfa_authenticate"), {"code": codes[0]})
    assert client.get(reverse("customers:account")).status_code == 200
    assert subjects(person)[before:] == ["En återställningskod har använts"]
    text = text_of(mails_to(person.email)[-1])
    assert f"{len(codes) - 1} koder är kvar" in text
    assert codes[0] not in text


def test_a_new_browser_is_told_of_and_the_usual_one_is_not(anna: cast.House) -> None:
    person = anna.reader.user
    body = {"login": person.email, "password": cast.PASSWORD}
    for agent in (FIREFOX, FIREFOX, "Mozilla/5.0 (iPhone) Safari/605.1", FIREFOX):
        browser().post(reverse("account_login"), body, headers={"User-Agent": agent})
    assert subjects(person) == ["Din inloggning har använts i en ny webbläsare"]


def test_a_mail_server_that_is_away_neither_fails_nor_loses_anything(
    anna: cast.House, client: Client, settings: Any
) -> None:
    person, port = anna.reader.user, settings.EMAIL_PORT
    with socket.create_server(("127.0.0.1", 0)) as sock:
        settings.EMAIL_PORT = sock.getsockname()[1]  # where nobody answers any more
    answer = client.post(reverse("account_reset_password"), {"email": person.email})
    assert answer.status_code == 302
    waiting = AccountMail.objects.get()
    assert send_account_mail(str(waiting.pk)) == "no_connection"
    assert send_account_mails() == 1
    assert AccountMail.objects.waiting(database_now()).count() == 1
    settings.EMAIL_PORT = port
    assert subjects(person) == ["Välj ett nytt lösenord"]
    assert send_account_mails() == 0


def test_what_the_mail_said_lies_sealed_until_it_is_sent_and_nowhere_afterwards(
    anna: cast.House, client: Client
) -> None:
    client.post(reverse("account_reset_password"), {"email": anna.reader.user.email})
    waiting = AccountMail.objects.get()
    assert "/lösenord" in waiting.text or "password" in waiting.text
    assert anna.reader.user.email.encode() not in bytes(waiting.sealed)
    assert send_account_mail(str(waiting.pk)) == ""
    sent = AccountMail.objects.get()
    assert (sent.address, sent.subject, sent.text) == ("", "", "")
    assert sent.due_at is not None
    assert purge(sent.due_at)["customers.AccountMail"] == 1
    assert not AccountMail.objects.exists()


def test_a_worker_that_died_is_followed_by_another_and_two_at_once_send_one(
    anna: cast.House, client: Client
) -> None:
    client.post(reverse("account_reset_password"), {"email": anna.reader.user.email})
    waiting, at = AccountMail.objects.get(), database_now()
    AccountMail.objects.update(sending_until=at + timedelta(minutes=5))
    assert send_account_mail(str(waiting.pk)) == ""
    assert mails_to(anna.reader.user.email) == [], "it is in another worker's hands"
    AccountMail.objects.update(sending_until=at - timedelta(seconds=1))
    send_account_mail(str(waiting.pk))
    send_account_mail(str(waiting.pk))
    assert len(mails_to(anna.reader.user.email)) == 1


def test_who_was_removed_meanwhile_gets_no_link(anna: cast.House, client: Client) -> None:
    client.post(reverse("account_reset_password"), {"email": anna.reader.user.email})
    User.objects.filter(pk=anna.reader.user.pk).update(is_active=False)
    send_account_mails()
    assert mails_to(anna.reader.user.email) == []
    assert AccountMail.objects.get().text == ""


def test_who_chose_no_language_reads_her_companys(anna: cast.House, client: Client) -> None:
    Customer.objects.filter(pk=anna.customer.pk).update(language="en")
    page = {"Accept-Language": "sv"}
    client.post(reverse("account_reset_password"), {"email": anna.reader.user.email}, headers=page)
    assert subjects(anna.reader.user) == ["Choose a new password"]
