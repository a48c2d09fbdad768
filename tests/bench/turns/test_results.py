"""What is kept of a run, and what changed since."""

from pathlib import Path

from tests.bench.turns.made_calls import AT_S, outcome, says, scene
from tests.bench.turns.panel import cells, panel
from tests.bench.turns.results import Json, changes, of_other_events, read, regressed, share_of, to_json, told, write
from tests.bench.turns.scene import Kind
from tests.bench.turns.scored import Scored


def interruptions(*yielded: bool, names: str = "abcdef") -> list[Scored]:
    calls = []
    for name, yields in zip(names, yielded, strict=False):
        made = scene(Kind.INTERRUPTION, name=name)
        calls.append((made, outcome(made, [says(8.0, AT_S + (0.5 if yields else 9.0))])))
    return panel(calls)


def result(*yielded: bool, names: str = "abcdef") -> Json:
    return to_json({"duck": interruptions(*yielded, names=names)})


def test_an_event_that_several_calls_have_counts_once() -> None:
    assert len([each for each in interruptions(True, False, names="aa") if each.metric == "R_Y"]) == 1


def test_cells_are_by_half_and_in_it_by_language_and_kind() -> None:
    cell = cells(interruptions(True, True, False))["R_Y"]["tuning"]
    assert cell["all"] == cell["en"] == cell["interruption"]
    assert (cell["all"].count.hits, cell["all"].count.of) == (2, 3)


def test_points_are_told_an_event_and_a_minute() -> None:
    made = scene(Kind.MUSIC, voice_s=30.0)
    cell = cells(panel([(made, outcome(made, [says(8.0, 50.0)], holds=[(12.0, 13.0, "resumed")]))]))["noise"]["tuning"]["all"]
    assert cell.per_event == 1
    assert cell.per_minute == 2


def test_an_event_that_changed_sides_is_named() -> None:
    before, now = result(True, True, False), result(True, False, True)
    found = {change.metric: change for change in changes(before, now)}
    assert (found["R_Y"].broke, found["R_Y"].mended) == (("b",), ("c",))
    assert not regressed(found.values())


def test_fewer_hits_of_the_same_events_are_a_regression() -> None:
    assert regressed(changes(result(True, True), result(True, False)))
    assert not regressed(changes(result(True, False), result(True, True)))


def test_other_events_are_not_compared_but_told() -> None:
    before, now = result(True, True, names="ab"), result(True, False, names="ac")
    assert not list(changes(before, now))
    assert "duck: R_Y" in list(of_other_events(before, now))


def test_who_reads_is_told_what_broke_and_what_was_mended() -> None:
    lines = list(told(result(True, True, False), result(False, False, True)))
    start = lines.index("REGRESSED: duck: R_Y: 2 broke, 1 mended")
    assert lines[start + 1 : start + 4] == ["  - a", "  - b", "  + c"]
    assert lines[-1] == "A score regressed. ARGS=--write accepts it."


def test_nothing_changed_is_told_too() -> None:
    assert list(told(result(True), result(True))) == ["No score regressed."]
    assert list(told({}, result(True))) == ["Nothing is kept to compare with. ARGS=--write keeps this."]
    assert "duck: R_Y" in next(told(result(True, names="a"), result(True, names="b")))


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    kept = result(True, True)
    write(tmp_path / "deep" / "results.json", kept)
    assert read(tmp_path / "deep" / "results.json") == kept
    assert read(tmp_path / "none.json") == {}


def test_a_share_is_found_by_its_place() -> None:
    kept = result(*[True] * 6)
    cell = share_of(kept, "duck", "R_Y", "tuning")
    assert cell is not None
    assert (cell["hits"], cell["of"], "share" in cell) == (6, 6, False)
    assert share_of(kept, "hold", "R_Y", "tuning") is None
