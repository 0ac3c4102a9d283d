"""Loading a policy from a folder. The only part of `rules` that touches a disk, and only the folder it is given."""

from __future__ import annotations

from pathlib import Path

from rules.compile import compile_policy, examine, unknown_file
from rules.findings import Finding, PolicyError
from rules.policy import Policy
from rules.schema import FILES
from rules.yaml_source import LARGEST_FILE

# What may lie beside the files of a policy: its scenarios, a note for people.
_BESIDE = frozenset({"tests", "README.md"})


def load_policy(folder: Path) -> Policy:
    """The policy in ``folder``. `PolicyError` with everything that is wrong, unreadable or missing."""
    files, findings = read_folder(folder)
    if not findings:
        return compile_policy(files)
    # Say everything at once: what is wrong with the folder, and with the files that could be read.
    already = {finding.file for finding in findings}
    found = (finding for finding in examine(files).findings if finding.file not in already)
    raise PolicyError([*findings, *found])


def read_folder(folder: Path) -> tuple[dict[str, bytes], list[Finding]]:
    """The files of a policy by name, and what is wrong with the folder itself.

    Raises:
        PolicyError: there is no such folder, or it cannot be read.
    """
    findings: list[Finding] = []
    files: dict[str, bytes] = {}
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        problem = f"the folder cannot be read ({error.strerror or type(error).__name__})"
        raise PolicyError(
            [Finding(str(folder), 1, 1, "", problem, "check the path and the permissions", "file.unreadable")]
        ) from None
    except ValueError:  # a path with a NUL in it
        raise PolicyError(
            [Finding(repr(folder), 1, 1, "", "is no path", "check the path", "file.unreadable")]
        ) from None
    for entry in entries:
        name = entry.name
        if name in FILES:
            content = _read(entry)
            if isinstance(content, Finding):
                findings.append(content)
            else:
                files[name] = content
        elif name not in _BESIDE and not name.startswith(".") and not name.endswith("~"):
            findings.append(unknown_file(name))
    return files, findings


def _read(path: Path) -> bytes | Finding:
    try:
        if not path.is_file():
            return Finding(
                path.name, 1, 1, "", "is not a plain file", "put the policy's file there", "file.unreadable"
            )
        with path.open("rb") as file:
            # One byte more than is allowed is enough to know that it is too much.
            return file.read(LARGEST_FILE + 1)
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
        return Finding(path.name, 1, 1, "", problem, "check its permissions", "file.unreadable")


__all__ = ["Finding", "PolicyError", "compile_policy", "load_policy"]
