"""What the model is told, and what becomes of what it says (sans-I/O).

The prompt holds what was *heard* (R7): the gateway wrote the history, and a reply that was cut
off stands in it as far as the caller heard it, so the model never believes in words that nobody
heard, and is told where the caller cut in. A second attempt at a reply is told which of its sentences are out already.
Of a long call it holds the last turns, as many as fit, and of what tools with effects did the last as many again: who has a thousand
messages written down pays for no prompt of a thousand. What was done is not done again by forgetting it (``tool_runs.py``).
"""

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Literal, TypeVar

from common.bus import PastTurn, ToolRun
from common.language import normalised
from common.messages import Transcript
from common.usage import tokens
from llm_worker.tools import Tool
from llm_worker.vendors.base import Exchange, Prompt, UsedTool

GRACE_S = 5.0
"""How much later than a tool's own time its result may be written."""

_Past = TypeVar("_Past")


def prompt_of(
    transcript: Transcript,
    history: Sequence[PastTurn],
    spoken: Sequence[str],
    tools: Sequence[Tool],
    entry: str,
    now_s: float,
    most_tokens: int,
) -> Prompt:
    """The prompt: the call's past as it was heard, what tools did, and what the caller said now.

    Args:
        entry: the stream entry that is worked on.
        now_s: unix time by the server's clock.
        most_tokens: of what was said, estimated, and of what was done.
    """
    head = transcript.head
    past = [Exchange(turn.caller, turn.heard, turn.cut) for turn in history if turn.turn < head.turn and (turn.caller or turn.heard)]
    last = _last(past, lambda exchange: f"{exchange.caller} {exchange.bot}", most_tokens)
    done = [_used(run, head.turn, entry, now_s) for turn in history for run in turn.tools]
    used = _last(done, lambda each: f"{each.name} {each.arguments} {each.result}", most_tokens)
    return Prompt(
        transcript.text,
        head.language,
        head.turn,
        last,
        tuple(spoken),
        tuple(tools),
        used,
        left_out=len(past) - len(last),
        used_left_out=len(done) - len(used),
    )


def _last(past: Sequence[_Past], text_of: Callable[[_Past], str], most_tokens: int) -> tuple[_Past, ...]:
    """The last ones that fit, and the very last one in any case."""
    lengths = accumulate(tokens(text_of(each)) for each in reversed(past))
    fitting = sum(length <= most_tokens for length in lengths)
    return tuple(past[-max(fitting, 1) :])


def open_run(run: ToolRun, turn: int, entry: str, now_s: float) -> Literal["unknown", "twice", "runs"]:
    """What a tool's run without a result is, seen from a delivery of ``entry`` in ``turn``.

    ``unknown``: its worker died or lost this entry, or its time is up. ``twice``: another entry for this same
    reply is at it, on a worker that may live. ``runs``: it was begun in another turn.
    """
    if now_s > run.started_s + run.timeout_s + GRACE_S or (run.turn == turn and run.entry == entry):
        return "unknown"
    return "twice" if run.turn == turn else "runs"


def _used(run: ToolRun, turn: int, entry: str, now_s: float) -> UsedTool:
    if run.outcome != "running":
        return UsedTool(run.name, run.arguments, run.outcome, run.result)
    unknown = open_run(run, turn, entry, now_s) == "unknown"
    return UsedTool(run.name, run.arguments, "unknown" if unknown else "runs")


def last_heard(history: Sequence[PastTurn]) -> str:
    """The last reply, or greeting, of which the caller heard something."""
    return next((turn.heard for turn in reversed(history) if turn.heard.strip()), "")


class Reply:
    """The sentences of one reply, over all attempts at it.

    ``sentences`` holds those of earlier attempts first: their numbers are given out. A model that
    was asked to go on may start again instead; what it repeats before it says anything new is dropped.
    """

    def __init__(self, spoken: Sequence[str] = ()) -> None:
        self.sentences = list(spoken)
        self._repeatable = {normalised(sentence) for sentence in spoken}

    def add(self, sentence: str) -> bool:
        """Add a sentence of the model; False if it is out already."""
        if normalised(sentence) in self._repeatable:
            return False
        self._repeatable.clear()
        self.sentences.append(sentence)
        return True

    def closing_sentence(self, *, heard_last: str, empty_reply: str, suffix: str) -> str:
        """What has to be added once the model is done; empty in most cases.

        A reply without a word gets one (S12), and one that repeats the last heard reply as a whole
        is given an end of its own (S11).
        """
        if not self.sentences:
            return f"{empty_reply}{suffix}" if self._repeats(empty_reply, heard_last) else empty_reply
        return suffix.strip() if self._repeats(" ".join(self.sentences), heard_last) else ""

    def _repeats(self, reply: str, heard_last: str) -> bool:
        return bool(heard_last) and normalised(reply) == normalised(heard_last)
