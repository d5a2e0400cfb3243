"""Read everything that an installation holds, as it lies: no door hides a row from the survey."""

import hashlib
import json
from typing import cast

from django.apps import apps

from drill.survey import Row, Survey
from recordings.models import Recording, State
from smartsvar.vault.blobs import BlobReader
from smartsvar.vault.errors import VaultError
from smartsvar.vault.keys import open_key
from smartsvar.vault.models import CustomerKey, RecordKey
from smartsvar.vault.rows import SealedModel
from smartsvar.vault.storage import blob_store

PIECE = 1024 * 1024


def survey() -> Survey:
    """Open every row and every audio; note what came of it."""
    models = [model for model in apps.get_models() if issubclass(model, SealedModel)]
    return {
        "rows": {str(row.pk): read_row(row) for m in models for row in m._base_manager.all()},
        "audio": {
            str(each.pk): read_audio(each)
            for each in Recording._base_manager.filter(state=State.LIVE)
        },
        "keys": {str(key.pk): bytes(key.wrapped).hex() for key in RecordKey.objects.all()},
        "customer_keys": {
            str(key.pk): bytes(key.wrapped).hex() for key in CustomerKey.objects.all()
        },
        "blobs": sorted(stored.name for stored in blob_store().remains()),
    }


def read_row(row: SealedModel) -> Row:
    """Open one row's envelope."""
    says, error = "", ""
    try:
        whole = json.dumps(row.opened(), sort_keys=True).encode()
        says = hashlib.sha256(whole).hexdigest()
    except VaultError as refusal:
        error = type(refusal).__name__
    sealed = bytes(row.sealed).hex()
    return {
        "model": row._meta.label,
        "key": str(row.key_id),
        "says": says,
        "error": error,
        "sealed": sealed,
    }


def read_audio(recording: Recording) -> str:
    """Return the audio's SHA-256 in hex, or the name of what went wrong."""
    digest = hashlib.sha256()
    try:
        key = open_key(recording.key_id, fresh=True)
        source = blob_store().open(recording.blob_name)
        with BlobReader(source, key, Recording._meta.label, "audio", recording.pk) as reader:
            while piece := reader.read(PIECE):
                digest.update(piece)
        if cast(str, recording.sha256) != digest.hexdigest():
            return "AnotherDigest"
    except (VaultError, OSError) as error:
        return type(error).__name__
    return digest.hexdigest()
