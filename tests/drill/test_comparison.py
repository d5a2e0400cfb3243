"""A drill that finds nothing wrong must be able to: each way a restore can differ is told."""

from collections.abc import Callable
from copy import deepcopy

import pytest

from drill.survey import Expected, Row, Survey, differences, errors, expected


def row(key: str, says: str, error: str = "") -> Row:
    return {"model": "recordings.Recording", "key": key, "says": says, "error": error, "sealed": ""}


FIRST: Survey = {
    "rows": {"kept": row("k1", "hej"), "deleted": row("k2", "usch"), "late": row("k3", "sen")},
    "audio": {"kept": "aa", "deleted": "bb", "late": "cc"},
    "keys": {"k1": "01", "k2": "02", "k3": "03"},
    "customer_keys": {"c1": "11", "c2": "12"},
    "blobs": ["recordings/aa/kept", "recordings/bb/deleted", "recordings/cc/late"],
}
NOW: Survey = {
    "rows": {"kept": row("k1", "hej"), "late": row("k3", "sen"), "new": row("k4", "ny")},
    "audio": {"kept": "aa", "late": "cc", "new": "dd"},
    "keys": {"k1": "01", "k3": "03", "k4": "04"},
    "customer_keys": {"c1": "11"},
    "blobs": ["recordings/aa/kept", "recordings/cc/late", "recordings/dd/new"],
}


def repaired() -> Survey:
    """Return how it looks when both databases came from FIRST and all is well."""
    seen = deepcopy(FIRST)
    del seen["rows"]["deleted"], seen["audio"]["deleted"]
    del seen["keys"]["k2"], seen["customer_keys"]["c2"]
    seen["blobs"].remove("recordings/bb/deleted")
    return seen


def test_a_restore_of_both_brings_back_what_still_lived() -> None:
    want = expected(FIRST, FIRST, NOW)
    assert want == Expected(
        readable={"kept": "hej", "late": "sen"},
        audio={"kept": "aa", "late": "cc"},
        waiting=set(),
        gone={"deleted"},
        gone_keys={"k2", "c2"},
    )
    assert differences(want, repaired()) == []


def test_rows_younger_than_the_key_backup_wait_for_a_later_one() -> None:
    want = expected(NOW, FIRST, NOW)
    assert want.waiting == {"new"}
    seen = deepcopy(NOW)
    seen["rows"]["new"] = row("k4", "", "KeyLost")
    seen["audio"]["new"] = "KeyLost"
    assert differences(want, seen) == []
    assert errors(seen, ["new", "kept", "deleted"]) == {"KeyLost": 1, "opens": 1, "no row": 1}
    del seen["rows"]["new"]
    assert differences(want, seen) == [
        "1 rows that wait for their key and are lost, new among them"
    ]


SPOILT: dict[str, tuple[Callable[[Survey], object], str]] = {
    "lost": (
        lambda seen: seen["rows"].pop("kept"),
        "1 rows that must open and do not, kept among them",
    ),
    "shut": (
        lambda seen: seen["rows"].update(kept=row("k1", "", "Tampered")),
        "1 rows that must open and do not, kept among them",
    ),
    "changed": (
        lambda seen: seen["rows"].update(kept=row("k1", "hå")),
        "1 rows that say something else, kept among them",
    ),
    "silent": (
        lambda seen: seen["audio"].pop("kept"),
        "1 recordings that must play and do not, kept among them",
    ),
    "another sound": (
        lambda seen: seen["audio"].update(kept="FileNotFoundError"),
        "1 recordings that sound otherwise, kept among them",
    ),
    "row back": (
        lambda seen: seen["rows"].update(deleted=FIRST["rows"]["deleted"]),
        "1 destroyed rows that are back, deleted among them",
    ),
    "key back": (
        lambda seen: seen["keys"].update(k2="02"),
        "1 destroyed keys that are back, k2 among them",
    ),
    "customer key back": (
        lambda seen: seen["customer_keys"].update(c2="12"),
        "1 destroyed keys that are back, c2 among them",
    ),
    "bytes back": (
        lambda seen: seen["blobs"].append("recordings/bb/deleted"),
        "1 destroyed rows whose bytes are back, deleted among them",
    ),
    "unknown": (
        lambda seen: seen["rows"].update(stranger=row("k9", "va")),
        "1 rows that nobody knew, stranger among them",
    ),
}


@pytest.mark.parametrize("how", SPOILT)
def test_each_difference_is_told(how: str) -> None:
    seen, (spoil, sentence) = repaired(), SPOILT[how]
    spoil(seen)
    assert sentence in differences(expected(FIRST, FIRST, NOW), seen)
