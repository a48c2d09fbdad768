"""Looking at an utterance in its early pauses, before its end is sure (R2, R5).

::

    voice     ####### ####..........|                      the words are here when the utterance ends
    draft                 ^ 300 ms  ^ end: adopted

    voice     ####### ####......#######..........|         the caller went on
    draft                 ^     x raise, superseded ^ end

Rules
    What a pause publishes is a *draft* that a model may answer (``SPECULATE=full``: at most ``max_drafts`` an
    utterance, none while the workers are behind), or else a *look* at the words alone: they are
    the transcript if the pause was the end (``asr``), or a witness of the end (``ENDPOINTING=words``).
    The sound of an answered draft waits like any other for the commit (R3). When the voice goes on, the turn of
    such a draft is superseded while the caller keeps the floor: the one raise without an end of it (R1).
    Its words go on in front where they are known; else its sound goes to the recogniser again, as that of a look does.
"""

from common.messages import Piece as PieceKind
from common.messages import StageFailed, Transcript
from gateway.turn.events import OpenTurn, PublishTranscript
from gateway.turn.state import Call
from gateway.turn.utterance import Piece, Utterance

MAX_LOOKS = 8
"""Of one utterance: a caller who stutters costs the recogniser no more."""


class Drafting:
    """The drafts of one call."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self.made = 0
        """Drafts that a model may have answered."""
        self.dropped = 0
        """Of these: answered in vain, since the caller went on."""
        self.looks = 0
        """Pauses in which the recogniser alone was asked."""

    # -- A pause ------------------------------------------------------------------------------

    def paused(self) -> None:
        """The open utterance paused: it may be all."""
        utterance, rules = self._call.open, self._call.rules
        if utterance is None or (rules.speculate == "off" and rules.endpointing == "fixed"):
            return
        if self._may_be_answered(utterance):
            self._publish_draft(utterance)
        elif utterance.looks < MAX_LOOKS:
            self._look(utterance)

    def interrupted(self, utterance: Utterance) -> None:
        """Its words interrupted the bot; those of a pause that lasts may be all, too."""
        draft = utterance.draft
        if draft is None:
            return
        self._wait_behind(utterance, draft)
        if self._may_be_answered(utterance):
            self._begin_draft(utterance)
            draft.kind = "segment"
            self._ask_if_known(utterance, draft)

    def _may_be_answered(self, utterance: Utterance) -> bool:
        call = self._call
        return call.rules.speculate == "full" and not call.busy and not utterance.short and utterance.drafts < call.rules.max_drafts

    def _publish_draft(self, utterance: Utterance) -> None:
        self._publish(utterance, "segment" if utterance.pieces else "whole")
        self._begin_draft(utterance)
        if not utterance.pieces:
            self._answered()

    def _begin_draft(self, utterance: Utterance) -> None:
        turn = self._call.turn
        utterance.drafts += 1
        turn.used = True
        self._call.out.append(OpenTurn(turn.number))

    def _look(self, utterance: Utterance) -> None:
        utterance.looks += 1
        self.looks += 1
        self._publish(utterance, "probe")

    def _publish(self, utterance: Utterance, kind: PieceKind) -> None:
        floor = self._call.floor
        utterance.draft = self._call.publish_audio(utterance, kind, floor.start, floor.end)
        floor.wait_frames = self._call.patience.frames_for_words

    def _answered(self) -> None:
        self._call.turn.drafted = True
        self.made += 1
        self._call.report("DRAFT")

    # -- Its words ------------------------------------------------------------------------------

    def words_arrived(self, utterance: Utterance, piece: Piece, message: Transcript | StageFailed, now: float) -> None:
        """Words of the open utterance are known, those of its draft or of a piece before it."""
        draft = utterance.draft
        if draft is None:
            return
        if piece is draft and isinstance(message, StageFailed):
            self.withdraw(now)
            return
        self._wait_behind(utterance, draft)
        self._ask_if_known(utterance, draft)

    def _wait_behind(self, utterance: Utterance, draft: Piece) -> None:
        """How long the pause must last to be the end, by the words up to it."""
        call, text = self._call, utterance.text_with(draft)
        if text is not None and call.patience.by_words:
            call.floor.wait_frames = call.patience.frames_after(call.completeness(text, draft))

    def _ask_if_known(self, utterance: Utterance, draft: Piece) -> None:
        """Have a model answer the words up to the pause, where they are joined here."""
        call, text = self._call, utterance.text_with(draft)
        if draft.kind == "segment" and text:
            call.turn.asked = True
            self._answered()
            call.out.append(PublishTranscript(call.turn.number, utterance.number, call.next_seq(), text))

    # -- The voice goes on ------------------------------------------------------------------------

    def went_on(self, now: float) -> None:
        """A voiced frame: a pause before it was no end."""
        call = self._call
        call.patience.went_on(call.floor.gap_frames)
        if call.open is not None:
            self.withdraw(now)

    def withdraw(self, now: float) -> None:
        """What was drafted, if anything was, is not all, or cannot be answered: the utterance goes on without it."""
        call = self._call
        utterance = call.open
        assert utterance is not None, "only an open utterance has a draft"
        draft, utterance.draft = utterance.draft, None
        if draft is not None:
            self._keep_or_drop(utterance, draft)
        call.floor.wait_frames = call.patience.frames
        if call.turn.drafted:
            self.dropped += 1
            call.report("DRAFT_DROPPED")
            call.end_turn("superseded", now)

    def _keep_or_drop(self, utterance: Utterance, draft: Piece) -> None:
        call = self._call
        if draft.kind != "probe" and (draft.text or (draft.kind == "segment" and not draft.known)):
            draft.kind = "segment"
            utterance.pieces.append(draft)
            call.floor.start, utterance.seen = draft.end, ""
        else:
            call.awaited.pop(draft.seq, None)
            utterance.seen = draft.words
