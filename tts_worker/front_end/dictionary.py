"""An agent's pronunciations: what is written, and how it is to be spoken (sans-I/O).

Entries are whole words, or several; the longest that fits wins, before anything else is read. Capitals do not count, nor which
kind of quotation mark a Hebrew abbreviation has. What an entry says is given to the voice as it stands, so it may be pointed.
"""

import re
from collections.abc import Mapping

from tts_worker.front_end.scan import Rule, rule


def dictionary_rules(entries: Mapping[str, str]) -> list[Rule]:
    """How the entries are read."""
    if not entries:
        return []
    spoken = {_plain(written): spoken for written, spoken in entries.items()}
    words = sorted(spoken, key=len, reverse=True)
    pattern = "|".join(re.escape(word).replace('"', '["״“”]').replace("'", "['׳’]") for word in words)
    return [rule(rf"(?<!\w)(?:{pattern})(?!\w)", lambda found: spoken[_plain(found[0])], re.IGNORECASE)]


def _plain(written: str) -> str:
    """The form in which spellings of one entry are the same."""
    return re.sub("['׳’]", "'", re.sub('["״“”]', '"', " ".join(written.split()))).casefold()
