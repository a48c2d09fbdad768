"""Every fault in every stage, with the official clients over real sockets: what the caller hears."""

import asyncio
import logging
from collections.abc import Iterator

import pytest

from tests.integration.failure_matrix import CASES, Case, outcomes
from tests.integration.faulty_house import REPLY, SENTENCES, Heard

pytestmark = pytest.mark.e2e

ANSWERS = {"fallback", "ask again", "sentence 2", "sentence 2 in the other voice"}


class Lines(logging.Handler):
    """What the processes tell."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.told.append(record.getMessage())


@pytest.fixture(scope="module")
def lines() -> Iterator[list[str]]:
    handler, root = Lines(), logging.getLogger()
    root.addHandler(handler)
    yield handler.told
    root.removeHandler(handler)


@pytest.fixture(scope="module")
def heard(lines: list[str]) -> dict[Case, list[Heard]]:
    return asyncio.run(outcomes())


def name(case: Case) -> str:
    return f"{case.stage}-{case.fault}-{'another' if case.another else 'alone'}"


@pytest.mark.parametrize("case", CASES, ids=name)
def test_the_last_thing_that_is_heard_is_a_whole_answer_or_question(heard: dict[Case, list[Heard]], case: Case) -> None:
    last = heard[case][-1]
    assert (last.what in ANSWERS, last.cut) == (True, False)


@pytest.mark.parametrize("case", [case for case in CASES if case.another], ids=name)
def test_with_another_vendor_the_reply_is_heard_whole(heard: dict[Case, list[Heard]], case: Case) -> None:
    whats = [each.what for each in heard[case]]
    assert {what.split(" in ")[0] for what in whats} >= {"sentence 1", "sentence 2"}
    assert not {"fallback", "ask again", "still there?", "beep"}.intersection(whats)


@pytest.mark.parametrize("case", CASES, ids=name)
def test_nothing_is_heard_twice(heard: dict[Case, list[Heard]], case: Case) -> None:
    whats = [each.what for each in heard[case]]
    assert len(whats) == len(set(whats))


@pytest.mark.parametrize(("stage", "vendor"), [("asr", "openai"), ("llm", "openai"), ("tts", "google")])
def test_every_failure_is_told_with_stage_and_vendor(heard: dict[Case, list[Heard]], lines: list[str], stage: str, vendor: str) -> None:
    told = [line for line in lines if line.startswith(f"stage={stage} vendor={vendor} what=vendor_failed ")]
    assert len(told) >= sum(case.stage == stage for case in CASES)


def test_no_line_tells_what_was_said(heard: dict[Case, list[Heard]], lines: list[str]) -> None:
    said = ["when do you open", *REPLY, *SENTENCES]
    assert not [line for line in lines if any(text.strip() in line for text in said)]
