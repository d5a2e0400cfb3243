"""Which rows an erasure is about, found through the declarations."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any, cast
from uuid import UUID

from django.apps import apps
from django.db.models import Model, Q, QuerySet

from customers.actions.covers import About
from customers.calling import calls_of, knows_callers, of_caller, tenant_models
from customers.models import Customer, Member, StaffMember, Target
from privacy.exports.readers import exports_of
from privacy.models import Erasure, Export, Mentions
from privacy.pointing import following, label_of, naming, pointing
from privacy.purging.purge import shreddable
from smartsvar.personal_data import PersonalData, Restrict, declared
from smartsvar.shredding.models import Shreddable
from smartsvar.vault.models import CustomerKey


@dataclass(frozen=True)
class Part:
    """One model's rows that belong to what is asked for.

    stays: a law obliges us to keep them. follows: they are about a person or record of another
    model, and go once that is gone: a restriction must not end before what it restricts.
    mention: they are about others, and go because they name whom it is about.
    """

    model: type[Shreddable]
    said: PersonalData
    which: Q
    stays: bool
    follows: bool = False
    mention: bool = False

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


def parts_of(
    customer_id: UUID, about: About, *, calls: Collection[bytes] | None = None
) -> Iterator[Part]:
    """Yield every model's rows about this person or thing: what points at others first.

    `calls`: a caller's calls, where they were noted before the rows that tell of them went.
    """
    if calls is None and about.target == Target.CALLER:
        calls = calls_of(customer_id, about.caller)
    for model, said in shreddable():
        which = _which(model, said, customer_id, about, calls or ())
        if which is not None:
            own = model._meta.label == label_of(about) or bool(said.goes_with)
            follows = about.object_id is not None and not own
            yield Part(model, said, which, _stays(model, said, about), follows)


def _stays(model: type[Shreddable], said: PersonalData, about: About) -> bool:
    if about.target == Target.CUSTOMER:
        return outlives(model)
    return bool(said.law) and not (said.goes_with_thing and about.object_id is not None)


def _which(
    model: type[Shreddable], said: PersonalData, customer_id: UUID, about: About,
    calls: Collection[bytes],
) -> Q | None:  # fmt: skip
    owner = owner_of(model)
    if not owner:
        return None
    mine = Q(**{owner: customer_id})
    if about.target == Target.CUSTOMER:
        return mine
    if about.target == Target.CALLER:
        known = knows_callers(model)
        return mine & of_caller(model, customer_id, about.caller, calls=calls) if known else None
    found = told_of(model, said, customer_id, about)
    if model._meta.label == label_of(about):
        found = Q(id=about.object_id) if found is None else found | Q(id=about.object_id)
    return None if found is None else mine & found


def told_of(model: type[Model], said: PersonalData, customer_id: UUID, about: About) -> Q | None:
    """Return which rows are about this person or thing, or name the person and stay by a law."""
    about_it = following(model, said, about) or pointing(model, customer_id, about)
    named = naming(model, said, about) if said.law else None
    if about_it is None or named is None:
        return about_it if named is None else named
    return about_it | named


def account_gone(customer_id: UUID) -> bool:
    """Whether the customer's own row is gone, and with it the keys by which callers are found."""
    return not Customer._base_manager.filter(id=customer_id).exists()


def owner_of(model: type[Shreddable]) -> str:
    """Return the column that says whose row it is; "" for what no customer owns."""
    if model is Customer:
        return "id"
    names = {field.attname for field in model._meta.concrete_fields}
    return "customer_id" if "customer_id" in names else ""


def outlives(model: type[Shreddable]) -> bool:
    """Whether the model's rows are sealed under a key that a customer's erasure leaves."""
    return model.key_class == CustomerKey.KeyClass.STATUTORY


def goes_with_account(model: type[Model]) -> bool:
    """Whether an erasure of the whole account destroys the model's rows, whatever `law` says."""
    return issubclass(model, Shreddable) and bool(owner_of(model)) and not outlives(model)


def mentioning(customer_id: UUID, about: About) -> Iterator[tuple[type[Model], PersonalData, Q]]:
    """Yield the models with records about others that name this person, and which those are.

    But for those that a law keeps as they are: they belong to what stays.
    """
    for model, said in declared():
        named = naming(model, said, about)
        if named is not None and not said.law:
            beside = pointing(model, customer_id, about)
            which = named if beside is None else named & ~beside
            yield model, said, which & Q(customer_id=customer_id)


def mentions_of(customer_id: UUID, about: About) -> Iterator[Part]:
    """Yield the records about others that name this person and could be erased with it."""
    for model, said, which in mentioning(customer_id, about):
        if issubclass(model, Shreddable):
            yield Part(model, said, which, stays=False, mention=True)


def going(erasure: Erasure) -> Iterator[Part]:
    """Yield what is to go. After a hold: only what it kept, not what has come in since."""
    about = about_of(erasure)
    if erasure.mentions == Mentions.GO:
        yield from mentions_of(erasure.customer_id, about)
    noted = {bytes.fromhex(call) for call in erasure.calls}
    found = parts_of(erasure.customer_id, about, calls=noted)
    parts = [part for part in found if not part.stays]
    if about.object_id is not None:
        yield from _noted(erasure)
        yield from _of_thing(parts, about)
        return
    if about.target == Target.CUSTOMER or not erasure.waiting:
        yield from parts
        return
    for part in parts:
        ids = [UUID(row) for label, row in erasure.waiting if label == part.model._meta.label]
        yield part.among(ids)


def _noted(erasure: Erasure) -> Iterator[Part]:
    """Yield by their ids what was left when its person went: nothing else tells of it any more."""
    mine = Q(customer_id=erasure.customer_id)
    for model, said in shreddable():
        ids = [UUID(row) for label, row in erasure.waiting if label == model._meta.label]
        if ids and model._meta.label != erasure.object_model:
            yield Part(model, said, mine & Q(id__among=ids), stays=False, mention=True)


def _of_thing(parts: list[Part], about: About) -> Iterator[Part]:
    """Yield the person or record; what is about it once it is gone, for a hold may keep it."""
    yield from (part for part in parts if not part.follows)
    if not model_of(about)._base_manager.filter(id=about.identity).exists():
        yield from (part for part in parts if part.follows)


def find_single(customer: Customer, identity: UUID, *, by: Member | None = None) -> About | None:
    """Return what the customer's row with this id is to an erasure or restriction; None if none.

    Rows that a law keeps are not found: there is nothing that may be asked of them. Nor is, by a
    member, what another asked about itself: who may not see a thing cannot erase it singly.
    """
    for model in tenant_models():
        rows = model._base_manager.filter(customer=customer, id=identity, shred_job_id=None)
        if by is not None and model is Export:
            rows = rows.filter(id__in=exports_of(by).values("id"))
        if not model.personal_data.law and rows.exists():
            target = {StaffMember: Target.STAFF, Member: Target.MEMBER}.get(model, Target.RECORD)
            return About(target=target, object_model=model._meta.label, object_id=identity)
    return None


def restricts(about: About) -> bool:
    """Whether a restriction would hide this; what is no content has nothing that it changes."""
    return not about.object_model or model_of(about).personal_data.restrict is Restrict.HIDE


def model_of(about: About) -> type[Shreddable]:
    """Return the model that a single thing is of."""
    return cast(type[Shreddable], apps.get_model(about.object_model))
