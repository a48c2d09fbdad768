"""What happened around a complaint, in a few lines, so that who reads them need not have been there.

    180.3 s, call CA4a, the caller's turn 2, the bot's 2: stale 1.2
      heard    176.1-177.0 1.0a0 | 177.0-177.7 1.1a0 | 177.7-178.5 1.2a1 | words 180.1-180.8 | 185.5-185.7 1.2a1 | ...
      faults   frozen gateway_0 177.9-185.4 * | ...
      done     ...
      gateway  185.6 TURN_ENDED replied | ...
      workers  185.9 llm_worker_0 turn=2 tool=look_up effects=none what=started | ...

Times are in s of the run; a sentence is turn.sentence, whose words, and who sings it (``hands.py``); a fault with a star hit this call.
What gateways noted comes from their records (``RECORD_DIR``), the rest from the processes' logs.
"""

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from common.messages import Action, Message, ReplyEnded, Sentence, SpeechChunk, StageFailed, ToolEnded, ToolStarted, Transcript
from gateway.records.files import SUFFIX
from gateway.records.format import Handled, RecordError, decode
from gateway.turn.events import KeyPressed, Report, WorkerReported
from tests.chaos.costs import Strike
from tests.chaos.deeds import was_dropped
from tests.chaos.director import Judged, Run
from tests.chaos.ear import hand_of, phrase_of, sentence_of, voice_of
from tests.chaos.report import Turn, turns_of
from tts_worker.tones import HeardTone

_BEFORE_S, _AFTER_S = 3.0, 2.0
_FAULTS_BEFORE_S = 10.0
_LONGEST_LINE = 1200
_LOGGED = re.compile(r"^(\d\d):(\d\d):(\d\d\.\d{3}) \w+ (INFO|WARNING|ERROR) (.*)$", re.MULTILINE)
_UNSAID = frozenset({"STATE", "WATERFALL"})
_DAY_S = 86_400


def stories(run: Run, folder: Path) -> Iterator[str]:
    """One for each turn with a complaint, and the last one of a call that was dropped; ``folder``: of the house."""
    for judged in run.calls:
        turns = turns_of(replace(run, calls=[judged]))
        dropped = was_dropped(judged.heard, judged.verdicts)
        for number, turn in enumerate(turns, 1):
            if turn.complaints or (dropped and number == len(turns)):
                yield "\n".join(_Scene(run, folder, judged, turn, number).lines())


def records_of(folder: Path, call: str) -> list[Path]:
    """What gateways noted of a call: a file for each stream."""
    return sorted((folder / "records").glob(f"*-{call}{SUFFIX}"))


class _Scene:
    """A turn, and what was around it."""

    def __init__(self, run: Run, folder: Path, judged: Judged, turn: Turn, number: int) -> None:
        self._run, self._folder, self._judged, self._turn, self._number = run, folder, judged, turn, number
        began_s = judged.heard.began_s - run.began_s
        self._call_s = began_s
        self._begin_s = began_s + turn.verdict.begin_ms / 1000 - _BEFORE_S
        self._until_s = began_s + turn.verdict.until_ms / 1000 + _AFTER_S

    def lines(self) -> Iterator[str]:
        """The story."""
        turn = self._turn
        what = "; ".join(turn.complaints) or "dropped"
        yield f"{turn.at_s:.1f} s, call {turn.call}, the caller's turn {self._number}, the bot's {turn.verdict.code}: {what}"
        told = {
            "heard": self._heard(),
            "faults": (self._fault(strike) for strike in self._run.strikes if self._is_near(strike)),
            "done": self._done(),
            "gateway": (f"{at_s:.1f} {what}" for at_s, what in self._noted() if self._is_in(at_s)),
            "workers": (f"{at_s:.1f} {what}" for at_s, what in sorted(self._logged()) if self._is_in(at_s)),
        }
        yield from (f"  {name:8} {_joined(parts)}" for name, parts in told.items())

    def _is_in(self, at_s: float) -> bool:
        return self._begin_s <= at_s <= self._until_s

    # -- The caller's side ----------------------------------------------------------------------

    def _heard(self) -> Iterator[str]:
        words = [(one.begin_ms, one.end_ms, f"keys {one.keys}" if one.keys else "words") for one in self._judged.heard.said]
        sounds = [(tone.start_ms, tone.end_ms, _name(tone)) for tone in self._judged.tones]
        for begin_ms, end_ms, what in sorted([*words, *sounds]):
            begin_s, end_s = self._call_s + begin_ms / 1000, self._call_s + end_ms / 1000
            if self._is_in(begin_s) or self._is_in(end_s):
                yield f"{begin_s:.1f}-{end_s:.1f} {what}"

    def _is_near(self, strike: Strike) -> bool:
        begin_s, end_s = strike.begin_s - self._run.began_s, strike.end_s - self._run.began_s
        return begin_s <= self._until_s and end_s >= self._begin_s - _FAULTS_BEFORE_S

    def _fault(self, strike: Strike) -> str:
        at = f"{strike.begin_s - self._run.began_s:.1f}-{strike.end_s - self._run.began_s:.1f}"
        return " ".join(filter(None, (strike.kind, strike.what, strike.moment, at, "*" * (self._turn.call in strike.calls))))

    def _done(self) -> Iterator[str]:
        heard = self._judged.heard
        yield from (f"{deed.what} {deed.outcome}" for deed in self._turn.deeds)
        yield from (f"{one.tool} in turn {one.turn} ({one.said})" for one in self._run.errands if one.call == heard.call)
        yield f"put through {heard.dials} times; over at {self._call_s + self._judged.end_ms / 1000:.1f}: {heard.why}"

    # -- What processes noted -------------------------------------------------------------------

    def _noted(self) -> Iterator[tuple[float, str]]:
        for file in records_of(self._folder, self._turn.call):
            try:
                entries = decode(file.read_bytes()).entries
            except RecordError as error:
                yield self._begin_s, f"no record: {error}"
                continue
            for entry in entries:
                if isinstance(entry, Handled):
                    yield from ((entry.now - self._run.began_s, what) for what in _handled(entry))

    def _logged(self) -> Iterator[tuple[float, str]]:
        for log in sorted(self._folder.glob("*.log")):
            for hours, minutes, seconds, level, message in _LOGGED.findall(log.read_text(encoding="utf-8", errors="replace")):
                if self._turn.call in message or level != "INFO":
                    at_s = self._of_the_run(int(hours) * 3600 + int(minutes) * 60 + float(seconds))
                    yield at_s, f"{log.stem} {message.replace(f'call={self._turn.call} ', '')}"

    def _of_the_run(self, of_day_s: float) -> float:
        """By the clock on the wall: every log has that alone."""
        at_s = time.time() - time.monotonic() + self._run.began_s
        began = time.localtime(at_s)
        began_s = began.tm_hour * 3600 + began.tm_min * 60 + began.tm_sec + at_s % 1
        return (of_day_s - began_s + _DAY_S / 2) % _DAY_S - _DAY_S / 2


def _joined(parts: Iterator[str]) -> str:
    line = " | ".join(parts)
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]} ..."


def _name(tone: HeardTone) -> str:
    if tone.is_beep:
        return "beep"
    return phrase_of(tone) or f"{tone.turn}.{sentence_of(tone)}{'abcd'[hand_of(tone)]}{voice_of(tone)}"


def _handled(entry: Handled) -> Iterator[str]:
    match entry.event:
        case WorkerReported(message=message):
            yield from (f"{message.head.turn}: {what}" for what in _told(message))
        case KeyPressed(digit=digit):
            yield f"key {digit}"
        case _:
            pass
    for command in entry.commands or ():
        if not isinstance(command, Report):
            yield type(command).__name__
        elif command.name not in _UNSAID:
            yield " ".join([f"{command.turn}: {command.name}", *(str(value) for _, value in command.fields)])


def _told(message: Message) -> Iterator[str]:
    match message:
        case Transcript():
            yield "words"
        case Sentence(head=head):
            yield f"sentence {head.seq}"
        case SpeechChunk(head=head, offset_bytes=offset, last=last, attempt=attempt):
            which = f"sound {head.seq} take {head.take} of {attempt}"
            yield from [f"{which} begins"] * (not offset) + [f"{which} ends"] * last
        case ReplyEnded(sentences=sentences):
            yield f"reply ended after {sentences}"
        case ToolStarted(name=name):
            yield f"tool {name}"
        case ToolEnded(name=name, ok=ok):
            yield f"tool {name} ended, ok {ok}"
        case Action(name=name, after=after):
            yield f"action {name} after {after}"
        case StageFailed(stage=stage, error=error):
            yield f"{stage} failed, {error}"
        case _:
            pass
