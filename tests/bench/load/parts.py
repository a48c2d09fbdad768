"""Our own share of a turn, split by part: out of the gateway's ``WATERFALL`` lines, one for each answer (``gateway/waterfall.py``).

What the vendors took is told by our own processes, which time it around their queues, tasks and waits for a core. So whatever the
vendors seem to take over what they are set to is ours as well.
"""

import re
from collections.abc import Iterable, Mapping

from tests.bench.load.figures import Spread, spread
from tests.bench.load.servers import VENDORS_S

VENDORS = ("asr", "first_token", "first_piece", "first_sound")
"""What the vendors take; the last but one is the model's words up to the end of what can be spoken."""
VENDORS_MS = round(1000 * VENDORS_S)
"""What they are set to, together."""
HEARING = "hearing"
"""Before the turn's end is decided: a voice that is handled late. Callers that speak late are in it, too."""
SINCE_END = ("publish", "asr_hop", "asr_rest", "decide", "llm_hop", "llm_rest", "tts_hop", "tts_rest", "gate", "first_frame")
OURS = "from the end of turn"
LATE = f"vendors, over {VENDORS_MS} ms"
SHARE = "our share"
"""Both together: what the goal is of. Older results have the first alone."""
_LINE = re.compile(r"^EVENT .* WATERFALL (.*)$", re.MULTILINE)
_PART = re.compile(r"(\w+)_ms=(\d+)")


def answers(log: str) -> list[dict[str, float]]:
    """Each answer's parts in ms."""
    return [{name: float(ms) for name, ms in _PART.findall(parts)} for parts in _LINE.findall(log)]


def parts_of(found: Iterable[dict[str, float]]) -> dict[str, Spread]:
    """The spread of each part, of those from the end of turn together, of vendors that seem late, and of all that are ours."""
    found = [each | {LATE: _late_ms(each)} for each in found]
    together = {name: (name,) for name in (HEARING, *SINCE_END)} | {OURS: SINCE_END, LATE: (LATE,), SHARE: (*SINCE_END, LATE)}
    together |= {"all of it": (HEARING, *SINCE_END, LATE)}
    return {name: spread([sum(each.get(part, 0.0) for part in parts) for each in found]) for name, parts in together.items()}


def _late_ms(answer: dict[str, float]) -> float:
    """Of a phrase, which no vendor made just then, nothing."""
    taken = [answer.get(vendor, 0.0) for vendor in VENDORS]
    return sum(taken) - VENDORS_MS if all(taken) else 0.0


def share_of(parts: Mapping[str, Spread]) -> Spread | None:
    """What the goal is of, as far as the result has it."""
    return parts.get(SHARE) or parts.get(OURS) or parts.get("all of it")
