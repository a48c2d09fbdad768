"""From the caller's floor to a committed turn: segments, the end of an utterance, its words (R2, R5, R6, S2, S3, S10, S14).

::

    onset ──▶ open ──(silence)──▶ published ──(all words)──▶ committed ─▶ the gate may open
                │ 6 s: a segment closes      │ no words: nothing_heard ─▶ "please say it again"
                │                            │ the same again: deduplicated ─▶ nothing
                └─ under 0.3 s: a probe ─────┘ words: the same; none: nothing at all

A recogniser that is silent for 5 s is waited for no longer: what is known of the utterance is all of it, and
what comes yet are late words (``holding``).
"""

from common.messages import Piece as PieceKind
from common.messages import StageFailed, Transcript
from gateway.turn.clocks import FALLBACK_S
from gateway.turn.endpointing import PAUSE_FRAMES
from gateway.turn.events import OpenTurn, PublishTranscript
from gateway.turn.state import Call
from gateway.turn.utterance import Piece, Utterance
from gateway.turn.words import normalise

KEYS_S = 1.5
"""Keys pressed closer together than this are one number."""
MAX_NOTHING_HEARD = 4
"""The bot says goodbye at the fourth time in a row that it understood nothing."""


class Listening:
    """The caller's utterance while no reply is unfinished."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self.keys_until: float | None = None
        """When the keys that were pressed count as a whole."""

    # -- The utterance grows ------------------------------------------------------------------

    def begin(self, now: float) -> Utterance:
        """The caller's voice began."""
        call = self._call
        self.keys_until = None
        utterance = call.new_utterance(now)
        utterance.voiced = call.floor.voiced if call.caller_speaks else 0
        if call.short is not None:
            utterance.carry(call.short)
            call.short = None
        if call.open is not None:
            utterance.carry(call.open)
        call.open = utterance
        return utterance

    def voiced(self, level: int) -> None:
        """A voiced frame of the open utterance."""
        utterance = self._call.open
        if utterance is not None:
            utterance.voiced += 1
            utterance.level_sum += level
            utterance.level_frames += 1

    def cut_long_piece(self) -> None:
        """Close a piece that became too long; its words are looked for while the caller goes on (R6)."""
        call, start = self._call, self._call.floor.start
        end = call.floor.cut()
        if end is not None and call.open is not None:
            self.add_sound(call.open, start, end)

    def key_pressed(self, digit: str, now: float) -> None:
        """A key: text of the open utterance, behind its sound (R4)."""
        call = self._call
        utterance = call.open or self.begin(now)
        if call.caller_speaks:
            self._close_sound(utterance)
            call.floor.mute()
        if digit != "#":
            self._add_digit(utterance, digit)
        self.keys_until = now if digit == "#" else now + KEYS_S

    def _add_digit(self, utterance: Utterance, digit: str) -> None:
        last = utterance.pieces[-1] if utterance.pieces else None
        if last is not None and last.keys:
            last.text = (last.text or "") + digit
        else:
            utterance.add_text(self._call.next_seq(), digit)
            utterance.pieces[-1].keys = True

    def _close_sound(self, utterance: Utterance) -> None:
        """Send what was said before a key; a short sound just now was the tone of the key itself."""
        floor = self._call.floor
        if not utterance.short or floor.silence_frames >= PAUSE_FRAMES:
            self.add_sound(utterance, floor.start, floor.end)

    def add_sound(self, utterance: Utterance, start: int, end: int) -> None:
        """A closed piece of an utterance that goes on."""
        turn = self._call.turn
        turn.used = True
        utterance.pieces.append(self._call.publish_audio(utterance, "segment", start, end))
        self._call.out.append(OpenTurn(turn.number))

    # -- The utterance ends -------------------------------------------------------------------

    def keys_ended(self, now: float) -> None:
        """No further key came."""
        self.keys_until = None
        self._await_words(self._take_open(now), now)

    def end(self, now: float) -> None:
        """The floor is free again: publish (R2)."""
        floor = self._call.floor
        self.adopt_sound(self._take_open(now), floor.start, floor.end, now)

    def adopt_text(self, utterance: Utterance, text: str, now: float, spoken_in: int | None = None) -> None:
        """Take an utterance whose words are known already, from a probe of all of it (R4)."""
        utterance.ended_at = now
        utterance.add_text(self._call.next_seq(), text, spoken_in)
        self._await_words(utterance, now)

    def adopt_sound(self, utterance: Utterance, start: int, end: int, now: float) -> None:
        """Take an utterance that ended, maybe while it was held: publish its sound (R2, R4)."""
        call = self._call
        utterance.ended_at = now
        if utterance.only_probes:
            utterance.pieces.append(call.publish_audio(utterance, "probe", start, end))
            call.short = utterance
            return
        kind: PieceKind = "segment" if utterance.pieces else "whole"
        utterance.pieces.append(call.publish_audio(utterance, kind, start, end))
        self._await_words(utterance, now)

    def _take_open(self, now: float) -> Utterance:
        utterance = self._call.open
        assert utterance is not None, "only an open utterance ends"
        self._call.open = None
        utterance.ended_at = now
        return utterance

    def _await_words(self, utterance: Utterance, now: float) -> None:
        turn = self._call.turn
        turn.utterance, turn.used, turn.progress_at = utterance, True, now
        self._call.out.append(OpenTurn(turn.number))
        self._accept_if_known(utterance, now)

    # -- The words come -----------------------------------------------------------------------

    def short_at(self) -> float | None:
        """When the words of a short sound are not waited for any longer."""
        short = self._call.short
        return None if short is None or short.ended_at is None else short.ended_at + FALLBACK_S

    def forget_short(self, now: float) -> None:
        """No words came for a short sound: nothing happened."""
        short = self._call.short
        assert short is not None, "only what is awaited is forgotten"
        short.forget_unknown()
        self._short_words(short, now)

    def give_up_waiting(self, now: float) -> None:
        """The ASR stage is silent: what is known of the utterance is all of it (R2)."""
        utterance = self._call.turn.utterance
        assert utterance is not None, "only what was published is awaited"
        utterance.forget_unknown()
        self._accept_if_known(utterance, now)

    def transcript_arrived(self, piece: Piece, message: Transcript | StageFailed, now: float) -> None:
        """The words of a piece that belongs to no hold."""
        call, turn = self._call, self._call.turn
        if call.short is not None and piece in call.short.pieces:
            self._short_words(call.short, now)
        elif turn.utterance is not None and piece in turn.utterance.pieces and not turn.committed:
            turn.progress_at = now
            self._accept_if_known(turn.utterance, now, message.asr_ms if isinstance(message, Transcript) else 0)

    def _short_words(self, utterance: Utterance, now: float) -> None:
        """Words make a short sound an utterance; without them nothing happened."""
        if utterance.text is None:
            return
        self._call.short = None
        if normalise(utterance.text):
            self._await_words(utterance, now)

    def _accept_if_known(self, utterance: Utterance, now: float, asr_ms: int = 0) -> None:
        text = utterance.text
        if text is None:
            return
        call = self._call
        if not normalise(text):
            self._nothing_heard(utterance, now)
        elif call.is_duplicate(text, utterance.onset_at, now):
            call.report("DEDUP: same utterance ignored", text=text)
            call.end_turn("deduplicated", now)
        else:
            call.report("ASR_TEXT", text=text, asr_ms=asr_ms)
            call.commit(text, now)
            self._forward(utterance, text)

    def _forward(self, utterance: Utterance, text: str) -> None:
        """What is whole in one piece goes on from the ASR worker itself; all else from here (R6)."""
        if len(utterance.pieces) == 1 and utterance.pieces[0].kind == "whole":
            return
        call = self._call
        call.out.append(PublishTranscript(call.turn.number, utterance.number, call.next_seq(), text))

    def _nothing_heard(self, utterance: Utterance, now: float) -> None:
        """No words: after a real utterance ask again, and give up politely at the fourth time (S14, R10)."""
        call = self._call
        call.end_turn("nothing_heard", now)
        if utterance.short:
            return
        call.memory.nothing_heard += 1
        call.memory.length_trusted = False
        if call.open is not None:
            return
        if call.memory.nothing_heard >= MAX_NOTHING_HEARD:
            call.say_goodbye()
        else:
            call.say(call.phrases.repeat)
