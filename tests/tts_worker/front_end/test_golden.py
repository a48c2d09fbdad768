"""The golden table has the shape that it promises."""

from collections import Counter

from tests.tts_worker.front_end.golden import LANGUAGES, items, sources

CLASSES = {
    "abbreviations", "addresses", "codes", "dates", "dictionary", "foreign", "fractions", "marks", "numbers", "ordinals", "percent",
    "phones", "prices", "ranges", "times", "units",
}  # fmt: skip


def test_it_has_at_least_fifteen_items_of_each_class_in_each_language() -> None:
    counts = Counter((item.language, item.kind) for item in items())
    assert {(language, kind) for language in LANGUAGES for kind in CLASSES} == set(counts)
    assert min(counts.values()) >= 15


def test_it_has_at_least_two_hundred_items() -> None:
    assert len(items()) >= 200


def test_every_item_names_a_source_that_is_explained() -> None:
    explained = sources()
    assert [item for item in items() if item.source not in explained[item.language]] == []


def test_every_source_is_used() -> None:
    used = {(item.language, item.source) for item in items()}
    assert {(language, key) for language, keys in sources().items() for key in keys} == used


def test_no_text_stands_twice() -> None:
    counts = Counter((item.language, item.kind == "dictionary", item.written) for item in items())
    assert [text for text, count in counts.items() if count > 1] == []


def test_no_digit_is_left_in_what_is_spoken() -> None:
    assert [item for item in items() if any(letter.isdigit() for letter in item.spoken)] == []
