"""``python -m tests.sim`` shows or runs the calls that were asked for, and says so if that is none."""

from pathlib import Path

import pytest

from tests.sim.__main__ import main
from tests.sim.calls import least_hits


def test_one_seed_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert (main(["3"]), "how='hung_up'" in capsys.readouterr().out) == (0, True)


def test_one_call_through_the_shell_is_shown_with_what_went_wrong_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert (main(["7", "--shell"]), "~ redis forgets" in capsys.readouterr().out) == (0, True)


def test_each_stream_of_a_call_through_the_shell_leaves_its_record(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["7", "--shell", "--record", str(tmp_path / "call.torim")])
    shown = capsys.readouterr().out
    streams = shown.count("> CallAnswered(") + shown.count("> CallTaken(")
    names = ["call.torim", *(f"call-{number}.torim" for number in range(2, streams + 1))]
    assert streams > 1
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)


def test_help_is_short(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    assert len(capsys.readouterr().out.splitlines()) < 30


@pytest.mark.parametrize(("first", "last", "least"), [(0, 5000, 100), (0, 9000, 100), (0, 4000, 0), (7000, 12000, 10), (7000, 60000, 100)])
def test_fewer_and_other_calls_must_bring_less_of_everything(first: int, last: int, least: int) -> None:
    assert least_hits(first, last) == least


def test_two_seeds_are_the_first_and_the_one_behind_the_last(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["3", "5"]) == 0
    assert capsys.readouterr().out.startswith("2 calls, ")


@pytest.mark.parametrize(
    "words",
    [
        *(["3", "3"], ["5", "3"], ["1", "2", "3"]),
        *(["3", "5", "--record", "call.torim"], ["3", "5", "--situation", "keys"]),
        *(["3", "--least", "100"], ["3", "--guards"], ["3", "--situation", "keys", "--shell"], ["3", "5", "--guards", "--shell"]),
    ],
)
def test_what_cannot_be_done_is_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(words)
    assert (end.value.code, "error:" in capsys.readouterr().err) == (2, True)
