"""``python -m tests.sim.timelines FOLDER`` draws three calls in which what matters happens (``make timelines``), and a page with them.

The calls are simulated: the core with a line, a caller and workers that do what is written here. Nothing in them is left to chance, so they
show the same thing after each change of the core, or ``tests/sim/test_timelines.py`` says that they do not.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gateway.records.format import Header, decode
from gateway.records.recorder import Recorder, StreamRecorder
from tests.sim.desk import Desk
from tools.recorded.scene import draw
from tools.recorded.story import Story, tell

_LOUDEST, _SYLLABLE_FRAMES = 3_000, 10


@dataclass(frozen=True, slots=True)
class Sight:
    """Something worth a picture."""

    name: str
    title: str
    happens: Callable[[Desk], None]


# -- What is done in all of them ---------------------------------------------------------------------


def _voice(desk: Desk, seconds: float) -> None:
    """The caller's, louder and fainter with each syllable."""
    for frame in range(round(seconds / 0.02)):
        within = frame % _SYLLABLE_FRAMES / _SYLLABLE_FRAMES
        desk.wait(0.02, level=round(_LOUDEST * (1.0 - 0.8 * abs(2.0 * within - 1.0))))


def _say(desk: Desk, text: str, seconds: float) -> None:
    """Words, and the pause in which they are understood."""
    _voice(desk, seconds)
    desk.wait(0.5)
    desk.understand(text, piece=desk.published[-1].piece)


def _ask(desk: Desk) -> None:
    """A question, up to its end."""
    desk.wait(0.5)
    _say(desk, "when do you close?", 1.2)
    desk.wait(0.6)


# -- The three ------------------------------------------------------------------------------------


def resumed_hold(desk: Desk) -> None:
    """The caller coughs over the bot: it falls silent at once, and goes on from the word that was cut."""
    _ask(desk)
    desk.reply("We close at six.", "On Friday at two.", seconds=1.6)
    desk.wait(1.1)
    _say(desk, "", 0.3)
    desk.wait(4.0)


def final_at_provider(desk: Desk) -> None:
    """All of the sound that came was sent, and the provider plays the last of it: the caller's voice ends the turn all the same."""
    _ask(desk)
    desk.sentence(0, "We close at six,", 1.4)
    desk.wait(1.28)
    _say(desk, "wait, on Friday?", 0.8)
    desk.wait(0.7)
    desk.reply("On Friday we close at two.", seconds=1.4)
    desk.wait(2.2)


def superseded_turn(desk: Desk) -> None:
    """The caller goes on while the bot thinks about the first half: one reply answers both."""
    _ask(desk)
    desk.wait(0.4)
    _say(desk, "and on Friday?", 0.9)
    desk.wait(0.8)
    desk.reply("On Friday we close at two.", seconds=1.6)
    desk.wait(2.4)


SIGHTS = (
    Sight("resumed-hold", "A hold that is taken back: the bot goes on from the word that was cut", resumed_hold),
    Sight("final-at-provider", "An interruption while only the provider still plays", final_at_provider),
    Sight("superseded-turn", "A superseded turn: the caller goes on, and one reply answers all of it", superseded_turn),
)

_REAL = (
    "Recorded of `make run` with the local speech, scripted answers and `RECORD_DIR` (2026-11-23), and drawn by `tools.timeline`. The",
    "caller is `tools.call` with recordings of `tests/data/callers`: `--wav short_en_hello.wav --barge-in` a nod",
    "`--wav medium_en_demo-nomatch.wav --barge-in short_en_please-try-again.wav`. The nod is the local voice's “Uh-huh.”, which the",
    "recogniser reads as “Ah ha”. `make timelines` does not draw this one anew.",
    "",
    "![A nod that is talked through, an interruption that is obeyed](real-call.svg)",
)
"""About the picture of a call that nobody can have again as it was."""

# -- Drawing them ---------------------------------------------------------------------------------


def story_of(sight: Sight) -> Story:
    """What happened in its call, from the call's record."""
    data = bytearray()

    def recorder(header: Header) -> Recorder:
        return StreamRecorder(header, data.extend)

    desk = Desk(new_recorder=recorder)
    sight.happens(desk)
    desk.hang_up()
    desk.recorder.close()
    return tell(decode(bytes(data)))


def picture_of(sight: Sight) -> str:
    """As SVG."""
    story = story_of(sight)
    return draw(story, 0.0, story.seconds, sight.title)


def page() -> str:
    """What shows them."""
    lines = [
        "# Three simulated calls, and a real one",
        "",
        "Drawn by `make timelines` (`tests/sim/timelines.py` says what is done in each).",
    ]
    lines += ["A simulated call has levels, no sound."]
    for sight in SIGHTS:
        lines += ["", f"![{sight.title}]({sight.name}.svg)"]
    lines += ["", *_REAL]
    return "\n".join(lines) + "\n"


def main(folder: Path) -> None:
    """Draw them all."""
    folder.mkdir(parents=True, exist_ok=True)
    for sight in SIGHTS:
        (folder / f"{sight.name}.svg").write_text(picture_of(sight), encoding="utf-8")
    (folder / "README.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
