"""What the tables say of results made by hand."""

import re

import pytest

from tests.bench.turns.made_calls import AT_S, VOICE_S, outcome, says, scene
from tests.bench.turns.panel import panel
from tests.bench.turns.report import (
    OURS,
    PANEL,
    WHOLE,
    beside_eot_bench,
    beside_full_duplex_bench,
    beside_tau_voice,
    groups_table,
    latencies_table,
    latency,
    missed,
    missed_table,
    per_event,
    rates_table,
    scores_table,
    share,
    sources,
)
from tests.bench.turns.results import Json, cell_of, to_json
from tests.bench.turns.scene import Kind


def runs(events: int) -> Json:
    """So many interruptions, one of which was not yielded to, and so many utterances with a pause, answered 0.3 s too early."""
    calls = []
    for number in range(events):
        made = scene(Kind.INTERRUPTION, name=f"en/interruption/{number}", half="held-out")
        calls.append((made, outcome(made, [says(8.0, AT_S + (0.5 if number else 9.0))])))
        made = scene(Kind.UTTERANCE, name=f"en/utterance/{number}", pauses=((0.5, 0.9),), half="held-out")
        calls.append((made, outcome(made, [says(AT_S + VOICE_S - 0.3, 20.0)])))
    kept: Json = to_json({"duck": panel(calls)})["runs"]
    return kept


def test_a_share_stands_with_its_events_and_interval() -> None:
    assert share(cell_of(runs(30), "duck", "R_Y", "held-out")) == "29 / 30 = **.967** (.833-.994)"


def test_of_few_events_only_the_counts_are_told() -> None:
    assert share(cell_of(runs(29), "duck", "R_Y", "held-out")) == "28 / 29"
    assert share(None) == "-"


def test_a_latency_below_zero_is_said_to_be_one() -> None:
    assert latency(cell_of(runs(30), "duck", "R_R", "held-out")) == "-0.30 (-0.30 to -0.30) / -0.30 / -0.30, 30 below 0 (least -0.30)"
    assert latency(cell_of(runs(30), "duck", "I_A", "held-out")) == "-"


def test_a_goal_stands_beside_its_score() -> None:
    (row,) = (line for line in scores_table(runs(30), ["duck"], {"R_Y": "yields"}) if "R_Y" in line)
    assert row == "| R_Y | yields | >= 0.98 | 29 / 30 = **.967** (.833-.994), **missed** | - |"


def test_a_goal_is_missed_by_the_mode_that_it_is_set_for_alone() -> None:
    cell = {"hits": 10, "of": 40}
    assert missed("clear", "hold, guide", cell)
    assert not missed("clear", "duck", cell)
    assert not missed("R_Y 1 s", "duck", cell)


def test_of_few_events_no_goal_is_missed() -> None:
    assert not missed("R_Y", "duck", {"hits": 0, "of": 29})


def test_a_goal_says_which_mode_it_is_set_for() -> None:
    rows = {line.split(" | ")[0].removeprefix("| "): line for line in scores_table(runs(30), ["duck"], {"S_BC": "", "clear": ""})}
    assert " | >= 0.8 (duck) | " in rows["S_BC"]
    assert " | >= 0.99 (hold) | " in rows["clear"]


def test_rates_are_told_a_turn_and_a_minute() -> None:
    table = "\n".join(rates_table(runs(30), ["duck"]))
    assert "| the same, an utterance | 1.000 (0.675 to 1.428, 30 turns) | - |" in table
    assert "| holds a minute of noise | - | - |" in table


def test_the_interval_of_rare_times_does_not_go_below_zero() -> None:
    rare = {"points": 2.0, "of": 332, "points_interval": [-0.002, 0.014]}
    assert per_event(rare, "I_A") == pytest.approx((0.0060, 0.0007, 0.0218), abs=1e-4)
    assert per_event(rare, "EVA") == pytest.approx((0.0060, -0.002, 0.014), abs=1e-4)


def test_of_what_was_taken_back_it_is_told_how_much_was_whole() -> None:
    kept = {"duck": {"resumes": _of_all(30, 80), "taken back": _of_all(40, 80)}}
    (told,) = (line for line in scores_table(kept, ["duck"], OURS) if line.startswith(f"| {WHOLE} "))
    assert "| 30 / 40 = **.750** (" in told


def _of_all(hits: int, of: int) -> Json:
    return {"halves": {"held-out": {"all": {"hits": hits, "of": of}}}}


def test_no_rate_of_any_table_is_of_fewer_than_30_events() -> None:
    few = runs(14)
    own = "\n".join(
        [
            *scores_table(few, ["duck"], PANEL | OURS),
            *latencies_table(few, ["duck"]),
            *rates_table(few, ["duck"]),
            *(line for line in (*beside_tau_voice(few, ["duck"]), *beside_full_duplex_bench(few, ["duck"])) if "Torim" in line),
            *groups_table(few, "duck", ["R_Y"], kinds=True),
        ]
    )
    assert "13 / 14" in own
    assert re.findall(r"\*\*[.1]|\d\.\d\d|\s\.\d", re.sub(r">= [\d.]+", "", own)) == []


def test_seconds_that_no_run_has_take_no_row() -> None:
    rows = [line.split(" | ")[0] for line in latencies_table(runs(30), ["duck"])]
    assert "| L_R" in rows
    assert "| silence" not in rows


def test_what_had_no_occasion_is_told_beside_the_share() -> None:
    silent = scene(Kind.INTERRUPTION, half="held-out")
    cell = cell_of(to_json({"duck": panel([(silent, outcome(silent))])})["runs"], "duck", "R_Y", "held-out")
    assert share(cell) == "0 / 0, 1 had no occasion"


def test_the_others_figures_stand_beside_ours() -> None:
    table = "\n".join(beside_tau_voice(runs(30), ["duck"]))
    assert "| **Torim**, duck, held-out | " in table
    assert "AI Rudder" in table
    assert "| **Torim**, words | 9.0% | 3.0% | 450 ms | 400 ms |" in list(beside_eot_bench([["words", "9.0%", "3.0%", "450 ms", "400 ms"]]))
    assert any("Torim" in line and "1.000" in line for line in beside_full_duplex_bench(runs(30), ["duck"]))


def test_silence_stands_beside_the_others_by_their_ticks() -> None:
    made = [scene(Kind.INTERRUPTION, name=str(number), half="held-out") for number in range(30)]
    table = beside_tau_voice(to_json({"duck": panel((each, outcome(each, [says(8.0, AT_S + 0.3)])) for each in made)})["runs"], ["duck"])
    assert any("| **Torim**, duck, held-out | - | 0.40 |" in line for line in table)


def test_each_source_is_named() -> None:
    told = "\n".join(sources())
    assert all(name in told for name in ("interaction-metrics.md", "eot_harness/metrics.py", "2503.04721", "pull request 95"))


def test_languages_and_kinds_are_told_apart() -> None:
    made = runs(30)
    assert "en, held-out" in next(groups_table(made, "duck", ["R_Y"], kinds=False))
    assert "interruption, held-out" in next(groups_table(made, "duck", ["R_Y"], kinds=True))


def test_what_was_missed_is_told_by_kind() -> None:
    assert "| R_Y | held-out | interruption: 1 of 30 |" in list(missed_table(runs(30), "duck", ["R_Y"]))
