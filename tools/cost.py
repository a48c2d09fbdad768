"""``python -m tools.cost [LOG ...]``: what calls cost, from the ``COST`` lines of gateways' logs (default: standard input).

A line for each day, agent and model. *Dropped* was spent on drafts that the caller went on over, *unheard* on speech behind the
last word that was heard; both are part of the sum. ``?`` stands where a model has no price (docs/cost.md).
"""

import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from common.command_line import EXIT_USAGE, Parser

EXIT_DONE = 0
_FIELD = re.compile(r" ([^\s=]+)=(\S+)")
_COLUMNS = ("day", "agent", "stage/vendor/model", "calls", "requests", "estimated")
_UNITS = ("seconds", "input_tokens", "output_tokens", "characters")
_FATES = ("usd_of_use", "usd_dropped", "usd_unheard")
_HEAD = (*_COLUMNS, *_UNITS, "usd", "dropped", "unheard")


@dataclass(slots=True)
class Sum:
    """Of a day, agent and model."""

    calls: set[str] = field(default_factory=set)
    amounts: dict[str, float] = field(default_factory=dict)
    unknown: bool = False

    def add(self, call: str, told: str) -> None:
        """Take in what one call's line tells of the model."""
        self.calls.add(call)
        for amount in told.split(","):
            name, _, value = amount.partition(":")
            if value == "unknown":
                self.unknown = True
            else:
                self.amounts[name] = self.amounts.get(name, 0.0) + float(value)

    def cells(self) -> list[str]:
        """What stands behind day, agent and model."""
        counts = [f"{self.amounts.get(name, 0):g}" for name in ("requests", "estimated")]
        units = [f"{self.amounts.get(unit, 0):.10g}" for unit in _UNITS]
        of_use, dropped, unheard = (self.amounts.get(fate, 0.0) for fate in _FATES)
        usd = ["?", "?", "?"] if self.unknown else [f"{each:.4f}" for each in (of_use + dropped + unheard, dropped, unheard)]
        return [str(len(self.calls)), *counts, *units, *usd]


def table(lines: Iterable[str]) -> list[list[str]]:
    """Head and rows."""
    sums: dict[tuple[str, str, str], Sum] = {}
    for line in lines:
        if " COST " not in line:
            continue
        fields = dict(_FIELD.findall(line))
        for model, told in fields.items():
            if model.count("/") >= 2:
                sums.setdefault((fields["day"], fields["agent"], model), Sum()).add(fields["call"], told)
    return [list(_HEAD), *([*key, *sums[key].cells()] for key in sorted(sums))]


def _read(files: Sequence[str]) -> list[str]:
    if not files:
        return sys.stdin.readlines()
    lines: list[str] = []
    for name in files:
        with open(name, encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - as given
            lines += file.readlines()
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; the exit code."""
    parser = Parser(prog="python -m tools.cost", description="Sum up what calls cost.")
    parser.add_argument("logs", nargs="*", help="logs of gateways; default: standard input")
    try:
        rows = table(_read(parser.parse_args(arguments).logs))
    except OSError as error:
        sys.stderr.write(f"tools.cost: {error}\n")
        return EXIT_USAGE
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    for row in rows:
        sys.stdout.write("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n")
    return EXIT_DONE


if __name__ == "__main__":
    sys.exit(main())
