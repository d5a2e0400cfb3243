"""A request by which somebody uses a right: what is asked, since when, and what was decided."""

from typing import Any, ClassVar

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from customers.models import Target, TenantOwned, TenantQuerySet
from smartsvar.personal_data import Basis, Category, Keep, PersonalData, Restrict, Role
from smartsvar.vault.rows import BlindIndex, SealedField


class CaseKind(models.TextChoices):
    """Which right it is, by its article of the GDPR."""

    ACCESS = "access", _("access (art. 15)")
    RECTIFICATION = "rectification", _("rectification (art. 16)")
    ERASURE = "erasure", _("erasure (art. 17)")
    RESTRICTION = "restriction", _("restriction (art. 18)")
    PORTABILITY = "portability", _("portability (art. 20)")
    OBJECTION = "objection", _("objection (art. 21)")


class CaseState(models.TextChoices):
    RECEIVED = "received", _("received")
    IDENTIFIED = "identified", _("identity checked")
    GRANTED = "granted", _("granted")
    REFUSED = "refused", _("refused")
    WITHDRAWN = "withdrawn", _("withdrawn")


class Telling(models.TextChoices):
    """What the asker is still to be told by mail; the mail itself says nothing of the matter."""

    EXTENDED = "extended", _("more time is being told")
    DECIDED = "decided", _("the answer is being told")
    FAILED = "failed", _("not delivered: send it by post")


class Case(TenantOwned):
    """One request. It is answered in time; the clock stands in privacy/cases/clock.py."""

    personal_data = PersonalData(
        category=Category.HISTORY,
        role=Role.CONTROLLER,
        purpose=_("Answer requests of people who use their rights, in time"),
        basis=Basis.LEGAL_OBLIGATION,
        subject=_("whoever asks"),
        keep=Keep(months=24, since="closed_at"),
        export=(
            "number", "kind", "state", "target", "object_model", "object_id", "received_on",
            "answer_by", "extended_on", "identified_at", "decided_at", "closed_at", "caller",
            "requester", "contact", "wish", "identified_how", "extension_reason", "ground",
            "decision",
        ),
        withhold=dict.fromkeys(
            ("customer", "opened_by_kind", "opened_by", "hold_id", "to_tell", "telling_until",
             "reminded_on"), "technical",
        ),
        readable={
            "number": "a number we gave",
            "kind": "one of six words",
            "state": "a state",
            "target": "one of five words",
            "object_model": "a model's name",
            "object_id": "pseudonymous id",
            "received_on": "the time to answer is counted from it",
            "answer_by": "lists are ordered by it",
            "extended_on": "a date",
            "identified_at": "a time",
            "decided_at": "a time",
            "closed_at": "retention is derived from it",
        },
        restrict=Restrict.NOTHING,
        callers=("caller",),
        # Article 5(2), 12: how a request was answered must be possible to show.
        law=_("the duty to show that requests are honoured (GDPR, article 5.2)"),
        mentions={"opened_by": "member"},
        # Whoever wrote on the caller's behalf, and what they wrote.
        others=("requester", "contact", "wish"),
        processors=("hosting", "mail"),
    )  # fmt: skip

    number = models.PositiveIntegerField(_("case number"), unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=13, choices=CaseKind)
    state = models.CharField(
        _("state"), max_length=10, choices=CaseState, default=CaseState.RECEIVED
    )
    target = models.CharField(_("about"), max_length=10, choices=Target)
    object_model = models.CharField(max_length=60, blank=True)
    object_id = models.UUIDField(null=True)
    received_on = models.DateField(_("received"))  # in Stockholm
    answer_by = models.DateField(_("to be answered by"))
    extended_on = models.DateField(_("extended"), null=True)
    identified_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(_("decided"), null=True)
    closed_at = models.DateTimeField(_("closed"), null=True)
    hold_id = models.UUIDField(null=True)  # what keeps the data from the purge meanwhile
    to_tell = models.CharField(_("mail"), max_length=10, choices=Telling, blank=True)
    telling_until = models.DateTimeField(null=True)  # a worker's lease on the mail
    reminded_on = models.DateField(null=True)
    opened_by_kind = models.CharField(max_length=10)
    opened_by = models.UUIDField(null=True)
    caller_index = BlindIndex(of="caller", fold=True)

    caller = SealedField("", help_text="Number (E.164) or e-mail, when it is about a caller.")
    requester = SealedField("", help_text="Who asks, by name.")
    contact = SealedField("", help_text="Where the answer goes.")
    wish = SealedField("", help_text="What is asked, in the asker's own words.")
    identified_how = SealedField("")
    extension_reason = SealedField("")
    ground = SealedField("", help_text="Why it was granted or refused.")
    decision = SealedField("", help_text="What was decided, as the answer says it.")

    objects: ClassVar[Any] = models.Manager.from_queryset(TenantQuerySet)()

    class Meta(TenantOwned.Meta):
        verbose_name = _("request")
        verbose_name_plural = _("requests")
        indexes = [
            *TenantOwned.Meta.indexes,
            models.Index(fields=["customer", "-received_on"], name="case_list"),
            models.Index(fields=["customer", "caller_index"], name="case_caller"),
            models.Index(
                fields=["answer_by"], name="case_open", condition=models.Q(closed_at=None)
            ),
        ]

    def get_absolute_url(self) -> str:
        """The request's page on Mina Sidor."""
        return reverse("privacy:case", args=[self.customer.number, self.pk])

    @property
    def open(self) -> bool:
        return self.closed_at is None
