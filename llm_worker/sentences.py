"""Cuts a reply into pieces to be spoken, while it streams (sans-I/O).

    push("Sure, we open at 9.") -> []            a full stop may still turn out to be "9.30"
    push("30. Shall I")         -> ["Sure, we open at 9.30."]
    flush()                     -> ["Shall I"]

Rules:

- A piece ends at a newline, or at ``. ! ? …`` with what closes behind it (quotes, brackets, stars),
  once a blank and the next word's first letter have come: a mark inside "3.5", "10:30" or
  "example.com" is none, and what follows decides about "5 p.m." and about quoted speech.
- Titles, initials and the number of a list entry end nothing ("Dr. Levi", "J. Smith", "א. ב. יהושע", "1. Bread"). In a list that stands
  in a line, each entry is a piece ("You can: 1. Come in" | "2. Call us").
  Hebrew marks its abbreviations inside or behind the word without a full stop (ד"ר, רח', וכו'),
  so only the dotted ones (ת.ז.) and those that some write with one (פרופ. לוי) need care.
- The first piece may end at a clause already, so that the first sound leaves early; it is long
  enough then to be spoken while the next one is synthesised.
- No piece is longer than ``max_chars``: past that it ends at its last clause, else at a blank.
- What is for the eye alone is taken out: stars, headings, bullets, tables, tags, addresses behind links, emoji. A piece without
  a letter or digit is no piece. Numbers and addresses stay as they are written: the voice's front end reads them.

Where the cuts fall depends on the text alone, not on how it was split into pushes, so that a second
attempt which says the same words makes the same sentences.
"""

import re

from common.marks import without_marks

MAX_CHARS = 180
"""About 12 s of speech: what is cut off by an interruption is said again from the start of its piece."""
CLAUSE_CHARS = 24
"""About 1.7 s of speech, more than the synthesis of the next piece takes."""


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


_TITLES = _words("dr mr mrs ms prof rev gen col capt lt sgt st vs approx e.g i.e פרופ רח")
_BEFORE_NUMBERS = _words("no p fig ext apt tel bldg jan feb mar apr jun jul aug sep sept oct nov dec מס עמ טל")
_ENDING = _words(
    "a.m p.m etc inc ltd co corp jr sr u.s st ave rd blvd appt dept no mon tue tues wed thu thurs fri sat sun "
    "min mins sec secs hr hrs wk wks yr yrs ft oz lb lbs tel ext apt"
)
"""Abbreviations that often stand at the end of a sentence: the next word's first letter decides."""
_STREET = re.compile(r"\d\s+(?:[A-Z]\w*\s+)+$")
"""What stands before St. where it is no saint's: a number and a name."""
_LABEL = re.compile(r"(?:^|\s)[ובכלמהש]{0,2}(?:קומה|כיתה|כניסה|אגף|בניין|סעיף|שלב|קבוצה|דירה|יום)\s+$")
"""Before a letter that is no initial."""

_QUOTES = "\"'”’»״)]"
_CLOSERS = re.escape(_QUOTES + "}*_`")
_END = re.compile(rf"(?P<mark>[.!?…]+)(?P<closers>[{_CLOSERS}]*)(?:</\w+>)*(?=\s+(?P<next>\S))|(?P<line>\n)")
_CLAUSE = re.compile(r"[,;:](?=\s+\S)|(?<=\s)[-–—](?=\s+\S)|—(?=\S)")
_LAST_WORD = re.compile(r"(\S+)$")
_NUMBER = re.compile(r"(?<!\S)(\d{1,2})$")
"""Before a full stop, what may count an entry."""
_ENTRY = re.compile(r"(?:^|:)\s*(\d{1,2})\.\s")
_OPEN = re.compile(r"\[[^\]]*$|\]\([^)]*$|<[A-Za-z/!][^<>]*$")
"""A link or a tag that has not ended."""


class SentenceCutter:
    """One reply's text in, speakable pieces out."""

    def __init__(self, *, max_chars: int = MAX_CHARS, clause_chars: int = CLAUSE_CHARS) -> None:
        self._max_chars = max_chars
        self._clause_chars = clause_chars
        self._buffer = ""
        self._first = True
        self._line_start = True
        self._before = ""
        """The piece before the buffer."""
        self._entry = 0
        """The last entry of a list in a line."""

    def push(self, text: str) -> list[str]:
        """The pieces that ``text`` completes."""
        self._buffer += text
        return self._take_pieces()

    def flush(self) -> list[str]:
        """What is left, at the end of the reply; the cutter is then as good as new but for its first piece."""
        pieces = self._take_pieces()
        rest, self._buffer, self._before, self._entry = self._buffer, "", "", 0
        return [*pieces, *self._speak(rest)]

    def _take_pieces(self) -> list[str]:
        pieces: list[str] = []
        while (cut := self._next_cut()) is not None:
            raw, self._buffer = self._buffer[:cut], self._buffer[cut:]
            pieces += self._speak(raw)
            self._line_start = raw.endswith("\n")
            self._entry = 0 if self._line_start else max([self._entry, *map(int, _ENTRY.findall(raw))])
            self._before = raw
        return pieces

    def _speak(self, raw: str) -> list[str]:
        spoken = without_marks(raw)
        self._first = self._first and not spoken
        return [spoken] if spoken else []

    # --- Where to cut

    def _next_cut(self) -> int | None:
        """The end of the first piece in the buffer, if that is certain."""
        cuts = [cut for cut in (self._sentence_end(), self._clause_end()) if cut is not None]
        cut = min(cuts, default=len(self._buffer))
        if cut > self._max_chars:
            return self._forced_cut()
        return cut if cuts else None

    def _sentence_end(self) -> int | None:
        entry = self._entry
        for found in _END.finditer(self._buffer):
            if found["line"]:
                return found.end()
            if (number := self._entry_before(found, entry)) is not None:
                if int(number[1]) > 1 and self._buffer[: number.start()].strip():
                    return number.start()
                entry = int(number[1])
            elif self._ends(found):
                return found.end()
        return None

    def _entry_before(self, found: re.Match[str], last: int) -> re.Match[str] | None:
        """The number of a list's first entry, behind a colon, or of the one behind its ``last``."""
        number = _NUMBER.search(self._buffer, 0, found.start()) if found["mark"] == "." and not found["closers"] else None
        if number is None:
            return None
        first = number[1] == "1" and f"{self._before}{self._buffer[: number.start()]}".rstrip().endswith(":")
        return number if first or (last and int(number[1]) == last + 1) else None

    def _ends(self, found: re.Match[str]) -> bool:
        before = self._buffer[: found.start()]
        if _OPEN.search(before):
            return False
        if found["mark"] == "." and not found["closers"]:
            return self._full_stop_ends(before, found["next"])
        quoted = any(closer in _QUOTES for closer in found["closers"])
        if quoted and found["next"] == "ו":
            return False
        return not (_continues(found["next"]) and (quoted or found["mark"][-1] == "…" or found["mark"].endswith("..")))

    def _full_stop_ends(self, before: str, following: str) -> bool:
        last = _LAST_WORD.search(before)
        word = last[1].lstrip(_QUOTES + "([*_") if last else ""
        ahead = before[: len(before) - len(word)]
        if _listed(word, _TITLES) and not (word == "St" and _STREET.search(ahead)):
            return False
        if _initial(word) and not _LABEL.search(ahead):
            return False
        if _listed(word, _BEFORE_NUMBERS) and following.isdigit():
            return False
        if word.isdigit() and self._line_start and before.strip() == word:
            return False
        dotted = "." in word and all(len(part) <= 2 and not part.isdigit() for part in word.split("."))
        if dotted and not word.isascii():
            return False
        return not (_continues(following) and (dotted or word.lower() in _ENDING))

    def _clause_end(self) -> int | None:
        if not self._first:
            return None
        for found in _CLAUSE.finditer(self._buffer):
            if found.end() >= self._clause_chars and not _OPEN.search(self._buffer[: found.start()]):
                return found.end()
        return None

    def _forced_cut(self) -> int:
        within = self._buffer[: self._max_chars]
        if opened := _OPEN.search(within):
            within = within[: opened.start()] or within
        clauses = [found.end() for found in _CLAUSE.finditer(within) if found.end() >= self._clause_chars]
        if clauses:
            return clauses[-1]
        blank = within.rfind(" ")
        return blank + 1 if blank > 0 else len(within)


def _listed(word: str, words: frozenset[str]) -> bool:
    """Whether it is one of them, perhaps behind a Hebrew particle; a short one with a particle is rather another word (ברח)."""
    word = word.lower()
    return word in words or ("א" <= word[:1] <= "ת" and len(word) > 3 and word[1:] in words)


def _initial(word: str) -> bool:
    return len(word) == 1 and word != "I" and (word.isupper() or "א" <= word <= "ת")


def _continues(letter: str) -> bool:
    """Whether the next word's first letter shows that the sentence goes on (Hebrew letters never do)."""
    return "a" <= letter <= "z"
