"""What is wrong with an agent although each of its values is of its kind."""

import datetime
import keyword
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import httpx
import regex
from holidays import list_supported_countries
from msgspec import structs

from common import config
from common.agents.agent import ACTIONS, RANGE, WEEKDAYS, Agent, Hours, Limit, Lookup, ToolName, Webhook
from common.agents.fault import Fault, KeyPath, astray, like
from common.agents.voices import CHIRPS, chirp_of, gender_of, misfits
from common.config import Settings
from common.errors import ConfigError
from common.language import base_language
from common.phrases import uninterruptible
from common.vendors import LOCAL_SPEECH, choose_vendors

TURNS = (
    "min_utt_sec", "max_utt_sec", "max_turn_sec", "max_reply_sec", "endpointing", "speculate", "speculate_drafts", "barge_in",
    "barge_in_mode", "barge_in_final_ms", "barge_in_duck_ms", "dedup_sec", "uninterruptible",
)  # fmt: skip
"""The settings that an agent's ``[turns]`` may hold: those that one call can differ in from another."""

_NAME = re.compile("[a-z][a-z0-9_]{0,39}")
_VARIABLE = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_UNCLOSED = re.compile(r"\{[a-z][a-z0-9_]*(?![a-z0-9_}])")
_OURS = ("127.0.0.1", "localhost")
_DAY_MIN, _LONGEST_NIGHT_MIN = 24 * 60, 12 * 60


def check(agent: Agent, settings: Settings) -> None:
    """See that it can be used.

    Raises:
        Fault: the first reason why not.
    """
    _check_languages(agent)
    _check_voice(agent, settings)
    overrides(agent)
    _check_tools(agent)
    _check_fillers(agent)
    _check_limits(agent)
    _check_pronunciations(agent)
    _check_variables(agent)
    if agent.lookup is not None:
        _check_lookup(agent.lookup, agent.instructions)
    if agent.report is not None:
        _check_url(agent.report.url, ("report", "url"))
    if agent.hours is not None:
        _check_hours(agent.hours)


def overrides(agent: Agent) -> dict[str, Any]:
    """The settings of turn-taking that an agent replaces.

    Raises:
        Fault: a name is none, or a value is not what it takes.
    """
    checked = {}
    for name, value in agent.turns.items():
        if name not in TURNS:
            raise Fault(("turns", name), f"there is no such key; takes {', '.join(TURNS)}")
        try:
            checked[name] = config.value_of(name, str(value))
            if name == "uninterruptible":
                uninterruptible(checked[name])
        except ConfigError as error:
            raise Fault(("turns", name), str(error).partition("=")[2]) from None
    return checked


def _check_languages(agent: Agent) -> None:
    spoken = {base_language(language) for language in agent.languages}
    for table in ("phrases", "switch", "rules"):
        for language in getattr(agent, table):
            if base_language(language) not in spoken:
                own = astray(language, Agent.__struct_fields__)
                raise Fault((table, language), f"is no language of this agent{own}; takes any of {', '.join(agent.languages)}")
    _check_switch(agent)


def _check_switch(agent: Agent) -> None:
    asked_for = {base_language(language) for language in agent.switch}
    for language in agent.languages if len(agent.languages) > 1 else ():
        if base_language(language) not in asked_for:
            raise Fault(
                ("languages",), f"{language!r} in it is none of [switch]; of several, each takes what a caller says who wants it, or []"
            )


def _check_fillers(agent: Agent) -> None:
    for language, said in agent.phrases.items():
        for tool in said.tools:
            if tool not in agent.known_tools:
                raise Fault(("phrases", language, "tools", tool), f"there is no such tool; takes any of {', '.join(agent.known_tools)}")


def _check_variables(agent: Agent) -> None:
    """They are filled in the instructions alone, and with a look-up alone."""
    for path, text in _spoken(agent):
        if found := _VARIABLE.search(text):
            raise Fault(path, f"{found[0]} in it would be spoken as it stands; variables of [lookup] go into instructions alone")
    if agent.lookup is None and (found := _VARIABLE.search(agent.instructions)):
        raise Fault(("instructions",), f"{found[0]} in it is filled by nothing; takes a [lookup] with {found[1]} among its variables")


def _spoken(agent: Agent) -> Iterator[tuple[KeyPath, str]]:
    yield ("greeting",), agent.greeting or ""
    for language, said in agent.phrases.items():
        for name, text in structs.asdict(said).items():
            if isinstance(text, str):
                yield ("phrases", language, name), text
        for tool, text in said.tools.items():
            yield ("phrases", language, "tools", tool), text


def _check_voice(agent: Agent, settings: Settings) -> None:
    chirp = chirp_of(agent.voice)
    if chirp is not None and chirp not in CHIRPS:
        raise Fault(("voice",), f"{agent.voice!r}: Chirp 3 HD has no {chirp}{like(chirp, CHIRPS)}; takes any of {', '.join(CHIRPS)}")
    if agent.models.tts and not agent.voice:
        raise Fault(("models", "tts"), "goes with a voice of this file alone: voice")
    first = choose_vendors(settings)["tts"].name
    wrong = [(voice, whose) for vendor, voice, whose in misfits(agent, settings) if vendor == first and vendor not in LOCAL_SPEECH]
    for voice, whose in [(agent.voice, gender_of(agent.voice)), *wrong]:
        if whose is not None and whose != agent.gender:
            key = "voice" if voice == agent.voice else "gender"
            raise Fault((key,), f"{voice} is a {whose} voice, and the bot speaks of itself as {agent.gender}; gender and voice must be one")


def _check_tools(agent: Agent) -> None:
    for table in ("webhooks", "functions"):
        for name in getattr(agent, table):
            if not _NAME.fullmatch(name) or agent.known_tools.count(name) > 1:
                raise Fault(
                    (table, name), f"takes a name of its own in small letters, digits and _; taken are {', '.join(get_args(ToolName))}"
                )
    for name in agent.tools or ():
        if name not in agent.known_tools:
            raise Fault(("tools",), f"{name!r} in it does not fit; takes what the model may use: {', '.join(agent.known_tools)}")
    for name in agent.transfers:
        _check_name(name, ("transfers", name))
    if "transfer" in (agent.tools or ()) and not agent.transfers:
        raise Fault(("tools",), "'transfer' in it needs somebody to transfer to: [transfers.reception]")
    for name, webhook in agent.webhooks.items():
        _check_webhook(name, webhook)


def _check_webhook(name: str, webhook: Webhook) -> None:
    path: KeyPath = ("webhooks", name)
    _check_url(webhook.url, (*path, "url"))
    for parameter, about in webhook.parameters.items():
        _check_name(parameter, (*path, "parameters", parameter))
        if about.one_of and about.type != "text":
            raise Fault((*path, "parameters", parameter, "one_of"), 'goes with type = "text" alone')


def _check_lookup(lookup: Lookup, instructions: str) -> None:
    _check_url(lookup.url, ("lookup", "url"))
    for name in lookup.variables:
        _check_name(name, ("lookup", "variables", name))
    if unclosed := _UNCLOSED.search(instructions):
        raise Fault(("instructions",), f"{unclosed[0]} in it has no brace behind the name; takes {unclosed[0]}}}")
    for name in _VARIABLE.findall(instructions):
        if name not in lookup.variables:
            raise Fault(("instructions",), f"{{{name}}} in it is no variable of [lookup]; takes any of {', '.join(lookup.variables)}")


def _check_name(name: str, path: KeyPath) -> None:
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise Fault(path, "takes a name in small letters, digits and _")


def _check_url(url: str, path: KeyPath) -> None:
    try:
        address = urlsplit(url)
        usable = address.hostname is not None and address.port != 0 and url.isprintable() and httpx.URL(url).host
        good = usable and (address.scheme == "https" or (address.scheme == "http" and address.hostname in _OURS))
    except (ValueError, httpx.InvalidURL):
        good = False
    if not good:
        raise Fault(path, f"{url!r} does not fit; takes an address with https://, or http:// with {' or '.join(_OURS)}")


def _check_pronunciations(agent: Agent) -> None:
    """Any word may stand there, so a key of the agent's own would be taken for one, and nobody would learn why it does nothing."""
    for word in agent.pronunciations:
        if own := astray(word, Agent.__struct_fields__):
            takes = f"takes words, and {word.capitalize()!r} for one that is spelt so: capitals do not matter"
            raise Fault(("pronunciations", word), f"does nothing{own}; {takes}")


def _check_limits(agent: Agent) -> None:
    for tool, limit in agent.limits.items():
        if tool == "transfer":
            _check_transfer_limit(limit)
        elif tool not in agent.known_tools or tool in ACTIONS:
            known = ", ".join(name for name in agent.known_tools if name not in ACTIONS or name == "transfer")
            raise Fault(("limits", tool), f"there is no such tool that has limits; takes any of {known}")
        takes = agent.parameters(tool)
        for name, pattern in limit.arguments.items():
            if takes is not None and name not in takes:
                raise Fault(("limits", tool, "arguments", name), f"is no parameter of it; takes any of {', '.join(takes)}")
            try:
                regex.compile(pattern)
            except regex.error as error:
                raise Fault(("limits", tool, "arguments", name), f"{pattern!r} is no regular expression: {error}") from None


def _check_transfer_limit(limit: Limit) -> None:
    for key in ("arguments", "numbers"):
        if getattr(limit, key):
            raise Fault(("limits", "transfer", key), "does not go with it: whom it goes to stands in [transfers]; takes times alone")


def _check_hours(hours: Hours) -> None:
    if hours.time_zone:
        _check_zone(hours.time_zone)
    if hours.holidays and hours.holidays not in list_supported_countries():
        raise Fault(("hours", "holidays"), f"{hours.holidays!r} is no country whose holidays are known; takes a code like IL, US, GB")
    if hours.holiday_eves is not None and not hours.holidays:
        raise Fault(("hours", "holiday_eves"), 'does nothing without holidays; takes the code of a country beside it: holidays = "IL"')
    for weekday in WEEKDAYS:
        _check_day(getattr(hours, weekday), ("hours", weekday))
    _check_day(hours.holiday_eves or (), ("hours", "holiday_eves"))
    for days, day in hours.dates.items():
        _check_days(days)
        _check_day(day, ("hours", "dates", days))
    ranges = sorted(days for days in hours.dates if RANGE in days)
    for earlier, later in pairwise(ranges):
        if later.split(RANGE)[0] <= earlier.split(RANGE)[1]:
            raise Fault(("hours", "dates", later), f"has days in common with {earlier}; takes ranges apart from one another")


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Fault(("hours", "time_zone"), f"{name!r} is no time zone; takes an IANA name like Asia/Jerusalem") from None


def _check_days(days: str) -> None:
    """A day, or the first and the last of a range."""
    ends = days.split(RANGE)
    if len(ends) > 2 or not all(map(_is_day, ends)):
        own = astray(days, Agent.__struct_fields__)
        raise Fault(("hours", "dates", days), f"is no day{own}; takes one like 2026-12-31, or a range like 2027-04-23{RANGE}2027-04-27")
    if ends[-1] <= ends[0] and len(ends) > 1:
        raise Fault(("hours", "dates", days), "ends before it begins, or with its first day; takes the first day, then the last")


def _is_day(date: str) -> bool:
    try:
        return datetime.date.fromisoformat(date).isoformat() == date  # it reads 20261231 and 2026-W53-4, too
    except ValueError:
        return False


def _check_day(day: tuple[str, ...], path: KeyPath) -> None:
    """The last times of a day may end on the next one; times that are the wrong way round would be far longer than half a day."""
    times = [60 * int(time[:2]) + int(time[3:]) for span in day for time in span.split("-")]
    if times and times[-1] + _DAY_MIN - times[-2] <= _LONGEST_NIGHT_MIN:
        times[-1] += _DAY_MIN
    if any(later <= earlier for earlier, later in pairwise(times)):
        what = "takes times that begin, end and follow one another; the last may end on the next day, within 12 hours (18:00-02:00)"
        raise Fault(path, f"{list(day)} is not in order; {what}")
