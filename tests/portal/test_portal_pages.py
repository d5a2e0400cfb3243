"""What the composed pages show."""

import ast
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.test import Client
from django.urls import reverse

from messages.models import Delivery, PhoneMessage
from recordings.actions import play_recording
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from smartsvar.portal.verbs import VERBS
from smartsvar.portal.views.health import PARTS
from smartsvar.shredding.models import Shreddable
from tests import cast

pytestmark = pytest.mark.django_db(databases="__all__")


def at(house: cast.House, page: str, *ids: Any) -> str:
    return reverse(page, args=[house.customer.number, *ids])


def test_the_front_page_says_what_this_is_and_leads_to_sign_in(client: Client) -> None:
    page = client.get("/").content.decode()
    assert "Era samtal, besvarade" in page
    assert reverse("account_login") in page


def test_anna_goes_straight_to_her_only_customer(anna: cast.House, sign_in: Any) -> None:
    assert sign_in(anna.administrator).get(reverse("portal:home"))["Location"] == at(
        anna, "portal:overview"
    )


def test_a_member_of_two_customers_chooses(
    anna: cast.House, cecilia: cast.House, sign_in: Any
) -> None:
    from_cecilia = cecilia.reader
    from_cecilia.user = anna.member.user
    from_cecilia.save()
    page = sign_in(anna.member).get(reverse("portal:home")).content.decode()
    assert at(anna, "portal:overview") in page
    assert at(cecilia, "portal:overview") in page


def test_somebody_without_a_customer_is_told_kindly(anna: cast.House, sign_in: Any) -> None:
    browser = sign_in(anna.reader)
    anna.reader.delete()
    page = browser.get(reverse("portal:home"))
    assert page.status_code == 200
    assert "Du har ingen kund ännu" in page.content.decode()


def test_sven_is_sent_to_the_admin(sven: Any, sign_in: Any) -> None:
    assert sign_in(sven).get(reverse("portal:home"))["Location"] == "/admin/"


def test_the_overview_puts_unread_undelivered_messages_first(
    anna: cast.House, sign_in: Any
) -> None:
    now = database_now()
    lost = cast.message_of(
        anna, at=now - timedelta(days=9), taken_at=now - timedelta(days=9), caller_name="Försvunnen"
    )
    Delivery.objects.filter(message=lost).update(state=Delivery.State.DEAD)
    for number in range(8):
        cast.message_of(anna, caller_name=f"Vanlig {number}")
    page = sign_in(anna.reader).get(at(anna, "portal:overview")).content.decode()
    assert 0 < page.index("Försvunnen") < page.index("Vanlig")
    assert "ej levererat" in page
    assert "9 olästa meddelanden" in page


def test_a_calls_page_shows_caller_player_and_when_it_goes(anna: cast.House, sign_in: Any) -> None:
    call = cast.call_of(anna, staff=anna.staff)
    page = sign_in(anna.reader).get(at(anna, "portal:call", call.id)).content.decode()
    assert cast.PLANTED_NAME in page
    assert "070-174 06 66" in page
    assert anna.staff.name in page
    assert f'src="{at(anna, "recordings:audio", call.id)}"' in page
    assert 'preload="none"' in page
    assert '<path class="wave-rest" d="M0.17' in page
    assert "Gallras" in page


def test_call_and_message_of_one_call_lead_to_each_other(anna: cast.House, sign_in: Any) -> None:
    call, message = cast.call_of(anna, call_id="x-1"), cast.message_of(anna, call_id="x-1")
    other = cast.message_of(anna, call_id="x-2")
    browser = sign_in(anna.reader)
    calls_page = browser.get(at(anna, "portal:call", call.id)).content.decode()
    assert at(anna, "portal:message", message.id) in calls_page
    assert at(anna, "portal:message", other.id) not in calls_page
    assert (
        at(anna, "portal:call", call.id)
        in browser.get(at(anna, "portal:message", message.id)).content.decode()
    )


def test_cecilias_call_with_annas_call_id_stays_cecilias(
    anna: cast.House, cecilia: cast.House, sign_in: Any
) -> None:
    call = cast.call_of(anna, call_id="x-1")
    message = cast.message_of(cecilia, call_id="x-1")
    page = sign_in(anna.reader).get(at(anna, "portal:call", call.id)).content.decode()
    assert str(message.id) not in page


def test_a_call_without_an_id_claims_no_messages(anna: cast.House, sign_in: Any) -> None:
    call, message = cast.call_of(anna), cast.message_of(anna)
    assert (
        str(message.id)
        not in sign_in(anna.reader).get(at(anna, "portal:call", call.id)).content.decode()
    )


def test_a_calls_page_says_who_has_listened(anna: cast.House, sign_in: Any) -> None:
    call = cast.call_of(anna)
    browser = sign_in(anna.reader)
    assert "Ingen ännu." in browser.get(at(anna, "portal:call", call.id)).content.decode()
    play_recording(call, by=anna.member, at=database_now()).close()
    page = browser.get(at(anna, "portal:call", call.id)).content.decode()
    assert anna.member.name in page
    assert "Ingen ännu." not in page


def test_opening_a_message_reads_it_and_leaves_a_trace(anna: cast.House, sign_in: Any) -> None:
    message = cast.message_of(anna)
    page = sign_in(anna.reader).get(at(anna, "portal:message", message.id)).content.decode()
    assert cast.PLANTED_MATTER in page
    assert PhoneMessage.objects.get(id=message.id).read_at is not None
    assert AuditEntry.objects.filter(
        object_id=message.id, verb="phonemessage.read", actor_id=anna.reader.id
    ).exists()


@pytest.mark.parametrize(
    ("state", "said"),
    [("queued", "i kö"), ("accepted", "mottaget av e-postservern"), ("dead", "uppgivet")],
)
def test_a_messages_page_shows_the_state_of_its_delivery(
    state: str, said: str, anna: cast.House, sign_in: Any
) -> None:
    message = cast.message_of(anna, staff=anna.staff)
    Delivery.objects.filter(message=message).update(state=state)
    page = sign_in(anna.reader).get(at(anna, "portal:message", message.id)).content.decode()
    assert said in page
    assert anna.staff.email in page


def test_the_trail_says_who_did_what(anna: cast.House, sign_in: Any) -> None:
    call = cast.call_of(anna)
    play_recording(call, by=anna.member, at=database_now()).close()
    page = sign_in(anna.reader).get(at(anna, "portal:trail")).content.decode()
    assert anna.member.name in page
    assert "lyssnade på en inspelning" in page
    assert "lämnade en inspelning" in page
    assert at(anna, "portal:call", call.id) in page


def test_the_trail_shows_anna_nothing_of_cecilias(
    anna: cast.House, cecilia: cast.House, sign_in: Any
) -> None:
    call = cast.call_of(cecilia)
    page = sign_in(anna.administrator).get(at(anna, "portal:trail")).content.decode()
    assert str(call.id) not in page
    assert cecilia.administrator.name not in page


def test_the_trail_pages_to_its_very_beginning(anna: cast.House, sign_in: Any) -> None:
    for number in range(60):
        cast.message_of(anna, matter=str(number))
    browser, path, seen = sign_in(anna.reader), at(anna, "portal:trail"), []
    address = path
    while address:
        context = browser.get(address).context
        seen += [line.at for line in context["lines"]]
        older = context["page"].older
        address = f"{path}?older={older}" if older else ""
    assert len(seen) == AuditEntry.objects.filter(customer_id=anna.customer.id).count()
    assert seen == sorted(seen, reverse=True)


def test_a_trails_actor_who_left_is_a_former_member(anna: cast.House, sign_in: Any) -> None:
    call = cast.call_of(anna)
    play_recording(call, by=anna.member, at=database_now()).close()
    annas = sign_in(anna.administrator)
    annas.post(at(anna, "customers:member_remove", anna.member.id))
    assert "en tidigare medlem" in annas.get(at(anna, "portal:call", call.id)).content.decode()


def test_every_verb_written_has_words() -> None:
    """All that the code records, found in the code, and all that shredding can say."""
    assert set(VERBS) >= set(verbs_in_code())


WRITERS = {"record", "record_once", "_once"}


def verbs_in_code() -> set[str]:
    found = set()
    root = Path(settings.BASE_DIR)
    for path in root.glob("*/**/*.py"):
        if path.relative_to(root).parts[0] in {
            "customers",
            "recordings",
            "messages",
            "privacy",
            "smartsvar",
        }:
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in WRITERS:
                    verb = node.args[0]
                    if isinstance(verb, ast.Constant):  # else handed on by another writer
                        found.add(str(verb.value))
    assert {"recording.played", "phonemessage.read", "customer.opened"} <= found
    shreddable = [model for model in apps.get_models() if issubclass(model, Shreddable)]
    return found | {
        f"{model._meta.model_name}.{end}" for model in shreddable for end in ("purged", "deleted")
    }


def test_health_is_ok_and_says_no_more(client: Client) -> None:
    answer = client.get("/healthz/")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize("part", ["default", "keys", "cache", "storage"])
def test_health_is_503_when_one_part_is_silent(part: str, client: Client, monkeypatch: Any) -> None:
    def silent() -> None:
        raise OSError("silent")

    monkeypatch.setitem(PARTS, part, silent)
    answer = client.get("/healthz/")
    assert (answer.status_code, answer.json()) == (503, {"status": "unavailable"})
