"""A token that opens one stream of one call, once: the signed webhook issues it, and the ``start`` message brings it back.

The signature of a websocket's handshake is the same for ever, so who has seen one could send it again; hence the token. It says
until when it is good and is signed (HMAC-SHA256) with what all gateways have, the account's auth token. So any gateway takes any
other's, with nothing kept anywhere, and whatever Redis forgets meanwhile. What Redis has is which tokens were used: where it does
not answer, or has forgotten, a token opens a stream at each gateway once, until it is a minute old.

Gateways on several machines want clocks that agree within half a minute.
"""

import asyncio
import hmac
import secrets
from collections.abc import Awaitable, Callable, Sequence

from common.errors import BusUnavailable

LIFE_S = 60.0
"""Twilio opens the stream within a second or two."""
_SHARED_LIMIT_S = 1.0

SpendToken = Callable[[str, str], Awaitable[bool]]
"""Notes where all gateways look that a call's (first) token (second) is used; False: it was already."""


class StreamTokens:
    """Issues tokens, and takes those of every gateway with one of these secrets."""

    def __init__(self, auth_tokens: Sequence[str], wall_clock: Callable[[], float], spend: SpendToken | None = None) -> None:
        """The first secret signs, any is good, so that they can be rotated; ``spend``: None for a gateway alone."""
        self._keys = [auth_token.encode() for auth_token in auth_tokens]
        self._wall_clock = wall_clock
        self._spend = spend
        self._spent: dict[str, float] = {}
        """Those that were used here, and when they are no good any more."""

    def issue(self, call: str) -> str:
        """A new token for the call."""
        about = f"{int(self._wall_clock() + LIFE_S)}.{secrets.token_urlsafe(12)}"
        return f"{about}.{_seal(self._keys[0], call, about).decode()}"

    async def take(self, token: str, call: str) -> bool:
        """Whether the token opens a stream of this call; it is spent then."""
        about, _, seal = token.rpartition(".")
        found = [hmac.compare_digest(_seal(key, call, about), seal.encode()) for key in self._keys]
        return any(found) and self._is_new(about) and await self._is_new_everywhere(call, about)

    def _is_new(self, about: str) -> bool:
        """Whether a token that one of us signed is young enough, and was never used here; it is now."""
        now, until = self._wall_clock(), float(about.partition(".")[0])
        self._spent = {spent: end for spent, end in self._spent.items() if end > now}
        if now >= until or about in self._spent:
            return False
        self._spent[about] = until
        return True

    async def _is_new_everywhere(self, call: str, about: str) -> bool:
        if self._spend is None:
            return True
        try:
            async with asyncio.timeout(_SHARED_LIMIT_S):
                return await self._spend(call, about)
        except (TimeoutError, BusUnavailable):
            return True


def _seal(key: bytes, call: str, about: str) -> bytes:
    return hmac.digest(key, f"stream {about} {call}".encode(), "sha256").hex().encode()
