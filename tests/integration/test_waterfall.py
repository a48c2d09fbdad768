"""The steps of a wait in a whole house on a virtual clock: there only vendors take time, so that nothing may be left unexplained."""

import asyncio
import json
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import pytest

from asr_worker.vendors.scripted import ScriptedTranscriber
from asr_worker.worker import AsrWorker
from common.agents.overlay import house
from common.config import Settings
from common.worker import run_worker
from gateway.call import LiveCall
from gateway.pacer import Pacer
from gateway.surroundings import Surroundings
from gateway.telephony.base import AudioReceived, CallStarted, CallStopped
from gateway.telephony.twilio import TwilioCodec
from gateway.tongue import Tongue
from gateway.turn.events import LanguageChanged
from gateway.turn.machine import TurnMachine
from gateway.turn.phrases import Phrase, PhraseBook
from gateway.turn.words import Lexicon
from gateway.vad.hangover import FIVE_OF_SIX
from gateway.vad.self_echo import NoGuard
from gateway.waits import STEPS
from llm_worker.vendors.scripted import ScriptedModel
from llm_worker.worker import LlmWorker
from tests import virtual_clock
from tests.sim.memory_bus import MemoryBus
from tests.sim.rules import RULES
from tts_worker.vendors.tone import ToneVoice
from tts_worker.worker import TtsWorker

VENDORS = {"asr": 100, "first_token": 150, "first_piece": 60, "first_sound": 100}
"""What each takes, in ms."""
SETTINGS = Settings(
    language="en",
    scripted_asr_text="what is number {turn}",
    scripted_asr_delay_ms=VENDORS["asr"],
    scripted_llm_reply="number {turn} then. And so on.",
    scripted_llm_first_token_ms=VENDORS["first_token"],
    scripted_llm_tokens_per_s=50,
    tone_first_audio_ms=VENDORS["first_sound"],
)
QUIET = Phrase("", b"")
PHRASES = PhraseBook(None, QUIET, QUIET, QUIET, QUIET, QUIET, beep=b"")
LOUD, SILENT, FRAME_S = b"\x00" * 160, b"\xff" * 160, 0.02
SAID = ((SILENT, 50), (LOUD, 50), (SILENT, 300))
QUESTIONS = 3
ROUNDED_MS = 1
"""A server tells when work came in whole milliseconds, so a hop that takes no time may seem to take one, and what is behind it less."""


@dataclass(slots=True)
class TimedLine:
    """Notes when the sound of an answer began."""

    codec: TwilioCodec = field(default_factory=TwilioCodec)
    listens: bool = False
    began_at: list[float] = field(default_factory=list)

    def send(self, messages: Sequence[str]) -> None:
        """Note the first sound of an answer."""
        if self.listens and any(json.loads(message)["event"] == "media" for message in messages):
            self.began_at.append(asyncio.get_running_loop().time())
            self.listens = False

    def clear(self) -> None:
        """Nothing waits here."""

    def close(self) -> None:
        """Nothing to close."""


class LoudIsSpeech:
    """A detector that needs no ear."""

    onset = FIVE_OF_SIX

    def is_speech(self, pcm: bytes, level: int) -> bool:
        """Whether the frame is loud."""
        return level > 1000


@dataclass(frozen=True, slots=True)
class Waits:
    """Of one call: what the gateway said of each wait, and how long it was on the line."""

    told: list[dict[str, int]]
    measured_ms: list[int]
    late_ms: int
    """How late the gateway heard the caller."""


DRIFT_MS = 2
"""Of a lateness that lasts for half a minute so much is taken for two clocks that drift apart."""
LATE_S = 0.3
"""How late a gateway that is behind hears what is said after its first second."""


@pytest.fixture(params=[("off", 0.0), ("full", 0.0), ("off", LATE_S), ("full", LATE_S)], ids=["off", "full", "off-late", "full-late"])
def waits(request: pytest.FixtureRequest) -> Waits:
    """Without drafts, and with them; of a gateway that is on time, and of one that is behind."""
    return virtual_clock.run(call(*request.param))


async def call(speculate: Literal["off", "full"], late_s: float) -> Waits:
    bus, pacer, line = MemoryBus(), Pacer(), TimedLine()
    line.codec.receive(json.dumps({"event": "start", "streamSid": "MZ1", "start": {"callSid": "CA1", "streamSid": "MZ1"}}))
    machine = TurnMachine(replace(RULES, speculate=speculate, endpointing="fixed", dedup_s=0.0), PHRASES, Lexicon())
    around = Surroundings(bus, pacer, "g", False, lambda: 0.0)
    tongue = Tongue("en", house(SETTINGS).agent, lambda language: LanguageChanged(PHRASES, Lexicon()))
    started = CallStarted("CA1", "MZ1", parameters={})
    live = LiveCall(started, line, "CA1", tongue, machine, LoudIsSpeech(), NoGuard(), around, lambda key: None)
    async with asyncio.TaskGroup() as tasks:
        beside = [tasks.create_task(each) for each in (*workers(bus), pacer.run(), read(bus, live))]
        talking = tasks.create_task(live.run())
        caller = Caller(live, line)
        voice_ended_at = [await caller.ask(late_s) for _ in range(QUESTIONS)]
        live.receive(CallStopped())
        await talking
        for task in beside:
            task.cancel()
    told = [event for event in bus.events["CA1"] if event["name"] == "WATERFALL"]
    return Waits(
        [{name: int(value) for name, value in event.items() if name.endswith("_ms")} for event in told],
        [round(1000 * (began - ended)) for began, ended in zip(line.began_at, voice_ended_at, strict=True)],
        round(1000 * late_s),
    )


def workers(bus: MemoryBus) -> Iterator[Coroutine[None, None, None]]:
    llm = LlmWorker(ScriptedModel(SETTINGS), "scripted", SETTINGS)
    asr, tts = AsrWorker(ScriptedTranscriber(SETTINGS), "scripted", SETTINGS), TtsWorker(ToneVoice(SETTINGS), "tone", SETTINGS)
    yield run_worker("asr", bus, asr.handle, 4, SETTINGS, name="asr-1")
    yield run_worker("llm", bus, llm.handle, 4, SETTINGS, name="llm-1", effects=llm.effects)
    yield run_worker("tts", bus, tts.handle, 4, SETTINGS, name="tts-1")


async def read(bus: MemoryBus, live: LiveCall) -> None:
    async for delivery in bus.replies("g"):
        live.worker_reported(delivery)


@dataclass(slots=True)
class Caller:
    """Says something every few seconds, on time."""

    live: LiveCall
    line: TimedLine
    frames: int = 0

    async def ask(self, late_s: float) -> float:
        """Say something, and listen; when the voice ended."""
        clock, voice_ended_at = asyncio.get_running_loop().time, 0.0
        for sound, count in SAID:
            for _ in range(count):
                await asyncio.sleep(FRAME_S)
                self.say(sound, late_s)
            if sound == LOUD:
                voice_ended_at, self.line.listens = clock(), True
        return voice_ended_at

    def say(self, sound: bytes, late_s: float) -> None:
        """20 ms, which the gateway handles when it comes to it."""
        said, self.frames = AudioReceived(sound, round(1000 * FRAME_S * self.frames)), self.frames + 1
        asyncio.get_running_loop().call_later(late_s if self.frames > 1 / FRAME_S else 0.0, self.live.receive, said)


def test_the_steps_add_up_to_the_wait_on_the_line_to_the_millisecond(waits: Waits) -> None:
    allowed_ms = DRIFT_MS if waits.late_ms else 0
    off_ms = [measured_ms - told["gap_ms"] for measured_ms, told in zip(waits.measured_ms, waits.told, strict=True)]
    assert [each for each in off_ms if not 0 <= each <= allowed_ms] == []
    assert [sum(told[f"{step}_ms"] for step in STEPS) for told in waits.told] == [told["gap_ms"] for told in waits.told]
    assert len(waits.told) == QUESTIONS


def test_what_a_gateway_hears_late_is_told_as_late(waits: Waits) -> None:
    short_ms = [waits.late_ms - told["hearing_ms"] for told in waits.told]
    assert [each for each in short_ms if not 0 <= each <= DRIFT_MS] == []


def test_each_vendor_has_what_it_took(waits: Waits) -> None:
    off = [told[f"{step}_ms"] - took_ms for told in waits.told for step, took_ms in VENDORS.items()]
    assert [ms for ms in off if abs(ms) > ROUNDED_MS] == []


def test_where_only_vendors_take_time_nothing_is_left_unexplained(waits: Waits) -> None:
    explained = {"hearing", "wait", "gate", *VENDORS}
    left = [(step, told[f"{step}_ms"]) for told in waits.told for step in STEPS if step not in explained]
    assert [each for each in left if each[1] > (ROUNDED_MS if each[0].endswith("_hop") else 0)] == []
