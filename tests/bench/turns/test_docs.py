"""The page of a run."""

from pathlib import Path

from tests.bench.turns.chapter import PAGE, put
from tests.bench.turns.cut_pauses import CutPause, as_json
from tests.bench.turns.docs import FOLDER, GUIDE_RUNS, MISSED, PLAIN_RUNS, page, write
from tests.bench.turns.made_calls import AT_S, outcome, says, scene
from tests.bench.turns.missed_events import missed_page
from tests.bench.turns.panel import panel
from tests.bench.turns.results import Json, read, to_json
from tests.bench.turns.scene import Kind
from tests.bench.turns.sweep import CURVED
from tests.e2e.gateway_process import ROOT

MARKED = "before\n<!-- made of results.json -->\n<!-- end -->\nbehind"
POINT = {"setting": "duck, 1 s", "series": "duck", "at": 1.0, "shares": dict.fromkeys(CURVED, 0.9), "l_y_s": 1.0}
COUNTS = {metric: [9, 10] for metric in CURVED}
CUT_PAUSE = CutPause("en/utterance/1 pause 1", "tuning", 1.0, 0.78, 0.78, "Press two.", "open", "late")
CUT = {"setting": "fixed, 0.7 s", "series": "silence alone", "at": 0.7, "cut": 3, "pauses": 30, "latency_s": 0.7}


def results() -> Json:
    call = scene(Kind.INTERRUPTION)
    events = panel([(call, outcome(call, [says(8.0, AT_S + 0.5)]))])
    kept = to_json(dict.fromkeys((*PLAIN_RUNS, *GUIDE_RUNS), events))
    over = [POINT | {"counts": COUNTS, "series": mode} for mode in ("duck", "hold")]
    run = {"at": "2026-01-01", "commit": "aaa", "calls": 1, "line_h": 0.1, "took_s": 60}
    run_of = {"hold": as_json([CUT_PAUSE])}
    made = {
        "runs": run,
        "cut_pauses": {"at": "2026-01-04", "commit": "ddd"},
        "cut_offs": {"at": "2026-01-02", "commit": "bbb"},
        "yields": {"at": "2026-01-03", "commit": "ccc"},
    }
    return kept | {"cut_pauses": run_of, "cut_offs": {"tuning": [CUT]}, "yields": {"tuning": over}, "made": made}


def test_it_has_a_section_for_each_question() -> None:
    told, headings = page(results()), ("Beside what others published", "By language", "What went wrong", "Curves", "Sources")
    assert all(f"## {heading}" in told for heading in headings)


def test_each_block_says_when_it_was_measured_and_from_which_commit() -> None:
    told = page(results())
    assert all(
        made in told for made in ("2026-01-01, commit aaa", "2026-01-02, commit bbb", "2026-01-03, commit ccc", "2026-01-04, commit ddd")
    )


def test_every_picture_that_it_shows_is_written(tmp_path: Path) -> None:
    chapter = tmp_path / "chapter.md"
    chapter.write_text(MARKED)
    write(results(), tmp_path, chapter)
    shown = {line.split("](")[1][:-1] for line in (tmp_path / "README.md").read_text().splitlines() if line.startswith("![")}
    assert shown == {path.name for path in tmp_path.iterdir() if path.suffix == ".svg"} != set()


def test_the_chapter_has_its_tables_between_the_marks_and_keeps_the_rest() -> None:
    told = put(MARKED, results())
    assert told.startswith("before\n<!-- made of results.json -->\n\n(2026-01-01, commit aaa.)")
    assert told.endswith("\n<!-- end -->\nbehind")
    assert "| yields in 2 s: R_Y >= .980 | duck |  | 1 / 1 |" in told
    assert put(told, results()) == told


def test_the_chapter_tells_shares_and_seconds_of_enough_events_alone() -> None:
    made = [scene(Kind.INTERRUPTION, name=str(number), half="held-out") for number in range(30)]
    kept = to_json({"hold": panel((each, outcome(each, [says(8.0, AT_S + 0.3)])) for each in made)})
    assert "| L_Y to 20 ms, mean (95 % interval) / p95 s |  |  | 0.30 (0.30-0.30) / 0.30 |  |  |" in put(MARKED, results() | kept)
    assert "| yields in 2 s: R_Y |  |  | 30 / 30 = **1.000** (.886-1.000) |  | .932 / .998 / .359 |" in put(MARKED, results() | kept)


def test_a_goal_that_is_missed_says_so() -> None:
    made = [scene(Kind.INTERRUPTION, name=str(number), half="held-out") for number in range(30)]
    kept = to_json({"hold": panel((each, outcome(each, [says(8.0, AT_S + 0.3 + (each is made[0]) * 9)])) for each in made)})
    told = put(MARKED, results() | kept)
    assert "| yields in 2 s: R_Y >= .980 | hold | 29 / 30 = **.967** (.833-.994), **missed** |  |" in told


def test_a_goal_stands_with_each_run_that_it_is_set_for() -> None:
    told = put(MARKED, results())
    assert "| `clear` in 0.3 s >= .990 | hold |" in told
    assert "| `clear` in 0.3 s >= .990 | hold, guide |" in told
    assert "| `clear` in 0.3 s >= .990 | duck |" not in told


def test_page_and_chapter_are_made_of_the_results_that_are_kept() -> None:
    kept, chapter = read(ROOT / FOLDER / "results.json"), (ROOT / PAGE).read_text(encoding="utf-8")
    assert (ROOT / FOLDER / "README.md").read_text(encoding="utf-8") == page(kept)
    assert (ROOT / FOLDER / MISSED).read_text(encoding="utf-8") == missed_page(kept)
    assert put(chapter, kept) == chapter


def test_each_pause_that_was_cut_off_is_told() -> None:
    told = page(results())
    assert "| words that come when the wait is over | 0 | 1 |" in told
    assert "| late | tuning | 1.0 | 0.78 | 0.78 | open | Press two. | en/utterance/1 pause 1 |" in told
    without = page({name: value for name, value in results().items() if name != "cut_pauses"})
    assert "## Pauses that were cut off" not in without


def test_without_sweeps_it_has_no_curves() -> None:
    told = page({name: value for name, value in results().items() if name not in ("cut_offs", "yields")})
    assert ".svg" not in told
