"""The Sphinx extension of this site: generated parts, lessons, dark pictures, the other language, Chinese search."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from ipython_pygments_lexers import IPythonLexer
from lessons import lesson
from sphinx.search.zh import SearchChinese
from sphinx.transforms import SphinxTransform
from sphinx.util.docutils import SphinxDirective
from tables import PARTS

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = Path(__file__).parents[2]
OTHER = {"en": ("zh", "中文"), "zh": ("en", "English")}


def language_of(config: Any) -> Any:
    """Return the language of a build, as the package calls it."""
    return "zh" if config.language.startswith("zh") else "en"


class Generated(SphinxDirective):
    """A part of a page that is made from the package's tables."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return what the part says."""
        text = PARTS[self.arguments[0]](language_of(self.config))
        return self.parse_text_to_nodes(text, allow_section_headings=True)


class Lesson(SphinxDirective):
    """A notebook with its outputs."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Run the notebook, and return what it shows."""
        suffix = ".zh" if language_of(self.config) == "zh" else ""
        notebook = ROOT / "notebooks" / f"{self.arguments[0]}{suffix}.ipynb"
        self.env.note_dependency(str(notebook))
        return self.parse_text_to_nodes(lesson(notebook), allow_section_headings=True)


class DarkPictures(SphinxTransform):
    """Beside each picture that has a dark twin (``form.png``, ``form-dark.png``): in a dark theme that one is shown."""

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


class SearchPairs(SearchChinese):
    """Chinese text as pairs of characters, in pages and in what is typed.

    A dictionary splits the pages only: a question of several words would find nothing.
    """

    lang = "zh"
    language_name = "Chinese"
    _CHINESE = re.compile(r"[\u3400-\u9fff]+")
    js_splitter_code = r"""
var splitQuery = function (query) {
  return (query.match(/[\u3400-\u9fff]+|[^\s\u3000-\u303f\u3400-\u9fff\uff00-\uffef.,:;!?()"'`]+/g) || []).flatMap(
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
    app.add_directive("generated", Generated)
    app.add_directive("lesson", Lesson)
    app.add_transform(DarkPictures)
    app.add_search_language(SearchPairs)
    app.add_lexer("python", IPythonLexer)
    app.connect("html-page-context", _name_twin)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
