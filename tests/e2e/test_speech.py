"""Calls with real speech, end to end: a human recording, Whisper, the rules, the local voice, and back again.

The reply's sound, as the caller heard it, is transcribed once more and must hold the reply's words.
Hebrew is heard by the scripted recogniser here: no free Hebrew recording exists that Whisper base
can read. What the local voice says in Hebrew is judged in ``tests/speech``.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from asr_worker.vendors.whisper import WhisperTranscriber
from common.config import Settings
from tests.e2e.gateway_process import RECORDINGS
from tests.e2e.house import House, house
from tests.e2e.placed import bot_side
from tests.servers import real_server

pytestmark = [pytest.mark.e2e, pytest.mark.speech]

QUESTION = RECORDINGS / "medium_en_demo-nomatch.wav"  # "I'm sorry there are no matches for those keywords"
INTERRUPTION = RECORDINGS / "short_en_please-try-again.wav"


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory, speech_settings: Settings, whisper: WhisperTranscriber) -> Iterator[House]:
    """A house that hears with Whisper and speaks with the local voice; the models are there, since ``whisper`` is.

    No filler, which a slow machine would need, stands in for the reply.
    """
    chosen = {"TORIM_CACHE": str(speech_settings.torim_cache.expanduser()), "LOG_TEXTS": "1", "PHRASE_FILLER": ""}
    with real_server() as server, house(tmp_path_factory.mktemp("house"), server.url, **chosen) as running:
        yield running


async def words_heard(recording: Path, whisper: WhisperTranscriber, first_ms: int, heard_ms: int) -> str:
    """What a stretch of the bot's sound says to a listener."""
    sound = bot_side(recording)[first_ms * 8 : (first_ms + heard_ms) * 8]
    return (await whisper.transcribe(sound, language="en", turn=0)).lower()


async def test_a_human_question_is_answered_in_words_that_can_be_understood(
    spoken: House, whisper: WhisperTranscriber, tmp_path: Path
) -> None:
    call = await asyncio.to_thread(spoken.call, "--language", "en", "--wav", QUESTION, "--out", tmp_path / "call.wav")
    reply = call["turns"][-1]
    words = await words_heard(tmp_path / "call.wav", whisper, reply["first_frame_ms"], reply["heard_ms"])
    assert {"keywords", "opening", "hours", "appointment"} <= set(words.replace("?", "").replace(",", "").replace(".", "").split())


def test_a_human_interruption_silences_the_bot_and_is_answered(spoken: House, tmp_path: Path) -> None:
    call = spoken.call("--language", "en", "--wav", QUESTION, "--barge-in", f"{INTERRUPTION}@1.2")
    first, second = call["turns"][-2:]
    assert (call["clears"], second["barge_in"]["frames_after_clear"], second["barge_in"]["resumed"]) == (1, 0, False)
    assert first["heard_ms"] < second["heard_ms"]


def test_a_hebrew_call_is_greeted_and_answered(tmp_path: Path, speech_settings: Settings, whisper: WhisperTranscriber) -> None:
    cache = str(speech_settings.torim_cache.expanduser())
    hears = {"ASR_VENDOR": "scripted", "SCRIPTED_ASR_TEXT": "מה שעות הפתיחה שלכם?", "TORIM_CACHE": cache}
    with real_server() as server, house(tmp_path, server.url, **hears) as running:
        call = running.call("--wav", RECORDINGS / "hebrew_h-hours.wav", "--expect", "1", "--expect", "greetings=1")
    assert call["code"] == 0
