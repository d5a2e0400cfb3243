"""A place of its own for each of pytest's parallel workers, so that none sees another's leftovers.

A pytest plugin (`-p tests.services.worker`): it is imported before the settings are read. The
databases need nothing, pytest-django gives each worker its own.
"""

import os
from pathlib import Path

import boto3
import pytest

from tools.buckets import make_bucket

SHARED_VALKEY_DATABASES = 2


def own_places(number: int) -> dict[str, str]:
    """The variables of worker `number`: two Valkey databases, folders or buckets."""
    first = SHARED_VALKEY_DATABASES * (number + 1)
    valkey = os.environ["TEST_VALKEY_URL"]
    places = {"BROKER_URL": f"{valkey}/{first}", "CACHE_URL": f"{valkey}/{first + 1}"}
    for name in ("STORAGE_DIR", "LEDGER_DIR", "ANCHOR_DIR", "SPOOL_DIR"):
        folder = Path(os.environ[name]) / f"worker-{number}"
        folder.mkdir(mode=0o700, exist_ok=True)
        places[name] = str(folder)
    if os.environ["STORAGE"] == "s3":
        places |= _own_buckets(number)
    return places


def _own_buckets(number: int) -> dict[str, str]:
    region = os.environ["S3_REGION"]
    client = boto3.client(
        "s3",
        endpoint_url=os.environ["S3_ENDPOINT"],
        region_name=region,
        aws_access_key_id=os.environ["S3_ACCESS_KEY"],
        aws_secret_access_key=os.environ["S3_SECRET_KEY"],
    )
    buckets = {name: f"{os.environ[name]}-{number}" for name in ("S3_BUCKET", "LEDGER_BUCKET")}
    for bucket in buckets.values():
        make_bucket(client, bucket, region=region)
    return buckets


if "TEST_STACK" not in os.environ:
    raise pytest.UsageError(
        "The tests need their services: python -m tests.services --stack sqlite -- "
        "python -m pytest …  (make test runs both stacks)"
    )
_worker = os.environ.get("PYTEST_XDIST_WORKER", "")
if _worker:
    os.environ.update(own_places(int(_worker.removeprefix("gw"))))
