"""The public hub of models: whether it answers, and a repository's files.

Its client tries for 20 s and more where there is no network, so it is asked briefly first.
"""

import threading
from pathlib import Path

import httpx

from common.errors import SetupError
from common.wheels import Progress

_ANSWERS_WITHIN_S = 4.0
_WHISPER_FILES = ("config.json", "model.bin", "preprocessor_config.json", "vocabulary.*")


def answers(repository: str) -> bool:
    """Whether the hub has the repository and says so within 4 s."""
    from huggingface_hub import hf_hub_url  # slow to import, and needed only while something is fetched

    found: list[bool] = []

    def ask() -> None:
        try:
            found.append(httpx.head(hf_hub_url(repository, "config.json"), timeout=_ANSWERS_WITHIN_S).status_code < 400)
        except httpx.HTTPError:
            found.append(False)

    # In a thread, since looking up a name has no time limit of its own.
    asking = threading.Thread(target=ask, name="hub", daemon=True)
    asking.start()
    asking.join(_ANSWERS_WITHIN_S)
    return found == [True]


def download(repository: str, folder: Path, show: Progress, names: tuple[str, ...] = _WHISPER_FILES) -> None:
    """The repository's files ``names`` (patterns) into ``folder``; the client shows its own progress.

    Raises:
        SetupError: the hub has no such repository, or cannot be reached.
    """
    from huggingface_hub import snapshot_download

    show(f"{repository}: from the hub")
    try:
        snapshot_download(repository, local_dir=folder, allow_patterns=list(names))
    except (OSError, ValueError) as error:
        raise SetupError(f"{repository}: the hub cannot give it ({type(error).__name__})") from error
