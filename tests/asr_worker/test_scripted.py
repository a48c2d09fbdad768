"""The recogniser that hears what it is told to."""

import asyncio

import pytest

from asr_worker.vendors.scripted import ScriptedTranscriber
from common import config
from common.audio import silence
from tests import virtual_clock


async def heard(audio: bytes = silence(100), turn: int = 7, **environ: str) -> tuple[str, float]:
    """The text, and when it came."""
    transcriber = ScriptedTranscriber(config.load({name.upper(): value for name, value in environ.items()}))
    text = await transcriber.transcribe(audio, language="he", turn=turn)
    return text, asyncio.get_running_loop().time()


def test_the_scripted_text_is_heard() -> None:
    assert virtual_clock.run(heard(scripted_asr_text="שלום"))[0] == "שלום"


def test_the_turn_stands_in_the_default_text() -> None:
    assert "7" in virtual_clock.run(heard())[0]


def test_other_braces_in_the_text_are_left_alone() -> None:
    assert virtual_clock.run(heard(scripted_asr_text="{x} {turn}"))[0] == "{x} 7"


def test_nothing_is_heard_in_no_audio() -> None:
    assert virtual_clock.run(heard(audio=b""))[0] == ""


def test_the_text_comes_after_its_delay() -> None:
    assert virtual_clock.run(heard(scripted_asr_delay_ms="400"))[1] == pytest.approx(0.4)
