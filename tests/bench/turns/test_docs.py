"""The page of a run."""

from pathlib import Path

from tests.bench.turns.docs import GUIDE_RUNS, PLAIN_RUNS, page, write
from tests.bench.turns.made_calls import AT_S, outcome, says, scene
from tests.bench.turns.panel import panel
from tests.bench.turns.results import Json, to_json
from tests.bench.turns.scene import Kind
from tests.bench.turns.sweep import CURVED

POINT = {"setting": "duck, 1 s", "series": "duck", "at": 1.0, "shares": dict.fromkeys(CURVED, 0.9), "l_y_s": 1.0}
COUNTS = {metric: [9, 10] for metric in CURVED}
CUT = {"setting": "fixed, 0.7 s", "series": "silence alone", "at": 0.7, "cut": 3, "pauses": 30, "latency_s": 0.7}


def results() -> Json:
    call = scene(Kind.INTERRUPTION)
    events = panel([(call, outcome(call, [says(8.0, AT_S + 0.5)]))])
    kept = to_json(dict.fromkeys((*PLAIN_RUNS, *GUIDE_RUNS), events))
    over = [POINT | {"counts": COUNTS, "series": mode} for mode in ("duck", "hold")]
    run = {"at": "2026-01-01", "commit": "aaa", "calls": 1, "line_h": 0.1, "took_s": 60}
    made = {"runs": run, "cut_offs": {"at": "2026-01-02", "commit": "bbb"}, "yields": {"at": "2026-01-03", "commit": "ccc"}}
    return kept | {"cut_offs": {"tuning": [CUT]}, "yields": {"tuning": over}, "made": made}


def test_it_has_a_section_for_each_question() -> None:
    told, headings = page(results()), ("Beside what others published", "By language", "What went wrong", "Curves", "Sources")
    assert all(f"## {heading}" in told for heading in headings)


def test_each_block_says_when_it_was_measured_and_from_which_commit() -> None:
    told = page(results())
    assert all(made in told for made in ("2026-01-01, commit aaa", "2026-01-02, commit bbb", "2026-01-03, commit ccc"))


def test_every_picture_that_it_shows_is_written(tmp_path: Path) -> None:
    write(results(), tmp_path)
    shown = {line.split("](")[1][:-1] for line in (tmp_path / "README.md").read_text().splitlines() if line.startswith("![")}
    assert shown == {path.name for path in tmp_path.iterdir() if path.suffix == ".svg"} != set()


def test_without_sweeps_it_has_no_curves() -> None:
    told = page({name: value for name, value in results().items() if name not in ("cut_offs", "yields")})
    assert ".svg" not in told
