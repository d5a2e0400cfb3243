"""What the demo's people have done with their messages: handled most, taken on and noted a few."""

from datetime import datetime, timedelta

from django.db import transaction

from customers.models import Customer, Member, Role
from messages.handling import Mark, add_note, assign_message, mark_messages
from messages.models import MessageNote, PhoneMessage
from smartsvar.demo.fiction import NOTES


def handle_messages(customer: Customer, *, at: datetime) -> None:
    """Let the administrator and the member work through what has come, once."""
    if MessageNote.objects.filter(customer=customer).exists():
        return
    people = {
        role: Member.objects.of(customer).get(role=role)
        for role in (Role.ADMINISTRATOR, Role.MEMBER)
    }
    boss, worker = people[Role.ADMINISTRATOR], people[Role.MEMBER]
    read = PhoneMessage.objects.of(customer).exclude(read_at=None)
    with transaction.atomic():
        waiting = list(read.newest_first()[: len(NOTES)])
        done = read.exclude(id__in=[message.id for message in waiting])
        mark_messages(done, Mark.HANDLED, by=worker, at=at - timedelta(days=3))
        for message, text in zip(waiting, NOTES, strict=False):
            assign_message(message, worker, by=boss, at=at - timedelta(hours=2))
            add_note(message, text, by=worker, at=at - timedelta(hours=1))
        for message in done.newest_first()[:1]:
            add_note(message, NOTES[0], by=boss, at=at - timedelta(days=3))
