"""What is for the eye alone."""

import pytest

from common.marks import without_marks


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("**Very** *good* `code` __here__ _now_", "Very good code here now"),
        ("## Heading", "Heading"),
        ("- an item", "an item"),
        ("* an item", "an item"),
        ("[our site](https://example.com/a?b=c)", "our site"),
        ("![picture](x.png) here", "picture here"),
        ("see https://example.com/a.", "see https://example.com/a."),
        ("call *2700 or 2700* now", "call *2700 or 2700* now"),
        ("**2700** and *five*", "2700 and five"),
        ("Hello 😀👍🏽!", "Hello !"),
        ("🇮🇱 ישראל ❤️", "ישראל"),
        ("snake_case stays", "snake_case stays"),
        ("press the # key", "press the # key"),
        ("25° outside", "25° outside"),
        ("\u200fשלום\u200e", "שלום"),
        ("  two   blanks ", "two blanks"),
        ("***", ""),
        ("😀", ""),
        ("...", ""),
    ],
)
def test_marks_for_the_eye_are_taken_out(text: str, spoken: str) -> None:
    assert without_marks(text) == spoken
