"""The door for a broker's identities: who gets in by it, what remains of it, and what does not."""

import io
import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.test import Client
from django.urls import reverse

from customers.actions.identities import LastWayIn, connect_identity, disconnect_identity
from customers.broker.names import name_of
from customers.models import AccountMail, SignInEvent, User
from tests import cast
from tests.broker import CLIENT, PERSONAL_NUMBER, PLANTED, SECRET, Broker, broker_on_loopback
from tests.conftest import browser
from tests.customers.test_second_factor import (
    at_the_set_up,
    code_for,
    everything_stored,
    is_in,
    password_given,
    set_up,
)

pytestmark = pytest.mark.django_db(databases="__all__")
Kind = SignInEvent.Kind
TOKEN = re.compile(r'csrfmiddlewaretoken" value="\w+"')
DOORS = ["broker_sign_in", "broker_answer", "broker_connect", "broker_disconnect"]


@pytest.fixture
def broker(settings: Any) -> Iterator[Broker]:
    """A broker that the service is set up with."""
    with broker_on_loopback() as running:
        settings.OIDC_NAME, settings.OIDC_ISSUER = "BankID", running.address
        settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT, SECRET
        yield running


def door(name: str) -> str:
    return reverse(f"customers:{name}")


def go_there(client: Client, name: str = "broker_sign_in", **form: str) -> str:
    """Press the button; return the broker's address that the page leads to."""
    page = client.post(door(name), form)
    assert page.status_code == 200, page.content.decode()
    found = re.search(r'content="0; url=([^"]+)"', page.content.decode())
    assert found is not None
    return unescape(found[1])


def shown_there(there: str) -> str:
    """Show the broker who one is; return where in our house it sends the browser."""
    answer = httpx.get(httpx.get(there).headers["Location"])
    parts = urlsplit(answer.headers["Location"])
    assert parts.netloc == "minasidor.example.se", "back to the public address"
    return f"{parts.path}?{parts.query}"


def come_back(client: Client, name: str = "broker_sign_in", **form: str) -> Any:
    return arrive(client, shown_there(go_there(client, name, **form)))


def arrive(client: Client, back: str) -> Any:
    """Return what the broker's answer leads to; of a refusal the page that says why."""
    return reason(client, client.get(back))


def press(client: Client) -> Any:
    """Press the button of a broker that does not open."""
    return reason(client, client.post(door("broker_sign_in")))


def reason(client: Client, answer: Any) -> Any:
    if "/konto/eid/nej/" not in answer.headers.get("Location", ""):
        return answer
    page = client.get(answer["Location"])
    assert "code=" not in page.content.decode()
    return page


def kinds(person: User) -> list[str]:
    return [each.kind for each in SignInEvent.objects.filter(user=person).newest_first()]


def mailed(person: User) -> str:
    """Return what waits to be mailed to a person."""
    return "\n".join(each.text for each in AccountMail.objects.filter(user_id=person.pk))


def sign_in_by_broker(person: User) -> Client:
    client = browser()
    answer = come_back(client)
    assert answer.status_code == 302, answer.content.decode()
    assert client.session["_auth_user_id"] == str(person.pk)
    return client


def test_rut_connects_her_identity_and_signs_in_with_it(anna: cast.House, broker: Broker) -> None:
    rut = anna.reader.user
    client = at_the_set_up(rut)
    assert "Koppla BankID" in client.get(reverse("customers:account")).content.decode()
    answer = come_back(client, "broker_connect")
    assert answer["Location"] == reverse("customers:account")
    page = client.get(answer["Location"]).content.decode()
    assert "Du kan nu logga in med BankID." in page
    assert "Koppla bort" in page
    assert kinds(rut)[0] == Kind.IDENTITY_ADDED
    told = mailed(rut)
    assert "BankID har kopplats till din inloggning" in told
    assert "{" not in told
    assert AccountMail.objects.filter(user_id=rut.pk).count() == 1
    fresh = sign_in_by_broker(rut)
    assert kinds(rut)[0] == Kind.SIGNED_IN
    overview = reverse("portal:overview", args=[anna.customer.number])
    assert fresh.get(overview).status_code == 200


def test_nothing_of_what_the_broker_says_is_kept_or_logged(
    anna: cast.House, broker: Broker, log: io.StringIO
) -> None:
    """Not even where its name for the person is the personal identity number itself."""
    assert broker.subject == PERSONAL_NUMBER
    come_back(at_the_set_up(anna.reader.user), "broker_connect")
    sign_in_by_broker(anna.reader.user)
    broker.subject = f"9{PERSONAL_NUMBER}"
    come_back(browser())
    broker.key = "en hemlighet som är lång nog för en signatur"
    broker.header = {"alg": "HS256"}
    come_back(browser())
    stored = everything_stored()
    for planted in [*PLANTED, "åtkomst", "eyJhbGciOi"]:
        assert planted.encode() not in stored, planted
        assert planted not in log.getvalue(), planted
    (identity,) = SocialAccount.objects.all()
    assert identity.extra_data == {}
    assert re.fullmatch("[0-9a-f]{64}", identity.uid)
    assert not SocialToken.objects.exists()
    assert "/userinfo" not in broker.asked


def test_as_little_as_possible_is_asked_for(broker: Broker, client: Client) -> None:
    asked = parse_qs(urlsplit(go_there(client)).query)
    assert asked["scope"] == ["openid"]
    assert len(asked["nonce"][0]) > 30
    assert len(asked["code_challenge"][0]) == 43
    assert asked["redirect_uri"] == ["https://minasidor.example.se/konto/eid/svar"]
    assert SECRET not in str(asked)


def test_a_strangers_identity_and_anothers_get_the_same_page_and_nobody_becomes_a_user(
    anna: cast.House, broker: Broker
) -> None:
    """Whatever address it comes with: one of our people's that the broker vouches for, even."""
    before = set(User.objects.values_list("email", flat=True))
    pages = []
    for address in (anna.reader.user.email, "ingen@ingenstans.example"):
        broker.claims = {"email": address, "email_verified": True}
        client = browser()
        answer = come_back(client)
        assert answer.status_code == 403
        assert not is_in(client)
        pages.append(TOKEN.sub("", answer.content.decode()))
    assert pages[0] == pages[1]
    assert "välj ”Koppla BankID”" in pages[0]
    assert set(User.objects.values_list("email", flat=True)) == before
    assert not SocialAccount.objects.exists()


def test_who_has_two_factor_sign_in_is_asked_for_the_code_after_the_broker_too(
    anna: cast.House, broker: Broker
) -> None:
    secret, _codes, client = set_up(anna.reader.user)
    come_back(client, "broker_connect")
    fresh = browser()
    answer = come_back(fresh)
    assert answer["Location"] == reverse("mfa_authenticate")
    assert not is_in(fresh)
    fresh.post(reverse("mfa_authenticate"), {"code": code_for(secret)})
    assert is_in(fresh)


def test_connecting_asks_who_is_there_again(anna: cast.House, broker: Broker) -> None:
    client = password_given(anna.reader.user)
    for method in (client.get, client.post):
        answer = method(door("broker_connect"))
        assert answer.status_code == 302
        assert reverse("account_reauthenticate") in answer["Location"]


def test_what_was_asked_by_one_person_connects_nobody_else(
    anna: cast.House, broker: Broker
) -> None:
    client = at_the_set_up(anna.reader.user)
    back = shown_there(go_there(client, "broker_connect"))
    assert arrive(browser(), back).status_code == 400, "another browser"
    kept = client.session["socialaccount_states"]
    other = at_the_set_up(anna.member.user)
    session = other.session
    session["socialaccount_states"] = kept
    session.save()
    assert arrive(other, back).status_code == 400, "another person"
    assert not SocialAccount.objects.exists()


def test_an_identity_opens_one_sign_in_and_a_sign_in_has_one_identity(
    anna: cast.House, broker: Broker
) -> None:
    come_back(at_the_set_up(anna.reader.user), "broker_connect")
    other = at_the_set_up(anna.member.user)
    answer = come_back(other, "broker_connect")
    assert "redan en annan inloggning" in other.get(answer["Location"]).content.decode()
    assert SocialAccount.objects.get().user_id == anna.reader.user.pk
    client = at_the_set_up(anna.reader.user)
    assert client.get(door("broker_connect"))["Location"] == reverse("customers:account")


def test_disconnecting_asks_first_and_ends_it(anna: cast.House, broker: Broker) -> None:
    rut = anna.reader.user
    connect_identity(rut, PERSONAL_NUMBER)
    client = at_the_set_up(rut)
    assert "Koppla bort BankID?" in client.get(door("broker_disconnect")).content.decode()
    assert SocialAccount.objects.exists()
    client.post(door("broker_disconnect"))
    assert not SocialAccount.objects.exists()
    assert kinds(rut)[0] == Kind.IDENTITY_REMOVED
    told = mailed(rut)
    assert "BankID har kopplats bort" in told
    assert "{" not in told
    assert AccountMail.objects.filter(user_id=rut.pk).count() == 1
    assert come_back(browser()).status_code == 403
    assert client.get(door("broker_disconnect")).status_code == 404


def test_the_last_way_in_is_not_taken_away(anna: cast.House, broker: Broker) -> None:
    rut = anna.reader.user
    connect_identity(rut, PERSONAL_NUMBER)
    rut.set_unusable_password()
    rut.save()
    with pytest.raises(LastWayIn):
        disconnect_identity(rut)
    client = sign_in_by_broker(rut)
    client.post(door("broker_disconnect"))
    assert "Välj ett lösenord" in client.get(reverse("customers:account")).content.decode()
    assert SocialAccount.objects.exists()


def test_sven_neither_connects_nor_gets_in_by_it(
    sven: User, anna: cast.House, broker: Broker
) -> None:
    """Nor with an identity from before he became an agent; his history says that it was tried."""
    client = at_the_set_up(sven)
    assert "BankID" not in client.get(reverse("customers:account")).content.decode()
    client.post(door("broker_connect"))
    assert not SocialAccount.objects.exists()
    SocialAccount.objects.create(user=sven, provider="broker", uid=name_of(PERSONAL_NUMBER))
    fresh = browser()
    assert come_back(fresh).status_code == 403
    assert not is_in(fresh)
    assert kinds(sven)[0] == Kind.FAILED


def test_a_closed_sign_in_stays_closed(anna: cast.House, broker: Broker) -> None:
    rut = anna.reader.user
    connect_identity(rut, PERSONAL_NUMBER)
    client = sign_in_by_broker(rut)
    User.objects.filter(pk=rut.pk).update(is_active=False)
    fresh = browser()
    assert come_back(fresh).status_code == 403
    assert not is_in(fresh)
    assert kinds(rut)[0] == Kind.FAILED
    overview = reverse("portal:overview", args=[anna.customer.number])
    assert client.get(overview).status_code == 302, "and the session from before is over"


def test_a_removed_members_identity_goes_with_the_sign_in(
    anna: cast.House, broker: Broker, sign_in: Any
) -> None:
    connect_identity(anna.reader.user, PERSONAL_NUMBER)
    client = sign_in_by_broker(anna.reader.user)
    path = reverse("customers:member_remove", args=[anna.customer.number, anna.reader.id])
    sign_in(anna.administrator).post(path)
    overview = reverse("portal:overview", args=[anna.customer.number])
    assert client.get(overview).status_code in {302, 404}
    assert not SocialAccount.objects.exists()
    assert come_back(browser()).status_code == 403


def test_next_leads_to_our_own_pages_only(anna: cast.House, broker: Broker) -> None:
    connect_identity(anna.reader.user, PERSONAL_NUMBER)
    ours = reverse("portal:overview", args=[anna.customer.number])
    assert come_back(browser(), next=ours)["Location"] == ours
    for theirs in ("https://ond.example/", "//ond.example", "javascript:alert(1)", "\\\\ond"):
        assert come_back(browser(), next=theirs)["Location"] == "/mina-sidor/"


def test_whoever_presses_too_often_waits(broker: Broker) -> None:
    client = browser()
    for ask in (client.post, client.get):
        path = door("broker_sign_in" if ask == client.post else "broker_answer")
        answers = [ask(path) for _ in range(31)]
        assert [each.status_code == 429 for each in answers] == [False] * 30 + [True]
        assert answers[-1]["Retry-After"] == "60"
        assert "Vänta en minut" in answers[-1].content.decode()


def test_without_a_broker_there_is_no_door(anna: cast.House, client: Client) -> None:
    assert "eid" not in client.get(reverse("account_login")).content.decode()
    inside = at_the_set_up(anna.reader.user)
    assert "/konto/eid" not in inside.get(reverse("customers:account")).content.decode()
    for name in DOORS:
        for who in (client, inside):
            for method in (who.get, who.post):
                assert method(door(name)).status_code == 404, name
        assert who.get(reverse("customers:broker_refused", args=["svarar-inte"])).status_code == 404


@pytest.mark.parametrize(
    "path",
    ["3rdparty/", "3rdparty/signup/", "oidc/broker/login/", "oidc/broker/login/callback/",
     "social/signup/"],
)  # fmt: skip
def test_the_librarys_own_doors_stay_shut(
    path: str, anna: cast.House, broker: Broker, sign_in: Any
) -> None:
    for who in (browser(), sign_in(anna.reader)):
        for method in (who.get, who.post):
            assert method(f"/konto/{path}").status_code == 404


def test_a_provider_written_into_the_database_opens_nothing(
    broker: Broker, settings: Any, client: Client
) -> None:
    row = {"provider": "openid_connect", "provider_id": "broker", "name": "Ond", "client_id": "x"}
    SocialApp.objects.create(**row, settings={"server_url": "https://ond.example"})
    assert go_there(client).startswith(broker.address)
    settings.OIDC_ISSUER = ""
    assert client.post(door("broker_sign_in")).status_code == 404


def test_the_pages_speak_english_too(broker: Broker, client: Client) -> None:
    client.cookies["language"] = "en"
    page = come_back(client).content.decode()
    assert "This identity does not sign in here" in page
    assert "choose “Connect BankID”" in page
