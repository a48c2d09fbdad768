"""Whether a stream keeps up with being heard."""

import pytest

from common.pace import Pace

Came = tuple[float, float | None]
"""How long a piece was waited for, and how long it is heard."""


def too_slow(*pieces: Came) -> bool:
    pace = Pace()
    for waited_s, sounds_s in pieces:
        pace.came(waited_s, sounds_s)
    return pace.too_slow


def test_before_the_first_piece_nothing_is_slow() -> None:
    assert not too_slow()


def test_what_the_first_piece_takes_does_not_count() -> None:
    assert not too_slow((3.0, 0.1))


@pytest.mark.parametrize(("pieces", "slow"), [(1, False), (2, True)])
def test_a_tenth_of_a_second_each_second_and_a_bit_is_too_slow(pieces: int, slow: bool) -> None:
    assert too_slow((0.5, 0.1), *pieces * [(1.2, 0.1)]) is slow


def test_real_time_is_fast_enough() -> None:
    assert not too_slow(*100 * [(1.0, 1.0)])


def test_what_is_ahead_may_pause() -> None:
    assert not too_slow((0.1, 5.0), (6.0, 0.1))


def test_what_is_not_heard_takes_no_time() -> None:
    assert not too_slow((0.1, 0.1), (9.0, None), (0.1, 0.1))


def test_what_comes_before_the_first_sound_is_not_it() -> None:
    assert not too_slow((0.1, None), (3.0, 0.1))
