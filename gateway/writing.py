"""What one call writes to the bus: work for the stages, its turns, its events. All of it goes through its outbox, in order (R7).

What is written for a turn is skipped once the number is past it, but for two things: the turn's end, which is owed, and pieces of the
caller's sound, which are stale by utterance (R6).
"""

from collections import deque
from collections.abc import Callable

import msgspec

from common.agents.agent import decode
from common.agents.in_use import Carried
from common.bus import TurnClosed
from common.messages import Head, Message, Sentence, Stage, Transcript, Utterance
from gateway.outbox import CAPACITY, Outbox
from gateway.ownership import Ownership
from gateway.surroundings import Surroundings
from gateway.tongue import Tongue
from gateway.turn.events import CloseTurn, CommitTurn, OpenTurn, PublishSentence, PublishTranscript, PublishUtterance

HOUSE = Carried()
"""The agent that the settings make; workers have it."""


class Writing:
    """The pen of one call."""

    def __init__(
        self,
        call: str,
        tongue: Tongue,
        around: Surroundings,
        outbox: Outbox,
        owner: Ownership,
        is_current: Callable[[int], bool],
        written: Callable[[Message], object],
        agent: Carried = HOUSE,
    ) -> None:
        """``written`` hears what the stages' streams have."""
        self._call = call
        self._tongue = tongue
        self._around = around
        self._outbox = outbox
        self._owner = owner
        self._is_current = is_current
        self._written = written
        self._agent = agent
        self._events: deque[dict[str, str]] = deque(maxlen=CAPACITY)
        """Not written yet. Those of one write that Redis does not answer are lost: to write them again would tell them twice."""
        self._agent_kept = -1
        """The turn for which it was kept last: Redis may forget it."""

    def carry_out(self, command: PublishTranscript | PublishSentence | OpenTurn | CommitTurn) -> None:
        """Write what the core wants written."""
        match command:
            case PublishTranscript():
                self.publish_transcript(command)
            case PublishSentence():
                self.publish_sentence(command)
            case OpenTurn(turn=turn):
                self.open_turn(turn)
            case CommitTurn(turn=turn, text=text):
                self.commit_turn(turn, text)

    # -- Work for the stages ------------------------------------------------------------------

    def publish_utterance(self, command: PublishUtterance, sound: bytes) -> None:
        """Have the ASR stage say what the caller said."""
        head = self._head(command.turn, command.seq)
        message = Utterance(head=head, utterance=command.utterance, piece=command.piece, voiced_ms=command.voiced_ms)
        self._publish("asr", message, sound)

    def publish_transcript(self, command: PublishTranscript) -> None:
        """Have the LLM stage answer the caller's words."""
        self._publish("llm", Transcript(head=self._head(command.turn, command.seq), utterance=command.utterance, text=command.text))

    def publish_sentence(self, command: PublishSentence) -> None:
        """Have the TTS stage speak."""
        self._publish("tts", Sentence(head=self._head(command.turn, command.sentence, command.take), text=command.text))

    def _publish(self, stage: Stage, message: Message, sound: bytes = b"") -> None:
        async def write() -> None:
            await self._around.bus.publish(stage, message, sound)
            self._written(message)

        turn = message.head.turn
        self._keep_agent(turn)
        stays_wanted = isinstance(message, Utterance) and message.piece != "whole"
        self._outbox.put(
            f"publish_{stage}",
            write,
            wanted=lambda: stays_wanted or self._is_current(turn),
        )

    def _keep_agent(self, turn: int) -> None:
        """Before the turn's first message that names it."""
        agent, bus = self._agent, self._around.bus
        if agent.reference and turn != self._agent_kept:
            self._agent_kept = turn
            self._outbox.put("keep_agent", lambda: bus.keep_agent(self._call, agent.reference, agent.data))

    def _head(self, turn: int, seq: int, take: int = 0) -> Head:
        around = self._around
        return Head(
            call=self._call,
            turn=turn,
            seq=seq,
            take=take,
            gateway=around.gateway,
            language=self._tongue.now,
            t0_s=around.wall_clock(),
            agent=self._agent.reference,
        )

    # -- The turns ----------------------------------------------------------------------------

    def open_turn(self, turn: int) -> None:
        """Note that the caller waits for an answer."""
        self._outbox.put("open_turn", lambda: self._owner.open_turn(turn), wanted=lambda: self._is_current(turn))

    def commit_turn(self, turn: int, text: str) -> None:
        """Note that the caller's words are accepted."""
        self._outbox.put("commit_turn", lambda: self._owner.commit_turn(turn, text), wanted=lambda: self._is_current(turn))

    def close_turn(self, command: CloseTurn) -> None:
        """Raise the turn, and write its history."""
        closed = TurnClosed(command.turn, command.how, command.caller, command.heard, command.cut, command.collect)
        self._outbox.put("close_turn", lambda: self._owner.close_turn(closed), owed=True)

    def transfer_call(self, destination: str) -> None:
        """Leave word of where the call goes when its stream has ended, by a name in the agent's file, and of its caller's language."""
        goes_to = decode(self._agent.data).agent.destinations[destination]
        told = msgspec.json.encode({**msgspec.to_builtins(goes_to), "language": self._tongue.now})
        transfers, call = self._around.transfers, self._call
        transfers.keep(call, told)
        self._outbox.put(
            "transfer_call",
            lambda: transfers.written(call, self._owner.transfer_call(told)),
            owed=True,
            wanted=lambda: transfers.keeps(call),
        )

    # -- What happened ------------------------------------------------------------------------

    def record(self, name: str, turn: int, **fields: str | int | float) -> None:
        """Append to the call's event stream, which holds no texts: what happened by then in one write, behind all others."""
        event = {"turn": str(turn), "name": name, "at": f"{self._around.wall_clock():.3f}"}
        event |= {key: str(value) for key, value in fields.items()}
        self._events.append(event)
        self._outbox.put_last("record", self._write_events)

    async def _write_events(self) -> None:
        events = tuple(self._events)
        self._events.clear()
        await self._around.bus.record(self._call, *events)
