"""What the launcher says while it waits; whole runs are in ``tests/e2e/test_make_run.py``."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from tools import launcher
from tools.launcher import Launcher


def test_who_waits_is_told_what_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    clock = SimpleNamespace(now_s=0.0)
    monkeypatch.setattr(launcher, "time", SimpleNamespace(monotonic=lambda: clock.now_s))
    reasons = iter(["no gateway", "no_worker_asr", "no_worker_asr", "no_worker_tts"])
    monkeypatch.setattr(launcher, "answer_of_a_gateway", lambda settings: (next(reasons), 0))
    waiting = Launcher(tmp_path, SimpleNamespace())  # type: ignore[arg-type]
    for clock.now_s in (5, 20, 30, 40):
        assert not waiting._became_ready()
    assert capsys.readouterr().out.splitlines() == [
        "make run: not ready after 20 s: no_worker_asr",
        "make run: not ready after 40 s: no_worker_tts",
    ]
