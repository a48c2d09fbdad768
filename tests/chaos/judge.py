"""What a caller's ear makes of a call, turn by turn (no clock, no sockets).

    caller   ###                                 ###                       ######
    bot         ....filler...1.0 1.1 1.2            ....1.0 2.0 2.1 2.2        3.0 3.1 ...
             |<------ window of turn 1 ----------->|   ^ stale          ^ of turn 2, which the caller cuts in on

Each turn's window reaches from the caller's words to the next ones. In it all sentences of one reply, that was never heard before,
are to be heard: each whole, once, in order. Whatever else is heard of a reply is a complaint, and so is what is not heard; which of them
a fault may excuse is not decided here.

Of a reply that the caller cuts in on, the rest is not to be heard: neither soon, nor later.

A sentence that was interrupted by a death is finished by another synthesis of the words that are left, of which the first
may be heard again from its start: so of a sentence in pieces a word may be heard twice.

One attempt goes on with what another one began: the reply's later sentences may be in one's words behind those of the
other, and the rest of a sentence in one's voice. That they take turns at it is a complaint, too: then two attempts met; and so is a
sentence in the words of two.

Who speaks while a gateway stands still is heard once it goes on. Till then it may send what it was about to: that goes on over the caller.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, zip_longest

from tests.chaos.ear import SLACK_MS, hand_of, is_whole, phrase_of, sentence_of, voice_of
from tts_worker.tones import HeardTone

_LONGEST_WORD_MS = 300
_TOO_LITTLE = ("missing", "cut")
_FALLS_SILENT_MS = 800
"""The bot that is cut in on, at the latest; its own goal is 300."""


@dataclass(frozen=True, slots=True)
class Said:
    """The caller's words."""

    begin_ms: int
    end_ms: int
    cuts_in: bool = False
    """Whether they were said over a reply."""
    keys: str = ""
    """That were pressed, in place of words."""
    reach_ms: int = 0
    """When they reached a gateway that stood still; 0: at once."""

    @property
    def window_begins_ms(self) -> int:
        """From when on nothing of an earlier turn may begin to sound."""
        return self.begin_ms + (_FALLS_SILENT_MS if self.cuts_in else 0)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a reply is to be: how long each of its sentences sounds."""

    lengths_ms: tuple[int, ...]
    unsure_ms: tuple[int, ...] = ()
    """The same, where nobody knows whether its tool did its work; none: it has no tool."""
    work_ms: int = 0
    """What the tool takes."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One turn of the caller's, as it was heard."""

    begin_ms: int
    end_ms: int
    """Of the caller's words."""
    until_ms: int
    """The end of the turn's window."""
    code: int | None
    """Turn (mod 16) of the reply; None: there was none."""
    late_ms: int | None
    """From the end of the caller's words to the first sound of the reply."""
    over_ms: int | None
    """From there to its last; None if the caller cut in."""
    silence_ms: int
    """The longest without any sound of the bot, from the caller's words to the end of the reply."""
    phrases: tuple[str, ...]
    complaints: tuple[str, ...]
    cut_in_on: bool = False
    """Whether the caller did not want to hear the rest."""
    length_ms: int = 0
    """How long the whole reply sounds; 0: there was none."""
    work_ms: int = 0
    """What its tool takes."""
    unsure: bool = False
    """Whether the reply says that nobody knows whether its tool did its work."""
    keys: str = ""
    """That the caller pressed, in place of words."""
    words_change: int = 0
    """How often the reply goes on in another attempt's words."""
    voices_change: int = 0
    """How often a sentence of it goes on in another worker's voice."""

    @property
    def waited_ms(self) -> int | None:
        """How much of the time until the reply was over nothing of it was heard, and no tool was at work."""
        return None if self.over_ms is None else self.over_ms - self.length_ms - self.work_ms

    @property
    def answered(self) -> bool:
        """Whether the caller got what they wanted, whole and once."""
        return self.code is not None and not self.complaints


def judge(
    said: Sequence[Said], tones: Sequence[HeardTone], replies: Sequence[Reply], end_ms: int, anew_ms: Sequence[int] = ()
) -> list[Verdict]:
    """All turns of a call that lasted until ``end_ms``.

    Turn 0 is to hear the first of ``replies``, turn 1 the second, and so on round; at ``anew_ms`` turns may have been counted anew.
    """
    verdicts, past = list[Verdict](), set[int]()
    for one, following in zip_longest(said, said[1:]):
        until_ms = following.window_begins_ms if following else end_ms
        window = [tone for tone in tones if one.window_begins_ms <= tone.start_ms < until_ms]
        if any(one.window_begins_ms <= at_ms < until_ms for at_ms in anew_ms):
            past.clear()
        verdict = _turn(one, until_ms, window, past, replies)
        verdicts.append(_cut_in_on(verdict, window) if following and following.cuts_in else verdict)
        past |= {tone.turn for tone in window if _of_reply(tone)}
    return verdicts


def _cut_in_on(verdict: Verdict, window: Sequence[HeardTone]) -> Verdict:
    """What is left of the complaints, and what is to be heard no more."""
    left = [one for one in verdict.complaints if _kind(one) not in (*_TOO_LITTLE, "unsure")]
    left += ["leaked"] * any(tone.end_ms > verdict.until_ms for tone in window)
    return replace(verdict, over_ms=None, complaints=tuple(left), cut_in_on=True, unsure=False)


def _of_reply(tone: HeardTone) -> bool:
    return not tone.is_beep and not phrase_of(tone)


def _turn(said: Said, until_ms: int, window: Sequence[HeardTone], past: set[int], replies: Sequence[Reply]) -> Verdict:
    of_replies = [tone for tone in window if _of_reply(tone)]
    stale = [tone for tone in of_replies if tone.turn in past]
    codes = list(dict.fromkeys(tone.turn for tone in of_replies if tone.turn not in past))
    code = codes[-1] if codes else None
    answer = [tone for tone in of_replies if tone.turn == code]
    unheard_until_ms = max(said.end_ms if said.cuts_in else 0, said.reach_ms)
    over_words = [tone for tone in stale if tone.start_ms < unheard_until_ms]
    complaints = [f"stale {tone.turn}.{sentence_of(tone)}" for tone in stale if tone not in over_words]
    complaints += ["leaked"] * bool(over_words)
    complaints += [f"begun twice {earlier}, {code}" for earlier in codes[:-1]]
    complaints += ["beep"] * any(tone.is_beep for tone in window)
    reply = None if code is None else replies[code % len(replies)]
    found = _Likeness((), ("no reply",)) if reply is None else _nearest(answer, reply)
    by_sentence = [[tone for tone in answer if sentence_of(tone) == number] for number in range(len(found.lengths_ms))]
    words_change = _changes([hand_of(tone) for tone in answer])
    voices_change = max((_changes([voice_of(tone) for tone in pieces]) for pieces in by_sentence), default=0)
    complaints += [*found.faults, *["unsure"] * found.unsure]
    complaints += [f"torn {number}" for number, pieces in enumerate(by_sentence) if _changes([hand_of(tone) for tone in pieces])]
    complaints += [f"words {words_change}"] * (words_change > 1) + [f"voices {voices_change}"] * (voices_change > 1)
    heard_to_ms = answer[-1].end_ms if answer else until_ms
    return Verdict(
        begin_ms=said.begin_ms,
        end_ms=said.end_ms,
        until_ms=until_ms,
        code=code,
        late_ms=answer[0].start_ms - said.end_ms if answer else None,
        over_ms=answer[-1].end_ms - said.end_ms if answer else None,
        silence_ms=_longest_silence_ms(said.end_ms, heard_to_ms, window),
        phrases=tuple(name for tone in window if (name := phrase_of(tone))),
        complaints=tuple(complaints),
        length_ms=sum(found.lengths_ms),
        work_ms=0 if reply is None else reply.work_ms,
        unsure=found.unsure,
        keys=said.keys,
        words_change=words_change,
        voices_change=voices_change,
    )


@dataclass(frozen=True, slots=True)
class _Likeness:
    """Which of the replies that it may be a reply is, and what is wrong with it."""

    lengths_ms: tuple[int, ...]
    faults: tuple[str, ...]
    unsure: bool = False


def _nearest(answer: Sequence[HeardTone], reply: Reply) -> _Likeness:
    sure = _likeness(answer, reply.lengths_ms)
    either = [sure, replace(_likeness(answer, reply.unsure_ms), unsure=True)] if reply.unsure_ms else [sure]
    return min(either, key=lambda one: (_is_too_much(one.faults), len(one.faults)))


def _is_too_much(faults: Sequence[str]) -> bool:
    """Whether more was heard than is to be heard, or something else."""
    return any(_kind(fault) not in _TOO_LITTLE for fault in faults)


def _kind(complaint: str) -> str:
    return complaint.split(" ")[0]


def _likeness(answer: Sequence[HeardTone], lengths_ms: tuple[int, ...]) -> _Likeness:
    """A reply beside one whose sentences are to sound so long."""
    found = list[str]()
    for sentence, length_ms in enumerate(lengths_ms):
        pieces = [tone for tone in answer if sentence_of(tone) == sentence]
        heard_ms = sum(tone.end_ms - tone.start_ms for tone in pieces)
        again_ms = _LONGEST_WORD_MS if len(pieces) > 1 else 0
        if not pieces:
            found.append(f"missing {sentence}")
        elif not is_whole(heard_ms, length_ms):
            found.append(f"cut {sentence} ({heard_ms} of {length_ms} ms)")
        elif heard_ms > length_ms + SLACK_MS + again_ms:
            found.append(f"doubled {sentence} ({heard_ms} of {length_ms} ms)")
    order = [sentence_of(tone) for tone in answer]
    found += ["out of order"] * (order != sorted(order))
    found += [f"unknown sentence {number}" for number in sorted(set(order) - set(range(len(lengths_ms))))]
    return _Likeness(lengths_ms, tuple(found))


def _changes(whose: Sequence[int]) -> int:
    """How often it is somebody else."""
    return sum(one != following for one, following in pairwise(whose))


def _longest_silence_ms(begin_ms: int, end_ms: int, window: Sequence[HeardTone]) -> int:
    longest_ms, quiet_since_ms = 0, begin_ms
    for tone in window:
        longest_ms = max(longest_ms, min(tone.start_ms, end_ms) - quiet_since_ms)
        quiet_since_ms = max(quiet_since_ms, tone.end_ms)
    return max(longest_ms, end_ms - quiet_since_ms)
