"""Vendors in order, on a virtual clock: who is asked, for how long, and what is told of a failure."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from prometheus_client import REGISTRY

from common.errors import ConfigError, KeyRefused, TorimError, VendorError
from common.lineup import Lineup
from common.vendor_stream import Working, alive, closing
from tests.virtual_clock import run

DOWN = VendorError("v", "http_500", retryable=True)
REFUSED = VendorError("v", "http_401", retryable=False)
WAIT = VendorError("v", "http_429", retryable=True, wait_s=30.0)
FILTERED = VendorError("v", "http_400", retryable=False, blame="request")
NO_SUCH_MODEL = VendorError("v", "http_404", retryable=False, blame="settings")
CALLING = Working(15.0, on="book")


class Sign:
    """Of life."""


SIGN = Sign()
Step = str | float | TorimError | Working | Sign
"""A piece, a pause in seconds, a failure, or what shows that it is at work."""


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

    async def answer(self) -> AsyncIterator[str | Working]:
        self.asked_at_s.append(asyncio.get_running_loop().time())
        script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
        try:
            for step in script:
                match step:
                    case str() | Working():
                        yield step
                    case float():
                        await asyncio.sleep(step)
                    case Sign():
                        alive()
                    case error:
                        raise error
        except (asyncio.CancelledError, GeneratorExit):
            self.left += 1
            raise

    async def word(self) -> str:
        async for piece in self.answer():
            return str(piece)
        return ""

    async def close(self) -> None:
        self.closed = True


def times(count: int, *steps: Step) -> list[Step]:
    return count * list(steps)


def lineup(*vendors: Scripted, may_be_empty: bool = True, servers: dict[str, str] | None = None) -> Lineup[Scripted]:
    names = ("first", "second", "third")
    return Lineup("llm", list(zip(names, vendors, strict=False)), may_be_empty=may_be_empty, servers=servers)


def sounds_s(piece: str | Working) -> float | None:
    """A tenth of a second a letter."""
    return len(piece) / 10 if isinstance(piece, str) else None


async def heard(line: Lineup[Scripted], into: list[str] | None = None) -> tuple[list[str], float]:
    """What came, and when it was through."""
    got = [] if into is None else into
    async for piece in line.stream(lambda vendor: vendor.answer(), sounds_s):
        if isinstance(piece, str):
            got.append(piece)
    return got, asyncio.get_running_loop().time()


async def worded(line: Lineup[Scripted]) -> tuple[str, float]:
    """The answer in one piece, and when it came."""
    return await line.ask(lambda vendor: vendor.word()), asyncio.get_running_loop().time()


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
    ],
)
def test_whose_fault_it_is_is_told(error: VendorError, level: str, told: str, caplog: pytest.LogCaptureFixture) -> None:
    run(heard(lineup(Scripted([error]), Scripted(["two"]))))
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [(level, told)]


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
