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
        ("3*20 שקלים, 2 * 50 ml, 90*200", "3×20 שקלים, 2 × 50 ml, 90×200"),
        ("*5* 6 or **5** 6", "5 6 or 5 6"),
        ("Hello 😀👍🏽!", "Hello !"),
        ("🇮🇱 ישראל ❤️", "ישראל"),
        ("snake_case stays", "snake_case stays"),
        ("press the # key", "press the # key"),
        ("| Day | Hours |", "Day, Hours"),
        ("| Day: | 9:00 | |", "Day: 9:00"),
        ("a|b", "a, b"),
        ("|:---|---:|", ""),
        ("--- | ---", ""),
        ("```python", ""),
        ("See this: ```json", "See this:"),
        ("```hello```", "hello"),
        ("~~~", ""),
        ("- [ ] milk", "milk"),
        ("by law[^2] and【4:0†source】 more", "by law and more"),
        ('<b>Very</b> <em class="x y">good</em>', "Very good"),
        ("1<br/>2<br>3", "1 2 3"),
        ("<p class=a>Hello</p><p>you</p>", "Hello you"),
        ("<a href='https://x.y/?a=b&c'>here</a>", "here"),
        ("<!-- not said -->said", "said"),
        ("write to <info@torim.co.il>, see <https://torim.co.il/a>", "write to info@torim.co.il, see https://torim.co.il/a"),
        ("<mailto:info@torim.co.il>", "info@torim.co.il"),
        ("coffee &amp; cake&nbsp;&#33;", "coffee & cake !"),
        ("5 < 7 and 8 > 3", "5 < 7 and 8 > 3"),
        ("if a<b and c>d, call us", "if a<b and c>d, call us"),
        ("I <3 you", "I <3 you"),
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
