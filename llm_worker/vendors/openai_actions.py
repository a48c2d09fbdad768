"""What a model of OpenAI's kind may have the gateway do, offered to it as functions beside its tools.

A model's arguments may be anything: what makes no sense is as if it said nothing about it.
"""

import json
from collections.abc import Callable, Collection, Mapping
from typing import Any

from common.messages import Collect
from llm_worker.vendors.base import ActionRequest, ToolCall

_MOST_DIGITS = 32
_HANGING_UP = "Ends the call once what you said was heard. Only after the caller said goodbye or asked for it."
_COLLECTING = (
    "Lets the caller press keys on the phone to answer what you ask now: for long numbers. Ask for them in the same answer. "
    "The keys come as the caller's next words."
)
_TRANSFERRING = (
    "Puts the caller through to somebody else once what you said was heard: say in the same answer that you do. "
    "You can't put anybody through to a number. Whom you can reach:"
)
_DIGITS = {"type": "integer", "description": "How many; 0 if nobody knows: then the caller ends them with the hash key."}


def function(name: str, description: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """A function as the API takes it."""
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


def _hang_up(arguments: str) -> ActionRequest:
    return ActionRequest("hang_up")


def _collect(arguments: str) -> ActionRequest:
    digits = _given(arguments, "digits")
    known = type(digits) is int and 0 < digits <= _MOST_DIGITS  # true is an int in Python, and nowhere behind it
    return ActionRequest("collect", collect=Collect(digits=digits if known else 0))


def _transfer(arguments: str) -> ActionRequest:
    to = _given(arguments, "to")
    return ActionRequest("transfer", argument=to if isinstance(to, str) else "")


def _given(arguments: str, name: str) -> Any:
    try:
        given = json.loads(arguments)
    except (ValueError, RecursionError):
        return None
    return given.get(name) if isinstance(given, dict) else None


OFFERED = (
    function("hang_up", _HANGING_UP, {"type": "object", "properties": {}}),
    function("collect_digits", _COLLECTING, {"type": "object", "properties": {"digits": _DIGITS}, "required": ["digits"]}),
)
_MADE: dict[str, Callable[[str], ActionRequest]] = {"hang_up": _hang_up, "collect_digits": _collect, "transfer": _transfer}


def call_of(action: ActionRequest, number: str) -> ToolCall:
    """The call that an action was; ``number`` is its id."""
    match action.name:
        case "hang_up":
            return ToolCall(number, "hang_up", "{}")
        case "collect":
            return ToolCall(number, "collect_digits", json.dumps({"digits": (action.collect or Collect()).digits}))
        case "transfer":
            return ToolCall(number, "transfer", json.dumps({"to": action.argument}, ensure_ascii=False))


def offered(actions: Collection[str], destinations: Mapping[str, str]) -> list[dict[str, Any]]:
    """What the model may call; transfers only where there is somebody to transfer to."""
    allowed = [each for each in OFFERED if each["function"]["name"] in actions]
    if not destinations:
        return allowed
    listed = "\n".join(f"{name}: {when}" for name, when in destinations.items())
    to = {"type": "string", "enum": [*destinations]}
    parameters = {"type": "object", "properties": {"to": to}, "required": ["to"]}
    return [*allowed, function("transfer", f"{_TRANSFERRING}\n{listed}", parameters)]


def action_of(call: ToolCall) -> ActionRequest | None:
    """The action that a call is; None: it is a tool's."""
    made = _MADE.get(call.name)
    return None if made is None else made(call.arguments)
