"""Finding Pythons, installing once, training once, and saying what to do when that fails. No Rasa needed."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bot import environment
from bot.environment import BotEnvironmentError, Interpreter


def _script(path: Path, body: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def _fake_python(path: Path, version: str) -> Path:
    return _script(path, f"echo {version}")


class TestFindingPython:
    def test_the_newest_of_pyenv(self, tmp_path: Path) -> None:
        for patch in ("3.10.2", "3.10.13", "3.9.18"):
            _fake_python(tmp_path / f"versions/{patch}/bin/python", patch.rsplit(".", 1)[0])
        found = environment.find_python((3, 10), {"PYENV_ROOT": str(tmp_path), "PATH": ""})
        assert found == Interpreter(tmp_path / "versions/3.10.13/bin/python", (3, 10))

    def test_pyenv_in_the_home_folder(self, tmp_path: Path) -> None:
        python = _fake_python(tmp_path / ".pyenv/versions/3.10.1/bin/python", "3.10")
        found = environment.find_python((3, 10), {"HOME": str(tmp_path), "PATH": ""})
        assert found is not None
        assert found.path == python

    def test_on_the_path(self, tmp_path: Path) -> None:
        python = _fake_python(tmp_path / "bin/python3.10", "3.10")
        found = environment.find_python((3, 10), {"HOME": str(tmp_path), "PATH": str(tmp_path / "bin")})
        assert found is not None
        assert found.path == python

    def test_a_shim_that_refuses_to_start_is_passed_over(self, tmp_path: Path) -> None:
        _script(tmp_path / "bin/python3.10", "echo 'pyenv: python3.10: command not found' >&2; exit 127")
        environ = {"HOME": str(tmp_path), "PATH": str(tmp_path / "bin")}
        assert environment.find_python((3, 10), environ) is None

    def test_one_that_lies_about_its_version_is_passed_over(self, tmp_path: Path) -> None:
        _fake_python(tmp_path / "bin/python3.10", "3.12")
        environ = {"HOME": str(tmp_path), "PATH": str(tmp_path / "bin")}
        assert environment.find_python((3, 10), environ) is None

    def test_the_setting_comes_first(self, tmp_path: Path) -> None:
        _fake_python(tmp_path / "bin/python3.10", "3.10")
        chosen = _fake_python(tmp_path / "mine", "3.10")
        found = environment.find_python(
            (3, 10),
            {"HOME": str(tmp_path), "PATH": str(tmp_path / "bin"), "VISAVIS_BOT_PYTHON": str(chosen)},
        )
        assert found is not None
        assert found.path == chosen

    def test_a_real_one(self) -> None:
        version = sys.version_info[:2]
        found = environment.find_python(version, dict(os.environ) | {"VISAVIS_BOT_PYTHON": sys.executable})
        assert found == Interpreter(Path(sys.executable), version)


class TestObtainingPython:
    """What happens, in order, on a machine without Python 3.10."""

    @pytest.fixture
    def bare(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """Return a machine with nothing on it."""
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
        monkeypatch.setattr(environment.shutil, "which", lambda *_, **__: None)
        monkeypatch.delenv("PYENV_ROOT", raising=False)
        monkeypatch.delenv("VISAVIS_BOT_PYTHON", raising=False)
        return tmp_path

    def test_uv_fetches_it(self, bare: Path) -> None:
        python = bare / "fetched/python"
        uv = _script(
            bare / "uv",
            f'case "$2" in install) mkdir -p {python.parent}; printf "#!/bin/sh\\necho 3.10\\n" > {python};'
            f" chmod +x {python};; find) test -x {python} && echo {python};; esac",
        )
        lines: list[str] = []
        assert environment.obtain_python([str(uv)], lines.append) == Interpreter(python, (3, 10))
        assert any("fetching" in line for line in lines)

    def test_else_3_11(self, bare: Path) -> None:
        _fake_python(bare / ".pyenv/versions/3.11.4/bin/python", "3.11")
        uv = _script(bare / "uv", "exit 1")
        lines: list[str] = []
        found = environment.obtain_python([str(uv)], lines.append)
        assert found.version == (3, 11)
        assert "3.11" in lines[-1]

    def test_else_it_says_what_to_do(self, bare: Path) -> None:
        uv = _script(bare / "uv", "echo 'no route to host' >&2; exit 2")
        with pytest.raises(BotEnvironmentError, match="VISAVIS_BOT_PYTHON") as error:
            environment.obtain_python([str(uv)], lambda _: None)
        assert "no route to host" in str(error.value)

    def test_without_uv_it_says_how_to_get_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(environment, "_output", lambda _: None)
        with pytest.raises(BotEnvironmentError, match="pip install uv"):
            environment.find_uv()


class TestInstalling:
    @pytest.fixture
    def calls(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
        """Install with a fake uv and lock; return the calls that uv got."""
        log = tmp_path / "calls"
        uv = _script(
            tmp_path / "uv",
            f'echo "$*" >> {log}; if [ "$1" = venv ]; then for p; do :; done; rm -rf "$p"; mkdir -p "$p/bin";'
            ' printf "#!/bin/sh\\n" > "$p/bin/python"; fi;'
            f' if [ "$1" = pip ]; then sleep 0.2; test ! -e {tmp_path}/broken || {{ echo boom; exit 3; }}; fi',
        )
        lock = tmp_path / "requirements.txt"
        lock.write_text("rasa==1\n")
        monkeypatch.setattr(environment, "find_uv", lambda: [str(uv)])
        monkeypatch.setattr(environment, "obtain_python", lambda *_: Interpreter(Path("/py"), (3, 10)))
        monkeypatch.setattr(environment, "LOCKS", {(3, 10): lock})
        return lambda: log.read_text().splitlines() if log.exists() else []

    def test_once(self, tmp_path: Path, calls: Callable[[], list[str]]) -> None:
        for _ in range(3):
            python = environment.ensure_environment(lambda _: None, venv=tmp_path / "v")
        assert python == tmp_path / "v/bin/python"
        assert len(calls()) == 2
        assert "--require-hashes" in calls()[1]
        assert "--compile-bytecode" in calls()[1]

    def test_again_when_the_lock_changes(self, tmp_path: Path, calls: Callable[[], list[str]]) -> None:
        environment.ensure_environment(lambda _: None, venv=tmp_path / "v")
        (tmp_path / "requirements.txt").write_text("rasa==2\n")
        environment.ensure_environment(lambda _: None, venv=tmp_path / "v")
        assert len(calls()) == 4

    def test_again_after_a_failure_that_is_told(self, tmp_path: Path, calls: Callable[[], list[str]]) -> None:
        (tmp_path / "broken").touch()
        with pytest.raises(BotEnvironmentError, match="boom"):
            environment.ensure_environment(lambda _: None, venv=tmp_path / "v")
        (tmp_path / "broken").unlink()
        environment.ensure_environment(lambda _: None, venv=tmp_path / "v")
        assert len(calls()) == 4

    def test_two_at_once_install_once(self, tmp_path: Path, calls: Callable[[], list[str]]) -> None:
        threads = [
            threading.Thread(
                target=environment.ensure_environment, args=(lambda _: None,), kwargs={"venv": tmp_path / "v"}
            )
            for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert len(calls()) == 2

    def test_a_lock_that_is_missing(self, tmp_path: Path, calls: Callable[[], list[str]]) -> None:
        (tmp_path / "requirements.txt").unlink()
        with pytest.raises(BotEnvironmentError, match=r"lock\.sh"):
            environment.ensure_environment(lambda _: None, venv=tmp_path / "v")


class TestTraining:
    @pytest.fixture
    def project(self, tmp_path: Path) -> Path:
        """Return a copy of the bot's files."""
        project = tmp_path / "bot"
        skip = shutil.ignore_patterns(".*", "models", "__pycache__")
        shutil.copytree(environment.PROJECT, project, ignore=skip)
        return project

    @pytest.fixture
    def trainer(self, tmp_path: Path) -> Path:
        """Return a Python that trains nothing and writes a model."""
        return _script(
            tmp_path / "python",
            f'echo "$*" >> {tmp_path}/calls; echo "Starting to train component \'RulePolicy\'."; shift 2;'
            ' test "$VISAVIS_TEST" != fail || { echo "InvalidRule: no"; exit 1; }; echo model > "$4/$2.tar.gz"',
        )

    @pytest.mark.parametrize(
        "name", ["domain.yml", "config.yml", "data/rules.yml", "visavis_metadata.py", "requirements.txt"]
    )
    def test_what_a_model_is_made_of(self, project: Path, name: str) -> None:
        before = environment.model_key(project)
        with (project / name).open("a") as file:
            file.write("\n# changed\n")
        assert environment.model_key(project) != before

    @pytest.mark.parametrize("name", ["visavis_channel.py", "environment.py", "credentials.yml", "README.md"])
    def test_what_changes_no_model(self, project: Path, name: str) -> None:
        before = environment.model_key(project)
        with (project / name).open("a") as file:
            file.write("\n# changed\n")
        assert environment.model_key(project) == before

    def test_once(self, tmp_path: Path, project: Path, trainer: Path) -> None:
        lines: list[str] = []
        for _ in range(2):
            model = environment.ensure_model(trainer, lines.append, project=project, models=tmp_path / "m")
        assert model == tmp_path / "m" / f"{environment.model_key(project)}.tar.gz"
        assert model.read_text() == "model\n"
        assert lines == ["training the bot …", "training: RulePolicy", "the bot is trained"]

    def test_old_models_go(self, tmp_path: Path, project: Path, trainer: Path) -> None:
        for number in range(6):
            (project / "domain.yml").write_text(str(number))
            model = environment.ensure_model(trainer, lambda _: None, project=project, models=tmp_path / "m")
            os.utime(model, (number, number))
        assert len(list((tmp_path / "m").glob("*.tar.gz"))) == environment.KEPT_MODELS
        assert model.exists()

    def test_a_bot_that_is_wrong(
        self, tmp_path: Path, project: Path, trainer: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("VISAVIS_TEST", "fail")
        with pytest.raises(BotEnvironmentError, match="InvalidRule: no"):
            environment.ensure_model(trainer, lambda _: None, project=project, models=tmp_path / "m")
        assert not list((tmp_path / "m").glob("*.tar.gz"))


class TestServing:
    def test_the_secret_is_not_in_the_arguments(self, tmp_path: Path) -> None:
        argv, env = environment.serve_command(
            tmp_path / "python", tmp_path / "m.tar.gz", 5005, secret="s" * 20, callback_url="http://x/cb"
        )
        assert "s" * 20 not in " ".join(argv)
        assert env["VISAVIS_BOT_SECRET"] == "s" * 20
        assert env["VISAVIS_CALLBACK_URL"] == "http://x/cb"
        assert argv[argv.index("-i") + 1] == "127.0.0.1"
        assert "--enable-api" not in argv

    def test_rasa_is_told_nothing_of_this_python(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE"):
            monkeypatch.setenv(name, "/elsewhere")
        env = environment.rasa_environ()
        assert env["PYTHONPATH"] == str(environment.PROJECT)
        assert not {"PYTHONHOME", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE"} & set(env)
        assert env["RASA_TELEMETRY_ENABLED"] == "false"


class TestProcesses:
    def test_a_command_that_hangs_is_ended(self) -> None:
        began = time.monotonic()
        with pytest.raises(BotEnvironmentError, match="took too long"):
            environment._stream(["/bin/sh", "-c", "exec sleep 30"], lambda _: None, dict(os.environ), 0.3)
        assert time.monotonic() - began < 5

    def test_lines_come_as_they_are_printed(self) -> None:
        lines: list[tuple[str, float]] = []
        began = time.monotonic()
        environment._stream(
            ["/bin/sh", "-c", "echo one; sleep 0.5; echo; echo two"],
            lambda line: lines.append((line, time.monotonic() - began)),
            dict(os.environ),
            10,
        )
        assert [line for line, _ in lines] == ["one", "two"]
        assert lines[0][1] < 0.4

    def test_the_command_line_exits_with_1_and_the_reason(self) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "bot.environment", "ensure"],
            check=False,
            capture_output=True,
            text=True,
            cwd=environment.PROJECT.parent,
            env={"HOME": "/nonexistent", "PATH": "/nonexistent", "VISAVIS_BOT_VENV": "/proc/nowhere/venv"},
        )
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert "[bot]" in done.stderr
