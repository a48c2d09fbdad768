"""What the bench writes of what it found."""

import re
from dataclasses import replace
from math import inf
from pathlib import Path

import pytest

from tests.bench.load import result as results
from tests.bench.load import soaked
from tests.bench.load.__main__ import KEPT
from tests.bench.load.churn import Churn, cpu_s_a_call
from tests.bench.load.comparison import since
from tests.bench.load.docs import document, page_about, write
from tests.bench.load.ends import ends
from tests.bench.load.figures import Spread
from tests.bench.load.flame import give_title
from tests.bench.load.goals import shortfalls
from tests.bench.load.left import Left, left_of
from tests.bench.load.parts import parts_of
from tests.bench.load.pictures import pictures
from tests.bench.load.reference import reference
from tests.bench.load.result import Result
from tests.bench.load.scraped import quantiles
from tests.bench.load.servers import SETTINGS
from tests.bench.load.soaked import Sample, Served, Soak, kept_soak
from tests.bench.load.synthetic import BUSY, MACHINE, SLOW, TIMES, level, result
from tests.bench.load.table import tables
from tests.bench.load.talker import Said
from tests.bench.load.verdict import verdict


@pytest.fixture
def found() -> Result:
    return result()


def test_the_rated_load_is_the_largest_level_that_held(found: Result) -> None:
    assert found.rated is not None
    assert found.rated.calls == 150


def test_a_level_behind_one_that_did_not_hold_is_no_rated_load(found: Result) -> None:
    found.gateway[0] = level("gateway with drafts", 10, clear=SLOW)
    assert found.rated is None


def test_an_underrun_beside_a_stall_of_the_machine_is_not_held_against_the_gateway() -> None:
    stalled = replace(TIMES, underruns=1, underruns_over_5_ms=1, of_these_beside_a_stall=1)
    assert replace(level("gateway", 10), frame_times=stalled).held
    assert not replace(level("gateway", 10), frame_times=replace(stalled, of_these_beside_a_stall=0)).held


def test_our_share_is_split_out_of_the_gateways_own_lines(found: Result) -> None:
    parts = found.no_drafts[0].parts_ms
    assert parts is not None
    assert (parts["publish"].p50, parts["all of it"].p50) == (2.0, 4.0)


def test_a_voice_that_is_heard_late_is_no_part_of_the_share_that_begins_at_the_end_of_turn() -> None:
    parts = parts_of([{"hearing": 9.0, "publish": 2.0, "asr": 100.0, "llm_hop": 3.0}])
    assert (parts["hearing"].p50, parts["from the end of turn"].p50, parts["all of it"].p50) == (9.0, 5.0, 14.0)


def test_what_a_calls_begin_and_end_cost_is_told(found: Result) -> None:
    late = {"p50": 1.0, "p99": 5.0, "largest": 10.0}
    found.churn = Churn(standing=100, came=150, cpu_ms_a_call=9.5, lost=0, tick_lateness_ms=late, tick_lateness_before_ms=late)
    assert "| a call's begin and end, beside 100 others (150; 0 of the others lost) | 9.5 ms of CPU |" in tables(found)


def test_what_short_calls_cost_while_they_last_is_that_of_calls_that_stand() -> None:
    assert cpu_s_a_call(calm_s=6.0, busy_s=8.0, call_seconds=3000, came=100) == pytest.approx(0.018)


def test_what_lies_beyond_the_last_bound_is_told_by_it() -> None:
    assert quantiles({0.005: 90.0, 0.5: 99.0, inf: 100.0}) == {"p50": 5.0, "p99": 500.0, "largest": 500.0}


def test_flame_graphs_that_were_kept_are_on_the_page(found: Result, tmp_path: Path) -> None:
    folder = tmp_path / "benchmarks"
    folder.mkdir()
    (folder / "flame-before.svg").write_text('<svg><text id="title" x="5">flame-before: at 80 calls</text></svg>')
    (folder / "flame-after.svg").write_text('<svg><text id="title" x="5">a command</text></svg>')
    give_title(folder / "flame-after.svg", "flame-after: at 80 calls")
    page = page_of(found, tmp_path)
    assert (
        "[flame-after: at 80 calls](benchmarks/flame-after.svg), [flame-before: at 80 calls](benchmarks/flame-before.svg). The earlier"
        in page
    )
    assert "all others are between the two.\n" in page
    give_title(folder / "flame-after.svg", "flame-after: at 250 calls")
    assert "They are not of one load" in page_of(found, tmp_path)


def page_of(found: Result, folder: Path) -> str:
    write(found, [], None, folder / "benchmarks.md", folder / "benchmarks")
    return (folder / "benchmarks.md").read_text()


def test_the_bare_loop_is_held_against_the_reference(found: Result) -> None:
    assert any("0.100 CPU seconds per call-minute at 110 calls: within 30 %" in line for line in verdict(found))
    found.bare[1] = level("bare loop", 110, 0.3)
    assert any("2.50 times, so not within 30 %" in line for line in verdict(found))
    found.machine = replace(MACHINE, mhz=2596.15)
    assert any(line.endswith("Here it had one of 2 cores of a processor, at 2596 MHz.") for line in verdict(found))


def test_a_result_is_the_same_once_it_was_kept(found: Result, tmp_path: Path) -> None:
    results.save(found, tmp_path)
    assert results.kept_in(tmp_path) == [found]


def test_what_changed_since_the_last_result_is_told(found: Result) -> None:
    now = replace(found, gateway=[level("gateway with drafts", 150, 0.05)])
    assert "| gateway, 150 calls: CPU s per call-minute | 0.15 | 0.05 | 0.33 | 0.33 | better |" in since(found, now)
    assert "Nothing differs by more than that." in since(found, found)
    assert list(since(None, found)) == ["No earlier result is kept."]


def test_the_page_compares_with_the_first_result_too(found: Result) -> None:
    first = replace(found, at="2026-11-22T01:00Z", bare=[level("bare loop", 10, 0.4)])
    page = document(found, [first, found], None, ".")
    assert "## Since the first result\n\nCompared: 2026-11-22T01:00Z (short form" in page
    assert "## Since the first result" not in document(found, [found], None, ".")


def test_where_no_level_failed_the_rated_load_is_a_lower_bound(found: Result) -> None:
    assert any("Rated load: 150 calls a core.** Measured with `VAD=webrtc`, `ENDPOINTING=fixed`," in line for line in verdict(found))
    found.gateway.pop()
    assert any("Rated load: 150 calls a core or more: no level failed.**" in line for line in verdict(found))


def test_the_verdict_tells_up_to_which_load_answers_were_in_time(found: Result) -> None:
    def told() -> str:
        (line,) = [line for line in verdict(found) if line.startswith("- Answers were in time")]
        return line.removeprefix("- Answers were in time ").partition(" (voice to voice over what end of turn and vendors take: ")[0]

    late = replace(found.gateway[1], own_share_ms=Spread(200, 805.0, 1576.0, 1685.0, 1700.0))
    assert told() == "at that load too"
    found.gateway[1] = late
    assert told() == "up to 10 calls"
    assert any("p50 <= 30 ms, p95 <= 60 ms; at 150 calls that was 805 / 1576 / 1685)." in line for line in verdict(found))
    found.gateway[0] = late
    assert told() == "at no load that was measured"


def test_whether_the_gateway_took_its_workers_to_be_behind_at_the_rated_load_is_told(found: Result) -> None:
    found.gateway[1] = BUSY
    assert any(line.endswith("at times the gateway took them to be behind, and made no drafts.") for line in verdict(found))
    found.gateway[1] = replace(BUSY, load_level=0)
    assert any(line.endswith("workers waited for it up to 30% of the time.") for line in verdict(found))


def test_an_interruption_that_is_not_cleared_or_played_over_is_held_against_the_gateway() -> None:
    assert not replace(level("gateway", 10), not_cleared=1).held
    assert not replace(level("gateway", 10), frames_after_clear=1).held


def test_a_level_whose_callers_had_phrases_in_the_place_of_answers_did_not_hold() -> None:
    assert not replace(level("gateway", 10), fillers=1).held
    assert not replace(level("gateway", 10), ends={"nothing_heard": 1}).held
    assert replace(level("gateway", 10), ends={"interrupted": 5, "replied": 9}).held


def test_how_turns_ended_is_counted_out_of_the_gateways_own_lines() -> None:
    log = "EVENT call=CA1 turn=1 TURN_ENDED how=replied\nEVENT call=CA1 turn=2 STAGE_FAILED stage=llm error=late\n"
    assert ends(log + log + "EVENT call=CA1 turn=2 TURN_ENDED how=fallback\n") == {"fallback": 1, "replied": 2, "stage_failed": 2}


def test_of_few_values_the_largest_is_told_instead_of_a_p99(found: Result) -> None:
    found.gateway[0] = replace(found.gateway[0], onset_to_clear_ms=Spread(100, 101.0, 103.0, 105.0, 110.0))
    rows = [line for line in tables(found) if line.startswith("| gateway with drafts |")]
    assert any("| 10 | 100 | 101 / 103 / 105 |" in line for line in rows)
    assert any("| 150 | 50 | 101 / 103 / (110) |" in line for line in rows)


def test_the_page_shows_every_picture_that_is_drawn(found: Result, tmp_path: Path) -> None:
    folder = tmp_path / "benchmarks"
    folder.mkdir()
    write(found, [], None, tmp_path / "benchmarks.md", folder)
    page = (tmp_path / "benchmarks.md").read_text()
    assert all(f"](benchmarks/{path.name})" in page for path in folder.glob("*.svg"))
    assert len(list(folder.glob("*.svg"))) == 4
    assert "Rated load: 150 calls a core" in document(found, [], None, ".")


def test_no_picture_calls_a_p99_what_is_one_of_few_values(found: Result) -> None:
    many = replace(
        found.gateway[1], voice_to_voice_ms=Spread(100, 805.0, 820.0, 830.0, 840.0), onset_to_clear_ms=Spread(100, 101, 103, 105, 110)
    )
    drawn = {name: picture for name, _, picture in pictures(found)}
    assert drawn["voice-to-voice"].count("805 / 840") == 7
    dashed = drawn["clear"].count("stroke-dasharray")
    found.gateway[1:] = [many, replace(many, calls=200)]
    drawn = {name: picture for name, _, picture in pictures(found)}
    assert (drawn["voice-to-voice"].count("805 / 830"), drawn["voice-to-voice"].count("805 / 840")) == (2, 5)
    assert drawn["clear"].count("stroke-dasharray") == dashed + 1


def test_a_run_without_a_single_answer_has_its_pictures(found: Result) -> None:
    found.no_drafts[0] = replace(found.no_drafts[0], parts_ms=parts_of([]))
    assert "own-share" not in {name for name, _, _ in pictures(found)}
    nothing = Spread(0, None, None, None, None)
    found.gateway, found.bare, found.no_drafts = [replace(level("gateway", 1), voice_to_voice_ms=nothing)], [], []
    assert len(list(pictures(found))) == 3


def test_levels_as_shipped_are_in_the_tables_and_the_settings_of_all_others_in_the_method(found: Result) -> None:
    found.shipped.append(level("gateway as shipped", 150))
    assert len([line for line in tables(found) if line.startswith("| gateway as shipped | 150 |")]) == 4
    assert all(f"`{name}={value}`" in document(found, [], None, ".") for name, value in SETTINGS.items())


def test_what_the_benchs_own_core_did_is_told_of_each_level(found: Result) -> None:
    found.gateway[1] = BUSY
    assert "| gateway with drafts | 150 | 40% | 30% | 10% | 80% | 10% / 20% / 30% | 30 / 60 / 90 | 60.0 | 1 |" in list(tables(found))
    told = "shared out so: workers 30%, Redis 10%, callers 40%; workers waited for it up to 30% of the time; at times"
    assert any(told in line for line in verdict(found))


def test_what_an_older_result_does_not_have_is_no_figure_of_it(found: Result) -> None:
    found.gateway[1] = replace(BUSY, callers_busy=None, workers_waited=None, load_level=None)
    assert "| gateway with drafts | 150 | - | 30% | 10% | - | - | 30 / 60 / 90 | 60.0 | - |" in list(tables(found))
    assert any("callers not noted." in line for line in verdict(found))


def test_the_verdict_says_whether_the_shipped_settings_held(found: Result) -> None:
    assert any("a greeting) no load was measured." in line for line in verdict(found))
    found.shipped = [level("gateway as shipped", 150), replace(level("gateway as shipped", 250), unanswered=1)]
    assert any("150 calls held (0.150), 250 calls **did not hold** (0.150)" in line for line in verdict(found))


def test_a_level_in_which_nobody_cut_in_or_was_answered_is_not_said_to_have_held(found: Result) -> None:
    nothing = Spread(0, None, None, None, None)
    found.no_drafts = [replace(level("gateway", 1), onset_to_clear_ms=nothing), replace(level("gateway", 1), utterances=0)]
    assert len([line for line in tables(found) if line.startswith("| gateway | 1 |") and line.endswith("| not known |")]) == 2


def test_what_callers_heard_too_much_is_told(found: Result) -> None:
    found.gateway[0] = replace(level("gateway with drafts", 10), extra_answers=7)
    assert any(line.startswith("| gateway with drafts | 10 | 50 |") and "| 0 | 7 | - | - |" in line for line in tables(found))


def test_a_share_that_counts_from_elsewhere_is_not_told(found: Result) -> None:
    found.silero.append(level("gateway with Silero", 10))
    told = next(line for line in tables(found) if line.startswith("| gateway with Silero | 10 | 50 |"))
    assert "| 805 / 820 / (840) | - | 0 |" in told


def test_levels_without_drafts_are_in_the_table_of_the_frame_clock(found: Result) -> None:
    clocks = "\n".join(tables(found)).partition("## Frame clock")[2].partition("## ")[0]
    assert "| gateway | 10 | 9 | 0 | 0 | 0.0 | 148.0 / 110.0 | 8 / (38) | 2 / 5 |" in clocks


def test_our_rows_stand_beside_those_of_others(found: Result) -> None:
    found.shipped.append(level("gateway as shipped", 150, 0.25))
    rows = [line for line in reference(found) if line.startswith("| **this run")]
    assert [row.partition(" | ")[0] for row in rows] == [
        "| **this run: bare loop**", "| **this run: bare loop**", "| **this run: gateway with drafts**",
        "| **this run: gateway as shipped**",
    ]  # fmt: skip
    assert rows[-1].endswith(" | 0.250 | 150 held | 0.07 | 101 / 105 | 805 / 830 |")
    assert any("**two** exchanges a minute, ours have **four**" in line for line in reference(found))


def test_the_page_is_what_the_bench_makes_of_the_kept_results() -> None:
    *earlier, newest = results.kept_in(KEPT)
    page = KEPT.with_suffix(".md")
    assert page.read_text(encoding="utf-8") == page_about(newest, earlier, kept_soak(KEPT), page, KEPT), "make bench ARGS=--page"


# --- Soak


def sample(at_s: float, memory_mb: float) -> Sample:
    return Sample(at_s, 5, {"gateway": memory_mb}, {"gateway": 20}, 7, {"asr": 1})


def soak(growth_mb_per_h: float) -> Soak:
    samples = [sample(at, 100 + growth_mb_per_h * at / 3600 + (50 if at < 600 else 0)) for at in range(0, 1800, 5)]
    return Soak("2026-11-23T01:00Z", MACHINE, 5, 99, 0, sample(0, 80), samples, sample(1830, 100))


def test_what_grows_in_the_warm_up_does_not_count() -> None:
    assert soak(0).growth("gateway").per_hour == pytest.approx(0, abs=1e-9)


def test_growth_is_told_in_percent_an_hour() -> None:
    assert soak(5).growth("gateway").per_hour == pytest.approx(5, rel=0.03)


@pytest.mark.parametrize(("growth", "word"), [(1, "reached"), (20, "missed")])
def test_whether_the_goal_was_reached_is_told(growth: float, word: str) -> None:
    assert any(line.startswith("| gateway |") and f"| {word} |" in line for line in soaked.told(soak(growth)))


def test_a_soak_says_whether_calls_were_served() -> None:
    answered, waits, early = (
        Said(over_bot=False, began_at=0.0, decided_at=at, answered_at=answer) for at, answer in ((1, 2), (5, None), (8, None))
    )
    served = Served().with_call([answered, waits, early], now=11.0)
    assert served == Served(answered=1, unanswered=1)
    good, bad = (replace(soak(0), served=each, ends={"replied": 1}) for each in (Served(answered=1), served))
    assert any(line.startswith("Were calls served: **yes**; 1 answers, 0 utterances") for line in soaked.told(good))
    assert any(line.startswith("Were calls served: **no**; 1 answers, 1 utterances") for line in soaked.told(bad))
    assert any("**no**" in line for line in soaked.told(replace(good, ends={"fallback": 1})))
    assert any("**no**" in line for line in soaked.told(replace(good, served=Served())))


def test_keys_of_calls_that_are_over_for_longer_than_they_live_are_told() -> None:
    old, new, live = (f"CA{number:032x}" for number in range(3))
    names = [f"t:{{s0}}:{kind}:{call}:1" for kind in ("done", "ev") for call in (old, new, live)] + ["t:{s0}:asr", f"t:{{s0}}:odd:{old}"]
    found = left_of(names, {old: 0.0, new: 900.0}, now=1000.0)
    assert found == {"done": Left(3, overdue=1), "ev": Left(3), "odd": Left(1, overdue=1)}
    assert any(
        "`ev` 3, `odd` 1. Of calls" in line and "2 (**left behind**: `done` 1, `odd` 1)" in line
        for line in soaked.told(replace(soak(0), left=found))
    )
    assert any("0 (exact)" in line for line in soaked.told(replace(soak(0), left={"ev": Left(3)})))


def test_keys_that_never_expire_are_told_by_kind() -> None:
    left = replace(soak(0), after=replace(sample(1830, 100), endless={"{s0}:asr": 1}))
    assert "Keys that never expire, by kind, half a minute after the last call: `{s0}:asr` 1." in soaked.told(left)


def test_a_soak_that_was_kept_is_told_with_its_picture(tmp_path: Path) -> None:
    soaked.save(soak(5), tmp_path / "kept" / "soak")
    kept = soaked.kept_soak(tmp_path / "kept")
    assert kept == soak(5)
    page, folder = tmp_path / "benchmarks.md", tmp_path / "benchmarks"
    folder.mkdir()
    write(result(), [], kept, page, folder)
    assert "99 over all" in page.read_text()
    assert "](benchmarks/soak/soak.svg)" in page.read_text()
    assert (folder / "soak" / "soak.svg").read_text().startswith("<svg")
    assert soaked.kept_soak(tmp_path / "elsewhere") is None


def missed(of: Soak) -> list[str]:
    """What of a soak stands in "What is slower than hoped"."""
    return [line for line in shortfalls(result(), of) if line.startswith("- Soak")]


def test_what_a_soak_missed_and_what_is_not_sure_is_told_with_the_other_goals() -> None:
    short = "- Soak: No run of three hours is kept: whether it grows by less than 1 % an hour in such a one is not known."
    assert missed(soak(1)) == [short]
    assert missed(soak(20))[0].startswith("- Soak: memory of gateway grows by +18.")
    assert missed(soak(20))[0].endswith(", the goal is 3: missed.")
    assert missed(replace(soak(1), lost=2, served=Served(), ends={}, left={"ev": Left(3, overdue=1)})) == [
        "- Soak: not every caller was served.",
        "- Soak: 2 calls lost, the goal is 0.",
        "- Soak: 1 keys of calls left behind, the goal is 0.",
        short,
    ]
    long = replace(soak(0.5), samples=[sample(at, 100 + at / 36000) for at in range(0, 10800, 60)])
    assert missed(long) == []


def test_descriptors_and_consumers_of_a_soak_are_judged() -> None:
    assert any("before the first: exact." in line for line in soaked.told(soak(1)))
    assert "Consumers of each stage's group at the end: asr 1 (exact)." in soaked.told(soak(1))
    more = replace(soak(1), after=replace(sample(1830, 100), descriptors={"gateway": 35}, consumers={"asr": 3}))
    assert "Consumers of each stage's group at the end: asr 3 (**not as before**)." in soaked.told(more)
    assert missed(more)[0] == "- Soak: 2 consumers more than before, the goal is 0."
    assert "gateway +15 (not sure: no more than connections that stay open); the goal is as many." in missed(more)[1]
    leak = replace(soak(1), after=replace(sample(1830, 100), descriptors={"gateway": 53}))
    assert "gateway +33 (**left behind**)" in missed(leak)[0]


def test_a_soak_says_where_and_with_what_it_ran() -> None:
    about = next(line for line in soaked.told(soak(1)) if "99 over all" in line)
    assert "a processor, 2 cores, Linux 6.1, Python 3.11.7, load 0.1, 0.2, 0.3. Settings as in Method, but for `VAD=silero`." in about


def test_a_soaks_picture_has_each_process_beside_its_own_mean_and_not_redis() -> None:
    looks = [
        Sample(at, 5, {"gateway": mb, "asr_worker": mb, "redis": 2.0 + at}, {}, 7, {})
        for at, mb in ((0, 80), (600, 100), (1200, 100), (1800, 100))
    ]
    picture = soaked.drawn(replace(soak(0), samples=looks, before=looks[0]))
    assert re.findall(r'y="36.0">([^<]+)<', picture) == ["warm-up's end", "gateway", "asr"]
    assert re.findall(r'text-anchor="end"[^>]*>(\d+)<', picture) == ["80", "85", "90", "95", "100"]
