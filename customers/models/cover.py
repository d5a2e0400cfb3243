"""What covers rows: a restriction (article 18), a hold. Both say whom or what they are about."""

from datetime import datetime
from typing import Any, ClassVar, Self
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.tenancy import TenantOwned, TenantQuerySet
from smartsvar.personal_data import Basis, Category, Keep, PersonalData, Restrict
from smartsvar.personal_data import Role as DataRole
from smartsvar.vault.rows import BlindIndex, SealedField


class Target(models.TextChoices):
    """Whom or what something is about, within one customer."""

    CUSTOMER = "customer", _("the whole account")
    CALLER = "caller", _("a caller")
    STAFF = "staff", _("a person on the staff register")
    MEMBER = "member", _("a member")
    RECORD = "record", _("a single record")


class CoverQuerySet(TenantQuerySet["Cover"]):
    def in_force(self) -> Self:
        """Those that nobody has ended."""
        return self.filter(ended_at=None, shred_job_id=None)


class Cover(TenantOwned):
    """Common to restrictions and holds: the target, and since when it is in force.

    A caller is named by number or e-mail, sealed; anything else by its model and id.
    """

    target = models.CharField(_("about"), max_length=10, choices=Target)
    object_model = models.CharField(max_length=60, blank=True)
    object_id = models.UUIDField(null=True)
    placed_at = models.DateTimeField(_("since"))
    ended_at = models.DateTimeField(_("ended"), null=True)
    caller_index = BlindIndex(of="caller", fold=True)

    caller = SealedField("", help_text="Number (E.164) or e-mail, when it is about a caller.")
    reason = SealedField("")
    too_late: int = 0  # rows of a caller's that were being deleted as it was placed

    objects: ClassVar[Any] = models.Manager.from_queryset(CoverQuerySet)()

    class Meta(TenantOwned.Meta):
        abstract = True
        indexes = [
            *TenantOwned.Meta.indexes,
            models.Index(fields=["customer", "caller_index"], name="%(class)s_caller"),
        ]


_READABLE = {
    "target": "one of five words",
    "object_model": "a model's name",
    "object_id": "pseudonymous id",
    "placed_at": "a time",
    "ended_at": "retention is derived from it",
}


class Restriction(Cover):
    """Storage only (article 18): until it ends, nothing else is done with what it covers."""

    personal_data = PersonalData(
        category=Category.HISTORY,
        role=DataRole.CONTROLLER,
        purpose=_("Only store what a person has had restricted"),
        basis=Basis.LEGAL_OBLIGATION,
        subject=_("whoever asked for restriction"),
        keep=Keep(months=24, since="ended_at"),
        export=(
            "target", "object_model", "object_id", "placed_at", "ended_at", "keeps", "removes",
            "caller", "reason",
        ),
        withhold={"customer": "technical"},
        readable=_READABLE | {"keeps": "yes or no", "removes": "yes or no"},
        restrict=Restrict.NOTHING,
        callers=("caller",),
        # It says what may not be shown: a caller's ends by being lifted, never by an erasure, for
        # who called may call again. A person's or record's has nothing to hide when that is gone.
        law=_("the duty to restrict processing and to show it (GDPR, articles 18 and 5.2)"),
        goes_with_thing=True,
        others=("reason",),  # the customer's own words
    )  # fmt: skip

    # Article 18(1)(b) and (c): the person wants it kept, so the purge stops too.
    keeps = models.BooleanField(_("kept past its time"), default=False)
    # A member who was removed while a hold keeps the row: it goes when the hold has ended.
    removes = models.BooleanField(
        _("removed when no hold keeps it"), default=False, db_default=False
    )

    class Meta(Cover.Meta):
        verbose_name = _("restriction")
        verbose_name_plural = _("restrictions")


class Hold(Cover):
    """Nothing that it covers is destroyed until it ends: a legal claim, an open case."""

    personal_data = PersonalData(
        category=Category.HISTORY,
        role=DataRole.CONTROLLER,
        purpose=_("Keep what a legal claim or an open case needs"),
        basis=Basis.LEGITIMATE_INTEREST,
        subject=_("whoever the hold is about"),
        keep=Keep(months=24, since="ended_at"),
        export=(
            "target", "object_model", "object_id", "placed_at", "ended_at", "ends_at", "kind",
            "caller", "reason",
        ),
        withhold={"customer": "technical"},
        readable=_READABLE | {"ends_at": "a time", "kind": "one of two words"},
        restrict=Restrict.NOTHING,
        callers=("caller",),
        # Article 17(3)(e): erasure does not reach what a legal claim needs.
        law=_("the right to keep what a legal claim needs (GDPR, article 17.3 e)"),
        # What an open case kept: no claim is made, but that the request was honoured is shown.
        other_laws={
            ("kind", "case"): _("the duty to show that requests are honoured (GDPR, article 5.2)")
        },
        others=("reason",),  # the customer's own words
    )  # fmt: skip

    class Kind(models.TextChoices):
        LEGAL = "legal", _("legal hold")
        CASE = "case", _("open case")

    kind = models.CharField(_("kind"), max_length=6, choices=Kind)
    ends_at = models.DateTimeField(_("ends"), null=True)

    class Meta(Cover.Meta):
        verbose_name = _("hold")
        verbose_name_plural = _("holds")


def ended_by(at: datetime) -> models.Q:
    """Holds whose end has come."""
    return models.Q(ended_at=None, ends_at__lte=at)


def leaving(customer_id: UUID) -> "models.QuerySet[Any, Any]":
    """Return the ids of members who were removed and whose rows a hold keeps for now."""
    mine: models.QuerySet[Any, Any] = Restriction.objects.filter(
        customer_id=customer_id, removes=True, ended_at=None, shred_job_id=None
    ).values("object_id")
    return mine
