"""What is taken of a speaker's recordings."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from tests.bench.timed_voice import Spoken
from tests.bench.turns.material.cuts import read_cuts, words_of
from tests.bench.turns.material.hebrew import spoken_before
from tests.bench.turns.material.sound import Sound, Word
from tests.bench.turns.material.sources import NODS, is_short_phrase, nods_in, plain
from tests.bench.turns.material.speakers import SPEAKERS
from tests.bench.turns.material.studio import CALLERS

TONE = 3000 * np.sin(np.arange(8000))


def test_nods_are_found_among_other_words() -> None:
    words = (Word("All", 0, 2000), Word("right,", 2000, 4000), Word("press", 4000, 6000), Word("Okay.", 6000, 8000))
    found = [nod.text for nod in nods_in(iter([Sound("tone", TONE, (0, 8000), words=words)]), "en")]
    assert found == ["right", "okay", "all right"]


def test_a_word_ends_where_the_next_begins_and_the_last_with_the_voice() -> None:
    assert words_of([("one", 10), ("two", 100)], 1000) == (Word("one", 80, 800), Word("two", 800, 1000))


def test_a_text_is_compared_by_its_words() -> None:
    assert plain("D'accord, très bien!") == "d accord très bien"


def test_nobody_is_in_both_halves() -> None:
    halves: dict[str, set[str]] = {}
    for speaker in SPEAKERS:
        halves.setdefault(speaker.who, set()).add(speaker.half)
    assert all(len(of_one) == 1 for of_one in halves.values())


def test_there_are_words_to_pause_between_for_every_speaker_that_was_recorded() -> None:
    recorded = {speaker.key for speaker in SPEAKERS if speaker.package}
    assert {key for key, files in read_cuts().items() if len(files) >= 10} == recorded


def test_every_recorded_language_has_nods() -> None:
    assert set(NODS) == {speaker.language for speaker in SPEAKERS if speaker.package}


def test_a_speaker_calls_on_lines_of_three_levels() -> None:
    assert len({level_dbfs for level_dbfs, _ in CALLERS}) == 3


@pytest.mark.parametrize(
    ("text", "cuts_in"),
    [("Cancelled.", True), ("less than", True), ("A", False), ("No problem here", False), ("Right.", False), ("Thank you.", False)],
)
def test_who_cuts_in_with_a_word_says_no_nod_no_thanks_and_no_letter(text: str, cuts_in: bool) -> None:
    english = next(speaker for speaker in SPEAKERS if speaker.language == "en")
    assert is_short_phrase(text, english) is cuts_in


def test_half_of_what_the_local_voice_said_is_nothing(tmp_path: Path) -> None:
    said = [Spoken("כן", "he", bytes(800), (800,))]
    kept = msgspec.msgpack.encode(said)
    for name, content in {"whole": kept, "half": kept[: len(kept) // 2]}.items():
        (tmp_path / name).write_bytes(content)
    assert [spoken_before(tmp_path / name) for name in ("whole", "half", "none")] == [said, [], []]
