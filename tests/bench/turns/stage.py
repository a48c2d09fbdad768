"""One scene, played to the real gateway and the real workers on a virtual clock: what came of it.

::

    Caller ── 20 ms ──▶ Wire ── Twilio's messages ──▶ Switchboard, call, echo guard, detector, turn machine, playout, pacer
       ▲                 │                                     │ bus in memory
       └── Hearing ◀─────┘ plays in real time                  └▶ ASR, LLM, TTS workers ── real recogniser, kept voice, drawn delays

Rules
    Settings are production's defaults, but for those of ``stage_settings``; no weather on the line: marks and frames come on time.
    All that is measured, but for what the core decided, is what went over the wire. One scene is one loop and one call, and all that
    chance decides is drawn from names: the same scene under the same settings has the same outcome, in any order and process.
    A reply lasts for some 25 s, or for one sentence where the scene waits for its end.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from zlib import crc32

from asr_worker.lineup import Transcribers
from asr_worker.worker import AsrWorker
from common.config import Settings
from common.lineup import Lineup
from common.worker import run_worker
from gateway.pacer import Pacer
from gateway.records.format import Header
from gateway.records.recorder import Recorder, StreamRecorder, unrecorded
from gateway.surroundings import Surroundings
from gateway.switchboard import Switchboard
from gateway.telephony.base import Conversation
from gateway.turn.machine import TurnMachine
from gateway.turn.phrases import PhraseBook
from gateway.turn.state import Rules
from gateway.turn.words import Lexicon
from gateway.vad.base import Detector
from gateway.vad.choice import choose_detector
from llm_worker.worker import LlmWorker
from tests.bench.turns.ear import Ear
from tests.bench.turns.outcome import Outcome, Reply
from tests.bench.turns.scene import After, Scene
from tests.bench.turns.stage_caller import Caller
from tests.bench.turns.stage_echo import EchoPath
from tests.bench.turns.stage_heard import FRAME_S, Hearing
from tests.bench.turns.stage_notes import EventLines, LogLines, NotedMachine, Notes
from tests.bench.turns.stage_settings import PLAIN, on_stage
from tests.bench.turns.stage_voice import SENTENCES, KeptPhrases, Sound, reply, sounds_of_phrases, sounds_of_reply
from tests.bench.turns.stage_wire import Wire
from tests.bench.turns.vendors import ZERO, Delays, Vendors
from tests.sim.memory_bus import MemoryBus
from tests.virtual_clock import run as run_in_no_time
from tts_worker.worker import TtsWorker

LIMIT_S = 180.0
"""No call lasts longer; one that would is a scene that nobody can have meant."""
_GATEWAY = "g"
_BEFORE_S = 1.0
"""Until the first call, for the workers to be there."""
_NOON_S = 1_800_000_000.0
_SLOTS = 8
"""Entries that an online vendor's worker works on at a time."""
_logger = logging.getLogger("torim")


class StageError(Exception):
    """A call that the house could not carry: a bug, of the house's or of the stage's."""


def run(scene: Scene, settings: Settings = PLAIN, delays: Delays = ZERO, *, ear: Ear, records: Path | None = None) -> Outcome:
    """Play one scene; its record goes to the folder ``records``.

    Raises:
        StageError: the call met with a bug, or has no end.
    """
    try:
        return run_in_no_time(_play_out(scene, on_stage(settings), delays, ear, records))
    except ExceptionGroup as bugs:
        raise StageError(f"{scene.name}: {bugs.exceptions!r}") from bugs


@lru_cache(maxsize=4)
def _detectors(settings: Settings) -> Callable[[], Detector]:
    """A model is loaded once a process."""
    return choose_detector(settings)


async def _play_out(scene: Scene, settings: Settings, delays: Delays, ear: Ear, records: Path | None) -> Outcome:
    return await _House(scene, settings, Vendors(ear, delays, scene.name, _sentences(scene)), records).live()


def _sentences(scene: Scene) -> int:
    """Of each reply."""
    return 1 if any(cue.after is After.BOT_ENDS for cue in scene.cues) else len(SENTENCES)


class _House:
    """All of one call; its loop runs."""

    def __init__(self, scene: Scene, settings: Settings, vendors: Vendors, records: Path | None) -> None:
        self._scene = scene
        self._settings = settings
        self._vendors = vendors
        self._records = records
        self._loop = asyncio.get_running_loop()
        self._notes = Notes(self._now)
        self._hearing = Hearing(self._repertoire)
        self._echo = _echo_path(scene)
        self._wire = Wire(self._now, self._turn, self._play)
        self._caller = Caller(scene, self._occasion, self._echo.between if self._echo else None)
        self._machine: NotedMachine | None = None
        self._record = bytearray()

    def _repertoire(self) -> Iterator[Sound]:
        for turn in reversed(self._vendors.planned):
            yield from sounds_of_reply(turn, self._vendors.sentences)
        yield from sounds_of_phrases()

    # -- The call -------------------------------------------------------------------------------

    async def live(self) -> Outcome:
        """All of it."""
        with _listening(self._notes):
            async with asyncio.TaskGroup() as tasks:
                bus, pacer = MemoryBus(), Pacer()
                board = self._board(bus, pacer)
                running = [tasks.create_task(each) for each in (*self._workers(bus), pacer.run(), _read(bus, board))]
                await asyncio.sleep(_BEFORE_S - self._loop.time())
                length_s = await self._call(board, tasks)
                for task in running:
                    task.cancel()
        if self._notes.bugs:
            raise StageError(f"{self._scene.name}: {self._notes.bugs}")
        return self._outcome(length_s)

    def _workers(self, bus: MemoryBus) -> Iterator[Coroutine[None, None, None]]:
        vendors, settings = self._vendors, self._settings
        asr = AsrWorker(Transcribers(Lineup("asr", [("stage", vendors)])), "stage", settings)
        llm, tts = LlmWorker(vendors, "stage", settings), TtsWorker(vendors, "stage", settings)
        yield run_worker("asr", bus, asr.handle, _SLOTS, settings, name="asr-1")
        yield run_worker("llm", bus, llm.handle, _SLOTS, settings, name="llm-1", effects=llm.effects)
        yield run_worker("tts", bus, tts.handle, _SLOTS, settings, name="tts-1")

    def _board(self, bus: MemoryBus, pacer: Pacer) -> Switchboard:
        recorder = self._recorded if self._records else unrecorded
        around = Surroundings(bus, pacer, _GATEWAY, log_texts=True, wall_clock=lambda: _NOON_S + self._loop.time(), new_recorder=recorder)
        phrases = KeptPhrases(self._settings, bus, _GATEWAY)
        return Switchboard(self._settings, phrases, _detectors(self._settings), around, self._noted)

    def _noted(self, rules: Rules, phrases: PhraseBook, lexicon: Lexicon) -> TurnMachine:
        self._machine = NotedMachine(rules, phrases, lexicon)
        self._machine.notes = self._notes
        return self._machine

    async def _call(self, board: Switchboard, tasks: asyncio.TaskGroup) -> float:
        call, caller = board.answer(self._wire.started(self._scene.language), self._wire), self._caller
        talking = tasks.create_task(call.run())
        while not (caller.over or talking.done()):
            await asyncio.sleep((caller.frames + 1) * FRAME_S - self._now())
            self._step(call)
            if caller.frames * FRAME_S > LIMIT_S:
                self._notes.bugs.append(f"no end after {LIMIT_S:g} s")
                break
        length_s = self._now()
        for event in self._wire.stop():
            call.receive(event)
        await talking
        self._notes.call_over()
        return length_s

    def _step(self, call: Conversation) -> None:
        """20 ms went by."""
        now = self._now()
        self._wire.play_until(now)
        frame, key = self._caller.next_frame()
        told = self._wire.marks(now) + self._wire.frame(frame, self._caller.frames - 1)
        for event in told + (self._wire.key(key) if key else []):
            call.receive(event)

    # -- Who asks what --------------------------------------------------------------------------

    def _now(self) -> float:
        return round(self._loop.time() - _BEFORE_S, 6)

    def _turn(self) -> int:
        assert self._machine is not None, "sound comes of a call"
        return self._machine.call.turn.number

    def _play(self, frame: bytes, start_s: float, turn: int) -> None:
        self._hearing.play(frame, start_s, turn)
        if self._echo is not None:
            self._echo.play(frame, start_s)

    def _occasion(self, after: After, moment_s: float) -> float | None:
        match after:
            case After.START:
                return 0.0
            case After.BOT_BEGINS:
                return self._hearing.reply_since(moment_s)
            case After.BOT_ENDS:
                return self._hearing.silent_since_s if self._notes.replied_since(moment_s) else None

    # -- What came of it ------------------------------------------------------------------------

    def _recorded(self, header: Header) -> Recorder:
        return StreamRecorder(header, self._record.extend)

    def _outcome(self, length_s: float) -> Outcome:
        notes, planned = self._notes, self._vendors.planned
        return Outcome(
            scene=self._scene.name,
            played=tuple(self._caller.played),
            heard=self._hearing.heard,
            commits=tuple(notes.commits),
            clears_s=tuple(at_s for at_s in self._wire.clears_s if at_s < length_s),
            onsets_s=tuple(notes.onsets_s),
            holds=tuple(notes.holds),
            replies=tuple(Reply(turn, planned.get(turn, 0), how, at_s) for at_s, turn, how in notes.ends),
            pieces=tuple(notes.pieces.values()),
            events=tuple(notes.events),
            length_s=length_s,
            record=self._write_record(),
        )

    def _write_record(self) -> Path | None:
        if self._records is None:
            return None
        self._records.mkdir(parents=True, exist_ok=True)
        path = self._records / f"{self._scene.name.replace('/', '_')}.torim"
        path.write_bytes(self._record)
        return path


async def _read(bus: MemoryBus, board: Switchboard) -> None:
    async for delivery in bus.replies(_GATEWAY):
        board.worker_reported(delivery)


def _echo_path(scene: Scene) -> EchoPath | None:
    if scene.echo is None:
        return None
    return EchoPath(scene.echo, reply(0)[0].sound, crc32(scene.name.encode()), LIMIT_S)


@dataclass(frozen=True, slots=True)
class _Logging:
    level: int
    propagate: bool


@contextmanager
def _listening(notes: Notes) -> Iterator[None]:
    """Have the house's event lines and warnings among the notes, and nowhere else."""
    before, handler = _Logging(_logger.level, _logger.propagate), LogLines(notes)
    _logger.addHandler(handler)
    _logger.propagate = False
    _logger.setLevel(logging.WARNING)
    try:
        with redirect_stdout(EventLines(notes)):
            yield
    finally:
        _logger.removeHandler(handler)
        _logger.setLevel(before.level)
        _logger.propagate = before.propagate
