"""The checker finds what is wrong, and the compiler writes what gettext reads."""

import gettext
import io
from pathlib import Path

import pytest

from tools import check_translations, po

HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
PLURALS = '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n'


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(check_translations, "ROOT", tmp_path)
    (tmp_path / "customers").mkdir()
    (tmp_path / "templates").mkdir()
    return tmp_path


def found(house: Path, entries: str) -> list[str]:
    catalogue = house / "django.po"
    catalogue.write_text(HEADER + "\n" + entries)
    return check_translations.problems(catalogue, check_translations.used_messages())


def test_a_message_of_the_code_without_translation_is_found(house: Path) -> None:
    (house / "customers" / "views.py").write_text('title = _("Calls")\n')
    assert found(house, "") == ["customers/views.py:1: not in django.po: 'Calls'"]


def test_messages_of_templates_are_found(house: Path) -> None:
    (house / "templates" / "page.html").write_text(
        '{% load i18n %}{% translate "Calls" %}{{ x|default:_("None") }}'
        '{% translate "May" context "month" %}'
        "{% blocktranslate count n=n %}One{% plural %}{{ n }} calls{% endblocktranslate %}"
    )
    keys = {message.key for message in check_translations.used_messages()}
    assert keys == {"Calls", "None", "month\x04May", "One"}


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ('msgid "Calls"\nmsgstr ""\n', "untranslated"),
        ('#, fuzzy\nmsgid "Calls"\nmsgstr "Samtal"\n', "fuzzy"),
        ('msgid "Calls"\nmsgstr "Samtal"\n\nmsgid "Old"\nmsgstr "G"\n', "no longer used"),
        ('msgid "Calls"\nmsgstr "Samtal %(n)s"\n', "unknown placeholder"),
    ],
)
def test_a_faulty_entry_is_found(house: Path, entry: str, complaint: str) -> None:
    (house / "customers" / "views.py").write_text('title = gettext_lazy("Calls")\n')
    (problem,) = found(house, entry)
    assert complaint in problem


def test_a_lost_placeholder_is_found(house: Path) -> None:
    (house / "customers" / "views.py").write_text('title = _("%(n)s calls")\n')
    (problem,) = found(house, 'msgid "%(n)s calls"\nmsgstr "Samtal"\n')
    assert "loses a placeholder" in problem


def test_a_message_put_together_at_run_time_is_refused(house: Path) -> None:
    (house / "customers" / "views.py").write_text('title = _(f"Hello {name}")\n')
    with pytest.raises(ValueError, match="one plain string"):
        check_translations.used_messages()


@pytest.mark.parametrize(
    "text",
    [
        "<p>Den här meningen</p>",
        '<button aria-label="Close">×</button>',
        "{% if x %}Sent {{ x }}{% endif %}",
        '{% translate "Calls" %} and messages',
    ],
)
def test_words_of_a_template_that_are_no_message_are_found(house: Path, text: str) -> None:
    page = house / "templates" / "page.html"
    page.write_text(text)
    (problem,) = check_translations.unmarked(page)
    assert "templates/page.html: not marked as a message" in problem


@pytest.mark.parametrize(
    "text",
    [
        '{# a note #}<a class="button" href="/sida/">{% translate "Calls" %}</a> · Smartsvar',
        "{% blocktranslate %}Calls of {{ x }}{% endblocktranslate %}<code>python verify.py</code>",
        '{% extends "error.html" %}{% block swedish %}Sidan finns inte{% endblock %}',
        '<meta name="theme-color" content="#fff"><style>body { margin: 0 }</style>',
    ],
)
def test_a_template_whose_words_are_messages_has_no_problems(house: Path, text: str) -> None:
    page = house / "templates" / "page.html"
    page.write_text(text)
    assert check_translations.unmarked(page) == []


def test_a_translated_house_has_no_problems(house: Path) -> None:
    (house / "customers" / "views.py").write_text('title = _("Calls")\n')
    assert found(house, 'msgid "Calls"\nmsgstr "Samtal"\n') == []


def test_gettext_reads_what_is_compiled(tmp_path: Path) -> None:
    source = tmp_path / "django.po"
    source.write_text(
        HEADER
        + PLURALS
        + '\nmsgid "Calls"\nmsgstr "Sam"\n"tal \\"nu\\""\n'
        + '\nmsgctxt "month"\nmsgid "May"\nmsgstr "maj"\n'
        + '\nmsgid "%(n)s call"\nmsgid_plural "%(n)s calls"\n'
        + 'msgstr[0] "%(n)s samtal"\nmsgstr[1] "%(n)s samtalen"\n'
        + '\n#, fuzzy\nmsgid "Left out"\nmsgstr "Borta"\n'
    )
    catalogue = gettext.GNUTranslations(io.BytesIO(po.compiled(po.read(source))))
    assert catalogue.gettext("Calls") == 'Samtal "nu"'
    assert catalogue.pgettext("month", "May") == "maj"
    assert catalogue.ngettext("%(n)s call", "%(n)s calls", 2) == "%(n)s samtalen"
    assert catalogue.gettext("Left out") == "Left out"


def test_a_bad_line_is_named(tmp_path: Path) -> None:
    source = tmp_path / "django.po"
    source.write_text('msgid "Calls"\nmsgstr Samtal\n')
    with pytest.raises(po.PoError, match="django.po:2"):
        po.read(source)
