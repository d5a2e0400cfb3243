from collections.abc import Callable
from functools import partial
from uuid import UUID

import structlog
from celery import shared_task

from customers.actions.covers import lift_left, release_ended
from customers.actions.leaving import finish_removals
from customers.actions.members import note_leavers
from privacy.agreements import telling
from privacy.agreements.ending import follow_contracts
from privacy.cases import notices
from privacy.erasures import notices as erasure_notices
from privacy.erasures import work as erasures
from privacy.exports import collect, notice
from privacy.models import ErasureNotice
from privacy.purging import alarm, due, lost_bytes, orphans
from privacy.purging.derivations import derive_changed
from privacy.purging.runs import run_purge
from privacy.record.versions import keep_versions
from privacy.terms import telling as terms_telling
from smartsvar import mail
from smartsvar.audit import chain
from smartsvar.clock import database_now
from smartsvar.shredding import marks, standing
from smartsvar.vault import finality

log = structlog.get_logger(__name__)


@shared_task(name="privacy.purge_due")
def purge_due() -> dict[str, int]:
    """Destroy everything due now, by the database's clock.

    First what it depends on is made good: dates that a changed declaration or setting left behind,
    when people's last memberships ended, holds whose end has come, members whose removal one kept,
    restrictions of what is gone, and requests of exports that end unfinished. What of it fails
    leaves the run undone and stops nothing else.
    """
    at = database_now()
    first: dict[str, Callable[[], int]] = {
        "derive_changed": derive_changed,
        "derive_pending": due.derive_pending,
        "note_leavers": partial(note_leavers, at),
        "follow_contracts": partial(follow_contracts, at),
        "release_ended": partial(release_ended, at),
        "finish_removals": partial(finish_removals, at),
        "lift_left": partial(lift_left, at),
        "drop_expiring": partial(collect.drop_expiring, at),
    }
    gone = run_purge(at, first)
    for model, count in gone.items():
        log.info("purged", model=model, count=count)
    return gone


@shared_task(name="privacy.watch_purge")
def watch_purge() -> bool:
    """Tell the operators when no purge has completed in time; return whether all is well."""
    at = database_now()
    since = alarm.stopped_since(at)
    if since is not None:
        alarm.tell(since, at)
    return since is None


@shared_task(name="privacy.derive_due_again")
def derive_due_again(customer_id: str) -> int:
    """Derive the dates of everything a customer has, after a change of its settings."""
    return due.derive_again(UUID(customer_id))


@shared_task(name="privacy.check_due")
def check_due() -> dict[str, int]:
    """Count stored dates that differ from the declarations, report them, and put them right."""
    found = due.differences()
    if found:
        due.derive_all()
    for model, count in found.items():
        log.error("dates differ from their declaration", model=model, count=count)
    return found


@shared_task(name="privacy.sweep_orphans")
def sweep_orphans() -> dict[str, int]:
    """Remove keys, bytes and spools that no row needs."""
    return orphans.sweep(database_now())


@shared_task(name="privacy.look_for_bytes")
def look_for_bytes() -> dict[str, int]:
    """Look for rows whose sealed object is gone, from where the last look stopped."""
    return lost_bytes.look_for_bytes(database_now())


@shared_task(name="privacy.advance_marks")
def advance_marks() -> int:
    """Count main database, key store and ledger one further, and notice when one was put back."""
    try:
        return marks.advance(database_now())
    except marks.OutOfStep:
        log.error("databases and ledger are out of step: stop the service, replay_erasures")
        raise


@shared_task(name="privacy.finish_deletions")
def finish_deletions() -> bool:
    """Free the key store's files of what was deleted (docs/cryptography.md)."""
    return finality.finish(database_now())


@shared_task(name="privacy.prune_ledger")
def prune_ledger() -> int:
    """Remove what the erasure ledger no longer needs to hold, and the databases' notes of it."""
    return standing.prune(database_now())


@shared_task(name="privacy.seal_trail")
def seal_trail() -> int:
    """Seal every committed entry of the audit trail, and anchor the heads outside the database."""
    return chain.seal_trail()


@shared_task(name="privacy.erase")
def erase(erasure_id: str) -> str:
    """Carry on one erasure, if its time has come."""
    return erasures.carry_on(UUID(erasure_id), database_now())


@shared_task(name="privacy.erase_due")
def erase_due() -> int:
    """Carry on every erasure whose time has come."""
    return erasures.erase_due(database_now())


@shared_task(name="privacy.tell_erasure")
def tell_erasure(notice_id: str) -> str:
    """Mail one address that an account's erasure was asked for or taken back."""
    return erasure_notices.tell(UUID(notice_id), database_now())


@shared_task(name="privacy.tell_erasures")
def tell_erasures() -> int:
    """Send every such mail that has not gone out; a mail server away stops it."""
    at = database_now()
    waiting = list(ErasureNotice.objects.waiting(at).values_list("id", flat=True)[:500])
    for identity in waiting:
        try:
            if erasure_notices.tell(identity, at) in mail.FOR_ALL:
                break
        except Exception:  # the others' turn all the same
            log.exception("erasure's mail failed", object=str(identity))
    return len(waiting)


@shared_task(name="privacy.tell_signings")
def tell_signings() -> int:
    """Mail every code to sign with, and every notice that an agreement was signed, that waits."""
    return telling.tell_waiting()


@shared_task(name="privacy.tell_case")
def tell_case(case_id: str) -> str:
    """Tell who made a request that there is news."""
    return notices.tell(UUID(case_id), database_now())


@shared_task(name="privacy.tell_cases")
def tell_cases() -> int:
    """Send every mail about a request that has not gone out; a mail server away stops it."""
    at, told = database_now(), 0
    for identity in list(notices.waiting(at).values_list("id", flat=True)[:500]):
        try:
            if notices.tell(identity, at) in mail.FOR_ALL:
                break
        except Exception:  # the others' turn all the same
            log.exception("request's mail failed", object=str(identity))
        told += 1
    return told


@shared_task(name="privacy.remind_of_cases")
def remind_of_cases() -> int:
    """Remind the operators of requests whose time runs out."""
    try:
        return notices.remind(database_now())
    except (mail.TryAgain, mail.GiveUp, mail.Unsure) as error:
        log.error("operators not reminded of requests", error=str(error))
        return 0


@shared_task(name="privacy.collect_export")
def collect_export(export_id: str) -> str:
    """Collect one export, from where it stands."""
    return collect.collect(UUID(export_id))


@shared_task(name="privacy.collect_exports")
def collect_exports() -> int:
    """Go on with every export that a lost nudge or a dead worker left."""
    return collect.collect_due()


@shared_task(name="privacy.tell_export")
def tell_export(export_id: str) -> str:
    """Mail that one export is ready."""
    return notice.tell(UUID(export_id))


@shared_task(name="privacy.tell_exports")
def tell_exports() -> int:
    """Send every such mail that has not gone out; a mail server away stops it."""
    waiting = notice.untold(database_now())
    for identity in waiting:
        try:
            if notice.tell(identity) in mail.FOR_ALL:
                break
        except Exception:  # the others' turn all the same
            log.exception("export's mail failed", object=str(identity))
    return len(waiting)


@shared_task(name="privacy.keep_policy")
def keep_policy() -> int:
    """Keep the public policy where it is another than the last one kept."""
    return keep_versions(database_now())


@shared_task(name="privacy.tell_terms")
def tell_terms() -> int:
    """Mail every customer that has not been told of a new version of the terms."""
    return terms_telling.tell_waiting()
