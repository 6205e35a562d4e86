"""Parts of the reference, as Markdown, from the package's own tables; no Sphinx is needed for them."""

from __future__ import annotations

import inspect
import json
import os
import re
import string
import subprocess
import sys
from importlib.resources import files
from typing import TYPE_CHECKING

import ppio_widgets
from ppio_widgets.formats.line.options import GROUPS
from ppio_widgets.locale.words import words
from ppio_widgets.magics.verbs import VERBS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ppio_widgets.formats.line.options import Option
    from ppio_widgets.locale.words import Language, Words

HEADS = {
    "en": {
        "options": ("option", "says", "field of the body"),
        "verbs": ("verb", "does", "options"),
        "refusals": ("the server says", "next step"),
        "sentences": ("code", "sentence"),
        "again": "several times",
        "acts": "acts",
    },
    "zh": {
        "options": ("选项", "含义", "请求体中的字段"),
        "verbs": ("动词", "作用", "选项"),
        "refusals": ("服务器说", "下一步"),
        "sentences": ("代码", "句子"),
        "again": "可重复",
        "acts": "操作",
    },
}

# What our sentences are about, by how their codes begin; the last takes all others.
TOPICS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("The key", "密钥", ("key_",)),
    ("The address", "地址", ("host_",)),
    (
        "The line",
        "一行命令",
        ("line_", "option_", "cell_", "body_", "stop_twice", "start_twice", "no_variable"),
    ),
    ("The verbs", "动词", ("ppio_",)),
    ("Files and variables", "文件与变量", ("file_", "env_", "notebook_")),
    ("Pasted text", "粘贴的文本", ("import_", "curl_", "docker_", "shell_")),
    ("Presets", "预设", ("preset",)),
    ("Times and ceilings", "时间与上限", ("span", "moment", "deadline_", "stop_", "ceiling", "price")),
    ("Names and records", "名称与记录", ("name", "ledger_", "again", "absent", "record_", "claimed_")),
    ("Actions on an instance", "对实例的操作", ("action_", "renewal_", "instance_", "no_such_", "some_")),
    ("Launching and reading", "创建与读取", ("",)),
)

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~$])")
_WIDTH = "88"  # of the help of a command
# Members of pydantic's and of ipywidgets' own, which are documented by them.
_NOT_OURS = "model_config, model_fields, model_computed_fields, model_post_init"


def options(language: Language) -> str:
    """Return every option of ``%ppio_launch``, in the groups of its help."""
    say, heads = words(language), HEADS[language]
    parts = []
    for group, members in GROUPS.items():
        rows = [_option(option, say, str(heads["again"])) for option in members]
        parts += [f"### {say(f'usage.{group}')}", _table(heads["options"], rows)]
    return "\n\n".join(parts)


def _option(option: Option, say: Words, again: str) -> tuple[str, ...]:
    head = _code(f"{option.flag} {option.metavar}".rstrip())
    if option.repeated:
        head += f" ({again})"
    values = ", ".join(_code(choice) for choice in option.choices)
    said = _plain(say(f"option.{option.name}"))
    return head, f"{said} ({values})" if values else said, _code(".".join(option.path))


def verbs(language: Language) -> str:
    """Return every verb of ``%ppio``, as ``%ppio help`` writes it, with its options."""
    say, heads = words(language), HEADS[language]
    rows = []
    for line in say("ppio.usage").split("\n"):
        use, about = re.split(r" {2,}", line, maxsplit=1)
        verb = VERBS.get(_verb_of(use))
        flags = ", ".join(_code(option.flag) for option in verb.options) if verb else ""
        acts = f" **{heads['acts']}**" if verb and verb.acts else ""
        rows.append((_code(use), _plain(about) + acts, flags))
    return _table(heads["verbs"], rows)


def _verb_of(use: str) -> str:
    given = use.split()[1:]
    return next((name for name in (" ".join(given[:2]), given[0]) if name in VERBS), "")


def command(language: Language) -> str:
    """Return the help of ``ppio-widgets`` and of each of its commands."""
    told = _help(language)
    found = re.search(r"\{([\w,-]+)\}", told)
    assert found is not None, told
    names = found[1].split(",")
    parts = [f"```text\n{told}\n```"]
    parts += [f"## {name}\n\n```text\n{_help(language, name)}\n```" for name in names]
    return "\n\n".join(parts)


def _help(language: Language, *given: str) -> str:
    environment = {
        **os.environ,
        "PPIO_WIDGETS_LANG": language,
        "COLUMNS": _WIDTH,
        "PYTHONIOENCODING": "utf-8",
    }
    asked = [sys.executable, "-m", "ppio_widgets", *given, "--help"]
    done = subprocess.run(asked, env=environment, capture_output=True, check=True, encoding="utf-8")
    return done.stdout.strip().replace("__main__.py", "ppio-widgets")


def refusals(language: Language) -> str:
    """Return the next step for each error of the server that is known, by its name or its status."""
    say = words(language)
    steps = [key.removeprefix("next.") for key in say.keys() if key.startswith("next.")]  # noqa: SIM118
    steps.sort(key=lambda step: (not step.isupper(), step))
    rows = [(_code(step), _plain(say(f"next.{step}"))) for step in steps]
    return _table(HEADS[language]["refusals"], rows)


def sentences(language: Language) -> str:
    """Return the sentence of each error, by what it is about."""
    say = words(language)
    left = sorted(key.removeprefix("error.") for key in say.keys() if key.startswith("error."))  # noqa: SIM118
    parts = []
    for english, chinese, beginnings in TOPICS:
        codes = [code for code in left if code.startswith(beginnings)]
        left = [code for code in left if code not in codes]
        rows = [(_code(code), _plain(_unfilled(say, code))) for code in codes]
        parts += [
            f"### {chinese if language == 'zh' else english}",
            _table(HEADS[language]["sentences"], rows),
        ]
    return "\n\n".join(parts)


def _unfilled(say: Words, code: str) -> str:
    """Return a sentence with ``…`` for each of its values."""
    said = json.loads((files("ppio_widgets.locale") / f"{say.language}.json").read_text("utf-8"))
    parsed = string.Formatter().parse(said[f"error.{code}"])
    return say(f"error.{code}", **{name: "…" for _text, name, _spec, _how in parsed if name})


def api(_language: Language) -> str:
    """Return the directives that draw every public name from its docstring, in reStructuredText."""
    found = {name: getattr(ppio_widgets, name) for name in ppio_widgets.__all__}
    parts = []
    for name, value in sorted(found.items(), key=lambda pair: (_rank(pair[1]), pair[0])):
        kind = ("function", "class", "exception")[_rank(value)]
        parts.append(f".. auto{kind}:: ppio_widgets.{name}")
        if kind != "function":
            parts += ["   :members:", "   :show-inheritance:", f"   :exclude-members: {_NOT_OURS}"]
        parts.append("")
    return "```{eval-rst}\n" + "\n".join(parts) + "\n```"


def _rank(value: object) -> int:
    if not inspect.isclass(value):
        return 0
    return 2 if issubclass(value, Exception) else 1


def _table(head: object, rows: Iterable[tuple[str, ...]]) -> str:
    assert isinstance(head, tuple)
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _code(text: str) -> str:
    """Return text as code within a table."""
    return f"`{text}`".replace("|", "\\|") if text else ""


def _plain(text: str) -> str:
    """Return text that no character of it marks up."""
    return _SPECIAL.sub(r"\\\1", text).replace("\n", " ")


PARTS = {
    "options": options,
    "verbs": verbs,
    "command": command,
    "refusals": refusals,
    "sentences": sentences,
    "api": api,
}
