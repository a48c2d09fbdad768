"""The port that a process tells its metrics on, and what is behind the names."""

import asyncio
import urllib.request

import pytest
from prometheus_client import REGISTRY

from common import metrics
from common.config import Settings
from common.errors import ConfigError
from tests import virtual_clock
from tests.e2e.gateway_process import free_port


def settings(number: int = 0) -> Settings:
    return Settings(metrics_port=free_port() - number, process_number=number)


def page(port: int) -> str:
    """What Prometheus reads."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        text: str = answer.read().decode()
        return text


def test_what_is_counted_is_told() -> None:
    chosen = settings()
    with metrics.told("gateway", chosen):
        metrics.FUSE_ALARMS.labels("asr").inc()
        assert 'torim_fuse_alarms_total{stage="asr"}' in page(metrics.port_of("gateway", chosen))


def test_each_process_of_a_machine_has_a_port_of_its_own() -> None:
    services = ("gateway", "asr_worker", "llm_worker", "tts_worker")
    chosen = [Settings(metrics_port=9100, process_number=number) for number in range(100)]
    assert len({metrics.port_of(service, each) for service in services for each in chosen}) == 400


def test_a_taken_port_is_named() -> None:
    chosen = settings(number=3)
    port = metrics.port_of("gateway", chosen)
    with (
        metrics.told("gateway", chosen),
        pytest.raises(ConfigError, match=f"METRICS_PORT={chosen.metrics_port}: port {port} on 127"),
        metrics.told("gateway", chosen),
    ):
        pass


def test_the_port_is_free_again_afterwards() -> None:
    chosen = settings()
    for _ in range(2):
        with metrics.told("gateway", chosen):
            pass


def test_a_count_is_told_before_its_first_event() -> None:
    assert [REGISTRY.get_sample_value("torim_fuse_alarms_total", {"stage": stage}) is not None for stage in ("asr", "replies")] == [
        True
    ] * 2


def test_labels_take_few_values() -> None:
    bounded = {"stage", "outcome", "why", "kind", "how", "vendor", "unit", "fate", "le"}
    ours = [sample for family in REGISTRY.collect() if family.name.startswith("torim_") for sample in family.samples]
    assert {name for sample in ours for name in sample.labels} <= bounded


def test_how_late_the_loop_is_is_observed_four_times_a_second() -> None:
    async def watched() -> None:
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(metrics.watch_loop())
            await asyncio.sleep(3.1)
            watching.cancel()

    before = REGISTRY.get_sample_value("torim_loop_lag_seconds_count") or 0.0
    virtual_clock.run(watched())
    assert REGISTRY.get_sample_value("torim_loop_lag_seconds_count") == before + 12
