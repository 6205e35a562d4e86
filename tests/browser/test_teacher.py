"""The teacher's page in a browser, of a class of thirty on a served practice cloud."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from ppio_widgets.cloud.client import PpioClient
from ppio_widgets.errors import ApiError
from ppio_widgets.practice.classroom.cloud import ClassCloud
from ppio_widgets.practice.classroom.lesson import packaged
from ppio_widgets.practice.classroom.roster import Roster, Student
from ppio_widgets.practice.server import serving
from ppio_widgets.request.models import CreateInstanceRequest
from tests.support.hostile import TEXTS

from .conftest import until

PAGE = "/practice/v1/teacher/page"
NAMES = {f"s{number:02}": f"Student {number}" for number in range(1, 31)}
BODY = {
    "product_id": "3090.8c30g.os",
    "image": "ubuntu:24.04",
    "billing": {"mode": "postpaid"},
    "resource": {"gpu_num": 1, "rootfs_size_gb": 20},
}
PROJECTOR = {"width": 1280, "height": 720}
RUN = """async () => {
    const {passes, violations} = await axe.run();
    return [passes.length, violations.flatMap(({id, nodes}) =>
        nodes.map(({html}) => `${id}: ${html.slice(0, 160)}`))];
}"""
SEEN = """() => [document.body.innerText,
    ...[...document.querySelectorAll('option')].map(one => one.text),
    ...[...document.querySelectorAll('[title], [aria-label]')].map(one => one.title + one.ariaLabel),
].join('\\n')"""
CHANGES = """one => {
    const told = [];
    new MutationObserver(() => told.push(one.textContent)).observe(one, {subtree: true, childList: true});
    return told;
}"""
SMALLEST = """() => Math.min(...[...document.querySelectorAll('#students *')]
    .filter(one => one.checkVisibility() && [...one.childNodes].some(node => node.nodeType === 3))
    .map(one => parseFloat(getComputedStyle(one).fontSize)))"""


class Hands:
    """A clock that is turned by hand."""

    now = 1_800_000_000.0

    def __call__(self):
        return self.now


class Class:
    """A served class, and its teacher's page."""

    def __init__(self, cloud, server, context):
        self.cloud = cloud
        self.hands = cloud.clock._clock
        self.server = server
        self.page = context.new_page()
        self.faults = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", lambda told: self.faults.append(told.text) if "Policy" in told.text else None)
        self.page.clock.install()

    def open(self, key=None):
        self.page.goto(f"{self.server.url}{PAGE}#key={self.cloud.teacher_key if key is None else key}")
        return self.page

    def shown(self):
        self.open()
        expect(self.row("Student 1")).to_be_visible()
        return self.page

    def look(self):
        """Let the page look once more."""
        with self.page.expect_response(re.compile(r"/teacher$")):
            self.page.clock.run_for(2100)

    def row(self, name):
        return self.page.get_by_role("row").filter(has=self.page.get_by_role("button", name=name, exact=True))

    def press(self, name):
        self.page.get_by_role("button", name=name, exact=True).click()

    def told(self, text):
        expect(self.page.get_by_role("status")).to_contain_text(text)

    def student(self, name="s07"):
        return PpioClient(self.cloud.join(name, "4711")["key"], base_url=self.server.url)


def rent(client, name, **other):
    return client.create_instance(CreateInstanceRequest(**{**BODY, "name": name, **other}))


@pytest.fixture
def opened(chromium):
    """Make a class with a page of its own: a scheme of colours, a language, names of students."""
    contexts = []

    def make(server, cloud, **options):
        context = chromium.new_context(viewport=PROJECTOR, **{"locale": "en-GB", **options})
        contexts.append(context)
        return Class(cloud, server, context)

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def cloud():
    return ClassCloud(
        packaged("first-bill"), Roster({key: Student(key, name) for key, name in NAMES.items()}), Hands()
    )


@pytest.fixture
def served(cloud):
    with serving(cloud) as server:
        yield server


@pytest.fixture
def room(opened, served, cloud):
    made = opened(served, cloud)
    yield made
    assert made.faults == []


def busy(room):
    """Let some students have something on, one of them for too long, and one meet an error."""
    for name in ("s03", "s07", "s21"):
        rent(room.student(name), f"{name}-first")
    room.hands.now += 10
    room.cloud.clock.jump(30 * 3600)
    rent(room.student("s01"), "s01-first")
    room.cloud.incident("sold-out", "s30", "", 1)
    with pytest.raises(ApiError):
        rent(room.student("s30"), "s30-first")
    room.cloud.incident("gateway-502", "s02", "", 3)
    room.cloud.check(room.cloud.join("s01", "4711")["key"], "1.2")


def test_thirty_students_fit_a_projector_and_can_be_read(room):
    busy(room)
    page = room.shown()
    expect(page.get_by_role("table")).to_have_count(2)
    assert page.get_by_role("table").get_by_role("button").count() == 30
    assert page.evaluate("document.documentElement.scrollHeight") <= PROJECTOR["height"]
    assert page.evaluate("document.documentElement.scrollWidth") <= PROJECTOR["width"]
    assert page.evaluate(SMALLEST) >= 12
    row = room.row("Student 7")
    expect(row).to_contain_text("s07-first")
    expect(row).to_contain_text(re.compile(r"30 h \d+ min · ¥[\d.]+/h"))
    expect(row).to_contain_text("on for too long")
    expect(room.row("Student 1")).to_contain_text("¥100.00")
    expect(room.row("Student 1")).not_to_contain_text("too long")
    expect(room.row("Student 30")).to_contain_text("INSUFFICIENT_RESOURCE")
    expect(page.get_by_text("students: 30 · on: 4")).to_be_visible()
    expect(page.get_by_text("waiting: gateway's page (gateway-502) · Student 2 · ×3")).to_be_visible()


def test_the_clock_is_frozen_goes_on_and_jumps(room):
    page = room.shown()
    before = room.cloud.clock.time()
    room.press("Freeze")
    room.told("Done: Clock Freeze.")
    expect(page.get_by_role("button", name="Freeze")).to_have_attribute("aria-pressed", "true")
    assert room.cloud.clock.rate == 0
    page.get_by_label("h", exact=True).fill("8")
    room.press("Jump")
    room.told("Done: Jump 8 h.")
    assert room.cloud.clock.time() == before + 8 * 3600
    room.press("×60")
    room.told("Done: Clock ×60.")
    assert room.cloud.clock.rate == 60


def test_an_incident_strikes_the_student_who_was_chosen_by_a_click(room):
    page = room.shown()
    room.press("Student 7")
    page.get_by_role("combobox", name="Incident").select_option("sold-out")
    room.press("Set off")
    room.told("Done: Incident no GPU free (sold-out) · Student 7.")
    expect(page.get_by_text("waiting: no GPU free (sold-out) · Student 7 · ×1")).to_be_visible()
    rent(room.student("s08"), "s08-first")
    with pytest.raises(ApiError, match="INSUFFICIENT_RESOURCE"):
        rent(room.student(), "s07-first")
    room.look()
    expect(room.row("Student 7")).to_contain_text("INSUFFICIENT_RESOURCE")
    expect(page.get_by_text("waiting:")).to_have_count(0)


def test_an_incident_is_called_off(room):
    page = room.shown()
    told = {"sold-out": "no GPU free (sold-out)", "quota": "too many instances (quota)"}
    for verb, words in told.items():
        page.get_by_role("combobox", name="Incident").select_option(verb)
        room.press("Set off")
        room.told(f"Done: Incident {words} · everyone.")
    room.press("Call off")
    room.told(f"Done: Call off {told['quota']} · everyone.")
    expect(page.get_by_text(f"waiting: {told['sold-out']} · everyone · ×1")).to_be_visible()
    expect(page.get_by_text(f"{told['quota']} · everyone · ×1")).to_have_count(0)


def test_money_is_paid_to_one_who_was_chosen(room):
    room.shown()
    room.press("Pay")
    room.told("Choose one student first.")
    room.page.get_by_label("For").select_option("s12")
    room.press("Pay")
    room.told("Done: Pay ¥20.00 · Student 12.")
    expect(room.row("Student 12")).to_contain_text("¥120.00")
    expect(room.row("Student 13")).to_contain_text("¥100.00")


def test_who_takes_spot_instances_is_told_how_many_there_were(room):
    rent(room.student(), "s07-cheap", billing={"mode": "spot"})
    room.hands.now += 10
    room.shown()
    room.press("Reclaim spot")
    room.told("Done: Reclaim spot · everyone · spot instances: 1.")


def test_a_pin_is_forgotten_for_one_who_was_chosen(room):
    room.student()
    room.shown()
    room.press("Forget PIN")
    room.told("Choose one student first.")
    room.press("Student 7")
    room.press("Forget PIN")
    room.told("Done: Forget PIN · Student 7.")
    assert room.cloud.join("s07", "0815")["student"] == "s07"


def test_a_lever_without_an_answer_may_have_been_pulled_and_stays_told(room):
    page = room.shown()
    room.press("Student 12")
    page.route("**/teacher/pay", lambda route: (route.fetch(), route.abort()))
    page.route("**/practice/v1/teacher", lambda route: route.abort())
    room.press("Pay")
    page.unroute("**/practice/v1/teacher")
    room.look()
    room.told("No answer came: Pay ¥20.00 · Student 12 may be done. Look at the table first.")
    expect(room.row("Student 12")).to_contain_text("¥120.00")


def test_a_lever_that_is_done_late_hides_no_doubt_about_another(room):
    page = room.shown()
    held = []
    page.route("**/teacher/clock", lambda route: held.append(route), times=1)  # noqa: PLW0108 - Playwright inspects it
    with page.expect_request("**/teacher/clock"):
        room.press("Freeze")
    room.press("Student 12")
    page.route("**/teacher/pay", lambda route: route.abort())
    room.press("Pay")
    unsure = "No answer came: Pay ¥20.00 · Student 12 may be done."
    room.told(unsure)
    told = page.get_by_role("status").evaluate_handle(CHANGES)
    (frozen,) = held
    frozen.continue_()
    expect(page.get_by_role("button", name="Freeze")).to_have_attribute("aria-pressed", "true")
    room.look()
    room.told(unsure)
    assert told.json_value() == []


def test_a_look_that_began_before_a_lever_was_pulled_shows_nothing_old(room):
    page = room.shown()
    room.press("Student 12")
    held = []
    page.route(re.compile(r"/teacher$"), lambda route: held.append((route, route.fetch())), times=1)
    page.clock.run_for(2100)
    until(lambda: page.evaluate("0") or held, "the class has answered the look")
    room.press("Pay")
    expect(room.row("Student 12")).to_contain_text("¥120.00")
    left = room.row("Student 12").get_by_role("cell").nth(1)
    told = left.evaluate_handle(CHANGES)
    ((route, before),) = held
    route.fulfill(response=before)
    room.look()
    room.look()
    expect(left).to_have_text("¥120.00")
    assert told.json_value() == []


def test_a_reset_is_asked_about_and_no_key_that_is_held_answers(room):
    rent(room.student(), "s07-first")
    room.hands.now += 10
    page = room.shown()
    expect(room.row("Student 7")).to_contain_text("s07-first")
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 60)  # it goes on until it is told to stop
    page.get_by_role("button", name="Reset", exact=True).focus()
    for _each in range(3):
        page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("Reset everyone?")
    yes = question.get_by_role("button", name="Reset")
    expect(yes).to_be_disabled()
    page.clock.run_for(600)
    question.get_by_role("button", name="Cancel").click()
    expect(question).to_be_hidden()
    expect(room.row("Student 7")).to_contain_text("s07-first")
    room.press("Reset")
    page.clock.run_for(600)
    expect(yes).to_be_disabled()  # each question is to be read
    page.clock.run_for(200)
    yes.click()
    room.told("Done: Reset · everyone.")
    expect(room.row("Student 7")).not_to_contain_text("s07-first")


def test_names_are_hidden_by_one_key_and_stay_hidden_after_a_reload(room):
    busy(room)
    page = room.shown()
    page.get_by_label("h", exact=True).press("h")
    expect(room.row("Student 7")).to_be_visible()
    page.get_by_role("heading").click()
    page.keyboard.press("h")
    expect(room.row("#7")).to_contain_text("3090.8c30g.os")
    for _each in range(2):
        told = page.evaluate(SEEN)
        assert "#7" in told
        assert [one for one in (*NAMES, *NAMES.values()) if re.search(rf"\b{one}\b", told)] == []
        page.reload()
        expect(room.row("#7")).to_be_visible()
    page.keyboard.press("h")
    expect(room.row("Student 7")).to_be_visible()


def test_the_key_leaves_the_address_and_lasts_for_a_reload(room):
    page = room.shown()
    assert page.url == f"{room.server.url}{PAGE}"
    page.reload()
    expect(room.row("Student 1")).to_be_visible()


def test_without_the_right_key_a_sentence_says_what_to_open(room):
    room.open("")
    room.told("Open the address that the command printed: it has the key.")
    room.open(room.cloud.join("s07", "4711")["key"])
    room.page.reload()
    room.told("The key was refused")
    expect(room.page.get_by_role("row")).to_have_count(0)


def test_a_look_takes_neither_the_focus_nor_what_is_typed_nor_the_place(room):
    page = room.shown()
    page.set_viewport_size({"width": 700, "height": 400})
    field = page.get_by_label("h", exact=True)
    field.fill("3.5")
    page.get_by_label("For").select_option("s12")
    page.evaluate("scrollTo(0, 300)")
    name = page.get_by_role("button", name="Student 12", exact=True)
    name.focus()
    at = page.evaluate("scrollY")
    rent(room.student("s01"), "s01-first")
    room.hands.now += 10
    room.look()
    expect(room.row("Student 1")).to_contain_text("s01-first")
    expect(name).to_be_focused()
    expect(field).to_have_value("3.5")
    expect(page.get_by_label("For")).to_have_value("s12")
    assert page.evaluate("scrollY") == at


def test_a_class_that_does_not_answer_is_asked_again(room):
    page = room.shown()
    page.route(re.compile(r"/teacher$"), lambda route: route.abort())
    page.clock.run_for(2100)
    room.told("The class does not answer")
    expect(room.row("Student 7")).to_be_visible()
    page.unroute(re.compile(r"/teacher$"))
    page.clock.run_for(2100)
    expect(page.get_by_role("status")).to_be_empty()


def test_the_class_is_saved_as_a_sheet(room):
    page = room.shown()
    with page.expect_download() as saved:
        room.press("Export CSV")
    assert saved.value.suggested_filename == "first-bill.csv"
    lines = saved.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 31
    assert lines[7].startswith("s07,Student 7,0.00,100.00,0,")


def test_everybody_can_use_it_in_either_theme_and_language(room):
    busy(room)
    page = room.shown()
    page.evaluate(Axe().axe_script)
    found = judged(page)
    page.get_by_role("button", name="Dark").click()
    page.get_by_role("button", name="中文").click()
    page.get_by_role("button", name="重置").click()
    page.clock.run_for(800)
    expect(page.get_by_role("dialog")).to_contain_text("重置全班？")
    assert found + judged(page) == []


def judged(page):
    """What axe finds in the page, after it looked at something."""
    passed, found = page.evaluate(RUN)
    assert passed > 15
    return found


@pytest.mark.parametrize(
    ("scheme", "locale", "ground", "title"),
    [
        ("light", "en-GB", "rgb(255, 255, 255)", "Your first machine and its bill"),
        ("dark", "zh-CN", "rgb(18, 18, 18)", "第一台机器和它的账单"),
    ],
)
def test_it_begins_in_the_theme_and_the_language_of_the_browser(
    opened, served, cloud, scheme, locale, ground, title
):
    page = opened(served, cloud, color_scheme=scheme, locale=locale).shown()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == ground
    expect(page.get_by_role("heading")).to_have_text(title)


def test_in_chinese_incidents_and_refusals_are_in_chinese(opened, served, cloud):
    room = opened(served, cloud, locale="zh-CN")
    page = room.shown()
    verbs = page.get_by_role("combobox", name="故障").get_by_role("option")
    names = cloud.board()["verbs"]
    assert len(names) > 20
    expect(verbs).to_have_count(len(names))
    told = verbs.all_inner_texts()
    assert [text for text in told if not re.fullmatch(r".*[一-鿿].*（[a-z0-9-]+）", text)] == []
    page.get_by_role("combobox", name="故障").select_option("sold-out")
    room.press("触发")
    room.told("已完成：故障 卖完了（sold-out） · 全班。")
    expect(page.get_by_text("待触发：卖完了（sold-out） · 全班 · ×1")).to_be_visible()
    page.get_by_label("小时", exact=True).fill("1000")
    room.press("快进")
    room.told("被拒绝：一次最多快进 31 天。")
    page.get_by_label("×", exact=True).fill("1001")
    room.press("触发")
    room.told("被拒绝：次数须为 1 到 1000 的整数。")
    page.get_by_label("分钟前通知").fill("99999")
    room.press("回收竞价实例")
    room.told("被拒绝：最多提前 31 天通知。")
    room.press("Student 7")
    page.get_by_label("元").fill("1000001")
    room.press("发放")
    room.told("被拒绝：金额须大于 ¥0，最多 ¥1000000。")
    page.route("**/teacher/pay", lambda route: route.continue_(post_data={"student": "left", "yuan": "1"}))
    page.get_by_label("元").fill("1")
    room.press("发放")
    room.told("被拒绝：课堂里已经没有这名学生。")


def test_a_balance_below_zero_is_an_amount_too(room):
    room.cloud.pay("s01", Decimal("-104.06"))
    room.shown()
    expect(room.row("Student 1")).to_contain_text("-¥4.06")


def test_hostile_names_are_text_and_nothing_else(opened):
    # A roster is a file in UTF-8, which has no half characters.
    texts = [text for text in TEXTS.values() if "\ud800" not in text]
    students = {f"s{number:02}": Student(f"s{number:02}", text) for number, text in enumerate(texts)}
    students["s99"] = Student("s99", "Student 1")
    cloud = ClassCloud(packaged("first-bill"), Roster(students), Hands())
    with serving(cloud) as server:
        room = opened(server, cloud)
        rent(room.student("s00"), f"s00-{TEXTS['image']}")
        room.hands.now += 10
        page = room.shown()
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        room.look()
        expect(page.get_by_role("table")).to_have_count(2)
        expect(page.get_by_text(TEXTS["script"], exact=True)).to_be_visible()
        expect(page.get_by_text(f"s00-{TEXTS['image']}", exact=True)).to_be_visible()
        assert page.evaluate("'pwned' in window") is False
        assert page.locator("main img, main iframe, main svg, main details, main a").count() == 0
        assert [one for one in asked if not one.startswith(server.url)] == []
        assert room.faults == []
