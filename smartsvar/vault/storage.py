"""Where ciphertext lies: a folder or a bucket, as the settings say."""

from django.core.files.storage import FileSystemStorage, Storage, storages

from smartsvar.vault.stores.bucket import Bucket
from smartsvar.vault.stores.folder import Folder
from smartsvar.vault.stores.store import BlobStore


def blob_store(alias: str = "sealed") -> BlobStore:
    """Return the store behind a Django storage alias."""
    storage: Storage = storages[alias]
    if isinstance(storage, FileSystemStorage):
        return Folder(storage)
    return Bucket(storage)
