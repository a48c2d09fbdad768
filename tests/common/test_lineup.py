"""Vendors in order, on a virtual clock: who is asked, for how long, and what is told of a failure."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from prometheus_client import REGISTRY

from common.errors import ConfigError, KeyRefused, TorimError, VendorError
from common.lineup import Lineup
from common.vendor_stream import closing
from tests.virtual_clock import run

DOWN = VendorError("v", "http_500", retryable=True)
REFUSED = VendorError("v", "http_401", retryable=False)
WAIT = VendorError("v", "http_429", retryable=True, wait_s=30.0)

Step = str | float | TorimError
"""A piece, a pause in seconds, or a failure."""


class Scripted:
    """A vendor that follows its scripts, one a request; the last one is used again."""

    def __init__(self, *scripts: list[Step], warm: TorimError | None = None) -> None:
        self.asked_at_s: list[float] = []
        self.closed = False
        self.left = 0
        """Requests that were left before their end."""
        self._scripts = list(scripts) or [[]]
        self._warm = warm

    async def warm_up(self) -> None:
        if self._warm is not None:
            raise self._warm

    async def answer(self) -> AsyncIterator[str]:
        self.asked_at_s.append(asyncio.get_running_loop().time())
        script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
        try:
            for step in script:
                match step:
                    case str():
                        yield step
                    case float():
                        await asyncio.sleep(step)
                    case error:
                        raise error
        except (asyncio.CancelledError, GeneratorExit):
            self.left += 1
            raise

    async def word(self) -> str:
        async for piece in self.answer():
            return piece
        return ""

    async def close(self) -> None:
        self.closed = True


def lineup(*vendors: Scripted, may_be_empty: bool = True) -> Lineup[Scripted]:
    names = ("first", "second", "third")
    return Lineup("llm", list(zip(names, vendors, strict=False)), may_be_empty=may_be_empty)


async def heard(line: Lineup[Scripted], into: list[str] | None = None) -> tuple[list[str], float]:
    """What came, and when it was through."""
    got = [] if into is None else into
    async for piece in line.stream(lambda vendor: vendor.answer()):
        got.append(piece)
    return got, asyncio.get_running_loop().time()


def failure(line: Lineup[Scripted]) -> tuple[VendorError, float]:
    """How a request fails, and when."""

    async def fails() -> tuple[VendorError, float]:
        with pytest.raises(VendorError) as failed:
            await heard(line)
        return failed.value, asyncio.get_running_loop().time()

    return run(fails())


# --- Who is asked


def test_the_first_vendor_answers() -> None:
    second = Scripted(["two"])
    assert run(heard(lineup(Scripted(["one", "more"]), second))) == (["one", "more"], 0)
    assert not second.asked_at_s


@pytest.mark.parametrize("error", [DOWN, REFUSED, WAIT])
def test_a_failure_before_the_first_piece_goes_to_the_next_at_once(error: VendorError) -> None:
    assert run(heard(lineup(Scripted([error]), Scripted(["two"])))) == (["two"], 0)


def test_one_that_says_nothing_has_its_equal_share_of_the_time() -> None:
    silent, last = Scripted([9.0]), Scripted(["two"])
    assert run(heard(lineup(silent, last))) == (["two"], 1.6)
    assert silent.left == 1


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
