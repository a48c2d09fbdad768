"""The shell of a call: line, bus and timer around a turn machine. It decides nothing.

::

    line --LineEvent--> receive ─┐                      ┌─> line      frames, marks, clear
    bus --Delivery--> worker_reported ─┼─> machine.handle ─┼─> outbox    utterances, turns, events
    timer --> TimePassed ────────┘                      └─> log       EVENT lines
    pacer --> tick --> playout.take --> line

One stream owns a call, the newest (R12). A call begins by taking it: what happens on the line waits for the bus's
answer, half a second at most. Its end is written where the call ends; a stream that dies, or loses the call
to another one, leaves in peace.
"""

import asyncio
import logging
import math
from collections.abc import Callable
from typing import Literal

from common.agents.in_use import Carried
from common.audio import FRAME_BYTES, mulaw_to_pcm, rms
from common.bus import Delivery, Taken
from common.errors import BusUnavailable
from common.messages import CallTakenOver, Sentence
from common.version import VERSION
from gateway.account import Account
from gateway.beginning import UNANSWERED, beginning, reconnects
from gateway.boundary import Boundary, last_words
from gateway.ear import IDLE_FRAMES, Ear
from gateway.events_log import log_event, said
from gateway.outbox import Outbox
from gateway.ownership import Ownership
from gateway.parting import Parting
from gateway.records.format import Header
from gateway.surroundings import Surroundings
from gateway.tally import Tally
from gateway.telephony.base import AudioReceived, CallStarted, CallStopped, DigitPressed, Line, LineEvent, MarkPlayed
from gateway.timer import Timer
from gateway.tongue import Tongue
from gateway.turn import events
from gateway.turn.events import Command, Event
from gateway.turn.machine import TurnMachine
from gateway.vad.base import Detector
from gateway.vad.self_echo import EchoGuard
from gateway.writing import HOUSE, Writing

logger = logging.getLogger("torim.gateway")

TAKE_S = 0.5
"""How long a call may wait to learn whether another stream had it."""
CLOSE_S = 5.0
"""How long the last writes of a call may take: longer than most clusters have no master, or another gateway would think that it goes on."""


class LiveCall:
    """One call in AI mode; a ``Conversation`` of the front door."""

    def __init__(
        self,
        started: CallStarted,
        line: Line,
        key: str,
        tongue: Tongue,
        machine: TurnMachine,
        detector: Detector,
        echo_guard: EchoGuard,
        around: Surroundings,
        gone: Callable[["LiveCall"], object],
        agent: Carried = HOUSE,
        account: Account | None = None,
        longest_s: float = math.inf,
    ) -> None:
        self.key = key
        """The call's name in Redis."""
        self._gone = gone
        self.account = account or Account(key, agent.reference)
        self._started = started
        self._line = line
        self._tongue = tongue
        self._machine = machine
        self._detector = detector
        self._echo_guard = echo_guard
        self._around = around
        self._ear = Ear(machine.sound_limit_frames)
        self._tally = Tally(machine)
        self._waterfall = self._tally.waterfall
        self._lateness = self._waterfall.lateness
        self._outbox = Outbox(started.call, self.leave)
        self._recorder = around.new_recorder(self._header())
        self._loop = asyncio.get_running_loop()
        self._timer = Timer(lambda: self._handle(events.TimePassed()))
        self._over = asyncio.Event()
        self._boundary = Boundary(started.call, self._over)
        self.again = reconnects(started.parameters)
        """How often the call was connected again before this stream."""
        self._owner = Ownership(around.bus, key, around.gateway, tongue.now, self.again)
        core, waterfall, clock = machine.call, self._waterfall, self._loop.time  # and not the call itself: it would hold itself for ever
        self._writing = Writing(
            *(key, tongue, around, self._outbox, self._owner),
            lambda turn: turn == core.turn.number,
            lambda message: waterfall.written(message, clock()),
            agent,
        )
        self._early: list[LineEvent] | None = []
        """What happened on the line before the call began."""
        self._parting = Parting()
        self._too_long_at = self._loop.time() + longest_s
        self._left = False
        self._busy = False

    # -- What comes in ------------------------------------------------------------------------

    def receive(self, event: LineEvent) -> None:
        """Take what happened on the line; waits on nothing."""
        if self._early is not None and not isinstance(event, CallStopped):
            self._early.append(event)
            return
        match event:
            case AudioReceived():
                with self._boundary:
                    self._hear(event.audio, event.timestamp_ms)
            case DigitPressed(digit=digit):
                self._handle(events.KeyPressed(digit))
            case MarkPlayed(name=name):
                self._handle(events.MarkEchoed(name))
            case CallStopped(goes_on=True):
                self.leave()
            case CallStopped():
                self._handle(events.CallerHungUp())
                self._writing.record("WS_STOP", self._turn)
                self._over.set()
            case CallStarted():
                pass

    def worker_reported(self, delivery: Delivery) -> None:
        """Take a message of a worker, or of the gateway that has the call now."""
        if isinstance(delivery.message, CallTakenOver):
            if self._owner.is_lost_to(delivery.message.fence):
                self.leave()
            return
        with self._boundary:
            self._message_came(delivery)

    def _message_came(self, delivery: Delivery) -> None:
        head = delivery.message.head
        if isinstance(delivery.message, Sentence) and head.turn == self._turn:
            spoken = self._tongue.replied_in(head.language)
            if spoken is not None:
                self._handle(spoken)
        self._tally.message_came(delivery.message, self._loop.time())
        if self._loop.time() >= self._too_long_at:
            self._part("goodbye", "TOO_LONG", "max_call_sec")
        for event in self._parting.told(delivery, self._machine.call.phrases):
            self._handle(event)
        for why in self._tally.message_handled():
            if why != "turn":  # as most are, behind every interruption
                log_event(
                    self._started.call, head.turn, "STALE", why=why, kind=type(delivery.message).__name__, seq=head.seq, take=head.take
                )

    def spent(self, limit: str) -> None:
        """There is no more money for it: its next reply is the last one."""
        self._part("spent", "SPENT", limit)

    def _part(self, words: Literal["spent", "goodbye"], event: str, limit: str) -> None:
        if not self._parting.words:
            self._parting.words = words
            self._report(events.Report(self._turn, event, (("limit", limit),)))

    def load_changed(self, busy: bool) -> None:
        """The workers are behind, or not any more."""
        self._busy = busy
        self._handle(events.LoadChanged(busy))

    def tick(self, now: float) -> None:
        """Send what is due."""
        with self._boundary:
            self._send_due(now)

    def _send_due(self, now: float) -> None:
        playout = self._machine.call.playout
        due = playout.take(now)
        self._recorder.taken(due, now)
        if due:
            told = self._tally.left(due, now)
            codec, frames, messages = self._line.codec, [], []
            for item in due:
                if isinstance(item, bytes):
                    frames.append(item)
                    messages.append(codec.audio(item))
                else:
                    messages.append(codec.mark(item.name))
            self._echo_guard.played(frames, playout.plays_until)
            self._line.send(messages)
            self._arm()
            if told is not None:
                self._recorder.noted(told, now)
                self._report(told)

    def leave(self) -> None:
        """Another stream has the call, or may come for it: close in peace."""
        if not self._over.is_set():
            self._left = True
            self._outbox.stop_unwanted()
            log_event(self._started.call, self._turn, "CALL_LEFT")
            self._writing.record("CALL_LEFT", self._turn)
            self._over.set()

    async def run(self) -> bool:
        """Live until the call is over (True), or goes on without this stream."""
        around = self._around
        around.transfers.forget(self.key)
        try:
            async with asyncio.TaskGroup() as tasks:
                self._begin(await self._take())
                around.pacer.join(self.tick)
                writing = tasks.create_task(self._outbox.run())
                await self._over.wait()
                around.pacer.leave(self.tick)
                if self._boundary.tripped and not self._left:
                    for command in last_words(self._machine.call, self._loop.time()):
                        with self._boundary:  # the bug may be in what carries it out
                            self._carry_out(command)
                self._tell_done()
                self._outbox.put("end_call", self._owner.leave_call if self._left else self._owner.close_call, owed=True)
                await self._write_the_rest(writing)
        finally:
            around.pacer.leave(self.tick)
            self._owner.forget()
            self._recorder.close()
            self._gone(self)
            self._timer.end()
        return not self._left

    # -- Whose call it is -----------------------------------------------------------------------

    async def _take(self) -> Taken | None:
        """What the bus knows of the call; None if it does not say in time."""
        try:
            async with asyncio.timeout(TAKE_S):
                return await self._owner.take()
        except (TimeoutError, BusUnavailable):
            self._outbox.put("take_call", self._owner.take_late, owed=True, wanted=lambda: not self._left)
            return None

    def _begin(self, taken: Taken | None) -> None:
        self._writing.record("WS_START", self._turn)
        early, self._early = self._early or [], None
        spoken = None if taken is None else self._tongue.taken_over((*taken.said, taken.text))
        self._handle(beginning(taken, self.again, unanswered=UNANSWERED in self._started.parameters, spoken=spoken))
        if self._busy:
            self.load_changed(True)
        for event in early:
            self.receive(event)

    async def _write_the_rest(self, writing: "asyncio.Task[None]") -> None:
        self._outbox.close()
        _, late = await asyncio.wait({writing}, timeout=CLOSE_S)
        for task in late:
            logger.error("call=%s what=writes_lost", self._started.call)
            task.cancel()

    # -- Through the core -----------------------------------------------------------------------

    def _hear(self, audio: bytes, said_ms: int) -> None:
        for frame in self._ear.frames(audio):
            if self._over.is_set():
                return
            pcm = mulaw_to_pcm(frame)
            level = rms(pcm)
            speech = self._detector.is_speech(pcm, level)
            now = self._loop.time()
            self._lateness.came(said_ms, now)
            echo = self._echo_guard.is_echo(pcm, level, speech, now)
            self._through_core(events.FrameHeard(speech and not echo, level), now, frame)
        if self._ear.is_full:
            self._ear.keep(None if self._machine.needs_sound else IDLE_FRAMES)

    def _handle(self, event: Event) -> None:
        if self._early is None and not self._over.is_set():
            with self._boundary:
                self._through_core(event, self._loop.time())

    def _through_core(self, event: Event, now: float, sound: bytes = b"") -> None:
        self._recorder.happened(event, now, sound)
        self._waterfall.happened(event, now)
        commands = self._machine.handle(event, now)
        self._recorder.returned(commands)
        self._waterfall.returned(commands, now)
        if commands:
            self._tally.returned(commands, now)
            for command in commands:
                self._carry_out(command)
        if commands or not isinstance(event, events.FrameHeard):
            self._send_due(now)
            self._arm()
        elif self._machine.deadline is not None:  # nothing was sent, so sound that left is what it was
            self._timer.ring_by(self._machine.deadline)

    def _arm(self) -> None:
        """Have the timer ring when the core wants to be woken."""
        wakes_at = self._machine.wakes_at
        if wakes_at is not None:
            self._timer.ring_by(wakes_at)

    # -- What goes out --------------------------------------------------------------------------

    def _carry_out(self, command: Command) -> None:
        match command:
            case events.SendClear():
                self._echo_guard.cleared(self._loop.time())
                self._line.clear()
            case events.HangUp():
                self._over.set()
            case events.TransferCall(destination=destination):
                self._writing.transfer_call(destination)
                self._left = True
                self._over.set()
            case events.Report():
                self._report(command)
            case events.PublishUtterance(start=start, end=end):
                self._writing.publish_utterance(command, self._ear.cut(start, end))
            case events.CloseTurn():
                self.account.turn_closed(command)
                self._writing.close_turn(command)
            case _:
                self._writing.carry_out(command)

    def _report(self, report: events.Report) -> None:
        fields: dict[str, str | int | float] = dict(report.fields)
        self._tally.reported(report)
        text = {} if report.text is None else {"text": said(report.text, log_texts=self._around.log_texts)}
        log_event(self._started.call, report.turn, report.name, **text, **fields)
        self._writing.record(report.name, report.turn, **fields)

    def _tell_done(self) -> None:
        """What the call was like: frames each way, and what should be 0 or low on a healthy line."""
        codec, machine = self._line.codec, self._machine
        health = {
            "underruns": machine.call.playout.underruns,
            "stale": machine.speaking.stale.total(),
            "echo_frames": self._echo_guard.echoes,
            "drafts": machine.drafting.made,
            "drafts_dropped": machine.drafting.dropped,
            "looks": machine.drafting.looks,
            "outbox_dropped": self._outbox.dropped,
        }
        log_event(self._started.call, self._turn, "CALL_DONE", **health)
        self._writing.record("WS_DONE", self._turn, rx=codec.rx_bytes // FRAME_BYTES, tx=codec.tx_bytes // FRAME_BYTES, **health)

    def _header(self) -> Header:
        core, at = self._machine.call, self._around.wall_clock()
        return Header(VERSION, self.key, self._tongue.now, at, core.rules, core.phrases, core.lexicon)

    @property
    def _turn(self) -> int:
        return self._machine.call.turn.number
