"""Digits in a text, however they are written."""

import pytest

from llm_worker.number_words import digits_in


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("05-4 1x2", "05412"),
        ("٠٥٤", "054"),
        ("nought, nil, O, oh", "0000"),
        ("twelve thirty-four fifty", "123450"),
        ("twenty past 4", "204"),
        ("אפס חמשה ארבעה אחת שתי שלשה שתיים", "0541232"),
        ("שלושת, ארבעת, חמשת, ששת, שבעת, שמונת, תשעת", "3456789"),
        ("בחמש, לשתיים, ומשבע, שאחת", "5271"),
        ("שתים עשרה, עשרים ושלוש", "2123"),
        ("מאתיים, שלוש מאות", "200300"),
        ("ноль пять двенадцать двадцать три двести", "051223200"),
        ("صفر خمسة وأربعة عشرين", "05420"),
        ("zéro cinq quatorze vingt-deux", "051422"),
        ("zerro fiive foour onee", "0541"),
        ("zerofivefouronetwenty", "054120"),
        ("אפסחמשארבעאחתשתייםחמששששבע", "05412567"),
        ("חמששששבע", "567"),
        ("וכשחמש, כשאפס, וכשהשש", "506"),
        ("שתיימ, חמשימ", "250"),
        ('ח"מש, א״פס, ש׳תיים', "502"),
        ("f'ive fi_ve f-i-v-e f.our", "5554"),
        ("z e r o,  f i v e; א פ ס  ח מ ש", "0505"),
        ("five-star, twenty-two, four/five", "52245"),
        ("two zeros, three fives, sixes, twenties", "2035620"),
        ("fivе fоur оne", "541"),
        ("ＦΙVΕ ѕіх ΝΙΝΕ", "569"),
        ("خمسه سته ثمانيه والخمسة", "5685"),
        ("ноля пяти двух трёх одну двойка семью", "0523127"),
        ("пятнадцати, двадцатью, двухсот, ста", "1520200100"),
        ("⓪⓿➀➁❸⓴፭", "00123205"),
        ("〇五四一二三零", "0541230"),
    ],
)
def test_digits_are_read_in_any_writing(text: str, digits: str) -> None:
    assert digits_in(text) == digits


@pytest.mark.parametrize(
    "text",
    [
        "phone someone often",
        "weightless, attention",
        "שלום, אני דנה מחיפה",
        "un café",
        "tennis",
        "אאאאא",
        "x" * 5000,
        "someone's well-known",
        "J. R. Nelson, p.m.",
        "ד\"ר צ'רלי",
        "a b c d",
        "he dies",
        "a" + "!" * 5000,
    ],
)
def test_what_only_looks_like_a_number_is_none(text: str) -> None:
    assert digits_in(text) == ""


def test_a_word_as_long_as_a_page_is_read() -> None:
    assert len(digits_in("ten" * 2000)) == 4000
