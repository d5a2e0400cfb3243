"""End people's sign-ins when nothing is left for them to sign in to."""

from collections.abc import Collection
from uuid import UUID

from django.contrib.sessions.models import Session
from django.db import transaction

from customers.models import Member, User
from smartsvar.vault.second_factor import forget_person


def end_sign_ins(people: Collection[UUID]) -> int:
    """Destroy sign-in, second factors and sessions of those without a membership; return how many.

    Whoever is a member elsewhere keeps them. Idempotent; the second factors' key goes first. The
    sessions go last, of everybody at once: without a sign-in none of them opens anything.
    """
    ended = sum(_end(person) for person in people)
    living = set(User.objects.filter(id__among=list(people)).values_list("id", flat=True))
    end_sessions(set(people) - living)
    return ended


def _end(person: UUID) -> bool:
    with transaction.atomic():
        living = User.objects.select_for_update().filter(id=person, is_staff=False)
        if not living.exists() or Member._base_manager.filter(user_id=person).exists():
            return False
        forget_person([person])
        living.delete()
    return True


def end_sessions(people: Collection[UUID]) -> int:
    """Delete these people's sessions; return how many.

    Every session is read, once: none is stored under a person's name.
    """
    if not people:
        return 0
    names = {str(person) for person in people}
    rows = Session.objects.iterator(chunk_size=500)
    theirs = [row.pk for row in rows if row.get_decoded().get("_auth_user_id") in names]
    gone: int = Session.objects.filter(pk__in=theirs).delete()[0]
    return gone
