"""What belongs to a customer is fetched through the customer, here and nowhere else."""

from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from django.db import models

from smartsvar.shredding.models import Shreddable, ShreddableQuerySet

if TYPE_CHECKING:
    from customers.models.customer import Customer

M = TypeVar("M", bound="TenantOwned", covariant=True)


class TenantQuerySet(ShreddableQuerySet[M]):
    """Rows of a customer. Every door starts with `.of(customer)`."""

    def of(self, customer: "Customer") -> Self:
        """This customer's rows that may be shown: live, not claimed, not past their date."""
        return self.filter(customer=customer).live()


class TenantOwned(Shreddable):
    """A shreddable row that belongs to one customer."""

    customer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name="+")

    objects: ClassVar[Any] = models.Manager.from_queryset(TenantQuerySet)()

    class Meta(Shreddable.Meta):
        abstract = True
