"""Roots of the tests: keys in moto's KMS, and a KMS that is ill."""

import base64
import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3

from smartsvar.vault.roots.kms import KmsRoot

REGION = "eu-north-1"


def new_local_key() -> str:
    """Return a ROOT_KEY."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def kms_endpoint() -> str:
    return os.environ["TEST_KMS_ENDPOINT"]


def kms_client() -> Any:
    return boto3.client(
        "kms",
        region_name=REGION,
        endpoint_url=kms_endpoint(),
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )


def new_kms_key() -> str:
    """Make a key in moto's KMS; return its id."""
    return str(kms_client().create_key()["KeyMetadata"]["KeyId"])


def kms_root(key_id: str, endpoint: str | None = None) -> KmsRoot:
    return KmsRoot(
        key_id,
        region=REGION,
        endpoint=kms_endpoint() if endpoint is None else endpoint,
        access_key="testing",
        secret_key="testing",
    )


def use_kms(settings: Any, key_id: str, endpoint: str | None = None) -> None:
    """Let the installation seal under this key of KMS, and no local one."""
    settings.ROOT_KEY = settings.ROOT_KEY_FILE = ""
    settings.ROOT_KMS_KEY_ID = key_id
    settings.ROOT_KMS_REGION = REGION
    settings.ROOT_KMS_ENDPOINT = kms_endpoint() if endpoint is None else endpoint
    settings.ROOT_KMS_ACCESS_KEY = settings.ROOT_KMS_SECRET_KEY = "testing"


def ill_kms(status: int, code: str) -> AbstractContextManager[str]:
    """Run a KMS that answers everything with this error; yield its endpoint."""
    return answering(status, json.dumps({"__type": code, "message": "no"}).encode())


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    """Run something that answers everything with this, in KMS's place; yield its endpoint."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def silent_kms() -> Iterator[str]:
    """Run a KMS that takes the connection and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def closed_kms() -> str:
    """Return an endpoint where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    return f"http://127.0.0.1:{port}"


def seconds(work: Any) -> float:
    begun = time.monotonic()
    work()
    return time.monotonic() - begun
