"""Log lines: one line an event, ``key=value`` pairs, no texts of caller or bot unless asked for.

Use ``logging.getLogger("torim.<package>")`` and ``logger.info("call=%s turn=%d what=...")``.
Human lines are for a terminal; JSON lines carry each pair as a field of its own. Lines go to
standard error: standard output belongs to the event lines of the gateway.
"""

import json
import logging
import re
from datetime import UTC, datetime
from typing import Literal

_PAIR = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|\S+)')
_RESERVED = {"time", "level", "logger", "message", "error"}


def configure(log_format: Literal["human", "json"], service: str) -> None:
    """Send every log line of the process to standard error. Called once, at start."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if log_format == "json" else HumanLines(service))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("torim").setLevel(logging.INFO)


def shown(text: str, log_texts: bool) -> str:
    """``text`` as it may stand in a log line: quoted where texts are allowed, else its length."""
    return json.dumps(text, ensure_ascii=False) if log_texts else f"<{len(text)}>"


class HumanLines(logging.Formatter):
    """``12:00:00.123 asr_worker INFO message``; anything above INFO is easy to spot."""

    def __init__(self, service: str) -> None:
        super().__init__(f"%(asctime)s.%(msecs)03d {service} %(levelname)s %(message)s", datefmt="%H:%M:%S")


class JsonLines(logging.Formatter):
    """One object a line: time (UTC, ISO 8601), level, logger, message, and each pair of the message."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        message = record.getMessage()
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": message,
            **_pairs(message),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def _pairs(message: str) -> dict[str, str]:
    found = {key: _unquoted(value) for key, value in _PAIR.findall(message)}
    return {key: value for key, value in found.items() if key not in _RESERVED}


def _unquoted(value: str) -> str:
    try:
        return str(json.loads(value)) if value.startswith('"') else value
    except ValueError:
        return value
