"""Once the register is filled, nobody new touches the data before customers were told."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from smartsvar.audit.actors import SYSTEM
from smartsvar.clock import database_now
from subprocessors.keeping import keep_engagement
from subprocessors.models import Engagement, Notice, Subprocessor
from subprocessors.notices import announce, earliest_day, today
from tests import cast
from tests.subprocessors.register import engaged

pytestmark = pytest.mark.django_db(databases="__all__")


def entered(name: str = "Duvpost AB", **facts: Any) -> Engagement:
    """An engagement that support is about to store: mail, in Sweden, from today."""
    company, _ = Subprocessor.objects.get_or_create(name=name, defaults={"country": "SE"})
    known = {"purpose": "mail", "country": "SE", "starts_on": today(database_now())}
    return Engagement(subprocessor=company, **(known | facts))


def kept(engagement: Engagement) -> Engagement:
    keep_engagement(engagement, by=SYSTEM, at=database_now())
    return engagement


def faults(engagement: Engagement) -> set[str]:
    with pytest.raises(ValidationError) as refused:
        kept(engagement)
    return set(refused.value.message_dict)


def told(engagement: Engagement, kind: Notice.Kind = Notice.Kind.NEW) -> Notice:
    at = database_now()
    return announce(engagement, kind, earliest_day(at), by=SYSTEM, at=at)


def names(day: Any) -> list[str]:
    return [each.subprocessor.name for each in Engagement.objects.current(day)]


@pytest.fixture
def filled(anna: cast.House) -> Engagement:
    """A register that was filled yesterday, and a customer to tell."""
    running = kept(entered("Molnhotellet AB", purpose="hosting"))
    old = (running.id.int >> 80) - 2 * 86_400_000
    earlier = type(running.id)(int=(old << 80) | (running.id.int & ((1 << 80) - 1)))
    Engagement.objects.filter(id=running.id).update(id=earlier)
    return Engagement.objects.get()


@pytest.fixture
def desk(sven: Any, sign_in: Any, settings: Any) -> Any:
    settings.SUPPORT_NEEDS_SECOND_FACTOR = False
    return sign_in(sven)


def test_the_register_is_filled_on_its_first_day(anna: cast.House) -> None:
    for name in ("Molnhotellet AB", "Duvpost AB"):
        assert not kept(entered(name)).needs_notice
    assert len(names(today(database_now()))) == 2
    tomorrow = today(database_now()) + timedelta(days=1)
    assert faults(entered("Morgon AB", starts_on=tomorrow)) == {"starts_on"}


def test_without_a_customer_there_is_nobody_to_tell() -> None:
    engaged(starts_on=today(database_now()))
    assert not kept(entered()).needs_notice


def test_the_first_notice_ends_the_filling(anna: cast.House) -> None:
    told(kept(entered("Molnhotellet AB", starts_on=earliest_day(database_now()))))
    assert faults(entered()) == {"starts_on"}


def test_nobody_new_begins_without_a_notice(
    anna: cast.House, filled: Engagement, client: Any
) -> None:
    day = earliest_day(database_now())
    assert faults(entered()) == faults(entered(starts_on=day - timedelta(days=1))) == {"starts_on"}
    new = kept(entered(starts_on=day))
    page = reverse("subprocessors:list")
    assert "Duvpost" not in client.get(page).content.decode()
    assert names(day) == ["Molnhotellet AB"], "its day comes, and customers know nothing"
    told(new)
    assert "Duvpost" in client.get(page).content.decode()
    assert names(day - timedelta(days=1)) == ["Molnhotellet AB"]
    assert names(day) == ["Duvpost AB", "Molnhotellet AB"]


def test_a_notice_that_comes_late_moves_the_beginning(anna: cast.House, filled: Engagement) -> None:
    new = kept(entered(starts_on=earliest_day(database_now())))
    Engagement.objects.filter(id=new.id).update(starts_on=today(database_now()))
    notice = told(new)
    new.refresh_from_db()
    assert new.starts_on == notice.takes_effect_on
    new.starts_on -= timedelta(days=1)
    assert faults(new) == {"starts_on"}


@pytest.mark.parametrize(
    "change", [{"country": "DE"}, {"purpose": "storage"}, {"safeguard": "Beslut 2023/1795"}]
)
def test_what_customers_know_is_not_moved_under_them(
    filled: Engagement, change: dict[str, Any]
) -> None:
    for name, value in change.items():
        setattr(filled, name, value)
    assert faults(filled) == {"country"}


@pytest.mark.parametrize(
    "change", [{"name": "Bytt Bolag LLC"}, {"country": "US"}, {"number": "556016-0680"}]
)
@pytest.mark.parametrize("known", ["running", "announced"])
def test_a_company_that_customers_know_does_not_become_another(
    anna: cast.House, filled: Engagement, desk: Any, change: dict[str, Any], known: str
) -> None:
    if known == "announced":
        filled = kept(entered(starts_on=earliest_day(database_now())))
        told(filled)
    company = filled.subprocessor
    Subprocessor.objects.filter(id=company.id).update(number="969663-7033")
    page = reverse("admin:subprocessors_subprocessor_change", args=[company.id])
    said = {"name": company.name, "number": "969663-7033", "country": "SE", "website": ""}
    refused = desk.post(page, said | change)
    assert set(refused.context["adminform"].form.errors) == set(change)
    company.refresh_from_db()
    assert (company.name, company.country) == (said["name"], "SE")
    assert desk.post(page, said | {"website": "https://example.se/"}).status_code == 302


def test_what_nobody_has_been_told_of_is_spelt_anew(
    anna: cast.House, filled: Engagement, desk: Any
) -> None:
    planned = kept(entered("Dufvpost AB", starts_on=earliest_day(database_now())))
    page = reverse("admin:subprocessors_subprocessor_change", args=[planned.subprocessor_id])
    said = {"name": "Duvpost AB", "number": "", "country": "SE", "website": ""}
    assert desk.post(page, said).status_code == 302
    assert Subprocessor.objects.get(id=planned.subprocessor_id).name == "Duvpost AB"


def test_an_announced_end_is_not_taken_back_in_silence(
    anna: cast.House, filled: Engagement
) -> None:
    day = today(database_now()) + timedelta(days=10)
    announce(filled, Notice.Kind.END, day, by=SYSTEM, at=database_now())
    filled.refresh_from_db()
    assert filled.ends_on == day, "it ends as it was announced"
    for later in (None, day + timedelta(days=1)):
        filled.ends_on = later
        assert faults(filled) == {"ends_on"}
    filled.ends_on = day - timedelta(days=1)
    kept(filled)


def test_what_runs_may_get_an_end_and_once_ended_does_not_run_again(filled: Engagement) -> None:
    day = today(database_now())
    filled.ends_on = day
    assert not kept(filled).needs_notice
    filled.ends_on = None
    assert faults(filled) == {"ends_on"}


def test_svens_form_says_at_its_field_which_day_is_the_earliest(
    filled: Engagement, sven: Any, sign_in: Any, settings: Any
) -> None:
    settings.SUPPORT_NEEDS_SECOND_FACTOR = False
    desk, add = sign_in(sven), reverse("admin:subprocessors_engagement_add")
    day = earliest_day(database_now())
    said = {"subprocessor": filled.subprocessor_id, "purpose": "mail", "country": "SE"}
    early = desk.post(add, said | {"starts_on": today(database_now())})
    assert str(day) in str(early.context["adminform"].form.errors["starts_on"])
    assert desk.post(add, said | {"starts_on": day}).status_code == 302
    assert Engagement.objects.get(purpose="mail").needs_notice
