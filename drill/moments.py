"""Moments of an installation: its backups, and what could be read when they were made."""

from dataclasses import dataclass
from pathlib import Path

from drill.places import Grounds, Place
from drill.shelves import Shelf, shelf
from drill.survey import Survey


@dataclass(frozen=True)
class Moment:
    """Backups of main database, key store and storage of one moment, and the survey made then."""

    name: str
    main: Path
    keys: Path
    storage: Shelf
    survey: Survey


def back_up(ground: Grounds, place: Place, name: str) -> Moment:
    """Back up the installation as it stands, and note everything it holds."""
    folder = ground.folder / f"backup-{name}"
    folder.mkdir()
    main, keys = folder / "main.backup", folder / "keys.backup"
    ground.databases["main"].back_up(place.main, main)
    ground.databases["keys"].back_up(place.keys, keys)
    storage = shelf("storage", f"{ground.unique('backup')}-{name}", folder)
    place.storage.copy_to(storage)
    return Moment(name, main, keys, storage, place.survey())


def restore(
    ground: Grounds, name: str, *, main: Moment, keys: Moment, storage: Moment, ledger: Shelf
) -> Place:
    """Put up an installation from backups; the ledger is the one that has been written since."""
    place = ground.place(
        name,
        ground.put_back("main", main.main, name),
        ground.put_back("keys", keys.keys, name),
    )
    storage.storage.copy_to(place.storage)
    ledger.copy_to(place.ledger)
    return place
