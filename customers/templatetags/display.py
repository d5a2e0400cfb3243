"""How facts are written for people: numbers, lengths, names."""

from datetime import datetime
from typing import Any

from django import template
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.actions.contract import Going, going_with
from customers.broker.conversation import is_open
from customers.forms.focus import focus_on_mistake
from customers.labels import company_label
from customers.models import Customer, StaffMember
from smartsvar import callers, counts
from smartsvar.personal_data import keep_of
from smartsvar.unreadable import noticed_in_list
from smartsvar.vault.errors import Unreadable

register = template.Library()


@register.filter
def phone(address: str) -> str:
    """070-174 06 05; a withheld number in words."""
    try:
        return callers.display(address) or _("withheld number")
    except ValueError:
        return address


@register.filter
def grouped(count: int) -> str:
    """10 000: of counts, never of what only looks like a number."""
    return counts.grouped(count)


@register.filter
def file_size(size: int) -> str:
    """1 023,5 KB: how big a file of so many bytes is."""
    return counts.file_size(size)


@register.filter
def is_past(moment: datetime) -> bool:
    """Whether it lies behind us, as this page is written."""
    return moment <= timezone.now()


@register.simple_tag
def kept(label: str) -> str:
    """How long a model's rows are kept, from its declaration: {% kept "recordings.Recording" %}."""
    return keep_of(label).in_words()


@register.simple_tag
def broker_name() -> str:
    """What the broker of electronic identities is called; "" where there is none."""
    return str(settings.OIDC_NAME) if is_open() else ""


@register.simple_tag
def going_with_contract(customer: Customer) -> list[Going]:
    """What goes because the customer's contract has ended, and when; nothing while it runs."""
    ends_at = customer.contract_ended_at
    return [] if ends_at is None else going_with(customer, ends_at)


@register.filter
def person(staff: StaffMember | None) -> str:
    """The staff member's name; "" for nobody, for somebody restricted or being removed, for damage.

    Article 18: a restricted person's name is not shown in others' records either.
    """
    try:
        return "" if staff is None or unnamed(staff) else staff.name
    except Unreadable as error:
        if staff is not None:
            noticed_in_list(error, staff)
        return ""


@register.filter
def unnamed(staff: StaffMember | None) -> bool:
    """Whether neither name nor address of the person is shown: restricted, or being removed."""
    return staff is not None and (staff.restricted or staff.shred_job_id is not None)


@register.filter
def company(customer: Customer) -> str:
    """The company's name; for damage, that the customer of this number cannot be shown."""
    return company_label(customer)


@register.filter
def duration(milliseconds: int) -> str:
    """1:05, or 1:02:05 from an hour on; half seconds round up, so that no call lasts 0:00."""
    seconds = max(1, (milliseconds + 500) // 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


@register.filter
def spoken_length(milliseconds: int) -> str:
    """Minutes and seconds in words, for those who listen to the page."""
    minutes, seconds = divmod(max(1, (milliseconds + 500) // 1000), 60)
    if not minutes:
        return _("%(seconds)d s") % {"seconds": seconds}
    return _("%(minutes)d min %(seconds)d s") % {"minutes": minutes, "seconds": seconds}


@register.filter
def caller(row: Any) -> str:
    """Who called, in one line: the name, else the number, else that it was withheld."""
    return str(row.caller_name) or phone(row.caller_number)


@register.inclusion_tag("parts/fields.html")
def fields(form: Any) -> dict[str, Any]:
    """A form's fields with labels, help and errors; shown again, it stands where it is wrong."""
    in_field = focus_on_mistake(form, form.errors)
    return {"form": form, "stands": not in_field}
