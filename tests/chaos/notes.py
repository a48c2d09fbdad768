"""The tool of the house's agent that is a Python function: it writes a line into a file, as often as it is used.

A worker imports it while it works: it is to be quick, so it imports nothing of the ear's.
"""

import asyncio
from pathlib import Path
from typing import Annotated

import msgspec

from common import config
from llm_worker.tools import Occasion, Tool

NOTES = "CHAOS_NOTES"
"""The variable of the workers' environment that names the file."""
NOTES_MS = 300
"""What it takes."""


class Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What it takes."""

    turn: Annotated[str, msgspec.Meta(description="the number of the turn")]


class Noted(msgspec.Struct, frozen=True):
    """A line of the file."""

    call: str
    turn: int


async def _use(note: Note, occasion: Occasion) -> str:
    await asyncio.sleep(NOTES_MS / 1000)
    await asyncio.to_thread(_append, Path(config.secret(NOTES)), Noted(occasion.call, int(note.turn)))
    return "it is noted"


def _append(file: Path, noted: Noted) -> None:
    with file.open("ab") as lines:
        lines.write(msgspec.json.encode(noted) + b"\n")


def read(file: Path) -> list[Noted]:
    """All lines."""
    return msgspec.json.Decoder(Noted).decode_lines(file.read_bytes()) if file.exists() else []


NOTE = Tool("note", "Notes something.", Note, "once", 5.0, _use)
