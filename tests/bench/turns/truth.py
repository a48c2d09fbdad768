"""``python -m tests.bench.turns.truth``: how far the detectors' onsets and ends are from the truth of the material.

The last sound of each scene, on its line as a call lays it, goes through each detector and the floor; no bot, no echo guard, no turn. The
truth (``Cue.voice_s``) was set before there was a line or a detector, so this only shows whether they mean the same: what is heard
long before or behind it would be a fault of the material.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from common import catalogue, models
from common.audio import FRAME_BYTES, mulaw_to_pcm
from gateway.turn.endpointing import Heard
from gateway.vad.base import Detector
from gateway.vad.silero import SileroDetector, SileroModel
from gateway.vad.webrtc import WebrtcDetector
from tests.bench.callers import END_FRAMES, floor_events
from tests.bench.turns.exits import EXIT_FINE, exit_code
from tests.bench.turns.material.shelf import CASTS, scenes
from tests.bench.turns.report import head, row
from tests.bench.turns.scene import After, Kind, Scene
from tests.bench.turns.scored import enough
from tests.bench.turns.sounds import FRAME_S
from tests.bench.turns.stage_caller import Caller
from tests.bench.turns.stage_settings import here

_BEFORE_S, _BEHIND_S = 0.96, 1.2
"""Of the line: enough for an end."""
_TIMED = (Kind.UTTERANCE, Kind.INTERRUPTION, Kind.ANSWER)
_PARTS = (0.05, 0.5, 0.95)
NewDetector = Callable[[], Detector]


@dataclass(frozen=True, slots=True)
class Found:
    """What a detector heard of one sound; None: nothing."""

    half: str
    kind: str
    """Of vocal noises with which it is."""
    onset_ms: int | None
    """From the voice's begin to the first onset."""
    end_ms: int | None
    """From the voice's end to the begin of the silence that ends the floor."""


def main(arguments: list[str]) -> int:
    """Print both tables."""
    argparse.ArgumentParser(
        prog="python -m tests.bench.turns.truth", description="Hold the material's truth against the detectors."
    ).parse_args(arguments)
    return exit_code(_told)


def _told() -> int:
    cache = here().torim_cache.expanduser()
    model = SileroModel(models.ensure(catalogue.SILERO, cache, _say))
    detectors: dict[str, NewDetector] = {"silero": lambda: SileroDetector(model), "webrtcvad": WebrtcDetector}
    kinds = [kind for kind in Kind if kind is not Kind.ECHO]
    played = [scene for half in CASTS for scene in scenes(kinds, half, cache, _say)]
    found = {name: [listened(scene, new()) for scene in played] for name, new in detectors.items()}
    for line in (*times(found), "", *onsets(found)):
        _say(line)
    return EXIT_FINE


def listened(scene: Scene, detector: Detector) -> Found:
    """What the detector hears of the scene's last sound."""
    cue = scene.cues[-1]
    alone = Caller(replace(scene, cues=(replace(cue, after=After.START, delay_s=_BEFORE_S),), echo=None), lambda _, since_s: since_s)
    frames = round((_BEFORE_S + _BEHIND_S) / FRAME_S) + len(cue.sound) // FRAME_BYTES
    line = [mulaw_to_pcm(alone.next_frame()[0]) for _ in range(frames)]
    events = floor_events(line, detector)
    begin_ms, end_ms = (round(1000 * (alone.played[0].start_s + at)) for at in cue.voice_s)
    onset = next((at for what, at in events if what is Heard.ONSET), None)
    end = next((at - round(END_FRAMES * FRAME_S * 1000) for what, at in reversed(events) if what is Heard.ENDED), None)
    return Found(scene.half, _sort(scene), None if onset is None else onset - begin_ms, None if end is None else end - end_ms)


def _sort(scene: Scene) -> str:
    """A kind of sound; a vocal noise's name is its second part."""
    cue = scene.cues[-1]
    return cue.name.split("/")[2] if cue.kind is Kind.VOCAL else str(cue.kind)


def times(found: dict[str, list[Found]]) -> Iterator[str]:
    """Milliseconds from the truth of what was heard, p5 / p50 / p95: speech alone, and of enough events."""
    yield from head("p5 / p50 / p95, ms", *(f"{name}: {what}" for name in found for what in ("onset", "end")))
    for kind in _TIMED:
        for half in CASTS:
            own = [[each for each in some if each.half == half and each.kind == kind] for some in found.values()]
            yield row(
                f"{kind}, {half}", *(cell for some in own for cell in (_spread(e.onset_ms for e in some), _spread(e.end_ms for e in some)))
            )


def _spread(values: Iterable[int | None]) -> str:
    ordered = sorted(value for value in values if value is not None)
    if not enough(len(ordered)):
        return f"{len(ordered)} events"
    return " / ".join(str(ordered[min(len(ordered) - 1, int(part * len(ordered)))]) for part in _PARTS)


def onsets(found: dict[str, list[Found]]) -> Iterator[str]:
    """In how many sounds of a kind there is an onset."""
    yield from head("sounds with an onset", *(f"{name}, {half}" for name in found for half in CASTS))
    for kind in dict.fromkeys(each.kind for some in found.values() for each in some):
        yield row(kind, *(_heard(some, kind, half) for some in found.values() for half in CASTS))


def _heard(found: Sequence[Found], kind: str, half: str) -> str:
    own = [each for each in found if each.half == half and each.kind == kind]
    return f"{sum(each.onset_ms is not None for each in own)} of {len(own)}"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
