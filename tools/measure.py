"""``python -m tools.measure``: many calls to a running Torim, and how long callers waited.

Each call says something, is answered, says something else, talks over that answer at a moment drawn
from a printed seed, and is answered again. Times are taken on the wire, by the caller's clock:
from the end of the caller's voice to the bot's first frame, and from the onset over the bot to ``clear``.
The wire does not tell a filler from an answer: of an answer that takes over about 2 s the wait ends with the filler.
"""

import argparse
import asyncio
import os
import platform
import random
import secrets
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from common import config
from common.config import Settings
from common.errors import ConfigError
from tools.call import with_language
from tools.caller.caller import Caller
from tools.caller.client import Call
from tools.caller.record import Record
from tools.caller.score import score
from tools.caller.script import Interrupt, Patience, Say, Script, Step
from tools.caller.sound import load
from tools.caller.webhook import Addresses, NoConnection

RECORDINGS = Path(__file__).resolve().parent.parent / "tests" / "data" / "callers"
_FIRST, _SECOND = "short_en_hello.wav", "medium_en_demo-nomatch.wav"
_INTERRUPTIONS = ("short_en_please-try-again.wav", "medium_en_one-moment-please.wav")
_LIMIT_S = 90.0


def steps(rng: random.Random) -> list[Step]:
    """What one caller does."""
    over_the_answer = Interrupt(load(RECORDINGS / rng.choice(_INTERRUPTIONS)), rng.uniform(0.3, 2.0))
    return [Say(load(RECORDINGS / _FIRST)), Say(load(RECORDINGS / _SECOND)), over_the_answer]


async def place(url: str, script: Script, settings: Settings) -> dict[str, Any]:
    """One call; its score."""
    record = Record("CA" + secrets.token_hex(16))
    addresses = Addresses(settings.twilio_auth_token, settings.public_url, url)
    await Call(Caller(script, record, _tell_nobody), record, addresses, _tell_nobody, _LIMIT_S).place(url, {"language": "en"})
    return score(record)


def _tell_nobody(at: int, text: str) -> None:
    """Nobody reads the timelines of so many calls."""


async def place_all(url: str, settings: Settings, calls: int, at_once: int, seed: int) -> list[dict[str, Any]]:
    """All calls, ``at_once`` of them at a time."""
    rng, free = random.Random(seed), asyncio.Semaphore(at_once)
    scripts = [Script(steps(rng), Patience()) for _ in range(calls)]

    async def one(number: int, script: Script) -> dict[str, Any]:
        async with free:
            result = await place(url, script, settings)
        sys.stderr.write(f"call {number + 1} of {calls}\n")
        return result

    return await asyncio.gather(*(one(number, script) for number, script in enumerate(scripts)))


def table(results: Sequence[dict[str, Any]]) -> Iterator[str]:
    """The figures, for people."""
    turns = [turn for result in results for turn in result["turns"]]
    cuts = [turn["barge_in"] for turn in turns if turn["barge_in"] and turn["barge_in"]["clear_ms"] is not None]
    yield f"{'':34}{'n':>5}{'p50':>8}{'p95':>8}{'max':>8}"
    yield _row("end of voice to first frame, ms", [turn["voice_to_voice_ms"] for turn in turns if turn["voice_to_voice_ms"] is not None])
    yield _row("onset over the bot to clear, ms", [cut["clear_ms"] - cut["onset_ms"] for cut in cuts])
    yield _row("frames after clear", [cut["frames_after_clear"] for cut in cuts])
    yield _row("underruns a call", [result["underruns"] for result in results])
    yield _row("protocol violations a call", [result["violations"] for result in results])
    unanswered = sum(turn["caller_end_ms"] is not None and turn["first_frame_ms"] is None for turn in turns)
    yield f"{'utterances without an answer':34}{unanswered:5}"


def _row(name: str, values: Sequence[float]) -> str:
    if not values:
        return f"{name:34}{0:5}"
    p50, p95, top = np.percentile(values, [50, 95, 100])
    return f"{name:34}{len(values):5}{p50:8.0f}{p95:8.0f}{top:8.0f}"


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.measure", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("url", nargs="?", help="http(s)://.../twilio/voice; default: this machine's gateway")
    parser.add_argument("--calls", type=int, default=20, help="how many (%(default)s)")
    parser.add_argument("--at-once", type=int, default=1, help="how many at a time (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="moments of interruption (%(default)s)")
    options = parser.parse_args()
    try:
        settings = config.load(config.environment())
        url = with_language(options.url or f"http://127.0.0.1:{settings.port}/twilio/voice", "en")
        results = asyncio.run(place_all(url, settings, options.calls, options.at_once, options.seed))
    except (ConfigError, NoConnection) as error:
        sys.stderr.write(f"tools.measure: {error}\n")
        return 5
    load_1min = os.getloadavg()[0]
    sys.stdout.write(f"{options.calls} calls, {options.at_once} at a time, seed {options.seed}; ")
    sys.stdout.write(f"{platform.machine()}, {os.cpu_count()} cores, load {load_1min:.1f}\n")
    sys.stdout.writelines(f"{line}\n" for line in table(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
