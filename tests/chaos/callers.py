"""The callers: calls one after the other, each with an ear for what it is told.

A caller says something short, hears the whole reply, makes a pause, and says the next thing: patiently, since a reply that
stops in the middle may go on. Now and then one cuts in on a reply. One who is told that there is trouble, or asked to repeat,
says it again; one who hears nothing for long gives up waiting and speaks all the same. One who was asked for keys presses some; one whom
the bot says it will put through, or hang up on, waits for that, and hangs up in the end. A call that comes back unanswered goes on.
"""

import asyncio
import random
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from common.audio import SAMPLE_RATE_HZ
from tests.chaos.costs import FREEZES_S
from tests.chaos.ear import LiveEar, is_whole, phrase_of, sentence_of
from tests.chaos.judge import Reply, Said
from tests.chaos.talk import AUTH_TOKEN, GOODBYE, LEAVES, TERMINATOR, Part, expected, part
from tests.e2e.gateway_process import RECORDINGS
from tools.caller.caller import Caller
from tools.caller.client import Call
from tools.caller.record import Record, milliseconds
from tools.caller.script import HangUp, Interrupt, Press, Say, Step
from tools.caller.sound import load
from tools.caller.webhook import Addresses, NoConnection
from tts_worker.tones import HeardTone

TURNS_A_CALL = 11
"""More than it takes until the bot hangs up, and few enough that no two turns of a call sound alike (16), even where some are lost."""
_WORDS = ("short_en_hello.wav", "short_fr_auth-thankyou.wav")
"""Of one breath, so that each is one turn."""
_GAP_S = (1.8, 2.8)
"""Between the end of a reply and the caller's next words. Shorter than 1.5 s the bot may yet wait for the last bytes from a worker that
died; who speaks then speaks over a reply, and the scripted recogniser has the same words for all that is said in one turn."""
_OBJECTION = "medium_en_demo-nomatch.wav"
"""Long enough to be no cough."""
_CUTS_IN = 0.15
_CUTS_IN_AFTER_S = (0.4, 1.4)
_GREETING_S, _PATIENCE_S = 6.0, 12.0
_LEAVES_S = FREEZES_S[1] + 2.0
"""Who is to be put through, or hung up on, waits for it for longer than any gateway stands still."""
_KEYS = 4
_UNANSWERED = 0.5
_MOST_S = 240.0
_CONNECTED = "connected to "
_SAYS = ": Say"
"""How a call ends that TwiML ends with words."""
_ENDS = ": Hangup"
"""How a call ends that the bot ends."""
_TROUBLE = frozenset({"repeat", "fallback", "still_there", "goodbye"})
_ASKS_ANEW = _TROUBLE | {"unanswered"}
"""After which no reply is to be waited for."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A call that is over, as its caller had it."""

    call: str
    began_s: float
    """By the clock of the loop."""
    said: tuple[Said, ...]
    track: bytes
    """The bot's side, as played."""
    hung_up: bool
    """Whether the caller ended it; else it was dropped."""
    why: str
    """Its last line."""
    begins_ms: tuple[int, ...]
    """Of its streams."""
    violations: tuple[str, ...]
    slowest_tick_ms: int
    """How late the caller's own clock was at worst: this machine's fault."""
    dials: int = 0
    """How often it was put through."""
    unanswered: bool = False
    """Whether nobody answers who it is put through to."""

    @property
    def turned_away(self) -> bool:
        """Told before it had a stream that there is no room: politely, in words, by TwiML."""
        return not self.begins_ms and self.why.endswith(_SAYS)

    @property
    def ended_by_bot(self) -> bool:
        """Whether it was hung up politely, by TwiML without words, before its caller did it."""
        return not self.hung_up and self.why.endswith(_ENDS)

    @property
    def handed_over(self) -> int:
        """How often it went on at a gateway after its stream had died."""
        return max(0, len(self.begins_ms) - 1 - (self.dials if self.unanswered else 0))


class Conversation:
    """When the caller speaks (``TurnTaking``)."""

    def __init__(self, record: Record, rng: random.Random, stopping: Callable[[], bool]) -> None:
        self.pressed: list[str] = []
        """The keys of each of the caller's turns; "": words."""
        self._ear = LiveEar(record.bot_track)
        self._random = rng
        self._replies = expected()
        self._left = TURNS_A_CALL
        self._stopping = stopping
        self._words = [load(RECORDINGS / name) for name in _WORDS]
        self._objection = load(RECORDINGS / _OBJECTION)
        self._since = 0
        self._bot_last = 0
        self._done = False
        """The bot greeted, or said something after which no reply is to be waited for."""
        self._code: int | None = None
        """Of the reply that was heard last, since the caller listens."""
        self._at_last_sentence = self._is_whole = False
        self._gap_s = rng.uniform(*_GAP_S)
        self._greeted = False
        self._spoke = False
        """Since the caller listened last."""
        self._replies_since: int | None = None
        self._cuts_in_after_s: float | None = None

    def bot_sounds(self, at: int, until: int) -> None:
        """The bot is heard from ``at`` until ``until``."""
        self._bot_last = max(self._bot_last, until)

    def next(self, now: int) -> Step | HangUp | None:
        """What to do now, if anything."""
        if self._spoke:  # what the bot said under the caller's own words is no answer to them
            self._ear.forget()
            self._spoke = False
        for tone in self._ear.news():
            self._hear(tone, now)
        if self._cuts_in(now):
            return self._step(Interrupt(self._objection, 0))
        quiet_s = (now - max(self._since, self._bot_last)) / SAMPLE_RATE_HZ
        if quiet_s < self._gap_s or not (self._done or self._is_over() or quiet_s >= (_PATIENCE_S if self._greeted else _GREETING_S)):
            return None
        return self._answer(quiet_s)

    def _hear(self, tone: HeardTone, now: int) -> None:
        phrase = phrase_of(tone)
        if not phrase and not tone.is_beep:
            self._code = tone.turn
            self._at_last_sentence = self._at_last_sentence or sentence_of(tone) == len(self._reply.lengths_ms) - 1
            self._replies_since = now if self._replies_since is None else self._replies_since
        self._done = self._done or phrase in _ASKS_ANEW or (phrase == "greeting" and not self._greeted)

    @property
    def _reply(self) -> Reply:
        return self._replies[self._code or 0]

    def _answer(self, quiet_s: float) -> Step | HangUp | None:
        """To a bot that is done."""
        heard = part(self._code) if self._is_whole and not self._done and self._code is not None else Part()
        if heard.action in LEAVES:
            return HangUp() if quiet_s >= _LEAVES_S else None
        if not self._left or self._stopping():
            return HangUp()
        if heard.action == "collect":
            keys = "".join(self._random.choices("0123456789", k=_KEYS)) + TERMINATOR
            return self._step(Press(keys), keys)
        return self._step(Say(self._random.choice(self._words)))

    def _step(self, step: Step, keys: str = "") -> Step:
        self._left -= 1
        self.pressed.append(keys)
        return step

    def _cuts_in(self, now: int) -> bool:
        if self._cuts_in_after_s is None or self._replies_since is None or (self._code or 0) > GOODBYE:
            return False
        return now - self._replies_since >= self._cuts_in_after_s * SAMPLE_RATE_HZ

    def _is_over(self) -> bool:
        """Whether all of the reply was heard."""
        lengths_ms = self._reply.lengths_ms
        self._is_whole = self._at_last_sentence and is_whole(self._ear.heard_ms(len(lengths_ms) - 1), lengths_ms[-1])
        return self._is_whole

    def acted(self, until: int) -> None:
        """The caller's words ended at ``until``."""
        self._spoke = True
        self._since, self._done, self._at_last_sentence, self._greeted = until, False, False, True
        self._code, self._is_whole = None, False
        self._gap_s = self._random.uniform(*_GAP_S)
        self._replies_since = None
        cuts_in = self._left and self._random.random() < _CUTS_IN
        self._cuts_in_after_s = self._random.uniform(*_CUTS_IN_AFTER_S) if cuts_in else None


Urls = Callable[[], Sequence[str]]
"""The base URLs of the gateways that answer now, the one to be asked first in front."""


@dataclass(slots=True)
class Callers:
    """So many on the line at a time, until told to stop."""

    urls: Urls
    rng: random.Random
    heard: "asyncio.Queue[Heard]" = field(default_factory=asyncio.Queue)
    live: set[str] = field(default_factory=set)
    """The calls that are on the line."""
    stopping: bool = False

    async def call_on(self) -> None:
        """One place on the line: a call after the other."""
        await asyncio.sleep(self.rng.uniform(0, 3))
        while not self.stopping:
            await self._call()
            await asyncio.sleep(self.rng.uniform(0.2, 1.0))

    async def _call(self) -> None:
        record, began_s = Record("CA" + secrets.token_hex(16)), asyncio.get_running_loop().time()
        lines = list[tuple[int, str]]()
        first, *others = self.urls()

        def tell(at: int, text: str) -> None:
            lines.append((at, text))

        conversation = Conversation(record, self.rng, lambda: self.stopping)
        caller = Caller(conversation, record, tell)
        dialled = "no-answer" if self.rng.random() < _UNANSWERED else "completed"
        any_other = [*others, first]  # a call that moved from the first one may have to move back
        call = Call(caller, record, Addresses(AUTH_TOKEN), tell, _MOST_S, any_other, dialled=dialled)
        self.live.add(record.call)
        for url in (first, *others):
            try:
                await call.place(f"{url}/twilio/voice", {})
            except NoConnection as error:
                tell(record.length, f"no connection: {error}")
            if record.sent_frames:  # else it died just then: Twilio asks the number's second address
                break
        self.live.remove(record.call)
        heard = _heard(record, conversation.pressed, began_s, caller.over, lines)
        self.heard.put_nowait(replace(heard, unanswered=dialled != "completed"))


def _heard(record: Record, pressed: Sequence[str], began_s: float, over: bool, lines: Sequence[tuple[int, str]]) -> Heard:
    spoken = zip(record.turns, pressed, strict=True)
    said = tuple(Said(milliseconds(turn.begin), milliseconds(turn.end), turn.interrupts, keys) for turn, keys in spoken)
    return Heard(
        call=record.call,
        began_s=began_s,
        said=said,
        track=bytes(record.bot_track),
        hung_up=over,
        why=lines[-1][1] if lines else "",
        begins_ms=tuple(milliseconds(at) for at, line in lines if _CONNECTED in line),
        violations=tuple(record.violations),
        slowest_tick_ms=milliseconds(record.slowest_tick),
        dials=len(record.dials),
    )
