"""The line's format and the ways into and out of it."""

import array
import struct
import wave
from pathlib import Path

import numpy as np
import pytest

from common import audio


def pcm_tone(hz: float, *, rate_hz: int, ms: int = 500, peak: int = 10000) -> bytes:
    times = np.arange(rate_hz * ms // 1000) / rate_hz
    return (peak * np.sin(2 * np.pi * hz * times)).astype("<i2").tobytes()


def strongest_hz(pcm: bytes, rate_hz: int) -> float:
    samples = np.frombuffer(pcm, "<i2").astype(float)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * rate_hz / len(samples))


def write_wav(path: Path, pcm: bytes, *, rate_hz: int, channels: int = 1, width: int = 2) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate_hz)
        file.writeframes(pcm)
    return path


# --- Mu-law


def test_a_frame_is_160_bytes_of_20_ms() -> None:
    assert (audio.FRAME_BYTES, audio.FRAME_MS, audio.SAMPLE_RATE_HZ) == (160, 20, 8000)


def test_silence_decodes_to_zeros() -> None:
    assert audio.mulaw_to_pcm(bytes([audio.SILENCE_BYTE]) * 160) == bytes(320)


def test_zeros_encode_to_silence() -> None:
    assert audio.pcm_to_mulaw(bytes(320)) == bytes([audio.SILENCE_BYTE]) * 160


def test_every_mulaw_byte_but_the_second_zero_survives_decoding_and_encoding() -> None:
    every = bytes(range(256))
    assert audio.pcm_to_mulaw(audio.mulaw_to_pcm(every)) == every.replace(b"\x7f", b"\xff")


def test_an_odd_last_byte_of_pcm_is_dropped() -> None:
    assert len(audio.pcm_to_mulaw(bytes(321))) == 160


def test_rms_of_a_square_wave_is_its_height() -> None:
    assert audio.rms(array.array("h", [500, -500] * 80).tobytes()) == 500


def test_rms_of_nothing_is_zero() -> None:
    assert audio.rms(b"") == 0


def test_silence_is_as_long_as_asked() -> None:
    assert audio.duration_ms(audio.silence(120)) == 120


# --- Beep


def test_attenuated_speech_is_quieter_by_so_much() -> None:
    loud = audio.beep()
    ratio = audio.rms(audio.mulaw_to_pcm(loud)) / audio.rms(audio.mulaw_to_pcm(loud.translate(audio.attenuation(12.0))))
    assert 20 * np.log10(ratio) == pytest.approx(12.0, abs=0.3)


def test_attenuated_silence_is_silence() -> None:
    assert audio.silence(20).translate(audio.attenuation(12.0)) == audio.silence(20)


def test_beep_is_300_ms_of_whole_frames() -> None:
    assert len(audio.beep()) == 15 * audio.FRAME_BYTES


def test_beep_sounds_at_440_hz() -> None:
    assert strongest_hz(audio.mulaw_to_pcm(audio.beep()), 8000) == pytest.approx(440, abs=4)


def test_beep_begins_and_ends_without_a_click() -> None:
    samples = np.frombuffer(audio.mulaw_to_pcm(audio.beep()), "<i2")
    assert max(abs(int(samples[0])), abs(int(samples[-1]))) < 300


# --- Resampling


@pytest.mark.parametrize(("from_hz", "to_hz"), [(22050, 8000), (24000, 8000), (8000, 16000)])
def test_resampled_sound_is_as_long_as_before(from_hz: int, to_hz: int) -> None:
    out = audio.resample(pcm_tone(440, rate_hz=from_hz), from_hz, to_hz)
    assert len(out) // 2 == pytest.approx(to_hz // 2, abs=1)


@pytest.mark.parametrize(("from_hz", "to_hz"), [(22050, 8000), (24000, 8000), (8000, 16000)])
def test_resampling_keeps_the_pitch(from_hz: int, to_hz: int) -> None:
    out = audio.resample(pcm_tone(1000, rate_hz=from_hz), from_hz, to_hz)
    assert strongest_hz(out, to_hz) == pytest.approx(1000, abs=4)


def test_what_the_line_cannot_carry_does_not_fold_back_as_another_pitch() -> None:
    out = audio.resample(pcm_tone(7000, rate_hz=24000), 24000, 8000)
    assert audio.rms(out[400:-400]) < 10


def test_pieces_of_any_size_resample_to_the_same_sound() -> None:
    pcm = pcm_tone(700, rate_hz=22050)
    resampler = audio.Resampler(22050, 8000)
    pieces = b"".join(resampler.push(pcm[at : at + 738]) for at in range(0, len(pcm), 738)) + resampler.flush()
    difference = np.frombuffer(pieces, "<i2").astype(int) - np.frombuffer(audio.resample(pcm, 22050, 8000), "<i2")
    assert np.abs(difference).max() <= 1


def test_resampled_silence_is_silent() -> None:
    assert not any(audio.resample(bytes(9600), 24000, 8000))


def test_too_loud_peaks_are_clipped_and_do_not_wrap() -> None:
    square = np.where(np.arange(2205) // 25 % 2, 32767, -32768).astype("<i2").tobytes()
    steps = np.diff(np.frombuffer(audio.resample(square, 22050, 8000), "<i2").astype(int))
    assert np.count_nonzero(np.abs(steps) > 50000) <= 2205 // 25


def test_the_same_rate_needs_no_resampling() -> None:
    pcm = pcm_tone(440, rate_hz=8000)
    assert audio.resample(pcm, 8000, 8000) is pcm


# --- WAV


def riff(*chunks: tuple[bytes, bytes], size: int | None = None) -> bytes:
    body = b"WAVE"
    for name, content in chunks:
        length = size if size is not None and name == b"data" else len(content)
        body += struct.pack("<4sI", name, length) + content + b"\0" * (len(content) % 2)
    return struct.pack("<4sI", b"RIFF", len(body)) + body


def test_the_header_is_stripped() -> None:
    assert audio.strip_wav_header(riff((b"fmt ", bytes(16)), (b"data", b"sound!"))) == b"sound!"


def test_chunks_between_format_and_sound_are_stripped() -> None:
    assert audio.strip_wav_header(riff((b"fmt ", bytes(18)), (b"fact", b"odd"), (b"data", b"sound!"))) == b"sound!"


def test_chunks_after_the_sound_are_stripped() -> None:
    assert audio.strip_wav_header(riff((b"fmt ", bytes(16)), (b"data", b"sound!"), (b"LIST", b"name"))) == b"sound!"


@pytest.mark.parametrize("size", [0, 2**32 - 1])
def test_a_streamed_file_of_unknown_length_is_sound_to_its_end(size: int) -> None:
    assert audio.strip_wav_header(riff((b"fmt ", bytes(16)), (b"data", b"sound!"), size=size)) == b"sound!"


def test_sound_without_a_header_stays_as_it_is() -> None:
    assert audio.strip_wav_header(b"\xff" * 160) == b"\xff" * 160


def test_a_file_without_sound_has_none() -> None:
    assert audio.strip_wav_header(riff((b"fmt ", bytes(16)))) == b""


def test_a_header_tells_what_its_sound_is() -> None:
    form = struct.pack("<HHIIHH", 1, 2, 16_000, 64_000, 4, 16)
    file = riff((b"LIST", b"odd"), (b"fmt ", form), (b"data", b"sound!"))
    assert audio.wav_header(file) == audio.WavHeader(1, 2, 16_000, 16, len(file) - 6, 6)


def test_a_header_that_is_not_there_as_a_whole_tells_nothing() -> None:
    file = riff((b"fmt ", bytes(16)), (b"data", b""))
    assert [audio.wav_header(file[:length]) for length in range(len(file))] == len(file) * [None]


def test_a_wav_file_is_read_at_the_rate_of_the_line(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", pcm_tone(600, rate_hz=22050), rate_hz=22050)
    assert strongest_hz(audio.mulaw_to_pcm(audio.wav_to_mulaw(path)), 8000) == pytest.approx(600, abs=4)


def test_two_channels_are_mixed(tmp_path: Path) -> None:
    stereo = np.column_stack([np.full(800, 4000), np.full(800, 0)]).astype("<i2").tobytes()
    path = write_wav(tmp_path / "a.wav", stereo, rate_hz=8000, channels=2)
    assert audio.rms(audio.mulaw_to_pcm(audio.wav_to_mulaw(path))) == pytest.approx(2000, rel=0.05)


def test_other_than_16_bits_are_refused(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", bytes(100), rate_hz=8000, width=1)
    with pytest.raises(wave.Error, match="16 are needed"):
        audio.wav_to_mulaw(path)


def test_more_than_two_channels_are_refused(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", bytes(120), rate_hz=8000, channels=3)
    with pytest.raises(wave.Error, match="one or two"):
        audio.wav_to_mulaw(path)


def test_what_was_written_as_wav_reads_back_the_same(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", audio.mulaw_to_pcm(audio.beep()), rate_hz=8000)
    assert audio.wav_to_mulaw(path) == audio.beep()
