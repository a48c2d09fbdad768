"""Whoever stops a process waits longer than it drains: what supervisord and compose are told, beside what the processes do."""

import configparser
import re

import pytest

from common import redis_gateway_bus, redis_link, service, stage, standby, usage, vendor_stream, worker
from common.config import Settings
from common.errors import ConfigError
from gateway import admission, server, spending
from gateway.media_socket import Limits
from gateway.records import files
from tests.repo.test_repository import ROOT
from tools import restart

SERVED_S = admission.MOVE_LIMIT_S + Limits().action_delay_s + server.EXIT_TIMEOUT_S
"""What is left moves on, Twilio hears so, and the server ends;"""
WRITTEN_S = spending.LAST_WORD_S + files.CLOSE_S
"""what the calls cost is written, and their records;"""
GATEWAY_ENDS_S = SERVED_S + WRITTEN_S + redis_gateway_bus.FAREWELL_S + redis_link.CLOSE_LIMIT_S + service.LAST_S
"""the workers hear so, the connections are closed, and the process ends."""

HANDLED_S = max(worker.LAST_WORD_S, vendor_stream.CLOSE_LIMIT_S + usage.TELL_LIMIT_S)
"""What is left is handed back, while its handlers close their streams and tell what these cost."""
CLOSED_S = stage.CLOSE_LIMIT_S + redis_link.CLOSE_LIMIT_S
"""Vendor and bus are closed."""
WORKER_ENDS_S = worker.READERS_END_S + HANDLED_S + standby.JOIN_LIMIT_S + worker.LAST_WORD_S + CLOSED_S + service.LAST_S
"""Its readers end, all that, its thread, it leaves, and the process ends."""
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


def test_what_a_process_is_given_beyond_its_drain_is_enough_for_any_drain() -> None:
    assert max(WORKER_ENDS_S, GATEWAY_ENDS_S) < service.AFTER_DRAIN_S


def test_the_longest_drain_that_nobody_set_is_known_to_every_process() -> None:
    assert max(worker.DRAIN_S, admission.DRAIN_S) == service.LONGEST_DRAIN_S


@pytest.mark.parametrize(("wait_s", "drain_s"), [(15, None), (65, 60), (None, 600)])
def test_a_wait_that_is_long_enough_or_not_known_is_no_fault(wait_s: int | None, drain_s: float | None) -> None:
    service.check_stop_wait(Settings(torim_stop_wait=wait_s, drain_sec=drain_s))


@pytest.mark.parametrize(("drain_s", "least_s"), [(60, 65), (10.5, 16), (None, 15)])
def test_a_process_that_would_be_killed_in_its_drain_does_not_start(drain_s: float | None, least_s: int) -> None:
    with pytest.raises(ConfigError, match=rf"^TORIM_STOP_WAIT=14: .* set it to {least_s} or more$"):
        service.check_stop_wait(Settings(torim_stop_wait=14, drain_sec=drain_s))


def test_a_process_that_does_not_drain_may_be_killed_soon() -> None:
    service.check_stop_wait(Settings(torim_stop="INT", torim_stop_wait=3, drain_sec=60))


def test_whoever_replaces_processes_waits_for_longer_than_they_drain() -> None:
    assert restart.limit_s(Settings(drain_sec=600)) > 600 + service.AFTER_DRAIN_S


def test_the_gateways_end_before_the_workers_and_redis_after_them() -> None:
    priorities = {name: int(CONFIG[f"group:{name}"]["priority"]) for name in ("front", "torim", "store")}
    assert priorities["front"] > priorities["torim"] > priorities["store"]
