"""How well the bot understands sentences it was not trained on."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from pathlib import Path

import pytest
import yaml

from bot import environment

HERE = Path(__file__).parent
HELDOUT: dict[str, dict[str, list[str]]] = yaml.safe_load(
    (HERE / "heldout_nlu.yml").read_text(encoding="utf-8")
)
LEAST_F1 = 0.9


def _training_sentences() -> set[str]:
    sentences: set[str] = set()
    for file in environment.PROJECT.glob("data/nlu_*.yml"):
        for block in yaml.safe_load(file.read_text(encoding="utf-8"))["nlu"]:
            lines = block["examples"].splitlines()
            sentences |= {_bare(line.removeprefix("- ")) for line in lines}
    return sentences


def _bare(sentence: str) -> str:
    return " ".join("".join(c if c.isalnum() else " " for c in sentence.lower()).split())


def _f1(expected: list[str], found: list[str]) -> dict[str, float]:
    """Return the F1 of each intent."""
    right = Counter(e for e, f in zip(expected, found, strict=True) if e == f)
    said, meant = Counter(found), Counter(expected)
    return {intent: 2 * right[intent] / (said[intent] + meant[intent]) for intent in meant}


def test_held_out_sentences_are_not_training_data() -> None:
    held_out = {_bare(text) for intents in HELDOUT.values() for texts in intents.values() for text in texts}
    assert not held_out & _training_sentences()


def test_there_is_enough_training_data_in_both_languages() -> None:
    for language in ("fr", "en"):
        blocks = yaml.safe_load(
            (environment.PROJECT / f"data/nlu_{language}.yml").read_text(encoding="utf-8")
        )["nlu"]
        assert sum(len(block["examples"].splitlines()) for block in blocks if "intent" in block) >= 150


@pytest.mark.rasa
def test_held_out_intents(rasa_python: Path, rasa_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cases = [
        (language, intent, text)
        for language, intents in HELDOUT.items()
        for intent, texts in intents.items()
        for text in texts
    ]
    done = subprocess.run(
        [str(rasa_python), str(HERE / "parse_heldout.py"), str(rasa_model)],
        check=False,
        input=json.dumps([text for _, _, text in cases]),
        capture_output=True,
        text=True,
        timeout=120,
        env=environment.rasa_environ(),
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.rsplit("INTENTS ", 1)[1])
    for language in HELDOUT:
        of_language = [
            (e, f, text) for (lang, e, text), f in zip(cases, found, strict=True) if lang == language
        ]
        scores = _f1([e for e, _, _ in of_language], [f for _, f, _ in of_language])
        f1 = sum(scores.values()) / len(scores)
        misread = [f"{text!r}: {e} read as {f}" for e, f, text in of_language if e != f]
        with capsys.disabled():
            print(
                f"\nheld-out NLU {language}: F1 {f1:.3f} over {len(of_language)} sentences, {len(misread)} misread"
            )
        assert f1 >= LEAST_F1, "\n".join(misread)
