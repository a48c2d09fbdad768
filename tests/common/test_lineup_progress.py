"""Vendors in order, on a virtual clock: who is at work is waited for, who drips is not."""

import asyncio

import pytest

from common.errors import VendorError
from common.lineup import Lineup
from common.vendor_stream import closing, given_up_after
from tests.common.lined_up import CALLING, SIGN, Scripted, failure, heard, lineup, sounds_s, times, worded
from tests.virtual_clock import run

# --- Signs of life


def test_an_answer_that_is_being_made_is_waited_for() -> None:
    assert run(worded(lineup(Scripted([1.0, SIGN, 1.0, "one"]), Scripted(["two"])))) == ("one", 2.0)


def test_a_sign_of_life_is_good_for_a_gap() -> None:
    assert run(worded(lineup(Scripted([1.0, SIGN, 9.0, "one"]), Scripted(["two"])))) == ("two", 2.5)


def test_signs_of_life_do_not_outlast_the_time_of_all() -> None:
    assert failure(lineup(Scripted(times(99, SIGN, 0.5))))[1] == 3.2


def test_a_sign_of_life_takes_nothing_away() -> None:
    assert run(worded(lineup(Scripted([SIGN, 3.1, "one"])))) == ("one", 3.1)


def test_a_call_that_is_being_written_has_its_own_time() -> None:
    second = Scripted(["two"])
    got, at_s = run(heard(lineup(Scripted(["one", *times(10, 1.2, CALLING), "end"]), second)))
    assert got == ["one", "end"]
    assert at_s == pytest.approx(12)
    assert not second.asked_at_s


def test_a_call_without_an_end_fails_when_its_time_is_over() -> None:
    error, at_s = failure(lineup(Scripted(times(99, 1.0, CALLING))))
    assert (error.kind, at_s) == ("timeout", 16)


def test_each_call_has_its_time_behind_what_was_said() -> None:
    assert run(heard(lineup(Scripted([*times(12, 1.0, CALLING), "one", *times(12, 1.0, CALLING)])))) == (["one"], 24)


def test_a_call_that_stops_being_written_has_stalled() -> None:
    assert failure(lineup(Scripted([CALLING, 9.0])))[1] == 1.5


# --- At under real time


def test_a_word_now_and_then_is_too_slow() -> None:
    error, at_s = failure(lineup(Scripted(times(9, "word ", 1.3)), Scripted()))
    assert (error.kind, error.retryable) == ("too_slow", True)
    assert at_s == pytest.approx(3 * 1.3)


def test_who_came_too_slowly_is_not_asked_for_the_rest() -> None:
    async def twice() -> list[str]:
        line = lineup(Scripted(times(9, "word ", 1.3)), Scripted(["the rest"]))
        with pytest.raises(VendorError):
            await heard(line)
        return (await heard(line))[0]

    assert run(twice()) == ["the rest"]


def test_who_is_ahead_may_take_its_time() -> None:
    assert run(heard(lineup(Scripted([20 * "word ", *times(9, 1.3, "word ")]))))[1] == pytest.approx(9 * 1.3)


def test_time_that_a_call_took_to_write_is_not_held_against_the_words() -> None:
    assert run(heard(lineup(Scripted(["one", *times(9, 1.3, CALLING), 0.5, "two"]))))[0] == ["one", "two"]


def test_a_reader_who_takes_his_time_makes_nobody_slow() -> None:
    async def slowly() -> int:
        count = 0
        async with closing(lineup(Scripted(times(9, "word "))).stream(lambda vendor: vendor.answer(), sounds_s)) as pieces:
            async for _ in pieces:
                await asyncio.sleep(5)
                count += 1
        return count

    assert run(slowly()) == 9


# --- Whoever asks gives up sooner


def asked_within(limit_s: float, line: Lineup[Scripted]) -> tuple[VendorError, float]:
    """How a request fails that is given up after so long, and when."""

    async def ask() -> None:
        async with asyncio.timeout(limit_s):
            with given_up_after(limit_s):
                await heard(line)

    async def fails() -> tuple[VendorError, float]:
        with pytest.raises(VendorError) as failed:
            await ask()
        return failed.value, asyncio.get_running_loop().time()

    return run(fails())


def test_a_vendor_has_failed_before_it_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    error, at_s = asked_within(2.0, lineup(Scripted([9.0])))
    assert (error.kind, error.retryable) == ("timeout", False)
    assert at_s == pytest.approx(1.9)
    assert [record.getMessage().partition(" after_ms")[0] for record in caplog.records] == [
        "stage=llm vendor=first what=vendor_failed error=timeout"
    ]


def test_the_first_of_two_has_its_time_nevertheless() -> None:
    second = Scripted(["two"])
    asked_within(2.0, lineup(Scripted([9.0]), Scripted([9.0]), second))
    assert not second.asked_at_s


def test_what_is_begun_in_time_may_take_longer() -> None:
    async def begins() -> list[str]:
        with given_up_after(2.0):
            return (await heard(lineup(Scripted(["a long word", 1.4, "another one", 1.4, "end"]))))[0]

    assert run(begins()) == ["a long word", "another one", "end"]


def test_outside_of_the_block_there_is_the_time_of_all_again() -> None:
    async def then() -> tuple[list[str], float]:
        with given_up_after(1.0):
            pass
        return await heard(lineup(Scripted([3.0, "one"])))

    assert run(then()) == (["one"], 3.0)


# --- What nobody foresaw


def test_what_a_client_was_not_made_for_is_asked_of_the_next() -> None:
    assert run(heard(lineup(Scripted([TypeError("no")]), Scripted(["two"])))) == (["two"], 0)


def test_what_a_client_was_not_made_for_is_told_as_a_failure_with_its_place(caplog: pytest.LogCaptureFixture) -> None:
    error, _ = failure(lineup(Scripted([TypeError("no")])))
    assert (error.kind, error.retryable) == ("TypeError", True)
    assert [(record.getMessage(), record.exc_info is not None) for record in caplog.records] == [
        ("stage=llm vendor=first what=unforeseen", True),
        ("stage=llm vendor=first what=vendor_failed error=TypeError after_ms=0 next=none standing=shunned rests_s=0", False),
    ]
