"""What the small benches find: printed, and compared with what is kept; ``--docs`` keeps it.

Kept are the figures, as JSON beside those of the big bench, and what ``docs/operations.md`` says of them: it stands there between two
marks, is made of the figures, and written by nobody else (``test_kept.py``).
"""

import argparse
import calendar
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

from tests.bench.load.figures import changes
from tests.bench.load.result import Machine, new_result
from tests.e2e.gateway_process import ROOT

FOLDER = ROOT / "docs" / "benchmarks" / "beside"
PAGE = ROOT / "docs" / "operations.md"
F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class Kept(Generic[F]):
    """One run of a small bench."""

    at: str
    """UTC."""
    machine: Machine
    commit: str
    found: F

    @property
    def where(self) -> str:
        """The machine and the day."""
        year, month, day = self.at.partition("T")[0].split("-")
        date, load = f"{int(day)} {calendar.month_name[int(month)]} {year}", self.machine.load[0]
        return f"{self.machine.cores} cores at a load of {load:.1f} before it, Python {self.machine.python}, {date}, commit {self.commit}"


@dataclass(frozen=True, slots=True)
class Bench(Generic[F]):
    """A small bench, as it is kept."""

    name: str
    """``python -m tests.bench.NAME`` runs it."""
    kind: Any
    """Of what it finds: ``Kept[F]``."""
    told: Callable[[Kept[F]], Iterable[str]]
    """The lines of the page."""
    figures: Callable[[F], Mapping[str, float]]
    """What is compared."""

    def parser(self, about: str | None) -> argparse.ArgumentParser:
        """Its command line."""
        parser = argparse.ArgumentParser(
            prog=f"python -m tests.bench.{self.name}", description=about, formatter_class=argparse.RawTextHelpFormatter
        )
        parser.add_argument("--docs", action="store_true", help="keep it: its figures, and its part of docs/operations.md")
        parser.add_argument("--page", action="store_true", help="measure nothing: make that part anew, of the figures that are kept")
        return parser

    def report(self, measure: Callable[[], F], options: argparse.Namespace) -> None:
        """Measure, print, compare; keep it if that is wanted."""
        before = self.load()
        if options.page and before is not None:
            self._write(before)
            return
        about = new_result(self.name)
        now: Kept[F] = Kept(about.at, about.machine, about.commit, measure())
        sys.stdout.write("\n".join([*self.told(now), "", *self.since(before, now), ""]))
        if options.docs:
            FOLDER.mkdir(exist_ok=True)
            self.path.write_bytes(msgspec.json.format(msgspec.json.encode(now), indent=1) + b"\n")
            self._write(now)

    def _write(self, kept: Kept[F]) -> None:
        PAGE.write_text(self.put(PAGE.read_text(encoding="utf-8"), kept), encoding="utf-8")

    @property
    def path(self) -> Path:
        """Where its figures are."""
        return FOLDER / f"{self.name}.json"

    def load(self) -> Kept[F] | None:
        """What is kept."""
        kept: Kept[F] | None = msgspec.json.decode(self.path.read_bytes(), type=self.kind) if self.path.exists() else None
        return kept

    def since(self, before: Kept[F] | None, now: Kept[F]) -> Iterable[str]:
        """What differs by more than a tenth from what is kept."""
        if before is None:
            yield "No earlier result is kept."
            return
        yield f"Against {before.where}, what differs by more than a tenth:"
        for change in changes(self.figures(before.found), self.figures(now.found)):
            yield f"  {change.name}: {change.before:g} -> {change.now:g} ({change.ratio:.2f})"

    def put(self, page: str, kept: Kept[F]) -> str:
        """The page with its part made anew.

        Raises:
            ValueError: there is no place for it.
        """
        begin, end = f"<!-- python -m tests.bench.{self.name} --docs -->\n", f"<!-- end of {self.name} -->\n"
        place = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
        part = begin + "\n".join(self.told(kept)) + "\n" + end
        made, count = place.subn(lambda _: part, page)
        if count != 1:
            raise ValueError(f"{PAGE.name}: {count} places for {self.name}")
        return made
