"""Rows that say, by model and id, whom or what they are about: cases, covers, the trail."""

from typing import Any
from uuid import UUID

from django.db.models import Model, Q

from customers.actions.covers import About
from customers.models import Member, StaffMember, Target

LABELS = {Target.MEMBER: Member._meta.label, Target.STAFF: StaffMember._meta.label}
KINDS = {Target.STAFF: "staff", Target.MEMBER: "member"}  # as declarations say in mentions=


def label_of(about: About) -> str:
    """Return the label of the model that the person or record is of."""
    return LABELS.get(Target(about.target), about.object_model)


def pointing(model: type[Model], customer_id: UUID, about: About) -> Q | None:
    """Return which of the customer's rows say that they are about this; None when none can."""
    columns = {field.attname for field in model._meta.concrete_fields}
    if about.object_id is None or not {"object_model", "object_id", "customer_id"} <= columns:
        return None
    named = Q(object_model=label_of(about))
    if "target" in columns:  # a cover or a case names a person by its kind alone
        named |= Q(target=about.target)
    return Q(named, customer_id=customer_id, object_id=about.object_id)


def following(model: type[Model], said: Any, about: About) -> Q | None:
    """Return which rows are declared to go with this person or record; None when none can."""
    if not said.goes_with or about.object_id is None:
        return None
    field: Any = model._meta.get_field(said.goes_with)
    mine = field.related_model._meta.label == label_of(about)
    return Q(**{field.attname: about.object_id}) if mine else None


def naming(model: type[Model], said: Any, about: About) -> Q | None:
    """Return which rows name this person in a declared column; None when none can."""
    columns = [name for name, kind in said.mentions.items() if kind == KINDS.get(about.target)]
    if not columns or about.object_id is None:
        return None
    named = Q()
    for column in columns:
        named |= Q(**{_column(model, column): about.object_id})
    return named


def _column(model: type[Model], name: str) -> str:
    """Return a column that holds an id, whether it is declared as a foreign key or plainly."""
    return str(getattr(model._meta.get_field(name), "attname", name))
