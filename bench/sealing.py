"""What sealing costs: files of 100 MB, a range, a row of four fields; memory at 500 MB.

Beside each stands the same work without ours: pyca's own Cobblestone-256, a plain copy, plain JSON.
"""

import filecmp
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor

from bench.report import line, median_seconds, title
from smartsvar.vault.blobs import BlobReader, BlobSealer, FileRanges
from smartsvar.vault.handles import DataKey

MB = 1_000_000
SIZE, LARGE = 100 * MB, 500 * MB
PIECE = 256 * 1024
RANGE = 64 * 1024
ROUNDS = 200
ALONE = "import sys, django; django.setup(); from bench.sealing import alone; alone(*sys.argv[1:])"
PLACE = ("recordings.Recording", "audio", UUID(int=3))
KEY = DataKey(UUID(int=1), UUID(int=2), bytes(range(64)))
FIELDS = {
    "caller_name": "Zacharias Ödlund",
    "caller_number": "+46701740610",
    "called_number": "+46846500401",
    "call_id": "8e03978e-40d5-43dd-bc93-6894a57f9324",
}


def pieces(source: BinaryIO, target: BinaryIO, change: Callable[[bytes], bytes]) -> None:
    while piece := source.read(PIECE):
        target.write(change(piece))


def copy(source: Path, target: Path) -> None:
    with source.open("rb") as read, target.open("wb") as write:
        pieces(read, write, bytes)


def seal(source: Path, target: Path) -> None:
    sealer = BlobSealer(KEY, *PLACE)
    with source.open("rb") as read, target.open("wb") as write:
        pieces(read, write, sealer.update)
        write.write(sealer.finish())


def seal_raw(source: Path, target: Path) -> None:
    secret, place = KEY.blob(*PLACE)
    encryptor = Cobblestone256Encryptor(secret, place)
    with source.open("rb") as read, target.open("wb") as write:
        pieces(read, write, encryptor.update)
        write.write(encryptor.finalize())


def unseal(source: Path, target: Path) -> None:
    with BlobReader(FileRanges(source.open("rb")), KEY, *PLACE) as blob, target.open("wb") as write:
        while piece := blob.read(PIECE):
            write.write(piece)


def unseal_raw(source: Path, target: Path) -> None:
    secret, place = KEY.blob(*PLACE)
    decryptor = Cobblestone256Decryptor(secret, place)
    with source.open("rb") as read, target.open("wb") as write:
        pieces(read, write, decryptor.update)
        write.write(decryptor.finalize())


def run() -> None:
    with tempfile.TemporaryDirectory() as folder:
        files(Path(folder))
        memory(Path(folder))
    row()


def make(path: Path, size: int) -> Path:
    with path.open("wb") as file:
        for _ in range(0, size, MB):
            file.write(os.urandom(MB))
    return path


def files(folder: Path) -> None:
    title("Sealing 100 MB, file to file, 256 KiB at a time (disk, page cache)")
    plain = make(folder / "plain", SIZE)
    sealed, raw, out = folder / "sealed", folder / "raw", folder / "out"
    floor = median_seconds(partial(copy, plain, out), rounds=5)
    measure("seal", partial(seal, plain, sealed), partial(seal_raw, plain, raw), floor)
    measure("open", partial(unseal, sealed, out), partial(unseal_raw, raw, out), floor)
    assert filecmp.cmp(out, plain, shallow=False)
    offset = SIZE * 9 // 10

    def sealed_range() -> bytes:
        with BlobReader(FileRanges(sealed.open("rb")), KEY, *PLACE) as blob:
            return blob.read_range(offset, RANGE)

    def plain_range() -> bytes:
        with plain.open("rb") as file:
            return os.pread(file.fileno(), RANGE, offset)

    assert sealed_range() == plain_range()
    ours = median_seconds(sealed_range, rounds=101)
    bare = median_seconds(plain_range, rounds=101)
    line("64 KiB at 90 %", f"{ours * 1e3:.3f} ms", f"plain pread {bare * 1e3:.3f} ms")
    line("size", f"{sealed.stat().st_size / SIZE:.5f} ×", "plaintext")


def measure(what: str, ours: Callable[[], object], raw: Callable[[], object], floor: float) -> None:
    mine, theirs = median_seconds(ours, rounds=5), median_seconds(raw, rounds=5)
    beside = f"pyca {SIZE / MB / theirs:,.0f}, copy {SIZE / MB / floor:,.0f} MB/s"
    line(what, f"{SIZE / MB / mine:,.0f} MB/s", beside)
    line("", f"{mine / theirs:.2f} ×", "the time of pyca alone")


def row() -> None:
    title("One row of four sealed fields, envelope only")
    place = ("recordings.Recording", UUID(int=3))

    def dump() -> bytes:
        return json.dumps(FIELDS, ensure_ascii=False, separators=(",", ":")).encode()

    plain, sealed = dump(), KEY.seal_row(dump(), *place)
    steps: list[tuple[str, Callable[[], object], Callable[[], object]]] = [
        ("seal", lambda: KEY.seal_row(dump(), *place), dump),
        ("open", lambda: json.loads(KEY.open_row(sealed, *place)), lambda: json.loads(plain)),
    ]
    for what, ours, bare in steps:
        mine, floor = each(ours), each(bare)
        line(what, f"{mine * 1e6:.1f} µs", f"unsealed JSON {floor * 1e6:.1f} µs")
    line("size", f"{len(sealed)} bytes", f"{len(sealed) / len(plain):.2f} × the JSON")


def each(work: Callable[[], object]) -> float:
    """Return the seconds of one call, from the median of many batches."""
    return median_seconds(lambda: [work() for _ in range(ROUNDS)], rounds=21) / ROUNDS


def memory(folder: Path) -> None:
    title("Memory while sealing and opening 500 MB: the peak above what 1 MB needs")
    for name, size in {"small": MB, "large": LARGE}.items():
        seal(make(folder / name, size), folder / f"{name}.sealed")
    for what, ending in {"seal": "", "open": ".sealed"}.items():
        base = peak_of(what, folder / f"small{ending}", folder / "out")
        peak = peak_of(what, folder / f"large{ending}", folder / "out")
        line(what, f"{(peak - base) / MB:.1f} MB", f"{base / MB:.0f} MB with 1 MB", "flat")


def peak_of(what: str, source: Path, target: Path) -> int:
    """Return the peak of resident memory, in bytes, of a process that does it once."""
    command = [sys.executable, "-c", ALONE, what, str(source), str(target)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return int(done.stdout)


def alone(what: str, source: str, target: str) -> None:
    """Seal or open one file, and print this process's peak of resident memory in bytes."""
    {"seal": seal, "open": unseal}[what](Path(source), Path(target))
    status = Path("/proc/self/status").read_text()
    print(int(status.partition("VmHWM:")[2].split()[0]) * 1024)
