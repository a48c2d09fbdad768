"""Our own share of a turn, split by part: out of the gateway's ``WATERFALL`` lines, one for each answer (``gateway/waterfall.py``)."""

import re
from collections.abc import Iterable

from tests.bench.load.figures import Spread, spread

VENDORS = ("asr", "first_token", "first_piece", "first_sound")
"""What the vendors take; the last but one is the model's words up to the end of what can be spoken."""
OWN = ("hearing", "publish", "asr_hop", "asr_rest", "decide", "llm_hop", "llm_rest", "tts_hop", "tts_rest", "gate", "first_frame")
_LINE = re.compile(r"^EVENT .* WATERFALL (.*)$", re.MULTILINE)
_PART = re.compile(r"(\w+)_ms=(\d+)")


def answers(log: str) -> list[dict[str, float]]:
    """Each answer's parts in ms."""
    return [{name: float(ms) for name, ms in _PART.findall(parts)} for parts in _LINE.findall(log)]


def parts_of(found: Iterable[dict[str, float]]) -> dict[str, Spread]:
    """The spread of each part, and of all that are ours together."""
    found = list(found)
    own = {name: spread([each.get(name, 0.0) for each in found]) for name in OWN}
    return {**own, "all of it": spread([sum(each.get(name, 0.0) for name in OWN) for each in found])}
