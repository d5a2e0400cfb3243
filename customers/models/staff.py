"""The customer's staff register: who can be asked for, and what to answer."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models.tenancy import TenantOwned
from smartsvar.personal_data import Basis, Category, Keep, PersonalData
from smartsvar.personal_data import Role as DataRole
from smartsvar.vault.rows import SealedField


class StaffMember(TenantOwned):
    """A person the customer's callers may ask for. Never purged while the contract runs."""

    personal_data = PersonalData(
        category=Category.STAFF,
        role=DataRole.PROCESSOR,
        purpose=_("Answer calls for the customer's staff as well as possible"),
        basis=Basis.CUSTOMER_INSTRUCTION,
        subject=_("the customer's employee or contractor"),
        keep=Keep(months=24, since="customer.contract_ended_at"),
        export=(
            "name", "title", "phone", "email", "keywords", "answer_notice",
            "created_at", "changed_at",
        ),
        withhold={"customer": "technical"},
        readable={"created_at": "a time", "changed_at": "a time"},
    )  # fmt: skip

    created_at = models.DateTimeField(default=timezone.now, editable=False)
    changed_at = models.DateTimeField(auto_now=True)

    name = SealedField("")
    title = SealedField("")
    phone = SealedField("")
    email = SealedField("")
    keywords: ClassVar[Any] = SealedField[list[str]]([])
    answer_notice = SealedField("", help_text="Svarsbesked: what to tell callers.")

    class Meta(TenantOwned.Meta):
        verbose_name = _("staff member")
        verbose_name_plural = _("staff register")
