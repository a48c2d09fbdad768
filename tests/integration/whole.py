"""The whole pipeline in one process: the gateway's own calls, the three workers, and a line that plays at once.

The caller's frames come in a burst, since the gateway counts frames; the bot's sound leaves in real time.
"""

import asyncio
import json
import time
from base64 import b64decode
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from asr_worker.vendors.scripted import ScriptedTranscriber
from common import prices
from common.audio import BYTES_PER_MS, wav_to_mulaw
from common.bus import GatewayBus
from common.config import Settings
from gateway.account import Account
from gateway.accounts import Accounts
from gateway.fixed_phrases import FixedPhrases
from gateway.pacer import Pacer
from gateway.surroundings import Surroundings
from gateway.switchboard import Switchboard
from gateway.telephony.base import AudioReceived, CallStarted, CallStopped, Conversation, MarkPlayed
from gateway.telephony.twilio import TwilioCodec
from gateway.vad.webrtc import WebrtcDetector
from llm_worker.vendors.scripted import ScriptedModel
from tests.integration.pipeline import GATEWAY, LIMIT_S, Pipeline, Server, pipeline
from tts_worker.tones import HeardTone, heard_tones
from tts_worker.vendors.tone import ToneVoice

OTHER_GATEWAY = "gateway-2"
HELLO = wav_to_mulaw(Path(__file__).parents[1] / "data" / "callers" / "short_en_hello.wav")
"""2.1 s, a second of silence at its end included."""


class FakeLine:
    """A provider's end of a call that plays everything at once: marks come straight back."""

    def __init__(self, stream: str) -> None:
        self.codec = TwilioCodec()
        self.codec.receive(_start(stream))
        self.sound = b""
        self.arrived: list[tuple[int, float]] = []
        """How much sound was there, and when, for each piece of it."""
        self.clears = 0
        self.closed = False
        self.conversation: Conversation | None = None
        self.changed = asyncio.Event()

    def send(self, messages: Sequence[str]) -> None:
        """Take what the gateway sends."""
        for message in map(json.loads, messages):
            match message["event"]:
                case "media":
                    self.sound += b64decode(message["media"]["payload"])
                    self.arrived.append((len(self.sound), asyncio.get_running_loop().time()))
                case "clear":
                    self.clears += 1
                case "mark":
                    asyncio.get_running_loop().call_soon(self._echo, message["mark"]["name"])
                    self.changed.set()
                case other:
                    raise AssertionError(f"Twilio takes no {other}")

    def clear(self) -> None:
        """Nothing waits here."""
        self.send([self.codec.clear()])

    def close(self) -> None:
        """The gateway hangs up."""
        self.closed = True
        self.changed.set()

    def _echo(self, name: str) -> None:
        assert self.conversation is not None
        self.conversation.receive(MarkPlayed(name))


def _start(stream: str) -> str:
    start = {"accountSid": "AC1", "streamSid": stream, "callSid": "CA1", "tracks": ["inbound"], "customParameters": {}}
    start["mediaFormat"] = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
    return json.dumps({"event": "start", "sequenceNumber": "1", "streamSid": stream, "start": start})


class Caller:
    """A caller on a fake line."""

    def __init__(self, line: FakeLine, conversation: Conversation) -> None:
        self.line = line
        self._conversation = conversation

    def say(self, sound: bytes = HELLO) -> None:
        """Speak, all at once."""
        for at in range(0, len(sound), 160):
            self._conversation.receive(AudioReceived(sound[at : at + 160], at // 8))

    @property
    def heard(self) -> list[HeardTone]:
        """What the bot said so far, in tones."""
        return heard_tones(self.line.sound)

    def heard_at_s(self, at_ms: int) -> float:
        """When a moment of the bot's sound was heard, on the loop's clock."""
        return next(when_s for length, when_s in self.line.arrived if length > at_ms * BYTES_PER_MS)

    @property
    def sentences(self) -> list[tuple[int, int]]:
        """(turn, sentence) as heard, the greeting left out."""
        return [(tone.turn, tone.sentence) for tone in self.heard if tone.turn]

    async def until(self, happened: Callable[[], bool]) -> None:
        """Wait for something on the line."""
        async with asyncio.timeout(LIMIT_S):
            while not happened():
                self.line.changed.clear()
                await self.line.changed.wait()

    def hang_up(self) -> None:
        """End the call."""
        self._conversation.receive(CallStopped())

    def lose_line(self) -> None:
        """The socket dies; nobody says anything."""
        self._conversation.receive(CallStopped(goes_on=True))


class Exchange:
    """A switchboard with workers behind it."""

    def __init__(self, switchboard: Switchboard, tasks: asyncio.TaskGroup, costs: "asyncio.Queue[Account] | None" = None) -> None:
        self.switchboard = switchboard
        self.costs: asyncio.Queue[Account] = costs or asyncio.Queue()
        """Accounts that were closed."""
        self._tasks = tasks

    def ring(self, call: str = "CA1", language: str = "en", again: int = 0) -> Caller:
        """Place a call, or connect it ``again``."""
        line = FakeLine(f"MZ{call}")
        started = CallStarted(call, f"MZ{call}", language, parameters={"again": str(again)})
        line.conversation = self.switchboard.answer(started, line)
        self._tasks.create_task(self._converse(line, line.conversation))
        return Caller(line, line.conversation)

    async def _converse(self, line: FakeLine, conversation: Conversation) -> None:
        await conversation.run()
        line.close()


@asynccontextmanager
async def exchange(
    server: Server, folder: Path, staff: "Callable[[Pipeline, Settings], None] | None" = None, **settings: str | int | float
) -> AsyncIterator[Exchange]:
    """The whole pipeline, with its phrases made; ``staff`` starts other workers than the scripted ones."""
    chosen = Settings(**{"asr_vendor": "scripted", "tts_vendor": "tone", "torim_cache": folder, "tone_ms_per_char": 10, **settings})  # type: ignore[arg-type]
    async with pipeline(server, chosen) as pipe, asyncio.TaskGroup() as tasks:
        (staff or _start_workers)(pipe, chosen)
        pacer = Pacer()
        phrases = FixedPhrases(chosen, pipe.gateway, GATEWAY)
        costs: asyncio.Queue[Account] = asyncio.Queue()
        accounts = Accounts(prices.load(), "UTC", time.time, lambda account, usd: costs.put_nowait(account), linger_s=1.0)
        around = Surroundings(pipe.gateway, pacer, GATEWAY, False, time.time)
        switchboard = Switchboard(chosen, phrases, WebrtcDetector, around, accounts=accounts)
        pipe.on_reply = switchboard.worker_reported
        pacing = tasks.create_task(pacer.run())
        async with asyncio.timeout(LIMIT_S):
            await phrases.make()
        try:
            yield Exchange(switchboard, tasks, costs)
        finally:
            pacing.cancel()


@asynccontextmanager
async def another_gateway(server: Server, folder: Path) -> AsyncIterator[Exchange]:
    """A second gateway beside an exchange: its workers work for it, too."""
    chosen = Settings(asr_vendor="scripted", tts_vendor="tone", torim_cache=folder, language="en")
    bus, pacer = server.gateway(), Pacer()
    phrases = FixedPhrases(chosen, bus, OTHER_GATEWAY)
    switchboard = Switchboard(chosen, phrases, WebrtcDetector, Surroundings(bus, pacer, OTHER_GATEWAY, False, time.time))
    try:
        async with asyncio.TaskGroup() as tasks:
            beside = [tasks.create_task(pacer.run()), tasks.create_task(_read(bus, switchboard))]
            async with asyncio.timeout(LIMIT_S):
                await phrases.make()
            try:
                yield Exchange(switchboard, tasks)
            finally:
                for task in beside:
                    task.cancel()
    finally:
        await bus.close()


async def _read(bus: GatewayBus, switchboard: Switchboard) -> None:
    async for delivery in bus.replies(OTHER_GATEWAY):
        switchboard.worker_reported(delivery)


def _start_workers(pipe: Pipeline, settings: Settings) -> None:
    pipe.start_asr(ScriptedTranscriber(settings))
    pipe.start_llm(ScriptedModel(settings))
    pipe.start_tts(ToneVoice(settings))
