"""The words that a PDF prints, read from the file as a reader of PDFs does."""

import re
import zlib
from collections.abc import Iterator

STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
PRINTED = re.compile(rb"\(((?:\\.|[^\\)])*)\) Tj", re.DOTALL)
LETTER = re.compile(rb"<([0-9A-F]{4})> <([0-9A-F]+)>")
ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
TOLD = {b"r": b"\r", b"n": b"\n"}
Letters = dict[int, str]


def text_of(pdf: bytes) -> str:
    """Return what is printed, piece by piece, each on a line of its own."""
    streams = [_unpacked(each[1]) for each in STREAM.finditer(pdf)]
    embedded = [_letters(each) for each in streams if b"beginbfchar" in each]
    pages = [each for each in streams if b" Tj" in each]
    return "\n".join(piece for page in pages for piece in _pieces(page, embedded))


def _unpacked(stream: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(stream)  # its last byte may look like a line's end
    except zlib.error:
        return stream


def _letters(table: bytes) -> Letters:
    """A font's own numbers, and the letters that they stand for."""
    return {
        int(number, 16): bytes.fromhex(letter.decode()).decode("utf-16-be")
        for number, letter in LETTER.findall(table.partition(b"beginbfchar")[2])
    }


def _pieces(page: bytes, embedded: list[Letters]) -> Iterator[str]:
    for found in PRINTED.finditer(page):
        raw = ESCAPED.sub(lambda each: TOLD.get(each[1], each[1]), found[1])
        numbers = [raw[i] << 8 | raw[i + 1] for i in range(0, len(raw) - 1, 2)]
        wide = [each for each in embedded if numbers and set(numbers) <= set(each)]
        yield "".join(wide[0][n] for n in numbers) if wide else raw.decode("latin-1")
