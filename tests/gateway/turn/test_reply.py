"""A reply as it comes in: sentences, takes, attempts, and what is too long."""

from collections import Counter
from collections.abc import Sequence
from itertools import permutations

import pytest

from common.messages import Head, SpeechChunk, fingerprint
from gateway.playout import Playout
from gateway.turn.reply import LEFT_S, STARVED_S, Reply

BEEP = b"\x10" * 2400
MAX_BYTES = 40_000
TEXT = "one two three four"


class Case:
    """A reply and the playout behind it."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self.playout = Playout()
        self.playout.committed = True
        self.reply = Reply(self.playout, BEEP, max_bytes)

    def speech(
        self,
        sentence: int = 0,
        length: int = 800,
        *,
        offset: int = 0,
        take: int = 0,
        attempt: int = 1,
        last: bool = False,
        fill: int = 1,
        word_ends: tuple[int, ...] = (),
        words: str = "",
    ) -> bool:
        """A chunk arrives; whether it is of use."""
        head = Head(call="c", turn=1, seq=sentence, take=take)
        chunk = SpeechChunk(
            head=head, offset_bytes=offset, attempt=attempt, last=last, word_ends=word_ends, words=fingerprint(words) if words else 0
        )
        self.unused = self.reply.speech_arrived(chunk, bytes([fill]) * length)
        return self.unused is None

    @property
    def sound(self) -> list[bytes]:
        """All sound, clip by clip, in runs of equal bytes."""
        return [bytes(clip.audio) for clip in self.playout.clips]

    def play(self) -> None:
        """Send what is there."""
        for tick in range(100):
            self.playout.take(tick * 0.02)


def test_chunks_in_order_are_one_sound() -> None:
    case = Case()
    case.speech(fill=1)
    case.speech(offset=800, fill=2)
    assert case.sound == [b"\x01" * 800 + b"\x02" * 800]


def test_the_same_chunk_again_is_dropped() -> None:
    case = Case()
    assert [case.speech(), case.speech()] == [True, False]


def test_a_chunk_out_of_order_is_dropped_and_says_why() -> None:
    case = Case()
    case.speech()
    case.speech(offset=1600)
    assert case.unused == "place"


def test_a_chunk_after_the_last_one_is_dropped() -> None:
    case = Case()
    case.speech(last=True)
    case.speech(offset=800)
    assert case.unused == "whole"


def test_sentences_are_played_in_order_though_they_come_in_any() -> None:
    case = Case()
    case.speech(1, fill=2, last=True)
    case.speech(0, fill=1, last=True)
    assert [sound[0] for sound in case.sound] == [1, 2]


def test_text_may_come_after_sound() -> None:
    case = Case()
    case.speech(last=True)
    case.reply.sentence_arrived(0, TEXT)
    assert case.reply.text == TEXT


@pytest.mark.parametrize("sound_first", [True, False])
def test_a_sentence_says_whether_it_may_be_interrupted(sound_first: bool) -> None:
    case = Case()
    if sound_first:
        case.speech(last=True)
    case.reply.sentence_arrived(0, TEXT, interruptible=False)
    assert not case.playout.clips[0].interruptible


# -- Complete ---------------------------------------------------------------------------------


def test_it_is_complete_when_all_announced_sentences_are() -> None:
    case = Case()
    case.speech(0, last=True)
    case.speech(1, last=True)
    case.reply.reply_ended(2)
    assert case.reply.complete


@pytest.mark.parametrize("sentences", [0, 1])
def test_it_is_not_complete_before_the_model_is_done(sentences: int) -> None:
    case = Case()
    for number in range(sentences):
        case.speech(number, last=True)
    assert not case.reply.complete


def test_it_is_not_complete_while_a_sentence_is_missing() -> None:
    case = Case()
    case.speech(0, last=True)
    case.reply.reply_ended(2)
    assert not case.reply.complete


def test_it_is_not_complete_while_sound_is_missing() -> None:
    case = Case()
    case.speech(0)
    case.reply.reply_ended(1)
    assert not case.reply.complete


# -- Attempts ---------------------------------------------------------------------------------


def test_a_second_attempt_replaces_what_was_not_sent() -> None:
    case = Case()
    case.speech(fill=1)
    case.speech(attempt=2, fill=2, length=400)
    assert case.sound == [b"\x02" * 400]


def test_a_second_attempt_does_not_mix_with_what_was_sent() -> None:
    case = Case()
    case.speech(fill=1)
    case.play()
    case.speech(attempt=2, fill=2)
    assert case.unused == "attempt"


def test_what_is_playing_is_waited_for_less_once_a_later_attempt_begins_it_anew() -> None:
    case = Case()
    case.speech(attempt=2)
    case.play()
    (clip,) = case.playout.clips
    patience = [case.reply.patience_s(clip)]
    for attempt, offset in ((1, 0), (3, 800), (3, 0)):
        case.speech(attempt=attempt, offset=offset)
        patience.append(case.reply.patience_s(clip))
    assert patience == [STARVED_S, STARVED_S, STARVED_S, LEFT_S]


def test_it_stays_so_when_the_earlier_attempt_begins_once_more() -> None:
    case = Case()
    case.speech(attempt=2)
    case.play()
    case.speech(attempt=3)
    case.speech(attempt=1)
    assert case.reply.patience_s(case.playout.clips[0]) == LEFT_S


def test_a_new_take_is_waited_for_as_long_as_the_first() -> None:
    case = Case()
    case.reply.sentence_arrived(0, TEXT)
    case.speech()
    case.play()
    case.speech(attempt=2)
    (clip,) = case.playout.clips
    assert (case.reply.retake(clip) is not None, case.reply.patience_s(clip)) == (True, STARVED_S)


def test_an_earlier_attempt_does_not_replace_a_later_one() -> None:
    case = Case()
    case.speech(attempt=2)
    assert not case.speech(attempt=1)


def test_an_attempt_must_begin_at_its_beginning() -> None:
    case = Case()
    assert not case.speech(attempt=2, offset=800)


def test_the_middle_of_another_attempt_is_dropped() -> None:
    case = Case()
    case.speech()
    assert not case.speech(attempt=2, offset=800)


# -- Another attempt's words ------------------------------------------------------------------


OTHERS = "five six"
"""What another attempt makes of a sentence that was made before."""


def made(*, sounds: tuple[bool, ...], ended: bool = False) -> Case:
    """Sentences of which some have all their sound, and the rest none."""
    case = Case()
    for number, has_sound in enumerate(sounds):
        case.reply.sentence_arrived(number, f"s{number}")
        if has_sound:
            case.speech(number, fill=number + 1, last=True)
    if ended:
        case.reply.reply_ended(len(sounds))
    return case


def test_what_sounds_keeps_its_words() -> None:
    case = made(sounds=(True,))
    case.reply.sentence_arrived(0, OTHERS)
    assert (case.reply.text, case.reply.forked) == ("s0", True)


def test_what_sounds_keeps_whether_it_may_be_interrupted() -> None:
    case = made(sounds=(True,))
    case.reply.sentence_arrived(0, OTHERS, interruptible=False)
    assert case.playout.clips[0].interruptible


def test_the_same_words_again_are_no_other_reply_though_less_of_them_was_spoken() -> None:
    case, _ = starved(sent=True)
    case.reply.sentence_failed(0, 1)
    case.reply.sentence_arrived(0, TEXT)
    assert (case.reply.forked, case.reply.text) == (False, "one two three")


def test_words_without_sound_give_way_and_so_does_what_was_to_follow() -> None:
    case = made(sounds=(True, False, True))
    case.reply.sentence_arrived(1, OTHERS)
    assert (case.reply.forked, case.reply.text, len(case.playout.clips)) == (False, f"s0 {OTHERS}", 2)


def test_a_reply_that_gave_way_is_complete_when_the_other_one_is() -> None:
    case = made(sounds=(False, False), ended=True)
    case.reply.sentence_arrived(0, OTHERS)
    case.speech(0, last=True)
    case.speech(1, last=True)
    before = case.reply.complete
    case.reply.reply_ended(2)
    assert (before, case.reply.complete) == (False, True)


@pytest.mark.parametrize(
    ("sounds", "number", "kept"),
    [
        ((True, True, False), 0, "s0 s1"),
        ((True, True, False), 1, "s0 s1"),
        ((True, False, True), 0, "s0"),
        ((False, True, False), 1, "s0 s1"),
    ],
)
def test_the_reply_ends_with_what_sounds_in_a_row(sounds: tuple[bool, ...], number: int, kept: str) -> None:
    case = made(sounds=sounds)
    case.reply.sentence_arrived(number, OTHERS)
    assert (case.reply.text, len(case.playout.clips)) == (kept, len(kept.split()))


def test_a_sentence_that_failed_stands_in_that_row() -> None:
    case = made(sounds=(False, False, True))
    case.reply.sentence_failed(0, 0)
    case.reply.sentence_failed(1, 0)
    case.reply.sentence_arrived(0, OTHERS)
    assert len(case.playout.clips) == 3


def test_it_is_complete_without_an_end_and_its_rest_is_missing() -> None:
    case = made(sounds=(True, True))
    case.reply.sentence_arrived(0, OTHERS)
    assert (case.reply.complete, case.reply.broken) == (True, True)


@pytest.mark.parametrize(("sounds", "broken"), [((True, True), False), ((True, False), True)])
def test_nothing_is_missing_where_all_of_it_sounds(sounds: tuple[bool, ...], broken: bool) -> None:
    case = made(sounds=sounds, ended=True)
    case.reply.sentence_arrived(0, OTHERS)
    assert (case.reply.complete, case.reply.broken) == (True, broken)


def test_sound_of_other_words_replaces_nothing() -> None:
    case = Case()
    case.reply.sentence_arrived(0, TEXT)
    case.speech()
    case.reply.sentence_arrived(0, OTHERS)
    assert [case.speech(attempt=2, fill=2), case.speech(offset=800)] == [False, True]


def test_what_has_no_sound_yet_takes_none_but_what_is_asked_for_from_here() -> None:
    case = made(sounds=(False, True))
    case.reply.sentence_arrived(1, OTHERS)
    refused = case.speech(0, attempt=2)
    again = case.reply.retake(case.playout.clips[0])
    assert (refused, again, case.speech(0, take=1, attempt=3)) == (False, (0, 1, "s0"), True)


def test_sound_of_words_that_gave_way_is_not_taken_for_that_of_others() -> None:
    case = made(sounds=(False,))
    case.reply.sentence_arrived(0, OTHERS)
    refused = case.speech(words="s0"), case.unused
    assert (*refused, case.speech(attempt=2, words=OTHERS, fill=2), case.sound) == (False, "words", True, [b"\x02" * 800])


def test_nor_is_a_take_of_them_that_was_asked_for_before() -> None:
    case = made(sounds=(False,))
    case.reply.retake(case.playout.clips[0])
    case.reply.sentence_arrived(0, OTHERS)
    assert [case.speech(take=1, words="s0"), case.speech(take=1, words=OTHERS)] == [False, False]


def test_nor_is_that_of_a_sentence_behind_them() -> None:
    case = made(sounds=(False, False))
    case.reply.sentence_arrived(0, OTHERS)
    case.reply.sentence_arrived(1, "seven")
    assert [case.speech(1, words="s1"), case.speech(1, words="seven")] == [False, True]


def test_the_next_take_is_of_the_words_in_their_place() -> None:
    case = made(sounds=(False,))
    case.reply.retake(case.playout.clips[0])
    case.reply.sentence_arrived(0, OTHERS)
    again = case.reply.retake(case.playout.clips[0])
    assert (again, case.speech(take=2, words=OTHERS)) == ((0, 2, OTHERS), True)


def test_the_words_of_sound_that_came_before_its_text_are_told_from_others() -> None:
    case = Case()
    case.speech(words=TEXT)
    case.play()
    case.reply.sentence_arrived(0, OTHERS)
    assert (case.reply.forked, case.reply.text) == (True, "")


def test_sound_of_other_words_does_not_go_on_with_sound_that_came_before_its_text() -> None:
    case = Case()
    case.speech(words=TEXT)
    assert [case.speech(attempt=2, words=OTHERS), case.speech(offset=800, words=TEXT)] == [False, True]


def test_the_same_words_again_are_no_other_ones_for_the_takes_that_were_asked_for() -> None:
    case, again = starved(sent=True)
    assert again is not None
    case.reply.sentence_arrived(0, TEXT)
    assert case.speech(take=1, words=again[2])


def test_where_two_replies_were_what_has_no_sound_yet_takes_that_of_its_own_words() -> None:
    case = made(sounds=(False, True))
    case.reply.sentence_arrived(1, OTHERS)
    assert [case.speech(0, attempt=2, words=OTHERS), case.speech(0, attempt=2, words="s0")] == [False, True]


ORDERS = sorted(set(permutations(("text 1", "text 2", "sound 1", "sound 1", "sound 2", "sound 2"))))


def in_order(order: Sequence[str], sent_after: int) -> Case:
    """Two attempts' words of one sentence, and two pieces of sound of each: what is here after so many of these is sent."""
    case, came = Case(), Counter[str]()
    for at, what in enumerate(order):
        kind, number = what.split()
        if kind == "text":
            case.reply.sentence_arrived(0, f"words {number}")
        else:
            place, words = came[what], f"words {number}"
            case.speech(offset=800 * place, last=place == 1, attempt=int(number), words=words, fill=int(number))
            came[what] += 1
        if at == sent_after:
            case.play()
    return case


@pytest.mark.parametrize("sent_after", range(6))
def test_in_every_order_of_two_attempts_what_sounds_is_one_of_them_and_has_its_words(sent_after: int) -> None:
    for order in ORDERS:
        case = in_order(order, sent_after)
        sounds, text = set(case.sound[0]), case.playout.clips[0].text
        whose = {int(text[-1])} if text else sounds
        assert (len(sounds) <= 1, sounds <= whose) == (True, True), order


# -- Takes ------------------------------------------------------------------------------------


def starved(*, sent: bool, text: str = TEXT, length: int = 5600) -> tuple[Case, tuple[int, int, str] | None]:
    """A sentence whose sound stopped coming, and what is asked for instead."""
    case = Case()
    if text:
        case.reply.sentence_arrived(0, text)
    case.speech(length=length)
    if sent:
        case.play()
    return case, case.reply.retake(case.playout.clips[0])


def test_a_sentence_that_is_playing_is_finished_by_its_remaining_words() -> None:
    assert starved(sent=True)[1] == (0, 1, "four")


def test_a_sentence_of_which_nothing_was_sent_is_replaced_whole() -> None:
    case, again = starved(sent=False)
    assert (again, case.sound) == ((0, 1, TEXT), [b""])


def test_the_next_take_goes_on_behind_the_first() -> None:
    case, _ = starved(sent=True, length=800)
    case.speech(take=1, fill=2)
    assert case.sound == [b"\x01" * 800 + b"\x02" * 800]


def test_words_of_the_first_take_stay_where_they_were_spoken() -> None:
    case, _ = starved(sent=True)
    assert len(case.playout.clips[0].word_ends) == 3


def test_the_first_take_is_over_once_there_is_a_second() -> None:
    case, _ = starved(sent=True)
    assert not case.speech(offset=5600)


def test_nothing_is_asked_for_if_no_words_are_left() -> None:
    case, again = starved(sent=True, text="one")
    assert (again, case.playout.clips[0].complete) == (None, True)


def test_after_three_takes_the_sentence_is_given_up() -> None:
    case, _ = starved(sent=False)
    clip = case.playout.clips[0]
    assert [case.reply.retake(clip) is None, case.reply.retake(clip) is None] == [False, True]


def test_what_was_asked_for_in_vain_counts_no_more_once_it_sounds() -> None:
    case = silent_case()
    (clip,) = case.playout.clips
    case.reply.retake(clip)
    case.speech()
    case.play()
    asked = [case.reply.retake(clip) for _ in range(3)]
    assert [again and again[1] for again in asked] == [3, 4, None]


def test_of_takes_that_break_off_three_are_heard() -> None:
    case = Case()
    case.reply.sentence_arrived(0, TEXT)
    (clip,) = case.playout.clips
    takes = list[bool]()
    for take in range(3):
        case.speech(take=take, attempt=take + 1)
        case.play()
        takes.append(case.reply.retake(clip) is not None)
    assert takes == [True, True, False]


def test_a_take_that_another_attempt_begins_anew_is_one() -> None:
    case = Case()
    case.reply.sentence_arrived(0, TEXT)
    (clip,) = case.playout.clips
    case.speech()
    case.speech(attempt=2)
    assert [case.reply.retake(clip) is None for _ in range(3)] == [False, False, True]


def test_what_was_not_spoken_of_a_sentence_given_up_is_no_text() -> None:
    case, _ = starved(sent=True)
    case.reply.sentence_failed(0, 1)
    assert case.playout.clips[0].text == "one two three"


# -- Words that the voice knows the places of ---------------------------------------------------


def test_the_voice_tells_where_words_end_chunk_by_chunk() -> None:
    case = Case()
    case.speech(word_ends=(300, 700))
    case.speech(offset=800, word_ends=(1500,))
    assert case.playout.clips[0].word_ends == [300, 700, 1500]


def test_what_another_attempt_told_is_forgotten() -> None:
    case = Case()
    case.speech(word_ends=(300, 700))
    case.speech(attempt=2, word_ends=(400,))
    assert case.playout.clips[0].word_ends == [400]


def test_the_words_of_the_next_take_follow_those_of_the_first() -> None:
    case = Case()
    case.reply.sentence_arrived(0, TEXT)
    case.speech(word_ends=(300, 700))
    case.play()
    again = case.reply.retake(case.playout.clips[0])
    case.speech(take=1, word_ends=(500,))
    assert (again, case.playout.clips[0].word_ends) == ((0, 1, "three four"), [300, 700, 1300])


# -- Failures ---------------------------------------------------------------------------------


def test_the_first_sentence_that_failed_is_a_beep() -> None:
    case = Case()
    case.reply.sentence_failed(0, 0)
    assert case.sound == [BEEP]


def test_there_is_one_beep_a_reply() -> None:
    case = Case()
    case.reply.sentence_failed(0, 0)
    case.reply.sentence_failed(1, 0)
    assert case.sound == [BEEP, b""]


def test_a_sentence_that_broke_off_keeps_its_sound() -> None:
    case = Case()
    case.speech()
    case.reply.sentence_failed(0, 0)
    assert case.sound == [b"\x01" * 800]


@pytest.mark.parametrize(("last", "broken"), [(False, True), (True, False)])
def test_a_reply_whose_last_sentence_broke_off_is_broken(last: bool, broken: bool) -> None:
    case = Case()
    case.speech()
    case.reply.sentence_failed(0, 0)
    if last:
        case.speech(1, last=True)
    case.reply.reply_ended(2)
    assert case.reply.broken is broken


def test_a_complete_sentence_cannot_fail() -> None:
    case = Case()
    case.speech(last=True)
    case.reply.sentence_failed(0, 0)
    assert case.sound == [b"\x01" * 800]


def test_the_failure_of_an_older_take_is_nothing() -> None:
    case, _ = starved(sent=False)
    case.reply.sentence_failed(0, 0)
    assert not case.playout.clips[0].complete


@pytest.mark.parametrize(("failed", "speechless"), [([0, 1], True), ([0], False)])
def test_it_is_speechless_if_every_sentence_failed(failed: list[int], speechless: bool) -> None:
    case = Case()
    for number in range(2):
        if number in failed:
            case.reply.sentence_failed(number, 0)
        else:
            case.speech(number, last=True)
    case.reply.reply_ended(2)
    assert case.reply.broken is speechless


# -- Begun ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("with_sound", "of", "text", "begun"),
    [(0, 0, TEXT, True), (1, 0, TEXT, True), (0, 1, TEXT, True), (0, 0, "", True), (1, 0, "", True), (0, 1, "", False)],
)
def test_silence_is_starvation_if_sound_of_this_or_a_later_sentence_came_or_before_its_text(
    with_sound: int, of: int, text: str, begun: bool
) -> None:
    case = Case()
    case.reply.sentence_arrived(0, text)
    case.reply.sentence_arrived(1, text)
    case.speech(with_sound)
    assert case.reply.begun(case.playout.clips[of]) is begun


def test_before_any_sound_of_the_reply_silence_is_no_starvation() -> None:
    case = Case()
    case.reply.sentence_arrived(0, TEXT)
    assert not case.reply.begun(case.playout.clips[0])


def test_where_nothing_is_waited_for_nothing_starves() -> None:
    case = Case()
    case.reply.sentence_arrived(0, TEXT)
    case.speech(0)
    assert not case.reply.begun(None)


# -- Too long ---------------------------------------------------------------------------------


def long_case() -> Case:
    """A reply that may be 1000 bytes long, with a third sentence before its second is complete."""
    case = Case(max_bytes=1000)
    case.speech(0, 800, last=True)
    case.speech(2, 800)
    case.speech(1, 800, last=True)
    return case


def test_a_reply_that_becomes_too_long_ends_with_the_sentence() -> None:
    assert len(long_case().playout.clips) == 2


def test_what_would_follow_is_dropped() -> None:
    case = long_case()
    case.reply.sentence_arrived(2, TEXT)
    case.reply.sentence_failed(3, 0)
    assert not case.speech(2, offset=800)


def test_a_reply_that_was_cut_is_complete() -> None:
    case = long_case()
    case.reply.reply_ended(4)
    assert case.reply.complete


def test_a_sentence_without_end_is_cut_off() -> None:
    case = Case(max_bytes=1000)
    case.speech(length=1200)
    assert not case.speech(offset=1200)


def test_nothing_follows_a_sentence_that_is_cut_off() -> None:
    case = Case(max_bytes=1600)
    case.speech()
    case.speech(offset=800)
    assert not case.speech(1)


def test_a_wild_number_of_a_sentence_costs_nothing() -> None:
    case = Case()
    case.reply.sentence_arrived(1 << 40, TEXT)
    assert case.playout.clips == []


@pytest.mark.parametrize("late", [False, True], ids=["text first", "text again, or late"])
def test_of_a_sentence_that_is_cut_off_only_the_spoken_words_count(late: bool) -> None:
    case = Case(max_bytes=5000)
    if not late:
        case.reply.sentence_arrived(0, TEXT)
    case.speech(length=5000)
    if late:
        case.reply.sentence_arrived(0, TEXT)
    assert case.reply.text == "one two"


def test_a_failure_that_is_told_after_the_last_chunk_takes_no_word_away() -> None:
    case = Case()
    case.reply.sentence_arrived(0, TEXT)
    case.speech(length=1600, last=True)
    case.reply.sentence_failed(0, 0)
    assert case.reply.text == TEXT


# -- What is not of the reply any more --------------------------------------------------------


def test_sound_behind_the_end_of_a_reply_that_was_cut_is_not_kept() -> None:
    case = long_case()
    clips = len(case.playout.clips)
    case.speech(clips)
    assert (case.unused, len(case.playout.clips)) == ("length", clips)


def test_a_wild_number_of_a_sentence_that_failed_costs_nothing() -> None:
    case = Case()
    case.reply.sentence_failed(5000, 0)
    assert case.sound == []


def test_a_reply_is_not_cut_before_a_sentence_that_still_comes_in_is_whole() -> None:
    case = Case()
    case.speech(0, MAX_BYTES - 800, last=True)
    case.speech(1, 1600)
    case.speech(2, 800, last=True)
    assert len(case.sound) == 3


def test_a_later_sentence_is_the_one_that_is_made_again() -> None:
    case = Case()
    case.speech(0, last=True)
    case.reply.sentence_arrived(1, TEXT)
    assert case.reply.retake(case.playout.clips[1]) == (1, 1, TEXT)


def silent_case() -> Case:
    """A sentence of which no sound came, and that was asked for once more."""
    case = Case()
    case.reply.sentence_arrived(0, TEXT)
    case.reply.retake(case.playout.clips[0])
    return case


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_a_sentence_that_was_silent_the_first_take_to_begin_is_heard(order: tuple[int, int]) -> None:
    case = silent_case()
    for take in order:
        case.speech(take=take, fill=10 + take)
    case.speech(take=order[0], offset=800, fill=10 + order[0], last=True)
    assert case.sound == [bytes([10 + order[0]]) * 1600]


def test_another_take_does_not_replace_one_that_began_though_nothing_of_it_was_sent() -> None:
    case = silent_case()
    case.speech(take=0)
    case.speech(take=1, attempt=2)
    assert (case.unused, case.sound) == ("take", [b"\x01" * 800])


def test_a_take_that_failed_while_another_is_heard_is_nothing() -> None:
    case = silent_case()
    case.speech(take=0)
    case.reply.sentence_failed(0, 1)
    assert not case.playout.clips[0].complete


def test_an_early_take_that_broke_off_is_finished_by_one_that_was_not_asked_for_yet() -> None:
    case = silent_case()
    case.speech(take=0, length=5600)
    case.play()
    assert case.reply.retake(case.playout.clips[0]) == (0, 2, "four")


def test_another_attempt_does_not_replace_what_was_heard_though_it_begins_again() -> None:
    case = Case()
    case.speech(0, 1600)
    case.play()
    case.playout.stop(2.0)
    assert (case.playout.clips[0].sent, case.speech(attempt=2)) == (0, False)


def test_the_text_of_a_sentence_that_was_given_up_without_words_claims_no_more_than_its_sound() -> None:
    case, again = starved(sent=True, text="")
    case.reply.sentence_arrived(0, TEXT)
    assert (again, case.reply.text) == (None, "one two three")


def test_words_in_the_place_of_others_have_takes_of_their_own() -> None:
    case = Case()
    case.reply.sentence_arrived(0, TEXT)
    (clip,) = case.playout.clips
    asked = [case.reply.retake(clip) for _ in range(2)]
    case.reply.sentence_arrived(0, "five six")
    assert [*asked, case.reply.retake(clip)] == [(0, 1, TEXT), (0, 2, TEXT), (0, 3, "five six")]
