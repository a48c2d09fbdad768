"""What only a real server shows: restarts, times to live, entries that nobody can read."""

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any, cast

import pytest
import redis
from prometheus_client import REGISTRY
from redis.asyncio import Redis

from common import streams
from common.bus import Delivery, Emitted, ToolRun, TurnClosed, TurnNews
from common.errors import BusUnavailable, ConfigError
from common.messages import Message, Stage, StageFailed, Summarise, decode
from common.redis_bus import RedisGatewayBus, RedisWorkerBus
from common.redis_link import Backoff, Outage, insistently, once, without_password
from common.redis_load import sweep
from common.streams import ONE_TAG, Pace
from tests.contract.house import CALL, GATEWAY, STREAM, chunk, head, next_reply, sentence, to_gateway, transcript, until, utterance
from tests.servers import RealServer, real_server
from tests.virtual_clock import run

FENCE = 2**52
"""Higher than any stream's: an owner's."""
PACE = Pace(block_ms=50, min_idle_ms=50, settling_ms=0)
RUN = ToolRun(id="a", turn=0, entry="1-0", name="book", arguments='{"name":"Dana"}', started_s=1.0, timeout_s=5.0)


@asynccontextmanager
async def both(url: str) -> AsyncIterator[tuple[RedisGatewayBus, RedisWorkerBus]]:
    """The two halves, with one open call."""
    gateway, worker = RedisGatewayBus(url, pace=PACE), RedisWorkerBus(url, pace=PACE)
    await gateway.take_call(CALL, GATEWAY, STREAM, "en")
    yield gateway, worker
    await gateway.close()
    await worker.close()


@pytest.fixture
def durable_server() -> Iterator[RealServer]:
    """A server of our own that can be killed and keeps what it was told."""
    with real_server(durable=True) as server:
        yield server


async def taken(worker: RedisWorkerBus, held: Collection[str] = ()) -> Delivery:
    """The next work for ASR, whatever happens to the connection."""

    async def ask() -> Delivery | None:
        try:
            return await worker.take("asr", "one", held=held)
        except BusUnavailable:
            return None

    return await until(ask)


# Restarts


async def test_work_and_replies_go_on_after_a_restart_of_the_server(durable_server: RealServer) -> None:
    async with both(durable_server.url) as (gateway, worker):
        replies, heard = gateway.replies(GATEWAY), []
        for number in (1, 2):
            await gateway.publish("asr", utterance(number=number))
            await worker.commit("asr", await taken(worker), [to_gateway(transcript(text=str(number)))])
            heard.append((await next_reply(replies)).message)
            durable_server.kill()
            durable_server.start()
        assert heard == [transcript(text="1"), transcript(text="2")]


async def test_a_gateway_that_waits_for_replies_outlives_a_restart(durable_server: RealServer) -> None:
    async with both(durable_server.url) as (gateway, worker):
        await gateway.publish("tts", sentence())
        async with asyncio.TaskGroup() as group:
            heard = group.create_task(next_reply(gateway.replies(GATEWAY)))
            await worker.take("asr", "one")  # meanwhile the gateway waits in its read
            durable_server.kill()
            durable_server.start()
            await until(lambda: sent(worker))
        assert heard.result().message == chunk()


async def sent(worker: RedisWorkerBus) -> bool | None:
    """Whether a reply went out, whatever happens to the connection."""
    try:
        return await worker.send(to_gateway(chunk())) or None
    except BusUnavailable:
        return None


async def test_a_publication_waits_for_a_server_that_restarts(durable_server: RealServer) -> None:
    async with both(durable_server.url) as (gateway, worker), asyncio.TaskGroup() as group:
        durable_server.kill()
        group.create_task(gateway.publish("asr", utterance()))
        await asyncio.to_thread(durable_server.start)
        assert (await taken(worker)).message == utterance()


async def test_a_delivery_is_committed_after_a_restart(durable_server: RealServer) -> None:
    async with both(durable_server.url) as (gateway, worker):
        await gateway.publish("asr", utterance())
        delivery = await taken(worker)
        durable_server.kill()
        durable_server.start()
        assert await worker.commit("asr", delivery, [])


async def test_an_entry_that_never_reached_its_worker_is_taken_after_the_next_trouble(durable_server: RealServer) -> None:
    async with both(durable_server.url) as (gateway, worker):
        await worker.take("asr", "one")
        await gateway.publish("asr", utterance())
        await gateway._links[0].writer.xreadgroup(streams.GROUP, "one", {streams.work(ONE_TAG, "asr"): ">"})
        durable_server.kill()
        durable_server.start()
        found = await taken(worker)
        assert (found.message, found.taken_over) == (utterance(), True)


async def test_an_entry_that_is_worked_on_is_not_taken_again_after_trouble(durable_server: RealServer) -> None:
    async with both(durable_server.url) as (gateway, worker):
        await gateway.publish("asr", utterance())
        held = await taken(worker)
        durable_server.kill()
        durable_server.start()
        await gateway.publish("asr", utterance(number=2))
        assert (await taken(worker, {held.id})).message == utterance(number=2)


async def test_an_entry_that_its_handler_left_is_taken_again_after_trouble(durable_server: RealServer) -> None:
    async with both(durable_server.url) as (gateway, worker):
        await gateway.publish("asr", utterance())
        left = await taken(worker)
        durable_server.kill()
        durable_server.start()
        again = await taken(worker)
        assert (again.id, again.attempt, again.taken_over) == (left.id, 1, True)


async def test_news_of_turns_go_on_after_a_restart(durable_server: RealServer) -> None:
    async with both(durable_server.url) as (gateway, worker):
        news = worker.news()
        await heard_by(gateway, news)
        durable_server.kill()
        durable_server.start()
        assert (await heard_by(gateway, news)).call == CALL


async def heard_by(gateway: RedisGatewayBus, news: AsyncIterator[TurnNews]) -> TurnNews:
    """The next news; a turn is committed again and again until the listener has subscribed."""

    async def listen() -> TurnNews:
        return await anext(news)

    async with asyncio.TaskGroup() as group:
        heard = group.create_task(listen())

        async def tell() -> bool | None:
            await gateway.commit_turn(CALL, 0, "", FENCE)
            return True if heard.done() else None

        await until(tell)
    return heard.result()


async def test_a_worker_says_so_when_the_server_is_gone(durable_server: RealServer) -> None:
    async with both(durable_server.url) as (_, worker):
        durable_server.kill()
        with pytest.raises(BusUnavailable):
            await worker.beat("asr", "one", 0)


async def test_a_gateway_without_a_server_is_not_ready(durable_server: RealServer) -> None:
    async with both(durable_server.url) as (gateway, _):
        durable_server.kill()
        assert not await gateway.ping()


async def test_there_is_nothing_to_take_over_on_a_server_that_knows_nothing(redis_url: str) -> None:
    async with both(redis_url) as (_, worker):
        assert await worker.reclaim("asr", "one") is None


async def test_a_worker_that_waits_outlives_a_server_that_forgets(redis_url: str) -> None:
    async with both(redis_url) as (gateway, _), asyncio.TaskGroup() as group:
        patient = RedisWorkerBus(redis_url, pace=Pace(block_ms=2_000))
        await gateway.publish("asr", utterance())
        await taken(patient)
        heard = group.create_task(taken(patient))
        await gateway._links[0].writer.wait(1, 20)  # for a replica that never comes: meanwhile the read gets there
        await gateway._links[0].writer.flushall()
        await gateway.publish("asr", utterance(number=2))
        assert (await heard).message == utterance(number=2)
        await patient.close()


async def test_two_workers_make_one_group(redis_url: str) -> None:
    async with both(redis_url) as (gateway, worker):
        await asyncio.gather(*(worker._consumers[0]._make_group(streams.work(ONE_TAG, "asr")) for _ in range(2)))
        await gateway.publish("asr", utterance())
        assert (await taken(worker)).message == utterance()


async def test_a_takeover_that_a_stall_held_up_takes_nothing(redis_url: str) -> None:
    async with both(redis_url) as (gateway, worker), Redis.from_url(redis_url) as client:
        await gateway.publish("asr", utterance())
        await taken(worker)
        await client.client_pause(2 * PACE.slow_ms)
        assert await worker.reclaim("asr", "two") is None


async def test_replies_are_read_where_the_servers_clock_went_back(redis_url: str) -> None:
    async with both(redis_url) as (gateway, worker):
        await gateway.publish("tts", sentence())
        presence = gateway._presences[0]
        presence.read_to = b"9999999999999-0"
        presence.doubt()
        await presence.assure()
        await worker.send(to_gateway(chunk()))
        assert (await next_reply(gateway.replies(GATEWAY))).message == chunk()


class RefusingClient:
    """A client of a server that is not there; counts what it is asked for."""

    def __init__(self) -> None:
        self.asked = 0

    def pipeline(self, *, transaction: bool) -> "RefusingClient":
        self.asked += 1
        raise redis.ConnectionError


def test_a_gateway_asks_a_server_that_is_away_five_times_a_second_at_the_most() -> None:
    async def scenario() -> int:
        client = RefusingClient()
        gateway = RedisGatewayBus("redis://nowhere", connect=lambda url, answer_limit_s, connections: cast("Redis", client))
        with suppress(TimeoutError):
            async with asyncio.timeout(20):
                await anext(gateway.replies(GATEWAY))
        return client.asked

    assert 20 < run(scenario()) <= 5 * 20 + 4


# Calls that come back


class MuteGatewayBus(RedisGatewayBus):
    """Never gets through to the gateway that had the call."""

    async def _tell_gateway(self, message: Message) -> None:
        await asyncio.Event().wait()


async def test_a_call_whose_taking_was_cut_off_is_not_remembered(redis_url: str) -> None:
    async with both(redis_url) as (gateway, _):
        await gateway.take_call("CA7", GATEWAY, "one", "en")
        mute = MuteGatewayBus(redis_url, pace=PACE)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await mute.take_call("CA7", "gw2", "two", "en")
        assert mute._presence("CA7")._calls == {}
        await mute.close()


# Gateways that are gone


async def test_nothing_is_left_to_do_for_a_gateway_that_is_silent(redis_url: str) -> None:
    async with both(redis_url) as (gateway, worker), Redis.from_url(redis_url) as client:
        await gateway.publish("asr", utterance())
        await client.delete(streams.gateway_alive(ONE_TAG, GATEWAY))
        assert await worker.done("asr", await taken(worker))


async def test_a_gateway_that_publishes_is_alive(redis_url: str) -> None:
    async with both(redis_url) as (gateway, worker), Redis.from_url(redis_url) as client:
        await gateway.publish("asr", utterance())
        await client.delete(streams.gateway_alive(ONE_TAG, GATEWAY))
        await gateway.publish("asr", utterance(number=2))
        assert not await worker.done("asr", await taken(worker))


async def stood_still(gateway: RedisGatewayBus, worker: RedisWorkerBus, client: "Redis") -> None:
    """Until it passed for dead, and what it asked for was dropped."""
    await client.delete(streams.gateway_alive(ONE_TAG, GATEWAY))
    await worker.drop("asr", await taken(worker))
    assert not await client.xlen(streams.work(ONE_TAG, "asr"))


async def test_a_gateway_that_stood_still_asks_again_for_what_was_dropped(redis_url: str) -> None:
    async with both(redis_url) as (gateway, worker), Redis.from_url(redis_url) as client:
        await gateway.publish("asr", utterance())
        await stood_still(gateway, worker, client)
        await gateway._presences[0].keep_fresh()
        assert (await taken(worker)).message == utterance()


async def test_so_does_one_whose_first_word_is_another_utterance(redis_url: str) -> None:
    async with both(redis_url) as (gateway, worker), Redis.from_url(redis_url) as client:
        await gateway.publish("asr", utterance())
        await stood_still(gateway, worker, client)
        await gateway.publish("asr", utterance(number=2))
        assert utterance() in [(await taken(worker)).message for _ in range(2)]


async def test_a_gateway_that_ended_is_gone_at_once(redis_url: str) -> None:
    async with both(redis_url) as (gateway, worker):
        await gateway.publish("asr", utterance())
        await gateway.close()
        assert await worker.done("asr", await taken(worker))


# Whose time it is


async def test_what_this_host_takes_for_the_time_is_of_no_matter(redis_url: str) -> None:
    async with both(redis_url) as (gateway, _), Redis.from_url(redis_url) as client:
        four_seconds_ahead = RedisWorkerBus(redis_url, pace=PACE, clock_s=lambda: time.time() + 4)
        await gateway.publish("asr", utterance())
        before_s = seconds(await client.time())
        await four_seconds_ahead.done("asr", await taken(four_seconds_ahead))
        told_s = four_seconds_ahead.server_now_s(CALL)
        await four_seconds_ahead.close()
        assert before_s <= told_s <= seconds(await client.time())


def seconds(server_time: tuple[int, int]) -> float:
    return server_time[0] + server_time[1] / 1_000_000


# What stays on the server


async def ttl_s(url: str, key: str) -> int:
    async with Redis.from_url(url) as client:
        return int(await client.ttl(key))


async def entries(url: str, key: str) -> list[dict[bytes, bytes]]:
    """The fields of each entry of a stream."""
    async with Redis.from_url(url) as client:
        found: Any = await client.xrange(key)
    return [fields for _, fields in found]


async def test_the_keys_of_a_call_expire(redis_url: str) -> None:
    async with both(redis_url) as (gateway, worker):
        await gateway.publish("llm", transcript())
        delivery = await until(lambda: worker.take("llm", "one"))
        await worker.emit("llm", delivery, Emitted(["Hello."]), [])
        await worker.commit("llm", delivery, [])
        await gateway.close_turn(CALL, TurnClosed(0, "replied", "", "Hello."), FENCE)
        await gateway.record(CALL, {"what": "opened"})
        async with Redis.from_url(redis_url) as client:
            of_the_call = [key async for key in client.scan_iter(f"*{CALL}*")]
            assert (len(of_the_call), [key for key in of_the_call if await client.ttl(key) < 0]) == (5, [])


async def test_a_call_that_is_over_leaves_no_words_for_long(redis_url: str) -> None:
    async with both(redis_url) as (gateway, _):
        await gateway.close_turn(CALL, TurnClosed(0, "replied", "", "Hello."), FENCE)
        await gateway.close_call(CALL, FENCE)
        assert 0 <= await ttl_s(redis_url, streams.ALONE.history(CALL)) <= streams.CLOSED_CALL_TTL_S


async def test_a_tool_that_ends_after_its_call_leaves_no_words_for_long(redis_url: str) -> None:
    async with both(redis_url) as (gateway, worker):
        await gateway.close_call(CALL, FENCE)
        await worker.tool_end(CALL, RUN, [])
    assert 0 < await ttl_s(redis_url, streams.ALONE.history(CALL)) <= streams.CLOSED_CALL_TTL_S


async def test_what_a_tool_was_given_stands_in_the_history_alone(redis_url: str) -> None:
    async with both(redis_url) as (_, worker):
        await worker.tool_start(CALL, RUN, [])
    with redis.Redis.from_url(redis_url) as client:
        dumps = {key: client.dump(key) or b"" for key in client.scan_iter()}
    assert [key.decode() for key, dump in dumps.items() if b"Dana" in key + dump] == [streams.ALONE.history(CALL)]


async def test_that_a_tool_ran_is_known_for_as_long_as_its_call_is(redis_url: str) -> None:
    async with both(redis_url) as (_, worker):
        await worker.tool_start(CALL, RUN, [])
        known_s, call_s = [
            await ttl_s(redis_url, key) for key in (streams.ALONE.tool(CALL, RUN.name, RUN.arguments), streams.ALONE.history(CALL))
        ]
    assert known_s >= call_s


async def test_the_stream_of_replies_expires_with_its_gateway(redis_url: str) -> None:
    async with both(redis_url) as (gateway, worker):
        await gateway.publish("tts", sentence())
        await worker.send(to_gateway(chunk()))
        await next_reply(gateway.replies(GATEWAY))
        assert 0 < await ttl_s(redis_url, streams.replies(ONE_TAG, GATEWAY)) <= streams.REPLIES_TTL_S


async def test_replies_that_were_read_are_trimmed(redis_url: str) -> None:
    async with both(redis_url) as (gateway, worker):
        await gateway.publish("tts", sentence())
        for number in range(5):
            await worker.send(to_gateway(chunk(offset_bytes=number)))
        replies = gateway.replies(GATEWAY)
        for _ in range(5):
            await next_reply(replies)
        await gateway._presences[0].keep_fresh()
        async with Redis.from_url(redis_url) as client:
            assert await client.xlen(streams.replies(ONE_TAG, GATEWAY)) == 1


async def test_a_dead_letter_has_the_error_and_no_audio(redis_url: str) -> None:
    async with both(redis_url) as (gateway, worker):
        await gateway.publish("asr", utterance(), b"sound")
        await worker.fail("asr", await taken(worker), StageFailed(head=head(), stage="asr", error="timeout"))
        [fields] = await entries(redis_url, streams.dead_letters(ONE_TAG, "asr"))
        assert (fields[b"error"], set(fields)) == (b"timeout", {b"error", b"m"})


@pytest.mark.parametrize(
    ("stage", "message", "kept"),
    [
        ("llm", transcript(), transcript(text="")),
        ("llm", Summarise(head=head(), text="Caller: when?"), Summarise(head=head(), text="")),
        ("tts", sentence(), sentence(text="")),
    ],
)
async def test_a_dead_letter_has_no_words(redis_url: str, stage: Stage, message: Message, kept: Message) -> None:
    async with both(redis_url) as (gateway, worker):
        await gateway.publish(stage, message)
        delivery = await until(lambda: worker.take(stage, "one"))
        await worker.fail(stage, delivery, StageFailed(head=head(), stage=stage, error="timeout"))
        [fields] = await entries(redis_url, streams.dead_letters(ONE_TAG, stage))
        assert decode(fields[b"m"]) == kept


async def test_of_an_entry_that_nobody_can_read_no_byte_is_kept(redis_url: str) -> None:
    async with both(redis_url) as (gateway, worker):
        await gateway._links[0].writer.xadd(streams.work(ONE_TAG, "asr"), {b"m": b"\xc1 what a caller said"})
        await worker.take("asr", "one")
        assert await entries(redis_url, streams.dead_letters(ONE_TAG, "asr")) == [{b"error": b"unreadable", b"m": b""}]


async def test_an_entry_that_nobody_can_read_is_a_dead_letter(redis_url: str) -> None:
    async with both(redis_url) as (gateway, worker):
        await gateway._links[0].writer.xadd(streams.work(ONE_TAG, "asr"), {b"m": b"\xc1"})
        await gateway.publish("asr", utterance())
        assert (await taken(worker)).message == utterance()
        async with Redis.from_url(redis_url) as client:
            assert await client.xlen(streams.dead_letters(ONE_TAG, "asr")) == 1


async def test_an_entry_that_nobody_can_read_counts_as_a_dead_letter(redis_url: str) -> None:
    def dead() -> float:
        return REGISTRY.get_sample_value("torim_dead_letters_total", {"stage": "asr"}) or 0.0

    async with both(redis_url) as (gateway, worker):
        await gateway._links[0].writer.xadd(streams.work(ONE_TAG, "asr"), {b"m": b"\xc1"})
        before = dead()
        await worker.take("asr", "one")
        assert dead() - before == 1


async def test_a_reply_that_nobody_can_read_is_passed_over(redis_url: str) -> None:
    async with both(redis_url) as (gateway, worker):
        await gateway.publish("tts", sentence())
        await gateway._links[0].writer.xadd(streams.replies(ONE_TAG, GATEWAY), {b"m": b"\xc1"})
        await worker.send(to_gateway(chunk()))
        assert (await next_reply(gateway.replies(GATEWAY))).message == chunk()


async def test_between_many_replies_that_wait_the_loop_does_other_things(redis_url: str) -> None:
    async with both(redis_url) as (gateway, worker):
        replies = gateway.replies(GATEWAY)
        await gateway.publish("tts", sentence())
        for number in range(60):
            await worker.send(to_gateway(chunk(seq=number)))
        turns, given_at = 0, list[int]()

        async def count() -> None:
            nonlocal turns
            while True:
                await asyncio.sleep(0)
                turns += 1

        async with asyncio.TaskGroup() as tasks:
            counting = tasks.create_task(count())
            while len(given_at) < 60:
                await anext(replies)
                given_at.append(turns)
            counting.cancel()
        assert max(map(given_at.count, given_at)) < 20


async def test_events_are_recorded_in_order(redis_url: str) -> None:
    async with both(redis_url) as (gateway, _):
        for what in ("opened", "closed"):
            await gateway.record(CALL, {"what": what})
        assert await entries(redis_url, streams.ALONE.events(CALL)) == [{b"what": b"opened"}, {b"what": b"closed"}]


async def test_a_backlog_that_will_lose_work_is_an_alarm(redis_url: str, caplog: pytest.LogCaptureFixture) -> None:
    async with both(redis_url) as (gateway, _):
        filling = gateway._links[0].writer.pipeline(transaction=False)
        for _number in range(streams.WORK_MAXLEN // 2 + 1):
            filling.xadd(streams.work(ONE_TAG, "llm"), {b"m": b""})
        await filling.execute()
        await gateway._presences[0].keep_fresh()
        assert "stage=llm what=backlog" in caplog.text


async def test_replies_that_a_gateway_does_not_read_are_an_alarm(redis_url: str, caplog: pytest.LogCaptureFixture) -> None:
    async with both(redis_url) as (gateway, _):
        filling = gateway._links[0].writer.pipeline(transaction=False)
        for _number in range(streams.REPLIES_MAXLEN // 2 + 1):
            filling.xadd(streams.replies(ONE_TAG, GATEWAY), {b"m": b""})
        await filling.execute()
        await gateway._presences[0].keep_fresh()
        assert "stage=replies what=backlog" in caplog.text


# Workers that are gone


async def workers(url: str) -> list[bytes]:
    async with Redis.from_url(url) as client:
        return [about["name"] for about in await client.xinfo_consumers(streams.work(ONE_TAG, "asr"), streams.GROUP)]


async def swept(url: str, silence_ms: int) -> None:
    async with both(url) as (gateway, _):
        await sweep(gateway._links[0], gateway._links[0], silence_ms)


async def test_a_worker_that_left_is_no_consumer_any_more(redis_url: str) -> None:
    async with both(redis_url) as (_, worker):
        await worker.take("asr", "one")
        await worker.leave("asr", "one")
        assert await workers(redis_url) == []


async def test_a_worker_that_owns_work_stays_a_consumer(redis_url: str) -> None:
    async with both(redis_url) as (gateway, worker):
        await gateway.publish("asr", utterance())
        await taken(worker)
        await worker.leave("asr", "one")
        assert await workers(redis_url) == [b"one"]


async def test_workers_that_were_silent_for_long_are_swept_away(redis_url: str) -> None:
    async with both(redis_url) as (_, worker):
        await worker.take("asr", "one")
        await swept(redis_url, -1)
        assert await workers(redis_url) == []


async def test_workers_that_own_work_are_not_swept_away(redis_url: str) -> None:
    async with both(redis_url) as (gateway, worker):
        await gateway.publish("asr", utterance())
        await taken(worker)
        await swept(redis_url, -1)
        assert await workers(redis_url) == [b"one"]


async def test_workers_that_read_of_late_are_not_swept_away(redis_url: str) -> None:
    async with both(redis_url) as (_, worker):
        await worker.take("asr", "one")
        await swept(redis_url, 600_000)
        assert await workers(redis_url) == [b"one"]


async def test_workers_that_live_are_not_swept_away_however_long_they_wait(redis_url: str) -> None:
    async with both(redis_url) as (_, worker):
        await worker.take("asr", "one")
        await worker.beat("asr", "one", 0)
        await swept(redis_url, -1)
        assert await workers(redis_url) == [b"one"]


# Settings and pauses


@pytest.mark.parametrize("url", ["", "localhost:6379", "http://localhost"])
def test_an_address_that_is_none_names_the_variable(url: str) -> None:
    with pytest.raises(ConfigError, match="REDIS_URL"):
        RedisWorkerBus(url)


def test_pauses_between_tries_grow_up_to_a_fifth_of_a_second() -> None:
    backoff = Backoff()
    assert [backoff.pause_s for _ in range(6)] == [0.02, 0.04, 0.08, 0.16, 0.2, 0.2]


@pytest.mark.parametrize(
    "answer",
    [
        redis.exceptions.OutOfMemoryError(),
        redis.ResponseError("MISCONF Errors writing to the AOF file: No space left on device"),
        RuntimeError("unable to perform operation on <TCPTransport closed=True reading=False 0x5>; the handler is closed"),
    ],
)
def test_a_server_that_is_full_or_hangs_up_on_us_is_trouble_and_no_bug(answer: Exception) -> None:
    async def refuse() -> None:
        raise answer

    with pytest.raises(BusUnavailable):
        run(once(refuse))


def test_a_wrong_command_is_a_bug() -> None:
    async def misuse() -> None:
        raise redis.ResponseError("WRONGTYPE Operation against a key holding the wrong kind of value")

    with pytest.raises(redis.ResponseError):
        run(once(misuse))


def test_a_cancellation_that_the_client_lost_ends_the_task_all_the_same() -> None:
    async def deaf() -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(1)

    async def scenario() -> bool:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(once(deaf))
            await asyncio.sleep(0.5)
            task.cancel()
        return task.cancelled()

    assert run(scenario())


def test_a_write_is_given_up_after_ten_seconds() -> None:
    async def refused() -> None:
        raise redis.ConnectionError

    async def scenario() -> float:
        with pytest.raises(BusUnavailable):
            await insistently(refused)
        return asyncio.get_running_loop().time()

    assert 7 <= run(scenario()) <= 10


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


def test_an_outage_is_told_once_and_then_each_minute(caplog: pytest.LogCaptureFixture) -> None:
    outage = Outage("redis://:secret@here:6379/0")
    for tenth in range(1300):
        outage.lasts(BusUnavailable("ConnectionError"), 100 + tenth / 10)
    told = "what=redis_unreachable REDIS_URL=redis://here:6379/0 error=ConnectionError for_s="
    assert lines(caplog) == [f"{told}0", f"{told}60", f"{told}120"]


def test_the_end_of_an_outage_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    outage = Outage("unix:///run/redis.sock")
    outage.lasts(BusUnavailable("ConnectionError"), 100)
    for _ in range(3):
        outage.over(107)
    assert lines(caplog)[1:] == ["what=redis_reachable REDIS_URL=unix:///run/redis.sock after_s=7.0"]


def away_s() -> float | None:
    return REGISTRY.get_sample_value("torim_redis_away_seconds")


def test_the_metrics_tell_how_long_an_outage_lasts() -> None:
    outage = Outage("unix:///run/redis.sock")
    for now_s in (100, 107):
        outage.lasts(BusUnavailable("ConnectionError"), now_s)
    assert away_s() == 7
    outage.over(108)
    assert away_s() == 0


def test_a_new_outage_is_told_again(caplog: pytest.LogCaptureFixture) -> None:
    outage = Outage("unix:///run/redis.sock")
    for now_s in (1, 2):
        outage.lasts(BusUnavailable("ConnectionError"), now_s)
        outage.over(now_s)
    assert len(lines(caplog)) == 4


async def test_a_gateway_tells_of_an_outage_and_of_its_end(durable_server: RealServer, caplog: pytest.LogCaptureFixture) -> None:
    async with both(durable_server.url) as (gateway, worker), asyncio.TaskGroup() as group:
        durable_server.kill()
        heard = group.create_task(next_reply(gateway.replies(GATEWAY)))
        await until(lambda: told_of(caplog))
        durable_server.start()
        await until(lambda: sent(worker))
        await heard
        assert [line.split()[0] for line in lines(caplog)] == ["what=redis_unreachable", "what=redis_reachable"]


async def told_of(caplog: pytest.LogCaptureFixture) -> bool | None:
    return bool(caplog.records) or None


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://here:6379/0", "redis://here:6379/0"),
        ("rediss://user:secret@here:6379/0", "rediss://here:6379/0"),
        ("unix:///run/redis.sock?password=secret&db=1", "unix:///run/redis.sock"),
        ("unix://user:secret@/run/redis.sock", "unix:///run/redis.sock"),
    ],
)
def test_an_address_is_shown_without_its_password(url: str, shown: str) -> None:
    assert without_password(url) == shown


def test_pauses_are_short_again_after_a_success() -> None:
    backoff = Backoff()
    first = backoff.pause_s
    backoff.reset()
    assert backoff.pause_s == first


# Tokens of streams


async def test_a_token_is_spent_by_one_gateway_alone(redis_url: str) -> None:
    one, other = RedisGatewayBus(redis_url, pace=PACE), RedisGatewayBus(redis_url, pace=PACE)
    spent = [await gateway.spend_token(CALL, token) for gateway, token in ((other, "a"), (one, "a"), (other, "a"), (one, "b"))]
    for gateway in (one, other):
        await gateway.close()
    assert spent == [True, False, False, True]


async def test_a_spent_token_is_remembered_for_longer_than_it_is_good(redis_url: str) -> None:
    async with both(redis_url) as (gateway, _):
        await gateway.spend_token(CALL, "a")
        assert 60 < await gateway._links[0].writer.ttl(streams.ALONE.token(CALL, "a")) <= streams.TOKEN_TTL_S


def test_of_a_cluster_an_outage_begins_with_the_first_shard_and_ends_with_the_last(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("WARNING")
    outage = Outage("redis+cluster://me:hunter2@one:1,two:2")
    outage.lasts(BusUnavailable("gone"), 0.0, shard=1)
    outage.lasts(BusUnavailable("gone"), 1.0, shard=2)
    outage.over(2.0, shard=1)
    outage.over(3.0, shard=0)
    outage.over(4.0, shard=2)
    assert [record.getMessage() for record in caplog.records] == [
        "what=redis_unreachable REDIS_URL=redis+cluster://one:1,two:2 error=gone for_s=0",
        "what=redis_reachable REDIS_URL=redis+cluster://one:1,two:2 after_s=4.0",
    ]
