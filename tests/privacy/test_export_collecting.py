"""Collecting an export is work that is never lost, never done twice, and has its end."""

import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail

from customers.actions.covers import About
from customers.models import Customer, Hold, Target
from privacy.cases.steps import check_identity, open_case
from privacy.exports import collect as collecting
from privacy.exports.ask import MOST, TooMany, ask_for_export, throw_away
from privacy.exports.collect import collect, collect_due
from privacy.exports.listing import LEASE, Lister
from privacy.exports.notice import tell, untold
from privacy.models import Case, CaseKind, CaseState, Export, ExportPage, ExportState
from privacy.purging.purge import purge
from privacy.tasks import purge_due
from recordings.models import Recording
from smartsvar import mail as mailing
from smartsvar.audit.actors import SYSTEM
from smartsvar.clock import database_now
from smartsvar.leases import LostLease, take
from smartsvar.personal_data import keep_of
from smartsvar.settings import BASE_DIR
from smartsvar.shredding.models import Held
from smartsvar.vault.errors import KeyLost, RootUnreachable
from smartsvar.vault.keys import forget_keys, open_key
from tests import cast
from tests.privacy.test_exports import ACCOUNT, ZACHARIAS, archive, asked, collected, records
from tests.processes import test_environment as environment

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


def listed(export: Export) -> list[list[Any]]:
    """Return what the export's list holds, in order, without what only its own row says."""
    pages = ExportPage.objects.filter(export=export).order_by("number")
    return [
        item
        for page in pages
        for item in page.items
        if page.portion not in {"privacy.Export", "privacy.Case", "audit.AuditEntry"}
    ]


def lease_over(export: Export) -> None:
    Export.objects.filter(id=export.id).update(lease_until=database_now() - timedelta(seconds=1))


def test_what_a_dead_worker_left_is_finished_by_the_next(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(9):
        cast.message_of(anna)
    whole = listed(collected(anna))
    monkeypatch.setattr(collecting, "ROWS", 2)
    for stop in range(1, 12):
        export = asked(anna)
        with monkeypatch.context() as patch:
            patch.setattr(Lister, "_keep", dying_after(stop))
            with pytest.raises(KeyboardInterrupt):
                collect(export.id)
        assert collect(export.id) == ""  # another's lease is still running
        assert collect_due() == 0
        lease_over(export)
        assert collect_due() == 1
        export.refresh_from_db()
        assert export.state == ExportState.READY
        assert listed(export) == whole, stop
        assert throw_away(export, by=anna.administrator) == 1


def dying_after(pages: int) -> Any:
    """Return Lister._keep that dies like a killed process after so many pages."""
    keep = Lister._keep
    kept: list[int] = []

    def _keep(*args: Any, **kwargs: Any) -> None:
        if len(kept) == pages:
            raise KeyboardInterrupt
        keep(*args, **kwargs)
        kept.append(1)

    return _keep


KILLED = """
import sys, time, django
django.setup()
from pathlib import Path
from uuid import UUID
from privacy.exports import collect
from privacy.exports.listing import Lister
collect.ROWS = 3
keep = Lister._keep
def slowly(*args, **kwargs):
    keep(*args, **kwargs)
    with Path(sys.argv[2]).open("a") as sign:
        sign.write("x")
    time.sleep(0.02)
Lister._keep = slowly
collect.collect(UUID(sys.argv[1]))
"""


def test_a_collector_killed_again_and_again_leaves_the_same_list(
    anna: cast.House, tmp_path: Path
) -> None:
    for _ in range(30):
        cast.message_of(anna)
    whole = listed(collected(anna))
    export = asked(anna)
    for kill in range(4):
        sign = tmp_path / f"sign-{kill}"
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(export.id), str(sign)],
            cwd=BASE_DIR,
            env=environment(),
        )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and (not sign.exists() or sign.stat().st_size < 2):
            time.sleep(0.005)
        process.kill()
        process.wait()
        assert sign.exists()
        lease_over(export)
    export.refresh_from_db()
    assert export.state == ExportState.COLLECTING
    assert export.fence == 4
    assert collect(export.id) == ExportState.READY
    export.refresh_from_db()
    assert listed(export) == whole
    assert export.done == sum(page.count for page in ExportPage.objects.filter(export=export))
    assert len(records(archive(export), "phone_messages.PhoneMessage")) == 30


def test_a_worker_that_was_thought_dead_writes_nothing_more(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = asked(anna)
    waiting, until = collecting._waiting(database_now()), database_now() + LEASE
    first: Export | None = take(waiting, export.id, until=until, state=ExportState.COLLECTING)
    assert first is not None
    lease_over(export)
    assert collect(export.id) == ExportState.READY
    pages = ExportPage.objects.filter(export=export).count()
    with pytest.raises(LostLease):
        collecting._go_through(first)
    with pytest.raises(LostLease):
        collecting._freeze(first)
    assert ExportPage.objects.filter(export=export).count() == pages


def test_while_the_root_key_is_away_an_export_waits(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = asked(anna)

    def away(*args: Any) -> Any:
        raise RootUnreachable("away")

    with monkeypatch.context() as patch:
        patch.setattr("privacy.exports.listing.facts_of", away)
        assert collect(export.id) == ExportState.COLLECTING
    export.refresh_from_db()
    assert (export.failures, export.lease_until) == (0, None)
    assert collect_due() == 1
    export.refresh_from_db()
    assert export.state == ExportState.READY


def test_an_export_that_always_fails_is_given_up_and_said(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = asked(anna)
    monkeypatch.setattr("privacy.exports.listing.digest_of", lambda facts: 1 / 0)
    states = [collect(export.id) for _ in range(collecting.TRIES)]
    assert states[-2:] == [ExportState.COLLECTING, ExportState.FAILED]
    assert collect_due() == 0


def nothing_waits() -> bool:
    """Whether no request is open and no hold in force."""
    waiting = Case.objects.filter(closed_at=None).exists()
    return not waiting and not Hold.objects.filter(ended_at=None).exists()


def test_an_export_that_is_thrown_away_takes_its_request_and_hold_along(anna: cast.House) -> None:
    call = cast.call_of(anna)
    export = asked(anna, ZACHARIAS)
    assert not nothing_waits()
    assert throw_away(export, by=anna.administrator) == 1
    assert nothing_waits()
    assert Case.objects.get().state == CaseState.WITHDRAWN
    assert Recording.objects.filter(id=call.id, held=False).exists()


def test_an_export_that_a_hold_keeps_keeps_its_request(anna: cast.House) -> None:
    export = asked(anna, ZACHARIAS)
    Export.objects.filter(id=export.id).update(held=True)
    with pytest.raises(Held):
        throw_away(export, by=anna.administrator)
    assert Case.objects.get().open


def test_an_export_that_is_given_up_gives_its_request_up(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.call_of(anna)
    export = asked(anna, ZACHARIAS)
    monkeypatch.setattr("privacy.exports.listing.digest_of", lambda facts: 1 / 0)
    for _ in range(collecting.TRIES):
        assert not nothing_waits()
        collect(export.id)
    assert nothing_waits()


def test_an_export_that_ends_unfinished_ends_its_request(anna: cast.House) -> None:
    export = asked(anna, ZACHARIAS)
    Export.objects.filter(id=export.id).update(
        asked_at=database_now() - timedelta(days=99), due_at=database_now()
    )
    purge_due()
    assert not Export.objects.exists()
    assert nothing_waits()


def test_a_request_that_support_handles_outlives_its_export(anna: cast.House) -> None:
    by, at = anna.administrator, database_now()
    case = open_case(anna.customer, CaseKind.ACCESS, ZACHARIAS, by=by, at=at)
    check_identity(case, "ringde upp", by=SYSTEM, at=at)
    export = ask_for_export(anna.customer, ZACHARIAS, case=case, by=SYSTEM, at=at)
    throw_away(export, by=by)
    assert Case.objects.get().open


def test_asked_twice_it_is_the_same_export(anna: cast.House) -> None:
    assert asked(anna).id == asked(anna).id
    other = About(target=Target.MEMBER, object_id=anna.member.id)
    assert asked(anna).id != asked(anna, other).id
    assert Case.objects.filter(customer=anna.customer).count() == 2


def test_there_is_an_end_to_how_many_exports_a_customer_has(anna: cast.House) -> None:
    for number in range(MOST):
        asked(anna, About(target=Target.CALLER, caller=f"{number}@nya.example"))
    with pytest.raises(TooMany):
        asked(anna, About(target=Target.CALLER, caller="en.till@nya.example"))


def test_an_export_goes_when_its_time_is_up_with_its_list_and_key(anna: cast.House) -> None:
    export = collected(anna)
    days = keep_of("privacy.Export").days or 0
    assert export.due_at is not None
    assert (
        timedelta(days=days, hours=-1)
        <= export.due_at - export.asked_at
        <= timedelta(days=days, hours=1)
    )
    Export._base_manager.filter(id=export.id).update(
        asked_at=database_now() - timedelta(days=days + 1), due_at=database_now()
    )
    Customer._base_manager.filter(id=anna.customer.id).update(held=True)  # keeps what it lists
    purge(database_now() + timedelta(seconds=1))
    assert not Export.objects.filter(id=export.id).exists()
    assert not ExportPage.objects.filter(export_id=export.id).exists()
    forget_keys()
    with pytest.raises(KeyLost):
        open_key(export.key_id)


def test_the_request_opened_with_an_export_is_answered_by_it(anna: cast.House) -> None:
    export = collected(anna)
    case = Case.objects.get(id__in=[export.case_id])
    assert (case.kind, case.state, case.to_tell) == (CaseKind.ACCESS, CaseState.GRANTED, "")
    moving = collected(anna, kind=CaseKind.PORTABILITY)
    assert Case.objects.get(id__in=[moving.case_id]).kind == CaseKind.PORTABILITY


def test_a_request_that_support_handles_stays_open_until_it_decides(anna: cast.House) -> None:
    by, at = anna.administrator, database_now()
    case = open_case(anna.customer, CaseKind.ACCESS, ACCOUNT, by=by, at=at)
    check_identity(case, "ringde upp", by=SYSTEM, at=at)
    export = ask_for_export(anna.customer, ACCOUNT, case=case, by=SYSTEM, at=at)
    assert collect(export.id) == ExportState.READY
    assert Case.objects.get(id=case.id).state == CaseState.IDENTIFIED


def test_the_mail_says_that_it_is_ready_and_nothing_else(anna: cast.House) -> None:
    cast.call_of(anna)
    cast.message_of(anna)
    mail.outbox.clear()
    export = collected(anna, About(target=Target.CALLER, caller=cast.PLANTED_NUMBER))
    assert untold(database_now()) == [export.id]
    assert tell(export.id) == ""
    assert tell(export.id) == ""
    (sent,) = mail.outbox
    assert sent.to == [anna.administrator.user.email]
    text = f"{sent.subject}\n{sent.body}"
    assert str(export.id) in text
    for secret in (cast.PLANTED_NUMBER, cast.PLANTED_NAME, cast.PLANTED_MATTER, "174"):
        assert secret not in text
    assert untold(database_now()) == []


def test_a_mail_server_that_is_away_costs_time_and_no_mail(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = collected(anna)

    def away(write: Any) -> None:
        raise mailing.TryAgain(mailing.NO_CONNECTION)

    with monkeypatch.context() as patch:
        patch.setattr("privacy.exports.notice.mail.send", away)
        assert tell(export.id) == mailing.NO_CONNECTION
    assert untold(database_now()) == [export.id]


def test_a_worker_that_dies_while_telling_is_followed_by_another(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(write: Any) -> None:
        raise Killed

    export = collected(anna)
    mail.outbox.clear()
    with monkeypatch.context() as patch:
        patch.setattr("privacy.exports.notice.mail.send", die)
        with pytest.raises(Killed):
            tell(export.id)
    assert untold(database_now()) == [], "its lease stands"
    assert tell(export.id) == ""
    assert not mail.outbox
    past = database_now() - timedelta(seconds=1)
    Export.objects.filter(id=export.id).update(lease_until=past)
    assert untold(database_now()) == [export.id]
    assert tell(export.id) == ""
    assert len(mail.outbox) == 1
    assert untold(database_now()) == []


def test_what_a_key_asked_for_is_told_to_the_administrators(anna: cast.House) -> None:
    export = ask_for_export(anna.customer, ACCOUNT, case=None, by=anna.key, at=database_now())
    collect(export.id)
    mail.outbox.clear()
    tell(export.id)
    assert mail.outbox[0].to == [anna.administrator.user.email]
