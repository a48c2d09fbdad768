"""What is generated is fresh, and nothing of one machine is in the repository."""

import dataclasses
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from common.config import Settings
from common.version import VERSION
from tools.env_example import env_example

ROOT = Path(__file__).resolve().parents[2]
PROCESSES = ("common", "gateway", "asr_worker", "llm_worker", "tts_worker")
LOCKS = ("requirements.lock", "requirements-dev.lock")
_PLACES_OF_ONE_MACHINE = ("/" + "home/", "/" + "root/", "/" + "Users/", "/" + "work/")


def test_the_example_of_settings_is_fresh() -> None:
    fresh = (ROOT / ".env.example").read_text(encoding="utf-8") == env_example()
    assert fresh, "type: .venv/bin/python -m tools.env_example > .env.example"


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_address(lock: str) -> None:
    assert "://" not in (ROOT / lock).read_text()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_of_a_lock_has_a_hash(lock: str) -> None:
    entries = (ROOT / lock).read_text().replace("\\\n", " ").splitlines()
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_runtime_lock_holds_nothing_under_the_gpl() -> None:
    assert "espeak" not in (ROOT / "requirements.lock").read_text()


def test_the_compose_file_is_valid() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("service", ["asr_worker", "llm_worker", "tts_worker"])
def test_workers_of_the_compose_file_can_be_scaled(service: str) -> None:
    compose = (ROOT / "docker-compose.yml").read_text()
    begins = compose.index(f"\n  {service}:\n    ")
    block = compose[begins : compose.find("\n\n", begins)]
    assert f'command: ["python", "-m", "{service}"]' in block
    assert [key for key in ("container_name:", "ports:", "hostname:", "network_mode:") if key in block] == []


def test_the_compose_file_sets_nothing_but_settings() -> None:
    names = re.findall(r"^    ([A-Z][A-Z_0-9]+):", (ROOT / "docker-compose.yml").read_text(), re.MULTILINE)
    assert names
    assert set(names) <= {field.name.upper() for field in dataclasses.fields(Settings)}


def test_the_image_holds_every_process() -> None:
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text()
    assert [process for process in PROCESSES if f"COPY {process} {process}" not in dockerfile] == []


def test_what_the_image_is_made_of_is_sent_to_the_builder() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    copied = re.findall(r"^COPY (?!--from)(\S+) ", (ROOT / "deploy" / "Dockerfile").read_text(), re.MULTILINE)
    assert "*" in ignored
    assert [source for source in copied if f"!{source}" not in ignored or not (ROOT / source).exists()] == []


def test_what_a_container_writes_is_kept_in_volumes_of_its_user() -> None:
    """A named volume has the owner that the image's folder has."""
    dockerfile, compose = ((ROOT / name).read_text() for name in ("deploy/Dockerfile", "docker-compose.yml"))
    kept = re.findall(r"^    - (\w+):/\1$", compose, re.MULTILINE)
    assert sorted(kept) == ["cache", "messages", "records"]
    assert f"VOLUME {' '.join(f'/{name}' for name in ('cache', 'records', 'messages'))}" in dockerfile
    assert "chown torim /cache /records /messages" in dockerfile


def test_a_container_is_told_where_its_port_is_published() -> None:
    """Its own HOST says nothing: without this it could not tell whether signatures are needed."""
    compose = (ROOT / "docker-compose.yml").read_text()
    assert "    PUBLISH: ${PUBLISH:-127.0.0.1}\n    ALLOW_UNSIGNED: ${ALLOW_UNSIGNED:-0}\n" in compose
    assert '"${PUBLISH:-127.0.0.1}:${PORT:-8080}:8080"' in compose


def test_supervisord_conf_says_everything_that_it_wants_of_the_environment() -> None:
    conf = (ROOT / "supervisord.conf").read_text()
    head = conf[: conf.index("[supervisord]")]
    assert [name for name in set(re.findall(r"%\(ENV_(\w+)\)s", conf)) if f"{name}=" not in head] == []


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    texts = {path: path.read_bytes() for path in _tracked()}
    assert [path.name for path, text in texts.items() if any(place.encode() in text for place in _PLACES_OF_ONE_MACHINE)] == []


def test_nothing_is_kept_that_patches_and_editors_leave_behind() -> None:
    assert [path.name for path in _tracked() if path.name.endswith((".orig", ".rej", ".bak", "~"))] == []


def test_records_name_the_version_of_the_package() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == VERSION


def _tracked() -> list[Path]:
    told = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in told.split("\0") if name and (ROOT / name).is_file()]
