"""The built site in a real browser, at home on no page of `make test`: `make docs`, then `make test-docs`."""

from __future__ import annotations

import re
import threading
from contextlib import closing
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import chromium  # noqa: F401 - a fixture

SITE = Path(__file__).parents[1] / "build" / "docs"
NARROW = {"width": 390, "height": 800}
WIDE = {"width": 1400, "height": 900}


class Quiet(SimpleHTTPRequestHandler):
    """Serves files, and tells nobody."""

    def log_message(self, *_told):
        pass


@pytest.fixture(scope="module")
def address():
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=SITE))
    with closing(server.socket):
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def page(chromium):  # noqa: F811 - the fixture of that name
    """A page on which nothing may go wrong unheard."""
    context = chromium.new_context(viewport=WIDE, locale="en-GB")
    page = context.new_page()
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("requestfailed", lambda request: faults.append(request.url))
    page.on("response", lambda answer: answer.status < 400 or faults.append(answer.url))
    yield page
    context.close()
    assert faults == []


@pytest.mark.parametrize(
    ("language", "text", "found"),
    [
        ("en", "stopping in time", "Instances"),
        ("en", "HF_TOKEN", "Secrets"),
        ("en", "INSUFFICIENT_RESOURCE", "Errors"),
        ("zh", "按量付费", "字段"),
        ("zh", "按时停止", "实例"),
        ("zh", "没有收到响应的创建", "只发一次，并有记录"),
        ("zh", "密钥环", "云与密钥"),
        ("zh", "HTTPS_PROXY", "环境变量"),
        ("zh", "GPU 数量", "字段"),
    ],
)
def test_a_search_finds_the_page_that_is_meant(page, address, language, text, found):
    page.goto(f"{address}/{language}/search.html?q={quote(text)}")
    expect(page.locator(".search li a").filter(has_text=re.compile(f"^{found}( >|$)")).first).to_be_visible()


def test_a_search_for_what_is_nowhere_finds_nothing(page, address):
    page.goto(f"{address}/zh/search.html?q={quote('企鹅与北极熊')}")
    expect(page.locator(".search-summary")).not_to_be_empty()
    assert page.locator(".search li").count() == 0


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("name", ["index", "how-to/secret", "reference/errors", "genindex", "search"])
def test_each_page_leads_to_its_twin_and_back(page, address, name, size):
    page.set_viewport_size(size)
    page.goto(f"{address}/en/{name}.html")
    for language, label in (("zh", "中文"), ("en", "English")):
        page.get_by_role("link", name=label, exact=True).locator("visible=true").first.click()
        page.wait_for_url(f"{address}/{language}/{name}.html")
        assert page.evaluate("document.documentElement.lang").startswith(language)


def test_no_page_is_wider_than_a_phone(page, address):
    page.set_viewport_size(NARROW)
    wide = []
    names = sorted(path.relative_to(SITE).as_posix() for path in SITE.glob("??/**/*.html"))
    for name in names:
        page.goto(f"{address}/{name}")
        if page.evaluate("document.scrollingElement.scrollWidth") > NARROW["width"]:
            wide.append(name)
    assert len(names) > 80
    assert wide == []


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "name", ["once", "evidence", "money", "secrets", "outside", "limits", "house", "parts"]
)
def test_a_page_of_why_is_two_screens_at_most(page, address, language, name):
    page.goto(f"{address}/{language}/why/{name}.html")
    assert page.locator("article").bounding_box()["height"] <= 2 * WIDE["height"]


def test_a_line_that_breaks_between_chinese_characters_goes_on_without_a_blank():
    chinese = "[\u3001-\u303f\u3400-\u9fff\uff00-\uffef]"
    said = {
        path: re.sub(r"(?s)<pre.*?</pre>", "", path.read_text("utf-8")) for path in SITE.glob("zh/**/*.html")
    }
    assert len(said) > 40
    assert [path.stem for path, text in said.items() if re.search(f"{chinese}\n{chinese}", text)] == []


def test_in_a_dark_theme_the_dark_picture_is_shown(page, address):
    page.goto(f"{address}/en/reference/form.html")
    for scheme, shown in (("light", "form.png"), ("dark", "form-dark.png")):
        page.emulate_media(color_scheme=scheme)
        pictures = page.locator("article img").locator("visible=true")
        expect(pictures).to_have_count(1)
        expect(pictures).to_have_attribute("src", re.compile(rf"/{shown}$"))


def test_the_first_page_goes_to_the_language_of_the_browser(page, address):
    page.goto(address)
    page.wait_for_url(f"{address}/en/index.html")
