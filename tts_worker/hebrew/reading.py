"""What vowel points leave open: which syllable is stressed, which shva is spoken, which kamatz is an o.

Hebrew stresses the last syllable, and these patterns the one before it:

    segolates            two vowels e-e, o-e or e-a around the middle of a closed word: בֹּ֫קֶר, רֶ֫גַע
    -ayim, -ayit         a dual, and what sounds like it: שָׁעָ֫תַיִם, בַּ֫יִת
    verbs of the past    endings -ti, -nu: קָבַ֫עְתִּי, דִּבַּ֫רְנוּ; pronouns in -nu: אֲנַ֫חְנוּ

A shva at the head of a word is spoken where nobody can say the two consonants together (the first
of them is ל מ נ ר י, the second a throat letter) and after the prefix ב. The rules know no grammar, so they err on some words.

Marks are those that phonikud reads: U+05AB on the stressed letter, U+05BD on a spoken shva.
"""

import re

from tts_worker.hebrew.vowels import DAGESH

STRESS = "\u05ab"
SPOKEN = "\u05bd"

_SHVA, _HIRIK, _TSERE, _SEGOL, _PATAH, _KAMATZ, _HOLAM = "\u05b0\u05b4\u05b5\u05b6\u05b7\u05b8\u05b9"
_VOWELS = frozenset("\u05b1\u05b2\u05b3\u05b4\u05b5\u05b6\u05b7\u05b8\u05b9\u05bb\u05c7")
_WORD = re.compile(rf"[א-ת][א-ת{STRESS}\u05b0-\u05c7]*")
_LETTER = re.compile(rf"([א-ת])([{STRESS}\u05b0-\u05c7]*)")

_THROAT = frozenset("אהחע")
_SEGOLATES = {(_SEGOL, _SEGOL), (_TSERE, _SEGOL), (_HOLAM, _SEGOL), (_SEGOL, _PATAH), (_HOLAM, _PATAH)}
_ALL = re.compile(f"(כ{DAGESH}?){_KAMATZ}ל")

_Letters = list[tuple[str, str]]


def marked(pointed: str) -> str:
    """Pointed text with marks for stress and spoken shva."""
    return _WORD.sub(lambda word: _marked_word(word.group()), pointed)


def _marked_word(word: str) -> str:
    if _ALL.fullmatch(word):
        return _ALL.sub(rf"\1{_HOLAM}ל", word)  # kol, "all": the one frequent word whose kamatz is an o
    letters = _LETTER.findall(word)
    stressed = None if STRESS in word else _stressed_before_the_last(letters)
    spoken = _first_shva_is_spoken(letters)
    return "".join(
        letter + points + (SPOKEN if spoken and at == 0 else "") + (STRESS if at == stressed else "")
        for at, (letter, points) in enumerate(letters)
    )


def _stressed_before_the_last(letters: _Letters) -> int | None:
    """Index of the letter whose vowel is stressed, where that is the last but one; None: the last."""
    voiced = [at for at in range(len(letters)) if _vowel(letters, at)]
    if len(voiced) < 2:
        return None
    before, last = voiced[-2:]
    pair = _vowel(letters, before), _vowel(letters, last)
    closed = last < len(letters) - 1 and letters[-1][0] not in "הא"
    segolate = closed and pair in _SEGOLATES
    dual = closed and pair[0] == _PATAH and pair[1] == _HIRIK and letters[last][0] == "י"
    past = len(letters) > 3 and _is_ending(letters)
    return before if segolate or dual or past else None


def _vowel(letters: _Letters, at: int) -> str:
    """The vowel after a letter: a point, or the letter ו itself with a dot in it; empty: none."""
    letter, points = letters[at]
    own = next((point for point in points if point in _VOWELS), "")
    return own or (DAGESH if letter == "ו" and DAGESH in points else "")


def _is_ending(letters: _Letters) -> bool:
    """-ti after a consonant, -nu."""
    (before, points), (letter, last_points) = letters[-2:]
    if before == "ת" and letter == "י":
        return _HIRIK in points and _SHVA in letters[-3][1]
    return before == "נ" and letter == "ו" and DAGESH in last_points


def _first_shva_is_spoken(letters: _Letters) -> bool:
    if len(letters) < 3 or _SHVA not in letters[0][1]:
        return False
    return letters[0][0] in "למנריב" or letters[1][0] in _THROAT
