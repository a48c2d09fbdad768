"""The caller's floor, on made-up frames."""

import pytest

from gateway.turn.endpointing import PAUSE_FRAMES, PRE_ROLL_FRAMES, TAIL_FRAMES, TONE_FRAMES, UNMUTE_FRAMES, CallerState, Floor, Heard

END_FRAMES = 35
CUT_FRAMES = 300


def floor() -> Floor:
    """A floor with the default times."""
    return Floor(END_FRAMES, CUT_FRAMES)


def push(on: Floor, frames: int, *, voice: bool, level: int = 1000) -> list[Heard]:
    """Some frames of voice, or of silence."""
    return [on.push(voice, level if voice else 5) for _ in range(frames)]


def speaking(silence_before: int = 50, voice: int = 50) -> Floor:
    """A floor on which the caller has been speaking."""
    one = floor()
    push(one, silence_before, voice=False)
    push(one, voice, voice=True)
    return one


def test_silence_is_nothing() -> None:
    assert set(push(floor(), 100, voice=False)) == {Heard.NOTHING}


def test_the_fifth_frame_of_voice_is_the_onset() -> None:
    assert push(floor(), 7, voice=True)[4:] == [Heard.ONSET, Heard.VOICED, Heard.VOICED]


def test_a_pause_is_told_once_after_300_ms() -> None:
    heard = push(speaking(), END_FRAMES - 1, voice=False)
    assert [at + 1 for at, what in enumerate(heard) if what is Heard.PAUSE] == [PAUSE_FRAMES]


def test_the_utterance_ends_with_the_thirty_fifth_frame_of_silence() -> None:
    heard = push(speaking(), 60, voice=False)
    assert heard.index(Heard.ENDED) + 1 == END_FRAMES


def test_it_ends_once() -> None:
    assert push(speaking(), 200, voice=False).count(Heard.ENDED) == 1


def test_silence_counts_from_the_last_voiced_frame_though_frames_keep_coming() -> None:
    on = speaking()
    push(on, 30, voice=False)
    push(on, 3, voice=True)
    assert Heard.ENDED not in push(on, 34, voice=False)


def test_the_levels_of_a_voice_are_those_of_its_voiced_frames() -> None:
    on = floor()
    for level in (10, 10, 10, 20, 30, 40):
        push(on, 1, voice=True, level=level)
    push(on, 4, voice=False)
    push(on, 5, voice=True, level=50)
    assert (on.voice_levels[:6], on.voice_levels[-1], 5 in on.voice_levels) == ([10, 10, 10, 20, 30, 40], 50, False)


def test_the_levels_of_a_voice_are_not_those_of_the_one_before_it() -> None:
    on = speaking()
    push(on, 60, voice=False)
    push(on, 5, voice=True, level=20)
    assert on.voice_levels == [20] * 5


def test_a_lone_click_does_not_restart_the_silence() -> None:
    on = speaking()
    push(on, 20, voice=False)
    push(on, 1, voice=True)
    assert Heard.ENDED in push(on, 14, voice=False)


@pytest.mark.parametrize(("state", "silence"), [(CallerState.SPEAKING, 0), (CallerState.PAUSED, 1), (CallerState.SILENT, 40)])
def test_states(state: CallerState, silence: int) -> None:
    on = speaking()
    push(on, silence, voice=False)
    assert on.state is state


def test_a_piece_begins_with_pre_roll() -> None:
    assert speaking(silence_before=50).start == 50 - PRE_ROLL_FRAMES


def test_there_is_no_pre_roll_before_the_call() -> None:
    assert speaking(silence_before=3).start == 0


def test_two_utterances_share_no_frame() -> None:
    on = speaking()
    push(on, END_FRAMES, voice=False)
    end = on.end
    push(on, 5, voice=True)
    assert on.start >= end


def test_a_piece_ends_with_a_little_silence() -> None:
    on = speaking(silence_before=50, voice=50)
    push(on, 30, voice=False)
    assert on.end == 100 + TAIL_FRAMES


def test_nothing_is_cut_before_it_is_long() -> None:
    assert speaking(silence_before=0, voice=CUT_FRAMES - 1).cut() is None


def test_nothing_is_cut_in_silence() -> None:
    on = floor()
    push(on, 1000, voice=False)
    assert on.cut() is None


def test_nothing_is_cut_in_a_pause() -> None:
    on = speaking(silence_before=0, voice=CUT_FRAMES - 1)
    push(on, 20, voice=False)
    assert on.cut() is None


def test_the_cut_falls_into_the_pause_once_the_voice_goes_on() -> None:
    on = speaking(silence_before=0, voice=CUT_FRAMES - 1)
    push(on, 20, voice=False)
    push(on, 2, voice=True)
    assert on.cut() in range(CUT_FRAMES - 1, CUT_FRAMES + 19)


def test_a_long_piece_is_cut_at_the_weakest_frame_of_its_last_800_ms() -> None:
    on = speaking(silence_before=0, voice=280)
    push(on, 1, voice=True, level=200)
    push(on, 40, voice=True)
    push(on, 1, voice=True, level=300)
    push(on, 20, voice=True)
    assert on.cut() == 321


def test_the_next_piece_begins_where_the_last_was_cut() -> None:
    on = speaking(silence_before=0, voice=CUT_FRAMES)
    assert on.start == 0
    assert on.cut() == on.start


# -- Muted ------------------------------------------------------------------------------------


def test_a_muted_voice_is_nothing() -> None:
    on = speaking()
    on.mute()
    assert set(push(on, 100, voice=True)) == {Heard.NOTHING}


def test_after_a_pause_of_200_ms_it_is_heard_again() -> None:
    on = speaking()
    on.mute()
    push(on, UNMUTE_FRAMES, voice=False)
    assert push(on, 5, voice=True)[-1] is Heard.ONSET


def test_a_shorter_pause_does_not_unmute() -> None:
    on = speaking()
    on.mute()
    push(on, UNMUTE_FRAMES - 2, voice=False)
    push(on, 2, voice=True)
    assert on.muted


def test_a_voice_that_has_paused_for_200_ms_is_not_muted() -> None:
    on = speaking()
    push(on, UNMUTE_FRAMES, voice=False)
    on.mute()
    assert push(on, 5, voice=True)[-1] is Heard.ONSET


def test_silence_cannot_be_muted() -> None:
    on = floor()
    on.mute()
    assert not on.muted


def test_what_was_muted_is_not_in_the_next_piece() -> None:
    on = speaking(silence_before=50, voice=50)
    on.mute()
    push(on, UNMUTE_FRAMES, voice=False)
    push(on, 5, voice=True)
    assert on.start == 100


def test_a_muted_voice_that_matters_after_all_goes_on_from_where_it_was_muted() -> None:
    on = speaking(silence_before=50, voice=50)
    on.mute()
    push(on, 30, voice=True)
    assert (on.unmute(), on.start, on.state) == (True, 100, CallerState.SPEAKING)


def test_only_what_is_muted_is_unmuted() -> None:
    assert not speaking().unmute()


# -- The tones of keys ------------------------------------------------------------------------


def test_a_tone_that_had_begun_when_its_key_was_told_is_no_onset() -> None:
    on = floor()
    push(on, 4, voice=True)
    on.expect_tone()
    assert set(push(on, TONE_FRAMES, voice=True) + push(on, 50, voice=False)) == {Heard.NOTHING}


def test_a_voice_that_outlasts_the_tone_has_its_begin() -> None:
    on = floor()
    push(on, 50, voice=False)
    on.expect_tone()
    heard = push(on, TONE_FRAMES + 5, voice=True)
    assert (heard[-1], on.start <= 50) == (Heard.ONSET, True)


def test_a_key_in_a_voice_mutes_it() -> None:
    on = speaking()
    on.expect_tone()
    assert on.muted


def test_a_key_leaves_a_muted_voice_where_it_was_muted() -> None:
    on = speaking(voice=50)
    on.mute()
    push(on, 5, voice=True)
    on.expect_tone()
    assert (on.unmute(), on.start) == (True, 100)


def test_a_voice_long_after_a_key_is_heard_at_once() -> None:
    on = floor()
    on.expect_tone()
    push(on, TONE_FRAMES, voice=False)
    assert push(on, 5, voice=True)[-1] is Heard.ONSET


def test_a_key_does_not_unmute_a_voice_that_lasts() -> None:
    one = speaking()
    one.mute()
    one.expect_tone()
    push(one, TONE_FRAMES + 1, voice=True)
    assert one.muted


def test_voiced_frames_are_counted_from_the_first() -> None:
    assert speaking(voice=20).voiced == 20


def test_the_next_voice_begins_behind_the_end_of_the_last_one_however_soon_it_comes() -> None:
    one = Floor(25, CUT_FRAMES)
    push(one, 50, voice=True)
    push(one, 25, voice=False)
    end = one.end
    push(one, 10, voice=True)
    assert one.start == end
