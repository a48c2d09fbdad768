"""Sentences that were spoken before, kept in Redis: heard at once, and paid for once.

    sentence ──▶ known? ──yes──▶ its sound
                   │no
                   └──▶ the vendors in order ──▶ its sound, kept if the first of them spoke it to its end

What is kept is what the first vendor said: the voice that the house wants. Kept by vendor, voice, model, language
and text, as a digest: no text stands in Redis, but what the bot said does, as sound, for a day after its
last use. No more than ``TTS_CACHE_MB``; what was not used for longest makes room.

A cache is no part of the way: a Redis that does not answer within 100 ms knows nothing.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator

import msgspec

from common import streams
from common.errors import BusUnavailable
from common.redis_link import Connect, connect, once
from common.redis_shards import Servers
from common.vendor_stream import closing
from tts_worker.vendors.base import SpeechRequest, Voice, WordEnds

ANSWER_LIMIT_S = 0.1
LONGEST_BYTES = 240_000
"""Half a minute."""
_MB = 1_000_000


class Sound(msgspec.Struct, array_like=True, frozen=True):
    """What is kept of a sentence; new fields at the end, with a default."""

    mulaw: bytes
    word_ends: tuple[int, ...] = ()


class SpeechCache:
    """The sounds in Redis."""

    def __init__(self, url: str, limit_mb: float, connect: Connect = connect) -> None:
        """Raises ConfigError if the URL is empty or none."""
        servers = Servers(url, connect)
        self._keys = servers.keys
        self._links = servers.links(ANSWER_LIMIT_S)
        self._limit_bytes = round(limit_mb * _MB / self._keys.shards)

    async def recall(self, digest: str) -> Sound | None:
        """The sound, if it is known and Redis answers."""
        kept = await self._run("recall", digest, [digest, streams.SPEECH_TTL_S])
        return msgspec.msgpack.decode(kept, type=Sound) if isinstance(kept, bytes) else None

    async def remember(self, digest: str, sound: Sound) -> None:
        """Keep it, if Redis can."""
        if len(sound.mulaw) <= LONGEST_BYTES:
            await self._run("remember", digest, [digest, msgspec.msgpack.encode(sound), self._limit_bytes, streams.SPEECH_TTL_S])

    async def _run(self, script: str, digest: str, args: list[str | bytes | int]) -> object:
        link = self._links[self._keys.shard(digest)]
        try:
            async with asyncio.timeout(ANSWER_LIMIT_S):
                return await once(lambda: link.scripts.run(script, self._keys.speech(digest), args))
        except (BusUnavailable, TimeoutError):
            return None

    async def close(self) -> None:
        """Close the connections."""
        for link in self._links:
            await link.close()


def digest_of(who: str, request: SpeechRequest) -> str:
    """What a sentence is kept by; ``who`` is the vendor with its voice."""
    said = [who, request.voice, request.language, request.text, *filter(None, [request.model])]
    return hashlib.sha256(msgspec.json.encode(said)).hexdigest()[:32]


class Keeping:
    """A vendor whose sentences are kept."""

    def __init__(self, voice: Voice, cache: SpeechCache, who: str) -> None:
        self._voice = voice
        self._cache = cache
        self._who = who

    async def warm_up(self) -> None:
        """Warm the vendor up."""
        await self._voice.warm_up()

    async def synthesise(self, request: SpeechRequest) -> AsyncIterator[bytes | WordEnds]:
        """The vendor's own sound.

        Raises:
            VendorError: the vendor's.
        """
        came: list[bytes | WordEnds] = []
        async with closing(self._voice.synthesise(request)) as pieces:
            async for piece in pieces:
                came.append(piece)
                yield piece
        mulaw = b"".join(piece for piece in came if isinstance(piece, bytes))
        if mulaw:
            ends = tuple(at for piece in came if isinstance(piece, WordEnds) for at in piece.at_bytes)
            await self._cache.remember(digest_of(self._who, request), Sound(mulaw, ends))

    async def close(self) -> None:
        """Close the vendor."""
        await self._voice.close()


class Recalling:
    """Says from memory what is known, and leaves the rest to another voice."""

    def __init__(self, voice: Voice, cache: SpeechCache, who: str) -> None:
        self._voice = voice
        self._cache = cache
        self._who = who

    async def warm_up(self) -> None:
        """Warm the other voice up."""
        await self._voice.warm_up()

    async def synthesise(self, request: SpeechRequest) -> AsyncIterator[bytes | WordEnds]:
        """The sound, from wherever it comes.

        Raises:
            VendorError: the other voice's.
        """
        if (known := await self._cache.recall(digest_of(self._who, request))) is not None:
            if known.word_ends:
                yield WordEnds(known.word_ends)
            yield known.mulaw
            return
        async with closing(self._voice.synthesise(request)) as pieces:
            async for piece in pieces:
                yield piece

    async def close(self) -> None:
        """Close the other voice, and the cache."""
        await self._voice.close()
        await self._cache.close()
