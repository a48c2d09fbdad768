"""When somebody is there, and how that is told (sans-I/O).

What counts for a day: its date's own times, else those of a range of days, else a holiday, else the eve of one, else its weekday.
The week begins as its country's does. Holidays are those of the package ``holidays``, which knows their names in the languages of
their country.
"""

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import holidays

from common.agents.agent import RANGE, WEEKDAYS, Hours
from common.language import base_language

_LOOK_DAYS = 14
"""How far ahead days that are not like others are looked for."""
_CLOSED_DAYS = 366
"""How far ahead the next opening is, where there is none so soon."""
_SUNDAY_FIRST = frozenset({"IL", "US", "CA", "BR", "JP", "IN"})
_HEBREW_DAYS = ("יום שני", "יום שלישי", "יום רביעי", "יום חמישי", "יום שישי", "שבת", "יום ראשון")
_HEBREW_MONTHS = ("ינואר", "פברואר", "מרץ", "אפריל", "מאי", "יוני", "יולי", "אוגוסט", "ספטמבר", "אוקטובר", "נובמבר", "דצמבר")
_ENGLISH = "en_US"

Span = tuple[str, str]
"""From and to, like ``("9:00", "17:30")``, or ``("18:00", "2:00")`` of the next day."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A day."""

    day: datetime.date
    spans: tuple[Span, ...]
    holiday: str = ""
    """Its name, if it is one."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Now, in local time."""

    is_open: bool
    until: datetime.datetime | None = None
    """When that changes; None: not within two weeks of an opening, or a year of a closure, or never."""


def opening(hours: Hours, day: datetime.date, language: str = "en") -> Opening:
    """The times of a day."""
    name = holiday(hours, day, language)
    usual: tuple[str, ...] = getattr(hours, WEEKDAYS[day.weekday()])
    own = _own_times(hours, day.isoformat())
    if own is not None:
        spans = own
    elif name:
        spans = ()
    elif usual and hours.holiday_eves is not None and holiday(hours, day + datetime.timedelta(days=1), language):
        spans = hours.holiday_eves
    else:
        spans = usual
    return Opening(day, tuple((_short(span[:5]), _short(span[6:])) for span in spans), name)


def _own_times(hours: Hours, day: str) -> tuple[str, ...] | None:
    """Those that the file gives a date, alone or in a range; None: none. Dates in ISO's form follow one another as their texts do."""
    if day in hours.dates:
        return hours.dates[day]
    for days, spans in hours.dates.items():
        first, _, last = days.partition(RANGE)
        if first <= day <= last:
            return spans
    return None


def moment(hours: Hours, now: datetime.datetime) -> Moment:
    """Whether somebody is there now, and when that changes."""
    soon = _together(_spans(hours, now, _LOOK_DAYS))
    for begins, ends in soon if soon and now < soon[-1][1] else _together(_spans(hours, now, _CLOSED_DAYS)):
        if begins <= now < ends:
            return Moment(is_open=True, until=ends if ends < _at(now.date() + datetime.timedelta(days=_LOOK_DAYS), "0:00", now) else None)
        if now < begins:
            return Moment(is_open=False, until=begins)
    return Moment(is_open=False)


def _spans(hours: Hours, now: datetime.datetime, days: int) -> Iterator[tuple[datetime.datetime, datetime.datetime]]:
    """Those of yesterday, too: a night of it may not be over."""
    for day in (now.date() - datetime.timedelta(days=1), *_days(now.date(), days)):
        for begins, ends in opening(hours, day).spans:
            yield _at(day, begins, now), _at(day, ends, now) + datetime.timedelta(days=_is_earlier(ends, begins))


def _together(spans: Iterable[tuple[datetime.datetime, datetime.datetime]]) -> list[tuple[datetime.datetime, datetime.datetime]]:
    """Times that meet, as at midnight, are one."""
    joined: list[tuple[datetime.datetime, datetime.datetime]] = []
    for begins, ends in spans:
        if joined and begins <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], ends)
        else:
            joined.append((begins, ends))
    return joined


def _is_earlier(time: str, other: str) -> bool:
    return _minutes(time) < _minutes(other)


def _minutes(time: str) -> int:
    hour, minute = map(int, time.split(":"))
    return 60 * hour + minute


def _at(day: datetime.date, time: str, now: datetime.datetime) -> datetime.datetime:
    return datetime.datetime.combine(day, datetime.time(), now.tzinfo) + datetime.timedelta(minutes=_minutes(time))


def _days(first: datetime.date, count: int) -> list[datetime.date]:
    return [first + datetime.timedelta(days=number) for number in range(count)]


def _short(time: str) -> str:
    return time.removeprefix("0")


# --- Holidays


def holiday(hours: Hours, day: datetime.date, language: str) -> str:
    """The name of a public holiday; "" for any other day."""
    if not hours.holidays:
        return ""
    return _names(hours.holidays, day.year, base_language(language)).get(day, "")


@lru_cache(maxsize=64)
def _names(country: str, year: int, language: str) -> dict[datetime.date, str]:
    known = holidays.country_holidays(country).supported_languages
    spoken = next((tag for tag in known if base_language(tag) == language), _ENGLISH if _ENGLISH in known else None)
    return dict(holidays.country_holidays(country, years=[year], language=spoken))


# --- For the model


def told(hours: Hours, now: datetime.datetime) -> str:
    """The week, what is unlike it soon, and now: in plain English, for instructions."""
    week = "; ".join(f"{weekday.capitalize()} {_listed(getattr(hours, weekday))}" for weekday in _week(hours))
    lines = [f"Opening hours: {week}."]
    if unlike := [_unlike(each) for day in _days(now.date(), _LOOK_DAYS) if _differs(hours, each := opening(hours, day))]:
        lines.append(f"But: {'; '.join(unlike)}.")
    lines.append(told_now(hours, now, "en"))
    return " ".join(lines)


def _week(hours: Hours) -> Sequence[str]:
    return (WEEKDAYS[6], *WEEKDAYS[:6]) if hours.holidays in _SUNDAY_FIRST else WEEKDAYS


def _listed(spans: Sequence[str]) -> str:
    return ", ".join(_short(span[:5]) + "-" + _short(span[6:]) for span in spans) or "closed"


def _differs(hours: Hours, each: Opening) -> bool:
    usual = getattr(hours, WEEKDAYS[each.day.weekday()])
    return each.spans != tuple((_short(span[:5]), _short(span[6:])) for span in usual)


def _unlike(each: Opening) -> str:
    times = ", ".join(f"{begins}-{ends}" for begins, ends in each.spans) or "closed"
    return f"{each.day:%A} {each.day.isoformat()} {times}{f' ({each.holiday})' if each.holiday else ''}"


# --- For the caller


def told_day(hours: Hours, day: datetime.date, language: str) -> str:
    """A day's times as a sentence; Hebrew, or English."""
    each = opening(hours, day, language)
    if base_language(language) == "he":
        times = " ו".join(f"מ-{begins} עד {ends}" for begins, ends in each.spans)
        named = f": {each.holiday}" if each.holiday else ""
        return f"ב{_hebrew(day)}, אנחנו {f'פתוחים {times}' if times else 'סגורים'}{named}."
    times = " and ".join(f"from {begins} to {ends}" for begins, ends in each.spans)
    named = f" for {each.holiday}" if each.holiday and not times else ""
    return f"On {_english(day)}, we are {f'open {times}' if times else 'closed'}{named}."


def told_now(hours: Hours, now: datetime.datetime, language: str) -> str:
    """Whether somebody is there now, as a sentence; Hebrew, or English."""
    state = moment(hours, now)
    until = state.until
    hebrew = base_language(language) == "he"
    if state.is_open and until is None:
        return "אנחנו פתוחים עכשיו, ביום ובלילה." if hebrew else "We are open now, day and night."
    if until is None:
        return "אנחנו סגורים עכשיו." if hebrew else "We are closed now."
    if state.is_open:
        soon = until - now < datetime.timedelta(days=1)
        closing = _clock(until) if soon else _day_and_clock(until, hebrew=hebrew)
        return f"אנחנו פתוחים עכשיו, עד {closing}." if hebrew else f"We are open now, until {closing}."
    opening_at = _day_and_clock(until, hebrew=hebrew)
    return f"אנחנו סגורים עכשיו, ונפתח ב{opening_at}." if hebrew else f"We are closed now, and open again on {opening_at}."


def _day_and_clock(when: datetime.datetime, *, hebrew: bool) -> str:
    return f"{_hebrew(when.date())}, בשעה {_clock(when)}" if hebrew else f"{_english(when.date())}, at {_clock(when)}"


def _clock(when: datetime.datetime) -> str:
    return f"{when.hour}:{when.minute:02}"


def _english(day: datetime.date) -> str:
    return f"{day:%A, %B} {day.day}"


def _hebrew(day: datetime.date) -> str:
    return f"{_HEBREW_DAYS[day.weekday()]}, {day.day} ב{_HEBREW_MONTHS[day.month - 1]}"


_ASKED = {name.removeprefix("יום "): number for number, name in enumerate(_HEBREW_DAYS)} | {name: at for at, name in enumerate(WEEKDAYS)}
_AHEAD = {"today": 0, "היום": 0, "tomorrow": 1, "מחר": 1, "day after tomorrow": 2, "the day after tomorrow": 2, "מחרתיים": 2}


def day_of(asked: str, today: datetime.date) -> datetime.date | None:
    """The day that somebody asks for: today, tomorrow, the one after, the next of a weekday (today counts), or a date; None: none."""
    word = asked.strip().lower().removeprefix("יום ")
    if word in _AHEAD:
        return today + datetime.timedelta(days=_AHEAD[word])
    if word in _ASKED:
        return today + datetime.timedelta(days=(_ASKED[word] - today.weekday()) % 7)
    try:
        return datetime.date.fromisoformat(word)
    except ValueError:
        return None
