"""Who is let in, and who is here: every media socket of the gateway, from ``start`` to its end.

Rules
- A stream needs the single-use token of its call, where there are any.
- Of two streams of one call the newest wins: the one before ends in peace, its call goes on (R12).
- A gateway that drains takes no new calls, but a stream whose webhook was answered just before is let in: who was told to come may come.
- When the time of a drain is over, the streams that are left are closed, but not their calls: Twilio asks
  ``/twilio/after``, and another gateway goes on with them (R12).
- Where there is no room (``gateway/load.py``), a *new* call is told so by the webhook. A stream is not refused for it: its call
  is known already, and may have begun elsewhere.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable

from common import metrics
from gateway.complaints import Complaints
from gateway.media_socket import Limits, MediaSocket
from gateway.telephony.base import Answer, CallStarted
from gateway.telephony.reconnects import Reconnects
from gateway.telephony.tokens import StreamTokens

logger = logging.getLogger("torim.gateway")

DRAIN_S = 10.0
MOVE_LIMIT_S = 1.2
"""How long calls may take to leave what they know in Redis, and their sockets to close."""


class Admission:
    """The calls of this gateway, as sockets."""

    def __init__(
        self,
        answer: Answer,
        tokens: StreamTokens | None,
        reconnects: Reconnects,
        complaints: Complaints,
        limits: Limits,
        why_busy: Callable[[int, str], str],
    ) -> None:
        """``tokens``: None where everybody is trusted; ``why_busy``: why a gateway with so many calls does not take this new one."""
        self.draining = False
        """New calls are sent elsewhere."""
        self._closed = False
        """Nobody is let in any more."""
        self._limits = limits
        self._answer = answer
        self._tokens = tokens
        self._reconnects = reconnects
        self._complaints = complaints
        self._why_busy = why_busy
        self._sockets: set[MediaSocket] = set()
        self._calls: dict[str, MediaSocket] = {}
        self._empty = asyncio.Event()
        self._empty.set()
        self._to_send_on: set[str] = set()
        """Calls that moved, and of which Twilio has not been told to wait for this gateway's successor."""
        self._sent_on = asyncio.Event()

    async def serve(self, media: MediaSocket) -> None:
        """Let a socket live, and know of it meanwhile."""
        self._sockets.add(media)
        self._empty.clear()
        metrics.CALLS.inc()
        try:
            await media.run()
        finally:
            self._sockets.discard(media)
            metrics.CALLS.dec()
            if self._calls.get(media.call) is media:
                del self._calls[media.call]
            if not self._sockets:
                self._empty.set()

    def why_busy(self, call: str) -> str:
        """Why a new call is better told to come again later; empty: it is not."""
        return self._why_busy(len(self._sockets), call)

    async def admit(self, media: MediaSocket, started: CallStarted) -> Answer | None:
        """What answers a call that may come in. The old stream of the call must give way."""
        refusal = await self._why_refused(started)
        if refusal:
            self._complaints.add(refusal, started.call)
            return None
        old = self._calls.get(started.call)
        if old:
            self._complaints.add("second_stream", started.call)
            old.stop("replaced", goes_on=True)
        self._calls[started.call] = media
        metrics.CALLS_BEGUN.inc()
        self._reconnects.call_began(started.call)
        return self._answer

    async def _why_refused(self, started: CallStarted) -> str:
        if self._closed:
            return "draining"
        if self._tokens is None or await self._tokens.take(started.token, started.call):
            return ""
        return "stream_token"

    # --- The end

    async def drain(self, timeout_s: float) -> None:
        """Take no new calls; return when the live ones are over or the time is."""
        self.draining = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await asyncio.sleep(self._limits.stream_delay_s)
                await self._empty.wait()
        self._closed = True

    def sent_on(self, call: str) -> None:
        """Twilio waits for this gateway's successor, to ask it for the call."""
        self._to_send_on.discard(call)
        if not self._to_send_on:
            self._sent_on.set()

    async def move_on(self) -> None:
        """Let the calls that are left go on elsewhere; return when Twilio has heard so of all of them, or had time to."""
        if not self._sockets:
            return
        logger.info("what=moving_on streams=%d", len(self._sockets))
        self._to_send_on = {media.call for media in self._sockets}
        self._stop_all("moved", go_on=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(MOVE_LIMIT_S):
                await self._empty.wait()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._limits.action_delay_s):
                await self._sent_on.wait()

    def end_all(self) -> None:
        """Close every stream now. Their calls are over, but where a drain was to hand them over."""
        self._stop_all("shutdown", go_on=self.draining)

    def _stop_all(self, reason: str, *, go_on: bool) -> None:
        self.draining = self._closed = True
        for media in list(self._sockets):
            media.stop(reason, goes_on=go_on)
