"""The pipeline as the core sees it, played at random: slow, twice, out of order, failing, stopping in mid-sentence.

It keeps the promises of the real one: a whole utterance whose turn was raised past brings nothing, a reply
is begun once a turn, and each take of a sentence is what was asked for.
"""

import heapq
import random
from collections import Counter
from dataclasses import dataclass, field

from common.messages import (
    Action,
    Collect,
    Head,
    Message,
    ReplyEnded,
    Sentence,
    SpeechChunk,
    StageFailed,
    ToolEnded,
    ToolStarted,
    Transcript,
    fingerprint,
)
from gateway.turn.clocks import FALLBACK_S
from gateway.turn.events import CloseTurn, Command, CommitTurn, PublishSentence, PublishTranscript, PublishUtterance, WorkerReported
from tests.sim.caller import Caller
from tests.sim.line import Weather
from tests.sim.sound import CELL_BYTES, sound

_BYTES_A_WORD = 2300
_BARE_END = 0.3
"""Chance that a voice tells the end of a sentence by itself, behind its sound."""
_TELLS_WORDS = 0.5
"""Chance that a voice tells where its words end."""
CALL = "sim"
OTHER_WORDS = "strange"
"""What another attempt makes of a sentence; nobody speaks it unasked."""
DESK = "desk"
"""Where calls may be transferred to."""
_WAITED_FOR_S = FALLBACK_S - 0.1
"""The recogniser may take so long."""
_TOOL_LIMIT_S = 8.0
LIMIT_TOLD_S = 0.5
"""A worker whose tool ran into its limit tells so within this time."""


@dataclass(slots=True)
class Planned:
    """What the model will say in a turn."""

    sentences: list[str]
    sound_bytes: dict[tuple[int, int], int] = field(default_factory=dict)
    """Length of each take of each sentence, in the shorter of its attempts."""
    told: set[tuple[int, int]] = field(default_factory=set)
    """Takes of which the voice told where their words end."""
    asked: str = ""
    """What the caller said, as the model was told."""
    longer_bytes: dict[tuple[int, int], int] = field(default_factory=dict)
    """Length of each take of each sentence, in the longer of its attempts."""


@dataclass(frozen=True, slots=True)
class Take:
    """One attempt at a take of a sentence."""

    turn: int
    sentence: int
    take: int
    attempt: int


@dataclass(slots=True)
class Hearing:
    """A piece of the caller's sound at the recogniser."""

    start: int
    end: int
    sent_at: float
    told_at: float = float("inf")
    """When its words came back to the gateway, if they did."""


_COLLECTS = (None, Collect(digits=1), Collect(digits=4, terminator=""), Collect(timeout_s=3.0))


class Workers:
    """All three stages."""

    def __init__(self, rng: random.Random, weather: Weather, caller: Caller) -> None:
        self.turn = 0
        self.counts: Counter[str] = Counter()
        self.replies: dict[int, Planned] = {}
        self.asleep_until = 0.0
        """The recogniser tells nothing before."""
        self.uses_tools = 0.05
        self.says_nothing = 0.03
        self.sentence_s = 0.3
        """How long the model takes for another sentence, at the most."""
        self.protects = 0.05
        """How many sentences may not be interrupted."""
        self.protects_every_other = False
        self.forgets_to_end = 0.0
        """How many takes lack the end of their sentence, though all their sound came."""
        self.fails_late_s = 0.0
        """How long after a part of its sound a failure of the voice may be told."""
        self.text_late_s = 0.0
        """How much later than its sound a sentence may be told."""
        self.transfers_last = False
        """Whether they are asked for behind the last sentence, and not behind any."""
        self.collects = 0.05
        self.transfers = 0.0
        """How many replies ask for a transfer, some of them to nobody that there is."""
        self.sentences = (1, 2, 3)
        """How many a reply has: mostly one of the first two."""
        self.tells_text = False
        """Whether a voice tells which words its sound is of."""
        self.parrot = ""
        """What the bot says each time, if it always says the same."""
        self._rng = rng
        self._weather = weather
        self._caller = caller
        self._due: list[tuple[float, int, WorkerReported]] = []
        self._work: list[tuple[float, int, PublishUtterance]] = []
        self._hearings: dict[int, Hearing] = {}
        self._number = 0
        self._newest: dict[tuple[int, int, int, int], int] = {}
        """The chunk of an attempt at a take that was made last, of those that arrived."""

    # -- Commands in, messages out ------------------------------------------------------------

    def take(self, command: Command, now: float) -> None:
        """A command of the core."""
        match command:
            case PublishUtterance():
                self._number += 1
                self._hearings[command.seq] = Hearing(command.start, command.end, now)
                heapq.heappush(self._work, (now + self._delay(0.08, 0.9), self._number, command))
            case PublishTranscript(turn=turn, text=text):
                self._think(turn, text, now)
            case PublishSentence(turn=turn, sentence=sentence, take=take, text=text):
                self.counts["retake"] += 1
                self._speak(turn, sentence, take, text, now + self._delay(0.05, 0.4))
            case CommitTurn() | CloseTurn():
                self.turn = max(self.turn, command.turn + isinstance(command, CloseTurn))
            case _:
                pass

    def sleep(self, seconds: float, now: float) -> None:
        """The recogniser tells nothing for a while, and then all at once."""
        if now >= self.asleep_until:
            self.counts["recogniser asleep"] += 1
            self.asleep_until = now + seconds

    def messages(self, now: float) -> list[WorkerReported]:
        """What arrives at the gateway by ``now``."""
        while self._work and self._work[0][0] <= now and self.asleep_until <= now:
            at, _, utterance = heapq.heappop(self._work)
            self._recognise(utterance, max(at, self.asleep_until))
        arrived = []
        while self._due and self._due[0][0] <= now:
            _, number, event = heapq.heappop(self._due)
            self._note_told(event.message, now)
            self._note_order(number, event.message)
            arrived.append(event)
        return arrived

    def _note_told(self, message: Message, now: float) -> None:
        hearing = self._hearings.get(message.head.seq) if isinstance(message, Transcript) else None
        if hearing is not None:
            hearing.told_at = min(now, hearing.told_at)

    def why_lost(self, frame: int) -> str:
        """What may have lost a word that was said in this frame; "": nothing."""
        hearings = [hearing for hearing in self._hearings.values() if hearing.start <= frame < hearing.end]
        if hearings and hearings[-1].told_at - hearings[-1].sent_at > _WAITED_FOR_S:
            return "lost on the way"
        return "not heard" if not hearings and self._weather.detector_errs else ""

    def _note_order(self, number: int, message: Message) -> None:
        if isinstance(message, SpeechChunk):
            run = (message.head.turn, message.head.seq, message.head.take, message.attempt)
            self.counts["chunk out of order"] += number < self._newest.get(run, 0)
            self._newest[run] = max(number, self._newest.get(run, 0))

    # -- The stages ---------------------------------------------------------------------------

    def _recognise(self, said: PublishUtterance, now: float) -> None:
        head = Head(call=CALL, turn=said.turn, seq=said.seq)
        if said.piece == "whole" and said.turn < self.turn:
            self.counts["asr stale"] += 1
            return
        if self._rng.random() < self._weather.asr_fails:
            self.counts["asr failed"] += 1
            self._send(StageFailed(head=head, stage="asr", error="Timeout", utterance=said.utterance, piece=said.piece), now)
            return
        text = self._caller.text(said.start, said.end)
        self._send(Transcript(head=head, utterance=said.utterance, text=text, piece=said.piece, asr_ms=100), now)
        if said.piece == "whole" and text:
            self._think(said.turn, text, now)

    def _think(self, turn: int, text: str, now: float) -> None:
        if turn in self.replies:
            raise AssertionError(f"turn {turn} is answered twice")
        rng = self._rng
        count = 0 if rng.random() < self.says_nothing else rng.choices(self.sentences, (40, 40, 17))[0]
        planned = Planned([self._sentence(turn, number) for number in range(count)], asked=text)
        self.replies[turn] = planned
        head = Head(call=CALL, turn=turn)
        if rng.random() < self._weather.llm_fails:
            self.counts["llm failed"] += 1
            self._send(StageFailed(head=head, stage="llm", error="Timeout"), now + self._delay(0.1, 1.0))
            return
        at = now + self._delay(0.1, 1.0)
        while rng.random() < self.uses_tools:
            at = self._use_tool(head, at)
        for number, text in enumerate(planned.sentences):
            at += self._delay(0.02, self.sentence_s)
            protected = number % 2 == 1 if self.protects_every_other else rng.random() < self.protects
            self._send(
                Sentence(head=Head(call=CALL, turn=turn, seq=number), text=text, interruptible=not protected),
                at + rng.uniform(0, self.text_late_s),
            )
            self._speak(turn, number, 0, text, at + self._delay(0.05, 0.5))
        if rng.random() < 0.03:
            self._send(Action(head=head, after=count - 1, name="hang_up"), at)
        if rng.random() < self.collects:
            self.counts["keys asked for"] += 1
            self._send(Action(head=head, after=count - 1, name="collect", collect=rng.choice(_COLLECTS)), at)
        if self.transfers and rng.random() < self.transfers:
            self.counts["transfer asked for"] += 1
            to = rng.choice((DESK, DESK, "nobody"))
            after = count - 1 if self.transfers_last else rng.randint(min(0, count - 1), count - 1)
            self._send(Action(head=head, after=after, name="transfer", argument=to), at)
        self._send(ReplyEnded(head=head, sentences=count), at + 0.01)

    def _use_tool(self, head: Head, at: float) -> float:
        self.counts["tool"] += 1
        lasts = self._delay(0.5, 9.0)
        if lasts > _TOOL_LIMIT_S:
            self.counts["tool at its limit"] += 1
            lasts = _TOOL_LIMIT_S + self._rng.uniform(0, LIMIT_TOLD_S)
        effects = self._rng.random() < 0.5
        name = "book" if effects else "look_up"
        self._send(ToolStarted(head=head, name=name, timeout_s=_TOOL_LIMIT_S, effects=effects), at)
        self._send(ToolEnded(head=head, name=name, ok=True), at + lasts)
        return at + lasts

    def _sentence(self, turn: int, number: int) -> str:
        if self.parrot:
            return self.parrot
        words = [f"t{turn}s{number}w{word}" for word in range(self._rng.randint(1, 7))]
        return " ".join(words) + self._rng.choice(".?")

    def _speak(self, turn: int, sentence: int, take: int, text: str, at: float) -> None:
        rng, weather = self._rng, self._weather
        if rng.random() < weather.tts_fails:
            self.counts["tts failed"] += 1
            head = Head(call=CALL, turn=turn, seq=sentence, take=take)
            self._send(StageFailed(head=head, stage="tts", error="Timeout"), at + rng.uniform(self.fails_late_s / 2, self.fails_late_s))
            if self.fails_late_s:
                self._chunks(text, Take(turn, sentence, take, 1), len(text.split()) * _BYTES_A_WORD, 0, at, stops=True)
            return
        words = len(text.split())
        length = words * _BYTES_A_WORD + rng.randint(0, 500)
        told = words if rng.random() < _TELLS_WORDS or self.parrot else 0  # words of a language are shorter than its sound here
        stops = rng.random() < weather.tts_stops
        again = rng.random() < weather.tts_second_attempt
        self.counts["tts stopped"] += stops
        self.counts["tts second attempt"] += again
        self._chunks(text, Take(turn, sentence, take, 1), length, told, at, stops=stops or (again and rng.random() < 0.7))
        other = length + rng.randint(-400, 400) if again else length
        if again:
            self._chunks(text, Take(turn, sentence, take, 2), other, told, at + self._delay(0.0, 1.2), stops=False)
        planned = self.replies.get(turn)
        if planned is not None:
            planned.sound_bytes[(sentence, take)] = min(length, other)
            planned.longer_bytes[(sentence, take)] = max(length, other)
            planned.told |= {(sentence, take)} if told else set()

    def _chunks(self, text: str, which: Take, length: int, words: int, at: float, *, stops: bool) -> None:
        forgets = self._rng.random() < self.forgets_to_end
        bare = forgets or self._rng.random() < _BARE_END
        length -= length % 160 if bare else 0
        audio, ends = sound(which.turn, which.sentence, which.take, which.attempt, length), _word_ends(length, words)
        head, spoken = Head(call=CALL, turn=which.turn, seq=which.sentence, take=which.take), fingerprint(text) if self.tells_text else 0
        size = self._rng.choice((800, 1600, 3336, 8000))
        for offset in range(0, length, size):
            if stops and self._rng.random() < 0.5:
                return
            last = offset + size >= length and not bare
            told = tuple(end for end in ends if offset < end <= offset + size)
            chunk = SpeechChunk(head=head, offset_bytes=offset, last=last, attempt=which.attempt, word_ends=told, words=spoken)
            self._send(chunk, at, audio[offset : offset + size])
            at += self._delay(0.01, size / 8000 * 0.6)
        if bare and not forgets:
            at += self._delay(0.1, 0.6)
            self._send(SpeechChunk(head=head, offset_bytes=length, last=True, attempt=which.attempt, words=spoken), at)

    # -- The way back -------------------------------------------------------------------------

    def _send(self, message: Message, at: float, audio: bytes = b"") -> None:
        rng, weather = self._rng, self._weather
        if rng.random() < weather.message_lost:
            self.counts["message lost"] += 1
            return
        if rng.random() < weather.message_late:
            self.counts["message late"] += 1
            at += rng.uniform(0, weather.late_s)
        self._push(at, WorkerReported(message, audio))
        if rng.random() < weather.message_twice:
            self.counts["message twice"] += 1
            self._push(at + rng.uniform(0, 1), WorkerReported(message, audio))

    def _push(self, at: float, event: WorkerReported) -> None:
        self._number += 1
        heapq.heappush(self._due, (at, self._number, event))

    def _delay(self, least: float, most: float) -> float:
        if self._rng.random() < self._weather.slow:
            self.counts["worker slow"] += 1
            return self._rng.uniform(most, most * 6)
        return self._rng.uniform(least, most)


def _word_ends(length: int, words: int) -> list[int]:
    """Where so many words of one length end: between cells, so that what follows says what it is."""
    return [length * (word + 1) // words // CELL_BYTES * CELL_BYTES for word in range(words)]
