"""What is fetched of Debian: what an interrupted fetch left does no harm, and what is wrong is said. The apt is a made one."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.debian import contents

pytestmark = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="no Debian")
CONTROL = "Package: sounds\nVersion: 2\nArchitecture: all\nMaintainer: nobody <nobody@localhost>\nDescription: sounds\n"


def archive(folder: Path) -> Path:
    """A package with one file."""
    tree = folder / "tree"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN" / "control").write_text(CONTROL)
    (tree / "usr").mkdir()
    (tree / "usr" / "sound").write_text("a sound")
    built = folder / "sounds_2_all.deb"
    subprocess.run(["dpkg-deb", "--build", "--root-owner-group", str(tree), str(built)], check=True, capture_output=True)
    return built


def use_apt(folder: Path, monkeypatch: pytest.MonkeyPatch, download: str) -> None:
    """An apt-get that downloads so, and whose archive can be looked at."""
    (folder / "bin").mkdir()
    apt = folder / "bin" / "apt-get"
    apt.write_text(f"#!/bin/sh\ncase $1 in\n  update) touch {folder}/updated;;\n  download) {download};;\nesac\n")
    apt.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder / "bin"), prepend=":")


def interrupted(cache: Path) -> None:
    """Half a package of a version that the archive has no more, and the half of it that was unpacked."""
    (cache / "sounds" / "packages").mkdir(parents=True)
    (cache / "sounds" / "packages" / "sounds_1_all.deb").write_bytes(b"!<arch>")
    (cache / "sounds" / "root.new" / "usr").mkdir(parents=True)
    (cache / "sounds" / "root.new" / "usr" / "old sound").touch()


def test_what_an_interrupted_fetch_left_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_apt(tmp_path, monkeypatch, f"cp {archive(tmp_path)} .")
    interrupted(tmp_path)
    root = contents("sounds", tmp_path, "sounds")
    assert [path.name for path in (root / "usr").iterdir()] == ["sound"]
    assert sorted(path.name for path in root.parent.iterdir()) == ["lock", "root"]


def test_a_version_that_the_mirror_has_no_more_is_looked_for_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_apt(tmp_path, monkeypatch, f"[ -e {tmp_path}/updated ] && cp {archive(tmp_path)} .")
    assert (contents("sounds", tmp_path, "sounds") / "usr" / "sound").read_text() == "a sound"


def test_what_cannot_be_fetched_is_told_in_apts_own_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_apt(tmp_path, monkeypatch, "echo 'E: No space left\nW: and so on' >&2; exit 100")
    with pytest.raises(RuntimeError, match=r"no sounds for the bench \(E: No space left\).*apt-get download sounds"):
        contents("sounds", tmp_path, "sounds")


def test_what_cannot_be_unpacked_is_told_without_a_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_apt(tmp_path, monkeypatch, "echo damaged > sounds_2_all.deb")
    with pytest.raises(RuntimeError, match=r"sounds_2_all\.deb cannot be unpacked"):
        contents("sounds", tmp_path, "sounds")
