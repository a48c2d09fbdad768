"""E-mail and web addresses, as one tells them on the telephone (sans-I/O).

The scheme and what stands behind a question mark are left out: nobody can write them down. A part that has no vowel, or one letter
alone, is spelled ("www", "ly"); a part's digits are said one by one.
"""

import re

from tts_worker.front_end.names import Names
from tts_worker.front_end.scan import Rule, rule

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{,61}[A-Za-z0-9])?"
_DOMAIN = rf"(?:{_LABEL}\.)+[A-Za-z]{{2,}}"
_KNOWN = rf"(?:{_LABEL}\.)+(?:com|net|org|info|biz|io|app|dev|shop|gov|edu|il|ly)(?![\w-])"
_PATH = r"(?P<path>/[\w./~%-]*[\w~])?/?(?:[?#]\S*[\w/=&])?"
_PARTS = re.compile(r"[A-Za-z]+|\d+|[@._/-]")
_VOWELS = frozenset("aeiouy")
_SPELLED = frozenset(["ly"])


def address_rules(names: Names) -> list[Rule]:
    """How addresses are read."""

    def mail(found: re.Match[str]) -> str:
        return _spoken(found[0], names)

    def web(found: re.Match[str]) -> str:
        return _spoken(found["host"] + (found["path"] or ""), names)

    return [
        rule(rf"(?<![\w.@])[A-Za-z0-9][\w.+-]{{,63}}@{_DOMAIN}", mail),
        rule(rf"https?://(?P<host>{_DOMAIN}){_PATH}", web, re.IGNORECASE),
        rule(rf"(?<![\w.@])(?P<host>www\.{_DOMAIN}|{_KNOWN}){_PATH}", web, re.IGNORECASE),
    ]


def _spoken(address: str, names: Names) -> str:
    signs = {"@": names.at, ".": names.dot, "-": names.dash, "_": names.underscore, "/": names.slash}
    return " ".join(signs.get(part) or _part(part, names) for part in _PARTS.findall(address))


def _part(part: str, names: Names) -> str:
    if part.isdigit():
        return names.digit_by_digit(part)
    if len(part) == 1 or part.lower() in _SPELLED or not _VOWELS & set(part.lower()):
        return " ".join(part.upper())
    return part.lower()
