"""Which records about others name a person, to look at before deciding what becomes of them."""

from dataclasses import dataclass
from typing import Any

from customers.actions.covers import About
from customers.models import Customer
from privacy.erasures.scope import mentions_of
from privacy.finder import Find, find_of
from smartsvar.personal_data import Restrict

SHOWN = 50


@dataclass(frozen=True)
class Mention:
    """One record: what it is, when it is from, and its page, "" where it has none to open."""

    name: str
    find: Find


def newest_mentions(customer: Customer, about: About) -> list[Mention]:
    """Return at most SHOWN of them, newest first; what is restricted or due is shown nowhere.

    Opens none: a date and a link are enough, and there may be thousands.
    """
    found: list[Mention] = []
    for part in mentions_of(customer.id, about):
        if part.said.restrict is not Restrict.HIDE:
            continue  # requests' own papers: each has readers of its own
        rows: Any = part.model.objects
        for row in rows.of(customer).filter(part.which).order_by("-id")[:SHOWN]:
            row.customer = customer
            found.append(Mention(str(part.model._meta.verbose_name), find_of(row)))
    found.sort(key=lambda mention: mention.find.at, reverse=True)
    return found[:SHOWN]
