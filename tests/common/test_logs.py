"""Log lines."""

import json
import logging
import sys

import pytest

from common.logs import HumanLines, JsonLines, shown


def record(message: str, *args: object) -> logging.LogRecord:
    return logging.LogRecord("torim.gateway", logging.INFO, __file__, 1, message, args, None)


def test_a_human_line_names_the_service_and_the_level() -> None:
    assert HumanLines("gateway").format(record("call=%s what=opened", "CA1")).endswith(" gateway INFO call=CA1 what=opened")


def test_a_json_line_carries_each_pair_as_a_field() -> None:
    line = json.loads(JsonLines().format(record('call=%s turn=%d text="מה \\"זה\\""', "CA1", 3)))
    assert (line["call"], line["turn"], line["text"]) == ("CA1", "3", 'מה "זה"')


def test_a_pair_cannot_overwrite_what_every_line_has() -> None:
    assert json.loads(JsonLines().format(record("level=none")))["level"] == "INFO"


def test_a_json_line_carries_the_traceback() -> None:
    try:
        raise ValueError("bad")
    except ValueError:
        failed = logging.LogRecord("torim.gateway", logging.ERROR, __file__, 1, "what=bug", (), sys.exc_info())
    assert "ValueError: bad" in json.loads(JsonLines().format(failed))["error"]


@pytest.mark.parametrize(("allowed", "line"), [(True, '"שלום"'), (False, "<4>")])
def test_a_text_is_shown_by_its_length_unless_texts_are_allowed(allowed: bool, line: str) -> None:
    assert shown("שלום", allowed) == line
