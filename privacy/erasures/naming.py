"""What a thing is called on the page that asks whether it is to go, and must be typed there."""

from customers.actions.covers import About
from customers.models import Customer, Target
from privacy.erasures.scope import model_of
from smartsvar import callers
from smartsvar.unreadable import noticed_in_list
from smartsvar.vault.errors import Unreadable


def shown_name(customer: Customer, about: About) -> str:
    """Return a person's name, a caller's address as people write it, else the customer's number.

    A name that does not open is no reason that its row cannot be erased.
    """
    if about.target == Target.CALLER:
        return callers.display(about.caller)
    if about.target in {Target.STAFF, Target.MEMBER}:
        row = model_of(about)._base_manager.get(id=about.identity)
        try:
            return str(getattr(row, "name", "")) or str(customer.number)
        except Unreadable as error:
            noticed_in_list(error, row)
    return str(customer.number)
