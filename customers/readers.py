"""In which language somebody reads our mail: the one that the person chose, else the customer's."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import QuerySet
from django.utils.functional import Promise

from customers.models import Customer, Member, Role, User
from smartsvar import letters, mail


def language_of(address: str, *, otherwise: str) -> str:
    """Return the language of whoever signs in with this address; else that of `otherwise`."""
    known = User.objects.filter(email=address.strip().lower()).exclude(language="")
    return known.values_list("language", flat=True).first() or otherwise


def reads(person: User) -> str:
    """Return the language a person reads: its own choice, else its first customer's; else ""."""
    if person.language:
        return person.language
    joined = Member.objects.filter(user=person).order_by("joined_at", "id")
    return joined.values_list("customer__language", flat=True).first() or ""


def addresses_of(customer: Customer) -> list[str]:
    """Return the customer's own address, else its administrators'. Raises GiveUp for neither."""
    if customer.email:
        return [customer.email]
    able = Member.objects.of(customer).filter(role=Role.ADMINISTRATOR, user__is_active=True)
    found = list(able.order_by("joined_at", "id").values_list("user__email", flat=True))
    if not found:
        raise mail.GiveUp("no_address")  # it stays on the customer's page, and counts as untold
    return found


def administrators_of(customer_id: UUID, *, besides: Collection[str] = ()) -> dict[UUID, str]:
    """Return the addresses of all administrators that can sign in, restricted ones too, by member.

    For a warning, which protects whoever gets it. `besides`: the ids of those who have been told.
    """
    rows = Member.objects.filter(customer=customer_id, role=Role.ADMINISTRATOR).timely()
    able = rows.filter(user__is_active=True).exclude(id__in=list(besides))
    return dict(able.order_by("joined_at", "id").values_list("id", "user__email"))


def note_told(rows: QuerySet[Any], reader: UUID) -> None:
    """Note in the row's `told_to` that this one is told, before the next one's mail is tried."""
    with transaction.atomic():
        told = rows.select_for_update().values_list("told_to", flat=True).first()
        if told is not None:
            rows.update(told_to=[*told, str(reader)])


def by_language(addresses: Iterable[str], *, otherwise: str) -> dict[str, list[str]]:
    """Return the addresses under the languages they are written to in, in the order given."""
    wanted = list(addresses)
    known = User.objects.filter(email__in=[each.strip().lower() for each in wanted])
    chosen = dict(known.exclude(language="").values_list("email", "language"))
    found: dict[str, list[str]] = {}
    for address in wanted:
        found.setdefault(chosen.get(address.strip().lower(), otherwise), []).append(address)
    return found


def write_to(
    addresses: Iterable[str],
    name: str,
    facts: Mapping[str, Any],
    *,
    subject: str | Promise,
    otherwise: str,
) -> list[EmailMultiAlternatives]:
    """Write the same mail to each in the reader's language: one mail per language."""
    return [
        letters.write(name, facts, subject=subject, to=readers, language=language)
        for language, readers in by_language(addresses, otherwise=otherwise).items()
    ]


def write_each(
    readers: Mapping[UUID, str],
    name: str,
    facts: Mapping[str, Any],
    *,
    subject: str | Promise,
    otherwise: str,
) -> dict[UUID, EmailMultiAlternatives]:
    """Write the same mail to each alone, in its language: what stops one mail stops no other."""
    languages = by_language(readers.values(), otherwise=otherwise)
    chosen = {address: language for language, those in languages.items() for address in those}
    return {
        reader: letters.write(name, facts, subject=subject, to=[address], language=chosen[address])
        for reader, address in readers.items()
    }
