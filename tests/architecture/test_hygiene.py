"""What is in git belongs to the project: no addresses of package hosts, no paths of one machine."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Written so that this file passes its own test.
PACKAGE_HOSTS = re.compile(r"[p]ypi\.org|[p]ythonhosted|[n]pmjs\.(org|com)|[n]pmmirror|[p]ypi\.[a-z]+\.edu")
MACHINE_PATHS = re.compile(r"(?<![\w.$}])/(?:root|home/\w+|Users/\w+|work/(?:main|shared))/")
NOT_OURS = re.compile(r"\.(pyc|mo|db)$|(^|/)(node_modules|static/vendor|\.venv)/")


def tracked_files() -> list[str]:
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def places(pattern: re.Pattern[str]) -> list[str]:
    found = []
    for name in tracked_files():
        try:
            text = (ROOT / name).read_text("utf-8")
        except UnicodeDecodeError:
            continue
        lines = enumerate(text.splitlines(), start=1)
        found += [f"{name}:{number}: {line.strip()[:120]}" for number, line in lines if pattern.search(line)]
    return found


def test_no_file_names_a_host_of_packages() -> None:
    assert places(PACKAGE_HOSTS) == []


def test_no_file_names_a_path_of_one_machine() -> None:
    assert places(MACHINE_PATHS) == []


def test_nothing_that_make_makes_is_in_git() -> None:
    assert [name for name in tracked_files() if NOT_OURS.search(name)] == []


@pytest.mark.parametrize("name", ["base", "dev", "node", "uv", "build"])
def test_a_requirements_lock_holds_hashes_and_no_address(name: str) -> None:
    lock = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
    assert "://" not in lock
    assert not re.search(r"^--?(?!hash)\w", lock, re.MULTILINE), "an option that belongs to one machine"
    packages = re.findall(r"^[\w.\[\]-]+==\S+", lock, re.MULTILINE)
    assert packages
    assert len(re.findall(r"^[\w.\[\]-]+==[^\n]*\\\n +--hash=sha256:", lock, re.MULTILINE)) == len(packages)


def test_the_npm_lock_holds_hashes_and_no_address() -> None:
    text = (ROOT / "package-lock.json").read_text("utf-8")
    assert "://" not in text
    packages = [package for path, package in json.loads(text)["packages"].items() if path]
    assert packages
    assert all(package["integrity"].startswith("sha512-") for package in packages)


def test_versions_of_front_end_packages_are_exact() -> None:
    manifest = json.loads((ROOT / "package.json").read_text("utf-8"))
    versions = manifest["dependencies"] | manifest["devDependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions.values())


def test_every_script_is_executable() -> None:
    scripts = [ROOT / name for name in tracked_files() if name.endswith(".sh") or name == ".ci/run"]
    assert scripts
    assert all(script.stat().st_mode & 0o111 for script in scripts)
