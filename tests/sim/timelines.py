"""``python -m tests.sim.timelines FOLDER`` draws three random calls in which what matters happens (``make timelines``).

The seeds are searched for, since what a seed does changes with the core. Beside the pictures, ``README.md`` says
how each was made.
"""

import itertools
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from gateway.records.format import decode
from gateway.turn.state import Rules
from tests.sim.calls import recorder_of
from tests.sim.line import Weather
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
class Situation:
    """Something worth a picture."""

    name: str
    title: str
    windows: Callable[[Story], Iterator[Window]]
    """Where it is in a call."""


@dataclass(frozen=True, slots=True)
class Found:
    """A call in which it happens."""

    situation: Situation
    seed: int
    story: Story
    window: Window

    @property
    def commands(self) -> list[str]:
        """How the picture is made by hand."""
        begin_s, end_s = self.window
        return [
            f"python -m tests.sim {self.seed} --record {self.situation.name}.torim",
            f"python -m tools.timeline {self.situation.name}.torim {self.situation.name}.svg --from {begin_s:g} --to {end_s:g}",
        ]


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


SITUATIONS = (
    Situation("resumed-hold", "A hold that is taken back: the bot goes on from the sentence that was cut", resumed_holds),
    Situation("final-at-provider", "An interruption while only the provider still plays", finals_at_the_provider),
    Situation("superseded-turn", "A superseded turn: the caller goes on, and one reply answers all of it", superseded_turns),
)


def _turn_at(story: Story, at_s: float) -> Span:
    return next((turn for turn in story.turns.spans if turn.begin_s <= at_s < turn.end_s), story.turns.spans[-1])


def _window(story: Story, first: Span, last: Span) -> Iterator[Window]:
    """From before the voice that the first turn answers to after the end of the last one, if it is a good picture."""
    said = [piece.begin_s for piece in story.pieces if piece.kind != "probe" and first.begin_s <= piece.published_s < first.end_s]
    begin_s, end_s = min(said, default=0.0) - _MARGIN_S, last.end_s + _MARGIN_S
    keys = any(begin_s <= key.at_s <= end_s for key in story.keys)
    if said and not keys and begin_s > 0 and _LEAST_S <= end_s - begin_s <= _LONGEST_S:
        yield round(begin_s, 1), round(min(story.seconds, end_s), 1)


# -- Looking for it -------------------------------------------------------------------------------


def look_for(situations: Iterable[Situation], seeds: range = _SEEDS) -> list[Found]:
    """For each situation the first call on a good line, with the default rules, in which it is seen well.

    Raises:
        LookupError: there is none among these seeds.
    """
    found: dict[str, Found] = {}
    wanted = list(situations)
    for seed in seeds:
        missing = [situation for situation in wanted if situation.name not in found]
        if not missing:
            return [found[situation.name] for situation in wanted]
        story = calm_call(seed)
        if story is not None:
            found |= {seen.situation.name: seen for situation in missing for seen in _seen(situation, seed, story)}
    raise LookupError(f"not in the calls {seeds.start} to {seeds.stop}: {[each.name for each in wanted if each.name not in found]}")


def _seen(situation: Situation, seed: int, story: Story) -> list[Found]:
    return [Found(situation, seed, story, window) for window in itertools.islice(situation.windows(story), 1)]


def calm_call(seed: int) -> Story | None:
    """The story of a call, if nothing that is said is lost or goes wrong in it."""
    world = make_world(seed)
    weather = world.weather
    good = Weather(latency_s=weather.latency_s, mark_lost=weather.mark_lost, mark_late=weather.mark_late, slow=weather.slow)
    if weather != good or world.rules != replace(Rules(), max_turn_s=world.rules.max_turn_s, dedup_s=world.rules.dedup_s):
        return None
    data = bytearray()
    world.recorder = recorder_of(world, data.extend)
    world.run()
    world.recorder.close()
    return tell(decode(bytes(data))) if world.counts["BARGE_IN_FINAL"] + world.counts["BARGE_IN_RESUMED"] else None


def main(folder: Path) -> None:
    """Draw them all."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        "# Three simulated calls",
        "",
        "Drawn by `make timelines`. A simulated call has levels, no sound; its words are `w1`, `w2`, ...",
    ]
    for found in look_for(SITUATIONS):
        name, title = found.situation.name, found.situation.title
        picture = draw(found.story, *found.window, name=f"{title} (seed {found.seed})")
        (folder / f"{name}.svg").write_text(picture, encoding="utf-8")
        lines += ["", f"![{title}]({name}.svg)", "", "```sh", *found.commands, "```"]
    (folder / "README.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
