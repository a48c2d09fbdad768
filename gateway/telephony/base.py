"""What the gateway needs of a telephony provider: a codec, a line, and what is said on it.

    provider --text--> Codec.receive --LineEvent--> Conversation.receive
    provider <--text-- Line.send <-- Codec.audio, Codec.mark, Codec.clear

Rules
- A codec is sans-I/O and belongs to one stream: it turns the provider's messages into events
  and orders into the provider's messages, and it counts. It owns no socket, no clock, no task.
- Nothing here waits. ``Conversation.receive`` and ``Line.send`` are plain calls, so the loop
  that reads the socket can't be held up by Redis, by a vendor, or by the peer itself.
- Events come in any order the provider likes: ``CallStopped`` may come twice, or never
  (then the line's end stands for it), so the end of a call is idempotent.

A new provider is one more codec in this package; ``call.py`` and ``turn/`` don't know.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import msgspec


@dataclass(frozen=True, slots=True)
class CallStarted:
    """The stream is open: who calls, and what the webhook gave along."""

    call: str
    """The provider's call id (Twilio: callSid); stays the same over a reconnect."""
    stream: str
    """The provider's stream id (Twilio: streamSid); new on every connection."""
    language: str | None = None
    """Language that the webhook asked for (BCP 47); None: the default of the settings."""
    token: str = ""
    """Single-use token that the webhook issued; the front door checks it."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """All custom parameters of the stream, without the token."""


class AudioReceived(msgspec.Struct, frozen=True, gc=False):
    """Sound of the caller. 50 a second come on each line: a Struct is made in a quarter of a dataclass' time."""

    audio: bytes
    """Mu-law, 8 kHz, mono; any length, usually 160 bytes (20 ms)."""
    timestamp_ms: int
    """The provider's time since the stream began; it jumps where audio was lost."""


@dataclass(frozen=True, slots=True)
class DigitPressed:
    """The caller pressed a key."""

    digit: str
    """One of 0-9, *, #, A-D."""


@dataclass(frozen=True, slots=True)
class MarkPlayed:
    """A mark came back: played, or thrown out by a clear; its name must tell which (R4)."""

    name: str


@dataclass(frozen=True, slots=True)
class CallStopped:
    """The stream is over, by the provider's word or by the end of the socket."""

    goes_on: bool = False
    """The call may go on with another stream: a newer one took it over, or the socket died without a word (R12)."""


LineEvent = CallStarted | AudioReceived | DigitPressed | MarkPlayed | CallStopped


class Codec(Protocol):
    """One stream's messages, in the provider's wire format. Sans-I/O."""

    rx_bytes: int
    """Mu-law bytes received so far."""
    tx_bytes: int
    """Mu-law bytes put into messages so far."""
    ignored: Counter[str]
    """Messages without effect so far, by kind."""

    def receive(self, message: str | bytes) -> list[LineEvent]:
        """What a message of the provider means; empty for one that needs no answer.

        Raises:
            ProviderError: the message breaks the protocol; it is dropped, the stream goes on.
        """

    def audio(self, mulaw: bytes) -> str:
        """The message that queues this sound at the provider, behind what it has."""

    def mark(self, name: str) -> str:
        """The message that asks to be told when everything before it was played."""

    def clear(self) -> str:
        """The message that empties the provider's queue at once."""


class Line(Protocol):
    """One caller's connection, as a conversation sees it."""

    @property
    def codec(self) -> Codec:
        """Makes the messages that ``send`` takes."""

    def send(self, messages: Sequence[str]) -> None:
        """Queue messages for the provider, in order; never blocks.

        A line that is closed swallows them. A peer that does not read fills the line's
        bounded queue; then the line is closed, and counted.
        """

    def clear(self) -> None:
        """Have the provider forget what it has not played. What waits here for it is not sent at all, so no mark in it comes back."""

    def close(self) -> None:
        """End the stream once what was queued has left; idempotent."""


class Conversation(Protocol):
    """One call as the front door sees it."""

    def receive(self, event: LineEvent) -> None:
        """Take what happened on the line, in order; waits on nothing."""

    async def run(self) -> bool:
        """Live until the stream is done with; the front door closes the line then. Whether the call itself is over, too."""


Answer = Callable[[CallStarted, Line], Conversation]
"""Makes the conversation of a call that was let in; ``CallStarted`` itself is not received again."""
