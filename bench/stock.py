"""Data to measure on: a customer, and messages by the hundred thousand."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from django.db import connection, connections

from customers.actions.accounts import CustomerDetails, open_customer
from customers.models import Customer
from smartsvar.audit.actors import SYSTEM
from smartsvar.vault.models import CustomerKey


def open_account() -> Customer:
    """Open a customer of our own for this run."""
    details = CustomerDetails(
        company_name="Mätbolaget AB", organisation_number="556016-0680", contact_name="Mats Mätare",
        phone="+46701740605", email="",
    )  # fmt: skip
    now = datetime.now(UTC)
    return open_customer(
        details, administrator_email=f"{uuid4().hex}@mat.example", by=SYSTEM, at=now
    )


def fill_messages(
    customer: Customer, count: int, *, taken: datetime, due: datetime, tag: str
) -> None:
    """Store `count` messages with keys straight in PostgreSQL; their envelopes are random bytes.

    A purge reads neither envelope nor key, so random bytes of the real sizes cost it the same.
    """
    key = CustomerKey.objects.get(customer_id=customer.id, key_class="content")
    random = "decode(repeat(md5(n::text || %s), {}), 'hex')"
    with connections["keys"].cursor() as cursor:
        cursor.execute(
            "INSERT INTO vault_recordkey"
            " (id, customer_key_id, model, object_id, wrapped, created_at)"
            " SELECT md5('k' || %s || n)::uuid, %s, 'phone_messages.PhoneMessage',"
            f" md5('m' || %s || n)::uuid, {random.format(6)}, %s FROM generate_series(1, %s) n",
            [tag, key.id, tag, tag, taken, count],
        )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO phone_messages_phonemessage"
            " (id, key_id, sealed, due_at, customer_id, taken_at, received_at)"
            " SELECT md5('m' || %s || n)::uuid, md5('k' || %s || n)::uuid,"
            f" {random.format(20)}, %s::timestamptz + n * interval '1 millisecond', %s, %s, %s"
            " FROM generate_series(1, %s) n",
            [tag, tag, tag, due, customer.id, taken, taken, count],
        )


def analyze() -> None:
    """Let the planner know what is there."""
    for alias, tables in {
        "default": ["phone_messages_phonemessage"],
        "keys": ["vault_recordkey"],
    }.items():
        with connections[alias].cursor() as cursor:
            for table in tables:
                cursor.execute(f"VACUUM ANALYZE {table}")


LONG_AGO = timedelta(days=200)
