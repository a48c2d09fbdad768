"""Cut-offs, latency and takeovers, on calls made by hand."""

import pytest

from tests.bench.turns.made_calls import AT_S, outcome, says, scene
from tests.bench.turns.outcome import Heard
from tests.bench.turns.scene import Kind
from tests.bench.turns.score_pauses import Point, fewest_cut_offs, in_pauses, point, quickest
from tests.bench.turns.scored import Count, Scored

PAUSE = (1.0, 1.6)
VOICE_S = 3.0


def scores(*heard: Heard, commits: tuple[float, ...]) -> dict[str, Scored]:
    made = scene(Kind.UTTERANCE, voice_s=VOICE_S, pauses=(PAUSE,))
    return {each.metric: each for each in in_pauses(made, outcome(made, heard, commits=commits))}


def test_a_commit_in_a_pause_cuts_it_off() -> None:
    assert not scores(commits=(AT_S + 1.5, AT_S + 4.0))["cut-off"].good
    assert not scores(commits=(AT_S + 1.6, AT_S + 4.0))["cut-off"].good


def test_a_commit_beside_a_pause_does_not() -> None:
    assert scores(commits=(AT_S + 0.9, AT_S + 1.7, AT_S + 4.0))["cut-off"].good


def test_the_latency_is_the_silence_until_the_commit_cut_off_or_not() -> None:
    assert scores(commits=(AT_S + 1.5, AT_S + 4.0))["end"].latency_s == pytest.approx(1.0)


def test_a_turn_that_never_ends_has_no_latency() -> None:
    found = scores(commits=())["end"]
    assert not found.good
    assert found.latency_s is None


def test_any_sound_of_the_bot_before_the_caller_is_done_takes_over() -> None:
    assert not scores(says(AT_S + 2.9, 20.0), commits=())["takeover"].good
    assert scores(says(AT_S + 3.1, 20.0), commits=())["takeover"].good


def test_only_utterances_have_pauses_and_only_those_with_a_pause_are_taken_over() -> None:
    answer, plain = scene(Kind.ANSWER), scene(Kind.UTTERANCE)
    assert not list(in_pauses(answer, outcome(answer)))
    assert [each.metric for each in in_pauses(plain, outcome(plain))] == ["end"]


def test_a_setting_is_a_point_of_its_cut_offs_and_its_mean_latency() -> None:
    made = scene(Kind.UTTERANCE, voice_s=VOICE_S, pauses=(PAUSE, (2.0, 2.5)))
    events = [*in_pauses(made, outcome(made, commits=(AT_S + 1.5, AT_S + 3.4))), *in_pauses(made, outcome(made, commits=(AT_S + 3.6,)))]
    found = point("fixed", events)
    assert found.cut_off == Count(1, 4)
    assert found.latency_s == pytest.approx(0.5)


POINTS = [Point("0.3 s", Count(50, 100), 0.3), Point("0.6 s", Count(20, 100), 0.6), Point("1 s", Count(5, 100), 1.0)]


def test_within_a_latency_the_fewest_cut_offs_are_best() -> None:
    assert fewest_cut_offs(POINTS, 0.6) is POINTS[1]
    assert fewest_cut_offs(POINTS, 0.2) is None


def test_within_a_share_of_cut_offs_the_quickest_is_best() -> None:
    assert quickest(POINTS, 0.05) is POINTS[2]
    assert quickest(POINTS, 0.5) is POINTS[0]
    assert quickest(POINTS[:2], 0.05) is None
