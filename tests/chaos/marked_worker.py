"""``python -m tests.chaos.marked_worker STAGE``: a worker as ``make run`` starts it, whose work can be told by ear (``hands.py``).

Its vendors stand in the registry in the place of those that they wrap; nothing else is different. Which of its stage's workers it is,
and in which of its lives, the house tells it.
"""

import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence

from common import config, service
from common.config import Settings
from common.vendor_stream import closing
from common.vendors import Registered
from llm_worker import __main__ as llm_worker
from llm_worker.vendors import VENDORS as LLM_VENDORS
from llm_worker.vendors.base import Piece, Prompt
from llm_worker.vendors.scripted import ScriptedModel
from tests.chaos.hands import said_by, sung_by
from tts_worker import __main__ as tts_worker
from tts_worker.vendors import VENDORS as TTS_VENDORS
from tts_worker.vendors.base import SpeechRequest, WordEnds
from tts_worker.vendors.tone import ToneVoice

WHO = "CHAOS_WHO"
"""The variable of the workers' environment that says which one it is: its number, and how often it was started before."""
_STAGES = {"llm": llm_worker.main, "tts": tts_worker.main}


class MarkedModel:
    """A model each of whose attempts at a turn has another hand than the one before."""

    def __init__(self, settings: Settings, number: int | None = None, lives: int = 0) -> None:
        self._model = ScriptedModel(settings)
        self._number, self._lives = _who() if number is None else (number, lives)
        self._attempts = Counter[int]()

    async def warm_up(self) -> None:
        """As the model itself."""
        await self._model.warm_up()

    async def reply(self, prompt: Prompt) -> AsyncIterator[Piece]:
        """Its words."""
        hand = self._hand(prompt)
        async with closing(self._model.reply(prompt)) as pieces:
            async for piece in pieces:
                yield said_by(hand, piece) if isinstance(piece, str) else piece

    def _hand(self, prompt: Prompt) -> int:
        turn = hash((prompt.turn, prompt.text, prompt.history))  # of another call, perhaps: whose hand comes first does not matter
        self._attempts[turn] += not prompt.rounds
        return 2 * self._number + (self._attempts[turn] + self._lives) % 2

    async def close(self) -> None:
        """As the model itself."""
        await self._model.close()


class MarkedVoice:
    """A voice that can be told from the other worker's, and tells whose words it sings."""

    def __init__(self, settings: Settings) -> None:
        self._voice = ToneVoice(settings)
        self._number, _ = _who()

    async def warm_up(self) -> None:
        """As the voice itself."""
        await self._voice.warm_up()

    async def synthesise(self, request: SpeechRequest) -> AsyncIterator[bytes | WordEnds]:
        """Its sound."""
        async with closing(self._voice.synthesise(sung_by(self._number, request))) as sound:
            async for piece in sound:
                yield piece

    async def close(self) -> None:
        """As the voice itself."""
        await self._voice.close()


def _who() -> tuple[int, int]:
    number, lives = map(int, config.secret(WHO).split())
    return number, lives


def mark() -> None:
    """From here on this process's vendors can be told by ear."""
    LLM_VENDORS["scripted"] = Registered("tests.chaos.marked_worker:MarkedModel", LLM_VENDORS["scripted"].slots)
    TTS_VENDORS["tone"] = Registered("tests.chaos.marked_worker:MarkedVoice", TTS_VENDORS["tone"].slots)


def main(arguments: Sequence[str]) -> int:
    """Work until ended."""
    (stage,) = arguments
    mark()
    return service.run(f"{stage}_worker", _STAGES[stage])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
