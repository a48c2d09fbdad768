"""One stream of a simulated call: Twilio's messages to and fro, and a turn machine that a judge watches."""

import asyncio
import json
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Sequence

from gateway.playout import Mark
from gateway.telephony.base import Conversation, LineEvent
from gateway.telephony.twilio import TwilioCodec
from gateway.turn.events import CallAnswered, CallTaken, CloseTurn, Command, Event, FrameHeard, Report, TimePassed
from gateway.turn.machine import TurnMachine
from gateway.vad.hangover import FIVE_OF_SIX
from tests.sim.judge import Judge
from tests.sim.judge_prompts import PromptsJudge
from tests.sim.line import Line
from tests.sim.loudness import Loudness
from tests.sim.pieces import Pieces
from tests.sim.shell_vendors import numbered_frame
from tests.sim.troubles import Troubles
from tests.sim.world import brief

CALL = "CA1"
_SPEECH_LEVEL = 250


class LevelDetector:
    """Speech is what is loud."""

    onset = FIVE_OF_SIX

    def is_speech(self, pcm: bytes, level: int) -> bool:
        """Whether a frame is loud."""
        return level > _SPEECH_LEVEL


class JudgedMachine(TurnMachine):
    """A turn machine of whose every step the judge hears."""

    judge: Judge
    counts: Counter[str]
    loudness: Loudness
    pieces: Pieces
    prompts: PromptsJudge
    troubles: Troubles
    trace: list[str] | None = None
    """What goes through it, where somebody wants to see it."""

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
        self._note(event, commands, now)
        self.pieces.handled(event, commands, now)
        if isinstance(event, CallAnswered | CallTaken):
            self.prompts.stream_begins(event, now, lambda since_s: not self.troubles.near(now, 0.0, now - since_s, "redis"))
        self.prompts.commanded(commands, now)
        self.judge.handled(event, commands, now)
        self.loudness.before(self.call.playout)
        return commands

    def _note(self, event: Event, commands: list[Command], now: float) -> None:
        if self.trace is None:
            return
        if not isinstance(event, FrameHeard | TimePassed):
            self.trace.append(f"{now:8.3f} > {brief(event)}")
        self.trace += [f"{now:8.3f}     < {brief(command)}" for command in commands]


class ShellLine:
    """The provider behind Twilio's messages: one stream of the call."""

    def __init__(self, line: Line, judge: Judge, stream: str) -> None:
        self.codec = TwilioCodec()
        self.line = line
        self.gone = False
        """Whether what is sent reaches nobody any more."""
        self.loudness = Loudness()
        self._stream = stream
        self._judge = judge
        self._marks: list[tuple[float, str]] = []
        body = {"callSid": CALL, "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}}
        self._events("start", start=body)

    def send(self, messages: Sequence[str]) -> None:
        """Take what the gateway sends."""
        if self.gone:
            return
        now = asyncio.get_running_loop().time()
        items: list[bytes | Mark] = []
        for message in map(json.loads, messages):
            match message["event"]:
                case "media":
                    items.append(b64decode(message["media"]["payload"]))
                case "mark":
                    items.append(Mark(message["mark"]["name"]))
                case _:
                    self.line.clear(now)
        for item in self.loudness.restored(items, self._judge.check):
            self._judge.sent([item], now)
            self.line.send([item], now)

    def clear(self) -> None:
        """Nothing waits here."""
        self.send([self.codec.clear()])

    def close(self) -> None:
        """The gateway ends the stream."""

    # -- What the provider says -----------------------------------------------------------------

    def marks(self, call: Conversation, now: float) -> None:
        """Those that are back by now."""
        self._marks += self.line.play_until(now)
        due, self._marks = [name for at, name in self._marks if at <= now], [(at, name) for at, name in self._marks if at > now]
        for name in due:
            self._tell(call, "mark", mark={"name": name})

    def frame(self, call: Conversation, number: int, level: int) -> None:
        """20 ms of the caller."""
        payload = b64encode(numbered_frame(number, level)).decode()
        self._tell(call, "media", media={"track": "inbound", "timestamp": str(number * 20), "payload": payload})

    def key(self, call: Conversation, key: str) -> None:
        """The caller pressed a key."""
        self._judge.key_pressed(key, asyncio.get_running_loop().time())
        self._tell(call, "dtmf", dtmf={"track": "inbound_track", "digit": key})

    def stop(self, call: Conversation) -> None:
        """The caller hung up."""
        self._tell(call, "stop")

    def _tell(self, call: Conversation, event: str, **body: object) -> None:
        for heard in self._events(event, **body):
            call.receive(heard)

    def _events(self, event: str, **body: object) -> Sequence[LineEvent]:
        return self.codec.receive(json.dumps({"event": event, "sequenceNumber": "2", "streamSid": self._stream, **body}))
