"""Where a streamed reply is cut, and what a voice gets to say."""

import random

import pytest

from llm_worker.sentences import SentenceCutter


def cut(text: str, **limits: int) -> list[str]:
    cutter = SentenceCutter(**limits)
    return cutter.push(text) + cutter.flush()


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Hello there. How are you?", ["Hello there.", "How are you?"]),
        ("שלום לך. איך אפשר לעזור?", ["שלום לך.", "איך אפשר לעזור?"]),
        ("Really?! Yes… I think so!!", ["Really?!", "Yes…", "I think so!!"]),
        ("one line\nanother line", ["one line", "another line"]),
        ("It costs 3.5 euros. Fine.", ["It costs 3.5 euros.", "Fine."]),
        ("We open at 10:30. Come in.", ["We open at 10:30.", "Come in."]),
        ("Dr. Levi is in. Mr. Cohen is not.", ["Dr. Levi is in.", "Mr. Cohen is not."]),
        ("Ask J. Smith. He knows.", ["Ask J. Smith.", "He knows."]),
        ("No. We are closed.", ["No.", "We are closed."]),
        ("Take line no. 5. Then walk.", ["Take line no. 5.", "Then walk."]),
        ("On Jan. 5 we close. See Fig. 3.", ["On Jan. 5 we close.", "See Fig. 3."]),
        ("Gen. Levi, Sgt. Katz and Rev. Smith came. Yes.", ["Gen. Levi, Sgt. Katz and Rev. Smith came.", "Yes."]),
        ("So am I. You too?", ["So am I.", "You too?"]),
        ("We close at 5 p.m. Come early.", ["We close at 5 p.m.", "Come early."]),
        ("At 5 p.m. we close.", ["At 5 p.m. we close."]),
        ("We are 5 min. away, by bus.", ["We are 5 min. away, by bus."]),
        ("We close in 5 min. Please hurry.", ["We close in 5 min.", "Please hurry."]),
        ("It takes 2 hrs. or so, apt. 5.", ["It takes 2 hrs. or so, apt. 5."]),
        ("Fruit, e.g. apples. Sold.", ["Fruit, e.g. apples.", "Sold."]),
        ("פגישה עם ד\"ר כהן. רח' הרצל 5.", ['פגישה עם ד"ר כהן.', "רח' הרצל 5."]),
        ("צריך ת.ז. שלך. תודה.", ["צריך ת.ז. שלך.", "תודה."]),
        ('He said "Stop!" and left. Then quiet.', ['He said "Stop!" and left.', "Then quiet."]),
        ('He said "Stop!" Then he left.', ['He said "Stop!"', "Then he left."]),
        ('הוא אמר "עצור!" והלך. היה שקט.', ['הוא אמר "עצור!" והלך.', "היה שקט."]),
        ("Well... maybe not. Ok.", ["Well... maybe not.", "Ok."]),
        ("1. Bread is here.\n2. Milk is there.", ["1. Bread is here.", "2. Milk is there."]),
        ("You can: 1. Come in 2. Call us. 3. Write. Bye.", ["You can: 1. Come in", "2. Call us.", "3. Write.", "Bye."]),
        ("אלה השירותים שלנו, לבחירתך: 1. צילום 2. ייעוץ. מה נוח?", ["אלה השירותים שלנו, לבחירתך:", "1. צילום", "2. ייעוץ.", "מה נוח?"]),
        ("אפשר: 1. בוקר 2. ערב", ["אפשר: 1. בוקר", "2. ערב"]),
        ("Lines:\n1. One\n2. Two. We open at 2. Fine.", ["Lines:", "1. One", "2. Two.", "We open at 2.", "Fine."]),
        ("How many? Take 5. Now go.", ["How many?", "Take 5.", "Now go."]),
        ("See [the site. It is good](http://a.b/c) now. Bye.", ["See the site. It is good now.", "Bye."]),
        ("hello there. how can i help?", ["hello there.", "how can i help?"]),
        ("<b>We are open.</b> Come in.", ["We are open.", "Come in."]),
        ('<a title="No. It is">This</a> is it. Bye.', ["This is it.", "Bye."]),
        ("Hours:\n| Day | From |\n|---|---|\n| Sun | 9:00 |\nBye.", ["Hours:", "Day, From", "Sun, 9:00", "Bye."]),
        ("```json\nWe are open.\n```\nBye.", ["We are open.", "Bye."]),
    ],
)
def test_a_piece_ends_where_a_sentence_ends(text: str, pieces: list[str]) -> None:
    assert cut(text) == pieces


def test_the_first_piece_may_end_at_a_clause() -> None:
    assert cut("We are open on weekdays from nine, and on Fridays too, until one.")[0] == "We are open on weekdays from nine,"


def test_a_short_clause_does_not_end_the_first_piece() -> None:
    assert cut("Yes, of course. Bye.") == ["Yes, of course.", "Bye."]


def test_the_second_piece_does_not_end_at_a_clause() -> None:
    assert cut("Right. We are open on weekdays from nine, and on Fridays.")[1:] == ["We are open on weekdays from nine, and on Fridays."]


def test_a_dash_ends_a_clause() -> None:
    assert cut("אנחנו פתוחים בימים ראשון עד חמישי - משמונה עד חמש.")[0] == "אנחנו פתוחים בימים ראשון עד חמישי -"


def test_a_hyphen_inside_a_word_ends_nothing() -> None:
    assert cut("This is a rather well-known example of it.") == ["This is a rather well-known example of it."]


def test_thousands_are_not_cut_at_their_comma() -> None:
    assert cut("The price of the house is 1,200,000 shekels.") == ["The price of the house is 1,200,000 shekels."]


def test_a_sentence_waits_for_the_next_word() -> None:
    assert SentenceCutter().push("It costs 3.") == []


def test_a_sentence_leaves_with_the_next_words_first_letter() -> None:
    assert SentenceCutter().push("Hello there. H") == ["Hello there."]


def test_a_newline_ends_a_sentence_at_once() -> None:
    assert SentenceCutter().push("Hello there\n") == ["Hello there"]


def test_a_long_piece_ends_at_its_last_clause() -> None:
    pieces = cut("Fine. " + "word " * 8 + "clause, " + "more " * 30, max_chars=100)
    assert pieces[1] == "word " * 8 + "clause,"


def test_a_long_piece_without_clauses_ends_at_a_blank() -> None:
    assert all(piece.endswith("word") for piece in cut("word " * 100, max_chars=52))


@pytest.mark.parametrize("text", ["x" * 500, "word " * 200, "a, b " * 200])
def test_no_piece_is_longer_than_the_limit(text: str) -> None:
    assert max(len(piece) for piece in cut(text, max_chars=80)) <= 80


def test_a_long_piece_leaves_before_its_end_has_come() -> None:
    assert SentenceCutter(max_chars=40).push("word " * 20) != []


def test_nothing_is_lost_in_a_word_longer_than_a_piece() -> None:
    assert "".join(cut("x" * 500, max_chars=80)) == "x" * 500


TEXTS = [
    "Sure! We open at 9.30 a.m. on weekdays, and at ten on Fridays: come early. Dr. Levi is in… Ask J. Smith.\n1. Bread. 2. Milk",
    'בטח! אנחנו פתוחים בימים ראשון עד חמישי, משמונה עד חמש. ביום שישי - עד אחת. צריך ת.ז. של ד"ר כהן... "באמת?" כן.',
    "**Bold** words. [A link. Here](http://x.y/z?q=1) and 😀 emoji! " + "long words without any end " * 12,
    'הנה:\n```md\n| יום | שעות |\n|:---|---:|\n| <b>ראשון.</b> | 9:00-17:00 |\n```\n<a href="http://x.y/a, b. C">לאתר.</a> תודה.',
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("seed", range(20))
def test_the_cuts_do_not_depend_on_how_the_text_came(text: str, seed: int) -> None:
    dice = random.Random(seed)
    cutter = SentenceCutter()
    pieces: list[str] = []
    rest = text
    while rest:
        size = dice.randint(1, 9)
        pieces += cutter.push(rest[:size])
        rest = rest[size:]
    assert pieces + cutter.flush() == cut(text)


def test_a_long_piece_does_not_end_within_a_tag() -> None:
    assert cut("word " * 9 + '<a href="http://x.y/z q, r">here</a> we are.', max_chars=60)[:2] == ["word " * 8 + "word", "here we are."]


# --- What a voice can say


def test_a_piece_without_words_is_no_piece() -> None:
    assert cut("😀\n***\n---\nHello.") == ["Hello."]


def test_a_wordless_piece_leaves_the_clause_rule_to_the_next_one() -> None:
    assert cut("😀\nWe are open on weekdays from nine, and on Fridays.")[0] == "We are open on weekdays from nine,"
