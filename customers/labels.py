"""How a customer is called where others stand beside it, also when its name does not open."""

from typing import cast

from django.utils.translation import gettext as _

from customers.models import Customer
from smartsvar.unreadable import noticed_in_list
from smartsvar.vault.errors import Unreadable


def company_label(customer: Customer) -> str:
    """Return the company's name, or a safe label by its number: one damaged row hides no other.

    What is damaged is reported. Raises RootUnreachable, WrongRoot: then no name opens.
    """
    try:
        return cast(str, customer.company_name)
    except Unreadable as error:
        noticed_in_list(error, customer)
        return _("Customer %(number)s cannot be shown") % {"number": customer.number}
