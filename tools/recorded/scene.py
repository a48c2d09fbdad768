"""A call's story as a picture: one row each for turns, the caller, pieces, decisions, the bot, and what went over the wire.

::

    turns      | 1 superseded        | 2 replied
    decisions    · BARGE_IN: interrupt speaking      · BARGE_IN_FINAL
    holds        · hold: final
    caller     ___####__##########________          coloured where the floor is the caller's; holds behind it
    pieces       [probe 3]· “wait”   [whole 4 ]··· “and then”
    work         · 0: “certainly”  · first sound of 0
    bot        THINKING | SPEAKING              below: unheard sound waits here, or all of it is at the provider
    heard      ____~~~~~~~~|xxxx____~~~~~~~         what the caller heard; what a clear threw away
    marks         \\  \\  \\                           from when it was sent to when it came back
    epoch      1            | 2
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from common.audio import SAMPLE_RATE_HZ, mulaw_to_pcm
from gateway.turn.endpointing import CallerState
from tools.drawing import (
    BOT,
    CALLER,
    CLEAR,
    FONT_PX,
    GREY,
    INK,
    PALE,
    Plot,
    box,
    document,
    fitted,
    lanes,
    line,
    peaks_of,
    seconds,
    text,
    wave,
    width_of,
)
from tools.recorded.story import Moment, PieceSeen, Span, Story

_LEFT, _RIGHT, _TOP = 84, 20, 30
_LEAST_WIDTH, _PX_A_SECOND = 1300, 70
_LANE, _BAND, _WAVE, _MARKS, _THIN, _GAP = 16, 18, 56, 24, 6, 10
_FRAME_S = 0.02
_LOUDEST_AT_LEAST = 0.03
_ACTIVITY = 0.7

_HOLD, _HOLD_INK = "#fff1c9", "#946200"
_FLOOR = {CallerState.SPEAKING.value: "#1f77b4", CallerState.PAUSED.value: "#b8d4ea"}
_BOT_STATES = {"LISTENING": "#f1f3f5", "THINKING": "#ffe3a3", "SPEAKING": "#bfe5bf"}
_SOUNDING = {"gateway": "#2ca02c", "provider": "#a9d9a9"}
_PIECES = {"whole": "#c5dcf0", "segment": "#c9e7e4", "probe": "#ffffff"}
_ENDS = {"replied": "#e3f3e3", "interrupted": "#fbdcdc", "superseded": "#fde5cc"}
_DECISION = "#6b3fa0"


def draw(story: Story, begin_s: float, end_s: float, name: str = "") -> str:
    """The picture of a part of a call."""
    width = max(_LEAST_WIDTH, _LEFT + _RIGHT + (end_s - begin_s) * _PX_A_SECOND)
    return _Scene(story, Plot(_LEFT, width - _LEFT - _RIGHT, begin_s, end_s)).draw(name or story.name)


class _Scene:
    """Rows, one below the other."""

    def __init__(self, story: Story, plot: Plot) -> None:
        self._story = story
        self._plot = plot
        self._parts: list[str] = []
        self._y: float = _TOP

    def draw(self, name: str) -> str:
        """All of it."""
        story, plot = self._story, self._plot
        self._row("turns", lambda: self._spans(story.turns.spans, _turn_colour))
        self._row("decisions", lambda: self._labels([*story.decisions, *story.keys], _DECISION))
        top = self._y
        self._row("holds", lambda: self._labels(self._hold_names(), _HOLD_INK))
        self._row("caller", self._caller)
        self._row("pieces", self._pieces)
        self._row("to say", lambda: self._labels(story.work, INK))
        self._row("bot", self._bot)
        self._row("heard", self._heard)
        self._row("marks", self._marks)
        self._row("epoch", lambda: self._spans(story.epochs.spans, lambda _: "#ffffff"))
        bottom = self._y - _GAP + 4
        behind = [*seconds(plot, _TOP, bottom), *self._holds(top, bottom), *self._cuts(bottom)]
        title = text(8, 17, name, weight="bold") + text(plot.right, 17, _LEGEND, fill=GREY, anchor="end")
        return document(plot.right + _RIGHT, bottom + 24, [title, *behind, *self._parts])

    def _row(self, name: str, fill: Callable[[], float]) -> None:
        """A row with its name; ``fill`` draws it and says how high it became."""
        self._parts.append(text(8, self._y + FONT_PX + 1, name, fill=GREY))
        self._y += fill() + _GAP

    # -- Bands and labels -----------------------------------------------------------------------

    def _spans(self, spans: Iterable[Span], colour: Callable[[str], str]) -> float:
        for span in spans:
            if self._plot.shows(span.begin_s, span.end_s):
                self._span(span, colour(span.name))
        return _BAND

    def _span(self, span: Span, colour: str) -> None:
        x, end_x = self._plot.x(span.begin_s), self._plot.x(span.end_s)
        self._parts.append(box(x, self._y, end_x - x, _BAND, colour, title=_timed(span), stroke="#c3c8d0"))
        words = fitted(span.name, end_x - x - 8) or fitted(span.name.split(" ")[0], end_x - x - 2)
        self._parts.append(text((x + end_x) / 2, self._y + 13, words, anchor="middle"))

    def _thin(self, spans: Iterable[Span], y: float, colours: Mapping[str, str]) -> None:
        """A band without words."""
        for span in spans:
            if self._plot.shows(span.begin_s, span.end_s):
                x = self._plot.x(span.begin_s)
                self._parts.append(box(x, y, self._plot.x(span.end_s) - x, _THIN, colours[span.name], title=_timed(span)))

    def _labels(self, moments: Iterable[Moment], colour: str) -> float:
        shown = sorted((moment for moment in moments if self._plot.shows(moment.at_s, moment.at_s)), key=lambda moment: moment.at_s)
        places = [self._label_place(moment) for moment in shown]
        found = lanes(places)
        for moment, (begin, _), lane in zip(shown, places, found, strict=True):
            self._label(moment, begin, self._y + lane * _LANE, colour)
        return _LANE * max((lane + 1 for lane in found), default=1)

    def _label_place(self, moment: Moment) -> tuple[float, float]:
        """From its tick to the end of its words, which stand on its left where the picture ends."""
        x, width = self._plot.x(moment.at_s), width_of(moment.name) + 8
        return (x, x + width) if x + width <= self._plot.right + _RIGHT else (x - width, x)

    def _label(self, moment: Moment, begin: float, y: float, colour: str) -> None:
        x = self._plot.x(moment.at_s)
        on_left = begin < x
        self._parts.append(line(x, y + 2, y + _LANE - 2, colour, width=2))
        self._parts.append(text(x - 5 if on_left else x + 5, y + 12, moment.name, fill=colour, anchor="end" if on_left else "start"))

    # -- The caller -----------------------------------------------------------------------------

    def _caller(self) -> float:
        self._parts.append(wave(self._plot, self._y + _WAVE / 2, _WAVE / 2, self._caller_peaks(), CALLER))
        self._thin(self._story.floor.spans, self._y + _WAVE + 2, _FLOOR)
        return _WAVE + 2 + _THIN

    def _caller_peaks(self) -> list[float]:
        story = self._story
        if story.has_sound:
            return self._peaks([(frame.at_s - _FRAME_S, frame.sound) for frame in story.frames])
        peaks = [0.0] * round(self._plot.width)
        loudest = max((frame.level for frame in story.frames), default=1)
        for frame in story.frames:
            self._fill(peaks, frame.at_s - _FRAME_S, frame.at_s, frame.level / loudest * _ACTIVITY)
        return peaks

    def _pieces(self) -> float:
        shown = [piece for piece in self._story.pieces if self._plot.shows(piece.begin_s, piece.known_s or piece.published_s)]
        shown.sort(key=lambda piece: piece.begin_s)
        found = lanes((self._plot.x(piece.begin_s), self._piece_end(piece)) for piece in shown)
        for piece, lane in zip(shown, found, strict=True):
            self._piece(piece, self._y + lane * _LANE)
        return _LANE * max((lane + 1 for lane in found), default=1)

    def _piece_end(self, piece: PieceSeen) -> float:
        known_x = self._plot.x(piece.published_s if piece.known_s is None else piece.known_s)
        return known_x + width_of(_words(piece)) + 8

    def _piece(self, piece: PieceSeen, y: float) -> None:
        x, end_x = self._plot.x(piece.begin_s), self._plot.x(piece.end_s)
        known_x = self._plot.x(piece.published_s if piece.known_s is None else piece.known_s)
        name, plot_right = f"{piece.kind} {piece.seq}", self._plot.right + _RIGHT
        title = f"{name}: {piece.begin_s:.2f}-{piece.end_s:.2f} s, published {piece.published_s:.2f}"
        self._parts.append(box(x, y + 1, end_x - x, _LANE - 3, _PIECES[piece.kind], title=title, stroke=CALLER))
        self._parts.append(text(x + 4, y + 11, fitted(name, end_x - x - 6)))
        if known_x > end_x:
            self._parts.append(f'<path d="M{end_x:.1f} {y + 8:.1f}H{known_x:.1f}" stroke="{CALLER}" stroke-dasharray="1 3"/>')
        self._parts.append(text(known_x + 4, y + 11, fitted(_words(piece), plot_right - known_x), fill=CALLER))

    # -- The bot --------------------------------------------------------------------------------

    def _bot(self) -> float:
        self._spans(self._story.bot.spans, _BOT_STATES.__getitem__)
        self._thin(self._story.sounding.spans, self._y + _BAND + 2, _SOUNDING)
        return _BAND + 2 + _THIN

    def _heard(self) -> float:
        story = self._story
        if story.has_sound:
            peaks = self._peaks(story.heard)
        else:
            peaks = [0.0] * round(self._plot.width)
            for at, sound in story.heard:
                self._fill(peaks, at, at + len(sound) / SAMPLE_RATE_HZ, _ACTIVITY)
        for span in story.thrown_away:
            if self._plot.shows(span.begin_s, span.end_s) and span.end_s > span.begin_s:
                x = self._plot.x(span.begin_s)
                width = self._plot.x(span.end_s) - x
                self._parts.append(box(x, self._y + _WAVE / 4, width, _WAVE / 2, "#fbdcdc", title="sent, and thrown away by a clear"))
        self._parts.append(wave(self._plot, self._y + _WAVE / 2, _WAVE / 2, peaks, BOT))
        return _WAVE

    def _marks(self) -> float:
        for mark in self._story.marks:
            x = self._plot.x(mark.sent_s)
            if mark.echoed_s is None and self._plot.shows(mark.sent_s, mark.sent_s):
                self._parts.append(line(x, self._y, self._y + 8, CLEAR))
            elif mark.echoed_s is not None and self._plot.shows(mark.sent_s, mark.echoed_s):
                self._parts.append(line(x, self._y, self._y + _MARKS, GREY, to_x=self._plot.x(mark.echoed_s)))
        return _MARKS

    # -- Through all rows -----------------------------------------------------------------------

    def _hold_names(self) -> list[Moment]:
        """Each where it begins, or where the picture does."""
        plot = self._plot
        shown = [hold for hold in self._story.holds.spans if plot.shows(hold.begin_s, hold.end_s)]
        return [Moment(max(hold.begin_s, plot.begin_s), hold.name) for hold in shown]

    def _holds(self, top: float, bottom: float) -> list[str]:
        plot = self._plot
        shown = [hold for hold in self._story.holds.spans if plot.shows(hold.begin_s, hold.end_s)]
        places = [(plot.x(hold.begin_s), plot.x(hold.end_s)) for hold in shown]
        return [box(x, top - 4, end_x - x, bottom - top + 4, _HOLD) for x, end_x in places]

    def _cuts(self, bottom: float) -> list[str]:
        """Where turns end, and clears."""
        plot = self._plot
        ends = [span.end_s for span in self._story.turns.spans if plot.begin_s < span.end_s < min(plot.end_s, self._story.seconds)]
        clears = [at for at in self._story.clears if plot.shows(at, at)]
        return [
            *(line(plot.x(at), _TOP, bottom, "#9aa0aa") for at in ends),
            *(line(plot.x(at), _TOP + _BAND, bottom, CLEAR, dashed=True) for at in clears),
        ]

    # -- Loudness -------------------------------------------------------------------------------

    def _peaks(self, sound: Sequence[tuple[float, bytes]]) -> list[float]:
        """Of each column, as a share of the loudest in the picture."""
        plot = self._plot
        samples = np.zeros(round((plot.end_s - plot.begin_s) * SAMPLE_RATE_HZ), np.int16)
        for at, piece in sound:
            begin = round((at - plot.begin_s) * SAMPLE_RATE_HZ)
            if 0 <= begin <= len(samples) - len(piece):
                samples[begin : begin + len(piece)] = np.frombuffer(mulaw_to_pcm(piece), "<i2")
        peaks = peaks_of(samples, round(plot.width))
        loudest = max(_LOUDEST_AT_LEAST, *peaks)
        return [peak / loudest for peak in peaks]

    def _fill(self, peaks: list[float], begin_s: float, end_s: float, height: float) -> None:
        """Activity where there is no sound to be drawn."""
        if self._plot.shows(begin_s, end_s):
            first, last = (round(self._plot.x(at) - self._plot.left) for at in (begin_s, end_s))
            peaks[first:last] = [height] * (min(last, len(peaks)) - first)


_LEGEND = "yellow: a hold · red dashes: a clear · pink: sound that it threw away · marks: sent above, back below; red: never"


def _words(piece: PieceSeen) -> str:
    if piece.known_s is None:
        return "(no answer)"
    return f"“{piece.text}”" if piece.text else "(no words)"


def _turn_colour(name: str) -> str:
    return _ENDS.get(name.partition(" ")[2], PALE)


def _timed(span: Span) -> str:
    return f"{span.name}, {span.begin_s:.2f}-{span.end_s:.2f} s"
