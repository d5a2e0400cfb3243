"""The second factor's secrets lie sealed, open only for their person, and are no way around."""

import base64
import json
import re
import time
from typing import Any

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from django.core.cache import cache
from django.db import connections
from django.test import Client
from django.urls import reverse

from customers.models import Session, SignInEvent, User
from customers.second_factor import second_factor_of
from smartsvar.audit.models import AuditEntry
from smartsvar.unreadable import VERB
from smartsvar.vault.errors import KeyLost, Tampered
from smartsvar.vault.keys import forget_keys
from smartsvar.vault.models import CustomerKey, RecordKey
from smartsvar.vault.second_factor import HOUSE, PEOPLE, forget_person, open_secret, seal_secret
from tests.cast import PASSWORD, House, support_agent
from tests.conftest import browser
from tests.unreadable.conftest import RootFile
from tests.unreadable.conftest import root as root  # a fixture

pytestmark = pytest.mark.django_db(databases="__all__")

SIGN_IN, CODE = "account_login", "mfa_authenticate"


def code_for(secret: str, *, fresh: bool = True) -> str:
    """Return the code that the app on the phone shows now."""
    if fresh:
        cache.clear()  # one code works once, and the tests do not wait for the next
    counter = list(totp.yield_hotp_counters_from_time())[0]
    return str(totp.format_hotp_value(totp.hotp_value(secret, counter)))


def password_given(person: User) -> Client:
    """Return a browser in which the password was right."""
    client = browser()
    answers = {"login": person.email, "password": PASSWORD}
    response = client.post(reverse(SIGN_IN), answers)
    assert response.status_code == 302, response.content
    return client


def at_the_set_up(person: User) -> Client:
    """Return the browser of a signed-in person who has said the password again."""
    client = password_given(person)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


def set_up(person: User) -> tuple[str, list[str], Client]:
    """Set up a second factor through the pages; return secret, recovery codes and the browser."""
    client = at_the_set_up(person)
    page = client.get(reverse("mfa_activate_totp"))
    secret = re.search(r"secret=([A-Z2-7]{32})|([A-Z2-7]{32})", page.content.decode())
    assert secret is not None
    shown = secret[1] or secret[2]
    assert no_trace_of(shown)
    _in_a_fresh_step()
    response = client.post(reverse("mfa_activate_totp"), {"code": code_for(shown)})
    assert response.status_code == 302, response.content
    codes = client.get(reverse("mfa_view_recovery_codes"))
    found = re.findall(r"\b\d{8}\b", codes.content.decode())  # to read, and to download
    return shown, list(dict.fromkeys(found)), client


def _in_a_fresh_step() -> None:
    """Wait for the next half minute if this one is nearly over: its code would be refused."""
    if (left := 30 - time.time() % 30) < 2:
        time.sleep(left)


def no_trace_of(secret: str) -> bool:
    """Look through every table of both databases, and into what sessions hold."""
    raw = base64.b32decode(secret) if re.fullmatch("[A-Z2-7]{32}", secret) else secret.encode()
    forms = {secret.encode(), raw, raw.hex().encode(), base64.b64encode(raw)}
    whole = everything_stored()
    return not any(form in whole for form in forms)


def everything_stored() -> bytes:
    found = b""
    for alias in ("default", "keys"):
        with connections[alias].cursor() as cursor:
            for table in connections[alias].introspection.table_names(cursor):
                cursor.execute(f'SELECT * FROM "{table}"')
                for row in cursor.fetchall():
                    found += b"\n".join(
                        bytes(v) if isinstance(v, bytes | memoryview) else str(v).encode()
                        for v in row
                    )
    return found + json.dumps([each.get_decoded() for each in Session.objects.all()]).encode()


def seed_of(person: User) -> str:
    stored = Authenticator.objects.get(user=person, type=Authenticator.Type.RECOVERY_CODES)
    return open_secret(person.pk, stored.data["seed"])


def authenticator(person: User) -> Authenticator:
    return Authenticator.objects.get(user=person, type=Authenticator.Type.TOTP)


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def kinds(person: User) -> list[str]:
    return [each.kind for each in SignInEvent.objects.filter(user=person).newest_first()]


def test_who_stops_at_the_second_step_has_left_a_trace(sven: User) -> None:
    """The password was right: its person must get to know, and of each wrong answer."""
    secret, _codes, _ = set_up(sven)
    SignInEvent.objects.all().delete()
    client = password_given(sven)
    assert kinds(sven) == [SignInEvent.Kind.SECOND_ASKED]
    client.get(reverse(CODE))
    assert kinds(sven) == [SignInEvent.Kind.SECOND_ASKED], "once"
    for wrong in ({"code": "000000"}, {"credential": '{"id": "x"}'}):
        assert client.post(reverse(CODE), wrong).status_code == 200
        assert kinds(sven)[0] == SignInEvent.Kind.CODE_FAILED
    assert len(kinds(sven)) == 3
    client.post(reverse(CODE), {"code": code_for(secret)})
    assert is_in(client)
    assert kinds(sven)[0] == SignInEvent.Kind.SIGNED_IN


def test_without_a_second_step_none_is_asked_for(anna: House) -> None:
    password_given(anna.reader.user)
    assert kinds(anna.reader.user) == [SignInEvent.Kind.SIGNED_IN]


def test_a_made_up_passkey_alone_is_nobodys_mistake(sven: User) -> None:
    set_up(sven)
    SignInEvent.objects.all().delete()
    browser().post(reverse("mfa_login_webauthn"), {"credential": '{"id": "x"}'})
    assert kinds(sven) == []


def test_sven_signs_in_with_his_code_and_nothing_of_it_stands_in_the_database(sven: User) -> None:
    secret, codes, _ = set_up(sven)
    assert len(codes) == 10
    assert no_trace_of(secret)
    assert no_trace_of(seed_of(sven))
    assert not any(code.encode() in everything_stored() for code in codes)
    client = password_given(sven)
    assert not is_in(client)
    wrong = client.post(reverse(CODE), {"code": "000000"})
    assert wrong.status_code == 200
    assert not is_in(client)
    client.post(reverse(CODE), {"code": code_for(secret)})
    assert is_in(client)


def test_sven_signs_in_with_a_recovery_code_once(sven: User) -> None:
    _, codes, _ = set_up(sven)
    client = password_given(sven)
    client.post(reverse(CODE), {"code": codes[3]})
    assert is_in(client)
    again = password_given(sven)
    again.post(reverse(CODE), {"code": codes[3]})
    assert not is_in(again)


def test_anna_has_a_second_factor_like_sven(anna: House) -> None:
    secret, _, _ = set_up(anna.administrator.user)
    client = password_given(anna.administrator.user)
    client.post(reverse(CODE), {"code": code_for(secret)})
    assert is_in(client)


def test_the_secret_that_is_shown_lies_sealed_in_the_session_until_its_code_comes(
    sven: User,
) -> None:
    client = at_the_set_up(sven)
    client.get(reverse("mfa_activate_totp"))
    first = client.session[SECRET_SESSION_KEY]
    assert first.startswith("v1.")
    assert no_trace_of(open_secret(sven.pk, first))
    client.get(reverse("mfa_activate_totp"))
    second = client.session[SECRET_SESSION_KEY]
    assert open_secret(sven.pk, first) != open_secret(sven.pk, second)
    client.post(reverse("mfa_activate_totp"), {"code": "000000"})
    assert client.session[SECRET_SESSION_KEY] == second, "a slip of the finger changes nothing"
    code = code_for(open_secret(sven.pk, second))
    client.post(reverse("mfa_activate_totp"), {"code": code})
    assert SECRET_SESSION_KEY not in client.session
    assert open_secret(sven.pk, authenticator(sven).data["secret"]) == open_secret(sven.pk, second)


def test_one_key_per_person_serves_both_secrets_under_the_houses_own_key(sven: User) -> None:
    set_up(sven)
    (key,) = RecordKey.objects.filter(object_id=sven.pk)
    assert key.model == PEOPLE
    assert CustomerKey.objects.get(id=key.customer_key_id).customer_id == HOUSE
    assert CustomerKey.objects.filter(customer_id=HOUSE, key_class="content").count() == 1


def test_svens_authenticator_moved_to_anna_does_not_let_sven_in_as_anna(
    sven: User, anna: House
) -> None:
    """Sven has the database in hand, and Anna's password; of second factors he has his own."""
    secret, _, _ = set_up(sven)
    victim = anna.administrator.user
    set_up(victim)
    Authenticator.objects.filter(id=authenticator(victim).id).update(data=authenticator(sven).data)
    client = password_given(victim)
    client.raise_request_exception = False
    response = client.post(reverse(CODE), {"code": code_for(secret)})
    assert response.status_code == 500
    assert not is_in(client)
    (entry,) = AuditEntry.objects.filter(verb=VERB)
    assert (entry.customer_id, entry.object_model) == (None, PEOPLE)
    assert entry.object_id == victim.pk


def test_a_secret_that_stands_there_unsealed_lets_nobody_in(sven: User) -> None:
    secret, _, _ = set_up(sven)
    Authenticator.objects.filter(id=authenticator(sven).id).update(data={"secret": secret})
    client = password_given(sven)
    assert client.post(reverse(CODE), {"code": code_for(secret)}).status_code == 500
    assert not is_in(client)


@pytest.mark.parametrize("which", ["record key", "house key"])
def test_a_lost_key_lets_nobody_in(sven: User, which: str) -> None:
    secret, codes, _ = set_up(sven)
    if which == "record key":
        assert forget_person([sven.pk]) == 1
    else:
        CustomerKey.objects.filter(customer_id=HOUSE).delete()
    forget_keys()
    for code in (code_for(secret), codes[0]):
        client = password_given(sven)
        assert client.post(reverse(CODE), {"code": code}).status_code == 500
        assert not is_in(client)


def test_without_the_root_key_nobody_comes_in_and_everybody_may_try_again(
    sven: User, root: RootFile
) -> None:
    secret, codes, _ = set_up(sven)
    client = password_given(sven)
    root.take_away()
    for code in (code_for(secret), codes[0]):
        response = client.post(reverse(CODE), {"code": code})
        assert (response.status_code, response["Retry-After"]) == (503, "30")
        assert not is_in(client)
    root.put_back()
    client.post(reverse(CODE), {"code": code_for(secret)})
    assert is_in(client)


def test_nothing_is_set_up_without_the_root_key(sven: User, root: RootFile) -> None:
    client = at_the_set_up(sven)
    root.take_away()
    assert client.get(reverse("mfa_activate_totp")).status_code == 503
    assert SECRET_SESSION_KEY not in client.session
    assert not Authenticator.objects.exists()


def test_nobody_named_is_nobodys_secret(sven: User) -> None:
    with pytest.raises(LookupError):
        get_adapter().encrypt("secret")
    with second_factor_of(sven):
        token = get_adapter().encrypt("secret")
        assert get_adapter().decrypt(token) == "secret"
    with pytest.raises(LookupError):
        get_adapter().decrypt(token)


@pytest.mark.parametrize("change", [
    lambda token: "secret", lambda token: "", lambda token: token[3:],
    lambda token: "v2" + token[2:],
    lambda token: token + "=", lambda token: token[:-4], lambda token: token.upper(),
    lambda token: token.replace("v1.", "v1.0"), lambda token: f"v1..{token[36:]}",
    lambda token: f"v1.{'z' * 32}.{token[36:]}", lambda token: token + "\n", lambda token: None,
])  # fmt: skip
def test_what_is_no_token_is_refused(sven: User, change: Any) -> None:
    token = seal_secret(sven.pk, "secret")
    assert open_secret(sven.pk, token) == "secret"
    with pytest.raises(Tampered):
        open_secret(sven.pk, change(token))


def test_a_customers_record_key_seals_no_second_factor(anna: House, sven: User) -> None:
    token = seal_secret(sven.pk, "secret")
    theirs = f"v1.{anna.customer.key_id.hex}.{token[36:]}"
    with pytest.raises(Tampered):
        open_secret(sven.pk, theirs)


def test_forgetting_a_person_forgets_nobody_else() -> None:
    sven, sara = support_agent(), support_agent("sara@support.example")
    his, hers = seal_secret(sven.pk, "his"), seal_secret(sara.pk, "hers")
    assert forget_person([sven.pk]) == 1
    with pytest.raises(KeyLost):
        open_secret(sven.pk, his)
    assert open_secret(sara.pk, hers) == "hers"
    assert forget_person([sven.pk]) == 0
