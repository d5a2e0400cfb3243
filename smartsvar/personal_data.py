"""The vocabulary of a declaration, and `declared()`: which models hold what, why and how long.

Every model says in its own body what personal data it holds, once; the purge, and everything else
that must agree with the policy, reads it from there. See docs/declarations.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from django.apps import apps
from django.utils.module_loading import import_string

from smartsvar.keep import Keep as Keep
from smartsvar.keep import follow as follow
from smartsvar.keep import later as later

if TYPE_CHECKING:
    from django.db.models import Model
    from django.utils.functional import _StrPromise


class Category(StrEnum):
    """What kind of data, in the words of the policies (identification, contact, history …)."""

    IDENTIFICATION = "identification"
    CONTACT = "contact"
    HISTORY = "history"
    CALL_AUDIO = "call audio"
    MESSAGE = "phone message"
    STAFF = "staff register"


class Role(StrEnum):
    """Our role under article 4 (7) and (8) GDPR."""

    CONTROLLER = "controller"
    PROCESSOR = "processor"


class Basis(StrEnum):
    """The lawful basis (article 6), or, where we are processor, whose instruction it is."""

    CONTRACT = "contract, art. 6(1)(b)"
    LEGAL_OBLIGATION = "legal obligation, art. 6(1)(c)"
    LEGITIMATE_INTEREST = "legitimate interest, art. 6(1)(f)"
    CUSTOMER_INSTRUCTION = "the customer's instruction, art. 28(3)(a)"


class Erase(StrEnum):
    """How a row is destroyed."""

    SHRED = "shred"  # its key is destroyed, then its bytes, then the row
    WITH_PARENT = "with parent"  # sealed under its parent's key, deleted in the same transaction
    DELETE = "delete"  # an unsealed row, deleted
    PRUNE = "prune"  # the audit trail: a segment goes, its end hash stays


class Death(StrEnum):
    """How a copy dies no later than what it was made from (privacy/copies.py proves it)."""

    WITH_SOURCE = "with source"  # a row of ours, deleted in its source's own transaction
    WITH_KEY = "with key"  # ciphertext: unreadable from the moment its source's key is destroyed
    NAMES_ONLY = "names only"  # ids and counts; the content is read from its source, or not at all
    HANDED_OVER = "handed over"  # whose data it is has it: what happens to it there is theirs
    OVERWRITTEN = "overwritten"  # backups of what is not sealed: gone with the oldest backup


class Spread(StrEnum):
    """What a copy is made of, where that is no single model."""

    SEALED = "every sealed row"
    AUDIO = "every sealed object"
    UNSEALED = "every unsealed row"
    EXPORTED = "every exported row"


@dataclass(frozen=True, kw_only=True)
class Copy:
    """A second place where personal data lies, declared beside the row that owns it.

    what: English msgid. of: the label of the model it is made from, or a Spread. within: setting
    with the most days that an overwritten copy outlives its source. because: why that is so.
    """

    what: str | _StrPromise
    of: str | Spread
    dies: Death
    within: str = ""
    because: str | _StrPromise = ""


class Restrict(StrEnum):
    """What a restriction (article 18) does to the row."""

    HIDE = "hide"
    NOTHING = "nothing"


TECHNICAL = "technical"  # why a field that says nothing of anybody is in no export


@dataclass(frozen=True, kw_only=True)
class PersonalData:
    """One processing, declared in the body of the model that holds it.

    purpose: English msgid, shown through gettext. subject: whose data it is. export: the fields a
    data subject gets. withhold: every other field, with the reason, TECHNICAL where it says
    nothing of anybody; what is said of somebody is named in the record all the same. readable:
    fields that stay unsealed although personal, with the reason. blob: the attribute that names
    the row's sealed object in storage.
    callers: sealed fields by which a caller is found, each with a blind index.
    mentions: columns that name a person of the customer's in a row about somebody else, each with
    the kind of person ("staff", "member").
    law: what obliges us to keep the row although its person asks for erasure; "" for nothing. A
    whole account's erasure leaves only what lies under the `statutory` key, and the trail.
    other_laws: rows kept on another ground than `law`, as (column, value): the ground.
    processors: what the subprocessors who touch it are engaged for ("hosting", "storage", "mail").
    copies: the copies of personal data that a row of this model owns.
    others: sealed fields that tell of others than the caller: not in an export about the caller.
    goes_with_thing: a row about one person or record goes when that is erased, whatever `law` says:
    it has nothing left to say anything of.
    belongs_to: sealed fields that are a person's in a row about somebody else, each with the path
    of foreign keys that leads to the person: emptied in the transaction that destroys the person.
    for_owner: withheld fields that the person alone gets, in an export about itself which nobody
    else fetches, each with the attribute that opens it.
    goes_with: the foreign key to a person or record: the row has a key and a date of its own, and
    goes with that at the latest, claimed in the same transaction.
    """

    category: Category
    role: Role
    purpose: str | _StrPromise
    basis: Basis
    subject: str | _StrPromise
    keep: Keep
    export: tuple[str, ...]
    withhold: dict[str, str] = field(default_factory=dict)
    readable: dict[str, str] = field(default_factory=dict)
    erase: Erase = Erase.SHRED
    restrict: Restrict = Restrict.HIDE
    blob: str = ""
    callers: tuple[str, ...] = ()
    mentions: dict[str, str] = field(default_factory=dict)
    law: str | _StrPromise = ""
    other_laws: dict[tuple[str, str], str | _StrPromise] = field(default_factory=dict)
    processors: tuple[str, ...] = ("hosting",)
    copies: tuple[Copy, ...] = ()
    others: tuple[str, ...] = ()
    goes_with_thing: bool = False
    belongs_to: dict[str, str] = field(default_factory=dict)
    for_owner: dict[str, str] = field(default_factory=dict)
    goes_with: str = ""


@dataclass(frozen=True, kw_only=True)
class NoPersonalData:
    """A model without personal data says why. `copies`: what it owns of others' data, sealed."""

    because: str
    copies: tuple[Copy, ...] = ()


def declaration_of(model: type[Model]) -> PersonalData | NoPersonalData | None:
    """Return what `model` declares in its own body, or what third_party says of a library's."""
    own = model.__dict__.get("personal_data")
    if own is not None:
        return own  # type: ignore[no-any-return]
    foreign = import_string("smartsvar.third_party.DECLARATIONS")
    return foreign.get(model._meta.label)  # type: ignore[no-any-return]


def keep_of(label: str) -> Keep:
    """Return how long the model named by `label` ("recordings.Recording") is kept.

    For texts that people read, so that none of them says a period of its own.
    """
    declaration = declaration_of(apps.get_model(label))
    if not isinstance(declaration, PersonalData):
        raise LookupError(f"{label} holds no personal data.")
    return declaration.keep


def declared() -> Iterator[tuple[type[Model], PersonalData]]:
    """Yield every model that holds personal data, with its declaration."""
    for model in apps.get_models(include_auto_created=True):
        declaration = declaration_of(model)
        if isinstance(declaration, PersonalData):
            yield model, declaration
