"""The ``.env`` file as people write it."""

import pytest

from common.env_file import parse
from common.errors import ConfigError


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("KEY=value", "value"),
        ("KEY = value ", "value"),
        ("export KEY=value", "value"),
        ("KEY=", ""),
        ("KEY= # nothing", ""),
        ("KEY=two words # and why", "two words"),
        ("KEY=a#b", "a#b"),
        ("KEY='as # it is \\n'", "as # it is \\n"),
        ('KEY="a \\"b\\" \\\\ c\\nd" # and why', 'a "b" \\ c\nd'),
        ("KEY=שלום! איך אפשר לעזור?", "שלום! איך אפשר לעזור?"),
        ("KEY=redis://host:6379/0?a=b", "redis://host:6379/0?a=b"),
        ("KEY=it's", "it's"),
    ],
)
def test_a_value_is_what_its_writer_meant(line: str, value: str) -> None:
    assert parse(line) == {"KEY": value}


def test_comments_and_empty_lines_say_nothing() -> None:
    assert parse("# a comment\n\n   # KEY=value\n") == {}


def test_the_last_of_two_lines_for_a_key_counts() -> None:
    assert parse("KEY=1\nKEY=2") == {"KEY": "2"}


@pytest.mark.parametrize("line", ["just words", "=value", "1KEY=value", "KEY='open", 'KEY="open', "KEY='a' b", 'KEY="\\x"', "KEY=#value"])
def test_a_bad_line_is_named_by_its_number(line: str) -> None:
    with pytest.raises(ConfigError, match=r"\.env line 2: takes KEY=VALUE"):
        parse(f"GOOD=1\n{line}")


def test_a_bad_line_is_not_shown_since_it_may_hold_a_secret() -> None:
    with pytest.raises(ConfigError) as caught:
        parse("TWILIO_AUTH_TOKEN='sesame")
    assert "sesame" not in str(caught.value)
