"""Vendors in order, on a virtual clock: what is held against one, for how long, and what operators see of it."""

import asyncio

import pytest
from prometheus_client import REGISTRY

from common.errors import VendorError
from common.vendor_stream import closing
from tests.common.lined_up import DOWN, FILTERED, NO_SUCH_MODEL, WAIT, Scripted, Step, failure, heard, lineup, times, worded
from tests.virtual_clock import run

UNREADABLE = VendorError("first", "x", retryable=False, blame="settings", why="came y")

# --- Whose fault it is


@pytest.mark.parametrize("error", [FILTERED, NO_SUCH_MODEL])
def test_what_one_request_is_refused_switches_nobody_off(error: VendorError) -> None:
    first = Scripted(*9 * [times(1, error)], ["one"])

    async def often() -> list[str]:
        line = lineup(first)
        for _ in range(9):
            with pytest.raises(VendorError):
                await heard(line)
            await asyncio.sleep(1)
        return (await heard(line))[0]

    assert run(often()) == ["one"]


@pytest.mark.parametrize("error", [FILTERED, NO_SUCH_MODEL])
def test_what_one_request_is_refused_is_asked_of_the_next(error: VendorError) -> None:
    assert run(heard(lineup(Scripted([error]), Scripted(["two"])))) == (["two"], 0)


def test_a_trial_that_is_refused_for_its_request_leaves_the_next_one_a_trial() -> None:
    async def trials() -> list[str]:
        line = lineup(Scripted([WAIT], [FILTERED], ["one"]), Scripted(["two"]))
        await heard(line)
        await asyncio.sleep(30)
        await heard(line)
        return (await heard(line))[0]

    assert run(trials()) == ["one"]


def test_a_refusal_in_mid_answer_is_not_tried_again_where_there_is_no_other() -> None:
    assert not failure(lineup(Scripted(["one", FILTERED])))[0].retryable


def test_a_refusal_in_mid_answer_goes_to_another_vendor_and_counts_no_further() -> None:
    async def often() -> list[list[str]]:
        refused_half: list[Step] = ["one", FILTERED]
        line = lineup(Scripted(*4 * [refused_half], ["one"]), Scripted(["two"]))
        answers = []
        for _ in range(4):
            with pytest.raises(VendorError) as refused:
                await heard(line)
            assert refused.value.retryable
            answers.append((await heard(line))[0])
            await asyncio.sleep(3)
        return [*answers, (await heard(line))[0]]

    assert run(often()) == [*4 * [["two"]], ["one"]]


@pytest.mark.parametrize(
    ("error", "level", "told"),
    [
        (FILTERED, "WARNING", "stage=llm vendor=first what=request_refused error=http_400 after_ms=0 next=second standing=well rests_s=0"),
        (NO_SUCH_MODEL, "ERROR", "stage=llm vendor=first what=misconfigured error=http_404 after_ms=0 next=second standing=well rests_s=0"),
        (
            UNREADABLE,
            "ERROR",
            "stage=llm vendor=first what=misconfigured error=x after_ms=0 next=second standing=well rests_s=0 why=came y",
        ),
    ],
)
def test_whose_fault_it_is_is_told(error: VendorError, level: str, told: str, caplog: pytest.LogCaptureFixture) -> None:
    run(heard(lineup(Scripted([error]), Scripted(["two"]))))
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [(level, told)]


# --- Over many requests


def test_a_vendor_that_rests_is_not_asked() -> None:
    first = Scripted([WAIT])

    async def twice() -> None:
        line = lineup(first, Scripted(["two"]))
        await heard(line)
        await asyncio.sleep(29)
        await heard(line)

    run(twice())
    assert first.asked_at_s == [0]


def test_a_vendor_that_asks_for_time_has_it_though_an_older_answer_ends_well() -> None:
    first = Scripted([0.2, "a long answer", 1.0, " and its end"], [WAIT], ["too early"])

    async def under_load() -> list[str]:
        line = lineup(first, Scripted(["two"]))

        async def at(seconds: float) -> str:
            await asyncio.sleep(seconds)
            return "".join((await heard(line))[0])

        answers = await asyncio.gather(*map(at, (0.0, 0.5, 2.0)))
        assert told("torim_vendor_resting") == 1
        return answers

    assert (run(under_load()), first.asked_at_s) == (["a long answer and its end", "two", "two"], [0.0, 0.5])


def test_a_vendor_is_the_first_again_after_its_rest() -> None:
    async def twice() -> tuple[list[str], float]:
        line = lineup(Scripted([WAIT], ["one"]), Scripted(["two"]))
        await heard(line)
        await asyncio.sleep(30)
        return await heard(line)

    assert run(twice()) == (["one"], 30)


def test_where_all_rest_the_failure_comes_at_once_and_is_final() -> None:
    async def twice() -> tuple[VendorError, float]:
        line = lineup(Scripted([WAIT]))
        with pytest.raises(VendorError):
            await heard(line)
        with pytest.raises(VendorError) as failed:
            await heard(line)
        return failed.value, asyncio.get_running_loop().time()

    error, at_s = run(twice())
    assert (error.kind, error.retryable, at_s) == ("resting", False, 0)


def test_where_all_rest_each_is_tried_again_before_its_time() -> None:
    async def twice() -> tuple[list[str], float]:
        line = lineup(Scripted([WAIT], ["one"]))
        with pytest.raises(VendorError):
            await heard(line)
        await asyncio.sleep(3)
        return await heard(line)

    assert run(twice()) == (["one"], 3)


def test_where_all_rest_one_trial_does_not_shut_the_others_out() -> None:
    async def together() -> list[list[str]]:
        line = lineup(Scripted([WAIT], [1.0, "one"]))
        with pytest.raises(VendorError):
            await heard(line)
        await asyncio.sleep(3)
        return [got for got, _ in await asyncio.gather(heard(line), heard(line))]

    assert run(together()) == [["one"], ["one"]]


def test_a_vendor_that_asks_for_time_is_not_tried_again_meanwhile() -> None:
    assert not failure(lineup(Scripted([WAIT])))[0].retryable


def test_a_request_that_is_left_says_nothing_of_the_vendor() -> None:
    first = Scripted(["one", 9.0], ["again"])

    async def leave() -> tuple[list[str], float]:
        line = lineup(first, Scripted(["two"]))
        async with closing(line.stream(lambda vendor: vendor.answer())) as pieces:
            await anext(pieces)
        return await heard(line)

    assert (run(leave()), first.left) == ((["again"], 0), 1)


# --- What the alarms look at


def told(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, {"stage": "llm", "vendor": "first"} | labels)


@pytest.mark.parametrize("kind", ["timeout", "http_429", "unavailable"])
def test_failures_are_counted_from_none_on(kind: str) -> None:
    lineup(Scripted())
    assert told("torim_vendor_failures_total", kind=kind) is not None


def test_a_vendor_that_rests_is_told_until_it_answers_again() -> None:
    async def rests() -> list[float | None]:
        line, found = lineup(Scripted([WAIT], ["well"])), [told("torim_vendor_resting")]
        with pytest.raises(VendorError):
            await heard(line)
        found.append(told("torim_vendor_resting"))
        await asyncio.sleep(31)
        found.append(told("torim_vendor_resting"))
        await heard(line)
        return [*found, told("torim_vendor_resting")]

    assert run(rests()) == [0, 1, 1, 0]


# --- Answers in one piece, as of a recogniser


def test_an_answer_in_one_piece_ends_a_row_of_failures() -> None:
    async def now_and_then() -> float | None:
        fails: list[Step] = [DOWN]
        answers: list[Step] = ["word"]
        line = lineup(Scripted(*4 * [fails, answers]), Scripted(["two"]))
        for _ in range(8):
            await worded(line)
            await asyncio.sleep(4)
        return told("torim_vendor_resting")

    assert run(now_and_then()) == 0


def test_an_answer_in_one_piece_ends_a_rest() -> None:
    async def rests() -> list[float | None]:
        line = lineup(Scripted([WAIT], ["word"]), Scripted(["two"]))
        await worded(line)
        found = [told("torim_vendor_resting")]
        await asyncio.sleep(31)
        await worded(line)
        return [*found, told("torim_vendor_resting")]

    assert run(rests()) == [1, 0]


def test_after_its_trial_a_recogniser_is_asked_by_many_at_once_again() -> None:
    first = Scripted([WAIT], ["word"], [0.5, "word"])

    async def together() -> list[str]:
        line = lineup(first, Scripted(["two"]))
        await worded(line)
        await asyncio.sleep(31)
        await worded(line)
        return [word for word, _ in await asyncio.gather(*(worded(line) for _ in range(3)))]

    assert (run(together()), len(first.asked_at_s)) == (["word"] * 3, 5)
