"""Which settings are tried: the runs whose scores are kept, and the sweeps that defaults are chosen from.

Rules
    The scores are of production's defaults, in both modes of barge-in, with vendors that take no time and with the guide's.
    All runs play the same turns of the caller's, so that their scores of turns can stand beside each other. Noise, keys and echo
    are played once more only where the mode or the vendors' time could matter.
    Sweeps of voices play the tuning half. Some waits are constants of the core: a sweep sets them in processes of its own,
    which end with it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from common.config import Settings
from gateway.turn import patience
from tests.bench.turns.ear import Ear, whisper_ear
from tests.bench.turns.scene import Kind
from tests.bench.turns.stage_settings import PLAIN
from tests.bench.turns.vendors import GUIDE, ZERO, Delays

DUCK = replace(PLAIN, barge_in_mode="duck")


@dataclass(frozen=True, slots=True)
class Trial:
    """One setting of everything."""

    name: str
    settings: Settings
    delays: Delays = ZERO
    waits: Mapping[str, int] = field(default_factory=dict)
    """Constants of the core, by name, in frames."""
    kinds: frozenset[Kind] = frozenset(Kind)
    """What the scenes that it is for are about."""
    series: str = ""
    """Of a sweep: the line that it is on, and where."""
    at: float = 0.0


PAUSED = (Kind.UTTERANCE,)
OVER_THE_BOT = (Kind.INTERRUPTION, Kind.SHORT_INTERRUPTION, Kind.BACKCHANNEL, Kind.VOCAL, Kind.SIDE_TALK, Kind.RADIO, Kind.BABBLE)
_VOICED = frozenset({*OVER_THE_BOT, Kind.UTTERANCE, Kind.ANSWER})
RUNS = (
    Trial("hold", PLAIN),
    Trial("duck", DUCK, kinds=_VOICED | {Kind.ECHO}),
    Trial("hold, guide", PLAIN, GUIDE, kinds=_VOICED),
    Trial("duck, guide", DUCK, GUIDE, kinds=_VOICED),
)
SWEPT_VOICES = 40
"""Scenes of a kind that a sweep of voices plays: the first ones, whose speakers are all of the half's, by turns. Of pauses it plays all."""

# -- Sweeps ---------------------------------------------------------------------------------------

_FIXED_S = (0.3, 0.5, 0.6, 0.7, 0.8, 1.0, 1.2)
_WORDS_S = {0.4: (0, 8, 17), 0.5: (0, 8, 17), 0.6: (0, 17), 0.7: (0, 8, 17, 25)}
"""Silence before any words are known, and frames more behind what may be all."""
_FINAL_S = {"duck": (0.4, 0.5, 0.6, 0.7, 0.9, 1.2), "hold": (0.4, 0.6, 0.9)}
_FRAMES_PER_S = 50
FIXED, WORDS = "silence alone", "words"
DEFAULT = f"words, {PLAIN.min_utt_sec:g} s + {patience.OPEN_FRAMES / _FRAMES_PER_S:.2f} s"


def endpointing() -> Iterator[Trial]:
    """How long silence must last: alone, and by words, with the wait before any are known and what is added behind what may be all."""
    for at in _FIXED_S:
        yield Trial(f"fixed, {at:g} s", replace(PLAIN, endpointing="fixed", min_utt_sec=at), series=FIXED, at=at)
    for at, waits in _WORDS_S.items():
        for frames in waits:
            added_s = frames / _FRAMES_PER_S
            changed = replace(PLAIN, min_utt_sec=at)
            yield Trial(f"words, {at:g} s + {added_s:.2f} s", changed, waits={"OPEN_FRAMES": frames}, series=WORDS, at=at + added_s)


def barging_in() -> Iterator[Trial]:
    """How long a voice must last to silence the bot for good; in mode ``duck``, to silence it at all."""
    for mode, settings in (("hold", PLAIN), ("duck", DUCK)):
        for at in _FINAL_S[mode]:
            final_ms = round(at * 1000) if mode == "hold" else max(PLAIN.barge_in_final_ms, round(at * 1000))
            changed = replace(settings, barge_in_final_ms=final_ms, barge_in_duck_ms=round(at * 1000))
            yield Trial(f"{mode}, {at:g} s of voice", changed, series=mode, at=at)


# -- Constants of the core ------------------------------------------------------------------------

_HOME = {"OPEN_FRAMES": patience, "COMPLETE_FRAMES": patience}


def _ear_under(waits: dict[str, int], settings: Settings) -> Ear:
    for name, frames in waits.items():
        setattr(_HOME[name], name, frames)
    return whisper_ear(settings)


def ear_maker(trial: Trial) -> "partial[Ear]":
    """The same, to be sent to a process."""
    return partial(_ear_under, dict(trial.waits), trial.settings)
