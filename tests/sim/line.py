"""The provider's end of a line: plays at 8,000 bytes a second, returns marks, forgets on clear. As nasty as the real one.

Rules
    What is sent arrives a little later, in order. A frame that has begun is heard.
    A mark comes back when the sound before it was played; late, or never, if the weather says so.
    ``clear`` drops what has not begun and returns the marks that wait at once.
"""

import random
from collections import Counter, deque
from dataclasses import dataclass

from gateway.playout import Mark

FRAME_S = 0.02


@dataclass(frozen=True, slots=True)
class Weather:
    """How bad the line and the workers are: probabilities, and delays in seconds."""

    latency_s: float = 0.03
    frame_s: float = FRAME_S
    """How long the provider plays a frame: its clock may be fast."""
    mark_lost: float = 0.0
    mark_late: float = 0.0
    stall: float = 0.0
    """Of the caller's frames: they come in bursts."""
    detector_errs: float = 0.0
    message_lost: float = 0.0
    message_twice: float = 0.0
    message_late: float = 0.0
    late_s: float = 2.0
    """How late at the most."""
    asr_fails: float = 0.0
    llm_fails: float = 0.0
    tts_fails: float = 0.0
    tts_second_attempt: float = 0.0
    tts_stops: float = 0.0
    slow: float = 0.0
    busy: float = 0.0
    """The gateway learns that the workers are behind, or not any more."""

    @property
    def loses_words(self) -> bool:
        """Whether the caller's words may be lost on the way."""
        return bool(self.message_lost or self.asr_fails or self.slow)

    @property
    def rough(self) -> bool:
        """Whether what was heard may not be known, since marks or sound come late."""
        return bool(self.mark_lost or self.mark_late or self.stall or self.tts_fails or self.latency_s > 0.1)


class Line:
    """One line, seen from the gateway."""

    def __init__(self, rng: random.Random, weather: Weather) -> None:
        self.heard: list[tuple[float, bytes]] = []
        """Frames that the caller heard, with the moment at which each began."""
        self.sent_frames = 0
        self.clears = 0
        self.counts: Counter[str] = Counter()
        self._rng = rng
        self._weather = weather
        self._on_the_way: deque[tuple[float, bytes | Mark | None]] = deque()
        self._buffer: deque[tuple[float, bytes | Mark]] = deque()
        self._busy_until = 0.0

    def send(self, items: list[bytes | Mark], now: float) -> None:
        """Frames and marks leave the gateway."""
        self.sent_frames += sum(isinstance(item, bytes) for item in items)
        self._on_the_way.extend((now + self._weather.latency_s, item) for item in items)

    def clear(self, now: float) -> None:
        """``clear`` leaves the gateway."""
        self.clears += 1
        self._on_the_way.append((now + self._weather.latency_s, None))

    def playing(self, now: float) -> bool:
        """Whether the caller hears the bot, or is about to."""
        return now < self._busy_until or any(isinstance(item, bytes) for _, item in self._on_the_way)

    def play_until(self, now: float) -> list[tuple[float, str]]:
        """Let time pass; the marks that go back, with the moments at which they reach the gateway."""
        returned: list[tuple[float, str]] = []
        while self._on_the_way and self._on_the_way[0][0] <= now:
            at, item = self._on_the_way.popleft()
            returned += self._play(at)
            if item is None:
                returned += self._clear(at)
            else:
                self._queue(item, at)
        return returned + self._play(now)

    def _queue(self, item: bytes | Mark, at: float) -> None:
        start = max(at, self._busy_until)
        self._buffer.append((start, item))
        if isinstance(item, bytes):
            self._busy_until = start + self._weather.frame_s

    def _play(self, until: float) -> list[tuple[float, str]]:
        returned: list[tuple[float, str]] = []
        while self._buffer and self._buffer[0][0] <= until:
            at, item = self._buffer.popleft()
            if isinstance(item, bytes):
                self.heard.append((at, item))
            elif self._rng.random() < self._weather.mark_lost:
                self.counts["mark lost"] += 1
            else:
                late = self._rng.uniform(0, 1.5) if self._rng.random() < self._weather.mark_late else 0.0
                self.counts["mark late"] += late > 0
                returned.append((at + self._weather.latency_s + late, item.name))
        return returned

    def _clear(self, at: float) -> list[tuple[float, str]]:
        waiting = [item.name for _, item in self._buffer if isinstance(item, Mark)]
        self.counts["mark on clear"] += len(waiting)
        self._buffer.clear()
        self._busy_until = min(self._busy_until, at + FRAME_S)
        return [(at + self._weather.latency_s, name) for name in waiting]
