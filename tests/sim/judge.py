"""What must hold in every call, judged from outside: from commands, frames sent and frames heard.

Each sentence of a judge is one of the rules of a turn; see ``gateway/turn``. What concerns the sound is in ``judge_sound``,
the history in ``judge_history``, the caller's words, keys and sayings in ``judge_words``, ``judge_keys`` and ``judge_sayings``,
whose voice it is in ``judge_voices``, and how long anything lasts in ``judge_rest``.
"""

from common.messages import Transcript
from gateway.ear import IDLE_FRAMES
from gateway.playout import LATE_MARK_S, Mark
from gateway.turn.events import (
    CallAnswered,
    CallTaken,
    CloseTurn,
    Command,
    CommitTurn,
    Event,
    FrameHeard,
    OpenTurn,
    PublishSentence,
    PublishTranscript,
    PublishUtterance,
    Report,
    SendClear,
    WorkerReported,
)
from gateway.turn.machine import BotState, TurnMachine
from gateway.turn.words import normalise
from tests.sim.broken_rule import BrokenRule
from tests.sim.caller import Caller
from tests.sim.judge_history import HistoryJudge
from tests.sim.judge_keys import KeysJudge, Pressed
from tests.sim.judge_rest import VOICE_LEVEL, RestJudge
from tests.sim.judge_sayings import SayingsJudge
from tests.sim.judge_sound import SoundJudge
from tests.sim.judge_transfers import TransfersJudge
from tests.sim.judge_voices import VoicesJudge
from tests.sim.judge_words import WordsJudge
from tests.sim.line import FRAME_S, Line, Weather
from tests.sim.workers import Planned

_SLACK_S = 0.05
_LEAD_S = 0.2
"""A provider whose clock is fast played what it has so much earlier."""
_NO_HISTORY = ("superseded", "deduplicated", "nothing_heard")
_LAST = ("hung_up", "transferred")
"""Ends after which there is no other."""


class Judge:
    """Sees one call."""

    def __init__(self, seed: int, machine: TurnMachine, caller: Caller, line: Line, asked: dict[int, Planned], weather: Weather) -> None:
        self.closed: dict[int, CloseTurn] = {}
        self.asked_late = False
        """Whether the model may be asked only after the commit."""
        self.broken = ""
        """The first rule that did not hold: a shell takes it for a bug, ends the call, and goes on."""
        self.first_turn = 0
        """Of this stream."""
        self.words = WordsJudge(self.check, caller, machine.call.rules.max_utt_s)
        self.keys = KeysJudge(self.check, self.words.between_streams)
        self.sayings = SayingsJudge(self.check, caller, machine.call.lexicon, self.words.why_lost)
        self.voices = VoicesJudge(self.check, self.sayings.was_held)
        self.sound = SoundJudge(self.check, asked, weather)
        self.history = HistoryJudge(self.check, self.sound, asked, weather)
        self.rest = RestJudge(self.check)
        self.transfers = TransfersJudge(self.check, asked, weather)
        self._seed = seed
        self._caller = caller
        self._replies = asked
        self._weather = weather
        self._asked: set[int] = set()
        self._ignored: dict[int, str] = {}
        """What the caller said again."""
        self._committed: dict[int, str] = {}
        self._last_committed = ""
        self._known = ""
        """What the caller said on a line of before."""
        self._next_turn = 0
        self._began = True
        """Whether the core knows that the stream is open."""
        self._frame = -1
        self._kept_from = 0
        """First frame of the caller's that the gateway still has."""
        self._begin(machine, line, 0.0)

    def _begin(self, machine: TurnMachine, line: Line, now: float) -> None:
        self._machine, self._line = machine, line
        self.voices.stream_begins(machine)
        self._protected = False
        self._cleared_at = self._sound_at = now
        self._first_frame = self._frame + 1
        self.sound.stream_begins(machine, line)
        self.rest.stream_begins(machine, now)

    def check(self, holds: bool, rule: str) -> None:
        """Fail the call unless ``holds``."""
        if not holds:
            self.broken = self.broken or f"seed {self._seed}: {rule}"
            raise BrokenRule(self.broken)

    def stream_begins(self, machine: TurnMachine, line: Line, now: float) -> None:
        """The call goes on with another stream (R12)."""
        if self._frame >= 0:
            self.words.stream_lost(self._frame)
        self._began = False
        self._frame = self._caller.frames - 1
        self._kept_from = self._caller.frames
        self._begin(machine, line, now)

    def _turns_begin(self, turn: int, ended: int | None) -> None:
        """At another stream's number: what ended there and was not written yet did not end."""
        self.closed = {number: closed for number, closed in self.closed.items() if ended is None or number < ended}
        self.check(all(number < turn for number in self.closed), f"turn {turn} was used before")
        self._asked = {number for number in self._asked if number < turn}
        self._committed = {number: text for number, text in self._committed.items() if number < turn}
        self.first_turn = self._next_turn = turn
        self.sound.turns_begin(turn)
        self._began = True

    # -- Events and commands --------------------------------------------------------------------

    def frame_comes(self, frame: FrameHeard, now: float) -> None:
        """Before a frame is handed in: a muted floor, or a voice that is ignored, hears no words."""
        self._frame += 1
        machine = self._machine
        self.voices.frame_comes(self._frame, frame)
        self._protected = machine.call.playout.protected(now)
        if machine.call.floor.muted or machine.ignored_turn is not None:
            self.words.not_heard(self._frame)
        if frame.level >= VOICE_LEVEL:
            self.rest.caller_sounds(now)

    def key_pressed(self, key: str, now: float) -> None:
        """The caller pressed a key."""
        call = self._machine.call
        if call.over:
            return
        if not call.turn.asks_anew:  # else it goes on with keys that are lost
            self.keys.pressed.append(Pressed(self._frame, key, key == call.wanted_keys.terminator))
        self.words.key_pressed(self._frame)
        self.rest.caller_sounds(now)

    def handled(self, event: Event, commands: list[Command], now: float) -> None:
        """After every event."""
        machine = self._machine
        if isinstance(event, CallAnswered | CallTaken):
            self._turns_begin(event.turn, event.ended if isinstance(event, CallTaken) else None)
            self._known = self._known or (event.text if isinstance(event, CallTaken) and not self._first_frame else "")
            unanswered = isinstance(event, CallTaken) and event.unanswered
            self.history.greeting = machine.call.phrases.unanswered if unanswered else machine.call.phrases.greeting
            self.history.greets_in = event.turn if unanswered or isinstance(event, CallAnswered) else -1
            self.rest.stream_begins(machine, now)
        self.transfers.told(event, machine)
        self.rest.told(event, now)
        self._understood(event, commands)
        self.commanded(commands, now)
        stopped = isinstance(event, FrameHeard) and any(isinstance(command, SendClear) for command in commands)
        self.check(not (stopped and self._protected), "a voice stops what may not be interrupted")
        self._models_asked(commands)
        if isinstance(event, FrameHeard) and not machine.needs_sound:
            self._kept_from = max(self._kept_from, self._frame + 1 - IDLE_FRAMES)
        self.sound.event_handled()
        self._deadline(event, now)
        self._states(now)

    def _understood(self, event: Event, commands: list[Command]) -> None:
        """Before what comes of it."""
        if self._machine.holding.hold is not None:
            self.sayings.held(self._frame)
        if isinstance(event, WorkerReported) and isinstance(event.message, Transcript):
            frames = self.words.told(event.message.head.seq)
            if self.voices.means_nothing(event.message, frames, commands):
                self.words.mean_nothing(frames)
            if normalise(event.message.text) == normalise(self._last_committed):
                self.sayings.said_before(frames)

    def commanded(self, commands: list[Command], now: float) -> None:
        """What is done, whatever becomes of the core."""
        if any(isinstance(command, Report) and command.name == "SAID_AGAIN" for command in commands):
            self.sound.again.add(self._machine.call.turn.number)
        for command in commands:
            self._command(command, now)
        self.transfers.commanded(commands, self._machine)

    def _models_asked(self, commands: list[Command]) -> None:
        """Of each turn that is committed, with the words that are."""
        for command in commands:
            if isinstance(command, CommitTurn) and command.turn not in self.sound.again and not self.asked_late:
                planned = self._replies.get(command.turn)
                self.check(planned is not None, "no model was asked about a committed turn")
                asked = "" if planned is None else planned.asked
                self.check(asked == command.text, f"the model was asked {asked!r}, and {command.text!r} is committed")

    def _deadline(self, event: Event, now: float) -> None:
        deadline, over = self._machine.deadline, self._machine.call.over
        self.check((deadline is None) == over, "a live call has a deadline, a dead one none")
        if deadline is not None and not isinstance(event, FrameHeard):
            self.check(deadline > now, f"the deadline {deadline} lies in the past at {now}")

    def _command(self, command: Command, now: float) -> None:
        if isinstance(command, OpenTurn | CommitTurn | PublishUtterance | PublishTranscript | PublishSentence):
            self.check(command.turn == self._next_turn, f"in turn {self._next_turn}: {command}")
        match command:
            case CloseTurn():
                self._close(command, now)
            case CommitTurn(turn=turn, text=text):
                self.check(turn not in self._committed, f"turn {turn} is committed twice")
                self._committed[turn] = self._last_committed = text
            case PublishUtterance():
                self._published(command)
            case PublishTranscript(turn=turn):
                self.check(turn not in self._asked, f"turn {turn} is asked twice")
                self._asked.add(turn)
            case PublishSentence(turn=turn, sentence=sentence):
                self.sound.retake(turn, sentence)
            case Report(turn=turn, name="DEDUP: same utterance ignored", text=str(text)):
                self._ignored[turn] = text
                before = normalise(self._last_committed)
                self.check(normalise(text) == before, f"{text!r} is ignored as said before, and that was {before!r}")
            case Report(name="DRAFT_DROPPED"):
                self.words.went_on()
            case SendClear():
                self._cleared_at, self.sound.new_run = now, True
            case _:
                pass

    def _published(self, command: PublishUtterance) -> None:
        start, end = command.start, command.end
        frames = range(start + self._first_frame, end + self._first_frame)
        self.words.published(command.seq, frames, probe=command.piece == "probe")
        self.voices.published(command, frames)
        self.check(0 <= start < end <= self._frame + 1 - self._first_frame, f"no sound is published: {command}")
        self.check(frames.start >= self._kept_from, f"sound that is forgotten is published: {command}")

    def _close(self, closed: CloseTurn, now: float) -> None:
        turn, how = closed.turn, closed.how
        self.check(turn == self._next_turn, f"turn {turn} ends, and not {self._next_turn}")
        self.check(not self.closed or self._last.how not in _LAST or turn == self.first_turn, f"turn {turn} ends after the call")
        self._next_turn = turn + 1
        self.closed[turn] = closed
        if how in _NO_HISTORY:
            self.check(not closed.caller and not closed.heard, f"a history of a turn that was {how}: {closed}")
            self.check(how == "superseded" or turn not in self._committed, f"turn {turn} was committed, and is {how}")
        elif turn in self._committed:
            self.check(closed.caller == self._committed[turn], f"{self._committed[turn]!r} was committed: {closed}")
        if how not in ("superseded", "hung_up"):
            self.words.settled(self._frame)
        self.sound.listen()
        self.history.turn_ends(closed)
        self.sound.turn_ends(turn, now)
        self.rest.turn_ends(closed, now)

    # -- States ---------------------------------------------------------------------------------

    def _states(self, now: float) -> None:
        """SPEAKING exactly while the gate is open and there is unheard sound; marks may be late."""
        machine = self._machine
        if machine.call.over:
            return
        sounding = self._line.playing(now)
        speaking, hold = machine.state is BotState.SPEAKING, machine.holding.hold
        if sounding or (speaking and machine.call.playout.sendable) or not speaking:
            self._sound_at = now
        self.check(now - self._sound_at < LATE_MARK_S + _LEAD_S, "SPEAKING without any sound")
        cleared = now - self._cleared_at < self._weather.latency_s + FRAME_S + _SLACK_S
        self.check(speaking or not sounding or cleared, f"{machine.state.value} while sound is unheard")
        caller_has_floor = machine.call.open is not None and (hold is None or not hold.quiet)
        self.check(not (speaking and caller_has_floor), "SPEAKING while the caller has the floor")
        self.rest.watch(now, sounding=sounding)
        self.voices.watch(self._frame, now)

    def sent(self, items: list[bytes | Mark], now: float) -> None:
        """What the pacer sends."""
        self.sound.listen()
        self._states(now)
        hold = self._machine.holding.hold
        held = self._machine.call.open is not None if hold is None else not hold.quiet
        self.check(not held or all(isinstance(item, Mark) for item in items), "a frame leaves while the caller has the floor")
        self.sound.leaves(items)

    # -- The end --------------------------------------------------------------------------------

    @property
    def _last(self) -> CloseTurn:
        return self.closed[max(self.closed)]

    def call_over(self, now: float) -> None:
        """After the last event."""
        self.check(not self.broken, self.broken)
        if self._began:  # else the caller hung up before the bus told of the call
            self.check(self._last.how in _LAST, f"the last turn ended {self._last.how}")
        self.sound.listen()
        self.words.deferred = [range(piece.start, piece.end) for piece in self._machine.holding.deferred]
        self.words.call_over(self.closed, self._frame)
        histories = {turn: closed.caller for turn, closed in self.closed.items() if closed.caller}
        self.keys.call_over(self._ignored | histories, self.words.moments)
        self.sayings.call_over(histories.values(), self._ignored.values(), self._known, self._frame)
