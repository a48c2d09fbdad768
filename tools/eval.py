"""``python -m tools.eval AGENT``: an owner's dialogues in writing, and whether the agent does what is expected in them.

They stand beside the agent, in ``<agent>.eval.toml``:

    [[dialogue]]
    name = "opening hours on a holiday"
    now = 2026-09-20T10:00:00             # by the agent's clock; absent: the real time
    language = "he"                       # absent: the agent's first
    [[dialogue.turn]]
    says = "When are you open tomorrow?"
    expects = ["closed", "Yom Kippur"]    # each is in the answer, whatever its case, points and punctuation
    forbids = ["open from"]               # none is
    calls = ["opening_hours"]             # the tools that are used, no more and no less; absent: any
    language = "en"                       # of the answer
    ends = true                           # whether the agent hangs up; absent: either
    transfers = "reception"               # where to; "": nowhere; absent: either

A dialogue in which nothing is expected, and a file without one, are faults: they would be as expected whatever is answered.

With ``LLM_VENDOR=scripted`` they run without an account, by the agent's rules. Exit codes: 0 all is as expected, 1 something is not,
4 usage, or a file that cannot be used, 5 the model does not answer.
"""

import argparse
import asyncio
import dataclasses
import json
import logging
import sys
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from common import config, logs
from common.agents.file import place_of, table_in
from common.agents.folder import HERE, named
from common.command_line import EXIT_USAGE, Parser
from common.config import Settings
from common.errors import ConfigError, VendorError
from common.language import base_language, normalised
from llm_worker.text_call import Answer, text_call

EXIT_EXPECTED, EXIT_UNMET, EXIT_NO_CONNECTION = 0, 1, 5


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """What the caller says, and what is expected then."""

    says: Annotated[str, Meta(description="what the caller says")]
    expects: Annotated[tuple[str, ...], Meta(description='words that are in the answer, like ["closed"]')] = ()
    forbids: Annotated[tuple[str, ...], Meta(description='words that are not in it, like ["open from"]')] = ()
    calls: Annotated[tuple[str, ...] | None, Meta(description='the tools that are used, like ["opening_hours"], or []')] = None
    language: Annotated[str, Meta(description='the language of the answer, like "en"')] = ""
    ends: Annotated[bool | None, Meta(description="whether the agent hangs up: true or false")] = None
    transfers: Annotated[str | None, Meta(description='where to, a name of the agent\'s [transfers]; "": nowhere')] = None


class Dialogue(msgspec.Struct, frozen=True, kw_only=True):
    """A call."""

    name: Annotated[str, Meta(description="a name, for people")]
    turn: Annotated[tuple[Turn, ...], Meta(min_length=1, description="tables [[dialogue.turn]], each with says")]
    now: Annotated[datetime | None, Meta(description="when it is, like 2026-11-24T10:00:00")] = None
    language: Annotated[str, Meta(description='the language that the call begins in, like "en"')] = ""


class Dialogues(msgspec.Struct, frozen=True):
    """A file of them."""

    dialogue: Annotated[tuple[Dialogue, ...], Meta(min_length=1, description="tables [[dialogue]], each with name and turns")]


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = Parser(prog="python -m tools.eval", description="Hold an agent to its dialogues.")
    made.add_argument("agent", help="its name, like clinic, or its file")
    made.add_argument("--file", type=Path, help="the dialogues; default: <agent>.eval.toml beside the agent")
    made.add_argument("--json", action="store_true", help="the result as JSON on standard output; words on standard error")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Hold all dialogues; the exit code."""
    options = parser().parse_args(arguments)
    try:
        settings = config.load(config.environment())
        logs.configure(settings.log_format, "eval")
        logging.getLogger("torim").setLevel(logging.WARNING)
        named(options.agent, settings)  # of an agent that is not there nobody need look for dialogues
        dialogues = read(options.file or _beside(options.agent, settings))
        results = asyncio.run(_hold_all(options.agent, dialogues, settings))
    except ConfigError as error:
        sys.stderr.write(f"tools.eval: {error}\n")
        return EXIT_USAGE
    except VendorError as error:
        sys.stderr.write(f"tools.eval: the model does not answer: {error}\n")
        return EXIT_NO_CONNECTION
    failed = sum(not result["ok"] for result in results)
    (sys.stderr if options.json else sys.stdout).write(_told(results))
    if options.json:
        sys.stdout.write(json.dumps({"agent": options.agent, "failed": failed, "dialogues": results}, ensure_ascii=False) + "\n")
    return EXIT_UNMET if failed else EXIT_EXPECTED


def _beside(agent: str, settings: Settings) -> Path:
    file = Path(agent) if agent.endswith(".toml") else (settings.agents_dir or HERE) / f"{agent}.toml"
    return file.with_suffix(".eval.toml")


def read(path: Path) -> tuple[Dialogue, ...]:
    """The dialogues in a file.

    Raises:
        ConfigError: it cannot be read, is no such file, or a dialogue of it expects nothing; with the line.
    """
    dialogues = table_in(path, Dialogues).dialogue
    for number, dialogue in enumerate(dialogues, 1):
        if all(turn == Turn(says=turn.says) for turn in dialogue.turn):
            takes = "takes expects, forbids, calls, language, ends or transfers in one of its turns at least"
            what = f"expects nothing, so it would be as expected whatever is answered; {takes}"
            raise ConfigError(f"{place_of(path, 'dialogue', str(number))}: dialogue.{number}: {what}")
    return dialogues


async def _hold_all(agent: str, dialogues: Sequence[Dialogue], settings: Settings) -> list[dict[str, Any]]:
    quick = dataclasses.replace(settings, scripted_llm_tokens_per_s=100_000.0, scripted_llm_first_token_ms=0)
    return [await _hold(agent, dialogue, quick) for dialogue in dialogues]


async def _hold(agent: str, dialogue: Dialogue, settings: Settings) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        async with text_call(agent, settings, Path(folder), language=dialogue.language, now=dialogue.now) as call:
            greeting = call.greet()
            turns = [_judged(turn, await call.say(turn.says)) for turn in dialogue.turn]
    return {"name": dialogue.name, "ok": all(turn["ok"] for turn in turns), "greeting": greeting, "turns": turns}


def _judged(turn: Turn, answer: Answer) -> dict[str, Any]:
    unmet = list(_unmet(turn, answer))
    judged = {"says": turn.says, "answers": answer.text, "language": answer.language, "tools": answer.tools, "actions": answer.actions}
    return {**judged, "ok": not unmet, "unmet": unmet}


def _unmet(turn: Turn, answer: Answer) -> list[str]:
    """What is not as expected, in words."""
    checks = [
        *((f"expects {words!r}", _has(answer.text, words)) for words in turn.expects),
        *((f"forbids {words!r}", not _has(answer.text, words)) for words in turn.forbids),
        (f"calls {list(turn.calls or ())}, not {list(answer.tools)}", turn.calls is None or turn.calls == answer.tools),
        (f"language {turn.language!r}, not {answer.language!r}", base_language(turn.language) in ("", base_language(answer.language))),
        (f"ends = {turn.ends}".lower(), turn.ends is None or turn.ends == ("hang_up" in answer.actions)),
        (f"transfers to {turn.transfers!r}, not {answer.transfer!r}", turn.transfers in (None, answer.transfer)),
    ]
    return [told for told, holds in checks if not holds]


def _has(answer: str, words: str) -> bool:
    return f" {normalised(words)} " in f" {normalised(answer)} "


def _told(results: Sequence[dict[str, Any]]) -> str:
    lines = []
    for result in results:
        lines.append(f"{'ok  ' if result['ok'] else 'FAIL'}  {result['name']}")
        for turn in result["turns"]:
            lines += [f"      caller: {turn['says']}", f"      bot:    {turn['answers']}"] if turn["unmet"] else []
            lines += [f"      unmet:  {reason}" for reason in turn["unmet"]]
    good = sum(result["ok"] for result in results)
    return "\n".join([*lines, f"{good} of {len(results)} dialogues as expected"]) + "\n"


if __name__ == "__main__":
    sys.exit(main())
