"""The whole of Smartsvar on one machine under one command: `python -m smartsvar.demo.run`.

Web (gunicorn), Celery worker and beat, Valkey and an SMTP sink run as children with logs in
var/logs; whatever ends this process (Ctrl-C, a signal, one of them dying) ends all of them.
"""

import http.client
import os
import signal
import socket
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from types import FrameType
from urllib.parse import urlsplit

from celery import Celery

from smartsvar.demo.children import Child, StartError, listen, spawn, wait_until
from smartsvar.demo.environment import LOGS, MAIL, ROOT, RUN, environment, make_folders
from smartsvar.demo.lock import AlreadyRunning, only_demo
from smartsvar.demo.sink import start_sink
from smartsvar.demo.valkey import start_valkey
from smartsvar.demo.welcome import welcome

DEFAULT_PORT = 8000
WORKER = "demo@localhost"


class Stopped(BaseException):
    """Somebody asked for the end; as KeyboardInterrupt, nothing on the way may swallow it."""


def main() -> int:
    try:
        port = int(os.environ.get("PORT") or DEFAULT_PORT)
    except ValueError:
        print(f"PORT={os.environ['PORT']} is not a number.", file=sys.stderr)
        return 2
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    url = f"http://127.0.0.1:{port}"
    try:
        with only_demo(f"process {os.getpid()}, {url}/"), _open_port(port) as web_socket:
            return Demo(url, web_socket).run()
    except AlreadyRunning as other:
        print(f"The demo is already running here ({other}).", file=sys.stderr)
    except StartError as error:
        print(error, file=sys.stderr)
    except Stopped:
        return 0
    return 1


def _open_port(port: int) -> socket.socket:
    """Take the port before anything else starts; the web server inherits it."""
    try:
        return listen(port)
    except OverflowError:
        raise StartError(f"PORT={port} is no port (1 to 65535).") from None
    except OSError as error:
        raise StartError(
            f"Port {port} cannot be used ({error.strerror}); choose another: make demo PORT=8001"
        ) from None


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stopped


class Demo:
    def __init__(self, url: str, web_socket: socket.socket) -> None:
        self.url = url
        self.web_socket = web_socket
        self.children: list[Child] = []
        self.env: dict[str, str] = {}

    def run(self) -> int:
        """Start all parts, say how to use them, watch them until the end."""
        try:
            os.umask(0o077)
            make_folders()
            self.start_services()
            self.prepare_data()
            self.start_smartsvar()
            print(welcome(self.url, now=datetime.now(UTC)), flush=True)
            self.watch()
            return 1
        finally:
            self.stop()

    def start_services(self) -> None:
        valkey, valkey_url = start_valkey(logs=LOGS, folder=RUN)
        self.children.append(valkey)
        smtp, smtp_url = start_sink(MAIL, logs=LOGS, cwd=ROOT)
        self.children.append(smtp)
        port = self.web_socket.getsockname()[1]
        self.env = environment(port=port, valkey_url=valkey_url, smtp_url=smtp_url)

    def prepare_data(self) -> None:
        """Databases, static files and the demo's people; quick when all of it is there."""
        preparing = self.spawn_module("prepare", ["smartsvar.demo.prepare"])
        code = preparing.process.wait()
        self.children.remove(preparing)
        if code:
            raise StartError(f"The demo's data could not be made:\n{preparing.log_tail()}")

    def start_smartsvar(self) -> None:
        fd = self.web_socket.fileno()
        gunicorn = ["gunicorn", "smartsvar.wsgi", f"--bind=fd://{fd}", "--workers=2"]
        gunicorn += [
            "--threads=4",
            "--preload",
            "--graceful-timeout=3",
            "--timeout=120",
            "--no-control-socket",
        ]
        celery = ["celery", "-A", "smartsvar"]
        worker = [*celery, "worker", "--queues=celery,mail", f"--hostname={WORKER}"]
        worker += ["--concurrency=2", "--loglevel=INFO"]
        beat = [*celery, "beat", f"--schedule={RUN / 'beat'}", "--pidfile=", "--loglevel=INFO"]
        web = self.spawn_module("web", gunicorn, pass_fds=[fd])
        working = self.spawn_module("worker", worker)
        self.spawn_module("beat", beat)
        self.web_socket.close()  # the web server has it; a dead server must not look alive
        wait_until(self.is_healthy, web, within=60)
        wait_until(self.worker_answers, working, within=60)

    def spawn_module(self, name: str, command: list[str], *, pass_fds: Sequence[int] = ()) -> Child:
        command = [sys.executable, "-m", *command]
        child = spawn(name, command, logs=LOGS, env=self.env, cwd=ROOT, pass_fds=pass_fds)
        self.children.append(child)
        return child

    def is_healthy(self) -> bool:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=5)
        try:
            connection.request("GET", "/healthz/")
            return connection.getresponse().status == HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def worker_answers(self) -> bool:
        with Celery(broker=self.env["BROKER_URL"], set_as_current=False) as app:
            return bool(app.control.ping(timeout=0.5, destination=[WORKER]))

    def watch(self) -> None:
        """Return when a child has died, having said which."""
        while all(child.running for child in self.children):
            time.sleep(0.5)
        for child in self.children:
            if not child.running:
                code = child.process.returncode
                print(
                    f"\n{child.name} has ended (exit {code}); stopping the rest.", file=sys.stderr
                )
                print(child.log_tail(), file=sys.stderr)

    def stop(self) -> None:
        """Stop in reverse: first what works, then what it works with."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        if self.children:
            print("\nStopping …", flush=True)
        for child in reversed(self.children):
            child.stop(within=10)


if __name__ == "__main__":
    sys.exit(main())
