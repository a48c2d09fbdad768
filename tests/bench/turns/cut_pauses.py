"""Each pause that was cut off: what was known of the words by then, when, and why they were taken for all.

::

    caller   ####|..............|####        the pause
    words        |     ^ come                from the begin of the pause
    bot          |         ^ commits

Why, the first that holds:

    hold      the voice before the pause was over the bot and still undecided: what is waited for behind it is not
              what its words ask for
    all       the words are surely all, by the rules of ``gateway/turn/words.py``
    late      they may be all, and came when the wait for them was over: the bot commits as they come
    waited    they may be all, or hang, and were waited for: the silence had begun before the true pause, or the wait is shorter than it
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Literal

from gateway.lexicons import lexicon
from gateway.turn.words import Completeness
from tests.bench.turns.outcome import Commit, Outcome, Piece
from tests.bench.turns.report import HALVES, head, row
from tests.bench.turns.results import Json
from tests.bench.turns.scene import Kind, Scene
from tests.bench.turns.sounds import Span, cues_played, pauses, voice

Why = Literal["hold", "all", "late", "waited"]
WHYS: dict[Why, str] = {
    "hold": "words of a hold",
    "all": "words that are surely all",
    "late": "words that come when the wait is over",
    "waited": "words that were waited for",
}
_ROUNDING_S = 1e-6


@dataclass(frozen=True, slots=True)
class CutPause:
    """One of them. Seconds count from the begin of the pause."""

    name: str
    half: str
    pause_s: float
    at_s: float
    """The commit."""
    words_s: float | None
    """When the last words came; None: none did."""
    words: str
    judged: str
    why: Why


def cut_pauses(calls: Iterable[tuple[Scene, Outcome]]) -> Iterator[CutPause]:
    """Of all calls."""
    for scene, outcome in calls:
        for cue, played in cues_played(scene, outcome):
            if cue.kind is Kind.UTTERANCE:
                begin_s, _ = voice(cue, played)
                for number, pause in enumerate(pauses(cue, played), 1):
                    commit = _commit(outcome, begin_s, pause)
                    if commit is not None:
                        yield _told(scene, outcome, f"{cue.name} pause {number}", pause, commit)


def _commit(outcome: Outcome, begin_s: float, pause: Span) -> Commit | None:
    return next((each for each in outcome.commits if each.at_s > begin_s and pause[0] <= each.at_s <= pause[1] + _ROUNDING_S), None)


def _told(scene: Scene, outcome: Outcome, name: str, pause: Span, commit: Commit) -> CutPause:
    last = _last_words(outcome, commit)
    words_s = None if last is None or last.known_at_s is None else last.known_at_s - pause[0]
    judged = lexicon(scene.language).completeness(commit.text, "", last.text or "" if last else "")
    why = _why(outcome, pause, commit, judged, last)
    at_s = commit.at_s - pause[0]
    return CutPause(
        name,
        scene.half,
        round(pause[1] - pause[0], 2),
        round(at_s, 2),
        None if words_s is None else round(words_s, 2),
        commit.text,
        judged.value,
        why,
    )


def _last_words(outcome: Outcome, commit: Commit) -> Piece | None:
    """The piece whose words were the last to come before the commit, or with it."""
    known = [each for each in outcome.pieces if each.known_at_s is not None and each.known_at_s <= commit.at_s + _ROUNDING_S]
    return max(known, key=lambda each: each.end, default=None)


def _why(outcome: Outcome, pause: Span, commit: Commit, judged: Completeness, last: Piece | None) -> Why:
    if any(start_s < pause[0] < end_s <= commit.at_s + _ROUNDING_S for start_s, end_s, _ in outcome.holds):
        return "hold"
    if judged is Completeness.COMPLETE:
        return "all"
    came_last = last is not None and last.known_at_s is not None and commit.at_s - last.known_at_s < _ROUNDING_S
    return "late" if came_last else "waited"


# -- Told -----------------------------------------------------------------------------------------


def as_json(found: Iterable[CutPause]) -> list[Json]:
    """As it is kept."""
    return [asdict(each) for each in sorted(found, key=lambda each: (each.half, each.name))]


def why_table(runs: Json) -> Iterator[str]:
    """How many for which reason, by run and half."""
    columns = [(run, half) for run in runs for half in HALVES]
    yield from head("why", *(f"{run}, {half}" for run, half in columns))
    for why, what in WHYS.items():
        yield row(what, *(sum(each["why"] == why and each["half"] == half for each in runs[run]) for run, half in columns))


def cut_table(found: list[Json]) -> Iterator[str]:
    """Each of one run, by half and reason."""
    yield from head("why", "half", "pause", "committed", "words came", "judged", "words", "event")
    order = list(WHYS)
    for each in sorted(found, key=lambda each: (order.index(each["why"]), each["half"], each["name"])):
        words = each["words"].replace("|", "/")
        came = "-" if each["words_s"] is None else each["words_s"]
        yield row(each["why"], each["half"], each["pause_s"], each["at_s"], came, each["judged"], words, each["name"])
