"""The TTS vendors as one: who speaks more slowly than is listened to has failed."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from common.audio import silence
from common.config import Settings
from common.errors import VendorError
from common.lineup import Lineup
from tests.vendors.google_server import GoogleServer
from tests.vendors.openai_server import OpenAIServer, refusal
from tests.vendors.openai_service import OpenAIService
from tests.vendors.sounds import wav
from tests.virtual_clock import run
from tts_worker.__main__ import voice_of
from tts_worker.lineup import StandingIn, Voices
from tts_worker.vendors.base import SpeechRequest, StandIn, Voice, WordEnds

REQUEST = SpeechRequest("Hello.", "en")
Step = int | float | WordEnds
"""Milliseconds of sound, a pause in seconds, or where words end."""


class Scripted:
    """A voice that follows its script."""

    def __init__(self, *script: Step) -> None:
        self._script = script

    async def warm_up(self) -> None: ...

    async def synthesise(self, request: SpeechRequest) -> AsyncIterator[bytes | WordEnds]:
        for step in self._script:
            match step:
                case float():
                    await asyncio.sleep(step)
                case int():
                    yield silence(step)
                case ends:
                    yield ends

    async def close(self) -> None: ...


DRIP: list[Step] = [*(each for _ in range(9) for each in (100, 1.2))]


def spoken(*voices: Voice, times: int = 1) -> tuple[int, float]:
    """How many bytes came at the last of so many times, and when it was through; the others fail."""

    async def speak() -> tuple[int, float]:
        line = Voices(Lineup("tts", [(f"voice {number}", each) for number, each in enumerate(voices)], may_be_empty=False))
        for _ in range(times - 1):
            with pytest.raises(VendorError):
                _ = [piece async for piece in line.synthesise(REQUEST)]
        came = [piece async for piece in line.synthesise(REQUEST)]
        return sum(len(piece) for piece in came if isinstance(piece, bytes)), asyncio.get_running_loop().time()

    return run(speak())


def test_sound_that_drips_has_failed_once_the_line_is_dry() -> None:
    with pytest.raises(VendorError, match="voice 0: too_slow"):
        spoken(Scripted(*DRIP))


def test_what_dripped_is_spoken_by_the_next_voice() -> None:
    heard_bytes, at_s = spoken(Scripted(*DRIP), Scripted(700), times=2)
    assert heard_bytes == 5600
    assert at_s == pytest.approx(2 * 1.2)


def test_a_voice_at_just_real_time_is_heard_out() -> None:
    assert spoken(Scripted(100, *9 * [0.1, 100]))[0] == 8000


def test_where_words_end_is_no_sound() -> None:
    assert spoken(Scripted(WordEnds((80,)), 1.4, 100, WordEnds((90,)), 1.4, 100))[0] == 1600


async def marked(voice: Voice) -> list[tuple[type, bytes]]:
    """The sound of a sentence, and as what it comes."""
    return [(type(piece), bytes(piece)) async for piece in voice.synthesise(REQUEST) if isinstance(piece, bytes)]


def test_sound_of_a_voice_behind_the_first_says_so() -> None:
    assert run(marked(StandingIn(Scripted(WordEnds((80,)), 10)))) == [(StandIn, silence(10))]


@pytest.mark.parametrize("cache_mb", [0, 16])
async def test_every_voice_of_a_house_but_the_first_says_so(cache_mb: float) -> None:
    first, behind = OpenAIServer(refusal(500)), GoogleServer([wav(silence(10))])
    async with first, behind:
        urls = {"tts_openai_base_url": first.url, "tts_base_url": behind.url}
        made = Settings(redis_url="redis://127.0.0.1:1", tts_vendor="openai", tts_fallback="google_unary", tts_cache_mb=cache_mb, **urls)  # type: ignore[arg-type]
        voice = voice_of(made)
        came = await marked(voice)
        await voice.close()
    assert came == [(StandIn, silence(10))]


async def test_the_first_voice_of_a_house_does_not() -> None:
    async with OpenAIServer(OpenAIService()) as server:
        voice = voice_of(Settings(redis_url="redis://127.0.0.1:1", tts_vendor="openai", tts_openai_base_url=server.url))
        came = await marked(voice)
        await voice.close()
    assert {kind for kind, _ in came} == {bytes}
