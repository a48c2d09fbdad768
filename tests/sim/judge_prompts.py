"""What the model was asked: of each committed turn, with its words, and with the past as it was heard (R2, R5, R6, R7, R12).

A draft is asked about before its turn is committed, and a second worker may be asked again: always the same words in the same turn.
The past in a prompt is what the gateway closed before, in its order; a turn of it is missing only if Redis forgot it.
Another stream of the call begins with the words of the turn that was committed and open, if Redis was well meanwhile.

Reasons for a committed turn that no model was asked about
    over               it ended before a worker could take it
    trouble            Redis, or a worker on its way, was in trouble meanwhile; never in a house that loses nothing
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from gateway.turn.events import CallAnswered, CallTaken, CloseTurn, Command, CommitTurn, PublishTranscript
from llm_worker.vendors.base import Exchange, Prompt
from tests.sim.broken_rule import Check

_TAKEN_WITHIN_S = 1.0
"""From the last write to a worker that asks the model."""
_WRITTEN_WITHIN_S = 0.5
_WRITES = 3
"""Of turns, one behind the other, up to a commit's own."""


@dataclass(frozen=True, slots=True)
class Said:
    """The caller's words of a turn, and when it was committed."""

    text: str
    at_s: float


class PromptsJudge:
    """Compares the prompts of one call with what its core did."""

    def __init__(self, check: Check, slowest_write_s: float) -> None:
        """``slowest_write_s``: what a turn's commit or end may take."""
        self.counts: Counter[str] = Counter()
        self._check = check
        self._written_within_s = _WRITTEN_WITHIN_S + _WRITES * slowest_write_s
        self._prompts: dict[int, list[Prompt]] = {}
        self._published: dict[int, str] = {}
        self._committed: dict[int, Said] = {}
        self._closed_at_s: dict[int, float] = {}
        self._first_turn = 0
        """Of this stream."""

    def stream_begins(self, event: CallAnswered | CallTaken, now: float, was_well: Callable[[float], bool]) -> None:
        """With what is known of the stream before. ``was_well``: whether Redis was, since then."""
        turn, said = max(self._committed.items(), default=(-1, None))
        is_open = turn >= self._first_turn and turn not in self._closed_at_s
        if said is not None and is_open and now - said.at_s > self._written_within_s and was_well(said.at_s):
            known = event.text if isinstance(event, CallTaken) and event.open else ""
            self._check(known == said.text, f"{said.text!r}, committed in turn {turn}, is handed over as {known!r}")
            self.counts["committed words handed over"] += 1
        self._first_turn = event.turn
        self._turns_begin(event.turn)

    def _turns_begin(self, turn: int) -> None:
        """What was not written of the stream before did not happen."""
        for known in (self._prompts, self._published, self._committed, self._closed_at_s):
            for number in [number for number in known if number >= turn]:
                del known[number]

    def asked(self, prompt: Prompt) -> None:
        """A model is asked."""
        before = self._prompts.setdefault(prompt.turn, [])
        before.append(prompt)
        self._check(prompt.text == before[0].text, f"in turn {prompt.turn} the model is asked {before[0].text!r}, and then {prompt.text!r}")

    def commanded(self, commands: Sequence[Command], now: float) -> None:
        """What the core wants."""
        for command in commands:
            match command:
                case PublishTranscript(turn=turn, text=text):
                    self._published[turn] = text
                case CommitTurn(turn=turn, text=text):
                    self._committed[turn] = Said(text, now)
                case CloseTurn(turn=turn):
                    self._closed_at_s[turn] = now
                case _:
                    pass

    # -- The end --------------------------------------------------------------------------------

    def call_over(
        self,
        closed: Mapping[int, CloseTurn],
        from_memory: set[int],
        forgotten: Callable[[int], bool],
        why_unasked: Callable[[float, float], str],
    ) -> None:
        """``from_memory``: turns in which the bot only said again what it had said. ``why_unasked`` of the time that a model had."""
        for turn, said in self._committed.items():
            if turn not in from_memory:
                self._judge_text(turn, said, why_unasked)
        for turn, text in self._published.items():
            for prompt in self._prompts.get(turn, ()):
                self._check(prompt.text == text, f"in turn {turn} the model is asked {prompt.text!r}, and {text!r} was published")
        for prompts in self._prompts.values():
            for prompt in prompts:
                self._judge_past(prompt, closed, forgotten)

    def _judge_text(self, turn: int, said: Said, why_unasked: Callable[[float, float], str]) -> None:
        prompts = self._prompts.get(turn, [])
        if not prompts:
            over_s = self._closed_at_s.get(turn, said.at_s)
            why = "over" if over_s - said.at_s < _TAKEN_WITHIN_S + self._written_within_s else why_unasked(said.at_s, over_s)
            self._check(bool(why), f"no model was asked about {said.text!r}, committed in turn {turn}")
            self.counts[f"model not asked: {why}"] += 1
            return
        self._check(prompts[0].text == said.text, f"in turn {turn} the model was asked {prompts[0].text!r}, and {said.text!r} is committed")
        self.counts["model asked what was committed"] += 1

    def _judge_past(self, prompt: Prompt, closed: Mapping[int, CloseTurn], forgotten: Callable[[int], bool]) -> None:
        left = list(prompt.history)
        for turn in sorted(turn for turn in closed if turn < prompt.turn):
            was = closed[turn]
            exchange = Exchange(was.caller, was.heard, was.cut)
            if left and left[0] == exchange:
                del left[0]
                self.counts["turn in a prompt's past"] += 1
            elif was.caller or was.heard:
                self._check(forgotten(turn), f"in turn {prompt.turn} the model is not told of turn {turn}: {exchange}, but {left[:1]}")
                self.counts["turn missing in a prompt's past"] += 1
        self._check(not left, f"in turn {prompt.turn} the model is told what was not: {left}")
