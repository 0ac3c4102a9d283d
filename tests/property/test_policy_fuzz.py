"""Whatever an admin, an editor or an attacker puts into a policy: a clear answer, soon, in bounded memory."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.domain.model.check import static
from rules.check.codes import CODES
from rules.check.formats import as_github, as_json
from rules.check.report import Report
from rules.yaml_source import LARGEST_FILE
from tests.unit.domain.model.mistakes import PARITY

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "rules" / "policies"
FILES = {path.name: path.read_bytes() for path in sorted(FOLDER.glob("*.yaml"))}
MOST_MEGABYTES = 500
MOST_SECONDS = 20

snippets = st.sampled_from(
    [b"a", b": ", b"\n", b"  ", b"- ", b"[", b"]", b"{", b"}", b",", b"&x ", b"*x", b"!t ", b"|", b">-", b"'", b'"',
     b"#", b"? ", b"---\n", b"...", b"%YAML 1.1\n", b"\t", b"\r", b"\xe2\x80\xa8", b"\xef\xbb\xbf", b"\xe9", b"~",
     b"1", b"true", b"<<", b"\\u12", b"\x00", b"transitions:\n", b"- id: a\n", b"  event: HungUp\n", b"  when: ",
     b"agent.can_video", b" && ", b"(", b")", b"9" * 50, b"\xf0\x9f\x98\x80"]
)  # fmt: skip


def well_told(report: Report) -> None:
    """Every finding can be understood, placed and printed."""
    for each in report.diagnoses:
        assert each.finding.code in CODES
        assert each.finding.line >= 1
        assert each.finding.column >= 1
        assert each.finding.problem
        assert each.finding.advice
    as_json(report).encode()
    for line in as_github(report, "policies").splitlines():
        assert line.startswith("::")
    assert report.ok == (report.revision is not None and not report.of("error"))


@given(
    st.sampled_from(sorted(FILES)), st.binary(max_size=600) | st.lists(snippets, max_size=80).map(b"".join)
)
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
def test_any_bytes(name: str, content: bytes) -> None:
    well_told(static({**FILES, name: content}))


@given(st.sampled_from(sorted(FILES)), st.data())
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
def test_the_shipped_files_with_a_piece_of_something_else(name: str, data: st.DataObject) -> None:
    content = FILES[name]
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, min(start + 200, len(content))))
    piece = data.draw(st.lists(snippets, max_size=6).map(b"".join))
    well_told(static({**FILES, name: content[:start] + piece + content[end:]}))


# --- the ways files go wrong, each with what is said --------------------------------------------------------

DEEP = b"a: " + b"[" * 100_000
GROWING = b"a0: &a0 [x, x]\n" + b"".join(
    b"a%d: &a%d [*a%d, *a%d]\n" % (n, n, n - 1, n - 1) for n in range(1, 60)
)
CAMERA = FILES["camera.yaml"]


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (b"#" * (LARGEST_FILE + 1), "yaml.size", "larger than 1 MiB"),
        (b"- x\n" * 200_000, "yaml.size", "holds more than 60,000 values"),
        (DEEP, "yaml.depth", "nested more than 16 deep"),
        (b"a: &me {b: *me}\n", "yaml.alias", "contains itself"),
        (GROWING, "yaml.bomb", "beyond all bounds"),
        (CAMERA + b"<<: *x\n", "yaml.alias", "no `&x`"),
        (CAMERA + b"more: &x {a: 1}\n<<: *x\n", "yaml.merge_key", "merge key"),
        (CAMERA.replace(b"  demo:", b"\tdemo:"), "yaml.tab", "tab"),
        (CAMERA + "# caméra\n".encode("latin-1"), "yaml.encoding", "0xe9"),
        (CAMERA.decode().encode("utf-16"), "yaml.encoding", "UTF-16"),
        (CAMERA + b"\x00", "yaml.character", "U+0000"),
        (CAMERA + b"default: !!python/object/apply:os.system [x]\n", "yaml.tag", "tag"),
        (b"\xef\xbb\xbf", "yaml.empty", "empty"),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value else "",
)
def test_is_refused_with_its_message(content: bytes, code: str, said: str) -> None:
    started = time.monotonic()
    report = static({**FILES, "camera.yaml": content})
    assert time.monotonic() - started < MOST_SECONDS
    found = {each.finding.code: each.finding.problem for each in report.diagnoses}
    assert said in found[code]
    well_told(report)


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + CAMERA,
        CAMERA.replace(b"\n", b"\r\n"),
        CAMERA.replace(b"\n", b"\r"),
        CAMERA + b"\n\n# end",
    ],
    ids=["byte order mark", "Windows", "old Macintosh", "blank lines"],
)
def test_is_taken_as_what_it_is(content: bytes) -> None:
    report = static({**FILES, "camera.yaml": content})
    assert report.ok


HOSTILE: dict[str, dict[str, bytes]] = {
    "long guards": {
        "conversation.yaml": FILES["conversation.yaml"].replace(
            b"when: visitor.can_video\n", b'when: "' + b"!(" * 300 + b"visitor.can_video" + b")" * 300 + b'"\n'
        )
    },
    "guards that hang on every fact": {
        "conversation.yaml": FILES["conversation.yaml"].replace(b'when: "!group.open"', b"when: " + PARITY.encode())
    },
    "texts of phrases": {
        "escalation.yaml": FILES["escalation.yaml"].replace(
            b"      - You will", b"".join(b"      - phrase %d\n" % n for n in range(40)) + b"      - You will"
        )
    },
    "aliases": {"routing.yaml": b"groups: &g\n" + b"".join(b"  g%d: *g\n" % n for n in range(9_000))},
    "thousands of mistakes": {
        "conversation.yaml": b"transitions:\n" + b"- {id: 1, event: 2, from: 3, when: 4, to: 5, do: 6}\n" * 4_000
    },
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_the_whole_check_stays_within_bounds(name: str, tmp_path: Path) -> None:
    """In a process of its own, which may not have more memory than a small server would give it."""
    for file, content in {**FILES, **HOSTILE[name]}.items():
        (tmp_path / file).write_bytes(content)

    def bounded() -> None:
        limit = MOST_MEGABYTES * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))

    done = subprocess.run(
        [sys.executable, "-m", "bench.policy_check", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=bounded,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    seconds, _, megabytes = map(float, done.stdout.split()[:3])
    assert seconds < MOST_SECONDS
    assert megabytes < MOST_MEGABYTES
