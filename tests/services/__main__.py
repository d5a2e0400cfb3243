"""Run a command beside the real parts; see the package's docstring."""

import argparse
import signal
import subprocess
import sys
from types import FrameType

from smartsvar.demo.children import StartError, ending_with_parent
from tests.services.stack import STACKS, started
from tools.throwaway import inherited

EXIT_NO_SERVICE = 69  # EX_UNAVAILABLE of sysexits.h
EXIT_TIMED_OUT = 124  # as timeout(1)


class Terminated(Exception):
    pass


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.services")
    parser.add_argument("--stack", choices=STACKS, required=True)
    parser.add_argument("--durable", action="store_true", help="PostgreSQL with fsync, for a bench")
    parser.add_argument("--limit", type=float, help="seconds the command may take")
    parser.add_argument("command", nargs="+", metavar="-- COMMAND")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, _terminate)
    signal.signal(signal.SIGHUP, _terminate)
    try:
        with started(options.stack, durable=options.durable) as env:
            return run(options.command, inherited() | env, limit=options.limit)
    except StartError as error:
        print(f"Cannot test on the stack {options.stack}: {error}", file=sys.stderr)
        return EXIT_NO_SERVICE
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except Terminated:
        return 128 + signal.SIGTERM


def run(command: list[str], env: dict[str, str], *, limit: float | None) -> int:
    """Run the command; what it started and left behind ends with it."""
    ending = ending_with_parent(signal.SIGTERM)
    process = subprocess.Popen(command, env=env, preexec_fn=ending)  # noqa: PLW1509 (no threads)
    try:
        return _exit_code(process.wait(limit))
    except subprocess.TimeoutExpired:
        print(f"Stopped: it took longer than {limit:g} s.", file=sys.stderr)
        return EXIT_TIMED_OUT
    except KeyboardInterrupt:
        # The terminal has told the command too: let it report and tidy up.
        return _exit_code(process.wait(30))
    finally:
        _end(process)


def _exit_code(code: int) -> int:
    """As a shell says it: 128 + the signal's number for a command that a signal ended."""
    return code if code >= 0 else 128 - code


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _terminate(number: int, frame: FrameType | None) -> None:
    raise Terminated


if __name__ == "__main__":
    sys.exit(main())
