"""Faults of peers: counted always, logged seldom."""

import logging

import pytest

from gateway.complaints import Complaints
from tests.gateway.clock import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.WARNING, "torim.gateway")
    return caplog


def test_every_fault_is_counted(clock: Clock) -> None:
    complaints = Complaints(clock)
    for _ in range(1000):
        complaints.add("not_json", "CA1")
    assert complaints.counts == {"not_json": 1000}


def test_a_flood_makes_few_lines(clock: Clock, lines: pytest.LogCaptureFixture) -> None:
    complaints = Complaints(clock)
    for _ in range(1000):
        complaints.add("not_json", "CA1")
    assert len(lines.messages) == 20


def test_a_line_names_kind_and_call(clock: Clock, lines: pytest.LogCaptureFixture) -> None:
    Complaints(clock).add("binary", "CA1")
    assert lines.messages == ["refused kind=binary call=CA1 count=1"]


def test_the_line_after_a_flood_says_how_many_were_left_out(clock: Clock, lines: pytest.LogCaptureFixture) -> None:
    complaints = Complaints(clock)
    for _ in range(30):
        complaints.add("not_json")
    clock.now_s = 10.0
    complaints.add("not_json")
    assert lines.messages[-1] == "refused kind=not_json call=- count=31 suppressed=10"
