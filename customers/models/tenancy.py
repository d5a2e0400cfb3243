"""What belongs to a customer is fetched through the customer, here and nowhere else."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar
from uuid import UUID

from django.db import connection, models, transaction
from django.utils.module_loading import import_string

from smartsvar.shredding.models import Gone, Shreddable, ShreddableQuerySet

if TYPE_CHECKING:
    from customers.models.customer import Customer
    from customers.models.member import Member

M = TypeVar("M", bound="TenantOwned", covariant=True)


SOON = timedelta(days=7)


def going_soon(customer: "Customer", at: datetime) -> models.Q:
    """Return which of the customer's rows are deleted within SOON of `at`: nothing that is held."""
    if customer.held:
        return models.Q(pk__in=[])
    return models.Q(due_at__lt=at + SOON, held=False)


class TenantQuerySet(ShreddableQuerySet[M]):
    """Rows of a customer. Every door starts with `.of(customer)`."""

    def of(self, customer: "Customer") -> Self:
        """This customer's rows that may be shown: live, not claimed, not past their date."""
        return self.filter(customer=customer).live()

    def decided_by(self, customer: "Customer") -> Self:
        """As `.of(customer)`, whether the customer's processing is restricted or not.

        For who has access to it (members, invitations), which it decides about all the same. What
        is restricted itself is not there.
        """
        return self.filter(customer=customer, restricted=False).timely()

    def visible_to(self, member: "Member") -> Self:
        """The rows of the member's customer that the member is shown: all, or its own.

        For rows that concern somebody on the staff (`staff`). Wherever a member reads calls or
        messages, this takes the place of `.of(customer)`; an API key is the customer's own.
        """
        return self.of(member.customer).filter(member.horizon())

    def live(self, at: datetime | None = None) -> Self:
        """Rows that may be shown: none of a customer whose processing is restricted."""
        return super().live(at).filter(customer__restricted=False)

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        """Insert many. Raises Gone when one of them is of a customer that is being erased."""
        rows = list(objs)
        with transaction.atomic():
            made = super().bulk_create(rows, *args, **kwargs)
            self.model._refuse_claimed(rows)
            self.model.cover(rows)
        return made


class TenantOwned(Shreddable):
    """A shreddable row that belongs to one customer."""

    # Whether a restriction or hold about a caller reaches the model's rows about that caller.
    goes_with_caller: ClassVar[bool] = True

    customer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name="+")

    objects: ClassVar[Any] = models.Manager.from_queryset(TenantQuerySet)()

    class Meta(Shreddable.Meta):
        abstract = True

    @classmethod
    def holding(cls) -> models.Q:
        """Also rows of a customer for which a hold keeps everything."""
        return super().holding() | models.Q(customer__held=True)

    @classmethod
    def owners_holding(cls, owners: Collection[UUID]) -> set[UUID]:
        """Return which of these customers are held; the others stay locked against a new hold.

        A hold locks its customer: it waits for this transaction, or was before it and is seen. One
        that is at it counts as held, and is not waited for: it may wait for this purge's rows.
        """
        customers: Any = cls._meta.get_field("customer").related_model
        table = customers._meta.db_table
        if connection.vendor != "postgresql":  # SQLite's writers are one at a time
            held = customers._base_manager.filter(id__among=list(owners), held=True)
            return set(held.values_list("id", flat=True))
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id FROM {table} WHERE id = ANY(%s::uuid[]) AND NOT held"  # noqa: S608
                " FOR SHARE SKIP LOCKED",
                ["{" + ",".join(owner.hex for owner in owners) + "}"],
            )
            return set(owners) - {owner for (owner,) in cursor.fetchall()}

    def save(self, **kwargs: Any) -> None:
        """Save. Raises Gone for a new row of a customer that is being erased.

        The insert holds the customer's row, so a claim waits for it and then finds this row, or
        came before and is seen here.
        """
        adding, changed = self._state.adding, self.envelope_changed
        if not (adding or changed and self.personal_data.callers):
            super().save(**kwargs)
            return
        with transaction.atomic():
            if not adding:
                self._wait_for_covers()
            super().save(**kwargs)
            if adding:
                self._refuse_claimed([self])
            self.cover([self])

    def _wait_for_covers(self) -> None:
        """Hold the customer, as an insert does: the caller may become one who is covered."""
        owners: Any = self._meta.get_field("customer").related_model
        list(owners._base_manager.select_for_update(no_key=True).filter(id=self.customer_id)[:1])

    @classmethod
    def cover(cls, rows: Collection["TenantOwned"]) -> None:
        """Put rows just written under the restrictions and holds in force for their caller.

        The same lock that orders an insert and a claim orders it and a new restriction.
        """
        import_string("customers.covering.cover_new")(cls, rows)

    @classmethod
    def _refuse_claimed(cls, rows: Iterable["TenantOwned"]) -> None:
        """Raise Gone for a customer that is being erased or is no more; hold the others.

        They are held till the commit. The foreign key would hold them too, but its check is
        deferred: by then a restriction may have come that neither saw this row nor was seen by it.
        """
        owners = list({row.customer_id for row in rows})
        customers: Any = cls._meta.get_field("customer").related_model
        if connection.vendor != "postgresql":  # SQLite's writers are one at a time
            mine = customers._base_manager.filter(id__in=owners)
            claims = list(mine.values_list("shred_job_id", flat=True))
        else:
            table = customers._meta.db_table
            with connection.cursor() as cursor:
                cursor.execute(
                    f"SELECT shred_job_id FROM {table}"  # noqa: S608
                    " WHERE id = ANY(%s::uuid[]) ORDER BY id FOR KEY SHARE",
                    ["{" + ",".join(owner.hex for owner in owners) + "}"],
                )
                claims = [job for (job,) in cursor.fetchall()]
        if any(claims) or len(claims) < len(owners):
            raise Gone
