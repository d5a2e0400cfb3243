"""Read gettext's .po files and write .mo files; a bare machine lacks gettext's programs."""

import ast
import re
import struct
from dataclasses import dataclass, field
from pathlib import Path

# The .mo format: https://www.gnu.org/software/gettext/manual/html_node/MO-Files.html
MAGIC = 0x950412DE
KEYWORD = re.compile(r'(msgctxt|msgid_plural|msgid|msgstr)(?:\[(\d+)\])?\s+(".*")$')


class PoError(Exception):
    """A line that cannot be read; the message names file and line."""


@dataclass
class Entry:
    line: int
    msgid: str = ""
    plural: str | None = None
    context: str | None = None
    strings: dict[int, str] = field(default_factory=dict)
    fuzzy: bool = False

    @property
    def key(self) -> str:
        """As a .mo file names it: context and message, without the plural."""
        return self.msgid if self.context is None else f"{self.context}\x04{self.msgid}"

    @property
    def translated(self) -> bool:
        return bool(self.strings) and all(self.strings.values())


def read(path: Path) -> list[Entry]:
    """The entries of a .po file, its header (an empty msgid) first. Raises PoError."""
    entries: list[Entry] = []
    for block in _blocks(path.read_text(encoding="utf-8")):
        entry = _entry(block, path)
        if entry is not None:
            entries.append(entry)
    return entries


def _blocks(text: str) -> list[list[tuple[int, str]]]:
    """Numbered lines, split where a line is empty or a new entry begins without one."""
    blocks: list[list[tuple[int, str]]] = [[]]
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        has_string = any(kept.startswith("msgstr") for _, kept in blocks[-1])
        if not line or (has_string and not line.startswith(('"', "msgstr"))):
            blocks.append([])
        if line:
            blocks[-1].append((number, line))
    return blocks


def _entry(block: list[tuple[int, str]], path: Path) -> Entry | None:
    lines = [(number, line) for number, line in block if not line.startswith("#")]
    if not lines:
        return None
    entry = Entry(line=lines[0][0])
    entry.fuzzy = any(line.startswith("#,") and "fuzzy" in line for _, line in block)
    values: dict[tuple[str, int], str] = {}
    current: tuple[str, int] | None = None
    for number, line in lines:
        match = KEYWORD.match(line)
        if match:
            current = (match[1], int(match[2] or 0))
            values[current] = _unquoted(match[3], path, number)
        elif line.startswith('"') and current is not None:
            values[current] += _unquoted(line, path, number)
        else:
            raise PoError(f"{path}:{number}: cannot read {line!r}")
    entry.msgid = values.get(("msgid", 0), "")
    entry.plural = values.get(("msgid_plural", 0))
    entry.context = values.get(("msgctxt", 0))
    entry.strings = {index: text for (word, index), text in values.items() if word == "msgstr"}
    return entry


def _unquoted(literal: str, path: Path, number: int) -> str:
    """PO strings are C strings, of which Python's are a superset for what occurs here."""
    try:
        return str(ast.literal_eval(literal))
    except (SyntaxError, ValueError):
        raise PoError(f"{path}:{number}: bad string {literal}") from None


def compiled(entries: list[Entry]) -> bytes:
    """The .mo file of these entries; fuzzy and untranslated ones are left out, as msgfmt does."""
    catalogue: dict[bytes, bytes] = {}
    for entry in entries:
        if entry.translated and (not entry.fuzzy or not entry.msgid):
            key = entry.key if entry.plural is None else f"{entry.key}\0{entry.plural}"
            texts = [entry.strings[index] for index in sorted(entry.strings)]
            catalogue[key.encode()] = "\0".join(texts).encode()
    keys = sorted(catalogue)
    count, table = len(keys), 28  # seven 32-bit fields of the header
    data_start = table + 16 * count
    places: list[bytes] = []
    data = b""
    for text in [*keys, *(catalogue[key] for key in keys)]:
        places.append(struct.pack("<II", len(text), data_start + len(data)))
        data += text + b"\0"
    header = struct.pack("<7I", MAGIC, 0, count, table, table + 8 * count, 0, data_start)
    return header + b"".join(places) + data
