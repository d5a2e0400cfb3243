"""Two new kinds of data, each with its declaration and nothing else."""

from typing import Any, ClassVar
from uuid import UUID

from django.db import models

from customers.models import TenantOwned
from smartsvar.personal_data import Basis, Category, Keep, PersonalData, Role
from smartsvar.shredding.models import Shreddable
from smartsvar.vault.models import CustomerKey
from smartsvar.vault.rows import BlindIndex, SealedField


class Callback(TenantOwned):
    """A time at which somebody wants to be called back."""

    personal_data = PersonalData(
        category=Category.MESSAGE,
        role=Role.PROCESSOR,
        purpose="Call people back",
        basis=Basis.CUSTOMER_INSTRUCTION,
        subject="caller",
        keep=Keep(days=28, since="wanted_at"),
        export=("wanted_at", "caller_number", "wish"),
        withhold={"customer": "technical"},
        readable={"wanted_at": "retention is derived from it"},
        callers=("caller_number",),
    )

    wanted_at = models.DateTimeField()
    caller_index = BlindIndex(of="caller_number")
    caller_number = SealedField("")
    wish = SealedField("")

    class Meta(TenantOwned.Meta):
        app_label = "new_kind"


class Invoice(Shreddable):
    """What bookkeeping keeps: sealed under the key that outlives the customer, named by id."""

    personal_data = PersonalData(
        category=Category.CONTACT,
        role=Role.CONTROLLER,
        purpose="Keep the books",
        basis=Basis.LEGAL_OBLIGATION,
        subject="the customer's contact",
        keep=Keep(fiscal_years=7, since="fiscal_year_ends"),
        export=("fiscal_year_ends", "paid_by"),
        withhold={"customer_id": "technical"},
        readable={"fiscal_year_ends": "retention is derived from it"},
        law="the Bookkeeping Act, 7:2",
    )
    key_class: ClassVar[str] = CustomerKey.KeyClass.STATUTORY

    customer_id = models.UUIDField()
    fiscal_year_ends = models.DateField()
    paid_by: Any = SealedField("")

    class Meta(Shreddable.Meta):
        app_label = "new_kind"

    @property
    def vault_customer_id(self) -> UUID:
        return self.customer_id
