"""The provider's end of a recorded line: what the caller heard of the sound that was sent, and which marks come back.

A record does not have the provider's buffer. It plays at 8,000 bytes a second from the moment it is sent
something, forgets on ``clear``, and knows no latency: the true caller hears it all a little later.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from common.audio import SAMPLE_RATE_HZ
from gateway.playout import Mark
from tools.caller.playout import Heard, Played, Playout


@dataclass(slots=True)
class Provider:
    """One stream; times are the core's."""

    began: float
    heard: list[tuple[float, bytes]] = field(default_factory=list)
    """When a piece of sound began to be heard, and it."""
    _playout: Playout = field(default_factory=Playout)
    _returned: list[tuple[float, str]] = field(default_factory=list)

    def send(self, items: Iterable[bytes | Mark], now: float) -> None:
        """Sound and marks leave the gateway."""
        at = self._samples(now)
        for item in items:
            self._note(self._playout.mark(at, item.name) if isinstance(item, Mark) else self._playout.sound(at, item))

    def clear(self, now: float) -> None:
        """``clear`` leaves the gateway."""
        self._note(self._playout.clear(self._samples(now)))

    def marks_until(self, now: float) -> list[tuple[float, str]]:
        """The marks that came back since this was asked last, and when."""
        self._note(self._playout.play_until(self._samples(now)))
        returned, self._returned = self._returned, []
        return returned

    def _note(self, played: Iterable[Played]) -> None:
        for piece in played:
            at = self.began + piece.at / SAMPLE_RATE_HZ
            if isinstance(piece, Heard):
                self.heard.append((at, piece.sound))
            else:
                self._returned.append((at, piece.name))

    def _samples(self, now: float) -> int:
        return round((now - self.began) * SAMPLE_RATE_HZ)
