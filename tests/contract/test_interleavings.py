"""Two workers on one entry, in every order: nothing is lost, nothing comes out twice.

Any of them may look silent to the other at any moment (min-idle is 0 here), since a process may stall anywhere. Who hears that it lost
its entry stops, as the workers' loop would stop it. Then whatever is left is done by a third worker, as after the death of both,
unless its attempts are used up. The memory bus takes part: simulated calls rely on it.
"""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass

import msgspec
import pytest
import pytest_asyncio

from common.bus import Delivery, Emitted, Output, TurnClosed, WorkerBus
from common.messages import Action, Head, Message, ReplyEnded, Sentence, SpeechChunk, Stage, StageFailed, Summary, Transcript, Utterance
from common.streams import ATTEMPTS, Pace
from gateway.playout import Playout
from gateway.turn.reply import Reply
from tests.contract.house import GATEWAY, STREAM, House, house, next_reply
from tts_worker.worker import attempt_number

_BREATHLESS = Pace(block_ms=1, min_idle_ms=0, settling_ms=0, poll_ms=0)

_STAGES: dict[type, Stage] = {Utterance: "asr", Transcript: "llm", Sentence: "tts"}

Step = Callable[[], Awaitable[None]]


@pytest_asyncio.fixture(params=["memory", "valkey", pytest.param("redis", marks=pytest.mark.long)])
async def a_house(request: pytest.FixtureRequest) -> AsyncIterator[House]:
    """A house of each kind in which everybody always looks silent."""
    fixture = "debian_redis_url" if request.param == "redis" else "redis_url"
    async with house(request.param, lambda: str(request.getfixturevalue(fixture)), _BREATHLESS) as made:
        yield made


def orders(*lengths: int) -> Iterator[tuple[int, ...]]:
    """Whose step comes when, in every order that keeps each one's own steps in theirs."""
    if not any(lengths):
        yield ()
    for who, steps in enumerate(lengths):
        if steps:
            for rest in orders(*lengths[:who], steps - 1, *lengths[who + 1 :]):
                yield (who, *rest)


async def in_order(order: Sequence[int], *tracks: Sequence[Step]) -> list[str]:
    """Do the steps; their names."""
    ahead = [iter(track) for track in tracks]
    steps = [next(ahead[who]) for who in order]
    for step in steps:
        await step()
    return [step.__name__ for step in steps]


class Case:
    """One order's call, and what comes out of it."""

    _count = itertools.count()

    def __init__(self, made: House) -> None:
        self.house = made
        self.call = f"call-{next(self._count)}"
        self.head = Head(call=self.call, turn=0, gateway=GATEWAY)
        self.fence = 0

    async def begin(self, message: Utterance | Transcript | Sentence) -> None:
        """Publish a piece of work in a call of its own."""
        self.fence = (await self.house.gateway.take_call(self.call, GATEWAY, STREAM, "en")).fence
        await self.publish(message)

    async def publish(self, message: Utterance | Transcript | Sentence) -> None:
        """Put it on the stream of its stage."""
        await self.house.gateway.publish(_STAGES[type(message)], message)

    async def close_turn(self) -> None:
        """The gateway raises the turn."""
        await self.house.gateway.close_turn(self.call, TurnClosed(0, "interrupted"), self.fence)

    async def told(self, replies: AsyncIterator[Delivery]) -> list[Message]:
        """What the gateway got."""
        return [reply.message for reply in await self.replies(replies)]

    async def replies(self, replies: AsyncIterator[Delivery]) -> list[Delivery]:
        """The same, with its sound."""
        end = Summary(head=self.head, text="that was all")
        await self.house.one.send(Output(None, end))
        found: list[Delivery] = []
        while (reply := await next_reply(replies)).message != end:
            found.append(reply)
        return found


# --- One piece, one result


@dataclass
class Worker:
    """One of two on an utterance."""

    case: Case
    bus: WorkerBus
    name: str
    delivery: Delivery | None = None

    async def take(self) -> None:
        self.delivery = await self.bus.take("asr", self.name)

    async def reclaim(self) -> None:
        self.delivery = await self.bus.reclaim("asr", self.name)

    async def renew(self) -> None:
        if self.delivery is not None:
            await self.bus.renew("asr", self.name, [self.delivery])

    async def commit(self) -> None:
        if self.delivery is not None:
            await self.bus.commit("asr", self.delivery, [Output(None, self.result(self.delivery))])

    async def hand_back(self) -> None:
        if self.delivery is not None:
            await self.bus.hand_back("asr", self.name, [self.delivery])

    async def fail(self) -> None:
        if self.delivery is not None:
            await self.bus.fail("asr", self.delivery, StageFailed(head=self.case.head, stage="asr", error="timeout"))

    async def die(self) -> None:
        """Nothing more comes of it."""

    def result(self, delivery: Delivery) -> Transcript:
        return Transcript(head=delivery.message.head, utterance=1, text=self.name)


async def finish_the_rest(case: Case, bus: WorkerBus) -> None:
    """What a third worker does after the death of both."""
    third = Worker(case, bus, "three")
    for get in (third.take, third.reclaim):
        await get()
        await third.commit()
    await third.reclaim()
    assert third.delivery is None, "nothing is left"


ENDS = ("commit", "hand_back", "fail", "die")


@pytest.mark.parametrize("raised", [False, pytest.param(True, marks=pytest.mark.long)])
@pytest.mark.parametrize(("first_end", "second_end"), list(itertools.product(ENDS, ENDS)))
async def test_a_piece_comes_out_once_in_every_order(a_house: House, first_end: str, second_end: str, raised: bool) -> None:
    replies = a_house.gateway.replies(GATEWAY)
    for order in orders(2, 3, int(raised)):
        case = Case(a_house)
        one, two = Worker(case, a_house.one, "one"), Worker(case, a_house.two, "two")
        await case.begin(Utterance(head=case.head, utterance=1))
        await one.take()
        steps = await in_order(
            order, [one.renew, getattr(one, first_end)], [two.reclaim, two.renew, getattr(two, second_end)], [case.close_turn]
        )
        await finish_the_rest(case, a_house.one)
        told = await case.told(replies)
        assert len(told) == 1 or (raised and told == []), steps


# --- A reply in sentences

REPLY = 2
"""Sentences in the longest reply."""
MAKE_OF_IT = [(2, 2), (1, 2), *(pytest.param(each, marks=pytest.mark.long) for each in ((2, 1), (1, 1)))]
"""How many sentences the first makes of the question, and the second."""
ON_SERVERS_TOO = ["memory", pytest.param("valkey", marks=pytest.mark.long), pytest.param("redis", marks=pytest.mark.long)]
"""Of 126 and 70 orders."""


@dataclass
class Speaker:
    """One of two on a reply: goes on after what is out. With its last sentence it may ask for a hang-up, which nobody decides again."""

    case: Case
    bus: WorkerBus
    name: str
    length: int = REPLY
    asks: bool = True
    delivery: Delivery | None = None
    said: Sequence[str] = ()
    stopped: bool = False
    asked: Sequence[Action] = ()

    async def take(self) -> None:
        self.delivery = await self.bus.take("llm", self.name)
        await self.load()

    async def reclaim(self) -> None:
        self.delivery = await self.bus.reclaim("llm", self.name)

    async def load(self) -> None:
        emitted = await self.bus.emitted(self.case.call, 0)
        self.said, self.asked = emitted.sentences, emitted.asked

    async def say(self) -> None:
        out = len(self.said)
        if self.delivery is None or self.stopped or out >= self.length:
            return
        text = f"{self.name}{out}" if out else "the same begins both"
        sentence = Sentence(head=msgspec.structs.replace(self.case.head, seq=out), text=text)
        if out == self.length - 1 and self.asks:
            self.asked = [Action(head=self.case.head, after=out, name="hang_up")]
        self.said = [*self.said, text]
        answer = await self.bus.emit("llm", self.delivery, Emitted(self.said, self.asked), [Output(None, sentence)])
        self.stopped = answer != out + 1
        if answer > out + 1:
            await self.bus.drop("llm", self.delivery)

    async def renew(self) -> None:
        if self.delivery is not None and not self.stopped:
            self.stopped = self.delivery.id in (await self.bus.renew("llm", self.name, [self.delivery])).lost

    async def commit(self) -> None:
        if self.delivery is not None and not self.stopped:
            ended, reply = ReplyEnded(head=self.case.head, sentences=len(self.said)), Emitted(self.said, self.asked)
            await self.bus.commit("llm", self.delivery, [*(Output(None, action) for action in self.asked), Output(None, ended)], reply)


def two_speakers(case: Case, lengths: tuple[int, int]) -> tuple[Speaker, Speaker]:
    """Both on a reply; the first asks for something only in a long one."""
    first, second = lengths
    return Speaker(case, case.house.one, "one", first, asks=first == REPLY), Speaker(case, case.house.two, "two", second)


async def say_the_rest(case: Case, bus: WorkerBus) -> None:
    """What a third worker says after the death of both."""
    third = Speaker(case, bus, "three")
    for get in (third.take, third.reclaim):
        await get()
        if third.delivery is not None and third.delivery.attempt > ATTEMPTS["llm"]:
            await bus.fail("llm", third.delivery, StageFailed(head=case.head, stage="llm", error="worker_died"))
            continue
        await third.load()
        for _ in range(REPLY):
            await third.say()
        await third.commit()


@pytest.mark.parametrize("a_house", ON_SERVERS_TOO, indirect=True)
@pytest.mark.parametrize("raised", [False, pytest.param(True, marks=pytest.mark.long)])
@pytest.mark.parametrize("lengths", MAKE_OF_IT)
async def test_each_sentence_of_a_reply_comes_out_once_in_every_order(a_house: House, lengths: tuple[int, int], raised: bool) -> None:
    replies = a_house.gateway.replies(GATEWAY)
    for order in orders(4, 5, int(raised)):
        case = Case(a_house)
        one, two = two_speakers(case, lengths)
        await case.begin(Transcript(head=case.head, utterance=1, text="hello"))
        await one.take()
        mine, theirs = [one.say, one.renew, one.say, one.commit], [two.reclaim, two.load, two.say, two.say, two.commit]
        steps = await in_order(order, mine, theirs, [case.close_turn])
        await say_the_rest(case, a_house.one)
        await assert_said_once(case, await case.told(replies), raised, steps)


@pytest.mark.parametrize("a_house", ON_SERVERS_TOO, indirect=True)
@pytest.mark.parametrize("raised", [False, pytest.param(True, marks=pytest.mark.long)])
@pytest.mark.parametrize("lengths", MAKE_OF_IT)
async def test_a_reply_whose_entry_is_there_twice_comes_out_once_in_every_order(
    a_house: House, lengths: tuple[int, int], raised: bool
) -> None:
    replies = a_house.gateway.replies(GATEWAY)
    for order in orders(4, 4, int(raised)):
        case = Case(a_house)
        one, two = two_speakers(case, lengths)
        asked = Transcript(head=case.head, utterance=1, text="hello")
        await case.begin(asked)
        await case.publish(asked)
        steps = await in_order(order, *([each.take, each.say, each.say, each.commit] for each in (one, two)), [case.close_turn])
        await say_the_rest(case, a_house.one)
        await assert_said_once(case, await case.told(replies), raised, steps)


async def assert_said_once(case: Case, told: list[Message], raised: bool, steps: list[str]) -> None:
    """Each sentence once and in order, what was asked for with them, and one end; no more than that of a turn that was raised past."""
    said, others = [each.head.seq for each in told if isinstance(each, Sentence)], [each for each in told if not isinstance(each, Sentence)]
    kept = await case.house.one.emitted(case.call, 0)
    assert said == list(range(len(kept.sentences))), steps
    assert others in ([*kept.asked, ReplyEnded(head=case.head, sentences=len(said))], *([[]] if raised else [])), steps


# --- The sound of a sentence

WORDS = "Your appointment is on Tuesday."


@dataclass
class Voice:
    """One of two on a sentence: two chunks, the end behind them, the commit."""

    case: Case
    bus: WorkerBus
    name: str
    delivery: Delivery | None = None
    sent_bytes: int = 0

    @property
    def sound(self) -> bytes:
        return self.name[0].encode() * 800

    async def take(self) -> None:
        self.delivery = await self.bus.take("tts", self.name)

    async def reclaim(self) -> None:
        self.delivery = await self.bus.reclaim("tts", self.name)

    async def speak(self) -> None:
        await self._send(self.sound)

    async def end(self) -> None:
        await self._send(b"", last=True)

    async def commit(self) -> None:
        if self.delivery is not None:
            await self.bus.commit("tts", self.delivery, [])

    async def _send(self, sound: bytes, *, last: bool = False) -> None:
        if self.delivery is not None:
            head, attempt = self.delivery.message.head, attempt_number(self.delivery, 0.0)
            await self.bus.send(Output(None, SpeechChunk(head=head, offset_bytes=self.sent_bytes, last=last, attempt=attempt), sound))
            self.sent_bytes += len(sound)


async def speak_the_rest(case: Case, bus: WorkerBus) -> None:
    """What a third worker speaks after the death of both."""
    third = Voice(case, bus, "three")
    for step in (third.reclaim, third.speak, third.speak, third.end, third.commit):
        await step()


@pytest.mark.parametrize("a_house", ON_SERVERS_TOO, indirect=True)
@pytest.mark.parametrize("twice", [False, True])
async def test_a_sentence_that_two_workers_speak_is_heard_whole_in_every_order(a_house: House, twice: bool) -> None:
    replies = a_house.gateway.replies(GATEWAY)
    for order in orders(4, 5):
        case = Case(a_house)
        one, two = Voice(case, a_house.one, "one"), Voice(case, a_house.two, "two")
        sentence = Sentence(head=case.head, text=WORDS)
        await case.begin(sentence)
        await one.take()
        if twice:
            await case.publish(sentence)
        mine, theirs = [one.speak, one.speak, one.end, one.commit], [two.take if twice else two.reclaim, two.speak, two.speak, two.end]
        steps = await in_order(order, mine, [*theirs, two.commit])
        await speak_the_rest(case, a_house.one)
        assert_heard_whole(await case.replies(replies), steps)


def assert_heard_whole(told: list[Delivery], steps: list[str]) -> None:
    """At the gateway there is all of one worker's sound, and its end. Nothing of it left yet."""
    playout = Playout()
    reply = Reply(playout, b"beep", 100_000)
    reply.sentence_arrived(0, WORDS)
    for each in told:
        assert isinstance(each.message, SpeechChunk)
        reply.speech_arrived(each.message, each.audio)
    (clip,) = playout.clips
    assert (clip.complete, bytes(clip.audio)) in [(True, voice * 1600) for voice in (b"o", b"t")], steps
