"""Who has seen Anna's data: every look, whoever looked, and nothing else."""

import csv
import io
import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers.actions.looks import Listed, note_listed
from customers.actions.support import see_customer
from messages.actions import read_message
from recordings.actions import play_recording, show_recording
from recordings.listening import Scope, grant_listening, let_listen, revoke_listening
from recordings.models import Listen, ListeningGrant, Recording
from smartsvar.audit.models import AuditEntry
from smartsvar.audit.trail import record
from smartsvar.clock import database_now
from smartsvar.portal.verbs import DEEDS, LOOKS, VERBS
from tests import cast

pytestmark = pytest.mark.django_db(databases="__all__")


def seen_by_all(house: cast.House, sven: Any) -> Recording:
    """A call that a member, a key and support have looked at, and a message that one has read."""
    at = database_now()
    call, message = cast.call_of(house), cast.message_of(house)
    show_recording(call, by=house.member, at=at)
    play_recording(call, by=house.key, at=at).close()
    read_message(message, by=house.reader, at=at)
    see_customer(house.customer, by=sven, at=at)
    return call


def page_of(house: cast.House) -> str:
    return reverse("portal:insight", args=[house.customer.number])


def lines(answer: Any) -> list[tuple[str, str]]:
    return [(row.verb, row.actor_kind) for row, _ in answer.context["lines"]]


def test_every_verb_is_either_a_look_or_a_deed() -> None:
    assert not set(LOOKS) & set(DEEDS)
    assert set(LOOKS) | set(DEEDS) == set(VERBS)
    assert set(Listed) <= set(LOOKS)


LOOKING = re.compile(
    r"seen|sought|searched|read|played|heard|listed|shown|fetched|downloaded|exported|collected"
    r"|copied|refused"
)
NO_LOOK = {
    "case.refused": "a decision",
    "phonemessage.marked_read": "a mark, perhaps by somebody who read nothing",
}


@pytest.mark.parametrize("verb", sorted(DEEDS))
def test_no_deed_sounds_like_a_look(verb: str) -> None:
    """Whatever is seen, fetched or searched from now on is on the page, or said here why not."""
    words = verb.partition(".")[2].split("_")
    assert verb in NO_LOOK or not any(LOOKING.fullmatch(word) for word in words)


def test_what_is_downloaded_searched_and_exported_is_on_the_page(
    anna: cast.House, sign_in: Any
) -> None:
    call, client, number = cast.call_of(anna), sign_in(anna.member), anna.customer.number
    taken: Any = client.get(reverse("recordings:download", args=[number, call.pk]))
    assert b"".join(taken.streaming_content)
    client.get(reverse("customers:staff_csv", args=[number]))
    client.post(reverse("portal:events", args=[number]), {"text": "zacharias"})
    assert {verb for verb, _kind in lines(client.get(page_of(anna)))} == {
        "recording.downloaded", "customer.register_exported", "customer.searched",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("page", "verb"),
    [
        ("portal:events", Listed.EVENTS), ("recordings:list", Listed.CALLS),
        ("phone_messages:list", Listed.MESSAGES), ("customers:staff_list", Listed.REGISTER),
    ],
)  # fmt: skip
def test_a_list_is_noted_once_an_hour_for_each_reader(
    anna: cast.House, sign_in: Any, page: str, verb: str
) -> None:
    path = reverse(page, args=[anna.customer.number])
    for member in (anna.reader, anna.reader, anna.member):
        assert sign_in(member).get(path).status_code == 200
    rows = AuditEntry.objects.filter(verb=verb, customer_id=anna.customer.pk)
    assert len(rows) == 2
    assert {row.actor_id for row in rows} == {anna.reader.pk, anna.member.pk}
    cache.clear()  # an hour later
    sign_in(anna.reader).get(path)
    assert rows.all().count() == 3
    assert (verb, "member") in lines(sign_in(anna.administrator).get(page_of(anna)))


@pytest.mark.parametrize(
    ("path", "verb"),
    [("messages", Listed.MESSAGES), ("recordings", Listed.CALLS), ("staff", Listed.REGISTER)],
)
def test_what_a_system_fetches_by_the_list_is_on_the_page(
    anna: cast.House, client: Client, sign_in: Any, path: str, verb: str
) -> None:
    for _turn in range(2):
        head = {"Authorization": f"Bearer {anna.secret}"}
        assert client.get(f"/api/v1/{path}/", headers=head).status_code == 200
    assert lines(sign_in(anna.administrator).get(page_of(anna))) == [(verb, "key")]


def test_with_the_cache_away_a_list_is_noted_each_time(anna: cast.House, monkeypatch: Any) -> None:
    """Rather twice than not at all."""
    monkeypatch.setattr(cache, "get", lambda *_args: None)
    for _turn in range(2):
        note_listed(Listed.CALLS, anna.customer, by=anna.reader, at=database_now())
    assert AuditEntry.objects.filter(verb=Listed.CALLS).count() == 2


def test_anna_sees_every_look_and_nothing_but_looks(
    anna: cast.House, sven: Any, sign_in: Any
) -> None:
    seen_by_all(anna, sven)
    found = lines(sign_in(anna.administrator).get(page_of(anna)))
    assert sorted(found) == [
        ("customer.seen", "support"), ("phonemessage.read", "member"),
        ("recording.played", "key"), ("recording.seen", "member"),
    ]  # fmt: skip
    assert AuditEntry.objects.filter(verb="recording.received").exists()


@pytest.mark.parametrize(
    ("asked", "count"),
    [("support", 1), ("member", 2), ("key", 1), ("system", 0), ("", 4), ("nonsense", 0)],
)
def test_the_list_is_narrowed_to_one_kind(
    anna: cast.House, sven: Any, sign_in: Any, asked: str, count: int
) -> None:
    seen_by_all(anna, sven)
    answer = sign_in(anna.administrator).get(page_of(anna), {"kind": asked})
    assert len(lines(answer)) == count


def test_the_list_is_narrowed_to_a_person_or_a_call(
    anna: cast.House, sven: Any, sign_in: Any
) -> None:
    call, client = seen_by_all(anna, sven), sign_in(anna.administrator)
    of_call = lines(client.get(page_of(anna), {"thing": call.pk}))
    assert {verb for verb, _ in of_call} == {"recording.seen", "recording.played"}
    of_rut = lines(client.get(page_of(anna), {"person": anna.reader.pk}))
    assert of_rut == [("phonemessage.read", "member")]
    assert lines(client.get(page_of(anna), {"person": uuid4()})) == []
    for hostile in ("x", "\x00", "<b>", "9" * 10_000):
        answer = client.get(page_of(anna), {"person": hostile})
        assert (answer.status_code, lines(answer)) == (200, [])


def test_annas_looks_are_not_cecilias(
    anna: cast.House, cecilia: cast.House, sven: Any, sign_in: Any
) -> None:
    call = seen_by_all(anna, sven)
    client = sign_in(cecilia.administrator)
    for query in ({}, {"thing": call.pk}, {"person": sven.pk}):
        assert lines(client.get(page_of(cecilia), query)) == []
    file = b"".join(client.get(page_of(cecilia), {"form": "csv", "thing": call.pk}))
    assert len(file.splitlines()) == 1


def test_the_file_holds_what_the_list_holds_however_long_it_is(
    anna: cast.House, sven: Any, sign_in: Any
) -> None:
    at = database_now()
    for n in range(1203):  # more than two times what is written at once
        AuditEntry.objects.create(
            customer_id=anna.customer.pk, actor_kind="support", actor_id=sven.pk,
            verb="customer.seen", object_model="customers.Customer",
            object_id=anna.customer.pk, at=at - timedelta(seconds=n),
        )  # fmt: skip
    answer = sign_in(anna.administrator).get(page_of(anna), {"kind": "support", "form": "csv"})
    rows = list(csv.reader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))
    assert len(rows) == 1204
    assert len(set(map(tuple, rows))) == 1204
    assert rows[1][1].startswith("Smartsvars support, ")
    assert sven.email not in str(rows)


def queries_of(client: Any, address: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)


def test_longer_lists_ask_no_more_queries(anna: cast.House, sven: Any, sign_in: Any) -> None:
    client = sign_in(anna.administrator)
    let_listen(sven, at=database_now())
    grants = reverse("portal:grants", args=[anna.customer.number])

    def listen() -> None:
        at, call = database_now(), seen_by_all(anna, sven)
        by, lasts = anna.administrator, timedelta(hours=1)
        scope = Scope(recording=call)
        grant_listening(anna.customer, scope, lasts=lasts, reason="x", by=by, at=at)
        play_recording(call, by=sven, at=database_now()).close()

    listen()
    client.get(grants)
    before = [queries_of(client, page) for page in (page_of(anna), grants)]
    for _ in range(4):
        listen()
    assert [queries_of(client, page) for page in (page_of(anna), grants)] == before


def test_a_grant_beside_one_that_is_used_much_still_tells_of_its_own_listening(
    anna: cast.House, sven: Any, sign_in: Any
) -> None:
    """And how many there were is said though not all are listed, or still in the log."""
    call, at, by = cast.call_of(anna), database_now(), anna.administrator
    lasts, scope = timedelta(hours=1), Scope(recording=call)
    old, busy, idle = (
        grant_listening(anna.customer, scope, lasts=lasts, reason="x", by=by, at=at)
        for _ in range(3)
    )

    def listened(grant: ListeningGrant, ago: int, entry: UUID | None = None) -> None:
        moment = at - timedelta(seconds=ago)
        entry = (
            entry
            or record("recording.played", call, by=sven, customer_id=anna.customer.id, at=moment).id
        )
        Listen.objects.create(
            grant=grant, entry_id=entry, call_id=call.pk, agent_id=sven.pk, at=moment
        )

    listened(old, 500)
    for ago in range(201):
        listened(busy, ago)
    page = reverse("portal:grants", args=[anna.customer.number])
    answer = sign_in(anna.administrator).get(page)
    lines = {line.grant.id: line for line in answer.context["lines"]}
    told = {grant: (line.count, len(line.listens)) for grant, line in lines.items()}
    assert told == {old.id: (1, 1), busy.id: (201, 10), idle.id: (0, 0)}
    shown = answer.content.decode()
    assert shown.count("Ingen har lyssnat.") == 1
    assert "Supporten har lyssnat 201 gånger." in shown
    listened(idle, 900, uuid4())  # its entry has left the log
    shown = sign_in(anna.administrator).get(page).content.decode()
    assert "Ingen har lyssnat." not in shown
    assert "Supporten har lyssnat en gång." in shown


def test_anna_grants_by_the_form_sees_the_listen_and_revokes(
    anna: cast.House, sven: Any, sign_in: Any
) -> None:
    let_listen(sven, at=database_now())
    call, client, number = cast.call_of(anna), sign_in(anna.administrator), anna.customer.number
    form = {"reason": "<b>Knaster</b>", "hours": "1"}
    page = reverse("recordings:grant_call", args=[number, call.pk])
    listed = client.post(page, form, follow=True).content.decode()
    assert "&lt;b&gt;Knaster" in listed
    assert "Ingen har lyssnat." in listed
    notice = client.get(reverse("privacy:home", args=[number])).content.decode()
    assert "Supporten får lyssna på samtal hos er till" in notice
    play_recording(call, by=sven, at=database_now()).close()
    grants = reverse("portal:grants", args=[number])
    assert f"Smartsvars support, {sven.pk.hex[-6:]}" in client.get(grants).content.decode()
    shown = client.get(reverse("portal:call", args=[number, call.pk])).content.decode()
    assert f"Smartsvars support, {sven.pk.hex[-6:]}" in shown
    grant = ListeningGrant.objects.get()
    revoke = reverse("recordings:grant_revoke", args=[number, grant.pk])
    for _ in range(2):
        assert client.post(revoke).status_code == 302
    assert ListeningGrant.objects.get().revoked_by == anna.administrator.pk
    notice = client.get(reverse("privacy:home", args=[number])).content.decode()
    assert "Supporten får lyssna på samtal hos er till" not in notice


@pytest.mark.parametrize(
    "wrong",
    [
        {"hours": "169"}, {"hours": "-1"}, {"hours": ""}, {"hours": "x"}, {"reason": ""},
        {"reason": "x" * 501}, {"reason": "\x00"}, {"since": "2026-02-02"}, {"until": "x"},
        {"since": "9999-12-31", "until": "9999-12-31"},
    ],
)  # fmt: skip
def test_a_wrong_form_grants_nothing_and_says_why(
    anna: cast.House, sign_in: Any, wrong: dict[str, str]
) -> None:
    good = {"since": "2026-01-01", "until": "2026-01-02", "reason": "Knaster", "hours": "1"}
    page = reverse("recordings:grant_period", args=[anna.customer.number])
    answer = sign_in(anna.administrator).post(page, good | wrong)
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert not ListeningGrant.objects.exists()


def test_a_restricted_customer_still_sees_and_revokes(anna: cast.House, sign_in: Any) -> None:
    at, call = database_now(), cast.call_of(anna)
    by, lasts = anna.administrator, timedelta(hours=1)
    scope = Scope(recording=call)
    grant = grant_listening(anna.customer, scope, lasts=lasts, reason="x", by=by, at=at)
    type(anna.customer).objects.filter(pk=anna.customer.pk).update(restricted=True)
    client, number = sign_in(anna.administrator), anna.customer.number
    for name in ("portal:grants", "portal:insight", "privacy:agreement"):
        assert client.get(reverse(name, args=[number])).status_code == 200, name
    page = reverse("recordings:grant_call", args=[number, call.pk])
    assert client.get(page).status_code == 403
    assert (
        client.post(reverse("recordings:grant_revoke", args=[number, grant.pk])).status_code == 302
    )
    assert not revoke_listening(grant, by=by, at=database_now())
