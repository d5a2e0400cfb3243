"""Is every text that a customer reads translated? `python -m tools.check_translations`

Collects the messages of templates (Django's own lexer) and code (Python's ast), and compares with
locale/<language>/LC_MESSAGES/django.po: missing, untranslated, fuzzy, unused, other placeholders.
And finds words in templates that nobody marked as a message.
Needs neither gettext's programs nor a database. `--missing` prints entries to fill in.
"""

import ast
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils.translation.template import templatize

from tools import po

ROOT = Path(__file__).resolve().parent.parent
CODE = ("customers", "recordings", "messages", "privacy", "subprocessors", "smartsvar")
TEMPLATES = ("templates", *CODE)
WITH_CONTEXT = {"pgettext", "pgettext_lazy", "npgettext", "npgettext_lazy"}
FUNCTIONS = WITH_CONTEXT | {
    "_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy",
}  # fmt: skip
STRING = r"""u?("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
TEMPLATE_CALL = re.compile(rf"\b(_|n?p?gettext)\({STRING}(?:,\s*{STRING})?", re.DOTALL)
# Names, the same in every language.
NAMES = {"Smartsvar", "CSV", "PDF", "Excel", "Markdown", "English", "Svenska", "ssv"}
IN_ONE_LANGUAGE = {
    "error.html": "says everything in both at once: who reads it may not be known",
    "privacy/mail/purge_stopped.txt": "to the operators, as the logs that it sends them to",
    "privacy/case_letter.html": "a letter names each language in that language",
    "privacy/case_letter_text.html": "the authority's address",
}
NO_WORDS = (
    r"{#.*?#}", r"{% comment.*?endcomment %}", r"{% blocktranslate.*?{% endblocktranslate %}",
    r"{% block bodyclass %}.*?{% endblock %}", r"<code.*?</code>", r"<style.*?</style>",
    r"<script.*?</script>", r"<!--.*?-->", r"{{.*?}}", r"{%.*?%}", r"\bverify\.py\b",
)  # fmt: skip
READ_OUT = re.compile(r"""\s(?:aria-label|title|placeholder|alt|label)=["']([^"']*)["']""")
WORD = re.compile(r"[^\W\d_]{3,}")
PLACEHOLDER = re.compile(r"%\((\w+)\)|%[sd]|\{(\w*)\}")


@dataclass(frozen=True)
class Message:
    text: str
    context: str | None
    place: str

    @property
    def key(self) -> str:
        return self.text if self.context is None else f"{self.context}\x04{self.text}"


def code_messages(path: Path) -> Iterator[Message]:
    """Messages of a module. A message put together at run time cannot be looked up: ValueError."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or _name(node.func) not in FUNCTIONS:
            continue
        place = f"{path.relative_to(ROOT)}:{node.lineno}"
        if any(isinstance(part, ast.JoinedStr | ast.BinOp) for part in node.args):
            raise ValueError(f"{place}: a message must be one plain string")
        texts = [part.value for part in node.args if isinstance(part, ast.Constant)]
        if _name(node.func) in WITH_CONTEXT:
            yield Message(str(texts[1]), str(texts[0]), place)
        elif texts:  # not a variable, whose message stands where it was marked
            yield Message(str(texts[0]), None, place)


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def template_messages(path: Path) -> Iterator[Message]:
    for match in TEMPLATE_CALL.finditer(templatize(path.read_text(encoding="utf-8"))):
        texts = [str(ast.literal_eval(text)) for text in match.groups()[1:] if text]
        place = str(path.relative_to(ROOT))
        if match[1] in WITH_CONTEXT:
            yield Message(texts[1], texts[0], place)
        else:
            yield Message(texts[0], None, place)


def unmarked(path: Path) -> list[str]:
    """Return the words of a template that are no message: nobody could translate them."""
    source = path.read_text(encoding="utf-8")
    if path.match("error.html") or '{% extends "error.html" %}' in source:
        return []
    if any(path.match(name) for name in IN_ONE_LANGUAGE):
        return []
    for what in NO_WORDS:
        source = re.sub(what, " ", source, flags=re.DOTALL)
    told = READ_OUT.findall(source) + [re.sub(r"<[^>]*>", " ", source)]
    words = [word for text in told for word in WORD.findall(text) if word not in NAMES]
    place = path.relative_to(ROOT)
    return [f"{place}: not marked as a message: {' '.join(words)}"] if words else []


def pages() -> list[Path]:
    return [
        path
        for room in TEMPLATES
        for suffix in ("html", "txt")
        for path in sorted((ROOT / room).rglob(f"*.{suffix}"))
    ]


def _read_by_customers(page: Path) -> bool:
    """Whether it is no page of the demo's, which shows components and terms to whoever builds."""
    return page.is_relative_to(ROOT / "templates")


def used_messages() -> list[Message]:
    modules = [path for room in CODE for path in sorted((ROOT / room).rglob("*.py"))]
    found = [message for path in modules for message in code_messages(path)]
    return found + [message for path in pages() for message in template_messages(path)]


def problems(catalogue: Path, used: list[Message]) -> list[str]:
    """What is wrong with one .po file, each as a line."""
    entries = {entry.key: entry for entry in po.read(catalogue) if entry.msgid}
    said: dict[str, str] = {}
    for message in used:
        entry = entries.get(message.key)
        if entry is None:
            said[message.key] = f"{message.place}: not in {catalogue.name}: {message.text!r}"
    keys = {message.key for message in used}
    for key, entry in entries.items():
        place = f"{catalogue.relative_to(ROOT)}:{entry.line}"
        if key not in keys:
            said[key] = f"{place}: no longer used: {entry.msgid!r}"
        elif not entry.translated or entry.fuzzy:
            said[key] = f"{place}: {'fuzzy' if entry.fuzzy else 'untranslated'}: {entry.msgid!r}"
        elif any(_placeholders(text) - _known(entry) for text in entry.strings.values()):
            said[key] = f"{place}: unknown placeholder in the translation of {entry.msgid!r}"
        elif _placeholders(entry.msgid) - _placeholders(" ".join(entry.strings.values())):
            said[key] = f"{place}: the translation loses a placeholder of {entry.msgid!r}"
    return list(said.values())


def _known(entry: po.Entry) -> set[str]:
    return _placeholders(entry.msgid) | _placeholders(entry.plural or "")


def _placeholders(text: str) -> set[str]:
    return {match[0] for match in PLACEHOLDER.finditer(text.replace("%%", ""))}


def skeleton(used: list[Message], catalogue: Path) -> str:
    """Entries for what `catalogue` lacks, to be pasted there and translated."""
    there = {entry.key for entry in po.read(catalogue)}
    missing = {message.key: message for message in used if message.key not in there}
    return "\n".join(
        f"#: {message.place}\n"
        + ("" if message.context is None else f"msgctxt {json.dumps(message.context)}\n")
        + f"msgid {json.dumps(message.text, ensure_ascii=False)}\n"
        + 'msgstr ""\n'
        for message in missing.values()
    )


def main() -> int:
    settings.configure(USE_I18N=True)
    used = used_messages()
    if sys.argv[1:] == ["--missing"]:
        print(skeleton(used, ROOT / "locale/sv/LC_MESSAGES/django.po"))
        return 0
    catalogues = sorted(ROOT.glob("locale/*/LC_MESSAGES/django.po"))
    found = [line for catalogue in catalogues for line in problems(catalogue, used)]
    found += [line for page in pages() for line in unmarked(page) if _read_by_customers(page)]
    if not catalogues:
        found = ["no locale/*/LC_MESSAGES/django.po"]
    print("\n".join(found) or f"{len({m.key for m in used})} messages, all translated")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
