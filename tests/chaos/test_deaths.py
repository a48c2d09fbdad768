"""What processes say of the calls that they have."""

from pathlib import Path

import pytest

from tests.chaos.deaths import Halt, How, calls_at, last_halt, lives_of

LISTENS = "12:00:00.000 gateway INFO listening host=127.0.0.1 port=1 mode=AI\n"


def event(call: str, name: str) -> str:
    return f"EVENT call={call} turn=0 {name} sid=MZ1\n"


def log(folder: Path, *lines: str) -> Path:
    path = folder / "gateway.log"
    path.write_text("".join(lines), encoding="utf-8")
    return path


def test_a_gateway_has_the_calls_that_came_and_did_not_go(tmp_path: Path) -> None:
    came = [event(call, "WS_START") for call in ("CA1", "CA2", "CA3")]
    assert calls_at(log(tmp_path, LISTENS, *came, event("CA1", "CALL_DONE"), event("CA3", "CALL_LEFT"))) == {"CA2"}


def test_a_gateway_that_was_started_again_has_no_calls(tmp_path: Path) -> None:
    assert calls_at(log(tmp_path, LISTENS, event("CA1", "WS_START"), LISTENS)) == frozenset()


def test_its_lives_are_counted(tmp_path: Path) -> None:
    assert (lives_of(log(tmp_path, LISTENS, LISTENS)), lives_of(tmp_path / "none.log")) == (2, 0)


@pytest.mark.parametrize("how", ["DIES", "STALLS"])
def test_a_worker_that_halts_says_where(how: How, tmp_path: Path) -> None:
    halt = Halt(how, "commit", "within", "llm", "CA1", 3)
    assert last_halt(log(tmp_path, "starting\n", f"\n{halt}\n", "12:00:00.000 llm_worker INFO call=CA1\n")) == halt


def test_a_worker_that_never_halted_says_nothing(tmp_path: Path) -> None:
    assert last_halt(log(tmp_path, LISTENS)) is None
