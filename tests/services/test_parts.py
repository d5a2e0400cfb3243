"""The stack's own promises, which the other tests build on."""

import os
import smtplib
import time
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import psycopg
import pytest
import redis

on_postgres = pytest.mark.skipif(
    os.environ["TEST_STACK"] != "postgres", reason="a promise of the other stack"
)
CLUSTERS = ("DATABASE_URL", "KEYS_DATABASE_URL")


@on_postgres
@pytest.mark.parametrize("variable", CLUSTERS)
def test_the_tests_connect_as_no_superuser(variable: str) -> None:
    with psycopg.connect(os.environ[variable]) as connection:
        row = connection.execute(
            "SELECT rolsuper, rolcreaterole, rolbypassrls"
            " FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    assert row == (False, False, False)


@on_postgres
def test_main_and_keys_are_clusters_of_their_own() -> None:
    def identifier(variable: str) -> int:
        with psycopg.connect(os.environ[variable]) as connection:
            row = connection.execute("SELECT system_identifier FROM pg_control_system()").fetchone()
            assert row
            return int(row[0])

    assert len({identifier(variable) for variable in CLUSTERS}) == 2


@on_postgres
@pytest.mark.parametrize("variable", ["S3_BUCKET", "LEDGER_BUCKET"])
def test_buckets_keep_versions(variable: str) -> None:
    client = boto3.client(
        "s3",
        endpoint_url=os.environ["S3_ENDPOINT"],
        region_name=os.environ["S3_REGION"],
        aws_access_key_id=os.environ["S3_ACCESS_KEY"],
        aws_secret_access_key=os.environ["S3_SECRET_KEY"],
    )
    versioning = client.get_bucket_versioning(Bucket=os.environ[variable])
    assert versioning["Status"] == "Enabled"


def test_valkey_wants_its_password() -> None:
    parts = urlsplit(os.environ["BROKER_URL"])
    assert redis.Redis.from_url(os.environ["BROKER_URL"]).ping()
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(host=str(parts.hostname), port=int(parts.port or 0)).ping()


def test_mail_is_kept_with_its_recipients() -> None:
    name = f"parts-{time.time_ns()}@example.se"
    with _smtp() as smtp:
        smtp.sendmail("a@example.se", [name], b"Subject: Hej\r\n\r\nText\r\n")
    kept = [path.read_text() for path in Path(os.environ["TEST_SMTP_DIR"]).glob("*.eml")]
    assert any(text.startswith(f"X-RcptTo: {name}") for text in kept)


@pytest.mark.parametrize(("recipient", "code"), [("bounce@example.se", 550), ("later@a.se", 451)])
def test_mail_is_refused_as_real_servers_do(recipient: str, code: int) -> None:
    with _smtp() as smtp, pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        smtp.sendmail("a@example.se", [recipient], b"Subject: Hej\r\n\r\n")
    assert refused.value.recipients[recipient][0] == code


def _smtp() -> smtplib.SMTP:
    parts = urlsplit(os.environ["EMAIL_URL"])
    return smtplib.SMTP(str(parts.hostname), int(parts.port or 0))
