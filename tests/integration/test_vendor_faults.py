"""Every fault in every stage, with the official clients over real sockets: what the caller hears."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping

import pytest

from tests.integration.failure_matrix import CASES, PLAYED, Case, outcomes
from tests.integration.faulty_house import REPLY, SENTENCES, Heard

pytestmark = pytest.mark.e2e

ANSWERS = {"fallback", "ask again", "sentence 2", "sentence 2 in the other voice"}
Told = Mapping[Case | None, list[str]]
"""Lines of the log by case; None: nobody's."""
_OPENAI = {
    "400": "http_400", "401": "http_401", "403": "http_403", "404": "http_404",
    "429": "http_429", "500": "http_500", "reset": "connection", "silence": "timeout", "half": "connection",
    "stall": "timeout", "garbage": "bad_answer", "wrong_type": "bad_answer", "forgotten": "timeout", "drip": "too_slow",
    "torn": "connection", "no_such_name": "no_such_name", "untrusted": "certificate",
}  # fmt: skip
_ENDINGS = {"filtered": "content_filter", "too_long": "length", "error_event": "error_event"}
_GOOGLE = {
    "400": "invalid_argument", "401": "unauthenticated", "403": "permission_denied", "404": "not_found",
    "429": "resource_exhausted", "500": "internal", "reset": "unavailable", "silence": "timeout",
    "half": "unavailable", "stall": "timeout", "garbage": "bad_answer", "wrong_type": "unknown", "forgotten": "timeout", "drip": "too_slow",
    "torn": "unavailable", "no_such_name": "no_such_name", "untrusted": "certificate",
}  # fmt: skip
_WHATS = {"400": "request_refused", "404": "misconfigured", "filtered": "request_refused", "too_long": "request_refused"}
"""What such a line is of, where it is not the vendor's failure."""
KINDS = {
    "asr": ("openai", {**_OPENAI, "drip": "timeout"}),  # an answer in one piece is late, not slow
    "llm": ("openai", {**_OPENAI, **_ENDINGS, "wrong_type": "half_stream"}),
    "tts": ("google", _GOOGLE),
}
"""The vendor that fails in a stage, and what its failures are called in the log."""


class Lines(logging.Handler):
    """What the processes tell, by case."""

    def __init__(self) -> None:
        super().__init__()
        self.told: dict[Case | None, list[str]] = defaultdict(list)

    def emit(self, record: logging.LogRecord) -> None:
        self.told[PLAYED.get()].append(record.getMessage())


@pytest.fixture(scope="module")
def lines() -> Iterator[Told]:
    handler, root = Lines(), logging.getLogger()
    root.addHandler(handler)
    yield handler.told
    root.removeHandler(handler)


@pytest.fixture(scope="module")
def heard(lines: Told) -> dict[Case, list[Heard]]:
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


@pytest.mark.parametrize("case", CASES, ids=name)
def test_every_failure_is_told_with_stage_vendor_and_kind(heard: dict[Case, list[Heard]], lines: Told, case: Case) -> None:
    vendor, kinds = KINDS[case.stage]
    what = _WHATS.get(case.fault, "vendor_failed")
    told = {line.partition(" after_ms=")[0] for line in lines[case] if " after_ms=" in line}
    # An attempt that is made again is told again, in the same words.
    assert told == {f"stage={case.stage} vendor={vendor} what={what} error={kinds[case.fault]}"}


def test_no_line_tells_what_was_said(heard: dict[Case, list[Heard]], lines: Told) -> None:
    said = ["when do you open", "".join(REPLY), *SENTENCES]
    assert not [line for told in lines.values() for line in told if any(text.strip() in line for text in said)]
