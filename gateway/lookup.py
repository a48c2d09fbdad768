"""What an owner's server knows of a caller, asked before the call is answered: variables of the agent's instructions.

    POST url {"call": "...", "number": "+97250...", "agent": "clinic"}  ->  {"name": "Dana", "last_visit": "in May"}

The caller hears it ring meanwhile. What does not come in the file's time, or not as an object of JSON, or is empty, is as the file says by
default: nobody waits for a server that fails. The answer travels with the stream, as parameters of it; the number goes nowhere else.
"""

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec

from common import config, signed_http
from common.agents.agent import Lookup
from common.agents.in_use import InUse, knowing

ABOUT = "about_"
"""What the names of such parameters of a stream begin with."""
_LONGEST_VALUE = 200

logger = logging.getLogger("torim.gateway")


async def looked_up(agent: InUse, call: str, number: str) -> dict[str, str]:
    """The parameters of a call's stream that tell of its caller; none where the file wants none, or nothing came of it."""
    lookup = agent.snapshot.agent.lookup
    if lookup is None or not number:
        return {}
    try:
        async with asyncio.timeout(lookup.timeout_s):
            known = await _ask(lookup, {"call": call, "number": number, "agent": agent.snapshot.key})
        values = {name: _plain(known[name]) for name in lookup.variables if known.get(name) is not None}
        return {ABOUT + name: value for name, value in values.items() if value}
    except (OSError, httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError) as error:
        logger.warning("call=%s what=lookup_failed error=%s", call, type(error).__name__)
        return {}


async def _ask(lookup: Lookup, about: dict[str, str]) -> dict[str, Any]:
    secret = config.secret(lookup.secret)
    if not secret:
        raise ValueError("no secret")
    at_s, content = int(datetime.now(UTC).timestamp()), msgspec.json.encode(about)
    async with signed_http.client() as http:
        response = await http.send(signed_http.request("POST", httpx.URL(lookup.url), content, secret, at_s, {}), stream=True)
        try:
            text = await signed_http.text_of(response) if response.is_success else None
        finally:
            await response.aclose()
    return msgspec.json.decode(text or "", type=dict[str, Any])


def _plain(value: Any) -> str:
    """As one line of the prompt, and as XML takes it."""
    return "".join(filter(str.isprintable, " ".join(str(value).split())))[:_LONGEST_VALUE]


def known_by(agent: InUse, parameters: Mapping[str, str]) -> InUse:
    """The agent as the call of this stream has it: it knows who calls."""
    lookup = agent.snapshot.agent.lookup
    told = {name: parameters[ABOUT + name] for name in (lookup.variables if lookup else ()) if ABOUT + name in parameters}
    return knowing(agent, told) if told else agent
