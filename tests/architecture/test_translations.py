"""Every text that a person may read in Chinese can be read in English too."""

from __future__ import annotations

import re
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
PO = ROOT / "gig/translations/en/LC_MESSAGES/messages.po"
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2"), ("**/templates/**.txt", "jinja2")]
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "lazy_gettext": None, "N_": None}
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]")


def texts_of_the_code() -> dict[str, str]:
    """Each text with the place where it stands first."""
    found: dict[str, str] = {}
    for place, line, text, *_ in extract_from_dir(ROOT / "gig", METHODS, keywords=KEYWORDS):
        for one in (text,) if isinstance(text, str) else text:
            if one:
                found.setdefault(one, f"gig/{place}:{line}")
    return found


def english() -> dict[str, str]:
    with PO.open("rb") as file:
        catalogue = read_po(file, locale="en")
    pairs: dict[str, str] = {}
    for message in catalogue:
        if message.id and not message.fuzzy:
            ids = (message.id,) if isinstance(message.id, str) else message.id
            texts = (message.string,) if isinstance(message.string, str) else message.string
            pairs |= {id: text for id, text in zip(ids, texts, strict=False) if text}
    return pairs


def test_every_text_has_its_english() -> None:
    known = english()
    missing = [f"{place}: {text}" for text, place in texts_of_the_code().items() if text not in known]
    assert missing == []


def test_the_english_keeps_the_numbers_and_names_of_the_chinese() -> None:
    pairs = english().items()
    wrong = [id for id, text in pairs if set(PLACEHOLDER.findall(id)) != set(PLACEHOLDER.findall(text))]
    assert wrong == []


def test_no_english_has_a_percent_sign_of_its_own() -> None:
    """A template fills what it says with `%`, also where nothing is to be filled in."""
    wrong = [id for id, text in english().items() if "%" in text and "%" not in id]
    assert wrong == []


def test_no_english_holds_a_piece_of_its_file() -> None:
    """Whoever edits the file may leave a keyword, or half a sentence twice, inside a text."""
    wrong = [id for id, text in english().items() if re.search(r"msg(id|str|ctxt)\b|#, ", text)]
    assert wrong == []


def test_what_people_wrote_is_no_text_of_ours() -> None:
    """`_(entry.memo)` would take a percent sign in it for a blank, and leave its markup as it is: `|say`."""
    written = re.compile(r"\b_\(\s*[a-z_.]+\.(memo|name|reason|evidence|note|why)\s*[,)]")
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in (ROOT / "gig").rglob("*.html")
        for match in written.finditer(path.read_text())
    ]
    assert found == []
