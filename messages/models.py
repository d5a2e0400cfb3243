"""A phone message and its deliveries."""

from datetime import datetime
from typing import Any, ClassVar, Self

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, StaffMember, TenantOwned, TenantQuerySet
from smartsvar.leases import Leased
from smartsvar.personal_data import (
    Basis,
    Category,
    Copy,
    Death,
    Erase,
    Keep,
    PersonalData,
    Role,
)
from smartsvar.vault.index import blind_indexes
from smartsvar.vault.rows import BlindIndex, SealedField, SealedModel, SealedQuerySet


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
        """Messages with a delivery that failed, was given up, or of which nothing is known."""
        trouble = [Delivery.State.FAILED, Delivery.State.DEAD, Delivery.State.UNKNOWN]
        failed = Delivery.objects.filter(customer=customer, state__in=trouble)
        return self.filter(id__in=failed.values("message_id"))

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
            "caller_email", "called_number", "matter", "call_id",
        ),
        withhold={"customer": "technical", "read_at": "the customer's own note"},
        readable={
            "taken_at": "lists are ordered by it",
            "received_at": "retention is derived from it",
            "staff": "pseudonymous id; the name is sealed",
        },
        callers=("caller_number", "caller_email"),
        mentions={"staff": "staff"},
    )  # fmt: skip

    staff = models.ForeignKey(StaffMember, null=True, on_delete=models.SET_NULL, related_name="+")
    taken_at = models.DateTimeField(_("taken"))
    received_at = models.DateTimeField(_("received"))
    read_at = models.DateTimeField(_("read"), null=True)
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


class DeliveryQuerySet(SealedQuerySet["Delivery"]):
    def waiting(self, at: datetime) -> Self:
        """Deliveries to be made now: queued and due, or claimed by a worker that died."""
        queued = models.Q(state=Delivery.State.QUEUED, next_attempt_at__lte=at)
        abandoned = models.Q(state=Delivery.State.CLAIMED, lease_until__lt=at)
        # Article 18: nothing is sent of a restricted caller's, or to a restricted person.
        allowed = models.Q(message__restricted=False, customer__restricted=False)
        # Nor to one who is being destroyed: once that is done, it goes to the customer.
        there = models.Q(message__staff__restricted=False, message__staff__shred_job_id=None)
        allowed &= models.Q(message__staff=None) | there
        return self.filter(queued | abandoned, allowed).order_by("next_attempt_at", "id")


class Delivery(SealedModel, Leased):
    """One hand-over of a message to one address: the outbox row, and then the proof.

    Sealed under its message's key and deleted with it.
    """

    personal_data = PersonalData(
        category=Category.MESSAGE,
        role=Role.PROCESSOR,
        purpose=_("Hand messages over, and show that it was done"),
        basis=Basis.CUSTOMER_INSTRUCTION,
        subject=_("the message's recipient"),
        keep=Keep(with_parent="message"),
        export=("channel", "state", "address", "created_at", "settled_at"),
        withhold={
            "customer": "technical",
            "message": "technical",
            "attempts": "technical",
            "next_attempt_at": "technical",
            "lease_until": "technical",
            "fence": "technical",
            "error": "technical",
        },
        readable={
            "channel": "e-mail or SMS",
            "state": "a state",
            "created_at": "a time",
            "settled_at": "a time",
        },
        erase=Erase.WITH_PARENT,
        others=("address",),  # where the customer's people read
        belongs_to={"address": "message.staff"},
        processors=("hosting", "mail"),
        copies=(
            Copy(
                what=_("the mail that waits to be sent: written from the message as it is sent"),
                of="phone_messages.PhoneMessage",
                dies=Death.WITH_SOURCE,
            ),
            Copy(
                what=_("the mail in the mailbox of the customer, which answers for it there"),
                of="phone_messages.PhoneMessage",
                dies=Death.HANDED_OVER,
            ),
        ),
    )
    sealed_under = "message"

    class Channel(models.TextChoices):
        EMAIL = "email", _("E-mail")

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        CLAIMED = "claimed", _("being sent")
        ACCEPTED = "accepted", _("accepted by the mail server")
        UNKNOWN = "unknown", _("unknown: the mail server fell silent")
        FAILED = "failed", _("refused by the mail server")
        DEAD = "dead", _("given up")

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    message = models.ForeignKey(PhoneMessage, on_delete=models.CASCADE, related_name="deliveries")
    channel = models.CharField(_("channel"), max_length=8, choices=Channel)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    error = models.CharField(_("error"), max_length=40, blank=True)  # a code, never a server's text
    created_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True)

    address = SealedField("")

    objects: ClassVar[Any] = models.Manager.from_queryset(DeliveryQuerySet)()

    class Meta(SealedModel.Meta):
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        indexes = [
            models.Index(
                fields=["next_attempt_at", "id"],
                name="delivery_waiting",
                condition=models.Q(state__in=["queued", "claimed"]),
            )
        ]
