"""What became of the caller's keys: they are in the histories, each once and in the order in which they were pressed (R4, R5).

A key alone cannot be told from another of its kind, so all of a call are compared with all that is written. What a caller
says is written with other figures (``vocabulary``): a word of the history that is keys was pressed.

Reasons for a key that is in none
    a terminator          it ends the keys, and is none of them
    between two streams   no gateway had the line
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from tests.sim.broken_rule import Check

_KEYS = re.compile(r"[0-9*#]+")


@dataclass(frozen=True, slots=True)
class Pressed:
    """A key of the caller's."""

    frame: int
    key: str
    ends: bool
    """Whether it may end the keys, and be none of them."""


class KeysJudge:
    """Follows the keys of one caller."""

    def __init__(self, check: Check, between_streams: Callable[[int], bool]) -> None:
        self.pressed: list[Pressed] = []
        self.fates: Counter[str] = Counter()
        self._check = check
        self._between_streams = between_streams
        self._frames: list[list[int]] = []
        """Of each key that is written: when it may have been pressed."""

    def call_over(self, texts: Mapping[int, str], words: Mapping[str, list[int]]) -> None:
        """``texts`` is what was made of each turn's words: its history, or what was ignored as said before.

        ``words`` were said once: the frames in which they may have been.
        """
        written = "".join(keys_of(texts[turn]) for turn in sorted(texts))
        self._frames = [[] for _ in written]
        places = {0}
        """How much of what is written the keys so far may have been."""
        for pressed in self.pressed:
            why = self._why_missing(pressed)
            there = {place + 1 for place in places if written[place : place + 1] == pressed.key}
            for place in there:
                self._frames[place - 1].append(pressed.frame)
            places = there | (places if why else set())
            self.fates[why if why and not there else "in the history"] += 1
            self._check(bool(places), f"key {pressed.key} at {pressed.frame} is not where it belongs in {written!r}: {self._all}")
        self._check(len(written) in places, f"{written!r} is written of the keys {self._all}")
        self._in_order(texts, words)

    def _in_order(self, texts: Mapping[int, str], words: Mapping[str, list[int]]) -> None:
        """In a turn keys stand behind what was said before them, and in front of what was said since."""
        frames = iter(self._frames)
        for turn in sorted(texts):
            moments: list[list[int]] = []
            for word in texts[turn].split():
                moments += [words[word]] if word in words else [next(frames) for _ in keys_of(word)]
            in_order = all(min(before) <= max(behind) for before, behind in pairwise(moments))
            self._check(in_order, f"words and keys out of order: {texts[turn]}")

    @property
    def _all(self) -> str:
        return "".join(pressed.key for pressed in self.pressed)

    def _why_missing(self, pressed: Pressed) -> str:
        if pressed.ends:
            return "a terminator"
        return "between two streams" if self._between_streams(pressed.frame) else ""


def keys_of(text: str) -> str:
    """All keys in the words of a turn."""
    return "".join(word for word in text.split() if _KEYS.fullmatch(word))
