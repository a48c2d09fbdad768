"""A small language for simulated calls: every list of a lexicon has something in it, and ``SAYINGS`` says it.

No word of it begins with "w", as the words do that are followed to their turns, and no figure is a key's. The bot's own questions, whose
words are numbered ("t3s0w0"), are open in some turns and a choice in others.
"""

from gateway.turn.words import Lexicon

NOD, HANGS, THANKS, WHAT = "aha", "and", "thanks", "pardon"
"""What the recogniser makes of a nod, of words after which more comes, of the last words, of a request to repeat."""
_OPEN = frozenset(f"t{turn}s{sentence}w0" for turn in range(0, 60, 3) for sentence in range(4))
_CHOICE = frozenset(f"t{turn}s{sentence}w1" for turn in range(0, 60, 2) for sentence in range(4))

LEXICON = Lexicon(
    backchannels=frozenset({NOD, "so"}),
    stop_words=frozenset({"stop", "so so"}),
    closed_answers=frozenset({NOD, "yes"}),
    repeat_requests=frozenset({WHAT}),
    repeat_questions=frozenset({"sorry"}),
    polite_words=frozenset({"then"}),
    answer_words=frozenset({"on"}),
    question_words=frozenset({"how"}) | _OPEN,
    choice_words=_CHOICE | {"which"},
    question_openers=frozenset({"do you"}),
    closings=frozenset({THANKS}),
    request_ends=frozenset({"please"}),
    hesitations=frozenset({"um"}),
    never_last=frozenset({HANGS}),
    seldom_last=frozenset({"for"}),
    digit_words=frozenset({"zero"}),
    number_lengths={"number": frozenset({4, 6})},
    answer_particles=frozenset({"at"}),
    joining_particles=frozenset({"un"}),
)
_FIGURES = str.maketrans("0123456789", "０１２３４５６７８９")


def _spoken(*sayings: str) -> tuple[str, ...]:
    """With figures that mean the same, and are no keys."""
    return tuple(saying.translate(_FIGURES) for saying in sayings)


POLITE = ("then", "then then", "sorry", "sorry?", f"then {WHAT}", f"{WHAT} then", f"{WHAT} {WHAT} then", "please", WHAT, "sorry then?")
"""What asks to hear the bot again, and what only sounds so."""

ANSWERS = _spoken(
    "on", "then on", "on then", "on on", "then", "7", "8 9", "+5", "yes", "yes then", "on yes", NOD, f"on {NOD}", "atyes", "one"
)
"""To a closed question, and what only sounds so."""

NUMBERS = _spoken(
    "1 2 3 4",
    "12 34",
    "12 34 56",
    "1 2 3 4 5 6",
    "number 1234",
    "number 123456",
    "1 2",
    "12 34 5",
    "number zero zero",
    "1234567",
    "4",
)
"""Digits of a number whose length is known: all of them, some, too many."""

MARKED = (
    "I see",
    "I see it",
    "A b",
    "It is",
    "one two!",
    "it, is",
    *("so, it is", "one,", "it is…", "is it?", "un", "at", "atun"),
    f"{THANKS} then",
    THANKS,
    f"un{THANKS}",
    "one please",
    "go on please",
)
"""What a recogniser that writes marks, and one that does not, makes of the beginning and the end of what was said."""

SAYINGS = _spoken(
    *("stop", "so so", "+5", "#7", NOD, f"{NOD} {NOD}", "yes", "yes then", "then", "on yes", "atyes", "4", "5 6", "..."),
    *(
        "on",
        "then on",
        "on then",
        "7",
        "8 9",
        "+6 7",
        "(8",
        "+9",
        "#1",
        "+2 3",
        "on on",
        "then on then",
        "so so",
        "so, so so",
        "so so so",
        f"then {WHAT}",
        f"{WHAT} {WHAT} then",
        "then then",
    ),
    *("It is", "So it is", "it is!", "it is so.", "one two!", "do you see it", "how can it be"),
    *("number 12 34 56 7", "number 1 2 3 4 5 6 7", "number 12 34", "number 123456", "number zero zero", "number 1 zero"),
    *(f"un{HANGS}", f"it is {HANGS}", "for", "for.", "one for.", "um", "one,", "one…", "y\u0301es", "yesss", "atat"),
    *("I see", "I see it", "Ok so", "so, I see", "it (is"),
    *("sorry", "sorry?", f"{WHAT} then", f"{WHAT} {WHAT}", "how is it", "How is it", "how is it?", "do you know", "unhow is it", "un"),
    *("please", "one more please", "bring one please", f"un{THANKS}", THANKS, "a b c d e f g h i j"),
    *("number 1 2", "number 1 2 3 4", "number zero 2 3 4 5", "number 12 34 56", "number 1234567", "number", "1 2 3 4"),
)
