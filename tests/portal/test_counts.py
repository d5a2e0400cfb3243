"""Counts are written by thousands, as their reader writes them; what only looks like one is not."""

import re
from typing import Any

import pytest
from django.urls import reverse
from django.utils import translation

from customers.actions import enquiries
from customers.models import Customer, User
from privacy.models import Export
from smartsvar.clock import database_now
from smartsvar.counts import file_size, grouped
from smartsvar.portal.search import Search
from smartsvar.settings import BASE_DIR
from tests import cast
from tests.privacy.test_exports import asked, collected

transactional = pytest.mark.django_db(databases="__all__", transaction=True)

TEMPLATES = BASE_DIR / "templates"
COUNTED = re.compile(
    r"\{% blocktranslate (?P<options>[^%]*\bcount \w+=[^%]*)%\}(?P<words>.*?)\{% endblocktranslate",
    re.DOTALL,
)
COUNTING = [
    path.relative_to(TEMPLATES).as_posix()
    for path in sorted(TEMPLATES.rglob("*.*"))
    if COUNTED.search(path.read_text("utf-8"))
]
NEVER_MANY = {  # days of a period, codes of ten, lines of one page, days of ninety
    ("customers/settings_confirm.html", "days"),
    ("customers/account/account.html", "left"),
    ("mfa/recovery_codes/index.html", "left"),
    ("mfa/email/recovery_code_used_message.txt", "left"),
    ("privacy/case_left.html", "left"),
    ("privacy/mail/case_reminder.txt", "left"),
    ("parts/left_out.html", "count"),
    ("portal/status.html", "number"),
}


@pytest.mark.parametrize(
    ("count", "swedish", "english"),
    [
        (0, "0", "0"),
        (999, "999", "999"),
        (1000, "1\xa0000", "1,000"),
        (10_000, "10\xa0000", "10,000"),
        (1_234_567, "1\xa0234\xa0567", "1,234,567"),
    ],
)
def test_a_count_is_written_by_thousands(count: int, swedish: str, english: str) -> None:
    for language, words in (("sv", swedish), ("en", english)):
        with translation.override(language):
            assert grouped(count) == words


def test_a_size_that_is_almost_the_next_unit_is_written_by_thousands() -> None:
    with translation.override("sv"):
        assert file_size(1023 * 1024 + 512) == "1\xa0023,5\xa0kB"
        assert file_size(1_500_000) == "1,4\xa0MB"
    with translation.override("en"):
        assert file_size(1000) == "1,000\xa0bytes"


@pytest.mark.parametrize("name", COUNTING)
def test_a_text_that_counts_says_the_number_by_thousands(name: str) -> None:
    for found in COUNTED.finditer((TEMPLATES / name).read_text(encoding="utf-8")):
        (counter,) = re.findall(r"\bcount (\w+)=", found["options"])
        printed = re.search(rf"{{{{ {counter}\b", found["words"])
        assert not printed or (name, counter) in NEVER_MANY, found[0]


def test_no_length_is_printed_as_it_is() -> None:
    bare = [path for path in TEMPLATES.rglob("*.*") if "|length }}" in path.read_text("utf-8")]
    assert bare == []


@transactional
def test_an_export_says_how_much_of_it_is_collected(anna: cast.House, sign_in: Any) -> None:
    Customer.objects.filter(pk=anna.customer.pk).update(number=23456)
    export, member = asked(anna), anna.administrator
    Export.objects.filter(pk=export.pk).update(state="collecting", done=12345, total=34567)
    address = reverse("privacy:export", args=[23456, export.pk])
    for language, words in (("sv", "12\xa0345 av 34\xa0567"), ("en", "12,345 of 34,567")):
        User.objects.filter(pk=member.user.pk).update(language=language)
        page = sign_in(member).get(address, headers={"Accept-Language": language}).content.decode()
        assert words in page
        assert 'max="34567" value="12345"' in page, "what a program reads stays as it is"
        assert "23456" in page
        assert not re.search(r"23[\xa0,]456", page), "a customer's number is no count"


@transactional
def test_an_export_says_how_much_it_holds(anna: cast.House, sign_in: Any) -> None:
    export = collected(anna)
    Export.objects.filter(pk=export.pk).update(done=12345, left_out=1234)
    address = reverse("privacy:export", args=[anna.customer.number, export.pk])
    page = sign_in(anna.administrator).get(address).content.decode()
    assert "Det innehåller 12\xa0345 uppgifter" in page
    assert "1\xa0234 uppgifter" in page


@transactional
def test_a_search_says_how_many_events_it_looked_through(
    anna: cast.House, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.message_of(anna)
    found = Search(rows=[], looked=10_000, back_to=database_now(), older="")
    monkeypatch.setattr("smartsvar.portal.views.events.search", lambda *_asked, **_more: found)
    page = sign_in(anna.reader).post(
        reverse("portal:events", args=[anna.customer.number]), {"text": "plåt"}
    )
    assert "10\xa0000 händelser genomsöktes" in page.content.decode()


@pytest.mark.django_db
def test_a_mail_counts_enquiries_by_thousands_and_names_them_as_they_are(settings: Any) -> None:
    settings.OPERATORS_EMAIL = ["drift@smartsvar.example"]
    (mail,) = enquiries._notice(list(range(10_000, 11_500)))
    assert "1\xa0500" in str(mail.body)
    assert "10000, 10001" in str(mail.body)
