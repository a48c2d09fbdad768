"""``python -m tests.sim.timelines FOLDER`` draws three random calls in which what matters happens (``make timelines``).

The seeds are searched for, since what a seed does changes with the core. Beside the pictures, ``README.md`` says
how each was made.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from gateway.records.format import decode
from tests.sim.calls import recorder_of
from tests.sim.line import Weather
from tests.sim.situations import INTERRUPTS_THE_END, NAMED, ORDINARY
from tests.sim.world import make_world
from tools.recorded.scene import draw
from tools.recorded.story import Span, Story, tell

_SEEDS = range(20_000)
_LEAST_S, _LONGEST_S = 4.0, 13.0
_MARGIN_S = 0.3
_AT_ONCE_S = 1e-6
_LEAST_ALONE_S = 0.05

Window = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Sight:
    """Something worth a picture."""

    name: str
    title: str
    windows: Callable[[Story], Iterator[Window]]
    """Where it is in a call."""
    situation: str = ""
    """What the caller is made to do now and then; "": what was drawn."""


@dataclass(frozen=True, slots=True)
class Found:
    """A call in which it happens."""

    sight: Sight
    seed: int
    story: Story
    window: Window

    @property
    def commands(self) -> list[str]:
        """How the picture is made by hand."""
        begin_s, end_s = self.window
        name, situation = self.sight.name, f" --situation '{self.sight.situation}'" if self.sight.situation else ""
        return [
            f"python -m tests.sim {self.seed}{situation} --record {name}.torim",
            f"python -m tools.timeline {name}.torim {name}.svg --from {begin_s:g} --to {end_s:g} --title '{self.title}'",
        ]

    @property
    def title(self) -> str:
        """What stands above the picture."""
        return f"{self.sight.title} (seed {self.seed})"


# -- What is looked for ---------------------------------------------------------------------------


def resumed_holds(story: Story) -> Iterator[Window]:
    """The caller coughs, or nods, over the bot: it falls silent, and goes on."""
    for hold in story.holds.spans:
        turn = _turn_at(story, hold.begin_s)
        if hold.name == "hold: resumed" and turn.name.endswith("replied") and turn.end_s - hold.end_s > 1.0:
            yield from _window(story, turn, turn)


def finals_at_the_provider(story: Story) -> Iterator[Window]:
    """All that was to be said so far was sent; the caller interrupts what the provider still plays."""
    for hold in story.holds.spans:
        turn, following = _turn_at(story, hold.begin_s), _turn_at(story, hold.end_s)
        stopped = [span for span in story.sounding.spans if abs(span.end_s - hold.begin_s) < _AT_ONCE_S]
        alone = any(span.name == "provider" and span.end_s - span.begin_s > _LEAST_ALONE_S for span in stopped)
        if hold.name == "hold: final" and alone and turn.name.endswith("interrupted") and following.name.endswith("replied"):
            yield from _window(story, turn, following)


def superseded_turns(story: Story) -> Iterator[Window]:
    """The caller goes on before the reply was heard: one answer to all of it."""
    for hold in story.holds.spans:
        turn, following = _turn_at(story, hold.begin_s), _turn_at(story, hold.end_s)
        if hold.name == "hold: final" and turn.name.endswith("superseded") and following.name.endswith("replied"):
            yield from _window(story, turn, following)


SIGHTS = (
    Sight("resumed-hold", "A hold that is taken back: the bot goes on from the word that was cut", resumed_holds),
    Sight("final-at-provider", "An interruption while only the provider still plays", finals_at_the_provider, INTERRUPTS_THE_END.name),
    Sight("superseded-turn", "A superseded turn: the caller goes on, and one reply answers all of it", superseded_turns),
)


def _turn_at(story: Story, at_s: float) -> Span:
    return next((turn for turn in story.turns.spans if turn.begin_s <= at_s < turn.end_s), story.turns.spans[-1])


def _window(story: Story, first: Span, last: Span) -> Iterator[Window]:
    """From before the voice that the first turn answers to after the end of the last one, if it is a good picture."""
    said = [piece.begin_s for piece in story.pieces if piece.kind != "probe" and first.begin_s <= piece.published_s < first.end_s]
    begin_s, end_s = min(said, default=0.0) - _MARGIN_S, last.end_s + _MARGIN_S
    keys = any(begin_s <= key.at_s <= end_s for key in story.keys)
    holds = sum(hold.begin_s < end_s and hold.end_s > begin_s for hold in story.holds.spans)
    if said and not keys and holds == 1 and begin_s > 0 and _LEAST_S <= end_s - begin_s <= _LONGEST_S:
        yield round(begin_s, 1), round(min(story.seconds, end_s), 1)


# -- Looking for it -------------------------------------------------------------------------------


def look_for(sight: Sight, seeds: range = _SEEDS) -> Found:
    """The first call on a good line in which it is seen well.

    Raises:
        LookupError: there is none among these seeds.
    """
    for seed in seeds:
        story = calm_call(seed, sight.situation)
        window = next(sight.windows(story), None) if story is not None else None
        if story is not None and window is not None:
            return Found(sight, seed, story, window)
    raise LookupError(f"{sight.name}: in none of the calls {seeds.start} to {seeds.stop}")


def calm_call(seed: int, situation: str = "") -> Story | None:
    """The story of a call, if nothing that is said is lost or goes wrong in it."""
    world = make_world(seed)
    if world.situation is not ORDINARY or not _is_clear(world.weather):
        return None
    if not world.rules.barge_in or world.rules.barge_in_mode != "hold":
        return None
    if situation:
        world.situation = NAMED[situation]
    data = bytearray()
    world.recorder = recorder_of(world, data.extend)
    world.run()
    world.recorder.close()
    return tell(decode(bytes(data))) if world.counts["BARGE_IN_FINAL"] + world.counts["BARGE_IN_RESUMED"] else None


def _is_clear(weather: Weather) -> bool:
    """Workers may be slow and their messages late; nothing is lost, nothing fails."""
    return weather == Weather(
        latency_s=weather.latency_s,
        slow=weather.slow,
        mark_late=weather.mark_late,
        message_late=weather.message_late,
        message_twice=weather.message_twice,
    )


def main(folder: Path) -> None:
    """Draw them all."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        "# Three simulated calls",
        "",
        "Drawn by `make timelines`, which looks for such calls: after a change of the core a seed draws another call, and the commands",
        "show the same thing only after it was run again. A simulated call has levels, no sound; its words are `w1`, `w2`, ...",
    ]
    for sight in SIGHTS:
        found, name, title = look_for(sight), sight.name, sight.title
        picture = draw(found.story, *found.window, found.title)
        (folder / f"{name}.svg").write_text(picture, encoding="utf-8")
        lines += ["", f"![{title}]({name}.svg)", "", "```sh", *found.commands, "```"]
    (folder / "README.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
