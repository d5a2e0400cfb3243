"""The declarations' vocabulary in people's words: kinds of data, grounds, fields, deaths.

A field or moment that has no word here is called by the model's own name for it.
"""

from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy

from smartsvar.personal_data import Basis, Death, Erase, Role, Spread

ROLES: dict[Role, Any] = {
    Role.CONTROLLER: gettext_lazy("controller"),
    Role.PROCESSOR: gettext_lazy("processor for the customer"),
}
BASES: dict[Basis, Any] = {
    Basis.CONTRACT: gettext_lazy("contract, art. 6(1)(b)"),
    Basis.LEGAL_OBLIGATION: gettext_lazy("legal obligation, art. 6(1)(c)"),
    Basis.LEGITIMATE_INTEREST: gettext_lazy("legitimate interest, art. 6(1)(f)"),
    Basis.CUSTOMER_INSTRUCTION: gettext_lazy("the customer's instruction, art. 28(3)(a)"),
}
ENDS: dict[Erase, Any] = {
    Erase.SHRED: gettext_lazy("its key is destroyed, then what it sealed"),
    Erase.WITH_PARENT: gettext_lazy("goes in the same step as what it belongs to"),
    Erase.DELETE: gettext_lazy("the row is deleted"),
    Erase.PRUNE: gettext_lazy("the oldest part of the log is cut off"),
}
DEATHS: dict[Death, Any] = {
    Death.WITH_SOURCE: gettext_lazy("deleted in the same step as its source"),
    Death.WITH_KEY: gettext_lazy("unreadable from the moment its source's key is destroyed"),
    Death.NAMES_ONLY: gettext_lazy("holds only ids; the content is read from its source"),
    Death.HANDED_OVER: gettext_lazy("handed over to whose data it is"),
    Death.OVERWRITTEN: gettext_lazy("thrown away in turn"),
}
SPREADS: dict[Spread, Any] = {
    Spread.SEALED: gettext_lazy("every sealed row"),
    Spread.AUDIO: gettext_lazy("every recording's sealed audio"),
    Spread.UNSEALED: gettext_lazy("every row that is not sealed"),
    Spread.EXPORTED: gettext_lazy("everything that can be exported"),
}
# The end of “3 months after …” and “until …”.
MOMENTS: dict[str, Any] = {
    "asked_at": gettext_lazy("the request"),
    "at": gettext_lazy("the event"),
    "action_time": gettext_lazy("the event"),
    "closed_at": gettext_lazy("its closing"),
    "contract_ended_at": gettext_lazy("the contract's end"),
    "created_at": gettext_lazy("its creation"),
    "ended_at": gettext_lazy("the end"),
    "ends_at": gettext_lazy("its end"),
    "expire_date": gettext_lazy("its expiry"),
    "expires_at": gettext_lazy("its expiry"),
    "left_at": gettext_lazy("the last membership's end"),
    "made_at": gettext_lazy("it was made"),
    "paid_at": gettext_lazy("the payment"),
    "received_at": gettext_lazy("its receipt"),
    "started_at": gettext_lazy("its beginning"),
    "taken_at": gettext_lazy("its receipt"),
}
# Tables of libraries, whose own names for them say little.
THINGS: dict[str, Any] = {
    "account.EmailAddress": gettext_lazy("sign-in addresses"),
    "admin.LogEntry": gettext_lazy("support's changes"),
    "customers.User": gettext_lazy("sign-ins"),
    "mfa.Authenticator": gettext_lazy("second factors"),
    "shredding.ErasedBatch": gettext_lazy("notes of what was deleted"),
    "socialaccount.SocialAccount": gettext_lazy("connected electronic identities"),
    "vault.RecordKey": gettext_lazy("records' keys"),
}
FIELDS: dict[str, Any] = {
    "accepted_at": gettext_lazy("when it was accepted"),
    "accepted_by": gettext_lazy("who accepted it"),
    "action_flag": gettext_lazy("what was done"),
    "action_time": gettext_lazy("when"),
    "actor_id": gettext_lazy("who did it (id)"),
    "actor_kind": gettext_lazy("what kind of person or system did it"),
    "address": gettext_lazy("the recipient's address"),
    "answer": gettext_lazy("our answer"),
    "answer_by": gettext_lazy("to be answered by"),
    "answer_notice": gettext_lazy("what callers are told"),
    "answered_at": gettext_lazy("when it was answered"),
    "asked_at": gettext_lazy("when it was asked for"),
    "asked_by": gettext_lazy("who asked for it (id)"),
    "assigned_to": gettext_lazy("who sees to it"),
    "at": gettext_lazy("when"),
    "audio_format": gettext_lazy("the file's format"),
    "author": gettext_lazy("who wrote it"),
    "begins_at": gettext_lazy("when it begins"),
    "browser": gettext_lazy("kind of browser"),
    "call_id": gettext_lazy("the call's id"),
    "calls_before": gettext_lazy("calls before"),
    "calls_from": gettext_lazy("calls from"),
    "called_number": gettext_lazy("called number"),
    "cause": gettext_lazy("why it was sent"),
    "caller": gettext_lazy("the caller's number or e-mail"),
    "caller_company": gettext_lazy("the caller's company"),
    "caller_email": gettext_lazy("the caller's e-mail"),
    "caller_name": gettext_lazy("the caller's name"),
    "caller_number": gettext_lazy("the caller's number"),
    "certificate": gettext_lazy("certificate"),
    "changed_at": gettext_lazy("when it was changed"),
    "channel": gettext_lazy("way of delivery"),
    "closed_at": gettext_lazy("when it was closed"),
    "closes_at": gettext_lazy("when the account is to be erased"),
    "company": gettext_lazy("company"),
    "company_name": gettext_lazy("company"),
    "contact": gettext_lazy("where the answer goes"),
    "contact_email": gettext_lazy("the contact's e-mail"),
    "contact_name": gettext_lazy("the contact's name"),
    "contract_ended_at": gettext_lazy("when the contract ended"),
    "created_at": gettext_lazy("when it was made"),
    "date_joined": gettext_lazy("when the sign-in was made"),
    "decided_at": gettext_lazy("when it was decided"),
    "decision": gettext_lazy("decision"),
    "duration_ms": gettext_lazy("length"),
    "email": gettext_lazy("e-mail"),
    "ended_at": gettext_lazy("when it ended"),
    "ends_at": gettext_lazy("when it is to end"),
    "extended_on": gettext_lazy("when the time was extended"),
    "extension_reason": gettext_lazy("why the time was extended"),
    "granted_by": gettext_lazy("who permitted it (id)"),
    "ground": gettext_lazy("ground"),
    "handled_at": gettext_lazy("when it was answered"),
    "handled_by": gettext_lazy("who handled it"),
    "identified_at": gettext_lazy("when the identity was checked"),
    "identified_how": gettext_lazy("how the identity was checked"),
    "joined_at": gettext_lazy("when the person became a member"),
    "keeps": gettext_lazy("whether it is kept past its time"),
    "keywords": gettext_lazy("keywords"),
    "kind": gettext_lazy("kind"),
    "language": gettext_lazy("language"),
    "last_login": gettext_lazy("last sign-in"),
    "last_used_at": gettext_lazy("last used"),
    "made_at": gettext_lazy("when it was made"),
    "matter": gettext_lazy("matter"),
    "member": gettext_lazy("which member"),
    "mentions": gettext_lazy("what becomes of mentions by others"),
    "name": gettext_lazy("name"),
    "number": gettext_lazy("number"),
    "object_id": gettext_lazy("what it is about (id)"),
    "object_model": gettext_lazy("what kind of thing it is about"),
    "object_repr": gettext_lazy("what it is about (id)"),
    "opened_at": gettext_lazy("when the account was opened"),
    "organisation_number": gettext_lazy("organisation number"),
    "outcome": gettext_lazy("outcome"),
    "phone": gettext_lazy("phone"),
    "placed_at": gettext_lazy("since when"),
    "reason": gettext_lazy("reason"),
    "ready_at": gettext_lazy("when it was ready"),
    "received_at": gettext_lazy("when we received it"),
    "received_on": gettext_lazy("when we received it"),
    "recording": gettext_lazy("which call (id)"),
    "recording_days": gettext_lazy("chosen days to keep recordings"),
    "removes": gettext_lazy("whether the person was removed meanwhile"),
    "requester": gettext_lazy("who asks"),
    "revoked_at": gettext_lazy("when it was revoked"),
    "revoked_by": gettext_lazy("who revoked it (id)"),
    "role": gettext_lazy("role"),
    "sees": gettext_lazy("which calls and messages are shown"),
    "sent_at": gettext_lazy("when it was sent"),
    "settled_at": gettext_lazy("when it was delivered"),
    "sha256": gettext_lazy("SHA-256 of the document"),
    "signed_at": gettext_lazy("when it was signed"),
    "size": gettext_lazy("the file's size"),
    "source": gettext_lazy("where it came from"),
    "staff": gettext_lazy("whom it is for"),
    "started_at": gettext_lazy("when it began"),
    "starts_at": gettext_lazy("when it is to begin"),
    "state": gettext_lazy("state"),
    "system": gettext_lazy("kind of device"),
    "taken_at": gettext_lazy("when it was taken"),
    "target": gettext_lazy("about whom or what"),
    "terms": gettext_lazy("which version of the terms"),
    "text": gettext_lazy("what it says"),
    "title": gettext_lazy("title"),
    "type": gettext_lazy("kind"),
    "used_at": gettext_lazy("when it was used"),
    "user": gettext_lazy("who did it (id)"),
    "verb": gettext_lazy("what was done"),
    "verified": gettext_lazy("whether the address is confirmed"),
    "version": gettext_lazy("which version"),
    "wish": gettext_lazy("what is asked for"),
    "written_at": gettext_lazy("when it was written"),
}


# Where the same name means something else, or is no column that is exported.
FIELDS_OF: dict[tuple[str, str], Any] = {
    ("admin.LogEntry", "change_message"): gettext_lazy("which fields were changed"),
    ("audit.AuditEntry", "hash"): gettext_lazy("link of the chain"),
    ("audit.AuditEntry", "position"): gettext_lazy("place in the log"),
    ("customers.Absence", "staff"): gettext_lazy("who is away"),
    ("customers.AccountMail", "subject"): gettext_lazy("its subject"),
    ("customers.Invitation", "token"): gettext_lazy("its link, until it is mailed"),
    ("customers.Invitation", "token_hash"): gettext_lazy("a hash of its link"),
    ("customers.Invitation", "staff"): gettext_lazy("which person on the staff register"),
    ("customers.Member", "staff"): gettext_lazy("which person on the staff register"),
    ("customers.RegisterFile", "table"): gettext_lazy("all that the file says of people"),
    ("customers.Session", "seen_at"): gettext_lazy("last used"),
    ("customers.Session", "session_data"): gettext_lazy(
        "whose it is, when and how it began, the kind of browser and device"
    ),
    ("customers.Session", "session_key"): gettext_lazy("a hash of its key"),
    ("customers.SignInEvent", "address"): gettext_lazy("IP address"),
    ("customers.User", "password"): gettext_lazy("a hash of the password"),
    ("mfa.Authenticator", "data"): gettext_lazy(
        "its secret; of a passkey the public key and its name"
    ),
    ("phone_messages.Delivery", "history"): gettext_lazy("every attempt"),
    ("phone_messages.PhoneMessage", "read_at"): gettext_lazy("when it was read"),
    ("privacy.Erasure", "calls"): gettext_lazy("which calls (hashes)"),
    ("privacy.Erasure", "people"): gettext_lazy("whose sign-ins end (ids)"),
    ("privacy.Erasure", "waiting"): gettext_lazy("what a hold keeps (ids)"),
    ("privacy.ExportPage", "items"): gettext_lazy("what it lists (ids)"),
    ("privacy.SignedAgreement", "address"): gettext_lazy("the signer's address"),
    ("privacy.SignedAgreement", "content"): gettext_lazy("the agreement itself"),
    ("privacy.SignedAgreement", "pdf"): gettext_lazy("the agreement itself"),
    ("privacy.SignedAgreement", "proof"): gettext_lazy("how the signer proved who it was"),
    ("privacy.Signing", "code"): gettext_lazy("the code, until it is mailed"),
    ("privacy.Signing", "code_hash"): gettext_lazy("a hash of the code"),
    ("recordings.Recording", "peaks"): gettext_lazy("a drawing of the sound"),
    ("socialaccount.SocialAccount", "date_joined"): gettext_lazy("when it was connected"),
    ("socialaccount.SocialAccount", "uid"): gettext_lazy("a keyed hash of the identity"),
    ("subprocessors.Agreement", "audits"): gettext_lazy("what audits found"),
    ("subprocessors.Agreement", "file"): gettext_lazy("the agreement itself"),
    ("subprocessors.Agreement", "file_name"): gettext_lazy("the file's name"),
    ("subprocessors.Agreement", "review_on"): gettext_lazy("when it is looked at anew"),
    ("subprocessors.Agreement", "signed_on"): gettext_lazy("when it was signed"),
    ("subprocessors.Agreement", "subprocessor"): gettext_lazy("which company"),
}


def field_name(model: type[models.Model], name: str) -> str:
    """Return what a field is called for people."""
    if (model._meta.label, name) in FIELDS_OF:
        return str(FIELDS_OF[model._meta.label, name])
    return str(FIELDS[name]) if name in FIELDS else own_name(model, name)


def own_name(model: type[models.Model], name: str) -> str:
    """Return what the model itself calls a field."""
    try:
        return str(getattr(model._meta.get_field(name), "verbose_name", name))
    except FieldDoesNotExist:
        return name.replace("_", " ")


def moment(model: type[models.Model], path: str) -> str:
    """Return what ends “… after”: the moment that a dotted path leads to."""
    last = path.rsplit(".", 1)[-1]
    return str(MOMENTS[last]) if last in MOMENTS else own_name(model, last)


def said(text: object) -> str:
    """Return a declaration's own text in the reader's language."""
    return str(text) if isinstance(text, Promise) else gettext(str(text))


def thing_name(model: type[models.Model]) -> str:
    """Return what a model's rows are called, several of them."""
    return str(THINGS.get(model._meta.label, model._meta.verbose_name_plural))
