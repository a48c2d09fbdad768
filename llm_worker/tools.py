"""Tools: what the model may have done for the caller, declared in one place each.

A tool says what it is called and good for, what it takes (a msgspec Struct: types, defaults, descriptions), how
long it may run, and its ``effects``:

    none    looks something up: may run at any time, also in a draft, and again
    once    changes something in the world: runs in a committed turn only, and once for the same arguments (R11), unless it did nothing

What a tool returns is told to the model, and stays in the call's history if it has effects. A tool that knows that
it did nothing raises ``ToolFailed`` with words for the model; after any other error, and when its time is up, one
with effects counts as perhaps done. Neither arguments nor results are ever logged.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import msgspec

from common.errors import TorimError

LONGEST_S = 15.0
"""No tool may run for longer: the caller hears fillers meanwhile, and a drain waits for it."""


class ToolFailed(TorimError):
    """The tool did nothing. The message is for the model."""


class BadArguments(TorimError):
    """What the model gave a tool is not what it takes. The message is for the model."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """Where a tool is used."""

    call: str
    language: str
    now: datetime
    """In UTC, by the server's clock."""


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool."""

    name: str
    description: str
    """For the model: what it does, and when to use it."""
    takes: type[msgspec.Struct]
    effects: Literal["none", "once"]
    timeout_s: float
    use: Callable[[Any, Occasion], Awaitable[str]]
    """From what it takes to what the model is told."""
    spoken_numbers: bool = False
    """With effects: whether it takes a telephone number that was only spoken, where the agent's file says nothing of it."""

    def __post_init__(self) -> None:
        """No tool without a limit."""
        if not 0 < self.timeout_s <= LONGEST_S:
            raise ValueError(f"{self.name}: timeout_s is more than 0 and at most {LONGEST_S:g}")

    @property
    def parameters(self) -> dict[str, Any]:
        """What it takes, as a JSON schema of an object."""
        (_,), named = msgspec.json.schema_components((self.takes,), ref_template="{name}")
        schema = dict(named[self.takes.__name__])
        schema.pop("title", None)
        return schema

    def read(self, arguments: str) -> msgspec.Struct:
        """What the model wrote, as what the tool takes.

        Raises:
            BadArguments: it is not JSON, or not of that form; or it holds what JSON cannot tell another server: a number that is none.
        """
        try:
            taken = msgspec.json.decode(arguments.strip() or "{}", type=self.takes, strict=False)
            same = msgspec.json.decode(spelled(taken), type=self.takes) == taken
        except (msgspec.DecodeError, ValueError, RecursionError) as fault:
            raise BadArguments(str(fault)) from fault
        if not same:
            raise BadArguments("a number in it is none")
        return taken


Toolbox = Mapping[str, Tool]
"""The tools of a worker, by their names."""


def spelled(taken: msgspec.Struct) -> str:
    """Arguments as JSON: the same ones are always spelled the same way."""
    return msgspec.json.encode(taken, order="sorted").decode()
