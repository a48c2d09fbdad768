"""A voice that fails during a call, over real processes and the true gRPC protocol: a beep, then words, never silence (S13)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import grpc
import pytest

from tests.e2e.gateway_process import RECORDINGS
from tests.e2e.house import House, house
from tests.e2e.placed import Placed, place
from tests.servers import real_server
from tests.vendors.google_server import Fail, GoogleServer
from tts_worker.tones import BEEP, tone

pytestmark = pytest.mark.e2e

PHRASE = (15, 0)
"""Turn and sentence in whose tones the fixed phrases are spoken."""
SETTINGS = {"ASR_VENDOR": "scripted", "LLM_VENDOR": "scripted", "TTS_VENDOR": "google", "SCRIPTED_LLM_REPLY": "the reply of turn {turn}"}


@asynccontextmanager
async def house_with_a_voice(folder: Path) -> AsyncIterator[tuple[House, GoogleServer]]:
    """A house whose voice works while the fixed phrases are made."""
    async with GoogleServer([tone(*PHRASE, length_ms=400)]) as voice:
        with ExitStack() as stack:
            url = stack.enter_context(real_server()).url
            running = house(folder, url, TTS_BASE_URL=voice.url, **SETTINGS)
            yield await asyncio.to_thread(stack.enter_context, running), voice


@pytest.fixture
async def call(tmp_path: Path) -> Placed:
    """A call during which every synthesis fails."""
    async with house_with_a_voice(tmp_path) as (running, voice):
        voice.script = [Fail(grpc.StatusCode.UNAVAILABLE)]
        hello = RECORDINGS / "short_en_hello.wav"
        return await asyncio.to_thread(place, running, tmp_path / "call.wav", "--no-greeting", "--wav", hello, "--gap", "2")


async def test_s13_where_speech_fails_a_beep_is_heard_and_the_fallback_follows(call: Placed) -> None:
    assert [(tone.turn, tone.sentence) for tone in call.tones][-2:] == [BEEP, PHRASE]


async def test_s13_the_failure_is_told(call: Placed) -> None:
    assert call.events.count("STAGE_FAILED") == 1
