"""``python -m tools.env_example`` prints ``.env.example``: every setting of ``common/config.py`` with its default."""

import dataclasses
import inspect
import re
import sys
from typing import Any

from common.config import Settings

_HEAD = """\
# Settings of Torim. Copy this file to .env, take the # from a line and change its value;
# `make run` reads it. What stands in the real environment wins over it.
"""
_SECTION_OR_FIELD = re.compile(r"^    (?:# (?P<section>.+)|(?P<field>[a-z_0-9]+):.*)$", re.MULTILINE)


def env_example() -> str:
    """The file's text, in the order and with the headings of the settings' source."""
    fields = {field.name: field for field in dataclasses.fields(Settings)}
    lines = [_HEAD.rstrip()]
    for match in _SECTION_OR_FIELD.finditer(inspect.getsource(Settings)):
        if match["section"]:
            lines += ["", f"# --- {match['section']}"]
        elif match["field"] in fields:
            lines += ["", *_entry(fields[match["field"]])]
    return "\n".join(lines) + "\n"


def _entry(field: "dataclasses.Field[Any]") -> list[str]:
    return [f"# {field.metadata['doc']}", f"#{field.name.upper()}={_shown(field.default)}"]


def _shown(default: object) -> str:
    """The default as it would be written; a quoted text where it is not one plain word."""
    if default is None:
        return ""
    if isinstance(default, bool):
        return "1" if default else "0"
    text = str(default)
    return text if re.fullmatch(r"[\w./~:-]*", text) else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


if __name__ == "__main__":
    sys.stdout.write(env_example())
