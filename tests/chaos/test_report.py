"""The figures of a run, and its plot."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from tests.chaos.aim import PHASES
from tests.chaos.callers import Heard
from tests.chaos.costs import Strike
from tests.chaos.desk import Errand
from tests.chaos.director import Judged, Run, counts_anew, judge_call, plan, reached_ms
from tests.chaos.judge import Said, Verdict
from tests.chaos.picture import draw
from tests.chaos.report import complaints_of, figures, late_ms, tables, turns_of
from tts_worker.tones import HeardTone


def verdict(
    at_s: float, *complaints: str, over_ms: int = 3000, phrases: tuple[str, ...] = (), length_ms: int = 0, code: int = 1, keys: str = ""
) -> Verdict:
    """A turn whose words begin then, and whose window is 5 s."""
    begin_ms = round(at_s * 1000)
    late = over_ms - 2000
    return Verdict(
        begin_ms, begin_ms + 500, begin_ms + 5000, code, late, over_ms, late, phrases, complaints, length_ms=length_ms, keys=keys
    )


def run(*verdicts: Verdict, strikes: tuple[Strike, ...] = (), hung_up: bool = True, streams: int = 1, why: str = "line   over") -> Run:
    """A run of one call, quiet for its first 10 s."""
    heard = Heard("CA1", 0.0, (), b"", hung_up, why, tuple(range(streams)), (), 0)
    return Run(1, 0.0, 10.0, list(strikes), [Judged(heard, verdicts)], ended_s=60.0)


def kill(at_s: float, phase: str = "asr") -> Strike:
    return Strike("kill", phase, at_s, at_s, frozenset({"CA1"}))


def test_a_reply_is_late_by_what_it_is_over_later_than_a_quiet_one() -> None:
    found = late_ms(turns_of(run(verdict(1), verdict(20, over_ms=4200), strikes=(kill(21),))))
    assert found == {"quiet beginning": [0], "kill asr": [1200]}


def test_a_long_reply_is_no_later_than_a_short_one_for_its_length() -> None:
    found = late_ms(turns_of(run(verdict(1, length_ms=2000), verdict(2, over_ms=6100, length_ms=5100))))
    assert found == {"quiet beginning": [0, 0]}


def test_replies_without_a_tool_are_late_by_themselves() -> None:
    played = run(verdict(1), verdict(20, over_ms=4000), replace(verdict(30, over_ms=9000), work_ms=2000), strikes=(kill(21), kill(31)))
    found = figures(played)
    assert (found["late_of_kills_ms"]["max"], found["late_of_kills_without_tools_ms"]["max"]) == (4000, 1000)


@pytest.mark.parametrize(
    ("over_ms", "told"),
    [
        (5000, "met over all phases (2000 ms), and in each phase"),
        (5100, "missed over all phases (2100 ms); over it by themselves: kill asr"),
    ],
)
def test_it_is_said_whether_kills_made_replies_later_than_they_may_be(over_ms: int, told: str) -> None:
    played = run(verdict(1), verdict(20, over_ms=over_ms), strikes=(kill(21),))
    assert told in "\n".join(tables(figures(played)))


def test_what_answers_keys_is_not_late() -> None:
    assert late_ms(turns_of(run(verdict(1), verdict(2, over_ms=2000, keys="1*")))) == {"quiet beginning": [0]}


def test_what_tools_did_is_counted_with_their_turns() -> None:
    played = run(verdict(1, code=4), verdict(20, code=7))
    played.errands = [Errand("book", "CA1", 4, "a"), Errand("book", "CA1", 4, "a"), Errand("note", "CA2", 7, "b")]
    found = figures(played)
    assert (found["tools"]["turns"], found["tools"]["twice"], found["tools"]["undone"]) == (2, 1, 1)
    assert (found["complaints"]["done twice by a tool"], found["complaints"]["told that a tool did what it did not do"]) == (1, 1)


def test_what_became_of_actions_is_counted() -> None:
    found = figures(run(verdict(1, code=10)))
    assert (found["actions"]["hang_up"]["left"], found["complaints"]["action lost"]) == (1, 1)


def test_long_replies_whose_worker_died_are_counted_by_phase() -> None:
    long, short = verdict(20, over_ms=6000, length_ms=5100), verdict(30, length_ms=2000)
    counted = figures(run(long, short, strikes=(kill(21, "streaming"), kill(31, "asr"))))["long_replies"]
    assert {name: count for name, count in counted.items() if count} == {"turns": 1, "streaming": 1}


def test_a_turn_that_felt_two_faults_is_in_a_row_of_its_own() -> None:
    (turn,) = turns_of(run(verdict(20), strikes=(kill(21), kill(22, "synthesis"))))
    assert turn.row == "several faults"


def test_a_turn_after_the_quiet_beginning_that_felt_no_fault_is_no_quiet_one() -> None:
    assert [turn.row for turn in turns_of(run(verdict(1), verdict(20)))] == ["quiet beginning", "beside faults"]


def test_complaints_are_counted_by_their_names() -> None:
    counted = figures(run(verdict(1, "no reply"), verdict(20, "stale 1.0", "cut 2 (100 of 700 ms)")))["complaints"]
    assert {name: count for name, count in counted.items() if count} == {"lost": 1, "stale": 1, "cut short": 1}


def test_what_a_fault_may_cost_is_counted_apart() -> None:
    found = figures(run(verdict(20, "no reply", phrases=("fallback",)), strikes=(Strike("empty", "redis", 20, 21, frozenset({"CA1"})),)))
    assert (found["complaints"]["lost"], found["told_of_trouble"], found["answered"]) == (0, 1, 0)


def test_a_complaint_says_what_the_turn_felt() -> None:
    (line,) = complaints_of(run(verdict(20, "no reply"), strikes=(kill(21),)))
    assert line == "20.5 s, call CA1, after kill asr: no reply (heard ())"


def test_a_call_that_its_caller_did_not_end_was_dropped() -> None:
    dropped = run(verdict(1), hung_up=False)
    assert (figures(dropped)["dropped_calls"], list(complaints_of(dropped))) == (1, ["call CA1 was dropped: line   over"])


@pytest.mark.parametrize(("streams", "away", "dropped"), [(0, 1, 0), (1, 0, 1)])
def test_a_call_that_words_end_before_its_first_stream_was_turned_away(streams: int, away: int, dropped: int) -> None:
    found = figures(run(hung_up=False, streams=streams, why="line   over: Say"))
    assert (found["turned_away"], found["dropped_calls"]) == (away, dropped)


def test_the_tables_name_every_row_that_has_turns() -> None:
    text = "\n".join(tables(figures(run(verdict(1), verdict(20), strikes=(kill(21),)))))
    assert [name for name in ("quiet beginning", "kill asr", "kill commit") if f"| {name} |" in text] == ["quiet beginning", "kill asr"]


def test_the_most_memory_that_a_process_had_is_kept() -> None:
    looked = run()
    for mb in (50.0, 60.0, 55.0):
        looked.look_at_machine({"gateway_0": mb})
    assert looked.memory_most_mb == {"gateway_0": 60.0}


def test_a_run_without_calls_has_a_report() -> None:
    assert figures(Run(1, 0.0))["turns"] == 0


def test_the_plot_has_a_row_for_each_fault_that_was_felt() -> None:
    picture = ElementTree.fromstring(draw({"quiet beginning": [0, 10], "kill asr": [1200]}, "a title"))
    words = [text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert {"a title", "quiet beginning (2)", "kill asr (1)"} <= set(words)


def test_a_plan_has_each_phase_alike_and_every_other_fault() -> None:
    faults = plan(70)
    assert [sum(phase == one for _, phase in faults) for one in PHASES] == [10] * len(PHASES)
    assert {kind for kind, _ in faults} == {"kill", "stall", "duplicate", "cut", "pause", "restart", "tail", "empty", "frozen", "gateway"}


def test_a_cluster_loses_masters_instead_of_restarting() -> None:
    assert {kind for kind, _ in plan(60, cluster=True)} == {"kill", "stall", "duplicate", "master", "frozen", "gateway"}


def test_what_cost_a_turn_its_reply_is_counted_by_fault() -> None:
    found = figures(run(verdict(20, "no reply", phrases=("fallback",)), strikes=(Strike("master", "redis", 20, 21, frozenset({"CA1"})),)))
    assert found["told_after"] == {"master": 1}


def test_a_plan_may_have_one_fault_alone() -> None:
    assert [set(plan(2, only)) for only in ("asr", "tail")] == [{("kill", "asr")}, {("tail", "")}]


@pytest.mark.parametrize(("kind", "anew"), [("pause", [1000]), ("kill", [])])
def test_turns_may_be_counted_anew_where_a_stream_begins_while_redis_is_away(kind: str, anew: list[int]) -> None:
    (judged,) = run(streams=3).calls
    heard = replace(judged.heard, begins_ms=(0, 1000, 9000))
    assert counts_anew(heard, [Strike(kind, "redis" if kind == "pause" else "asr", 0.5, 2.0, frozenset({"CA1"}))]) == anew  # type: ignore[arg-type]


# --- Gateways that stand still


def frozen(begin_s: float, end_s: float, call: str = "CA1") -> Strike:
    return Strike("frozen", "gateway_0", begin_s, end_s, frozenset({call}))


@pytest.mark.parametrize(("strike", "reach_ms"), [
    (frozen(18, 21), 11_400),
    (frozen(20.4, 27), 17_400),
    (frozen(18, 19.9), 0),
    (frozen(20.6, 27), 0),
    (frozen(18, 21, "CA2"), 0),
    (kill(20.2), 0),
])  # fmt: skip
def test_what_is_said_while_a_gateway_stands_still_reaches_it_afterwards(strike: Strike, reach_ms: int) -> None:
    heard = replace(run().calls[0].heard, began_s=10.0)
    assert reached_ms(heard, Said(10_000, 10_500), [strike]) == reach_ms


def test_a_call_that_ended_before_its_gateway_went_on_is_judged_by_that() -> None:
    heard = replace(run().calls[0].heard, said=(Said(1000, 1500), Said(6000, 6500)))
    reply = [HeardTone(1, sentence, begin, begin + ms) for sentence, begin, ms in ((0, 2500, 1110), (1, 3610, 960), (2, 4570, 1000))]
    call = Judged(heard, (), (*reply, HeardTone(1, 2, 9000, 9160)), 10_000)
    found = [judge_call(call, strikes).verdicts[1].complaints for strikes in ([], [frozen(5.5, 8.9)])]
    assert found == [("stale 1.2", "no reply"), ("leaked", "no reply")]


def test_a_plan_of_no_kills_is_empty() -> None:
    assert plan(0) == []
