"""How far the workers are behind, as each shard tells."""

import pytest

from common.bus import Backlog
from common.errors import BusUnavailable
from common.redis_link import Scripts, connect
from common.redis_load import backlog
from common.redis_shards import Link

NOWHERE = "redis://127.0.0.1:9"


def link(tag: str, url: str) -> Link:
    client = connect(url, 0.5, 1)
    return Link(tag, client, client, Scripts(client))


async def test_a_shard_that_is_away_does_not_hide_the_others(redis_url: str) -> None:
    links = [link("{s0}", redis_url), link("{s1}", NOWHERE)]
    await links[0].writer.xadd("t:{s0}:asr", {"m": "work"}, id="1000-0")
    found = await backlog(links)
    for each in links:
        await each.close()
    assert (found.age_s > 1_000, sorted(found.away)) == (True, [1])


async def test_where_all_shards_answer_none_is_away(redis_url: str) -> None:
    links = [link("{s0}", redis_url), link("{s1}", redis_url)]
    found = await backlog(links)
    for each in links:
        await each.close()
    assert found == Backlog(0.0)


async def test_where_no_shard_answers_nothing_is_known() -> None:
    with pytest.raises(BusUnavailable):
        await backlog([link("{s0}", NOWHERE), link("{s1}", NOWHERE)])
