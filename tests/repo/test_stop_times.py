"""Whoever stops a process waits longer than it drains: what supervisord and compose are told, beside what the processes do."""

import configparser
import re

import pytest

from common import worker
from gateway import admission, server
from gateway.media_socket import Limits
from tests.repo.test_repository import ROOT

GATEWAY_ENDS_S = admission.MOVE_LIMIT_S + Limits().action_delay_s + server.EXIT_TIMEOUT_S
"""After its drain: what is left moves on, Twilio hears so, the server ends."""
WORKER_ENDS_S = 2 * worker.LAST_WORD_S
"""It hands back what is left, and leaves."""
SLOWEST_S = max(worker.DRAIN_S + WORKER_ENDS_S, admission.DRAIN_S + GATEWAY_ENDS_S)

SUPERVISORD = (ROOT / "supervisord.conf").read_text()
COMPOSE = (ROOT / "docker-compose.yml").read_text()
CONFIG = configparser.RawConfigParser()
CONFIG.read_string(SUPERVISORD)
PROGRAMS = [section for section in CONFIG.sections() if section.startswith("program:")]


def waits_of_supervisord() -> list[float]:
    """The wait that the head of the file names, for a server of one's own."""
    return [float(seconds) for seconds in re.findall(r"TORIM_STOP_WAIT=(\d+)", SUPERVISORD)]


def waits_of_compose() -> list[float]:
    """The wait of each kind of container, where nobody names another."""
    return [float(seconds) for seconds in re.findall(r"stop_grace_period: (?:\$\{TORIM_STOP_WAIT:-)?(\d+)\}?s", COMPOSE)]


@pytest.mark.parametrize("waits", [waits_of_supervisord(), waits_of_compose()])
def test_nothing_is_killed_before_its_drain_is_over(waits: list[float]) -> None:
    assert waits
    assert min(waits) > SLOWEST_S


@pytest.mark.parametrize("program", PROGRAMS)
def test_supervisord_waits_for_every_program(program: str) -> None:
    assert CONFIG[program]["stopwaitsecs"] == "%(ENV_TORIM_STOP_WAIT)s"


def test_five_seconds_more_than_a_drain_are_enough_for_any_drain() -> None:
    assert max(WORKER_ENDS_S, GATEWAY_ENDS_S) < 5


def test_the_gateways_end_before_the_workers_and_redis_after_them() -> None:
    priorities = {name: int(CONFIG[f"group:{name}"]["priority"]) for name in ("front", "torim", "store")}
    assert priorities["front"] > priorities["torim"] > priorities["store"]
