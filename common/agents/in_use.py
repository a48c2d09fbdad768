"""An agent as calls go by it, in a gateway and in the workers."""

import dataclasses
import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from common.agents.agent import HOUSE, Limit, Snapshot, decode, encode, reference
from common.agents.overlay import address_of, house, phrases_in, settings_in, settings_of
from common.bus import HandlerBus
from common.config import Settings
from common.errors import VendorError
from common.language import base_language
from common.messages import Head
from common.phrases import Phrases, language_of_words, phrases

_KNOWN_AT_MOST = 64
_HEBREW = re.compile("[\u05d0-\u05ea]")


@dataclass(frozen=True, slots=True)
class Carried:
    """What a gateway leaves in Redis for the workers, so that the messages of its calls need only name it."""

    reference: str = HOUSE
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class InUse:
    """An agent, and the settings of its calls."""

    snapshot: Snapshot
    settings: Settings
    carried: Carried = Carried()

    def phrases(self, language: str) -> Phrases:
        """Its fixed phrases in a language."""
        return phrases(settings_in(self.snapshot, self.settings, language), language, address_of(self.snapshot))

    def vocabulary(self, language: str) -> tuple[str, ...]:
        """What callers are likely to say: its file's, else the settings'; to who is heard in another language nothing in Hebrew letters."""
        named = self.snapshot.agent.vocabulary or tuple(filter(None, map(str.strip, self.settings.asr_vocabulary.split(","))))
        return named if base_language(language) == "he" else tuple(entry for entry in named if not _HEBREW.search(entry))

    def pronunciations(self, language: str) -> dict[str, str]:
        """How the voice says words; none that are written in Hebrew letters to who speaks another language."""
        named = self.snapshot.agent.pronunciations
        return named if base_language(language) == "he" else {word: said for word, said in named.items() if not _HEBREW.search(said)}

    def fillers(self, language: str) -> Mapping[str, str]:
        """What is said in a language while a tool runs, by the tool's name."""
        return phrases_in(self.snapshot.agent, language).tools

    def language_of(self, language: str, phrase: str) -> str:
        """The language that a phrase of its calls in ``language`` is written in: the voice must speak it."""
        return language_of_words(settings_in(self.snapshot, self.settings, language), language, phrase)


def in_use(snapshot: Snapshot, settings: Settings) -> InUse:
    """The agent under the settings of this process."""
    if snapshot.key == HOUSE:
        return InUse(snapshot, settings)
    data = encode(snapshot)
    return InUse(snapshot, settings_of(snapshot, settings), Carried(reference(snapshot, data), data))


def knowing(agent: InUse, variables: dict[str, str]) -> InUse:
    """The agent of one call, with what is known of its caller."""
    return _with(agent, msgspec.structs.replace(agent.snapshot, variables=variables))


def after_transfers(agent: InUse, made: int) -> InUse:
    """The agent of a call that was transferred so often, and came back: beyond its limit there is nobody any more to transfer to."""
    file = agent.snapshot.agent
    if made < file.limits.get("transfer", Limit()).times:
        return agent
    return _with(agent, msgspec.structs.replace(agent.snapshot, agent=msgspec.structs.replace(file, transfers={})))


def _with(agent: InUse, snapshot: Snapshot) -> InUse:
    data = encode(snapshot)
    return dataclasses.replace(agent, snapshot=snapshot, carried=Carried(reference(snapshot, data), data))


class KnownAgents:
    """The agents that a worker has met: each is fetched once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._house = in_use(house(settings), settings)
        self._known: OrderedDict[str, InUse] = OrderedDict()

    async def of(self, head: Head, bus: HandlerBus) -> InUse:
        """The agent of a message's call.

        Raises:
            VendorError: Redis does not have it; the gateway writes it anew with the call's next turn.
        """
        if not head.agent:
            return self._house
        if head.agent not in self._known:
            self._know(head.agent, await bus.agent(head.call, head.agent))
        self._known.move_to_end(head.agent)
        return self._known[head.agent]

    def _know(self, name: str, data: bytes | None) -> None:
        if data is None:
            raise VendorError("agents", "agent_unknown", retryable=True)
        self._known[name] = in_use(decode(data), self._settings)
        if len(self._known) > _KNOWN_AT_MOST:
            self._known.popitem(last=False)
