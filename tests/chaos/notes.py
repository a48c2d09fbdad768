"""The tool of the house's agent that is a Python function: it writes a line into a file, as many as it is used."""

import asyncio
from pathlib import Path
from typing import Annotated

import msgspec

from common import config
from llm_worker.tools import Occasion, Tool
from tests.chaos.talk import NOTES, NOTES_MS


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
