"""Logging: JSON lines on standard output, with an allow-list of keys.

A free-form message can carry a caller's name, so what reaches the log is the event's constant
text and ids. Exceptions are logged by type and place; their text may quote data and is left out.
"""

import logging
import logging.config
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog

ALLOWED = {
    "event", "level", "timestamp", "logger", "task", "task_id", "error", "where", "count", "job",
    "customer", "object", "model", "status", "method", "route", "request_id", "seconds", "state",
    "part",
}  # fmt: skip
OURS = ("smartsvar", "customers", "recordings", "messages", "privacy", "subprocessors")
CONSTANT = ("celery.beat", "celery.worker", "gunicorn.error")


def _place(info: Any) -> str:
    frames = traceback.extract_tb(info[2])
    return " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames[-4:]))


def only_allowed(
    logger: object, name: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Drop every key that is not on the list; reduce an exception to its type and place."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    if isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    if info and info[0]:
        event["error"], event["where"] = info[0].__name__, _place(info)
    return {key: value for key, value in event.items() if key in ALLOWED}


def constant_text(
    logger: object, name: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """For records of libraries: keep the unformatted text, for their arguments may be data.

    Text without arguments may have been formatted already: then the logger's name has to do.
    """
    record: logging.LogRecord | None = event.get("_record")
    if record is not None and not record.name.startswith(OURS):
        event["event"] = str(record.msg) if record.args else record.name
        if record.name.startswith(CONSTANT):
            event["event"] = record.getMessage()
    return event


def configure(settings: dict[str, Any]) -> None:
    """Set up logging for Django, Celery and gunicorn alike."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[constant_text, only_allowed, structlog.processors.JSONRenderer()],
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "handlers": {"lines": {"()": lambda: handler}},
            "root": {"handlers": ["lines"], "level": settings["level"]},
            "loggers": {"django.server": {"handlers": ["lines"], "propagate": False}},
        }
    )
