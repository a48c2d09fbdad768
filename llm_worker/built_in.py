"""The tools that Torim brings; each needs no account. A new one: its Struct, its function, its line in ``tools_of``."""

import asyncio
import os
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from common.agents.agent import Hours
from common.agents.in_use import InUse
from common.config import Settings
from common.errors import ConfigError
from llm_worker.hours import day_of, told_day, told_now
from llm_worker.tools import Occasion, Tool, Toolbox, ToolFailed

MESSAGES = "messages.jsonl"
"""In ``MESSAGES_DIR``: a line of JSON for each message that a caller left."""


def tools_of(settings: Settings) -> Toolbox:
    """The tools that these settings allow.

    Raises:
        ConfigError: TIME_ZONE is none.
    """
    try:
        home = _zone(settings.time_zone)
    except ToolFailed:
        raise ConfigError(f"TIME_ZONE={settings.time_zone!r}: takes the name of a time zone, like Asia/Jerusalem") from None
    tools = [_look_up_time(home)]
    if settings.messages_dir is not None:
        tools.append(_leave_message(settings.messages_dir))
    return {tool.name: tool for tool in tools}


def tools_of_agent(agent: InUse) -> Toolbox:
    """The tools that an agent's file allows, as far as they are here."""
    file = agent.snapshot.agent
    here = dict(tools_of(agent.settings))
    if file.hours is not None:
        here["opening_hours"] = _opening_hours(file.hours, ZoneInfo(agent.settings.time_zone))
    return {name: tool for name, tool in here.items() if file.tools is None or name in file.tools}


# --- look_up_time


class Clock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What ``look_up_time`` takes."""

    what: Annotated[Literal["time", "date"], msgspec.Meta(description="the time of day, or the date with its weekday")] = "time"
    zone: Annotated[str, msgspec.Meta(description="IANA time zone, like Europe/Paris; empty: where we are")] = ""


def _look_up_time(home: ZoneInfo) -> Tool:
    async def use(asked: Clock, occasion: Occasion) -> str:
        local = occasion.now.astimezone(_zone(asked.zone) if asked.zone else home)
        return f"{local:%H:%M}" if asked.what == "time" else f"{local:%A, %Y-%m-%d}"

    return Tool("look_up_time", "Tells the time of day or the date, here or in another time zone.", Clock, "none", 2.0, use)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ToolFailed(f"there is no time zone {name!r}") from None


# --- opening_hours


class WhichDay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What ``opening_hours`` takes."""

    day: Annotated[
        str, msgspec.Meta(description="today, tomorrow, the day after tomorrow, a weekday, or a date like 2026-12-31; empty: right now")
    ] = ""


def _opening_hours(hours: Hours, zone: ZoneInfo) -> Tool:
    async def use(asked: WhichDay, occasion: Occasion) -> str:
        local = occasion.now.astimezone(zone)
        if not asked.day:
            return told_now(hours, local, occasion.language)
        day = day_of(asked.day, local.date())
        if day is None:
            raise ToolFailed(f"{asked.day!r} is no day")
        return told_day(hours, day, occasion.language)

    description = "Tells whether somebody is here now, or the opening hours of a day, holidays included."
    return Tool("opening_hours", description, WhichDay, "none", 2.0, use)


# --- leave_message


class Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What ``leave_message`` takes."""

    text: Annotated[str, msgspec.Meta(description="the message, in the caller's words", min_length=1, max_length=2000)]
    name: Annotated[str, msgspec.Meta(description="who it is from, if they said so", max_length=200)] = ""


def _leave_message(folder: Path) -> Tool:
    folder = folder.expanduser()

    async def use(note: Note, occasion: Occasion) -> str:
        about = {"at": occasion.now, "call": occasion.call, "language": occasion.language, "name": note.name, "text": note.text}
        await asyncio.to_thread(_append, folder, msgspec.json.encode(about) + b"\n")
        return "the message is written down"

    description = "Writes down a message of the caller's for the people here. Use it once the caller said what it is to say."
    return Tool("leave_message", description, Note, "once", 5.0, use, spoken_numbers=True)


def _append(folder: Path, line: bytes) -> None:
    """On disk when it returns; for its owner's eyes."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = os.open(folder / MESSAGES, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    except OSError as trouble:
        raise ToolFailed("messages cannot be written down now") from trouble
    with os.fdopen(file, "ab") as out:
        out.write(line)
        out.flush()
        os.fsync(out.fileno())
