"""A reply that sounds is gone on with where its server forgot it: in every order of who was at it, who takes it, and the gateway."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.common.script_bench import BOOT, CALL, DONE, OUT, RX, WORK, Bench

HEARD = ("a0", "a1")
_LENGTH = 4
"""Of the reply, in sentences."""


# --- The script by itself


def test_who_takes_it_goes_on_after_what_was_heard(bench: Bench) -> None:
    assert (bench.go_on(*HEARD), bench.out(), bench.left()) == (1, list(HEARD), 1)


def test_what_was_heard_does_not_stay_for_ever(bench: Bench) -> None:
    bench.go_on(*HEARD)
    assert 0 < bench.redis.ttl(OUT) <= 600


def test_once_is_enough(bench: Bench) -> None:
    bench.go_on(*HEARD)
    assert (bench.go_on(*HEARD), bench.out(), bench.left()) == (0, list(HEARD), 1)


@pytest.mark.parametrize("known", [2, 3])
def test_a_server_that_forgot_nothing_gets_nothing(bench: Bench, known: int) -> None:
    for number in range(known):
        bench.emit(number, f"a{number}")
    entries = bench.left()
    assert (bench.go_on(*HEARD), bench.left()) == (0, entries)


def test_a_server_that_forgot_the_last_sentence_gets_that(bench: Bench) -> None:
    bench.emit(0, "a0")
    assert (bench.go_on(*HEARD), bench.out()) == (1, list(HEARD))


def test_a_reply_that_somebody_makes_in_other_words_is_left_alone(bench: Bench) -> None:
    bench.emit(0, "b0")
    entries = bench.left()
    assert (bench.go_on(*HEARD), bench.out(), bench.left()) == (0, ["b0"], entries)


def test_a_reply_that_ended_is_left_alone(bench: Bench) -> None:
    bench.redis.set(DONE, "1")
    assert (bench.go_on(*HEARD), bench.out(), bench.left()) == (0, [], 0)


@pytest.mark.parametrize("call", [{"turn": 2, "fence": 1}, {"turn": 1, "fence": 2}, {"turn": 1, "fence": 1, "over": 1}])
def test_nobody_goes_on_with_what_is_not_wanted_any_more(bench: Bench, call: dict[str, int]) -> None:
    bench.call(**call)
    assert (bench.go_on(*HEARD), bench.out(), bench.left()) == (-1, [], 0)


# --- All at once


@dataclass
class Speaker:
    """A worker on the reply, as ``llm_worker.speaker`` has it."""

    bench: Bench
    name: str
    id: bytes = b""
    words: list[str] = field(default_factory=list)
    said: int = 0
    """How many of them are out."""
    gone: bool = False
    sent: list[tuple[int, str]] = field(default_factory=list)
    """What it sent out."""
    ended: int = 0

    def take(self) -> None:
        """The next entry that nobody read."""
        found: Any = self.bench.redis.xreadgroup("w", self.name, {WORK: ">"}, count=1)
        self.id = found[0][1][0][0] if found else b""

    def load(self) -> None:
        """What is out, and its own words for the rest."""
        self.words = self.bench.out()
        self.said = len(self.words)
        self.words += [f"{self.name}{number}" for number in range(self.said, _LENGTH)]

    def say(self) -> None:
        """The next sentence, and those before it that the server forgot, unless somebody else is further."""
        number, self.said = self.said, min(self.said + 1, _LENGTH)
        while self.id and not self.gone and number < self.said:
            sent, _ = self.bench.sent()
            out = self.bench.emit(number, self.words[number], id_=self.id, worker=self.name)
            self.gone = out == -1 or out > number + 1
            self.sent += [(number, self.words[number])] * (self.bench.sent()[0] - sent)
            number = out

    def end(self) -> None:
        """The end of the reply; or of this entry alone, where somebody else is further."""
        if self.id and self.gone:
            self.bench.drop(self.id, self.name)
        elif self.id:
            self.ended += self.bench.commit(self.id, self.name, reply=(_LENGTH, "")) == 1


@dataclass
class Scene:
    """One order of it all."""

    bench: Bench
    one: Speaker
    two: Speaker

    def ask_again(self) -> None:
        """The gateway, back at the server."""
        self.bench.go_on(*HEARD)


def orders(*lengths: int) -> Iterator[tuple[int, ...]]:
    """Whose step comes when, in every order that keeps each one's own steps in theirs."""
    if not any(lengths):
        yield ()
    for who, steps in enumerate(lengths):
        if steps:
            yield from ((who, *rest) for rest in orders(*lengths[:who], steps - 1, *lengths[who + 1 :]))


def forget_all(bench: Bench) -> None:
    """The server comes back with nothing, the gateway with its keys, and who reads first makes the group."""
    bench.redis.flushall()
    bench.redis.xadd(RX, {"born": "1"})
    bench.redis.set(BOOT, "1:long ago")
    bench.redis.xgroup_create(WORK, "w", id="0", mkstream=True)
    bench.redis.hset(CALL, mapping={"turn": 1, "fence": 1})


def forget_the_last(bench: Bench) -> None:
    """The server forgot the last sentence."""
    bench.redis.rpop(OUT)


def forget_the_sentences(bench: Bench) -> None:
    """The server knows the entry and who has it, and no more."""
    bench.redis.delete(OUT)


@pytest.mark.parametrize("forget", [forget_all, forget_the_last, forget_the_sentences])
def test_the_rest_is_said_once_and_who_was_overtaken_says_no_more(bench: Bench, forget: Callable[[Bench], None]) -> None:
    for order in orders(3, 1, 5):
        forget_all(bench)
        scene = begun(bench)
        forget(bench)
        said, ended = played(scene, order)
        words = [text[0] for _, text in sorted(said)]
        assert ([number for number, _ in sorted(said)], words, ended) == ([2, 3], sorted(words), 1), (order, said)


def begun(bench: Bench) -> Scene:
    """A reply of which two sentences are heard, and its worker lives."""
    one, two = Speaker(bench, "a"), Speaker(bench, "b")
    bench.redis.xadd(WORK, {"m": "work"})
    one.take()
    one.load()
    for _ in HEARD:
        one.say()
    return Scene(bench, one, two)


def played(scene: Scene, order: Sequence[int]) -> tuple[list[tuple[int, str]], int]:
    """What was sent out beside what was heard before, and how often the reply was ended; a third one does what is left."""
    one, two = scene.one, scene.two
    tracks = [iter(steps) for steps in ((one.say, one.say, one.end), (scene.ask_again,), (two.take, two.load, two.say, two.say, two.end))]
    for who in order:
        next(tracks[who])()
    speakers = [one, two]
    while scene.bench.left() > 0:
        third = Speaker(scene.bench, "c")
        for step in (third.take, third.load, *[third.say] * _LENGTH, third.end):
            step()
        speakers.append(third)
    sent = [each for speaker in speakers for each in speaker.sent if each[1] not in HEARD]
    return sent, sum(speaker.ended for speaker in speakers)
