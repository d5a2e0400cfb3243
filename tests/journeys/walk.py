"""Every page for people, read from the addresses: where it is, who sees it, with what on it.

A new address is walked by itself as soon as tests/conformance/tenant_targets.py can fill it.
What a page needs beside its address (a form posted, a house of another kind) stands in `states`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client

from customers.actions.invitations import invite
from customers.models import Role
from customers.second_factor import second_factor_of
from smartsvar.clock import database_now
from tests import cast
from tests.conformance.planted import plant
from tests.conformance.routes import Route, routes
from tests.conformance.tenant_targets import EVERYBODYS, TARGETS
from tests.conftest import browser
from tests.customers.test_second_factor import at_the_set_up, password_given
from tests.journeys.passkeys import give_passkey

MACHINES = ("api/", "admin/")  # the first is read by programs, the second is Django's own pages
FORM = re.compile(r'<form[^>]*method="post".*?</form>', re.DOTALL)
ASKS = re.compile(r'<select|<textarea|<input(?![^>]*type="(?:hidden|submit)")')
STEPS = 5  # that a page may lead on before it shows something


@dataclass(frozen=True)
class Look:
    """A page, and who opens it; with a body it is what that person gets by posting.

    `asks` tells whether a form on it wants something said.
    """

    who: str
    address: str
    body: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    what: str = ""
    asks: bool = False

    def __str__(self) -> str:
        return " ".join(part for part in (self.who, self.address, self.what) if part)


@dataclass
class World:
    """Whose pages are walked, and the windows they are walked in; "nobody" is signed out."""

    anna: cast.House
    cecilia: cast.House
    visitors: dict[str, Client]


def people(anna: cast.House, cecilia: cast.House) -> World:
    """Fill Anna's house; Cecilia's is empty. Rut has an app and a passkey."""
    plant(anna)
    visitors = {"nobody": browser(), "anna": at_the_set_up(anna.administrator.user)}
    visitors["cecilia"] = at_the_set_up(cecilia.administrator.user)
    visitors["rut"] = at_the_set_up(anna.reader.user)
    with second_factor_of(anna.reader.user):
        TOTP.activate(anna.reader.user, generate_totp_secret())
        RecoveryCodes.activate(anna.reader.user)
    give_passkey(anna.reader.user, "Ruts dator")
    visitors["half way"] = password_given(anna.reader.user)
    return World(anna, cecilia, visitors)


def own_values(world: World) -> dict[str, str]:
    """Return what stands in the addresses of somebody's own sign-in."""
    house, user = world.anna, world.anna.administrator.user
    cecilia = world.cecilia.administrator.user
    unproved, _ = EmailAddress.objects.get_or_create(user=cecilia, email="ny@cykelhuset.example")
    passkey = Authenticator.objects.get(user=house.reader.user, type="webauthn")
    invitation = invite(
        house.customer, email="nina@ny.example", name="Nina", role=Role.READER,
        by=house.administrator, at=database_now(),
    )  # fmt: skip
    return {
        "number": str(house.customer.number), "token": invitation.token, "part": "1",
        "uidb36": user_pk_to_url_str(user), "reset": default_token_generator.make_token(user),
        "key": EmailConfirmationHMAC(unproved).key, "pk": str(passkey.pk), "name": "0" * 64,
        "why": "svarar-inte",
    }  # fmt: skip


def address_of(route: Route, house: cast.House, own: Mapping[str, str]) -> str:
    """Return the route's address in this house. KeyError: say in `TARGETS` what it is about."""
    values = dict(own)
    for name in set(route.parameters) - set(own):
        values[name] = str(EVERYBODYS[name]() if name in EVERYBODYS else TARGETS[route.name](house))
    if "uidb36" in route.parameters:
        values["key"] = own["reset"]
    return route.address(values)


def page_of(who: str, world: World, address: str, route: Route) -> Look | None:
    """Return the look at the page of this route, after what leads on to it; None if it has none."""
    here, client = address, world.visitors[who]
    for _ in range(STEPS):
        answer = client.get(here)
        if answer.status_code not in {301, 302}:
            break
        here = answer.headers["Location"]
    match = getattr(answer, "resolver_match", None)
    if not (is_page(answer) and match and match.func is route.view):
        return None
    content = answer.content.decode()
    forms = FORM.findall(content[content.index("<main") :])
    return Look(who, here, asks=any(ASKS.search(form) for form in forms))


def is_page(answer: Any) -> bool:
    """Whether somebody would look at it: neither a file nor a fact."""
    kind, how = (answer.headers.get(name, "") for name in ("Content-Type", "Content-Disposition"))
    return answer.status_code == 200 and "text/html" in kind and "attachment" not in how


def ours() -> list[Route]:
    return [route for route in routes() if not route.pattern.startswith(MACHINES)]


def filled(world: World) -> Iterator[Look]:
    """Yield each address's page with something on it, as the first who sees it does."""
    own = own_values(world)
    made = [(route, address_of(route, world.anna, own)) for route in ours()]
    for route, address in made:
        for who in ("nobody", "anna", "rut", "half way"):
            if look := page_of(who, world, address, route):
                yield look
                break


def empty(world: World) -> Iterator[Look]:
    """Yield every page that needs no more than the customer's number, of a house with nothing."""
    number = {"number": str(world.cecilia.customer.number)}
    for route in ours():
        if route.parameters != ["number"]:
            continue
        if look := page_of("cecilia", world, route.address(number), route):
            yield replace(look, what="empty")
