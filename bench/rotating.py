"""A customer of 100,000 records gets new keys, beside the same UPDATE without cryptography."""

import os
import time
from uuid import uuid4

from django.db import connections

from bench.report import line, title
from smartsvar.ids import new_id
from smartsvar.vault.epochs import create_customer_keys, open_customer_key
from smartsvar.vault.models import CustomerKey, RecordKey
from smartsvar.vault.rotation.moving import BATCH, move
from smartsvar.vault.rotation.steps import begin
from smartsvar.vault.rotation.swap import swap

RECORDS = 100_000


def fill(key: CustomerKey) -> None:
    """Store RECORDS real record keys under this key."""
    parent, model = open_customer_key(key), "phone_messages.PhoneMessage"
    for _ in range(0, RECORDS, 5000):
        rows = []
        for _ in range(5000):
            row = RecordKey(customer_key_id=key.id, model=model, object_id=new_id())
            row.wrapped = parent.wrap(os.urandom(64), model, row.object_id, row.id)
            rows.append(row)
        RecordKey.objects.bulk_create(rows)
    analyze()


def analyze() -> None:
    with connections["keys"].cursor() as cursor:
        cursor.execute("VACUUM ANALYZE vault_recordkey")


def floor(old: CustomerKey, new: CustomerKey) -> float:
    """Move the rows with random bytes of the same size, then back; return the seconds one way."""
    ids = list(RecordKey.objects.filter(customer_key_id=old.id).values_list("id", flat=True))
    kept = dict(RecordKey.objects.filter(customer_key_id=old.id).values_list("id", "wrapped"))
    some = os.urandom(93)
    start = time.perf_counter()
    for at in range(0, len(ids), BATCH):
        rows = [(key_id, old.id, new.id, some) for key_id in ids[at : at + BATCH]]
        assert swap(RecordKey, "customer_key_id", ["customer_key_id", "wrapped"], rows) == len(rows)
    seconds = time.perf_counter() - start
    for at in range(0, len(ids), BATCH):
        back = [(key_id, new.id, old.id, bytes(kept[key_id])) for key_id in ids[at : at + BATCH]]
        swap(RecordKey, "customer_key_id", ["customer_key_id", "wrapped"], back)
    analyze()
    return seconds


def run() -> None:
    title(f"New keys for a customer of {RECORDS:,} records (PostgreSQL, fsync on)")
    customer = uuid4()
    create_customer_keys(customer)
    fill(CustomerKey.objects.get(customer_id=customer, key_class="content"))
    begin(customer)
    old, new = CustomerKey.objects.filter(customer_id=customer, key_class="content").order_by(
        "epoch"
    )
    bare = floor(old, new)
    start = time.perf_counter()
    damaged = move(old, new, lambda text: None)
    seconds = time.perf_counter() - start
    assert not damaged
    assert RecordKey.objects.filter(customer_key_id=new.id).count() == RECORDS
    line(
        "record keys moved to a new epoch",
        f"{RECORDS / seconds:,.0f} records/s",
        f"the same UPDATE alone {RECORDS / bare:,.0f}/s",
    )
    line("", f"{seconds / bare:.2f} ×", "the UPDATE alone")
