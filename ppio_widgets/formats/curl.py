"""A body as a ``curl`` command for a POSIX shell, and back.

What is secret is in no process's arguments, which every user of a machine can read:
curl takes the key, and what is taken from the environment, on its standard input.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ppio_widgets.formats.curl_reader import CREATE_PATH, read_curl
from ppio_widgets.locale.text import visible
from ppio_widgets.request.draft import to_json
from ppio_widgets.request.envref import placeholder, taken

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ppio_widgets.locale import Words

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

    Parameters
    ----------
    body : mapping
        Of a request, or of a draft. A reference is filled in from the shell's environment
        when the command runs; one that is not set stops it before anything is sent.
    say : Words
        For the comments.
    base_url : str
        Of the cloud.
    key_name : str
        The environment variable that holds the API key.
    practice : bool
        Whether it goes to a practice cloud: then placeholders stand for the references.
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
