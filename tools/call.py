"""``python -m tools.call``: place a call from the command line, as exactly as Twilio would.

Without arguments it calls the gateway on this machine in English with packaged recordings: it
hears the greeting, says hello, hears the answer, asks something, talks into the answer, and
leaves the call as it was heard in ``.run/call.wav``.
"""

import argparse
import asyncio
import json
import os
import secrets
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from common import config
from common.command_line import Parser
from common.config import Settings
from common.errors import ConfigError
from tools.caller.caller import Caller
from tools.caller.client import Call
from tools.caller.record import Record, milliseconds, write_wav
from tools.caller.score import NAMES, check_expectation, figures, score, unmet
from tools.caller.script import Interrupt, Patience, Press, Say, Script, Step
from tools.caller.sound import load
from tools.caller.timeline import draw
from tools.caller.webhook import TO, Addresses, NoConnection, Refused

EXIT_ANSWERED, EXIT_UNMET, EXIT_UNANSWERED, EXIT_VIOLATION, EXIT_NO_CONNECTION = 0, 1, 2, 3, 5
EXIT_INTERRUPTED = 130

_RECORDINGS = Path(__file__).parents[1] / "tests" / "data" / "callers"
_HELLO, _QUESTION, _INTERRUPTION = "short_en_hello.wav", "medium_en_demo-nomatch.wav", "short_en_please-try-again.wav"
_DEMO_LANGUAGE = "en"
_DEMO_OUT = Path(__file__).parents[1] / ".run" / "call.wav"

_EPILOG = f"""\
expectations:
  N                   so many replies to the caller, resumed ones not counted
  NAME=N NAME>=N ...  (= < > <= >=) NAME is one of
                      {", ".join(NAMES[:8])},
                      {", ".join(NAMES[8:])}
                      (of times, the longest in the call)

--json (times in ms since the call began; frames of 20 ms; null: it did not happen):
  call, turns: [{{turn (0 = the greeting), caller_start_ms, caller_end_ms (of the voice, not the file),
  first_frame_ms (of the reply), voice_to_voice_ms (first_frame_ms - caller_end_ms; a bot whose answer
  takes over 2 s says a filler, which the wire does not tell from the answer, so such waits end with
  the filler), heard_ms (how much of the reply was played), barge_in: {{onset_ms, clear_ms, frames_after_clear (frames that came while
  the bot had to be silent), resumed (the reply that was cleared went on)}}}}],
  marks, clears (that the bot sent), rx, tx (frames from and to the bot), underruns (gaps of 5 to
  500 ms within the bot's sound), violations
  dials: [{{number, ring_s, caller_id}}] (transfers, in order)

exit codes:
  0 answered, 1 an expectation failed, 2 never answered (of what the caller said, nothing), 3 the bot broke Twilio's protocol,
  4 usage, 5 no connection

examples:
  python -m tools.call
  python -m tools.call http://127.0.0.1:8080/twilio/voice --wav question.wav --barge-in stop.wav@1.5 --out call.wav
  python -m tools.call ws://127.0.0.1:8080/twilio/media --language he --dtmf '1#' --expect 1
"""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = Parser(
        prog="python -m tools.call",
        description="Place a call as Twilio does, and show what is heard.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    made.add_argument("url", nargs="?", help="http(s)://.../twilio/voice or ws(s)://.../twilio/media; default: this machine's gateway")
    # What the caller does, in the order of the command line.
    made.add_argument(
        "--wav", metavar="FILE", dest="steps", action="append", type=_say, help="speak once the bot is done; may be given several times"
    )
    made.add_argument(
        "--barge-in",
        metavar="FILE@SECONDS",
        dest="steps",
        action="append",
        type=_interrupt,
        help="start FILE so many seconds after the bot's next reply (before any --wav: its greeting) began to sound",
    )
    made.add_argument("--dtmf", metavar="DIGITS", dest="steps", action="append", type=_press, help="press keys once the bot is done")
    made.add_argument(
        "--expect",
        metavar="WHAT",
        action="append",
        default=[],
        type=_checked(check_expectation),
        help="what must hold in the end, see below",
    )
    made.add_argument("--language", help="language that the call asks for (he, en, ...)")
    made.add_argument("--to", default=TO, metavar="NUMBER", help="the number that is called: it may be an agent's (%(default)s)")
    made.add_argument(
        "--gap", type=float, default=Patience().gap_s, metavar="SECONDS", help="quiet that means the bot is done (%(default)s)"
    )
    made.add_argument(
        "--patience", type=float, default=Patience().reply_s, metavar="SECONDS", help="longest wait for a reply (%(default)s)"
    )
    made.add_argument("--no-greeting", action="store_true", help="don't wait for a greeting")
    made.add_argument(
        "--fail-over", metavar="URL", action="append", default=[], help="gateway that goes on with a call whose own died or drains"
    )
    made.add_argument(
        "--fallback", metavar="URL", default="", help="asked, with ErrorUrl, where a webhook fails: the number's fallback URL"
    )
    made.add_argument(
        "--dial",
        default="completed",
        choices=("completed", "no-answer", "busy", "failed"),
        help="what becomes of a transfer: nobody is called (%(default)s)",
    )
    made.add_argument("--max-seconds", type=float, default=120.0, help="hang up after so long (%(default)s)")
    made.add_argument(
        "--out",
        type=Path,
        metavar="FILE.wav",
        help="record the call as heard: caller left, bot right (without a URL and anything to say: .run/call.wav)",
    )
    made.add_argument("--json", action="store_true", help="print the result as JSON; the timeline goes to standard error")
    return made


# --- Reading the command line


def _checked(check: Callable[[str], Any]) -> Callable[[str], Any]:
    """``check`` as argparse wants it, with the reason in its message."""

    def checked(text: str) -> Any:
        try:
            return check(text)
        except (OSError, ValueError) as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return checked


@_checked
def _say(text: str) -> Step:
    return Say(load(Path(text)))


@_checked
def _interrupt(text: str) -> Step:
    file, at, seconds = text.rpartition("@")
    if not at:
        raise ValueError(f"{text}: takes FILE@SECONDS")
    return Interrupt(load(Path(file)), _seconds(seconds))


@_checked
def _press(text: str) -> Step:
    if not text or set(text) - set("0123456789*#ABCD"):
        raise ValueError(f"{text}: takes digits, *, #, A-D")
    return Press(text)


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < 3600:
        raise ValueError(f"{text}: takes seconds")
    return seconds


def demo_steps() -> list[Step]:
    return [
        Say(load(_RECORDINGS / _HELLO)),
        Say(load(_RECORDINGS / _QUESTION)),
        Interrupt(load(_RECORDINGS / _INTERRUPTION), 0.7),
    ]


def with_language(url: str, language: str | None) -> str:
    """A webhook's URL with ``?language=``; a socket gets it as a parameter instead."""
    if not language or url.startswith("ws"):
        return url
    parts = urlsplit(url)
    query = [(name, value) for name, value in parse_qsl(parts.query) if name != "language"]
    return urlunsplit(parts._replace(query=urlencode([*query, ("language", language)])))


# --- The call


def main(arguments: Sequence[str] | None = None) -> int:
    """Place the call; the exit code."""
    made = parser()
    options = made.parse_args(arguments)
    try:
        settings = config.load(config.environment())
        demo = options.url is None and not options.steps
        steps = demo_steps() if demo else options.steps or []
        out = _writable(options.out or (_DEMO_OUT if demo else None))
        language = options.language or (_DEMO_LANGUAGE if demo else None)
        url = with_language(_checked_url(options.url or f"http://127.0.0.1:{settings.port}/twilio/voice"), language)
    except (ConfigError, OSError, ValueError) as error:
        made.error(str(error))
    try:
        return asyncio.run(_place(options, settings, url, language, steps, out))
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


def _writable(out: Path | None) -> Path | None:
    """A file that can be written once the call is over; told before it begins."""
    if out:
        out.parent.mkdir(parents=True, exist_ok=True)
        if not os.access(out if out.exists() else out.parent, os.W_OK) or out.is_dir():
            raise OSError(f"{out}: can't be written")
    return out


def _checked_url(url: str) -> str:
    if urlsplit(url).scheme not in {"http", "https", "ws", "wss"}:
        raise ValueError(f"{url}: takes http://.../twilio/voice or ws://.../twilio/media")
    return url


def _patience(options: argparse.Namespace) -> Patience:
    return Patience(gap_s=options.gap, reply_s=options.patience, greeting_s=0.0 if options.no_greeting else Patience().greeting_s)


async def _place(
    options: argparse.Namespace, settings: Settings, url: str, language: str | None, steps: Sequence[Step], out: Path | None
) -> int:
    record = Record("CA" + secrets.token_hex(16))
    script = Script(steps, _patience(options))
    stream = sys.stderr if options.json else sys.stdout

    def tell(at: int, text: str) -> None:
        stream.write(f"{milliseconds(at) / 1000:8.3f}  {text}\n")
        stream.flush()

    addresses = Addresses(settings.twilio_auth_token, settings.public_url, url, options.to)
    call = Call(
        Caller(script, record, tell), record, addresses, tell, options.max_seconds, options.fail_over, options.fallback, options.dial
    )
    try:
        await call.place(url, {"to": options.to, **({"language": language} if language else {})})
    except NoConnection as error:
        hint = "" if options.url or isinstance(error, Refused) else " (is it running? make run)"
        sys.stderr.write(f"no connection: {error}{hint}\n")
        return EXIT_NO_CONNECTION
    finally:
        if out and record.length:
            write_wav(record, out)
            tell(record.length, f"line   recorded in {out}: caller left, bot right")
    result = score(record)
    stream.write(f"\n{draw(record)}\n\n{_summary(result, record)}\n")
    if options.json:
        sys.stdout.write(json.dumps(result) + "\n")
    return verdict(result, [*options.expect], stopped=call.out_of_time)


def _summary(result: dict[str, Any], record: Record) -> str:
    found = figures(result)
    shown = "  ".join(f"{name}={found[name]:g}" for name in NAMES if name in found)
    return f"{shown}\n(this program's own clock was late by {milliseconds(record.slowest_tick)} ms at worst)"


def verdict(result: dict[str, Any], expectations: Sequence[str], *, stopped: bool) -> int:
    """The exit code of a call, with its reasons on standard error. ``stopped``: the time was over before the caller was done."""
    found = figures(result)
    failures = [failure for one in expectations if (failure := unmet(one, found))]
    if stopped:
        failures.append("the caller was not done before --max-seconds")
    for failure in failures:
        sys.stderr.write(f"{failure}\n")
    if result["violations"]:
        return EXIT_VIOLATION
    if not _answered(result["turns"]):
        sys.stderr.write("never answered\n")
        return EXIT_UNANSWERED
    return EXIT_UNMET if failures else EXIT_ANSWERED


def _answered(turns: Sequence[dict[str, Any]]) -> bool:
    """Whether the bot was heard after the caller spoke; where he said nothing, whether it was heard at all."""
    caller_turns = [turn for turn in turns if turn["turn"]]
    return any(turn["first_frame_ms"] is not None for turn in caller_turns or turns)


if __name__ == "__main__":
    sys.exit(main())
