"""The wiring names things by string; every name leads somewhere. A lost broker costs no request."""

import re
import socket
from typing import Any
from uuid import UUID

import pytest
import redis
from celery import Celery
from celery.schedules import crontab
from django.db import transaction
from django.template import Engine
from django.template.library import import_library

from smartsvar import jobs
from smartsvar.celery import app
from smartsvar.settings import BASE_DIR

SOURCES = [
    path
    for path in BASE_DIR.rglob("*.py")
    if not {".venv", "tests", "var"} & set(path.relative_to(BASE_DIR).parts)
]
TEMPLATES = Engine.get_default()
ATTEMPTS = 2  # connections: the first, and one more


@pytest.mark.parametrize("name", list(app.conf.beat_schedule))
def test_every_entry_of_the_schedule_names_a_task(name: str) -> None:
    app.loader.import_default_modules()
    assert app.conf.beat_schedule[name]["task"] in app.tasks


def test_no_link_saves_whatever_the_server_answers() -> None:
    """A link with `download` saves a sign-in page under the file's name; the server says what a
    file is (Content-Disposition)."""
    links = [
        link
        for path in (BASE_DIR / "templates").rglob("*.html")
        for link in re.findall(r"<a\b[^>]*\sdownload\b[^>]*>", path.read_text(encoding="utf-8"))
    ]
    assert [link for link in links if 'href="data:' not in link] == []
    assert links, "the recovery codes, which no server sends"


@pytest.mark.parametrize("name", list(TEMPLATES.libraries))
def test_no_library_of_ours_takes_the_place_of_what_every_template_has(name: str) -> None:
    """In an {% if %} the wrong filter is no error but a no."""
    if TEMPLATES.libraries[name].startswith(("django.", "allauth.")):
        return
    library = import_library(TEMPLATES.libraries[name])
    built_in = [(each.filters, each.tags) for each in TEMPLATES.template_builtins]
    filters = {one for filters, _tags in built_in for one in filters}
    tags = {one for _filters, tags in built_in for one in tags}
    assert not filters & set(library.filters)
    assert not tags & set(library.tags)


@pytest.mark.parametrize("name", list(app.conf.beat_schedule))
def test_an_entry_that_nobody_has_taken_is_void_when_the_next_comes(name: str) -> None:
    entry = app.conf.beat_schedule[name]
    if isinstance(entry["schedule"], crontab):
        assert entry["options"]["expires"] <= 3600, "the rarest comes once a day, none every hour"
    else:
        assert entry["options"]["expires"] == entry["schedule"]


def test_what_talks_to_the_mail_server_has_a_queue_of_its_own() -> None:
    app.loader.import_default_modules()
    ours = {name for name in app.tasks if not name.startswith("celery.")}
    mail = {name for name in ours if app.amqp.router.route({}, name)["queue"].name == "mail"}
    assert mail == {
        "messages.deliver",
        "messages.deliver_due",
        "customers.send_invitation",
        "customers.send_waiting_invitations",
        "privacy.watch_purge",
        "privacy.tell_exports",
        "privacy.tell_export",
        "privacy.remind_of_cases",
        "privacy.tell_cases",
        "privacy.tell_case",
        "privacy.tell_erasures",
        "privacy.tell_erasure",
        "privacy.tell_terms",
        "privacy.tell_signings",
        "customers.send_enquiry_notices",
        "customers.send_account_mail",
        "customers.send_account_mails",
        "subprocessors.tell_customers",
        "recordings.tell_listening",
        "recordings.tell_listenings",
    }


def test_every_nudge_in_the_code_names_a_task() -> None:
    app.loader.import_default_modules()
    named = set()
    for path in SOURCES:
        for part in path.read_text(encoding="utf-8").split('enqueue("')[1:]:
            named.add(part.split('"')[0])
    named.discard("app.task")
    assert len(named) >= 3
    assert named <= set(app.tasks)


def test_no_other_celery_application_takes_the_place_of_ours() -> None:
    made = [
        (path.relative_to(BASE_DIR).as_posix(), call)
        for path in SOURCES
        for call in re.findall(r"\bCelery\([^)\n]*\)", path.read_text(encoding="utf-8"))
    ]
    taking = {path for path, call in made if "set_as_current=False" not in call}
    assert taking == {"smartsvar/celery.py"}, "nudges would go to its broker, by its settings"


@pytest.mark.django_db(databases="__all__", transaction=True)
def test_a_broker_that_is_away_neither_fails_nor_holds_up_a_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        free = sock.getsockname()[1]
    away = Celery("away", broker=f"redis://127.0.0.1:{free}/0", set_as_current=False)
    away.conf.broker_transport_options = app.conf.broker_transport_options
    monkeypatch.setattr(jobs, "current_app", away)
    tried: list[int] = []
    connect: Any = redis.Connection._connect

    def counted(self: redis.Connection) -> Any:
        tried.append(self.port)
        return connect(self)

    monkeypatch.setattr(redis.Connection, "_connect", counted)
    with transaction.atomic():
        jobs.enqueue("messages.deliver", UUID(int=1))
    assert 1 <= tried.count(free) <= ATTEMPTS, "no retries without end"
