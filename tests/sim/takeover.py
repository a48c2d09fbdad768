"""Random calls whose gateway dies at a random moment, once or more; the caller comes back to a new machine (R12).

The new machine is told what the bus knows: what the dead one had written, up to a random point of what it
was writing when it died. All that was under way comes to the new one all the same, as if it were the
same gateway's next stream: nothing of it may count.
"""

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace

from common.messages import Collect
from gateway.playout import Mark
from gateway.turn.events import CallAnswered, CallTaken, CloseTurn, Command, CommitTurn, Event, OpenTurn, PublishUtterance, TransferCall
from gateway.turn.machine import BotState, TurnMachine
from tests.sim.judge import Judge
from tests.sim.line import FRAME_S, Line
from tests.sim.sound import PHRASE_TURN, label, phrase_book
from tests.sim.world import World, make_world, random_rules, random_weather

_GREETING = 0
_GAP_S = (0.2, 3.0)
_LIMIT_S = 300.0


@dataclass(slots=True)
class Bus:
    """What the dead gateway had written."""

    turn: int = 0
    open: int = -1
    said: int = -1
    text: str = ""
    collect: Collect | None = None
    heard: list[str] = field(default_factory=lambda: ["", ""])

    def write(self, command: Command) -> None:
        """As the scripts do."""
        match command:
            case OpenTurn(turn=turn):
                self.open = turn
            case CommitTurn(turn=turn, text=text):
                self.said, self.text = turn, text
            case CloseTurn(turn=turn, how=how, heard=heard, collect=collect):
                self.turn, self.text, self.collect = turn + 1, "", collect
                self.open = self.turn if how == "superseded" else self.open
                self.heard += [heard] if heard else []
            case _:
                pass

    def take(self) -> CallTaken:
        """Hand the call over."""
        left = self.turn
        text = self.text if self.said == left else ""
        self.turn += 1
        is_open = self.open == left or bool(text)
        return CallTaken(self.turn, left, is_open, text, self.heard[-1], self.heard[-2], collect=self.collect)


class TakeoverJudge(Judge):
    """What must hold over all streams of a call, beside what holds within each."""

    ends: dict[int, str]
    committed: set[str]
    answered: set[str]
    carried: set[str]
    forgiven: set[str]
    first_turn: int
    asked_in: int
    """The turn in which something of the caller's was published, or a key was pressed, as far as the machine came."""
    sayable: set[str]
    """Words that may be committed on this stream: said on it, or asked again."""
    gateway_died: bool
    """What a dead gateway does not do breaks no rule."""

    def begin(self) -> None:
        """Before the call."""
        self.ends, self.committed, self.answered, self.gateway_died = {}, set(), set(), False
        self.carried, self.forgiven, self.first_turn, self.asked_in, self.sayable = set(), set(), 0, -1, set()

    # -- What the dead gateway had written, and what the new one makes of it -----------------------

    def written(self, command: Command) -> None:
        """A command that left the gateway before it died."""
        match command:
            case CommitTurn(text=text):
                self.committed |= _words(text)
                self.carried -= _words(text)
            case CloseTurn(turn=turn, how=how, caller=caller):
                self.check(turn not in self.ends, f"turn {turn} ends twice: {self.ends.get(turn)}, {how}")
                self.ends[turn] = how
                self.answered |= _words(caller)
            case _:
                pass

    def superseded(self, words: str) -> None:
        """Committed words go in front of the next turn."""
        self.carried |= _words(words)

    def taken(self, call: CallTaken, machine: TurnMachine) -> None:
        """The new machine has begun."""
        assert call.ended is not None
        self.check(call.ended not in self.ends, f"turn {call.ended} was over when it was taken")
        self.ends[call.ended], self.first_turn = "handed_over", call.turn
        turn = machine.call.turn
        self.check(turn.number == call.turn, "the new gateway begins at another turn")
        self.check(turn.text == call.text, "what was asked is not asked again")
        self.check(turn.only_phrase == (call.open and not call.text), "words that nobody knows are not asked for")
        self.check(turn.used == call.open, "something is said that nobody waits for")
        self.check(call.open or self.asked_in != call.ended, "something that was asked is forgotten")
        self.check(call.open or not self.carried, f"{self.carried} are lost without a word")
        self.forgiven |= self.carried
        self.carried = set()

    # -- The ear ----------------------------------------------------------------------------------

    def heard(self, frames: list[bytes], first: bool) -> None:
        """All that the caller heard on one stream."""
        for frame in map(label, frames):
            if frame.turn == PHRASE_TURN:
                self.check(first or frame.sentence != _GREETING, "the greeting is said again")
            else:
                self.check(frame.turn >= self.first_turn, f"sound of turn {frame.turn} is heard after turn {self.first_turn} began")

    def sent(self, items: list[bytes | Mark], now: float) -> None:
        """A dead gateway sends nothing."""
        if not self.gateway_died:
            super().sent(items, now)

    def call_over(self, now: float) -> None:
        """After the last stream."""
        super().call_over(now)
        self.check(sorted(self.ends) == list(range(len(self.ends))), f"turns without an end: {sorted(self.ends)}")
        lost = self.committed - self.answered - self.forgiven
        self.check(not lost, f"committed words in no history: {lost}")


@dataclass(slots=True)
class TakenWorld(World):
    """A world whose gateway dies now and then."""

    bus: Bus = field(default_factory=Bus)
    dies_at: float = 0.0
    dead: bool = False
    first_frame: int = 0
    """The caller's frame with which this stream began."""
    put_through: bool = False
    """Whether it is known where the call goes next: nobody takes it over."""

    def feed(self, event: Event) -> None:
        """Hand an event to the core; the gateway may die while it writes what comes of it."""
        if self.dead:
            return
        turn = self.machine.call.turn
        text = turn.text if turn.committed else ""
        judge = self.judge
        assert isinstance(judge, TakeoverJudge)
        said = self.machine.call.open
        if turn.utterance is not None or (said is not None and said.keys):
            judge.asked_in = turn.number
        commands = self.machine.handle(event, self.now)
        self.dead = self.now >= self.dies_at
        written = commands[: self.rng.randint(0, len(commands)) if self.dead else None]
        self.put_through = any(isinstance(command, TransferCall) for command in written)
        if self.put_through:
            judge.forgiven |= _words(text)  # the gateway may be gone before it wrote them
        for command in written:
            self._written(command, text)
        judge.gateway_died = self.dead
        if self.dead:
            judge.commanded(written, self.now)
        else:
            judge.handled(event, commands, self.now)

    def _take(self) -> list[bytes | Mark]:
        return [] if self.dead else World._take(self)

    def _written(self, command: Command, text: str) -> None:
        judge = self.judge
        assert isinstance(judge, TakeoverJudge)
        self.bus.write(command)
        judge.written(command)
        if isinstance(command, CommitTurn):
            said = {word for at, word, _ in self.caller.words if at >= self.first_frame}
            strange = _words(command.text) - said - judge.sayable
            self.judge.check(not strange, f"{strange} were said on another stream")
        if isinstance(command, CloseTurn) and command.how == "superseded":
            judge.superseded(text)
        if isinstance(command, PublishUtterance):
            command = replace(command, start=command.start + self.first_frame, end=command.end + self.first_frame)
        self._carry_out(command)

    def come_back(self) -> None:
        """Some time later the caller is on a new machine, with what the bus knows."""
        judge = self.judge
        assert isinstance(judge, TakeoverJudge)
        judge.heard([frame for _, frame in self.line.heard], first=not self.first_frame)
        was = self.machine.state
        for _ in range(int(self.rng.uniform(*_GAP_S) / FRAME_S)):
            self.now += FRAME_S
            self.caller.frame(BotState.LISTENING)
        self.line, self._marks, self._frames_owed = Line(self.rng, self.weather), [], 0
        self.machine = TurnMachine(self.rules, phrase_book(), self.machine.call.lexicon)
        judge.stream_begins(self.machine, self.line, self.now)
        self.first_frame, self.dead, self.dies_at = self.caller.frames, False, self.now + self.rng.uniform(0.0, 20.0)
        taken = self.bus.take()
        judge.sayable = _words(taken.text)
        self.workers.turn = max(self.workers.turn, taken.turn)
        self.dies_at, dies_at = float("inf"), self.dies_at
        self.feed(taken)
        self.dies_at = dies_at
        self.counts[f"taken {was.value}, {_known(taken)}"] += 1
        judge.taken(taken, self.machine)


def _words(text: str) -> set[str]:
    """Words of which each is said once: no nods, and no keys, to which more may be added."""
    return {word for word in text.split() if word.startswith("w")}


def _known(taken: CallTaken) -> str:
    return "words known" if taken.text else "words unknown" if taken.open else "nothing open"


def run_takeover(seed: int) -> Counter[str]:
    """One call with one to four deaths; raises if it breaks a rule."""
    rng = random.Random(seed)
    made = make_world(seed, random_weather(rng), random_rules(rng))
    world = TakenWorld(**{one.name: getattr(made, one.name) for one in fields(World)})
    judge = TakeoverJudge(seed, made.machine, made.caller, made.line, made.workers.replies, made.weather)
    judge.begin()
    judge.words.excused = world.workers.why_lost
    world.judge = judge
    world.workers.transfers = 0.05
    deaths = world.rng.randint(1, 4)
    world.dies_at = world.rng.uniform(0.0, 25.0)
    world.feed(CallAnswered())
    while not world.machine.call.over:
        world._step()
        if world.dead and world.put_through:
            world.counts["died as the call was put through"] += 1
            break
        if world.dead:
            deaths -= 1
            world.come_back()
            world.dies_at = world.dies_at if deaths else float("inf")
        judge.check(world.now < _LIMIT_S, "the call is stuck")
    world.line.play_until(world.now + 1.0)
    judge.heard([frame for _, frame in world.line.heard], first=not world.first_frame)
    if not world.dead:
        judge.call_over(world.now)
    world.counts.update(f"end {how}" for how in judge.ends.values())
    world.counts.update({f"words {fate}": count for fate, count in judge.words.fates.items()})
    return world.counts


def run_takeovers(seeds: Iterable[int]) -> Counter[str]:
    """One call a seed; the first that breaks a rule names its seed."""
    counts: Counter[str] = Counter()
    for seed in seeds:
        counts += run_takeover(seed)
    return counts
