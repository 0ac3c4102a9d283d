"""Where Rasa lives: finds or fetches Python 3.10, installs the locked packages, trains the bot, says how to serve it.

Rasa 3.6 runs on Python 3.10 at most and its pins exclude those of the platform, so it has an environment and a process
of its own. This module needs nothing but the standard library and the ``uv`` program; the platform imports it:

    python = ensure_environment(progress)             # seconds the first time, instant afterwards
    model = ensure_model(python, progress)
    argv, env = serve_command(python, model, 5005, secret=…, callback_url=…)
    # spawn argv with env, then poll health_url(5005) until it answers 200

By hand: ``python -m bot.environment ensure | train | serve --port 5005 …``.

Settings (environment variables): ``VISAVIS_BOT_PYTHON`` (a Python 3.10 to use), ``VISAVIS_BOT_VENV`` and
``VISAVIS_BOT_MODELS`` (folders, by default ``bot/.venv`` and ``bot/models``).
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: nothing keeps two installations apart there.
    fcntl = None  # type: ignore[assignment]

Progress = Callable[[str], None]

PROJECT = Path(__file__).resolve().parent
SUPPORTED = (3, 10)
# Rasa does not support 3.11, yet runs on it with a few other pins: for machines where 3.10 cannot be had.
FALLBACK = (3, 11)
LOCKS = {SUPPORTED: PROJECT / "requirements.txt", FALLBACK: PROJECT / "requirements-py311.txt"}

STAMP = ".visavis-stamp"
INSTALL_OPTIONS = ("--no-deps", "--require-hashes", "--compile-bytecode")
INSTALL_TIMEOUT_SECONDS = 1800
TRAIN_TIMEOUT_SECONDS = 900
PROBE_TIMEOUT_SECONDS = 20
KEPT_MODELS = 3

# What a model is made of. Python files count: the components among them are part of the pipeline.
MODEL_INPUTS = ("domain.yml", "config.yml", "data/**/*.yml", "*.py")
# Changing these changes no model.
NOT_MODEL_INPUTS = frozenset({"environment.py", "visavis_channel.py", "rasa_main.py", "__init__.py"})

RASA_ENVIRONMENT = {
    "RASA_TELEMETRY_ENABLED": "false",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "OMP_NUM_THREADS": "1",
    "PYTHONUNBUFFERED": "1",
    # Rasa's dependencies warn on every start about things only they can change.
    "PYTHONWARNINGS": "ignore",
    "TQDM_DISABLE": "1",
}

_PROBE = "import bz2, ctypes, sqlite3, ssl, sys; print('%d.%d' % sys.version_info[:2])"
_TRAINING_STEP = re.compile(r"Starting to train component '(\w+)'")


class BotEnvironmentError(RuntimeError):
    """The bot's environment or model could not be made. The message says what to do about it."""


@dataclass(frozen=True)
class Interpreter:
    """A Python that was started and answered."""

    path: Path
    version: tuple[int, int]


def print_progress(line: str) -> None:
    """Print a progress line at once; the default of every function here."""
    print(f"[bot] {line}", flush=True)  # noqa: T201


# --- finding Python and uv -------------------------------------------------------------------------------------------


def find_uv() -> list[str]:
    """Return the command that starts uv.

    Raises:
        BotEnvironmentError: uv is not installed.
    """
    on_path = shutil.which("uv")
    # A pyenv shim may be on PATH and still refuse to start: ask, do not look.
    for command in ([on_path] if on_path else [], [sys.executable, "-m", "uv"]):
        if command and _output([*command, "--version"]):
            return command
    raise BotEnvironmentError(
        "uv is needed to install the Rasa bot and was not found. Install it with `pip install uv` "
        "(or see https://docs.astral.sh/uv/), then run this again."
    )


def find_python(version: tuple[int, int], environ: Mapping[str, str] | None = None) -> Interpreter | None:
    """Return an installed Python of exactly this minor version, or None. Nothing is downloaded."""
    environ = os.environ if environ is None else environ
    for candidate in _candidates(version, environ):
        if _output([str(candidate), "-c", _PROBE]) == "{}.{}".format(*version):
            return Interpreter(candidate, version)
    return None


def _candidates(version: tuple[int, int], environ: Mapping[str, str]) -> Iterator[Path]:
    """Yield where such a Python may be: the explicit setting, pyenv's folders (newest first), PATH."""
    if chosen := environ.get("VISAVIS_BOT_PYTHON"):
        yield Path(chosen)
    dotted = "{}.{}".format(*version)
    pyenv = Path(environ.get("PYENV_ROOT") or Path(environ.get("HOME") or Path.home()) / ".pyenv")
    yield from sorted(pyenv.glob(f"versions/{dotted}.*/bin/python"), key=_patch_level, reverse=True)
    if on_path := shutil.which(f"python{dotted}", path=environ.get("PATH")):
        yield Path(on_path)


def _patch_level(python: Path) -> int:
    number = re.match(r"\d+", python.parents[1].name.split(".")[-1])
    return int(number.group()) if number else -1


def obtain_python(uv: Sequence[str], progress: Progress) -> Interpreter:
    """Return a Python for Rasa: 3.10 installed or fetched, else 3.11.

    Raises:
        BotEnvironmentError: neither could be found or fetched.
    """
    if found := find_python(SUPPORTED) or _find_with_uv(uv, SUPPORTED):
        return found
    progress("no Python 3.10 here: fetching it with uv …")
    reason = ""
    try:
        _stream([*uv, "python", "install", "3.10"], progress, dict(os.environ), INSTALL_TIMEOUT_SECONDS)
        if found := _find_with_uv(uv, SUPPORTED):
            return found
    except BotEnvironmentError as error:
        reason = f" Fetching it failed: {error}"
    if found := find_python(FALLBACK) or _find_with_uv(uv, FALLBACK):
        progress("Python 3.10 could not be fetched: using 3.11, on which Rasa runs without being supported")
        return found
    raise BotEnvironmentError(
        f"The Rasa bot needs Python 3.10 and none was found.{reason} Install one (`pyenv install 3.10` or "
        "`uv python install 3.10`), or set VISAVIS_BOT_PYTHON to the path of a Python 3.10."
    )


def _find_with_uv(uv: Sequence[str], version: tuple[int, int]) -> Interpreter | None:
    """Return a Python that uv manages or knows of, or None."""
    dotted = "{}.{}".format(*version)
    path = _output([*uv, "python", "find", "--no-project", "--no-python-downloads", dotted])
    return Interpreter(Path(path), version) if path and _output([path, "-c", _PROBE]) == dotted else None


# --- the environment -------------------------------------------------------------------------------------------------


def ensure_environment(progress: Progress = print_progress, *, venv: Path | None = None) -> Path:
    """Make sure that Rasa is installed as locked and return the Python to run it with.

    Instant when nothing changed since the last time. Safe to call from several processes at once.

    Args:
        progress: is told what happens, a line at a time.
        venv: the folder of the environment; by default ``VISAVIS_BOT_VENV`` or ``bot/.venv``.

    Raises:
        BotEnvironmentError: with what to do about it.
    """
    venv = venv or Path(os.environ.get("VISAVIS_BOT_VENV") or PROJECT / ".venv")
    python = _python_of(venv)
    if _is_current(venv):
        return python
    with _exclusive(venv.with_name(venv.name + ".lock"), progress):
        if not _is_current(venv):  # Another process may have installed it while this one waited.
            _install(venv, progress)
    return python


def _install(venv: Path, progress: Progress) -> None:
    uv = find_uv()
    interpreter = obtain_python(uv, progress)
    lock = LOCKS[interpreter.version]
    if not lock.is_file():
        raise BotEnvironmentError(f"{lock} is missing: restore it, or write it anew with bot/lock.sh.")
    progress(
        f"installing Rasa (about 1.6 GB, once) with Python {'{}.{}'.format(*interpreter.version)} into {venv} …"
    )
    env = _clean_environ()
    _stream(
        [*uv, "venv", "--quiet", "--clear", "--python", str(interpreter.path), str(venv)], progress, env, 120
    )
    _stream(
        # Rasa is large: without bytecode every start would compile it again.
        [*uv, "pip", "install", "--python", str(_python_of(venv)), *INSTALL_OPTIONS, "-r", str(lock)],
        # The list of packages at the end is of no use to anybody.
        lambda line: None if line.startswith(" + ") else progress(f"installing: {line}"),
        env,
        INSTALL_TIMEOUT_SECONDS,
    )
    # Last: an installation that was interrupted has no stamp and starts over.
    (venv / STAMP).write_text(_stamp(lock), encoding="utf-8")
    progress("Rasa is installed")


def _is_current(venv: Path) -> bool:
    stamp = venv / STAMP
    if not stamp.is_file() or not _python_of(venv).exists():
        return False
    return stamp.read_text(encoding="utf-8") in {_stamp(lock) for lock in LOCKS.values() if lock.is_file()}


def _stamp(lock: Path) -> str:
    return f"{lock.name} {hashlib.sha256(lock.read_bytes()).hexdigest()}\n"


def _python_of(venv: Path) -> Path:
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


# --- the model -------------------------------------------------------------------------------------------------------


def model_key(project: Path = PROJECT) -> str:
    """Return a hash of everything the model is made of, the locked versions included."""
    digest = hashlib.sha256()
    files = {
        path
        for pattern in MODEL_INPUTS
        for path in project.glob(pattern)
        if path.name not in NOT_MODEL_INPUTS
    }
    for path in sorted(files | {project / lock.name for lock in LOCKS.values()}):
        if path.is_file():
            digest.update(str(path.relative_to(project)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def ensure_model(
    python: Path, progress: Progress = print_progress, *, project: Path = PROJECT, models: Path | None = None
) -> Path:
    """Make sure that the bot is trained as its files say and return the model.

    Instant when the files have not changed. Safe to call from several processes at once.

    Raises:
        BotEnvironmentError: the files are not a valid bot; the message holds what Rasa said.
    """
    models = models or Path(os.environ.get("VISAVIS_BOT_MODELS") or project / "models")
    model = models / f"{model_key(project)}.tar.gz"
    if model.is_file():
        return model
    with _exclusive(models / ".lock", progress):
        if not model.is_file():
            _train(python, model, progress, project)
            _forget_old_models(models, keep=KEPT_MODELS)
    return model


def _train(python: Path, model: Path, progress: Progress, project: Path) -> None:
    progress("training the bot …")
    name = f".training-{model.stem.removesuffix('.tar')}"
    unfinished = model.with_name(f"{name}.tar.gz")
    argv = [
        str(python),
        str(PROJECT / "rasa_main.py"),
        "train",
        "--fixed-model-name",
        name,
        "--out",
        str(model.parent),
    ]
    argv += ["--domain", str(project / "domain.yml"), "--config", str(project / "config.yml")]
    argv += ["--data", str(project / "data")]
    try:
        _stream(argv, _training_steps(progress), rasa_environ(project, model.parent), TRAIN_TIMEOUT_SECONDS)
        # Renamed when complete: a model that is there is whole.
        unfinished.replace(model)
    except FileNotFoundError:
        raise BotEnvironmentError(
            "Rasa ended without writing a model; run `python -m bot.environment train`."
        ) from None
    finally:
        unfinished.unlink(missing_ok=True)
    progress("the bot is trained")


def _training_steps(progress: Progress) -> Progress:
    """Return what shows, of all that Rasa prints, the steps of the training."""

    def show(line: str) -> None:
        if step := _TRAINING_STEP.search(line):
            progress(f"training: {step.group(1)}")

    return show


def _forget_old_models(models: Path, *, keep: int) -> None:
    newest_first = sorted(models.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in newest_first[keep:]:
        old.unlink(missing_ok=True)


# --- serving ---------------------------------------------------------------------------------------------------------


def serve_command(
    python: Path,
    model: Path,
    port: int,
    *,
    secret: str,
    callback_url: str,
    host: str = "127.0.0.1",
    project: Path = PROJECT,
    api_token: str | None = None,
) -> tuple[list[str], dict[str, str]]:
    """Return the arguments and the whole environment of the process that serves the bot.

    Args:
        python: from ``ensure_environment``.
        model: from ``ensure_model``.
        port: the TCP port to listen on.
        secret: signs both directions; 16 characters or more. Travels in the environment, never in the arguments.
        callback_url: where the bot posts its turns.
        host: the address to listen on; any other than 127.0.0.1 is for a container of its own.
        project: the folder with ``credentials.yml`` and ``endpoints.yml``.
        api_token: opens Rasa's own HTTP API (``/model/parse``, ``trigger_intent``) to whoever holds this token.
    """
    argv = [
        str(python),
        str(PROJECT / "rasa_main.py"),
        "run",
        "-i",
        host,
        "-p",
        str(port),
        "-m",
        str(model),
    ]
    argv += ["--credentials", str(project / "credentials.yml"), "--endpoints", str(project / "endpoints.yml")]
    if api_token:
        argv += ["--enable-api", "--auth-token", api_token]
    env = rasa_environ(project, model.parent)
    env |= {"VISAVIS_BOT_SECRET": secret, "VISAVIS_CALLBACK_URL": callback_url}
    return argv, env


def webhook_url(port: int) -> str:
    """Return where the orchestrator posts what happens in a conversation."""
    return f"http://127.0.0.1:{port}/webhooks/visavis/webhook"


def health_url(port: int) -> str:
    """Return the address that answers 200 once the bot can be talked to; until then the connection is refused."""
    return f"http://127.0.0.1:{port}/webhooks/visavis/health"


def rasa_environ(project: Path = PROJECT, models: Path | None = None) -> dict[str, str]:
    """Return the whole environment of a Rasa process: this one's, without what would break another Python."""
    cache = (models or project / "models") / ".cache"
    return (
        _clean_environ() | RASA_ENVIRONMENT | {"PYTHONPATH": str(project), "RASA_CACHE_DIRECTORY": str(cache)}
    )


def _clean_environ() -> dict[str, str]:
    ours = {"PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE", "__PYVENV_LAUNCHER__"}
    return {name: value for name, value in os.environ.items() if name not in ours}


# --- processes -------------------------------------------------------------------------------------------------------


def _output(argv: Sequence[str]) -> str | None:
    """Return what a short command prints, or None when it cannot be started or fails."""
    try:
        done = subprocess.run(  # noqa: S603
            argv, capture_output=True, text=True, timeout=PROBE_TIMEOUT_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _stream(argv: Sequence[str], show: Progress, env: Mapping[str, str], timeout_seconds: float) -> None:
    """Run a command and show its lines as they come.

    Raises:
        BotEnvironmentError: it failed or took too long; the message ends with its last lines.
    """
    tail: list[str] = []
    process = subprocess.Popen(  # noqa: S603
        argv,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=dict(env),
        cwd=PROJECT,
    )
    with process, _killed_after(process, timeout_seconds) as expired:
        for line in map(str.rstrip, process.stdout or ()):
            if line:
                tail = [*tail[-14:], line]
                show(line)
    if process.returncode:
        what = "took too long" if expired() else f"failed ({process.returncode})"
        raise BotEnvironmentError(f"`{' '.join(map(str, argv[:4]))} …` {what}:\n" + "\n".join(tail))


@contextmanager
def _killed_after(process: subprocess.Popen[str], seconds: float) -> Iterator[Callable[[], bool]]:
    """Kill ``process`` when the block takes longer, or is left by an exception such as Ctrl-C."""
    expired = threading.Event()

    def expire() -> None:
        expired.set()
        process.kill()

    timer = threading.Timer(seconds, expire)
    timer.daemon = True
    timer.start()
    try:
        yield expired.is_set
    except BaseException:
        process.kill()
        raise
    finally:
        timer.cancel()


@contextmanager
def _exclusive(path: Path, progress: Progress) -> Iterator[None]:
    """Keep other processes out of the block; the lock goes with the process, however it ends."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = path.open("w")
    except OSError as error:
        raise BotEnvironmentError(
            f"{path.parent} cannot be written to ({error.strerror}). Set VISAVIS_BOT_VENV and VISAVIS_BOT_MODELS "
            "to folders that can."
        ) from None
    with handle:
        if fcntl is not None:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                progress("another process is at it: waiting …")
                fcntl.flock(handle, fcntl.LOCK_EX)
        yield


# --- command line ----------------------------------------------------------------------------------------------------


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    arguments = _parser().parse_args(argv)
    try:
        python = ensure_environment()
        if arguments.command == "ensure":
            print_progress(f"ready: {python}")
            return 0
        model = ensure_model(python)
        if arguments.command == "train":
            print_progress(f"model: {model}")
            return 0
        command, env = serve_command(
            python,
            model,
            arguments.port,
            secret=arguments.secret,
            callback_url=arguments.callback_url,
            host=arguments.host,
        )
    except BotEnvironmentError as error:
        print(f"[bot] {error}", file=sys.stderr)  # noqa: T201
        return 1
    print_progress(f"serving on {health_url(arguments.port)}")
    # Replaces this process, so that whoever stops it stops Rasa.
    os.execve(command[0], command, env)  # noqa: S606


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bot.environment", description="Install, train and serve the bot."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("ensure", help="install Rasa as locked")
    commands.add_parser("train", help="install and train")
    serve = commands.add_parser("serve", help="install, train and serve")
    serve.add_argument("--host", default="127.0.0.1", help="0.0.0.0 in a container of its own")
    serve.add_argument("--port", type=int, default=5005)
    serve.add_argument(
        "--secret", default=os.environ.get("VISAVIS_BOT_SECRET", ""), help="or VISAVIS_BOT_SECRET"
    )
    serve.add_argument(
        "--callback-url",
        default=os.environ.get("VISAVIS_CALLBACK_URL", "http://127.0.0.1:8080/api/bot/rasa/turns"),
        help="or VISAVIS_CALLBACK_URL",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
