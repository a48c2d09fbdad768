"""A model, and what it wanted to be done in one answer: for who is to see more of a call than its caller hears."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from common.messages import Action
from common.vendor_stream import closing
from llm_worker.vendors.base import ActionRequest, Model, Piece, Prompt, Round


@dataclass(frozen=True, slots=True)
class Use:
    """A tool that the model called."""

    name: str
    arguments: str
    """As the model wrote them."""
    result: str
    """What the model was told of it."""


class Watched:
    """A ``Model``, whose answers another one makes."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._rounds: tuple[Round, ...] = ()
        self._requests: list[ActionRequest] = []

    def begin(self) -> None:
        """Another answer begins."""
        self._rounds, self._requests = (), []

    @property
    def uses(self) -> tuple[Use, ...]:
        """The tools of this answer, in order; those that were refused, too."""
        calls = [pair for each in self._rounds for pair in zip(each.calls, each.results, strict=True)]
        return tuple(Use(call.name, call.arguments, result.text) for call, result in calls)

    def refused(self, done: Sequence[Action]) -> tuple[str, ...]:
        """What the model asked the gateway for beside what is done."""
        may = {(action.name, action.argument) for action in done}
        return tuple(f"{each.name} {each.argument}".strip() for each in self._requests if (each.name, each.argument) not in may)

    async def warm_up(self) -> None:
        """Warm it up."""
        await self._model.warm_up()

    async def reply(self, prompt: Prompt) -> AsyncIterator[Piece]:
        """Its reply.

        Raises:
            VendorError: while iterating, as it does.
        """
        self._rounds = prompt.rounds
        async with closing(self._model.reply(prompt)) as pieces:
            async for piece in pieces:
                if isinstance(piece, ActionRequest):
                    self._requests.append(piece)
                yield piece

    async def close(self) -> None:
        """Close it."""
        await self._model.close()
