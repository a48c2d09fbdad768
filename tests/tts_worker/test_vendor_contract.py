"""What every TTS vendor promises, over all of them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import get_args, get_type_hints

import pytest
import pytest_asyncio

from common.audio import duration_ms, mulaw_to_pcm, resample, rms
from common.config import Settings
from common.vendor_stream import closing
from tests.vendors.google_server import GoogleServer
from tests.vendors.openai_server import OpenAIServer
from tests.vendors.openai_service import OpenAIService
from tts_worker.tones import tone
from tts_worker.vendors import VENDORS
from tts_worker.vendors.base import SpeechRequest, Voice, WordEnds

REQUEST = SpeechRequest("Hello, how are you today?", "en", 1, 0)
STREAMING, IN_ONE_PIECE = "en-US-Chirp3-HD-Aoede", "en-US-Wavenet-A"


@dataclass(frozen=True)
class Candidate:
    """A vendor, and how it is set up."""

    name: str
    voice: str = STREAMING


CANDIDATES = [
    pytest.param(Candidate("tone"), id="tone"),
    pytest.param(Candidate("google"), id="google-stream"),
    pytest.param(Candidate("google", IN_ONE_PIECE), id="google-in-one-piece"),
    pytest.param(Candidate("google_unary"), id="google_unary"),
    pytest.param(Candidate("openai"), id="openai"),
    pytest.param(Candidate("local"), id="local", marks=pytest.mark.speech),
]


@pytest_asyncio.fixture(params=CANDIDATES)
async def vendor(request: pytest.FixtureRequest, speech_settings: Settings) -> AsyncIterator[Voice]:
    """Each vendor in turn, warm."""
    candidate: Candidate = request.param
    speech = resample(mulaw_to_pcm(tone(1, 0, 1200)), 8000, 24_000)
    async with GoogleServer([tone(1, 0, 800), tone(1, 0, 400)]) as server, OpenAIServer(OpenAIService(speech=speech)) as openai:
        settings = replace(
            speech_settings,
            tts_base_url=server.url,
            tts_openai_base_url=openai.url,
            tts_voice=candidate.voice,
            tone_real_time_factor=0.0,
        )
        voice: Voice = VENDORS[candidate.name].make(settings)
        await voice.warm_up()
        yield voice
        await voice.close()


async def spoken(vendor: Voice, request: SpeechRequest = REQUEST) -> bytes:
    return b"".join([piece async for piece in vendor.synthesise(request) if isinstance(piece, bytes)])


def test_every_vendor_that_the_settings_take_is_registered() -> None:
    assert set(VENDORS) == set(get_args(get_type_hints(Settings)["tts_vendor"])) - {"auto"}


async def test_a_sentence_sounds_for_as_long_as_speech_does(vendor: Voice) -> None:
    assert 600 < duration_ms(await spoken(vendor)) < 6000


async def test_a_sentence_is_loud_enough_to_be_heard(vendor: Voice) -> None:
    assert rms(mulaw_to_pcm(await spoken(vendor))) > 300


async def test_the_sound_has_no_header(vendor: Voice) -> None:
    assert not (await spoken(vendor)).startswith(b"RIFF")


async def test_hebrew_is_spoken(vendor: Voice) -> None:
    assert duration_ms(await spoken(vendor, SpeechRequest("שלום, מה שלומך?", "he", 1, 0))) > 300


async def test_a_sentence_that_is_left_early_leaves_the_vendor_well(vendor: Voice) -> None:
    async with closing(vendor.synthesise(REQUEST)) as sound:
        await anext(sound)
    assert await spoken(vendor)


async def test_two_sentences_at_once_are_both_spoken(vendor: Voice) -> None:
    one, two = await asyncio.gather(spoken(vendor), spoken(vendor))
    assert min(duration_ms(one), duration_ms(two)) > 600


async def test_closing_twice_does_no_harm(vendor: Voice) -> None:
    await vendor.close()
    await vendor.close()


async def test_word_ends_that_are_told_are_in_order_and_in_the_sound(vendor: Voice) -> None:
    pieces = [piece async for piece in vendor.synthesise(REQUEST)]
    ends = [at for piece in pieces if isinstance(piece, WordEnds) for at in piece.at_bytes]
    length = sum(len(piece) for piece in pieces if isinstance(piece, bytes))
    assert ends == sorted(ends)
    assert all(0 < end <= length for end in ends)
    assert len(ends) in (0, len(REQUEST.text.split()))
