"""What is ended in the same step as somebody is removed: what the page's boxes say."""

from django.contrib import messages as flash
from django.http import HttpRequest
from django.utils.translation import gettext as _

from customers.actions.ties import Ties, end_ties
from customers.models import Member
from smartsvar.clock import database_now

BOX = "ends"  # the boxes' name


def chosen_in(request: HttpRequest) -> set[str]:
    """Return the ids of what is ticked."""
    return set(request.POST.getlist(BOX))


def end_chosen(request: HttpRequest, member: Member, ties: Ties) -> None:
    """End the ticked memberships and invitations, and say who stays; only an administrator may.

    Whose register only it is gets no boxes, and what it sends in their place ends nothing.
    """
    if not (ties and member.is_administrator):
        return
    stay = end_ties(ties, chosen_in(request), by=member, at=database_now())
    for each in stay:
        words = _("%(name)s is still a member: end that membership on the members' page.")
        flash.warning(request, words % {"name": each.name or each.user.email})
