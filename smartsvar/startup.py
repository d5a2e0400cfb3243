"""Ready, or not: what must hold before a process of the service may work.

The root key opens the stored keys, and the databases are not older than the erasure ledger. What is
wrong stops the process with a sentence that says what to do; what merely cannot be reached is asked
again, and meanwhile nothing is served.
"""

import sys
import time
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any

import structlog
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connections

from smartsvar import regions
from smartsvar.shredding.standing import standing
from smartsvar.vault.errors import RootUnreachable, WrongRoot
from smartsvar.vault.roots.check import verify_roots

log = structlog.get_logger(__name__)

RETRY = 5.0  # seconds
EX_CONFIG = 78  # as sysexits.h says it
UNREACHABLE = (OSError, DatabaseError, RootUnreachable)
PLACES = "Data stays in the EU and EEA: docs/deployment.md, Where data lies."
REPLAY = "Keep the service down and run: manage.py replay_erasures (docs/deployment.md, Restore)."


WAIT = {
    "Content-Type": "text/plain; charset=utf-8",
    "Cache-Control": "no-store",
    "Retry-After": "30",
}
APOLOGY = "Tjänsten startar, försök igen strax. / The service is starting, try again soon.\n"


class NotReady(Exception):
    """The service may not work with what it was given; the text says why and what to do."""


def refusal(error: NotReady) -> str:
    """Return what the operator reads when a process refuses to work."""
    return f"Smartsvar does not start.\n{error}"


def unforeseen(error: Exception) -> NotReady:
    """Return the refusal for an error that nobody thought of: by its type, for text quotes data."""
    return NotReady(f"The check at the start failed: {type(error).__name__}.")


def say(error: NotReady) -> None:
    """Tell the operator, past Celery's redirection of the standard streams into its log."""
    print(refusal(error), file=sys.__stderr__, flush=True)


def wait_for(error: Exception) -> None:
    """Tell the operator what cannot be reached; of a root also why, in the vault's own words."""
    log.error("not ready", error=type(error).__name__)
    if isinstance(error, RootUnreachable):
        print(f"Smartsvar waits.\n{error}", file=sys.__stderr__, flush=True)


def require_ready() -> None:
    """Raise NotReady with what is wrong; return when all is well.

    Lets through what means that something cannot be reached now: see UNREACHABLE. Nothing else: a
    check that failed in a way nobody thought of has not passed, and Celery would swallow it.
    """
    if outside := regions.faults():
        raise NotReady("\n".join([*outside, PLACES]))
    try:
        verify_roots()
        found = standing()
    except UNREACHABLE:
        raise
    except (WrongRoot, ImproperlyConfigured) as error:
        raise NotReady(str(error)) from error
    except Exception as error:
        log.exception("check failed")
        raise unforeseen(error) from error
    if not found.sound:
        raise NotReady("\n".join([*found.sentences(), REPLAY]))


def wait_until_ready() -> None:
    """Return when all is well, asking again as long as something cannot be reached.

    Ends the process (SystemExit) on whatever else: Celery's signals swallow every exception.
    """
    try:
        while not _found_ready():
            time.sleep(RETRY)
    except NotReady as error:
        say(error)
        raise SystemExit(EX_CONFIG) from error
    except Exception as error:
        say(unforeseen(error))
        raise SystemExit(EX_CONFIG) from error


def _found_ready() -> bool:
    """Ask once; return whether all is well, or False when something cannot be reached."""
    try:
        require_ready()
    except UNREACHABLE as error:
        wait_for(error)
        return False
    finally:
        connections.close_all()  # nothing of it may be inherited by forked workers
    return True


class WhenReady:
    """A WSGI application that answers 503 until the check has passed, and never before.

    Making one raises NotReady: the server ends, and its log says why.
    """

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self._application = application
        self._lock = Lock()
        self._asked = time.monotonic()
        self._ready = False
        try:
            self._ask()
        except NotReady as error:
            say(error)
            raise

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if not self._ready and not self._ask_again():
            start_response("503 Service Unavailable", list(WAIT.items()))
            return [APOLOGY.encode()]
        return self._application(environ, start_response)

    def _ask_again(self) -> bool:
        """Ask, unless somebody did within the last RETRY seconds; return whether all is well."""
        with self._lock:
            if not self._ready and time.monotonic() - self._asked >= RETRY:
                self._asked = time.monotonic()
                try:
                    self._ask()
                except NotReady as error:
                    say(error)
            return self._ready

    def _ask(self) -> None:
        self._ready = _found_ready()
