"""Text in a CSV cell that no spreadsheet takes for a formula."""

import re

# Where a cell may begin: at its start, and, for a program that splits at ";" or does not know of
# quotes, behind whatever it takes for the end of a cell. Quotes and spaces there are dropped.
BEGINNING = re.compile(r"""((?:^|[\n\r\t;,])["' ]*)(?=[=+\-@＝＋－＠])""")
ADDED = re.compile(r"""((?:^|[\n\r\t;,])["' ]*)'(?=[=+\-@＝＋－＠])""")


def harmless(text: str) -> str:
    """Return the text with an apostrophe wherever a spreadsheet could begin a formula."""
    if _begins_with_space(text):  # dropped by some, and what follows begins the cell
        text = f"'{text}"
    return BEGINNING.sub(r"\1'", text)


def restored(text: str) -> str:
    """Return what harmless() was given: the apostrophes that it put in are taken out."""
    found = ADDED.sub(r"\1", text)
    return found[1:] if found.startswith("'") and _begins_with_space(found) else found


def _begins_with_space(text: str) -> bool:
    """Also behind apostrophes of its own: else nobody could tell them from the one put in."""
    return text.lstrip("'").startswith(("\t", "\r"))
