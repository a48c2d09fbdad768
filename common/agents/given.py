"""Names of models and voices that settings and agents' files give, held against what a vendor says it has.

A name that nobody knows is refused by the vendor in the first call, not at the start. So each vendor holds its list, which it fetches to
warm up, against them, and tells what is not there: with the setting, or with the file and the line. A warning is all: there are
servers that list less than they take, and a list that is empty says nothing.

Files are those on the worker's own machine; what is wrong with one otherwise is told by its gateway.
"""

import logging
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from common.agents.agent import Agent
from common.agents.file import place_of, read
from common.agents.folder import HERE, files_in
from common.config import Settings
from common.errors import ConfigError
from common.messages import Stage

logger = logging.getLogger("torim.common")


@dataclass(frozen=True, slots=True)
class Given:
    """A name, and where it is given: the setting, or file and line."""

    name: str
    at: str


@dataclass(frozen=True, slots=True)
class OwnFile:
    """An agent, and its file."""

    agent: Agent
    path: Path

    def at(self, *key: str) -> str:
        """Where a key of it stands."""
        return place_of(self.path, *key)


def own_files(settings: Settings) -> Iterator[OwnFile]:
    """The agents whose files are here."""
    for path in files_in(settings.agents_dir or HERE):
        try:
            yield OwnFile(read(path, settings).agent, path)
        except ConfigError:
            continue


def own_models(stage: Stage, settings: Settings) -> Iterator[Given]:
    """The models of this stage that agents have of their own."""
    for file in own_files(settings):
        if model := getattr(file.agent.models, stage):
            yield Given(model, file.at("models", stage))


def tell_unknown(what: Literal["model", "voice"], given: Iterable[Given], listed: Collection[str]) -> None:
    """Warn of names that are not listed. Ollama lists a model with its tag, and takes it without where that is ``latest``."""
    for each in dict.fromkeys(given) if listed else ():
        if each.name not in listed and f"{each.name}:latest" not in listed:
            logger.warning("what=no_such_%s name=%s see=%s", what, each.name, each.at)
