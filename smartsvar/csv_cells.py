"""Text in a CSV cell that no spreadsheet takes for a formula."""

import re

# Where a cell may begin: at its start, and, for a program that splits at ";" or does not know of
# quotes, behind whatever it takes for the end of a cell. Quotes and spaces there are dropped.
BEGINNING = re.compile(r"""((?:^|[\n\r\t;,])["' ]*)(?=[=+\-@＝＋－＠])""")


def harmless(text: str) -> str:
    """Return the text with an apostrophe wherever a spreadsheet could begin a formula."""
    if text.startswith(("\t", "\r")):  # dropped by some, and what follows begins the cell
        text = f"'{text}"
    return BEGINNING.sub(r"\1'", text)
