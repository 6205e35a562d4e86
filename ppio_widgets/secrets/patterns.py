"""What a secret looks like: one that nobody knows by its shape or its name, one that is known in every form.

A shape begins with words that keys of a service begin with, so that a text is searched for
those first: that is fast, and pictures in base64 are passed over. The rest of most shapes has
to look made by chance, as ``sk_learn_pipeline`` and ``Bearer YOUR_API_KEY`` begin so too. A
password in an address, ``postgres://user:password@host``, stands where none but a password does.
"""

from __future__ import annotations

import json
import re
import string
from base64 import b64encode
from binascii import a2b_base64
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Literal, TypeAlias
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

# A key does not begin in the middle of a word; the end of an escape is no word: \n, %20, a colour.
_WORD = re.compile(r"[A-Za-z0-9_]\Z")
_ESCAPE = re.compile(r"(?:\\[A-Za-z]|\\u[0-9A-Fa-f]{4}|%[0-9A-Fa-f]{2}|(?:\x1b|\\u001b|\\x1b)\[[0-9;]*m)\Z")

# Letters and digits mixed, and long: no word of a name is like that.
_CHANCE = re.compile(r"(?=[A-Za-z]*[0-9])(?=[0-9]*[A-Za-z])[A-Za-z0-9]{8,}")

# The ids that scikit-learn once gave its pictures of pipelines: sk-1b4e28ba-2fa1-….
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


Kind: TypeAlias = Literal["key", "token", "private", "password"]


@dataclass(frozen=True)
class Shape:
    """How the keys of some service look."""

    kind: Kind
    begins: tuple[str, ...]
    rest: re.Pattern[str]
    by_chance: bool = True  # whether the rest has to look made by chance


@dataclass(frozen=True)
class Sighting:
    """What looks like a key, and where it stands in a text."""

    start: int
    end: int
    kind: Kind
    shown: str  # what may be: its beginning and, of a key or token, its last four characters
    secret: int  # where in the text the secret itself starts, behind ``Bearer`` or a user's name

    @property
    def reason(self) -> str:
        """Why it is hidden: ``"key?"``, as nobody here knows it."""
        return "private key?" if self.kind == "private" else f"{self.kind}?"


# What stands for a password in documentation, or is filled in by somebody else.
_DOTS_FOR_ONE = r"[*x.\u2022\u2026]+|\u2022{4}\([^()@]*\)"
_MADE_UP = rf"(?![$<{{]|%[s({{]|(?i:pass(?:word|wd)?|pwd|secret|token|your[^@]*|changeme|{_DOTS_FOR_ONE})@)"
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
_DOTS = re.compile(r"(?:[A-Za-z]{2,8}[-_])?[xX*.\u2022\u2026\u00b7]{3,}|\u2022{4}\([^()]*\)|\u2026+")
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


# The words of a name: HF_TOKEN, apiKey, AWSSecretKey.
_NAME_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_TELLING = frozenset(
    {
        *("KEY", "TOKEN", "SECRET", "SECRETS", "PASS", "PASSWORD", "PASSWD", "PASSPHRASE", "PWD"),
        *("CRED", "CREDS", "CREDENTIAL", "CREDENTIALS", "AUTH", "OAUTH"),
    }
)
# What names run together: PGPASSWORD, HFTOKEN, APIKEY. A bare KEY would find MONKEY.
_ENDINGS = ("PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "TOKEN", "APIKEY", "ACCESSKEY", "PRIVATEKEY")


def looks_secret(key: str) -> bool:
    """Whether the value of a variable is likely a secret, going by its name.

    A word of the name says so (``HF_TOKEN``, ``apiKey``), or what it ends with
    (``PGPASSWORD``); a public key is none, nor is a ``MONKEY`` or an ``AUTHOR``.
    """
    words = [word.upper() for word in _NAME_WORDS.findall(key)]
    telling = {word for word in words if word in _TELLING or word.endswith(_ENDINGS)}
    return bool(telling) and not (telling == {"KEY"} and "PUBLIC" in words)


# How a value is written out behind a name: as a variable of an environment, or as any name of a program. Of
# those there are many (`sort_key`, `eos_token`), so that there the value has to look like a secret as well.
_NAME = r"([A-Za-z_]\w{0,63})"
_QUOTED = r"""(?:"([^"\\\n]{6,512})"|'([^'\\\n]{6,512})')"""
_BARE = r"""([^\s"'`$(){}\[\]<>;&|\\,]{6,512})(?=[\s"'`;&|\\),]|\Z)"""
_OF_ENVIRONMENT = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        rf"""(?<!\S)(?:--env[ =]|-e |%env |%set_env |export )(?:['"]?{_NAME}=(?:{_QUOTED}|{_BARE}))""",
        rf"""%(?:set_)?env {_NAME} (?:{_QUOTED}|{_BARE})""",
        rf"""environ\[["']{_NAME}["']\] ?=(?!=) ?{_QUOTED}""",
        rf"""(?:setdefault|putenv|setenv)\(["']{_NAME}["'], ?{_QUOTED}""",
        rf"""["']key["'] ?: ?["']{_NAME}["'] ?, ?["']value["'] ?: ?{_QUOTED}""",
    )
)
_OF_PROGRAM = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        rf"""(?<!\w){_NAME}[ \t]*(?::[ \t]*[\w.\[\]|]{{1,40}}[ \t]*)?=(?!=)[ \t]*[rRbBuU]?{_QUOTED}""",
        rf"""["']{_NAME}["'](?: ?:|\] ?=(?!=))\s?{_QUOTED}""",
    )
)
_PASSWORDS = ("PASSWORD", "PASSWD", "PASSPHRASE", "PWD", "SECRET", "SECRETS")
# A path, an address, what is cut or filled in, and what says of itself that it was made up.
_NO_VALUE = re.compile(
    r"\.{0,2}/|~/|.*(?:://|\.\.\.|\u2026|\*\*\*|[{<])"
    r"|(?i:made[-_ ]?up|fake|dummy|string)(?![A-Za-z0-9])",
    re.DOTALL,
)
# So long are the keys and tokens of services.
_SHORTEST_TOKEN = 16


def written_out(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield the names behind which a secret stands in a source as it is, and where that stands."""
    for patterns, of_program in ((_OF_ENVIRONMENT, False), (_OF_PROGRAM, True)):
        for found in (match for pattern in patterns for match in pattern.finditer(text)):
            name, value = found[1], found[found.lastindex or 1]
            stands_for_one = is_placeholder(value) or _NO_VALUE.match(value)
            if not _names_secret(name) or stands_for_one or (of_program and not _may_be_secret(name, value)):
                continue
            yield name, *found.span(found.lastindex or 1)


def _names_secret(name: str) -> bool:
    """Whether a name is that of a secret, and not of what belongs to one: ``TOKEN_URL``, ``secret_name``."""
    last = _NAME_WORDS.findall(name)[-1:]
    return looks_secret(name) and looks_secret("".join(last))


def _may_be_secret(name: str, value: str) -> bool:
    """Whether the value that a program gives a name is more likely a secret than a word."""
    if any(char.isspace() for char in value) or name.lower() == "key":
        return False
    if _NAME_WORDS.findall(name)[-1].upper().endswith(_PASSWORDS):
        return any(map(str.isdigit, value)) or not looks_secret(value)
    return len(value) >= _SHORTEST_TOKEN and _is_by_chance(value)


def looks_like_key(text: str) -> bool:
    """Whether something in a text looks like a key."""
    return next(sightings(text), None) is not None


# Most texts have none of the beginnings: to tell takes one look.
_BEGIN = re.compile("|".join(re.escape(begin) for shape in SHAPES for begin in shape.begins))


def sightings(text: str) -> Iterator[Sighting]:
    """Yield what in a text looks like a key, each once, shape by shape."""
    if not _BEGIN.search(text):
        return
    taken: set[int] = set()
    for shape in SHAPES:
        for begin in filter(text.__contains__, shape.begins):
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
            last = match[0][-4:] if shape.kind in ("key", "token") else ""
            user = match[0].index(":") + 1 if shape.kind == "password" else 0
            yield Sighting(place, match.end(), shape.kind, f"{begin}…{last}", match.start() + user)
        place = text.find(begin, place + len(begin))


def _is_by_chance(rest: str) -> bool:
    return _CHANCE.search(rest) is not None and not _UUID.match(rest)


# --- a secret that is known, however a text spells it

_BASE64 = f"{string.ascii_letters}{string.digits}+/-_"
# How its last two characters are written: the URL's own alphabet, slashes that JSON escapes, a query.
_BASE64_ENDS = (("+", "/"), ("-", "_"), ("+", "\\/"), ("%2B", "%2F"), ("%2b", "%2f"))


# Characters that every spelling leaves as they are; most secrets are of no other.
_INERT = re.compile(r"[A-Za-z0-9_.-]+")

# A server, a proxy's page, a traceback or a URL each write a text in their own way. A *spelling* says how one
# character is written; a *form* is the whole secret in one spelling, or the part of its base64 that does not
# depend on what stands before and behind it. Forms are plain texts that are searched for, so the time is
# linear, and no pattern with a secret in it stays in a cache.
#
# To write all of them down takes long, and is seldom needed: of `written_pieces` at least one stands in a
# text that holds the secret in any spelling, and `coded_piece` in the `base64_readings` of one that holds
# it as base64.
_PIECE = 4
# From so many bytes on three of a secret are neither its first two nor its last.
_CODED_FROM = 6


def written_pieces(secret: str) -> set[str]:
    """Return what the spellings of a secret begin with."""
    return {one[:_PIECE] for one in _spelt(secret[:_PIECE])}


def coded_piece(secret: str) -> str:
    """Return a piece of a secret that any base64 of it tells; nothing where it is too short.

    Not its last byte, of which the base64 may lack some bits, nor its first two: behind a ``%`` that
    belongs to something else they may be read as another character.
    """
    content = _encoded(secret)
    return content[-4:-1].decode("latin-1") if len(content) >= _CODED_FROM else ""


def written_in(secret: str, text: str) -> Iterator[tuple[int, int]]:
    """Yield where a secret stands in any spelling."""
    if all(run in text for run in _INERT.findall(secret)):
        for form in _spelt(secret):
            yield from _places(text, form)


def coded_in(secret: str, text: str) -> Iterator[tuple[int, int]]:
    """Yield where a secret stands as base64."""
    for core, before, behind in _base64_cores(_encoded(secret)):
        for start, stop in _places(text, core):
            # The characters at the edges hold some bits of the secret and some of its neighbours'.
            left = before and start > 0 and text[start - 1] in _BASE64
            right = behind and stop < len(text) and text[stop] in _BASE64
            yield start - left, stop + right


_STANDARD = bytes.maketrans(b"-_", b"+/")
_NOT_BASE64 = bytes({*range(256)} - {*_BASE64.encode()})
_PERCENT = re.compile(rb"%2([BbFf])")


def base64_readings(text: str) -> str:
    """Return what a text says wherever it is base64, of either alphabet, in a URL or with slashes escaped.

    Where in a text base64 begins nobody knows: it is read from each of four characters on.
    """
    content = text.encode("ascii", "ignore")
    contents = [content]
    if b"%2" in content:
        contents.append(_PERCENT.sub(lambda found: b"+" if found[1] in b"Bb" else b"/", content))
    readings: list[bytes] = []
    for one in contents:
        kept = one.translate(_STANDARD, _NOT_BASE64)
        whole = kept + b"A" * (-len(kept) % 4)
        if whole:
            readings += [whole, whole[1:], b"A", whole[2:], b"AA", whole[3:], b"AAA"]
    return a2b_base64(b"".join(readings)).decode("latin-1")


def _encoded(text: str) -> bytes:
    """Return a text as UTF-8; a variable of the environment may hold lone surrogates."""
    return text.encode("utf-8", "surrogatepass")


def _places(text: str, form: str) -> Iterator[tuple[int, int]]:
    start = text.find(form)
    while start >= 0:
        yield start, start + len(form)
        start = text.find(form, start + len(form))


def _spelt(secret: str) -> set[str]:
    if _INERT.fullmatch(secret):
        return {secret}
    return {"".join(spelt) for spelt in zip(*map(_spellings, secret), strict=True)}


@lru_cache(maxsize=1024)  # of single characters: no secret is kept
def _spellings(char: str) -> tuple[str, ...]:
    """Return every spelling of one character, in the same order for all of them."""
    return (char, *_percent(char), *_backslashed(char), *_entities(char))


def _percent(char: str) -> Iterator[str]:
    # quote and quote_plus, JavaScript's encodeURIComponent and encodeURI.
    for safe in ("", "/", "!'()*", ";,/?:@&=+$#!'()*"):
        coded = quote(char, safe, errors="surrogatepass")
        for said in (coded, coded if coded == char else coded.lower()):
            yield from (said, "+" if char == " " else said)


def _backslashed(char: str) -> Iterator[str]:
    # JSON as Python, PHP (slashes) and Go (HTML's characters) write it.
    for ascii_only in (True, False):
        coded = json.dumps(char, ensure_ascii=ascii_only)[1:-1]
        for special in ("", "/", "<>&", "<>&\u2028\u2029"):
            said = coded
            if char in special:
                said = "\\/" if char == "/" else f"\\u{ord(char):04x}"
            yield said
            yield said[:2] + said[2:].upper().replace("\\U", "\\u") if said.startswith("\\u") else said
    # repr of a text, of one in ASCII, and of bytes; the quotation mark depends on the whole of it.
    for coded in (repr(char), ascii(char), repr(_encoded(char))[1:]):
        yield coded[1:-1]
        yield "\\'" if char == "'" else coded[1:-1]


def _entities(char: str) -> Iterator[str]:
    yield escape(char, quote=False)
    for double in ("&quot;", "&#34;"):
        for single in ("&#x27;", "&#39;", "&#039;", "&apos;", "'"):
            yield {'"': double, "'": single}.get(char, escape(char))


def _base64_cores(secret: bytes) -> Iterator[tuple[str, bool, bool]]:
    """Yield the base64 of a secret for each place it can have within three bytes.

    Only the characters that are all the secret's own; with each, whether some before and
    behind it are so in part.
    """
    for offset in range(3):
        bits = 8 * (offset + len(secret))
        coded = b64encode(bytes(offset) + secret).decode()[-(-8 * offset // 6) : bits // 6]
        for core in {coded.replace("+", plus).replace("/", slash) for plus, slash in _BASE64_ENDS}:
            yield core, offset > 0, bits % 6 > 0
