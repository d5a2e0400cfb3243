"""The vault: keys, sealed rows, sealed blobs. The only room that imports `cryptography`.

Two verbs, seal and open, and both require the context. Nothing here knows HTTP or Celery.
Formats byte by byte: docs/cryptography.md.
"""
