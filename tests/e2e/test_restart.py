"""``make restart-workers`` and ``make restart-gateways``, while a caller talks with the bot."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.gateway_process import RECORDINGS, ROOT
from tests.e2e.launched import READY, Launched, launched
from tests.e2e.placed import bot_side, sentences_heard
from tts_worker.tones import HeardTone, heard_tones

pytestmark = pytest.mark.e2e

HELLO = RECORDINGS / "short_en_hello.wav"
STAGES = ("asr", "llm", "tts")
TURNS = 4
MS_PER_CHAR = 40
FIRST, SECOND = "this is the first sentence of turn {turn}.", "and this is the second one."
"""Of every reply."""


@dataclass(frozen=True)
class Heard:
    """A call of several turns: what the caller's side measured, and which sentences were heard, by their pitch."""

    result: dict[str, Any]
    tones: list[HeardTone]
    told: str
    """What the restart said."""
    pids: list[list[int]]
    """Of the processes that were to be replaced: before, after."""

    @property
    def sentences(self) -> list[tuple[int, ...]]:
        """(turn, sentence) of replies, in order; with how much of it was heard, in ms, where that is not all of it."""
        return sentences_heard(self.tones, (FIRST, SECOND), MS_PER_CHAR)

    @property
    def phrases(self) -> list[int]:
        """Which fixed phrases were heard; 0 is the greeting."""
        return [tone.sentence for tone in self.tones if not tone.turn]


@contextmanager
def call_of_several_turns(run: Launched, out: Path, turns: int) -> Iterator["subprocess.Popen[str]"]:
    """A caller who says the next thing whenever the bot is done."""
    url = f"http://127.0.0.1:{run.port}/twilio/voice"
    said = [argument for _ in range(turns) for argument in ("--wav", str(HELLO))]
    command = [sys.executable, "-m", "tools.call", url, "--json", "--out", str(out), "--gap", "2", *said]
    call = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield call
    finally:
        call.kill()
        call.wait()
        assert call.stdout is not None
        call.stdout.close()


def restart(run: Launched, what: str, **environment: str) -> str:
    """Replace the processes; what it says."""
    command = [sys.executable, "-m", "tools.restart", what, "--run-dir", str(run.run_dir)]
    environ = {"PORT": str(run.port), "PATH": ""} | environment
    return subprocess.run(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, check=True, text=True).stdout


def heard_through_restarts(folder: Path, what: str, commands: tuple[str, ...], turns: int, first_at: str, **environment: str) -> Heard:
    """A call, and processes that are replaced from an event on, again and again until the call is over."""
    settings = {"SCRIPTED_LLM_REPLY": f"{FIRST} {SECOND}", "TONE_MS_PER_CHAR": str(MS_PER_CHAR), "DEDUP_SEC": "0", "SAME_REPLY_SUFFIX": ""}
    with launched(folder, make=False, **settings, **environment) as run:
        run.until_said(READY)
        before = [run.pid_of(command) for command in commands]
        with call_of_several_turns(run, folder / "call.wav", turns) as call:
            run.until_said(first_at)
            told = restart(run, what, **environment)
            while what == "workers" and call.poll() is None:
                told += restart(run, what)
            assert call.stdout is not None
            result = json.loads(call.stdout.read())
        after = [run.pid_of(command) for command in commands]
        return Heard(result, heard_tones(bot_side(folder / "call.wav")), told, [before, after])


# --- Workers


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Heard:
    """A call during which all workers are replaced, one a stage."""
    commands = tuple(f"-m {stage}_worker" for stage in STAGES)
    return heard_through_restarts(tmp_path_factory.mktemp("workers"), "workers", commands, TURNS, "WS_START")


def test_every_turn_is_answered_once_and_wholly_while_workers_are_replaced(workers: Heard) -> None:
    every = [(turn, sentence) for turn in range(1, TURNS + 1) for sentence in (0, 1)]
    assert workers.sentences == every, workers.tones


def test_all_workers_are_other_processes_then(workers: Heard) -> None:
    before, after = workers.pids
    assert not set(before) & set(after)


def test_nobody_waits_so_long_that_a_filler_is_said(workers: Heard, capsys: pytest.CaptureFixture[str]) -> None:
    """A filler comes after 2 s without sound, a fallback after 5 s more."""
    waits = sorted(turn["voice_to_voice_ms"] for turn in workers.result["turns"] if turn["turn"])
    with capsys.disabled():
        sys.stdout.write(f"\n{workers.told.count('drained')} workers replaced in {TURNS} turns; voice to voice {waits} ms\n{workers.told}")
    assert workers.phrases == [0]


def test_each_worker_is_told(workers: Heard) -> None:
    assert all(f"{stage}_worker_0: drained in " in workers.told for stage in STAGES)


# --- Gateways


@pytest.fixture(scope="module")
def gateways(tmp_path_factory: pytest.TempPathFactory) -> Heard:
    """A call of one turn whose gateway, of two, is replaced while it speaks, without time to let it end."""
    folder = tmp_path_factory.mktemp("gateways")
    return heard_through_restarts(
        folder, "gateways", ("-m gateway",), 1, "turn=1 STATE was=LISTENING now=SPEAKING", GATEWAYS="2", DRAIN_SEC="0.1"
    )


def test_a_reply_that_a_restart_of_the_gateways_cuts_is_said_again_in_the_end(gateways: Heard) -> None:
    last_turn = gateways.sentences[-1][0]
    assert gateways.sentences[-2:] == [(last_turn, 0), (last_turn, 1)], gateways.tones


def test_a_caller_whose_gateway_is_replaced_is_greeted_once(gateways: Heard) -> None:
    assert gateways.phrases == [0]


def test_the_protocol_holds_while_gateways_are_replaced(gateways: Heard) -> None:
    assert gateways.result["violations"] == 0
