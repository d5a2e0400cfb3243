"""A phone message, and what has become of it."""

from datetime import datetime
from typing import Any, ClassVar, Self

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, Member, StaffMember, TenantOwned, TenantQuerySet
from messages.models.delivery import Delivery
from smartsvar.personal_data import Basis, Category, Keep, PersonalData, Role
from smartsvar.vault.index import blind_indexes
from smartsvar.vault.rows import BlindIndex, SealedField


class PhoneMessageQuerySet(TenantQuerySet["PhoneMessage"]):
    def newest_first(self) -> Self:
        return self.order_by("-taken_at", "-id")

    def taken_between(self, start: datetime | None, end: datetime | None) -> Self:
        """Messages taken at `start` or later and before `end`; None leaves that side open."""
        found = self if start is None else self.filter(taken_at__gte=start)
        return found if end is None else found.filter(taken_at__lt=end)

    def from_caller(self, customer: Customer, address: str) -> Self:
        """Messages from this normalised address, by blind index; "" means withheld."""
        if not address:
            return self.filter(caller_index=None)
        indexes = blind_indexes(customer.id, "caller_number", address)
        return self.filter(caller_index__in=indexes)

    def unread(self) -> Self:
        """Messages that nobody has read on Mina Sidor."""
        return self.filter(read_at=None)

    def undelivered(self, customer: Customer) -> Self:
        """Messages whose newest delivery failed, was given up, or ended in doubt."""
        failed = Delivery.objects.of(customer).in_trouble()
        return self.filter(id__in=failed.values("message_id"))

    def with_delivery(self) -> Self:
        """Each with its newest delivery's state, `delivery_state`: None where there is none."""
        newest = Delivery.objects.filter(message=models.OuterRef("pk"))
        state = newest.order_by("-created_at", "-id").values("state")[:1]
        return self.annotate(delivery_state=models.Subquery(state))

    def handled(self) -> Self:
        """Messages that somebody has said are dealt with."""
        return self.filter(handled_at__isnull=False)

    def unhandled(self) -> Self:
        """Messages that nobody has said are dealt with."""
        return self.filter(handled_at=None)

    def assigned_to(self, member: Member) -> Self:
        """Messages that this member is to deal with."""
        return self.filter(assigned_to=member)

    def nobodys(self) -> Self:
        """Messages that no member who is still here is to deal with."""
        away = models.Q(assigned_to__restricted=True) | models.Q(
            assigned_to__shred_job_id__isnull=False
        )
        return self.filter(models.Q(assigned_to=None) | away)

    def of_call(self, customer: Customer, call_id: str) -> Self:
        """Messages that share a call's id with a recording."""
        return self.filter(call_index__in=blind_indexes(customer.id, "call_id", call_id))


class PhoneMessage(TenantOwned):
    """What a caller asked us to pass on to a customer, or to one of its staff."""

    personal_data = PersonalData(
        category=Category.MESSAGE,
        role=Role.PROCESSOR,
        purpose=_("Pass on what callers ask, and let the customer read it again"),
        basis=Basis.CUSTOMER_INSTRUCTION,
        subject=_("caller"),
        keep=Keep(months=6, since="taken_at", capped_by="received_at"),
        export=(
            "taken_at", "received_at", "staff", "caller_name", "caller_company", "caller_number",
            "caller_email", "called_number", "matter", "call_id", "handled_at", "handled_by",
            "assigned_to",
        ),
        withhold={"customer": "technical", "read_at": "the customer's own note"},
        readable={
            "taken_at": "lists are ordered by it",
            "received_at": "retention is derived from it",
            "staff": "pseudonymous id; the name is sealed",
            "handled_at": "lists are filtered by it",
            "handled_by": "pseudonymous id; the name is sealed",
            "assigned_to": "pseudonymous id; the name is sealed",
        },
        callers=("caller_number", "caller_email"),
        mentions={"staff": "staff", "handled_by": "member", "assigned_to": "member"},
    )  # fmt: skip

    staff = models.ForeignKey(StaffMember, null=True, on_delete=models.SET_NULL, related_name="+")
    taken_at = models.DateTimeField(_("taken"))
    received_at = models.DateTimeField(_("received"))
    read_at = models.DateTimeField(_("read"), null=True)
    handled_at = models.DateTimeField(_("handled"), null=True)
    handled_by = models.ForeignKey(Member, null=True, on_delete=models.SET_NULL, related_name="+")
    assigned_to = models.ForeignKey(Member, null=True, on_delete=models.SET_NULL, related_name="+")
    caller_index = BlindIndex(of="caller_number")
    email_index = BlindIndex(of="caller_email", fold=True)
    call_index = BlindIndex(of="call_id")

    caller_name = SealedField("")
    caller_company = SealedField("")
    caller_number = SealedField("", help_text="E.164, sip:…, or empty when withheld.")
    caller_email = SealedField("")
    called_number = SealedField("")
    matter = SealedField("")
    call_id = SealedField("", help_text="The provider's id of the call; a recording may share it.")

    objects: ClassVar[Any] = models.Manager.from_queryset(PhoneMessageQuerySet)()
    delivery_state: str | None  # of rows `with_delivery()`

    class Meta(TenantOwned.Meta):
        verbose_name = _("phone message")
        verbose_name_plural = _("phone messages")
        indexes = [
            *TenantOwned.Meta.indexes,
            models.Index(fields=["customer", "-taken_at", "-id"], name="message_list"),
            models.Index(fields=["customer", "caller_index"], name="message_caller"),
            models.Index(fields=["customer", "email_index"], name="message_email"),
            models.Index(fields=["customer", "call_index"], name="message_call"),
        ]

    def get_absolute_url(self) -> str:
        """The message's page on Mina Sidor."""
        return reverse("portal:message", args=[self.customer.number, self.pk])
