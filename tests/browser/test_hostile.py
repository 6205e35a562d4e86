"""Hostile text from a person and from a server, everywhere it is shown, in a real JupyterLab."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import TimeoutError, expect  # noqa: A004 - playwright's own name

from ppio_widgets import widgets
from ppio_widgets.cloud.answers import plain
from ppio_widgets.locale.text import visible
from ppio_widgets.request.draft import to_json
from ppio_widgets.widgets.theme import script
from tests.support.hostile import ACTING, TEXTS, spelt
from tests.support.wire import faulty, packed, row

from .conftest import PATIENCE, Notebook, launch_of, open_sections

ALL = tuple(TEXTS.values())

SECTIONS = ("Access", "Environment", "Storage", "Start command", "Region and network", "Limits")

# The handlers of the package's own images; no other image and no other handler may be anywhere.
WIDGETS = Path(widgets.__file__).parent
SCRIPTS = [str(path.relative_to(WIDGETS)) for path in WIDGETS.rglob("*.js")]
HANDLERS = (
    *(html.unescape(re.search('onerror="([^"]*)"', script(name))[1]) for name in SCRIPTS),
    "window.ppw&&ppw.grab(this)",
)


class Cloud:
    """A server that says hostile things; the end of a name, ``t07r``, tells which and how."""

    def __init__(self):
        self.made = set()
        self.names = {}

    def __call__(self, server, connection):
        request = server.read(connection)
        if request:
            status, content = self.reply(request)
            text = content if isinstance(content, bytes) else json.dumps(content).encode()
            connection.sendall(packed(status, text))

    def reply(self, request):
        url = urlsplit(request.target)
        if request.method == "POST":
            return self.create(json.loads(request.content)["name"])
        if url.path != "/gpus/v2/instances":
            identity = url.path.rpartition("/")[2]
            text = ALL[int(identity[2:])] if re.fullmatch(r"[im]-\d\d", identity) else identity
            said = {"status": text, "error": text, "message": text}
            logs = {
                "instance_endpoint": "javascript:alert(1)",
                "system_endpoint": f"https://h/{quote(text, errors='surrogatepass')}",
            }
            tools = {
                "ssh": {"command": text},
                "jupyter": {"endpoint": f"https://{text}"},
                "log": logs,
            }
            name = self.names.get(identity, text)
            return 200, {"id": identity, "name": name, "status": said, "tools": tools}
        name = parse_qs(url.query).get("name", [""])[0]
        # Such a name is not searched for by the server's filter: all there is is listed.
        taken = [(sent(n, "t"), f"i-{n:02}") for n in range(len(ALL))]
        twice = [(one, f"{id_of(meant(one)[0])}{end}") for one in self.made for end in ("-u", "-too")]
        others = [(f"other {text}", f"j-{n:02}") for n, text in enumerate(ALL)]
        rows = [row(*one) for one in (*taken, *twice, *others) if not name or one[0] == name]
        return 200, {"data": rows, "next_cursor": "", "has_more": False}

    def create(self, name):
        text, kind = meant(name)
        if kind == "r":
            return 400, {"code": 400, "reason": text, "message": text}
        if kind == "u":
            self.made.add(name)
            page = f"<html><head><title>t</title></head><body><h1>No</h1><p>{text}</p></body></html>"
            return 502, page.encode("utf-8", "surrogatepass")
        identity = made_of(text)
        self.names[identity] = name
        return 200, {"id": identity}


def id_of(text):
    """The id of the instance that is listed with a text; a text that acts can be none."""
    return f"i-{ALL.index(text):02}"


def made_of(text):
    """The id of the instance that a launch made; it is in no listing, which would tell it by another name."""
    return f"m-{ALL.index(text):02}"


def sent(number, kind):
    """The name of a launch, as the notebook makes it of a text."""
    return ALL[number].encode("utf-8", "replace").decode()[:120] + f" t{number:02}{kind}"


def meant(name):
    number, kind = re.search(r"t(\d\d)(\w)$", name).groups()
    return ALL[int(number)], kind


START = """\
import json, os, re, time
from pathlib import Path
os.environ.update(PPIO_GPU_BASE_URL="SERVER", PPIO_WIDGETS_STATE_DIR="state")
TEXTS = json.loads(Path("hostile.json").read_text())
SENT = [text.encode("utf-8", "replace").decode() for text in TEXTS]  # no half characters
def address(text):
    return re.sub(r"[^!-~]", "", text)[:120] or "i"  # of anything else no call is made
def body(n, kind):
    resource = {"gpu_num": 1, "rootfs_size_gb": 20}
    return {"name": SENT[n][:120] + f" t{n:02}{kind}", "product_id": SENT[n], "image": address(SENT[n]),
            "command": SENT[n], "billing": {"mode": "postpaid"}, "resource": resource}
ip = get_ipython()
from IPython.display import display
from ipywidgets import VBox
import ppio_widgets
from ppio_widgets import LaunchForm, PpioClient
from ppio_widgets.widgets.board import InstanceBoard
from ppio_widgets.widgets.launch_controls import ConfirmCard
from ppio_widgets.widgets.instance_card import InstanceCard, LaunchCard
from ppio_widgets.launches import reconcile as search
from ppio_widgets.launches.ledger import ledger_for
from ppio_widgets.launches.ledger import Record
from ppio_widgets.launches.states import LaunchState
search.LOOK_PAUSES = ()
launches = {}
ledger = ledger_for(practice=False)
for n, text in enumerate(TEXTS):
    known = (f"https://{text}", text, {"name": text}, time.time())
    ledger.save(Record(f"open{n}", *known, state=LaunchState.UNKNOWN, candidates=(text,)))
    ledger.save(Record(f"made{n}", *known, state=LaunchState.SUCCEEDED, instance_id=text))
    (ledger.folder / f"{SENT[n][:80]}.json".replace("/", "|").replace("\\0", "")).write_text("torn")
%load_ext ppio_widgets
"""
TYPED = """\
rows = {"envs": [{"key": "", "value": ""}] * 8, "volumes": [{"type": "network", "id": ""}] * 3}
display(LaunchForm({**rows, "product_id": "p", "candidate_regions": [""] * 6}))
"""
# A kernel's socket drops what the server does not fetch in time, beyond some 2,000 messages (ZeroMQ's
# high-water marks): few enough of them in a cell, and the cell waited for.
FIELDS = """\
form = form if FIRST else LaunchForm()
display(*[] if FIRST else [form])
for n, text in list(enumerate(TEXTS))[FIRST:FIRST + 11]:
    form.value = {
        "name": f"{text[:120]} t{n:02}f", "product_id": text, "image": text, "type": text, "entrypoint": text,
        "command": text, "registry_auth_id": text, "network": {"id": text, "ip": text},
        "billing": {"mode": text, "prepaid": {"months": text}},
        "resource": {"gpu_num": text, "rootfs_size_gb": 20, "min_cuda_version": text},
        "envs": [{"key": text, "value": text}, {"key": "REF", "value": {"$env": text}}],
        "ports": [{"port": text, "protocol": text}],
        "volumes": [{"type": "network", "id": text, "mount_point": text}],
        "candidate_regions": [text], "tools": {"jupyter": {"enabled": True, "port": text, "protocol": text}},
        text: text,
    }
"""
READOUTS = """\
for n, text in enumerate(TEXTS):
    form.value = {**body(n, "k"), text: text}
"""
LAUNCHES = """\
form = LaunchForm()
display(form)
for n in range(len(TEXTS)):
    if KIND == "s" and n % 11:  # each card looks at its instance: a few of them are enough
        launch = ppio_widgets.launch(body(n, KIND))
    else:
        form.value = body(n, KIND)
        launch = form.launch()
    launch.wait_for_answer(20)
    launch.wait(20) if KIND == "s" else launch.look()
    launch.tell()  # the form has heard of it before the next one begins
    if KIND == "u":
        launch.declare_absent(launch.record.name)
    launches[KIND, n] = launch
"""
# JupyterLab shows the first 50 outputs of a cell only; each card has two.
LINES = """\
for n, text in list(enumerate(SENT))[FIRST:FIRST + 17]:
    BODY = body(n, "s")
    ip.run_line_magic("ppio_launch", "--body $BODY --env {'K=' + text} --region $text --volume local:/x")
"""
CARDS = """\
cards = [ConfirmCard(body(n, "t"), PpioClient()) for n in range(len(TEXTS))]
display(VBox(cards))
for card in cards:
    card.session.confirm()
"""
MACHINES = """\
InstanceCard.appear = lambda card: None  # looked at once: a page that goes on changing takes no click
machines = [InstanceCard(launches["s", n].instance.refresh()) for n in range(len(TEXTS))]
display(VBox(machines))
"""
PLANS = """\
answers, ppio_widgets.runtime.kernel.who_answers = ppio_widgets.runtime.kernel.who_answers, lambda: None
for n in range(len(TEXTS)):
    display(launches["r", n])  # as where nobody can click: one output each
ppio_widgets.runtime.kernel.who_answers = answers
for n in range(len(TEXTS)):
    print(launches["u", n], launches["s", n])
BODY = {**body(0, "s"), "envs": [{"key": text, "value": text} for text in TEXTS], **dict.fromkeys(SENT, 1)}
plan = ip.run_line_magic("ppio_launch", "--body $BODY --dry-run")
display(plan)
print(plan)
"""
ERRORS = """\
from IPython.core.error import UsageError
def shown(call, *given):
    try:
        call(*given)
    except UsageError as error:  # a stream, as JupyterLab shows the first 50 outputs of a cell only
        print(*error._render_traceback_())
    except BaseException:
        ip.showtraceback()
def quoted(text):
    return "'" + text.replace("'", "'\\"'\\"'") + "'"
for text in TEXTS:
    for line in ("--name {}", "{}", "--gpus {}", "--port {}", "--billing {}", "--volume {}", "-x={}"):
        shown(ip.run_line_magic, "ppio_launch", line.format(quoted(text)) + " --gpus")
    shown(ip.run_line_magic, "ppio_launch", f"--{text} --name $nothing['{text}']")
for text in TEXTS:
    shown(ip.run_line_magic, "ppio", "launches forget " + quoted(text))
shown(ppio_widgets.launch, BODY)
for n in range(len(TEXTS)):
    shown(ppio_widgets.launch, body(n, "r"))
"""
USAGE = """\
for text in TEXTS:
    try:
        ip.run_line_magic("ppio_launch", "--billing " + quoted(text))
    except UsageError:
        ip.showtraceback()
"""
REFUSALS = """\
for n in range(len(TEXTS)):
    shown(ppio_widgets.launch, body(n, "t"))
for text in TEXTS:
    shown(ip.run_line_magic, "ppio", "launches look " + quoted(text))
"""
LISTING = """\
display(ip.run_line_magic("ppio", "launches"), list(PpioClient().list_instances()))
board = InstanceBoard(client=PpioClient())
display(board)
"""
# It lists once the page has shown it.
CHOSEN = """\
board.session.choose([one.id for one in board.session.board.instances])
board.session.ask("delete")
form = LaunchForm(client=PpioClient("sk_made_up_1234", base_url="https://api.ppio.com"))
display(form, VBox([LaunchCard(launches["r", n]) for n in range(len(TEXTS))]))
"""

CELLS = {
    "start": START,
    "typed": TYPED,
    "fields": FIELDS.replace("FIRST", "0"),
    "more fields": FIELDS.replace("FIRST", "11"),
    "last fields": FIELDS.replace("FIRST", "22"),
    "readouts": READOUTS,
    "refused": LAUNCHES.replace("KIND", "'r'"),
    "unsure": LAUNCHES.replace("KIND", "'u'"),
    "made": LAUNCHES.replace("KIND", "'s'"),
    "lines": LINES.replace("FIRST", "0"),
    "more lines": LINES.replace("FIRST", "17"),
    "cards": CARDS,
    "machines": MACHINES,
    "plans": PLANS,
    "errors": ERRORS,
    "usage": USAGE,
    "refusals": REFUSALS,
    "listing": LISTING,
    "chosen": CHOSEN,
}
END = "\nprint('all', 'was', 'shown')"

# Types into every text control, and returns what each made of it that belongs to the body.
TYPE = """texts => [...document.querySelectorAll('.ppw :is(input[type=text], textarea)')].map((box, n) => {
    box.value = JSON.parse(texts)[n % 33];
    for (const kind of ['input', 'change']) box.dispatchEvent(new Event(kind, {bubbles: true}));
    return box.closest('.ppw-search, .f-ceiling') ? null : box.value;
}).filter((typed) => typed !== null)"""
# Whether every name that ends in t00 to t32 and a certain letter was seen in a place.
SEEN = """([place, kind]) => {
    const found = __seen[place].join().match(RegExp('t[0-9]{2}' + kind, 'g'));
    return new Set(found).size === 33;
}"""
# What reaches out of a form to the right.
WIDER = """[...document.querySelectorAll('.ppw')].flatMap((form) => [...form.querySelectorAll('*')]
    .filter((one) => one.getBoundingClientRect().right > form.getBoundingClientRect().right + 1
        && getComputedStyle(one).position !== 'absolute' && one.checkVisibility())
    .map((one) => one.className || one.tagName))"""


class Sheet(Notebook):
    """The notebook of hostile cells."""

    def show(self, cell, *expected):
        """Run a cell and wait for its last output, and until all 33 were seen in each place."""
        number = list(CELLS).index(cell)
        self.run(number)
        try:
            expect(self.output(number).filter(has_text="all was shown")).to_have_count(1, timeout=PATIENCE)
            for place, kind in expected:
                self.page.wait_for_function(SEEN, arg=[place, kind])
        except (AssertionError, TimeoutError):
            pytest.fail(f"{cell}: {self.page.evaluate('__seen.faults')} {self.text(cell)[-2000:]!a}")

    def text(self, cell):
        return "\n".join(self.output(list(CELLS).index(cell)).all_text_contents())

    def turn_all_pages(self):
        """See every row of the board."""
        board = self.page.locator(".ppw-board")
        expect(board).to_contain_text("1–50 of 132 that fit", timeout=PATIENCE)
        for rows in ("51–100", "101–132"):
            board.get_by_role("button", name="Next 50").click()
            expect(board).to_contain_text(f"{rows} of 132 that fit", timeout=PATIENCE)


@dataclass
class Evidence:
    """All that was seen of the page, and what it did that it should not."""

    seen: dict[str, list[str]]
    outputs: dict[str, str]
    typed: list[str]
    wider: list[str]
    pwned: list[object]
    told: list[str]

    def has(self, place, *parts):
        """Whether a text that stood in a place holds all parts."""
        return any(all(part in text for part in parts) for text in self.seen[place])


@pytest.fixture(scope="module")
def evidence(lab, chromium):
    """One session in which every text is shown in every place, and eyes on all of the page."""
    context = chromium.new_context(viewport={"width": 1500, "height": 1400})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    told = []
    own = ("", f"127.0.0.1:{lab.port}")
    context.on("page", lambda other: told.append(f"page: {other.url}"))
    page.on("dialog", lambda dialog: (told.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.on("request", lambda one: urlsplit(one.url).netloc in own or told.append(f"request: {one.url}"))
    eyes = Path(__file__).with_name("eyes.js").read_text(encoding="utf-8")
    page.add_init_script(f"({eyes})({json.dumps([ACTING.pattern, HANDLERS])})")
    (lab.folder / "hostile.json").write_text(json.dumps(ALL))
    sheet = Sheet(lab, page)
    try:
        with faulty(Cloud()) as server:
            sheet.open([cell.replace("SERVER", server.url) + END for cell in CELLS.values()])
            for cell in ("start", "typed"):
                sheet.show(cell)
            form = sheet.form(1)
            open_sections(form, *SECTIONS)
            # The last one: by then all of them are there.
            expect(form.get_by_role("textbox", name="Minimum CUDA", exact=True)).to_be_visible()
            typed = page.evaluate(TYPE, json.dumps(ALL))
            # The last one of these: Copy hands over what the preview shows, and that is behind for a moment.
            expect(form.locator(".ppw-readout")).to_contain_text("min_cuda_version")
            launch_of(form).click()
            form.get_by_role("button", name="Copy", exact=True).click()
            page.wait_for_function("__seen.copied.length")
            sheet.show("fields")
            sheet.show("more fields")
            sheet.show("last fields", ("readout", "f"))
            sheet.show("readouts", ("readout", "k"))
            sheet.show("refused", ("status", "r"))
            sheet.show("unsure", ("status", "u"))
            for cell in ("made", "lines", "more lines"):
                sheet.show(cell)
            sheet.show("cards", ("question", "s"), ("question", "t"))
            sheet.show("machines", ("live", "s"))
            for cell in ("plans", "errors", "usage", "refusals", "listing"):
                sheet.show(cell)
            sheet.turn_all_pages()
            sheet.show("chosen", ("launched", "r"))
        page.evaluate("__look()")
        outputs = {cell: sheet.text(cell) for cell in CELLS}
        wider = page.evaluate(WIDER)
        so_far = list(told)
        # JupyterLab makes a link of any address in a plain text; a click on this one opens an empty page.
        with context.expect_page() as opened:
            page.locator(".jp-RenderedText a[href^='javascript:']").first.click()
        pwned = [one.evaluate("window.pwned") for one in (opened.value, *page.frames)]
        yield Evidence(page.evaluate("__seen"), outputs, typed, wider, pwned, so_far)
    finally:
        context.close()
        lab.end_kernels()


def test_nothing_runs_and_nobody_else_is_asked(evidence):
    assert set(evidence.pwned) == {None}
    assert evidence.told == []


def test_outputs_hold_our_own_elements_only_and_no_acting_character(evidence):
    assert evidence.seen["faults"] == []


def test_no_text_breaks_out_of_the_form_to_the_side(evidence):
    assert evidence.wider == []


def test_copy_hands_over_exactly_what_was_typed(evidence):
    (copied,) = set(evidence.seen["copied"])  # a node may be seen when it comes and when its parent changes
    assert to_json(json.loads(copied)) == copied
    assert len(evidence.typed) > len(ALL)
    for text in set(evidence.typed) - {TEXTS["half characters"]}:  # the browser keeps it: no message can
        assert json.dumps(text, ensure_ascii=False) in copied


def test_a_persons_texts_are_read_as_they_are(evidence):
    missing = []
    for number, (kind, text) in enumerate(TEXTS.items()):
        sent = text.encode("utf-8", "replace").decode()  # no half characters
        unknown = "The API has no such field"
        fields = next(one for one in evidence.seen["readout"] if f"t{number:02}f" in one)
        errors, plans = evidence.outputs["errors"], evidence.outputs["plans"]
        asked = f"Rent 1 × {visible(sent)}? Its price is unknown."
        named = f"{visible(sent[:120])} t{number:02}s"
        places = {
            "preview": fields.count(spelt(text if len(text) <= 160 else text[:80])[1:-1]) >= 20,
            "blockers": evidence.has("still", f"{visible(text)}: {unknown}"),
            "question": evidence.has("question", asked, f"{named} on "),
            "plan": plans.count(spelt(text)[1:-1]) >= 2,  # as HTML and as text
            "blockers of a plan": plans.count(f"{visible(sent)}: {unknown}") >= 2,
            "usage errors": errors.count(f'not "{visible(text)}"') >= 3,
            "a usage error as an output": f'not "{visible(text)}"' in evidence.outputs["usage"],
            "an error's path": f"{visible(sent)}: {unknown}" in errors,
            "forget": f"{visible(text)} stays listed" in errors,
            "look": f"The ledger has no launch {plain(text)}." in evidence.outputs["refusals"],
        }
        missing += [(kind, place) for place, found in places.items() if not found]
    assert missing == []


def test_a_servers_texts_are_read_as_they_are(evidence):
    missing = []
    outputs = evidence.outputs
    for kind, raw in TEXTS.items():
        text, identity, made = plain(raw), id_of(raw), made_of(raw)
        refused = f"The server refused it (400): {text} [{text}]"
        several = f"It may be one of these: {identity}-u, {identity}-too."
        there = f"is already there (id {identity}, made"
        places = {
            "status, refused": evidence.has("status", refused),
            "status, looked up": evidence.has("status", several),
            "card": evidence.has("live", f"in progress ({text}) (id {made})"),
            "card, the server's words": evidence.has("facts", f"Server says{text}Server says{text}"),
            "card, SSH": evidence.has("facts", f"SSH{text[:200]}"),
            "question": evidence.has("question", there),
            "launched": evidence.has("launched", refused),
            "banner": evidence.has("top", f"{text} on ", f"It may be one of these: {text}."),
            "left open": f"It may be one of these: {text}." in outputs["start"],
            "launch, refused": refused in outputs["plans"],
            "launch, launched": f"(id {made})" in outputs["plans"],
            "error": f"ApiError: {refused}" in outputs["errors"],
            "refusal": there in outputs["refusals"],
            "ledger": f"launched, id {text} (launch " in outputs["listing"],
            "instances": text in outputs["listing"],
        }
        missing += [(kind, place) for place, found in places.items() if not found]
    assert missing == []
