"""The waits of a call as a picture: of each turn the steps one below the other, each beginning where the one above it ended.

::

    turn 1: 1040 ms
      wait          [######] 300
      ASR                   [##] 100
      first token              [###] 154
      ...
      gate                           [#####] 232

What is measured is in the event ``WATERFALL`` (``gateway/waits.py``), which the gateway put into the record; nothing is reckoned here.
"""

from collections.abc import Iterable

from gateway.records.format import Handled, Record
from gateway.turn.events import Report
from gateway.waits import REST, STEPS
from tools.drawing import BOT, CALLER, FONT_PX, GREY, Plot, box, document, line, seconds, text

_LEFT, _WIDTH, _RIGHT, _TOP = 110, 860, 60, 52
_ROW, _BAR, _GAP = 15, 11, 16
_VENDOR, _HOP, _UNEXPLAINED, _HELD = "#6b3fa0", "#9aa0aa", "#d62728", "#e0a100"
_LOOK = {
    "hearing": ("hearing", _HOP),
    "wait": ("wait", CALLER),
    "publish": ("publish", _HOP),
    "asr_hop": ("ASR hop", _HOP),
    "asr": ("ASR", _VENDOR),
    "decide": ("decide", CALLER),
    "llm_hop": ("LLM hop", _HOP),
    "first_token": ("first token", _VENDOR),
    "first_piece": ("first piece", _VENDOR),
    "tts_hop": ("TTS hop", _HOP),
    "first_sound": ("first sound", _VENDOR),
    "given_up": ("given up", _HELD),
    "talking": ("talking", CALLER),
    "gate": ("gate", _HELD),
    "first_frame": ("first frame", BOT),
} | dict.fromkeys(REST, ("unexplained", _UNEXPLAINED))
_LEGEND = "blue: the caller · grey: ways · purple: vendors · red: unexplained · yellow: held until the turn ends, the floor is free"

Fields = dict[str, int]


def waits(record: Record) -> list[tuple[int, Fields]]:
    """Each wait: the turn of its answer, and what the event says."""
    return [(note.report.turn, _figures(note.report)) for note in record.notes if note.report.name == "WATERFALL"]


def _figures(report: Report) -> Fields:
    return {name: int(value) for name, value in report.fields}


def draw(record: Record, name: str = "") -> str:
    """The picture.

    Raises:
        ValueError: the record has no wait.
    """
    found = waits(record)
    if not found:
        raise ValueError(f"the record has no answer that was waited for{_why_none(record)}")
    plot = Plot(_LEFT, _WIDTH, 0.0, max(fields["gap_ms"] for _, fields in found) / 1000)
    y, parts = _TOP, list[str]()
    for turn, fields in found:
        parts += _group(plot, y, turn, fields)
        y += _ROW * (1 + len(_shown(fields))) + _GAP
    title = [text(8, 17, name or record.header.call, weight="bold"), text(plot.right + _RIGHT - 8, 17, _LEGEND, fill=GREY, anchor="end")]
    title.append(text(8, 33, "from the last of the caller's voice to the first frame of the answer, in milliseconds", fill=GREY))
    return document(plot.right + _RIGHT, y + 20, [*title, *seconds(plot, _TOP - 8, y - 4), *parts])


def _why_none(record: Record) -> str:
    """The gateway measures the waits; of the core alone there are levels of frames, and no sound."""
    heard = any(isinstance(entry, Handled) and entry.sound for entry in record.entries)
    return ", or is of a Torim that did not measure it" if heard else ": a simulated call of the core has no waits"


def _shown(fields: Fields) -> list[tuple[str, int]]:
    """Not every Torim that made a record knew every step."""
    return [(step, fields[f"{step}_ms"]) for step in STEPS if fields.get(f"{step}_ms")]


def _group(plot: Plot, y: float, turn: int, fields: Fields) -> Iterable[str]:
    yield text(8, y + FONT_PX, f"turn {turn}: {fields['gap_ms']} ms", weight="bold")
    at_ms = 0
    for step, ms in _shown(fields):
        y += _ROW
        words, colour = _LOOK[step]
        x, end_x = plot.x(at_ms / 1000), plot.x((at_ms + ms) / 1000)
        yield text(_LEFT - 8, y + FONT_PX - 1, words, fill=colour, anchor="end")
        yield line(x, y - _ROW + _BAR, y + _BAR, GREY)
        yield box(x, y, end_x - x, _BAR, colour, title=f"{step} {ms} ms")
        yield text(end_x + 4, y + FONT_PX - 1, str(ms))
        at_ms += ms
