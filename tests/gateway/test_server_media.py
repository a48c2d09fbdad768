"""Media sockets, over real ones."""

import asyncio
import gc
import json
import random
import re
import socket as sockets
import struct
import weakref
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus
from websockets.server import ServerProtocol

from common.config import Settings
from gateway.events_log import log_event
from gateway.media_socket import Limits, Message, SocketLine, Take
from gateway.server import end_within
from gateway.telephony.auth import signature
from gateway.telephony.base import AudioReceived, CallStarted, CallStopped, Line
from gateway.telephony.twilio import TwilioCodec
from tests.gateway.front_door import SOON_S, Gateway, Listener, caller, gateway, media, start, stop, until_closed
from tests.uncollected import uncollected

SIGNED = Settings(twilio_auth_token="12345", public_url="https://bot.example.org")
WSS = "wss://bot.example.org/twilio/media"


def stopped(call: Listener) -> bool:
    return any(isinstance(event, CallStopped) for event in call.events)


# --- A call


async def test_a_call_that_starts_gets_a_conversation() -> None:
    async with gateway() as running, caller(running, language="en"):
        call = await running.call()
    assert call.started == CallStarted("CA1", "MZ1", "en", "", {"language": "en"})


async def test_sound_reaches_the_conversation() -> None:
    async with gateway() as running, caller(running) as socket:
        await socket.send(media(b"\x01" * 160))
        call = await running.call()
        await call.until(lambda call: AudioReceived(b"\x01" * 160, 0) in call.events)


async def test_what_the_conversation_sends_reaches_the_caller_in_order() -> None:
    async with gateway() as running, caller(running) as socket:
        line = (await running.call()).line
        line.send([line.codec.audio(b"\x01" * 160), line.codec.mark("1.0:160")])
        line.send([line.codec.clear()])
        received = [json.loads(await socket.recv())["event"] for _ in range(3)]
    assert received == ["media", "mark", "clear"]


async def test_stop_ends_the_call() -> None:
    async with gateway() as running, caller(running) as socket:
        await socket.send(stop())
        await (await running.call()).until(stopped)
        assert await until_closed(socket) == 1000


async def test_a_socket_that_drops_ends_the_call() -> None:
    async with gateway() as running, caller(running) as socket:
        call = await running.call()
        socket.transport.abort()
        await call.until(stopped)


async def test_a_conversation_that_ends_closes_the_line_after_what_it_said() -> None:
    async with gateway() as running, caller(running) as socket:
        call = await running.call()
        call.line.send([call.line.codec.mark("goodbye")])
        call.over.set()
        assert json.loads(await socket.recv())["mark"] == {"name": "goodbye"}
        assert await until_closed(socket) == 1000


async def test_the_end_is_told_once() -> None:
    async with gateway() as running, caller(running) as socket:
        await socket.send(stop())
        await socket.send(stop())
        await until_closed(socket)
        call = await running.call()
    assert call.events == [CallStopped()]


async def test_a_conversation_that_is_over_is_freed_at_once_though_nobody_collects() -> None:
    calls = list[weakref.ref[Listener]]()

    def answer(started: CallStarted, line: Line) -> Listener:
        call = Listener(started, line)
        calls.append(weakref.ref(call))
        return call

    with uncollected():
        async with gateway(answer=answer) as running, caller(running) as socket:
            await socket.send(stop())
            await until_closed(socket)
        assert [call() for call in calls] == [None]


def _connections() -> int:
    """The library's, of servers, that are not freed."""
    return sum(type(each) is ServerProtocol for each in gc.get_objects())


async def _hang_up(socket: ClientConnection) -> None:
    await socket.send(stop())
    await until_closed(socket)


async def _vanish(socket: ClientConnection) -> None:
    socket.transport.abort()


async def _say_too_much(socket: ClientConnection) -> None:
    await socket.send("x" * 65_537)
    await until_closed(socket)


async def _one_call(end: Callable[[ClientConnection], Awaitable[None]]) -> None:
    async with gateway(answer=Listener) as running, caller(running) as socket:
        await end(socket)


async def _one_refused() -> None:
    async with gateway(SIGNED) as running:
        assert await refused_status(running) == 403


@pytest.mark.parametrize(
    "session", [partial(_one_call, _hang_up), partial(_one_call, _vanish), partial(_one_call, _say_too_much), _one_refused]
)
def test_a_connection_that_is_over_is_freed_though_nobody_collects(session: Callable[[], Coroutine[None, None, None]]) -> None:
    gc.collect()  # what other tests left
    before = _connections()
    with uncollected():
        asyncio.run(session())
        assert _connections() == before


async def test_events_tell_start_stop_and_counters(capsys: pytest.CaptureFixture[str]) -> None:
    async with gateway() as running, caller(running) as socket:
        await socket.send(media(b"\x01" * 320))
        line = (await running.call()).line
        line.send([line.codec.audio(b"\x01" * 160)])
        await socket.send(stop())
        await until_closed(socket)
    assert re.findall(r"(WS_\w+.*)", capsys.readouterr().out) == [
        "WS_START sid=MZ1",
        "WS_STOP sid=MZ1 reason=stop",
        "WS_DONE sid=MZ1 rx=2 tx=1",
    ]


async def test_the_end_tells_what_was_ignored(capsys: pytest.CaptureFixture[str]) -> None:
    async with gateway() as running, caller(running) as socket:
        for message in ('{"event":"hologram"}', '{"event":"fax"}', media().replace("inbound", "outbound"), stop()):
            await socket.send(message)
        await until_closed(socket)
    assert "WS_DONE sid=MZ1 rx=0 tx=0 ignored=other_track:1,unknown_event:2\n" in capsys.readouterr().out


async def test_the_start_is_told_before_anything_that_the_conversation_tells(capsys: pytest.CaptureFixture[str]) -> None:
    def answer(started: CallStarted, line: Line) -> Listener:
        log_event(started.call, 0, "STATE")
        return Listener(started, line)

    async with gateway(answer=answer) as running, caller(running) as socket:
        await socket.send(stop())
        await until_closed(socket)
    assert re.findall(r"turn=\S+ (\w+)", capsys.readouterr().out)[:2] == ["WS_START", "STATE"]


async def test_a_call_that_cannot_be_answered_is_told_to_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    def answer(started: CallStarted, line: Line) -> Listener:
        raise ZeroDivisionError

    async with gateway(answer=answer) as running, caller(running) as socket:
        await until_closed(socket)
    assert re.findall(r"(WS_\w+)", capsys.readouterr().out) == ["WS_START", "WS_STOP", "WS_DONE"]


# --- Bad input


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("not json", "not_json"),
        (b"\x00\x01\x02", "binary"),
        (start(), "second_start"),
        (media(stream="MZ2"), "wrong_stream"),
        ('{"event":"media"}', "bad_field"),
    ],
)
async def test_a_bad_message_is_counted_and_the_call_goes_on(message: str | bytes, kind: str) -> None:
    async with gateway() as running, caller(running) as socket:
        await socket.send(message)
        await socket.send(media(b"\x02" * 160))
        await (await running.call()).until(lambda call: AudioReceived(b"\x02" * 160, 0) in call.events)
    assert running.complaints.counts == {kind: 1}


async def test_a_flood_of_nonsense_leaves_other_calls_alone() -> None:
    chance = random.Random(1)
    async with gateway() as running, caller(running, "CA1") as bad, caller(running, "CA2", "MZ2") as good:
        for _ in range(2000):
            nonsense = chance.randbytes(chance.randrange(300))
            await bad.send(nonsense if chance.random() < 0.2 else nonsense.decode("latin-1"))
        await good.send(media(stream="MZ2"))
        await (await running.call(1)).until(lambda call: bool(call.events))


async def test_an_unknown_event_is_nothing() -> None:
    async with gateway() as running, caller(running) as socket:
        await socket.send('{"event":"hologram"}')
        await socket.send(media())
        await (await running.call()).until(lambda call: len(call.events) == 1)
    assert not running.complaints.counts


async def test_media_before_start_is_counted_and_start_may_follow() -> None:
    async with gateway() as running, connect(running.media) as socket:
        await socket.send(media())
        await socket.send(start())
        await running.call()
    assert running.complaints.counts == {"media_before_start": 1}


async def test_text_that_is_none_ends_its_call_and_no_other() -> None:
    async with gateway() as running, caller(running, "CA2", "MZ2") as good, caller(running) as bad:
        call = await running.call(1)
        await bad.send(b"\xff\xfe", text=True)
        await call.until(stopped)
        assert await until_closed(bad) == 1007
        await good.send(media(stream="MZ2"))
        await (await running.call(0)).until(lambda call: bool(call.events))


async def test_a_message_in_pieces_is_heard_as_one() -> None:
    whole = media(b"\x02" * 160)
    async with gateway() as running, caller(running) as socket:
        call = await running.call()
        await socket.send([whole[:50], whole[50:51], whole[51:]])
        await call.until(lambda call: call.events == [AudioReceived(b"\x02" * 160, 0)])


async def test_a_message_over_64_kib_ends_its_call() -> None:
    async with gateway() as running, caller(running) as socket:
        await socket.send(media(b"\xff" * 50_000))
        assert await until_closed(socket) == 1009


async def test_a_message_over_64_kib_is_logged_with_its_call(caplog: pytest.LogCaptureFixture) -> None:
    async with gateway() as running, caller(running) as socket:
        call = await running.call()
        await socket.send(media(b"\xff" * 50_000))
        await call.until(stopped)
    assert "refused kind=too_long call=CA1 count=1" in caplog.messages


async def test_a_message_over_64_kib_is_counted() -> None:
    async with gateway() as running, caller(running) as socket:
        call = await running.call()
        await socket.send(media(b"\xff" * 50_000))
        await call.until(stopped)
    assert running.complaints.counts == {"too_long": 1}


async def test_a_message_over_64_kib_is_counted_before_the_start_too() -> None:
    async with gateway() as running, connect(running.media, compression=None) as socket:
        await socket.send(media(b"\xff" * 50_000))
        await until_closed(socket)
    assert running.complaints.counts == {"too_long": 1}


async def test_a_message_over_64_kib_leaves_other_calls_alone() -> None:
    async with gateway() as running, caller(running, "CA1") as bad, caller(running, "CA2", "MZ2") as good:
        await bad.send(media(b"\xff" * 50_000))
        await until_closed(bad)
        await good.send(media(b"\x03" * 160, "MZ2"))
        await (await running.call(1)).until(lambda call: any(isinstance(event, AudioReceived) for event in call.events))


async def test_odd_sizes_arrive_as_they_are() -> None:
    async with gateway() as running, caller(running) as socket:
        for size in (1, 159, 161, 7):
            await socket.send(media(b"\xff" * size))
        call = await running.call()
        await call.until(lambda call: len(call.events) == 4)
    assert [len(event.audio) for event in call.events if isinstance(event, AudioReceived)] == [1, 159, 161, 7]


async def test_a_socket_without_start_is_closed() -> None:
    async with gateway(limits=Limits(start_timeout_s=0.05)) as running, connect(running.media) as socket:
        await until_closed(socket)
    assert running.complaints.counts == {"no_start": 1}


async def test_a_socket_on_which_nothing_comes_is_dropped() -> None:
    async with gateway(limits=Limits(idle_timeout_s=0.05)) as running, caller(running) as socket:
        await until_closed(socket)
        await (await running.call()).until(stopped)


async def test_a_bug_in_one_conversation_ends_only_its_call(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Listener):
        async def run(self) -> bool:
            if self.started.call == "CA1":
                raise ZeroDivisionError
            return await super().run()

    calls: list[Broken] = []

    def answer(started: CallStarted, line: Line) -> Broken:
        calls.append(Broken(started, line))
        return calls[-1]

    async with gateway(answer=answer) as running, caller(running, "CA2", "MZ2") as good, caller(running, "CA1") as bad:
        await until_closed(bad)
        await good.send(media(stream="MZ2"))
        await calls[0].until(lambda call: bool(call.events))
    assert "bug=conversation call=CA1" in caplog.text


async def test_a_bug_while_receiving_ends_only_its_call(caplog: pytest.LogCaptureFixture) -> None:
    class Deaf(Listener):
        def receive(self, event: object) -> None:
            if isinstance(event, AudioReceived):
                raise ZeroDivisionError
            self.over.set()

    async with gateway(answer=Deaf) as running, caller(running) as socket:
        await socket.send(media())
        await until_closed(socket)
    assert "bug=reader call=CA1" in caplog.text


# --- Two streams of one call


async def test_the_newest_stream_of_a_call_wins() -> None:
    async with gateway() as running, caller(running, "CA1", "MZ1") as old, caller(running, "CA1", "MZ2") as new:
        await until_closed(old)
        await new.send(media(stream="MZ2"))
        await (await running.call(1)).until(lambda call: bool(call.events))


async def test_the_old_stream_learns_that_the_call_goes_on() -> None:
    async with gateway() as running, caller(running, "CA1", "MZ1") as old, caller(running, "CA1", "MZ2"):
        await until_closed(old)
        call = await running.call(0)
    assert call.events == [CallStopped(goes_on=True)]


# --- Whether a stream's end is the call's


async def becomes(running: Gateway, call: str = "CA1") -> str:
    """What becomes of the call now."""
    return await running.reconnects.ask(call)


async def test_a_call_whose_caller_hung_up_is_over() -> None:
    async with gateway() as running, caller(running) as socket:
        await socket.send(stop())
        await until_closed(socket)
        assert await becomes(running) == "over"


async def test_a_call_that_the_bot_ended_is_over_when_its_stream_is_closed() -> None:
    async with gateway() as running, caller(running) as socket:
        (await running.call()).over.set()
        await until_closed(socket)
        assert await becomes(running) == "over"


async def test_a_call_whose_socket_died_may_come_back() -> None:
    async with gateway() as running, caller(running) as socket:
        call = await running.call()
        socket.transport.abort()
        await call.until(stopped)
        assert (call.events, await becomes(running)) == ([CallStopped(goes_on=True)], "again")


async def test_a_call_that_came_back_is_not_over_any_more() -> None:
    async with gateway() as running:
        running.reconnects.call_over("CA1")
        async with caller(running):
            await running.call()
            assert await becomes(running) == "again"


async def test_a_call_whose_old_stream_was_replaced_is_not_over() -> None:
    async with gateway() as running, caller(running, "CA1", "MZ1") as old, caller(running, "CA1", "MZ2"):
        await until_closed(old)
        assert await becomes(running) == "again"


# --- A peer that does not read


class Peer:
    """What a line writes to, a ``Wire``, too; it takes nothing until it is let."""

    def __init__(self) -> None:
        self.reads = asyncio.Event()
        self.sent: list[str] = []
        self.aborted = False

    async def send(self, message: Message) -> None:
        await self.reads.wait()
        if self.aborted:
            raise OSError
        self.sent.append(message.get("text") or message["type"])

    def hand_to(self, take: Take) -> None:
        """Nothing comes from here."""

    def write(self, texts: Sequence[str]) -> bool:
        if self.reads.is_set():
            self.sent += texts
        return self.reads.is_set()

    def abort(self) -> None:
        self.aborted = True
        self.reads.set()


async def test_a_peer_that_does_not_read_is_cut_off() -> None:
    peer = Peer()
    line = SocketLine(TwilioCodec(), peer.send, peer, Limits(line_capacity=10))
    line.send(["frame"] * 8)
    line.send(["frame"] * 8)
    assert (line.overflowed, peer.aborted) == (True, True)


async def test_a_line_that_was_cut_off_takes_nothing_more() -> None:
    peer = Peer()
    line = SocketLine(TwilioCodec(), peer.send, peer, Limits(line_capacity=1))
    line.send(["a", "b"])
    line.send(["c"])
    await line.write()
    assert peer.sent == []


async def test_a_closed_line_that_nobody_reads_is_dropped() -> None:
    peer = Peer()
    line = SocketLine(TwilioCodec(), peer.send, peer, Limits(close_timeout_s=0.01))
    line.send(["frame"])
    line.close()
    async with asyncio.timeout(SOON_S):
        await line.write()
    assert peer.aborted


async def test_what_is_said_to_a_peer_that_reads_leaves_at_once() -> None:
    peer = Peer()
    peer.reads.set()
    SocketLine(TwilioCodec(), peer.send, peer, Limits()).send(["frame"])
    assert peer.sent == ["frame"]


async def test_nothing_overtakes_what_waits_for_a_slow_peer() -> None:
    peer = Peer()
    line = SocketLine(TwilioCodec(), peer.send, peer, Limits())
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(line.write())
        line.send(["first"])
        await asyncio.sleep(0)
        peer.reads.set()
        line.send(["second"])
        line.close()
    assert peer.sent == ["first", "second", "websocket.close"]


async def test_a_caller_who_reads_nothing_loses_his_call_and_nobody_else_does() -> None:
    async with gateway() as running, caller(running, "CA2", "MZ2") as good:
        with sockets.create_connection(("127.0.0.1", running.port)) as deaf:
            deaf.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
            deaf.sendall(_handshake())
            deaf.setblocking(False)
            await asyncio.get_running_loop().sock_recv(deaf, 1000)
            deaf.sendall(_text_frame(start()))
            call = await running.call(1)
            while not stopped(call):
                call.line.send([call.line.codec.audio(b"\xff" * 8000)])
                await asyncio.sleep(0)
        await good.send(media(stream="MZ2"))
        await (await running.call(0)).until(lambda call: bool(call.events))
    assert running.complaints.counts == {"peer_does_not_read": 1}


def _handshake() -> bytes:
    return (
        b"GET /twilio/media HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )


def _text_frame(text: str) -> bytes:
    """A masked text frame of 126 to 65,535 bytes, masked with zeros."""
    return b"\x81\xfe" + len(text).to_bytes(2, "big") + b"\0\0\0\0" + text.encode()


async def test_a_clear_overtakes_what_waits_for_a_slow_peer() -> None:
    peer, codec = Peer(), TwilioCodec()
    codec.receive(start())
    line = SocketLine(codec, peer.send, peer, Limits())
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(line.write())
        line.send(["on its way", "stale", "stale mark"])
        await asyncio.sleep(0)
        line.clear()
        line.send(["fresh"])
        peer.reads.set()
        line.close()
    assert peer.sent == ["on its way", codec.clear(), "fresh", "websocket.close"]


async def test_of_what_waits_for_a_slow_peer_only_the_last_clear_is_sent() -> None:
    peer, codec = Peer(), TwilioCodec()
    codec.receive(start())
    line = SocketLine(codec, peer.send, peer, Limits())
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(line.write())
        line.send(["on its way"])
        await asyncio.sleep(0)
        for _ in range(2):
            line.clear()
        peer.reads.set()
        line.close()
    assert peer.sent == ["on its way", codec.clear(), "websocket.close"]


async def test_a_clear_to_a_peer_that_reads_leaves_at_once() -> None:
    peer, codec = Peer(), TwilioCodec()
    codec.receive(start())
    peer.reads.set()
    SocketLine(codec, peer.send, peer, Limits()).clear()
    assert peer.sent == [codec.clear()]


async def test_a_peer_that_stood_still_is_not_told_all_that_was_said_before_a_clear() -> None:
    async with gateway() as running:
        with sockets.socket() as slow:
            slow.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
            slow.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(slow, ("127.0.0.1", running.port))
            await loop.sock_sendall(slow, _handshake())
            await loop.sock_recv(slow, 1000)
            await loop.sock_sendall(slow, _text_frame(start()))
            line = (await running.call()).line
            for _ in range(900):
                line.send([line.codec.audio(b"\xff" * 160)])
            line.clear()
            heard = b""
            while b'"clear"' not in heard:
                heard += await loop.sock_recv(slow, 65536)
    assert heard.count(b'"event":"media"') < 300


# --- The wire, by the byte


async def connected(running: Gateway, first: bytes) -> sockets.socket:
    """A peer that sent this, and has read the answer to its handshake."""
    peer = sockets.create_connection(("127.0.0.1", running.port))
    peer.setblocking(False)
    await asyncio.get_running_loop().sock_sendall(peer, first)
    assert b" 101 " in await asyncio.get_running_loop().sock_recv(peer, 1000)
    return peer


@pytest.mark.parametrize("cut", [0, 1, 5, 100])
async def test_what_comes_in_one_packet_with_the_handshake_is_heard_even_half_a_frame(cut: int) -> None:
    frame = _text_frame(start())
    async with gateway() as running:
        with await connected(running, _handshake() + frame[:cut]) as peer:
            await asyncio.get_running_loop().sock_sendall(peer, frame[cut:] + _text_frame(media()))
            await (await running.call()).until(lambda call: bool(call.events))


async def test_frames_behind_a_handshake_that_is_refused_are_nothing() -> None:
    async with gateway(SIGNED) as running:
        with sockets.create_connection(("127.0.0.1", running.port)) as peer:
            peer.setblocking(False)
            await asyncio.get_running_loop().sock_sendall(peer, _handshake() + _text_frame(start()))
            assert b" 403 " in await asyncio.get_running_loop().sock_recv(peer, 1000)
    assert running.calls == []


async def test_a_ping_is_answered_in_a_call() -> None:
    async with gateway() as running, caller(running) as socket:
        await running.call()
        async with asyncio.timeout(SOON_S):
            await (await socket.ping())
        await socket.send(media())
        await (await running.call()).until(lambda call: bool(call.events))


async def test_a_peer_that_closes_is_answered_and_its_call_may_come_back() -> None:
    async with gateway() as running, caller(running) as socket:
        call = await running.call()
        await socket.close(1000)
        await call.until(stopped)
        assert (socket.close_code, call.events) == (1000, [CallStopped(goes_on=True)])


async def test_a_connection_that_is_reset_leaves_other_calls_alone() -> None:
    async with gateway() as running, caller(running, "CA2", "MZ2") as good:
        await running.call()
        with await connected(running, _handshake()) as peer:
            await asyncio.get_running_loop().sock_sendall(peer, _text_frame(start()))
            call = await running.call(1)
            peer.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, struct.pack("ii", 1, 0))  # closing it resets it
        await call.until(stopped)
        await good.send(media(stream="MZ2"))
        await (await running.call(0)).until(lambda call: bool(call.events))


# --- Who may come in


async def refused_status(running: Gateway, **headers: str) -> int:
    with pytest.raises(InvalidStatus) as caught:
        async with connect(running.media, additional_headers=headers):
            pass
    return caught.value.response.status_code


async def test_an_unsigned_handshake_is_refused_before_the_upgrade() -> None:
    async with gateway(SIGNED) as running:
        assert await refused_status(running) == 403


async def test_a_forged_handshake_is_refused_before_the_upgrade() -> None:
    async with gateway(SIGNED) as running:
        assert await refused_status(running, **{"X-Twilio-Signature": signature("54321", WSS)}) == 403


async def token_for(running: Gateway, call: str) -> str:
    form = {"CallSid": call}
    given = signature("12345", "https://bot.example.org/twilio/voice", list(form.items()))
    async with httpx.AsyncClient() as client:
        response = await client.post(f"{running.http}/twilio/voice", data=form, headers={"X-Twilio-Signature": given})
    found = re.search(r'name="token" value="([^"]+)"', response.text)
    assert found
    return found[1]


def signed_socket(running: Gateway) -> connect:
    return connect(running.media, additional_headers={"X-Twilio-Signature": signature("12345", WSS)})


async def test_a_signed_handshake_with_the_calls_token_comes_in() -> None:
    async with gateway(SIGNED) as running:
        token = await token_for(running, "CA1")
        async with signed_socket(running) as socket:
            await socket.send(start("CA1", token=token))
            assert (await running.call()).started.call == "CA1"


async def test_a_replayed_handshake_stays_outside() -> None:
    async with gateway(SIGNED) as running:
        token = await token_for(running, "CA1")
        async with signed_socket(running) as first, signed_socket(running) as second:
            await first.send(start("CA1", token=token))
            await running.call()
            await second.send(start("CA1", "MZ2", token=token))
            await until_closed(second)
            assert len(running.calls) == 1


async def test_a_token_opens_no_other_call() -> None:
    async with gateway(SIGNED) as running:
        token = await token_for(running, "CA1")
        async with signed_socket(running) as socket:
            await socket.send(start("CA2", token=token))
            await until_closed(socket)
    assert running.complaints.counts == {"stream_token": 1}


# --- The end of the process


async def test_a_drain_lets_a_live_call_go_on() -> None:
    async with gateway() as running, caller(running) as socket:
        call = await running.call()
        async with asyncio.TaskGroup() as tasks:
            draining = tasks.create_task(running.door.admission.drain(SOON_S))
            await socket.send(media())
            await call.until(lambda call: bool(call.events))
            assert not draining.done()
            await socket.send(stop())


async def test_a_stream_whose_webhook_was_answered_before_the_drain_is_let_in() -> None:
    async with gateway(limits=Limits(stream_delay_s=SOON_S)) as running, asyncio.TaskGroup() as tasks:
        draining = tasks.create_task(running.door.admission.drain(SOON_S))
        async with caller(running) as socket:
            await running.call()
            await socket.send(stop())
            await until_closed(socket)
        draining.cancel()


async def test_a_drain_refuses_a_new_stream_in_the_end() -> None:
    async with gateway() as running:
        await running.door.admission.drain(SOON_S)
        async with caller(running) as socket:
            await until_closed(socket)
    assert running.complaints.counts == {"draining": 1}


async def test_a_drain_does_not_wait_for_ever() -> None:
    async with gateway() as running, caller(running):
        await running.call()
        await running.door.admission.drain(0.01)


async def test_calls_that_outlast_a_drain_go_on_elsewhere() -> None:
    async with gateway() as running, caller(running) as socket:
        call = await running.call()
        running.draining.set()
        await until_closed(socket)
    assert call.events == [CallStopped(goes_on=True)]


async def test_a_gateway_whose_calls_go_on_elsewhere_stays_to_say_so() -> None:
    async with gateway(limits=Limits(stream_delay_s=0, action_delay_s=SOON_S)) as running, asyncio.TaskGroup() as tasks:
        async with caller(running) as socket:
            await running.call()
            moving = tasks.create_task(running.door.admission.move_on())
            await until_closed(socket)
            async with httpx.AsyncClient() as client:
                response = await client.post(f"{running.http}/twilio/after", data={"CallSid": "CA1"})
        moving.cancel()
    assert "</Redirect>" in response.text


async def test_a_gateway_leaves_as_soon_as_all_of_its_calls_wait_for_its_successor() -> None:
    patient = Limits(stream_delay_s=0, action_delay_s=3600)
    async with gateway(limits=patient) as running, asyncio.timeout(SOON_S), asyncio.TaskGroup() as tasks, caller(running) as socket:
        await running.call()
        moving = tasks.create_task(running.door.admission.move_on())
        await until_closed(socket)
        async with httpx.AsyncClient() as client:
            for address in ("after", "after?elsewhere=1"):
                assert not moving.done()
                await client.post(f"{running.http}/twilio/{address}", data={"CallSid": "CA1"})
        await moving


async def test_a_gateway_without_calls_has_nothing_to_wait_for_in_the_end() -> None:
    async with gateway(limits=Limits(stream_delay_s=0, action_delay_s=3600)) as running, asyncio.timeout(SOON_S):
        await running.door.admission.move_on()


@pytest.mark.parametrize("draining", [False, True])
async def test_a_server_that_is_cancelled_ends_its_calls_unless_it_was_to_hand_them_over(draining: bool) -> None:
    async with gateway() as running, caller(running) as socket:
        call = await running.call()
        running.door.admission.draining = draining
        running.door.admission.end_all()
        await until_closed(socket)
    assert call.events == [CallStopped(goes_on=draining)]


async def test_a_server_that_does_not_end_is_cancelled() -> None:
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(asyncio.Event().wait())
        await end_within(serving, 0.01)
    assert serving.cancelled()


async def test_a_server_that_ends_in_time_is_left_to_it() -> None:
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(asyncio.sleep(0))
        await end_within(serving, SOON_S)
    assert not serving.cancelled()
