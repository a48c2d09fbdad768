"""One simulated call: caller, line and workers around the core, on a clock that is a number.

What happens within 20 ms is handled in the order in which it would happen; the pacer takes
its frames at the end of each, now and then too late. The judge sees everything.
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from common.messages import Collect
from gateway.playout import Mark
from gateway.records.recorder import Recorder, Unrecorded
from gateway.turn.endpointing import CallerState
from gateway.turn.events import (
    CallAnswered,
    CallerHungUp,
    CallTaken,
    CloseTurn,
    Command,
    Event,
    HangUp,
    KeyPressed,
    LanguageChanged,
    LoadChanged,
    MarkEchoed,
    Report,
    SendClear,
    TimePassed,
)
from gateway.turn.machine import TurnMachine
from gateway.turn.phrases import PhraseBook
from gateway.turn.state import Rules
from gateway.turn.words import Lexicon
from gateway.vad.hangover import FIVE_OF_SIX, THREE_OF_FOUR
from tests.sim.caller import Caller
from tests.sim.judge import Judge
from tests.sim.line import FRAME_S, Line, Weather
from tests.sim.loudness import Loudness
from tests.sim.moments import Moments
from tests.sim.rules import RULES
from tests.sim.situations import ORDINARY, Situation, draw
from tests.sim.sound import phrase_book
from tests.sim.vocabulary import LEXICON
from tests.sim.workers import DESK, Workers

_LIMIT_S = 150.0
"""Every call is over by then: the bot hangs up on a caller who says nothing more."""
_TAKEN = 0.18
"""Chance that another gateway had the call before."""
_IMPATIENT = 0.8
"""Chance that a caller who has nothing more to say hangs up, instead of waiting for what the bot makes of that."""
_HAS_LEXICON = 0.92
"""Chance that the call's language has one."""


@dataclass(slots=True)
class World:
    """A call and all around it."""

    seed: int
    weather: Weather
    rules: Rules
    rng: random.Random
    caller: Caller
    line: Line
    workers: Workers
    machine: TurnMachine
    judge: Judge
    moments: Moments
    situation: Situation = ORDINARY
    opening: Event = field(default_factory=CallAnswered)
    now: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    trace: list[str] = field(default_factory=list)
    traced: bool = False
    recorder: Recorder = field(default_factory=Unrecorded)
    loudness: Loudness = field(default_factory=Loudness)
    _marks: list[tuple[float, str]] = field(default_factory=list)
    _frames_owed: int = 0
    _stalled_until: float = 0.0
    _sends_from: float = 0.0

    def run(self) -> None:
        """The whole call."""
        self.feed(self.opening)
        hangs_up_at = self.rng.uniform(0, 90) if self.rng.random() < 0.3 else _LIMIT_S
        impatient = self.rng.random() < _IMPATIENT
        while not self.machine.call.over:
            self._step()
            self.situation.act(self)
            if self.now >= hangs_up_at or (self.caller.done and impatient):
                self.hang_up()
            self.judge.check(self.now < _LIMIT_S, "the call is stuck")
        for seconds in (0.1, 1.0):
            self.line.play_until(self.now + seconds)
        self.judge.call_over(self.now)

    def feed(self, event: Event) -> None:
        """Hand an event to the core, and its commands to the world."""
        if self.traced and type(event).__name__ not in ("FrameHeard", "TimePassed"):
            self.trace.append(f"{self.now:8.3f} > {brief(event)}")
        self.recorder.happened(event, self.now)
        self.moments.before(event, self.now)
        commands = self.machine.handle(event, self.now)
        self.moments.after(event, commands)
        self.recorder.returned(commands)
        for command in commands:
            if self.traced:
                self.trace.append(f"{self.now:8.3f}     < {brief(command)}")
            self._carry_out(command)
        self.judge.handled(event, commands, self.now)

    def press(self, key: str) -> None:
        """The caller presses a key."""
        self.counts["key"] += 1
        self.judge.key_pressed(key, self.now)
        self.feed(KeyPressed(key))

    def hang_up(self) -> None:
        """The line drops, and says so twice."""
        self.counts["stop twice"] += 1
        self.counts["dropped in mid-word"] += self.machine.call.floor.state is CallerState.SPEAKING
        self.feed(CallerHungUp())
        self.feed(CallerHungUp())

    def stall(self, seconds: float) -> None:
        """No frames come for a while, and then all at once."""
        self._stalled_until = self.now + seconds

    def gateway_stalls(self, seconds: float) -> None:
        """No sound leaves for a while."""
        if self.now >= self._sends_from:
            self._sends_from = self.now + seconds

    # -- 20 ms ----------------------------------------------------------------------------------

    def _step(self) -> None:
        end = self.now + FRAME_S
        self._let_time_pass(end)
        self.now = end
        self._caller_frames()
        if self.rng.random() >= self.weather.stall and self.now >= self._sends_from:
            taken = self._take()
            self.judge.sent(taken, self.now)
            self.line.send(taken, self.now)
        else:
            self.counts["sound late"] += 1

    def _take(self) -> list[bytes | Mark]:
        """What is due; at full loudness, for the judge and the ear."""
        playout, loudness = self.machine.call.playout, self.loudness
        loudness.before(playout)
        taken = playout.take(self.now)
        self.recorder.taken(taken, self.now)
        return loudness.restored(taken, self.judge.check)

    def _let_time_pass(self, end: float) -> None:
        """Marks, messages and the deadline, in order."""
        start = self.now
        self._marks += self.line.play_until(end)
        due: list[tuple[float, Event]] = [(at, MarkEchoed(name)) for at, name in self._marks if at <= end]
        self._marks = [(at, name) for at, name in self._marks if at > end]
        due += [(end, message) for message in self.workers.messages(end)]
        if self.rng.random() < self.weather.busy:
            self.counts["load"] += 1
            due.append((end, LoadChanged(self.rng.random() < 0.5)))
        for at, event in sorted(due, key=lambda item: item[0]):
            self._deadlines(at)
            self.now = max(start, at)
            self.feed(event)
        self._deadlines(end)

    def _deadlines(self, end: float) -> None:
        for _ in range(20):
            deadline = self.machine.wakes_at
            if deadline is None or deadline > end:
                return
            self.now = max(self.now, deadline)
            self.feed(TimePassed())
        self.judge.check(False, "an endless loop of alarms")

    def _caller_frames(self) -> None:
        """The caller's frame; in a stall none, and then all at once."""
        self._frames_owed += 1
        if self._frames_owed == 1 and self.rng.random() < self.weather.stall:
            self._stalled_until = self.now + self.rng.uniform(0, 1.2)
        if self.now < self._stalled_until:
            self.counts["stalled frame"] += 1
            return
        self.counts["burst of frames"] += self._frames_owed > 1
        for _ in range(self._frames_owed):
            frame, key = self.caller.frame(self.machine.state)
            if key:
                self.press(key)
            self.judge.frame_comes(frame, self.now)
            self.feed(frame)
        self._frames_owed = 0

    def _carry_out(self, command: Command) -> None:
        self.workers.take(command, self.now)
        match command:
            case SendClear():
                self.line.clear(self.now)
            case CloseTurn(how=how):
                self.counts[f"end {how}"] += 1
            case Report(name="TURN_ENDED", fields=(("how", "handed_over"),)):
                self.counts["end handed_over"] += 1
            case Report(name=name) if name not in ("STATE", "TURN_ENDED"):
                self.counts[name] += 1
            case HangUp():
                self.counts["bot hung up"] += 1
            case _:
                pass


def brief(thing: object) -> str:
    """An event or a command in a line of a trace."""
    text = repr(thing)
    return text if len(text) < 240 else text[:200] + f"... {len(getattr(thing, 'audio', b''))} bytes"


def make_world(
    seed: int,
    weather: Weather | None = None,
    rules: Rules | None = None,
    *,
    traced: bool = False,
    new_machine: Callable[[Rules, PhraseBook, Lexicon], TurnMachine] = TurnMachine,
) -> World:
    """A call that ``seed`` decides."""
    rng = random.Random(seed)
    drawn = weather is None and rules is None
    situation = draw(rng) if drawn else ORDINARY
    weather = weather if weather is not None else situation.weather_of(random_weather(rng))
    rules = rules if rules is not None else situation.rules_of(random_rules(rng))
    caller = Caller(rng, talks_for=rng.randint(200, 2500), detector_errs=weather.detector_errs, talks=not situation.alone)
    workers = Workers(rng, weather, caller)
    workers.tells_text = seed % 3 > 0
    line = Line(rng, weather)
    phrases = phrase_book(greeting=rng.random() < 0.9, interruptible=rng.random() < 0.8, still_working=seed % 5 > 0)
    machine = new_machine(rules, phrases, LEXICON if rng.random() < _HAS_LEXICON else Lexicon())
    judge = Judge(seed, machine, caller, line, workers.replies, weather)
    judge.words.excused = workers.why_lost
    world = World(seed, weather, rules, rng, caller, line, workers, machine, judge, Moments(machine), situation, traced=traced)
    situation.begin(world)
    if drawn and rng.random() < _TAKEN:
        world.opening = _call_taken(rng, LanguageChanged(machine.call.phrases, machine.call.lexicon))
    return world


def _call_taken(rng: random.Random, language: LanguageChanged) -> CallTaken:
    """The call of another gateway, whose caller may wait for an answer, may have been asked for keys, and for another ``language``."""
    text = rng.choice(("", "", "as said before"))
    unanswered = rng.random() < 0.15
    collect, spoken = rng.choice((None, Collect(digits=1), Collect(digits=4))), rng.choice((None, language))
    ended, is_open = rng.choice((None, 0)), rng.random() < 0.8
    return CallTaken(1, ended, is_open, text, "before", unanswered=unanswered, collect=collect, spoken=spoken)


def random_rules(rng: random.Random) -> Rules:
    """Mostly the defaults; now and then anything that a setting permits (``common/config.py``)."""

    def mostly(default: float, low: float, high: float) -> float:
        return default if rng.random() < 0.7 else round(low * (high / low) ** rng.random(), 2)

    return Rules(
        min_utt_s=mostly(RULES.min_utt_s, 0.4, 5.0),
        max_utt_s=mostly(RULES.max_utt_s, 1.0, 30.0),
        max_turn_s=mostly(RULES.max_turn_s, 2.0, 300.0),
        max_reply_s=mostly(RULES.max_reply_s, 2.0, 600.0),
        endpointing=rng.choice(("words", "words", "fixed")),
        speculate=rng.choice(("full", "full", "asr", "off")),
        max_drafts=round(mostly(RULES.max_drafts, 1, 10)),
        barge_in=rng.random() < 0.85,
        barge_in_mode=rng.choice(("hold", "hold", "duck")),
        barge_in_final_ms=round(mostly(RULES.barge_in_final_ms, 100, 5000)),
        barge_in_duck_ms=round(mostly(RULES.barge_in_duck_ms, 100, 5000)),
        dedup_s=0.0 if rng.random() < 0.1 else mostly(RULES.dedup_s, 0.5, 60.0),
        onset=rng.choice((FIVE_OF_SIX, THREE_OF_FOUR)),
        destinations=frozenset({DESK}),
    )


def random_weather(rng: random.Random) -> Weather:
    """Calm in two calls of five; else some things go wrong."""
    if rng.random() < 0.4:
        return Weather(latency_s=rng.uniform(0.01, 0.08))

    def perhaps(most: float) -> float:
        return rng.uniform(0, most) if rng.random() < 0.4 else 0.0

    return Weather(
        latency_s=rng.uniform(0.01, 0.2),
        frame_s=rng.choice((FRAME_S, FRAME_S, 0.0192)),
        mark_lost=rng.choice((0.0, 0.0, 0.1, 1.0)),
        mark_late=perhaps(0.3),
        stall=perhaps(0.05),
        detector_errs=perhaps(0.1),
        message_lost=perhaps(0.08),
        message_twice=perhaps(0.2),
        message_late=perhaps(0.2),
        asr_fails=perhaps(0.3),
        llm_fails=perhaps(0.3),
        tts_fails=perhaps(0.3),
        tts_second_attempt=perhaps(0.3),
        tts_stops=perhaps(0.3),
        slow=perhaps(0.3),
        busy=perhaps(0.05),
    )
