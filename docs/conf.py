"""Sphinx's settings for both builds of the site; `-t zh` makes the Chinese one."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

chinese = globals()["tags"].has("zh")  # Sphinx puts `tags` here

project = "ppio-widgets"
copyright = "the authors of ppio-widgets"
language = "zh_CN" if chinese else "en"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "site_parts"]
# Where the site of `make lite` is served, to which each lesson leads; `make docs LITE_SITE=ADDRESS` sets it.
lite_site = ""
myst_heading_anchors = 4
nitpicky = False

autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints_format = "short"
napoleon_google_docstring = False
napoleon_use_ivar = True

html_theme = "furo"
# In the place of a button that shows a page's source: the page in the other language.
html_theme_options = {"top_of_page_buttons": ["view"]}
html_title = "ppio-widgets 文档" if chinese else "ppio-widgets"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_domain_indices = False
templates_path = ["_templates"]
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}
