"""Our own share of a turn, split by part: out of the gateway's ``WATERFALL`` lines, one for each answer (``gateway/waterfall.py``)."""

import re
from collections.abc import Iterable

from tests.bench.load.figures import Spread, spread

VENDORS = ("asr", "first_token", "first_piece", "first_sound")
"""What the vendors take; the last but one is the model's words up to the end of what can be spoken."""
HEARING = "hearing"
"""Before the turn's end is decided: a voice that is handled late. Callers that speak late are in it, too."""
SINCE_END = ("publish", "asr_hop", "asr_rest", "decide", "llm_hop", "llm_rest", "tts_hop", "tts_rest", "gate", "first_frame")
OURS = "from the end of turn"
"""The row that the goal is of."""
_LINE = re.compile(r"^EVENT .* WATERFALL (.*)$", re.MULTILINE)
_PART = re.compile(r"(\w+)_ms=(\d+)")


def answers(log: str) -> list[dict[str, float]]:
    """Each answer's parts in ms."""
    return [{name: float(ms) for name, ms in _PART.findall(parts)} for parts in _LINE.findall(log)]


def parts_of(found: Iterable[dict[str, float]]) -> dict[str, Spread]:
    """The spread of each part, of those from the end of turn together, and of all that are ours."""
    found = list(found)
    together = {**{name: (name,) for name in (HEARING, *SINCE_END)}, OURS: SINCE_END, "all of it": (HEARING, *SINCE_END)}
    return {name: spread([sum(each.get(part, 0.0) for part in parts) for each in found]) for name, parts in together.items()}
