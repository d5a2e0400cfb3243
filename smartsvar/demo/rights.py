"""Rights in use: requests in every state, a restriction, an export, and who else touches data."""

from datetime import date, datetime, time, timedelta

from django.db import transaction

from customers.actions.covers import About, restrict
from customers.models import Customer, Member, Role, Target, User
from privacy.cases.steps import check_identity, decide, extend, open_case
from privacy.exports.ask import ask_for_export
from privacy.models import Case, CaseKind, CaseState
from smartsvar.audit.actors import SYSTEM
from smartsvar.clock import STOCKHOLM
from smartsvar.demo.fiction import ANNOUNCED, ANSWERS, DATED, RESTRICTED, SUBPROCESSORS, SUPPORT
from subprocessors.keeping import keep_engagement, keep_subprocessor
from subprocessors.models import Engagement, Notice, Subprocessor
from subprocessors.notices import announce, earliest_day
from subprocessors.purposes import purposes_in_use

NOTHING_AGREED = {"contact_name": "", "file": None, "audit_on": None, "audit_finding": ""}


def use_rights(customer: Customer, *, at: datetime) -> None:
    """Make what a customer's privacy pages then show, once, in one go."""
    if Case.objects.filter(customer=customer).exists():
        return
    asker = Member.objects.get(customer=customer, role=Role.ADMINISTRATOR)
    with transaction.atomic():
        for kind, caller, wish, days in DATED:
            _ask(asker, CaseKind(kind), caller, wish, at=at - timedelta(days=days))
        _answer(asker, at=at)
        about = About(target=Target.CALLER, caller=RESTRICTED[0])
        restrict(customer, about, reason=RESTRICTED[1], keeps=True, by=asker, at=at)
        ask_for_export(customer, About(target=Target.CUSTOMER), case=None, by=asker, at=at)


def _ask(asker: Member, kind: CaseKind, caller: str, wish: str, *, at: datetime) -> Case:
    target = Target.CALLER if caller else Target.CUSTOMER
    return open_case(
        asker.customer, kind, About(target=target, caller=caller), by=asker, at=at,
        requester=asker.name, contact=asker.user.email, wish=wish,
    )  # fmt: skip


def _answer(asker: Member, *, at: datetime) -> None:
    """What support has done: one granted, one refused, one that takes longer."""
    support = User.objects.get(email=SUPPORT.email)
    three = list(Case.objects.filter(customer=asker.customer).order_by("number")[:3])
    granted, refused, longer = ((case, min(at, _morning_after(case))) for case in three)
    for case, then in (granted, refused, longer):
        check_identity(case, ANSWERS["identity"], by=support, at=then)
    case, then = granted
    ground, decision = ANSWERS["granted ground"], ANSWERS["granted"]
    decide(case, CaseState.GRANTED, ground=ground, decision=decision, by=support, at=then)
    case, then = refused
    ground, decision = ANSWERS["refused ground"], ANSWERS["refused"]
    decide(case, CaseState.REFUSED, ground=ground, decision=decision, by=support, at=then)
    case, then = longer
    extend(case, ANSWERS["longer"], by=support, at=then)


def _morning_after(case: Case) -> datetime:
    """Return a moment nine days after the request came."""
    day = case.received_on + timedelta(days=9)
    return datetime.combine(day, time(9, 30), tzinfo=STOCKHOLM)


def keep_register(*, at: datetime) -> None:
    """Enter a subprocessor for every purpose that a declaration names."""
    if Subprocessor.objects.exists():
        return
    since = (at - timedelta(days=300)).date()
    with transaction.atomic():
        for purpose in purposes_in_use():
            _engage(*SUBPROCESSORS[purpose], purpose, since=since, at=at)


def announce_another(*, at: datetime) -> None:
    """Announce, once, a subprocessor that customers may object to for some time yet."""
    if Notice.objects.exists():
        return
    with transaction.atomic():
        planned = _engage(*ANNOUNCED, "mail", since=earliest_day(at), at=at)
        announce(planned, Notice.Kind.NEW, planned.starts_on, by=SYSTEM, at=at)


def _engage(
    name: str, number: str, domain: str, purpose: str, *, since: date, at: datetime
) -> Engagement:
    company = Subprocessor(name=name, number=number, country="SE", website=f"https://{domain}/")
    agreed = NOTHING_AGREED | {
        "contact_email": f"dataskydd@{domain}", "signed_on": min(since, at.date()),
        "review_on": since + timedelta(days=730), "ended_at": None,
    }  # fmt: skip
    keep_subprocessor(company, agreed, by=SYSTEM, at=at)
    engagement = Engagement(subprocessor=company, purpose=purpose, country="SE", starts_on=since)
    keep_engagement(engagement, by=SYSTEM, at=at)
    return engagement
