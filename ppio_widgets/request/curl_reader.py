"""A ``curl`` command, read: the body that it sends, and what of it has no place in a body.

The key is never taken from a text, and no file is read. What is left out is named
without its value, which may be a secret.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ppio_widgets.request.envref import EnvRef, reference
from ppio_widgets.request.imported import Imported, LeftOut
from ppio_widgets.request.shell import Script, ShellWord, read_shell
from ppio_widgets.request.tokens import LineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

CREATE_PATH = "/gpus/v2/instances"

# With any host, a variable for it, or none.
_CREATE_URL = re.compile(rf"(?:https?://)?[^/?#]*{CREATE_PATH}/?", re.IGNORECASE)
_CURL = re.compile(r"[!$%]?(?:.*/)?curl(?:\.exe)?")
_ANY_URL = re.compile(r"https?://.*", re.IGNORECASE | re.DOTALL)
_VARIABLE_ALONE = re.compile(r"\$(\w+)|\$\{(\w+)\}", re.ASCII)
_HEADER_NAME = re.compile(r"([A-Za-z0-9-]{1,60})[:;]")
_OPTION_NAME = re.compile(r"--?[A-Za-z0-9.-]{1,40}")

# curl's options by their short letters, and those with a value: it is not to be taken for the URL.
_LETTERS = """
X=request H=header d=data u=user K=config G=get I=head F=form T=upload-file :=next A=user-agent b=cookie
c=cookie-jar e=referer E=cert m=max-time o=output w=write-out x=proxy U=proxy-user D=dump-header r=range
C=continue-at y=speed-time Y=speed-limit z=time-cond t=telnet-option P=ftp-port Q=quote s=silent S=show-error
f=fail q=disable h=help L=location k=insecure v=verbose i=include g=globoff
"""
_VALUED = """
url request header data data-raw data-binary data-ascii json user config oauth2-bearer form form-string
upload-file data-urlencode url-query user-agent cookie cookie-jar referer cert key cacert max-time
connect-timeout output write-out proxy proxy-user dump-header range continue-at retry retry-delay
retry-max-time resolve connect-to interface max-redirs limit-rate speed-time speed-limit time-cond
telnet-option ftp-port quote trace trace-ascii aws-sigv4 ciphers noproxy pinnedpubkey unix-socket stderr
"""
_LONG = dict(pair.split("=") for pair in _LETTERS.split())
_WITH_VALUE = frozenset(_VALUED.split())
# They show or do what a launch from here does anyway.
_LIKE_OURS = frozenset(
    {"silent", "show-error", "fail", "fail-with-body", "disable", "write-out", "no-location"}
)
_OTHER_BODIES = frozenset({"form", "form-string", "upload-file", "data-urlencode"})
_KEYS = frozenset({"user", "oauth2-bearer"})
_JSON_HEADERS = frozenset({"content-type", "accept"})


@dataclass
class _Call:
    """What the options of one command say."""

    urls: list[ShellWord] = field(default_factory=list)
    method: str = ""
    data: list[ShellWord] = field(default_factory=list)
    joined: str = "&"
    left_out: list[LeftOut] = field(default_factory=list)

    def leave(self, code: str, **params: object) -> None:
        one = LeftOut(code, params)
        if one not in self.left_out:
            self.left_out.append(one)


def read_curl(text: str) -> Imported:
    """Read a curl command that creates an instance.

    Parameters
    ----------
    text : str
        As `to_curl` writes it, or as it stands in documentation.

    Returns
    -------
    Imported
        A variable of the shell that is the whole value of an env becomes an `EnvRef`.

    Raises
    ------
    LineError
        When it is not one curl command, not one that creates an instance, or its body is
        not there to be read.
    """
    script = read_shell(text)
    commands = [words for command in script.commands if (words := _after_curl(command)) is not None]
    if len(commands) != 1:
        raise LineError("curl_many" if commands else "curl_none")
    call = _Call()
    for name, word in _options(commands[0]):
        _take(call, name, word)
    urls = call.urls
    if len(urls) != 1 or not _CREATE_URL.fullmatch(urls[0].text) or call.method not in ("", "POST"):
        raise LineError("curl_url")
    body, names = _body(call, script)
    draft = _with_references(body, names)
    for name in +names:
        call.leave("curl_variable", name=name)
    return Imported("curl", draft, tuple(call.left_out))


def _after_curl(command: list[ShellWord]) -> list[ShellWord] | None:
    """Return the words behind ``curl``, or None where a command is another one."""
    for position, word in enumerate(command):
        if _CURL.fullmatch(word.text):
            return command[position + 1 :]
        if "=" not in word.text and word.text not in ("$", "%", "!", "sudo", "time", "exec", "command"):
            return None
    return None


def _options(words: list[ShellWord]) -> Iterator[tuple[str, ShellWord | None]]:
    """Yield each option by its long name, with its value; what is none by an empty name."""
    rest = iter(words)
    for word in rest:
        text = word.text
        if text.startswith("--"):
            name = text[2:]
            yield name, next(rest, None) if name in _WITH_VALUE else None
        elif text.startswith("-") and len(text) > 1:
            yield from _short(word, rest)
        else:
            yield "", word


def _short(word: ShellWord, rest: Iterator[ShellWord]) -> Iterator[tuple[str, ShellWord | None]]:
    for position, letter in enumerate(word.text[1:], 2):
        name = _LONG.get(letter, letter)
        if name not in _WITH_VALUE:
            yield name, None
            continue
        glued = word.text[position:]
        yield name, ShellWord(glued, word.fills_in) if glued else next(rest, None)
        return


def _take(call: _Call, name: str, word: ShellWord | None) -> None:
    """Note what one option says."""
    if name == "next":
        raise LineError("curl_many")
    if name in _OTHER_BODIES:
        raise LineError("curl_body")
    if name in ("get", "head"):
        call.method = "GET"
    elif word is not None and name in _READERS:
        _READERS[name](call, word)
    elif name in _KEYS:
        call.leave("curl_key")
    elif name and name not in _LIKE_OURS:
        option = f"-{name}" if len(name) == 1 else f"--{name}"
        call.leave("curl_option", option=option if _OPTION_NAME.fullmatch(option) else "--…")


def _take_word(call: _Call, word: ShellWord) -> None:
    """Note a word behind no option: the URL, or the value of an option that is not known here."""
    if _ANY_URL.fullmatch(word.text) or _CREATE_URL.fullmatch(word.text):
        call.urls.append(word)


def _take_url(call: _Call, word: ShellWord) -> None:
    call.urls.append(word)


def _take_method(call: _Call, word: ShellWord) -> None:
    call.method = word.text.upper()


def _take_raw(call: _Call, word: ShellWord) -> None:
    call.data.append(word)


def _take_data(call: _Call, word: ShellWord) -> None:
    if word.text.startswith("@") and word.text != "@-":
        raise LineError("curl_file")
    call.data.append(word)


def _take_json(call: _Call, word: ShellWord) -> None:
    call.joined = ""
    _take_data(call, word)


def _take_config(call: _Call, word: ShellWord) -> None:
    if word.text != "-":  # ours: the key
        call.leave("curl_option", option="--config")


def _take_header(call: _Call, word: ShellWord) -> None:
    match = _HEADER_NAME.match(word.text)
    if match is None:
        if word.text != "@-":  # ours: the key
            call.leave("curl_option", option="--header")
    elif match[1].lower() == "authorization":
        call.leave("curl_key")
    elif match[1].lower() not in _JSON_HEADERS or "json" not in word.text.lower():
        call.leave("curl_header", name=match[1])


_READERS: dict[str, Callable[[_Call, ShellWord], None]] = {
    "": _take_word,
    "url": _take_url,
    "request": _take_method,
    "data": _take_data,
    "data-ascii": _take_data,
    "data-binary": _take_data,
    "data-raw": _take_raw,
    "json": _take_json,
    "config": _take_config,
    "header": _take_header,
}


def _body(call: _Call, script: Script) -> tuple[Mapping[str, Any], Counter[str]]:
    """Return the body, and how often the shell would put which variable into it."""
    words = call.data
    if not words or [word.text for word in words] == ["@-"]:
        words = script.documents  # of curl, or of what is piped into it
        if len(words) != 1:
            raise LineError("curl_body")
    read = _json(call.joined.join(word.text for word in words))
    if isinstance(read, LineError):
        raise read
    return read, Counter(name for word in words for name in word.fills_in)


def _json(text: str) -> Mapping[str, Any] | LineError:
    """Return a JSON object, or why it is none: an exception of the parser would hold the text."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        return LineError("curl_json", reason=str(error))
    return value if isinstance(value, dict) else LineError("body_kind", kind=type(value).__name__)


def _with_references(body: Mapping[str, Any], names: Counter[str]) -> dict[str, Any]:
    """Return a body with an `EnvRef` for each env value from the environment; `names` keeps what is left."""
    draft = dict(body)
    if isinstance(rows := draft.get("envs"), list):
        draft["envs"] = [_referring(row, names) if isinstance(row, dict) else row for row in rows]
    return draft


def _referring(row: dict[str, Any], names: Counter[str]) -> dict[str, Any]:
    value = row.get("value")
    ref = reference(value)
    match = _VARIABLE_ALONE.fullmatch(value) if isinstance(value, str) else None
    name = (match[1] or match[2]) if match else ""
    if names[name] > 0:
        names[name] -= 1
        ref = EnvRef(name)
    return {**row, "value": ref} if ref else row
