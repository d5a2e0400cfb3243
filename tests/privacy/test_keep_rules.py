"""Every rule of the policies at its boundaries: exact to the second, and never early."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from django.db import models
from django.test.utils import isolate_apps

from privacy.purging.purge import describe
from smartsvar.checks import faults_of
from smartsvar.clock import STOCKHOLM
from smartsvar.personal_data import (
    Basis,
    Category,
    Keep,
    PersonalData,
    Role,
    declaration_of,
    declared,
    keep_of,
)
from smartsvar.shredding.models import Shreddable
from smartsvar.vault.rows import SealedField

SECOND = timedelta(seconds=1)


def local(*parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=STOCKHOLM, fold=fold)  # type: ignore[arg-type, misc]


CALLS, MESSAGES = keep_of("recordings.Recording"), keep_of("phone_messages.PhoneMessage")
CHATS = Keep(days=60, since="since")
IP_LOGS = Keep(days=180, since="since")
SERVICE_CALLS = Keep(days=28, least_days=3, chosen_by="SERVICE_CALL_DAYS", since="since")
AFTER_CONTRACT = Keep(months=24, since="since")
AFTER_PAYMENT = Keep(months=6, since="since")
BOOKS = Keep(fiscal_years=7, since="since")


def row(since: Any) -> Any:
    customer = SimpleNamespace(recording_days=None)
    return SimpleNamespace(
        since=since, ended_at=since, taken_at=since, received_at=since, state="live",
        customer=customer,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("keep", "since", "due"),
    [
        pytest.param(CALLS, local(2026, 1, 31, 9), local(2026, 4, 30, 9), id="a call, 3 months"),
        pytest.param(
            CALLS, local(2026, 11, 30, 8, 0, 7), local(2027, 2, 28, 8, 0, 7), id="30 Nov + 3 months"
        ),
        pytest.param(
            CALLS, local(2027, 11, 30, 8), local(2028, 2, 29, 8), id="30 Nov + 3 months, leap year"
        ),
        pytest.param(
            CALLS, local(2028, 2, 29, 12), local(2028, 5, 29, 12), id="29 Feb + 3 months"
        ),
        pytest.param(
            CALLS,
            local(2025, 12, 29, 2, 30),
            datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
            id="a call, into the hour that spring lacks",
        ),
        pytest.param(
            CALLS,
            local(2026, 7, 25, 2, 30),
            datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
            id="a call, into the hour that autumn has twice",
        ),
        pytest.param(
            MESSAGES, local(2026, 8, 31, 0, 0, 1), local(2027, 2, 28, 0, 0, 1), id="6 months"
        ),
        pytest.param(CHATS, local(2026, 8, 27, 2, 30), local(2026, 10, 26, 2, 30), id="60 days"),
        pytest.param(
            CHATS,
            local(2026, 8, 26, 2, 30),
            datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
            id="60 days, into the hour that autumn has twice",
        ),
        pytest.param(
            IP_LOGS, local(2026, 9, 30, 2, 30), datetime(2027, 3, 29, 0, 30, tzinfo=UTC),
            id="180 days over a winter",
        ),
        pytest.param(
            AFTER_CONTRACT, local(2026, 2, 28, 16), local(2028, 2, 28, 16), id="24 months"
        ),
        pytest.param(
            AFTER_CONTRACT, local(2028, 2, 29, 16), local(2030, 2, 28, 16), id="29 Feb + 24 months"
        ),
        pytest.param(
            AFTER_PAYMENT, local(2026, 8, 30, 16), local(2027, 2, 28, 16), id="6 months, paid"
        ),
        pytest.param(BOOKS, date(2026, 4, 30), local(2034, 1, 1), id="broken fiscal year"),
        pytest.param(BOOKS, date(2026, 12, 31), local(2034, 1, 1), id="calendar year"),
        pytest.param(BOOKS, date(2027, 1, 31), local(2035, 1, 1), id="one month into the next"),
    ],
)  # fmt: skip
def test_it_goes_at_the_second_and_not_before(keep: Keep, since: Any, due: datetime) -> None:
    assert keep.due(row(since)) == due
    assert not is_due(keep, since, due - SECOND)
    assert is_due(keep, since, due)


def is_due(keep: Keep, since: Any, at: datetime) -> bool:
    """Ask the rule as the purge does: look through what may be due, then at the row itself."""
    at = at.astimezone(UTC)  # a real moment, whatever the clocks showed
    ((lookup, bound),) = keep.earliest(at).items()
    if not lookup.endswith("__isnull") and since > bound:
        return False
    due = keep.due(row(since))
    return due is not None and due <= at


@pytest.mark.parametrize(
    ("chosen", "days"), [(3, 3), (14, 14), (28, 28), (2, 3), (0, 3), (29, 28), (365, 28)]
)
def test_the_operator_chooses_service_calls_days_within_bounds(
    chosen: int, days: int, settings: Any
) -> None:
    settings.SERVICE_CALL_DAYS = chosen
    start = local(2026, 3, 1, 12)
    assert SERVICE_CALLS.due(row(start)) == local(2026, 3, 1 + days, 12)
    assert SERVICE_CALLS.in_words() in {f"{days} dagar", f"{days} days"}
    assert f"{days} days" in describe(SERVICE_CALLS)


@pytest.mark.parametrize("keep", [AFTER_CONTRACT, AFTER_PAYMENT, BOOKS])
def test_a_contract_that_runs_and_an_invoice_unpaid_never_fall_due(keep: Keep) -> None:
    assert keep.due(row(None)) is None


@pytest.mark.parametrize("keep", [CALLS, CHATS, IP_LOGS, AFTER_CONTRACT, SERVICE_CALLS, BOOKS])
def test_what_is_looked_through_contains_everything_due(keep: Keep, settings: Any) -> None:
    settings.SERVICE_CALL_DAYS = 3
    for day in range(0, 366 * 2, 3):
        start = local(2026, 1, 1, 2, 30) + timedelta(days=day)
        since = start.date() if keep.fiscal_years else start
        due = keep.due(row(since))
        assert due is not None
        ((lookup, bound),) = keep.earliest(due).items()
        assert lookup.endswith("__isnull") or since <= bound
        assert lookup.endswith("__isnull") or "__lte" in lookup


def test_a_fiscal_years_rule_looks_only_at_years_that_are_over() -> None:
    assert BOOKS.earliest(local(2033, 12, 31, 23, 59, 59)) == {"since__lte": date(2025, 12, 31)}
    assert BOOKS.earliest(local(2034, 1, 1)) == {"since__lte": date(2026, 12, 31)}


def test_a_fiscal_year_that_ended_in_april_is_kept_through_the_seventh_calendar_year() -> None:
    due = BOOKS.due(row(date(2026, 4, 30)))
    assert due is not None
    assert (due - SECOND).astimezone(STOCKHOLM).date() == date(2033, 12, 31)


@pytest.mark.parametrize("model", [m for m, _ in declared()], ids=lambda m: m._meta.label)
def test_every_declared_rule_can_be_said(model: type[models.Model]) -> None:
    said = declaration_of(model)
    assert isinstance(said, PersonalData)
    assert describe(said.keep)


@pytest.fixture
def invoice() -> Iterator[type[models.Model]]:
    with isolate_apps("customers"):

        class Invoice(Shreddable):
            year_ends = models.DateField()
            paid_at = models.DateTimeField(null=True)
            name = SealedField("")
            personal_data: ClassVar[Any] = None

            class Meta:
                app_label = "customers"

            def __str__(self) -> str:
                return ""

        yield Invoice


def codes(model: type[models.Model], keep: Keep) -> set[str]:
    declaration = PersonalData(
        category=Category.CONTACT, role=Role.PROCESSOR, purpose="x", basis=Basis.CONTRACT,
        subject="x", keep=keep, export=("name",),
        withhold={"year_ends": "technical", "paid_at": "technical"},
    )  # fmt: skip
    return {str(fault.id).removeprefix("smartsvar.") for fault in faults_of(model, declaration)}


def test_the_bookkeeping_rule_counts_from_a_date_and_no_other_rule_does(
    invoice: type[models.Model],
) -> None:
    assert codes(invoice, Keep(fiscal_years=7, since="year_ends")) == set()
    assert codes(invoice, Keep(months=6, since="paid_at")) == set()
    assert codes(invoice, Keep(fiscal_years=7, since="paid_at")) == {"E007"}
    assert codes(invoice, Keep(months=6, since="year_ends")) == {"E007"}


@pytest.mark.parametrize(
    ("chosen", "fault"),
    [(3, False), (28, False), (2, True), (29, True), (0, True), (-5, True), ("14", True),
     (None, True), (True, True)],
)  # fmt: skip
def test_a_number_of_days_out_of_bounds_stops_the_start(
    chosen: object, fault: bool, invoice: type[models.Model], settings: Any  # noqa: FBT001
) -> None:  # fmt: skip
    settings.SERVICE_CALL_DAYS = chosen
    keep = Keep(days=28, least_days=3, chosen_by="SERVICE_CALL_DAYS", since="paid_at")
    assert codes(invoice, keep) == ({"E009"} if fault else set())


def test_a_choice_without_bounds_or_without_its_setting_is_a_fault(
    invoice: type[models.Model],
) -> None:
    assert codes(invoice, Keep(days=28, least_days=3, chosen_by="NOT_SET", since="paid_at")) == {
        "E009"
    }
    assert codes(invoice, Keep(days=28, chosen_by="NOT_SET", since="paid_at")) == {"E009"}
    assert codes(invoice, Keep(chosen_by="NOT_SET", least_days=3, since="paid_at")) == {"E009"}
