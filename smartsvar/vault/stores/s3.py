"""The bucket's client: django-storages, told to speak to S3-compatible stores of any make."""

from typing import Any

from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from storages.backends.s3 import S3Storage

MIB = 1024 * 1024


class SealedS3Storage(S3Storage):  # type: ignore[misc]
    """Checksums only when the protocol requires them; two parts in flight: memory is flat."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.config = Config(
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            connect_timeout=5,
            read_timeout=30,
            retries={"max_attempts": 3},
            s3={"addressing_style": "path"},
        )
        self.transfer_config = TransferConfig(multipart_chunksize=8 * MIB, max_concurrency=2)
