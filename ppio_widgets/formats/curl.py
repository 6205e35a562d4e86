"""A body as a ``curl`` command for a POSIX shell, and back.

What is secret is in no process's arguments, which every user of a machine can read:
curl takes the key, and what is taken from the environment, on its standard input.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ppio_widgets.formats.imported import Imported, LeftOut
from ppio_widgets.formats.json_body import as_object, read_json
from ppio_widgets.formats.shell import HOLE, Script, program, read_shell
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
    from collections.abc import Iterator, Mapping

    from ppio_widgets.locale.words import Words

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
        "url": shlex.quote(base_url.rstrip("/") + CREATE_PATH),
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
        command = _WITHOUT_REFERENCES.format(**parts, body=shlex.quote(text))
    return "\n".join([*(f"# {line}" for line in said), command])


def _as_placeholder(line: re.Match[str]) -> str:
    return line[0].replace(f'{{"$env": "{line[1]}"}}', f'"{placeholder(line[1])}"')


def _one_line_references(text: str) -> str:
    """Return JSON that can be pasted: each reference on one line, and nothing in it that acts.

    An interactive shell takes ``!`` for its history, some even within quotes.
    """
    text = _REFERENCE.sub(r'{"$env": \1}', text)
    return "\n".join(visible(line) for line in text.split("\n")).replace("!", "\\u0021")


CREATE_PATH = "/gpus/v2/instances"

# With any host, a variable for it, or none.
_CREATE_URL = re.compile(rf"(?:https?://)?(?:[^/?#]*@)?([^/?#]*){CREATE_PATH}/?", re.IGNORECASE)
_HOST = re.compile(r"(?:[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?", re.IGNORECASE)
_DEFAULT_PORT = re.compile(r":(?:80|443)\Z")
PROGRAMS = frozenset({"curl"})
_ANY_URL = re.compile(r"https?://.*", re.IGNORECASE | re.DOTALL)
_VARIABLE = re.compile(r"\$\{?([A-Za-z_]\w*)", re.ASCII)
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,60}")
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
_JSON_HEADERS = frozenset({"content-type", "accept"})

# What writes the header with the key itself, and no variable for it: a command, or a line of curl's config.
_KEY_IN_HEADER = re.compile(
    r"^[ \t]*(?:(?:printf|echo|cat)\s+(?:-[ne]+\s+)*)?(?:header\s*[=:]?\s*)?[\"']?authorization\s*:"
    rf"\s*(?:bearer\s+)?(?:%s\S*\s+)?(?!{HOLE}|%s|bearer\s)[^\s\"'\\]",
    re.IGNORECASE | re.MULTILINE,
)
_ASSIGNED = re.compile(rf"([A-Za-z_]\w*)=(?!{HOLE}).", re.ASCII)


@dataclass(repr=False)
class _Call:
    """What the options of one command say."""

    script: Script
    urls: list[str] = field(default_factory=list)
    method: str = ""
    data: list[str] = field(default_factory=list)
    joined: str = "&"
    left_out: list[LeftOut] = field(default_factory=list)

    def leave(self, code: str, **params: object) -> None:
        one = LeftOut(code, params)
        if one not in self.left_out:
            self.left_out.append(one)

    def take(self, name: str, word: str) -> None:  # noqa: C901 - one case for each option
        """Note what one option says; a word behind none has an empty name."""
        match name:
            case "next":
                raise input_error("curl_many")
            case "form" | "form-string" | "upload-file" | "data-urlencode":
                raise input_error("curl_body")
            case "get" | "head":
                self.method = "GET"
            case "request":
                self.method = word.upper()
            case "url":
                self.urls.append(word)
            case "":  # the URL, or the value of an option that is not known here
                if _ANY_URL.fullmatch(self.script.typed(word)) or _CREATE_URL.fullmatch(word):
                    self.urls.append(word)
            case "data" | "data-ascii" | "data-binary" | "data-raw" | "json":
                if name != "data-raw" and word.startswith("@") and word != "@-":
                    raise input_error("curl_file")
                self.joined = "" if name == "json" else self.joined
                self.data.append(word)
            case "header":
                self._take_header(word)
            case "user" | "oauth2-bearer":
                self.leave("curl_key")
            case _ if name not in _LIKE_OURS and not (name == "config" and word == "-"):  # ours: the key
                option = f"-{name}" if len(name) == 1 else f"--{name}"
                self.leave("curl_option", option=option if _OPTION_NAME.fullmatch(option) else "--…")

    def _take_header(self, word: str) -> None:
        name, _, value = word.replace(";", ":", 1).partition(":")
        if not _HEADER_NAME.fullmatch(name) or name == word:
            if word != "@-":  # ours: the key
                self.leave("curl_option", option="--header")
        elif name.lower() == "authorization":
            self.leave("curl_key")
        # <content-type>, as in documentation, is a placeholder.
        elif name.lower() not in _JSON_HEADERS or not (
            "json" in value.lower() or is_placeholder(self.script.typed(value))
        ):
            self.leave("curl_header", name=name)

    def body(self) -> dict[str, Any]:
        """Return the body; what the shell would put into it elsewhere than as an env value is said."""
        words = self.data
        if words in ([], ["@-"]):
            words = self.script.documents  # of curl, or of what is piped into it
            if len(words) != 1:
                raise input_error("curl_body")
        text = self.joined.join(words)
        if not re.sub(HOLE, "", text).strip():
            raise input_error("curl_body")  # in a variable that the text says nothing of
        value, _ = read_json(text, "curl_json")
        body = dict(as_object(value))
        rows = body.get("envs")
        if isinstance(rows, list):
            body["envs"] = [self._referring(row) if isinstance(row, dict) else row for row in rows]
        typed: dict[str, Any] = self._typed(body)
        return typed

    def _referring(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return a row with an `EnvRef` where its value comes from the environment."""
        value = row.get("value")
        name = self.script.variable(value) if isinstance(value, str) else None
        name = name or placeholder_name(value)  # as `to_curl` writes a reference for practice
        ref = EnvRef(name) if name else reference(value)
        return {**row, "value": ref} if ref else row

    def _typed(self, value: Any) -> Any:
        """Return what of a body the shell would fill in as it was typed, and say so."""
        if isinstance(value, dict):
            return {self._typed(key): self._typed(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._typed(item) for item in value]
        if not isinstance(value, str):
            return value
        for hole in filter(None, map(self.script.holes.get, map(ord, value))):
            found = _VARIABLE.match(hole)
            self.leave("curl_variable", name=found[1] if found else "(…)")
        return self.script.typed(value)


def read_curl(text: str) -> Imported:
    """Read a curl command that creates an instance, as `to_curl` or documentation has it.

    A variable of the shell that is the whole value of an env becomes an `EnvRef`. An `InputError` where it is
    not one curl command, not one that creates an instance, or its body is not there to be read.
    """
    script = read_shell(text)
    if script.problem:
        raise script.problem
    commands = [(command.words, program(command.words, PROGRAMS)) for command in script.commands]
    called = [words[place + 1 :] for words, place in commands if place is not None]
    if len(called) != 1:
        raise input_error("curl_many" if called else "curl_none")
    call = _Call(script)
    beside = [words[:place] for words, place in commands]
    assigned = [found[1] for words in beside for word in words if (found := _ASSIGNED.match(word))]
    written = [*map(" ".join, beside), *script.documents]
    if any(map(is_account_key, assigned)) or any(map(_KEY_IN_HEADER.search, written)):
        call.leave("curl_key")
    for name, word in _options(called[0]):
        call.take(name, word)
    created = _CREATE_URL.fullmatch(call.urls[0]) if len(call.urls) == 1 else None
    if created is None or call.method not in ("", "POST"):
        raise input_error("curl_url")
    draft = call.body()
    host = created[1].lower() if _HOST.fullmatch(created[1]) else ""
    return Imported("curl", draft, tuple(call.left_out), _DEFAULT_PORT.sub("", host))


def _options(words: list[str]) -> Iterator[tuple[str, str]]:
    """Yield each option by its long name, with its value or an empty one; what is none by an empty name."""
    rest = iter(words)
    for word in rest:
        if word.startswith("--"):
            yield word[2:], next(rest, "") if word[2:] in _WITH_VALUE else ""
        elif not word.startswith("-") or word == "-":
            yield "", word
        else:
            for place, letter in enumerate(word[1:], 2):
                name = _LONG.get(letter, letter)
                if name in _WITH_VALUE:
                    yield name, word[place:] or next(rest, "")
                    break
                yield name, ""
