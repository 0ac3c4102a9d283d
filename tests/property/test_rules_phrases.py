"""However a phrase is decorated it is found; whichever letter is changed it is not (V11)."""

from __future__ import annotations

import unicodedata

from hypothesis import assume, example, given
from hypothesis import strategies as st

from rules.phrases import LONGEST_TEXT, SiteEscalation, judge_card, match_phrase, normalise

PHRASES = (
    "Vous allez être mis en relation par vidéo",
    "Vous allez être mis(e) en relation en vidéo",
    "You will be connected by video",
    "Aujourd’hui, l’œil écoute",
    "Wir verbinden Sie per Video, schön und groß",
)
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\ufe0f"
EMPHASIS = ("*", "**", "***", "_", "__", "~~", "`")
SPACES = (
    " ",
    "\u00a0",
    "\u202f",
    "\u2007",
    "\u2009",
    "\u3000",
    "\n",
    "\r\n",
    "\t",
    "  ",
    " \n ",
    "\u2028",
    "\x85",
)
APOSTROPHES = ("'", "’", "ʼ", "‘")


@st.composite
def decorated(draw: st.DrawFn, phrase: str) -> str:
    """The phrase as somebody, or some software, might write it."""
    shape = draw(st.sampled_from(("NFC", "NFD", "NFKC", "NFKD")))
    text = unicodedata.normalize(shape, phrase)
    case = draw(st.sampled_from(("as is", "upper", "lower", "swap", "title")))
    text = {"upper": text.upper(), "lower": text.lower(), "swap": text.swapcase(), "title": text.title()}.get(
        case, text
    )
    if draw(st.booleans()):
        text = "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))
    pieces: list[str] = []
    for char in text:
        if char == " ":
            pieces.append(draw(st.sampled_from(SPACES)))
        elif char in APOSTROPHES:
            pieces.append(draw(st.sampled_from(APOSTROPHES)))
        else:
            pieces.append(char)
        match draw(st.integers(0, 12)):
            case 0:
                pieces.append(draw(st.sampled_from(INVISIBLE)))
            case 1:
                pieces.append(draw(st.sampled_from(EMPHASIS)))
            case 2 if char.isalpha():
                pieces.append(draw(st.sampled_from("\u0301\u0308\u0327")))
            case _:
                pass
    return "".join(pieces)


# What may stand beside a phrase without being part of its words.
surroundings = st.text(st.sampled_from(' \n.,;!?«»()"“”…:/\u00a0\u202f*_`~\u200b'), max_size=8)


@given(st.data(), st.sampled_from(PHRASES), surroundings, surroundings)
def test_a_decorated_phrase_is_always_found(
    data: st.DataObject, phrase: str, before: str, after: str
) -> None:
    text = before + data.draw(decorated(phrase)) + after
    found = match_phrase(text, [phrase])
    assert found is not None
    assert normalise(text[found.start : found.end]) == normalise(phrase)


@given(st.data(), st.sampled_from(PHRASES), st.characters(categories=["Lu", "Ll", "Lo", "Nd"]))
def test_a_changed_letter_is_never_found(data: st.DataObject, phrase: str, letter: str) -> None:
    letters = [index for index, char in enumerate(phrase) if char.isalpha()]
    at = data.draw(st.sampled_from(letters))
    assume(normalise(letter) not in (normalise(phrase[at]), ""))
    # œ against o, or a doubled letter, could give the same plain form in another way.
    changed = phrase[:at] + letter + phrase[at + 1 :]
    assume(normalise(changed) != normalise(phrase))
    assert match_phrase(changed, [phrase]) is None


@given(st.data(), st.sampled_from(PHRASES))
def test_a_removed_or_added_letter_is_never_found(data: st.DataObject, phrase: str) -> None:
    at = data.draw(st.sampled_from([index for index, char in enumerate(phrase) if char.isalpha()]))
    letter = data.draw(st.sampled_from("abcxyzéü"))
    for changed in (
        phrase[:at] + phrase[at + 1 :],
        phrase[:at] + letter + phrase[at:],
        phrase + letter,
        letter + phrase,
    ):
        assert match_phrase(changed, [phrase]) is None


@given(st.text(max_size=300))
@example("ﬁ\u0301 \u0345ǰΐ")
def test_normalising_twice_is_normalising_once(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(st.text(max_size=100), st.text(max_size=100))
def test_any_match_points_at_the_phrase(text: str, phrase: str) -> None:
    found = match_phrase(text, [phrase])
    if found is None:
        return
    assert 0 <= found.start < found.end <= len(text)
    assert normalise(phrase) in normalise(text[found.start : found.end])


@given(st.text(min_size=1, max_size=60))
def test_a_text_contains_itself(text: str) -> None:
    if normalise(text):
        assert match_phrase(text, [text]) is not None


@given(
    st.dictionaries(st.sampled_from(["title", "text"]), st.text(max_size=LONGEST_TEXT // 500)),
    st.text(max_size=12),
    st.text(max_size=8),
    st.booleans(),
    st.lists(st.sampled_from(["fr", "en"]), unique=True),
    st.lists(st.sampled_from(["desktop", "mobile"]), unique=True),
)
def test_a_verdict_is_total_and_consistent(
    fields: dict[str, str],
    language: str,
    device: str,
    enabled: bool,
    languages: list[str],
    devices: list[str],
) -> None:
    settings = SiteEscalation(False, enabled, "chat", tuple(languages), tuple(devices), {"fr": PHRASES})
    verdict = judge_card(fields=fields, language=language, device=device, escalation=settings)
    assert verdict.escalates is (verdict.reason == "matched")
    assert (verdict.phrase is not None) is (verdict.field is not None) is verdict.escalates
