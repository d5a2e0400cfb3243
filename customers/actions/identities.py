"""Connecting a broker's identity to one's sign-in, and taking it away again."""

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db import transaction

from customers.actions.members import NotAllowed
from customers.broker.names import NAME, name_of
from customers.models import User


class ConnectedElsewhere(Exception):
    """The identity opens somebody else's sign-in."""


class AlreadyConnected(Exception):
    """The person has connected another identity before."""


class LastWayIn(Exception):
    """Without it the person could not sign in any more."""


def identity_of(person: User) -> SocialAccount | None:
    """Return the identity that a person has connected."""
    return SocialAccount.objects.filter(user=person, provider=NAME).order_by("id").first()


def connect_identity(person: User, subject: str) -> SocialAccount:
    """Let whom the broker calls `subject` sign in as this person.

    Raises NotAllowed for support staff, ConnectedElsewhere, AlreadyConnected.
    """
    if person.is_staff:
        raise NotAllowed("Support staff sign in with a password and a second factor.")
    with transaction.atomic():
        User.objects.select_for_update().get(pk=person.pk)  # two at once make one
        mine = identity_of(person)
        if mine is not None and mine.uid != name_of(subject):
            raise AlreadyConnected
        identity, _made = SocialAccount.objects.get_or_create(
            provider=NAME, uid=name_of(subject), defaults={"user": person}
        )
        if identity.user_id != person.pk:
            raise ConnectedElsewhere
        return identity


def disconnect_identity(person: User) -> bool:
    """End signing in by the broker; return whether there was anything to end. Raises LastWayIn."""
    if not person.has_usable_password() and not _has_passkey(person):
        raise LastWayIn
    gone, _which = SocialAccount.objects.filter(user=person).delete()
    return bool(gone)


def _has_passkey(person: User) -> bool:
    found = Authenticator.objects.filter(user=person, type=Authenticator.Type.WEBAUTHN)
    return any(each.wrap().is_passwordless for each in found)
