"""What a model thinks aloud before it answers is not said (sans-I/O).

Models that think write it in front of their answer, and servers of one's own may pass it on as text (Ollama, llama.cpp, vLLM without a
parser for it)::

    push("<th")                     -> ""        may be a tag, so it waits
    push("ink>They ask for the ")   -> ""
    push("hours.</think>\n\nWe")    -> "We"
    push(" open at nine.")          -> " open at nine."

Only at the beginning: what stands further behind is text. A thought that does not end leaves nothing to say.
"""

_TAGS = {f"<{name}>": f"</{name}>" for name in ("think", "thinking", "thought", "reasoning")}


class Thoughts:
    """Lets a reply's text through, but for a thought at its beginning."""

    def __init__(self) -> None:
        self._held: str | None = ""
        """What may be a thought, or be none; None: the reply has begun."""

    def push(self, text: str) -> str:
        """What may be said by now, behind what was said before."""
        if self._held is None:
            return text
        self._held += text
        said = _without_thought(self._held)
        if said:
            self._held = None
        return said

    def end(self) -> str:
        """What was held in case it became a thought."""
        held = self._held or ""
        return "" if _close_of(held) else held


def _without_thought(begun: str) -> str:
    """The answer, as far as it is certain that it has begun."""
    close = _close_of(begun)
    if close:
        return begun.partition(close)[2].lstrip()
    start = begun.lstrip()
    return "" if any(opened.startswith(start) for opened in _TAGS) else begun


def _close_of(begun: str) -> str:
    """How the thought ends with which this begins; "" if with none."""
    start = begun.lstrip()
    return next((close for opened, close in _TAGS.items() if start.startswith(opened)), "")
