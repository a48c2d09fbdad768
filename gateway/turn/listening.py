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
from gateway.turn.drafting import Drafting
from gateway.turn.endpointing import PAUSE_FRAMES, PRE_ROLL_FRAMES
from gateway.turn.events import OpenTurn, PublishTranscript
from gateway.turn.state import Call
from gateway.turn.utterance import SHORT_VOICED_FRAMES, Piece, Utterance
from gateway.turn.words import Completeness, Sense, normalise

LONGEST_TONE_FRAMES = PRE_ROLL_FRAMES + SHORT_VOICED_FRAMES + PAUSE_FRAMES
"""The sound of a key is no longer, pre-roll included."""
MAX_NOTHING_HEARD = 4
"""The bot says goodbye at the fourth time in a row that it understood nothing."""


class Listening:
    """The caller's utterance while no reply is unfinished."""

    def __init__(self, call: Call, drafting: Drafting) -> None:
        self._call = call
        self._drafting = drafting

    # -- The utterance grows ------------------------------------------------------------------

    def begin(self, now: float) -> Utterance:
        """The caller's voice began."""
        call = self._call
        call.keys_until = None
        call.floor.wait_frames = call.patience.frames
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
            utterance.loudness.add(level)

    def cut_long_piece(self, utterance: Utterance) -> None:
        """Close a piece that became too long; its words are looked for while the caller goes on (R6)."""
        floor = self._call.floor
        start, end = floor.start, floor.cut()
        if end is not None:
            self.add_sound(utterance, start, end)

    def close_sound(self, utterance: Utterance, now: float) -> None:
        """Send what was said before a key; a short sound just now, with nothing before it, was the tone of the key itself."""
        floor = self._call.floor
        self._drafting.withdraw(now)
        tone = utterance.short and floor.silence_frames < PAUSE_FRAMES and floor.end - floor.start <= LONGEST_TONE_FRAMES
        if floor.start < floor.end and not tone:
            self.add_sound(utterance, floor.start, floor.end)

    def add_sound(self, utterance: Utterance, start: int, end: int) -> None:
        """A closed piece of an utterance that goes on."""
        turn = self._call.turn
        turn.used, utterance.seen = True, ""
        utterance.pieces.append(self._call.publish_audio(utterance, "segment", start, end))
        self._call.out.append(OpenTurn(turn.number))

    def add_late_words(self, utterance: Utterance, sound: Piece, text: str, now: float) -> None:
        """Words of an earlier voice: they go in front, and what was drafted of this one is not all (R5)."""
        if utterance.draft is not None:
            self._drafting.withdraw(now)
        utterance.add_text(self._call.next_seq(), text, sound)

    # -- The utterance ends -------------------------------------------------------------------

    def end_without_sound(self, now: float) -> None:
        """All of it was published, or never was sound."""
        self._await_words(self._take_open(now), now)

    def end(self, now: float) -> None:
        """The floor is free again: publish, unless a draft covers the whole (R2)."""
        floor, utterance = self._call.floor, self._take_open(now)
        draft, utterance.draft = utterance.draft, None
        if utterance.short and utterance.by_keys:
            self._go_on_with_keys(utterance, draft, now)
        elif draft is not None and self._is_transcript(draft, utterance):
            self._adopt_draft(utterance, draft, now)
        elif floor.start < floor.end:
            self.adopt_sound(utterance, floor.start, floor.end, now)
        else:
            self._await_words(utterance, now)

    def _go_on_with_keys(self, utterance: Utterance, draft: Piece | None, now: float) -> None:
        """A short sound between keys does not end them; if it has words, they stand there."""
        call = self._call
        utterance.pieces.append(draft or call.publish_audio(utterance, "probe", call.floor.start, call.floor.end))
        call.open, call.keys_until = utterance, now + call.wanted_keys.timeout_s

    def _is_transcript(self, draft: Piece, utterance: Utterance) -> bool:
        """Whether the words of a draft, or of a look, are the caller's; else they were a witness of the end alone."""
        if self._call.rules.speculate != "off" or utterance.only_probes:
            return True
        self._call.awaited.pop(draft.seq, None)
        return False

    def _adopt_draft(self, utterance: Utterance, draft: Piece, now: float) -> None:
        """The pause was the end: what was published in it is the utterance."""
        short = utterance.only_probes
        utterance.pieces.append(draft)
        if short:
            self._call.short = utterance
            self._short_words(utterance, now)
            return
        if draft.kind == "probe":
            draft.kind = "segment"
        self._await_words(utterance, now)

    def adopt_text(self, utterance: Utterance, text: str, now: float, sound: Piece | None = None) -> None:
        """Take an utterance whose words are known already, from a probe of all of it (R4)."""
        utterance.ended_at = now
        utterance.add_text(self._call.next_seq(), text, sound)
        self._await_words(utterance, now)

    def adopt_committed(self, text: str, now: float) -> None:
        """Answer words that another stream committed: they are all, and nothing more is waited for (R12)."""
        utterance = self._call.new_utterance(now)
        utterance.add_text(self._call.next_seq(), text)
        self._think_about(utterance, now)
        self._answer(utterance, text, now)

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
        utterance.ended_at, utterance.seen = now, ""
        utterance.silence_frames = self._call.floor.silence_frames
        return utterance

    def _await_words(self, utterance: Utterance, now: float) -> None:
        self._think_about(utterance, now)
        self._accept_if_known(utterance, now)

    def _think_about(self, utterance: Utterance, now: float) -> None:
        turn = self._call.turn
        turn.utterance, turn.used, turn.progress_at = utterance, True, now
        self._call.out.append(OpenTurn(turn.number))

    # -- The words come -----------------------------------------------------------------------

    def short_at(self) -> float | None:
        """When the words of a short sound are not waited for any longer."""
        short = self._call.short
        return None if short is None else short.ended_at + FALLBACK_S

    def forget_short(self, now: float) -> None:
        """No words came for a short sound: nothing happened."""
        short = self._call.short
        assert short is not None, "only what is awaited is forgotten"
        short.forget_unknown()
        self._short_words(short, now)

    def give_up_waiting(self, now: float) -> None:
        """The ASR stage is silent: what is known of the utterance is all of it (R2), and has hung for longer than words may."""
        utterance = self._call.turn.utterance
        assert utterance is not None, "only what was published is awaited"
        utterance.forget_unknown()

    def transcript_arrived(self, piece: Piece, message: Transcript | StageFailed, now: float) -> None:
        """The words of a piece of what the caller says, or of what is waited for."""
        call, turn = self._call, self._call.turn
        if call.short is not None:
            self._short_words(call.short, now)
        elif turn.utterance is not None:
            turn.progress_at = now
            self._accept_if_known(turn.utterance, now)
        else:
            assert call.open is not None, "a piece of the caller's is waited for"
            self._drafting.words_arrived(call.open, piece, message, now)

    def _short_words(self, utterance: Utterance, now: float) -> None:
        """Words make a short sound an utterance; without them nothing happened."""
        if utterance.text is None:
            return
        self._call.short = None
        if normalise(utterance.text):
            self._await_words(utterance, now)
        else:
            self._call.memory.quiet_since += utterance.ended_at - utterance.began_at  # the no-input clock stood still (R10)
            self._call.pay()

    def hanging_until(self) -> float | None:
        """When words that hang are committed all the same (R2)."""
        turn = self._call.turn
        utterance = turn.utterance
        if turn.committed or utterance is None or utterance.text is None:
            return None
        return utterance.ended_at + self._call.patience.hanging_s(utterance.silence_frames)

    def stop_waiting_for_more(self, now: float) -> None:
        """The caller did not go on: the words are all."""
        utterance = self._call.turn.utterance
        assert utterance is not None, "only what hangs is waited for"
        text = utterance.text
        assert text is not None, "only known words hang"
        self._accept(utterance, text, now)

    def _accept_if_known(self, utterance: Utterance, now: float) -> None:
        text = utterance.text
        if text is not None and not (text and self._hangs(utterance, text)):
            self._accept(utterance, text, now)

    def _hangs(self, utterance: Utterance, text: str) -> bool:
        """Whether the caller is about to go on: a key, or a floor that was taken, ends all waiting."""
        call = self._call
        if not call.patience.by_words or call.turn.floor_taken or utterance.pieces[-1].keys:
            return False
        return call.completeness(text, utterance.pieces[-1]) is Completeness.HANGING

    def _accept(self, utterance: Utterance, text: str, now: float) -> None:
        call = self._call
        if self._is_nothing(utterance, text):
            self._nothing_heard(utterance, now)
        elif call.is_duplicate(text, utterance.onset_at, now):
            call.report("DEDUP: same utterance ignored", text=text)
            call.end_turn("deduplicated", now)
        else:
            call.report("ASR_TEXT", text=text, asr_ms=utterance.pieces[-1].asr_ms)
            self._answer(utterance, text, now)

    def _is_nothing(self, utterance: Utterance, text: str) -> bool:
        """Whether there are neither words nor keys; or a nod, while the bot said its last words, to what was no question."""
        call = self._call
        if utterance.keys:
            return False
        if utterance.over_bot and not call.memory.heard.rstrip().endswith("?"):
            return call.lexicon.sense(text, brief=utterance.brief) is not Sense.WORDS
        return not normalise(text)

    def _answer(self, utterance: Utterance, text: str, now: float) -> None:
        """Commit, and have a model answer; or, if the caller did not catch the last reply, say that again (R8)."""
        call = self._call
        asked = call.turn.asked or utterance.pieces[0].kind == "whole"
        if call.memory.said and call.lexicon.asks_to_repeat(text):
            self._say_again(utterance, text, now, asked=asked)
            return
        call.commit(text, now)
        if not asked:
            self._forward(utterance, text)

    def _say_again(self, utterance: Utterance, text: str, now: float, *, asked: bool) -> None:
        """The last reply, from memory; what a model may make of the question is stale."""
        call = self._call
        if asked:
            call.end_turn("superseded", now)
            call.turn.utterance, call.turn.used = utterance, True
        keys = call.collect
        call.commit(text, now)
        call.turn.collect = keys
        call.say_again()

    def _forward(self, utterance: Utterance, text: str) -> None:
        """What is whole in one piece goes on from the ASR worker itself; all else from here (R6)."""
        call = self._call
        call.out.append(PublishTranscript(call.turn.number, utterance.number, call.next_seq(), text))

    def _nothing_heard(self, utterance: Utterance, now: float) -> None:
        """No words: after a real utterance ask again, and give up politely at the fourth time (S14, R10)."""
        call = self._call
        call.end_turn("nothing_heard", now)
        if utterance.short or utterance.over_bot:
            call.pay()
            return
        call.memory.nothing_heard += 1
        if call.memory.nothing_heard < MAX_NOTHING_HEARD:
            call.say_once_free(call.phrases.repeat)
        elif call.open is None:
            call.say_goodbye()
