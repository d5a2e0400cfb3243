"""A root key in AWS KMS: it never leaves the service, and every use of it is logged there.

Encrypt and Decrypt with our context as the encryption context, so that KMS itself refuses a
customer key in the wrong place. Source: AWS KMS API Reference, Encrypt and Decrypt.
"""

import base64
import os
from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.exceptions import ImproperlyConfigured

from smartsvar.vault.errors import RootUnreachable, Tampered

SUITE = b"\x03"  # a CiphertextBlob of AWS KMS
SECRET = 32  # bytes of a customer's key, and of a local root's
LARGEST = 6144  # bytes of a CiphertextBlob, as the API says
CONTEXT = "smartsvar"  # the one name in the encryption context; CloudTrail logs it with its value
REFUSED = {"InvalidCiphertextException", "IncorrectKeyException"}
EU = ("eu-", "eusc-")  # eusc-: the European Sovereign Cloud, in Germany
# Regions named eu-* that lie outside the EU: London and Zurich.
NOT_IN_THE_EU = {"eu-west-2", "eu-central-2"}


class KmsRoot:
    """One symmetric KMS key, by key id or ARN; both spellings have the same name.

    An alias is refused: it can be pointed at another key, and what it sealed would be lost. Raises
    ImproperlyConfigured, also for a region outside the EU.
    """

    def __init__(
        self, key_id: str, *, region: str, endpoint: str, access_key: str, secret_key: str
    ) -> None:
        if "alias/" in key_id:
            raise ImproperlyConfigured(
                "ROOT_KMS_KEY_ID and ROOT_KMS_PREVIOUS: give the key's id or ARN, not an alias."
            )
        if key_id.startswith("arn:"):
            region = key_id.split(":")[3]
        require_eu(region)
        self.name = "kms:" + key_id.rsplit("/")[-1]
        self._key_id = key_id
        self._account = (region, endpoint, access_key, secret_key)

    def __repr__(self) -> str:
        return f"<KmsRoot {self.name}>"

    def wrap(self, secret: bytes, context: bytes) -> bytes:
        """Seal by KMS. Raises RootUnreachable."""
        answer = self._ask("encrypt", {"Plaintext": secret}, context)
        return SUITE + _bytes_of(answer, "CiphertextBlob", range(1, LARGEST + 1))

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """Open by KMS. Raises Tampered when KMS refuses the ciphertext, else RootUnreachable."""
        if wrapped[:1] != SUITE or not 1 < len(wrapped) <= 1 + LARGEST:
            raise Tampered("Unknown suite.")
        answer = self._ask("decrypt", {"CiphertextBlob": wrapped[1:]}, context)
        return _bytes_of(answer, "Plaintext", range(SECRET, SECRET + 1))

    def _ask(self, verb: str, what: dict[str, bytes], context: bytes) -> Any:
        """Call KMS, always naming the key: a ciphertext under another is refused, not followed."""
        place = {CONTEXT: base64.b64encode(context).decode()}
        client = self._reach()
        try:
            return getattr(client, verb)(KeyId=self._key_id, EncryptionContext=place, **what)
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", "?"))
            if code in REFUSED:
                raise Tampered("KMS: ciphertext, key and context do not fit.") from error
            raise RootUnreachable(f"KMS refused to {verb}: {code}.") from error
        except BotoCoreError as error:
            raise RootUnreachable(f"KMS cannot be asked: {type(error).__name__}.") from error
        except Exception as error:  # whatever botocore's parser stumbles over: a proxy's page, …
            raise RootUnreachable(f"KMS gave no answer of KMS: {type(error).__name__}.") from error

    def _reach(self) -> Any:
        try:
            return _client(*self._account)
        except BotoCoreError as error:
            raise RootUnreachable(f"KMS cannot be asked: {type(error).__name__}.") from error
        except ValueError as error:
            raise ImproperlyConfigured("ROOT_KMS_ENDPOINT is no address.") from error


def _bytes_of(answer: Any, field: str, lengths: range) -> bytes:
    """Return bytes of a possible length from an answer of KMS. Raises RootUnreachable."""
    value = answer.get(field) if isinstance(answer, dict) else None
    if not isinstance(value, bytes) or len(value) not in lengths:
        raise RootUnreachable(f"KMS gave no answer of KMS: no {field} of a possible length.")
    return value


def require_eu(region: str) -> None:
    """Raise ImproperlyConfigured unless the AWS region lies in the EU."""
    if not region.startswith(EU) or region in NOT_IN_THE_EU:
        raise ImproperlyConfigured(
            f"ROOT_KMS_REGION {region or '(not set)'}: the root key stays in the EU. Use a region"
            f" named eu-*, other than {' (Zurich) and '.join(sorted(NOT_IN_THE_EU))} (London)."
        )


@lru_cache(maxsize=8)
def _client(region: str, endpoint: str, access_key: str, secret_key: str) -> Any:
    """Return a client for this account; without credentials here, boto3 finds them its own way."""
    return boto3.client(
        "kms",
        region_name=region,
        endpoint_url=endpoint or None,
        aws_access_key_id=access_key or None,
        aws_secret_access_key=secret_key or None,
        config=Config(
            connect_timeout=3,
            read_timeout=5,
            retries={"total_max_attempts": 2, "mode": "standard"},
        ),
    )


# A forked worker must not speak on its parent's connections.
os.register_at_fork(after_in_child=_client.cache_clear)
