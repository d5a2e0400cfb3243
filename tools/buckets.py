"""Make the storage's buckets, versioned, where they are missing: `python -m tools.buckets`.

One-shot service of docker-compose.yml; the tests make theirs with the same function. Versioning is
on because providers keep old versions anyway: an erasure must not depend on the bytes being gone.
"""

import os
import sys
from typing import Any

import boto3
from botocore.exceptions import ClientError


def make_bucket(client: Any, bucket: str, *, region: str) -> None:
    """Create `bucket` in `region`, or leave it as it is, and switch its versioning on."""
    try:
        client.create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region}
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "BucketAlreadyOwnedByYou":
            raise
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})


def main() -> int:
    try:
        region = os.environ["S3_REGION"]
        buckets = [os.environ["S3_BUCKET"], os.environ["LEDGER_BUCKET"]]
        client = boto3.client(
            "s3",
            endpoint_url=os.environ["S3_ENDPOINT"],
            region_name=region,
            aws_access_key_id=os.environ["S3_ACCESS_KEY"],
            aws_secret_access_key=os.environ["S3_SECRET_KEY"],
        )
    except KeyError as missing:
        print(f"{missing.args[0]} is not set", file=sys.stderr)
        return 2
    for bucket in buckets:
        make_bucket(client, bucket, region=region)
        print(f"bucket {bucket}: there, versioned")
    return 0


if __name__ == "__main__":
    sys.exit(main())
