"""Sending a form, looking at what is answered, and leaving nothing behind."""

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from html import unescape
from typing import Any
from urllib.parse import urlsplit

from django.core.cache import cache
from django.db import connections, transaction
from django.forms import BaseForm
from django.test import Client
from django.utils.http import urlencode

from tests.hostile.found import Form
from tests.hostile.nasties import CONTROLS, MARKUP, OVERRIDES, sent

URLENCODED = "application/x-www-form-urlencoded"
STEPS = 3  # that an answer may lead on
OURS = {"", "testserver"}
# Where a character that turns the direction ends by itself (HTML, 4.5.24; inputs stand alone).
APART = re.compile(
    r"<bdi\b.*?</bdi>|<textarea\b.*?</textarea>|<option\b.*?</option>|<title>.*?</title>"
    r"|\s[a-z-]+=\"[^\"]*\"",
    re.DOTALL,
)
UNSEEN = re.compile(f"[{OVERRIDES}{CONTROLS}]")


@contextmanager
def undone(client: Client) -> Iterator[None]:
    """Whatever is done inside was never done: rows, cookies, counted attempts."""
    cookies = deepcopy(client.cookies)
    cache.clear()
    with ExitStack() as both:
        for alias in ("default", "keys"):
            both.enter_context(transaction.atomic(alias))
            both.callback(transaction.set_rollback, True, using=alias)
        yield
    client.cookies = cookies


@contextmanager
def lengths_kept() -> Iterator[list[int]]:
    """Note how long each value is that a statement changes rows by."""
    found: list[int] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001
        if not sql.startswith("SELECT"):
            rows = params if many else [params or ()]
            found.extend(_length(each) for row in rows for each in row)
        return execute(sql, params, many, context)

    with connections["default"].execute_wrapper(note), connections["keys"].execute_wrapper(note):
        yield found


def _length(value: Any) -> int:
    inner = getattr(value, "obj", value)  # of what the database's driver wraps: bytes, JSON
    return len(inner if isinstance(inner, bytes) else str(inner))


def send(client: Client, form: Form, said: Mapping[str, Any]) -> list[Any]:
    """Send the form; return the answer and the pages that it leads on to."""
    client.raise_request_exception = False
    values = {name: _raw(value) for name, value in said.items() if value is not None}
    body = urlencode(values, doseq=True)
    if form.method == "post":
        answers = [client.post(form.action, body, content_type=URLENCODED)]
    else:
        answers = [client.get(urlsplit(form.action).path, QUERY_STRING=body)]
    while answers[-1].status_code in {301, 302} and len(answers) <= STEPS:
        where = urlsplit(answers[-1].headers["Location"])
        if where.netloc not in OURS or where.scheme not in {"", "http", "https"}:
            break
        answers.append(client.get(answers[-1].headers["Location"]))
    return answers


def _raw(value: Any) -> Any:
    several = isinstance(value, list)
    return [sent(str(each)) for each in value] if several else sent(str(value))


def wrongs(answers: list[Any]) -> Iterator[str]:
    """Yield what no answer may be, whatever was sent."""
    for answer in answers:
        if answer.status_code >= 500:
            yield f"{answer.status_code}"
            continue
        where = urlsplit(answer.headers.get("Location", ""))
        if where.netloc not in OURS or where.scheme not in {"", "http", "https"}:
            yield f"leads to {where.geturl()}"
        if answer.streaming or "html" not in answer.headers.get("Content-Type", ""):
            continue
        page = answer.content.decode()
        if MARKUP in page:
            yield "markup as it was sent"
        if found := UNSEEN.search(APART.sub(" ", page)):
            yield f"{found[0]!r} that reaches on in the page"
        yield from _silences(answer, page)


def _silences(answer: Any, page: str) -> Iterator[str]:
    """Yield what is refused without a word, or without a word that can be read."""
    if answer.status_code >= 400 and "<h1" not in page:
        yield f"{answer.status_code} without a heading"
    told = " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())
    for form in mistaken(answer):
        for name, errors in form.errors.items():
            for error in errors:
                if " ".join(unescape(str(error)).split()) not in told:
                    yield f"{name} is wrong and the page does not say it: {error}"


def mistaken(answer: Any) -> list[BaseForm]:
    """Return the forms of the answered page that hold a mistake."""
    forms: dict[int, BaseForm] = {}
    for context in getattr(answer, "context", None) or []:
        for layer in context if isinstance(context, list) else [context]:
            for value in layer.flatten().values() if hasattr(layer, "flatten") else layer.values():
                inner = getattr(value, "form", None)  # the admin's
                for form in (value, inner):
                    if isinstance(form, BaseForm) and form.is_bound and form.errors:
                        forms[id(form)] = form
    return list(forms.values())


def refused(answers: list[Any]) -> bool:
    """Whether the first answer says no: a page of trouble, or a form with a mistake."""
    return answers[0].status_code >= 400 or bool(mistaken(answers[0]))


def refused_for(answers: list[Any], name: str) -> bool:
    """Whether the field of that name is what the first answer says no to."""
    wrong = [form.add_prefix(each) for form in mistaken(answers[0]) for each in form.errors]
    return any(name == each or name.startswith(f"{each}_") for each in wrong)  # in two halves
