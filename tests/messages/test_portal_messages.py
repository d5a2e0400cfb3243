"""Messages on Mina Sidor: listed, filtered, deleted; the mails that carry them."""

from typing import Any

import pytest
from django.urls import reverse

from customers.actions.invitations import invite
from customers.models import Role
from customers.tasks import send_invitation
from messages.channels.email.send import compose
from messages.models import Delivery, PhoneMessage
from smartsvar.clock import database_now
from tests import cast
from tests.mailbox import Markup

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def path(anna: cast.House) -> str:
    return reverse("phone_messages:list", args=[anna.customer.number])


def names(browser: Any, path: str, **asked: str) -> list[str]:
    return [each.caller_name for each in browser.get(path, asked).context["page"].rows]


def test_only_unread_leaves_out_what_was_opened(anna: cast.House, path: str, sign_in: Any) -> None:
    opened = cast.message_of(anna, caller_name="öppnat")
    cast.message_of(anna, caller_name="oläst")
    browser = sign_in(anna.reader)
    browser.get(reverse("portal:message", args=[anna.customer.number, opened.id]))
    assert names(browser, path, unread="on") == ["oläst"]
    assert names(browser, path) == ["oläst", "öppnat"]


def test_messages_are_found_by_caller_and_person(anna: cast.House, path: str, sign_in: Any) -> None:
    cast.message_of(anna, caller_name="till Stina", staff=anna.staff)
    cast.message_of(anna, caller_name="annat nummer", caller_number="+46701740667")
    browser = sign_in(anna.reader)
    assert names(browser, path, staff=str(anna.staff.id)) == ["till Stina"]
    assert names(browser, path, caller="070-174 06 67") == ["annat nummer"]


def test_the_list_shows_what_was_not_delivered(anna: cast.House, path: str, sign_in: Any) -> None:
    cast.message_of(anna)
    browser = sign_in(anna.reader)
    assert "på väg" in browser.get(path).content.decode()
    Delivery.objects.update(state=Delivery.State.FAILED)
    assert "ej levererat" in browser.get(path).content.decode()


def test_an_empty_list_teaches(anna: cast.House, path: str, sign_in: Any) -> None:
    assert "Det uppringare ber oss föra vidare" in sign_in(anna.reader).get(path).content.decode()


def test_bertil_deletes_a_message_and_its_deliveries(anna: cast.House, sign_in: Any) -> None:
    message = cast.message_of(anna)
    address = reverse("phone_messages:delete", args=[anna.customer.number, message.id])
    browser = sign_in(anna.member)
    assert browser.get(address).status_code == 200
    browser.post(address)
    assert not PhoneMessage.objects.filter(id=message.id).exists()
    assert not Delivery.objects.filter(message_id=message.id).exists()


def test_the_mail_says_it_all_as_text_and_as_html(anna: cast.House) -> None:
    mail = compose(cast.message_of(anna), "stina@ankdamm.example")
    html = str(mail.alternatives[0][0])
    for body in (str(mail.body), html):
        assert cast.PLANTED_MATTER in body
        assert cast.PLANTED_NAME in body
        assert cast.PLANTED_COMPANY in body
        assert "070-174 06 66" in body
        assert f"/mina-sidor/{anna.customer.number}/meddelanden/" in body
    assert "<table" not in html
    assert "src=" not in html


def test_markup_in_a_message_is_text_in_the_mail(anna: cast.House) -> None:
    mail = compose(
        cast.message_of(anna, matter="<b>1 < 2</b> & så", caller_name="<i>Z</i>"),
        "s@ankdamm.example",
    )
    assert "<b>1 < 2</b> & så" in str(mail.body)
    assert "&lt;b&gt;1 &lt; 2&lt;/b&gt; &amp; så" in str(mail.alternatives[0][0])
    assert "<i>Z" not in str(mail.alternatives[0][0])


def test_an_english_customers_mail_is_english(anna: cast.House) -> None:
    anna.customer.language = "en"
    mail = compose(cast.message_of(anna), "s@ankdamm.example")
    assert mail.subject.startswith("Phone message from")
    assert "The message on Mina Sidor" in str(mail.alternatives[0][0])


def test_a_message_is_in_the_language_of_who_gets_it_not_of_the_company(anna: cast.House) -> None:
    person = anna.reader.user
    person.language = "en"
    person.save()
    message = cast.message_of(anna)
    subjects = [compose(message, each).subject for each in (person.email.upper(), "s@x.example")]
    assert subjects[0].startswith("Phone message from")
    assert subjects[1].startswith("Telefonmeddelande från")


def test_only_ours_becomes_a_link_of_what_a_caller_says(anna: cast.House) -> None:
    matter = "Läs här:\nhttps://evil.example/\n\n<a href='https://evil.example/'>här</a>"
    mail = compose(cast.message_of(anna, matter=matter), "s@x.example")
    links = Markup(str(mail.alternatives[0][0])).links
    assert {link.partition(":")[0] for link in links} == {"https", "tel", "mailto"}
    assert not [link for link in links if "evil" in link]
    assert "https://evil.example/" in mail.body


def test_an_invitations_mail_carries_the_link(anna: cast.House, mailoutbox: Any) -> None:
    invitation = invite(
        anna.customer,
        email="nina@ny.example",
        name="Nina",
        role=Role.READER,
        by=anna.administrator,
        at=database_now(),
    )
    token = invitation.token
    send_invitation(str(invitation.id))
    [mail] = mailoutbox
    assert "Hej Nina!" in mail.body
    assert f"https://minasidor.example.se/inbjudan/{token}/" in mail.body
