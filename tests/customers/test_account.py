"""My account: where one is signed in, what has happened, and nobody else's of it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from customers.actions.members import join
from customers.browsers import Browser, browser_of
from customers.history import address_in, note
from customers.models import Member, Session, SignInEvent, User
from customers.sessions import hashed
from customers.tasks import send_account_mails
from privacy.purging.purge import purge
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from smartsvar.vault.second_factor import forget_person, seal_secret
from tests import cast
from tests.conftest import browser
from tests.unreadable.conftest import RootFile
from tests.unreadable.conftest import root as root  # a fixture

pytestmark = pytest.mark.django_db(databases="__all__")
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like"
    " Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
)
FROM = "198.51.100.77"
ACCOUNT = "/konto/"
Kind = SignInEvent.Kind


def signed_in(person: User, agent: str = FIREFOX, password: str = cast.PASSWORD) -> Client:
    """Return a browser in which the person gave this password on the form."""
    client = browser()
    client.defaults |= {"HTTP_USER_AGENT": agent, "HTTP_X_FORWARDED_FOR": FROM}
    client.post(reverse("account_login"), {"login": person.email, "password": password})
    return client


def kinds(person: User) -> list[str]:
    return [each.kind for each in SignInEvent.objects.filter(user=person).order_by("at", "id")]


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, ("Firefox", "Windows")),
        (IPHONE, ("Safari", "iPhone")),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/149.0 Safari/537.36 Edg/149.0", ("Edge", "Linux")),
        ("curl/8", ("", "")),
        ("", ("", "")),
        ("\u202e" + "A" * 100_000, ("", "")),
    ],
)
def test_a_browser_is_told_in_words_and_no_more(agent: str, words: tuple[str, str]) -> None:
    assert browser_of(agent) == words
    assert len(str(Browser(*words))) < 40


def test_anna_sees_both_her_browsers_and_ends_the_one_she_lost(anna: cast.House) -> None:
    person = anna.administrator.user
    lost, here = signed_in(person, IPHONE), signed_in(person)
    page = here.get(ACCOUNT).content.decode()
    assert "Firefox på Windows" in page
    assert "Safari på iPhone" in page
    assert page.count("den här webbläsaren") == 1
    (address,) = re.findall(r'action="(/konto/sessioner/[0-9a-f]{40}/avsluta)"', page)
    assert here.post(address).status_code == 302
    assert lost.get(ACCOUNT).status_code == 302, "at its next request it is a stranger's"
    assert here.get(ACCOUNT).status_code == 200
    assert kinds(person)[-1] == Kind.ENDED


@pytest.mark.parametrize("name", ["%00", "x", "%C3%A5" * 40, "A" * 40, "0" * 41])
def test_what_is_no_sessions_name_is_not_there(anna: cast.House, name: str) -> None:
    hers = signed_in(anna.reader.user)
    assert hers.post(f"/konto/sessioner/{name}/avsluta").status_code == 404


def test_a_new_password_leaves_this_browser_signed_in_and_no_other(anna: cast.House) -> None:
    person = anna.reader.user
    here, there = signed_in(person), signed_in(person, IPHONE)
    new = "ett helt nytt lösenord"
    body = {"oldpassword": cast.PASSWORD, "password1": new, "password2": new}
    assert here.post(reverse("account_change_password"), body).status_code == 302
    assert [each.current for each in here.get(ACCOUNT).context["sessions"]] == [True]
    assert there.get(ACCOUNT).status_code == 302
    assert Session.objects.filter(user=person).count() == 1


def test_a_forgotten_password_chosen_anew_ends_every_session(
    anna: cast.House, mailoutbox: Any
) -> None:
    person, stranger = anna.reader.user, browser()
    signed_in(person)
    stranger.post(reverse("account_reset_password"), {"email": person.email})
    send_account_mails()
    path = re.search(r"/konto/\S*reset\S*", mailoutbox[-1].body)
    assert path is not None
    form = stranger.get(path[0], follow=True).redirect_chain[-1][0]
    new = "ett helt nytt lösenord"
    assert stranger.post(form, {"password1": new, "password2": new}).status_code == 302
    assert not Session.objects.filter(user=person).exists()
    assert signed_in(person, password=new).get(ACCOUNT).status_code == 200


def test_nobody_ends_anybody_elses_session(anna: cast.House, cecilia: cast.House) -> None:
    hers, theirs = signed_in(anna.reader.user), signed_in(cecilia.reader.user)
    for session in Session.objects.filter(user=anna.reader.user):
        answer = theirs.post(reverse("customers:session_end", args=[session.session_key]))
        assert answer.status_code == 404
    theirs.post(reverse("customers:sessions_end"), {"here": "1"})
    assert hers.get(ACCOUNT).status_code == 200
    assert theirs.get(ACCOUNT).status_code == 302


@pytest.mark.parametrize(("body", "status"), [({}, 200), ({"here": "1"}, 302)])
def test_signing_out_everywhere(body: dict[str, str], status: int, anna: cast.House) -> None:
    here, offered = signed_in(anna.reader.user), "Logga ut alla andra"
    assert offered not in here.get(ACCOUNT).content.decode(), "there are no others"
    others = [signed_in(anna.reader.user, IPHONE) for _ in range(2)]
    assert offered in here.get(ACCOUNT).content.decode()
    here.post(reverse("customers:sessions_end"), body)
    assert [each.get(ACCOUNT).status_code for each in others] == [302, 302]
    assert here.get(ACCOUNT).status_code == status


def test_a_use_is_noted_and_no_other_persons_row_touched(anna: cast.House) -> None:
    here = signed_in(anna.reader.user)
    (row,) = Session.objects.all()
    long_ago = database_now() - timedelta(hours=2)
    Session.objects.update(seen_at=long_ago)
    signed_in(anna.member.user)
    assert Session.objects.get(pk=row.pk).seen_at == long_ago
    here.get(ACCOUNT)
    assert Session.objects.get(pk=row.pk).seen_at > long_ago + timedelta(hours=1)


def test_a_session_holds_neither_the_address_nor_the_browsers_own_words(anna: cast.House) -> None:
    client = signed_in(anna.reader.user)
    (row,) = Session.objects.all()
    assert row.user_id == anna.reader.user_id
    assert row.session_key == hashed(client.session.session_key)
    told = repr(row.get_decoded())
    assert FROM not in told
    assert "Gecko" not in told


def test_login_history_tells_what_happened(anna: cast.House) -> None:
    person = anna.reader.user
    signed_in(person, password="fel lösenord")
    client = signed_in(person)
    new = "hästen är rätt"
    change = {"oldpassword": cast.PASSWORD, "password1": new, "password2": new}
    assert client.post(reverse("account_change_password"), change).status_code == 302
    client.post(reverse("account_logout"))
    assert kinds(person) == [Kind.FAILED, Kind.SIGNED_IN, Kind.PASSWORD_CHANGED, Kind.SIGNED_OUT]
    again = signed_in(person, password=new)
    page = again.get(reverse("customers:account_history")).content.decode()
    for words in ("Misslyckat försök", "Inloggad", "Lösenordet bytt", "Firefox på Windows", FROM):
        assert words in page
    assert "180 dagar" in page


def test_rut_corrects_her_name_wherever_she_is_a_member(
    anna: cast.House, cecilia: cast.House, sign_in: Any
) -> None:
    person, at = anna.reader.user, database_now()
    join(cecilia.customer, person, role="reader", name="Rut Rutgersson", at=at)
    browser, page = sign_in(anna.reader), reverse("customers:account_name")
    assert f'href="{page}"' in browser.get(reverse("customers:account")).content.decode()
    assert "i alla företag" in browser.get(page).content.decode()
    wrong = browser.post(page, {"name": "Rut\u202eRut"}).content.decode()
    assert "errorlist" in wrong
    assert browser.post(page, {"name": "Rut Ruter"}).status_code == 302
    mine = Member.objects.filter(user=person)
    assert {each.name for each in mine} == {"Rut Ruter"}
    assert len(mine) == 2
    told = AuditEntry.objects.filter(verb="member.renamed")
    assert set(told.values_list("customer_id", "object_id", "actor_id")) == {
        (each.customer_id, each.pk, each.pk) for each in mine
    }
    browser.post(page, {"name": "Rut Ruter"})
    assert told.count() == 2, "nothing is corrected twice"
    assert Member.objects.get(pk=anna.member.pk).name == anna.member.name


def test_of_an_address_that_nobody_has_nothing_is_kept(anna: cast.House) -> None:
    stranger = User(email="ingen@ingenstans.example")
    signed_in(stranger)
    assert not SignInEvent.objects.exists()


def test_the_address_is_sealed_for_its_person(anna: cast.House, cecilia: cast.House) -> None:
    client = signed_in(anna.reader.user)
    event = SignInEvent.objects.get(user=anna.reader.user)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM customers_signinevent")
        assert FROM not in repr(cursor.fetchall())
    assert address_in(event) == FROM
    moved = SignInEvent.objects.create(
        user=cecilia.reader.user, kind=Kind.FAILED, at=database_now(), address=event.address
    )
    assert address_in(moved) == "", "it opens for nobody else"
    event.address = seal_secret(event.user_id, "JBSWY3DPEHPK3PXP")
    assert address_in(event) == "", "a second factor's secret that was moved here is no address"
    forget_person([anna.reader.user_id])
    assert client.get(reverse("customers:account_history")).status_code == 200


def test_nobody_reads_anybody_elses_history(anna: cast.House, sven: User) -> None:
    """Not the customer's administrator: it sees the day of the last sign-in, and no more."""
    signed_in(anna.reader.user)
    boss = signed_in(anna.administrator.user, IPHONE)
    assert "Windows" not in boss.get(reverse("customers:account_history")).content.decode()
    page = boss.get(reverse("customers:members", args=[anna.customer.number])).content.decode()
    assert "loggade senast in" in page
    assert FROM not in page
    assert "Firefox" not in page
    assert not SignInEvent.objects.filter(user=sven).exists()


def test_after_180_days_the_purge_takes_it(anna: cast.House) -> None:
    person, at = anna.reader.user, database_now()
    note(person, Kind.SIGNED_IN, None, at=at - timedelta(days=181))
    kept = note(person, Kind.SIGNED_IN, None, at=at - timedelta(days=179))
    assert purge(at) == {"customers.SignInEvent": 1}
    assert [each.pk for each in SignInEvent.objects.all()] == [kept.pk]


def test_it_goes_with_the_sign_in(anna: cast.House, sign_in: Any) -> None:
    signed_in(anna.reader.user)
    path = reverse("customers:member_remove", args=[anna.customer.number, anna.reader.id])
    sign_in(anna.administrator).post(path)
    assert not SignInEvent.objects.filter(user_id=anna.reader.user_id).exists()
    assert not Session.objects.filter(user_id=anna.reader.user_id).exists()


def test_a_root_key_that_is_away_stops_no_sign_in(anna: cast.House, root: RootFile) -> None:
    root.take_away()
    client = signed_in(anna.reader.user)
    assert SignInEvent.objects.get(user=anna.reader.user).address == ""
    assert client.session["_auth_user_id"] == str(anna.reader.user_id)


def test_a_long_history_costs_as_many_queries_as_a_short_one(anna: cast.House) -> None:
    client = signed_in(anna.reader.user)
    path = reverse("customers:account_history")

    def cost() -> int:
        before = len(connection.queries_log)
        connection.force_debug_cursor = True
        client.get(path)
        connection.force_debug_cursor = False
        return len(connection.queries_log) - before

    few = cost()
    for _ in range(30):
        signed_in(anna.reader.user)
    assert cost() == few


def test_mail_to_a_person_is_in_the_language_that_it_chose(
    anna: cast.House, client: Client, mailoutbox: Any
) -> None:
    person = anna.reader.user
    signed_in(person).post(ACCOUNT, {"language": "en"})
    client.post(reverse("account_reset_password"), {"email": person.email})
    signed_in(person).post(ACCOUNT, {"language": "klingon"})
    send_account_mails()
    person.refresh_from_db()
    assert person.language == "en"
    assert "Hello," in mailoutbox[0].body
    assert "Hej" not in mailoutbox[0].body
