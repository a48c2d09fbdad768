"""Recordings of human callers, heard by the local recogniser."""

import json
from pathlib import Path
from typing import Any

import pytest

from asr_worker import gates
from asr_worker.vendors.whisper import WhisperTranscriber
from common.audio import duration_ms, wav_to_mulaw
from tests.speech.errors import word_errors

pytestmark = pytest.mark.speech

RECORDINGS = Path(__file__).parents[1] / "data" / "callers"
MANIFEST: list[dict[str, Any]] = json.loads((RECORDINGS / "manifest.json").read_text())
NOISE = [recording["file"] for recording in MANIFEST if recording["category"] == "noise"]


async def error_rate(language: str, whisper: WhisperTranscriber) -> float:
    """Word errors over all human recordings of a language."""
    wrong = said = 0
    for recording in MANIFEST:
        if recording["human"] and recording["language"] == language:
            heard = await whisper.transcribe(wav_to_mulaw(RECORDINGS / recording["file"]), language=language, turn=0)
            errors, words = word_errors(recording["text"], heard)
            wrong, said = wrong + errors, said + words
    return wrong / said


async def test_english_callers_are_understood(whisper: WhisperTranscriber) -> None:
    assert await error_rate("en", whisper) < 0.08


@pytest.mark.parametrize("language", ["es", "fr", "it", "ru"])
async def test_callers_in_other_languages_are_understood(language: str, whisper: WhisperTranscriber) -> None:
    assert await error_rate(language, whisper) < 0.3


@pytest.mark.parametrize("language", ["en", "he"])
@pytest.mark.parametrize("file", NOISE)
async def test_no_words_are_invented_on_noise(file: str, language: str, whisper: WhisperTranscriber) -> None:
    sound = wav_to_mulaw(RECORDINGS / file)
    heard = await whisper.transcribe(sound, language=language, turn=0)
    assert gates.passed(heard, duration_ms(sound), language).text == ""


async def test_the_same_sound_has_the_same_words(whisper: WhisperTranscriber) -> None:
    sound = wav_to_mulaw(RECORDINGS / "medium_en_demo-nomatch.wav")
    assert await whisper.transcribe(sound, language="en", turn=0) == await whisper.transcribe(sound, language="en", turn=1)
