"""``python -m tests.integration.failure_matrix FILE``: every fault in every stage, with and without another vendor, as a table.

The table stands between two marks in FILE (``docs/vendors.md``) and is replaced. What is in it was heard in this run.
"""

import asyncio
import logging
import sys
import tempfile
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import pytest

from common.messages import Stage
from tests.authority import service_account
from tests.integration.faulty_house import FALLBACKS, Heard, faulty_house
from tests.vendors.faults import ENDINGS, FORGOTTEN, NO_SUCH_NAME, OVER_HTTP, UNTRUSTED, WAYS

BEGIN, END = "<!-- the table: python -m tests.integration.failure_matrix -->\n", "<!-- end of the table -->\n"
_AT_ONCE = 4
"""Calls; more would make each other late."""


@dataclass(frozen=True)
class Case:
    """One cell of the table."""

    stage: Stage
    fault: str
    another: bool
    """Whether there is another vendor behind the one that fails."""


PLAYED: ContextVar[Case | None] = ContextVar("PLAYED", default=None)
"""The case that a task belongs to: others go on beside it."""
FAULTS: dict[Stage, list[str]] = {stage: [*OVER_HTTP, *(ENDINGS if stage == "llm" else ()), *WAYS] for stage in get_args(Stage)}
CASES = [Case(stage, fault, another) for stage, faults in FAULTS.items() for fault in faults for another in (False, True)]


async def outcomes(cases: list[Case] = CASES) -> dict[Case, list[Heard]]:
    """What is heard in each case."""
    room = asyncio.Semaphore(_AT_ONCE)

    async def one(case: Case) -> list[Heard]:
        PLAYED.set(case)
        async with room:
            with tempfile.TemporaryDirectory() as folder:
                return await _outcome(case, Path(folder))

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as environment:
        environment.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(service_account(Path(folder))))  # for whom Google is reached over TLS
        async with asyncio.TaskGroup() as tasks:
            running = {case: tasks.create_task(one(case)) for case in cases}
    return {case: task.result() for case, task in running.items()}


async def _outcome(case: Case, folder: Path) -> list[Heard]:
    if case.fault in (NO_SUCH_NAME, UNTRUSTED):  # which it is from the start; before it, fixed phrases were made
        async with faulty_house(folder):
            pass
    async with faulty_house(folder, (case.stage, case.fault), **(FALLBACKS[case.stage] if case.another else {})) as house:
        if case.fault == FORGOTTEN:  # two callers leave connections that lie idle
            await asyncio.gather(house.ask("CA2"), house.ask("CA3"))
        house.fail(case.stage, case.fault)
        return await house.ask()


def table(results: dict[Case, list[Heard]]) -> str:
    """The results as Markdown."""
    lines = ["| stage | fault | one vendor | another behind it |", "|---|---|---|---|"]
    for case in results:
        if not case.another:
            alone, helped = results[case], results[Case(case.stage, case.fault, True)]
            lines.append(f"| {case.stage.upper()} | {case.fault} | {_told(alone)} | {_told(helped)} |")
    return "\n".join(lines) + "\n"


def _told(heard: list[Heard]) -> str:
    return ", ".join(f"{each.what}{' (cut)' if each.cut else ''} {each.at_s:.1f}" for each in heard) or "nothing"


def main(path: Path) -> None:
    """Replace the table in the file."""
    logging.disable(logging.CRITICAL)
    before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    path.write_text(before + BEGIN + table(asyncio.run(outcomes())) + END + after, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
