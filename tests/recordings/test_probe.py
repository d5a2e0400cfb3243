"""Audio whose header says too much, too little or nothing about its length."""

import io
import struct
import time
import tracemalloc
from typing import Any

import numpy as np
import pytest
import soundfile

from recordings import mp3
from recordings.probe import NotAudio, Probed, TooLong, Truncated, probe
from recordings.receiving import begin_upload
from smartsvar.clock import database_now
from smartsvar.vault.blobs import BlobReader
from tests.cast import House, tone

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.either_stack]

RATE = 16000
SECONDS = 10
HEADER = b"\xff\xfb\x90"
NOISE = np.random.default_rng(7).uniform(-0.8, 0.8, RATE * SECONDS)


class Plain:
    """Bytes that are read like a sealed blob."""

    def __init__(self, data: bytes) -> None:
        self.data, self.size = data, len(data)

    def read_range(self, offset: int, size: int) -> bytes:
        return self.data[offset : offset + size]


def counted(data: bytes, limit: int = 1 << 40) -> Any:
    blob: Any = Plain(data)
    return mp3.count(blob, limit=limit)


def encoded(wave: Any, level: float, mode: str = "CONSTANT", rate: int = RATE) -> bytes:
    file = io.BytesIO()
    kind = {"compression_level": level, "bitrate_mode": mode}
    soundfile.write(file, wave, rate, format="MP3", **kind)
    return file.getvalue()


def frames_of(data: bytes) -> list[int]:
    """Return where each frame begins."""
    blob: Any = Plain(data)
    return [at for at, _ in mp3._walk(blob, 0)]


def without_count(data: bytes) -> bytes:
    """Drop the first frame where it holds the count of all of them; short ones have no room."""
    has_count = b"Xing" in data[:200] or b"Info" in data[:200]
    return data[frames_of(data)[1] :] if has_count else data


QUIET = without_count(encoded(NOISE * 0, 0.9))
LOUD = without_count(encoded(NOISE, 0.0))


def probed(house: House, audio: bytes, longest: int = 3600) -> Probed:
    """Probe audio as it is when it has been sealed."""
    upload = begin_upload(house.customer, at=database_now())
    upload.write(audio)
    upload.finish()
    try:
        with upload.spool.reader() as blob:
            assert isinstance(blob, BlobReader)
            return probe(blob, longest=longest)
    finally:
        upload.spool.discard()


@pytest.mark.parametrize("order", ["quiet first", "loud first"])
def test_an_mp3_of_two_bitrates_and_no_count_has_its_true_length(anna: House, order: str) -> None:
    audio = QUIET + LOUD if order == "quiet first" else LOUD + QUIET
    guessed = soundfile.info(io.BytesIO(audio)).duration
    assert abs(guessed - 2 * SECONDS) > 3  # libsndfile alone is far off
    found = probed(anna, audio)
    assert found.audio_format == "mp3"
    assert abs(found.duration_ms - 2000 * SECONDS) < 300
    assert found.peaks


@pytest.mark.parametrize("mode", ["CONSTANT", "VARIABLE", "AVERAGE"])
@pytest.mark.parametrize("rate", [8000, 16000, 44100])
def test_an_mp3_with_a_count_has_its_length_to_the_millisecond(mode: str, rate: int) -> None:
    samples = counted(encoded(np.resize(NOISE, rate * 5), 0.5, mode, rate))
    assert samples.samples == samples.claimed
    assert abs(samples.samples - rate * 5) <= 1


def test_an_mp3_behind_tags_and_before_them_is_counted(anna: House) -> None:
    tag = b"ID3\x04\x00\x00\x00\x00\x02\x00" + LOUD[:200] + bytes(56)
    audio = tag + LOUD + b"TAG" + bytes(125)
    assert counted(audio) == counted(LOUD)
    assert probed(anna, audio).duration_ms == probed(anna, LOUD).duration_ms


def test_an_mp3_with_a_count_and_half_its_frames_is_truncated(anna: House) -> None:
    audio = encoded(NOISE, 0.0)
    assert abs(probed(anna, audio).duration_ms - 1000 * SECONDS) < 10
    with pytest.raises(Truncated):
        probed(anna, audio[: len(audio) // 2])


def test_an_mp3_that_lasts_too_long_is_refused_by_its_count(anna: House) -> None:
    with pytest.raises(TooLong):
        probed(anna, LOUD + QUIET, longest=15)


def test_an_hour_of_mp3_is_counted_at_once() -> None:
    minute = without_count(encoded(np.zeros(44100 * 60), 0.5, rate=44100))
    start = time.process_time()
    assert counted(minute * 60).samples >= 3600 * 44100
    assert time.process_time() - start < 0.5


@pytest.mark.parametrize("data", [HEADER, b"\xff", b"ID3\x04\x00\x00\x00\x00\x00\x00"])
def test_what_only_looks_like_mp3_costs_little(data: bytes) -> None:
    start = time.process_time()
    found = counted(data * (3_000_000 // len(data)), limit=3600 * RATE)
    assert (found is None) == (data != HEADER)  # a row of headers is a row of frames
    assert time.process_time() - start < 2


def test_a_wav_whose_data_claims_more_than_came_is_truncated(anna: House) -> None:
    audio = bytearray(tone())
    place = audio.index(b"data")
    audio[place + 4 : place + 8] = struct.pack("<I", 10_000_000)
    with pytest.raises(Truncated):
        probed(anna, bytes(audio))


@pytest.mark.parametrize("unknown", [0, 0xFFFFFFFF])
def test_a_wav_of_a_recorder_that_streams_is_taken(anna: House, unknown: int) -> None:
    audio = bytearray(tone())
    place = audio.index(b"data")
    audio[4:8] = audio[place + 4 : place + 8] = struct.pack("<I", unknown)
    if unknown:
        assert probed(anna, bytes(audio)).duration_ms == 2000
    else:  # libsndfile takes zero at its word; it is not called cut
        with pytest.raises(NotAudio):
            probed(anna, bytes(audio))


@pytest.mark.parametrize("kind", ["OPUS", "VORBIS"])
def test_an_ogg_cut_in_half_is_truncated(anna: House, kind: str) -> None:
    audio = tone(20, rate=16000, form="OGG", kind=kind)
    assert abs(probed(anna, audio).duration_ms - 20_000) < 150
    last = audio.rindex(b"OggS")
    for end in (len(audio) // 2, last, len(audio) - 10):
        with pytest.raises(Truncated):
            probed(anna, audio[:end])


def test_a_thousand_channels_are_refused_and_eight_cost_little(anna: House) -> None:
    file = io.BytesIO()
    soundfile.write(file, np.zeros((2000, 1024), dtype="int16"), 8000, format="WAV")
    eight = io.BytesIO()
    soundfile.write(eight, np.zeros((400_000, 8), dtype="int16"), 8000, format="WAV")
    tracemalloc.start()
    try:
        with pytest.raises(NotAudio):
            probed(anna, file.getvalue())
        assert probed(anna, eight.getvalue()).duration_ms == 50_000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 30_000_000  # with the two files themselves
