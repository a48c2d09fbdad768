"""Where the words of a sentence are in its sound (sans-I/O).

A voice that knows tells where its words end. For the words of any other voice it is an estimate:

    clock       time of the frames that are not silent: pauses and the silence around the sentence take none
    weight      how long a word is likely to be: its letters, vowels, digits and signs
    anchors     pauses of 100 ms and more, set against the punctuation in the text; between two of them
                the words share the clock by their weights

The weights are about ms of the local voice; once the whole sound is here only their ratios count.
How far off it is: ``python -m tests.bench.heard``, and docs/turn-taking.md.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise

from common.audio import FRAME_BYTES, FRAME_MS, mulaw_to_pcm, rms

_WORD_MS = 50
_LETTER_MS = 34
_VOWEL_MS = 38
_HEBREW_LETTER_MS = 66
_HEBREW_VOWEL_LETTER_MS = 40
_CAPITAL_MS = 200
"""In a word of capitals, which is spelled."""
_DIGIT_MS = 270
_SIGN_MS = 150
_VOWELS = frozenset("aeiouy")
_HEBREW_VOWEL_LETTERS = frozenset("וי")
_SIGNS = frozenset("%$€₪&@+")
_PAUSE_SIGNS = frozenset(",.?!;:-–—")

_QUIET = 0.02
"""Of the loudest frame: silence below that."""
_PAUSE_FRAMES = 5
_UNPAUSED_MS = 700
"""Further from where it is expected no pause is taken for that of a punctuation mark."""
_BEFORE_WORD_FRAMES = 10
"""How far before a word's estimated start its real one is looked for."""


def word_ends(text: str, sound: bytes | bytearray, known: Sequence[int] = (), *, complete: bool = True) -> list[int]:
    """Where each word of ``text`` ends in ``sound``, in bytes; ``known`` are the ends that the voice told.

    Unless it is ``complete``, words may end behind what is there of the sound.
    """
    words = text.split()
    ends = list(known[: len(words)])
    start = ends[-1] if ends else 0
    rest = words[len(ends) :]
    return ends + [start + end for end in (_estimated(rest, sound[start:], complete=complete) if rest else ())]


def word_start(ends: Sequence[int], sound: bytes | bytearray, position: int, *, exact: int) -> int:
    """Where to begin again so that the word at ``position`` is heard whole; never behind ``position``.

    The first ``exact`` of the ``ends`` are told by the voice. The start of any other word is the weakest
    frame shortly before where it is estimated.
    """
    word = bisect_right(ends, position)
    start = ends[word - 1] if word else 0
    if word <= exact or not start:
        return start
    last = start // FRAME_BYTES
    first = max(0, last - _BEFORE_WORD_FRAMES)
    levels = _levels(sound[first * FRAME_BYTES : (last + 1) * FRAME_BYTES])
    weakest = min(range(len(levels)), key=lambda frame: (levels[frame], -frame))
    return (first + weakest) * FRAME_BYTES


# -- Weights ----------------------------------------------------------------------------------


def spoken_ms(word: str) -> int:
    """About how long ``word`` takes to say."""
    spelled = sum(letter.isupper() for letter in word) > 1
    return _WORD_MS + sum(_letter_ms(before, letter, spelled=spelled) for before, letter in pairwise(f" {word.strip()}"))


def _letter_ms(before: str, letter: str, *, spelled: bool) -> int:
    if letter.isdigit():
        return _DIGIT_MS
    if letter in _SIGNS:
        return _SIGN_MS
    if not letter.isalpha():
        return 0
    if "א" <= letter <= "ת":
        return _HEBREW_VOWEL_LETTER_MS if letter in _HEBREW_VOWEL_LETTERS else _HEBREW_LETTER_MS
    if spelled and letter.isupper():
        return _CAPITAL_MS
    syllable = letter.lower() in _VOWELS and before.lower() not in _VOWELS
    return _LETTER_MS + (_VOWEL_MS if syllable else 0)


# -- The sound --------------------------------------------------------------------------------


class _Clock:
    """Time that passes while there is voice."""

    def __init__(self, sound: bytes | bytearray) -> None:
        levels = _levels(sound)
        quiet = _QUIET * max(levels, default=0)
        self._voiced = [level >= quiet for level in levels]
        self._ms = list(accumulate((FRAME_MS * voiced for voiced in self._voiced), initial=0))

    @property
    def total_ms(self) -> int:
        return self._ms[-1]

    def pauses(self) -> list[int]:
        """What the clock shows in each long stretch of silence inside the sentence."""
        frames = [frame for frame, voiced in enumerate(self._voiced) if voiced]
        return [self._ms[frame + 1] for frame, following in pairwise(frames) if following - frame > _PAUSE_FRAMES]

    def place(self, at_ms: float) -> int:
        """Where in the sound the clock shows ``at_ms``, in bytes; behind its end time passes always."""
        frame = bisect_left(self._ms, at_ms)
        if frame == len(self._ms):
            frame, at_ms = frame - 1, at_ms + FRAME_MS * len(self._voiced) - self.total_ms
            return round(at_ms * FRAME_BYTES / FRAME_MS)
        return round(frame * FRAME_BYTES - (self._ms[frame] - at_ms) * FRAME_BYTES / FRAME_MS)


def _levels(sound: bytes | bytearray) -> list[int]:
    """RMS of each frame; what is left of a frame at the end counts as one."""
    pcm = mulaw_to_pcm(bytes(sound))
    return [rms(pcm[at : at + 2 * FRAME_BYTES]) for at in range(0, len(pcm), 2 * FRAME_BYTES)]


# -- The estimate -----------------------------------------------------------------------------


def _estimated(words: Sequence[str], sound: bytes | bytearray, *, complete: bool) -> list[int]:
    clock = _Clock(sound)
    expected = list(accumulate(spoken_ms(word) for word in words))
    total_ms = clock.total_ms if complete else max(clock.total_ms, expected[-1])
    expected_ms = [total_ms * end / expected[-1] for end in expected]
    stops = [end for end, word in zip(expected_ms[:-1], words, strict=False) if word[-1] in _PAUSE_SIGNS]
    anchors = [(0.0, 0), *_anchors(stops, clock.pauses()), (total_ms, total_ms)]
    return [clock.place(_between(anchors, end)) for end in expected_ms]


def _anchors(stops: Sequence[float], pauses: Sequence[int]) -> tuple[tuple[float, int], ...]:
    """Which pause is that of which stop in the text, in order: the choice that moves the stops least in all.

    A row holds, for each number of pauses seen, the cheapest choice for the stops so far.
    """
    row: list[tuple[float, tuple[tuple[float, int], ...]]] = [(0.0, ())] * (len(pauses) + 1)
    for stop in stops:
        without = [(cost + _UNPAUSED_MS, chosen) for cost, chosen in row]
        following = without[:1]
        for seen, pause in enumerate(pauses):
            cost, chosen = row[seen]
            taken = (cost + abs(stop - pause), (*chosen, (stop, pause)))
            following.append(min(taken, following[seen], without[seen + 1], key=lambda choice: choice[0]))
        row = following
    return row[-1][1]


def _between(anchors: Sequence[tuple[float, int]], at_ms: float) -> float:
    """Where the clock is at ``at_ms`` of the expected time, between the two anchors around it."""
    after = max(1, bisect_left(anchors, at_ms, key=lambda anchor: anchor[0]))
    (expected, real), (next_expected, next_real) = anchors[after - 1 : after + 1]
    return real + (at_ms - expected) * (next_real - real) / max(1e-9, next_expected - expected)
