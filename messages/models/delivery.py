"""One hand-over of a message to one address."""

from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, Member, StaffMember
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
from smartsvar.vault.rows import SealedField, SealedModel, SealedQuerySet

LEASE = timedelta(minutes=10)  # above the longest SMTP dialogue: 16 steps of EMAIL_TIMEOUT


class DeliveryQuerySet(SealedQuerySet["Delivery"]):
    def of(self, customer: Customer) -> Self:
        """The customer's deliveries; whoever asks for them has the message already."""
        return self.filter(customer=customer)

    def in_trouble(self) -> Self:
        """Those that reached nobody for certain, and that no later one has followed."""
        later = Delivery.objects.filter(
            message=models.OuterRef("message"), created_at__gt=models.OuterRef("created_at")
        )
        failed = self.filter(state__in=Delivery.TROUBLE)
        return failed.exclude(models.Exists(later))

    def under_way(self) -> Self:
        """Those that wait or are being sent, but for what waits on a restricted reader."""
        stopped = models.Q(staff__restricted=True) | models.Q(member__restricted=True)
        moving = models.Q(state=Delivery.State.CLAIMED)
        moving |= models.Q(state=Delivery.State.QUEUED) & ~stopped
        return self.filter(moving)

    def waiting(self, at: datetime) -> Self:
        """Deliveries to be made at `at`: queued for then, or claimed by a worker that died.

        None of a message whose time is up: the door to it is shut, and mail is a door.
        """
        queued = models.Q(state=Delivery.State.QUEUED, next_attempt_at__lte=at)
        abandoned = models.Q(state=Delivery.State.CLAIMED, lease_until__lt=at)
        # Article 18: nothing is sent of a restricted caller's, or to a restricted person.
        allowed = models.Q(message__restricted=False, customer__restricted=False)
        allowed &= models.Q(message__due_at=None) | models.Q(message__due_at__gt=at)
        # Nor to one who is being destroyed: once that is done, it goes to the customer.
        for person in ("message__staff", "staff", "member"):
            there = {f"{person}__restricted": False, f"{person}__shred_job_id": None}
            allowed &= models.Q(**{person: None}) | models.Q(**there)
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
        export=(
            "channel", "cause", "state", "address", "staff", "member", "asked_by", "created_at",
            "settled_at",
        ),
        withhold={
            "customer": "technical",
            "message": "technical",
            "attempts": "technical",
            "next_attempt_at": "technical",
            "lease_until": "technical",
            "fence": "technical",
            "error": "technical",
            "history": "the states above, attempt by attempt",
        },
        readable={
            "channel": "e-mail or SMS",
            "cause": "one of three words",
            "state": "a state",
            "created_at": "a time",
            "settled_at": "a time",
            "staff": "pseudonymous id; the name is sealed",
            "member": "pseudonymous id; the name is sealed",
            "asked_by": "pseudonymous id; the name is sealed",
        },
        erase=Erase.WITH_PARENT,
        others=("address",),  # where the customer's people read
        belongs_to={"address": "staff"},
        mentions={"member": "member", "asked_by": "member"},
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
    )  # fmt: skip
    sealed_under = "message"

    class Channel(models.TextChoices):
        EMAIL = "email", _("E-mail")

    class Cause(models.TextChoices):
        TAKEN = "taken", _("as it was taken")
        AGAIN = "again", _("sent again")
        FORWARDED = "forwarded", _("forwarded")

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        CLAIMED = "claimed", _("being sent")
        ACCEPTED = "accepted", _("accepted by the mail server")
        UNKNOWN = "unknown", _("unknown: the mail server fell silent")
        FAILED = "failed", _("refused by the mail server")
        DEAD = "dead", _("given up")

    TROUBLE: ClassVar = (State.FAILED, State.DEAD, State.UNKNOWN)  # it reached nobody for certain

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    message = models.ForeignKey(
        "phone_messages.PhoneMessage", on_delete=models.CASCADE, related_name="deliveries"
    )
    cause = models.CharField(
        _("cause"), max_length=9, choices=Cause, default=Cause.TAKEN, db_default=Cause.TAKEN
    )
    # Whose address it is: a person's on the staff register, or a member's, whose sign-in address
    # is read as the mail is written and never copied here. Neither: the customer's own.
    staff = models.ForeignKey(StaffMember, null=True, on_delete=models.SET_NULL, related_name="+")
    member = models.ForeignKey(Member, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_by = models.ForeignKey(Member, null=True, on_delete=models.SET_NULL, related_name="+")
    channel = models.CharField(_("channel"), max_length=8, choices=Channel)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    error = models.CharField(_("error"), max_length=40, blank=True)  # a code, never a server's text
    created_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True)
    # What came of each attempt: state, code, first and last time, how often in a row.
    history = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))

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
