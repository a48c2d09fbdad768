"""The history is what the caller heard: of the greeting and of replies, to the word (R7).

The words of a simulated sentence are of one length, so from the bytes that were heard follows how many words were
whole. The gateway may be ahead by the way to the phone, and what is left of a reply that ends by itself may be as short
as it counts for nothing (R4). Where marks and sound come as they should, it is behind by a word at the most.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from common.audio import BYTES_PER_MS, FRAME_BYTES
from gateway.turn.events import CloseTurn
from gateway.turn.phrases import Phrase
from tests.sim.broken_rule import Check
from tests.sim.judge_sound import SoundJudge, cells
from tests.sim.line import FRAME_S, Weather
from tests.sim.sound import CELL_BYTES, PHRASE_TURN, Label
from tests.sim.workers import Planned

_NEARLY_HEARD_BYTES = 2400
"""An unheard rest that short counts as heard."""
_GREETING = 0
"""Its number among the phrases."""
_NOTHING = Planned([])


class HistoryJudge:
    """Compares what is written of each turn with what was heard of it."""

    def __init__(self, check: Check, sound: SoundJudge, asked: dict[int, Planned], weather: Weather) -> None:
        self.errors_ms: list[int] = []
        """Of sentences that were cut: between what the history says was heard and what the ear heard."""
        self.greeting: Phrase | None = None
        self.greets_in = -1
        """The turn that begins with the greeting."""
        self._check = check
        self._sound = sound
        self._replies = asked
        self._weather = weather

    def turn_ends(self, closed: CloseTurn) -> None:
        """Judge the words that are written."""
        words = closed.heard.split()
        planned = self._said_in(closed)
        claims = list(_prefixes(words, planned.sentences))
        self._check(sum(claims) == len(words), f"history says what was not said: {closed.heard!r} of {planned.sentences}")
        heard = self._bytes_heard(closed.turn)
        for sentence, claimed in enumerate(claims):
            if planned.sentences.count(planned.sentences[sentence]) == 1:  # else nobody can tell which one was heard
                self._judge_ear(closed, planned, sentence, claimed, heard[sentence])

    # -- What was said, and what was heard of it ------------------------------------------------

    def _said_in(self, closed: CloseTurn) -> Planned:
        """What may be in the history of a turn."""
        turn = closed.turn
        if turn not in self._sound.again:
            return self._planned_greeting() if turn == self.greets_in else self._replies.get(turn, _NOTHING)
        left = [*self._sound.heard_in(turn), *self._sound.sent]
        first = next((one for one in left if not one.fixed or one.sentence == _GREETING), None)
        if first is None:  # too little to leave, which counts as heard
            return Planned([closed.heard])
        if first.fixed:
            return self._planned_greeting()
        return next((self._replies[number] for number in range(turn, -1, -1) if _is_of(first, number)), _NOTHING)

    def _planned_greeting(self) -> Planned:
        return _NOTHING if self.greeting is None else Planned([self.greeting.text], {(0, 0): len(self.greeting.audio)}, {(0, 0)})

    def _bytes_heard(self, turn: int) -> Counter[int]:
        """Of each sentence, or of the greeting; other phrases have other numbers, and are in no history."""
        labels = self._sound.heard_in(turn)
        greets = turn == self.greets_in or turn in self._sound.again
        heard = cells(one for one in labels if not one.fixed or (greets and one.turn == PHRASE_TURN))
        return Counter(cell[0] for cell in heard for _ in range(CELL_BYTES))

    # -- The ear ----------------------------------------------------------------------------------

    def _judge_ear(self, closed: CloseTurn, planned: Planned, sentence: int, claimed: int, heard: int) -> None:
        """So many words of a sentence were whole when the turn ended."""
        words, length = len(planned.sentences[sentence].split()), planned.sound_bytes.get((sentence, 0), 0)
        if not length:
            return
        replied = closed.how == "replied"
        early = (_NEARLY_HEARD_BYTES if replied else FRAME_BYTES) + int(8000 * self._weather.latency_s) + FRAME_BYTES
        retaken = (closed.turn % PHRASE_TURN, sentence) in self._sound.retaken
        sized = planned.sentences[sentence].startswith("t")  # a parrot's words are shorter than the simulated voice says them
        possible = words * (heard + early) // length + (retaken or not sized)
        self._check(claimed <= possible or not claimed, f"history says {claimed} words of sentence {sentence}, the ear {possible}")
        if self._weather.rough or retaken:
            return
        text_came = not (self._weather.message_lost or self._weather.message_late)
        if (sentence, 0) in planned.told and text_came:
            estimated = closed.turn == self.greets_in or closed.turn in self._sound.again
            ahead = int(heard * (1 - self._weather.frame_s / FRAME_S))  # of what time tells: the provider's clock is fast
            sure = words * max(0, heard - FRAME_BYTES - ahead) // planned.longer_bytes.get((sentence, 0), length) - estimated
            self._check(claimed >= min(words, sure), f"history says {claimed} words of sentence {sentence}, and the ear heard {sure}")
        if claimed and not replied:
            self.errors_ms.append(_off(claimed, heard, length // words) // BYTES_PER_MS)


def _off(claimed: int, heard: int, word: int) -> int:
    """How far what was heard is from what so many whole words of one length may be."""
    return max(0, claimed * word - heard, heard - (claimed + 1) * word)


def _is_of(frame: Label, turn: int) -> bool:
    return turn % PHRASE_TURN == frame.turn


def _prefixes(words: Sequence[str], sentences: Sequence[str]) -> Iterator[int]:
    """How many of its first words ``words`` have of each sentence, one behind the other."""
    at = 0
    for sentence in sentences:
        begin = at
        for word in sentence.split():
            if at < len(words) and words[at] == word:
                at += 1
            else:
                break
        yield at - begin
