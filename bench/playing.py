"""Play: 64 KiB anywhere in a 30 MB recording, against opening all of it and against plain pread."""

import os
import tempfile
from functools import partial
from pathlib import Path
from uuid import UUID

from bench.report import line, median_seconds, title
from smartsvar.vault.blobs import BlobReader, BlobSealer, FileRanges
from smartsvar.vault.keys import DataKey

SIZE = 30_000_000
PIECE = 64 * 1024
PLACE = ("recordings.Recording", "audio", UUID(int=3))


def run() -> None:
    title("Ranged play of a 30 MB recording, 64 KiB at a time (disk, page cache)")
    key = DataKey(UUID(int=1), UUID(int=2), os.urandom(64))
    with tempfile.TemporaryDirectory() as folder:
        sealed, plain = Path(folder, "sealed"), Path(folder, "plain")
        content = os.urandom(SIZE)
        sealer = BlobSealer(key, *PLACE)
        sealed.write_bytes(sealer.update(content) + sealer.finish())
        plain.write_bytes(content)

        def piece(offset: int) -> bytes:
            with BlobReader(FileRanges(sealed.open("rb")), key, *PLACE) as blob:
                return blob.read_range(offset, PIECE)

        def everything() -> bytes:
            with BlobReader(FileRanges(sealed.open("rb")), key, *PLACE) as blob:
                return blob.read_range(0, SIZE)[SIZE * 9 // 10 :][:PIECE]

        def pread() -> bytes:
            with plain.open("rb") as file:
                return os.pread(file.fileno(), PIECE, SIZE * 9 // 10)

        assert piece(SIZE * 9 // 10) == everything() == pread()
        start = median_seconds(partial(piece, 0), rounds=101)
        end = median_seconds(partial(piece, SIZE * 9 // 10), rounds=101)
        whole = median_seconds(everything, rounds=5)
        floor = median_seconds(pread, rounds=101)
    line("at 0 %", f"{start * 1e3:.3f} ms", f"plain pread {floor * 1e3:.3f} ms")
    line("at 90 %", f"{end * 1e3:.3f} ms", f"{end / start:.2f} × at 0 %", "≤ 1.2 ×")
    line(
        "opening all, then slicing",
        f"{whole * 1e3:.1f} ms",
        f"{whole / end:.0f} × the range",
        "≥ 100 ×",
    )
