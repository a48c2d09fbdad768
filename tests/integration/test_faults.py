"""Steps on the bus that fail in every stage, before they are done or after: the caller's reply is whole, and comes once."""

import pytest

from common.messages import ReplyEnded, Sentence, SpeechChunk, Stage, Transcript
from common.rhythm import Claims, Rhythm
from common.streams import Pace
from tests.failing_bus import Fault, Step
from tests.integration.pipeline import IN_MEMORY, Pipeline, Server, fake_server, pipeline
from tests.integration.vendors import Ear, Mind, Mouth, sound_of

STEPS: tuple[tuple[Step, Stage], ...] = (("commit", "asr"), ("emit", "llm"), ("commit", "llm"), ("send", "tts"), ("commit", "tts"))


@pytest.fixture(params=[IN_MEMORY, "valkey", pytest.param("redis", marks=pytest.mark.long)])
def server(request: pytest.FixtureRequest) -> Server:
    """Each of the servers in turn."""
    if request.param == "fakeredis":
        return fake_server()
    return Server(request.getfixturevalue("redis_url" if request.param == "valkey" else "debian_redis_url"))


def sound(pipe: Pipeline, sentence: int) -> bytes:
    """A sentence's sound as a gateway takes it: the last attempt's bytes, each in its place."""
    chunks = [
        (each.message, each.audio) for each in pipe.got if isinstance(each.message, SpeechChunk) and each.message.head.seq == sentence
    ]
    last = max(message.attempt for message, _ in chunks)
    placed = {message.offset_bytes: audio for message, audio in chunks if message.attempt == last and audio}
    return b"".join(audio for _, audio in sorted(placed.items()))


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("step", "stage"), STEPS)
async def test_a_step_that_fails_is_not_heard(server: Server, step: Step, stage: Stage, done: bool) -> None:
    server.fault = Fault(step, stage, done)
    async with pipeline(server) as pipe:
        for _ in range(2):
            pipe.start_asr(Ear())
            pipe.start_llm(Mind("We open at nine. ", "Come in."))
            pipe.start_tts(Mouth())
        await pipe.say(1)
        await pipe.until_reply(1)
        heard = [sound(pipe, number) for number in range(2)]
        sentences, ends = [each.head.seq for each in pipe.all(Sentence, 1)], pipe.all(ReplyEnded, 1)
        assert server.fault.happened
        assert (len(pipe.all(Transcript, 1)), sentences, len(ends)) == (1, [0, 1], 1)
        assert heard == [sound_of("We open at nine."), sound_of("Come in.")]


def taken_over(pace: Pace, rhythm: Rhythm, stall_s: float, *, renews_first: bool) -> bool:
    """Whether a worker takes what another one holds, when both stand still just before the other one was to renew it."""
    claims, now_s = Claims(rhythm), 0.0
    while now_s < 2 * rhythm.abandoned_s:
        now_s += rhythm.renew_s
        claims.renewed(now_s, 0.0)
    now_s += stall_s
    if renews_first:
        claims.renewed(now_s, 0.0)
    silence_s = claims.least_silence_s(now_s)
    return silence_s is not None and rhythm.renew_s + stall_s >= max(pace.min_idle_ms / 1000, silence_s)


@pytest.mark.parametrize("renews_first", [False, True], ids=["looks", "renews"])
@pytest.mark.parametrize(("pace", "rhythm"), [(Pace(), Rhythm()), (Server("").pace, Server("").rhythm)], ids=["production", "tests"])
def test_after_a_stall_of_all_nothing_is_taken_over_from_the_living(pace: Pace, rhythm: Rhythm, renews_first: bool) -> None:
    assert [ms for ms in range(0, 10_000, 5) if taken_over(pace, rhythm, ms / 1000, renews_first=renews_first)] == []
