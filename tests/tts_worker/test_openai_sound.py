"""What a server of OpenAI's speech may answer with: samples of any rate, and nothing that would be heard as a roar."""

import io
import wave
from itertools import pairwise

import numpy as np
import pytest

from common.errors import VendorError
from tts_worker.vendors.openai_sound import Samples

PCM = bytes(range(200))
MP3 = b"ID3\x04\x00\x00\x00\x00\x00\x00\xff\xfb\x90\x64" + bytes(200)


def wav(rate_hz: int = 24_000, channels: int = 1, width: int = 2) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate_hz)
        file.writeframes(PCM)
    return out.getvalue()


def swapped(pcm: bytes) -> bytes:
    return np.frombuffer(pcm, "<i2").astype(">i2").tobytes()


def read(kind: str, data: bytes, piece_bytes: int = 7) -> tuple[bytes, int]:
    """The samples and their rate, of what comes in pieces."""
    samples = Samples(kind)
    cuts = [*range(0, len(data), piece_bytes), len(data)]
    return b"".join(samples.push(data[begin:end]) for begin, end in pairwise(cuts)), samples.rate_hz


@pytest.mark.parametrize(
    "kind", ["audio/pcm", "audio/pcm;codec=s16le", "audio/L16;codec=pcm;rate=24000", "application/octet-stream", "Audio/PCM"]
)
def test_samples_without_a_header_are_taken_as_they_are(kind: str) -> None:
    assert read(kind, PCM) == (PCM, 24_000)


def test_the_rate_may_stand_in_the_type() -> None:
    assert read("audio/pcm; rate=16000", PCM) == (PCM, 16_000)


@pytest.mark.parametrize("kind", ["audio/L16", "audio/l16; rate=24000; channels=1", 'audio/L16;rate="24000";endianness=big-endian'])
def test_samples_in_the_order_of_the_network_are_turned_round(kind: str) -> None:
    assert read(kind, swapped(PCM)) == (PCM, 24_000)


@pytest.mark.parametrize("kind", ["audio/wav", "audio/x-wav", "audio/pcm", "audio/L16", "application/octet-stream"])
@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 24_000, 48_000])
def test_the_header_of_a_wav_file_is_not_heard_and_tells_the_rate(kind: str, rate_hz: int) -> None:
    assert read(kind, wav(rate_hz)) == (PCM, rate_hz)


def test_what_stands_behind_the_sound_of_a_wav_file_is_not_heard() -> None:
    assert read("audio/wav", wav() + b"LIST\x04\x00\x00\x00INFO") == (PCM, 24_000)


@pytest.mark.parametrize("size", [0, 0xFFFF_FFFF, 0x7FFF_FFFF])
def test_a_wav_file_that_streams_does_not_know_its_length(size: int) -> None:
    file = wav()
    assert read("audio/wav", file[:40] + size.to_bytes(4, "little") + file[44:]) == (PCM, 24_000)


def test_a_chunk_before_the_sound_is_passed_over() -> None:
    file = wav()
    assert read("audio/wav", file[:12] + b"LIST\x03\x00\x00\x00abc\x00" + file[12:]) == (PCM, 24_000)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("audio/mpeg", MP3),
        ("audio/opus", b"OggS"),
        ("audio/wav", MP3),
        ("audio/wav", wav(channels=2)),
        ("audio/pcm;channels=2", PCM),
        ("audio/L16;rate=24000;channels=2", PCM),
        ("audio/pcm;rate=240", PCM),
        ("audio/wav", wav(width=1)),
        ("audio/wav", b"RIFF\x00\x00\x00\x00WAVE" + b"LIST\xff\xff\xff\x00" + bytes(70_000)),
    ],
)
def test_what_would_be_a_roar_is_the_operators_to_mend(kind: str, data: bytes) -> None:
    with pytest.raises(VendorError) as failed:
        read(kind, data, 1000)
    assert (failed.value.kind, failed.value.retryable, failed.value.blame) == ("not_pcm", False, "settings")


@pytest.mark.parametrize(
    ("kind", "data", "came"),
    [
        ("audio/L16;rate=24000;channels=2", PCM, "audio/L16;rate=24000;channels=2"),
        ("audio/wav", wav(16_000, channels=2), "WAV of encoding 1, 2 channels, 16 bits, 16000 Hz"),
        ("audio/wav", b"\xff\xfb\x90\x64" + bytes(200), "audio/wav without a header"),
        ("application/octet-stream", MP3, "MP3 as application/octet-stream"),
        ("audio/pcm", b"OggS" + bytes(200), "Ogg as audio/pcm"),
        ("audio/pcm", b"fLaC" + bytes(200), "FLAC as audio/pcm"),
        ("audio/pcm", b'{"error":{"message":"no more"}}', "JSON as audio/pcm"),
        ("audio/pcm", b"<!DOCTYPE html><html></html>", "HTML as audio/pcm"),
    ],
)
def test_what_came_is_told_and_what_would_do(kind: str, data: bytes, came: str) -> None:
    with pytest.raises(VendorError) as failed:
        read(kind, data)
    assert failed.value.why == f"came {came}; takes 16-bit mono PCM or WAV"


@pytest.mark.parametrize("kind", ["text/html", "application/json", ""])
def test_what_is_no_sound_is_a_bad_answer(kind: str) -> None:
    with pytest.raises(VendorError, match="bad_answer"):
        Samples(kind)


def test_an_odd_byte_waits_for_the_next_one() -> None:
    samples = Samples("audio/pcm")
    assert (samples.push(b"\x01"), samples.push(b"\x02\x03"), samples.push(b"\x04")) == (b"", b"\x01\x02", b"\x03\x04")
