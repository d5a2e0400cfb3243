"""The trail: append-only, sealed in chains, and every tampering found."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from smartsvar.audit import chain
from smartsvar.audit.models import AuditChain, AuditEntry
from smartsvar.audit.trail import record, record_once
from smartsvar.clock import database_now
from tests import cast

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def trail(anna: cast.House) -> cast.House:
    for _ in range(10):
        record("recording.played", anna.customer, by=anna.member, customer_id=anna.customer.id)
    chain.seal_trail()
    assert list(chain.faults()) == []
    return anna


def entry_at(house: cast.House, position: int) -> AuditEntry:
    return chain.entries_of(house.customer.id).get(position=position)


def later() -> datetime:
    """When today's entries may be pruned."""
    return database_now() + timedelta(days=740)


def sql(statement: str, *values: Any) -> None:
    bare = [v.hex if connection.vendor == "sqlite" and hasattr(v, "hex") else v for v in values]
    with connection.cursor() as cursor:
        cursor.execute(statement, bare)


def test_entries_cannot_be_changed_or_deleted_through_the_models(trail: cast.House) -> None:
    entry = entry_at(trail, 3)
    for forbidden in (
        entry.save,
        entry.delete,
        AuditEntry.objects.all().delete,
        lambda: AuditEntry.objects.update(verb="x"),
    ):
        with pytest.raises(TypeError, match="append-only"):
            forbidden()


@pytest.mark.parametrize("column", ["verb", "actor_kind", "object_model"])
def test_an_edited_entry_is_found(trail: cast.House, column: str) -> None:
    sql(f"UPDATE audit_auditentry SET {column} = 'x' WHERE id = %s", entry_at(trail, 4).id)
    assert any("entry 4 was changed" in fault for fault in chain.faults())


def test_a_moved_time_is_found(trail: cast.House) -> None:
    moment = entry_at(trail, 2).at - timedelta(seconds=1)
    sql("UPDATE audit_auditentry SET at = %s WHERE id = %s", moment, entry_at(trail, 2).id)
    assert any("entry 2 was changed" in fault for fault in chain.faults())


def test_a_deleted_entry_is_found(trail: cast.House) -> None:
    sql("DELETE FROM audit_auditentry WHERE id = %s", entry_at(trail, 5).id)
    assert any("entry 5 is missing" in fault for fault in chain.faults())


def test_a_truncated_chain_is_found_even_with_its_head_rewritten(trail: cast.House) -> None:
    last = AuditChain.objects.get(customer_id=trail.customer.id)
    end = entry_at(trail, last.position - 1)
    sql("DELETE FROM audit_auditentry WHERE id = %s", entry_at(trail, last.position).id)
    last.position, last.head = end.position or 0, bytes.fromhex(end.hash)
    last.save()
    assert any("an anchor says" in fault for fault in chain.faults())


def test_a_wholly_rewritten_chain_is_found_by_its_anchor(trail: cast.House) -> None:
    sql("UPDATE audit_auditentry SET verb = 'x' WHERE id = %s", entry_at(trail, 3).id)
    sql(
        "UPDATE audit_auditentry SET position = NULL, hash = '' WHERE customer_id = %s",
        trail.customer.id,
    )
    AuditChain.objects.filter(customer_id=trail.customer.id).delete()
    before = Path(settings.ANCHOR_DIR).glob("*")
    kept = {path: path.read_text() for path in before}
    chain.seal_trail()
    for path, text in kept.items():
        path.write_text(text)
    assert any("differs from its anchor" in fault for fault in chain.faults())


def test_the_unsealed_tail_is_reported_and_then_sealed(trail: cast.House) -> None:
    record("recording.played", trail.customer, by=trail.member, customer_id=trail.customer.id)
    assert chain.unsealed_count() == 1
    assert chain.seal_trail() == 1
    assert chain.unsealed_count() == 0
    assert list(chain.faults()) == []


def test_a_pruned_segment_leaves_its_end_and_the_rest_verifies(trail: cast.House) -> None:
    cut = entry_at(trail, 6).at
    assert chain.prune(cut, trail.customer.id) >= 6
    record("recording.played", trail.customer, by=trail.member, customer_id=trail.customer.id)
    chain.seal_trail()
    assert list(chain.faults(at=later())) == []
    assert chain.prune(cut, trail.customer.id) == 0


def test_everything_may_be_pruned(trail: cast.House) -> None:
    chain.prune(database_now() + timedelta(days=1), trail.customer.id)
    assert not chain.entries_of(trail.customer.id).exists()
    assert list(chain.faults(at=later())) == []


def test_the_command_says_what_it_found(
    trail: cast.House, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("verify_audit")
    assert "0 faults" in capsys.readouterr().out
    sql("UPDATE audit_auditentry SET verb = 'x' WHERE id = %s", entry_at(trail, 4).id)
    with pytest.raises(CommandError):
        call_command("verify_audit")


def test_a_chain_cut_from_the_front_is_found(trail: cast.House) -> None:
    end = entry_at(trail, 6)
    sql("DELETE FROM audit_auditentry WHERE customer_id = %s AND position <= 6", trail.customer.id)
    AuditChain.objects.filter(customer_id=trail.customer.id).update(
        pruned_to=6, pruned_hash=bytes.fromhex(end.hash)
    )
    assert any("no pruning announced" in fault for fault in chain.faults())
    record("recording.played", trail.customer, by=trail.member, customer_id=trail.customer.id)
    chain.seal_trail()
    last = AuditChain.objects.get(customer_id=trail.customer.id)
    sql("DELETE FROM audit_auditentry WHERE customer_id = %s", trail.customer.id)
    last.pruned_to, last.pruned_hash = last.position, bytes(last.head)
    last.save()
    assert any("before their time" in fault for fault in chain.faults())


def test_a_forged_end_of_what_was_pruned_is_found(trail: cast.House) -> None:
    last = AuditChain.objects.get(customer_id=trail.customer.id)
    sql("DELETE FROM audit_auditentry WHERE customer_id = %s", trail.customer.id)
    last.pruned_to, last.pruned_hash, last.head = last.position, b"x" * 32, b"x" * 32
    last.save()
    assert any("differs from its anchor" in fault for fault in chain.faults(at=later()))


def test_half_a_line_in_an_anchor_file_is_a_fault_not_a_crash(trail: cast.House) -> None:
    path = next(Path(settings.ANCHOR_DIR).glob("*"))
    path.write_text(path.read_text() + '{"at": "2026-')
    assert any("unreadable" in fault for fault in chain.faults())


def test_a_fact_of_one_listening_is_written_once(anna: cast.House) -> None:
    facts: dict[str, Any] = {"by": anna.member, "customer_id": anna.customer.id}
    at, half = database_now(), timedelta(minutes=30)
    assert record_once("recording.played", anna.customer, **facts, at=at, within=half)
    assert not record_once("recording.played", anna.customer, **facts, at=at, within=half)
    assert record_once("recording.played", anna.customer, **facts, at=at + half * 2, within=half)
