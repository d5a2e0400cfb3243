"""Files of a staff register, and the pages that take them."""

import io
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import Workbook

from customers.actions.staff import (
    StaffDetails,
    add_staff,
    register_of,
)
from smartsvar.clock import database_now
from tests import cast

HEAD = "Namn;Titel;Telefon;E-post;Sökord;Svarsbesked\r\n"


MARTA = "Märta Ek;Ekonom;070-174 06 21;marta@ankdamm.example;fakturor, löner;Åter klockan ett.\r\n"


ODD = [
    StaffDetails(name="=1+1", title="-chef", phone="+447700900123", keywords=["+plus", "a"]),
    StaffDetails(name="Örjan; Ärla", answer_notice="Rad ett\n=rad två\n\n@tre", phone="sip:o@x.se"),
    StaffDetails(name="'citat", title='"dubbelt"', answer_notice=";-a,=b\t+c"),
    StaffDetails(name="Tvilling", phone="+46701740622"),
    StaffDetails(name="Tvilling", phone="+46701740623"),
]


def csv_of(*lines: str, head: str = HEAD) -> bytes:
    return (head + "".join(lines)).encode("utf-8-sig")


def book_of(*rows: list[Any]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def url(house: cast.House, page: str, *ids: Any) -> str:
    return reverse(f"customers:{page}", args=[house.customer.number, *ids])


def send(browser: Any, house: cast.House, content: bytes, name: str = "register.csv") -> Any:
    file = SimpleUploadedFile(name, content)
    return browser.post(url(house, "staff_import"), {"file": file})


def uploaded(browser: Any, house: cast.House, content: bytes) -> str:
    answer = send(browser, house, content)
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def choices(page: Any, **changes: str) -> dict[str, str]:
    form = page.context["form"]
    said = {name: str(form[name].value() or "") for name in form.fields if name != "removes"}
    return said | changes


def confirmed(browser: Any, path: str, **changes: str) -> Any:
    shown = browser.post(path, choices(browser.get(path), **changes))
    fingerprint = shown.context["plan"].fingerprint
    return browser.post(path, choices(shown, **changes, confirmed=fingerprint), follow=True)


def names(house: cast.House) -> list[str]:
    return [person.name for person in register_of(house.customer)]


def fill(house: cast.House) -> None:
    for details in ODD:
        add_staff(house.customer, details, by=house.member, at=database_now())


def facts(house: cast.House) -> list[tuple[Any, ...]]:
    fields = ("id", "name", "title", "phone", "email", "keywords", "answer_notice", "changed_at")
    rows = [
        tuple(getattr(person, each) for each in fields) for person in register_of(house.customer)
    ]
    return sorted(rows, key=lambda row: str(row[0]))
