"""How long an MP3 really is: its frames counted one by one (MPEG 1, 2 and 2.5, layer III).

Without a count in its first frame an MP3 says its length nowhere, and decoders guess it from the
first bitrate; with a variable bitrate the guess is far off. Four bytes tell where the next frame
begins, so counting costs little more than reading.
"""

from collections.abc import Iterator
from typing import NamedTuple

from smartsvar.vault.blobs import BlobReader

WINDOW = 256 * 1024  # bytes read at a time
JUNK = 64 * 1024  # bytes that are no frame, in all, after which the rest is not audio
TAGS = 16  # the most tags to skip
HEAD = 200  # bytes of the first frame in which a count and the encoder's trim may stand
_V1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_V2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


class Frame(NamedTuple):
    """What a header says: the frame's bytes, its samples per channel, and their rate."""

    length: int
    samples: int
    rate: int


class Counted(NamedTuple):
    """samples per channel as found; claimed: as the first frame says, None when it does not."""

    samples: int
    claimed: int | None


def _frames() -> dict[int, Frame]:
    """Return the frame for each pair of bytes that can follow a header's 0xFF."""
    found = {}
    for version, rates in _RATES.items():
        samples, kbits = (1152, _V1) if version == 3 else (576, _V2)
        for bitrate in range(1, 15):
            for place, rate in enumerate(rates):
                for low in range(4):  # the bits padding and private
                    second = bitrate << 4 | place << 2 | low
                    length = samples // 8 * kbits[bitrate] * 1000 // rate + (low >> 1)
                    for unprotected in range(2):
                        first = 0xE0 | version << 3 | 1 << 1 | unprotected
                        found[first << 8 | second] = Frame(length, samples, rate)
    return found


FRAMES = _frames()


def count(blob: BlobReader, *, limit: int) -> Counted | None:
    """Count the samples, and stop soon after `limit`; None when there is no layer III."""
    frames = _walk(blob, _behind_tags(blob))
    first = next(frames, None)
    if first is None:
        return None
    at, frame = first
    claimed, trim = _claims(blob.read_range(at, min(HEAD, frame.length)))
    samples = frame.samples if claimed is None else 0  # a frame that counts holds no sound
    for _, each in frames:
        samples += each.samples
        if samples > limit + trim:
            break
    whole = None if claimed is None else claimed * frame.samples
    return Counted(max(0, samples - trim), None if whole is None else max(0, whole - trim))


def _behind_tags(blob: BlobReader) -> int:
    """Return where the audio begins, behind ID3v2 tags."""
    at = 0
    for _ in range(TAGS):
        head = blob.read_range(at, 10)
        if len(head) < 10 or head[:3] != b"ID3":
            break
        size = 0
        for byte in head[6:]:
            size = size << 7 | byte & 0x7F
        at += 10 + size + (10 if head[5] & 0x10 else 0)
    return at


def _walk(blob: BlobReader, at: int) -> Iterator[tuple[int, Frame]]:
    """Yield each whole frame and where it stands; what stands between frames is skipped."""
    window, base, junk = b"", at, 0
    last: Frame | None = None
    in_step = False
    while at + 4 <= blob.size and junk <= JUNK:
        if at + 4 > base + len(window):
            window, base = blob.read_range(at, WINDOW), at
        frame = _frame_at(window, at - base)
        if frame is not None and (
            (last is not None and frame.rate != last.rate)
            or not (in_step or _followed(blob, at, frame))
        ):
            frame = None
        if frame is None:
            at, junk, in_step = at + 1, junk + 1, False
            continue
        if at + frame.length > blob.size:
            return
        yield at, frame
        at, last, in_step = at + frame.length, frame, True


def _frame_at(data: bytes, place: int) -> Frame | None:
    if data[place] != 0xFF:
        return None
    return FRAMES.get(data[place + 1] << 8 | data[place + 2])


def _followed(blob: BlobReader, at: int, frame: Frame) -> bool:
    """Whether another such frame, or the end, comes next: any 0xFF may look like a header."""
    after = blob.read_range(at + frame.length, 4)
    if len(after) < 4:
        return at + frame.length == blob.size
    following = _frame_at(after, 0)
    return following is not None and following.rate == frame.rate


def _claims(head: bytes) -> tuple[int | None, int]:
    """Return the count of frames in a Xing, Info or VBRI header, and the samples to trim."""
    if head[36:40] == b"VBRI" and len(head) >= 54:
        return int.from_bytes(head[50:54], "big"), 0
    place = max(head[:48].find(b"Xing"), head[:48].find(b"Info"))
    if place < 0 or not head[place + 7] & 1:
        return None, 0
    flags = head[place + 7]
    frames = int.from_bytes(head[place + 8 : place + 12], "big")
    lame = place + 12 + 4 * (flags >> 1 & 1) + 100 * (flags >> 2 & 1) + 4 * (flags >> 3 & 1)
    if head[lame : lame + 3] not in {b"LAM", b"Lav"}:
        return frames, 0
    gaps = int.from_bytes(head[lame + 21 : lame + 24], "big")
    return frames, (gaps >> 12) + (gaps & 0xFFF)
