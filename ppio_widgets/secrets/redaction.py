"""Secrets taken out of text from outside, however that text spells them.

A server may repeat a key in its words, and a proxy's page, a traceback or a URL each
write it in their own way. A *spelling* says how one character is written; a *form* is
a whole secret in one spelling, or the part of its base64 that does not depend on what
stands before and behind it. Forms are plain texts that are searched for, so the time is
linear, and no pattern with a secret in it stays in a cache.
"""

from __future__ import annotations

import json
from base64 import b64encode
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

from ppio_widgets.errors import InputError
from ppio_widgets.locale.text import UNSAID
from ppio_widgets.secrets.patterns import looks_like_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ppio_widgets.errors import PpioError

MASK = "••••"

# Values of environment variables are secrets here, and many of them are "1" or "on". To
# mask those wherever they occur would ruin every text and protect nothing: they are
# masked only where they are the whole text. JSON's own words are never masked.
SHORTEST = 4
_NO_SECRETS = frozenset({"true", "false", "null"})

# What of a message repeats something that was given.
_REPEATED = ("value", "word", "path", "name")

# Of a path so much is shown at its beginning and at its end: a whole body may stand in place of one.
_HEAD, _TAIL = 30, 49

_BASE64 = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_")


def input_error(code: str, **params: object) -> InputError:
    """Return an error about what was given, made safe to print.

    What looks like a key is not repeated in its message, and of a path only as much as a path has.
    """
    return InputError(code, **{name: _repeatable(name, value) for name, value in params.items()})


def hide_given(error: PpioError) -> None:
    """Take out of a message what it repeats of what was given."""
    error.params = {name: UNSAID if name in _REPEATED else value for name, value in error.params.items()}


def _repeatable(name: str, value: object) -> object:
    """Return what a message may repeat of a parameter."""
    if not isinstance(value, str):
        return value
    if looks_like_key(value):
        return UNSAID
    is_long = name == "path" and len(value) > _HEAD + _TAIL + 1
    return f"{value[:_HEAD]}{UNSAID}{value[-_TAIL:]}" if is_long else value


class Redactor:
    """Hides what it was told is secret; it does not show what that is."""

    __slots__ = ("_secrets",)

    def __init__(self) -> None:
        self._secrets: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return f"Redactor({MASK})"

    def __call__(self, text: str) -> str:
        """Return `text` with every secret masked; see `redact`."""
        return redact_text(text, self._secrets)

    def learn(self, *secrets: str) -> None:
        """Hide these from now on as well."""
        self._secrets |= {*secrets}


def redact(content: bytes, secrets: Iterable[str]) -> bytes:
    """Return `content` with ``••••`` in place of every secret, in any of its forms.

    Forms that overlap are masked together, so that no piece of one is left beside
    another. Any bytes will do.

    Parameters
    ----------
    content : bytes
    secrets : iterable of str
        Those shorter than four characters count only as the whole of `content`, and
        JSON's ``true``, ``false`` and ``null`` not at all.
    """
    spans: list[tuple[int, int]] = []
    for secret in set(secrets) - _NO_SECRETS:
        if len(secret) >= SHORTEST:
            spans += _spans(content, secret)
        elif secret.strip() and content.strip() == _encoded(secret.strip()):
            return MASK.encode()
    parts: list[bytes] = []
    end = 0
    for start, stop in sorted(spans):
        if start >= end:
            parts += [content[end:start], MASK.encode()]
        end = max(end, stop)
    return b"".join([*parts, content[end:]])


def redact_text(text: str, secrets: Iterable[str]) -> str:
    """Return `text` with ``••••`` in place of every secret; see `redact`."""
    return redact(_encoded(text), secrets).decode("utf-8", "surrogatepass")


def forms(secret: str) -> frozenset[bytes]:
    """Return every form of a secret: where any of them stands, the secret can be read."""
    return frozenset({*_spelt(secret), *(core for core, *_ in _base64_cores(_encoded(secret)))})


def _spelt(secret: str) -> set[bytes]:
    return {_encoded("".join(spelt)) for spelt in zip(*map(_spellings, secret), strict=True)}


def _spans(content: bytes, secret: str) -> Iterator[tuple[int, int]]:
    """Yield where forms of a secret stand."""
    for form in _spelt(secret):
        for start in _places(content, form):
            yield start, start + len(form)
    for core, before, behind in _base64_cores(_encoded(secret)):
        for start in _places(content, core):
            # The characters at the edges hold some bits of the secret and some of its neighbours'.
            stop = start + len(core)
            left = before and start > 0 and content[start - 1] in _BASE64
            right = behind and stop < len(content) and content[stop] in _BASE64
            yield start - left, stop + right


def _places(content: bytes, form: bytes) -> Iterator[int]:
    place = content.find(form)
    while place >= 0:
        yield place
        place = content.find(form, place + len(form))


@lru_cache(maxsize=1024)  # of single characters: no secret is kept
def _spellings(char: str) -> tuple[str, ...]:
    """Return every spelling of one character, in the same order for all of them."""
    return (char, *_percent(char), *_backslashed(char), *_entities(char))


def _percent(char: str) -> Iterator[str]:
    # quote and quote_plus, JavaScript's encodeURIComponent and encodeURI.
    for safe in ("", "/", "!'()*", ";,/?:@&=+$#!'()*"):
        coded = quote(char, safe, errors="surrogatepass")
        yield from (coded, coded if coded == char else coded.lower())
        yield "+" if char == " " else coded
        yield "+" if char == " " else coded if coded == char else coded.lower()


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


def _base64_cores(secret: bytes) -> Iterator[tuple[bytes, bool, bool]]:
    """Yield the base64 of a secret for each place it can have within three bytes.

    Only the characters that are all the secret's own; with each, whether some before and
    behind it are so in part.
    """
    for offset in range(3):
        bits = 8 * (offset + len(secret))
        coded = b64encode(bytes(offset) + secret)[-(-8 * offset // 6) : bits // 6]
        urlsafe = coded.translate(bytes.maketrans(b"+/", b"-_"))
        upper = coded.replace(b"+", b"%2B").replace(b"/", b"%2F")
        lower = coded.replace(b"+", b"%2b").replace(b"/", b"%2f")
        for core in {coded, urlsafe, coded.replace(b"/", b"\\/"), upper, lower}:
            yield core, offset > 0, bits % 6 > 0


def _encoded(text: str) -> bytes:
    # A variable of the environment may hold lone surrogates.
    return text.encode("utf-8", "surrogatepass")
