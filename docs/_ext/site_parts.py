"""What this site adds to Sphinx: generated parts, lessons, dark pictures, a twin page, Chinese text."""

from __future__ import annotations

import re
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from ipython_pygments_lexers import IPythonLexer
from lessons import answers, lesson, offer
from sphinx.search.zh import SearchChinese
from sphinx.transforms import SphinxTransform
from tables import PARTS

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment

    from ppio_widgets.locale.words import Language

ROOT = Path(__file__).parents[2]
# An empty block that names what stands in its place: ``{generated} options``, ``{lesson} 02-the-line``.
_PART = re.compile(r"^```\{(generated|lesson)\} ([\w-]+)\n```$", re.MULTILINE)
OTHER = {"en": ("zh", "中文"), "zh": ("en", "English")}


def language_of(config: Config) -> Language:
    """Return the language of a build, as the package calls it."""
    return "zh" if config.language.startswith("zh") else "en"


# The notebooks of the pages that are read. In a lesson an instance comes up, for which it waits: all wait at
# the same time.
_running: dict[str, Future[str]] = {}


def _run_lessons(app: Sphinx, env: BuildEnvironment, pages: list[str]) -> None:
    """Begin to run the notebooks of the pages that are read anew."""
    pool = ThreadPoolExecutor(max_workers=8)
    for page in pages:
        text = Path(env.doc2path(page)).read_text(encoding="utf-8")
        for name in (name for kind, name in _PART.findall(text) if kind == "lesson"):
            _running[name] = pool.submit(lesson, _notebook(app, name), answers(text))
    pool.shutdown(wait=False)


def _fill(app: Sphinx, _page: str, source: list[str]) -> None:
    """Put what is generated in the place of the block that names it."""

    def part(found: re.Match[str]) -> str:
        kind, name = found.groups()
        language = language_of(app.config)
        if kind == "generated":
            return PARTS[name](language)
        return offer(app.config.lite_site, _notebook(app, name), language) + _running[name].result()

    source[0] = _PART.sub(part, source[0])


def _notebook(app: Sphinx, name: str) -> Path:
    return ROOT / "notebooks" / language_of(app.config) / f"{name}.ipynb"


class DarkPictures(SphinxTransform):
    """Beside a picture that has a dark twin (``form.png``, ``form-dark.png``), to show in dark themes."""

    default_priority = 400

    def apply(self, **_given: Any) -> None:
        """Add the twins."""
        for image in list(self.document.findall(nodes.image)):
            _shown, path = self.env.relfn2path(image["uri"], self.env.docname)
            twin = Path(path).with_stem(f"{Path(path).stem}-dark")
            if not twin.is_file():
                continue
            dark = image.deepcopy()
            dark["uri"] = str(Path(image["uri"]).with_name(twin.name))
            image["classes"].append("only-light")
            dark["classes"].append("only-dark")
            image.parent.insert(image.parent.index(image) + 1, dark)


class ChineseLines(SphinxTransform):
    """A line that breaks between Chinese characters goes on without a blank."""

    default_priority = 400
    _CHINESE = re.compile(r"[\u2014-\u2026\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")

    def apply(self, **_given: Any) -> None:
        """Take the breaks away."""
        for paragraph in self.document.findall(nodes.TextElement):
            paragraph[:] = [part for part in paragraph if part.astext() or not isinstance(part, nodes.Text)]
            parts = [part.astext() for part in paragraph]
            for place in range(len(parts) - 2, 0, -1):
                beside = parts[place - 1][-1:], parts[place + 1][:1]
                if parts[place] == "\n" and all(map(self._CHINESE.match, beside)):
                    del paragraph[place]


class SearchPairs(SearchChinese):
    """Chinese text as pairs of characters, in pages and in what is typed.

    A dictionary splits the pages only: a question of several words would find nothing.
    """

    lang = "zh"
    language_name = "English"  # of the stemmer, which is for the words in Latin letters
    _CHINESE = re.compile(r"[\u3400-\u9fff]+")
    js_splitter_code = r"""
var splitQuery = function (query) {
  return (query.match(/[\u3400-\u9fff]+|[a-z0-9_]+/gi) || []).flatMap(
    (word) => /[\u3400-\u9fff]{2}/.test(word)
      ? Array.from({length: word.length - 1}, (_, at) => word.slice(at, at + 2))
      : [word]
  );
};
"""

    def split(self, input: str) -> list[str]:  # noqa: A002 - Sphinx's name
        """Return the words of a text: each character and each pair of Chinese, and what else has letters."""
        found = self.latin1_letters.findall(input)
        self.latin_terms.update(found)
        for run in self._CHINESE.findall(input):
            found += [*run, *(run[at : at + 2] for at in range(len(run) - 1))]
        return found

    def word_filter(self, stemmed_word: str) -> bool:
        """Whether a word is looked for: a single Chinese character is one."""
        return bool(self._CHINESE.fullmatch(stemmed_word)) or super().word_filter(stemmed_word)


def _name_twin(app: Sphinx, pagename: str, _template: str, context: dict[str, Any], _doctree: object) -> None:
    """Tell each page where its twin in the other language is."""
    other, label = OTHER[language_of(app.config)]
    context["twin"] = context["pathto"](f"../{other}/{pagename}.html", 1)
    context["twin_language"], context["twin_label"] = other, label


def setup(app: Sphinx) -> dict[str, Any]:
    """Add all of it to a build."""
    app.add_config_value("lite_site", "", "env", types=[str])
    app.add_transform(DarkPictures)
    app.add_transform(ChineseLines)
    app.add_search_language(SearchPairs)
    app.add_lexer("python", IPythonLexer)
    app.connect("env-before-read-docs", _run_lessons)
    app.connect("source-read", _fill)
    app.connect("html-page-context", _name_twin)
    return {"parallel_write_safe": True}
