"""Twilio's buffer: order, time, marks, clear."""

import random
from itertools import pairwise

import pytest

from tools.caller.playout import UNDERRUN_MAX, UNDERRUN_MIN, Heard, Played, Playout, Returned


@pytest.fixture
def playout() -> Playout:
    return Playout()


def test_sound_is_heard_as_time_goes_by(playout: Playout) -> None:
    playout.sound(0, b"a" * 160)
    assert playout.play_until(100) == [Heard(0, b"a" * 100)]


def test_the_rest_is_heard_later(playout: Playout) -> None:
    playout.sound(0, b"a" * 160)
    playout.play_until(100)
    assert playout.play_until(500) == [Heard(100, b"a" * 60)]


def test_sound_is_heard_in_order_without_a_gap(playout: Playout) -> None:
    playout.sound(0, b"a" * 160)
    playout.sound(10, b"b" * 160)
    assert playout.play_until(320) == [Heard(10, b"a" * 150), Heard(160, b"b" * 160)]


def test_sound_after_silence_begins_when_it_comes(playout: Playout) -> None:
    playout.sound(0, b"a" * 160)
    playout.play_until(1000)
    playout.sound(1000, b"b" * 160)
    assert playout.play_until(2000) == [Heard(1000, b"b" * 160)]


def test_a_mark_comes_back_when_the_sound_before_it_was_played(playout: Playout) -> None:
    playout.sound(0, b"a" * 160)
    playout.mark(5, "m")
    assert playout.play_until(160) == [Heard(5, b"a" * 155), Returned(160, "m")]


def test_a_mark_does_not_come_back_before(playout: Playout) -> None:
    playout.sound(0, b"a" * 160)
    playout.mark(0, "m")
    assert playout.play_until(159) == [Heard(0, b"a" * 159)]


def test_a_mark_with_nothing_buffered_comes_back_at_once(playout: Playout) -> None:
    assert playout.mark(7, "m") == [Returned(7, "m")]


def test_the_deadline_is_the_next_mark(playout: Playout) -> None:
    playout.sound(0, b"a" * 160)
    playout.mark(0, "m")
    playout.sound(0, b"b" * 160)
    assert playout.deadline == 160


def test_without_a_mark_there_is_no_deadline(playout: Playout) -> None:
    playout.sound(0, b"a" * 160)
    assert playout.deadline is None


def test_clear_returns_all_waiting_marks_at_once(playout: Playout) -> None:
    playout.sound(0, b"a" * 160)
    playout.mark(0, "m")
    playout.sound(0, b"b" * 160)
    playout.mark(0, "n")
    assert playout.clear(0) == [Returned(0, "m", cleared=True), Returned(0, "n", cleared=True)]


def test_what_was_cleared_is_not_heard(playout: Playout) -> None:
    playout.sound(0, b"a" * 160)
    playout.clear(80)
    assert playout.play_until(1000) == []


def test_what_was_played_before_a_clear_was_heard(playout: Playout) -> None:
    playout.sound(0, b"a" * 160)
    assert playout.clear(80) == [Heard(0, b"a" * 80)]


def test_sound_after_a_clear_begins_at_once(playout: Playout) -> None:
    playout.sound(0, b"a" * 1600)
    playout.clear(80)
    playout.sound(80, b"b" * 160)
    assert playout.play_until(240) == [Heard(80, b"b" * 160)]


@pytest.mark.parametrize(("gap", "underruns"), [(0, 0), (UNDERRUN_MIN, 0), (UNDERRUN_MIN + 1, 1), (UNDERRUN_MAX - 1, 1), (UNDERRUN_MAX, 0)])
def test_a_gap_in_the_sound_is_an_underrun(playout: Playout, gap: int, underruns: int) -> None:
    playout.sound(0, b"a" * 160)
    playout.sound(160 + gap, b"b" * 160)
    assert playout.underruns == underruns


def test_a_gap_after_a_clear_is_none(playout: Playout) -> None:
    playout.sound(0, b"a" * 160)
    playout.clear(160)
    playout.sound(400, b"b" * 160)
    assert playout.underruns == 0


@pytest.mark.parametrize("seed", range(20))
def test_every_mark_comes_back_once_and_in_order_whatever_happens(seed: int) -> None:
    chance = random.Random(seed)
    playout, now, sent = Playout(), 0, 0
    happened: list[Played] = []
    for _ in range(400):
        now += chance.randrange(300)
        kind = chance.randrange(8)
        if kind < 4:
            happened += playout.sound(now, b"x" * chance.randrange(1, 400))
        elif kind < 6:
            happened += playout.mark(now, str(sent))
            sent += 1
        else:
            happened += playout.play_until(now) if kind == 6 else playout.clear(now)
    happened += playout.play_until(now + 10**6)
    assert [item.name for item in happened if isinstance(item, Returned)] == [str(number) for number in range(sent)]


@pytest.mark.parametrize("seed", range(20))
def test_no_two_sounds_are_heard_at_once(seed: int) -> None:
    chance = random.Random(seed)
    playout, now = Playout(), 0
    heard: list[Heard] = []
    for _ in range(400):
        now += chance.randrange(300)
        played = playout.sound(now, b"x" * chance.randrange(1, 400)) if chance.random() < 0.9 else playout.clear(now)
        heard += [item for item in played if isinstance(item, Heard)]
    assert all(first.at + len(first.sound) <= second.at for first, second in pairwise(heard))
