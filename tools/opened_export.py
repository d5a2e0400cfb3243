"""An export as whoever asked for it meets it: fetched by a browser, unpacked, opened offline."""

import json
import time
import zipfile
from pathlib import Path

from jsonschema import Draft202012Validator
from playwright.sync_api import Page

WITHIN = 120  # seconds for the demo's worker, on a machine that does other things too

# Resolves to the length in seconds; 0 for sound that cannot be played.
LENGTH = """audio => new Promise(tell => {
    audio.onloadedmetadata = () => tell(audio.duration);
    audio.onerror = () => tell(0);
    audio.preload = 'metadata';
    audio.load();
})"""


class NotAsPromised(Exception):
    """The export is not what docs/export.md says; the message says in what."""


def fetch(page: Page, house: str, *, password: str, into: Path) -> None:
    """Ask for an export of the account, wait for it, download and unpack it into a new folder.

    `page` is signed in, and shows the export's page afterwards. Raises NotAsPromised.
    """
    page.goto(f"{house}/integritet/utdrag/nytt")
    page.click("text=Beställ utdraget")
    page.wait_for_url("**/integritet/utdrag/*-*/")
    confirm = page.get_by_role("link", name="Bekräfta med lösenordet")
    deadline = time.monotonic() + WITHIN
    while not confirm.is_visible():
        if time.monotonic() > deadline:
            raise NotAsPromised(f"The export was not collected within {WITHIN} s.")
        page.wait_for_timeout(1000)
        page.reload()
    confirm.click()
    page.fill("input[name=password]", password)
    page.press("input[name=password]", "Enter")
    with page.expect_download() as download:
        page.get_by_role("link", name="Ladda ner").first.click()
    into.mkdir()
    with zipfile.ZipFile(download.value.path()) as archive:
        archive.extractall(into)


def checked(folder: Path) -> None:
    """Validate each JSON file of an unpacked export against its own schema.

    Raises NotAsPromised.
    """
    schema = json.loads((folder / "schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    files = sorted((folder / "json").glob("*.json"))
    if not files:
        raise NotAsPromised("The export has no JSON.")
    for file in files:
        for error in validator.iter_errors(json.loads(file.read_text())):
            # The message would quote the record: the place is enough.
            raise NotAsPromised(f"{file.name} is not as schema.json says, at {error.json_path}.")


def with_sound(page: Page, folder: Path) -> None:
    """Open the first page of records with sound, and see that it can be played.

    Raises NotAsPromised.
    """
    pages = sorted((folder / "html").glob("*.html"))
    found = next((each for each in pages if "<audio" in each.read_text()), None)
    if found is None:
        raise NotAsPromised("No page of the export has sound.")
    page.goto(found.as_uri())
    for place, audio in enumerate(page.locator("audio").all(), start=1):
        length = audio.evaluate(LENGTH)
        if not length > 0:
            raise NotAsPromised(f"Sound {place} of {found.name} cannot be played.")
