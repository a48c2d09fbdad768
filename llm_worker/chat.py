"""``python -m llm_worker.chat AGENT``: talk to an agent in writing. It answers as it would on the line, by the same code.

A line is a turn; an empty one, or the end of the input, ends the call. Messages that you leave are thrown away. Without an account
rules answer in a model's place, and it says so.
"""

import argparse
import asyncio
import logging
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from common import config, logs
from common.command_line import EXIT_USAGE, Parser
from common.config import Settings
from common.errors import ConfigError, VendorError
from common.vendors import choose_vendors
from llm_worker.text_call import Answer, text_call

EXIT_OVER, EXIT_NO_CONNECTION = 0, 5


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = Parser(prog="python -m llm_worker.chat", description="Talk to an agent in writing.")
    made.add_argument("agent", help="its name, like clinic, or its file")
    made.add_argument("--language", default="", help="one of the agent's languages; default: its first")
    return made


def main(arguments: Sequence[str] | None = None, lines: TextIO = sys.stdin, out: TextIO = sys.stdout) -> int:
    """Talk until somebody hangs up; the exit code."""
    options = parser().parse_args(arguments)
    try:
        settings = config.load(config.environment())
        logs.configure(settings.log_format, "chat")
        logging.getLogger("torim").setLevel(logging.WARNING)
        return asyncio.run(_talk(options, settings, lines, out))
    except ConfigError as error:
        sys.stderr.write(f"llm_worker.chat: {error}\n")
        return EXIT_USAGE
    except VendorError as error:
        sys.stderr.write(f"llm_worker.chat: the model does not answer: {error}\n")
        return EXIT_NO_CONNECTION


async def _talk(options: argparse.Namespace, settings: Settings, lines: TextIO, out: TextIO) -> int:
    choice = choose_vendors(settings)["llm"]
    if choice.name == "scripted":
        sys.stderr.write(f"llm_worker.chat: rules answer, no model ({choice.why})\n")
    with tempfile.TemporaryDirectory() as folder:
        async with text_call(options.agent, settings, Path(folder), language=options.language) as call:
            _write(out, f"bot: {call.greet()}\nyou: ")
            while text := (await asyncio.to_thread(lines.readline)).strip():
                answer = await call.say(text)
                _write(out, _shown(answer))
                if {"hang_up", "transfer"} & set(answer.actions):
                    return EXIT_OVER
                _write(out, "you: ")
    return EXIT_OVER


def _shown(answer: Answer) -> str:
    done = ", ".join((*answer.tools, *answer.actions, *filter(None, [answer.transfer])))
    return f"bot: {answer.text}{f'  [{done}]' if done else ''}\n"


def _write(out: TextIO, text: str) -> None:
    out.write(text)
    out.flush()


if __name__ == "__main__":
    sys.exit(main())
