"""``python -m tests.bench.turns.stage_show PART``: play the scenes whose name has PART in it, and tell what happened, line by line.

With ``--records FOLDER`` each is recorded, for ``python -m tools.timeline``.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tests.bench.turns.ear import whisper_ear
from tests.bench.turns.material.shelf import CASTS, scenes
from tests.bench.turns.outcome import Outcome
from tests.bench.turns.scene import Kind, Scene
from tests.bench.turns.stage import run
from tests.bench.turns.stage_heard import FRAME_S
from tests.bench.turns.stage_settings import here
from tests.bench.turns.vendors import GUIDE, ZERO


def main(arguments: list[str]) -> int:
    """Print them."""
    asked, settings = _parse(arguments), here()
    settings = replace(settings, barge_in_mode="duck" if asked.duck else "hold")
    ear = whisper_ear(settings)
    for scene in _named(asked.part, settings.torim_cache):
        outcome = run(scene, settings, GUIDE if asked.guide else ZERO, ear=ear, records=asked.records)
        sys.stdout.write("\n".join(story(scene, outcome)) + "\n\n")
    return 0


def _named(part: str, cache: Path) -> Iterator[Scene]:
    for half in CASTS:
        yield from (scene for scene in scenes(list(Kind), half, cache) if part in scene.name)


def story(scene: Scene, outcome: Outcome) -> list[str]:
    """What happened, in order."""
    happened = sorted([*_of_the_caller(scene, outcome), *_of_the_bot(outcome)])
    return [f"{outcome.scene}: {outcome.length_s:.2f} s"] + [f"{at_s:8.2f}  {what}" for at_s, what in happened]


def _of_the_caller(scene: Scene, outcome: Outcome) -> Iterator[tuple[float, str]]:
    cues = {cue.name: cue for cue in scene.cues}
    for played in outcome.played:
        begin_s, end_s = (played.start_s + at_s for at_s in cues[played.cue].voice_s)
        yield begin_s, f"caller  {played.kind} until {end_s:.2f}: {cues[played.cue].text!r}"
        for pause in cues[played.cue].pauses_s:
            yield played.start_s + pause[0], f"caller  pauses until {played.start_s + pause[1]:.2f}"
    for onset_s in outcome.onsets_s:
        yield onset_s, "onset"


def _of_the_bot(outcome: Outcome) -> Iterator[tuple[float, str]]:
    for heard in outcome.heard:
        ducked = f", {heard.ducked_s:.2f} s of it ducked" if heard.ducked_s else ""
        yield heard.start_s, f"bot     {heard.kind} of turn {heard.turn} from byte {heard.offset}, until {heard.end_s:.2f}{ducked}"
    for begin_s, end_s, how in outcome.holds:
        yield begin_s, f"hold    until {end_s:.2f}: {how}"
    for piece in outcome.pieces:
        yield piece.at_s, f"{piece.kind:7} {piece.start * FRAME_S:.2f}-{piece.end * FRAME_S:.2f}: {piece.text!r}"
    for commit in outcome.commits:
        yield commit.at_s, f"commit  turn {commit.turn}: {commit.text!r}"
    for reply in outcome.replies:
        yield reply.ended_s, f"end     turn {reply.turn}: {reply.ended}"
    for at_s in outcome.clears_s:
        yield at_s, "clear"


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.turns.stage_show", description="Tell what happens in scenes.")
    parser.add_argument("part", help="of the scenes' names")
    parser.add_argument("--duck", action="store_true", help="BARGE_IN_MODE=duck")
    parser.add_argument("--guide", action="store_true", help="vendors as slow as in Twilio's guide; else they take no time")
    parser.add_argument("--records", type=Path, metavar="FOLDER", help="record the calls there")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
