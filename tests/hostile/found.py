"""The forms that stand on a page, as a browser would read and send them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.urls import resolve

from tests import cast

WRITTEN = {"text", "email", "tel", "search", "url", "textarea"}
# What an honest person writes, by the field's type; by its name where that asks for more.
SAID = {
    "text": "Ett ord", "email": "ny@ankdamm.example", "tel": "070-174 06 77", "search": "tak",
    "url": "https://ankdamm.example/", "password": cast.PASSWORD, "number": "1",
    "date": "2026-11-01", "time": "12:00", "textarea": "Några ord.", "hidden": "",
}  # fmt: skip


@dataclass
class Field:
    """One control, or the several of one name; `choices` of a list, of boxes, of buttons."""

    name: str
    kind: str
    value: str = ""
    choices: list[str] = field(default_factory=list)
    required: bool = False

    @property
    def honest(self) -> Any:
        """What an honest person sends; None for nothing."""
        if self.kind == "file":
            return None
        if self.kind in {"checkbox", "radio", "select", "submit"}:
            told = [each for each in self.choices if each]
            return self.value or (told[0] if told else "")
        return self.value or SAID[self.kind]


@dataclass
class Form:
    """Where it is sent, how, and what it holds."""

    action: str
    method: str
    fields: dict[str, Field] = field(default_factory=dict)
    nameless: bool = False  # whether a button says nothing but "send"

    def honest(self) -> dict[str, Any]:
        """What an honest person sends: every field filled in, one button pressed."""
        pressed = [] if self.nameless else [f for f in self.fields.values() if f.kind == "submit"]
        others = [each for each in self.fields.values() if each.kind != "submit"]
        said = {each.name: each.honest for each in [*others, *pressed[:1]]}
        return {name: value for name, value in said.items() if value is not None}

    @property
    def view(self) -> str:
        """The name of the address it is sent to."""
        return resolve(urlsplit(self.action).path).view_name

    @property
    def shape(self) -> tuple[str, ...]:
        return (self.method, *sorted(self.fields))


class Reader(HTMLParser):
    """Reads a page's forms, with the controls outside that name one by `form=`."""

    def __init__(self, address: str) -> None:
        super().__init__(convert_charrefs=True)
        self.address = address
        self.forms: list[Form] = []
        self.named: dict[str, Form] = {}
        self.loose: list[tuple[str, Field]] = []
        self.inside: Form | None = None
        self.select: Field | None = None
        self.area: Field | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            action = urljoin(self.address, said.get("action", "") or self.address)
            self.inside = Form(action, said.get("method", "get").lower())
            self.forms.append(self.inside)
            self.named[said.get("id", "")] = self.inside
        elif tag in {"input", "button", "select", "textarea"} and said.get("name"):
            self._control(tag, said)
        elif tag == "button" and self.inside is not None:
            self.inside.nameless = True
        elif tag == "option" and self.select is not None:
            value = said.get("value", "")
            self.select.choices.append(value)
            if "selected" in said:
                self.select.value = value

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = None
        elif tag == "select":
            self.select = None
        elif tag == "textarea":
            self.area = None

    def handle_data(self, data: str) -> None:
        if self.area is not None:
            self.area.value += data.strip()

    def _control(self, tag: str, said: dict[str, str]) -> None:
        kind = said.get("type", "text" if tag == "input" else "submit")
        kind = kind if tag in {"input", "button"} else tag
        made = Field(said["name"], kind, required="required" in said)
        if kind in {"checkbox", "radio", "submit"}:
            made.choices.append(said.get("value", "on" if kind != "submit" else ""))
            made.value = made.choices[0] if "checked" in said else ""
        elif kind != "file":
            made.value = said.get("value", "")
        if tag == "select":
            self.select = made
        if tag == "textarea":
            self.area = made
        self._keep(said.get("form"), made)

    def _keep(self, form: str | None, made: Field) -> None:
        if form is not None:
            self.loose.append((form, made))
        elif self.inside is not None:
            _put(self.inside, made)

    def close(self) -> None:
        super().close()
        for name, made in self.loose:
            _put(self.named[name], made)


def _put(form: Form, made: Field) -> None:
    known = form.fields.setdefault(made.name, made)
    if known is not made:
        known.choices += made.choices
        known.value = known.value or made.value


def forms_on(page: str, address: str) -> list[Form]:
    """Return the forms on a page of ours; the token that guards them is none of the fields."""
    reader = Reader(address)
    reader.feed(page)
    reader.close()
    for form in reader.forms:
        form.fields.pop("csrfmiddlewaretoken", None)
    return [form for form in reader.forms if form.method in {"get", "post"}]
