"""What a person decides about itself."""

from datetime import datetime

from django.db import transaction

from customers.models import Member, User
from smartsvar.audit.trail import record

NAME = ("name",)


def choose_language(person: User, language: str) -> None:
    """Write to the person in this language from now on; "": in that of the page it is on."""
    person.language = language
    person.save(update_fields=["language"])


def rename(person: User, name: str, *, at: datetime) -> int:
    """Correct the person's name in each of its memberships; return in how many it was another."""
    changed = 0
    mine = Member.objects.filter(user=person, restricted=False).timely()
    for identity in list(mine.order_by("pk").values_list("pk", flat=True)):
        with transaction.atomic():
            rows = mine.select_for_update(no_key=True, of=("self",)).filter(pk=identity)
            member = rows.first()
            if member is None or member.name == name:
                continue
            member.name = name
            member.save(update_fields=NAME)
            record("member.renamed", member, by=member, customer_id=member.customer_id, at=at)
            changed += 1
    return changed
