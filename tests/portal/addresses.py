"""Every address of a customer's pages: who may, and which identity it takes.

A pattern with a customer's number that has no row here fails test_portal_roles.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.urls import URLPattern, get_resolver, reverse

from customers.actions.members import invite
from customers.models import Role
from smartsvar.clock import database_now
from tests import cast

EVERYBODY: set[str] = set(Role.values)
CHANGERS: set[str] = {Role.ADMINISTRATOR, Role.MEMBER}
ADMINISTRATORS: set[str] = {Role.ADMINISTRATOR}


@dataclass(frozen=True)
class Address:
    """`thing` names the object in the address; `get` and `post` are answers for those who may."""

    name: str
    may: set[str]
    thing: str = ""
    get: int = 200
    post: int = 405
    body: dict[str, Any] = field(default_factory=dict)

    def of(self, house: cast.House, things: dict[str, Any]) -> str:
        where = {"number": house.customer.number}
        return reverse(
            self.name, kwargs=where | ({"identity": things[self.thing].id} if self.thing else {})
        )


ADDRESSES = [
    Address("portal:overview", EVERYBODY),
    Address("portal:call", EVERYBODY, "call"),
    Address("portal:message", EVERYBODY, "message"),
    Address("portal:trail", EVERYBODY),
    Address("recordings:list", EVERYBODY),
    Address("recordings:audio", EVERYBODY, "call"),
    Address("recordings:delete", CHANGERS, "call", post=302),
    Address("phone_messages:list", EVERYBODY),
    Address("phone_messages:delete", CHANGERS, "message", post=302),
    Address("customers:staff_list", EVERYBODY),
    Address(
        "customers:staff_add", CHANGERS, post=302,
        body={"name": "Ny", "title": "", "phone": "", "email": "", "keywords": ""},
    ),
    Address("customers:staff_change", CHANGERS, "staff", post=302, body={"name": "Stina"}),
    Address("customers:staff_remove", CHANGERS, "staff", post=302),
    Address(
        "customers:members", ADMINISTRATORS, post=302,
        body={"email": "ny@ankdamm.example", "name": "Ny", "role": "reader"},
    ),
    Address(
        "customers:member_role", ADMINISTRATORS, "other", get=405, post=302, body={"role": "reader"}
    ),
    Address("customers:member_remove", ADMINISTRATORS, "other", post=302),
    Address("customers:invitation_withdraw", ADMINISTRATORS, "invitation", get=405, post=302),
    Address("customers:keys", ADMINISTRATORS),
    Address(
        "customers:key_add", ADMINISTRATORS, post=200,
        body={"label": "Växel", "scopes": ["staff:read"], "days": "90"},
    ),
    Address("customers:key_revoke", ADMINISTRATORS, "key", post=302),
    Address("customers:settings", ADMINISTRATORS, post=302, body={"recording_days": ""}),
]  # fmt: skip


def things_of(house: cast.House) -> dict[str, Any]:
    """One of everything that an address can name."""
    at = database_now()
    return {
        "call": cast.call_of(house, call_id="samtal-1"),
        "message": cast.message_of(house, call_id="samtal-1"),
        "staff": house.staff,
        "other": house.reader,
        "key": house.key,
        "invitation": invite(
            house.customer, email="bjuden@ankdamm.example", name="Bjuden", role=Role.READER,
            by=house.administrator, at=at,
        ),
    }  # fmt: skip


def patterns() -> Iterator[str]:
    """Yield the names of all addresses that begin with a customer's number."""
    for prefix in ("portal", "recordings", "phone_messages", "customers"):
        resolver = get_resolver().namespace_dict[prefix][1]
        for pattern in resolver.url_patterns:
            assert isinstance(pattern, URLPattern)
            if "number" in pattern.pattern.converters:
                yield f"{prefix}:{pattern.name}"
