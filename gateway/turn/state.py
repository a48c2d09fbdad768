"""A call as the core knows it, and the few things that may be done to it.

Everything that changes whose turn it is goes through ``end_turn``: the number rises there and
nowhere else (R1), together with the history of the turn that ended (R7).
"""

from dataclasses import dataclass, field
from typing import Literal

from common.messages import Collect
from common.messages import Piece as PieceKind
from gateway.clip import Clip, Kind
from gateway.playout import BYTES_PER_S, Playout
from gateway.turn.endpointing import FRAME_MS, CallerState, Floor
from gateway.turn.events import CloseTurn, Command, CommitTurn, End, PublishUtterance, Report, SendClear, TransferCall
from gateway.turn.patience import Patience
from gateway.turn.phrases import Phrase, PhraseBook
from gateway.turn.reply import Reply
from gateway.turn.utterance import Loudness, Piece, Utterance
from gateway.turn.words import Completeness, Lexicon, normalise
from gateway.vad.hangover import FIVE_OF_SIX, OnsetRule

_MAX_AWAITED = 64
_UNASKED_KEYS = Collect(timeout_s=1.5)
_NO_HISTORY: frozenset[End] = frozenset({"superseded", "deduplicated", "nothing_heard"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The settings that the core goes by; ``common/config.py`` says what they mean, and their defaults."""

    min_utt_s: float
    max_utt_s: float
    max_turn_s: float
    max_reply_s: float
    endpointing: Literal["fixed", "words"]
    speculate: Literal["off", "asr", "full"]
    max_drafts: int
    barge_in: bool
    barge_in_mode: Literal["hold", "duck"]
    barge_in_final_ms: int
    barge_in_duck_ms: int
    dedup_s: float
    onset: OnsetRule = FIVE_OF_SIX
    """Not a setting: what the call's detector asks for."""
    destinations: frozenset[str] = frozenset()
    """Not a setting: where the call's agent may transfer it to, by name."""


@dataclass(slots=True, eq=False)
class Turn:
    """The current turn."""

    number: int
    reply: Reply
    used: bool = False
    """Whether anything was published or played under it."""
    drafted: bool = False
    """Whether a model may have what the caller said before it was sure that it is all."""
    asked: bool = False
    """Whether a model was given the words up to a pause, joined here."""
    committed: bool = False
    utterance: Utterance | None = None
    """What of the caller's it answers, once that was published."""
    text: str = ""
    """The caller's words, once committed."""
    onset_at: float = 0.0
    """When the caller began to say them."""
    progress_at: float = 0.0
    """Last Transcript, Sentence, ToolStarted or sound of the reply (R10)."""
    only_phrase: bool = False
    """A greeting, re-prompt or fallback: no reply is awaited."""
    collect: Collect | None = None
    """The keys that it asks for."""
    asks_anew: bool = False
    """It asks for keys of which another stream had some: what is pressed over it goes on with those."""
    hang_up: bool = False
    """Whether the call ends once this turn was heard."""
    transfer: str = ""
    """Where the call goes once this turn was heard."""
    filler_said: bool = False
    floor_taken: bool = False
    """The caller reached MAX_TURN_SEC: onsets don't hold before some of the reply was heard (R6)."""
    holds: int = 0
    """Holds of its sound; those of a bot that thinks cost the caller none of them."""
    tool_until: float = 0.0
    """A tool runs, at most until then."""
    tool: str = ""
    """The tool that began last, until what the bot says of it comes."""
    tool_told: str = ""
    """The tool whose own filler was said last."""
    effects: bool = False
    """A tool with effects began: the turn cannot be superseded any more (R5)."""

    @property
    def said(self) -> str:
        """The caller's words, committed or, where the turn ends before, as far as they are known."""
        return "" if self.utterance is None else self.utterance.known_text


@dataclass(slots=True)
class Memory:
    """What the call remembers of turns that ended."""

    text: str = ""
    """Words of the last committed utterance whose turn ended *replied*; "" if it ended otherwise."""
    replied_at: float = 0.0
    heard: str = ""
    """What was heard last, of a greeting or reply."""
    heard_before: str = ""
    said: tuple[Clip, ...] = ()
    """The greeting or reply of which something was heard last, to be said again."""
    own: Loudness = field(default_factory=Loudness)
    """The caller's voice, in what they said so far."""
    nothing_heard: int = 0
    """Times in a row that nothing was understood."""
    prompts: int = 0
    """Times in a row that the caller was asked whether they are there."""
    quiet_since: float = 0.0
    """When the no-input clock started."""


@dataclass(slots=True, eq=False)
class Call:
    """State of one call."""

    rules: Rules
    phrases: PhraseBook
    lexicon: Lexicon
    playout: Playout
    floor: Floor
    patience: Patience
    turn: Turn
    out: list[Command] = field(default_factory=list)
    open: Utterance | None = None
    """What the caller is saying, or said and is not decided: the hold's, too."""
    short: Utterance | None = None
    """A short sound whose words are awaited."""
    awaited: dict[int, Piece] = field(default_factory=dict)
    """Pieces at the ASR stage, by seq."""
    memory: Memory = field(default_factory=Memory)
    collect: Collect | None = None
    """The keys that were asked for last; None: none were, since the caller last spoke."""
    owed: Phrase | None = None
    """What the caller is to hear, unless they say something."""
    keys_until: float | None = None
    """When the keys that were pressed count as a whole."""
    pieces: int = 0
    utterances: int = 0
    busy: bool = False
    """Whether the workers are behind: no drafts."""
    over: bool = False

    # -- Saying things to the outside ------------------------------------------------------

    def report(self, name: str, text: str | None = None, **fields: str | int | float) -> None:
        """Put an event into the log and the event stream."""
        self.out.append(Report(self.turn.number, name, tuple(fields.items()), text))

    def publish_audio(self, utterance: Utterance, kind: PieceKind, start: int, end: int) -> Piece:
        """Send frames ``start`` to ``end`` to the ASR stage."""
        piece = Piece(self.next_seq(), utterance.number, kind, start, end, onset_at=utterance.onset_at)
        self.send(piece, utterance.voiced)
        return piece

    def send(self, piece: Piece, voiced: int = 0) -> None:
        """Send a piece to the ASR stage; its words are awaited from now on."""
        self.awaited[piece.seq] = piece
        while len(self.awaited) > _MAX_AWAITED:
            del self.awaited[next(iter(self.awaited))]
        self.out.append(
            PublishUtterance(self.turn.number, piece.utterance, piece.seq, piece.kind, piece.start, piece.end, voiced * FRAME_MS)
        )

    def next_seq(self) -> int:
        """A number for a piece, unique in this call."""
        self.pieces += 1
        return self.pieces

    def new_utterance(self, now: float) -> Utterance:
        """The caller began to speak at ``now``."""
        self.utterances += 1
        return Utterance(self.utterances, began_at=now, onset_at=now)

    # -- Turns ------------------------------------------------------------------------------

    def commit(self, text: str, now: float) -> None:
        """Accept the caller's words: the gate may open (R2)."""
        turn, utterance = self.turn, self.turn.utterance
        assert utterance is not None, "only a published utterance is committed"
        turn.committed, turn.text, turn.progress_at, turn.onset_at = True, text, now, utterance.onset_at
        self.memory.own.add(utterance.loudness.level_sum, utterance.loudness.frames)
        self.memory.nothing_heard = self.memory.prompts = 0
        self.owed = None
        self.collect = None
        self.playout.committed = True
        self.out.append(CommitTurn(turn.number, text))

    def end_turn(self, how: End, now: float) -> None:
        """End the current turn and begin the next one: the only place where the number rises (R1)."""
        turn, said = self.turn, self._said(how)
        heard = self.playout.heard_text(now)
        written = how not in _NO_HISTORY
        cut = self._is_cut(how, now) and bool(said or heard)
        self.collect = turn.collect or self.collect
        self.out.append(CloseTurn(turn.number, how, said if written else "", heard, cut, self.collect))
        self.report("TURN_ENDED", how=how)
        self._remember(how, heard, now)
        if self.playout.at_provider(now):
            self.out.append(SendClear())
        self.turn = new_turn(turn.number + 1, self.rules, self.phrases, self.playout)

    def _said(self, how: End) -> str:
        """The caller's words in this turn; of who hangs up before it is one, those that are known."""
        unpublished = self.open or self.short
        if how == "hung_up" and self.turn.utterance is None and unpublished is not None:
            return unpublished.known_text
        return self.turn.said

    def _is_cut(self, how: End, now: float) -> bool:
        """Whether the caller ended the turn before all of it was heard; a part of the reply may not even be here."""
        to_come = self.turn.utterance is not None and not self.turn.reply.complete
        return how in ("interrupted", "hung_up") and (to_come or self.playout.rest_s(now) > 0)

    def hang_up(self, now: float) -> None:
        """End the last turn, and the call."""
        self.end_turn("hung_up", now)
        self.over = True

    def transfer(self, destination: str, now: float) -> None:
        """End this turn, the last one and the call here: it goes on elsewhere, which is told first, should this gateway die just now."""
        self.report("TRANSFER", to=destination)
        self.out.append(TransferCall(destination))
        self.end_turn("replied", now)
        self.end_turn("transferred", now)
        self.over = True

    def _remember(self, how: End, heard: str, now: float) -> None:
        memory = self.memory
        if heard:
            memory.heard_before, memory.heard = memory.heard, heard
            memory.said = tuple(clip for clip in self.playout.clips if clip.kind in ("greeting", "reply") and clip.complete)
        if self.turn.committed:
            memory.text, memory.replied_at = self.turn.text if how == "replied" else "", now

    def say(self, phrase: Phrase, kind: Kind = "phrase") -> None:
        """Speak a fixed phrase as all of the current turn."""
        self.turn.used = self.turn.only_phrase = True
        self.playout.add(Clip(kind, phrase.text, bytearray(phrase.audio), complete=True, interruptible=phrase.interruptible))

    def say_again(self) -> None:
        """Speak what was heard last, as the reply to a caller who did not catch it."""
        self.turn.only_phrase = True
        self.report("SAID_AGAIN")
        for clip in self.memory.said:
            self.playout.add(clip.again())

    def say_once_free(self, phrase: Phrase) -> None:
        """Speak a fixed phrase; if the caller has the floor, once it turns out that nothing was said there."""
        self.owed = phrase
        if self.open is None:
            self.pay()

    def pay(self) -> None:
        """Speak the phrase that is owed, if there is one."""
        phrase, self.owed = self.owed, None
        if phrase is not None:
            self.say(phrase)

    def say_goodbye(self) -> None:
        """Speak the goodbye; the call ends once it was heard."""
        self.say(self.phrases.goodbye)
        self.turn.hang_up = True

    # -- What is the case -------------------------------------------------------------------

    @property
    def filler(self) -> Phrase:
        """What the caller hears next while they wait."""
        turn, phrases = self.turn, self.phrases
        own = phrases.tools.get(turn.tool)
        if own is not None and turn.tool != turn.tool_told:
            return own
        return phrases.still_working if turn.filler_said else phrases.filler

    @property
    def wanted_keys(self) -> Collect:
        """What the keys that the caller presses are whole by."""
        return self.collect or _UNASKED_KEYS

    @property
    def caller_speaks(self) -> bool:
        """Whether the caller's voice is on the floor."""
        return self.floor.state is not CallerState.SILENT

    def completeness(self, text: str, last: Piece) -> Completeness:
        """Whether ``text`` is all that the caller wants to say, after what the bot said last; ``last`` is its last piece."""
        return self.lexicon.completeness(text, self.memory.heard, last.words)

    def may_not_be_interrupted(self, now: float) -> bool:
        """Whether no voice stops the bot now."""
        playout = self.playout
        return playout.protected(now) if self.rules.barge_in else playout.unheard(now) or playout.anything_heard(now)

    def is_duplicate(self, text: str, onset_at: float, now: float) -> bool:
        """Whether the caller said the same again, and not as the answer to another question (R8)."""
        said = normalise(text)
        if not self.rules.dedup_s or not said or self.lexicon.asks_to_repeat(text):
            return False
        memory = self.memory
        if self.turn.committed:
            before, asked, asked_before = self.turn.text, self.playout.heard_text(now), memory.heard
        elif onset_at <= memory.replied_at + self.rules.dedup_s:
            before, asked, asked_before = memory.text, memory.heard, memory.heard_before
        else:
            return False
        return normalise(before) == said and not self._answers_new_question(text, asked, asked_before)

    def _answers_new_question(self, text: str, asked: str, asked_before: str) -> bool:
        new = asked.rstrip().endswith("?") and normalise(asked) != normalise(asked_before)
        return new and self.lexicon.is_closed_answer(text)


def new_turn(number: int, rules: Rules, phrases: PhraseBook, playout: Playout) -> Turn:
    """A turn with nothing in it; the playout forgets the one before."""
    playout.reset(number)
    playout.committed = False
    return Turn(number, Reply(playout, phrases.beep, int(rules.max_reply_s * BYTES_PER_S)))


def seconds_to_frames(seconds: float) -> int:
    """Frames of 20 ms in ``seconds``."""
    return round(seconds * 1000 / FRAME_MS)


def frames_to_seconds(frames: int) -> float:
    """Seconds that ``frames`` of 20 ms last."""
    return frames * FRAME_MS / 1000
