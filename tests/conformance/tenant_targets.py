"""The things that the addresses of the tenant table name, made for a house."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from customers.actions.covers import About, hold, restrict
from customers.actions.keys import create_api_key
from customers.actions.members import invite, join
from customers.actions.staff import StaffDetails, add_staff
from customers.models import Hold, Restriction, Role, Target, User
from privacy.cases.steps import check_identity, decide, open_case
from privacy.erasures.steps import ask_erasure
from privacy.exports.ask import ask_for_export
from privacy.exports.collect import collect
from privacy.models import Case, CaseKind, CaseState, Erasure, SignedReceipt
from recordings.models import Recording
from smartsvar.audit.actors import SYSTEM
from smartsvar.clock import database_now
from tests import cast
from tests.subprocessors.register import announced, company_with_file


def call(house: cast.House) -> UUID:
    return cast.call_of(house).pk


def message(house: cast.House) -> UUID:
    return cast.message_of(house).pk


def person(house: cast.House) -> UUID:
    details = StaffDetails(name="Ture Tillfällig")
    return add_staff(house.customer, details, by=house.administrator, at=database_now()).pk


def colleague(house: cast.House) -> UUID:
    user = User.objects.create(email=f"{uuid4().hex}@kollega.example", password="!")
    return join(house.customer, user, role=Role.READER, name="Kollega", at=database_now()).pk


def invitation(house: cast.House) -> UUID:
    return invite(
        house.customer, email="ny@kollega.example", name="Ny", role=Role.READER,
        by=house.administrator, at=database_now(),
    ).pk  # fmt: skip


def request(house: cast.House) -> UUID:
    return open_case(
        house.customer, CaseKind.ACCESS, About(target=Target.CUSTOMER), by=house.administrator,
        at=database_now(),
    ).pk  # fmt: skip


def answered(house: cast.House) -> UUID:
    case = Case.objects.get(pk=request(house))
    at = database_now()
    check_identity(case, "Inloggad", by=SYSTEM, at=at)
    decide(case, CaseState.GRANTED, ground="Artikel 15.", decision="Ja.", by=SYSTEM, at=at)
    return case.pk


def key(house: cast.House) -> UUID:
    return create_api_key(
        house.customer, label="x", scopes=[], days=1, by=house.administrator, at=database_now()
    )[0].pk


def receipt(house: cast.House) -> UUID:
    chain = SignedReceipt.objects.filter(customer_id=house.customer.pk)
    return SignedReceipt.objects.create(
        customer_id=house.customer.pk, sequence=chain.count() + 1, at=database_now(), count=1,
        fact='{"deleted":[]}', digest="", signature="",
    ).pk  # fmt: skip


def export(house: cast.House) -> UUID:
    """An export that is ready; about a caller of its own, so that each is another one."""
    about = About(target=Target.CALLER, caller=f"{uuid4().hex}@export.example")
    by, at = house.administrator, database_now()
    identity: UUID = ask_for_export(house.customer, about, case=None, by=by, at=at).pk
    collect(identity)
    return identity


def erasure(house: cast.House) -> UUID:
    about = About(target=Target.RECORD, object_model=Recording._meta.label, object_id=call(house))
    asked = ask_erasure(house.customer, about, by=house.administrator, at=database_now())
    asked.certificate = {"fact": {}}
    asked.save()
    return asked.pk


def restriction(house: cast.House) -> UUID:
    about = About(target=Target.CALLER, caller="+46701740699")
    by, at = house.administrator, database_now()
    return restrict(house.customer, about, reason="x", keeps=False, by=by, at=at).pk


def held(house: cast.House) -> UUID:
    about = About(target=Target.CALLER, caller="+46701740699")
    kind, by, at = Hold.Kind.LEGAL, house.administrator, database_now()
    return hold(house.customer, about, kind=kind, reason="x", ends_at=None, by=by, at=at).pk


MADE_SO: dict[Any, Callable[[cast.House], UUID]] = {
    Restriction: restriction, Hold: held, Erasure: erasure,
}  # fmt: skip
TARGETS: dict[str, Callable[[cast.House], UUID]] = {
    "privacy:case": request, "privacy:case_withdraw": request,
    "privacy:case_letter": answered, "privacy:case_file": answered,
    "portal:call": call, "recordings:audio": call, "recordings:delete": call,
    "portal:message": message, "phone_messages:delete": message,
    "customers:staff_change": person, "customers:staff_remove": person,
    "customers:member_role": colleague, "customers:member_remove": colleague,
    "customers:invitation_withdraw": invitation, "customers:key_revoke": key,
    "api:recording-detail": call, "api:recording-audio": call, "api:message-detail": message,
    "api:staff-detail": person,
    "privacy:erase_one": call, "privacy:restrict_one": call,
    "privacy:erasure": erasure, "privacy:erasure_cancel": erasure,
    "privacy:erasure_certificate": erasure, "privacy:restriction_lift": restriction,
    "privacy:receipt": receipt,
    "privacy:export": export, "privacy:export_part": export, "privacy:export_delete": export,
    "api:export-detail": export,
}  # fmt: skip


# What belongs to no customer: parameter -> an object.
EVERYBODYS: dict[str, Callable[[], UUID]] = {
    "notice_id": lambda: announced().pk,
    "subprocessor_id": lambda: company_with_file().pk,
}
