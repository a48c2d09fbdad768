"""When somebody is there, holidays included, and how callers hear of it."""

import datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest

from common.agents.agent import Hours
from llm_worker.hours import Moment, day_of, moment, opening, told, told_day, told_now

WEEK = ("09:00-13:00", "16:00-19:00")
CLINIC = Hours(
    holidays="IL",
    holiday_eves=("08:00-12:00",),
    sunday=WEEK,
    monday=WEEK,
    tuesday=WEEK,
    wednesday=WEEK,
    thursday=WEEK,
    friday=("08:00-12:00",),
    dates={"2026-12-31": ("09:00-10:00",), "2026-09-21": ("10:00-11:00",)},
)
ZONE = ZoneInfo("Asia/Jerusalem")
TUESDAY = "2026-11-24"


def date(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def at(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("day", "spans"),
    [
        (TUESDAY, (("9:00", "13:00"), ("16:00", "19:00"))),
        ("2026-11-28", ()),  # Saturday, which the file does not name
        ("2026-12-31", (("9:00", "10:00"),)),  # a date of its own
        ("2026-04-22", ()),  # Independence Day
        ("2026-04-21", (("8:00", "12:00"),)),  # the day before
        ("2026-09-12", ()),  # Rosh Hashanah on a Saturday
        ("2026-09-20", (("8:00", "12:00"),)),  # the eve of Yom Kippur
        ("2026-09-21", (("10:00", "11:00"),)),  # Yom Kippur, but the date has times of its own
    ],
)
def test_a_day_has_the_times_of_its_date_else_of_a_holiday_else_of_its_weekday(day: str, spans: tuple[tuple[str, str], ...]) -> None:
    assert opening(CLINIC, date(day)).spans == spans


def test_a_closure_of_weeks_ends_on_a_day_that_is_told() -> None:
    away = msgspec.structs.replace(CLINIC, dates={"2026-11-20..2026-12-25": ()})
    assert told_now(away, at("2026-11-24T10:00"), "en") == "We are closed now, and open again on Sunday, December 27, at 9:00."


@pytest.mark.parametrize(
    ("day", "spans"),
    [
        ("2027-04-22", 0),  # the day before the range: Passover
        ("2027-04-23", 0),
        ("2027-04-25", 1),  # a day in it with times of its own
        ("2027-04-27", 0),  # the last, and the eve of a holiday
        ("2027-04-29", 2),
        ("2027-12-31", 1),  # of a range over the end of a year
        ("2028-01-01", 1),
        ("2028-01-02", 2),
    ],
)
def test_a_range_of_days_has_times_of_its_own_but_for_a_day_of_it_that_has_others(day: str, spans: int) -> None:
    dates = {"2027-04-23..2027-04-27": (), "2027-04-25": ("10:00-11:00",), "2027-12-30..2028-01-01": ("09:00-10:00",)}
    assert len(opening(msgspec.structs.replace(CLINIC, dates=dates), date(day)).spans) == spans


def test_behind_a_week_of_holidays_is_the_next_opening() -> None:
    closed = msgspec.structs.replace(CLINIC, dates={"2026-11-25..2026-12-02": ()})
    assert told_now(closed, at("2026-11-26T10:00"), "en") == "We are closed now, and open again on Thursday, December 3, at 9:00."


def test_without_a_country_there_are_no_holidays() -> None:
    assert opening(Hours(wednesday=WEEK), date("2026-04-22")).spans != ()


def test_an_eve_is_like_its_weekday_unless_the_file_says_so() -> None:
    assert len(opening(Hours(holidays="IL", tuesday=WEEK), date("2026-04-21")).spans) == 2


@pytest.mark.parametrize(
    ("now", "is_open", "until"),
    [
        ("2026-11-24T09:00", True, "2026-11-24T13:00"),
        ("2026-11-24T13:00", False, "2026-11-24T16:00"),
        ("2026-11-24T19:30", False, "2026-11-25T09:00"),
        ("2026-11-27T12:30", False, "2026-11-29T09:00"),
        ("2026-09-10T20:00", False, "2026-09-11T08:00"),
    ],
)
def test_it_is_known_whether_somebody_is_there_and_when_that_changes(now: str, is_open: bool, until: str) -> None:
    assert (moment(CLINIC, at(now)).is_open, moment(CLINIC, at(now)).until) == (is_open, at(until))


def test_a_day_may_end_at_midnight() -> None:
    assert moment(Hours(tuesday=("20:00-24:00",)), at("2026-11-24T21:00")).until == at("2026-11-25T00:00")


def test_who_never_opens_has_no_next_time() -> None:
    assert moment(Hours(), at("2026-11-24T09:00")).until is None


NIGHTS = Hours(thursday=("18:00-02:00",), friday=("18:00-24:00",), saturday=("00:00-02:00", "18:00-24:00"))
DAY = ("00:00-24:00",)
ALWAYS = Hours(sunday=DAY, monday=DAY, tuesday=DAY, wednesday=DAY, thursday=DAY, friday=DAY, saturday=DAY)


@pytest.mark.parametrize(
    ("now", "is_open", "until"),
    [
        ("2026-11-26T20:00", True, "2026-11-27T02:00"),  # a night that ends on the next day
        ("2026-11-27T01:30", True, "2026-11-27T02:00"),  # and its second half
        ("2026-11-27T02:00", False, "2026-11-27T18:00"),
        ("2026-11-27T23:00", True, "2026-11-28T02:00"),  # one that is written as two halves
        ("2026-11-28T20:00", True, "2026-11-29T00:00"),
    ],
)
def test_a_night_is_one_time(now: str, is_open: bool, until: str) -> None:
    assert (moment(NIGHTS, at(now)).is_open, moment(NIGHTS, at(now)).until) == (is_open, at(until))


def test_a_night_ends_on_a_holiday_that_is_closed() -> None:
    eve = Hours(holidays="IL", tuesday=("20:00-03:00",), wednesday=("20:00-03:00",))
    assert moment(eve, at("2026-04-22T01:00")).until == at("2026-04-22T03:00")


def test_who_never_closes_has_no_time_of_closing() -> None:
    assert moment(ALWAYS, at("2026-11-24T23:50")) == Moment(is_open=True)


@pytest.mark.parametrize(("language", "words"), [("en", "We are open now, day and night."), ("he", "אנחנו פתוחים עכשיו, ביום ובלילה.")])
def test_who_never_closes_is_open(language: str, words: str) -> None:
    assert told_now(ALWAYS, at("2026-11-24T23:50"), language) == words


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "We are open now, until Friday, November 27, at 12:00."), ("he", "אנחנו פתוחים עכשיו, עד יום שישי, 27 בנובמבר, בשעה 12:00.")],
)
def test_a_day_on_which_it_closes_later_is_told(language: str, words: str) -> None:
    weekdays = Hours(wednesday=DAY, thursday=DAY, friday=("00:00-12:00",))
    assert told_now(weekdays, at("2026-11-25T10:00"), language) == words


@pytest.mark.parametrize(
    ("day", "language", "words"),
    [
        (TUESDAY, "en", "On Tuesday, November 24, we are open from 9:00 to 13:00 and from 16:00 to 19:00."),
        ("2026-11-28", "en", "On Saturday, November 28, we are closed."),
        ("2026-04-22", "en-GB", "On Wednesday, April 22, we are closed for Independence Day."),
        (TUESDAY, "he", "ביום שלישי, 24 בנובמבר, אנחנו פתוחים מ-9:00 עד 13:00 ומ-16:00 עד 19:00."),
        ("2026-11-28", "he", "בשבת, 28 בנובמבר, אנחנו סגורים."),
        ("2026-04-22", "he", "ביום רביעי, 22 באפריל, אנחנו סגורים: יום העצמאות."),
    ],
)
def test_a_day_is_told_as_a_sentence(day: str, language: str, words: str) -> None:
    assert told_day(CLINIC, date(day), language) == words


@pytest.mark.parametrize(
    ("now", "language", "words"),
    [
        ("2026-11-24T09:05", "en", "We are open now, until 13:00."),
        ("2026-11-27T12:30", "en", "We are closed now, and open again on Sunday, November 29, at 9:00."),
        ("2026-11-24T09:05", "he", "אנחנו פתוחים עכשיו, עד 13:00."),
        ("2026-11-27T12:30", "he", "אנחנו סגורים עכשיו, ונפתח ביום ראשון, 29 בנובמבר, בשעה 9:00."),
    ],
)
def test_now_is_told_as_a_sentence(now: str, language: str, words: str) -> None:
    assert told_now(CLINIC, at(now), language) == words


@pytest.mark.parametrize(("language", "words"), [("en", "We are closed now."), ("he", "אנחנו סגורים עכשיו.")])
def test_who_never_opens_is_closed(language: str, words: str) -> None:
    assert told_now(Hours(), at("2026-11-24T09:00"), language) == words


def test_the_model_hears_of_the_week_of_what_is_unlike_it_and_of_now() -> None:
    assert told(CLINIC, at("2026-09-17T09:30")) == (
        "Opening hours: Sunday 9:00-13:00, 16:00-19:00; Monday 9:00-13:00, 16:00-19:00; Tuesday 9:00-13:00, 16:00-19:00; "
        "Wednesday 9:00-13:00, 16:00-19:00; Thursday 9:00-13:00, 16:00-19:00; Friday 8:00-12:00; Saturday closed. "
        "But: Sunday 2026-09-20 8:00-12:00; Monday 2026-09-21 10:00-11:00 (Yom Kippur). We are open now, until 13:00."
    )


def test_a_week_without_a_country_begins_on_monday() -> None:
    assert told(Hours(monday=("09:00-10:00",)), at("2026-11-24T09:00")).startswith("Opening hours: Monday 9:00-10:00; Tuesday closed")


@pytest.mark.parametrize(
    ("asked", "day"),
    [
        ("today", TUESDAY),
        ("היום", TUESDAY),
        ("Tomorrow", "2026-11-25"),
        ("מחר", "2026-11-25"),
        ("The day after tomorrow", "2026-11-26"),
        ("מחרתיים", "2026-11-26"),
        ("Tuesday", TUESDAY),
        ("monday", "2026-11-30"),
        ("יום ראשון", "2026-11-29"),
        ("שבת", "2026-11-28"),
        ("2026-12-31", "2026-12-31"),
    ],
)
def test_a_day_may_be_asked_for_in_many_ways(asked: str, day: str) -> None:
    assert day_of(asked, date(TUESDAY)) == date(day)


def test_what_is_no_day_is_none() -> None:
    assert day_of("someday", date(TUESDAY)) is None


# --- Where clocks are changed: in Israel at 2:00 on the Friday before the last Sunday of March, and on the last Sunday of October

NIGHT_SHIFT = Hours(thursday=("22:00-06:00",), saturday=("22:00-06:00",), sunday=("09:00-13:00",))


def utc(text: str) -> datetime.datetime:
    """A moment in UTC, by the clock of Israel."""
    return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC).astimezone(ZONE)


@pytest.mark.parametrize(
    ("now", "clock", "is_open", "until"),
    [
        ("2026-03-26T23:59", "2026-03-27 01:59", True, "2026-03-27T06:00"),  # a minute before 3:00
        ("2026-03-27T00:00", "2026-03-27 03:00", True, "2026-03-27T06:00"),
        ("2026-03-27T02:59", "2026-03-27 05:59", True, "2026-03-27T06:00"),
        ("2026-03-27T03:00", "2026-03-27 06:00", False, "2026-03-28T22:00"),
        ("2026-10-24T22:30", "2026-10-25 01:30", True, "2026-10-25T06:00"),
        ("2026-10-24T23:30", "2026-10-25 01:30", True, "2026-10-25T06:00"),  # the same hour once more
        ("2026-10-25T03:59", "2026-10-25 05:59", True, "2026-10-25T06:00"),
        ("2026-10-25T04:00", "2026-10-25 06:00", False, "2026-10-25T09:00"),
    ],
)
def test_on_the_night_of_another_clock_times_are_those_of_the_clock_on_the_wall(now: str, clock: str, is_open: bool, until: str) -> None:
    local = utc(now)
    assert f"{local:%Y-%m-%d %H:%M}" == clock
    assert (moment(NIGHT_SHIFT, local).is_open, moment(NIGHT_SHIFT, local).until) == (is_open, at(until))


@pytest.mark.parametrize(("now", "day"), [("2026-03-27T20:59", "2026-03-27"), ("2026-03-27T21:00", "2026-03-28")])
def test_a_day_of_23_hours_ends_at_midnight(now: str, day: str) -> None:
    assert day_of("today", utc(now).date()) == date(day)


@pytest.mark.parametrize(("now", "day"), [("2026-10-25T21:59", "2026-10-25"), ("2026-10-25T22:00", "2026-10-26")])
def test_a_day_of_25_hours_ends_at_midnight(now: str, day: str) -> None:
    assert day_of("today", utc(now).date()) == date(day)


@pytest.mark.parametrize(
    ("now", "opens"), [("2026-03-26T10:00", "Friday, March 27, at 10:00"), ("2026-10-24T10:00", "Sunday, October 25, at 10:00")]
)
def test_who_opens_behind_the_change_opens_by_the_new_clock(now: str, opens: str) -> None:
    hours = Hours(friday=("10:00-12:00",), sunday=("10:00-12:00",))
    assert told_now(hours, utc(now), "en") == f"We are closed now, and open again on {opens}."


def test_who_is_open_for_25_hours_tells_only_the_time_and_never_a_time_that_is_past() -> None:
    hours = Hours(saturday=("00:00-24:00",), sunday=("00:00-12:00",))
    assert told_now(hours, utc("2026-10-24T21:30"), "en") == "We are open now, until 12:00."
