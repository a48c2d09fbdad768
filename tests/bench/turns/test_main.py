"""The command line: what it refuses, and what it says of what is missing."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.bench.turns import truth
from tests.bench.turns.__main__ import RESULTS, conclude, main, scene_of
from tests.bench.turns.chapter import PAGE
from tests.bench.turns.docs import FOLDER
from tests.bench.turns.exits import EXIT_FINE, EXIT_NOT_PLAYED, EXIT_REGRESSED
from tests.bench.turns.made_calls import AT_S, outcome, says, scene
from tests.bench.turns.material import __main__ as material
from tests.bench.turns.panel import panel
from tests.bench.turns.results import Json, read, to_json, write
from tests.bench.turns.scene import Kind
from tests.bench.turns.stage_settings import here
from tests.bench.turns.third import __main__ as third
from tests.bench.turns.trials import DUCK, RUNS
from tests.e2e.gateway_process import ROOT


@pytest.mark.parametrize("asked", [["--each", "1"], ["--draw", "scene", "out.svg"]])
def test_less_than_all_is_not_kept(asked: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([*asked, "--write"])
    assert "--write" in capsys.readouterr().err


def test_what_is_missing_is_said_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("TORIM_CACHE", str(tmp_path / "file"))
    assert main(["--each", "1"]) == EXIT_NOT_PLAYED
    assert "TORIM_CACHE=/path" in capsys.readouterr().err


@pytest.mark.parametrize("command", [material.main, third.main, truth.main])
def test_so_it_is_by_the_commands_beside_it(
    command: Callable[[list[str]], int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("TORIM_CACHE", str(tmp_path / "file"))
    assert command([]) == EXIT_NOT_PLAYED
    assert "TORIM_CACHE=/path" in capsys.readouterr().err


def test_models_scenes_and_readings_are_where_the_operator_keeps_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORIM_CACHE", str(tmp_path))
    assert here(DUCK).torim_cache == tmp_path
    assert here(DUCK).barge_in_mode == "duck"


def test_all_runs_play_the_same_turns_of_the_callers() -> None:
    turns = {kind for kind in RUNS[0].kinds if kind in ("utterance", "answer", "interruption", "short_interruption")}
    assert all(turns <= trial.kinds for trial in RUNS)


def test_every_missed_event_has_a_scene_by_its_name() -> None:
    utterance = scene(Kind.UTTERANCE, name="en/utterance/vm-intro/30")
    first = replace(utterance.cues[0], name="en/first/hello/0")
    called = [utterance, replace(utterance, name="en/vocal/1", cues=(first, replace(first, name="en/vocal/1")))]
    assert scene_of("en/utterance/vm-intro/30 pause 2", called) == (called[0], "en/utterance/vm-intro/30")
    assert scene_of("en/first/hello/0", called) == (called[1], "en/first/hello/0")
    assert scene_of("en/first", called) is None


def test_pages_are_written_anew_of_what_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    FOLDER.mkdir(parents=True)
    shutil.copy(ROOT / RESULTS, RESULTS)
    PAGE.write_text("<!-- made of results.json -->\nstale\n<!-- end -->\n", encoding="utf-8")
    assert main(["--pages"]) == EXIT_FINE
    assert (FOLDER / "README.md").read_text(encoding="utf-8") == (ROOT / FOLDER / "README.md").read_text(encoding="utf-8")
    assert "stale" not in PAGE.read_text(encoding="utf-8")


def yields_until(silent_s: float) -> Json:
    """Results of one interruption, after which the bot spoke on for so long."""
    call = scene(Kind.INTERRUPTION)
    made = {"runs": {"at": "2026-01-01", "commit": "aaa", "calls": 1, "line_h": 0.1, "took_s": 60}}
    return to_json({"hold": panel([(call, outcome(call, [says(8.0, AT_S + silent_s)]))])}) | {"made": made}


def at_home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A place with results of a bot that yields."""
    monkeypatch.chdir(folder)
    PAGE.parent.mkdir(parents=True)
    PAGE.touch()
    write(RESULTS, yields_until(0.1))


def test_events_that_changed_sides_are_named_before_new_results_take_their_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at_home(tmp_path, monkeypatch)
    assert conclude(read(RESULTS), yields_until(9.0), keep=True) == EXIT_FINE
    told = capsys.readouterr().out.splitlines()
    at = told.index("REGRESSED: hold: R_Y: tuning, interruption: 1 broke, 0 had no occasion, 0 mended")
    assert told[at + 1] == "  - en/interruption/1"
    assert told[-2:] == ["A score regressed. It is accepted.", f"written: {FOLDER}"]
    assert read(RESULTS) == yields_until(9.0)


def test_what_lost_is_not_kept_unless_that_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at_home(tmp_path, monkeypatch)
    assert conclude(read(RESULTS), yields_until(9.0), keep=False) == EXIT_REGRESSED
    assert read(RESULTS) == yields_until(0.1)


def test_curves_alone_are_compared_with_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at_home(tmp_path, monkeypatch)
    assert conclude(read(RESULTS), {"made": {}, "yields": {}}, keep=False) == EXIT_FINE
    assert not capsys.readouterr().out
