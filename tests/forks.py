"""``pytest -p tests.forks --forks 4``: tests are found once, and run in forks of the process that found them.

pytest-xdist has each of its processes import and find all tests for itself, and tells of each step of each; where thousands of tests
take a millisecond each, that is a fifth of the CPU time. A fork has everything already. It takes one file after the other off a pipe,
so fixtures of a module and of the session are made once a fork, and tells of each test's outcome; what it tells is reported as ever.
Files of few tests come first: theirs are the long ones, for which nobody is to wait in the end.
"""

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from itertools import chain, groupby, pairwise
from multiprocessing.connection import Connection, wait
from typing import Any

import pytest

_NUMBER_BYTES = 2
_LONG_S = 1.0
"""A step of a test that took longer is told, too, for ``--durations``."""
_FORK = multiprocessing.get_context("fork")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--forks", type=int, default=0, help="run tests in so many forks, a file at a time; 0: in this process")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Run what was found in forks; None, as pytest does it, where none are wanted or not all was found."""
    count = session.config.getoption("forks")
    if not count or session.testsfailed or session.config.option.collectonly:
        return None
    session.config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]  # made now, it is one for all, and cleared away as ever
    files = sorted((list(items) for _, items in groupby(session.items, lambda item: item.path)), key=len)
    numbers = _pipe_of(len(files))
    _tell(session.config, [_Fork(session, files, numbers) for _ in range(count)])
    os.close(numbers)
    return True


def _pipe_of(count: int) -> int:
    """Where the numbers below ``count`` can be read, by whoever is first."""
    reader, writer = os.pipe()
    os.write(writer, b"".join(number.to_bytes(_NUMBER_BYTES) for number in range(count)))
    os.close(writer)
    return reader


class _Fork:
    """A fork that runs tests, and the end at which it is heard."""

    def __init__(self, session: pytest.Session, files: Sequence[list[pytest.Item]], numbers: int) -> None:
        self.reports, teller = _FORK.Pipe(duplex=False)
        self._process = _FORK.Process(target=_run, args=(session, files, numbers, teller))
        self._process.start()
        teller.close()

    def ended(self) -> None:
        """Make sure that it ended well: else tests were not run."""
        self._process.join()
        assert self._process.exitcode == 0, f"a fork ended with {self._process.exitcode}, and its tests with it"


# --- In the fork


class _Teller:
    """Stands in the terminal's place."""

    def __init__(self, config: pytest.Config, reports: Connection) -> None:
        self._config = config
        self._reports = reports

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or not report.passed or report.duration > _LONG_S:
            self._reports.send(self._config.hook.pytest_report_to_serializable(config=self._config, report=report))


def _run(session: pytest.Session, files: Sequence[list[pytest.Item]], numbers: int, reports: Connection) -> None:
    hook, plugins = session.config.hook, session.config.pluginmanager
    plugins.unregister(name="terminalreporter")
    plugins.register(_Teller(session.config, reports))
    capture: Any = plugins.getplugin("capturemanager")
    capture.stop_global_capturing()
    capture.start_global_capturing()  # into a file of its own
    items = (item for number in _numbers(numbers) for item in files[number])
    try:
        for item, following in pairwise(chain(items, [None])):
            hook.pytest_runtest_protocol(item=item, nextitem=following)
    finally:
        session._setupstate.teardown_exact(None)  # a fork that is interrupted ends what it has begun, too


def _numbers(pipe: int) -> Iterator[int]:
    while number := os.read(pipe, _NUMBER_BYTES):
        yield int.from_bytes(number)


# --- In the process that found them


def _tell(config: pytest.Config, forks: Sequence[_Fork]) -> None:
    """Report what the forks tell, until the last of them has ended."""
    telling = {fork.reports: fork for fork in forks}
    while telling:
        for reports in wait(list(telling)):
            assert isinstance(reports, Connection)
            try:
                _report(config, reports.recv())
            except EOFError:
                telling.pop(reports).ended()


def _report(config: pytest.Config, data: dict[str, Any]) -> None:
    report = config.hook.pytest_report_from_serializable(config=config, data=data)
    config.hook.pytest_runtest_logreport(report=report)
    config.hook.pytest_runtest_logfinish(nodeid=report.nodeid, location=report.location)
