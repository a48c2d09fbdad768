"""The command line of ``tools.call``."""

from pathlib import Path
from typing import Any

import pytest

from common.command_line import EXIT_USAGE
from tools import call
from tools.caller.script import Interrupt, Press, Say

HELLO = str(Path(__file__).parents[1] / "data" / "callers" / "short_en_hello.wav")


def usage_error(*arguments: str) -> int | str | None:
    with pytest.raises(SystemExit) as caught:
        call.main(arguments)
    return caught.value.code


@pytest.mark.parametrize(
    "arguments",
    [
        ["--wav", "/nowhere.wav"],
        ["--wav", __file__],
        ["--barge-in", HELLO],
        ["--barge-in", f"{HELLO}@soon"],
        ["--dtmf", "12x"],
        ["--expect", "much"],
        ["--nonsense"],
        ["ftp://127.0.0.1/"],
        ["http://[/"],
        ["--out", f"{__file__}/call.wav"],
        ["--out", "/tmp"],
    ],
)
def test_bad_usage_has_its_own_exit_code(arguments: list[str]) -> None:
    assert usage_error(*arguments) == EXIT_USAGE


def test_a_bad_file_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    usage_error("--wav", "/nowhere.wav")
    assert "/nowhere.wav" in capsys.readouterr().err


def test_steps_keep_the_order_of_the_command_line() -> None:
    options = call.parser().parse_args(["--wav", HELLO, "--dtmf", "1#", "--barge-in", f"{HELLO}@1.5", "--wav", HELLO])
    assert [type(step) for step in options.steps] == [Say, Press, Interrupt, Say]


def test_help_says_what_can_be_expected() -> None:
    assert "frames_after_clear" in call.parser().format_help()


def test_help_says_that_a_filler_ends_a_wait() -> None:
    assert "such waits end with\n  the filler" in call.parser().format_help()


def test_the_demonstrations_recordings_are_here() -> None:
    assert [type(step) for step in call.demo_steps()] == [Say, Say, Interrupt]


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("http://x/twilio/voice", "http://x/twilio/voice?language=en"),
        ("http://x/twilio/voice?a=b&language=he", "http://x/twilio/voice?a=b&language=en"),
        ("ws://x/twilio/media", "ws://x/twilio/media"),
    ],
)
def test_a_language_goes_into_the_webhooks_url(url: str, asked: str) -> None:
    assert call.with_language(url, "en") == asked


# --- Exit codes


def result(*first_frames_ms: int | None, violations: int = 0) -> dict[str, Any]:
    """A call with a greeting (turn 0) and replies that began at these times."""
    counts = dict.fromkeys(("marks", "clears", "rx", "tx", "underruns"), 0) | {"violations": violations}
    turns = [
        {"turn": turn, "first_frame_ms": first, "voice_to_voice_ms": None, "barge_in": None} for turn, first in enumerate(first_frames_ms)
    ]
    return {"turns": turns} | counts


@pytest.mark.parametrize(
    ("outcome", "expectations", "stopped", "code"),
    [
        (result(100, 900), [], False, call.EXIT_ANSWERED),
        (result(100), [], False, call.EXIT_ANSWERED),
        (result(100, 900), ["1"], False, call.EXIT_ANSWERED),
        (result(100, 900), ["2"], False, call.EXIT_UNMET),
        (result(100, 900), [], True, call.EXIT_UNMET),
        (result(), [], False, call.EXIT_UNANSWERED),
        (result(100, None), [], False, call.EXIT_UNANSWERED),
        (result(100, None), ["1"], False, call.EXIT_UNANSWERED),
        (result(100, 900, violations=1), ["2"], False, call.EXIT_VIOLATION),
    ],
)
def test_the_exit_code_says_how_it_went(outcome: dict[str, Any], expectations: list[str], stopped: bool, code: int) -> None:
    assert call.verdict(outcome, expectations, stopped=stopped) == code


def test_what_failed_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    call.verdict(result(100, 900), ["replies>=2"], stopped=False)
    assert capsys.readouterr().err == "expected replies >= 2, got 1\n"
