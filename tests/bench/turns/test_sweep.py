"""Curves of settings, with a stage that does as it is told."""

from collections.abc import Sequence

import pytest

from tests.bench.turns.made_calls import AT_S, VOICE_S, outcome, says, scene
from tests.bench.turns.outcome import Outcome
from tests.bench.turns.pictures import latency_against_cut_offs, shares_over_length, yield_against_ignoring
from tests.bench.turns.scene import Kind, Scene
from tests.bench.turns.sweep import cut_offs, operating_points, yields
from tests.bench.turns.trials import Trial, barging_in, endpointing


def many(kind: Kind, *, pauses: Sequence[tuple[float, float]] = (), of: int = 30) -> list[Scene]:
    return [scene(kind, name=f"en/{kind}/{number}", pauses=pauses) for number in range(of)]


PAUSED = many(Kind.UTTERANCE, pauses=((0.5, 1.1),))
OVER = [each for kind in (Kind.INTERRUPTION, Kind.BACKCHANNEL, Kind.VOCAL, Kind.RADIO) for each in many(kind)]


def commits_after_its_wait(scenes: Sequence[Scene], trial: Trial) -> list[Outcome]:
    """A bot that goes by silence alone; the pause lasts for 0.6 s."""
    cut = [AT_S + 0.5 + trial.at] if trial.at <= 0.6 else []
    return [outcome(each, commits=[*cut, AT_S + VOICE_S + trial.at]) for each in scenes]


def stops_after_its_wait(scenes: Sequence[Scene], trial: Trial) -> list[Outcome]:
    return [outcome(each, [says(8.0, AT_S + trial.at)]) for each in scenes]


def test_a_setting_has_its_cut_offs_and_its_latency() -> None:
    found = {each["setting"]: each for each in cut_offs(PAUSED, endpointing(), commits_after_its_wait)}
    assert (found["fixed, 0.6 s"]["cut"], found["fixed, 0.7 s"]["cut"], found["fixed, 0.7 s"]["pauses"]) == (30, 0, 30)
    assert found["fixed, 0.7 s"]["latency_s"] == pytest.approx(0.7)


def test_the_best_settings_of_each_series_are_its_operating_points() -> None:
    points = {name: rest for name, *rest in operating_points(cut_offs(PAUSED, endpointing(), commits_after_its_wait))}
    cut, quick = "100.0% (89%-100%)", "700 ms (fixed, 0.7 s)"
    assert points["silence alone"] == [cut, cut, quick, quick]


def test_of_fewer_than_30_pauses_there_are_no_operating_points() -> None:
    assert not list(operating_points(cut_offs(PAUSED[:29], endpointing(), commits_after_its_wait)))


def test_of_fewer_than_30_events_a_setting_has_counts_and_no_shares() -> None:
    (first, *_) = yields([scene(Kind.INTERRUPTION)], barging_in(), stops_after_its_wait)
    assert (first["counts"]["R_Y"], first["shares"], first["l_y_s"]) == ([1, 1], {}, None)


def test_a_setting_has_what_it_yields_to_and_what_it_ignores() -> None:
    found = {each["setting"]: each for each in yields(OVER, barging_in(), stops_after_its_wait)}
    shares = found["duck, 0.5 s of voice"]["shares"]
    assert [shares[metric] for metric in ("R_Y", "S_BC", "S_VT", "S_ND")] == [1.0, 0.0, 0.0, 0.0]
    assert found["duck, 0.9 s of voice"]["shares"]["S_BC"] == 1.0
    assert found["duck, 0.9 s of voice"]["l_y_s"] == pytest.approx(0.9)


def test_curves_are_drawn() -> None:
    curve = list(yields(OVER, barging_in(), stops_after_its_wait))
    pauses = list(cut_offs(PAUSED, endpointing(), commits_after_its_wait))
    assert latency_against_cut_offs(pauses, "tuning").startswith("<svg")
    assert shares_over_length(curve, "duck", "tuning").startswith("<svg")
    assert yield_against_ignoring(curve, "tuning").startswith("<svg")


def test_the_default_is_marked_in_each_curve() -> None:
    curve = list(yields(OVER, barging_in(), stops_after_its_wait))
    pauses = list(cut_offs(PAUSED, endpointing(), commits_after_its_wait))
    assert "the default: words, 0.7 s + 0.34 s" in latency_against_cut_offs(pauses, "tuning")
    assert all("the default" in shares_over_length(curve, mode, "tuning") for mode in ("hold", "duck"))
    assert "0.5, the default" in yield_against_ignoring(curve, "tuning")


def test_what_others_published_stands_in_the_curve_of_yielding() -> None:
    drawn = yield_against_ignoring(list(yields(OVER, barging_in(), stops_after_its_wait)), "tuning")
    assert "gpt-live-1<" in drawn
    assert "retail alone" not in drawn
