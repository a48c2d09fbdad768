"""uvicorn's websocket protocol with a short way for media: messages in and out without a queue, and without a task to be woken.

ASGI knows ``receive`` and ``send`` alone: an item of a queue, a future and a turn of the event loop for each message. That is as much
as all the rest of a frame. So an app that waits on nothing may take messages where they come in, and write where it has something to
say (``Wire`` in ``media_socket.py``); the scope's state has it as ``wire``. What is rare goes ASGI's way still.
"""

from collections.abc import Sequence
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from gateway.media_socket import Take

MOST_UNREAD = 32
"""Messages that may wait for ``receive`` before the transport is paused."""


class MediaProtocol(WebSocketsSansIOProtocol):
    """One connection; a ``Wire``."""

    _take: Take | None = None

    # --- The wire

    def hand_to(self, take: Take) -> None:
        """Give each message to ``take`` from now on, behind those that wait to be received."""
        self._take = take

    def write(self, texts: Sequence[str]) -> bool:
        """Send these now, as one; False, and nothing is sent, while the peer does not keep up."""
        if not self.writable.is_set():
            return False
        if not self.close_sent and not self.transport.is_closing():
            for text in texts:
                self.conn.send_text(text.encode())
            self.transport.write(b"".join(self.conn.data_to_send()))
        return True

    def abort(self) -> None:
        """Drop the connection with all that waits in it."""
        self.transport.abort()

    # --- uvicorn's own

    def handle_connect(self, event: Any) -> None:
        """Hand the app this wire: the scope is there if the handshake was good, and its task has not run yet."""
        super().handle_connect(event)
        if not self.close_sent:
            self.scope["state"]["wire"] = self

    def send_receive_event_to_app(self) -> None:
        """Give a whole message to who takes it, or leave it to be received."""
        message = self._message() if self._take is not None and self.queue.empty() and not self.close_sent else None
        if self._take is None or message is None:
            self._queue_message()
        else:
            self._take(message)

    def _message(self) -> str | bytes | None:
        """What came; None if it is no text though it says so: that is uvicorn's to refuse."""
        data = b"".join(self.frames)
        try:
            message = data.decode() if self.curr_msg_data_type == "text" else data
        except UnicodeDecodeError:
            return None
        self.frames = []
        return message

    def _queue_message(self) -> None:
        """uvicorn pauses the transport behind each message until the app took it; here it is paused only if the app fell behind."""
        paused, self.read_paused = self.read_paused, True
        super().send_receive_event_to_app()  # takes it for paused already
        self.read_paused = paused
        if not paused and self.queue.qsize() >= MOST_UNREAD:
            self.read_paused = True
            self.transport.pause_reading()
