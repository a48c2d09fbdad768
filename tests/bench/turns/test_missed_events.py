"""The names of what went wrong."""

from tests.bench.turns.made_calls import AT_S, outcome, says, scene
from tests.bench.turns.missed_events import missed_by_kind, missed_page
from tests.bench.turns.panel import panel
from tests.bench.turns.results import Json, to_json
from tests.bench.turns.scene import Kind

MADE = {"runs": {"at": "2026-01-01", "commit": "aaa"}}


def results(run: str = "duck") -> Json:
    """Four interruptions: one not yielded to, one over a silent bot."""
    made = [scene(Kind.INTERRUPTION, name=f"en/interruption/{number}", half="held-out") for number in range(4)]
    silent_at = [AT_S + 9.0, AT_S - 1.0, AT_S + 0.5, AT_S + 0.5]
    calls = ((each, outcome(each, [says(8.0, at)])) for each, at in zip(made, silent_at, strict=True))
    return to_json({run: panel(calls)}) | {"made": MADE}


def test_each_missed_event_has_its_name_by_half_and_kind() -> None:
    assert list(missed_by_kind(results(), "duck", "R_Y")) == [("held-out", "interruption", ["en/interruption/0"], 3)]


def test_a_run_that_was_not_played_misses_nothing() -> None:
    assert not list(missed_by_kind(results(), "hold", "R_Y"))


def test_the_page_tells_them_by_run_and_score_and_where_they_are_from() -> None:
    told = missed_page(results("duck, guide"))
    assert "## Run *duck, guide*" in told
    assert "### R_Y\n\n- held-out, interruption, 1 of 3: `en/interruption/0`" in told
    assert "(2026-01-01, commit aaa)" in told
    assert "### S_BC" not in told
