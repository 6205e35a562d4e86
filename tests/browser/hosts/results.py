"""What came of each action in each host, kept as JSON, and the table of it in the documentation."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

from tests.support.hosts import ROOT

from .host import HOSTS

HERE = Path(__file__).parent
KEPT = HERE / "results.json"
WORDS = json.loads((HERE / "words.json").read_text(encoding="utf-8"))
ACTIONS = tuple(WORDS["actions"])
PAGES = {language: ROOT / "docs" / language / "reference" / "hosts.md" for language in ("en", "zh")}
BEGIN, END = "<!-- The table is written by `make hosts`. -->", "<!-- The table ends here. -->"


def of_package() -> dict[str, str]:
    """What was tried: of another state of the package nothing is known that was found before."""
    package = ROOT / "ppio_widgets"
    files = sorted(path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    parts = (path.relative_to(package).as_posix().encode() + path.read_bytes() for path in files)
    return {"ppio-widgets": sha256(b"".join(parts)).hexdigest()[:12]}


def kept() -> dict:
    """What the runs so far have found, by host."""
    return json.loads(KEPT.read_text(encoding="utf-8"))


class Results:
    """What a run finds; other versions of a host leave nothing of what was found before."""

    def __init__(self) -> None:
        self.found: dict[str, dict] = {}

    def begin(self, host: str, versions: dict[str, str]) -> None:
        """Note a host as it starts; one that starts again, between others, goes on."""
        known = self.found.get(host)
        if known is None or known["versions"] != versions:
            self.found[host] = {"versions": versions, "actions": {}}

    def add(self, host: str, action: str, *, passed: bool) -> None:
        """Note a step of an action: it works if each of them passed."""
        if host in self.found:
            actions = self.found[host]["actions"]
            actions[action] = actions.get(action, True) if passed else False

    def add_instead(self, host: str, action: str, what: str) -> None:
        """Note what an action does in a host in place of what it does elsewhere."""
        self.found[host]["actions"][action] = what

    def write(self) -> None:
        """Keep what was found, and write it into the documentation."""
        known, after = kept(), {}
        for host in HOSTS:
            old, new = known.get(host.name), self.found.get(host.name)
            if old and new and old["versions"] == new["versions"]:
                new = {**new, "actions": {**old["actions"], **new["actions"]}}
            if new or old:
                after[host.name] = new or old
        KEPT.write_text(json.dumps(after, indent=2) + "\n", encoding="utf-8")
        for language, page in PAGES.items():
            page.write_text(
                with_table(page.read_text(encoding="utf-8"), table(after, language)), encoding="utf-8"
            )


def with_table(page: str, written: str) -> str:
    """A page with another table between its two markers."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{written}\n{END}{after}"


def table(found: dict, language: str) -> str:
    """What was found as Markdown: a column for each host, what it has not with the reason below."""
    said = {kind: {name: words[language] for name, words in WORDS[kind].items()} for kind in WORDS}
    hosts = [host for host in HOSTS if host.name in found]
    notes: dict[str, int] = {}

    def cell(host, action):
        result = found[host.name]["actions"].get(action)
        if isinstance(result, str):
            note = said["instead"][result]
        elif action in host.lacks:
            note = said["lacks"][host.lacks[action]]
        else:
            return {True: "✓", False: "✗", None: "?"}[result]
        return f"({notes.setdefault(note, len(notes) + 1)})"

    def row(*cells):
        return f"| {' | '.join(cells)} |"

    titles = [f"{host.title} {found[host.name]['versions'][host.package]}" for host in hosts]
    lines = [row(said["head"]["action"], *titles), row("---", *(":-:" for _ in hosts))]
    lines += [
        row(words, *(cell(host, action) for host in hosts)) for action, words in said["actions"].items()
    ]
    lines += [
        row(shared, *(found[host.name]["versions"][shared] for host in hosts))
        for shared in ("ipywidgets", "ipykernel")
    ]
    lines += ["", *(f"({number}) {note}\n" for note, number in notes.items())]
    lines += [row(said["head"]["not tried"], said["head"]["because"]), row("---", "---")]
    lines += [row(host, reason) for host, reason in said["not tried"].items()]
    return "\n".join(lines) + "\n"
