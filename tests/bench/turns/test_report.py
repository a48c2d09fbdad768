"""What the tables say of results made by hand."""

from tests.bench.turns.made_calls import AT_S, VOICE_S, outcome, says, scene
from tests.bench.turns.panel import panel
from tests.bench.turns.report import (
    beside_eot_bench,
    beside_full_duplex_bench,
    beside_tau_voice,
    groups_table,
    latency,
    missed_table,
    rates_table,
    scores_table,
    share,
    sources,
)
from tests.bench.turns.results import Json, share_of, to_json
from tests.bench.turns.scene import Kind


def runs(events: int) -> Json:
    """So many interruptions, one of which was not yielded to, and one utterance with a pause, answered 0.3 s too early."""
    calls = []
    for number in range(events):
        made = scene(Kind.INTERRUPTION, name=f"en/interruption/{number}", half="held-out")
        calls.append((made, outcome(made, [says(8.0, AT_S + (0.5 if number else 9.0))])))
    made = scene(Kind.UTTERANCE, pauses=((0.5, 0.9),), half="held-out")
    calls.append((made, outcome(made, [says(AT_S + VOICE_S - 0.3, 20.0)])))
    return to_json({"duck": panel(calls)})


def test_a_share_stands_with_its_events_and_interval() -> None:
    assert share(share_of(runs(30), "duck", "R_Y", "held-out")) == "29 / 30 = **.967** (.833-.994)"


def test_of_few_events_only_the_counts_are_told() -> None:
    assert share(share_of(runs(29), "duck", "R_Y", "held-out")) == "28 / 29"
    assert share(None) == "-"


def test_a_latency_below_zero_is_said_to_be_one() -> None:
    assert latency(share_of(runs(2), "duck", "R_R", "held-out")) == "-0.30 / -0.30 / -0.30, 1 below 0 (least -0.30)"
    assert latency(share_of(runs(2), "duck", "I_A", "held-out")) == "-"


def test_a_goal_stands_beside_its_score() -> None:
    (row,) = (line for line in scores_table(runs(30), ["duck"], {"R_Y": "yields"}) if "R_Y" in line)
    assert row == "| R_Y | yields | >= 0.98 | 29 / 30 = **.967** (.833-.994) | - |"


def test_rates_are_told_a_turn_and_a_minute() -> None:
    table = "\n".join(rates_table(runs(30), ["duck"]))
    assert "| I_A, times a turn | 1.000 (1 turns) | - |" in table
    assert "| holds a minute of noise | - | - |" in table


def test_the_others_figures_stand_beside_ours() -> None:
    table = "\n".join(beside_tau_voice(runs(30), ["duck"]))
    assert "| **Torim**, duck, held-out | -0.30 | 0.50 | 1 / 1 | .967 | 1.000 |" in table
    assert "AI Rudder" in table
    assert "| **Torim**, words | 9.0% | 3.0% | 450 ms | 400 ms |" in list(beside_eot_bench([["words", "9.0%", "3.0%", "450 ms", "400 ms"]]))
    assert any("Torim" in line and "1.000" in line for line in beside_full_duplex_bench(runs(30), ["duck"]))


def test_each_source_is_named() -> None:
    told = "\n".join(sources())
    assert all(name in told for name in ("interaction-metrics.md", "eot_harness/metrics.py", "2503.04721", "pull request 95"))


def test_languages_and_kinds_are_told_apart() -> None:
    made = runs(30)
    assert "en, held-out" in next(groups_table(made, "duck", ["R_Y"], kinds=False))
    assert "interruption, held-out" in next(groups_table(made, "duck", ["R_Y"], kinds=True))


def test_what_was_missed_is_told_by_kind() -> None:
    assert "| R_Y | held-out | interruption: 1 of 30 |" in list(missed_table(runs(30), "duck", ["R_Y"]))
