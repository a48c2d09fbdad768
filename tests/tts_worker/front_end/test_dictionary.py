"""An agent's pronunciations."""

from tts_worker.front_end import speakable


def test_an_entry_is_a_whole_word_in_any_spelling_of_its_quotation_mark() -> None:
    entries = {'רמב"ם': "רמבם", "ג'ירפה": "גירפה"}
    assert speakable("רמב״ם, ג׳ירפה וג'ירפות", "he", entries).text == "רמבם, גירפה וג'ירפות"


def test_entries_count_in_languages_that_have_no_rules() -> None:
    assert speakable("Torim, 5", "fr", {"Torim": "to-rîm"}).text == "to-rîm, 5"
