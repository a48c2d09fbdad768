"""Who holds whose turn, and how far it is: read from Redis, so that faults hit what they are meant for.

phase       the worker that dies                                            aimed by
reading     any: it got the entry and did nothing with it                   the worker itself (mortal_worker.py)
asr         hears the caller's words                                        pending entry of the ASR stage
between     of the LLM: the words are here, and no sentence is out          pending entry, nothing emitted
tool        of the LLM: a tool is at work                                   pending entry, and the desk is at it (desk.py)
streaming   of the LLM: some sentences are out, and not all                 pending entry, something emitted
synthesis   of the TTS: it speaks a sentence                                pending entry of the TTS stage
commit      any: before, within, or after its commit                        the worker itself
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from redis.exceptions import ResponseError

from common import streams
from common.messages import Message, Stage, decode
from common.streams import Keys
from tests.chaos.deaths import is_a_turn
from tests.chaos.desk import Desk

Phase = Literal["reading", "asr", "between", "tool", "streaming", "synthesis", "commit"]
PHASES: tuple[Phase, ...] = get_args(Phase)
STAGE_OF: dict[Phase, Stage] = {"asr": "asr", "between": "llm", "tool": "llm", "streaming": "llm", "synthesis": "tts"}
SPREAD_S: dict[Phase, float] = {"asr": 0.22, "between": 0.18, "tool": 0.45, "streaming": 0.4, "synthesis": 0.35}
"""How long the phases last that are aimed at from outside, nearly."""
_AT_ONCE = 50
_REMEMBERED = 500


@dataclass(frozen=True, slots=True)
class Held:
    """A turn's entry in a worker's hands."""

    worker: str
    deliveries: int
    call: str
    turn: int
    is_a_turn: bool
    emitted: int
    """Sentences of its turn that are out."""
    in_tool: bool
    """Whether the desk is at what its turn asked."""

    def is_in(self, phase: Phase) -> bool:
        """Whether a turn hangs on it that is in this phase, and was not taken over before."""
        waits = self.emitted == 0 and not self.in_tool
        fits = {"between": waits, "tool": self.in_tool, "streaming": self.emitted > 0}.get(phase, True)
        return self.is_a_turn and self.deliveries == 1 and fits


class Watch:
    """The judge's eye on the streams."""

    def __init__(self, redis: Any, keys: Keys, desk: Desk, live: Iterable[str]) -> None:
        self._redis = redis
        self._keys = keys
        self._desk = desk
        self._live = live
        self._messages: OrderedDict[tuple[str, bytes], Message] = OrderedDict()

    @property
    def tags(self) -> list[str]:
        """The shards that have calls."""
        return sorted({self._keys.tag(call) for call in self._live})

    async def held(self, stage: Stage) -> list[Held]:
        """All that the workers of a stage hold of the calls."""
        return [held for tag in self.tags for held in await self._held(streams.work(tag, stage))]

    async def _held(self, key: str) -> list[Held]:
        try:
            found: Any = await self._redis.xpending_range(key, streams.GROUP, "-", "+", _AT_ONCE)
        except ResponseError:  # no group yet
            return []
        return [held for about in found if (held := await self._about(key, about)) is not None]

    async def _about(self, key: str, about: dict[str, Any]) -> Held | None:
        message = await self._message(key, about["message_id"])
        if message is None:
            return None
        head = message.head
        emitted = int(await self._redis.llen(self._keys.out(head.call, head.turn)))
        worker, deliveries = about["consumer"].decode(), int(about["times_delivered"])
        in_tool = self._desk.is_at(head.call, head.turn)
        return Held(worker, deliveries, head.call, head.turn, is_a_turn(message), emitted, in_tool)

    async def _message(self, key: str, id_: bytes) -> Message | None:
        if (key, id_) not in self._messages:
            entries: Any = await self._redis.xrange(key, id_, id_)
            if not entries:  # it was finished meanwhile
                return None
            self._messages[key, id_] = decode(entries[0][1][b"m"])
            while len(self._messages) > _REMEMBERED:
                self._messages.popitem(last=False)
        return self._messages[key, id_]
