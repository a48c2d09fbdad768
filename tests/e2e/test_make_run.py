"""``make run``: it brings everything up, says what is wrong in one line, and leaves no process behind."""

import fcntl
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.launched import READY, Launched, calling, launched

pytestmark = pytest.mark.e2e

ENDS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


# --- It brings everything up


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    """A run that answers calls, for all who only look at it; what ends one of its processes comes last."""
    with launched(tmp_path_factory.mktemp("up")) as run:
        run.until_said("Ctrl-C ends it.")
        yield run


def test_it_answers_when_it_says_so(up: Launched) -> None:
    assert httpx.get(f"http://127.0.0.1:{up.port}/readyz").status_code == httpx.codes.OK


def test_it_tells_the_vendors_and_why(up: Launched) -> None:
    assert "TTS  tone     (TTS_VENDOR=tone)" in up.output


def test_it_brings_its_own_redis(up: Launched) -> None:
    assert up.pid_of("valkey-server")


def test_a_worker_that_is_killed_is_started_again(up: Launched) -> None:
    os.kill(up.pid_of("-m llm_worker"), signal.SIGKILL)
    up.until_said("llm_worker_0 had ended and was started again")


def test_it_starts_as_many_workers_as_asked_for(tmp_path: Path) -> None:
    with launched(tmp_path, TTS_WORKERS="2") as run:
        run.until_said(READY)
        assert sum("-m tts_worker" in line for line in run.processes()) == 2


def test_it_uses_the_redis_that_is_named(tmp_path: Path, redis_url: str) -> None:
    with launched(tmp_path, REDIS_URL=redis_url) as run:
        run.until_said(READY)
        assert [line for line in run.processes() if "valkey-server" in line] == []


# --- An echo


@pytest.fixture(scope="module")
def echo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    """An echo, and vendors that would load models."""
    with launched(tmp_path_factory.mktemp("echo"), WS_MODE="ECHO", ASR_VENDOR="whisper", TTS_VENDOR="local") as run:
        run.until_said(READY)
        yield run


def test_an_echo_takes_a_gateway_and_nothing_else(echo: Launched) -> None:
    started = [line for line in echo.processes() if "_worker" in line or "valkey-server" in line]
    assert (started, echo.pid_of("-m gateway") > 0) == ([], True)


def test_an_echo_loads_no_models(echo: Launched) -> None:
    assert not (echo.run_dir.parent / "cache" / "models").exists()


def test_an_echo_needs_no_redis(tmp_path: Path) -> None:
    with launched(tmp_path, WS_MODE="ECHO", REDIS_URL=f"unix://{tmp_path}/nobody.sock") as run:
        run.until_said(READY)
        assert "no vendor and no Redis is used" in run.output


# --- The end


@pytest.mark.parametrize("number", ENDS)
def test_a_signal_to_the_launcher_alone_ends_everything(tmp_path: Path, number: signal.Signals) -> None:
    with launched(tmp_path) as run:
        run.until_said(READY)
        run.send(number)
        assert (run.ended(), run.processes()) == (0, [])


def test_ctrl_c_while_models_load_leaves_no_process(tmp_path: Path) -> None:
    models = tmp_path / "cache" / "models"
    models.mkdir(parents=True)
    with (models / "whisper-base.lock").open("w") as busy:
        fcntl.flock(busy, fcntl.LOCK_EX)  # as if another process fetched it: ours waits
        with launched(tmp_path, ASR_VENDOR="whisper") as run:
            run.until(lambda processes: any("common.models" in line for line in processes))
            run.press_ctrl_c()
            assert (run.ended(), run.processes()) == (0, [])


def test_ctrl_c_before_it_is_ready_leaves_no_process(tmp_path: Path) -> None:
    with launched(tmp_path, TONE_FIRST_AUDIO_MS="60000") as run:  # so long the fixed phrases have no sound
        run.until_said("listening host=")
        run.press_ctrl_c()
        assert (run.ended(), run.processes()) == (0, [])


def test_ctrl_c_in_the_middle_of_a_call_leaves_no_process(tmp_path: Path) -> None:
    with launched(tmp_path) as run:
        run.until_said(READY)
        with calling(run.port):
            run.until_said("now=SPEAKING")
            run.press_ctrl_c()
            assert (run.ended(), run.processes()) == (0, [])


def test_ctrl_c_while_processes_start_leaves_none(tmp_path: Path) -> None:
    with launched(tmp_path) as run:
        run.until(lambda processes: any("-m gateway" in line for line in processes))
        run.press_ctrl_c()
        assert (run.ended(), run.processes()) == (0, [])


def test_a_terminal_that_is_closed_ends_everything(tmp_path: Path) -> None:
    with launched(tmp_path) as run:
        run.until_said(READY)
        run.close_terminal()
        os.kill(run.pid_of("-m llm_worker"), signal.SIGKILL)  # so that there is something to say
        assert (run.ended(), run.processes()) == (0, [])


def test_a_launcher_that_is_killed_takes_everything_with_it(tmp_path: Path) -> None:
    with launched(tmp_path) as run:
        run.until_said(READY)
        run.send(signal.SIGKILL)
        run.until(lambda processes: processes == [])


def test_a_supervisord_that_is_killed_ends_the_run(tmp_path: Path) -> None:
    with launched(tmp_path) as run:
        run.until_said(READY)
        os.kill(run.pid_of("supervisor.supervisord"), signal.SIGKILL)
        assert (run.ended(), run.processes()) == (1, [])


def test_ctrl_c_under_make_leaves_no_process(tmp_path: Path) -> None:
    with launched(tmp_path, make=True) as run:
        run.until_said(READY)
        run.press_ctrl_c()
        run.ended()
        assert run.processes() == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_make_that_is_ended_takes_everything_with_it(tmp_path: Path, number: signal.Signals) -> None:
    with launched(tmp_path, make=True) as run:
        run.until_said(READY)
        run.send(number)
        run.until(lambda processes: processes == [])


# --- What is wrong is said in one line


def said_before_it_gave_up(run: Launched) -> str:
    """Its one line, once it ended with exit code 2."""
    assert run.ended() == 2
    (line,) = run.output.splitlines()
    return line


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        with launched(tmp_path, PORT=str(taken)) as run:
            assert said_before_it_gave_up(run).startswith(f"make run: PORT={taken}: taken")


@pytest.mark.parametrize("name", ["TORIM_CACHE", "RECORD_DIR", "MESSAGES_DIR"])
def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with launched(tmp_path, **{name: f"{tmp_path}/file/folder"}) as run:  # type: ignore[arg-type]
        assert said_before_it_gave_up(run).startswith(f"make run: {name}={tmp_path}/file/folder: cannot be written")


@pytest.mark.parametrize(("metrics_port", "port"), [("8080", "8080"), ("7780", "8080"), ("9100", "9101")])
def test_metrics_on_the_gateways_port_are_named(tmp_path: Path, metrics_port: str, port: str) -> None:
    with launched(tmp_path, METRICS_PORT=metrics_port, PORT=port, GATEWAYS="2") as run:
        assert said_before_it_gave_up(run).startswith(f"make run: METRICS_PORT={metrics_port}: PORT={port} is one of the ports")


def test_a_bad_setting_is_named(tmp_path: Path) -> None:
    with launched(tmp_path, MIN_UTT_SEC="soon") as run:
        assert said_before_it_gave_up(run).startswith("make run: MIN_UTT_SEC='soon': takes a number")


def test_a_redis_url_that_is_none_is_named(tmp_path: Path) -> None:
    with launched(tmp_path, REDIS_URL="foo") as run:
        assert said_before_it_gave_up(run).startswith("make run: REDIS_URL=foo: takes redis://")


def test_a_redis_that_does_not_answer_is_named(tmp_path: Path) -> None:
    with launched(tmp_path, REDIS_URL=f"unix://{tmp_path}/nobody.sock") as run:
        assert said_before_it_gave_up(run).startswith(f"make run: REDIS_URL=unix://{tmp_path}/nobody.sock: no Redis answers there")


@pytest.mark.parametrize("publish", ["", "127.0.0.1"])
def test_a_front_door_left_open_is_named(tmp_path: Path, publish: str) -> None:
    """Whatever is said for containers."""
    with launched(tmp_path, HOST="0.0.0.0", PUBLISH=publish) as run:
        assert said_before_it_gave_up(run).startswith("make run: HOST=0.0.0.0: open to other machines")


def test_a_run_folder_too_deep_for_a_socket_is_named(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 80) / "deep"
    deep.mkdir(parents=True)
    with launched(deep) as run:
        assert "too long for a socket" in said_before_it_gave_up(run)


def test_a_second_run_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    with launched(tmp_path) as first:
        first.until_said(READY)
        with launched(tmp_path) as second:
            assert "another `make run`" in said_before_it_gave_up(second)


def test_a_worker_that_cannot_start_ends_the_run_with_its_own_line(tmp_path: Path) -> None:
    with launched(tmp_path, TTS_VENDOR="google", GOOGLE_APPLICATION_CREDENTIALS=str(tmp_path / "nothing.json")) as run:
        run.ended()
        assert run.output.splitlines()[-1].startswith("make run: tts_worker: GOOGLE_APPLICATION_CREDENTIALS")
