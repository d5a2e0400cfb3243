"""The policy through time: every version is kept as it stood, and the difference is told."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from privacy.models import PolicyVersion
from privacy.record.papers import policy
from privacy.record.versions import as_content, as_document, changes, digest_of, keep_versions
from privacy.tasks import keep_policy
from recordings.models import Recording
from smartsvar.clock import database_now
from smartsvar.keep import Keep
from subprocessors.notices import today
from tests.subprocessors.register import engaged

pytestmark = pytest.mark.django_db(databases="__all__")


def shorten_recordings_by_declaration(monkeypatch: pytest.MonkeyPatch) -> None:
    """Change what the code declares, as a release would."""
    said = Recording.personal_data
    keep = Keep(days=17, since=said.keep.since, capped_by=said.keep.capped_by)
    monkeypatch.setattr(Recording, "personal_data", replace(said, keep=keep))


def test_a_version_is_kept_once_in_each_language() -> None:
    assert keep_policy() == 2
    assert keep_policy() == 0
    assert sorted(PolicyVersion.objects.values_list("language", flat=True)) == ["en", "sv"]


def test_a_changed_declaration_is_a_new_version_and_the_old_one_still_reads_as_it_stood(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = database_now()
    keep_versions(at - timedelta(days=9))
    shorten_recordings_by_declaration(monkeypatch)
    assert keep_versions(at) == 2
    new, old = PolicyVersion.objects.filter(language="en").newest_first()
    english = {"Accept-Language": "en"}
    page = client.get(reverse("privacy:policy_version", args=[new.id]), headers=english)
    (change,) = page.context["changes"]
    assert "17 days" in change.new[0]
    assert "17 days" not in change.gone[0]
    before = client.get(reverse("privacy:policy_version", args=[old.id]), headers=english)
    assert "17 days" not in before.content.decode()
    assert "3 months" in before.content.decode()


def test_what_changed_is_read_out_in_the_language_it_is_written_in(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_versions(database_now() - timedelta(days=9))
    shorten_recordings_by_declaration(monkeypatch)
    keep_versions(database_now())
    swedish = PolicyVersion.objects.filter(language="sv").newest_first()[0]
    address = reverse("privacy:policy_version", args=[swedish.id])
    page = client.get(address, headers={"Accept-Language": "en"}).content.decode()
    assert '<del lang="sv">' in page
    assert '<ins lang="sv">' in page


def test_the_policy_names_its_version_and_hash(client: Client) -> None:
    keep_versions(database_now())
    answer = client.get(reverse("privacy:policy"), headers={"Accept-Language": "sv"})
    kept = PolicyVersion.objects.get(language="sv")
    assert answer.context["version"] == kept
    assert kept.short_digest in answer.content.decode()


def test_a_policy_newer_than_what_is_kept_claims_no_date(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_versions(database_now())
    shorten_recordings_by_declaration(monkeypatch)
    assert client.get(reverse("privacy:policy")).context["version"] is None


def test_the_policy_says_who_receives_the_data_and_another_recipient_is_another_version(
    client: Client,
) -> None:
    keep_versions(database_now())
    engaged(starts_on=today(database_now()))
    english = {"Accept-Language": "en"}
    answer = client.get(reverse("privacy:policy"), headers=english)
    page = answer.content.decode()
    assert "Molnhotellet AB" in page
    assert answer.context["version"] is None
    assert "the caller&#x27;s number" in page, "nor which data"
    text = client.get(reverse("privacy:policy"), {"form": "md"}).content.decode()
    assert "Molnhotellet AB" in text


def test_what_is_kept_reads_back_as_it_was_written() -> None:
    with translation.override("sv"):
        document = policy(today(database_now()))
    content = as_content(document)
    assert as_document(content) == document
    assert digest_of(content) == digest_of(as_content(as_document(content)))


def test_a_section_that_went_is_told_whole() -> None:
    document = policy(today(database_now()))
    shorter = replace(document, sections=document.sections[1:])
    (change,) = changes(document, shorter)
    assert change.heading == document.sections[0].heading
    assert change.gone
    assert change.new == []


def test_an_unknown_version_is_not_there(client: Client) -> None:
    address = reverse("privacy:policy_version", args=["00000000-0000-7000-8000-000000000000"])
    assert client.get(address).status_code == 404


def test_every_version_is_a_file_too(client: Client) -> None:
    keep_versions(database_now())
    kept: Any = PolicyVersion.objects.get(language="sv")
    answer = client.get(reverse("privacy:policy_version", args=[kept.id]), {"form": "pdf"})
    assert answer.content.startswith(b"%PDF")


@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_policy_says_where_to_complain_and_which_rights_there_are(
    client: Client, language: str
) -> None:
    page = client.get(reverse("privacy:policy"), headers={"Accept-Language": language})
    text = page.content.decode()
    assert "IMY" in text
    assert ("Dina rättigheter" if language == "sv" else "Your rights") in text
