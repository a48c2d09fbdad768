"""The event lines that operators and tests read (S17), one format in one place:

    EVENT call=CA1f turn=3 ASR_TEXT chars=12 asr_ms=310

``call`` and ``turn`` come first (``-`` where there is none), then the name verbatim, then what
belongs to it. A value with anything but plain characters in it stands in quotes, so a line
stays a line whatever a peer calls itself.
"""

import json
import logging
import re

_log = logging.getLogger("torim.events")
_PLAIN = re.compile(r"[\w.:/+*#%-]+")


def log_event(call: str, turn: int | None, event: str, **fields: object) -> None:
    """Write one event line; a field that is None is left out."""
    values = "".join(f" {key}={_shown(value)}" for key, value in fields.items() if value is not None)
    _log.info("EVENT call=%s turn=%s %s%s", _shown(call), "-" if turn is None else turn, event, values)


def text_fields(text: str, *, log_texts: bool) -> dict[str, object]:
    """What an event says of a text of the caller or the bot: its length, or the text if the operator allows it."""
    return {"text": text} if log_texts else {"chars": len(text)}


def _shown(value: object) -> str:
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
