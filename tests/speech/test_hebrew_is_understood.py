"""Hebrew of the local voice, read back by Whisper: ten fixed sentences, the default phrases among them.

Errors of a sentence are capped at all of its characters; three takes, since the voice draws its
melody at random, and the median counts. Whisper base itself misses 9 % of human Hebrew's characters.
"""

import statistics
from pathlib import Path

import pytest

from asr_worker.vendors.whisper import WhisperTranscriber
from common.audio import silence
from common.config import Settings
from common.phrases import phrases
from tests.speech.errors import character_error_rate
from tests.speech.espeak import Espeak
from tts_worker.front_end import speakable
from tts_worker.vendors.base import SpeechRequest
from tts_worker.vendors.local import LocalVoice

pytestmark = pytest.mark.speech

SENTENCES = (Path(__file__).parents[1] / "data" / "hebrew_sentences.txt").read_text().splitlines()
TAKES = 3
LEAD = silence(300)
"""A line is never speech from its first to its last sample."""


async def errors_of(sound: bytes, sentence: str, whisper: WhisperTranscriber) -> float:
    return character_error_rate(sentence, await whisper.transcribe(LEAD + sound + LEAD, language="he", turn=0))


async def errors_of_a_take(sentence: str, voice: LocalVoice, whisper: WhisperTranscriber) -> float:
    sound = b"".join([piece async for piece in voice.synthesise(SpeechRequest(speakable(sentence, "he").text, "he"))])
    return await errors_of(sound, sentence, whisper)


async def errors_of_the_local_voice(voice: LocalVoice, whisper: WhisperTranscriber) -> float:
    takes = [[await errors_of_a_take(sentence, voice, whisper) for _ in range(TAKES)] for sentence in SENTENCES]
    return statistics.mean(map(statistics.median, takes))


async def errors_of_espeak(whisper: WhisperTranscriber) -> float:
    espeak = Espeak()
    return statistics.mean([await errors_of(espeak.speak(sentence), sentence, whisper) for sentence in SENTENCES])


def test_there_are_ten_sentences() -> None:
    assert len(set(SENTENCES)) == 10


def test_the_default_phrases_are_among_the_sentences() -> None:
    spoken = phrases(Settings(), "he")
    defaults = {spoken.greeting, spoken.repeat, spoken.filler, spoken.fallback, spoken.still_there, spoken.goodbye, spoken.empty_reply}
    assert defaults <= set(SENTENCES)


async def test_hebrew_replies_are_understood(local_voice: LocalVoice, whisper: WhisperTranscriber) -> None:
    ours, plain = await errors_of_the_local_voice(local_voice, whisper), await errors_of_espeak(whisper)
    told = f"characters read wrong: local {ours:.1%}, espeak-ng {plain:.1%}"
    print(told)  # noqa: T201 - pytest -rP shows it
    assert ours <= min(0.45, 0.6 * plain), told
