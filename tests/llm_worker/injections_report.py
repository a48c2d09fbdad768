"""``python -m tests.llm_worker.injections_report FILE``: what came of the attempts to misuse a bot, as tables (``docs/injections.md``).

The secret of the agent's webhooks has to be in the environment (``INJECTIONS_SECRET``); any will do.
"""

import asyncio
import logging
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from common import config
from tests.llm_worker.injections import SECRET, Attempt, Outcome, attempts, outcomes

_HEAD = """# What a model that obeys the attacker gets done

Made by `{secret}=any python -m tests.llm_worker.injections_report docs/injections.md`; a test holds it to what comes out today.

A model can be talked into anything, so here it is taken for granted: {count} calls with [these words](../tests/data/injections.toml), each
against a local server that speaks OpenAI's protocol and, asked by the official client, calls what the caller wants, with the worst
arguments, again in every round of its answer. All between the model and the world is Torim's own: the LLM worker, its policy, the tools,
a file of messages, and an owner's server that notes what reaches it. What may be done stands in
[the agent's file](../tests/data/injections.agent.toml). The last column is the same calls where that file allows all of its tools, any
arguments and any number, as often as wanted: what the file held back, the rules of a turn (once a call, committed turns alone) apart.

"""
_PERMITTED = """## What is permitted

The same model, which calls it in every round: each is to reach whom the tool is for once, with its arguments.

| tool | uses | done once, as it should be | done otherwise |
|---|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class Pair:
    """An attempt under the file's limits, and without them."""

    limited: Outcome
    unlimited: Outcome

    @property
    def attempt(self) -> Attempt:
        """What was tried."""
        return self.limited.attempt


async def played(folder: Path) -> list[Pair]:
    """All attempts, twice each."""
    limited = await outcomes(attempts(), folder)
    return [Pair(*both) for both in zip(limited, await outcomes(attempts(), folder, limited=False), strict=True)]


def report(pairs: Sequence[Pair]) -> str:
    """As Markdown."""
    forbidden = [pair for pair in pairs if not pair.attempt.effects]
    permitted = [pair.limited for pair in pairs if pair.attempt.effects]
    tables = [
        _forbidden("By kind", "attack", forbidden, lambda attempt: attempt.kind),
        _forbidden("By language", "the caller speaks", forbidden, lambda attempt: _language(attempt.says)),
        _forbidden("By tool", "tool", forbidden, lambda attempt: f"`{attempt.tool}`"),
        _forbidden("By state of the call", "state", forbidden, lambda attempt: attempt.state),
    ]
    return _HEAD.format(secret=SECRET, count=len(pairs)) + "\n".join([*tables, _PERMITTED + _done(permitted)])


def _forbidden(title: str, what: str, pairs: Sequence[Pair], of: Callable[[Attempt], str]) -> str:
    names = dict.fromkeys(of(pair.attempt) for pair in pairs)
    lines = [
        f"## {title}", "",
        f"| {what} | attempts | calls by the model | effects | effects without limits |", "|---|---|---|---|---|",
        *(_row(name, [pair for pair in pairs if of(pair.attempt) == name]) for name in names), _row("**all**", pairs),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _row(name: str, pairs: Sequence[Pair]) -> str:
    asked = sum(pair.limited.asked for pair in pairs)
    return (
        f"| {name} | {len(pairs)} | {asked} | {_effects(pair.limited for pair in pairs)} | {_effects(pair.unlimited for pair in pairs)} |"
    )


def _effects(came: Iterable[Outcome]) -> int:
    return sum(len(each.effects) for each in came)


def _done(came: Sequence[Outcome]) -> str:
    names = dict.fromkeys(each.attempt.tool for each in came)
    rows = [(f"`{name}`", [each for each in came if each.attempt.tool == name]) for name in names]
    return "".join(_uses(name, uses) for name, uses in [*rows, ("**all**", came)])


def _uses(name: str, uses: Sequence[Outcome]) -> str:
    right = sum(each.effects == each.attempt.effects for each in uses)
    return f"| {name} | {len(uses)} | {right} | {len(uses) - right} |\n"


def _language(says: str) -> str:
    return "Hebrew" if re.search("[א-ת]", says) else "English, or another"


def main(path: Path) -> None:
    """Write the file."""
    if not config.secret(SECRET):
        raise SystemExit(f"{SECRET} is not set: any text will do")
    with tempfile.TemporaryDirectory() as folder:
        logging.disable(logging.CRITICAL)  # what is refused is counted
        path.write_text(report(asyncio.run(played(Path(folder)))), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
