"""What looks like a key, going by its shape alone.

A shape begins with words that keys of a service begin with, so that a text is searched for
those first: that is fast, and pictures in base64 are passed over. The rest of most shapes has
to look made by chance, as ``sk_learn_pipeline`` and ``Bearer YOUR_API_KEY`` begin so too. A
password in an address, ``postgres://user:password@host``, stands where none but a password does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# A key does not begin in the middle of a word; the end of an escape is no word: \n, %20, a colour.
_WORD = re.compile(r"[A-Za-z0-9_]\Z")
_ESCAPE = re.compile(r"(?:\\[A-Za-z]|\\u[0-9A-Fa-f]{4}|%[0-9A-Fa-f]{2}|(?:\x1b|\\u001b|\\x1b)\[[0-9;]*m)\Z")

# Letters and digits mixed, and long: no word of a name is like that.
_CHANCE = re.compile(r"(?=[A-Za-z]*[0-9])(?=[0-9]*[A-Za-z])[A-Za-z0-9]{8,}")

# The ids that scikit-learn once gave its pictures of pipelines: sk-1b4e28ba-2fa1-….
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Shape:
    """How the keys of some service look.

    Attributes
    ----------
    kind : str
        ``"key"``, ``"token"``, ``"private"`` or ``"password"``: what it is called.
    begins : tuple of str
        What it begins with, exactly.
    rest : pattern
        What follows.
    by_chance : bool
        Whether the rest has to look made by chance.
    """

    kind: str
    begins: tuple[str, ...]
    rest: re.Pattern[str]
    by_chance: bool = True


@dataclass(frozen=True)
class Sighting:
    """What looks like a key.

    Attributes
    ----------
    start, end : int
        Where it stands in the text.
    kind : str
        Of its shape.
    shown : str
        What may be shown of it: its beginning and, of a key or token, its last four characters.
    """

    start: int
    end: int
    kind: str
    shown: str


# Of these the last characters are shown as well.
_ENDS_SHOWN = ("key", "token")

# What stands for a password in documentation, or is filled in by somebody else.
_MADE_UP = r"(?![$<{]|%[s({]|(?i:pass(?:word|wd)?|pwd|secret|token|your[^@]*|changeme|[*x.\u2022\u2026]+)@)"
_OF_ADDRESS = r"""[^\s/?#@:"'<>\\]{0,256}"""

# None reads on without end: longer than that is no key.
SHAPES = (
    # PPIO and Novita; OpenAI and others. A practice key (sk_practice_…) opens nothing that costs.
    Shape("key", ("sk_", "sk-"), re.compile(r"(?!practice_)[A-Za-z0-9_-]{16,512}")),
    Shape(
        "token",
        ("Bearer ", "bearer ", "BEARER "),
        re.compile(r"[ ]*(?! |sk_practice_)[A-Za-z0-9._~+/-]{16,512}=*"),
    ),
    Shape("token", ("hf_",), re.compile(r"[A-Za-z0-9]{30,512}")),
    Shape("token", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), re.compile(r"[A-Za-z0-9]{36,512}")),
    Shape("token", ("github_pat_",), re.compile(r"[A-Za-z0-9_]{22,512}")),
    Shape("token", ("glpat-",), re.compile(r"[A-Za-z0-9_-]{20,512}")),
    Shape("token", ("xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-"), re.compile(r"[A-Za-z0-9-]{20,512}")),
    # Amazon; the documentation's own end with EXAMPLE.
    Shape(
        "key",
        ("AKIA", "ASIA"),
        re.compile(r"(?![A-Z0-9]{9}EXAMPLE)[A-Z0-9]{16}(?![A-Za-z0-9_+/=-])"),
        by_chance=False,
    ),
    Shape("key", ("AIza",), re.compile(r"[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])")),
    Shape(
        "private",
        ("-----BEGIN ",),
        re.compile(r"(?:[A-Z]+ ){0,2}PRIVATE KEY(?: BLOCK)?-----\s*[A-Za-z0-9+/=]{16}"),
        by_chance=False,
    ),
    # Behind the scheme of any address.
    Shape(
        "password",
        ("://",),
        re.compile(rf"""{_OF_ADDRESS}:{_MADE_UP}[^\s/?#@"'<>\\]{{1,256}}(?=@[A-Za-z0-9\[])"""),
        by_chance=False,
    ),
)


# What stands in the place of a secret: filled in by a program, or by whoever reads a page.
_FILLED_IN = re.compile(
    r"<[^<>]+>|\{\{[^{}]+\}\}|\{\w+\}|\[[^\[\]]+\]|%\w+%|%s|\$(?:env:)?\w+|\$\{(?:env:)?\w+\}", re.IGNORECASE
)
_DOTS = re.compile(r"(?:[A-Za-z]{2,8}[-_])?[xX*.\u2022\u2026\u00b7]{3,}|\u2026+")
_CHINESE = re.compile("你的|您的|密钥|令牌|密码|口令|替换|填写")
_WORDS_ONLY = re.compile(r"[A-Za-z]+[0-9]{0,2}(?:[-_. ]+(?:[A-Za-z]+[0-9]{0,2}|[0-9]{1,2}))*")
_TO_READERS = frozenset(
    {"YOUR", "HERE", "EXAMPLE", "REPLACE", "INSERT", "CHANGE", "CHANGEME", "PASTE", "PLACEHOLDER"}
)
_NOUNS = frozenset({"KEY", "APIKEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "AUTHORIZATION", "BEARER"})
_BESIDE_NOUNS = frozenset({"MY", "THE", "API", "ACCESS", "AUTH", "SK", "HF"})


def is_placeholder(text: str) -> bool:
    """Whether a text only stands for a secret: ``<token>``, ``$HF_TOKEN``, ``YOUR_KEY_HERE``, ``sk-xxx``."""
    text = text.strip()
    if _FILLED_IN.fullmatch(text) or _DOTS.fullmatch(text) or _CHINESE.search(text):
        return True
    if not _WORDS_ONLY.fullmatch(text):
        return False
    words = {word.upper() for word in re.findall(r"[A-Za-z]+", text)}
    to_readers = words & _TO_READERS or any(word.startswith("YOUR") for word in words)
    return bool(to_readers or (words & _NOUNS and words <= _NOUNS | _BESIDE_NOUNS))


def looks_like_key(text: str) -> bool:
    """Whether something in a text looks like a key."""
    return next(sightings(text), None) is not None


def sightings(text: str) -> Iterator[Sighting]:
    """Yield what in a text looks like a key, each once, shape by shape."""
    taken: set[int] = set()
    for shape in SHAPES:
        for begin in shape.begins:
            for one in _of_shape(text, shape, begin):
                if one.end not in taken:
                    taken.add(one.end)  # a Bearer's sk_… ends where the sk_… does
                    yield one


def _of_shape(text: str, shape: Shape, begin: str) -> Iterator[Sighting]:
    place = text.find(begin)
    while place >= 0:
        before = text[max(0, place - 16) : place]
        within = begin[0].isalpha() and _WORD.search(before) and not _ESCAPE.search(before)
        match = None if within else shape.rest.match(text, place + len(begin))
        if match and (not shape.by_chance or _is_by_chance(match[0])):
            last = match[0][-4:] if shape.kind in _ENDS_SHOWN else ""
            yield Sighting(place, match.end(), shape.kind, f"{begin}…{last}")
        place = text.find(begin, place + len(begin))


def _is_by_chance(rest: str) -> bool:
    return _CHANCE.search(rest) is not None and not _UUID.match(rest)
