"""The list of 50 calls: sealed against the same rows in plaintext, ORM to JSON."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import connection, connections, models
from django.test.utils import CaptureQueriesContext

from bench.report import line, median_seconds, title
from bench.stock import open_account
from customers.models import Customer
from recordings.models import Recording, State
from smartsvar.clock import database_now
from smartsvar.vault.keys import forget_keys

ROWS = 50
TIMES = ("started_at", "ended_at", "received_at", "due_at")
PLAIN = ("duration_ms", "size", "audio_format", "state")
SEALED = ("caller_name", "caller_number", "called_number", "call_id")


class PlainCall(models.Model):
    """The same columns, with the four sealed ones in plaintext."""

    personal_data = None
    id = models.UUIDField(primary_key=True)
    key_id = models.UUIDField()
    due_at = models.DateTimeField(null=True)
    shred_job_id = models.UUIDField(null=True)
    customer_id = models.UUIDField()
    staff_id = models.UUIDField(null=True)
    state = models.CharField(max_length=8)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    received_at = models.DateTimeField()
    duration_ms = models.IntegerField()
    size = models.BigIntegerField()
    audio_format = models.CharField(max_length=4)
    caller_name = models.TextField()
    caller_number = models.TextField()
    called_number = models.TextField()
    call_id = models.TextField()
    peaks = models.TextField()

    class Meta:
        app_label = "bench"
        managed = False
        db_table = "bench_plaincall"
        indexes = [models.Index(fields=["customer_id", "-started_at", "-id"], name="bench_list")]

    def __str__(self) -> str:
        return str(self.id)


def fill(customer: Customer) -> None:
    """Store 200 calls twice: sealed, and in plaintext."""
    now = database_now()
    calls = []
    for number in range(200):
        begun = now - timedelta(minutes=number)
        call = Recording(customer=customer, state=State.LIVE, started_at=begun, ended_at=begun)
        call.received_at, call.duration_ms, call.size, call.audio_format = (
            begun,
            60_000,
            960_044,
            "wav",
        )
        call.caller_name = f"Uppringare Nummer {number}"
        call.caller_number, call.called_number = "+46701740610", "+46846500401"
        call.call_id, call.peaks = f"bench-{number}", "A" * 536
        call.due_at = call.derive_due()
        calls.append(call)
    Recording.objects.bulk_create(calls)
    names = [f.attname for f in PlainCall._meta.concrete_fields]
    PlainCall._base_manager.bulk_create(
        PlainCall(**{n: getattr(c, n) for n in names}) for c in calls
    )


@contextmanager
def plain_table() -> Iterator[None]:
    PlainCall._meta.managed = True
    with connection.schema_editor() as editor:
        editor.create_model(PlainCall)
    try:
        yield
    finally:
        with connection.schema_editor() as editor:
            editor.delete_model(PlainCall)


def as_json(rows: "models.QuerySet[models.Model]") -> str:
    names = TIMES + PLAIN + SEALED
    return json.dumps([{n: str(getattr(row, n)) for n in names} for row in rows])


def run() -> None:
    title("The list of 50 calls, ORM to JSON, four sealed fields (PostgreSQL)")
    customer = open_account()
    with plain_table():
        fill(customer)
        sealed = Recording.objects.of(customer).newest_first()

        def cold() -> str:
            forget_keys()
            return as_json(sealed.all()[:ROWS])

        def plain() -> str:
            live = models.Q(due_at=None) | models.Q(due_at__gt=models.functions.Now())
            rows = PlainCall._base_manager.filter(live, customer_id=customer.id, shred_job_id=None)
            return as_json(rows.filter(state="live").order_by("-started_at", "-id")[:ROWS])

        def warm() -> str:
            return as_json(sealed.all()[:ROWS])

        assert json.loads(cold()) == json.loads(plain())
        floor = median_seconds(plain, rounds=101, warm=10)
        kept = median_seconds(warm, rounds=101, warm=10)
        fresh = median_seconds(cold, rounds=101, warm=10)
        with (
            CaptureQueriesContext(connection) as main,
            CaptureQueriesContext(connections["keys"]) as keys,
        ):
            cold()
    line(
        "sealed, keys remembered",
        f"{kept * 1e3:.2f} ms",
        f"plaintext {floor * 1e3:.2f} ms: {kept / floor:.2f} ×",
        "≤ 1.3 ×",
    )
    line("sealed, keys loaded anew", f"{fresh * 1e3:.2f} ms", f"{fresh / floor:.2f} ×")
    line("queries", f"{len(main)} + {len(keys)} keys", "whatever the number of rows")
