"""What words are worth."""

import pytest

from gateway.turn.words import Completeness, Lexicon, Sense, join, normalise

COMPLETE, OPEN, HANGING = Completeness.COMPLETE, Completeness.OPEN, Completeness.HANGING
LEXICON = Lexicon(
    backchannels=frozenset({"כן", "אהה", "uh huh", "אה", "הבנתי", "טוב לך"}),
    stop_words=frozenset({"לא", "כן כן כן", "טוב לך"}),
    closed_answers=frozenset({"כן", "לא", "יום שני", "שלוש"}),
    repeat_requests=frozenset({"מה", "לא שמעתי", "תגיד שוב"}),
    repeat_questions=frozenset({"סליחה"}),
    polite_words=frozenset({"בבקשה", "סליחה"}),
    answer_words=frozenset({"בערך"}),
    question_words=frozenset({"מה", "איך", "מתי"}),
    choice_words=frozenset({"מתי"}),
    question_openers=frozenset({"האם", "are you"}),
    closings=frozenset({"תודה", "זה הכל"}),
    request_ends=frozenset({"בבקשה"}),
    hesitations=frozenset({"אממ", "אה"}),
    never_last=frozenset({"בגלל", "את", "אבל", "ל"}),
    seldom_last=frozenset({"אני רוצה"}),
    digit_words=frozenset({"אפס", "חמש"}),
    number_lengths={"טלפון": frozenset({9, 10}), "זהות": frozenset({9})},
    answer_particles=frozenset({"ב"}),
    joining_particles=frozenset({"ו", "ש"}),
)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Hello!", "hello"),
        ("  a   b ", "a b"),
        ("שָׁלוֹם", "שלום"),
        ("what?!", "what"),
        ("a_b", "a b"),
        ("...", ""),
        ("", ""),
        ("12-34", "12 34"),
        ("אההההה", "אה"),
        ("Yesss, good", "yes good"),
        ("1000", "1000"),
        ('כולל מע"מ', "כולל מעמ"),
    ],
)
def test_texts_are_compared_without_case_points_punctuation_and_drawn_out_letters(text: str, plain: str) -> None:
    assert normalise(text) == plain


@pytest.mark.parametrize(
    ("text", "sense"),
    [
        ("", Sense.EMPTY),
        (" ... ", Sense.EMPTY),
        ("כן", Sense.BACKCHANNEL),
        ("כן, אהה!", Sense.BACKCHANNEL),
        ("Uh huh.", Sense.BACKCHANNEL),
        ("אהההה... כן הבנתי", Sense.BACKCHANNEL),
        ("כן כן כן", Sense.WORDS),
        ("לא", Sense.WORDS),
        ("כן בבקשה", Sense.WORDS),
        ("כן טוב לך", Sense.WORDS),
        ("אה אהה אה אהה אה אהה אה אהה אה", Sense.WORDS),
    ],
)
def test_words_over_the_bot_make_sense(text: str, sense: Sense) -> None:
    assert LEXICON.sense(text) is sense


@pytest.mark.parametrize(
    ("text", "brief", "sense"),
    [
        ("Merci.", True, Sense.BACKCHANNEL),
        ("Merci.", False, Sense.WORDS),
        ("Merci beaucoup.", True, Sense.WORDS),
        ("...", True, Sense.EMPTY),
    ],
)
def test_where_no_nods_are_known_one_brief_word_is_one(text: str, brief: bool, sense: Sense) -> None:
    assert Lexicon().sense(text, brief=brief) is sense


def test_where_nods_are_known_a_brief_word_is_none() -> None:
    assert LEXICON.sense("לא", brief=True) is Sense.WORDS


@pytest.mark.parametrize(
    ("text", "asks"),
    [("לא", True), ("כן, לא!", True), ("לא, סליחה", True), ("לא באתי", False), ("כן", False), ("סליחה", False), ("", False)],
)
def test_some_words_ask_the_bot_to_stop_and_say_nothing_else(text: str, asks: bool) -> None:
    assert LEXICON.asks_to_stop(text) is asks


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        ("כן.", True),
        ("כן בבקשה", True),
        ("יום שני", True),
        ("ביום שני בשלוש", True),
        ("שלוש בערך", True),
        ("בערך", False),
        ("3", True),
        ("12 30", True),
        ("ביום שני 12:30", True),
        ("בבקשה", False),
        ("אולי", False),
        ("", False),
    ],
)
def test_closed_answers_are_words_of_the_list_and_numbers(text: str, closed: bool) -> None:
    assert LEXICON.is_closed_answer(text) is closed


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("מה?", True),
        ("לא שמעתי", True),
        ("סליחה, לא שמעתי", True),
        ("תגיד שוב בבקשה", True),
        ("סליחה?", True),
        ("סליחה", False),
        ("מה השעה", False),
        ("מה בערך", False),
        ("", False),
    ],
)
def test_some_words_ask_to_hear_it_again(text: str, asks: bool) -> None:
    assert LEXICON.asks_to_repeat(text) is asks


@pytest.mark.parametrize(
    ("text", "judged"),
    [
        ("", OPEN),
        ("?", OPEN),
        ("יש לכם כזה?", COMPLETE),
        ("“יש לכם כזה?” ", COMPLETE),
        ("באמת?!", COMPLETE),
        ("אני גר,", HANGING),
        ("אני גר...", HANGING),
        ("אני גר…", HANGING),
        ("אני גר -", HANGING),
        ("אני גר בחיפה.", OPEN),
        ("אני גר בחיפה", OPEN),
    ],
)
def test_the_mark_at_the_end_says_whether_it_is_all(text: str, judged: Completeness) -> None:
    assert LEXICON.completeness(text, "", text) is judged


@pytest.mark.parametrize(
    ("asked", "text", "judged"),
    [
        ("מה מספר הטלפון? כלומר, טלפון?", "054", HANGING),
        ("טלפון?", "אפס חמש", HANGING),
        ("טלפון?", "09-123 45 67", OPEN),
        ("טלפון?", "054 123 4567", COMPLETE),
        ("טלפון?", "054 123 4567 8", OPEN),
        ("זהות?", "123456789", COMPLETE),
        ("", "טלפון 054", HANGING),
        ("", "054", OPEN),
        ("זהות?", "12 נכון 3456789", HANGING),
        ("טלפון?", "לא יודע בעל פה", OPEN),
    ],
)
def test_digits_of_a_number_hang_until_it_is_whole(asked: str, text: str, judged: Completeness) -> None:
    assert LEXICON.completeness(text, asked, text) is judged


@pytest.mark.parametrize(
    ("asked", "text", "judged"),
    [
        ("לקבוע?", "כן", COMPLETE),
        ("לקבוע ליום שני?", "ביום שני", COMPLETE),
        ("אפשר לקבוע. מתי נוח?", "יום שני", COMPLETE),
        ("איך אפשר לעזור?", "כן", OPEN),
        ("ואיך אפשר לעזור?", "כן", OPEN),
        ("לקבוע?", "כן,", HANGING),
        ("לקבוע?", "כן אבל", HANGING),
        ("רשמתי.", "כן", OPEN),
        ("", "כן", OPEN),
    ],
)
def test_a_closed_answer_is_all_after_a_closed_question(asked: str, text: str, judged: Completeness) -> None:
    assert LEXICON.completeness(text, asked, text) is judged


@pytest.mark.parametrize(
    ("text", "judged"),
    [
        ("זה קרה בגלל", HANGING),
        ("זה קרה ובגלל.", HANGING),
        ("אני רוצה", HANGING),
        ("זה מה שאני רוצה.", OPEN),
        ("אממ", HANGING),
        ("אני צריך אההה", HANGING),
        ("לכתוב של", OPEN),
        ("זה הכל תודה", COMPLETE),
        ("זה הכל ותודה", COMPLETE),
        ("תעבירו אותי לנציג בבקשה", COMPLETE),
        ("בבקשה", OPEN),
        ("לא שמעתי", COMPLETE),
        ("מה", OPEN),
    ],
)
def test_the_last_words_say_whether_it_is_all(text: str, judged: Completeness) -> None:
    assert LEXICON.completeness(text, "", text) is judged


@pytest.mark.parametrize(
    ("text", "judged"),
    [
        ("מה שעות הפתיחה שלכם", COMPLETE),
        ("ומה שעות הפתיחה", COMPLETE),
        ("are you open today", COMPLETE),
        ("מה השעות", OPEN),
        ("Are you open today", HANGING),
        ("are you, maybe, open", HANGING),
        ("ספר לי מה השעות", OPEN),
    ],
)
def test_a_question_is_known_by_its_first_word_where_the_recogniser_writes_no_marks(text: str, judged: Completeness) -> None:
    assert LEXICON.completeness(text, "", text) is judged


@pytest.mark.parametrize(
    ("text", "judged"),
    [
        ("To look into your", HANGING),
        ("well. to look", HANGING),
        ("To look into your messages.", OPEN),
        ("Hello", OPEN),
        ("I look into it", OPEN),
        ("אני גר בחיפה, בהדר", HANGING),
        ("at 8:30 then", OPEN),
    ],
)
def test_a_recogniser_that_writes_marks_and_puts_none_at_the_end_heard_no_end(text: str, judged: Completeness) -> None:
    assert LEXICON.completeness(text, "", text) is judged


def test_a_language_without_lists_is_judged_by_marks_alone() -> None:
    texts = ("kommst du heute?", "und dann...", "054", "danke", "ja und")
    assert [Lexicon().completeness(text, "telefon?", text) for text in texts] == [COMPLETE, HANGING, OPEN, OPEN, OPEN]


@pytest.mark.parametrize("text", ["La conférence ?", "Que ?"])
def test_a_question_mark_behind_two_words_proves_nothing_where_no_question_words_are_known(text: str) -> None:
    assert Lexicon().completeness(text, "", text) is OPEN


def test_texts_are_joined_without_the_empty_ones() -> None:
    assert join("a ", "", "  ", "b") == "a b"


@pytest.mark.parametrize(
    ("text", "piece", "judged"),
    [
        ("Press four. Key words", "Key words", OPEN),  # too short, read apart, to prove anything
        ("Press four. Key words follow", "Key words follow", HANGING),
        ("Press four. Key words", "Press four. Key words", HANGING),  # read as a whole
    ],
)
def test_a_piece_that_was_read_apart_proves_an_end_missing_by_three_words(text: str, piece: str, judged: Completeness) -> None:
    assert LEXICON.completeness(text, "", piece) is judged


def test_marks_alone_are_no_answer() -> None:
    assert not LEXICON.is_closed_answer("...")


def test_two_words_that_are_all_of_a_text_may_break_off() -> None:
    assert LEXICON.completeness("Hello there", "", "Hello there ") is HANGING


def test_words_before_a_number_are_no_digits() -> None:
    assert LEXICON.completeness("הטלפון שלי הוא טלפון 123", "", "הטלפון שלי הוא טלפון 123") is HANGING


def test_a_word_that_only_has_the_length_of_a_particle_and_another_does_not_hang() -> None:
    assert LEXICON.completeness("הנה מאת", "", "הנה מאת") is OPEN
