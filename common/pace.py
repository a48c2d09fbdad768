"""Whether what a vendor streams keeps up with being heard (sans-I/O).

A stream without a pause that is too long may still be too slow: a word each 1.3 s, or 100 ms of sound each 1.2 s. The caller hears
it in tatters, and no limit between two pieces tells it from a healthy one. So what came is set against the time that was spent
waiting for it, behind the first piece:

    came        [== 1.0 s ==][0.1]            [0.1]            [0.1]
    waited                        --- 1.2 s ---    --- 1.2 s ---
    behind      -1.0        -1.1              0.0              1.1   ... over 1.5 s: too slow

A voice that was ahead has that to its credit: it may compute a long clause while the one before is heard.
"""

BEHIND_S = 1.5
"""What a caller's line can do without, in all."""


class Pace:
    """One answer's."""

    def __init__(self) -> None:
        self._behind_s: float | None = None
        """None: the first piece is still to come."""

    @property
    def too_slow(self) -> bool:
        """Whether the line is dry."""
        return self._behind_s is not None and self._behind_s > BEHIND_S

    def came(self, waited_s: float, sounds_s: float | None) -> None:
        """A piece came; ``sounds_s``: how long it is heard, None for one that is not there to be heard."""
        if sounds_s is None:
            return
        self._behind_s = (0.0 if self._behind_s is None else self._behind_s + waited_s) - sounds_s
