"""What is kept of a run."""

from pathlib import Path

from tests.bench.turns.made_calls import AT_S, outcome, says, scene
from tests.bench.turns.panel import cells, panel
from tests.bench.turns.results import Json, cell_of, read, to_json, write
from tests.bench.turns.scene import Kind
from tests.bench.turns.scored import Scored


def interruptions(*until_s: float, names: str = "abcdef") -> list[Scored]:
    """Bots that speak from 8 s on up to then."""
    calls = []
    for name, end_s in zip(names, until_s, strict=False):
        made = scene(Kind.INTERRUPTION, name=name)
        calls.append((made, outcome(made, [says(8.0, end_s)])))
    return panel(calls)


YIELDS, TALKS_ON, IS_SILENT = AT_S + 0.5, AT_S + 9.0, AT_S - 1.0


def result(*until_s: float) -> Json:
    return to_json({"duck": interruptions(*until_s)})


def test_an_event_that_several_calls_have_counts_once() -> None:
    assert len([each for each in interruptions(YIELDS, TALKS_ON, names="aa") if each.metric == "R_Y"]) == 1


def test_cells_are_by_half_and_in_it_by_language_and_kind() -> None:
    cell = cells(interruptions(YIELDS, YIELDS, TALKS_ON))["R_Y"]["tuning"]
    assert cell["all"] == cell["en"] == cell["interruption"]
    assert (cell["all"].count.hits, cell["all"].count.of) == (2, 3)


def test_points_are_told_an_event_and_a_minute() -> None:
    made = scene(Kind.MUSIC, voice_s=30.0)
    cell = cells(panel([(made, outcome(made, [says(8.0, 50.0)], holds=[(12.0, 13.0, "resumed")]))]))["noise"]["tuning"]["all"]
    assert cell.per_event == 1
    assert cell.per_minute == 2


def test_what_had_no_occasion_is_an_event_that_counts_neither_way() -> None:
    kept = result(YIELDS, TALKS_ON, IS_SILENT)["runs"]["duck"]["R_Y"]
    cell = kept["halves"]["tuning"]["all"]
    assert (cell["hits"], cell["of"], cell["no_occasion"]) == (1, 2, 1)
    assert (kept["missed"], kept["no_occasion"]) == (["b"], ["c"])


def test_a_call_in_which_the_sound_was_never_played_has_its_events_all_the_same() -> None:
    made = scene(Kind.VOCAL)
    events = panel([(made, outcome(made, meets=False))])
    assert {each.metric for each in events} == {"S_VT", "taken back", "resumes"}
    assert {each.good for each in events} == {None}


def test_which_events_there_are_follows_from_the_scenes_alone() -> None:
    def names(events: list[Scored]) -> list[tuple[str, str]]:
        return [(each.metric, each.name) for each in events]

    assert names(interruptions(YIELDS)) == names(interruptions(TALKS_ON)) == names(interruptions(IS_SILENT))


def test_the_names_of_all_events_are_kept_by_half_and_kind() -> None:
    kept = result(YIELDS, TALKS_ON)
    assert kept["events"][kept["runs"]["duck"]["R_Y"]["events"]] == {"tuning": {"interruption": ["a", "b"]}}


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    kept = result(YIELDS, YIELDS)
    write(tmp_path / "deep" / "results.json", kept)
    assert read(tmp_path / "deep" / "results.json") == kept
    assert read(tmp_path / "none.json") == {}


def test_a_cell_is_found_by_its_place() -> None:
    runs = result(*[YIELDS] * 6)["runs"]
    cell = cell_of(runs, "duck", "R_Y", "tuning")
    assert cell is not None
    assert (cell["hits"], cell["of"]) == (6, 6)
    assert cell_of(runs, "hold", "R_Y", "tuning") is None
