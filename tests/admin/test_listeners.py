"""The few in support who may listen are named by an operator, one by one."""

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from customers.models import User
from recordings.listening import is_listener
from smartsvar.audit.models import AuditEntry
from tests import cast

pytestmark = pytest.mark.django_db(databases="__all__")


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("support_listener", *arguments, stdout=out)
    return out.getvalue()


def test_an_operator_names_sven_and_takes_it_back(sven: User) -> None:
    assert not is_listener(sven)
    assert "while a customer permits it" in run("Sven@support.example")
    assert is_listener(sven)
    run("sven@support.example")
    assert "may not listen" in run("sven@support.example", "--no-more")
    assert not is_listener(sven)
    verbs = AuditEntry.objects.filter(object_id=sven.pk).order_by("at", "id")
    told = list(verbs.values_list("verb", flat=True))
    assert told == ["support.listener_made", "support.listener_unmade"]


def test_nobody_but_support_is_named(anna: cast.House) -> None:
    for email in (anna.administrator.user.email, "ingen@alls.example"):
        with pytest.raises(CommandError):
            run(email)


def test_support_cannot_name_itself_in_the_admin(sven: User, sign_in: Any, settings: Any) -> None:
    settings.SUPPORT_NEEDS_SECOND_FACTOR = False
    client = sign_in(sven)
    for page in ("listener/", "listener/add/", f"listener/{sven.pk}/change/"):
        assert client.get(f"/admin/recordings/{page}").status_code == 404
    assert not is_listener(sven)
