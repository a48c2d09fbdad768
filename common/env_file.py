r"""The ``.env`` file of ``make run``: one ``KEY=VALUE`` a line.

# a comment                  the line is skipped, like an empty one
KEY=value   # a comment      spaces around the value are cut off
export KEY=value             as a shell would have it
KEY='as it is # really'      nothing in it is special
KEY="with \" \\ and \n"      these three escapes
"""

import re

from common.errors import ConfigError

_KEY = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=")
_COMMENT = r"\s*(?:\s#.*)?"
_SINGLE_QUOTED = re.compile(r"\s*'([^']*)'" + _COMMENT)
_DOUBLE_QUOTED = re.compile(r'\s*"((?:[^"\\]|\\["\\n])*)"' + _COMMENT)
_PLAIN = re.compile(r"\s*([^'\"\s#].*?)?" + _COMMENT)
_ESCAPES = {r"\"": '"', r"\\": "\\", r"\n": "\n"}
_ESCAPE = re.compile(r"\\.")


def parse(text: str, name: str = ".env") -> dict[str, str]:
    """The settings in the text of the file ``name``; of a key that comes twice the last.

    Raises:
        ConfigError: naming file and line. Never the line itself, which may hold a secret.
    """
    found = {}
    for number, line in enumerate(map(str.strip, text.splitlines()), start=1):
        if not line or line.startswith("#"):
            continue
        key = _KEY.match(line)
        value = _value(line[key.end() :]) if key else None
        if key is None or value is None:
            raise ConfigError(f"{name} line {number}: takes KEY=VALUE; a value with quotes or # in it stands in quotes")
        found[key[1]] = value
    return found


def _value(raw: str) -> str | None:
    """What stands for ``raw``; None if it is not well formed."""
    if match := _SINGLE_QUOTED.fullmatch(raw):
        return match[1]
    if match := _DOUBLE_QUOTED.fullmatch(raw):
        return _ESCAPE.sub(lambda escape: _ESCAPES[escape[0]], match[1])
    if match := _PLAIN.fullmatch(raw):
        return match[1] or ""
    return None
