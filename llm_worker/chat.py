"""``python -m llm_worker.chat AGENT``: talk to an agent in writing. It answers as it would on the line, by the same code.

    bot: Maple Street Books, hello! What can I do for you?
    you: Are you open on Saturday?
         [opening_hours {"day": "Saturday"}: On Saturday, November 28, we are open from 10:00 to 17:00.]
    bot: On Saturday, November 28, we are open from 10:00 to 17:00. Can I help you with anything else?
    you: No, that is all
    bot: Thank you for calling Maple Street Books. Goodbye!
         [hang_up]

A line is a turn; an empty one, the end of the input, or Ctrl-C ends the call. In brackets stands what a caller does not hear: which
tools the model called, and what it was told; then what is done with the call. Lines of a file are shown as if they were typed. Messages
that you leave are thrown away. Without an account rules answer in a model's place, and it says so.
"""

import argparse
import asyncio
import logging
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from typing import TextIO

from common import config, logs
from common.command_line import EXIT_USAGE, Parser
from common.config import Settings
from common.errors import ConfigError, VendorError
from common.vendors import choose_vendors
from llm_worker.text_call import Answer, text_call

EXIT_OVER, EXIT_NO_CONNECTION = 0, 5
_INDENT = " " * len("bot: ")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = Parser(prog="python -m llm_worker.chat", description="Talk to an agent in writing.")
    made.add_argument("agent", help="its name, like clinic, or its file")
    made.add_argument("--language", default="", help="one of the agent's languages; default: its first")
    made.add_argument("--now", type=_moment, help="when it is for the agent, like 2026-12-31T10:00; default: the real time")
    return made


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; takes one like 2026-12-31T10:00") from None


def main(arguments: Sequence[str] | None = None, lines: TextIO = sys.stdin, out: TextIO = sys.stdout) -> int:
    """Talk until somebody hangs up; the exit code."""
    options = parser().parse_args(arguments)
    try:
        settings = config.load(config.environment())
        logs.configure(settings.log_format, "chat")
        logging.getLogger("torim").setLevel(logging.WARNING)
        _talk(options, settings, lines, out)
    except ConfigError as error:
        sys.stderr.write(f"llm_worker.chat: {error}\n")
        return EXIT_USAGE
    except VendorError as error:
        sys.stderr.write(f"llm_worker.chat: the model does not answer: {error}\n")
        return EXIT_NO_CONNECTION
    except KeyboardInterrupt:
        _write(out, "\n")
    return EXIT_OVER


def _talk(options: argparse.Namespace, settings: Settings, lines: TextIO, out: TextIO) -> None:
    """The loop stands still while somebody types, so that Ctrl-C ends it there and then."""
    choice = choose_vendors(settings)["llm"]
    if choice.name == "scripted":
        sys.stderr.write(f"llm_worker.chat: rules answer, no model ({choice.why})\n")
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner() as runner:
        stack = AsyncExitStack()
        opened = text_call(options.agent, settings, Path(folder), language=options.language, now=options.now)
        call = runner.run(stack.enter_async_context(opened))
        try:
            _write(out, f"bot: {call.greet()}\n")
            while text := _typed(lines, out):
                answer = runner.run(call.say(text))
                _write(out, _shown(answer))
                if {"hang_up", "transfer"} & set(answer.actions):
                    return
        finally:
            runner.run(stack.aclose())


def _typed(lines: TextIO, out: TextIO) -> str:
    """The next line; "" at the end."""
    _write(out, "you: ")
    line = lines.readline()
    _write(out, "" if line and lines.isatty() else f"{line.strip()}\n")
    return line.strip()


def _shown(answer: Answer) -> str:
    used = [f"{_INDENT}[{use.name} {use.arguments}: {use.result}]" for use in answer.uses]
    done = [f"{_INDENT}[{name} {answer.transfer if name == 'transfer' else ''}".rstrip() + "]" for name in answer.actions]
    refused = [f"{_INDENT}[{request}: refused]" for request in answer.refused]
    return "\n".join([*used, f"bot: {answer.text}", *refused, *done]) + "\n"


def _write(out: TextIO, text: str) -> None:
    out.write(text)
    out.flush()


if __name__ == "__main__":
    sys.exit(main())
