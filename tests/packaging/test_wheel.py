"""The wheel holds all that the program needs: the demo runs from it in an empty environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECONDS = 300
pytestmark = pytest.mark.xdist_group("wheel")
CLEAN = {
    name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV", "MAILBOT_CONFIG"}
}


def run(*words: str, cwd: Path) -> str:
    done = subprocess.run(
        words, cwd=cwd, env=CLEAN, capture_output=True, encoding="utf-8", timeout=SECONDS, check=False
    )
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--installer", "uv", "--outdir", str(folder), str(ROOT), cwd=folder)
    (found,) = folder.glob("mailbot-*.whl")
    return found


def under(folder: str) -> set[str]:
    return {str(path.relative_to(ROOT)) for path in (ROOT / folder).rglob("*") if path.is_file()}


def test_the_wheel_holds_templates_and_sample(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"mailbot/{name}" for name in under("templates") | under("data/sample")} <= names
    assert not {name for name in names if name.startswith(("tests", "templates", "data"))}


@pytest.mark.skipif(shutil.which("uv") is None, reason="uv makes the empty environment")
def test_the_demo_runs_from_the_wheel(wheel: Path, tmp_path: Path) -> None:
    environment = tmp_path / "environment"
    run("uv", "venv", "--quiet", "--python", sys.executable, str(environment), cwd=tmp_path)
    python = str(environment / "bin" / "python")
    locked = run("uv", "export", "--quiet", "--locked", "--no-dev", "--no-emit-project", "--no-hashes", cwd=ROOT)
    (tmp_path / "locked.txt").write_text(locked)
    run("uv", "pip", "install", "--quiet", "--python", python, "-r", "locked.txt", str(wheel), cwd=tmp_path)
    told = run(str(environment / "bin" / "mailbot"), "demo", "--exit", "--port", "0", cwd=tmp_path)
    assert "That was the story." in told
    assert str(ROOT) not in run(python, "-c", "import mailbot; print(mailbot.__file__)", cwd=tmp_path)
