"""Sound of a turn: frames, marks, epochs, and what was heard."""

from collections.abc import Callable

import pytest

from common.audio import FRAME_BYTES, SILENCE_BYTE, attenuation
from gateway.clip import Clip, Kind
from gateway.playout import DUCK_DB, LATE_MARK_S, Mark, Playout

TEXT = "one two three four five six seven eight"


def clip(frames: float, *, kind: Kind = "phrase", text: str = TEXT, complete: bool = True) -> Clip:
    """A clip of so many frames, each byte 1."""
    return Clip(kind, text, bytearray(b"\x01" * int(frames * FRAME_BYTES)), complete=complete)


def playing(*clips: Clip) -> Playout:
    """A playout with clips in it."""
    playout = Playout()
    for one in clips:
        playout.add(one)
    return playout


def frames_of(items: list[bytes | Mark]) -> list[bytes]:
    """The frames among what was taken."""
    return [item for item in items if isinstance(item, bytes)]


def names_of(items: list[bytes | Mark]) -> list[str]:
    """The marks among what was taken."""
    return [item.name for item in items if isinstance(item, Mark)]


def run(playout: Playout, start: float, seconds: float) -> list[bytes | Mark]:
    """All that leaves if the pacer ticks every 20 ms."""
    return [item for tick in range(round(seconds / 0.02)) for item in playout.take(start + tick * 0.02)]


# -- What leaves ------------------------------------------------------------------------------


def test_the_first_frames_leave_at_once_up_to_the_lead() -> None:
    assert len(frames_of(playing(clip(50)).take(1.0))) == 8


def test_frames_are_whole_and_the_last_one_is_padded() -> None:
    frames = frames_of(run(playing(clip(2.5)), 0, 0.2))
    assert frames[-1] == b"\x01" * 80 + bytes([SILENCE_BYTE]) * 80


def test_two_frames_leave_every_other_tick() -> None:
    playout = playing(clip(50))
    playout.take(1.0)
    assert [len(frames_of(playout.take(1.0 + tick * 0.02))) for tick in range(1, 5)] == [0, 2, 0, 2]


def test_a_frame_that_comes_alone_does_not_wait_for_another_one() -> None:
    streamed = clip(7, complete=False)
    playout = playing(streamed)
    playout.take(1.0)
    streamed.audio += b"\x01" * 160
    assert len(frames_of(playout.take(1.02))) == 1


def test_a_late_tick_is_caught_up() -> None:
    playout = playing(clip(50))
    playout.take(1.0)
    assert len(frames_of(playout.take(1.1))) == 5


def test_a_tick_later_than_the_lead_sends_no_more_than_the_lead() -> None:
    playout = playing(clip(50))
    playout.take(1.0)
    assert len(frames_of(playout.take(2.0))) == 8


def test_a_tick_later_than_the_lead_is_an_underrun() -> None:
    playout = playing(clip(50))
    playout.take(1.0)
    playout.take(2.0)
    assert playout.underruns == 1


def test_sound_that_comes_late_is_no_underrun() -> None:
    late = clip(5, complete=False)
    playout = playing(late)
    run(playout, 1.0, 0.5)
    late.audio += b"\x01" * 800
    run(playout, 2.0, 0.1)
    assert playout.underruns == 0


def test_a_pause_between_clips_is_no_underrun() -> None:
    playout = playing(clip(5))
    run(playout, 1.0, 0.2)
    playout.add(clip(5))
    run(playout, 3.0, 0.2)
    assert playout.underruns == 0


def test_clips_follow_each_other() -> None:
    playout = playing(clip(2), Clip("phrase", "", bytearray(b"\x02" * 160), complete=True))
    assert [frame[0] for frame in frames_of(playout.take(0.0))] == [1, 1, 2]


def test_a_clip_waits_for_the_one_before_it_to_be_complete() -> None:
    playout = playing(clip(1, complete=False), clip(1))
    assert len(frames_of(run(playout, 0, 0.5))) == 1


def test_half_a_frame_waits_for_its_other_half() -> None:
    assert frames_of(playing(clip(0.5, complete=False)).take(0.0)) == []


def test_an_inserted_clip_is_played_next() -> None:
    playout = playing(clip(1), clip(1, complete=False))
    playout.take(0.0)
    playout.insert(clip(1, kind="filler"))
    assert [one.kind for one in playout.clips] == ["phrase", "filler", "phrase"]


def test_a_removed_clip_is_not_played() -> None:
    last = clip(1)
    playout = playing(clip(1), last)
    playout.remove(last)
    assert len(frames_of(playout.take(0.0))) == 1


@pytest.mark.parametrize(
    ("kind", "committed", "floor_free", "leaves"),
    [
        ("phrase", False, True, True),
        ("greeting", False, True, True),
        ("filler", False, True, True),
        ("reply", False, True, False),
        ("beep", False, True, False),
        ("reply", True, True, True),
        ("beep", True, True, True),
        ("phrase", True, False, False),
        ("reply", True, False, False),
    ],
)
def test_the_gate(kind: Kind, committed: bool, floor_free: bool, leaves: bool) -> None:
    playout = playing(clip(1, kind=kind))
    playout.committed, playout.floor_free = committed, floor_free
    assert bool(playout.take(0.0)) == leaves


# -- Marks ------------------------------------------------------------------------------------


def test_marks_name_turn_epoch_and_position() -> None:
    playout = Playout()
    playout.reset(7)
    playout.add(clip(3))
    assert names_of(playout.take(0.0)) == [f"7.{playout.epoch}:480"]


def test_marks_come_every_200_ms_and_at_the_end_of_a_clip() -> None:
    playout = playing(clip(25), clip(3))
    positions = [int(name.split(":")[1]) // FRAME_BYTES for name in names_of(run(playout, 0, 1.0))]
    assert positions == [10, 20, 25, 28]


def test_the_last_mark_is_sent_though_the_end_was_not_known_with_the_last_frame() -> None:
    last = clip(3, complete=False)
    playout = playing(last)
    playout.take(0.0)
    last.complete = True
    assert names_of(playout.take(0.02)) == [f"0.{playout.epoch}:480"]


def test_sound_that_stops_in_a_clip_has_its_mark_once_it_was_played() -> None:
    playout = playing(clip(3, complete=False))
    marks = [names_of(playout.take(tick * 0.02)) for tick in range(5)]
    assert marks == [[], [], [], [f"0.{playout.epoch}:480"], []]


def test_a_mark_of_this_epoch_proves_what_was_before_it() -> None:
    playout = playing(clip(3))
    (name,) = names_of(playout.take(0.0))
    playout.mark_echoed(name, 0.01)
    assert not playout.at_provider(0.01)


def test_marks_prove_each_other() -> None:
    playout = playing(clip(25))
    names = names_of(run(playout, 0, 1.0))
    assert [playout.mark_echoed(names[2], 1.0), playout.mark_echoed(names[0], 1.0)] == [True, False]


@pytest.mark.parametrize("name", ["", "x", "0.1", "0.1:", "0.1:x", "0.1:-160", "0.1:480.0", "1.1:480", "0.9:480", "0.1:320", "0.1:²"])
def test_an_odd_mark_proves_nothing(name: str) -> None:
    playout = playing(clip(3))
    playout.take(0.0)
    assert not playout.mark_echoed(name, 1.0)


def test_a_mark_of_an_older_epoch_proves_nothing() -> None:
    playout = playing(clip(20))
    names = names_of(run(playout, 0, 0.2))
    playout.stop(0.2)
    playout.take(0.3)
    assert not playout.mark_echoed(names[0], 1.0)


# -- Quieter ----------------------------------------------------------------------------------


def test_what_leaves_while_it_is_ducked_is_quieter() -> None:
    playout = playing(clip(2))
    playout.ducked = True
    assert frames_of(playout.take(0.0))[0] == (b"\x01" * FRAME_BYTES).translate(attenuation(DUCK_DB))


def test_what_is_queued_keeps_its_loudness() -> None:
    playout = playing(clip(20))
    playout.ducked = True
    playout.take(0.0)
    playout.ducked = False
    assert frames_of(playout.take(0.1))[0][0] == 1


@pytest.mark.parametrize("end", [lambda playout: playout.reset(1), lambda playout: playout.stop(0.0)], ids=["reset", "stop"])
def test_it_is_ducked_until_it_stops(end: Callable[[Playout], object]) -> None:
    playout = playing(clip(2))
    playout.ducked = True
    end(playout)
    assert not playout.ducked


# -- May it be interrupted ----------------------------------------------------------------------


def protected_clip(frames: float, *, complete: bool = True) -> Clip:
    """A clip that must be heard."""
    return Clip("reply", TEXT, bytearray(b"\x02" * int(frames * FRAME_BYTES)), complete=complete, interruptible=False)


def test_sound_that_may_be_interrupted_is_not_protected() -> None:
    playout = playing(clip(20))
    run(playout, 0, 0.2)
    assert not playout.protected(0.2)


def test_sound_is_protected_while_it_is_played() -> None:
    playout = playing(protected_clip(5), clip(50))
    playout.committed = True
    run(playout, 0, 0.1)
    assert playout.protected(0.08)


def test_it_is_no_longer_protected_once_it_was_heard() -> None:
    playout = playing(protected_clip(5), clip(50))
    playout.committed = True
    run(playout, 0, 0.3)
    assert not playout.protected(0.2)


def test_sound_is_protected_when_it_is_the_next_to_leave() -> None:
    playout = playing(protected_clip(5))
    playout.committed = True
    assert playout.protected(0.0)


def test_what_comes_after_another_clip_is_not_protected_yet() -> None:
    playout = playing(clip(50), protected_clip(5))
    playout.committed = True
    run(playout, 0, 0.1)
    assert not playout.protected(0.1)


@pytest.mark.parametrize(("committed", "floor_free"), [(True, False), (False, True)])
def test_what_may_not_leave_is_not_protected(committed: bool, floor_free: bool) -> None:
    playout = playing(protected_clip(5))
    playout.committed, playout.floor_free = committed, floor_free
    assert not playout.protected(0.0)


def test_what_waits_for_its_bytes_is_not_protected() -> None:
    playout = playing(protected_clip(0, complete=False))
    playout.committed = True
    assert not playout.protected(0.0)


# -- What was heard ---------------------------------------------------------------------------


def test_sound_is_unheard_until_its_last_mark() -> None:
    playout = playing(clip(20))
    run(playout, 0, 1.0)
    assert playout.unheard(1.0)


def test_without_marks_it_is_heard_two_seconds_after_its_expected_end() -> None:
    playout = playing(clip(20))
    run(playout, 0, 0.5)
    assert playout.expires_at == pytest.approx(0.4 + LATE_MARK_S)


def test_what_was_sent_plays_until_its_length_has_passed() -> None:
    playout = playing(clip(20))
    run(playout, 1.0, 0.5)
    assert playout.plays_until == pytest.approx(1.4)


def test_nothing_is_in_doubt_before_anything_was_sent() -> None:
    assert Playout().expires_at is None


def test_late_marks_expire() -> None:
    playout = playing(clip(20))
    run(playout, 0, 0.5)
    playout.expire(3.0)
    assert playout.finished(3.0)


def test_marks_are_late_2_s_after_their_sound() -> None:
    playout = playing(clip(20))
    run(playout, 0, 0.5)
    assert playout.expires_at == pytest.approx(2.4)


def test_nothing_is_unheard_while_the_floor_is_not_free() -> None:
    playout = playing(clip(20))
    playout.take(0.0)
    playout.floor_free = False
    assert not playout.unheard(0.1)


def test_what_waits_for_its_first_bytes_is_not_unheard() -> None:
    assert not playing(clip(0, complete=False), clip(5)).unheard(0.0)


def test_heard_words_are_those_whose_time_has_passed() -> None:
    playout = playing(clip(40, kind="greeting"))
    run(playout, 0, 0.4)
    assert playout.heard_text(0.4) == "one two three four"


def test_elapsed_time_is_not_trusted_far_beyond_the_last_mark() -> None:
    playout = playing(clip(80, kind="greeting"))
    run(playout, 0, 1.5)
    assert playout.heard_text(1.5) == "one two"


def test_marks_carry_the_trust_on() -> None:
    playout = playing(clip(80, kind="greeting"))
    for name in names_of(run(playout, 0, 1.0)):
        playout.mark_echoed(name, 1.0)
    assert playout.heard_text(1.0) == "one two three four five"


def test_a_proven_clip_was_heard_whole() -> None:
    playout = playing(clip(3, kind="greeting"))
    for name in names_of(playout.take(0)):
        playout.mark_echoed(name, 1.0)
    assert playout.heard_text(0.1) == TEXT


def test_of_a_clip_that_is_not_complete_the_rest_is_estimated() -> None:
    playout = playing(clip(40, kind="greeting", complete=False))
    run(playout, 0, 0.8)
    assert playout.heard_text(0.4) == "one"


def test_a_clip_without_sound_was_not_heard() -> None:
    assert playing(clip(0, kind="greeting")).heard_text(0.0) == ""


def test_the_words_that_the_voice_told_are_heard_when_it_says_so() -> None:
    told = told_clip()
    told.kind = "greeting"
    playout = playing(told)
    run(playout, 0, 0.4)
    assert [playout.heard_text(at) for at in (0.124, 0.126)] == ["", "one"]


@pytest.mark.parametrize("kind", ["filler", "phrase", "beep"])
def test_only_greeting_and_reply_are_remembered(kind: Kind) -> None:
    playout = playing(clip(3, kind=kind))
    run(playout, 0, 5.0)
    assert playout.heard_text(5.0) == ""


def test_the_rest_is_what_was_never_heard() -> None:
    playout = playing(clip(40))
    run(playout, 0, 0.3)
    playout.stop(0.3)
    assert playout.rest_s(0.3) == pytest.approx(0.5)


def test_what_counts_as_heard_is_in_the_text() -> None:
    playout = playing(clip(40, kind="greeting"))
    playout.count_as_heard()
    assert playout.heard_text(0.0) == TEXT


# -- Stop, and go on --------------------------------------------------------------------------


def test_stop_begins_a_new_epoch() -> None:
    playout = playing(clip(3))
    before = playout.epoch
    playout.stop(0.0)
    assert playout.epoch == before + 1


@pytest.mark.parametrize(("sent_s", "clear"), [(0.0, False), (0.1, True)])
def test_stop_wants_a_clear_if_unheard_sound_may_be_at_the_provider(sent_s: float, clear: bool) -> None:
    playout = playing(clip(20))
    run(playout, 0, sent_s)
    assert playout.stop(0.1) is clear


TOLD = [1000 * number for number in range(1, 9)]
"""Where the words of a clip of 50 frames end, if the voice tells."""


def told_clip(frames: float = 50) -> Clip:
    """A clip whose voice tells where its words end."""
    return Clip("phrase", TEXT, bytearray(b"\x01" * int(frames * FRAME_BYTES)), complete=True, word_ends=list(TOLD))


def stopped(played_s: float, echoed_at: float, stopped_at: float, *, marks: int = 99) -> tuple[Playout, Clip]:
    """A clip that was played for a while, of which some marks came back, and that was stopped."""
    cut = told_clip()
    playout = playing(cut)
    for name in names_of(run(playout, 0, played_s))[:marks]:
        playout.mark_echoed(name, echoed_at)
    playout.stop(stopped_at)
    return playout, cut


def test_after_a_stop_it_goes_on_with_the_word_that_was_cut() -> None:
    _, cut = stopped(0.3, 0.2, 0.2, marks=1)
    assert (cut.sure, cut.sent) == (1600, 1000)


def test_the_time_since_a_mark_came_is_surely_heard() -> None:
    _, cut = stopped(0.5, 0.23, 0.4, marks=1)
    assert (cut.sure, cut.sent) == (1600 + 1360, 2000)


def test_time_alone_proves_nothing() -> None:
    _, cut = stopped(0.5, 0.4, 0.4, marks=0)
    assert (cut.heard, cut.sure, cut.sent) == (3200, 0, 0)


def test_after_a_gap_in_the_sound_the_time_since_the_last_mark_says_nothing() -> None:
    late = clip(10, complete=False)
    playout = playing(late)
    for name in names_of(run(playout, 0, 0.2)):
        playout.mark_echoed(name, 0.25)
    late.audio += b"\x01" * 20 * FRAME_BYTES
    run(playout, 3.0, 0.1)
    playout.stop(3.1)
    assert late.sure == 10 * FRAME_BYTES


def test_what_leaves_first_is_the_start_of_the_cut_word() -> None:
    cut = told_clip()
    cut.audio[1000:1160] = b"\x05" * FRAME_BYTES
    playout = playing(cut)
    (name, *_) = names_of(run(playout, 0, 0.3))
    playout.mark_echoed(name, 0.2)
    playout.stop(0.2)
    assert frames_of(playout.take(0.5))[0] == b"\x05" * FRAME_BYTES


def test_what_is_heard_after_a_stop_adds_to_what_was_heard_before() -> None:
    playout, cut = stopped(0.3, 0.2, 0.2, marks=1)
    cut.kind = "greeting"
    run(playout, 1.0, 0.3)
    assert playout.heard_bytes(1.2) == 1000 + 1600


def test_what_was_surely_heard_stays_so_while_it_is_said_again() -> None:
    playout, cut = stopped(0.3, 0.2, 0.2, marks=1)
    run(playout, 1.0, 0.02)
    playout.stop(1.02)
    assert (cut.sure, cut.sent) == (1600, 1000)


def test_a_clip_that_was_surely_heard_is_not_played_again() -> None:
    first = clip(5)
    playout = playing(first, clip(40))
    playout.mark_echoed(names_of(run(playout, 0, 0.3))[0], 0.1)
    playout.stop(0.1)
    run(playout, 0.5, 0.02)
    assert (first.sent, first.sure) == (800, 800)


def test_a_filler_comes_before_a_clip_that_has_not_gone_on_yet() -> None:
    playout, cut = stopped(0.3, 0.2, 0.2, marks=1)
    playout.insert(clip(1, kind="filler"))
    assert [one is cut for one in playout.clips] == [False, True]


def test_a_stop_drops_fillers() -> None:
    playout = playing(clip(5, kind="filler"), clip(5))
    playout.take(0.0)
    playout.stop(0.01)
    assert [one.kind for one in playout.clips] == ["phrase"]


def test_what_was_heard_before_a_stop_stays_heard() -> None:
    playout = playing(clip(40, kind="greeting"))
    run(playout, 0, 0.4)
    playout.stop(0.4)
    assert playout.heard_text(0.4) == "one two three four"


def test_a_clip_whose_bytes_are_missing_starves() -> None:
    waiting = clip(2, complete=False)
    playout = playing(waiting)
    playout.take(0.0)
    assert playout.starving is waiting


@pytest.mark.parametrize(("frames", "torn"), [(0.0, False), (2.0, True)])
def test_a_clip_is_torn_if_its_rest_is_missing(frames: float, torn: bool) -> None:
    playout = playing(clip(frames, complete=False))
    playout.take(0.0)
    assert playout.torn is torn


# -- Marks that come early, late, or never ----------------------------------------------------


def without_marks(seconds: float) -> tuple[Playout, Clip]:
    """A reply of that length that was sent whole; no mark came back."""
    one = clip(seconds * 50, kind="reply")
    playout = playing(one)
    playout.committed = True
    run(playout, 0.0, seconds + 0.1)
    return playout, one


def test_late_beyond_doubt_nothing_is_at_the_provider() -> None:
    playout, _ = without_marks(1.0)
    assert [playout.at_provider(2.9), playout.at_provider(3.1)] == [True, False]


def test_late_beyond_doubt_all_was_heard() -> None:
    assert without_marks(1.0)[0].heard_bytes(3.1) == 8000


def test_a_mark_that_comes_early_is_believed() -> None:
    one = clip(50, kind="reply")
    playout = playing(one)
    playout.committed = True
    run(playout, 0.0, 0.1)
    playout.mark_echoed(f"0.{playout.epoch}:1600", 0.1)
    assert playout.heard_bytes(0.1) == 1600


def test_time_since_a_mark_proves_no_more_than_what_counts_as_heard() -> None:
    one = clip(100, kind="reply")
    playout = playing(one)
    playout.committed = True
    run(playout, 0.0, 0.24)
    playout.mark_echoed(f"0.{playout.epoch}:1600", 0.24)
    run(playout, 0.24, 1.3)
    playout.stop(1.5)
    assert one.sure == 1600 + 4000


def test_less_than_a_frame_of_a_complete_clip_can_leave() -> None:
    assert playing(clip(0.5)).sendable


def test_a_clip_that_is_not_complete_goes_on_after_a_stop_though_all_of_it_was_heard() -> None:
    one = clip(10, kind="reply", complete=False)
    playout = playing(one)
    playout.committed = True
    run(playout, 0.0, 0.3)
    playout.mark_echoed(f"0.{playout.epoch}:1600", 0.3)
    playout.stop(0.4)
    assert playout.starving is one or playout.sendable


def test_a_mark_that_comes_after_it_expired_proves_nothing() -> None:
    playout = playing(clip(20))
    marks = names_of(run(playout, 0, 0.5))
    playout.expire(3.0)
    assert (playout.mark_echoed(marks[0], 3.1), playout.finished(3.1)) == (False, True)


def test_the_rest_is_what_was_not_heard_by_now() -> None:
    playout = playing(clip(20))
    run(playout, 0, 0.5)
    assert playout.rest_s(0.2) == pytest.approx(0.2)


# -- What is heard just now, and what is waited for -----------------------------------------------


def test_nothing_sounds_before_anything_was_sent() -> None:
    assert playing(clip(50)).sounding(1.0) is None


def test_the_clip_that_sounds_is_known_and_how_far() -> None:
    first, second = clip(10), clip(50)
    playout = playing(first, second)
    run(playout, 0.0, 0.3)
    assert [playout.sounding(at) for at in (0.1, 0.3)] == [(first, 5 * FRAME_BYTES), (second, 5 * FRAME_BYTES)]


def test_what_was_sent_ahead_is_unheard() -> None:
    playout = playing(clip(50))
    playout.take(0.0)
    assert [playout.unheard_bytes(at) for at in (0.0, 0.1)] == [8 * FRAME_BYTES, 3 * FRAME_BYTES]


@pytest.mark.parametrize(("committed", "starves"), [(True, True), (False, False)])
def test_a_sentence_starves_behind_a_filler_if_it_may_leave(committed: bool, starves: bool) -> None:
    sentence = clip(0, kind="reply", complete=False)
    playout = playing(clip(50, kind="filler"), sentence)
    playout.committed = committed
    playout.take(0.0)
    assert (playout.starving is sentence) is starves


def test_what_waits_for_a_sentence_that_is_all_here_does_not_starve() -> None:
    playout = playing(clip(20, kind="reply"), clip(0, kind="reply", complete=False))
    playout.committed = True
    playout.take(0.0)
    assert playout.starving is None
