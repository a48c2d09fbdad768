"""What every ASR vendor promises, over all of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import get_args, get_type_hints

import pytest
import pytest_asyncio

from asr_worker.vendors import VENDORS
from asr_worker.vendors.base import Transcriber
from common.audio import silence
from common.config import Settings
from tests.vendors.openai_server import OpenAIServer, answer

SPEECH = silence(300) + bytes(range(0x20, 0x60)) * 60 + silence(300)
NAMES = ["scripted", "openai", "openai_2", pytest.param("whisper", marks=pytest.mark.speech)]


@asynccontextmanager
async def made(name: str, settings: Settings, script: list[object] | None = None) -> AsyncIterator[Transcriber]:
    """The vendor as the worker makes it; its server, where it has one, hears "hello"."""
    async with OpenAIServer(script or answer(200, {"text": " hello "})) as server:  # type: ignore[arg-type]
        vendor: Transcriber = VENDORS[name].make(replace(settings, asr_base_url=server.url))
        try:
            yield vendor
        finally:
            await vendor.close()


@pytest_asyncio.fixture(params=NAMES)
async def vendor(request: pytest.FixtureRequest, speech_settings: Settings) -> AsyncIterator[Transcriber]:
    """Each vendor in turn, warm."""
    async with made(request.param, speech_settings) as transcriber:
        await transcriber.warm_up()
        yield transcriber


def test_every_vendor_that_the_settings_take_is_registered() -> None:
    assert set(VENDORS) == set(get_args(get_type_hints(Settings)["asr_vendor"])) - {"auto"}


async def test_words_come_without_blanks_around_them(vendor: Transcriber) -> None:
    text = await vendor.transcribe(SPEECH, language="en", turn=1)
    assert text == text.strip()


async def test_no_sound_has_no_words(vendor: Transcriber) -> None:
    assert await vendor.transcribe(b"", language="en", turn=1) == ""


async def test_hebrew_is_taken(vendor: Transcriber) -> None:
    assert isinstance(await vendor.transcribe(SPEECH, language="he-IL", turn=1), str)


async def test_two_pieces_at_once_are_both_heard(vendor: Transcriber) -> None:
    heard = await asyncio.gather(*(vendor.transcribe(SPEECH, language="en", turn=1) for _ in range(2)))
    assert heard[0] == heard[1]


async def test_a_cancelled_piece_leaves_the_vendor_well(vendor: Transcriber) -> None:
    async with asyncio.TaskGroup() as tasks:
        cancelled = tasks.create_task(vendor.transcribe(SPEECH, language="en", turn=1))
        await asyncio.sleep(0)
        cancelled.cancel()
    assert isinstance(await vendor.transcribe(SPEECH, language="en", turn=1), str)


async def test_closing_twice_does_no_harm(vendor: Transcriber) -> None:
    await vendor.close()
    await vendor.close()


@pytest.mark.parametrize("name", ["scripted", "openai", "openai_2", "whisper"])
async def test_a_vendor_that_was_never_used_closes(name: str) -> None:
    async with made(name, Settings()):
        pass
