"""The day's sums in Redis: added up by all gateways, bounded, and gone after two days."""

from redis.asyncio import Redis

from common import streams
from common.redis_bus import RedisGatewayBus

DAY = "2026-11-23"


async def test_gateways_add_up_to_one_sum(redis_url: str) -> None:
    buses = [RedisGatewayBus(redis_url) for _ in range(2)]
    for bus in buses:
        await bus.add_spent(DAY, {"all": 300, "agent:clinic": 200})
    assert await buses[0].spent(DAY, ["all", "agent:clinic", "agent:shop"]) == [600, 400, 0]
    for bus in buses:
        await bus.close()


async def test_the_sums_are_gone_after_two_days(redis_url: str) -> None:
    bus = RedisGatewayBus(redis_url)
    await bus.add_spent(DAY, {"all": 1})
    async with Redis.from_url(redis_url) as client:
        assert 0 < await client.ttl(streams.spent(DAY)) <= streams.SPENT_TTL_S
    await bus.close()


async def test_beyond_the_most_names_only_known_ones_are_added_to(redis_url: str) -> None:
    bus = RedisGatewayBus(redis_url)
    async with Redis.from_url(redis_url) as client:
        await client.hset(streams.spent(DAY), mapping={f"caller:{number}": 1 for number in range(streams.MOST_SPENDERS)})
        await bus.add_spent(DAY, {"caller:1": 1, "caller:new": 1})
        assert await client.hlen(streams.spent(DAY)) == streams.MOST_SPENDERS
    assert await bus.spent(DAY, ["caller:1", "caller:new"]) == [2, 0]
    await bus.close()
