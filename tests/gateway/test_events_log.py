"""The format of the event lines."""

import pytest

from gateway.events_log import log_event, said


def test_an_event_line_names_call_turn_and_fields(capsys: pytest.CaptureFixture[str]) -> None:
    log_event("CA1", 3, "LLM_REPLY", sentences=2, llm_ms=310)
    assert capsys.readouterr().out == "EVENT call=CA1 turn=3 LLM_REPLY sentences=2 llm_ms=310\n"


def test_a_name_stands_verbatim(capsys: pytest.CaptureFixture[str]) -> None:
    log_event("CA1", 3, "BARGE_IN: interrupt speaking")
    assert capsys.readouterr().out == "EVENT call=CA1 turn=3 BARGE_IN: interrupt speaking\n"


def test_an_event_without_a_turn_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    log_event("CA1", None, "WS_DONE", rx=1, tx=2, reason=None)
    assert capsys.readouterr().out == "EVENT call=CA1 turn=- WS_DONE rx=1 tx=2\n"


def test_a_value_cannot_begin_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    log_event("CA1", 0, "X", text='a\nEVENT call="CA2"')
    assert capsys.readouterr().out == 'EVENT call=CA1 turn=0 X text="a\\nEVENT call=\\"CA2\\""\n'


def test_a_text_is_shown_by_its_length() -> None:
    assert said("שלום", log_texts=False) == "<4>"


def test_a_text_is_shown_if_the_operator_allows_it() -> None:
    assert said("שלום", log_texts=True) == "שלום"
