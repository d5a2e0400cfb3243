"""The agreement with a customer (article 28(3)) as it was signed, and a signing under way."""

from datetime import datetime
from typing import Any, ClassVar, Self
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import TenantOwned, TenantQuerySet
from smartsvar.leases import free
from smartsvar.personal_data import Basis, Category, Keep, PersonalData, Restrict, Role
from smartsvar.shredding.models import Shreddable, ShreddableQuerySet
from smartsvar.vault.models import CustomerKey
from smartsvar.vault.rows import SealedField


class SignedAgreementQuerySet(ShreddableQuerySet["SignedAgreement"]):
    def of(self, customer_id: UUID) -> Self:
        """The customer's, newest first, whatever else is restricted: it binds both of us."""
        return self.timely().filter(customer_id=customer_id).order_by("-signed_at", "-id")

    def untold(self, at: datetime) -> Self:
        """Those whose signing the customer's administrators are still to be told of."""
        return self.timely(at).filter(free(at, "telling_until"), told_at=None)


class SignedAgreement(Shreddable):
    """One version as it was signed: who did, the text, and the exact bytes of the PDF.

    Names its customer by id alone, and is sealed under the key that outlives the customer: what
    was agreed must be possible to show until no claim can be made of it.
    """

    personal_data = PersonalData(
        category=Category.IDENTIFICATION,
        role=Role.CONTROLLER,
        purpose=_("Show what has been agreed with a customer, and by whom"),
        basis=Basis.LEGAL_OBLIGATION,
        subject=_("whoever signs for the customer"),
        # Preskriptionslagen (1981:130) 2 §: a claim is time-barred ten years after it arose, and
        # the last can arise as the contract ends.
        keep=Keep(months=120, since="ended_at"),
        export=(
            "version", "language", "signed_at", "ended_at", "sha256", "name", "title", "address",
        ),
        withhold={
            "customer_id": "technical",
            "signed_by": "technical",
            "told_at": "technical",
            "told_to": "technical",
            "telling_until": "technical",
            "pdf": "the agreement itself, which the customer has",
            "content": "the agreement itself, which the customer has",
            "certificate": "hashes and a signature",
            "proof": "a word for how the signer proved who it was",
        },
        readable={
            "version": "a hash of the agreement's text",
            "language": "one of two",
            "signed_at": "a time",
            "ended_at": "retention is derived from it",
            "sha256": "a hash of the document",
        },
        restrict=Restrict.NOTHING,
        mentions={"signed_by": "member"},
        # Article 28(3), (9): the processor is bound in writing. Article 17(3)(e): legal claims.
        law=_("the duty to have the agreement in writing, and claims that are not time-barred"
              " (GDPR, articles 28.3 and 17.3 e; Preskriptionslagen 2 §)"),
        processors=("hosting", "mail"),
    )  # fmt: skip
    key_class = CustomerKey.KeyClass.STATUTORY

    customer_id = models.UUIDField(editable=False)
    version = models.CharField(_("version"), max_length=64)
    language = models.CharField(_("language"), max_length=2)
    signed_at = models.DateTimeField(_("signed"))
    ended_at = models.DateTimeField(_("contract ended"), null=True)
    signed_by = models.UUIDField()
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    told_at = models.DateTimeField(null=True)
    # The ids of the members who have the mail, until all have.
    told_to = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))
    telling_until = models.DateTimeField(null=True)  # a worker's lease on the mail

    name = SealedField("", help_text="Who signed, as the signer wrote it.")
    title = SealedField("", help_text="The signer's position in the company.")
    address = SealedField("", help_text="The IP address it was signed from.")
    pdf = SealedField("", help_text="The document, a PDF in base64.")
    content: Any = SealedField[dict[str, Any]]({})  # the text, to tell what changed since
    certificate: Any = SealedField[dict[str, Any]]({})
    proof = SealedField("")

    objects: ClassVar[Any] = models.Manager.from_queryset(SignedAgreementQuerySet)()

    class Meta(Shreddable.Meta):
        verbose_name = _("signed agreement")
        verbose_name_plural = _("signed agreements")
        indexes = [
            *Shreddable.Meta.indexes,
            models.Index(fields=["customer_id", "-signed_at"], name="signedagreement_list"),
            models.Index(
                fields=["signed_at"], name="signedagreement_open",
                condition=models.Q(told_at=None),
            ),
        ]  # fmt: skip
        constraints = [
            models.UniqueConstraint(
                fields=["customer_id", "version"], name="one_signature_per_version"
            )
        ]

    @property
    def vault_customer_id(self) -> UUID:
        return self.customer_id

    @property
    def short(self) -> str:
        """The version as people read it."""
        return self.version[:12]


class SigningQuerySet(TenantQuerySet["Signing"]):
    def unsent(self, at: datetime) -> Self:
        """Those whose code is still to be mailed, and not too late."""
        waiting = self.timely(at).filter(free(at, "sending_until"), sent_at=None)
        return waiting.filter(used_at=None, expires_at__gt=at).order_by("started_at", "id")


class Signing(TenantOwned):
    """That somebody is about to sign: which version, in which name, and the code to prove it by."""

    personal_data = PersonalData(
        category=Category.IDENTIFICATION,
        role=Role.CONTROLLER,
        purpose=_("Make sure who signs an agreement"),
        basis=Basis.CONTRACT,
        subject=_("whoever signs for the customer"),
        keep=Keep(days=1, since="started_at"),
        export=("version", "language", "started_at", "used_at", "name", "title"),
        withhold=dict.fromkeys(
            ("customer", "member_id", "expires_at", "tries", "codes", "sent_at", "sending_until"),
            "technical",
        )
        | {"code": "a secret, until it is mailed", "code_hash": "a hash of a secret"},
        readable={
            "version": "a hash of the agreement's text",
            "language": "one of two",
            "started_at": "retention is derived from it",
            "used_at": "a time",
        },
        restrict=Restrict.NOTHING,
        mentions={"member_id": "member"},
        processors=("hosting", "mail"),
    )
    goes_with_caller = False

    member_id = models.UUIDField()
    version = models.CharField(max_length=64)
    language = models.CharField(max_length=2)
    started_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    codes = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    sending_until = models.DateTimeField(null=True)  # a worker's lease on the mail

    name = SealedField("")
    title = SealedField("")
    code = SealedField("", help_text="Until it is mailed.")
    code_hash = SealedField("")

    objects: ClassVar[Any] = models.Manager.from_queryset(SigningQuerySet)()

    class Meta(TenantOwned.Meta):
        verbose_name = _("signing under way")
        verbose_name_plural = _("signings under way")
