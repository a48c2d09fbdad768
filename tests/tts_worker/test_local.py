"""The local voice: early, even, out of the way of the loop."""

import asyncio

import numpy as np
import pytest

from common.audio import SAMPLE_RATE_HZ, mulaw_to_pcm
from common.errors import VendorError
from tts_worker.loudness import Samples, active_level
from tts_worker.vendors.base import SpeechRequest
from tts_worker.vendors.local import LocalVoice

pytestmark = pytest.mark.speech

TWO_CLAUSES = "Sorry, I didn't hear you. Could you say that again?"


async def pieces(voice: LocalVoice, text: str, language: str = "en") -> list[bytes]:
    return [piece async for piece in voice.synthesise(SpeechRequest(text, language)) if piece]


async def samples(voice: LocalVoice, text: str, language: str = "en") -> Samples:
    pcm = mulaw_to_pcm(b"".join(await pieces(voice, text, language)))
    return np.asarray(np.frombuffer(pcm, "<i2") / 32768, np.float32)


async def test_the_first_clause_sounds_before_the_second_is_computed(local_voice: LocalVoice) -> None:
    assert len(await pieces(local_voice, TWO_CLAUSES)) >= 2


@pytest.mark.parametrize(("text", "language"), [(TWO_CLAUSES, "en"), ("Yes.", "en"), ("אתם עדיין על הקו?", "he")])
async def test_the_level_is_that_of_a_telephone_line(text: str, language: str, local_voice: LocalVoice) -> None:
    level = active_level(await samples(local_voice, text, language), SAMPLE_RATE_HZ)
    assert 20 * np.log10(level) == pytest.approx(-20, abs=1.5)


async def test_nothing_is_clipped(local_voice: LocalVoice) -> None:
    assert np.abs(await samples(local_voice, TWO_CLAUSES)).max() < 0.9


async def test_a_sentence_begins_and_ends_without_a_click(local_voice: LocalVoice) -> None:
    sound = await samples(local_voice, TWO_CLAUSES)
    assert max(abs(float(sound[0])), abs(float(sound[-1]))) < 0.01


async def test_speech_begins_within_150_ms_of_the_sound(local_voice: LocalVoice) -> None:
    sound = await samples(local_voice, TWO_CLAUSES)
    assert np.flatnonzero(np.abs(sound) > 0.02)[0] < 0.15 * SAMPLE_RATE_HZ


async def test_english_words_in_a_hebrew_sentence_are_spoken(local_voice: LocalVoice) -> None:
    assert len(await samples(local_voice, "יש הודעה ב email", "he")) > len(await samples(local_voice, "יש הודעה ב", "he"))


async def test_signs_alone_have_no_sound(local_voice: LocalVoice) -> None:
    assert await pieces(local_voice, "...") == []


async def test_an_empty_text_has_no_sound(local_voice: LocalVoice) -> None:
    assert await pieces(local_voice, "") == []


async def test_a_script_that_the_voice_cannot_read_is_said_and_not_tried_again(local_voice: LocalVoice) -> None:
    with pytest.raises(VendorError) as failed:
        await pieces(local_voice, "Здравствуйте", "ru")
    assert (failed.value.kind, failed.value.retryable) == ("script", False)


async def test_the_loop_goes_on_while_the_voice_computes(local_voice: LocalVoice) -> None:
    async with asyncio.TaskGroup() as tasks:
        speaking = tasks.create_task(pieces(local_voice, TWO_CLAUSES))
        turns = 0
        while not speaking.done():
            turns += 1
            await asyncio.sleep(0)
    assert turns > 100


async def test_a_cancelled_sentence_leaves_the_voice_well(local_voice: LocalVoice) -> None:
    async with asyncio.TaskGroup() as tasks:
        speaking = tasks.create_task(pieces(local_voice, TWO_CLAUSES))
        await asyncio.sleep(0)
        speaking.cancel()
    assert await pieces(local_voice, "Hello.")
