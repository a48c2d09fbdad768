"""``python -m tools.replay RECORD``: run the core once more on a recorded call.

The commands and the playout's sound must be the same to the bit. With ``--set`` it shows what would
have changed.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from textwrap import fill

from common.command_line import EXIT_USAGE, Parser
from common.errors import TorimError
from common.version import VERSION
from gateway.records.format import Lost, Record, RecordError
from tools.recorded.compare import compare
from tools.recorded.hearing import HEARING_SETTINGS, Hearing
from tools.recorded.rerun import read
from tools.recorded.what_if import RULE_SETTINGS, rules_with, side_by_side

EXIT_SAME, EXIT_DIFFERENT = 0, 1
_SETTINGS = (*RULE_SETTINGS, *HEARING_SETTINGS)
_EPILOG = f"""\
With --set the caller's sound and keys and the workers' messages stay as they were recorded, whatever the
core does now: words of a piece that is not published any more come all the same, and those of a piece that is
published only now never come. So it shows where the calls part, and means less with every turn after that. The
provider's marks come back when their sound was played, once the calls have parted.

--set takes these settings, with the values that they take in .env:
{fill(", ".join(_SETTINGS), 110, initial_indent="  ", subsequent_indent="  ")}.
With {", ".join(HEARING_SETTINGS)} the recorded frames are heard anew, as a gateway with these
settings would here (.env and environment hold for the rest).

exit codes: 0 the same (with --set: it was shown), 1 different, 4 the record cannot be read, or usage
"""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = Parser(
        prog="python -m tools.replay",
        description="Run the core once more on a recorded call: is it the same to the bit?",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("record", type=Path, help="a file of RECORD_DIR, or of python -m tests.sim SEED --record")
    made.add_argument("--set", dest="changes", metavar="NAME=VALUE", action="append", default=[], help="what would have changed?")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; the exit code."""
    options = parser().parse_args(arguments)
    try:
        record = read(options.record)
        _warn(record)
        return _show_changes(options.record, record, options.changes) if options.changes else _show_sameness(record)
    except (OSError, TorimError, ValueError) as error:
        sys.stderr.write(f"tools.replay: {error}\n")
        return EXIT_USAGE


def _warn(record: Record) -> None:
    """What a reader should know of the record."""
    lost = [entry.entries for entry in record.entries if isinstance(entry, Lost)]
    if record.header.torim != VERSION:
        sys.stderr.write(f"the record was made by Torim {record.header.torim}, this is {VERSION}\n")
    if not record.complete:
        sys.stderr.write("the record was cut off: the process was killed, or the call goes on\n")
    if lost:
        sys.stderr.write(f"the disk was too slow: {sum(lost)} entries are missing; replayed up to the first gap\n")


def _show_sameness(record: Record) -> int:
    found = compare(record)
    if found.difference:
        sys.stdout.write("\n".join(found.difference) + "\n")
        sys.stdout.write(f"different after {found.steps} steps, {found.seconds:.2f} s of the call\n")
        return EXIT_DIFFERENT
    sys.stdout.write(f"the same to the bit: {found.steps} steps, {found.seconds:.2f} s of the call\n")
    return EXIT_SAME


def _show_changes(path: Path, record: Record, words: Sequence[str]) -> int:
    changes = dict(_change(word) for word in words)
    rules = rules_with(record.header.rules, changes)
    ear = Hearing(changes) if changes.keys() & set(HEARING_SETTINGS) else None
    if ear is not None:
        rules = replace(rules, onset=ear.onset)
    try:
        lines, differing = side_by_side(record, rules, ear, " ".join(words))
    except RecordError as error:
        raise RecordError(f"{path}: {error}") from None
    sys.stdout.write("\n".join(lines) + f"\n{differing} turns differ\n")
    return EXIT_SAME


def _change(word: str) -> tuple[str, str]:
    name, equals, value = word.partition("=")
    if not equals:
        raise ValueError(f"--set {word}: takes NAME=VALUE")
    if name.upper() not in _SETTINGS:
        raise ValueError(f"--set {word}: takes one of {', '.join(_SETTINGS)}")
    return name.upper(), value


if __name__ == "__main__":
    sys.exit(main())
