"""The Celery application and its schedule.

Wiring: tasks and beat entries are named by string; a test resolves each name. The row is the
queue and Celery is only the nudge, so every scheduled task means "run everything due".
"""

import os
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import beat_init, worker_init
from django.utils.module_loading import import_string

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smartsvar.settings")

app = Celery("smartsvar")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect  # type: ignore[untyped-decorator]
@beat_init.connect  # type: ignore[untyped-decorator]
def refuse_unless_ready(**_: Any) -> None:
    """No worker takes a task, and no beat nudges, before the check at the start has passed."""
    import_string("smartsvar.startup.wait_until_ready")()


# Mail has a queue and a worker of its own: a mail server that hangs must not hold up the purge.
app.conf.task_routes = {
    "messages.*": {"queue": "mail"},
    "customers.send_*": {"queue": "mail"},
    "subprocessors.*": {"queue": "mail"},
    "recordings.tell_*": {"queue": "mail"},
    "privacy.watch_purge": {"queue": "mail"},  # the purge's own workers may be what stands still
    "privacy.tell_*": {"queue": "mail"},
    "privacy.remind_*": {"queue": "mail"},
}

MINUTE = 60.0


def every(seconds: float, task: str) -> dict[str, Any]:
    """Return an entry of the schedule; a nudge nobody has taken when the next comes is void."""
    return {"task": task, "schedule": seconds, "options": {"expires": seconds}}


def at(task: str, **when: Any) -> dict[str, Any]:
    """Return an entry by the clock, for what is rare: an interval begins anew with each restart."""
    return {"task": task, "schedule": crontab(**when), "options": {"expires": 60 * MINUTE}}


app.conf.beat_schedule = {
    "purge what is due": every(2 * MINUTE, "privacy.purge_due"),
    "carry on erasures": every(MINUTE, "privacy.erase_due"),
    "watch that the purge runs": every(MINUTE, "privacy.watch_purge"),
    "collect exports": every(MINUTE, "privacy.collect_exports"),
    "tell of exports that are ready": every(5 * MINUTE, "privacy.tell_exports"),
    "tell of accounts to be erased": every(5 * MINUTE, "privacy.tell_erasures"),
    "send what waits": every(MINUTE / 2, "messages.deliver_due"),
    "seal the audit trail": every(MINUTE, "privacy.seal_trail"),
    "mark how far all have come": every(MINUTE, "privacy.advance_marks"),
    "send waiting invitations": every(5 * MINUTE, "customers.send_waiting_invitations"),
    "mail what concerns sign-ins": every(MINUTE, "customers.send_account_mails"),
    "mail codes and signings": every(MINUTE, "privacy.tell_signings"),
    "tell of support's listening": every(5 * MINUTE, "recordings.tell_listenings"),
    "tell who made requests": every(5 * MINUTE, "privacy.tell_cases"),
    "remind of requests": every(60 * MINUTE, "privacy.remind_of_cases"),
    "forget old Idempotency-Keys": every(60 * MINUTE, "customers.forget_idempotency"),
    "tell customers of subprocessors": every(5 * MINUTE, "subprocessors.tell_customers"),
    "keep the policy's versions": every(60 * MINUTE, "privacy.keep_policy"),
    "tell customers of terms": every(5 * MINUTE, "privacy.tell_terms"),
    "tell operators of enquiries": every(5 * MINUTE, "customers.send_enquiry_notices"),
    "sweep orphans": at("privacy.sweep_orphans", hour="*/6", minute="15"),
    "look for bytes that are gone": at("privacy.look_for_bytes", hour="2", minute="45"),
    "make deletions of keys final": every(60 * MINUTE, "privacy.finish_deletions"),
    "prune the erasure ledger": at("privacy.prune_ledger", hour="3", minute="30"),
    "count differences in due dates": at("privacy.check_due", hour="4", minute="0"),
}
