"""Every address of the service, by every method, as Sven the superuser and as nobody at all.

No answer holds what a caller said or who called, and nothing that guards it is changed.
"""

import html
import json
import logging
from collections.abc import Iterator
from itertools import product
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.admin.models import LogEntry
from django.contrib.auth import SESSION_KEY
from django.core.cache import cache
from django.test import Client
from django.urls import Resolver404, resolve, reverse

from customers.models import (
    Absence,
    ApiKey,
    Customer,
    Invitation,
    Member,
    Session,
    StaffMember,
    User,
)
from customers.second_factor import second_factor_of
from messages.models import Delivery, PhoneMessage
from privacy.models import Terms
from recordings.models import Recording
from smartsvar.audit.models import AuditEntry
from smartsvar.back_office.site import support_site
from subprocessors.models import Notice, Subprocessor
from tests import cast
from tests.conformance.planted import NUMBERS, TEXTS, Planted, everything_of, found_in, plant
from tests.conformance.routes import Route, routes
from tests.conftest import browser
from tests.privacy import papers

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.production_stack]

METHODS = ("get", "head", "options", "post")
NOBODY = "00000000-0000-7000-8000-000000000000"
CHANGES = {"put", "patch", "delete"}

# What somebody posts who wants more than the form offers: all of it, everywhere.
GREEDY = {
    "company_name": "Svens Skalbolag AB",
    "organisation_number": "556016-0680",
    "contact_name": "Sven",
    "phone": "+46701740699",
    "language": "sv",
    "email": "sven@evil.example",
    "administrator_name": "Sven",
    "administrator_email": "sven-annan@evil.example",
    "delivery_address": "sven@evil.example",
    "role": "administrator",
    "name": "Sven",
    "is_staff": "on",
    "is_superuser": "on",
    "password": "ett nytt lösenord",
    "password1": "ett nytt lösenord",
    "password2": "ett nytt lösenord",
    "oldpassword": "fel lösenord",
    "recording_days": "1",
    "days": "1",
    "label": "Svens nyckel",
    "scopes": ["recordings:audio", "recordings:read"],
    "confirm": "on",
    "post": "yes",
    "action": "delete_selected",
    "index": "0",
    "_popup": "1",
    "action_add": "",
}


@pytest.fixture
def planted(anna: cast.House) -> Planted:
    return plant(anna)


@pytest.fixture
def agent(sven: User) -> User:
    """Sven with his second factor, so that nothing but his role stands in his way."""
    with second_factor_of(sven):
        TOTP.activate(sven, generate_totp_secret())
    return sven


def values_for(route: Route, parameter: str, planted: Planted) -> list[str]:
    """Return what to try in a parameter's place. KeyError: say here how to fill a new one."""
    number = str(planted.house.customer.number)
    if parameter == "object_id":
        rows = route.admin_model._base_manager.values_list("pk", flat=True)[:3]
        return [*map(str, rows), NOBODY]
    ids = [*planted.ids, NOBODY]
    known = {
        "number": [number, "99999"],
        "identity": ids,
        "recording_id": ids,
        "message_id": ids,
        "staff_id": ids,
        "absence_id": [*map(str, Absence.objects.values_list("pk", flat=True)), NOBODY],
        "customer_id": [str(planted.house.customer.pk), NOBODY],
        "token": ["not-a-token", "A" * 43],
        "key": ["not-a-key", "MQ:1a2b3c:signature"],
        "uidb36": [planted.house.administrator.user.pk.hex],
        "app_label": sorted({model._meta.app_label for model in support_site._registry}),
        "url": ["", *(f"customers/{page}/" for page in ("member", "user", "staffmember/add"))],
        "name": ["no-such-mail"],
        "why": ["svarar-inte", "hej"],
        "pk": ["1", "999999"],
        "export_id": ids,
        "part": ["1", "2"],
        "notice_id": [*map(str, Notice.objects.values_list("pk", flat=True)), NOBODY],
        "version_id": [str(papers.version().pk), NOBODY],
        "terms_id": [*map(str, Terms.objects.values_list("pk", flat=True)), NOBODY],
        "subprocessor_id": [*map(str, Subprocessor.objects.values_list("pk", flat=True)), NOBODY],
    }
    return known[parameter]


def addresses(route: Route, planted: Planted) -> Iterator[str]:
    """Yield the route's addresses, every combination of values, each proved to lead there."""
    choices = [values_for(route, name, planted) for name in route.parameters]
    for values in product(*choices):
        yield route.address(dict(zip(route.parameters, values, strict=True)))


def ask(client: Client, method: str, address: str, ids: list[str]) -> Any:
    if method == "post":
        body = GREEDY | {"user": ids[-1], "_selected_action": ids}
        if address.startswith("/api/"):
            return client.post(address, json.dumps(body), content_type="application/json")
        return client.post(address, body)
    return getattr(client, method)(address)


def standing(agent: User) -> dict[str, Any]:
    """Everything that decides who gets at the planted data, and the data itself."""
    at_customer = ("id", "number", "recording_days", "contract_ended_at", "shred_job_id")
    sealed = ("id", "key_id", "sealed", "due_at", "shred_job_id")
    rows = {
        "members": Member.objects.values(*sealed, "user_id", "role"),
        "users": User.objects.exclude(id=agent.id).values(),
        "addresses": EmailAddress.objects.exclude(user=agent).values(),
        "second factors": Authenticator.objects.exclude(user=agent).values(),
        "keys": ApiKey.objects.values(),
        "staff": StaffMember.objects.values(*sealed),
        "calls": Recording.objects.values(*sealed, "state"),
        "messages": PhoneMessage.objects.values(*sealed, "read_at"),
        "deliveries": Delivery.objects.values(*sealed[:3], "state", "attempts"),
    }
    found = {name: sorted(map(str, several)) for name, several in rows.items()}
    for customer in Customer.objects.values(*at_customer):
        found[f"customer {customer['id']}"] = sorted(map(str, customer.items()))
    return found


def raw_addresses() -> dict[Any, str]:
    return {customer.id: customer.email for customer in Customer.objects.all()}


@pytest.mark.parametrize("who", ["sven", "nobody"])
def test_no_address_answers_with_what_is_planted_nor_changes_who_gets_at_it(
    who: str, agent: User, planted: Planted, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    before, where_messages_go = standing(agent), raw_addresses()
    invitations = set(Invitation.objects.filter(customer=planted.house.customer).values_list("id"))
    leaks, asked = [], 0
    for route in routes():
        cache.clear()  # the API counts strangers
        client = browser()
        for address in addresses(route, planted):
            if who == "sven" and SESSION_KEY not in client.session:  # it began, or has ended
                client.force_login(agent)
            for method in METHODS:
                content = everything_of(ask(client, method, address, planted.ids))
                leaks += [(what, method, address) for what in found_in(content, planted.audio)]
                asked += 1
    assert not leaks
    assert asked > 4 * len(routes())
    after = standing(agent)
    assert {name: after.get(name) for name in before} == before
    now_go = raw_addresses()
    assert {one: now_go[one] for one in where_messages_go} == where_messages_go
    left = Invitation.objects.filter(customer=planted.house.customer).values_list("id")
    assert set(left) == invitations
    assert not found_in(caplog.text.encode())
    assert not found_in(kept_beside().encode(), planted.audio)


def kept_beside() -> str:
    """What the walk left: Django's admin log, sessions, the audit trail."""
    log = list(LogEntry.objects.values_list("object_id", "object_repr", "change_message"))
    sessions = [session.get_decoded() for session in Session.objects.all()]
    trail = list(AuditEntry.objects.values_list("verb", "object_model", "object_id", "actor_kind"))
    return json.dumps([log, sessions, trail], default=str, ensure_ascii=False)


def test_every_address_that_is_walked_leads_to_its_own_view(planted: Planted, agent: User) -> None:
    wrong = []
    for route in routes():
        if not route.name:  # the catch-alls take what nothing else takes
            continue
        if route.name in {"mfa_index", "mfa_list_webauthn"}:  # the page of one's account has both
            continue
        for address in addresses(route, planted):
            try:
                led_to = resolve(address).func
            except Resolver404:
                led_to = None
            if led_to is not route.view:
                wrong.append((str(route), address))
    assert not wrong


@pytest.mark.parametrize("model", list(support_site._registry), ids=str)
def test_searching_the_admin_for_what_is_planted_is_as_searching_for_anything_else(
    agent: User, planted: Planted, sign_in: Any, model: Any
) -> None:
    client = sign_in(agent)
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    for term in (*TEXTS, *NUMBERS, NUMBERS[0][3:], "070-174 06 66"):
        other = term[::-1].swapcase()
        answers = [client.get(address, {"q": asked}) for asked in (term, other)]
        assert [answer.context["cl"].result_count for answer in answers] == [0, 0]
        # The page repeats the question, and tells no more of what is planted than of nonsense.
        (times, rest), (control, _) = map(without_echo, answers, (term, other))
        assert times == control, term
        assert not found_in(rest.encode()), term


def without_echo(answer: Any, term: str) -> tuple[int, str]:
    """Return how often the page repeats what was asked for, and the page without it."""
    page, times = answer.content.decode(), 0
    query = urlencode({"q": term})
    writings = (html.escape(term), quote(query, safe=""), quote_plus(term), quote(term))
    for writing in dict.fromkeys(writings):
        times += page.count(writing)
        page = page.replace(writing, "")
    return times, page


@pytest.mark.parametrize("method", sorted(CHANGES))
def test_sven_changes_nothing_with_the_methods_that_pages_do_not_have(
    agent: User, planted: Planted, method: str
) -> None:
    before = standing(agent)
    client = browser()
    client.force_login(agent)
    for route in routes():
        cache.clear()
        for address in addresses(route, planted):
            response = getattr(client, method)(address, GREEDY, content_type="application/json")
            assert not found_in(everything_of(response), planted.audio), address
    assert standing(agent) == before


def test_the_search_for_leaks_finds_them_where_they_belong(planted: Planted, sign_in: Any) -> None:
    """The walk would notice: Anna's own pages hold all of it."""
    client, house = sign_in(planted.house.administrator), planted.house.customer.number
    pages = {
        reverse("portal:call", args=[house, planted.recording.id]): {
            cast.PLANTED_NAME, cast.PLANTED_NUMBER,
        },
        reverse("portal:message", args=[house, planted.message.id]): {
            cast.PLANTED_NAME, cast.PLANTED_NUMBER, cast.PLANTED_MATTER, cast.PLANTED_EMAIL,
        },
        reverse("recordings:audio", args=[house, planted.recording.id]): {"audio"},
    }  # fmt: skip
    for address, expected in pages.items():
        found = found_in(everything_of(client.get(address)), planted.audio)
        assert expected <= set(found), address


def test_sven_is_still_signed_in_as_support_with_all_his_pages(agent: User, sign_in: Any) -> None:
    """The walk walked: with his second factor Sven opens every list."""
    client = sign_in(agent)
    for model in support_site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        assert client.get(reverse(name)).status_code == 200
