"""Requests by which people use their rights, as tests make and read them."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.actions.covers import About
from customers.models import Member, Target, User
from privacy.cases.steps import (
    check_identity,
    decide,
    open_case,
)
from privacy.models import Case, CaseKind, CaseState
from smartsvar.audit.actors import SYSTEM
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from tests import cast

ZACHARIAS = About(target=Target.CALLER, caller=cast.PLANTED_NUMBER)


ACCOUNT = About(target=Target.CUSTOMER)


YES = "Registerutdraget ligger i portalen."


@pytest.fixture
def desk(sven: User, sign_in: Any, settings: Any) -> Client:
    """Sven's browser, signed in with nothing left to prove."""
    settings.SUPPORT_NEEDS_SECOND_FACTOR = False
    browser: Client = sign_in(sven)
    return browser


def page(name: str, member: Member, *more: Any) -> str:
    return reverse(f"privacy:{name}", args=[member.customer.number, *more])


def step(name: str, case: Case) -> str:
    return reverse(f"admin:privacy_case_{name}", args=[case.id])


def asked(
    house: cast.House, about: About = ZACHARIAS, kind: CaseKind = CaseKind.ACCESS, **more: Any
) -> Case:
    known: dict[str, Any] = {"by": house.administrator, "at": database_now()}
    return open_case(house.customer, kind, about, **(known | more))


def granted(case: Case) -> None:
    by, at = SYSTEM, database_now()
    if case.identified_at is None:
        check_identity(case, "Inloggad", by=by, at=at)
    decide(case, CaseState.GRANTED, ground="Artikel 15.", decision=YES, by=by, at=at)


def verbs(case: Case) -> list[str]:
    found = AuditEntry.objects.filter(object_id=case.id).order_by("at", "id")
    return list(found.values_list("verb", flat=True))


def text_of(response: Any) -> str:
    assert response.status_code == 200
    return str(response.content.decode())
