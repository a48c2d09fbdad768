"""Where our own cutter ends sentences, by the tables on which it was compared."""

from pathlib import Path

import pytest

from tests.bench.segmenters import TABLES, cases, letters_behind, ours, wrong

UNDECIDABLE = {
    "At 5 p.m. Mr. Smith will call you.",
    '"בואו!" היא אמרה. באנו.',
    "טוב... אולי מחר. אני בודקת.",
    "אל דאגה... זו בדיקה שגרתית.",
}
"""The next word's first letter does not tell: it is a capital, or Hebrew, which has none."""


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.stem)
def test_sentences_end_where_the_tables_say(table: Path, stream: bool) -> None:
    assert {case.text for case in cases(table) if wrong(ours(), case, stream=stream)} == {
        case.text for case in cases(table) if case.text in UNDECIDABLE
    }


def test_a_sentence_is_out_with_the_first_delta_behind_it() -> None:
    several = [case for case in cases(TABLES[1]) if len(case.sentences) > 1]
    assert max(letters_behind(ours(), case) for case in several if case.text not in UNDECIDABLE) <= 5
