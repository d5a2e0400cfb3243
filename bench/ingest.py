"""Ingest over HTTP: a 30 MB WAV, sealed, hashed and probed, against Django's plain storing of it.

Also the worker's peak memory (VmHWM) with a 500 MB upload, above what a small upload left.
"""

import http.client
import os
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bench.report import line, median_seconds, title
from bench.stock import open_account
from customers.actions.keys import create_api_key
from customers.models import Scope
from smartsvar.audit.actors import SYSTEM

MB = 1_000_000
EDGE = "benchbench"
PIECE = 1 << 18


def wav(size: int) -> Iterator[bytes]:
    """Yield a WAV file of `size` bytes: 8 kHz mono PCM16 noise, in pieces."""
    head = (
        b"RIFF"
        + struct.pack("<I", size - 8)
        + b"WAVEfmt "
        + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16)
    )
    head += b"data" + struct.pack("<I", size - 44)
    yield head
    noise = os.urandom(PIECE)
    left = size - len(head)
    while left:
        yield noise[: min(left, PIECE)]
        left -= min(left, PIECE)


def post(port: int, path: str, size: int, headers: dict[str, str]) -> int:
    """Send one multipart upload as it is made; return the status."""
    now = datetime.now(UTC).isoformat()
    first = (
        f'--{EDGE}\r\nContent-Disposition: form-data; name="started_at"\r\n\r\n{now}\r\n'
        f'--{EDGE}\r\nContent-Disposition: form-data; name="audio"; filename="a.wav"\r\n'
        "Content-Type: audio/wav\r\n\r\n"
    ).encode()
    last = f"\r\n--{EDGE}--\r\n".encode()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.putrequest("POST", path, skip_host="Host" in headers)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.putheader("Content-Type", f"multipart/form-data; boundary={EDGE}")
    connection.putheader("Content-Length", str(len(first) + size + len(last)))
    connection.endheaders(first)
    for piece in wav(size):
        connection.send(piece)
    connection.send(last)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert answer.status == 201, (answer.status, body[:300])
    return answer.status


@contextmanager
def server(application: str, extra: dict[str, str], log: Path) -> Iterator[tuple[int, int]]:
    """Run one gunicorn worker; yield its port and the worker's process id."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", application, f"--bind=127.0.0.1:{port}"]
    command += ["--workers=1", "--timeout=120", "--log-level=warning"]
    with log.open("wb") as out:
        process = subprocess.Popen(command, env={**os.environ, **extra}, stdout=out, stderr=out)
        try:
            for _ in range(200):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
            while not (worker := children.read_text().split()):
                time.sleep(0.1)
            yield port, int(worker[0])
        finally:
            process.terminate()
            process.wait(20)


def peak(pid: int) -> float:
    """Return the most memory the process ever held, in MiB (VmHWM)."""
    status = Path(f"/proc/{pid}/status").read_text()
    kib = next(row for row in status.splitlines() if row.startswith("VmHWM")).split()[1]
    return int(kib) / 1024


def run() -> None:
    customer = open_account()
    _, secret = create_api_key(
        customer, label="bench", scopes=Scope.values, days=1, by=SYSTEM, at=datetime.now(UTC)
    )
    headers = {
        "Authorization": f"Bearer {secret}", "X-Forwarded-Proto": "https",
        "Host": os.environ["PUBLIC_URL"].removeprefix("https://"),
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        disk = {
            "STORAGE": "disk", "STORAGE_DIR": f"{folder}/sealed", "LEDGER_DIR": f"{folder}/ledger",
            "SPOOL_DIR": f"{folder}/spool", "API_RATE": "100000/min",
            "BENCH_PLAIN_DIR": f"{folder}/plain", "BENCH_TEMP_DIR": folder,
        }  # fmt: skip
        title("Ingest over HTTP (one gunicorn worker, disk)")
        with server("bench.plain_site:application", disk, Path(folder, "plain.log")) as (port, pid):
            floor = median_seconds(lambda: post(port, "/", 30 * MB, {}))
            before = peak(pid)
            post(port, "/", 500 * MB, {})
            plain_memory = peak(pid) - before
        with server("smartsvar.wsgi:application", disk, Path(folder, "sealed.log")) as (port, pid):
            path = "/api/v1/recordings/"
            sealed = median_seconds(lambda: post(port, path, 30 * MB, headers))
            before = peak(pid)
            post(port, path, 500 * MB, headers)
            memory = peak(pid) - before
    beside = f"plain storing {floor * 1e3:.0f} ms: {sealed / floor:.2f} ×"
    line("30 MB sealed, SHA-256, probed, waveform", f"{sealed * 1e3:.0f} ms", beside, "≤ 1.25 ×")
    line(
        "peak memory at 500 MB, above that at 30 MB",
        f"{memory:.1f} MiB",
        f"plain {plain_memory:.1f} MiB",
        "≤ 8 MiB",
    )
