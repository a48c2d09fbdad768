"""What the bench tells of a run that is worse than it should be, or than the one before."""

from dataclasses import replace

import pytest

from tests.bench.load.churn import Churn
from tests.bench.load.figures import Spread
from tests.bench.load.goals import shortfalls
from tests.bench.load.level import Level
from tests.bench.load.parts import answers, parts_of
from tests.bench.load.result import Pair, Result
from tests.bench.load.synthetic import BUSY, TIMES, level, result


@pytest.fixture
def found() -> Result:
    return result()


def told(found: Result) -> list[str]:
    return list(shortfalls(found))


def test_goals_that_were_not_reached_are_told(found: Result) -> None:
    assert told(found) == ["Every goal that this bench can see was reached in this run."]
    found.gateway[1] = level("gateway with drafts", 150, cpu_s=0.25)
    assert told(found) == [
        "- gateway with drafts, 150 calls: 0.250 CPU seconds per call-minute, the goal is 0.2.",
        "- gateway with drafts, 150 calls: 3.12 times the bare loop's CPU, the goal is 2.",
    ]


def test_a_gateway_that_costs_too_much_beside_the_bare_loop_is_told_at_every_load_from_50_calls_on(found: Result) -> None:
    for calls in (10, 50):
        found.bare.append(level("bare loop", calls, 0.05))
        found.no_drafts.append(level("gateway", calls, 0.11))
    assert told(found) == ["- gateway, 50 calls: 2.20 times the bare loop's CPU, the goal is 2."]


def test_the_ratio_that_the_goal_names_is_the_median_of_pairs_where_there_are_some(found: Result) -> None:
    found.gateway[1] = level("gateway with drafts", 150, cpu_s=0.19)
    found.pairs = [Pair(0.1, 0.19), Pair(0.1, 0.18), Pair(0.1, 0.25)]
    assert told(found) == ["Every goal that this bench can see was reached in this run."]
    found.pairs[0] = Pair(0.1, 0.21)
    assert told(found) == [
        "- gateway with drafts, 150 calls: 2.10 times the bare loop's CPU (median of 3 pairs, 1.80 to 2.50), the goal is 2."
    ]


def test_each_percentile_of_the_onset_is_held_against_its_own_goal(found: Result) -> None:
    found.gateway[1] = replace(found.gateway[1], onset_to_clear_ms=Spread(200, 254.0, 260.0, 270.0, 280.0))
    assert told(found) == ["- gateway with drafts, 150 calls: onset to clear, p50: 254 ms, the goal is 180."]


def test_each_percentile_of_our_share_is_held_against_its_own_goal(found: Result) -> None:
    found.gateway[1] = replace(found.gateway[1], own_share_ms=Spread(200, 5.0, 20.0, 1030.0, 1040.0))
    assert told(found) == ["- gateway with drafts, 150 calls: own share on the wire, p99: 1030 ms, the goal is 50."]


def test_a_time_is_told_with_what_the_other_core_did_meanwhile(found: Result) -> None:
    found.gateway[1] = replace(BUSY, own_share_ms=Spread(200, 5.0, 20.0, 60.0, 70.0))
    assert told(found) == [
        "- gateway with drafts, 150 calls: own share on the wire, p99: 60 ms, the goal is 50; the other core was 80% busy, "
        "and workers waited for it up to 30% of the time."
    ]


def test_voice_to_voice_is_held_against_what_end_of_turn_and_vendors_take(found: Result) -> None:
    found.gateway[1] = replace(found.gateway[1], own_share_ms=Spread(200, 5.0, 61.0, 62.0, 63.0))
    assert told(found)[0] == (
        "- gateway with drafts, 150 calls: voice to voice over what end of turn and vendors take, p95: 61 ms, the goal is 60."
    )


_NO_DRAFTS = level("gateway", 150)


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        (replace(_NO_DRAFTS, frames_after_clear=3), "3 frames of sound after a clear"),
        (replace(_NO_DRAFTS, not_cleared=2), "2 interruptions that were not cleared"),
        (replace(_NO_DRAFTS, unanswered=1), "1 utterances without an answer"),
        (replace(_NO_DRAFTS, extra_answers=5), "5 answers to utterances that were answered"),
        (replace(_NO_DRAFTS, calls_lost=4), "4 calls lost"),
        (replace(_NO_DRAFTS, fillers=2), "2 fillers before an answer"),
        (replace(_NO_DRAFTS, ends={"fallback": 3, "replied": 9}), "3 times `fallback`"),
        (replace(_NO_DRAFTS, frame_times=replace(TIMES, underruns_over_5_ms=2)), "2 underruns over 5 ms while the machine was on time"),
    ],
)
def test_what_must_never_be_is_told_without_drafts_too(found: Result, bad: Level, what: str) -> None:
    found.no_drafts.append(bad)
    assert told(found) == [f"- gateway, 150 calls: {what}, the goal is 0."]


def test_what_lies_behind_the_rated_load_is_not_held_against_the_goals(found: Result) -> None:
    found.gateway[2] = replace(found.gateway[2], unanswered=9, memory_mb=999)
    assert told(found) == ["Every goal that this bench can see was reached in this run."]


def test_where_our_share_is_too_large_its_largest_parts_are_told(found: Result) -> None:
    log = "EVENT call=CA1 turn=1 WATERFALL publish_ms=7 asr_hop_ms=2 asr_ms=100 asr_rest_ms=1 llm_hop_ms=4\n"
    found.no_drafts[0] = replace(found.no_drafts[0], parts_ms=parts_of(answers(log)))
    assert told(found) == [
        "- Own share without drafts at 10 calls, by the gateway's own parts: 14 / 14 / (14) ms, the goal is 10 / 25 / 50; "
        "of p50 most: publish 7, llm_hop 4, asr_hop 2."
    ]


def test_a_voice_that_is_heard_late_is_not_held_against_our_share(found: Result) -> None:
    found.no_drafts[0] = replace(found.no_drafts[0], parts_ms=parts_of([{"hearing": 90.0, "publish": 4.0}]))
    assert told(found) == ["Every goal that this bench can see was reached in this run."]


def test_parts_whose_p99_alone_is_over_its_goal_are_told(found: Result) -> None:
    found.no_drafts[0] = replace(
        found.no_drafts[0], parts_ms={"publish": Spread(200, 2, 3, 60, 61), "all of it": Spread(200, 4, 9, 60, 61)}
    )
    assert "4 / 9 / 60 ms, the goal is 10 / 25 / 50" in told(found)[0]


def test_what_the_vendors_seem_to_take_over_what_they_are_set_to_is_held_against_our_share(found: Result) -> None:
    told_as_vendors = {"publish": 2.0, "asr": 100.0, "first_token": 150.0, "first_piece": 460.0, "first_sound": 100.0}
    found.no_drafts[0] = replace(found.no_drafts[0], parts_ms=parts_of([told_as_vendors]))
    assert told(found) == [
        "- Own share without drafts at 10 calls, by the gateway's own parts: 402 / 402 / (402) ms, the goal is 10 / 25 / 50; "
        "of p50 most: vendors, over 410 ms 400, publish 2, asr_hop 0."
    ]


def test_our_share_is_told_of_a_level_that_did_not_hold_too(found: Result) -> None:
    found.no_drafts[0] = replace(found.no_drafts[0], unanswered=1, parts_ms=parts_of([{"publish": 300.0}]))
    assert [line.partition(":")[0] for line in told(found)] == [
        "- gateway, 10 calls",
        "- Own share without drafts at 10 calls, by the gateway's own parts",
    ]


@pytest.mark.parametrize("kind", ["gateway", "no_drafts"])
def test_times_are_held_against_their_goals_at_every_level(found: Result, kind: str) -> None:
    late = replace(level("gateway", 50), own_share_ms=Spread(200, 5.0, 900.0, 900.0, 900.0), parts_ms={})
    setattr(found, kind, [*getattr(found, kind), late])
    found.gateway.sort(key=lambda each: each.calls)
    assert "- gateway, 50 calls: voice to voice over what end of turn and vendors take, p95: 900 ms, the goal is 60." in told(found)


def test_calls_that_are_lost_while_others_come_and_go_are_told(found: Result) -> None:
    found.churn = Churn(standing=100, came=150, cpu_ms_a_call=9.0, lost=7, tick_lateness_ms={}, tick_lateness_before_ms={})
    assert told(found) == ["- 7 of 100 calls were lost while others came and went, the goal is 0."]


def test_what_the_shipped_settings_cost_and_do_is_told(found: Result) -> None:
    own = replace(level("gateway as shipped", 150, cpu_s=0.3), own_share_ms=Spread(0, None, None, None, None), unanswered=2)
    found.shipped.append(own)
    assert told(found) == [
        "- gateway as shipped, 150 calls: 0.300 CPU seconds per call-minute, the goal is 0.2.",
        "- gateway as shipped, 150 calls: 2 utterances without an answer, the goal is 0.",
        "- All as shipped, Silero too: 2.00 times webrtcvad's CPU at 150 calls, 3.75 times the bare loop's; the goal of 2 is webrtcvad's.",
    ]


def test_what_silero_costs_is_told_beside_webrtcvad_and_the_bare_loop(found: Result) -> None:
    found.silero.append(level("gateway with Silero", 10, cpu_s=0.3))
    assert told(found) == [
        "- Silero, the detector that is shipped: 2.00 times webrtcvad's CPU at 10 calls, 1.50 times the bare loop's; "
        "the goal of 2 is webrtcvad's."
    ]


def test_the_memory_of_a_call_is_held_against_its_goal_whatever_the_detector(found: Result) -> None:
    found.silero.append(replace(level("gateway with Silero", 50), memory_mb=90.0))
    found.shipped.append(replace(level("gateway as shipped", 150), memory_mb=130.0))
    assert [line for line in told(found) if "MB" in line] == [
        "- gateway with Silero, 50 calls: 0.40 MB a call with its audio, the goal is 0.3 and the audio.",
        "- gateway as shipped, 150 calls: 0.40 MB a call with its audio, the goal is 0.3 and the audio.",
    ]


def test_a_share_that_is_too_large_on_the_wire_alone_is_told_beside_its_parts(found: Result) -> None:
    found.no_drafts[0] = replace(found.no_drafts[0], own_share_ms=Spread(200, 14.0, 21.0, 36.0, 40.0))
    assert told(found) == [
        "- Own share without drafts at 10 calls, on the wire: 14 / 21 / 36 ms, by its parts 4 / 4 / (4); the goal is 10 / 25 / 50."
    ]


def test_a_share_that_counts_from_elsewhere_is_not_held_against_its_goal(found: Result) -> None:
    found.silero.append(replace(level("gateway with Silero", 10), own_share_ms=Spread(200, 400.0, 900.0, 900.0, 900.0)))
    assert [line for line in told(found) if "share" in line or "voice to voice" in line] == []
