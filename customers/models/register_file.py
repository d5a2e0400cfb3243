"""A staff register that was uploaded and waits to be confirmed."""

from collections.abc import Collection
from uuid import UUID

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models.tenancy import TenantOwned
from smartsvar.personal_data import Basis, Category, Keep, PersonalData, Restrict
from smartsvar.personal_data import Role as DataRole
from smartsvar.vault.rows import SealedField


class RegisterFile(TenantOwned):
    """The cells of an uploaded file, sealed, between the upload and its confirmation.

    The alternative, to let the browser send the file again, would lose it with every change of a
    column's meaning (no page may fill in a file field), and the plan that was confirmed could be
    another than the one that was shown. So the cells lie sealed under a key of their own, are
    destroyed as soon as they are confirmed or thrown away, and within the hour in any case.
    """

    personal_data = PersonalData(
        category=Category.STAFF,
        role=DataRole.PROCESSOR,
        purpose=_("Show what an uploaded staff register would change before it does"),
        basis=Basis.CUSTOMER_INSTRUCTION,
        subject=_("the customer's employee or contractor"),
        keep=Keep(days=1, since="created_at", unfinished=("state", "waiting"), unfinished_hours=1),
        restrict=Restrict.NOTHING,  # shown to nobody but whoever has the file
        export=(),  # within the hour it is in the register, which is exported, or gone
        withhold={
            "customer": "technical",
            "state": "technical",
            "uploaded_by": "technical",
            "created_at": "technical",
            "lines": "technical",
            "table": "a file of the customer's own, on its way into the register",
        },
    )

    class State(models.TextChoices):
        WAITING = "waiting"

    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    uploaded_by = models.UUIDField(editable=False)  # the member; nobody else sees it
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    table = SealedField[list[list[str]]]([])
    lines = SealedField[list[int]]([])  # where in the file each row of the table stands

    class Meta(TenantOwned.Meta):
        verbose_name = _("uploaded register")
        verbose_name_plural = _("uploaded registers")

    @classmethod
    def holding(cls) -> models.Q:
        """None by the customer's hold: a copy on its way, of a file that the customer has.

        What a hold keeps is the register. The upload ends within the hour as ever, or with the
        import: else a customer that is held could not keep its register at all.
        """
        return models.Q(held=True)

    @classmethod
    def owners_holding(cls, owners: Collection[UUID]) -> set[UUID]:
        """Return none of them: see holding()."""
        return set()
