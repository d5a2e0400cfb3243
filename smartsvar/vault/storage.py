"""Where ciphertext lies: a folder or a bucket, as the settings say."""

from django.core.files.storage import FileSystemStorage, Storage, storages

from smartsvar.vault.bucket import Bucket
from smartsvar.vault.folder import Folder
from smartsvar.vault.stores import BlobStore


def blob_store(alias: str = "sealed") -> BlobStore:
    """Return the store behind a Django storage alias."""
    storage: Storage = storages[alias]
    if isinstance(storage, FileSystemStorage):
        return Folder(storage)
    return Bucket(storage)
