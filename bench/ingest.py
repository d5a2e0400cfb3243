"""Ingest over HTTP."""


def run() -> None:
    pass
