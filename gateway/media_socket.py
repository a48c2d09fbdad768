"""One media socket: a reader that waits on nothing, a line that writes, and the conversation between them.

    socket --> Wire --> MediaSocket --> codec --> Conversation.receive
    socket <-- Wire <-- SocketLine <-- Line.send
                            └─ bounded queue, while the peer does not keep up

Rules
- Once a call began its messages are taken where they come in, and what it says is written where it is said: a queue, and a
  task to be woken behind it, cost as much as all the rest of a frame. ASGI's ``receive`` and ``send`` serve what is rare:
  the start, the end, a peer that is slow.
- The reader only decodes and hands on. Whatever is wrong with a message costs that message, not
  the call; a fault in our own code costs the call, not the process.
- The end is one thing, however it comes: ``stop``, the socket's close, the conversation's own end,
  a newer stream of the same call, silence of the peer. Whichever is first, all of it happens once.
- The end of a stream is the end of its call only where somebody meant it: ``stop``, the conversation, our own
  end. A socket that just died is no word of the caller's (R12).
- A peer that does not read is cut off: the queue is bounded, closing has a deadline, and then
  the transport is aborted, since a polite close would wait for that peer for ever.
- Twilio sends a frame every 20 ms, silence too; a socket on which nothing comes is dead.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from common.audio import FRAME_BYTES
from common.errors import ProviderError
from gateway.complaints import Complaints
from gateway.events_log import log_event
from gateway.telephony.base import Answer, CallStarted, CallStopped, Codec, Conversation

logger = logging.getLogger("torim.gateway")

_TOO_LONG = 1009
"""The close code of RFC 6455 for a message over the limit; the server closes by itself, so the codec never sees the message."""

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Take = Callable[[str | bytes], None]
"""Takes a message where it comes in; raises nothing."""


class Wire(Protocol):
    """What the server's protocol can do beside ASGI."""

    def hand_to(self, take: Take) -> None:
        """Give each message to ``take`` from now on, behind those that wait to be received."""

    def write(self, texts: Sequence[str]) -> bool:
        """Send these now, as one; False, and nothing is sent, while the peer does not keep up."""

    def abort(self) -> None:
        """Drop the connection with all that waits in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a peer may ask of us."""

    line_capacity: int = 1_000
    """Messages that may wait for a peer: 20 s of frames."""
    close_timeout_s: float = 2.0
    """How long the rest of the queue and the closing handshake may take."""
    start_timeout_s: float = 5.0
    """A socket that did not say ``start`` by then is closed."""
    idle_timeout_s: float = 30.0
    """A socket on which nothing came for so long is dropped."""
    stream_delay_s: float = 1.0
    """How long after a webhook's answer its stream may come; a gateway that drains stays for it."""
    action_delay_s: float = 1.0
    """How long after a stream's end Twilio may take to ask what becomes of the call."""


Admit = Callable[["MediaSocket", CallStarted], Awaitable[Answer | None]]
"""The front door's decision at ``start``: what makes the call's conversation, or None to refuse it."""


CallOver = Callable[[str], None]
"""Told when a call, and not only a stream of it, is over."""


class SocketLine:
    """The line of one call; see ``Line``."""

    def __init__(self, codec: Codec, send: Send, wire: Wire, limits: Limits) -> None:
        self.codec = codec
        self.overflowed = False
        """The peer did not read, so the line was cut off."""
        self._send = send
        self._wire = wire
        self._limits = limits
        self._queue: deque[str] = deque()
        self._wake = asyncio.Event()
        self._closed = False

    def send(self, messages: Sequence[str]) -> None:
        """Write messages, or queue them; cuts a peer off that lets them pile up."""
        if self._closed or (not self._queue and self._wire.write(messages)):
            return
        if len(self._queue) + len(messages) > self._limits.line_capacity:
            self.overflowed = True
            self.abort()
            return
        self._queue.extend(messages)
        self._wake.set()

    def clear(self) -> None:
        """Silence: of what is queued only the message that is on its way still leaves, then the order to forget."""
        while len(self._queue) > 1:
            self._queue.pop()
        self.send([self.codec.clear()])

    def close(self) -> None:
        """Let what is queued leave, then close the socket; past the deadline drop it."""
        if self._closed:
            return
        self._closed = True
        self._wake.set()
        asyncio.get_running_loop().call_later(self._limits.close_timeout_s, self._wire.abort)

    def abort(self) -> None:
        """Drop the socket with all that is queued."""
        self._queue.clear()
        self.close()
        self._wire.abort()

    async def write(self) -> None:
        """Send what is queued until the line is closed or the peer is gone."""
        try:
            while not self._closed:
                await self._flush()
                await self._wake.wait()
                self._wake.clear()
            await self._flush()
            await self._send({"type": "websocket.close", "code": 1000})
        except OSError:
            self._closed = True  # the peer is gone, which the reader learns by itself

    async def _flush(self) -> None:
        while self._queue:
            await self._send({"type": "websocket.send", "text": self._queue[0]})
            if self._queue:  # it stood there meanwhile, so that nothing overtook it; an abort may have dropped it
                self._queue.popleft()


class MediaSocket:
    """One accepted websocket, from its first message to WS_DONE."""

    def __init__(
        self, line: SocketLine, receive: Receive, wire: Wire, admit: Admit, call_over: CallOver, complaints: Complaints, limits: Limits
    ) -> None:
        self.line = line
        self.call = "-"
        self._stream = ""
        """Its streamSid, once it was let in."""
        self._receive = receive
        self._wire = wire
        self._admit = admit
        self._call_over = call_over
        self._complaints = complaints
        self._limits = limits
        self._conversation: Conversation | None = None
        self._messages = 0
        self._over = False

    async def run(self) -> None:
        """Live until socket and conversation are over."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.line.write())
            watchdog = tasks.create_task(self._watch())
            try:
                reason = await self._read(tasks)
                self.stop(reason, goes_on=reason != "bug")  # what a bug ended is over
            finally:
                watchdog.cancel()
                self.line.close()
        self._tell_done()

    def stop(self, reason: str, *, goes_on: bool = False) -> None:
        """End the stream for the conversation and close the line; idempotent. Its call may yet go on with another stream."""
        if self._over:
            return
        self._over = True
        if self._stream:
            log_event(self.call, None, "WS_STOP", sid=self._stream, reason=reason)
        if self._conversation:
            self._conversation.receive(CallStopped(goes_on))
            if not goes_on:
                self._call_over(self.call)
        self.line.close()

    # --- Reading

    async def _read(self, tasks: asyncio.TaskGroup) -> str:
        """Hand on what comes; returns why no more does."""
        try:
            async with asyncio.timeout(self._limits.start_timeout_s) as starting:
                while (message := await self._receive())["type"] != "websocket.disconnect":
                    text = message.get("text")
                    started = self._hear(message["bytes"] if text is None else text)
                    if started is not None:
                        await self._start(started, tasks)
                        starting.reschedule(None)
                        self._wire.hand_to(self._take)
                return self._why_closed(message)
        except TimeoutError:
            self._complaints.add("no_start")
            return "no_start"
        except Exception:  # the boundary of a call: a bug ends this one and no other
            logger.exception("bug=reader call=%s", self.call)
            return "bug"

    def _take(self, message: str | bytes) -> None:
        try:
            self._hear(message)
        except Exception:  # the same boundary
            logger.exception("bug=reader call=%s", self.call)
            self.stop("bug")

    def _hear(self, message: str | bytes) -> CallStarted | None:
        """Hand on what a message means; the start comes back, since somebody has to be asked."""
        self._messages += 1
        try:
            events = self.line.codec.receive(message)
        except ProviderError as error:
            self._complaints.add(str(error), self.call)
            return None
        for event in events:
            if isinstance(event, CallStarted):
                return event
            if isinstance(event, CallStopped):
                self.stop("stop")
            elif self._conversation and not self._over:
                self._conversation.receive(event)
        return None

    async def _start(self, started: CallStarted, tasks: asyncio.TaskGroup) -> None:
        answer = await self._admit(self, started)
        if answer is None:
            self.line.close()
            return
        self.call, self._stream = started.call, started.stream
        log_event(self.call, 0, "WS_START", sid=self._stream, language=started.language)  # before the conversation tells anything
        self._conversation = answer(started, self.line)
        tasks.create_task(self._converse(self._conversation))

    def _why_closed(self, message: Message) -> str:
        if self.line.overflowed:
            self._complaints.add("peer_does_not_read", self.call)
            return "overflow"
        code = message.get("code", 1006)
        if code == _TOO_LONG:
            self._complaints.add("too_long", self.call)
        return f"closed_{code}"

    # --- Beside the reader

    async def _converse(self, conversation: Conversation) -> None:
        try:
            if await conversation.run() and not self._over:
                self._call_over(self.call)
        except Exception:  # the boundary of a call
            logger.exception("bug=conversation call=%s", self.call)
        finally:
            self.line.close()

    async def _watch(self) -> None:
        seen = -1
        while seen != self._messages:
            seen = self._messages
            await asyncio.sleep(self._limits.idle_timeout_s)
        self._complaints.add("idle", self.call)
        self.line.abort()

    def _tell_done(self) -> None:
        if self._stream:
            codec = self.line.codec
            rx, tx = codec.rx_bytes // FRAME_BYTES, codec.tx_bytes // FRAME_BYTES
            ignored = ",".join(f"{kind}:{count}" for kind, count in sorted(codec.ignored.items()))
            log_event(self.call, None, "WS_DONE", sid=self._stream, rx=rx, tx=tx, ignored=ignored or None)
