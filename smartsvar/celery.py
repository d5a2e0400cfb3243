"""The Celery application and its schedule.

Wiring: tasks and beat entries are named by string; a test resolves each name. The row is the
queue and Celery is only the nudge, so every scheduled task means "run everything due".
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smartsvar.settings")

app = Celery("smartsvar")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

MINUTE = 60.0

app.conf.beat_schedule = {
    "purge what is due": {"task": "privacy.purge_due", "schedule": 2 * MINUTE},
    "send what waits": {"task": "messages.deliver_due", "schedule": MINUTE / 2},
    "seal the audit trail": {"task": "privacy.seal_trail", "schedule": MINUTE},
    "send waiting invitations": {
        "task": "customers.send_waiting_invitations",
        "schedule": 5 * MINUTE,
    },
    "forget old Idempotency-Keys": {
        "task": "customers.forget_idempotency",
        "schedule": 60 * MINUTE,
    },
    "sweep orphan keys and spools": {"task": "privacy.sweep_orphans", "schedule": 60 * MINUTE},
    "count differences in due dates": {"task": "privacy.check_due", "schedule": 1440 * MINUTE},
}
