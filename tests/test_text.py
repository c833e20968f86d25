"""The catalogue: every language whole, the same placeholders, and no key that is missing."""

import ast
import pickle
import re
from functools import cache
from pathlib import Path

import pytest

from swishdemo import datasets as _datasets
from swishdemo.activations import registry as _activations
from swishdemo.claims import CLAIMS
from swishdemo.errors import UserError
from swishdemo.text import LANGUAGES, catalogue, folder, language_of, text
from swishdemo.timing.variants import REGISTRY
from swishdemo.training.recipes import recipes

# The records say their own sentences.
assert _activations.names() and _datasets.names() and recipes() and REGISTRY.names() and CLAIMS

ROOT = Path(__file__).parents[1]
PLACEHOLDER = re.compile(r"\{(\w+)[^{}]*\}")
SOURCES = [
    *sorted((ROOT / "swishdemo").rglob("*.py")),
    *sorted((ROOT / "assets" / "js").rglob("*.js")),
]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_folder_says_all_that_english_says_and_nothing_else(language):
    assert set(folder(language)) == set(folder("en"))


def test_an_entry_says_the_same_in_both_languages():
    assert len(catalogue()) > 2000
    for key, entry in catalogue().items():
        assert set(entry) == set(LANGUAGES), key
        assert all(each.strip() for each in entry.values()) or key == "language.space", key
    placeholders = {
        key: [set(PLACEHOLDER.findall(entry[language])) for language in LANGUAGES]
        for key, entry in catalogue().items()
    }
    assert {key: each for key, each in placeholders.items() if each[0] != each[1]} == {}


def test_every_key_that_the_code_names_is_there():
    areas = {key.split(".")[0] for key in catalogue()}
    pattern = re.compile(rf"""["']((?:{"|".join(areas)})(?:\.[a-z0-9_-]+)+)["']""")
    missing = [
        f"{path.name}: {key}"
        for path in SOURCES
        for key in pattern.findall(path.read_text("utf-8"))
        if key not in catalogue()
        and not any(known.startswith(f"{key}.") for known in catalogue())
        # A file or a module may have the look of a key.
        and not key.endswith((".py", ".js", ".toml", ".sqlite"))
    ]
    assert missing == []


def literals(path):
    """The texts in a source file, the filled parts of each as the sign NUL; no docstrings."""
    source = path.read_text("utf-8")
    if path.suffix == ".js":
        yield from re.findall(r'"([a-z][\w.-]*)"', source)
        for template in re.findall(r"`([a-z][\w.-]*\$\{[^`]*)`", source):
            yield re.sub(r"\$\{[^}]*\}", "\0", template)
        return
    tree = ast.parse(source)
    spoken = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            spoken |= {id(part) for part in node.values}
            yield "".join(
                part.value if isinstance(part, ast.Constant) else "\0" for part in node.values
            )
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in spoken
        ):
            yield node.value


@cache
def uses():
    """Whole keys and words; and patterns of both, from what is put together when it runs."""
    areas = "|".join(sorted({key.split(".")[0] for key in catalogue()}))
    plain, keys, words = set(), [], []
    for path in SOURCES:
        if path.parent.name == "generated":
            continue
        for found in literals(path):
            if "\0" not in found:
                plain.add(found)
            elif len(found) < 60:
                pattern = re.compile(re.escape(found).replace("\0", "(.+)"))
                if re.match(rf"(?:{areas})\.", found):
                    keys.append(pattern)
                elif re.match(r"[a-z._]{4,}", found):
                    words.append(pattern)
        plain |= set(re.findall(r"[\w-]+", re.sub(r"#.*", "", path.read_text("utf-8"))))
    return plain, keys, words


def test_every_pattern_of_keys_finds_some():
    _, keys, _ = uses()
    assert len(keys) > 20
    missing = [p.pattern for p in keys if not any(p.fullmatch(key) for key in catalogue())]
    assert missing == []


def test_every_key_is_used():
    plain, keys, words = uses()

    @cache
    def said(part):
        return part in plain or any(word.fullmatch(part) for word in words)

    def made(key):
        for pattern in keys:
            match = pattern.fullmatch(key)
            if match and all(
                said(part) or all(said(bit) for bit in part.split(".")) for part in match.groups()
            ):
                return True
        return False

    assert [key for key in catalogue() if key not in plain and not made(key)] == []


def test_a_sentence_is_filled_and_a_missing_value_is_an_error():
    said = text("error.out_of_range", "zh", name="β", value=3, low=0, high=1)
    assert "β" in said and "3" in said
    with pytest.raises(KeyError):
        text("error.out_of_range", "en", name="β")
    with pytest.raises(KeyError):
        text("error.nothing")


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("zh-CN", "zh"),
        ("zh", "zh"),
        ("ZH-tw,en", "zh"),
        ("en-GB", "en"),
        ("fr", "en"),
        (None, "en"),
        (3, "en"),
        ("", "en"),
        ("fr, zh-CN;q=0.8, en;q=0.5", "zh"),
        ("en;q=0.5,zh;q = 0.9", "zh"),
        ("en, zh", "en"),
        ("zh;q=0", "en"),
        ("*;q=0.1", "en"),
        ("zhuang", "en"),
        ("zh;q=nonsense", "zh"),
        (",;,;;q=;" * 5000, "en"),
    ],
)
def test_a_tag_or_a_header_finds_its_language(tag, language):
    assert language_of({"accept-language": tag}) == language


def test_an_error_crosses_a_process_whole():
    error = UserError(
        "error.out_of_range", field="lr", status=409, name="lr", value=9, low=0, high=1
    )
    again = pickle.loads(pickle.dumps(error))
    assert (again.field, again.status, str(again)) == (
        "lr",
        409,
        "lr is 9; it must be from 0 to 1.",
    )
    assert again.sentence("zh") != str(again)


def test_no_tip_loses_signs_to_markdown():
    """Gradio takes what stands between two stars for emphasis, in code too."""
    tips = [key for key in catalogue() if key.startswith(("train.", "time.ui.", "shell."))]
    shown = [key for key in tips if key.endswith((".tip", ".notes", ".caps"))]
    assert len(shown) > 60
    for key in shown:
        for sentence in catalogue()[key].values():
            assert sentence.count("*") < 2 and not re.search(r"[`<\\]|\w_|_\w", sentence), key
