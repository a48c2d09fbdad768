"""What the caller's words are worth: nothing, a nod, a stop, an answer, the same again (R4, R8); all, or not yet all (R2).

The lists come from files (``gateway/lexicons/*.toml``, one a language); here are only the rules.
Without a file all lists are empty: then one brief word alone, over the bot, is a nod, and of a text's end only its marks count.

Texts are compared after normalising: lower case, no Hebrew points, no punctuation, single
spaces, and no letter three times in a row: "אההההה" is "אה", "yesss" is "yes".

Theory of ``completeness``
    Silence says when a voice paused, not whether it is done. The text helps where it is clear,
    and is silent elsewhere. A full stop proves nothing: Whisper base puts one behind half of
    the pieces that were cut in mid-sentence. A question mark, a comma, three dots are heard in
    the voice, and so is that no mark is due: who writes marks leaves it out only in mid-sentence.
    The rules are asked in this order, and the first that knows decides:

    ==============================================  ==========================
    it ends with "?"                                COMPLETE; OPEN of one or two
                                                    words where no question words
                                                    are known: "La conférence ?"
    it ends with a comma, dash, three dots          HANGING
    digits of a number whose length is known        by what is missing
    yes, no, a day, a number to a closed question   COMPLETE
    "what did you say"                              COMPLETE
    it ends with "and", "the", "I want to", "um"    HANGING
    it ends with "thank you", "bye", "please"       COMPLETE
    a question that no recogniser marked            COMPLETE
    it has marks or a capital, but none at its end  HANGING
    anything else                                   OPEN
    ==============================================  ==========================

    Hebrew glues particles to words ("ובגלל", "בשלוש"), so a word of a list is also looked for
    behind them; and three words are a whole question in it.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from enum import Enum

_NOT_WORD = re.compile(r"[^\w\s]|_")
_GERSHAYIM = re.compile(r"(?<=\w)[\"״](?=\w)")
"""The sign of a Hebrew abbreviation stands within the word."""
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
_GOES_ON = (",", "-", "–", "—", "־", ":", ";", "…", "..", "、", "،")
_FULL_STOPS = (".", "!")
_MARK_INSIDE = re.compile(r"[,.?!;:]\s")
_CLOSING_MARKS = " \t\n\"'”’»)]"
_LONGEST_PHRASE = 5
"""Words of the longest entry of a list that is found inside a text."""
_LONGEST_ANSWER = 8
"""A nod, a closed answer, a request to repeat has no more words than this."""
_SHORTEST_QUESTION = 3
"""Words of a question that is known as one by its first word alone."""
_SHORTEST_REQUEST = 3
"""Words of a request that "please" ends; alone it begins one."""
_SHORTEST_PIECE = 3
"""Words of a piece of a text whose missing end mark proves something."""
_SHORTEST_STEM = 2
"""Letters that are left of a word without its particles."""


class Sense(Enum):
    """What words over the bot mean."""

    EMPTY = "empty"
    BACKCHANNEL = "backchannel"
    WORDS = "words"


class Completeness(Enum):
    """Whether the caller's words, as far as they are known, are all."""

    COMPLETE = "complete"
    """Surely all."""
    OPEN = "open"
    """Nobody can tell."""
    HANGING = "hanging"
    """More surely comes."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words of a language that matter for turns, normalised."""

    backchannels: frozenset[str] = frozenset()
    """Said while listening: "yes", "aha"."""
    stop_words: frozenset[str] = frozenset()
    """Said to stop the bot: a text with one of them is never a backchannel."""
    closed_answers: frozenset[str] = frozenset()
    """Answers that may come again to a new question: yes, no, days."""
    repeat_requests: frozenset[str] = frozenset()
    """Ask for the last reply again: "what?"; never duplicates."""
    repeat_questions: frozenset[str] = frozenset()
    """Ask for the last reply again only with a question mark: "sorry?"."""
    polite_words: frozenset[str] = frozenset()
    """Add nothing to an answer or a request to repeat: "please", "sorry"."""
    answer_words: frozenset[str] = frozenset()
    """Add nothing to an answer: "on", "o'clock"."""
    question_words: frozenset[str] = frozenset()
    """Begin an open question: "why"."""
    choice_words: frozenset[str] = frozenset()
    """Make an open question one with a short answer: "which day"."""
    question_openers: frozenset[str] = frozenset()
    """Begin a question that wants yes or no: "do you"."""
    closings: frozenset[str] = frozenset()
    """End what the caller has to say: "thank you", "bye"."""
    request_ends: frozenset[str] = frozenset()
    """End a request: "please"."""
    hesitations: frozenset[str] = frozenset()
    """Ask for time: "um", "let me think"."""
    never_last: frozenset[str] = frozenset()
    """Words that no sentence ends with: "the", "and"."""
    seldom_last: frozenset[str] = frozenset()
    """Words that a sentence ends with only if the recogniser put a full stop behind: "with"."""
    digit_words: frozenset[str] = frozenset()
    """One digit each: "zero"."""
    number_lengths: Mapping[str, frozenset[int]] = field(default_factory=dict)
    """How many digits a number has that is called so: phone number, ID."""
    answer_particles: frozenset[str] = frozenset()
    """Glued to the front of an answer: "ב"."""
    joining_particles: frozenset[str] = frozenset()
    """Glued to the front of a word that never ends a sentence, or begins a question: "ו"."""

    # -- Over the bot -------------------------------------------------------------------------

    def sense(self, text: str, *, brief: bool = False) -> Sense:
        """What ``text`` means when it is said over the bot; where no nods are known, one word of a ``brief`` voice is one."""
        words = normalise(text)
        if not words:
            return Sense.EMPTY
        if not self.backchannels:
            return Sense.BACKCHANNEL if brief and " " not in words else Sense.WORDS
        nods = _made_of(words, self.backchannels) and not _contains(words, self.stop_words)
        return Sense.BACKCHANNEL if nods else Sense.WORDS

    def asks_to_stop(self, text: str) -> bool:
        """Whether ``text`` asks the bot to stop, and says nothing else."""
        words = normalise(text)
        around = self.backchannels | self.polite_words
        return _made_of(words, self.stop_words | around) and _contains(words, self.stop_words)

    # -- An utterance -------------------------------------------------------------------------

    def is_closed_answer(self, text: str) -> bool:
        """Whether ``text`` answers a closed question: yes, no, a number, a day."""
        tokens = normalise(text).split()
        words = " ".join(token for token in tokens if not token.isdigit())
        if not words:
            return bool(tokens)
        around = self.polite_words | self.answer_words
        return _made_of(words, self.closed_answers | around, self.answer_particles) and not _made_of(words, around)

    def asks_to_repeat(self, text: str) -> bool:
        """Whether ``text`` asks to hear the last reply again."""
        words = normalise(text)
        asked = self.repeat_requests | self.repeat_questions if _mark(text) == "?" else self.repeat_requests
        return _made_of(words, asked | self.polite_words) and _contains(words, asked)

    # -- Its end ------------------------------------------------------------------------------

    def completeness(self, text: str, asked: str, piece: str) -> Completeness:
        """Whether ``text`` is all that the caller has to say to ``asked``, the bot's last heard words.

        ``piece`` is what the recogniser read last, where it read the text in pieces: of a few words, read apart, it marks no end.
        """
        words, mark = normalise(text), _mark(text)
        if not words:
            return Completeness.OPEN
        if mark:
            return self._questions(words) if mark == "?" else Completeness.HANGING
        return self._by_number(words, normalise(asked)) or self._by_words(text, words, asked, piece)

    def _questions(self, words: str) -> Completeness:
        """A recogniser puts "?" behind a piece of a word or two, too: alone it proves a question only behind more of them."""
        known = self.question_words or len(words.split()) >= _SHORTEST_QUESTION
        return Completeness.COMPLETE if known else Completeness.OPEN

    def _by_words(self, text: str, words: str, asked: str, piece: str) -> Completeness:
        if self._answers(text, asked) or (" " in words and self.asks_to_repeat(text)):
            return Completeness.COMPLETE
        if self._hangs(words, ended=_body(text).endswith(_FULL_STOPS)):
            return Completeness.HANGING
        if self._closes(words) or self._is_unmarked_question(text, words):
            return Completeness.COMPLETE
        whole = piece.strip() == text.strip()
        breaks_off = _breaks_off(piece, least_words=2 if whole else _SHORTEST_PIECE)
        return Completeness.HANGING if breaks_off else Completeness.OPEN

    def _by_number(self, words: str, asked: str) -> Completeness | None:
        """Digits at the end of ``words``, of a number that was asked for or announced."""
        digits = self._digits_at_end(words)
        lengths = self._lengths(asked) or self._lengths(words)
        if not digits or not lengths:
            return None
        if digits == max(lengths):
            return Completeness.COMPLETE
        return Completeness.OPEN if digits in lengths or digits > max(lengths) else Completeness.HANGING

    def _lengths(self, words: str) -> set[int]:
        return {length for kind, lengths in self.number_lengths.items() if _contains(words, {kind}) for length in lengths}

    def _digits_at_end(self, words: str) -> int:
        count = 0
        for word in reversed(words.split()):
            if word.isdigit():
                count += len(word)
            elif word in self.digit_words:
                count += 1
            else:
                break
        return count

    def _answers(self, text: str, asked: str) -> bool:
        """Whether it is a closed answer, and was asked for one."""
        question = _last_question(asked)
        if question is None or not self.question_words:
            return False
        is_open = self._begins(question, self.question_words) and not _contains(question, self.choice_words)
        return not is_open and self.is_closed_answer(text)

    def _hangs(self, words: str, *, ended: bool) -> bool:
        hanging = self.never_last | self.hesitations
        return _ends(words, hanging if ended else hanging | self.seldom_last, self.joining_particles)

    def _closes(self, words: str) -> bool:
        request = len(words.split()) >= _SHORTEST_REQUEST and _ends(words, self.request_ends)
        return request or _ends(words, self.closings, self.joining_particles)

    def _is_unmarked_question(self, text: str, words: str) -> bool:
        """A question of a recogniser that writes no marks; one that does would have put a question mark."""
        if len(words.split()) < _SHORTEST_QUESTION or text != text.lower() or _NOT_WORD.search(text):
            return False
        return self._begins(words, self.question_words | self.question_openers)

    def _begins(self, words: str, phrases: Set[str]) -> bool:
        tokens = words.split()[:_LONGEST_PHRASE]
        heads = (" ".join(tokens[:count]) for count in range(1, len(tokens) + 1))
        return any(form in phrases for head in heads for form in _forms(head, self.joining_particles))


def normalise(text: str) -> str:
    """``text`` as it is compared."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    words = _NOT_WORD.sub(" ", _GERSHAYIM.sub("", plain.lower()))
    return " ".join(_STRETCHED.sub(r"\1", words).split())


def join(*texts: str) -> str:
    """The texts that are not empty, with spaces between."""
    return " ".join(text.strip() for text in texts if text.strip())


# -- Marks ------------------------------------------------------------------------------------


def _body(text: str) -> str:
    return text.rstrip(_CLOSING_MARKS)


def _mark(text: str) -> str:
    """The mark that ends ``text`` if it says something: "?", or one behind which the text goes on; "" otherwise."""
    body = _body(text)
    return "?" if body.endswith(("?", "?!", "؟")) else next((mark for mark in _GOES_ON if body.endswith(mark)), "")


def _breaks_off(text: str, *, least_words: int) -> bool:
    """Whether a recogniser that writes marks put none at the end. English "I" is a capital that proves nothing."""
    body = _body(text)
    if len(body.split()) < least_words or not body[-1].isalnum():
        return False
    return (body[0].isupper() and body[1].isalpha()) or _MARK_INSIDE.search(body) is not None


def _last_question(asked: str) -> str | None:
    """The question that ``asked`` ends with, normalised."""
    body = _body(asked)
    return normalise(re.split(r"[.!?]", body[:-1])[-1]) if body.endswith("?") else None


# -- Words of lists ---------------------------------------------------------------------------


def _forms(words: str, particles: Set[str]) -> Iterator[str]:
    """``words`` as they are, and without a particle that is glued to them."""
    yield words
    for particle in particles:
        if words.startswith(particle) and len(words) - len(particle) >= _SHORTEST_STEM:
            yield words[len(particle) :]


def _contains(words: str, phrases: Set[str]) -> bool:
    return any(f" {phrase} " in f" {words} " for phrase in phrases)


def _ends(words: str, phrases: Set[str], particles: Set[str] = frozenset()) -> bool:
    tokens = words.split()[-_LONGEST_PHRASE:]
    tails = (" ".join(tokens[start:]) for start in range(len(tokens)))
    return any(form in phrases for tail in tails for form in _forms(tail, particles))


def _made_of(words: str, phrases: Set[str], particles: Set[str] = frozenset()) -> bool:
    """Whether ``words`` are nothing but phrases of the list, one after the other."""
    tokens = words.split()
    if not 0 < len(tokens) <= _LONGEST_ANSWER:
        return False
    reached = {0}
    for end in range(1, len(tokens) + 1):
        pieces = (" ".join(tokens[start:end]) for start in reached)
        if any(form in phrases for piece in pieces for form in _forms(piece, particles)):
            reached.add(end)
    return len(tokens) in reached
