"""How far the workers are behind, and who lives, as each shard tells."""

from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from common.bus import Backlog
from common.errors import BusUnavailable
from common.redis_link import Scripts, connect
from common.redis_load import backlog, stages_alive, sweep
from common.redis_shards import Link

NOWHERE = "redis://127.0.0.1:9"
Links = Callable[..., list[Link]]


@pytest_asyncio.fixture
async def links() -> AsyncIterator[Links]:
    """Makes the links to the shards of a cluster, each at its own address."""
    made: list[Link] = []

    def make(*urls: str) -> list[Link]:
        for shard, url in enumerate(urls):
            client = connect(url, 0.5, 1)
            made.append(Link(f"{{s{shard}}}", client, client, Scripts(client)))
        return made

    yield make
    for link in made:
        await link.close()


async def test_a_shard_that_is_away_does_not_hide_the_others(links: Links, redis_url: str) -> None:
    made = links(redis_url, NOWHERE)
    await made[0].writer.xadd("t:{s0}:asr", {"m": "work"}, id="1000-0")
    found = await backlog(made)
    assert (found.age_s > 1_000, sorted(found.away)) == (True, [1])


async def test_where_all_shards_answer_none_is_away(links: Links, redis_url: str) -> None:
    assert await backlog(links(redis_url, redis_url)) == Backlog(0.0)


async def test_where_no_shard_answers_nothing_is_known(links: Links) -> None:
    with pytest.raises(BusUnavailable):
        await backlog(links(NOWHERE, NOWHERE))


async def test_while_the_first_shard_alone_is_away_the_workers_are_those_that_were_known(links: Links, redis_url: str) -> None:
    assert await stages_alive(links(NOWHERE, redis_url), frozenset({"asr"})) == {"asr"}


async def test_who_lives_is_what_the_first_shard_says(links: Links, redis_url: str) -> None:
    assert await stages_alive(links(redis_url, NOWHERE), frozenset({"asr"})) == set()


@pytest.mark.parametrize("shards", [1, 2])
async def test_who_lives_is_not_known_where_no_shard_answers(links: Links, shards: int) -> None:
    with pytest.raises(BusUnavailable):
        await stages_alive(links(*[NOWHERE] * shards), frozenset({"asr"}))


@pytest.mark.parametrize(("first", "left"), [(NOWHERE, [b"one"]), ("", [])])
async def test_who_is_gone_is_swept_out_unless_the_first_shard_is_away(links: Links, redis_url: str, first: str, left: list[bytes]) -> None:
    known, here = links(first or redis_url, redis_url)
    await here.writer.xgroup_create("t:{s1}:asr", "w", mkstream=True)
    await here.writer.xgroup_createconsumer("t:{s1}:asr", "w", "one")
    await sweep(here, known, silent_ms=-1)
    assert [each["name"] for each in await here.writer.xinfo_consumers("t:{s1}:asr", "w")] == left
