"""The command line of ``tools.call``."""

from pathlib import Path

import pytest

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
    assert usage_error(*arguments) == call.EXIT_USAGE


def test_a_bad_file_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    usage_error("--wav", "/nowhere.wav")
    assert "/nowhere.wav" in capsys.readouterr().err


def test_steps_keep_the_order_of_the_command_line() -> None:
    options = call.parser().parse_args(["--wav", HELLO, "--dtmf", "1#", "--barge-in", f"{HELLO}@1.5", "--wav", HELLO])
    assert [type(step) for step in options.steps] == [Say, Press, Interrupt, Say]


def test_help_says_what_can_be_expected() -> None:
    assert "frames_after_clear" in call.parser().format_help()


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
