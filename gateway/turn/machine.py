"""The turn machine: decides whose turn it is. No clock, no I/O; ``handle(event, now)`` is the only way in.

Theory
    A phone is full duplex, so there are two machines. The caller's (``endpointing.py``) is
    SILENT, SPEAKING or PAUSED. The bot's is what follows from the turn: SPEAKING exactly
    while sound that may leave is unheard, THINKING while an utterance waits for its reply,
    LISTENING otherwise. One gate couples them: the sound of a reply leaves only while the
    turn is committed and the caller does not hold the floor (R3).

    =============  =====================  ==========================  =======================
    caller / bot   LISTENING              THINKING                    SPEAKING
    =============  =====================  ==========================  =======================
    onset          utterance opens        hold: the gate closes       hold: silent at once
    voice lasts    segments (R6)          words only are final        length or words: final
    pause          draft, or a look       probe                       probe
    goes on        draft superseded       hold goes on                hold goes on
    silence        publish, THINKING      probe decides               probe decides
    key            utterance              superseded                  interrupted
    words          commit, or DEDUP       commit                      (probe) final or resume
    "what?"        last reply again       as any words                last reply again
    last mark      -                      -                           turn *replied*
    no progress    "are you there?"       filler, then fallback       -
    =============  =====================  ==========================  =======================

    The way of a call through the files: ``endpointing`` hears the floor, ``patience`` says how long a silence
    lasts, ``drafting`` looks ahead in pauses, ``listening`` makes utterances of it all, ``keys`` too,
    ``holding`` decides about voice over an unfinished turn, ``speaking`` takes the reply in,
    ``clocks`` and ``alarms`` know what the caller would feel, ``state`` raises the turn.
    A call begins with ``CallAnswered``, or with ``CallTaken`` where another stream had it (``taking_over``).
"""

from enum import Enum
from operator import itemgetter

from common.messages import StageFailed, Transcript
from gateway.playout import Playout
from gateway.turn import barge_in
from gateway.turn.alarms import Alarm, Alarms
from gateway.turn.drafting import Drafting
from gateway.turn.endpointing import PAUSE_FRAMES, PRE_ROLL_FRAMES, Floor, Heard
from gateway.turn.events import (
    CallAnswered,
    CallerHungUp,
    CallTaken,
    Command,
    Event,
    FrameHeard,
    KeyPressed,
    LanguageChanged,
    LoadChanged,
    MarkEchoed,
    WorkerReported,
)
from gateway.turn.holding import Holding
from gateway.turn.keys import Keys
from gateway.turn.listening import Listening
from gateway.turn.patience import Patience
from gateway.turn.phrases import PhraseBook
from gateway.turn.speaking import Speaking
from gateway.turn.state import Call, Rules, new_turn, seconds_to_frames
from gateway.turn.taking_over import begin_at, take_over
from gateway.turn.utterance import Piece
from gateway.turn.words import Lexicon


class BotState(Enum):
    """What the bot does (S1)."""

    LISTENING = "LISTENING"
    THINKING = "THINKING"
    SPEAKING = "SPEAKING"


class TurnMachine:
    """The core of one call."""

    def __init__(self, rules: Rules, phrases: PhraseBook, lexicon: Lexicon) -> None:
        playout = Playout()
        patience = Patience(seconds_to_frames(rules.min_utt_s), by_words=rules.endpointing == "words")
        floor = Floor(patience.frames, seconds_to_frames(rules.max_utt_s), rules.onset)
        self.call = Call(rules, phrases, lexicon, playout, floor, patience, new_turn(0, rules, phrases, playout))
        self.drafting = Drafting(self.call)
        self.listening = Listening(self.call, self.drafting)
        self.speaking = Speaking(self.call, self.drafting)
        self.keys = Keys(self.call, self.listening)
        self.holding = Holding(self.call, self.drafting, self.listening, self.speaking)
        self.state = BotState.LISTENING
        self.deadline: float | None = None
        """When ``TimePassed`` is due."""
        self.ignored_turn: int | None = None
        """The turn over which a voice is ignored, since it, or what it says now, may not be interrupted."""
        self._alarms = Alarms(self.call, self.listening, self.keys, self.speaking, self.holding)

    def handle(self, event: Event, now: float) -> list[Command]:
        """Take what happened at ``now`` (seconds of a steady clock); return what is to be done."""
        if self.call.over:
            return []
        if isinstance(event, FrameHeard):
            self._alarms.last_frame_at = now
            if self._hear(event, now) is Heard.NOTHING:
                return []
        else:
            self._dispatch(event, now)
        self._settle(now)
        commands, self.call.out = self.call.out, []
        return commands

    @property
    def wakes_at(self) -> float | None:
        """When ``TimePassed`` is due, sound that left since the last event included."""
        deadline, expires_at = self.deadline, self.call.playout.expires_at
        if deadline is None or expires_at is None:
            return expires_at if deadline is None else deadline
        return min(deadline, expires_at)

    @property
    def needs_sound(self) -> bool:
        """Whether sound of the caller may yet be published: said now, or said and not understood yet."""
        call = self.call
        return (
            call.caller_speaks
            or call.floor.muted
            or call.open is not None
            or call.short is not None
            or (call.turn.utterance is not None and not call.turn.committed)
        )

    @property
    def sound_limit_frames(self) -> int:
        """How much of the caller's sound may be published at the most."""
        return seconds_to_frames(self.call.rules.max_turn_s + barge_in.LIMIT_S) + 2 * PRE_ROLL_FRAMES

    # -- Events -------------------------------------------------------------------------------

    def _dispatch(self, event: Event, now: float) -> None:
        match event:
            case CallAnswered(turn=turn):
                begin_at(self.call, turn, now)
                self._answer(now)
            case CallTaken():
                self._alarms.last_frame_at = now
                take_over(self.call, self.listening, event, now)
            case KeyPressed(digit=digit):
                self._key(digit, now)
            case MarkEchoed(name=name):
                self.call.playout.mark_echoed(name, now)
            case WorkerReported(message=(Transcript() | StageFailed(stage="asr")) as message):
                self._words(message, now)
            case WorkerReported(message=message, audio=audio):
                self.speaking.message_arrived(message, audio, now)
            case LoadChanged(busy=busy):
                self.call.busy = busy
            case LanguageChanged(phrases=phrases, lexicon=lexicon):
                self.call.phrases, self.call.lexicon = phrases, lexicon
            case CallerHungUp():
                self.call.hang_up(now)
            case _:
                pass  # a frame was heard before, and what time brings is settled afterwards

    def _answer(self, now: float) -> None:
        call = self.call
        self._alarms.last_frame_at = call.memory.quiet_since = now
        if call.phrases.greeting is not None:
            call.say(call.phrases.greeting, "greeting")
        else:
            call.end_turn("replied", now)

    def _hear(self, frame: FrameHeard, now: float) -> Heard:
        heard = self.call.floor.push(frame.speech, frame.level)
        match heard:
            case Heard.ONSET:
                self._onset(now)
            case Heard.VOICED:
                if self.holding.hold is None:
                    self.drafting.went_on(now)
                self.listening.voiced(frame.level)
                self.holding.voiced(frame.level, now)
            case Heard.PAUSE if self.holding.hold is not None:
                self.holding.paused(self.holding.hold, now)
            case Heard.PAUSE:
                self.drafting.paused()
            case Heard.ENDED:
                self._floor_ended(now)
            case _:
                pass
        if self.call.open is not None and self.holding.hold is None:
            self.listening.cut_long_piece(self.call.open)
        return heard

    def _onset(self, now: float) -> None:
        call = self.call
        if self.holding.hold is not None:
            self.holding.go_on(self.holding.hold)
            return
        if not call.playout.protected(now):
            self.speaking.finish_if_nearly_heard(now)
        if not call.turn.used or call.open is not None:
            self.listening.begin(now)
        elif call.turn.floor_taken and not call.playout.anything_heard(now):
            call.report("FLOOR_TAKEN")
            call.floor.mute()
        elif call.may_not_be_interrupted(now):
            self.ignored_turn = call.turn.number
        else:
            self.holding.begin(now)

    def _floor_ended(self, now: float) -> None:
        if self.ignored_turn is not None:
            self.ignored_turn = None
        elif self.holding.hold is not None:
            self.holding.ended(self.holding.hold, now)
        else:
            self.listening.end(now)

    def _key(self, digit: str, now: float) -> None:
        if self.call.turn.asks_anew:
            self.keys.ignored()
            return
        if self.call.turn.used and (self.call.open is None or self.holding.hold is not None):
            self.holding.key_pressed(now)
        self.keys.pressed(digit, now)

    def _words(self, message: Transcript | StageFailed, now: float) -> None:
        seq = message.head.seq
        piece = self.call.awaited.pop(seq, None)
        if piece is None:
            self.speaking.stale["unasked"] += 1
            return
        piece.text, piece.asr_ms = (message.text, message.asr_ms) if isinstance(message, Transcript) else ("", 0)
        hold = self.holding.hold
        if hold is not None and piece in hold.probes:
            if isinstance(message, Transcript) or hold.ended:  # a recogniser that failed did not hear that nothing was said
                self.holding.judge(hold, piece, now)
        elif self._is_current(piece):
            self.listening.transcript_arrived(piece, message, now)
        else:
            self.holding.late_words(piece, now)

    # -- After every event ----------------------------------------------------------------------

    def _settle(self, now: float) -> None:
        """Bring everything that follows from the state up to date, time included."""
        self._consequences(now)
        alarms = self._pending()
        for _ in range(len(alarms)):
            if not alarms or alarms[0][0] > now:
                break
            alarms[0][1](now)
            self._consequences(now)
            alarms = self._pending()
        self.deadline = alarms[0][0] if alarms else None

    def _pending(self) -> list[Alarm]:
        """What is due next comes first; of a call that is over nothing is."""
        if self.call.over:
            return []
        return sorted(self._alarms.all(self._frames_stopped, speaking=self.state is BotState.SPEAKING), key=itemgetter(0))

    def _consequences(self, now: float) -> None:
        call = self.call
        if call.over:
            return
        call.playout.floor_free = self._floor_is_free()
        if self.holding.hold is None or self.holding.hold.quiet:
            self.speaking.finish_if_heard(now)
        self.holding.settle(now)
        if self.holding.hold is not None and call.playout.protected(now):
            self.holding.give_way()
            self.ignored_turn = call.turn.number
        if self.ignored_turn is not None and not call.may_not_be_interrupted(now):
            self._stop_ignoring(now)
        if call.over:
            return
        self.holding.catch_up(now)
        call.playout.floor_free = self._floor_is_free()
        self.speaking.watch(now)
        self._note_state(now)

    def _stop_ignoring(self, now: float) -> None:
        """What may not be interrupted was heard; a voice that still goes on counts, pre-roll included, but no more than a piece of it."""
        self.ignored_turn = None
        call = self.call
        if not call.caller_speaks:
            return
        if call.floor.silence_frames < PAUSE_FRAMES:
            call.floor.keep_tail()
            self._onset(now)
        else:
            call.floor.release()

    def _frames_stopped(self, now: float) -> None:
        """No frames come: what was said so far is the utterance."""
        self.call.floor.release()
        self._floor_ended(now)

    def _floor_is_free(self) -> bool:
        """Whether sound may leave as far as the caller is concerned (R3)."""
        hold = self.holding.hold
        return hold.quiet if hold is not None else self.call.open is None

    def _is_current(self, piece: Piece) -> bool:
        call = self.call
        return any(said.has(piece) for said in (call.open, call.short, call.turn.utterance) if said is not None)

    def _note_state(self, now: float) -> None:
        state = self._bot_state(now)
        if state is not self.state:
            self.call.report("STATE", was=self.state.value, now=state.value)
            self.state = state

    def _bot_state(self, now: float) -> BotState:
        if self.call.playout.unheard(now):
            return BotState.SPEAKING
        waiting = self.call.turn.utterance is not None and self._floor_is_free()
        return BotState.THINKING if waiting else BotState.LISTENING
