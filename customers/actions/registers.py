"""A whole register at once: kept between upload and confirmation, carried out, or handed out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from customers.actions.staff import FIELDS, REGISTER_LIMIT, RegisterFull, StaffDetails
from customers.models import Customer, Member, RegisterFile, StaffMember
from smartsvar.audit.trail import record, record_many
from smartsvar.shredding.actions import carry_out, shred
from smartsvar.shredding.claims import claim_rows
from smartsvar.shredding.models import Gone


class UploadUsed(Exception):
    """The upload was carried out or thrown away by another request: nothing is done twice."""


@dataclass(frozen=True)
class Addition:
    """A new person, from this line of a file."""

    line: int
    details: StaffDetails


@dataclass(frozen=True)
class Change:
    """What the register says of a person from now on, and which fields that changes."""

    line: int
    person: StaffMember
    details: StaffDetails
    fields: list[str]


def keep_upload(
    member: Member, table: list[list[str]], *, at: datetime, lines: Sequence[int] = ()
) -> RegisterFile:
    """Seal an uploaded table until it is confirmed; the member's earlier ones go.

    `lines`: where in its file each row stands.
    """
    shred(list(RegisterFile.objects.filter(uploaded_by=member.id, shred_job_id=None)), by=member)
    upload = RegisterFile(customer=member.customer, uploaded_by=member.id, created_at=at)
    upload.table, upload.lines = table, list(lines)
    with transaction.atomic():
        upload.save(force_insert=True)
        record("registerfile.uploaded", upload, by=member, customer_id=upload.customer_id, at=at)
    return upload


def throw_away(upload: RegisterFile, *, by: Member) -> None:
    """Destroy an upload."""
    shred([upload], by=by)


def import_register(
    customer: Customer,
    added: Sequence[Addition],
    changed: Sequence[Change],
    removed: Sequence[StaffMember],
    *,
    upload: RegisterFile,
    by: Member,
    at: datetime,
    along: Callable[[], object] | None = None,
) -> None:
    """Do all of it, or nothing, in one transaction; the upload and whom it removes go right after.

    `along` is done in between, before the ledger and the storage are asked: they may fail.

    Raises RegisterFull; UploadUsed when another request was first; Gone when somebody it names has
    been removed meanwhile; Held when a hold keeps one whom it removes.
    """
    with transaction.atomic():
        list(Customer.objects.select_for_update(no_key=True).filter(id=customer.id))
        spent = claim_rows(RegisterFile, [upload.pk], by=by, at=at)
        if spent is None:
            raise UploadUsed
        ids = [person.pk for person in removed]
        job = claim_rows(StaffMember, ids, by=by, at=at) if ids else None
        if StaffMember.objects.of(customer).count() + len(added) > REGISTER_LIMIT:
            raise RegisterFull
        new = [StaffMember(customer=customer, created_at=at) for _ in added]
        for person, addition in zip(new, added, strict=True):
            _fill(person, addition.details, FIELDS)
        StaffMember.objects.bulk_create(new)
        touched = _change(customer, changed, at)
        for verb, ids in (("added", [each.pk for each in new]), ("changed", touched)):
            things = [(customer.id, identity) for identity in ids]
            label = StaffMember._meta.label
            record_many(f"staffmember.{verb}", label, things, by=by.actor, at=at)
        record("customer.register_imported", customer, by=by, customer_id=customer.id, at=at)
    if along is not None:
        along()
    for each in (job, spent):
        if each is not None:
            carry_out(each)


def _change(customer: Customer, changed: Sequence[Change], at: datetime) -> list[UUID]:
    ids = [each.person.pk for each in changed]
    rows = StaffMember.objects.of(customer).filter(id__among=ids)
    held = rows.select_for_update(of=("self",), no_key=True).order_by("pk")
    locked = {person.pk: person for person in held}
    if len(locked) != len(ids):
        raise Gone
    for each in changed:  # only what it changes: a colleague may have written the rest meanwhile
        _fill(locked[each.person.pk], each.details, each.fields)
    StaffMember.objects.all().write_sealed(list(locked.values()))
    StaffMember.objects.filter(id__among=ids).update(changed_at=at)
    return ids


def _fill(person: StaffMember, details: StaffDetails, fields: Sequence[str]) -> None:
    for name in fields:
        value = getattr(details, name)
        setattr(person, name, list(value) if name == "keywords" else value)


def note_export(customer: Customer, *, by: Member, at: datetime) -> None:
    """Write down that the register was handed out as a file."""
    record("customer.register_exported", customer, by=by, customer_id=customer.id, at=at)
