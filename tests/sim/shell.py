"""A simulated call through the real shell, the real workers and a bus in memory, on a virtual clock.

What is played is the two ends: the caller with the line, and the vendors. Each of the caller's frames
carries its number, so that the recogniser can tell which words are in a piece of sound; the voice
speaks sound that says what it is. The judge is the one of the core's random calls.
"""

import asyncio
import itertools
import json
import random
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from asr_worker.worker import AsrWorker
from common.audio import FRAME_BYTES, pcm_to_mulaw
from common.config import Settings
from common.errors import VendorError
from common.worker import run_worker
from gateway.call import LiveCall, Surroundings
from gateway.pacer import Pacer
from gateway.playout import Mark
from gateway.records.recorder import NewRecorder, unrecorded
from gateway.telephony.base import CallStarted
from gateway.telephony.twilio import TwilioCodec
from gateway.turn.events import CloseTurn, Command, Event, FrameHeard, Report
from gateway.turn.machine import TurnMachine
from gateway.vad.hangover import FIVE_OF_SIX
from gateway.vad.self_echo import NoGuard
from llm_worker.vendors.base import Piece, Prompt
from llm_worker.worker import LlmWorker
from tests.sim.caller import Caller
from tests.sim.judge import Judge
from tests.sim.line import FRAME_S, Line, Weather
from tests.sim.memory_bus import Faults, MemoryBus
from tests.sim.sound import phrase_book, sound
from tests.sim.tools import Workshop
from tests.sim.vocabulary import LEXICON
from tests.sim.workers import Planned
from tests.sim.world import random_rules
from tts_worker.vendors.base import SpeechRequest
from tts_worker.worker import TtsWorker

CALL, GATEWAY = "CA1", "g"
_LIMIT_S = 150.0
_SPEECH_LEVEL = 250
_NIBBLES = 5


# -- The caller's sound -----------------------------------------------------------------------


def numbered_frame(number: int, level: int) -> bytes:
    """20 ms of RMS ``level`` whose first, faint samples are its number."""
    samples = b"".join(value.to_bytes(2, "little", signed=True) for value in (level, -level)) * (FRAME_BYTES // 2)
    digits = bytes(0xF0 | (number >> 4 * place & 15) for place in range(_NIBBLES))
    return digits + pcm_to_mulaw(samples)[_NIBBLES:]


def numbers_of(audio: bytes) -> list[int]:
    """The numbers of the frames in a piece of sound."""
    starts = range(0, len(audio), FRAME_BYTES)
    return [sum((audio[at + place] & 15) << 4 * place for place in range(_NIBBLES)) for at in starts]


class LevelDetector:
    """Speech is what is loud."""

    onset = FIVE_OF_SIX

    def is_speech(self, pcm: bytes, level: int) -> bool:
        """Whether a frame is loud."""
        return level > _SPEECH_LEVEL


# -- Vendors ----------------------------------------------------------------------------------


@dataclass(slots=True)
class Vendors:
    """All three, as slow and as faulty as their chances say."""

    rng: random.Random
    caller: Caller
    fails: float
    workshop: Workshop
    asked: dict[int, Planned] = field(default_factory=dict)
    spoken: int = 0
    texts: dict[tuple[int, int], list[str]] = field(default_factory=dict)
    """Of each sentence: its text, and then the remaining words of each further take."""

    async def warm_up(self) -> None:
        """Nothing to load."""

    async def close(self) -> None:
        """Nothing to close."""

    async def _work(self, least_s: float, most_s: float) -> None:
        await asyncio.sleep(self.rng.uniform(least_s, most_s))
        if self.rng.random() < self.fails:
            raise VendorError("sim", "down", retryable=self.rng.random() < 0.5)

    async def transcribe(self, audio: bytes, *, language: str, turn: int) -> str:
        """The words in these frames."""
        await self._work(0.05, 0.6)
        numbers = numbers_of(audio)
        return self.caller.text(numbers[0], numbers[-1] + 1)

    async def reply(self, prompt: Prompt) -> AsyncIterator[Piece]:
        """One to three sentences with calls of tools between them, the same in every attempt."""
        planned = self.asked.setdefault(prompt.turn, Planned(self._sentences(prompt.turn)))
        calls, number = self.workshop.plan(prompt.turn, len(planned.sentences)), len(prompt.rounds)
        first = calls[number - 1][0] if number else 0
        last = calls[number][0] if number < len(calls) else len(planned.sentences)
        for sentence in planned.sentences[max(first, len(prompt.spoken)) : last]:
            await self._work(0.05, 0.5)
            yield sentence + " "
        if number < len(calls):
            await self._work(0.0, self.rng.choice((0.0, 2.5)))
            yield calls[number][1]

    def _sentences(self, turn: int) -> list[str]:
        words = [[f"t{turn}s{number}w{word}" for word in range(self.rng.randint(3, 7))] for number in range(self.rng.randint(1, 3))]
        return [" ".join(sentence) + "." for sentence in words]

    async def synthesise(self, request: SpeechRequest) -> AsyncIterator[bytes]:
        """Sound that says what it is."""
        self.spoken += 1
        texts = self.texts.setdefault((request.turn, request.sentence), [])
        if request.text not in texts:
            texts.append(request.text)
        take = texts.index(request.text)
        made = sound(request.turn, request.sentence, take, self.spoken % 100, 2300 * len(request.text.split()))
        for at in range(0, len(made), 4000):
            await self._work(0.02, 0.3)
            yield made[at : at + 4000]


# -- The line ---------------------------------------------------------------------------------


class JudgedMachine(TurnMachine):
    """A turn machine of whose every step the judge hears."""

    judge: Judge
    closed: list[CloseTurn]
    counts: Counter[str]

    def handle(self, event: Event, now: float) -> list[Command]:
        """As it is, and then the judge."""
        if isinstance(event, FrameHeard):
            self.judge.frame_comes(event, now)
        commands = super().handle(event, now)
        for command in commands:
            if isinstance(command, CloseTurn):
                self.counts[f"end {command.how}"] += 1
            elif isinstance(command, Report):
                self.counts[command.name] += 1
        self.judge.handled(event, commands, now)
        return commands


class ShellLine:
    """The provider behind Twilio's messages."""

    def __init__(self, line: Line, judge: Judge) -> None:
        self.codec = TwilioCodec()
        body = {"callSid": CALL, "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}}
        self.codec.receive(json.dumps({"event": "start", "sequenceNumber": "1", "streamSid": "MZ1", "start": body}))
        self._line = line
        self._judge = judge

    def send(self, messages: Sequence[str]) -> None:
        """Take what the gateway sends."""
        now = asyncio.get_running_loop().time()
        for message in map(json.loads, messages):
            match message["event"]:
                case "media":
                    self._queue(b64decode(message["media"]["payload"]), now)
                case "mark":
                    self._queue(Mark(message["mark"]["name"]), now)
                case _:
                    self._line.clear(now)

    def _queue(self, item: bytes | Mark, now: float) -> None:
        self._judge.sent([item], now)
        self._line.send([item], now)

    def say(self, call: LiveCall, message: dict[str, object]) -> None:
        """A message of the provider's."""
        for event in self.codec.receive(json.dumps({"sequenceNumber": "2", "streamSid": "MZ1", **message})):
            call.receive(event)

    def close(self) -> None:
        """The gateway ends the stream."""


# -- The call ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ShellCall:
    """What a simulated call came to."""

    seconds: float
    closed: dict[int, CloseTurn]
    counts: Counter[str]
    history: tuple[str, ...]
    """The caller's texts that are in the bus's history, turn by turn."""
    tasks_left: int
    rx: int
    tx: int


async def simulate(seed: int, new_recorder: NewRecorder = unrecorded) -> ShellCall:
    """One call, all of it decided by ``seed``; raises if it breaks a rule."""
    rng = random.Random(seed)
    fails = rng.choice((0.0, 0.0, 0.15))
    lost = rng.choice((0.0, 0.0, 0.05))
    faults = Faults(
        seed,
        delay_s=(0.0, rng.choice((0.0, 0.1))),
        reorder=rng.random() < 0.2,
        duplicate_work=rng.choice((0.0, 0.2)),
        lose_replies=lost,
        lose_news=rng.choice((0.0, 0.9)),
        slow_turns_s=rng.choice((0.0, 1.0)),
    )
    weather = Weather(latency_s=rng.uniform(0.01, 0.08), asr_fails=fails, tts_fails=fails, message_lost=lost)
    caller = Caller(rng, talks_for=rng.randint(300, 1500))
    line, bus = Line(rng, weather), MemoryBus(faults=faults)
    workshop = Workshop(rng, bus, rng.choice((0.2, 0.8)))
    vendors = Vendors(rng, caller, fails, workshop)
    rules = replace(random_rules(rng), barge_in_mode="hold")  # quieter sound does not say any more what it is
    machine = JudgedMachine(rules, phrase_book(), LEXICON)
    machine.judge = Judge(seed, machine, caller, line, vendors.asked, weather)
    machine.judge.asked_late, machine.counts = True, Counter()
    settings = Settings(llm_vendor="scripted", tts_vendor="tone", asr_vendor="scripted")
    shell = ShellLine(line, machine.judge)
    async with asyncio.TaskGroup() as house:
        pacer = Pacer()
        around = Surroundings(bus, pacer, GATEWAY, log_texts=False, wall_clock=lambda: 0.0, new_recorder=new_recorder)
        call = LiveCall(CallStarted(CALL, "MZ1"), shell, CALL, "he", machine, LevelDetector(), NoGuard(), around, gone=lambda key: None)
        loop = asyncio.get_running_loop()
        running = [
            house.create_task(run_worker("asr", bus, AsrWorker(vendors, "sim", settings).handle, 4, settings, name="asr")),
            house.create_task(run_worker("tts", bus, TtsWorker(vendors, "sim").handle, 4, settings, name="tts")),
            house.create_task(_answer(bus, vendors, settings, dies=rng.random() < 0.5)),
        ]
        running += [house.create_task(pacer.run()), house.create_task(_read(bus, call))]
        await _converse(call, shell, line, caller, machine, hangs_up_after=rng.choice((20.0, _LIMIT_S)))
        history = await bus.history(CALL)
        for task in running:
            task.cancel()
    machine.judge.call_over(loop.time())
    machine.judge.check(not workshop.wrong, f"tools with effects: {workshop.wrong}")
    left = len(asyncio.all_tasks()) - 1
    counts = machine.counts + workshop.counts + Counter(f"tool book {run.outcome}" for past in history for run in past.tools)
    said = tuple(past.caller for past in history if past.caller)
    return ShellCall(loop.time(), machine.judge.closed, counts, said, left, shell.codec.rx_bytes, shell.codec.tx_bytes)


async def _answer(bus: MemoryBus, vendors: Vendors, settings: Settings, *, dies: bool) -> None:
    """LLM workers, one after the other; one that ``dies`` leaves everything as it is, tools included."""
    for number in itertools.count():
        worker = LlmWorker(vendors, "sim", settings, vendors.workshop.tools)
        with suppress(TimeoutError):
            async with asyncio.timeout(vendors.rng.uniform(2, 15) if dies else None):
                await run_worker("llm", bus, worker.handle, 4, settings, name=f"llm-{number}", effects=worker.effects)
        vendors.workshop.counts["llm worker died"] += 1


async def _read(bus: MemoryBus, call: LiveCall) -> None:
    async for delivery in bus.replies(GATEWAY):
        call.worker_reported(delivery)


async def _converse(call: LiveCall, shell: ShellLine, line: Line, caller: Caller, machine: JudgedMachine, hangs_up_after: float) -> None:
    """Frames, keys and marks, until the call is over."""
    loop = asyncio.get_running_loop()
    marks: list[tuple[float, str]] = []
    async with asyncio.timeout(_LIMIT_S), asyncio.TaskGroup() as tasks:
        ended = tasks.create_task(call.run())
        while not ended.done():
            await asyncio.sleep(FRAME_S)
            now = loop.time()
            marks += line.play_until(now)
            for name in [name for at, name in marks if at <= now]:
                shell.say(call, {"event": "mark", "mark": {"name": name}})
            marks = [(at, name) for at, name in marks if at > now]
            number = caller.frames
            frame, key = caller.frame(machine.state)
            if key:
                machine.judge.key_pressed()
                shell.say(call, {"event": "dtmf", "dtmf": {"track": "inbound_track", "digit": key}})
            if not machine.call.over:
                payload = b64encode(numbered_frame(number, frame.level)).decode()
                shell.say(call, {"event": "media", "media": {"track": "inbound", "timestamp": str(number * 20), "payload": payload}})
            if now > hangs_up_after:
                shell.say(call, {"event": "stop"})
