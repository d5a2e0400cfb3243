"""Smartsvar: a telephone answering service that keeps its privacy promises in code."""

from smartsvar.celery import app as celery_app

__all__ = ["celery_app"]
