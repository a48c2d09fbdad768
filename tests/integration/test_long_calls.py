"""A model that writes a long call of a tool, over real sockets and in real time: fillers, never a silence, and then the answer."""

import asyncio
import json
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from asr_worker.vendors.scripted import ScriptedTranscriber
from common.config import Settings
from common.lineup import Lineup
from llm_worker.lineup import Models
from llm_worker.tools import Occasion, Tool
from llm_worker.vendors.openai import OpenAIModel
from tests.integration.pipeline import Pipeline, fake_server
from tests.integration.whole import exchange
from tests.vendors.openai_server import OpenAIServer, Pause, Request, Script, completion, tool_completion
from tts_worker.vendors.tone import ToneVoice

pytestmark = pytest.mark.e2e

NOTE = ("הודעה למרפאה. " * 30)[:400]
TOKENS_PER_S = 40
_LETTERS_PER_TOKEN = 1
_LONGEST_SILENCE_S = 5.0
"""After so long, by the rules of a turn, a bot that waits has something to say."""


class Note(msgspec.Struct):
    text: str


def taking(request: Request) -> Script:
    """A call with all of the note at so many tokens a second, then what is said of it."""
    if any(message["role"] == "tool" for message in request.json["messages"]):
        return completion("It is written down.")
    head, role, call, *pieces = tool_completion(("take_note", json.dumps({"text": NOTE}, ensure_ascii=False)), said="")
    tokens_in_piece = 5 / _LETTERS_PER_TOKEN
    paced = [step for piece in pieces for step in (Pause(tokens_in_piece / TOKENS_PER_S), piece)]
    return [Pause(0.5), head, role, call, *paced]


async def test_a_note_of_400_hebrew_letters_is_taken_and_no_fallback_heard(tmp_path: Path) -> None:
    taken: list[str] = []

    async def take_note(note: Note, occasion: Occasion) -> str:
        taken.append(note.text)
        return "done"

    async with OpenAIServer(taking) as server:
        model = OpenAIModel(Settings(llm_base_url=server.url))

        def staff(pipe: Pipeline, settings: Settings) -> None:
            pipe.start_asr(ScriptedTranscriber(settings))
            pipe.start_llm(Models(Lineup("llm", [("openai", model)])), {"take_note": Tool("take_note", "", Note, "none", 5.0, take_note)})
            pipe.start_tts(ToneVoice(settings))

        async with exchange(fake_server(), tmp_path, staff, greeting="", language="en") as house:
            caller = house.ring()
            began_s = asyncio.get_running_loop().time()
            caller.say()
            await caller.until(lambda: (1, 0) in caller.sentences)
            caller.hang_up()
            heard_s = [began_s, *(at_s for _, at_s in caller.line.arrived)]
        await model.close()
    assert (taken, len(server.requests)) == ([NOTE], 2)
    assert heard_s[-1] - began_s > 2 * _LONGEST_SILENCE_S
    assert max(later - earlier for earlier, later in pairwise(heard_s)) < _LONGEST_SILENCE_S
