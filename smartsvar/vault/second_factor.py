"""Secrets of a second factor, sealed as text: under a record key of the person, for that person.

People are no customer's own: their keys belong to the house, the pseudo-customer with the nil UUID.
A token is version, key id and sealed bytes: `v1.<32 hex digits>.<base64url>`.
"""

import base64
import binascii
from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from smartsvar.vault.destruction import shred_keys
from smartsvar.vault.epochs import create_customer_keys, customer_key
from smartsvar.vault.errors import KeyLost, Place, Tampered, Unreadable
from smartsvar.vault.keys import DataKey, Need, create_record_keys, open_key
from smartsvar.vault.models import CustomerKey, RecordKey

HOUSE = UUID(int=0)
PEOPLE = "customers.User"
VERSION = "v1"
CONTENT = CustomerKey.KeyClass.CONTENT


def seal_secret(person: UUID, text: str) -> str:
    """Return the token of a person's secret. Raises KeyLost, RootUnreachable, WrongRoot."""
    key = _key_of(person)
    sealed = key.seal_second_factor(text.encode(), PEOPLE, person)
    return f"{VERSION}.{key.id.hex}.{base64.urlsafe_b64encode(sealed).decode()}"


def open_secret(person: UUID, token: str) -> str:
    """Return the secret that the token holds for this person.

    Raises Tampered for anybody else's, and for whatever is no token: a secret that stands there
    unsealed was not put there by us. Raises KeyLost, RootUnreachable, WrongRoot.
    """
    try:
        key_id, sealed = _read(token)
        key = open_key(key_id).of(HOUSE)
        return key.open_second_factor(sealed, PEOPLE, person).decode()
    except Unreadable as error:
        error.place = Place(HOUSE, PEOPLE, person)
        raise


def forget_person(ids: Iterable[UUID]) -> int:
    """Destroy the keys of these people; return how many. Their second factors never open again."""
    return shred_keys(_keys().filter(object_id__among=list(ids)).values_list("id", flat=True))


def _read(token: object) -> tuple[UUID, bytes]:
    if not isinstance(token, str):
        raise Tampered("No token of a second factor.")
    version, _, rest = token.partition(".")
    name, _, coded = rest.partition(".")
    if version != VERSION:
        raise Tampered("No token of a second factor.")
    try:
        sealed = base64.b64decode(coded, altchars=b"-_", validate=True)
        if base64.urlsafe_b64encode(sealed).decode() != coded or UUID(name).hex != name:
            raise Tampered("A token is written in one way only.")
        return UUID(name), sealed
    except (ValueError, binascii.Error) as error:
        raise Tampered("A token that cannot be read.") from error


def _keys() -> "QuerySet[RecordKey]":
    # By the house's key, which has an index: a key store holds a key per call, and few people.
    return RecordKey.objects.filter(customer_key__customer_id=HOUSE, model=PEOPLE)


def _key_of(person: UUID) -> DataKey:
    """Return the person's key, made at its first use.

    Two first uses at once may make two: each token names its own, and forget_person takes both.
    """
    known = _keys().filter(object_id=person).order_by("id").values_list("id", flat=True).first()
    if known is not None:
        return open_key(known)
    try:
        customer_key(HOUSE, CONTENT)
    except KeyLost:
        create_customer_keys(HOUSE)
    return create_record_keys([Need(HOUSE, CONTENT, PEOPLE, person)])[0]
