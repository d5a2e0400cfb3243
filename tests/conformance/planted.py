"""What nobody but the customer's own may ever find in an answer, and how to look for it."""

import base64
import html
import io
import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, quote_plus

import numpy as np
import soundfile

from customers.actions.absences import AbsenceFacts, add_absence
from customers.actions.account_mails import Letter, queue_mail
from customers.actions.covers import About, hold, restrict
from customers.actions.invitations import invite
from customers.actions.registers import keep_upload
from customers.actions.staff import StaffDetails, add_staff
from customers.history import note as note_sign_in
from customers.models import Hold, Invitation, SignInEvent, StaffMember, Target
from messages.handling import add_note
from messages.models import Delivery, PhoneMessage
from privacy.agreements.steps import begin_signing, sign
from privacy.agreements.versions import in_language, version_of
from privacy.cases.steps import open_case
from privacy.erasures.steps import ask_erasure
from privacy.exports.ask import ask_for_export
from privacy.exports.collect import collect
from privacy.models import CaseKind, Erasure, ErasureNotice, NoticeKind
from recordings.listening import Scope, grant_listening
from recordings.models import Recording
from smartsvar.clock import database_now
from smartsvar.ids import new_id
from subprocessors.notices import today
from tests import cast
from tests.privacy import papers
from tests.subprocessors import register

STAFF = StaffDetails(
    name="Planterade Personalsson",
    title="Planterad Titelhavare",
    phone="+46701740677",
    email="personalsson@planterad.example",
    keywords=["planteratsökord"],
    answer_notice="Planterat svarsbesked: är på planterad semester.",
)
ABSENCE = "Planterad frånvaro: hos tandläkaren i Norrbacka"
CALL_ID = "planterat-samtal-4711"
NOTE = "Planterad anteckning: ringde upp grannen i stället"
REASON_TO_OBJECT = "Vi litar inte på duvor: de tappar brev"  # support reads and answers it
OTHER_CALLER = "annan@planterad.example"
SIGNER = "Planterade Undertecknarsson"
REASON_TO_LISTEN = "Planterat skäl: det knastrar i inspelningen"
REASON = "Planterad grund: uppgiften bestrids av en granne"
TEXTS = [
    cast.PLANTED_NAME, cast.PLANTED_COMPANY, cast.PLANTED_MATTER, cast.PLANTED_EMAIL, CALL_ID,
    STAFF.name, STAFF.title, STAFF.email, *STAFF.keywords, STAFF.answer_notice, ABSENCE,
    OTHER_CALLER, REASON, NOTE, REASON_TO_LISTEN, SIGNER,
]  # fmt: skip
NUMBERS = [cast.PLANTED_NUMBER, STAFF.phone]
BETWEEN_DIGITS = re.compile(rb"(?<=[\d+])(?:[\s().\-/]|&nbsp;|\xc2\xa0|%20)+(?=\d)")


def noise(seconds: float = 3.0) -> bytes:
    """Return a sound that is like no other: none of its bytes occurs anywhere by chance."""
    file = io.BytesIO()
    wave = np.random.default_rng(4711).uniform(-0.5, 0.5, int(seconds * 8000))
    soundfile.write(file, wave, 8000, format="WAV", subtype="PCM_16")
    return file.getvalue()


@dataclass
class Planted:
    """A house with one call, its message and its staff member, all planted."""

    house: cast.House
    recording: Recording
    message: PhoneMessage
    delivery: Delivery
    staff: StaffMember
    invitation: Invitation
    audio: bytes

    @property
    def ids(self) -> list[str]:
        """Every id that a curious person might come by."""
        things: list[Any] = [
            self.recording,
            self.message,
            self.delivery,
            self.staff,
            self.invitation,
        ]
        things += [self.house.key, self.house.customer, self.house.administrator, self.house.reader]
        return [str(thing.pk) for thing in things]


def plant(house: cast.House) -> Planted:
    """Put into the house what is then looked for."""
    at = database_now()
    staff = add_staff(house.customer, STAFF, by=house.administrator, at=at)
    away = AbsenceFacts(starts_at=at, kind="sick", text=ABSENCE)
    add_absence(staff, away, by=house.administrator, at=at)
    keep_upload(house.administrator, [["Namn", "Titel"], [STAFF.name, STAFF.title]], at=at)
    audio = noise()
    recording = cast.call_of(house, at=at, audio=audio, staff=staff, call_id=CALL_ID)
    message = cast.message_of(
        house, at=at, staff=staff, call_id=CALL_ID, taken_at=at - timedelta(minutes=1)
    )
    invitation = invite(
        house.customer, email="ny@ankdamms.example", name="Ny", role="reader",
        by=house.administrator, at=at,
    )  # fmt: skip
    delivery = Delivery.objects.get(message=message)
    add_note(message, NOTE, by=house.member, at=at)
    note_sign_in(house.member.user, SignInEvent.Kind.SIGNED_IN, None, at=at)
    plant_mail(at)
    plant_rights(house, at)
    scope = Scope(recording=recording)
    by, lasts = house.administrator, timedelta(days=1)
    grant_listening(house.customer, scope, lasts=lasts, reason=REASON_TO_LISTEN, by=by, at=at)
    plant_agreement(house, at)
    register.company_with_file()
    papers.planted_enquiry(at)
    papers.accepted_terms(house)
    register.objected(house.customer, REASON_TO_OBJECT)
    return Planted(house, recording, message, delivery, staff, invitation, audio)


def plant_mail(at: datetime) -> None:
    """A mail about somebody's sign-in, which waits."""
    said = {"subject": cast.PLANTED_MATTER, "text": cast.PLANTED_MATTER, "language": "sv"}
    queue_mail(Letter(address=cast.PLANTED_EMAIL, person=None, **said), at=at)


def plant_agreement(house: cast.House, at: datetime) -> None:
    """The agreement as it was signed; it outlives the account."""
    version = version_of(in_language(house.customer, "sv", today(at)))
    said = {"name": SIGNER, "title": STAFF.title, "language": "sv", "version": version}
    signing = begin_signing(house.administrator, at=at, **said)
    sign(signing, signing.code, by=house.administrator, address="192.0.2.7", at=at)


def plant_rights(house: cast.House, at: datetime) -> None:
    """A restriction, a hold, a request, its export, an erasure: of others than is planted above."""
    other = About(target=Target.CALLER, caller=OTHER_CALLER)
    by = house.administrator
    restrict(house.customer, other, reason=REASON, keeps=False, by=by, at=at)
    hidden = cast.message_of(house, at=at, caller_number="", caller_email=OTHER_CALLER)
    record = About(target=Target.RECORD, object_model=PhoneMessage._meta.label, object_id=hidden.pk)
    kind = Hold.Kind.LEGAL
    hold(house.customer, record, kind=kind, reason=REASON, ends_at=None, by=by, at=at)
    case = open_case(
        house.customer, CaseKind.ACCESS, other, requester=cast.PLANTED_NAME,
        contact=cast.PLANTED_EMAIL, by=by, at=at,
    )  # fmt: skip
    collect(ask_for_export(house.customer, other, case=case, by=by, at=at).id)
    if not Erasure.objects.open().filter(customer_id=house.customer.id).exists():
        ask_erasure(house.customer, other, by=by, at=at)
    notice = ErasureNotice(
        customer_id=house.customer.id, erasure_id=new_id(), kind=NoticeKind.CANCELLED,
        created_at=at, asked_at=at, starts_at=at,
    )  # fmt: skip
    notice.address, notice.language = cast.PLANTED_EMAIL, "sv"
    notice.number = house.customer.number
    notice.save(force_insert=True)


def found_in(content: bytes, audio: bytes = b"") -> list[str]:
    """Return what of the planted is in there, in any writing: raw, HTML, JSON, URL, Latin-1."""
    found = [text for text in TEXTS if any(form in content for form in _writings(text))]
    digits = BETWEEN_DIGITS.sub(b"", content)
    found += [number for number in NUMBERS if number[3:].encode() in digits]
    if audio and any(form in content for form in _slices(audio)):
        found.append("audio")
    return found


def _writings(text: str) -> set[bytes]:
    forms = {text, html.escape(text), json.dumps(text)[1:-1], quote(text), quote_plus(text)}
    raw = {form.encode() for form in forms} | {text.encode("latin-1"), text.encode("utf-16-le")}
    return raw | {base64.b64encode(text.encode())}


def _slices(audio: bytes) -> list[bytes]:
    """Twelve bytes from many places, as they are, in hexadecimal, and in base64."""
    found: list[bytes] = []
    for place in range(44, len(audio) - 64, len(audio) // 40):
        part = audio[place : place + 12]
        found += [part, part.hex().encode()]
        found += [base64.b64encode(audio[place + shift : place + shift + 12]) for shift in range(3)]
    return found


def everything_of(response: Any) -> bytes:
    """Return an answer's whole content with its headers and cookies."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    head = "".join(f"{name}: {value}\n" for name, value in response.items())
    return f"{head}{response.cookies.output()}\n".encode() + bytes(body)
