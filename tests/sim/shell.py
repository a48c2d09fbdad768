"""A simulated call through the real switchboard, shell and workers, and a bus in memory, on a virtual clock.

What is played is the two ends, the caller with the line (``phone.py``) and the vendors (``shell_vendors.py``), and what goes wrong
between them: Redis (``troubles.py``) and the workers (``staff.py``). The judge is the one of the core's random calls.
"""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from asr_worker.worker import AsrWorker
from common.agents.agent import Agent, Destination, Snapshot
from common.agents.in_use import InUse, in_use
from common.bus import PastTurn
from common.config import Settings
from common.effects import Effects
from common.worker import Handler
from gateway.agents import Agents
from gateway.fixed_phrases import FixedPhrases
from gateway.pacer import Pacer
from gateway.records.recorder import NewRecorder, unrecorded
from gateway.surroundings import Surroundings
from gateway.switchboard import Switchboard
from gateway.turn.events import CloseTurn
from gateway.turn.machine import TurnMachine
from gateway.turn.phrases import PhraseBook
from gateway.turn.state import Rules
from gateway.turn.words import Lexicon
from llm_worker.worker import LlmWorker
from tests.sim.caller import Caller
from tests.sim.judge import Judge
from tests.sim.judge_prompts import PromptsJudge
from tests.sim.line import Line, Weather
from tests.sim.memory_bus import Faults, MemoryBus
from tests.sim.memory_server import MemoryServer
from tests.sim.phone import Phone, rougher
from tests.sim.pieces import WELL_AGAIN_S, Pieces
from tests.sim.shell_line import CALL, JudgedMachine, LevelDetector
from tests.sim.shell_vendors import Vendors
from tests.sim.sound import phrase_book
from tests.sim.staff import Staff
from tests.sim.tools import Workshop, WorkshopTools
from tests.sim.troubles import Troubles, hang_shortly, strike
from tests.sim.vocabulary import LEXICON
from tests.sim.workers import DESK
from tests.sim.world import random_rules
from tts_worker.worker import TtsWorker

GATEWAY = "g"
LOSSLESS_EVERY = 3
"""Of so many calls one loses nothing on the way: Redis only hangs for a moment, workers only die, and every word must be there."""
_SETTINGS = Settings(llm_vendor="scripted", tts_vendor="tone", asr_vendor="scripted")
_DESK = Destination(number="+97245550101", when="always")
_AGENT = in_use(
    Snapshot(key="sim", agent=Agent(name="sim", languages=("he",), gender="female", address="plural", transfers={DESK: _DESK})), _SETTINGS
)


class SimulatedAgents(Agents):
    """One who may transfer calls."""

    def chosen(self, parameters: Mapping[str, str]) -> InUse:
        """Always the same one."""
        return _AGENT


class SimulatedPhrases(FixedPhrases):
    """Fixed phrases of sound that says what it is."""

    def book(self, language: str, agent: InUse | None = None) -> PhraseBook:
        """The same in every language, of every agent."""
        return phrase_book()


@dataclass(frozen=True, slots=True)
class ShellCall:
    """What a simulated call came to."""

    seconds: float
    closed: dict[int, CloseTurn]
    counts: Counter[str]
    history: tuple[tuple[int, str, str], ...]
    """What the bus has of each turn: the caller's words, and what was heard."""
    rx: int
    tx: int


class _Log(logging.Handler):
    """What the house says went wrong."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.bugs: list[str] = []
        self.writes_lost = False

    def emit(self, record: logging.LogRecord) -> None:
        """Note what a judge must know."""
        said = record.getMessage()
        self.writes_lost = self.writes_lost or "what=writes_lost" in said or "what=outbox_full" in said
        if said.startswith("bug=") or "error=bug" in said or "error=hung" in said:
            self.bugs.append(f"{said} {record.exc_info[1]!r}" if record.exc_info else said)


@contextmanager
def _listening() -> Iterator[_Log]:
    log, logger = _Log(), logging.getLogger("torim")
    logger.addHandler(log)
    try:
        yield log
    finally:
        logger.removeHandler(log)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a call is made of; a test may put in something that does wrong."""

    new_bus: type[MemoryBus] = MemoryBus
    new_vendors: type[Vendors] = Vendors


PARTS = Parts()


@dataclass(slots=True)
class House:
    """All of one call."""

    seed: int
    rng: random.Random
    rules: Rules
    bus: MemoryBus
    troubles: Troubles
    workshop: Workshop
    vendors: Vendors
    judge: Judge
    phone: Phone
    board: Switchboard
    pacer: Pacer
    staff: Staff
    pieces: Pieces
    prompts: PromptsJudge
    counts: Counter[str]
    strikes: Callable[[MemoryServer, random.Random, Troubles], Coroutine[None, None, None]] | None
    """What befalls Redis, if anything does."""

    async def live(self) -> None:
        """The whole call."""
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(self.staff.man("asr", lambda: (AsrWorker(self.vendors, "sim", _SETTINGS).handle, None))),
                tasks.create_task(self.staff.man("llm", self._llm_worker)),
                tasks.create_task(self.staff.man("tts", lambda: (TtsWorker(self.vendors, "sim").handle, None))),
                tasks.create_task(self.pacer.run()),
                tasks.create_task(self._read()),
            ]
            if self.strikes is not None:
                running.append(tasks.create_task(self.strikes(self.bus.server, self.rng, self.troubles)))
            await self.phone.talk()
            for task in running:
                task.cancel()

    def _llm_worker(self) -> tuple[Handler, Effects]:
        worker = LlmWorker(self.vendors, "sim", _SETTINGS, agents_tools=WorkshopTools(self.workshop))
        return worker.handle, worker.effects

    async def _read(self) -> None:
        async for delivery in self.bus.replies(GATEWAY):
            self.board.worker_reported(delivery)

    # -- Judging the record ---------------------------------------------------------------------

    def judge_prompts(self, log: _Log) -> None:
        """The models were asked what was committed, and told what was heard before."""
        judge = self.judge
        self.prompts.call_over(judge.closed, judge.sound.again, lambda turn: bool(self._why_missing(turn, log)), self._why_unasked)

    def _why_unasked(self, since_s: float, until_s: float) -> str:
        kinds = () if self.pieces.lossless else ("redis", "asr worker", "llm worker")
        return next((f"trouble: {kind}" for kind in kinds if self.troubles.near(since_s, until_s - since_s, WELL_AGAIN_S, kind)), "")

    def judge_history(self, history: tuple[PastTurn, ...], log: _Log) -> None:
        """The bus has what the core said was heard, but for what Redis lost, or an older stream could not write any more."""
        there = {past.turn: (past.caller, past.heard) for past in history if past.caller or past.heard}
        for turn, closed in self.judge.closed.items():
            said = closed.caller, closed.heard
            if any(said) and there.get(turn) != said:
                self.judge.check(turn not in there, f"the history of turn {turn} is {there.get(turn)}, not {said}")
                why = self._why_missing(turn, log)
                self.judge.check(bool(why), f"the history misses turn {turn}")
                self.counts[f"history lost: {why}"] += 1

    def _why_missing(self, turn: int, log: _Log) -> str:
        if (CALL, turn) in self.bus.server.lost_turns:
            return "redis forgot it"
        if any(other <= turn for other in self.bus.refused) and turn < self.judge.first_turn:
            return "another stream had the call"
        return "the house said so" if log.writes_lost else ""


async def simulate(
    seed: int, new_recorder: NewRecorder = unrecorded, *, hostile: bool = True, trace: list[str] | None = None, parts: Parts = PARTS
) -> ShellCall:
    """One call, all of it decided by ``seed``; raises if it breaks a rule. If not ``hostile``, it has one stream, and Redis is well.

    What happens in it goes to ``trace``.
    """
    house = _house(seed, new_recorder, trace, parts, hostile=hostile)
    with _listening() as log:
        await house.live()
    now = asyncio.get_running_loop().time()
    judge = house.judge
    judge.check(not judge.broken, judge.broken)
    judge.check(not log.bugs, f"{log.bugs}")
    judge.call_over(now)
    judge.check(not house.workshop.wrong, f"tools with effects: {house.workshop.wrong}")
    history = tuple(house.bus.history_of(CALL))
    house.judge_history(history, log)
    house.judge_prompts(log)
    left = len(asyncio.all_tasks()) - 1
    judge.check(not left, f"{left} tasks outlive the call")
    counts = house.counts + house.workshop.counts + house.bus.hits + house.troubles.counts + house.vendors.counts + house.prompts.counts
    counts += Counter(f"tool book {run.outcome}" for past in history for run in past.tools)
    counts["word insisted on"] = judge.words.insisted
    counts += Counter({f"words {fate}": count for fate, count in judge.words.fates.items()})
    said = tuple((past.turn, past.caller, past.heard) for past in history)
    return ShellCall(now, judge.closed, counts, said, house.phone.rx, house.phone.tx)


def _house(seed: int, new_recorder: NewRecorder, trace: list[str] | None, parts: Parts, *, hostile: bool) -> House:
    rng = random.Random(seed)
    lossless = hostile and seed % LOSSLESS_EVERY == 0
    fails = 0.0 if lossless else rng.choice((0.0, 0.0, 0.15))
    lost = 0.0 if lossless else rng.choice((0.0, 0.0, 0.06))
    troubles = Troubles() if trace is None else Troubles(tell=trace.append)
    faults = _faults(seed, rng, lost)
    bus = parts.new_bus(faults=faults)
    weather = Weather(latency_s=rng.uniform(0.01, 0.08), asr_fails=fails, tts_fails=fails, message_lost=lost)
    weather = rougher(weather, rng) if rng.random() < 0.4 else weather
    caller = Caller(rng, talks_for=rng.randint(300, 1500))
    workshop = Workshop(rng, bus, rng.choice((0.2, 0.8)), troubles)
    pieces = Pieces(troubles, lossless)
    bus.reply_lost = pieces.reply_lost
    vendors = parts.new_vendors(rng, caller, fails, workshop, pieces)
    rules = random_rules(rng)
    settings = replace(_SETTINGS, self_echo_guard=rng.random() < 0.5)
    counts: Counter[str] = Counter()
    judge = Judge(seed, TurnMachine(rules, phrase_book(), LEXICON), caller, Line(rng, weather), vendors.asked, weather)
    judge.asked_late = True
    judge.words.excused = pieces.why_lost
    prompts = vendors.prompts = PromptsJudge(judge.check, faults.slow_turns_s)
    pacer = Pacer()
    around = Surroundings(bus, pacer, GATEWAY, log_texts=False, wall_clock=lambda: 0.0, new_recorder=new_recorder)

    def new_machine(_: Rules, phrases: PhraseBook, lexicon: Lexicon) -> TurnMachine:
        machine = JudgedMachine(rules, phrases, LEXICON)
        machine.judge, machine.counts, machine.loudness, machine.trace = judge, counts, phone.loudness, trace
        machine.pieces, machine.prompts, machine.troubles = pieces, prompts, troubles
        pieces.stream_begins(caller.frames)
        phone.machine = machine
        judge.stream_begins(machine, phone.line, asyncio.get_running_loop().time())
        return machine

    board = Switchboard(settings, SimulatedPhrases(_SETTINGS, bus, GATEWAY), LevelDetector, around, new_machine, SimulatedAgents(_SETTINGS))
    changes = rng.choice((0, 1, 3, 3)) if hostile and not lossless else 0
    phone = Phone(rng, caller, weather, judge, board, troubles, hangs_up_at_s=rng.choice((rng.uniform(3.0, 25.0), 150.0)), changes=changes)
    phone.goes_to = bus.take_transfer
    staff = Staff(bus, rng, troubles, _SETTINGS, dies=rng.random() < 0.5, freezes=rng.random() < 0.3 and not lossless, lossless=lossless)
    strikes = (hang_shortly if lossless else strike) if hostile and rng.random() < 0.6 else None
    return House(seed, rng, rules, bus, troubles, workshop, vendors, judge, phone, board, pacer, staff, pieces, prompts, counts, strikes)


def _faults(seed: int, rng: random.Random, lost: float) -> Faults:
    return Faults(
        seed,
        delay_s=(0.0, rng.choice((0.0, 0.1))),
        reorder=rng.random() < 0.2,
        duplicate_work=rng.choice((0.0, 0.3)),
        lose_replies=lost,
        lose_news=rng.choice((0.0, 0.9)),
        slow_turns_s=rng.choice((0.0, 1.0)),
    )
