"""Export: collecting, and streaming the archive of 1,000 recordings of 1 MB and 100,000 messages.

How much memory a process needs for the large archive above what a small one left behind, on disk
and on S3. Then the sounds alone, beside each opened and written once without an archive; and the
messages alone, beside the same pages made of a plaintext table.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.test import override_settings

from bench import plain_letters
from bench.report import line, title
from bench.stock import open_account
from customers.actions.covers import About
from customers.models import Customer, Target
from messages.models import PhoneMessage
from privacy.exports.archive import Archive
from privacy.exports.ask import ask_for_export
from privacy.exports.blobs import open_blob, steps_of
from privacy.exports.collect import collect
from privacy.exports.facts import facts_of, names_of
from privacy.models import Export
from recordings.models import Recording, State
from smartsvar.audit.actors import SYSTEM
from smartsvar.clock import database_now
from smartsvar.vault.blobs import BlobSealer
from smartsvar.vault.keys import forget_keys, forget_records, open_key
from smartsvar.vault.storage import blob_store

Work = Callable[[], None]

MB = 1_000_000
MIB = 1024 * 1024
CALLS, LETTERS, TEXTS = 1_000, 100_000, 10_000
TURNS = 5
CALLS_S3 = 100  # the bucket is a simulator that holds everything in memory
BATCH = 1_000
ROWS = 200
SMALL = (2, 20)
MATTER = "Vill ha en offert på ett nytt tak på uthuset. Ring helst före lunch, gärna på torsdag. "
ALONE = (
    "import sys, django; django.setup(); from bench.exporting import alone; alone(*sys.argv[1:])"
)


def run() -> None:
    with tempfile.TemporaryDirectory(prefix="smartsvar-bench-") as folder:
        os.environ["BENCH_EXPORT_FOLDER"] = folder
        with on_disk():
            title(f"Export of {CALLS:,} recordings of 1 MB and {LETTERS:,} messages (disk)")
            measure(CALLS, LETTERS, folder, "≤ 8 MiB")
            sounds(CALLS, folder)
            texts(TEXTS, folder)
        del os.environ["BENCH_EXPORT_FOLDER"]
        if settings.STORAGE == "s3":
            title(f"Export of {CALLS_S3:,} recordings of 1 MB and 1,000 messages (S3, simulated)")
            measure(CALLS_S3, 1_000, folder, "≤ 16 MiB")
            sounds(CALLS_S3, folder)


@contextmanager
def on_disk() -> Iterator[None]:
    """Keep sounds in the bench's own folder, in a process that has one."""
    folder = os.environ.get("BENCH_EXPORT_FOLDER")
    if not folder:
        yield
        return
    disk = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(Path(folder, "sealed"))},
    }
    with override_settings(STORAGES=settings.STORAGES | {"sealed": disk}):
        yield


def measure(calls: int, letters: int, folder: str, aim: str) -> None:
    small, large = filled(*SMALL, folder), filled(calls, letters, folder)
    target = Path(folder, "out")
    ready(small)
    start = time.perf_counter()
    export = ready(large)
    line("collecting, with every sound read through", f"{time.perf_counter() - start:.1f} s")
    took = timed(write_archive, export, target)
    line("streaming", f"{took:.1f} s", f"{target.stat().st_size / MB:,.0f} MB of ZIP")
    small_id = Export.objects.get(customer=small).id
    command = [sys.executable, "-c", ALONE, str(small_id), str(export.id)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    line("memory above a small export's", f"{int(done.stdout) / MIB:.1f} MiB", "", aim)


def sounds(calls: int, folder: str) -> None:
    """Stream recordings alone, beside each opened and written once, in turns."""
    customer, target = filled(calls, 0, folder), Path(folder, "out")
    export = ready(customer)
    compare(
        f"{calls:,} recordings of 1 MB",
        lambda: write_archive(export, target),
        "open and write",
        lambda: bare(customer, target),
        "≤ 1.5 ×",
    )


def texts(letters: int, folder: str) -> None:
    """Stream messages alone, beside the same pages made of a plaintext table, in turns."""
    customer, target = filled(0, letters, folder), Path(folder, "out")
    export = ready(customer)
    with plain_letters.copied(list(PhoneMessage.objects.of(customer))):
        compare(
            f"{letters:,} messages",
            lambda: write_archive(export, target),
            "from plaintext",
            lambda: plain_letters.write(export, target),
            "≤ 1.7 ×",
        )


def compare(what: str, ours: Work, floor: str, theirs: Work, aim: str) -> None:
    pairs = [(timed(theirs), timed(ours)) for _ in range(TURNS)]
    below, above = (statistics.median(each) for each in zip(*pairs, strict=True))
    line(what, f"{above / below:.2f} ×", f"{above:.2f} s; {floor} {below:.2f} s", aim)


def timed(work: Callable[..., None], *arguments: object) -> float:
    forget_keys()
    start = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - start


def filled(calls: int, letters: int, folder: str) -> Customer:
    """Return a customer with so many real sealed recordings and messages."""
    customer, at = open_account(), database_now()
    for start in range(0, calls, 100):
        rows = [_call(customer, at) for _ in range(min(100, calls - start))]
        Recording.objects.bulk_create(rows)
        for row in rows:
            _seal(row, Path(folder, "spool"))
    for start in range(0, letters, BATCH):
        many = range(start, min(start + BATCH, letters))
        PhoneMessage.objects.bulk_create(_letter(customer, number, at) for number in many)
    return customer


def _call(customer: Customer, at: datetime) -> Recording:
    row = Recording(customer=customer, state=State.LIVE, started_at=at, ended_at=at)
    row.received_at, row.size, row.audio_format, row.duration_ms = at, MB, "wav", 62_500
    row.caller_name, row.caller_number = "Zacharias Ödlund", "+46701740610"
    row.due_at = at + timedelta(days=90)
    return row


def _letter(customer: Customer, number: int, at: datetime) -> PhoneMessage:
    row = PhoneMessage(customer=customer, taken_at=at, received_at=at)
    row.caller_name, row.caller_number = f"Uppringare {number}", "+46701740611"
    row.called_number, row.matter, row.call_id = "+46846500401", MATTER * 2, f"bench-{number}"
    row.due_at = at + timedelta(days=180)
    return row


def _seal(row: Recording, spool: Path) -> None:
    key = open_key(row.key_id)
    sealer = BlobSealer(key, Recording._meta.label, Recording.blob_field, row.pk)
    spool.write_bytes(sealer.update(os.urandom(MB)) + sealer.finish())
    blob_store().put(row.blob_name, spool)


def ready(customer: Customer) -> Export:
    """Return a collected export of everything the customer has."""
    about = About(target=Target.CUSTOMER)
    asked = ask_for_export(customer, about, case=None, by=SYSTEM, at=database_now())
    while collect(asked.id) == "collecting":
        pass
    export: Export = Export.objects.select_related("customer").get(id=asked.id)
    assert export.state == "ready", export.state
    return export


def bare(customer: Customer, target: Path) -> None:
    """Open every row and every sound once, and write it: what no export can do without."""
    with target.open("wb") as out:
        for model in (Recording, PhoneMessage):
            said = model.personal_data
            names = names_of(model, said, mention=False)
            last = UUID(int=0)
            rows: Any = model._base_manager.filter(customer=customer).order_by("id")
            while batch := list(rows.filter(id__gt=last)[:ROWS]):
                last = batch[-1].id
                for row in batch:
                    out.write(json.dumps(facts_of(row, said, names), ensure_ascii=False).encode())
                    if said.blob:
                        with open_blob(row, said) as reader:
                            for step in steps_of(reader):
                                out.write(step)
                forget_records(row.key_id for row in batch)


def write_archive(export: Export, target: Path) -> None:
    with target.open("wb") as out:
        for piece in Archive(export, 1, allowed=lambda: True):
            out.write(piece)


def alone(small: str, large: str) -> None:
    """Print how many bytes the peak of the large archive lies above what a small one left."""
    with on_disk(), tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "out")
        for _ in range(2):
            write_archive(Export.objects.select_related("customer").get(id=small), target)
        export = Export.objects.select_related("customer").get(id=large)
        Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
        before = _status("VmHWM")
        write_archive(export, target)
        print(_status("VmHWM") - before)


def _status(name: str) -> int:
    """Return one figure of this process in bytes."""
    text = Path("/proc/self/status").read_text()
    return int(text.partition(f"{name}:")[2].split()[0]) * 1024
