"""How each process starts and ends: ``python -m <package>`` calls ``run``.

- A bad setting or a machine that lacks something is one clear line on standard error and exit code 2.
- INT ends the process at once: the main task is cancelled, and whatever a thread still computes
  (a model that loads, say) is left behind after a grace of two seconds.
- A process that would be killed before its drain is over does not start: whoever ends it has to wait for longer.
- TERM sets ``draining``: the main task finishes its work in its own time and returns; no thread holds the process up then. A
  second one ends it at once.
"""

import asyncio
import math
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import uvloop

from common import config, lines, logs, metrics
from common.errors import ConfigError, SetupError

EXIT_SETUP = 2
_GRACE_S = 2.0
LAST_S = 0.5
"""What the rest of a process that drained may take behind its main task: a thread may still compute what nobody wants any more."""
LONGEST_DRAIN_S = 10
"""Of the processes that are told no ``DRAIN_SEC``."""
AFTER_DRAIN_S = 5
"""What a process may need to end once its drain is over: ``tests/repo/test_stop_times.py`` adds it up."""

Main = Callable[[config.Settings, asyncio.Event], Coroutine[Any, Any, None]]
"""What a process does: gets the settings and the event that TERM sets; returns when its work is done."""


def run(service: str, main: Main) -> int:
    """Run a process to its end; the exit code."""
    lines.wait_for_nobody()
    try:
        return _run(service, main)
    finally:
        lines.end()


def _run(service: str, main: Main) -> int:
    try:
        settings = config.load()
        check_stop_wait(settings)
        logs.configure(settings.log_format, service)
        with metrics.told(service, settings), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_until_signalled(main, settings))
    except asyncio.CancelledError:
        return 0
    except (ConfigError, SetupError, BaseExceptionGroup) as error:
        sys.stderr.write(f"{service}: {_operators_fault(error)}\n")
        return EXIT_SETUP
    return 0


def check_stop_wait(settings: config.Settings) -> None:
    """Refuse to be killed in the middle of a drain.

    Raises:
        ConfigError: naming what to set.
    """
    drain_s = LONGEST_DRAIN_S if settings.drain_sec is None else settings.drain_sec
    least_s, wait_s = drain_s + AFTER_DRAIN_S, settings.torim_stop_wait
    if settings.torim_stop == "TERM" and wait_s is not None and wait_s < least_s:
        raise ConfigError(
            f"TORIM_STOP_WAIT={wait_s}: with DRAIN_SEC={drain_s:g} a process would be killed before its calls are over; "
            f"set it to {math.ceil(least_s)} or more"
        )


async def _until_signalled(main: Main, settings: config.Settings) -> None:
    loop, draining = asyncio.get_running_loop(), asyncio.Event()
    task = loop.create_task(main(settings, draining), name="main")
    loop.add_signal_handler(signal.SIGTERM, _drain, draining, task)
    loop.add_signal_handler(signal.SIGINT, _end_at_once, task)
    watching = loop.create_task(metrics.watch_loop(), name="loop lag")
    try:
        await task
        if draining.is_set():
            _end_within(LAST_S)
    finally:
        watching.cancel()


def _drain(draining: asyncio.Event, task: "asyncio.Task[Any]") -> None:
    if draining.is_set():
        _end_at_once(task)
    draining.set()


def _operators_fault(error: BaseException) -> BaseException:
    """The error that the operator can mend, out of the task groups it went through; a bug is raised again."""
    while isinstance(error, BaseExceptionGroup):
        mendable = error.subgroup((ConfigError, SetupError))
        if mendable is None:
            raise error
        error = mendable.exceptions[0]
    return error


def _end_at_once(task: "asyncio.Task[Any]") -> None:
    """Cancel the main task; one more signal, or a thread that holds the exit up, ends the process without more ado."""
    task.cancel()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _end_within(_GRACE_S)


def _end_within(seconds: float) -> None:
    watchdog = threading.Timer(seconds, os._exit, (0,))
    watchdog.daemon = True
    watchdog.start()
