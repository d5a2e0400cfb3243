"""What can be read in an installation, and how it must look after a restore: plain comparisons.

A survey notes every sealed row with the digest of its fields (or the error that opening it gave),
the SHA-256 of every audio, every wrapped key, and the names in the storage.
"""

from collections.abc import Iterable
from typing import NamedTuple, TypedDict


class Row(TypedDict):
    """One sealed row: its model, its key's id, and what its envelope holds, or why it is shut."""

    model: str
    key: str
    says: str
    error: str
    sealed: str


class Survey(TypedDict):
    """Everything by id. `audio` holds SHA-256 or an error's name; wrapped keys are in hex."""

    rows: dict[str, Row]
    audio: dict[str, str]
    keys: dict[str, str]
    customer_keys: dict[str, str]
    blobs: list[str]


class Expected(NamedTuple):
    """After the repair: rows that open, audio that plays, rows that wait for their key, the gone.

    `gone` and `gone_keys` are the ids of rows and keys that were destroyed since the backups.
    """

    readable: dict[str, str]
    audio: dict[str, str]
    waiting: set[str]
    gone: set[str]
    gone_keys: set[str]


def expected(main: Survey, keys: Survey, now: Survey) -> Expected:
    """Return what a restore of `main` and `keys` must come to, if `now` is how it was at last.

    What lived when the main database was backed up and lives now must be there. It opens if its key
    was in the key store's backup; else it waits for a later one. `keys` equal to `now` stands for
    a key store that was not restored.
    """
    living = {row: fact for row, fact in main["rows"].items() if row in now["rows"]}
    opens = {row for row, fact in living.items() if fact["key"] in keys["keys"]}
    return Expected(
        readable={row: living[row]["says"] for row in opens},
        audio={row: sha for row, sha in main["audio"].items() if row in opens},
        waiting=living.keys() - opens,
        gone=main["rows"].keys() - now["rows"].keys(),
        gone_keys=_all_keys(main, keys) - _all_keys(now),
    )


def _all_keys(*surveys: Survey) -> set[str]:
    return {key for each in surveys for key in (*each["keys"], *each["customer_keys"])}


def differences(want: Expected, seen: Survey) -> list[str]:
    """Return a sentence for each thing that is not as expected; none when all is well."""
    rows = seen["rows"]
    opened = {row: fact["says"] for row, fact in rows.items() if not fact["error"]}
    found = [
        _said("rows that must open and do not", want.readable.keys() - opened.keys()),
        _said("rows that say something else", _changed(want.readable, opened)),
        _said("recordings that must play and do not", want.audio.keys() - seen["audio"].keys()),
        _said("recordings that sound otherwise", _changed(want.audio, seen["audio"])),
        _said("rows that wait for their key and are lost", want.waiting - rows.keys()),
        _said("rows that open without a key", want.waiting & opened.keys()),
        _said("destroyed rows that are back", want.gone & rows.keys()),
        _said("destroyed keys that are back", want.gone_keys & _all_keys(seen)),
        _said("destroyed rows whose bytes are back", _with_bytes(want.gone, seen["blobs"])),
        _said("rows that nobody knew", rows.keys() - want.readable.keys() - want.waiting),
    ]
    return [sentence for sentence in found if sentence]


def _said(what: str, ids: Iterable[str]) -> str:
    some = sorted(ids)
    return f"{len(some)} {what}, {some[0]} among them" if some else ""


def _changed(wanted: dict[str, str], seen: dict[str, str]) -> set[str]:
    return {name for name in wanted.keys() & seen.keys() if wanted[name] != seen[name]}


def _with_bytes(ids: set[str], names: list[str]) -> set[str]:
    return {name.rsplit("/", 1)[-1] for name in names} & ids


def errors(seen: Survey, ids: Iterable[str]) -> dict[str, int]:
    """Count how the rows among `ids` answer: by the error's name, "opens", or "no row"."""
    counts: dict[str, int] = {}
    for row in ids:
        fact = seen["rows"].get(row)
        answer = "no row" if fact is None else fact["error"] or "opens"
        counts[answer] = counts.get(answer, 0) + 1
    return counts
