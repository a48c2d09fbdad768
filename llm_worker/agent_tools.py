"""All tools of an agent: those that Torim brings, and the webhooks and functions of its file, as far as it allows them."""

import dataclasses
import importlib
import logging
from collections import OrderedDict
from collections.abc import Collection, Iterator

from common import config
from common.agents.agent import ACTIONS
from common.agents.in_use import InUse, knowing
from llm_worker import webhooks
from llm_worker.built_in import tools_of_agent
from llm_worker.tools import Tool, Toolbox

_KNOWN_AT_MOST = 64
_SEE = {"leave_message": "MESSAGES_DIR", "opening_hours": "[hours]", "transfer": "[limits.transfer]"}

logger = logging.getLogger("torim.llm_worker")


class AgentTools:
    """Each agent's toolbox, made once."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Toolbox] = OrderedDict()

    def of(self, agent: InUse) -> Toolbox:
        """The tools of an agent that a file makes: the same whoever calls."""
        reference = knowing(agent, {}).carried.reference if agent.snapshot.variables else agent.carried.reference
        if reference not in self._known:
            self._known[reference] = {**tools_of_agent(agent), **{tool.name: tool for tool in self._own(agent)}}
            for name in missing(agent, self._known[reference]):
                logger.warning("agent=%s tool=%s what=not_here see=%s", reference, name, _SEE.get(name, "docs/agents.md"))
            if len(self._known) > _KNOWN_AT_MOST:
                self._known.popitem(last=False)
        self._known.move_to_end(reference)
        return self._known[reference]

    def _own(self, agent: InUse) -> Iterator[Tool]:
        file = agent.snapshot.agent
        for name, webhook in file.webhooks.items():
            if file.tools is None or name in file.tools:
                if not config.secret(webhook.secret):
                    logger.warning("agent=%s tool=%s what=no_secret variable=%s", agent.carried.reference, name, webhook.secret)
                yield webhooks.tool_of(name, webhook)
        for name, where in file.functions.items():
            if (file.tools is None or name in file.tools) and (found := _function(name, where)) is not None:
                yield found


def missing(agent: InUse, tools: Collection[str]) -> list[str]:
    """What its file lists and what is not here, or not any more, though its instructions may speak of it."""
    file = agent.snapshot.agent
    here = {*tools, *ACTIONS} if file.transfers else {*tools, *ACTIONS} - {"transfer"}
    return [name for name in file.tools or () if name not in here]


def _function(name: str, where: str) -> Tool | None:
    """The tool at ``module:NAME``; None, and a word in the log, if there is none: calls go on without it."""
    module, _, attribute = where.partition(":")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except Exception as error:  # noqa: BLE001 - the owner's module may fail in any way while it is imported
        logger.error("tool=%s what=not_loaded from=%s error=%s", name, where, type(error).__name__)
        return None
    if not isinstance(found, Tool):
        logger.error("tool=%s what=not_loaded from=%s error=no_tool", name, where)
        return None
    return dataclasses.replace(found, name=name)
