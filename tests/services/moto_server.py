"""moto's server, whose listing of versions looks at those asked for, not at the whole bucket.

`python -m tests.services.moto_server -H HOST -p PORT`. Every deletion of ours lists an object's
versions: moto copies all of the bucket's for it, sorts them and keeps the copy, so that a long run
would take all the time and the memory there are.
"""

import copy
import sys
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from moto.s3 import models
from moto.s3.utils import _VersionedKeyStore
from moto.server import main

vars(models)["copy"] = SimpleNamespace(copy=copy.copy, deepcopy=copy.copy)

_asked = threading.local()
_list_versions = models.S3Backend.list_object_versions
_all_lists = _VersionedKeyStore.iterlists


def _versions_of_prefix(self: Any, bucket: str, *, prefix: str = "", **how: Any) -> Any:
    _asked.prefix = prefix
    try:
        return _list_versions(self, bucket, prefix=prefix, **how)
    finally:
        _asked.prefix = ""


def _lists_of_prefix(self: Any) -> Iterator[Any]:
    prefix = getattr(_asked, "prefix", "")
    return (pair for pair in _all_lists(self) if pair[0].startswith(prefix))


models.S3Backend.list_object_versions = _versions_of_prefix  # type: ignore[assignment, method-assign]
_VersionedKeyStore.iterlists = _lists_of_prefix

if __name__ == "__main__":
    main(sys.argv[1:])
