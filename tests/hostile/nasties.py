"""What hostile people send, by kind."""

MARKUP = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
OVERRIDES = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
CONTROLS = "".join(chr(n) for n in (*range(0x20), *range(0x7F, 0xA0)) if chr(n) not in "\t\n\r\f")

# In all fields at once: nothing of it makes sense anywhere.
ALL_AT_ONCE = {
    "markup": MARKUP + "{% debug %}{{ settings.SECRET_KEY }}",
    "unseen": "Anna" + CONTROLS + OVERRIDES,
    "no text": "\ud800\udfff",
    "long": "å" * 20_000,
    "spaces": " \u00a0\u200b\u2003 ",
}
MEGABYTE = "a" * 1_000_000  # comes to the field: a request may hold a little more
TOO_MUCH = "a" * 1_100_000  # does not: the request is refused before anybody reads it
# In one field at a time, the others honest: what people write, what a program reads, what is
# chosen from.
IN_TEXT = {"nul": "a\x00b", "override": "Anna\u202eAnna"}
IN_FIGURES = {
    "huge": "9" * 400,
    "negative": "-1",
    "float": "1e309",
    "absurd": "99999-99-99",
    "last day": "9999-12-31",
    "first day": "0001-01-01",
}
IN_CHOICES = {"nothing of the list": MARKUP + "\u202e"}
ELSEWHERE = (
    "https://evil.example/", "//evil.example", "///evil.example", "javascript:alert(1)",
    "\\\\evil.example", "/\\evil.example", "https:evil.example", "\thttps://evil.example",
    "http://testserver@evil.example/",
)  # fmt: skip
HOME = "/kontakt/"  # where a form that follows `next` goes
LEADING = ("next", "back", "return_to", "url", "to")  # names by which a page may be told where to


def sent(text: str) -> bytes:
    """Return the bytes, also of what is no text."""
    return text.encode("utf-8", "surrogatepass")
