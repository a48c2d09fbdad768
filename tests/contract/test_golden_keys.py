"""What version 1 left in Redis is read by today's code, and is what today's code writes (``golden.py``)."""

import json
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from redis.asyncio import Redis

from common.bus import Delivery, PastTurn, Taken
from common.messages import Action, Stage
from common.redis_bus import RedisGatewayBus, RedisWorkerBus
from tests.contract import golden
from tests.contract.house import CALL, GATEWAY, OTHER_GATEWAY, head, next_reply, sentence, transcript, utterance

WRITTEN: dict[str, Any] = json.loads(golden.FILE.read_text())
NEWER = {"a_later_version": "adds this"}


class Upgraded:
    """Today's code on a server that another version has filled."""

    def __init__(self, url: str) -> None:
        self.gateway = RedisGatewayBus(url)
        self.worker = RedisWorkerBus(url)

    async def next(self, stage: Stage) -> Delivery:
        """The entry that waits."""
        found = await self.worker.take(stage, "two")
        assert found is not None
        return found

    async def close(self) -> None:
        await self.gateway.close()
        await self.worker.close()


@pytest_asyncio.fixture(params=[{}, NEWER], ids=["as version 1 wrote it", "with fields of a later version"])
async def upgraded(request: pytest.FixtureRequest, redis_url: str) -> AsyncIterator[Upgraded]:
    client = Redis.from_url(redis_url)
    await golden.restore(client, WRITTEN["contents"], request.param)
    await client.aclose()
    today = Upgraded(redis_url)
    yield today
    await today.close()


# Written


async def test_today_writes_what_version_1_wrote(redis_url: str) -> None:
    assert (await golden.play(redis_url))["contents"] == WRITTEN["contents"]


async def test_today_publishes_what_version_1_published(redis_url: str) -> None:
    assert (await golden.play(redis_url))["published"] == WRITTEN["published"]


# Read


@pytest.mark.parametrize(
    ("stage", "message", "sound"),
    [
        ("asr", utterance(turn=2, number=2), golden.SOUND),
        ("llm", transcript(turn=2, text="ומחר?"), b""),
        ("tts", sentence(turn=2, text="מחר סגור."), b""),
    ],
)
async def test_work_of_version_1_is_done(upgraded: Upgraded, stage: Stage, message: object, sound: bytes) -> None:
    found = await upgraded.next(stage)
    assert (found.message, found.audio) == (message, sound)


async def test_what_version_1_finished_counts_once(upgraded: Upgraded) -> None:
    again = Delivery("1-0", utterance(turn=1), b"")
    assert await upgraded.worker.done("asr", again)


async def test_replies_of_version_1_arrive(upgraded: Upgraded) -> None:
    replies = upgraded.gateway.replies(GATEWAY)
    kinds = [type((await next_reply(replies)).message).__name__ for _ in range(9)]
    assert kinds == [
        *("Transcript", "ToolStarted", "ToolEnded", "Sentence", "ReplyEnded", "Action"),
        *("SpeechChunk", "SpeechChunk", "StageFailed"),
    ]


async def test_a_call_of_version_1_is_taken_over(upgraded: Upgraded) -> None:
    taken = await upgraded.gateway.take_call(CALL, OTHER_GATEWAY, "stream-2", "he")
    left = Taken(fence=taken.fence, turn=3, left=2, open=True, text="ומחר?", heard="עכשיו", heard_before="שלום!", said=("מה השעה?",))
    assert taken == left


async def test_the_history_of_version_1_is_known(upgraded: Upgraded) -> None:
    run = msgspec.structs.replace(golden.RUN, outcome="done", result="booked")
    assert await upgraded.worker.history(CALL) == [
        PastTurn(0, "", "שלום!"),
        PastTurn(1, "מה השעה?", "עכשיו", (run,), cut=True),
    ]


async def test_what_version_1_said_of_a_reply_is_not_said_again(upgraded: Upgraded) -> None:
    assert (await upgraded.worker.emitted(CALL, 1)).sentences == ["עכשיו חמש."]


async def test_what_version_1_asked_for_with_it_is_done(upgraded: Upgraded) -> None:
    assert (await upgraded.worker.emitted(CALL, 1)).asked == [Action(head=head(1), after=0, name="hang_up")]


async def test_a_worker_of_version_1_counts_as_alive(upgraded: Upgraded) -> None:
    assert await upgraded.gateway.stages_alive() == {"asr", "llm", "tts"}


async def test_a_tool_that_version_1_ran_is_not_run_again(upgraded: Upgraded) -> None:
    wished = msgspec.structs.replace(golden.RUN, id="b", turn=2, entry="2-0")
    assert (await upgraded.worker.tool_start(CALL, wished, [])).answer == "known"
