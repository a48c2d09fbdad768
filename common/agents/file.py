"""An agent's file, read: what is wrong is told with file, line, key, and what is expected.

``tomllib`` knows of no lines once it has read a file. So the line of a key is found by reading the file anew, line by line longer:
where the key is there for the first time, its statement has just ended, and it began behind the longest part before that
could be read. No rule of TOML's has to be known for it, and only who has a fault waits for it.
"""

import re
import tomllib
import types
import typing
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec

from common.agents.agent import Agent, Snapshot
from common.agents.check import check
from common.agents.fault import Fault, KeyPath, astray, like
from common.agents.rules import Rules, check_rules
from common.config import Settings
from common.errors import ConfigError

_KEY = re.compile(r"([\w.-]+)\s*=")
_QUOTE_IN_A_WORD = re.compile(r'(?<=[א-ת])"(?=[א-ת])')
_AT_LINE = re.compile(r"\(at line (\d+), column \d+\)")
Table = TypeVar("Table", bound=msgspec.Struct)
_ITEM = re.compile(r" - at `\$\[(\d+)\]`")


def read(path: Path, settings: Settings) -> Snapshot:
    """The agent in a file, and its rules in the files beside it.

    Raises:
        ConfigError: it cannot be read, or not be used; with the line.
    """
    text = _text(path)
    with _located(path, text):
        agent: Agent = _value(Agent, _parsed(path, text), ())
        check(agent, settings)
        return Snapshot(key=path.stem, agent=agent, rules={language: _rules(path, agent, language) for language in agent.rules})


def table_in(path: Path, kind: type[Table]) -> Table:
    """What another file of an owner's holds.

    Raises:
        ConfigError: as ``read``.
    """
    text = _text(path)
    with _located(path, text):
        return cast(Table, _value(kind, _parsed(path, text), ()))


def place_of(path: Path, *key: str) -> str:
    """Where a key stands, for a message: file and line.

    Raises:
        ConfigError: the file cannot be read.
    """
    return f"{path}:{line_of(_text(path), key)}"


@contextmanager
def _located(path: Path, text: str) -> Iterator[None]:
    """A fault in a file is told with the line."""
    try:
        yield
    except Fault as fault:
        raise ConfigError(f"{path}:{line_of(text, fault.path)}: {fault}") from None


def _text(path: Path) -> str:
    try:
        return _decoded(path)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from None


def _decoded(path: Path) -> str:
    """What a file says, with the mark before it that Windows sets, or without."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        lines = error.object[: error.start].decode("ascii", "replace").split("\n")
        what = "is not written in UTF-8; takes a file that was saved with the encoding UTF-8"
        raise ConfigError(f"{path}:{len(lines)}: {_key_at(lines)}{what}") from None


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _AT_LINE.search(str(error))
        lines = text.rstrip("\n").split("\n")
        lines = lines[: int(found[1])] if found else lines
        what = f"{_AT_LINE.sub('', str(error)).strip()}; takes {_expected(lines[-1])}"
        raise ConfigError(f"{path}:{len(lines)}: {_key_at(lines)}is not TOML: {what}") from None


def _expected(line: str) -> str:
    """What a line that is no TOML should be."""
    if _QUOTE_IN_A_WORD.search(line):
        return "״ in Hebrew abbreviations (ד״ר), or '…' around the text: a \" within ends it"
    return 'key = value, with "…" around a text'


def _key_at(lines: list[str]) -> str:
    """The key of the statement that the last line belongs to, for a message; "" if it shows none."""
    for line in reversed(lines):
        if found := _KEY.match(line):
            return f"{found[1]}: "
        if not line.startswith((" ", "\t", '"', "'")):  # no item of a list
            break
    return ""


def _rules(path: Path, agent: Agent, language: str) -> str:
    beside = path.parent / agent.rules[language]
    try:
        text = _decoded(beside)
    except OSError as error:
        raise Fault(("rules", language), f"{agent.rules[language]!r} cannot be read: {error}; takes a file beside this one") from None
    with _located(beside, text):
        check_rules(_value(Rules, _parsed(beside, text), ()), agent)
    return text


# --- Values


def _value(kind: Any, raw: Any, path: KeyPath, takes: str = "") -> Any:
    """``raw`` as a ``kind``; ``takes`` says what that is where its type does not.

    Raises:
        Fault: it is none.
    """
    plain, described = _described(kind)
    takes = described or takes
    if _is_struct(plain):
        return _table(plain, _as_table(raw, path), path)
    if typing.get_origin(plain) is dict:
        of = typing.get_args(plain)[1]
        return {key: _value(of, value, (*path, key), takes) for key, value in _as_table(raw, path).items()}
    if typing.get_origin(plain) is tuple and _is_struct(of := typing.get_args(plain)[0]):
        tables = _as_tables(raw, path)
        if not tables and _min_length(kind):
            raise Fault(path, f"[] does not fit; takes {takes}, one at least")
        return tuple(_value(of, each, (*path, str(number))) for number, each in enumerate(tables, 1))
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        item = _ITEM.search(str(error))
        shown = f"{raw[int(item[1])]!r} in it" if item else repr(raw)
        raise Fault(path, f"{shown} does not fit; takes {takes}") from None


def _table(kind: type[msgspec.Struct], raw: Mapping[str, Any], path: KeyPath) -> Any:
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    for key in raw:
        if key not in fields:
            own = astray(key, Agent.__struct_fields__) if path and path[0] in Agent.__struct_fields__ else ""
            raise Fault((*path, key), f"there is no such key{own or like(key, fields)}; takes {', '.join(fields)}")
    for name, field in fields.items():
        if field.required and name not in raw:
            raise Fault((*path, name), f"is missing; takes {_described(field.type)[1]}")
    return kind(**{key: _value(fields[key].type, value, (*path, key)) for key, value in raw.items()})


def _as_table(raw: Any, path: KeyPath) -> Mapping[str, Any]:
    if not isinstance(raw, dict):
        raise Fault(path, f"{raw!r} does not fit; takes a table: [{'.'.join(path)}]")
    return raw


def _as_tables(raw: Any, path: KeyPath) -> list[Any]:
    if not isinstance(raw, list):
        raise Fault(path, f"{raw!r} does not fit; takes tables: [[{'.'.join(path)}]]")
    return raw


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _min_length(kind: Any) -> int:
    """How many of them there must be."""
    metas = (
        [each for each in typing.get_args(kind)[1:] if isinstance(each, msgspec.Meta)]
        if typing.get_origin(kind) is typing.Annotated
        else []
    )
    return max((each.min_length or 0 for each in metas), default=0)


def _described(kind: Any) -> tuple[Any, str]:
    """A type without what is written about it, and its description."""
    takes = ""
    while True:
        if typing.get_origin(kind) is typing.Annotated:
            kind, *about = typing.get_args(kind)
            described = [each.description for each in about if isinstance(each, msgspec.Meta) and each.description]
            takes = takes or "".join(described[-1:])
        elif isinstance(kind, types.UnionType) and len(rest := [arg for arg in kind.__args__ if arg is not types.NoneType]) == 1:
            kind = rest[0]
        else:
            return kind, takes


# --- Lines


def line_of(text: str, path: KeyPath) -> int:
    """The line, from 1, on which the statement of a key begins; of one that is not there, its table's."""
    lines, read_to = text.splitlines(), 0
    for count in range(1, len(lines) + 1):
        try:
            so_far = tomllib.loads("\n".join(lines[:count]))
        except tomllib.TOMLDecodeError:
            continue
        if _has(so_far, path):
            return read_to + 1
        read_to = count
    return line_of(text, path[:-1]) if len(path) > 1 else 1


def _has(table: Any, path: KeyPath) -> bool:
    for key in path:
        if isinstance(table, list):
            table = {str(number): each for number, each in enumerate(table, 1)}
        if not isinstance(table, dict) or key not in table:
            return False
        table = table[key]
    return True
