"""How a call begins on a new stream: greeted, or taken over with what the bus knows of it (R12).

Rules
    A stream that the bus does not know of, and that is no reconnect, is a new call.
    A reconnect of which nothing is known (Redis is away, or forgot it) asks to repeat: somebody was on the line. It
    begins at a number above all turns of the streams before, so that their work is stale whenever Redis is back.
"""

from collections.abc import Mapping

from common.bus import Taken
from gateway.turn.events import CallAnswered, CallTaken, LanguageChanged

RECONNECTS = "again"
"""Parameter of a stream: how often the call was connected again."""
UNANSWERED = "unanswered"
"""Parameter of a stream, or of a webhook: the call was transferred, and nobody answered there."""
TRANSFERS = "transfers"
"""Parameter of a stream, or of a webhook: how often the call was transferred, and came back."""
_TURNS_A_STREAM = 10_000
_MOST_RECONNECTS = 90
"""A number beyond it is none of ours; the history counts turns with six digits."""


def reconnects(parameters: Mapping[str, str]) -> int:
    """How often the call of a stream, or of a webhook, was connected again; 0 for a new one."""
    return min(_number(parameters.get(RECONNECTS, "")), _MOST_RECONNECTS)


def transfers(parameters: Mapping[str, str]) -> int:
    """How often the call of a stream, or of a webhook, was transferred, and came back."""
    return _number(parameters.get(TRANSFERS, ""))


def _number(given: str) -> int:
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 4 else 0


def lowest_turn(again: int) -> int:
    """A number above all turns of the streams before."""
    return again * _TURNS_A_STREAM


def beginning(
    taken: Taken | None, again: int, *, unanswered: bool = False, spoken: LanguageChanged | None = None
) -> CallAnswered | CallTaken:
    """The first event of a stream; None: the bus does not answer. ``spoken`` is the language that was spoken last, if it is another one."""
    if taken is not None and taken.left is not None:
        heard = taken.heard, taken.heard_before
        return CallTaken(taken.turn, taken.left, taken.open, taken.text, *heard, unanswered, taken.collect, spoken)
    turn = lowest_turn(again) if taken is None else taken.turn
    return CallTaken(turn, open=True, unanswered=unanswered) if again else CallAnswered(turn)
