"""uvicorn's websocket protocol with a short way for media: messages in and out without a queue, and without a task to be woken.

ASGI knows ``receive`` and ``send`` alone: an item of a queue, a future and a turn of the event loop for each message. That is as much
as all the rest of a frame. So an app that waits on nothing may take messages where they come in, and write where it has something to
say (``Wire`` in ``media_socket.py``); the scope's state has it as ``wire``. What is rare goes ASGI's way still, and the library's:
handshakes, pings, closing, fragments, whatever is against the rules (``media_frames.py``).

uvicorn gives this protocol the request of a handshake, and forgets what came behind it in the same packet. A peer should wait for the
answer; from one that does not, half a frame would be missing, so its other half would be taken for a frame.
"""

import asyncio
import socket
from collections.abc import Sequence
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from gateway.media_frames import MediaFrames, text_frame
from gateway.media_socket import Take
from gateway.rounds import Rounds

UNSENT_BYTES = 16 * 1024
"""What may lie behind the line's queue, where no clear overtakes it: a second of sound in the transport, one in the kernel."""
MOST_UNREAD = 32
"""Messages that may wait for ``receive`` before the transport is paused."""


class DoorProtocol(H11Protocol):
    """uvicorn's HTTP, which hands over to ``MediaProtocol`` all that came."""

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Give on what stands behind the request, too."""
        super().handle_websocket_upgrade(event)
        behind, _ = self.conn.trailing_data
        media = self.transport.get_protocol()
        if behind and isinstance(media, MediaProtocol):
            media.data_received(behind)


class MediaProtocol(WebSocketsSansIOProtocol):
    """One connection; a ``Wire``."""

    def __init__(self, rounds: Rounds, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._frames = MediaFrames(self.config.ws_max_size)
        self._take: Take | None = None
        self._rounds = rounds
        self._read_through: int | None = None
        """The descriptor that the rounds ask."""

    # --- The wire

    def hand_to(self, take: Take) -> None:
        """Give each message to ``take`` from now on, behind those that wait to be received; the rounds bring them."""
        self._take = take
        self.read_paused = False  # or uvicorn would let the loop read beside the rounds once the queue is empty
        if not self.transport.is_closing():
            self.transport.pause_reading()
            self._read_through = self._rounds.join(self.transport.get_extra_info("socket").fileno(), self._came)

    def write(self, texts: Sequence[str]) -> bool:
        """Send these now, as one; False, and nothing is sent, while the peer does not keep up."""
        if not self.writable.is_set():
            return False
        if not self.close_sent and not self.transport.is_closing():
            self.transport.write(b"".join(map(text_frame, texts)))
        return True

    def abort(self) -> None:
        """Drop the connection with all that waits in it."""
        self.transport.abort()

    def _came(self, data: bytes) -> None:
        try:
            if data:
                self.data_received(data)
            else:
                self._leave_rounds()
                self.transport.close()
        except BaseException:
            self._leave_rounds()
            self.transport.abort()  # as the event loop does with a protocol that fails
            raise

    def _leave_rounds(self) -> None:
        if self._read_through is not None:
            self._rounds.leave(self._read_through)
            self._read_through = None

    # --- uvicorn's own

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Have what a slow peer does not take wait in the line's queue, where it can be dropped."""
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=UNSENT_BYTES)
        self.transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing comes any more, and nobody takes it: who knows each other in circles is not freed at once."""
        self._leave_rounds()
        self._take = None
        super().connection_lost(exc)
        self.conn.parser.close()  # the library's circles: a generator that stands still for ever, and an error's traceback
        self.conn.parser_exc = None

    def data_received(self, data: bytes) -> None:
        """Take text messages out; all else is the library's, which so stands between two frames whenever it is asked."""
        if not self.handshake_initiated:
            super().data_received(data)
            return
        for message in self._frames.feed(data):
            if not isinstance(message, str):
                super().data_received(message)
            elif self._take is not None and self.queue.empty():
                self._take(message)
            else:
                self.frames, self.curr_msg_data_type = [message.encode()], "text"
                self.send_receive_event_to_app()

    def handle_connect(self, event: Any) -> None:
        """Hand the app this wire: the scope is there if the handshake was good, and its task has not run yet."""
        super().handle_connect(event)
        if not self.close_sent:
            self.scope["state"]["wire"] = self

    def send_receive_event_to_app(self) -> None:
        """uvicorn pauses the transport behind each message until the app took it; here it is paused only if the app fell behind."""
        paused, self.read_paused = self.read_paused, True
        super().send_receive_event_to_app()  # takes it for paused already
        self.read_paused = paused
        if not paused and self.queue.qsize() >= MOST_UNREAD and self._take is None:
            self.read_paused = True
            self.transport.pause_reading()
