"""Child processes that end when their parent ends, whichever way it ends."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PR_SET_PDEATHSIG = 1  # prctl(2)
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class StartError(Exception):
    """A part did not start; the message says which, and shows the end of its log."""


@dataclass
class Child:
    name: str
    process: subprocess.Popen[bytes]
    log: Path
    stop_signal: signal.Signals

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def stop(self, *, within: float = 10) -> None:
        """End the child and what it started: politely first, after `within` seconds by force."""
        if self.running:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(within)
            except subprocess.TimeoutExpired:
                pass
        # The child leads a process group of its own; what is left in it would be an orphan.
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        self.process.wait()

    def log_tail(self, *, lines: int = 15) -> str:
        text = self.log.read_text(errors="replace").rstrip().splitlines()[-lines:]
        return "\n".join(f"    {line}" for line in text) or "    (its log is empty)"


def spawn(
    name: str,
    command: Sequence[str | Path],
    *,
    logs: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    pass_fds: Sequence[int] = (),
    user: int | None = None,
    stdin: bytes = b"",
    stop_signal: signal.Signals = signal.SIGTERM,
) -> Child:
    """Start `command` with its output in `logs/<name>.log`.

    Call it from the main thread: the kernel ties a child's life to the thread that made it.
    """
    log = logs / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
            pass_fds=pass_fds,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
            # Ctrl-C in a terminal reaches the parent alone, which then stops its children in order.
            start_new_session=True,
            preexec_fn=ending_with_parent(stop_signal),  # noqa: PLW1509 (no threads here)
        )
    assert process.stdin is not None
    process.stdin.write(stdin)
    process.stdin.close()
    return Child(name, process, log, stop_signal)


def ending_with_parent(stop_signal: signal.Signals) -> Callable[[], None] | None:
    """Linux: have the kernel stop the child when the parent dies, be it by `kill -9`."""
    if _libc is None:
        return None
    prctl, number = _libc.prctl, int(stop_signal)
    return lambda: prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)


def wait_until(ready: Callable[[], bool], child: Child, *, within: float) -> None:
    """Return once `ready()` is true.

    Raises StartError when the child ends first or `within` seconds have passed.
    """
    deadline = time.monotonic() + within
    while not ready():
        if not child.running:
            code = child.process.returncode
            raise StartError(f"{child.name} ended at its start (exit {code}):\n{child.log_tail()}")
        if time.monotonic() > deadline:
            raise StartError(f"{child.name} not ready after {within:g} s:\n{child.log_tail()}")
        time.sleep(0.05)


def accepts(port: int) -> bool:
    """Whether something listens on this loopback port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def listen(port: int = 0) -> socket.socket:
    """A listening loopback socket to hand to a child, so that no other process takes the port."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(("127.0.0.1", port))
        sock.listen(128)
    except OSError:
        sock.close()
        raise
    return sock


def free_ports(count: int) -> list[int]:
    """Loopback ports that are free now, for servers that insist on opening their own."""
    held = [socket.socket() for _ in range(count)]
    for sock in held:
        sock.bind(("127.0.0.1", 0))
    ports: list[int] = [sock.getsockname()[1] for sock in held]
    for sock in held:
        sock.close()
    return ports
