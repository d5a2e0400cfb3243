"""What a client sends does not reach the log, not even through the framework's own records."""

import io
import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import User

pytestmark = pytest.mark.django_db(databases="__all__")
PLANTED = "zacharias-planterad"


def events(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


@pytest.mark.parametrize("host", [f"{PLANTED}.example", f"%s{PLANTED}.example"])
def test_a_strange_host_is_logged_without_its_name(
    client: Client, log: io.StringIO, host: str
) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 400
    loggers = {event["logger"] for event in events(log)}
    assert "django.security.DisallowedHost" in loggers
    assert PLANTED not in log.getvalue()


def test_a_field_that_nobody_may_name_is_logged_without_its_name(
    sven: User, sign_in: Any, log: io.StringIO, settings: Any
) -> None:
    settings.SUPPORT_NEEDS_SECOND_FACTOR = False
    address = reverse("admin:customers_customer_changelist")
    sign_in(sven).get(address, {"_to_field": f"%{PLANTED}"})
    assert "django.security.DisallowedModelAdminToField" in log.getvalue()
    assert PLANTED not in log.getvalue()
