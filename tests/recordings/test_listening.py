"""Support listens while a customer permits it: never before, never longer, and never unseen."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.http import Http404
from django.urls import reverse

from customers.actions.covers import About, restrict
from customers.models import Target, User
from recordings.actions import delete_recording, play_recording, still_playable
from recordings.listening import (
    NotAllowed,
    Scope,
    grant_listening,
    is_listener,
    let_listen,
    let_listen_no_more,
    revoke_listening,
)
from recordings.models import Listen, ListeningGrant, Recording
from recordings.streaming import PART, RECHECK, ListeningEnded
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from smartsvar.vault.models import RecordKey
from tests import cast

pytestmark = pytest.mark.django_db(databases="__all__")

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _no_second_factor(settings: Any) -> None:
    settings.SUPPORT_NEEDS_SECOND_FACTOR = False


@pytest.fixture
def call(anna: cast.House) -> Recording:
    return cast.call_of(anna)


@pytest.fixture
def listener(sven: User) -> User:
    """Sven as one of the few who may listen at all."""
    let_listen(sven, at=database_now())
    return sven


def granted(
    house: cast.House, call: Recording | None = None, *, at: datetime | None = None, **scope: Any
) -> ListeningGrant:
    at = at or database_now()
    what = Scope(recording=call, **scope)
    by = house.administrator
    return grant_listening(house.customer, what, lasts=HOUR, reason="Det knastrar", by=by, at=at)


def plays(call: Recording, agent: User) -> bool:
    try:
        play_recording(call, by=agent, at=database_now()).close()
    except Http404:
        return False
    return True


def trail(call: Recording) -> list[tuple[str, str]]:
    rows = AuditEntry.objects.filter(object_id=call.pk).exclude(verb="recording.received")
    return list(rows.order_by("at", "id").values_list("verb", "actor_kind"))


def test_sven_hears_nothing_without_a_grant(call: Recording, listener: User) -> None:
    assert not plays(call, listener)
    assert trail(call) == [("recording.refused", "support")]


def test_sven_hears_the_call_that_anna_lets_him_hear_and_no_other(
    anna: cast.House, cecilia: cast.House, call: Recording, listener: User
) -> None:
    others = [cast.call_of(anna), cast.call_of(cecilia)]
    granted(anna, call)
    assert plays(call, listener)
    assert [plays(other, listener) for other in others] == [False, False]


def test_a_superuser_who_is_none_of_the_few_hears_nothing(
    anna: cast.House, call: Recording, sven: User
) -> None:
    granted(anna, call)
    assert sven.is_superuser
    assert not plays(call, sven)
    let_listen(sven, at=database_now())
    assert plays(call, sven)
    let_listen_no_more(sven, at=database_now())
    assert not plays(call, sven)


def test_who_left_support_or_is_locked_out_is_none_of_the_few(
    anna: cast.House, call: Recording, listener: User
) -> None:
    granted(anna, call)
    for change in ({"is_active": False}, {"is_active": True, "is_staff": False}):
        User.objects.filter(pk=listener.pk).update(**change)
        assert not is_listener(listener)
        assert not plays(call, listener)
    with pytest.raises(NotAllowed):
        let_listen(anna.administrator.user, at=database_now())


def test_a_grant_for_some_days_covers_the_calls_that_began_then(
    anna: cast.House, listener: User
) -> None:
    at = database_now()
    start, end = at - timedelta(days=3), at - timedelta(days=1)
    starts = [start - timedelta(seconds=1), start, end - timedelta(seconds=1), end]
    calls = [cast.call_of(anna, started_at=began) for began in starts]
    granted(anna, calls_from=start, calls_before=end)
    assert [plays(call, listener) for call in calls] == [False, True, True, False]


def test_a_grant_begins_and_ends_by_itself(
    anna: cast.House, call: Recording, listener: User
) -> None:
    at = database_now()
    grant = granted(anna, call, at=at + timedelta(seconds=30))
    assert not plays(call, listener), "not yet"
    ListeningGrant.objects.filter(pk=grant.pk).update(begins_at=at, ends_at=at + HOUR)
    assert plays(call, listener)
    ListeningGrant.objects.filter(pk=grant.pk).update(ends_at=at)
    assert not plays(call, listener), "over"


def test_a_revoked_grant_opens_nothing_and_stops_what_is_read(
    anna: cast.House, call: Recording, listener: User
) -> None:
    grant = granted(anna, call)
    assert still_playable(call.pk, by=listener)
    assert revoke_listening(grant, by=anna.administrator, at=database_now())
    assert not revoke_listening(grant, by=anna.administrator, at=database_now())
    assert not still_playable(call.pk, by=listener)
    assert not plays(call, listener)


def test_one_grant_revoked_leaves_the_other(
    anna: cast.House, call: Recording, listener: User
) -> None:
    first, _ = granted(anna, call), granted(anna, call)
    revoke_listening(first, by=anna.administrator, at=database_now())
    assert plays(call, listener)


@pytest.mark.parametrize("about", ["call", "caller", "account"])
def test_what_is_restricted_is_not_heard_whatever_was_granted(
    anna: cast.House, call: Recording, listener: User, about: str
) -> None:
    granted(anna, call)
    what = {
        "call": About(target=Target.RECORD, object_model=Recording._meta.label, object_id=call.pk),
        "caller": About(target=Target.CALLER, caller=cast.PLANTED_NUMBER),
        "account": About(target=Target.CUSTOMER),
    }[about]
    by, at = anna.administrator, database_now()
    restrict(anna.customer, what, reason="Bestrids", keeps=False, by=by, at=at)
    assert not plays(call, listener)
    assert not still_playable(call.pk, by=listener)


def test_what_is_due_is_not_heard(anna: cast.House, call: Recording, listener: User) -> None:
    granted(anna, call)
    Recording.objects.filter(pk=call.pk).update(due_at=database_now())
    assert not plays(call, listener)


def test_only_an_administrator_of_the_house_grants_and_for_a_week_at_most(
    anna: cast.House, cecilia: cast.House, call: Recording
) -> None:
    at = database_now()
    strangers = (anna.member, anna.reader, cecilia.administrator)
    for by, lasts in [*((one, HOUR) for one in strangers), (anna.administrator, 169 * HOUR)]:
        with pytest.raises(NotAllowed):
            grant_listening(
                anna.customer, Scope(recording=call), lasts=lasts, reason="x", by=by, at=at
            )
    with pytest.raises(NotAllowed):
        granted(cecilia, call)
    assert not ListeningGrant.objects.exists()


def test_each_listening_leaves_one_entry_however_many_parts_it_is_read_in(
    anna: cast.House, call: Recording, listener: User
) -> None:
    first = granted(anna, call)
    for _ in range(3):
        assert plays(call, listener)
    revoke_listening(first, by=anna.administrator, at=database_now())
    second = granted(anna, call)
    assert plays(call, listener)
    assert trail(call) == [("recording.played", "support")] * 2
    assert [grant.listens.count() for grant in (first, second)] == [1, 1]
    entries = set(AuditEntry.objects.filter(verb="recording.played").values_list("id", flat=True))
    assert set(Listen.objects.values_list("entry_id", flat=True)) == entries


def test_the_grant_goes_silent_with_its_recording_and_its_reason_with_it(
    anna: cast.House, call: Recording, listener: User
) -> None:
    grant = granted(anna, call)
    delete_recording(call, by=anna.administrator)
    grant.refresh_from_db()
    assert (grant.recording_id, grant.reason) == (None, "")
    assert not grant.calls().exists()
    other = cast.call_of(anna)
    assert not plays(other, listener), "it did not become a grant for everything"
    assert RecordKey.objects.filter(id=grant.key_id).exists()


def address(grant: ListeningGrant, call: Recording, name: str = "audio") -> str:
    return reverse(f"admin:recordings_listeninggrant_{name}", args=[grant.pk, call.pk])


def test_the_next_part_is_refused_when_anna_revokes(
    anna: cast.House, listener: User, sign_in: Any
) -> None:
    call = cast.call_of(anna, audio=cast.tone(120))
    grant, client = granted(anna, call), sign_in(listener)
    first = client.get(address(grant, call), headers={"Range": "bytes=0-"})
    assert (first.status_code, len(first.content)) == (206, PART)
    assert "no-store" in first["Cache-Control"]
    revoke_listening(grant, by=anna.administrator, at=database_now())
    for method in (client.get, client.head):
        for span in (f"bytes={PART}-", "bytes=0-1", ""):
            answer = method(address(grant, call), headers={"Range": span} if span else {})
            assert answer.status_code == 403, (method, span)
            assert answer.content == b""
    assert trail(call) == [("recording.played", "support"), ("recording.refused", "support")]


def test_a_whole_answer_stops_in_the_middle_when_anna_revokes(
    anna: cast.House, listener: User, sign_in: Any
) -> None:
    call = cast.call_of(anna, audio=cast.tone(400))
    grant = granted(anna, call)
    answer = sign_in(listener).get(address(grant, call))
    parts = iter(answer.streaming_content)
    got = [len(next(parts))]
    revoke_listening(grant, by=anna.administrator, at=database_now())
    with pytest.raises(ListeningEnded):
        got.extend(map(len, parts))
    assert sum(got) <= RECHECK < call.size


def test_svens_pages_show_times_and_never_who_called(
    anna: cast.House, cecilia: cast.House, listener: User, sign_in: Any
) -> None:
    call, other = cast.call_of(anna), cast.call_of(anna)
    grant, client = granted(anna, call), sign_in(listener)
    calls = reverse("admin:recordings_listeninggrant_calls", args=[grant.pk])
    pages = [
        reverse("admin:recordings_listeninggrant_changelist"),
        reverse("admin:recordings_listeninggrant_change", args=[grant.pk]),
        calls,
        address(grant, call, "call"),
    ]
    for page in pages:
        answer = client.get(page)
        assert answer.status_code == 200, page
        text = answer.content.decode()
        for secret in (cast.PLANTED_NAME, cast.PLANTED_NUMBER, "0666", "Det knastrar"):
            assert secret not in text, page
    assert str(call.pk) in client.get(calls).content.decode()
    assert str(other.pk) not in client.get(calls).content.decode()
    assert client.get(address(grant, other, "call")).status_code == 404
    assert client.get(address(grant, other)).status_code == 404


def test_the_player_says_nothing_of_the_customer_that_may_be_untrue(
    anna: cast.House, call: Recording, listener: User, sign_in: Any
) -> None:
    """It may be the agent's own right that was taken back."""
    grant = granted(anna, call)
    page = sign_in(listener).get(address(grant, call, "call")).content.decode()
    assert "eller så har din egen rätt att lyssna tagits tillbaka" in page


def test_the_reason_is_read_on_purpose_and_anna_sees_that(
    anna: cast.House, call: Recording, listener: User, sign_in: Any
) -> None:
    grant = granted(anna, call)
    page = reverse("admin:recordings_listeninggrant_reason", args=[grant.pk])
    client = sign_in(listener)
    assert client.get(page).status_code == 405
    assert "Det knastrar" in client.post(page).content.decode()
    assert AuditEntry.objects.get(verb="listeninggrant.read").actor_id == listener.pk


def test_sven_who_is_none_of_the_few_is_refused_with_a_trace(
    anna: cast.House, call: Recording, sven: User, sign_in: Any
) -> None:
    grant, client = granted(anna, call), sign_in(sven)
    names = ("audio", "call")
    pages = [address(grant, call, name) for name in names]
    pages += [reverse("admin:recordings_listeninggrant_calls", args=[grant.pk])]
    assert [client.get(page).status_code for page in pages] == [403] * 3
    refused = AuditEntry.objects.filter(verb="support.refused", customer_id=anna.customer.pk)
    assert refused.count() == 3


def test_an_ended_grant_is_on_no_page_of_svens(
    anna: cast.House, call: Recording, listener: User, sign_in: Any
) -> None:
    grant, client = granted(anna, call), sign_in(listener)
    revoke_listening(grant, by=anna.administrator, at=database_now())
    listed = client.get(reverse("admin:recordings_listeninggrant_changelist"))
    assert listed.context["cl"].result_count == 0
    assert client.get(address(grant, call, "call")).status_code == 404


def test_sven_neither_makes_nor_changes_a_grant(
    anna: cast.House, call: Recording, listener: User, sign_in: Any
) -> None:
    grant, client = granted(anna, call), sign_in(listener)
    for name, args in (("add", []), ("delete", [grant.pk])):
        page = reverse(f"admin:recordings_listeninggrant_{name}", args=args)
        assert client.post(page, {"post": "yes"}).status_code == 403
    change = reverse("admin:recordings_listeninggrant_change", args=[grant.pk])
    assert client.post(change, {"ends_at_0": "2099-01-01"}).status_code == 403
    assert ListeningGrant.objects.get().ends_at == grant.ends_at


def test_anna_has_nothing_to_do_at_svens_door(
    anna: cast.House, call: Recording, sign_in: Any
) -> None:
    grant = granted(anna, call)
    assert sign_in(anna.administrator).get(address(grant, call)).status_code == 302
