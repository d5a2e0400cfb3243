"""What a PDF can print, and in which face.

The PDF's own fonts have the letters of Western Europe. For words with others there is Noto Sans,
with Latin, Greek and Cyrillic letters. Scripts that must be shaped or run from right to left are
not printed rightly by it, so nobody signs in those.
"""

import unicodedata
from functools import cache
from importlib.resources import files

from fontTools.ttLib import TTFont
from fpdf.unicode_script import UnicodeScript, get_unicode_script

BUILT_IN, WIDE = "Helvetica", "NotoSans"
WIDE_FILE = str(files("fontpkg_noto_sans") / "files" / "NotoSans[wdth,wght].ttf")
SCRIPTS = {
    UnicodeScript.LATIN, UnicodeScript.GREEK, UnicodeScript.CYRILLIC, UnicodeScript.COMMON,
}  # fmt: skip
TYPOGRAPHY = str.maketrans({
    "–": "-", "—": "-", "“": '"', "”": '"', "„": '"', "’": "'", "‘": "'", "…": "...", "→": "->",
    "\u00a0": " ",
})  # fmt: skip


def set_in(text: str) -> tuple[str, str]:
    """Return the face to print the text in, and the text as that face has it.

    What no face here has is a question mark, or loses its marks: visible, and never in a name that
    somebody signs with (prints).
    """
    plain = unicodedata.normalize("NFC", text).translate(TYPOGRAPHY)
    if all(map(_is_western, plain)):
        return BUILT_IN, plain
    return WIDE, "".join(letter if _is_wide(letter) else _bare(letter) for letter in plain)


def prints(text: str) -> bool:
    """Whether every character of the text is printed as it is."""
    return all(_is_western(each) or _is_wide(each) for each in unicodedata.normalize("NFC", text))


def _is_western(letter: str) -> bool:
    return letter.isascii() or "\xa0" <= letter <= "\xff"


def _is_wide(letter: str) -> bool:
    """Whether Noto Sans prints it by itself: marks that are put on others need shaping."""
    if _is_western(letter):
        return True
    by_itself = not unicodedata.category(letter).startswith(("M", "C"))
    return by_itself and ord(letter) in _covered() and get_unicode_script(letter) in SCRIPTS


@cache
def _covered() -> frozenset[int]:
    with TTFont(WIDE_FILE, lazy=True) as font:
        return frozenset(font.getBestCmap())


def _bare(letter: str) -> str:
    bare = unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode()
    return bare or "?"
