"""Whisper's tokens as text, and text as its tokens.

Its vocabulary is GPT-2's: a token is a piece of UTF-8, written with one printable letter a byte,
because the file that holds it is text. Bytes that print stand for themselves; the others take the
letters from U+0100 on, in order. Special tokens look like ``<|he|>``.

Text becomes tokens by taking the longest one that fits, each time. The model's own way (merges by rank, of which its folder here has
no list) may cut a word elsewhere; it reads either.
"""

from collections.abc import Collection, Iterable

_PRINTABLE = (*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100))
_HIDDEN = tuple(byte for byte in range(256) if byte not in _PRINTABLE)
_BYTES = {chr(byte): byte for byte in _PRINTABLE} | {chr(0x100 + number): byte for number, byte in enumerate(_HIDDEN)}

_LETTERS = {byte: letter for letter, byte in _BYTES.items()}
_LONGEST = 32
"""Letters of a token, at most: longer ones are rules of dashes and the like."""

_DIRECTION_MARKS = dict.fromkeys(map(ord, "\u200e\u200f\u202a\u202b\u202c\u202d\u202e"))


def text_of(tokens: Iterable[str]) -> str:
    """What the tokens say, without special tokens and marks of writing direction; a letter cut in half is left out."""
    spoken = (token for token in tokens if not token.startswith("<|"))
    text = bytes(_BYTES[letter] for token in spoken for letter in token).decode("utf-8", errors="ignore")
    return text.translate(_DIRECTION_MARKS).strip()


def tokens_of(text: str, vocabulary: Collection[str]) -> list[str]:
    """The tokens that say ``text``; what the vocabulary does not have is left out."""
    letters = "".join(_LETTERS[byte] for byte in text.encode())
    tokens, at = [], 0
    while at < len(letters):
        fitting = (letters[at:end] for end in range(min(len(letters), at + _LONGEST), at, -1))
        token = next((each for each in fitting if each in vocabulary), "")
        tokens += [token] if token else []
        at += len(token) or 1
    return tokens
