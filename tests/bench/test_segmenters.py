"""Where our own cutter ends sentences, by the tables on which it was compared."""

import pytest

from tests.bench.segmenters import TABLES, Case, cases, letters_behind, ours, wrong

UNDECIDABLE = {
    "At 5 p.m. Mr. Smith will call you.",
    '"בואו!" היא אמרה. באנו.',
    "טוב... אולי מחר. אני בודקת.",
    "אל דאגה... זו בדיקה שגרתית.",
}
"""The next word's first letter does not tell: it is a capital, or Hebrew, which has none."""


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("case", [case for table in TABLES for case in cases(table)], ids=lambda case: case.text)
def test_sentences_end_where_the_tables_say(case: Case, stream: bool) -> None:
    assert wrong(ours(), case, stream=stream) == (case.text in UNDECIDABLE)


def test_a_sentence_is_out_with_the_first_delta_behind_it() -> None:
    several = [case for case in cases(TABLES[1]) if len(case.sentences) > 1]
    assert max(letters_behind(ours(), case) for case in several if case.text not in UNDECIDABLE) <= 5
