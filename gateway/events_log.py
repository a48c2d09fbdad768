"""The event lines that operators and tests read (S17), one format in one place, on standard output:

    EVENT call=CA1f turn=3 ASR_TEXT text=<12> asr_ms=310

``call`` and ``turn`` come first (``-`` where there is none), then the name verbatim, then what
belongs to it. A value with anything but plain characters in it stands in quotes, so a line
stays a line whatever a peer calls itself.
"""

import json
import re
import sys

_PLAIN = re.compile(r"[\w.,:/+*#%<>-]+")


def log_event(call: str, turn: int | None, event: str, **fields: object) -> None:
    """Write one event line; a field that is None is left out."""
    values = "".join(f" {key}={_shown(value)}" for key, value in fields.items() if value is not None)
    sys.stdout.write(f"EVENT call={_shown(call)} turn={'-' if turn is None else turn} {event}{values}\n")
    sys.stdout.flush()


def said(text: str, *, log_texts: bool) -> str:
    """A text of the caller or the bot as a field's value: its length, or itself if the operator allows it."""
    return text if log_texts else f"<{len(text)}>"


def _shown(value: object) -> str:
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
