"""The caller's sockets: opens streams as webhooks want it, and moves messages between them and the caller.

A stream ends when the caller hangs up, or when the bot closes it. Then Twilio asks the ``action``
of the TwiML what to do: end the call, put it through to a telephone, or connect it again, under the same
callSid. A stream that cannot be opened again has ended, too. Other addresses may be given for where nobody answers, or who
answers wants somebody else asked: as if a load balancer stood before several gateways.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Mapping, Sequence

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from common.audio import SAMPLE_RATE_HZ
from tools.caller.caller import Caller
from tools.caller.record import Record, Tell
from tools.caller.webhook import Addresses, Dial, End, NoConnection, Plan, Stream, ask, at, post
from tools.caller.wire import Messages

_OPEN_TIMEOUT_S = 10.0
_CLOSE_TIMEOUT_S = 2.0
_RECONNECTS = 3
RETRIEVAL_FAILED = "11200"
"""Twilio's word for a webhook that does not answer."""


class Clock:
    """Samples since the call began."""

    def __init__(self) -> None:
        self._begin_s = asyncio.get_running_loop().time()

    def now(self) -> int:
        """The sample that is spoken now."""
        return int((asyncio.get_running_loop().time() - self._begin_s) * SAMPLE_RATE_HZ)

    async def sleep_until(self, sample: int) -> None:
        """Wait for a sample's time."""
        seconds = self._begin_s + sample / SAMPLE_RATE_HZ - asyncio.get_running_loop().time()
        await asyncio.sleep(max(0.0, seconds))


class Call:
    """One call and all it is made of."""

    def __init__(
        self,
        caller: Caller,
        record: Record,
        addresses: Addresses,
        tell: Tell,
        max_s: float,
        fail_over: Sequence[str] = (),
        fallback: str = "",
        dialled: str = "completed",
    ) -> None:
        """``fail_over``: base URLs of the gateways that are asked, one after the other, where the call's own does not answer any more,
        or wants another one asked. ``fallback``: what Twilio asks where a webhook fails. ``dialled``: what becomes of a transfer, in
        Twilio's word."""
        self.out_of_time = False
        """The longest time was over before the caller was done."""
        self._caller = caller
        self._record = record
        self._addresses = addresses
        self._tell = tell
        self._fail_over = fail_over
        self._fallback = fallback
        self._dialled = dialled
        self._max = int(max_s * SAMPLE_RATE_HZ)

    async def place(self, url: str, parameters: Mapping[str, str]) -> None:
        """Call a webhook, or a media socket (ws://), and live until either side hangs up.

        Raises:
            NoConnection: nobody answers there.
        """
        async with httpx.AsyncClient() as client:
            self._client, self._clock = client, Clock()
            plan = Stream(url, parameters) if url.startswith("ws") else await self._connected(await self._ask(url, CallStatus="ringing"))
            run = self._run_stream
            for _ in range(1 + _RECONNECTS):
                if not isinstance(plan, Stream):
                    break
                await run(plan)
                run = self._run_stream_again
                plan = await self._next_plan(plan)
            self._tell(self._clock.now(), f"line   over: {'reconnected too often' if isinstance(plan, Stream) else plan.why}")

    async def _ask(self, url: str, **more: str) -> Plan:
        try:
            return await ask(self._client, self._addresses, url, self._record.call, next(iter(self._fail_over), ""), **more)
        except NoConnection as error:
            if not self._fallback:
                raise
            self._tell(self._clock.now(), f"line   falls back: {error}")
            failed = {"ErrorCode": RETRIEVAL_FAILED, "ErrorUrl": url}
            return await ask(self._client, self._addresses, self._fallback, self._record.call, **failed, **more)

    async def _next_plan(self, ended: Stream) -> Stream | End:
        await self._report(ended, "stream-stopped")
        if self._caller.over or self.out_of_time:
            return End("the caller hung up")
        return await self._connected(await self._ask_action(ended.action)) if ended.action else End("the bot closed the stream")

    async def _connected(self, plan: Plan) -> Stream | End:
        """What is wanted once somebody else's telephone rang, if it is to; of what is said there nothing is known here."""
        while isinstance(plan, Dial):
            self._record.dials.append(plan)
            self._tell(self._clock.now(), f"line   put through to {plan.number}: {self._dialled}")
            plan = await self._ask_action(plan.action, DialCallStatus=self._dialled)
        return plan

    async def _ask_action(self, action: str, **more: str) -> Plan:
        *first, last = [action, *(at(base, action) for base in self._fail_over)]
        for address in first:
            try:
                return await self._ask(address, **more)
            except NoConnection as error:
                self._tell(self._clock.now(), f"line   fails over: {error}")
        return await self._ask(last, **more)

    async def _report(self, stream: Stream, event: str) -> None:
        """Twilio's status callback. What it comes to does not matter to the call."""
        if not stream.status_callback:
            return
        try:
            await post(self._client, self._addresses, stream.status_callback, self._record.call, StreamEvent=event)
        except NoConnection as error:
            self._tell(self._clock.now(), f"line   status callback failed: {error}")

    # --- One stream

    async def _run_stream(self, stream: Stream) -> None:
        signed = self._addresses.headers(self._addresses.signed_url(stream.url))
        try:
            async with connect(
                self._addresses.reach(stream.url),
                additional_headers=signed,
                compression=None,
                open_timeout=_OPEN_TIMEOUT_S,
                close_timeout=_CLOSE_TIMEOUT_S,
            ) as socket:
                self._tell(self._clock.now(), f"line   connected to {stream.url}")
                await self._talk(socket, stream)
        except (OSError, TimeoutError, InvalidHandshake, InvalidURI) as error:
            raise NoConnection(f"{stream.url}: {error}") from None

    async def _run_stream_again(self, stream: Stream) -> None:
        try:
            await self._run_stream(stream)
        except NoConnection as error:
            self._tell(self._clock.now(), f"line   not connected: {error}")

    async def _talk(self, socket: ClientConnection, stream: Stream) -> None:
        messages = Messages(self._record.call, "MZ" + secrets.token_hex(16))
        out: asyncio.Queue[str | None] = asyncio.Queue()
        out.put_nowait(messages.connected())
        out.put_nowait(messages.start(stream.parameters))
        self._caller.begin_stream(self._clock.now(), messages)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._report(stream, "stream-started"))
            others = [tasks.create_task(self._write(socket, out)), tasks.create_task(self._tick(messages, out))]
            await self._read(socket, out)
            for task in others:
                task.cancel()

    async def _read(self, socket: ClientConnection, out: asyncio.Queue[str | None]) -> None:
        """Until the socket is closed, whichever side did it."""
        with contextlib.suppress(ConnectionClosed):
            async for message in socket:
                for answer in self._caller.receive(self._clock.now(), message):
                    out.put_nowait(answer)
        code = socket.close_code
        if not (self._caller.over or self.out_of_time):
            self._tell(self._clock.now(), f"bot    closed the stream ({code})")

    async def _tick(self, messages: Messages, out: asyncio.Queue[str | None]) -> None:
        """The 20 ms clock of the caller, until it hangs up."""
        while not self._caller.over and not self.out_of_time:
            await self._clock.sleep_until(self._caller.deadline)
            now = self._clock.now()
            for message in self._caller.tick(now):
                out.put_nowait(message)
            self.out_of_time = now >= self._max and not self._caller.over
        out.put_nowait(messages.stop())
        out.put_nowait(None)

    async def _write(self, socket: ClientConnection, out: asyncio.Queue[str | None]) -> None:
        """One writer, so that the numbers of the messages are in order."""
        with contextlib.suppress(ConnectionClosed):
            while (message := await out.get()) is not None:
                await socket.send(message)
            await socket.close()
