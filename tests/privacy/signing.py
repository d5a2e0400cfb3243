"""The signing of an agreement, for tests that need a signed one or one on its way."""

import re
from datetime import datetime
from typing import Any

from django.core import mail as outbox
from django.urls import reverse

from customers.models import Member
from privacy.agreements import steps
from privacy.agreements.telling import tell_waiting
from privacy.agreements.versions import in_language, version_of
from privacy.models import SignedAgreement, Signing
from smartsvar.clock import database_now
from subprocessors.notices import today


def begun(member: Member, at: datetime | None = None, **said: str) -> Signing:
    at = at or database_now()
    version = version_of(in_language(member.customer, "sv", today(at)))
    facts = {"version": version, "language": "sv", "name": "Anna Ank", "title": "VD"} | said
    return steps.begin_signing(member, at=at, **facts)


def signed(member: Member, at: datetime | None = None) -> SignedAgreement:
    at = at or database_now()
    signing = begun(member, at)
    return finished(signing, member, at)


def finished(signing: Signing, member: Member, at: datetime) -> SignedAgreement:
    return steps.sign(signing, signing.code, by=member, address="192.0.2.7", at=at)


def read(client: Any, number: int) -> str:
    """Read the agreement; return where its button leads."""
    page = client.get(reverse("privacy:agreement", args=[number])).content.decode()
    button = re.search(r'href="([^"]+/signera\?version=\w{64})"', page)
    assert button is not None
    return button[1]


def mails() -> list[Any]:
    tell_waiting()
    return list(outbox.outbox)
