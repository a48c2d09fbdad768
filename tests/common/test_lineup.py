"""Vendors in order, on a virtual clock: who is asked, for how long, and what is told of a failure."""

import asyncio

import pytest

from common.errors import ConfigError, KeyRefused, VendorError
from tests.common.lined_up import DOWN, REFUSED, SIGN, WAIT, Scripted, failure, heard, lineup, times
from tests.virtual_clock import run

# --- Who is asked


def test_the_first_vendor_answers() -> None:
    second = Scripted(["two"])
    assert run(heard(lineup(Scripted(["one", "more"]), second))) == (["one", "more"], 0)
    assert not second.asked_at_s


@pytest.mark.parametrize("error", [DOWN, REFUSED, WAIT])
def test_a_failure_before_the_first_piece_goes_to_the_next_at_once(error: VendorError) -> None:
    assert run(heard(lineup(Scripted([error]), Scripted(["two"])))) == (["two"], 0)


def test_one_that_says_nothing_has_half_of_the_time() -> None:
    silent, last = Scripted([9.0]), Scripted(["two"])
    assert run(heard(lineup(silent, last))) == (["two"], 1.6)
    assert silent.left == 1


def test_the_first_one_has_as_much_of_three_as_of_two() -> None:
    second, third = Scripted([9.0]), Scripted([9.0])
    failure(lineup(Scripted([9.0]), second, third))
    assert second.asked_at_s + third.asked_at_s == pytest.approx([1.6, 2.4])


def test_a_server_that_is_silent_is_not_waited_for_twice() -> None:
    line = lineup(Scripted([9.0]), Scripted(["two"]), Scripted([1.5, "three"]), servers={"second": "first"})
    assert run(heard(line)) == (["three"], 3.1)


def test_a_server_that_refuses_is_asked_by_its_other_name() -> None:
    line = lineup(Scripted([DOWN]), Scripted(["two"]), Scripted(["three"]), servers={"second": "first"})
    assert run(heard(line)) == (["two"], 0)


def test_where_nobody_else_is_left_the_silent_server_is_asked_again() -> None:
    assert run(heard(lineup(Scripted([9.0]), Scripted(["two"]), servers={"second": "first"}))) == (["two"], 1.6)


def test_who_would_have_no_time_is_not_asked() -> None:
    second = Scripted(["two"])
    failure(lineup(Scripted(times(9, SIGN, 1.0)), second))
    assert not second.asked_at_s


def test_the_last_one_has_all_the_time_that_is_left() -> None:
    assert failure(lineup(Scripted([0.2, DOWN]), Scripted([9.0])))[1] == pytest.approx(3.2)


def test_where_all_fail_the_last_failure_is_told() -> None:
    assert failure(lineup(Scripted([DOWN]), Scripted([REFUSED])))[0].kind == "http_401"


def test_one_answer_is_asked_for_in_the_same_way() -> None:
    line = lineup(Scripted([DOWN]), Scripted(["two"]))
    assert run(line.ask(lambda vendor: vendor.word())) == "two"


# --- In mid-answer


def test_a_pause_between_pieces_is_limited() -> None:
    error, at_s = failure(lineup(Scripted(["one", 9.0])))
    assert (error.kind, at_s) == ("timeout", 1.5)


def test_what_broke_off_is_not_continued_by_another() -> None:
    second, got = Scripted(["two"]), list[str]()
    with pytest.raises(VendorError):
        run(heard(lineup(Scripted(["one", DOWN]), second), got))
    assert (got, second.asked_at_s) == (["one"], [])


def test_what_broke_off_may_be_tried_again_where_there_is_another() -> None:
    assert failure(lineup(Scripted(["one", REFUSED]), Scripted()))[0].retryable


def test_what_broke_off_for_good_is_not_tried_again_where_there_is_no_other() -> None:
    assert not failure(lineup(Scripted(["one", REFUSED])))[0].retryable


def test_the_next_attempt_goes_to_another_vendor() -> None:
    async def twice() -> tuple[list[str], float]:
        line = lineup(Scripted(["one", DOWN]), Scripted(["two"]))
        with pytest.raises(VendorError):
            await heard(line)
        return await heard(line)

    assert run(twice()) == (["two"], 0)


# --- No answer at all


def test_an_empty_answer_is_one_where_it_may_be() -> None:
    assert run(heard(lineup(Scripted([]), Scripted(["two"])))) == ([], 0)


def test_an_empty_answer_is_a_failure_where_it_may_not_be() -> None:
    assert run(heard(lineup(Scripted([]), Scripted(["two"]), may_be_empty=False))) == (["two"], 0)


# --- What is told


def test_a_failure_is_one_line_with_all_that_one_wants_to_know(caplog: pytest.LogCaptureFixture) -> None:
    run(heard(lineup(Scripted([0.25, WAIT]), Scripted(["two"]))))
    (line,) = [record.getMessage() for record in caplog.records]
    assert line == "stage=llm vendor=first what=vendor_failed error=http_429 after_ms=250 next=second standing=resting rests_s=30"


# --- Beginning and end


def test_one_warm_vendor_is_enough() -> None:
    run(lineup(Scripted(warm=DOWN), Scripted()).warm_up())


def test_one_that_was_not_warm_is_not_the_first_to_be_asked() -> None:
    async def begin() -> tuple[list[str], float]:
        line = lineup(Scripted(["one"], warm=DOWN), Scripted(["two"]))
        await line.warm_up()
        return await heard(line)

    assert run(begin()) == (["two"], 0)


def test_no_warm_vendor_is_told_as_the_first_ones_failure() -> None:
    with pytest.raises(VendorError, match="http_500"):
        run(lineup(Scripted(warm=DOWN), Scripted(warm=REFUSED)).warm_up())


def test_a_fault_of_the_operator_ends_the_start() -> None:
    with pytest.RaisesGroup(ConfigError):
        run(lineup(Scripted(), Scripted(warm=ConfigError("no"))).warm_up())


REFUSES = KeyRefused("OPENAI_API_KEY: refused by api.openai.com (HTTP 401)")


def test_a_key_that_is_refused_ends_the_start_of_a_vendor_that_is_alone() -> None:
    with pytest.raises(KeyRefused):
        run(lineup(Scripted(warm=REFUSES)).warm_up())


def test_keys_that_are_refused_by_all_end_the_start() -> None:
    with pytest.raises(KeyRefused):
        run(lineup(Scripted(warm=REFUSES), Scripted(warm=REFUSES)).warm_up())


def test_a_vendor_that_may_come_back_keeps_the_start_trying() -> None:
    with pytest.raises(VendorError, match="http_500"):
        run(lineup(Scripted(warm=REFUSES), Scripted(warm=DOWN)).warm_up())


def test_a_vendor_that_refuses_its_key_rests_where_another_is_warm() -> None:
    first = Scripted(["one"], warm=REFUSES)

    async def begin() -> tuple[list[str], float]:
        line = lineup(first, Scripted(["two"]))
        await line.warm_up()
        await asyncio.sleep(59)
        await heard(line)
        await asyncio.sleep(1)
        return await heard(line)

    assert (run(begin()), first.asked_at_s) == ((["one"], 60), [60])


def test_a_key_that_is_refused_is_told_with_the_setting(caplog: pytest.LogCaptureFixture) -> None:
    run(lineup(Scripted(warm=REFUSES), Scripted()).warm_up())
    assert [record.getMessage() for record in caplog.records] == [
        "stage=llm vendor=first what=key_refused why=OPENAI_API_KEY: refused by api.openai.com (HTTP 401)",
        "stage=llm vendor=first what=vendor_failed error=key_refused after_ms=0 next=none standing=resting rests_s=60",
    ]


def test_all_are_closed() -> None:
    vendors = Scripted(), Scripted()
    run(lineup(*vendors).close())
    assert [vendor.closed for vendor in vendors] == [True, True]
