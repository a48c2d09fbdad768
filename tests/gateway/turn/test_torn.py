"""A sentence whose sound comes in pieces: of two attempts, with what gets lost, and of takes that are answered late or not at all.

    attempt 1  [0][1]                          breaks off
    attempt 2        [0][1][2][3][4]           begins it anew
    take 1                        [0][1]...    of the words that are left

Whatever comes when: the caller hears each word of it once and in order, then the next sentence; or it was asked for as often as it may be.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, product

import pytest

from common.messages import SpeechChunk
from gateway.turn.events import PublishSentence
from tests.sim.desk import asked_desk
from tests.sim.sound import Label, label, sound

WORDS = ["one", "two", "three", "four", "five."]
WORD_BYTES = 800
"""A chunk is a word."""
TAKES = 3
CHUNK_S = 0.06


@dataclass(frozen=True)
class Scene:
    """What comes of the middle one of three sentences."""

    first: int
    """So many chunks of the first attempt."""
    first_at: float = 0.1
    """When they begin to come."""
    other_at: float = 0.0
    """When the other attempt begins, behind the beginning of the first."""
    other: int = 0
    """So many chunks of it; 0: there is none."""
    later: bool = True
    """Whether its number is higher than the first one's."""
    lost: int | None = None
    """Of what comes, this chunk gets lost."""
    silent: int = 0
    """So many of the takes that are asked for are not answered."""
    answer_s: float = 0.2
    """How long the others take."""
    together: bool = False
    """Whether all that were asked for by then are answered at once, by the first answer, as behind a pause of Redis."""


Due = tuple[float, int, int, int, list[str]]
"""A chunk: when, take, attempt, place, and the words of its take."""


def chunks(at: float, take: int, attempt: int, words: list[str], count: int) -> Iterator[Due]:
    """So many chunks of an attempt; in the last one its sound ends."""
    for place in range(count):
        yield at + place * CHUNK_S, take, attempt, place, words


class Torn:
    """A call in which that happens."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.desk = asked_desk()
        self.words = {0: WORDS}
        self.asked_at: list[float] = []
        self._due: list[Due] = []
        self._seen = self._came = 0

    def play(self) -> None:
        """All of it."""
        desk, scene = self.desk, self.scene
        desk.sentence(0, "so.", 0.3)
        desk.sentence(1, " ".join(WORDS), None)
        desk.sentence(2, "done.", 0.3)
        desk.end_reply(3)
        attempts = (2, 3) if scene.later else (2, 1)
        self._due += [*chunks(desk.now + scene.first_at, 0, attempts[0], WORDS, scene.first)]
        self._due += [*chunks(desk.now + scene.first_at + scene.other_at, 0, attempts[1], WORDS, scene.other)]
        while desk.turn == 1:
            desk.tick()
            self._answer()
            self._deliver()

    def _answer(self) -> None:
        desk, scene = self.desk, self.scene
        for command in desk.commands[self._seen :]:
            if isinstance(command, PublishSentence):
                words = self.words[command.take] = command.text.split()
                self.asked_at.append(desk.now)
                if len(self.asked_at) > scene.silent:
                    self._due += [*chunks(desk.now + scene.answer_s, command.take, 9, words, len(words))]
                elif scene.together:
                    at = self.asked_at[0] + scene.answer_s
                    self._due += [*chunks(max(desk.now, at), command.take, 9, words, len(words))]
        self._seen = len(desk.commands)

    def _deliver(self) -> None:
        ready = sorted(due for due in self._due if due[0] <= self.desk.now)
        self._due = [due for due in self._due if due[0] > self.desk.now]
        for _, take, attempt, place, words in ready:
            self._came += 1
            if self._came - 1 != self.scene.lost:
                self._chunk(take, attempt, place, words)

    def _chunk(self, take: int, attempt: int, place: int, words: list[str]) -> None:
        desk, begin, end = self.desk, place * WORD_BYTES, (place + 1) * WORD_BYTES
        message = SpeechChunk(
            head=desk.head(turn=1, seq=1, take=take),
            offset_bytes=begin,
            last=place + 1 == len(words),
            attempt=attempt,
            word_ends=(end,),
        )
        desk.report(message, sound(1, 1, take, attempt, end)[begin:])

    # -- What came of it ----------------------------------------------------------------------

    @property
    def heard(self) -> list[Label]:
        """What the caller heard of the reply."""
        return [one for _, frame in self.desk.line.heard if not (one := label(frame)).fixed]

    @property
    def words_heard(self) -> list[str]:
        """Of the middle sentence: those that were heard to their end."""
        found = list[str]()
        for (take, _), run in groupby((one for one in self.heard if one.sentence == 1), lambda one: (one.take, one.attempt)):
            found += [self.words[take][one.end // WORD_BYTES - 1] for one in run if one.end % WORD_BYTES == 0]
        return found

    @property
    def tried(self) -> int:
        """Takes of it that were heard, or asked for since."""
        last_at = max((at for at, frame in self.desk.line.heard if label(frame).sentence == 1 and not label(frame).fixed), default=0.0)
        heard = {one.take for one in self.heard if one.sentence == 1} or {0}
        return len(heard) + sum(at > last_at for at in self.asked_at)


def scenes() -> Iterator[Scene]:
    """Each way in which two attempts, a loss and late answers meet."""
    for first, first_at, other_at, other, later in product((0, 1, 4, 5), (0.1, 2.5, 3.5), (0.05, 0.6, 2.2), (0, 1, 5), (True, False)):
        for lost, silent, answer_s, together in product((None, 1, 4), (0, 1, 2), (0.2, 2.2), (False, True)):
            if other or (other_at == 0.05 and later):
                yield Scene(first, first_at, other_at, other, later, lost, silent, answer_s, together)


PARTS = 140
SCENES = tuple(scenes())


def complaint(scene: Scene) -> str:
    """What is wrong with it; "": nothing."""
    torn = Torn(scene)
    torn.play()
    heard = torn.words_heard
    whole = heard == WORDS or (torn.tried >= TAKES and heard == WORDS[: len(heard)])
    return "" if whole and torn.desk.ends[-1] == "replied" else f"{scene}: {heard}, tried {torn.tried}, {torn.desk.ends}"


@pytest.mark.parametrize("part", [0, *(pytest.param(part, marks=pytest.mark.long) for part in range(7, PARTS, 7))])
def test_each_word_is_heard_once_and_in_order_or_was_asked_for_three_times(part: int) -> None:
    assert [wrong for scene in SCENES[part::PARTS] if (wrong := complaint(scene))] == []


STOOD_STILL = Scene(first=1, first_at=4.5, other_at=0.14, other=5, silent=2)
"""The server stood still: a first piece came when it went on, and then all that was asked for, and none of that goes on with the piece."""


def test_what_a_server_that_stood_still_keeps_back_is_heard_whole() -> None:
    torn = Torn(STOOD_STILL)
    torn.play()
    assert (torn.words_heard, torn.desk.ends[-1]) == (WORDS, "replied")


@pytest.mark.parametrize("number", [0, 2], ids=["before", "behind"])
def test_the_sentence_beside_it_is_heard_once(number: int) -> None:
    torn = Torn(STOOD_STILL)
    torn.play()
    assert [sentence for sentence, _ in groupby(one.sentence for one in torn.heard)].count(number) == 1
