"""What a tool may be used for, whatever the model wants."""

import msgspec
import pytest

from common.agents.agent import Limit
from llm_worker.policy import refusal
from llm_worker.tools import spelled

LISTED = Limit(numbers=("+97245550100",))


class Taken(msgspec.Struct):
    what: str | None = ""
    more: dict[str, str] = {}


class Order(msgspec.Struct):
    quiet: bool


def refused(limit: Limit, taken: Taken, *made: str, spoken_numbers: bool = False) -> bool:
    return bool(refusal(limit, taken, spelled(taken), made, spoken_numbers=spoken_numbers))


def test_what_is_not_limited_may_be_used() -> None:
    assert not refused(Limit(), Taken("a table"))


@pytest.mark.parametrize(("what", "answer"), [("soup", False), ("soups", True), ("soup\n", True)])
def test_an_argument_has_to_match_as_a_whole(what: str, answer: bool) -> None:
    assert refused(Limit(arguments={"what": "soup"}), Taken(what)) is answer


def test_an_argument_that_was_left_out_has_to_match_nothing() -> None:
    assert not refused(Limit(arguments={"what": "soup"}), Taken(None))


@pytest.mark.parametrize(("quiet", "why"), [(True, ""), (False, "quiet may not be that here")])
def test_what_is_no_text_has_to_match_as_json(quiet: bool, why: str) -> None:
    assert refusal(Limit(arguments={"quiet": "true"}), Order(quiet), "", ()) == why


def test_what_a_pattern_does_not_decide_in_time_is_refused() -> None:
    assert refused(Limit(arguments={"what": "(a|aa)+[bc]|a*"}), Taken("a" * 60))


def test_a_tool_is_used_so_often() -> None:
    assert refused(Limit(times=1), Taken("soup"), spelled(Taken("salad")))


def test_the_same_call_again_is_not_another() -> None:
    assert not refused(Limit(times=1), Taken("soup"), spelled(Taken("soup")))


@pytest.mark.parametrize(
    "what",
    [
        "0501234567",
        "050-123 4567",
        "٠٥٠١٢٣٤٥٦٧",
        "０５０１２３４５６７",
        "zero five zero one two three four",
        "אפס חמש אפס אחת שתיים שלוש וארבע",
        "אֶפֶס חָמֵשׁ אֶפֶס אַחַת שְׁתַּיִם שָׁלוֹשׁ אַרְבַּע",
        "0x5x0x1x2x3x4",
        "050\u200b1234",
        "2026-12-31 0501234567",
        "0502026-12-31",
        "+972455501001",
        "zero fifty-four, twelve, thirty four, five",
        "אפס חמישים וארבע, שתים עשרה, שלושים וארבע",
        "one eight hundred, double five, seven",
        "אפס חמשה ארבעה אחת שתי שלשה ארבעת",
        "ноль пять четыре один два три четыре",
        "zerofivefour onetwothreefour",
        "two zeros, three fives, two fours, two sevens",
        'וכשאפס וכשחמש כשארבע וכשאחת ח"מש א"רבע ש"תיים',
        "f-i-v-e f-o-u-r o-n-e t-w-o t h r e e fоur f'ive",
        "ноля пяти четырёх одного двух трёх одну",
        "صفر خمسه اربعه ثلاثه سته سبعه ثمانيه",
        "⓿➄➃➀➁➂➃",
        "零五四一二三四",
        "½½½½",
        "order number 1234567",
        "2026-13-31",
        "2026-02-30",
        "09:00-13:00, 16:00",
        "05:41 23:44",
    ],
)
def test_a_number_that_was_only_spoken_is_refused(what: str) -> None:
    assert refused(LISTED, Taken(what)) is refused(Limit(), Taken(what)) is True


def test_it_is_refused_inside_of_other_arguments() -> None:
    assert refused(Limit(), Taken(more={"to": "0501234567"}))


@pytest.mark.parametrize(
    "taken",
    [
        Taken("050-123", {"note": "4567"}),
        Taken("zero five zero", {"first": "one two", "last": "three four"}),
        Taken("97245550100", {"extension": "1234567"}),
        Taken(more={"0501234567": "call"}),
        Taken("05:41", {"note": "23:45", "table": "67"}),
        Taken("2026-12-31T05:41", {"until": "23:45"}),
        Taken("2005-12-31", {"day": "2054-12-21"}),
        Taken("2005-12-34", {"day": "2054-13-21", "who": "234567"}),
        Taken("10:00", {"until": "12:30", "table": "4"}),
    ],
)
def test_a_number_in_parts_is_refused(taken: Taken) -> None:
    assert refused(Limit(), taken) is refused(LISTED, taken) is True


def test_what_stands_beside_a_listed_number_may_be() -> None:
    assert not refused(LISTED, Taken("97245550100", {"people": "4", "day": "2026-12-31", "until": "2026-12-31", "hour": "19:30"}))


@pytest.mark.parametrize("what", ["+97245550100", "97245550100", "+972 4-555-0100"])
def test_a_listed_number_may_be(what: str) -> None:
    assert not refused(LISTED, Taken(what))


@pytest.mark.parametrize(
    "what",
    [
        "table 12 at 10:30",
        "2026-12-31",
        "2026-12-31T19:30",
        "2026-12-31 19:30:00Z",
        "2028-02-29",
        "between 10:00 and 12:30",
        "at 10:00 or 9:30:00",
        "the order is for 12 people at 18:30 on 2026-12-31, flat 4",
        "one or two",
        "3.14159",
        "thirty-four people, twenty-five tables, fifty seats",
    ],
)
def test_what_is_no_number_may_be(what: str) -> None:
    assert not refused(Limit(), Taken(what))


@pytest.mark.parametrize(("limit", "takes"), [(Limit(numbers=("*",)), False), (Limit(), True)])
def test_any_number_may_be_where_the_file_or_the_tool_says_so(limit: Limit, takes: bool) -> None:
    assert not refused(limit, Taken("0501234567"), spoken_numbers=takes)


def test_a_list_binds_a_tool_that_takes_any() -> None:
    assert refused(LISTED, Taken("0501234567"), spoken_numbers=True)
