"""End people's sign-ins when nothing is left for them to sign in to."""

from collections.abc import Collection
from uuid import UUID

from django.contrib.sessions.models import Session
from django.db import transaction

from customers.models import Member, User
from smartsvar.vault.second_factor import forget_person


def end_sign_ins(people: Collection[UUID]) -> int:
    """Destroy sign-in, second factors and sessions of those without a membership; return how many.

    Whoever is a member elsewhere keeps them. Idempotent; the second factors' key goes first.
    """
    ended = 0
    for person in people:
        with transaction.atomic():
            living = User.objects.select_for_update().filter(id=person, is_staff=False)
            if not living.exists() or Member._base_manager.filter(user_id=person).exists():
                continue
            forget_person([person])
            end_sessions(person)
            living.delete()
            ended += 1
    return ended


def end_sessions(person: UUID) -> int:
    """Delete the person's sessions. Every session is read: none is stored under a person's name."""
    rows = Session.objects.iterator(chunk_size=500)
    mine = [row.pk for row in rows if row.get_decoded().get("_auth_user_id") == str(person)]
    gone: int = Session.objects.filter(pk__in=mine).delete()[0]
    return gone
