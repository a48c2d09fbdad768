"""A reply that sounds is gone on with where its server forgot it: in every order of who was at it, who takes it, and the gateway."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from common.messages import Head, SpeechChunk
from gateway.playout import Playout
from gateway.turn.reply import Reply
from tests.common.script_bench import ASKED, BOOT, CALL, DONE, OUT, RX, WORK, Bench

HEARD = ("a0", "a1")
_LENGTH = 5
"""Of the reply, in sentences."""


# --- The script by itself


def test_who_takes_it_goes_on_after_what_was_heard(bench: Bench) -> None:
    assert (bench.go_on(*HEARD), bench.out(), bench.left()) == (1, list(HEARD), 1)


def test_what_was_heard_does_not_stay_for_ever(bench: Bench) -> None:
    bench.go_on(*HEARD)
    assert 0 < bench.redis.ttl(OUT) <= 600


def test_who_takes_it_does_what_was_asked_for_up_to_there(bench: Bench) -> None:
    bench.go_on(*HEARD, asked="bye")
    assert (bench.redis.get(ASKED), 0 < bench.redis.ttl(ASKED) <= 600) == (b"bye", True)


def test_what_was_asked_for_is_written_down_again_where_it_alone_was_forgotten(bench: Bench) -> None:
    bench.emit("a0")
    entries = bench.left()
    assert (bench.go_on("a0", asked="bye"), bench.redis.get(ASKED), bench.out()) == (1, b"bye", ["a0"])
    assert bench.left() == entries + 1


def test_who_went_on_without_what_was_asked_for_does_not_end_the_reply(bench: Bench) -> None:
    id_ = bench.read()
    for said in (["a0"], ["a0", "b1"]):
        bench.emit(*said, id_=id_)
    assert (bench.go_on("a0", asked="bye"), bench.commit(id_, reply=["a0", "b1"]), bench.left()) == (1, 0, 1)


def test_once_is_enough(bench: Bench) -> None:
    bench.go_on(*HEARD)
    assert (bench.go_on(*HEARD), bench.out(), bench.left()) == (0, list(HEARD), 1)


@pytest.mark.parametrize("known", [2, 3])
def test_a_server_that_forgot_nothing_gets_nothing(bench: Bench, known: int) -> None:
    for number in range(known):
        bench.emit(*(f"a{each}" for each in range(number + 1)))
    entries = bench.left()
    assert (bench.go_on(*HEARD), bench.left()) == (0, entries)


def test_a_server_that_knows_of_more_that_was_asked_for_gets_nothing(bench: Bench) -> None:
    bench.emit("a0", asked="keys, bye")
    assert (bench.go_on("a0", asked="keys"), bench.redis.get(ASKED)) == (0, b"keys, bye")


def test_a_server_that_forgot_the_last_sentence_gets_that(bench: Bench) -> None:
    bench.emit("a0")
    assert (bench.go_on(*HEARD), bench.out()) == (1, list(HEARD))


def test_a_reply_that_somebody_makes_in_other_words_is_left_alone(bench: Bench) -> None:
    bench.emit("b0")
    entries = bench.left()
    assert (bench.go_on(*HEARD, asked="bye"), bench.out(), bench.left(), bench.redis.exists(ASKED)) == (0, ["b0"], entries, 0)


def test_a_reply_that_ended_is_left_alone(bench: Bench) -> None:
    bench.redis.set(DONE, "1")
    assert (bench.go_on(*HEARD), bench.out(), bench.left()) == (0, [], 0)


@pytest.mark.parametrize("call", [{"turn": 2, "fence": 1}, {"turn": 1, "fence": 2}, {"turn": 1, "fence": 1, "over": 1}])
def test_nobody_goes_on_with_what_is_not_wanted_any_more(bench: Bench, call: dict[str, int]) -> None:
    bench.call(**call)
    assert (bench.go_on(*HEARD), bench.out(), bench.left()) == (-1, [], 0)


# --- All at once


@dataclass
class Gateway:
    """What a call's gateway makes of the sentences that it is sent."""

    reply: Reply = field(default_factory=lambda: Reply(Playout(), b"beep", 100_000))
    asked: list[str] = field(default_factory=list)
    """What each end of the reply asks it to do."""

    def sounds(self, number: int) -> None:
        """Sound of a sentence came."""
        head = Head(call="c", turn=1, gateway="g", language="en", seq=number)
        self.reply.speech_arrived(SpeechChunk(head=head, offset_bytes=0, last=True), b"x" * 800)


@dataclass
class Speaker:
    """A worker on the reply, as ``llm_worker.speaker`` has it."""

    bench: Bench
    name: str
    gateway: Gateway
    id: bytes = b""
    asked: str = ""
    """What it asks for behind the second sentence."""
    words: list[str] = field(default_factory=list)
    said: int = 0
    """How many of them are out."""
    gone: bool = False

    def take(self) -> None:
        """The next entry that nobody read."""
        found: Any = self.bench.redis.xreadgroup("w", self.name, {WORK: ">"}, count=1)
        self.id = found[0][1][0][0] if found else b""
        self.gone = not found

    def load(self) -> None:
        """What is out, and was asked for, and its own words for the rest."""
        self.words, known = self.bench.out(), self.bench.redis.get(ASKED)
        self.asked = known.decode() if isinstance(known, bytes) else self.asked
        self.said = len(self.words)
        self.words += [f"{self.name}{number}" for number in range(self.said, _LENGTH)]

    def say(self) -> None:
        """The next sentence, and those before it that the server forgot, unless somebody else is further."""
        number, self.said = self.said, min(self.said + 1, _LENGTH)
        self._emit(number)

    def _emit(self, number: int) -> None:
        while not self.gone and number < self.said:
            sent, _ = self.bench.sent()
            asked = self.asked if number else ""
            out = self.bench.emit(*self.words[: number + 1], id_=self.id, worker=self.name, asked=asked)
            self.gone = out == -1 or out > number + 1
            if self.bench.sent()[0] > sent:
                self.gateway.reply.sentence_arrived(number, self.words[number])
            number = out

    def end(self) -> None:
        """The rest, and the end of the reply; or of this entry alone, where somebody else is further."""
        while self.said < _LENGTH:
            self.say()
        while not self.gone and (answer := self.bench.commit(self.id, self.name, reply=self.words, asked=self.asked)) != 0:
            if answer == 1:
                self.gateway.asked.append(self.asked)
                return
            self._emit(_LENGTH - 1)
        if self.id:
            self.bench.drop(self.id, self.name)


@dataclass
class Scene:
    """One order of it all."""

    bench: Bench
    gateway: Gateway
    one: Speaker
    two: Speaker
    sounding: int

    def ask_again(self) -> None:
        """The gateway, back at the server: the question as it was, if nothing sounds."""
        if self.sounding:
            self.bench.go_on(*HEARD[: self.sounding], asked="bye" if self.sounding > 1 else "")
        else:
            self.bench.redis.xadd(WORK, {"m": "work"})


def orders(*lengths: int) -> Iterator[tuple[int, ...]]:
    """Whose step comes when, in every order that keeps each one's own steps in theirs."""
    if not any(lengths):
        yield ()
    for who, steps in enumerate(lengths):
        if steps:
            yield from ((who, *rest) for rest in orders(*lengths[:who], steps - 1, *lengths[who + 1 :]))


def begin(bench: Bench) -> None:
    """An empty server, the gateway with its keys, and a group."""
    bench.redis.flushall()
    bench.redis.xadd(RX, {"born": "1"})
    bench.redis.set(BOOT, "1:long ago")
    bench.redis.xgroup_create(WORK, "w", id="0", mkstream=True)
    bench.redis.hset(CALL, mapping={"turn": 1, "fence": 1})


def forget(bench: Bench, left: int | None) -> None:
    """The server comes back with so many sentences, entries, and who has them; None: with nothing."""
    if left is None:
        begin(bench)
        return
    bench.redis.ltrim(OUT, 0, left - 1) if left else bench.redis.delete(OUT)
    if left < 2:
        bench.redis.delete(ASKED)


LONG = pytest.mark.long
CASES = [
    (2, 1, 1),
    *(pytest.param(2, ahead, left, marks=LONG) for ahead, left in ((0, None), (0, 0), (0, 1), (1, 2), (2, 3), (3, 0), (3, None))),
    (0, 2, 0),
    *(pytest.param(0, ahead, left, marks=LONG) for ahead, left in ((1, 0), (2, None), (3, 1), (5, 3))),
]
"""Sentences that sound, that are out beside those, and that the server knows when it is back."""


@pytest.mark.parametrize(("sounding", "ahead", "left"), CASES)
def test_a_reply_is_in_the_words_of_one_and_then_of_another_and_does_what_was_asked_for_with_what_is_heard(
    bench: Bench, sounding: int, ahead: int, left: int | None
) -> None:
    for order in orders(3, 1, 5):
        scene = begun(bench, sounding, ahead)
        forget(bench, left)
        play(scene, order)
        words = scene.gateway.reply.text.split()
        assert [word[1:] for word in words] == [str(number) for number in range(_LENGTH)], (order, words)
        assert scene.gateway.asked == ["bye" if words[1] == "a1" else ""], (order, words)
        assert (words, scene.gateway.reply.forked, bench.out()) == (sorted(words, key=lambda word: word[0]), False, words), order


def begun(bench: Bench, sounding: int, ahead: int) -> Scene:
    """A reply of which some sentences sound, and more are out, and its worker lives."""
    begin(bench)
    gateway = Gateway()
    one, two = Speaker(bench, "a", gateway, asked="bye"), Speaker(bench, "b", gateway)
    bench.redis.xadd(WORK, {"m": "work"})
    one.take()
    one.load()
    for _ in range(sounding + ahead):
        one.say()
    for number in range(sounding):
        gateway.sounds(number)
    return Scene(bench, gateway, one, two, sounding)


def play(scene: Scene, order: Sequence[int]) -> None:
    """All of it in this order; a third one does what is left."""
    one, two = scene.one, scene.two
    tracks = [iter(steps) for steps in ((one.say, one.say, one.end), (scene.ask_again,), (two.take, two.load, two.say, two.say, two.end))]
    for who in order:
        next(tracks[who])()
    while scene.bench.left() > 0:
        third = Speaker(scene.bench, "c", scene.gateway)
        for step in (third.take, third.load, third.end):
            step()
