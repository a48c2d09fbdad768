"""All agents of a house: a folder of files, read at the start and again where something was saved.

At the start a fault ends the start. Later one is told in the log, and the file's last good version stays: calls go on.
A file that is gone takes its agent with it. Names with a dot before the ending (``clinic.he.rules.toml``) belong to an agent.
"""

import logging
import re
from collections.abc import Mapping
from pathlib import Path

from common.agents.agent import Snapshot
from common.agents.file import place_of, read
from common.agents.voices import misfits
from common.config import Settings
from common.errors import ConfigError

logger = logging.getLogger("torim.common")

HERE = Path(__file__).resolve().parents[2] / "agents"
"""Where they are unless ``AGENTS_DIR`` says otherwise."""
_AGENT_FILE = re.compile(r"[a-z0-9_-]{1,40}\.toml")
_OF_THE_SETTINGS = "settings"
"""What the agent that they make is called in logs and sums: no file's."""
_Stamp = tuple[tuple[str, int, int], ...]
"""Name, time and size of every file: a save changes one."""


class Folder:
    """The agents in a folder."""

    def __init__(self, settings: Settings) -> None:
        """Read them.

        Raises:
            ConfigError: a file cannot be used, or two claim one number, with file, line and key; one is called what no agent is;
                or ``AGENTS_DIR`` is no folder.
        """
        self._path = _folder(settings)
        self._settings = settings
        self._stamp = self._stamped()
        for file in _misnamed(self._path):
            raise _bad_name(file)
        self.agents: Mapping[str, Snapshot] = {file.stem: read(file, settings) for file in files_in(self._path)}
        self._check_numbers(self.agents)
        self._tell_misfits(self.agents)

    def reread(self) -> bool:
        """Read again what was saved since; whether anything is another now. Never raises."""
        stamp = self._stamped()
        if stamp == self._stamp:
            return False
        self._stamp = stamp
        for file in _misnamed(self._path):
            logger.error("what=agent_ignored why=%s", _bad_name(file))
        agents = {file.stem: snapshot for file in files_in(self._path) if (snapshot := self._reread(file)) is not None}
        try:
            self._check_numbers(agents)
        except ConfigError as fault:
            logger.error("what=agents_kept why=%s", fault)
            return False
        saved = {key: snapshot for key, snapshot in agents.items() if snapshot != self.agents.get(key)}
        changed, self.agents = agents != self.agents, agents
        self._tell_misfits(saved)
        return changed

    def _check_numbers(self, agents: Mapping[str, Snapshot]) -> None:
        owners: dict[str, str] = {}
        for key, snapshot in agents.items():
            for number in snapshot.agent.numbers:
                if number in owners:
                    at = place_of(self._path / f"{key}.toml", "numbers")
                    raise ConfigError(f"{at}: numbers: {number!r} in it is answered by {owners[number]}.toml already; takes one of its own")
                owners[number] = key

    def _tell_misfits(self, agents: Mapping[str, Snapshot]) -> None:
        """Say which voices that stand in, or that nobody could choose, are not as the bot speaks of itself."""
        for key, snapshot in agents.items():
            for vendor, voice, whose in misfits(snapshot.agent, self._settings):
                logger.warning(
                    "agent=%s what=voice_of_other_gender vendor=%s voice=%s voice_is=%s agent_is=%s",
                    key, vendor, voice, whose, snapshot.agent.gender,
                )  # fmt: skip

    def _reread(self, file: Path) -> Snapshot | None:
        """What is in a file, or what was in it when it was good."""
        try:
            return read(file, self._settings)
        except ConfigError as fault:
            kept = self.agents.get(file.stem)
            logger.error("what=%s why=%s", "agent_kept" if kept else "agent_ignored", fault)
            return kept

    def _stamped(self) -> _Stamp:
        """Rules count, too: they are part of their agent."""
        try:
            found = [(file.name, file.stat()) for file in sorted(self._path.glob("*.toml"))]
        except OSError:  # one of them went while we looked: the next look sees it
            return ()
        return tuple((name, about.st_mtime_ns, about.st_size) for name, about in found)


def files_in(folder: Path) -> list[Path]:
    """The agents' files in a folder; none where it is not there."""
    return sorted(file for file in folder.glob("*.toml") if _names_an_agent(file))


def _names_an_agent(file: Path) -> bool:
    return _AGENT_FILE.fullmatch(file.name) is not None and file.stem != _OF_THE_SETTINGS


def _misnamed(folder: Path) -> list[Path]:
    """Files that are meant for agents and would be read by nobody."""
    return sorted(file for file in folder.glob("*.toml") if "." not in file.stem and not _names_an_agent(file))


def _bad_name(file: Path) -> ConfigError:
    return ConfigError(f"{file}: takes another name: up to 40 small letters, digits, _ and -, and not {_OF_THE_SETTINGS!r}")


def _folder(settings: Settings) -> Path:
    """Where they are; whoever names a place means it, while the one beside the code need not be there."""
    named = settings.agents_dir
    if named is not None and not named.is_dir():
        raise ConfigError(f"AGENTS_DIR={named}: is no folder; takes one that exists, with a file for each agent (docs/agents.md)")
    return named or HERE


def named(name: str, settings: Settings) -> Snapshot:
    """The agent of this key, or of this file.

    Raises:
        ConfigError: there is none, or it cannot be used; or ``AGENTS_DIR`` is no folder.
    """
    if name.endswith(".toml"):
        return read(Path(name), settings)
    folder = _folder(settings)
    if not (folder / f"{name}.toml").is_file():
        there = ", ".join(file.stem for file in files_in(folder))
        raise ConfigError(f"there is no agent {name!r} in {folder}; there are: {there or 'none'}")
    if not _names_an_agent(folder / f"{name}.toml"):
        raise _bad_name(folder / f"{name}.toml")
    return read(folder / f"{name}.toml", settings)
