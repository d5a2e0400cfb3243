"""Every address of a customer's pages: who may, and which identity it takes.

A pattern with a customer's number that has no row here fails test_portal_roles.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.urls import URLPattern, get_resolver, reverse

from customers.actions.absences import AbsenceFacts, add_absence
from customers.actions.invitations import invite
from customers.actions.registers import keep_upload
from customers.models import Role
from messages.handling import add_note
from recordings.listening import Scope, grant_listening
from smartsvar.clock import database_now
from tests import cast

EVERYBODY: set[str] = set(Role.values)
CHANGERS: set[str] = {Role.ADMINISTRATOR, Role.MEMBER}
ADMINISTRATORS: set[str] = {Role.ADMINISTRATOR}
FILES = {  # no pages
    "recordings:audio", "recordings:download", "customers:staff_csv", "customers:staff_xlsx",
}  # fmt: skip


@dataclass(frozen=True)
class Address:
    """`thing` names the object in the address; `get` and `post` are answers for those who may."""

    name: str
    may: set[str]
    thing: str = ""
    get: int = 200
    post: int = 405
    body: dict[str, Any] = field(default_factory=dict)
    refused: int = 403  # 404: to the rest of the house it is not there

    def of(self, house: cast.House, things: dict[str, Any]) -> str:
        where = {"number": house.customer.number}
        return reverse(
            self.name, kwargs=where | ({"identity": things[self.thing].id} if self.thing else {})
        )


ADDRESSES = [
    Address("portal:overview", EVERYBODY),
    Address("portal:events", EVERYBODY, post=200, body={"text": "tak"}),
    Address("portal:call", EVERYBODY, "call"),
    Address("portal:message", EVERYBODY, "message"),
    Address("portal:trail", EVERYBODY),
    Address("portal:insight", EVERYBODY),
    Address("portal:grants", ADMINISTRATORS),
    Address("recordings:list", EVERYBODY),
    Address("recordings:audio", EVERYBODY, "call"),
    Address("recordings:download", EVERYBODY, "call"),
    Address("recordings:delete", CHANGERS, "call", post=302),
    Address(
        "recordings:grant_call", ADMINISTRATORS, "call", post=302,
        body={"reason": "Det knastrar", "hours": "1"},
    ),
    Address(
        "recordings:grant_period", ADMINISTRATORS, post=302,
        body={"since": "2026-01-01", "until": "2026-01-02", "reason": "Knaster", "hours": "24"},
    ),
    Address("recordings:grant_revoke", ADMINISTRATORS, "grant", get=405, post=302),
    Address("phone_messages:list", EVERYBODY),
    Address("phone_messages:mark_many", CHANGERS, get=405, post=302, body={"mark": "handled"}),
    Address(
        "phone_messages:mark", CHANGERS, "message", get=405, post=302, body={"mark": "handled"}
    ),
    Address("phone_messages:assign", CHANGERS, "message", get=405, post=302, body={"member": ""}),
    Address("phone_messages:note", CHANGERS, "message", post=302, body={"text": "Ringt upp."}),
    Address(
        "phone_messages:note_change", ADMINISTRATORS, "note", post=302, refused=404,
        body={"text": "Ringt upp."},
    ),
    Address("phone_messages:note_remove", ADMINISTRATORS, "note", post=302, refused=404),
    Address("phone_messages:send_on", CHANGERS, "message", post=200, body={"to": ""}),
    Address("phone_messages:delete", CHANGERS, "message", post=302),
    Address("customers:staff_list", EVERYBODY),
    Address(
        "customers:staff_add", CHANGERS, post=302,
        body={"name": "Ny", "title": "", "phone": "", "email": "", "keywords": ""},
    ),
    Address("customers:staff_change", CHANGERS, "staff", post=302, body={"name": "Stina"}),
    Address("customers:staff_remove", CHANGERS, "staff", post=302),
    Address("customers:staff_remove_many", CHANGERS, get=405, post=302),
    Address("customers:staff_import", CHANGERS, post=200),
    Address("customers:staff_import_plan", ADMINISTRATORS, "upload", post=200, refused=404),
    Address("customers:staff_csv", CHANGERS),
    Address("customers:staff_xlsx", CHANGERS),
    Address("customers:absence_calendar", EVERYBODY),
    Address(
        "customers:absence_add", CHANGERS, "staff", post=302,
        body={"kind": "lunch", "first_day": "2090-01-01"},
    ),
    Address(
        "customers:absence_change", CHANGERS, "absence", post=302,
        body={"kind": "lunch", "first_day": "2090-01-01"},
    ),
    Address("customers:absence_end", CHANGERS, "absence", get=405, post=302),
    Address("customers:absence_remove", CHANGERS, "absence", post=200),
    Address("portal:address_swap", ADMINISTRATORS, post=200),
    Address(
        "customers:members", ADMINISTRATORS, post=302,
        body={"email": "ny@ankdamm.example", "name": "Ny", "role": "reader", "sees": "all"},
    ),
    Address(
        "customers:member_role", ADMINISTRATORS, "other", get=405, post=302, body={"role": "reader"}
    ),
    Address("customers:member_sight", ADMINISTRATORS, "other", post=302, body={"sees": "all"}),
    Address("customers:member_hand_over", ADMINISTRATORS, "other", post=302),
    Address("customers:member_remove", ADMINISTRATORS, "other", post=302),
    Address("customers:invitation_withdraw", ADMINISTRATORS, "invitation", get=405, post=302),
    Address("customers:invitation_send", ADMINISTRATORS, "invitation", get=405, post=302),
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
    call = cast.call_of(house, call_id="samtal-1")
    lasts, by = timedelta(hours=1), house.administrator
    scope = Scope(recording=call)
    return {
        "call": call,
        "grant": grant_listening(
            house.customer, scope, lasts=lasts, reason="Knaster", by=by, at=at
        ),
        "message": cast.message_of(house, call_id="samtal-1"),
        "note": add_note(cast.message_of(house), "Ringde upp.", by=house.administrator, at=at),
        "staff": house.staff,
        "absence": add_absence(
            house.staff, AbsenceFacts(starts_at=at), by=house.administrator, at=at
        ),
        "upload": keep_upload(house.administrator, [["Namn"], ["Ny Person"]], at=at),
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
