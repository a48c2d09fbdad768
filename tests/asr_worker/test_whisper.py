"""The local recogniser, and what the gates make of it."""

import pytest

from asr_worker import gates
from asr_worker.vendors.base import Hints
from asr_worker.vendors.whisper import WhisperTranscriber
from common.audio import silence, wav_to_mulaw
from common.errors import VendorError
from tests.speech.test_callers_are_understood import RECORDINGS


@pytest.mark.speech
async def test_audio_shorter_than_any_word_has_none(whisper: WhisperTranscriber) -> None:
    assert await whisper.transcribe(silence(20), language="en", turn=0) == ""


@pytest.mark.speech
async def test_silence_has_no_words(whisper: WhisperTranscriber) -> None:
    assert gates.passed(await whisper.transcribe(silence(1000), language="he", turn=0), 1000, "he").text == ""


@pytest.mark.speech
async def test_a_language_is_known_by_its_tag_with_a_region(whisper: WhisperTranscriber) -> None:
    sound = wav_to_mulaw(RECORDINGS / "short_en_please-try-again.wav")
    assert "try again" in await whisper.transcribe(sound, language="en-GB", turn=0)


@pytest.mark.speech
async def test_a_language_that_the_model_has_not_is_not_tried_again(whisper: WhisperTranscriber) -> None:
    with pytest.raises(VendorError) as failed:
        await whisper.transcribe(silence(1000), language="xx", turn=0)
    assert (failed.value.kind, failed.value.retryable, failed.value.blame) == ("language", False, "request")


CLINIC = Hints(("Karmiel", "Rosenbaum", "Moovit"))


@pytest.mark.speech
async def test_a_caller_is_heard_with_a_vocabulary_as_without(whisper: WhisperTranscriber) -> None:
    sound = wav_to_mulaw(RECORDINGS / "short_en_please-try-again.wav")
    assert "try again" in await whisper.transcribe(sound, language="en", turn=0, hints=CLINIC)


@pytest.mark.speech
async def test_a_vocabulary_makes_no_words_of_noise(whisper: WhisperTranscriber) -> None:
    sound = wav_to_mulaw(RECORDINGS / "noise_street-like_brown-hum_rms400.wav")[:24_000]
    heard = await whisper.transcribe(sound, language="en", turn=0, hints=CLINIC)
    assert gates.passed(heard, 3000, "en", CLINIC.vocabulary).text == ""
