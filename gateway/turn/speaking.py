"""From the workers' messages to a reply that was heard (R9, S9, S12-S14).

Everything carries its turn; what the bot was to say in a turn that is over is dropped here and nowhere else.
"""

from collections import Counter
from typing import Literal

from common.messages import Action, Collect, Message, ReplyEnded, Sentence, SpeechChunk, StageFailed, ToolEnded, ToolStarted
from gateway.clip import Clip
from gateway.turn.barge_in import COUNTS_AS_HEARD_S
from gateway.turn.drafting import Drafting
from gateway.turn.events import HangUp, PublishSentence
from gateway.turn.reply import Unused
from gateway.turn.state import Call

Stale = Unused | Literal["turn", "reply", "unasked"]
"""Why a message is of no use: what sound may be, or its turn is over, another reply is heard, nobody waits for it."""


class Speaking:
    """The bot's reply."""

    def __init__(self, call: Call, drafting: Drafting) -> None:
        self._call = call
        self._drafting = drafting
        self.stale: Counter[Stale] = Counter()
        """Messages of no use: normal, counted by why."""
        self._starving: Clip | None = None
        self._starving_since = 0.0
        self._sounding = False
        self._heard_bytes = 0
        """Of the reply, when sound ended last: a filler is no progress."""

    # -- Messages -----------------------------------------------------------------------------

    def message_arrived(self, message: Message, audio: bytes, now: float) -> None:
        """A worker's message other than the caller's words."""
        unwanted = self._why_unwanted(message)
        if unwanted is not None:
            self.stale[unwanted] += 1
            return
        turn = self._call.turn
        reply = turn.reply
        match message:
            case Sentence():
                turn.progress_at, turn.tool = now, ""
                self._sentence_arrived(message)
            case SpeechChunk():
                unused = reply.speech_arrived(message, audio)
                if unused is not None:
                    self.stale[unused] += 1
            case ReplyEnded(sentences=sentences):
                reply.reply_ended(sentences)
                self._call.report("LLM_REPLY", text=reply.text, sentences=sentences, llm_ms=message.llm_ms)
            case Action():
                self._note(message)
            case ToolStarted(name=name, timeout_s=timeout_s, effects=effects):
                turn.progress_at, turn.tool_until, turn.tool = now, now + timeout_s, name
                turn.effects = turn.effects or effects
            case ToolEnded():
                turn.progress_at, turn.tool_until = now, 0.0
            case StageFailed():
                self._stage_failed(message, now)
            case _:
                self.stale["unasked"] += 1

    def _why_unwanted(self, message: Message) -> Stale | None:
        """It is not of the current turn, which waits for a reply, or not of the reply that is heard."""
        turn = self._call.turn
        if message.head.turn != turn.number or not (turn.drafted or turn.utterance is not None):
            return "turn"
        of_another = turn.reply.forked and isinstance(message, Sentence | ReplyEnded | Action)
        return "reply" if of_another else None

    def _sentence_arrived(self, sentence: Sentence) -> None:
        reply = self._call.turn.reply
        reply.sentence_arrived(sentence.head.seq, sentence.text, interruptible=sentence.interruptible)
        if reply.forked:
            self._call.report("REPLY_FORKED")

    def _note(self, action: Action) -> None:
        match action.name:
            case "hang_up":
                self._call.turn.hang_up = True
            case "collect":
                self._call.turn.collect = action.collect or Collect()
            case "transfer" if action.argument in self._call.rules.destinations:
                self._call.turn.transfer = action.argument
                self._call.turn.reply.end_after(action.after)
            case _:
                self._call.report("ACTION_REFUSED", action=action.name)

    def _stage_failed(self, failed: StageFailed, now: float) -> None:
        self._call.report("STAGE_FAILED", stage=failed.stage, error=failed.error)
        if failed.stage == "tts":
            self._call.turn.reply.sentence_failed(failed.head.seq, failed.head.take)
        elif self._call.turn.utterance is None:
            self._drafting.withdraw(now)
        else:  # what is here is heard to its end, a filler or sentences, before the caller is told
            self._call.turn.reply.broke_off()

    # -- Endings ------------------------------------------------------------------------------

    def finish_if_heard(self, now: float) -> None:
        """End the turn once all that it has to say was heard; that a voice fails keeps nobody from a person."""
        turn, playout = self._call.turn, self._call.playout
        if not self._all_here() or not playout.finished(now):
            return
        if not turn.only_phrase and not turn.transfer and turn.reply.broken:
            self.fall_back(now)
        else:
            self._replied(now)

    def finish_if_nearly_heard(self, now: float) -> None:
        """At an onset, or a resume: a rest of under 300 ms of a complete reply counts as heard (R4)."""
        playout = self._call.playout
        if self._all_here() and playout.clips and playout.rest_s(now) < COUNTS_AS_HEARD_S:
            playout.count_as_heard()
            self._replied(now)

    def _all_here(self) -> bool:
        turn = self._call.turn
        return turn.only_phrase or (turn.committed and turn.reply.complete)

    def _replied(self, now: float) -> None:
        call = self._call
        hang_up, transfer = call.turn.hang_up, call.turn.transfer
        if transfer:
            call.transfer(transfer, now)
            return
        call.end_turn("replied", now)
        if hang_up:
            call.hang_up(now)
            call.out.append(HangUp())

    def fall_back(self, now: float) -> None:
        """No answer can come: say so, in a turn of its own (R1, R10)."""
        call = self._call
        call.end_turn("fallback", now)
        call.say_once_free(call.phrases.fallback)

    def say_filler(self) -> None:
        """The answer takes long: say that it comes, once a turn, and again where a tool is at work."""
        call = self._call
        filler, call.turn.filler_said, call.turn.tool_told = call.filler, True, call.turn.tool
        call.playout.insert(Clip("filler", filler.text, bytearray(filler.audio), complete=True, interruptible=filler.interruptible))

    # -- Sound that stops, or never starts ------------------------------------------------------

    def watch(self, now: float) -> None:
        """After every event: note until when there was sound, and when a sentence began to starve."""
        call, sounding = self._call, self._call.playout.unheard(now)
        if self._sounding:
            call.memory.quiet_since = now
            heard_bytes = call.playout.heard_bytes(now)
            if heard_bytes != self._heard_bytes:
                call.turn.progress_at = now
            self._heard_bytes = heard_bytes
        self._sounding = sounding
        starving = call.playout.starving
        if starving is not self._starving:
            self._starving, self._starving_since = starving, now

    def starved_at(self) -> float | None:
        """When the sentence whose turn it is counts as starved (R9)."""
        clip, reply = self._starving, self._call.turn.reply
        if not reply.begun(clip):
            return None
        assert clip is not None, "only a clip begins"
        return self._starving_since + reply.patience_s(clip)

    def starved(self, now: float) -> None:
        """Have the starved sentence synthesised once more."""
        clip, turn = self._starving, self._call.turn
        self._starving = None
        assert clip is not None, "only a sentence that is waited for starves"
        again = turn.reply.retake(clip)
        if again is not None:
            number, take, words = again
            self._call.out.append(PublishSentence(turn.number, number, take, words))
