"""Sentences from memory: what is kept, for how long, how much of it, and what a Redis that is away costs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from redis.asyncio import Redis

from common import usage
from common.config import Settings
from common.errors import VendorError
from common.streams import Keys
from tts_worker.__main__ import voice_of
from tts_worker.cache import Keeping, Recalling, Sound, SpeechCache, digest_of
from tts_worker.vendors.base import SpeechRequest, WordEnds

HELLO = SpeechRequest("Hello!", "en")
DOWN = VendorError("fake", "http_500", retryable=True)


class Spoken:
    """A voice that counts, and fails behind its pieces if it is told to."""

    def __init__(self, *pieces: bytes | WordEnds, failure: VendorError | None = None) -> None:
        self.asked = 0
        self._pieces = pieces
        self._failure = failure

    async def warm_up(self) -> None: ...

    async def synthesise(self, request: SpeechRequest) -> AsyncIterator[bytes | WordEnds]:
        self.asked += 1
        with usage.asked("v", "m", characters=len(request.text)):
            for piece in self._pieces:
                yield piece
        if self._failure is not None:
            raise self._failure

    async def close(self) -> None: ...


@asynccontextmanager
async def cached(url: str, voice: Spoken, who: str = "v") -> AsyncIterator[Recalling]:
    cache = SpeechCache(url, 1)
    made = Recalling(Keeping(voice, cache, who), cache, who)
    yield made
    await made.close()


async def heard(voice: Recalling, request: SpeechRequest = HELLO) -> list[bytes | WordEnds]:
    return [piece async for piece in voice.synthesise(request)]


async def test_a_sentence_is_spoken_once(redis_url: str) -> None:
    spoken = Spoken(WordEnds((3,)), b"\x01\x02", b"\x03")
    async with cached(redis_url, spoken) as voice:
        first, second = await heard(voice), await heard(voice)
    assert (first, second, spoken.asked) == ([WordEnds((3,)), b"\x01\x02", b"\x03"], [WordEnds((3,)), b"\x01\x02\x03"], 1)


async def test_a_sentence_is_paid_for_once(redis_url: str) -> None:
    async with cached(redis_url, Spoken(b"\x01")) as voice:
        with usage.collected() as uses:
            await heard(voice)
            await heard(voice)
    assert [use.characters for use in uses] == [len(HELLO.text)]


@pytest.mark.e2e
async def test_in_a_cluster_too(cluster_url: str) -> None:
    spoken = Spoken(b"\x01")
    async with cached(cluster_url, spoken) as voice:
        for number in range(8):
            assert await heard(voice, SpeechRequest(f"{number}", "en")) == await heard(voice, SpeechRequest(f"{number}", "en"))
    assert spoken.asked == 8


@pytest.mark.parametrize(
    "other",
    [
        SpeechRequest("Hello?", "en"),
        SpeechRequest("Hello!", "he"),
        SpeechRequest("Hello!", "en", voice="Kore"),
        SpeechRequest("Hello!", "en", model="big"),
    ],
)
def test_another_text_language_or_voice_is_another_sound(other: SpeechRequest) -> None:
    assert digest_of("v", other) != digest_of("v", HELLO)


def test_turn_and_sentence_do_not_matter() -> None:
    assert digest_of("v", SpeechRequest("Hello!", "en", 7, 2)) == digest_of("v", HELLO)


async def test_another_vendor_has_its_own_sound(redis_url: str) -> None:
    one, other = Spoken(b"\x01"), Spoken(b"\x02")
    async with cached(redis_url, one, "google") as first, cached(redis_url, other, "openai") as second:
        assert (await heard(first), await heard(second)) == ([b"\x01"], [b"\x02"])


async def test_a_sentence_that_broke_off_is_not_kept(redis_url: str) -> None:
    spoken = Spoken(b"\x01", failure=DOWN)
    async with cached(redis_url, spoken) as voice:
        for _ in range(2):
            with pytest.raises(VendorError):
                await heard(voice)
    assert spoken.asked == 2


async def test_no_sound_is_not_kept(redis_url: str) -> None:
    spoken = Spoken()
    async with cached(redis_url, spoken) as voice:
        await heard(voice)
        await heard(voice)
    assert spoken.asked == 2


async def test_what_was_not_used_for_longest_makes_room(redis_url: str) -> None:
    cache = SpeechCache(redis_url, 0.001)
    for digest in ("a", "b", "c"):
        await cache.remember(digest, Sound(bytes(400)))
    known = [digest for digest in ("a", "b", "c") if await cache.recall(digest)]
    await cache.close()
    assert known == ["b", "c"]


async def test_the_same_sound_twice_is_one(redis_url: str) -> None:
    cache = SpeechCache(redis_url, 0.001)
    for digest in ("a", "b", "b", "b"):
        await cache.remember(digest, Sound(bytes(400)))
    known = [digest for digest in ("a", "b") if await cache.recall(digest)]
    await cache.close()
    assert known == ["a", "b"]


async def test_half_a_minute_is_the_most_of_one_sentence(redis_url: str) -> None:
    cache = SpeechCache(redis_url, 1)
    await cache.remember("a", Sound(bytes(240_001)))
    known = await cache.recall("a")
    await cache.close()
    assert known is None


async def test_nothing_is_kept_for_ever(redis_url: str) -> None:
    cache = SpeechCache(redis_url, 1)
    await cache.remember("a", Sound(b"\x01"))
    await cache.close()
    async with Redis.from_url(redis_url) as client:
        lives = [await client.ttl(key) for key in await client.keys("*")]
    assert len(lives) == 3
    assert all(0 < life_s <= 86_400 for life_s in lives)


async def test_what_is_only_listened_to_is_kept_for_as_long_again(redis_url: str) -> None:
    cache = SpeechCache(redis_url, 1)
    await cache.remember("a", Sound(b"\x01"))
    async with Redis.from_url(redis_url) as client:
        keys = await client.keys("*")
        for key in keys:
            await client.expire(key, 60)
        await cache.recall("a")
        lives = [await client.ttl(key) for key in keys]
    await cache.close()
    assert all(life_s > 60 for life_s in lives)


@pytest.mark.parametrize("lost", [0, 1, 2])
async def test_a_server_that_threw_a_part_away_keeps_what_comes_next(redis_url: str, lost: int) -> None:
    cache = SpeechCache(redis_url, 0.001)
    await cache.remember("a", Sound(bytes(400)))
    async with Redis.from_url(redis_url) as client:
        await client.delete(Keys(1).speech("a")[lost])
    for digest in ("b", "c", "d"):
        await cache.remember(digest, Sound(bytes(400)))
    known = [digest for digest in ("a", "b", "c", "d") if await cache.recall(digest)]
    await cache.close()
    assert known == ["c", "d"]


async def test_no_text_stands_in_redis(redis_url: str) -> None:
    async with cached(redis_url, Spoken(b"\x01")) as voice, Redis.from_url(redis_url) as client:
        await heard(voice)
        keys = await client.keys("*")
        fields = [await client.hkeys(key) for key in keys if await client.type(key) == b"hash"]
    assert "Hello" not in f"{keys} {fields}"


async def test_a_redis_that_is_away_costs_no_sentence() -> None:
    spoken = Spoken(b"\x01")
    async with cached("redis://127.0.0.1:1", spoken) as voice:
        assert (await heard(voice), await heard(voice), spoken.asked) == ([b"\x01"], [b"\x01"], 2)


async def test_a_redis_that_stands_still_costs_no_sentence(redis_url: str) -> None:
    async with cached(redis_url, Spoken(b"\x01")) as voice, Redis.from_url(redis_url) as client:
        await heard(voice)
        await client.client_pause(1_000)
        assert await heard(voice) == [b"\x01"]
        await client.ping()


@pytest.mark.parametrize(
    ("settings", "kept"),
    [
        (Settings(tts_vendor="google"), True),
        (Settings(tts_vendor="openai"), True),
        (Settings(tts_vendor="google", tts_cache_mb=0), False),
        (Settings(tts_vendor="tone"), False),
    ],
)
async def test_what_an_online_voice_says_is_kept_unless_that_is_switched_off(settings: Settings, kept: bool) -> None:
    voice = voice_of(replace(settings, redis_url="redis://127.0.0.1:1"))
    assert isinstance(voice, Recalling) == kept
    await voice.close()
