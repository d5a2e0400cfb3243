"""Whether a WAV or an Ogg came whole, read from its own structure: decoders take what there is."""

import struct

from smartsvar.vault.blobs import BlobReader

UNKNOWN_LENGTH = {0, 0xFFFFFFFF}  # what recorders write that stream without seeking back
CHUNKS = 1000  # the most chunks of a WAV to look at
PAGE = 27 + 255 + 255 * 255  # the longest page of an Ogg
LAST = 0x04  # the flag of a stream's last page


def is_cut(blob: BlobReader) -> bool:
    """Whether the content says itself that more should have come."""
    head = blob.read_range(0, 12)
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        claimed = struct.unpack("<I", head[4:8])[0]
        return _reaches_beyond(blob, 8, claimed) or _wav_data_is_cut(blob)
    return head[:4] == b"OggS" and not _has_last_page(blob)


def _reaches_beyond(blob: BlobReader, start: int, length: int) -> bool:
    return length not in UNKNOWN_LENGTH and start + length > blob.size


def _wav_data_is_cut(blob: BlobReader) -> bool:
    """Walk the chunks up to `data`: each has a name, its length, and a byte to make it even."""
    at = 12
    for _ in range(CHUNKS):
        head = blob.read_range(at, 8)
        if len(head) < 8:
            return False
        name, length = struct.unpack("<4sI", head)
        if name == b"data":
            return _reaches_beyond(blob, at + 8, length)
        at += 8 + length + length % 2
    return False


def _has_last_page(blob: BlobReader) -> bool:
    """Whether a whole page with the flag of the last one stands at the end."""
    start = max(0, blob.size - PAGE)
    tail = blob.read_range(start, PAGE)
    at = len(tail)
    while (at := tail.rfind(b"OggS\x00", 0, at)) >= 0:
        if len(tail) >= at + 27 and tail[at + 5] & LAST:
            lacing = tail[at + 27 : at + 27 + tail[at + 26]]
            if at + 27 + tail[at + 26] + sum(lacing) <= len(tail):
                return True
    return False
