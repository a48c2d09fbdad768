"""What an LLM vendor is: one file, one line in the registry, one shared contract test."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from common.messages import Collect
from common.vendor_stream import Working
from llm_worker.tools import Tool


@dataclass(frozen=True, slots=True)
class Exchange:
    """A turn of the past, as it was heard (R7)."""

    caller: str
    """What the caller said; empty for the greeting."""
    bot: str
    """What the caller heard of the reply; may be empty."""
    cut: bool = False
    """Whether the caller cut in there: the rest of the reply was not heard."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The model wants something looked up or done before it goes on: its text ends here, and it is asked again with the result."""

    id: str
    name: str
    arguments: str
    """JSON, as the model wrote it: it may be anything."""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What the model hears of a call."""

    text: str
    ok: bool
    """Whether it was done, and this is what came of it."""


@dataclass(frozen=True, slots=True)
class ActionRequest:
    """The model asks for something to be done once what it said so far was heard, and if all calls before it in its answer worked."""

    name: Literal["hang_up", "collect", "transfer"]
    collect: Collect | None = None
    """Which keys."""
    argument: str = ""
    """Where to, by name."""


@dataclass(frozen=True, slots=True)
class Round:
    """What the model said in this reply up to its calls, and what came of those."""

    said: str
    calls: tuple[ToolCall, ...]
    results: tuple[ToolResult, ...]
    """One for each call."""
    actions: tuple[ActionRequest, ...] = ()
    """What it asked the gateway to do."""
    decisions: tuple[ToolResult, ...] = ()
    """One for each action; ``ok``: it will be done, behind the reply."""


@dataclass(frozen=True, slots=True)
class UsedTool:
    """A tool with effects that was started earlier in the call, and what became of it (R11)."""

    name: str
    arguments: str
    outcome: Literal["done", "failed", "unknown", "runs"]
    result: str = ""


@dataclass(frozen=True, slots=True)
class Prompt:
    """All that a model gets to see."""

    text: str
    """What the caller said just now."""
    language: str
    """BCP 47: ``he``, ``en``."""
    turn: int
    history: tuple[Exchange, ...] = ()
    spoken: tuple[str, ...] = ()
    """Sentences of this reply that an earlier attempt emitted: go on after them."""
    tools: tuple[Tool, ...] = ()
    """What may be called."""
    used: tuple[UsedTool, ...] = ()
    """What was begun before, an earlier attempt at this reply included: only what failed may be done again."""
    used_left_out: int = 0
    """Uses before those that were too much for ``used``."""
    rounds: tuple[Round, ...] = ()
    """What this attempt called so far: go on with the results."""
    instructions: str = ""
    """What the call's agent is told of itself, beside what every call is."""
    model: str = ""
    """The agent's; "": the one of the settings."""
    rules: str = ""
    """The agent's rules in this language, for a model that goes by some."""
    task: str = ""
    """What is to be done with the text in place of answering it, for somebody who is not the caller; no tools then."""
    left_out: int = 0
    """Turns at the beginning of the call that were too much for ``history``."""
    destinations: Mapping[str, str] = field(default_factory=dict)
    """Where the call may be transferred to: names, and when to use each."""
    actions: tuple[str, ...] = ("hang_up", "collect_digits")
    """What else the gateway may be asked to do."""
    asked: tuple[str, ...] = ()
    """What an earlier attempt asked the gateway to do behind ``spoken``, as in ``actions``: that is done, whatever comes now."""


@dataclass(frozen=True, slots=True)
class Uninterruptible:
    """What follows is not stopped by the caller's voice: words that have to be heard."""


Piece = str | ActionRequest | ToolCall | Uninterruptible | Working
"""What a reply is made of; ``Working`` names the tool whose call is being written, if it is one."""


class Model(Protocol):
    """Answers the caller."""

    async def warm_up(self) -> None:
        """Open connections or load files, so that the first caller does not wait for it."""

    def reply(self, prompt: Prompt) -> AsyncIterator[Piece]:
        """The reply's text as it is made, in pieces of any size, and what is to be done after it.

        Where it calls tools, or an action is refused, the text goes on in another reply whose prompt tells of it in ``rounds``.

        Closing the iterator closes the vendor's stream.

        Raises:
            VendorError: while iterating; ``retryable`` says whether to try again.
        """

    async def close(self) -> None:
        """Let go of connections."""
