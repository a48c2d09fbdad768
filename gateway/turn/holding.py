"""Carrying out a hold: silence at once, probes, and then final or back again (R4, R5).

::

    bot      ~~~~~~~~~~~~|                    |~~~~~~~~  resume: from the start of the cut word
    caller               |###~##   . . . . . .
    hold                 ^ onset: clear       ^ no words
    probes                    1.2 s, pause, end

    bot      ~~~~~~~~~~~~|
    caller               |####### #### . . . .|          final: the turn ends, the caller's words
    hold                 ^ onset: clear  ^ words          begin the next one

Rules
    Of a hold that was taken back the last probe alone stays awaited: it has the words of the others.
    Late words stand where they were said: before what was said since, and a voice that was
    muted meanwhile is heard after all, behind them.
    What a superseded turn had goes on in parts, since its whole utterance was the old turn's.
"""

from collections.abc import Sequence

from gateway.turn import barge_in
from gateway.turn.barge_in import Hold, Verdict
from gateway.turn.drafting import Drafting
from gateway.turn.events import SendClear
from gateway.turn.listening import Listening
from gateway.turn.speaking import Speaking
from gateway.turn.state import Call, seconds_to_frames
from gateway.turn.utterance import Loudness, Piece, Utterance
from gateway.turn.words import Sense


class Holding:
    """The hold of the current turn, if there is one."""

    def __init__(self, call: Call, drafting: Drafting, listening: Listening, speaking: Speaking) -> None:
        self._call = call
        self._drafting = drafting
        self._listening = listening
        self._speaking = speaking
        self.hold: Hold | None = None
        self.deferred: list[Piece] = []
        """Late words that came over what may not be interrupted."""
        self._final_frames = seconds_to_frames(call.rules.barge_in_final_ms / 1000)
        self._duck_frames = seconds_to_frames(call.rules.barge_in_duck_ms / 1000)

    # -- A hold begins ------------------------------------------------------------------------

    def begin(self, now: float) -> None:
        """The caller's voice began while the turn is unfinished: hold everything back."""
        call, turn = self._call, self._call.turn
        floor, free = call.floor, turn.holds >= barge_in.FREE_HOLDS
        over_sound = call.playout.unheard(now)
        ducks = over_sound and not free and call.rules.barge_in_mode == "duck"
        self.hold = Hold(
            turn=turn.number,
            utterance=self._listening.begin(now),
            since=now,
            start=floor.start,
            heard=call.playout.anything_heard(now),
            sounding=over_sound,
            stopped=False,
            quiet=free or ducks,
            gap_frames=floor.gap_frames,
        )
        self._hear(self.hold, floor.voice_levels)
        turn.holds += over_sound
        call.playout.ducked = ducks
        if not self.hold.quiet:
            self._silence(self.hold, now)

    def _silence(self, hold: Hold, now: float) -> None:
        """The bot stops, for as long as the hold lasts."""
        call = self._call
        hold.quiet, hold.stopped = False, call.playout.unheard(now)
        if call.playout.stop(now):
            call.out.append(SendClear())
        if hold.stopped:
            call.report("BARGE_IN: interrupt speaking")

    def go_on(self, hold: Hold) -> None:
        """Another onset of the same hold."""
        hold.silent_since, hold.ended = None, False
        hold.utterance.voiced += self._call.floor.voiced
        hold.loud_frames = 0
        self._hear(hold, self._call.floor.voice_levels)

    # -- The voice goes on, pauses, ends --------------------------------------------------------

    def voiced(self, level: int, now: float) -> None:
        """A voiced frame during the hold."""
        hold, playout = self.hold, self._call.playout
        if hold is None or playout.protected(now):
            return  # what begins just now may not be interrupted: the hold gives way
        hold.silent_since = None
        self._hear(hold, [level])
        if barge_in.judge_length(hold, self._final_frames) is Verdict.FINAL:
            self.final(now)
            return
        if playout.ducked and hold.utterance.voiced >= self._duck_frames and not self._is_soft(hold):
            self._silence(hold, now)
        if hold.utterance.voiced - hold.probed_frames >= barge_in.PROBE_FRAMES:
            self._probe(hold)
            hold.lasting = hold.probes[-1]

    def _hear(self, hold: Hold, levels: Sequence[int]) -> None:
        own = self._call.memory.own
        hold.loudness.add(sum(levels), len(levels))
        hold.loud_frames += sum(barge_in.is_callers_own(Loudness(level, 1), own) for level in levels)

    def _is_soft(self, hold: Hold) -> bool:
        """Whether its voice, over a reply that sounded, is on average too soft to be the caller's."""
        return hold.sounding and hold.heard and not barge_in.is_callers_own(hold.loudness, self._call.memory.own)

    def paused(self, hold: Hold, now: float) -> None:
        """The voice paused: what was said so far may be all, and a voice that goes on must last anew."""
        hold.silent_since, hold.loud_frames = now, 0
        self._probe(hold)

    def ended(self, hold: Hold, now: float) -> None:
        """The floor ended; the hold goes on until its words are known."""
        hold.ended, hold.silent_since = True, hold.silent_since or now
        hold.end = self._call.floor.end
        probe = hold.covering()
        if probe is None:
            self._probe(hold)
        elif probe.known:
            self.judge(hold, probe, now)

    def _probed_all(self, hold: Hold) -> bool:
        return bool(hold.probes) and hold.probes[-1].end >= self._call.floor.end

    def _probe(self, hold: Hold) -> None:
        floor = self._call.floor
        hold.probed_frames = hold.utterance.voiced
        probe = self._call.publish_audio(hold.utterance, "probe", hold.start, floor.end)
        probe.over_reply = hold.heard
        probe.soft = self._is_soft(hold)
        probe.brief = hold.utterance.brief
        hold.probes.append(probe)

    # -- Words, keys, time ----------------------------------------------------------------------

    def judge(self, hold: Hold, probe: Piece, now: float) -> None:
        """The words of a probe of this hold are known."""
        call, text = self._call, probe.text
        assert text is not None, "only words that are known are judged"
        duplicate = call.is_duplicate(text, hold.utterance.onset_at, now)
        sense = self._sense(probe, text)
        voice_end = hold.end if hold.ended else call.floor.end
        verdict = barge_in.judge_words(hold, probe, sense, duplicate=duplicate, voice_end=voice_end)
        if verdict is Verdict.FINAL:
            self.final(now)
            self._drafting.interrupted(hold.utterance)
        elif verdict is Verdict.RESUME:
            if duplicate:
                call.report("DEDUP: same utterance ignored", text=text)
            if voice_end > probe.end:
                self._probe(hold)  # what was said since may have words, which then come late
            self._resume(hold, now)

    def key_pressed(self, now: float) -> None:
        """A key is onset and final evidence in one; it goes behind the hold's sound."""
        if self.hold is None:
            self.begin(now)
        hold = self.hold
        assert hold is not None, "it has just begun"
        ended, hold.ended = hold.ended, False
        self.final(now)
        if ended:
            self._void(hold.probes)
            self._listening.add_sound(hold.utterance, hold.start, hold.end)

    def times_out_at(self, hold: Hold) -> float:
        """When the hold is taken back, unless its words decide before."""
        return hold.times_out_at(soft=self._is_soft(hold))

    def timed_out(self, now: float) -> None:
        """Nobody can tell: take the hold back; at its limit all of its sound is probed once more."""
        hold = self.hold
        assert hold is not None, "only a hold times out"
        if now >= hold.since + barge_in.LIMIT_S or not self._probed_all(hold):
            self._probe(hold)
        self._resume(hold, now)

    # -- Final, or back again -------------------------------------------------------------------

    def final(self, now: float) -> None:
        """It is an interruption: the turn ends, and the caller's voice belongs to the next one."""
        hold = self.hold
        assert hold is not None, "only a hold becomes final"
        said = self._end_held_turn(now)
        if said is not None:
            self._call.patience.went_on(hold.gap_frames)
            hold.utterance.carry(said)
        self._hand_over(hold, now)

    def _end_held_turn(self, now: float) -> Utterance | None:
        """End the turn; what it was about, if that goes in front of the next one (R5)."""
        call = self._call
        said = None if call.turn.effects or call.playout.heard_text(now) else call.turn.utterance
        call.report("BARGE_IN_FINAL")
        call.end_turn("interrupted" if said is None else "superseded", now)
        if said is None:
            return None
        for piece in said.pieces:
            if piece.kind == "whole":
                self._make_segment(piece)
        said.forget_empty()
        return said

    def _make_segment(self, piece: Piece) -> None:
        """What was whole goes on as a part; without words yet it is sent again, since its ASR work is stale now."""
        piece.kind = "segment"
        if not piece.known:
            self._call.awaited.pop(piece.seq, None)
            piece.seq = self._call.next_seq()
            self._call.send(piece)

    def settle(self, now: float) -> None:
        """The held turn ended by itself (no words, a duplicate, a fallback): the voice belongs to the next one."""
        hold, turn = self.hold, self._call.turn
        if hold is None or hold.turn == turn.number or turn.committed:
            return  # a turn that is committed already is the same question, answered from memory
        self._hand_over(hold, now)

    def _hand_over(self, hold: Hold, now: float) -> None:
        """Make the hold's voice the utterance of the current turn."""
        self.hold = None
        hold.utterance.over_bot = hold.quiet and hold.heard
        if hold.ended:
            self._void(hold.probes)
            self._adopt(hold, now)
        else:
            self._call.floor.start = hold.start
            hold.utterance.draft = self._last_if_it_covers(hold)
            self._void([probe for probe in hold.probes if probe is not hold.utterance.draft])

    def _adopt(self, hold: Hold, now: float) -> None:
        self._call.open, covering = None, hold.covering()
        assert covering is not None, "a voice that ended was probed whole"
        if covering.text is not None:
            self._listening.adopt_text(hold.utterance, covering.text, now)
        else:
            self._listening.adopt_sound(hold.utterance, hold.start, hold.end, now)

    def _last_if_it_covers(self, hold: Hold) -> Piece | None:
        """The last probe, if no voice came since: it is a look at the pause that is now."""
        return hold.probes[-1] if self._probed_all(hold) else None

    def _void(self, probes: list[Piece]) -> None:
        for probe in probes:
            self._call.awaited.pop(probe.seq, None)

    def _resume(self, hold: Hold, now: float) -> None:
        """It was nothing: go on from the start of the word that was cut."""
        call = self._call
        self.let_go()
        call.floor.mute()
        call.turn.progress_at = min(now, call.turn.progress_at + now - hold.since)  # the clocks stood still (R10)
        call.memory.quiet_since = now
        if hold.stopped:
            call.report("BARGE_IN_RESUMED")
        self._speaking.finish_if_nearly_heard(now)

    def give_way(self) -> None:
        """What is said now may not be interrupted: words of before that are late words, and the voice is not judged any more."""
        hold = self.hold
        assert hold is not None, "only a hold gives way"
        if not self._probed_all(hold):
            self._probe(hold)
        self.let_go()

    def let_go(self) -> None:
        """What is said now may not be interrupted: the voice is not judged any more, and the bot speaks up again."""
        call, hold = self._call, self.hold
        assert hold is not None, "only a hold is let go"
        self.hold = call.open = None
        call.playout.ducked = False
        self._void(hold.probes[:-1])  # the last one has the words of the others, too
        call.floor.start = hold.probes[-1].end

    def late_words(self, piece: Piece, now: float) -> None:
        """Words came after their hold was taken back, or their turn was over: final now, or the next utterance (R4)."""
        call, text = self._call, piece.text
        assert text is not None, "they are known now"
        if not self._counts(piece, text, now):
            return
        goes_on = call.open or call.short
        if goes_on is not None:
            self._listening.add_late_words(goes_on, piece, text, now)
        elif call.may_not_be_interrupted(now):
            self.deferred.append(piece)
        else:
            self._next_utterance(piece, text, now)
        if self.hold is not None:
            self.final(now)

    def catch_up(self, now: float) -> None:
        """Words that were deferred count once what may not be interrupted was heard."""
        while self.deferred and not self._call.may_not_be_interrupted(now):
            self.late_words(self.deferred.pop(0), now)

    def _sense(self, piece: Piece, text: str) -> Sense:
        """What these words are worth over the bot: those of a soft voice nothing, unless they ask it to stop (R4)."""
        lexicon = self._call.lexicon
        return Sense.EMPTY if piece.soft and not lexicon.asks_to_stop(text) else lexicon.sense(text, brief=piece.brief)

    def _counts(self, piece: Piece, text: str, now: float) -> bool:
        sense = self._sense(piece, text)
        nod = sense is Sense.BACKCHANNEL and piece.kind == "probe" and piece.over_reply
        return sense is not Sense.EMPTY and not nod and not self._call.is_duplicate(text, piece.onset_at, now)

    def _next_utterance(self, piece: Piece, text: str, now: float) -> None:
        call = self._call
        utterance = call.new_utterance(now)
        taken = call.turn.floor_taken
        said = self._end_held_turn(now) if call.turn.used else None
        if said is not None:
            utterance.carry(said)
        if not taken and call.floor.unmute():
            utterance.add_text(call.next_seq(), text, piece)
            call.open = utterance
        else:
            self._listening.adopt_text(utterance, text, now, piece)
