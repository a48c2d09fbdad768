"""What a model is asked for beside an answer, and what of that it refuses: it is not asked for that again (sans-I/O).

    tools                    without them it can't hang up
    stream_options           by which usage is told; without, it is estimated
    max_completion_tokens    more than anybody listens to: the end of a model that would never end
    reasoning_effort         none; where that is refused minimal, then low, then nothing is said of it

OpenAI's own models from GPT-5 on and its o models think before they speak unless they are told not to, for seconds, and the newest take
tools by this interface only if they don't. A name may have a maker before it: openai/gpt-5.1. Servers refuse with HTTP 400, or with 422.
"""

import logging
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

MOST_TOKENS = 4000
"""The longest reply has 64 sentences (``llm_worker/speaker.py``)."""
_EFFORTS = ("none", "minimal", "low")
_THINKS = re.compile(r"(?:.*/)?(?:gpt-(?:[5-9]|\d\d)|o\d)")
_WORDS = {
    "stream_options": "stream_options",
    "max_completion_tokens": "max_|in the completion",  # vLLM, where prompt and completion are more than the model holds
    "tools": "tool",
    "reasoning_effort": "reasoning",
}
"""By which a refusal of each is known; the first one that fits is meant: tools are refused *with* reasoning."""

logger = logging.getLogger("torim.llm_worker")


class Options:
    """What the models of one vendor took so far."""

    def __init__(self) -> None:
        self._refused: Counter[tuple[str, str]] = Counter()
        """How many of an option's values a model refused."""

    def of(self, model: str, tools: Sequence[Any]) -> dict[str, Any]:
        """What it is asked for now."""
        values: dict[str, Sequence[Any]] = {
            "stream_options": [{"include_usage": True}],
            "max_completion_tokens": [MOST_TOKENS],
            "tools": [tools] if tools else [],
            "reasoning_effort": _EFFORTS if _THINKS.match(model) else (),
        }
        left = {name: of_it[self._refused[model, name] :] for name, of_it in values.items()}
        return {name: of_it[0] for name, of_it in left.items() if of_it}

    def refused(self, model: str, asked: Mapping[str, Any], told: str) -> bool:
        """Whether the server's words refuse something of what was asked for; then it is asked for something else, or for less."""
        name = next((name for name in _WORDS if name in asked and re.search(_WORDS[name], told.lower())), "")
        if name == "reasoning_effort":
            self._thinks(model, asked[name])
        elif name:
            self._refused[model, name] = 1
            logger.warning("model=%s what=left_out option=%s", model, name)
        return bool(name)

    def _thinks(self, model: str, effort: str) -> None:
        after = _EFFORTS.index(effort) + 1
        self._refused[model, "reasoning_effort"] = max(after, self._refused[model, "reasoning_effort"])  # others may have asked meanwhile
        following = _EFFORTS[after] if after < len(_EFFORTS) else "its_own"
        logger.warning("model=%s what=model_thinks effort=%s see=docs/vendors.md", model, following)
