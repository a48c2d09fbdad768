"""The names of what went wrong."""

from tests.bench.turns.made_calls import AT_S, outcome, says, scene
from tests.bench.turns.missed_events import LISTED, missed_by_kind, missed_page
from tests.bench.turns.panel import panel
from tests.bench.turns.report import OURS, PANEL, WHOLE
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


def test_of_every_share_of_the_tables_the_misses_are_named_or_those_of_one_that_has_them_all() -> None:
    in_others = {"R_Y ticks": "R_Y", "I_A utterance": "I_A", "taken back": "resumes", WHOLE: "resumes"}
    assert {in_others.get(metric, metric) for metric in PANEL | OURS} == {metric for metrics in LISTED.values() for metric in metrics}


def test_both_modes_name_interruptions_that_they_did_not_give_way_to() -> None:
    yields = {"R_Y", "R_Y 1 s", "R_Y word", "R_Y word 1 s", "gives way", "gives way, word"}
    assert all(yields <= set(metrics) for metrics in LISTED.values())


def test_a_run_that_was_not_played_misses_nothing() -> None:
    assert not list(missed_by_kind(results(), "hold", "R_Y"))


def test_the_page_tells_them_by_run_and_score_and_where_they_are_from() -> None:
    told = missed_page(results("duck, guide"))
    assert "## Run *duck, guide*" in told
    assert "### R_Y\n\n- held-out, interruption, 1 of 3: `en/interruption/0`" in told
    assert "(2026-01-01, commit aaa)" in told
    assert "### S_BC" not in told
