"""S3 and KMS from a package (`moto`), with the buckets made and versioned as in production.

It accepts any credentials, so refused credentials are no matter for these tests.
"""

import sys
from pathlib import Path

import boto3
from botocore.config import Config

from smartsvar.demo.children import Child, StartError, accepts, spawn, wait_until
from tools.buckets import make_bucket

REGION = "eu-north-1"
BUCKET, LEDGER = "smartsvar-test", "smartsvar-test-ledger"
ACCESS_KEY = SECRET_KEY = "testing"


def spawn_moto(port: int, *, logs: Path) -> Child:
    server = [sys.executable, "-m", "tests.services.moto_server"]
    command = [*server, "-H", "127.0.0.1", "-p", str(port)]
    return spawn("moto", command, logs=logs)


def open_kms(child: Child, port: int) -> dict[str, str]:
    """Wait for the server; returns where it is. Tests make their own keys."""
    wait_until(lambda: accepts(port), child, within=60)
    return {"TEST_KMS_ENDPOINT": f"http://127.0.0.1:{port}"}


def open_s3(child: Child, port: int) -> dict[str, str]:
    """Wait for the server, make the buckets; returns the settings of the environment."""
    wait_until(lambda: accepts(port), child, within=60)
    endpoint = f"http://127.0.0.1:{port}"
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        config=Config(retries={"max_attempts": 5}, connect_timeout=5, read_timeout=10),
    )
    try:
        for bucket in (BUCKET, LEDGER):
            make_bucket(client, bucket, region=REGION)
    except Exception as error:
        raise StartError(f"s3: no bucket ({error}):\n{child.log_tail()}") from error
    return {
        "STORAGE": "s3",
        "S3_ENDPOINT": endpoint,
        "S3_REGION": REGION,
        "S3_BUCKET": BUCKET,
        "S3_ACCESS_KEY": ACCESS_KEY,
        "S3_SECRET_KEY": SECRET_KEY,
        "LEDGER_BUCKET": LEDGER,
    }
