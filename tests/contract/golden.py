"""What stands in Redis after one small call, to the byte: ``tests/data/redis_v1.json``.

Processes of two versions meet in Redis whenever one is upgraded while calls go on. So a released version's keys, entries and hashes
are kept, what is read of them today is tested, and what is written today must be the same. A released file never changes; what
a later version adds makes a file beside it. None is released yet: until 0.1.0 is, whoever changes a key on purpose writes this one anew:
``python -m tests.contract.golden redis://...``, on an empty server.
"""

import asyncio
import json
import re
import sys
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import msgspec
from redis.asyncio import Redis

from common.bus import Delivery, Emitted, Output, ToolRun, TurnClosed
from common.messages import Action, ReplyEnded, SpeechChunk, StageFailed, ToolEnded, ToolStarted
from common.redis_bus import RedisGatewayBus, RedisWorkerBus
from tests.contract.house import CALL, GATEWAY, STREAM, head, sentence, transcript, utterance

FILE = Path(__file__).parents[1] / "data" / "redis_v1.json"
WORKER = "asr-house-1-a"
SOUND = bytes(range(160))
RUN = ToolRun(id="a", turn=1, entry="1-0", name="book", arguments='{"at":"ten"}', started_s=100.0, timeout_s=5.0)
_BY_THE_CLOCK = ("again", "boot")
"""Kinds of keys whose values nobody can foretell, only their form: each digit is a 0."""

Contents = dict[str, dict[str, Any]]
"""Key: its type, and what is in it."""


# --- The call


async def play(url: str) -> dict[str, Any]:
    """A call on an empty server: a greeting, a question with its answer, a question that is left open; what comes of it."""
    gateway, worker, client = RedisGatewayBus(url), RedisWorkerBus(url), Redis.from_url(url)
    news = client.pubsub()
    await news.psubscribe("t:*")
    fence = (await gateway.take_call(CALL, GATEWAY, STREAM, "he")).fence
    await _turn_0(gateway, fence)
    await _turn_1(gateway, worker, fence)
    await _turn_2(gateway, worker, fence)
    await worker.beat("asr", WORKER, 0.5)
    written = {"contents": await contents(client), "published": await _all_of(news)}
    for connected in (gateway, worker):
        await connected.close()
    await client.aclose()
    return written


async def _turn_0(gateway: RedisGatewayBus, fence: int) -> None:
    await gateway.close_turn(CALL, TurnClosed(0, "replied", heard="שלום!"), fence)
    await gateway.record(CALL, {"name": "TURN_ENDED", "turn": "0", "at": "100.000"})
    await gateway.open_turn(CALL, 1, fence)
    await gateway.keep_agent(CALL, "clinic-1", b'{"key":"clinic"}')
    await gateway.publish("asr", utterance(turn=1), SOUND)


async def _turn_1(gateway: RedisGatewayBus, worker: RedisWorkerBus, fence: int) -> None:
    said = transcript(turn=1, text="מה השעה?")
    await worker.commit("asr", await _next(worker, "asr"), [Output("llm", said), Output(None, said)])
    await gateway.commit_turn(CALL, 1, said.text, fence)
    reply, parting = await _next(worker, "llm"), Action(head=head(1), after=0, name="hang_up")
    first = msgspec.structs.replace(sentence(turn=1, text="עכשיו חמש."), asked=(parting,))
    await worker.tool_start(CALL, RUN, [Output(None, ToolStarted(head=head(1), name="book", timeout_s=5.0, effects=True))])
    done = ToolRun(**{field: getattr(RUN, field) for field in RUN.__struct_fields__} | {"outcome": "done", "result": "booked"})
    await worker.tool_end(CALL, done, [Output(None, ToolEnded(head=head(1), name="book", ok=True))])
    await worker.emit("llm", reply, Emitted([first.text], [parting]), [Output("tts", first), Output(None, first)])
    await worker.commit("llm", reply, [Output(None, ReplyEnded(head=head(1), sentences=1)), Output(None, parting)])
    spoken = await _next(worker, "tts")
    await worker.send(Output(None, SpeechChunk(head=head(1), offset_bytes=0, attempt=1), SOUND))
    await worker.commit("tts", spoken, [Output(None, SpeechChunk(head=head(1), offset_bytes=len(SOUND), last=True))])
    await gateway.close_turn(CALL, TurnClosed(1, "interrupted", said.text, "עכשיו", cut=True), fence)


async def _turn_2(gateway: RedisGatewayBus, worker: RedisWorkerBus, fence: int) -> None:
    """Its work waits, but for a probe that failed; its words are known."""
    await gateway.publish("asr", utterance(turn=2, number=2, piece="probe"), SOUND)
    failed = await _next(worker, "asr")
    await worker.fail("asr", failed, StageFailed(head=head(2), stage="asr", error="hung", utterance=2, piece="probe"))
    await gateway.open_turn(CALL, 2, fence)
    await gateway.commit_turn(CALL, 2, "ומחר?", fence)
    await gateway.reconnect(CALL)
    await gateway.publish("asr", utterance(turn=2, number=2), SOUND)
    await gateway.publish("llm", transcript(turn=2, text="ומחר?"))
    await gateway.publish("tts", sentence(turn=2, text="מחר סגור."))


async def _next(worker: RedisWorkerBus, stage: Any) -> Delivery:
    delivery = await worker.take(stage, WORKER)
    assert delivery is not None
    return delivery


async def _all_of(news: Any) -> list[str]:
    """What was published so far: ``channel message``."""
    told = []
    while (message := await news.get_message(timeout=0.2)) is not None:
        if message["type"] == "pmessage":
            told.append(f"{message['channel'].decode()} {message['data'].decode()}")
    await news.aclose()
    return told


# --- To a file, and back to a server


async def contents(client: Redis) -> Contents:
    """All that is on the server, in writing."""
    keys = sorted([key async for key in client.scan_iter()])
    return {key.decode(): await _value(client, key) for key in keys}


async def _value(client: Any, key: bytes) -> dict[str, Any]:
    kind = (await client.type(key)).decode()
    if key.decode().split(":")[2] in _BY_THE_CLOCK:
        value = await client.get(key) if kind == "string" else b" ".join(await client.lrange(key, 0, -1))
        return {"type": kind, "like": re.sub(r"[0-9a-f]", "0", value.decode())}
    match kind:
        case "string":
            return {"type": kind, "is": _text(await client.get(key))}
        case "hash":
            fields = {_text(name): _text(value) for name, value in sorted((await client.hgetall(key)).items())}
            return {"type": kind, "is": fields | {"fence": "1"} if "fence" in fields else fields}  # by the clock, too
        case "list":
            return {"type": kind, "is": [_text(value) for value in await client.lrange(key, 0, -1)]}
        case _:
            entries = [{_text(name): _text(value) for name, value in fields.items()} for _, fields in await client.xrange(key)]
            return {"type": kind, "is": entries, "groups": await _groups(client, key)}


async def _groups(client: Any, key: bytes) -> dict[str, list[str]]:
    """Name and consumers of each."""
    names = [group["name"] for group in await client.xinfo_groups(key)]
    return {name.decode(): [one["name"].decode() for one in await client.xinfo_consumers(key, name)] for name in names}


def _text(value: bytes) -> str:
    return value.decode() if value.isascii() and value.decode().isprintable() else f"base64 {b64encode(value).decode()}"


def _bytes(text: str) -> bytes:
    return b64decode(text.removeprefix("base64 ")) if text.startswith("base64 ") else text.encode()


async def restore(client: Any, written: Contents, newer: dict[str, str]) -> None:
    """Put it on an empty server; ``newer`` are fields that a later version would add to every hash and entry."""
    for key, value in written.items():
        if "like" in value:
            continue
        match value["type"]:
            case "string":
                await client.set(key, _bytes(value["is"]))
            case "hash":
                more = {} if ":hist:" in key else newer
                await client.hset(key, mapping={_bytes(name): _bytes(text) for name, text in {**value["is"], **more}.items()})
            case "list":
                await client.rpush(key, *map(_bytes, value["is"]))
            case _:
                await _restore_stream(client, key, value, newer)


async def _restore_stream(client: Any, key: str, value: dict[str, Any], newer: dict[str, str]) -> None:
    for fields in value["is"]:
        await client.xadd(key, {_bytes(name): _bytes(text) for name, text in {**fields, **newer}.items()})
    for group, consumers in value["groups"].items():
        await client.xgroup_create(key, group, "0", mkstream=True)
        for consumer in consumers:
            await client.xgroup_createconsumer(key, group, consumer)


async def _write(url: str) -> None:
    FILE.write_text(json.dumps(await play(url), indent=1) + "\n")


if __name__ == "__main__":
    asyncio.run(_write(sys.argv[1]))
