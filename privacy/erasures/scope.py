"""Which rows an erasure is about, found through the declarations."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any, cast
from uuid import UUID

from django.apps import apps
from django.db.models import Model, Q, QuerySet

from customers.actions.covers import About
from customers.covering import caller_indexes, of_caller, tenant_models
from customers.models import Customer, Member, StaffMember, Target
from privacy.models import Erasure
from privacy.purging.purge import shreddable
from smartsvar.personal_data import PersonalData, declared
from smartsvar.shredding.models import Shreddable
from smartsvar.vault.models import CustomerKey

KINDS = {Target.STAFF: "staff", Target.MEMBER: "member"}  # as declarations say in mentions=


@dataclass(frozen=True)
class Part:
    """One model's rows that belong to what is asked for. `stays`: a law obliges us to keep them."""

    model: type[Shreddable]
    said: PersonalData
    which: Q
    stays: bool

    @property
    def found(self) -> QuerySet[Any]:
        """All of them: restricted, held, past their date, or being destroyed already."""
        return self.model._base_manager.filter(self.which)

    @property
    def rows(self) -> QuerySet[Any]:
        """Those that nobody has begun to destroy."""
        return self.found.filter(shred_job_id=None)

    def among(self, ids: Collection[UUID]) -> "Part":
        """Narrow it to these rows."""
        return replace(self, which=self.which & Q(id__among=list(ids)))


def about_of(erasure: Erasure) -> About:
    """Return whom or what a stored erasure is about."""
    return About(
        target=Target(erasure.target),
        caller=erasure.caller,
        object_model=erasure.object_model,
        object_id=erasure.object_id,
    )


def parts_of(customer_id: UUID, about: About) -> Iterator[Part]:
    """Yield every model's rows about this person or thing: what points at others first."""
    for model, said in shreddable():
        which = _which(model, customer_id, about)
        if which is not None:
            whole = about.target == Target.CUSTOMER
            yield Part(model, said, which, outlives(model) if whole else bool(said.law))


def _which(model: type[Shreddable], customer_id: UUID, about: About) -> Q | None:
    owner = owner_of(model)
    if not owner:
        return None
    mine = Q(**{owner: customer_id})
    if about.target == Target.CUSTOMER:
        return mine
    if about.target == Target.CALLER:
        return mine & of_caller(model, customer_id, about.caller) if caller_indexes(model) else None
    return mine & Q(id=about.object_id) if model._meta.label == about.object_model else None


def owner_of(model: type[Shreddable]) -> str:
    """Return the column that says whose row it is; "" for what no customer owns."""
    if model is Customer:
        return "id"
    names = {field.attname for field in model._meta.concrete_fields}
    return "customer_id" if "customer_id" in names else ""


def outlives(model: type[Shreddable]) -> bool:
    """Whether the model's rows are sealed under a key that a customer's erasure leaves."""
    return model.key_class == CustomerKey.KeyClass.STATUTORY


def mentioning(customer_id: UUID, about: About) -> Iterator[tuple[type[Model], PersonalData, Q]]:
    """Yield the models with records about others that name this person, and which those are."""
    for model, said in declared():
        columns = [name for name, kind in said.mentions.items() if kind == KINDS.get(about.target)]
        which = Q()
        for column in columns:
            which |= Q(**{_column(model, column): about.object_id})
        if columns:
            yield model, said, which & Q(customer_id=customer_id)


def _column(model: type[Model], name: str) -> str:
    """Return a column that holds an id, whether it is declared as a foreign key or plainly."""
    return str(getattr(model._meta.get_field(name), "attname", name))


def mentions_of(customer_id: UUID, about: About) -> Iterator[Part]:
    """Yield the records about others that name this person and could be erased with it."""
    for model, said, which in mentioning(customer_id, about):
        if issubclass(model, Shreddable) and not said.law:
            yield Part(model, said, which, stays=False)


def find_single(customer: Customer, identity: UUID) -> About | None:
    """Return what the customer's row with this id is to an erasure or restriction; None if none.

    Rows that a law keeps are not found: there is nothing that may be asked of them.
    """
    for model in tenant_models():
        rows = model._base_manager.filter(customer=customer, id=identity, shred_job_id=None)
        if not model.personal_data.law and rows.exists():
            target = {StaffMember: Target.STAFF, Member: Target.MEMBER}.get(model, Target.RECORD)
            return About(target=target, object_model=model._meta.label, object_id=identity)
    return None


def model_of(about: About) -> type[Shreddable]:
    """Return the model that a single thing is of."""
    return cast(type[Shreddable], apps.get_model(about.object_model))
