"""Which agent answers a call: the one that is asked for by name, else the one with the number that was called.

A save applies to the next call. It does once the agent's fixed phrases have their sound, so that nobody is greeted by a beep;
until then, and for as long as what was saved cannot be used, the agent is what it was. A call keeps its agent to its end.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

from common import config
from common.agents.agent import Snapshot
from common.agents.folder import Folder
from common.agents.in_use import InUse, in_use
from common.agents.overlay import house
from common.config import Settings

logger = logging.getLogger("torim.gateway")

AGENT, CALLED = "agent", "to"
"""Parameters of a webhook or stream: an agent's key, and the number that was called."""
LOOK_S = 1.0
"""How often it is looked whether something was saved."""

MakePhrases = Callable[[Sequence[InUse]], Awaitable[None]]
"""Returns once the fixed phrases of these agents have their sound."""


class Agents:
    """The agents of this gateway, and that of the settings for whatever none of them answers."""

    def __init__(self, settings: Settings, folder: Folder | None = None) -> None:
        """Without a folder the settings say who answers."""
        self._settings = settings
        self._folder = folder
        self._house = in_use(house(settings), settings)
        self._agents: dict[str, InUse] = {}
        self._numbers: dict[str, InUse] = {}
        self._use(self._read())

    @property
    def all(self) -> list[InUse]:
        """Those of the files, and that of the settings."""
        return [self._house, *self._agents.values()]

    def chosen(self, parameters: Mapping[str, str]) -> InUse:
        """Who answers a call with these parameters; a name that no agent has is told in the log, and is as none."""
        asked = parameters.get(AGENT, "")
        named = self.named(asked)
        if asked and named is None:  # in an address anything may stand: what was asked for is not told
            logger.warning("what=unknown_agent there_are=%s", ",".join(self._agents) or "none")
        return named or self._numbers.get(parameters.get(CALLED, "")) or self._numbers.get("*") or self._house

    def named(self, key: str) -> InUse | None:
        """The agent with this key, if there is one."""
        return self._agents.get(key)

    def begun_with(self, snapshot: Snapshot | None) -> InUse | None:
        """The agent that a call began with, whatever became of its file."""
        return None if snapshot is None else in_use(snapshot, self._settings)

    async def keep_up(self, make_phrases: MakePhrases) -> None:
        """Have the phrases of all made, then follow what is saved, for ever."""
        await make_phrases(self.all)
        while self._folder is not None:
            await asyncio.sleep(LOOK_S)
            await self.look(self._folder, make_phrases)

    async def look(self, folder: Folder, make_phrases: MakePhrases) -> None:
        """Use what was saved, once its phrases are there. Files are read beside the loop: no call waits for them."""
        if await asyncio.to_thread(folder.reread):
            agents = self._read()
            await make_phrases(list(agents.values()))
            self._use(agents)
            logger.info("what=agents_saved agents=%s", ",".join(agents))

    def _read(self) -> dict[str, InUse]:
        return {key: in_use(snapshot, self._settings) for key, snapshot in (self._folder.agents if self._folder else {}).items()}

    def _use(self, agents: dict[str, InUse]) -> None:
        self._agents = agents
        for key, agent in agents.items():
            _tell_missing(key, agent)
        self._numbers = {number: agent for agent in agents.values() for number in agent.snapshot.agent.numbers}


def _tell_missing(key: str, agent: InUse) -> None:
    """Secrets that its file names and nobody has set: nothing is asked or told without."""
    file = agent.snapshot.agent
    for table, server in (("lookup", file.lookup), ("report", file.report)):
        if server is not None and not config.secret(server.secret):
            logger.warning("agent=%s table=%s what=no_secret variable=%s", key, table, server.secret)
