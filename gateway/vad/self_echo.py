"""The bot's own echo: which of the caller's frames are only what was played, come back (sans-I/O).

Theory
    A phone line returns some of what is played into it: 40-400 ms later, 20-40 dB softer,
    band-limited, with reflections, and with the line's noise on it. Such a frame looks like
    speech to any detector, but it *is* the played sound. So the last 100 ms of the caller
    are laid beside all that was played in the range of delays, both in a band that handsets
    pass and with its spectrum flattened, since vowels of any two voices are alike in their
    lows. ``likeness`` is the best normalised correlation of the two: above .55 for 95 % of
    echo frames at 20-30 dB below, under .46 for 90 % of a caller's over another voice.

Rules
    A frame is only echo if it is like what was played AND no louder than that path returns it.
    Until a path was confirmed (three frames alike at one delay) anything down to
    ``LOUDEST_DB`` below may be echo. A confirmed path is stable within a call: around its
    delay less likeness is enough (an *s* has none in this band and is told by its level), and
    6 dB above what it returns, once twelve frames agreed, is a caller. What is a whole line softer
    than the bot, ``FAINT_DB`` below its loudest, is nobody until a second after it: detectors take noise
    for a voice there.
    What is no louder than the echo that is due on a known path holds no caller, like it or not: energies add.
    Now and then a few frames of echo in a row are like nothing: sunk in the line's noise, or of a sound that
    the line colours strongly. A detector whose onset takes five frames outlasts them. With a quicker one, frames that
    are unlike, but no louder than echo gets, are *doubtful*, and the first of a row are taken for echo: so many
    that an onset takes five of them, too. What is louder is a voice at once, and ends the doubt.
    Only frames that a detector takes for speech are looked at, and only while played sound
    may come back: a silent bot and a loud caller cost next to nothing. What is played is read no sooner than that.
    The caller's frames count, not their arrival: a late or bursting line keeps its delay.
    What a ``clear`` threw away was not played.

::

    played        ####  ####### ####            as it is expected to be heard
    caller           ....::::..:::::::..::::    the same, softer, ``lag`` later
                      |<--- 100 ms -->|
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from common.audio import FRAME_MS, SAMPLE_RATE_HZ, mulaw_to_pcm
from gateway.vad.hangover import FIVE_OF_SIX, OnsetRule
from gateway.vad.played import BAND, FRAME, RATE_HZ, WIDE, NewestSound, PlayedSound, Samples, energy_of, frame_energies

LOUDEST_DB = 14
"""Nothing that is less than this below the played sound is echo."""
FAINT_DB = 35
"""Nothing that is more than this below the loudest of it is a caller."""
MIN_LAG_S, MAX_LAG_S = 0.02, 0.46

_FRAME_S = FRAME_MS / 1000
_WINDOW = 5 * FRAME
_MIN_LAG, _MAX_LAG = round(MIN_LAG_S * RATE_HZ), round(MAX_LAG_S * RATE_HZ)
_NEAR = RATE_HZ * 8 // 1000
"""A run of the playout may start so much earlier or later than the one before."""
_AFTERGLOW = RATE_HZ
"""A detector that was hearing a voice takes the line's noise for it a little longer."""
_ALIKE = 0.5
_ALIKE_NEAR = 0.25
_VOTES, _MOST_VOTES = 3, 12
_SAME_LAG = RATE_HZ * 5 // 1000
_SURE = 0.7
_HISS = 0.04
_LOUDEST = 10 ** (-LOUDEST_DB / 10)
_FAINT = 10 ** (-FAINT_DB / 10)
_MARGIN = 10 ** (6 / 10)
_LEARN = 0.1
_SMEAR_FRAMES = 3
_DRIFT_S = 0.0002
_GAP_S = 0.2
_MOST_UNREAD = 64
"""More than what is kept of played sound, even by single frames."""
_SEAM_S = 0.5 / SAMPLE_RATE_HZ


class EchoGuard(Protocol):
    """Tells the bot's own voice from the caller's."""

    echoes: int
    """Frames that were taken for nothing but echo."""

    def played(self, frames: Sequence[bytes], until: float) -> None:
        """These frames of mu-law are expected to be heard one after another, the last one up to ``until``."""

    def cleared(self, now: float) -> None:
        """What was not heard by ``now`` will not be."""

    def is_echo(self, pcm: bytes, level: int, speech: bool, now: float) -> bool:
        """Whether the caller's next 20 ms, which came at ``now``, are nothing but echo; every frame is to be shown."""


class NoGuard:
    """All speech is the caller's."""

    echoes = 0

    def played(self, frames: Sequence[bytes], until: float) -> None:
        """Nothing is kept of it."""

    def cleared(self, now: float) -> None:
        """Nothing was kept of it."""

    def is_echo(self, pcm: bytes, level: int, speech: bool, now: float) -> bool:
        """Never."""
        return False


@dataclass(frozen=True, slots=True)
class Match:
    """Where the caller's sound is most like the played one."""

    lag: int
    likeness: float
    gain: float
    """Caller's energy over the played sound's."""
    echoed: float
    """Loudest energy of a frame that may have become the newest one."""
    hiss: bool
    """Whether both are an *s* or *sh*: hardly anything in band, so not to be compared."""


@dataclass(slots=True)
class Path:
    """How the line returns what is played."""

    lag: int
    gain: float
    votes: int = 1
    agreed: int = 1
    """Frames it was learnt from."""

    @property
    def confirmed(self) -> bool:
        """Whether enough frames agreed."""
        return self.votes >= _VOTES

    @property
    def known(self) -> bool:
        """Whether its gain can be trusted."""
        return self.agreed >= _MOST_VOTES

    @property
    def loudest(self) -> float:
        """The most gain that is still this path: a margin over its own, once that is known well."""
        return _MARGIN * self.gain if self.known else _LOUDEST

    def agree(self, match: Match) -> None:
        """Learn from a frame of the same path."""
        self.votes = min(self.votes + 1, _MOST_VOTES)
        self.agreed += 1
        self.lag = match.lag
        self.gain *= (match.gain / self.gain) ** _LEARN


class SelfEcho:
    """The echo of one call, for a detector whose onset rule this is."""

    def __init__(self, onset: OnsetRule = FIVE_OF_SIX) -> None:
        self.echoes = 0
        self.path: Path | None = None
        self._withheld = FIVE_OF_SIX.speech - onset.speech
        self._doubtful = 0
        self._played = PlayedSound()
        self._unread: deque[tuple[bytes, float]] = deque(maxlen=_MOST_UNREAD)
        """What was played, and until when, since anybody asked last."""
        self._heard = NewestSound(_WINDOW)
        self._unheard: deque[bytes] = deque(maxlen=_WINDOW // FRAME + 1)
        """The caller's newest frames since anybody asked last, and one for the filter."""
        self._clock = ArrivalClock()
        self._noise = 0.0

    def played(self, frames: Sequence[bytes], until: float) -> None:
        """These frames of mu-law are expected to be heard one after another, the last one up to ``until``."""
        self._unread.append((b"".join(frames), until))

    def cleared(self, now: float) -> None:
        """What was not heard by ``now`` will not be."""
        self._read_played()
        self._played.cut(round(now * RATE_HZ))

    def is_echo(self, pcm: bytes, level: int, speech: bool, now: float) -> bool:
        """Whether the caller's next 20 ms, which came at ``now``, are nothing but echo; every frame is to be shown."""
        self._unheard.append(pcm)
        at_s = self._clock.next(now)
        if not speech:
            self._noise += _LEARN * (level * level - self._noise)
            self._doubtful = 0
            return False
        self._read_played()
        at = round(at_s * RATE_HZ)
        echo = self._may_be_echo(level * level, at - self._played.end)
        if echo is None:
            echo = self._is_played(self._newest(), level * level, at) or self._is_doubtful(level * level)
        self.echoes += echo
        return echo

    def _newest(self) -> Samples:
        self._heard.add(b"".join(self._unheard))
        self._unheard.clear()
        return self._heard.newest()

    def _read_played(self) -> None:
        """Take in what was played, frames without a gap at one go: most of it leaves while the caller is silent, and nobody asks."""
        while self._unread:
            mulaw, until = self._unread.popleft()
            while self._unread and abs(self._unread[0][1] - len(self._unread[0][0]) / SAMPLE_RATE_HZ - until) < _SEAM_S:
                more, until = self._unread.popleft()
                mulaw += more
            self._played.add(mulaw_to_pcm(mulaw), round(until * RATE_HZ))

    def _may_be_echo(self, newest: float, since: int) -> bool | None:
        """What the frame's energy tells, and the time since anything was played; None if that is not enough."""
        if since >= _AFTERGLOW or newest > _LOUDEST * self._played.loudest + self._noise:
            self._doubtful = self._withheld
            return False
        if newest <= _FAINT * self._played.loudest:
            return True
        return False if since >= _MAX_LAG + _WINDOW else None

    def _is_doubtful(self, newest: float) -> bool:
        """Whether the frame, unlike what was played, is no louder than its echo gets, and one of the first in a row."""
        gain = _LOUDEST if self.path is None else self.path.loudest
        if newest > gain * self._played.loudest + self._noise:
            self._doubtful = self._withheld
            return False
        self._doubtful += 1
        return self._doubtful <= self._withheld

    def _is_played(self, sound: Samples, newest: float, at: int) -> bool:
        path = self.path
        if path is not None and path.confirmed:
            match = self._match(sound, at, max(0, path.lag - _NEAR), path.lag + _NEAR)
            if match.likeness >= _SURE:
                return self._fits(match, newest, _LOUDEST)
            if match.likeness >= _ALIKE_NEAR or match.hiss:
                return self._fits(match, newest, path.loudest)
            if path.known and newest <= path.gain * match.echoed + self._noise:
                return True
        match = self._match(sound, at, _MIN_LAG, _MAX_LAG)
        return (match.likeness >= _ALIKE or match.hiss) and self._fits(match, newest, _LOUDEST)

    def _fits(self, match: Match, newest: float, gain: float) -> bool:
        """Whether the newest frame is no louder than a path of this gain returns it; if so, and it is no *s*, the path is learnt."""
        if match.gain > _LOUDEST or newest > gain * match.echoed + self._noise:
            return False
        self._doubtful = 0
        if not match.hiss:
            self._learn(match)
        return True

    def _learn(self, match: Match) -> None:
        """The path may be another one from now on: after so many frames as it is sure."""
        path = self.path
        if path is not None and abs(match.lag - path.lag) <= _SAME_LAG:
            path.agree(match)
        elif path is not None and path.confirmed:
            path.votes -= 1
        else:
            self.path = Path(match.lag, match.gain)

    def _match(self, sound: Samples, at: int, min_lag: int, max_lag: int) -> Match:
        played = self._played.between(at - _WINDOW - max_lag, at - min_lag)
        return best_match(sound, played, max_lag)


def best_match(sound: Samples, played: Samples, max_lag: int) -> Match:
    """The stretch of ``played`` that ``sound`` is most like; the first one begins ``max_lag`` before it."""
    mine, theirs = sound[BAND], played[BAND]
    energy = np.cumsum(theirs * theirs, dtype=np.float64)
    energies = energy[_WINDOW - 1 :].copy()
    energies[1:] -= energy[:-_WINDOW]
    likeness = np.abs(np.correlate(theirs, mine, "valid")) / np.sqrt(np.maximum(energies, 1.0))
    best = int(likeness.argmax())
    stretch = played[:, best : best + _WINDOW]
    return Match(
        lag=max_lag - best,
        likeness=float(likeness[best]) / math.sqrt(float(np.dot(mine, mine)) + 1.0),
        gain=energy_of(sound[WIDE]) / (energy_of(stretch[WIDE]) + 1.0),
        echoed=max(frame_energies(stretch[WIDE, -_SMEAR_FRAMES * FRAME :])),
        hiss=_is_hiss(sound) and _is_hiss(stretch),
    )


def _is_hiss(sound: Samples) -> bool:
    newest = sound[:, -2 * FRAME :]
    return energy_of(newest[BAND]) < _HISS * energy_of(newest[WIDE])


class ArrivalClock:
    """When frames of 20 ms ended that come early, late and in bursts: as the earliest of them tell, but after a gap."""

    def __init__(self) -> None:
        self._at: float | None = None

    def next(self, now: float) -> float:
        """The next frame came at ``now``."""
        expected = now if self._at is None else self._at + _FRAME_S
        late = expected + _DRIFT_S < now <= expected + _GAP_S
        at = self._at = expected + _DRIFT_S if late else now
        return at
