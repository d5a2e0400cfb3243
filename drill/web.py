"""The real web server of an installation, and a system that uses its API with planted words."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from drill.places import Place
from drill.plants import Plants
from smartsvar.demo.children import free_ports

PATIENCE = 60  # seconds
WRONG = 3  # requests of each wrong kind


class NotUp(Exception):
    """The web server did not answer in time."""


@contextmanager
def web_server(place: Place) -> Iterator[str]:
    """Run gunicorn inside the installation until the block ends; yield its address."""
    (port,) = free_ports(1)
    address = f"http://localhost:{port}"
    place.settings |= {"PUBLIC_URL": address, "WEB_CONCURRENCY": "1"}
    command = ("-m", "gunicorn", "smartsvar.wsgi", f"--bind=127.0.0.1:{port}")
    server = place.start(*command, "--access-logfile=-", log=place.logs / "web.log")
    try:
        _wait(f"{address}/healthz/")
        yield address
    finally:
        server.terminate()
        server.wait(30)


def _wait(address: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            if httpx.get(address, timeout=20).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    raise NotUp(address)


def use(address: str, secret: str, plants: Plants, count: int) -> tuple[str, list[str]]:
    """Hand over messages, right and wrong ones; list them.

    Returns what the API showed, as text, and what of it must be in there. What is wrong is refused
    and kept nowhere, yet it has passed through the server.
    """
    shown: list[str] = []
    with httpx.Client(base_url=f"{address}/api/v1", timeout=30) as client:
        client.headers["Authorization"] = f"Bearer {secret}"
        for _ in range(count):
            shown += _say(client, plants)
        for _ in range(WRONG):
            wrong = {"matter": plants.phrase(), "caller_email": plants.name(), "taken_at": "i går"}
            client.post("/messages/", json=wrong)
            client.post("/messages/", content=plants.phrase().encode())
        listed = client.get("/messages/", params={"limit": 100})
    return listed.text, shown


def _say(client: httpx.Client, plants: Plants) -> list[str]:
    said = {
        "matter": plants.phrase(),
        "caller_name": plants.name(),
        "caller_number": plants.number(),
        "caller_company": plants.name(),
        "caller_email": plants.address(),
    }
    client.post("/messages/", json=said).raise_for_status()
    return list(said.values())
