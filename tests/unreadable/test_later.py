"""What an answer says that means "later": when to come back, and nothing that may be untrue."""

from typing import Any

import pytest
from django.db import OperationalError
from django.urls import reverse

from recordings.models import Recording
from smartsvar.portal.views.health import PARTS
from tests.cast import House, call_of
from tests.unreadable.test_root_away import perhaps_done_page

pytestmark = pytest.mark.django_db(databases="__all__")


def test_health_asks_to_come_back_and_the_log_says_which_part_is_away(
    client: Any, log_lines: Any, monkeypatch: Any
) -> None:
    def away() -> None:
        raise OSError("no room")

    monkeypatch.setitem(PARTS, "storage", away)
    response = client.get(reverse("portal:health"))
    assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert response.json() == {"status": "unavailable"}
    said = [line for line in log_lines() if line["event"] == "part does not answer"]
    assert [(line["part"], line["error"]) for line in said] == [("storage", "OSError")]


def test_a_deletion_that_stopped_halfway_is_not_said_to_have_changed_nothing(
    anna: House, sign_in: Any, monkeypatch: Any
) -> None:
    call, browser = call_of(anna), sign_in(anna.member)

    def away(*arguments: Any, **named: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr("smartsvar.shredding.actions.shred_keys", away)
    address = reverse("recordings:delete", args=[anna.customer.number, call.pk])
    perhaps_done_page(browser.post(address))
    assert not Recording.objects.of(anna.customer).filter(pk=call.pk).exists()
