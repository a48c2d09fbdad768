"""One stream's hold on its call (R12): what it writes there counts while it is the newest.

A bus refuses what an older stream writes (``NotOwner``). Writes wait in the call's outbox, so each takes the
fence that is known when its time comes: 0 until the call was taken.
"""

import uuid

from common.bus import GatewayBus, Taken, TurnClosed
from gateway.beginning import lowest_turn


class Ownership:
    """The call in the bus, as one stream may write it."""

    def __init__(self, bus: GatewayBus, call: str, gateway: str, language: str, again: int) -> None:
        """``again``: how often the call was connected again before this stream."""
        self._bus = bus
        self._call = call
        self._gateway = gateway
        self._language = language
        self._lowest_turn = lowest_turn(again)
        self._stream = uuid.uuid4().hex
        self._fence = 0

    async def take(self) -> Taken:
        """Make this stream the owner; doing it twice changes nothing."""
        taken = await self._bus.take_call(self._call, self._gateway, self._stream, self._language, self._lowest_turn)
        self._fence = taken.fence
        return taken

    async def take_late(self) -> None:
        """As ``take``, for a call that has begun without an answer: at a number that the bus may not have reached."""
        await self.take()
        if self._lowest_turn:
            await self.close_turn(TurnClosed(self._lowest_turn - 1, "handed_over"))

    def is_lost_to(self, fence: int) -> bool:
        """Whether the stream with this fence took the call from this one."""
        return 0 < self._fence < fence

    async def open_turn(self, turn: int) -> None:
        """Note that the caller waits for an answer."""
        await self._bus.open_turn(self._call, turn, self._fence)

    async def commit_turn(self, turn: int, text: str) -> None:
        """Note that the caller's words are accepted."""
        await self._bus.commit_turn(self._call, turn, text, self._fence)

    async def close_turn(self, closed: TurnClosed) -> None:
        """Raise the turn, and write its history."""
        await self._bus.close_turn(self._call, closed, self._fence)

    async def transfer_call(self, destination: bytes) -> None:
        """Leave word of where the call goes when its stream has ended."""
        await self._bus.transfer_call(self._call, destination, self._fence)

    async def close_call(self) -> None:
        """The call is over."""
        await self._bus.close_call(self._call, self._fence)

    async def leave_call(self) -> None:
        """The call may go on without this stream."""
        await self._bus.leave_call(self._call, self._fence)

    def forget(self) -> None:
        """The bus needs to remember nothing for this stream."""
        self._bus.forget(self._call, self._fence)
