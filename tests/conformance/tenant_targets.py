"""The things that the addresses of the tenant table name, made for a house."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from customers.actions.absences import AbsenceFacts, add_absence
from customers.actions.covers import About, hold, restrict
from customers.actions.invitations import invite
from customers.actions.keys import create_api_key
from customers.actions.members import join
from customers.actions.registers import keep_upload
from customers.actions.staff import StaffDetails, add_staff
from customers.models import Enquiry, Hold, Restriction, Role, Target, User
from messages.handling import add_note
from privacy.agreements.steps import begin_signing, sign
from privacy.agreements.versions import in_language, version_of
from privacy.cases.steps import check_identity, decide, open_case
from privacy.erasures.steps import ask_erasure
from privacy.exports.ask import ask_for_export
from privacy.exports.collect import collect
from privacy.models import (
    Case,
    CaseKind,
    CaseState,
    Erasure,
    PolicyVersion,
    SignedAgreement,
    SignedReceipt,
    Signing,
    Terms,
)
from recordings.listening import Scope, grant_listening
from recordings.models import ListeningGrant, Recording
from smartsvar.audit.actors import SYSTEM
from smartsvar.bulletins.actions import publish
from smartsvar.bulletins.models import Bulletin
from smartsvar.clock import database_now
from subprocessors.notices import today
from tests import cast
from tests.privacy import papers
from tests.subprocessors.register import announced, company_with_file


def call(house: cast.House) -> UUID:
    return cast.call_of(house).pk


def message(house: cast.House) -> UUID:
    return cast.message_of(house).pk


def note(house: cast.House) -> UUID:
    about, by = cast.message_of(house), house.administrator
    return add_note(about, "Ringde upp.", by=by, at=database_now()).pk


def person(house: cast.House) -> UUID:
    details = StaffDetails(name="Ture Tillfällig")
    return add_staff(house.customer, details, by=house.administrator, at=database_now()).pk


def absence(house: cast.House) -> UUID:
    facts = AbsenceFacts(starts_at=database_now())
    return add_absence(house.staff, facts, by=house.administrator, at=database_now()).pk


def uploaded(house: cast.House) -> UUID:
    table = [["Namn"], ["Ture Tillfällig"]]
    return keep_upload(house.administrator, table, at=database_now()).pk


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


def signing(house: cast.House) -> UUID:
    """A signing under way, of the house's administrator; others' codes are not counted."""
    Signing.objects.filter(customer=house.customer).update(codes=0)
    for each in SignedAgreement.objects.filter(customer_id=house.customer.id):
        SignedAgreement.objects.filter(pk=each.pk).update(version=uuid4().hex)
    at = database_now()
    version = version_of(in_language(house.customer, "sv", today(at)))
    said = {"name": "Chefen", "title": "VD", "language": "sv", "version": version}
    return begin_signing(house.administrator, at=at, **said).pk


def agreed(house: cast.House) -> UUID:
    """A version that is signed, and no longer the newest."""
    begun = Signing.objects.get(pk=signing(house))
    by, at = house.administrator, database_now()
    signed = sign(begun, begun.code, by=by, address="192.0.2.7", at=at)
    SignedAgreement.objects.filter(pk=signed.pk).update(version=uuid4().hex)
    return signed.pk


def grant(house: cast.House) -> UUID:
    """A permission to listen to a call, in force."""
    scope = Scope(recording=Recording.objects.get(pk=call(house)))
    lasts, at = timedelta(hours=1), database_now()
    by = house.administrator
    return grant_listening(house.customer, scope, lasts=lasts, reason="x", by=by, at=at).pk


def bulletin(_house: cast.House) -> UUID:
    at = database_now()
    made = Bulletin(
        kind=Bulletin.Kind.DISTURBANCE, starts_at=at, title_sv="x", title_en="x", text_sv="x",
        text_en="x",
    )  # fmt: skip
    publish(made, by=SYSTEM, at=at)
    return made.pk


MADE_SO: dict[Any, Callable[[cast.House], UUID]] = {
    Restriction: restriction, Hold: held, Erasure: erasure, ListeningGrant: grant,
    SignedAgreement: agreed, Bulletin: bulletin,
    Enquiry: lambda _house: papers.planted_enquiry(database_now()).pk,
    PolicyVersion: lambda _house: papers.version().pk,
    Terms: lambda _house: papers.draft_of_terms().pk,
}  # fmt: skip
TARGETS: dict[str, Callable[[cast.House], UUID]] = {
    "recordings:download": call,
    "phone_messages:mark": message, "phone_messages:assign": message,
    "phone_messages:note": message, "phone_messages:send_on": message,
    "phone_messages:note_change": note, "phone_messages:note_remove": note,
    "privacy:case": request, "privacy:case_withdraw": request,
    "privacy:case_letter": answered, "privacy:case_file": answered,
    "portal:call": call, "recordings:audio": call, "recordings:delete": call,
    "recordings:grant_call": call, "recordings:grant_revoke": grant,
    "privacy:agreement_code": signing, "privacy:agreement_code_again": signing,
    "privacy:agreement_file": agreed, "privacy:agreement_proof": agreed,
    "admin:recordings_listeninggrant_call": call, "admin:recordings_listeninggrant_audio": call,
    "portal:message": message, "phone_messages:delete": message,
    "customers:staff_change": person, "customers:staff_remove": person,
    "customers:staff_import_plan": uploaded, "customers:absence_add": person,
    "customers:absence_change": absence, "customers:absence_end": absence,
    "customers:absence_remove": absence,
    "api:absence-list": person, "api:absence-detail": absence,
    "customers:member_role": colleague, "customers:member_remove": colleague,
    "customers:session_end": lambda _house: uuid4(),  # nobody's
    "customers:member_sight": colleague, "customers:member_hand_over": colleague,
    "customers:invitation_send": invitation, "customers:invitation_withdraw": invitation,
    "customers:key_revoke": key,
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
    "version_id": lambda: papers.version().pk,
    "terms_id": lambda: papers.published_terms().pk,
}
