"""A body as a ``curl`` command for a POSIX shell, and back.

What is secret is in no process's arguments, which every user of a machine can read:
curl takes the key, and what is taken from the environment, on its standard input.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ppio_widgets.formats.imported import Imported, LeftOut
from ppio_widgets.formats.json_body import read_json
from ppio_widgets.formats.shell import HOLE, Script, ShellWord, read_shell, variable_of
from ppio_widgets.locale.text import visible
from ppio_widgets.request.draft import to_json
from ppio_widgets.request.envref import (
    EnvRef,
    is_account_key,
    placeholder,
    placeholder_name,
    reference,
    taken,
)
from ppio_widgets.secrets.patterns import is_placeholder
from ppio_widgets.secrets.redaction import input_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ppio_widgets.locale.words import Words

__all__ = ["read_curl", "to_curl"]

# A reference as `to_json` writes it, and as one line. No text of JSON holds a line break,
# so neither is found inside of one.
_REFERENCE = re.compile(r'\{\n *"\$env": ("(?:[^"\\]|\\.)*")\n *\}')
_REFERENCE_LINE = re.compile(r'^ *"value": \{"\$env": "([A-Za-z_][A-Za-z0-9_]*)"\},?$', re.MULTILINE)

# --disable: a .curlrc could repeat the request, follow redirects, or log the key.
# The status is shown, as a redirect that is not followed may say nothing else.
_QUIET = r"--disable --silent --show-error --fail-with-body --write-out '\nHTTP %{http_code}\n'"
_JSON_HEADER = "--header 'Content-Type: application/json'"

# `set +x` in a shell of its own: a script that is traced prints the values of what it runs, also the key's.
_WITHOUT_REFERENCES = """\
(
  set +x
  : "${{{key}:?}}" && printf 'Authorization: Bearer %s\\n' "${key}" | curl \\
    {quiet} \\
    --header @- {header} \\
    --url {url} --data-raw {body}
)
"""

# Run by any awk. It puts the values of variables into the body and prints the lines of a
# curl config, whose quotation has the escapes of JSON that can occur here: \" and \\.
# In the C locale it goes by bytes, whatever they mean.
_WITH_REFERENCES = """\
(
  set +x
  : {checks} &&
  export {names} &&
  {locale}awk '
    function escaped(text,  at, char, result) {{
      for (at = 1; at <= length(text); at++) {{
        char = substr(text, at, 1)
        result = result (char in escape ? escape[char] : char)
      }}
      return result
    }}
    BEGIN {{
      for (code = 1; code < 32; code++) escape[sprintf("%c", code)] = sprintf("\\\\u%04x", code)
      escape["\\""] = "\\\\\\""
      escape["\\\\"] = "\\\\\\\\"
    }}
    /^ *"value": [{{]"[$]env": "[A-Za-z_][A-Za-z0-9_]*"[}}],?$/ {{
      split($0, part, "\\"")
      $0 = "\\"value\\": \\"" escaped(ENVIRON[part[6]]) "\\"" substr(part[7], 2)
    }}
    {{ body = body escaped($0) }}
    END {{
      print "header = \\"Authorization: Bearer " escaped(ENVIRON["{key}"]) "\\""
      print "data-raw = \\"" body "\\""
    }}
  ' <<'BODY' | curl \\
    {quiet} \\
    --config - {header} \\
    --url {url}
{body}
BODY
)
"""


def to_curl(
    body: Mapping[str, Any],
    say: Words,
    *,
    base_url: str = "https://api.ppio.com",
    key_name: str = "PPIO_API_KEY",
    practice: bool = False,
) -> str:
    """Return a command for sh, bash or zsh that sends a body, once.

    A reference is filled in from the shell's environment when the command runs; one that is not set stops it
    before anything is sent. For a practice cloud placeholders stand for the references. `key_name` is the
    environment variable that holds the API key.
    """
    text = _one_line_references(to_json(body))
    names = list(dict.fromkeys(_REFERENCE_LINE.findall(text)))
    said = [say("face.practice" if practice else "face.billed"), say("face.curl")]
    if practice:
        said.insert(0, say("face.practice_curl", variable=key_name))
        said += [sentence for sentence in [taken(names, say, practice=True)] if sentence]
        text = _REFERENCE_LINE.sub(_as_placeholder, text)
        names = []
    parts = {
        "key": key_name,
        "quiet": _QUIET,
        "header": _JSON_HEADER,
        "url": _quoted(base_url.rstrip("/") + CREATE_PATH),
    }
    if names:
        command = _WITH_REFERENCES.format(
            **parts,
            checks=" ".join([f'"${{{key_name}:?}}"', *(f'"${{{name}?}}"' for name in names)]),
            names=" ".join(dict.fromkeys([key_name, *names])),
            locale="" if "LC_ALL" in names else "LC_ALL=C ",  # which would take the place of its value
            body=text,
        )
    else:
        command = _WITHOUT_REFERENCES.format(**parts, body=_quoted(text))
    return "\n".join([*(f"# {line}" for line in said), command])


def _as_placeholder(line: re.Match[str]) -> str:
    return line[0].replace(f'{{"$env": "{line[1]}"}}', f'"{placeholder(line[1])}"')


def _one_line_references(text: str) -> str:
    """Return JSON that can be pasted: each reference on one line, and nothing in it that acts.

    An interactive shell takes ``!`` for its history, some even within quotes.
    """
    text = _REFERENCE.sub(r'{"$env": \1}', text)
    return "\n".join(visible(line) for line in text.split("\n")).replace("!", "\\u0021")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


CREATE_PATH = "/gpus/v2/instances"

# With any host, a variable for it, or none.
_CREATE_URL = re.compile(rf"(?:https?://)?(?:[^/?#]*@)?([^/?#]*){CREATE_PATH}/?", re.IGNORECASE)
_HOST = re.compile(r"(?:[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?", re.IGNORECASE)
_DEFAULT_PORT = re.compile(r":(?:80|443)\Z")
_CURL = re.compile(r"(?:.*/)?curl(?:\.exe)?")
_ANY_URL = re.compile(r"https?://.*", re.IGNORECASE | re.DOTALL)
_VARIABLE = re.compile(r"\$\{?([A-Za-z_]\w*)", re.ASCII)
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
    """Read a curl command that creates an instance, as `to_curl` or documentation has it.

    A variable of the shell that is the whole value of an env becomes an `EnvRef`.

    Raises
    ------
    InputError
        When it is not one curl command, not one that creates an instance, or its body is
        not there to be read.
    """
    script = read_shell(text)
    if script.problem:
        raise script.problem
    commands = [words for command in script.commands if (words := _after_curl(command.words)) is not None]
    if len(commands) != 1:
        raise input_error("curl_many" if commands else "curl_none")
    call = _Call()
    if _has_key_beside(script):
        call.leave("curl_key")
    for name, word in _options(commands[0]):
        _take(call, name, word)
    created = _CREATE_URL.fullmatch(call.urls[0].masked) if len(call.urls) == 1 else None
    if created is None or call.method not in ("", "POST"):
        raise input_error("curl_url")
    draft = _draft(call, script)
    host = created[1].lower() if _HOST.fullmatch(created[1]) else ""
    return Imported("curl", draft, tuple(call.left_out), _DEFAULT_PORT.sub("", host))


def _has_key_beside(script: Script) -> bool:
    """Whether a key comes to curl otherwise than by its own words."""
    behind = ((command.words, _after_curl(command.words)) for command in script.commands)
    beside = (words if rest is None else words[: len(words) - len(rest)] for words, rest in behind)
    return any(map(_brings_key, beside)) or any(map(_holds_key, script.documents))


def _after_curl(words: Sequence[ShellWord]) -> Sequence[ShellWord] | None:
    """Return the words behind ``curl``, or None where a command is another one."""
    for position, word in enumerate(words):
        if _CURL.fullmatch(word.text):
            return words[position + 1 :]
        if "=" not in word.text and word.text not in ("sudo", "time", "exec", "command"):
            return None
    return None


def _options(words: Sequence[ShellWord]) -> Iterator[tuple[str, ShellWord | None]]:
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
    for position, letter in enumerate(word.masked[1:], 2):
        name = _LONG.get(letter, letter)
        if name not in _WITH_VALUE:
            yield name, None
            continue
        glued = word.after(position)
        yield name, glued if glued.masked else next(rest, None)
        return


def _take(call: _Call, name: str, word: ShellWord | None) -> None:
    """Note what one option says."""
    if name == "next":
        raise input_error("curl_many")
    if name in _OTHER_BODIES:
        raise input_error("curl_body")
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
    if _ANY_URL.fullmatch(word.text) or _CREATE_URL.fullmatch(word.masked):
        call.urls.append(word)


def _take_data(call: _Call, word: ShellWord) -> None:
    if word.text.startswith("@") and word.text != "@-":
        raise input_error("curl_file")
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
    elif not (match[1].lower() in _JSON_HEADERS and _is_json(word.text[match.end() :])):
        call.leave("curl_header", name=match[1])


def _is_json(value: str) -> bool:
    return "json" in value.lower() or is_placeholder(value)  # <content-type>, as in documentation


_READERS: dict[str, Callable[[_Call, ShellWord], None]] = {
    "": _take_word,
    "url": lambda call, word: call.urls.append(word),
    "request": lambda call, word: setattr(call, "method", word.text.upper()),
    "data": _take_data,
    "data-ascii": _take_data,
    "data-binary": _take_data,
    "data-raw": lambda call, word: call.data.append(word),
    "json": _take_json,
    "config": _take_config,
    "header": _take_header,
}


def _draft(call: _Call, script: Script) -> dict[str, Any]:
    """Return the body; what the shell would put into it elsewhere than as an env value is said."""
    words: Sequence[ShellWord] = call.data
    if not words or [word.text for word in words] == ["@-"]:
        words = script.documents  # of curl, or of what is piped into it
        if len(words) != 1:
            raise input_error("curl_body")
    if not "".join(word.masked for word in words).replace(HOLE, "").strip():
        raise input_error("curl_body")  # in a variable that the text says nothing of
    draft = _json(call.joined.join(word.text for word in words))
    # Once more with a number in each hole, so that it is known which text of the body has which.
    expansions = (one for word in words for one in word.expansions)
    holes = {f"{HOLE}{number}{HOLE}": one for number, one in enumerate(expansions)}
    numbered = iter(holes)
    masked = call.joined.join(word.masked for word in words)
    draft = _with_references(draft, _json(re.sub(HOLE, lambda _: next(numbered), masked)), holes)
    for expansion in holes.values():
        match = _VARIABLE.match(expansion)
        call.leave("curl_variable", name=match[1] if match else "(…)")
    return draft


def _json(text: str) -> dict[str, Any]:
    """Return a JSON object."""
    value, _ = read_json(text, "curl_json")
    if not isinstance(value, dict):
        raise input_error("body_kind", kind=type(value).__name__)
    return value


def _with_references(body: dict[str, Any], numbered: dict[str, Any], holes: dict[str, str]) -> dict[str, Any]:
    """Return a body with an `EnvRef` for each env value from the environment, whose hole is taken out."""
    rows, twins = body.get("envs"), numbered.get("envs")
    if not isinstance(rows, list) or not isinstance(twins, list) or len(rows) != len(twins):
        return body
    return {**body, "envs": [_referring(row, twin, holes) for row, twin in zip(rows, twins, strict=True)]}


def _referring(row: Any, numbered: Any, holes: dict[str, str]) -> Any:
    if not isinstance(row, dict) or not isinstance(numbered, dict):
        return row
    ref, hole = reference(row.get("value")), numbered.get("value")
    if missed := placeholder_name(row.get("value")):  # as `to_curl` writes a reference for practice
        ref = EnvRef(missed)
    if isinstance(hole, str) and (name := variable_of(holes.get(hole, ""))):
        ref = EnvRef(name)
        del holes[hole]
    return {**row, "value": ref} if ref else row


# The header, as it is written on standard input and in a config of curl.
_HEADER = re.compile(r"""(?im)^\s*(?:header\s*[=:]?\s*)?["']?authorization\s*:""")

# What may stand in a command that writes it, and beside it, without being the key.
_NO_KEY = re.compile(
    rf"""(?i)\s|["']|%s|\\[nr]|{HOLE}|header\s*[=:]?|authorization\s*:|bearer|(?:printf|echo|cat)\s|-[ne]+\s"""
)
_ASSIGNED = re.compile(rf"([A-Za-z_]\w*)=[^{HOLE}]", re.ASCII)


def _brings_key(words: Sequence[ShellWord]) -> bool:
    """Whether words of a command other than curl hold the key itself, and no variable for it."""
    if any((found := _ASSIGNED.match(word.masked)) and is_account_key(found[1]) for word in words):
        return True
    writes = any(_HEADER.search(word.masked) for word in words)
    return writes and bool(_NO_KEY.sub("", " ".join(word.masked for word in words)))


def _holds_key(document: ShellWord) -> bool:
    """Whether a line of a document is the header with the key itself."""
    lines = [line for line in document.masked.split("\n") if _HEADER.match(line)]
    return bool(_NO_KEY.sub("", " ".join(lines)))
