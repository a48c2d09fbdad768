"""How turns ended, by the gateway's own lines: each ``TURN_ENDED``, and each stage that failed."""

import re
from collections import Counter

NO_ANSWER = ("fallback", "nothing_heard", "stage_failed")
"""What no turn should come to while everything runs: the caller had a phrase in the place of an answer, or something was tried in vain."""
_ENDED = re.compile(r"^EVENT .* TURN_ENDED .*?how=(\w+)", re.MULTILINE)
_FAILED = re.compile(r"^EVENT .* STAGE_FAILED ", re.MULTILINE)


def ends(log: str) -> dict[str, int]:
    """How many ended how, in the order of the alphabet; ``stage_failed`` beside them."""
    found = Counter(_ENDED.findall(log)) + Counter(stage_failed=len(_FAILED.findall(log)))
    return dict(sorted(found.items()))


def no_answer(found: dict[str, int] | None) -> dict[str, int]:
    """Those that should not be; of an older result, which has not noted it, none."""
    return {how: count for how in NO_ANSWER if (count := (found or {}).get(how, 0))}
