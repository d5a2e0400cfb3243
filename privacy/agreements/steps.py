"""Signing: read, say who signs, prove it, and it is signed."""

import base64
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q, Sum
from django.utils import translation
from django.utils.translation import gettext as _

from customers.models import Customer, Member, Role
from customers.papers import forget
from privacy.agreements.proof import VALID, SpentCode, TooSoon, proof
from privacy.agreements.versions import in_language, version_of
from privacy.models import SignedAgreement, Signing
from privacy.receipts import keys
from privacy.receipts.verify import AGREEMENT
from privacy.record.document import Document, Section
from privacy.record.faces import prints
from privacy.record.parties import operator_facts
from privacy.record.versions import as_content, strings_of
from privacy.record.writers import pdf
from smartsvar.audit.trail import record
from smartsvar.clock import STOCKHOLM
from smartsvar.jobs import enqueue
from subprocessors.notices import today

WINDOW = timedelta(hours=1)
CODES_AN_HOUR = 6  # mailed to one member, however many signings it begins


class AlreadySigned(Exception):
    """Somebody of the customer's has signed this version."""


class Changed(Exception):
    """The agreement is not the one that was read: it must be read again."""


class Unprintable(Exception):
    """The document cannot print the company's name, or another of its words, as it is written."""


class NotAllowed(Exception):
    """Whoever signs is no administrator of the customer any more."""


def begin_signing(
    member: Member, *, version: str, language: str, name: str, title: str, at: datetime
) -> Signing:
    """Take in who signs which version, and ask for the proof.

    Raises NotAllowed, Changed, Unprintable, AlreadySigned, TooSoon.
    """
    with transaction.atomic():
        _locked_administrator(member)
        document = in_language(member.customer, language, today(at))
        if version_of(document) != version:
            raise Changed
        if not all(map(prints, strings_of(document))):
            raise Unprintable
        if SignedAgreement.objects.of(member.customer_id).filter(version=version).exists():
            raise AlreadySigned
        _within_the_hour(member.id, at)
        signing = Signing(
            customer=member.customer, member_id=member.id, version=version, language=language,
            started_at=at,
        )  # fmt: skip
        signing.name, signing.title = name, title
        proof().ask(signing, at=at)
        record("signing.begun", signing, by=member, customer_id=member.customer_id, at=at)
    return signing


def ask_again(signing: Signing, *, at: datetime) -> None:
    """Ask for the proof once more. Raises TooSoon, SpentCode for what has been signed."""
    with transaction.atomic():
        _lock(signing.customer_id)
        fresh = Signing.objects.select_for_update(of=("self",)).get(pk=signing.pk)
        if fresh.used_at is not None:
            raise SpentCode
        _within_the_hour(fresh.member_id, at)
        proof().ask(fresh, at=at)


def _within_the_hour(member_id: UUID, at: datetime) -> None:
    """Raise TooSoon for who was asked as often as one may be; with the customer locked.

    A signing is counted whole if its last code is of this hour: never fewer than there were.
    """
    mine = Signing.objects.filter(member_id=member_id)
    lately = Q(started_at__gt=at - WINDOW) | Q(expires_at__gt=at - WINDOW + VALID)
    if (mine.filter(lately).aggregate(sum=Sum("codes"))["sum"] or 0) >= CODES_AN_HOUR:
        raise TooSoon


def sign(
    signing: Signing, answer: str, *, by: Member, address: str, at: datetime
) -> SignedAgreement:
    """Sign the version that was read, once the answer proves who signs.

    Raises Unproved, NotAllowed, Changed, AlreadySigned; keys.NoKey when nothing can be signed now.
    """
    proof().check(signing, answer, at=at)
    keys.ready(at)
    with transaction.atomic():
        member = _locked_administrator(by)
        document = in_language(member.customer, signing.language, today(at))
        if version_of(document) != signing.version:
            raise Changed
        if SignedAgreement.objects.of(member.customer_id).filter(version=signing.version).exists():
            raise AlreadySigned
        if not Signing.objects.filter(pk=signing.pk, used_at=None).update(used_at=at):
            raise SpentCode
        signed = _written(signing, document, address, at)
        signed.save(force_insert=True)
        record("signedagreement.signed", signed, by=by, customer_id=signed.customer_id, at=at)
        enqueue("privacy.tell_signings")
    forget(signed.customer_id)
    return signed


def _lock(customer_id: UUID) -> bool:
    """Lock the customer: one signs at a time. Return whether it is still there."""
    rows = Customer.objects.select_for_update(no_key=True).timely().filter(id=customer_id)
    return bool(rows.values_list("pk"))


def _locked_administrator(member: Member) -> Member:
    """Return the member as it is now, with the customer locked."""
    there = _lock(member.customer_id)
    mine = Member.objects.filter(id=member.id, restricted=False, role=Role.ADMINISTRATOR)
    able = mine.filter(user__is_active=True).timely().select_related("customer")
    if not there or (found := able.first()) is None:
        raise NotAllowed
    fresh: Member = found
    return fresh


def _written(signing: Signing, document: Document, address: str, at: datetime) -> SignedAgreement:
    signed = SignedAgreement(
        customer_id=signing.customer_id, version=signing.version, language=signing.language,
        signed_at=at, signed_by=signing.member_id,
        ended_at=signing.customer.contract_ended_at,
    )  # fmt: skip
    signed.name, signed.title, signed.address = signing.name, signing.title, address
    signed.content, signed.proof = as_content(document), proof().name
    with translation.override(signing.language):
        page = signature_page(signed, document)
    whole = pdf(replace(document, sections=(*document.sections, page)), at)
    signed.pdf = base64.b64encode(whole).decode()
    signed.sha256 = hashlib.sha256(whole).hexdigest()
    signed.certificate = _certified(signed, at)
    return signed


def signature_page(signed: SignedAgreement, document: Document) -> Section:
    """Return the last page, in the language set: who signed what, and who stands behind it."""
    local, utc = signed.signed_at.astimezone(STOCKHOLM), signed.signed_at.astimezone(UTC)
    company = document.sections[0].facts[0][1]
    facts = (
        (_("On behalf of"), company),
        (_("Name"), signed.name),
        (_("Position"), signed.title),
        (_("Signed"), f"{local:%Y-%m-%d %H:%M:%S} ({utc:%Y-%m-%dT%H:%M:%SZ})"),
        (_("Proved by"), str(proof().words)),
        (_("Version"), f"{signed.short} ({signed.language})"),
        (_("SHA-256 of the text above"), signed.version),
        *((f"{_('The processor')}, {name.lower()}", value) for name, value in operator_facts()),
    )
    told = _(
        "The signer has stated to be entitled to sign for the customer. The processor is bound by"
        " having offered this text."
    )
    return Section(_("Signature"), text=(told,), facts=facts)


def _certified(signed: SignedAgreement, at: datetime) -> dict[str, Any]:
    """Return our own signature over the document, for whoever does not take our word."""
    fact = {
        "format": AGREEMENT,
        "installation": settings.INSTALLATION_ID,
        "agreement": str(signed.id),
        "customer": str(signed.customer_id),
        "version": signed.version,
        "language": signed.language,
        "agreed_at": keys.moment(signed.signed_at),
        "pdf_sha256": signed.sha256,
    }
    return keys.sign(keys.hold(), fact, at)


def document_of(signed: SignedAgreement) -> bytes:
    """Return the PDF, byte for byte as it was signed."""
    return base64.b64decode(signed.pdf)
