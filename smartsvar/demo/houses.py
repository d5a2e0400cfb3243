"""The demo's customers with their people, registers and keys, made once."""

from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.db import transaction

from customers.actions.accounts import open_customer, shorten_recordings
from customers.actions.invitations import invite
from customers.actions.members import join
from customers.actions.staff import StaffDetails, add_staff
from customers.actions.support import create_support_agent
from customers.models import Customer, Invitation, Member, Role, StaffMember, User
from smartsvar.audit.actors import SYSTEM
from smartsvar.demo.absences import note_absences
from smartsvar.demo.facts import Facts
from smartsvar.demo.fiction import SUPPORT, Company, Person
from smartsvar.shredding.actions import shred

OPENED = timedelta(days=200)  # before the oldest message


def open_company(company: Company, facts: Facts, *, at: datetime) -> Customer:
    """Return the company's customer, made with its members and register if it is not there."""
    since = at - OPENED
    first = company.people[Role.ADMINISTRATOR]
    there = Member.objects.filter(user__email=first.email).select_related("customer").first()
    customer = there.customer if there else _open(company, facts, at=since)
    for role, person in company.people.items():
        with transaction.atomic():
            join(customer, sign_in(person, facts), role=role, name=person.name, at=since)
    administrator = Member.objects.get(customer=customer, user__email=first.email)
    _fill_register(company, customer, administrator, at=since, now=at)
    if customer.recording_days != company.recording_days and there is None:
        shorten_recordings(customer, company.recording_days, by=administrator, at=since)
    if there is None:
        newcomer = company.invited
        invite(
            customer, email=newcomer.email, name=newcomer.name, role=Role.READER,
            by=administrator, at=at,
        )  # fmt: skip
    return customer


def _open(company: Company, facts: Facts, *, at: datetime) -> Customer:
    """Open the customer as support did long ago; the first invitation was accepted then."""
    first = company.people[Role.ADMINISTRATOR]
    user = sign_in(first, facts)
    with transaction.atomic():
        customer = open_customer(
            company.details, administrator_email=first.email, administrator_name=first.name,
            by=SYSTEM, at=at,
        )  # fmt: skip
        join(customer, user, role=Role.ADMINISTRATOR, name=first.name, at=at)
    shred(list(Invitation.objects.filter(customer=customer)), by=SYSTEM)
    return customer


def sign_in(person: Person, facts: Facts) -> User:
    """Return the person's sign-in, made with the password that the facts remember."""
    user = User.objects.filter(email=person.email).first()
    if user is not None and facts.knows(person):
        return user
    password = facts.password_of(person)
    if user is not None:  # the facts were lost: nobody knows the old password
        user.set_password(password)
        user.save(update_fields=["password"])
        return user
    with transaction.atomic():
        user = User.objects.create_user(person.email, password)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def make_support_agent(facts: Facts, *, at: datetime) -> None:
    """Make the demo's support agent; the demo asks for no second factor."""
    if User.objects.filter(email=SUPPORT.email).exists():
        sign_in(SUPPORT, facts)
    else:
        create_support_agent(SUPPORT.email, facts.password_of(SUPPORT), at=at)


def _fill_register(
    company: Company, customer: Customer, by: Member, *, at: datetime, now: datetime
) -> None:
    if StaffMember.objects.filter(customer=customer).exists():
        return
    with transaction.atomic():
        for place, (name, title, keywords, notice) in enumerate(company.staff):
            details = StaffDetails(
                name=name,
                title=title,
                phone=f"+467017406{10 + 7 * place}",
                email=f"{_local_part(name)}@{company.domain}",
                keywords=[word.strip() for word in keywords.split(",") if word.strip()],
                answer_notice=notice,
            )
            note_absences(add_staff(customer, details, by=by, at=at), by, now=now)


def _local_part(name: str) -> str:
    plain = name.split()[0].lower().translate(str.maketrans("åäöé", "aaoe"))
    return f"{plain}.personal"
