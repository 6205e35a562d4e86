"""Choosing from what is there: products, templates, CUDA, ids, money; and when it cannot be loaded."""

import html
import json
import re
import threading
from dataclasses import replace
from decimal import Decimal

import httpx
import ipywidgets
import pytest

from ppio_widgets import LaunchRefused, PpioClient
from ppio_widgets.errors import MomentUnreadable
from ppio_widgets.launches.states import LaunchState
from ppio_widgets.practice.transport import PracticeTransport
from ppio_widgets.runtime import kernel
from ppio_widgets.runtime.clock import Clock
from tests.support.bodies import MINIMAL
from tests.support.consent import let_read
from tests.support.practice import KEY as PRACTICE_KEY
from tests.support.practice import OneAccount
from tests.support.threads import threads_going, wait_for_threads

from .conftest import (
    choose,
    choose_product,
    displayed,
    every,
    find,
    find_all,
    open_sections,
    press,
    shown,
    table,
    type_into,
    until,
)

A100 = {**MINIMAL, "product_id": "a100-80g"}
CEILING = "Price ceiling per hour"


def stands_at(form, css, text):
    """Whether a text is said beside a field, which is marked: by rules, as of every field."""
    rules = re.findall(rf"\.{css}(?:>\.widget-label)?::after{{content:\"(.*?)\"/\"\"}}", shown(form))
    return any(html.unescape(text)[:20] in re.sub(r"\\([0-9a-f]+) ?", _letter, rule) for rule in rules)


def _letter(found):
    return chr(int(found[1], 16))


def listed(form):
    return [label for label, _key in table(form).options]


def found(form):
    """The ids of the products that fit the filters: all rows but the chosen one, which stays."""
    return [key for _row, key in table(form).options if key != table(form).value]


class Slow(PracticeTransport):
    """Answers the catalogue, or a kind of it, as it is told: not yet, with an error, or with nonsense."""

    def __init__(self, account, answer, kind=""):
        super().__init__(OneAccount(account))
        self.answer, self.kind = answer, kind
        self.go = threading.Event()

    def handle_request(self, request):
        if "/instances" in request.url.path or self.kind not in request.url.path:
            return super().handle_request(request)
        if self.answer is None:
            self.go.wait(10)
            return super().handle_request(request)
        return self.answer(request)


def form_on(make_form, account, answer, value=None, kind=""):
    transport = Slow(account, answer, kind)
    client = PpioClient(PRACTICE_KEY, base_url="http://localhost", transport=transport, practice=True)
    return make_form(value, client=client), transport


def test_nothing_is_asked_before_the_form_is_on_the_screen(form, cloud):
    assert form.session.snapshot.offers == ()
    assert not threads_going("ppio-catalogue")
    displayed(form)
    assert len(form.session.snapshot.offers) >= 12


def test_a_product_is_found_and_chosen(form):
    displayed(form)
    assert len(listed(form)) == 12
    assert listed(form)[0].split()[:2] == ["T4", "16"], "the cheapest first"
    assert "unavailable" in listed(form)[-1], "what cannot be launched last"
    type_into(find(form, "Search products"), "a100")
    assert found(form) == ["a100-80g"]
    choose(table(form), "a100-80g")
    assert form.value["product_id"] == "a100-80g"
    assert "<b>¥12.60</b> per hour" in shown(form)


def test_a_filter_never_changes_the_product_which_stays_the_first_row(form):
    displayed(form)
    choose(table(form), "a100-80g")
    type_into(find(form, "Search products"), "4090")
    assert next(iter(listed(form))).split()[0] == "A100"
    assert table(form).value == form.value["product_id"] == "a100-80g"
    type_into(find(form, "Search products"), "")
    choose(find(form, "In region"), "cn-south-1")
    assert form.value["product_id"] == "a100-80g"


def test_the_order_stays_when_the_catalogue_is_told_anew(form):
    displayed(form)
    before = [key for _row, key in table(form).options]
    snapshot = form.session.snapshot
    free = [replace(one, gpu_free=0) if one.id == before[0] else one for one in snapshot.offers]
    form.session.snapshot = replace(snapshot, offers=tuple(free))
    assert [key for _row, key in table(form).options] == before


def test_enter_takes_the_first_row_and_a_text_that_is_no_product_as_an_id(form):
    displayed(form)
    choose_product(form, "h200")
    assert form.value["product_id"] == "prod-h200-141g.8x"
    choose_product(form, "prod-unknown")
    assert form.value["product_id"] == "prod-unknown"


def test_without_a_catalogue_an_id_is_typed(form):
    choose_product(form, "prod-x")
    assert form.value["product_id"] == "prod-x"


def test_a_default_count_follows_the_product_and_a_typed_one_never_changes(make_form):
    form = displayed(make_form())
    choose(table(form), "prod-h200-141g.8x")
    assert form.value["resource"]["gpu_num"] == 8
    choose(table(form), "a100-80g")
    assert form.value["resource"]["gpu_num"] == 1
    type_into(find(form, "GPUs"), "2")
    choose(table(form), "prod-h200-141g.8x")
    assert form.value["resource"]["gpu_num"] == 2
    assert ("resource", "gpu_num") in form.errors
    given = displayed(make_form({**MINIMAL, "product_id": "a100-80g"}))
    choose(table(given), "prod-h200-141g.8x")
    assert given.value["resource"]["gpu_num"] == 1, "what was given is not a default"


def test_rows_that_cannot_be_launched_are_grey_and_can_be_chosen(form):
    displayed(form)
    choose(table(form), table(form).options[-1][1])
    assert ("product_id",) in form.errors
    assert re.search(r"\.ppw-offers label:is\(:nth-child\(11\),:nth-child\(12\)\)\{color", shown(form))


def test_filters_narrow_the_list(form):
    displayed(form)
    choose(find(form, "Memory per GPU"), 80)
    assert found(form)
    assert min(form.session.snapshot.offer(key).gpu_memory_gb for key in found(form)) == 80
    type_into(find(form, "Spot"), True)
    assert found(form)
    assert all(form.session.snapshot.offer(key).spot for key in found(form))
    region = form.session.snapshot.offer("a100-80g").regions[0]
    choose(find(form, "In region"), region)
    assert found(form)
    assert all(region in form.session.snapshot.offer(key).regions for key in found(form))
    type_into(find(form, "Search products"), "no such thing")
    assert found(form) == []
    assert "0 of 0 that fit" in shown(form)


def test_a_thousand_products_stay_short(form, wire):
    displayed(form)
    snapshot = form.session.snapshot
    many = tuple(replace(snapshot.offers[0], id=f"prod-{n}", gpu_name=f"GPU {n}") for n in range(1000))
    form.session.snapshot = replace(snapshot, offers=many)
    wire.clear()
    press(find(form, "Show up to 50"))
    assert len(listed(form)) == 50
    assert wire.size() <= 12_000
    wire.clear()
    type_into(find(form, "Search products"), "GPU 999")
    assert [row.split()[:2] for row in listed(form)] == [["GPU", "999"]]
    assert wire.size() <= 6_000


def test_what_does_not_fit_is_said_once_the_catalogue_is_there(make_form):
    form = displayed(make_form({**A100, "resource": {"gpu_num": 8, "rootfs_size_gb": 20}}))
    assert "<li><b>GPUs</b>: Only 6 GPUs of this product are free right now" in shown(form)


def test_what_no_longer_fits_is_an_error_beside_its_field_and_nothing_is_changed(form):
    displayed(form)
    form.value = {**A100, "resource": {"gpu_num": 8, "rootfs_size_gb": 20}}
    assert form.errors == {("resource", "gpu_num"): form.errors[("resource", "gpu_num")]}
    assert "6" in form.errors[("resource", "gpu_num")]
    type_into(find(form, "GPUs"), "2")
    assert form.errors == {}
    choose_product(form, "a10.12c48g.os")
    type_into(find(form, "GPUs"), "3")
    assert ("resource", "gpu_num") in form.errors
    assert form.value["resource"]["gpu_num"] == 3
    press(find(form, "Launch"))
    assert form.session.status is LaunchState.DRAFT


@pytest.mark.parametrize(("product", "why"), [("prod-h100-80g", "sold out"), ("prod-v100-32g", "")])
def test_what_cannot_be_launched_is_blocked_with_the_reason(form, product, why):
    displayed(form)
    form.value = {**MINIMAL, "product_id": product}
    assert why in form.errors[("product_id",)].lower()
    assert form.request is None


def test_the_limits_stand_beside_their_fields(form):
    displayed(form)
    form.value = A100
    assert r"1\2013 8" in shown(form)  # in a stylesheet


def test_a_template_fills_what_is_empty_at_once(form):
    displayed(form)
    choose(find(form, "Software"), "tpl-pytorch-2.6")
    assert form.value["image"] == "pytorch/pytorch:2.6.0-cuda12.4-cudnn9-devel"
    assert form.value["ports"] == [{"port": 6006, "protocol": "http"}]
    assert find(form, "Image").value == form.value["image"]


def test_templates_of_one_name_are_told_apart(form):
    """A page checks the first of equal words, and anybody can name an image like an official one."""
    first = displayed(form).session.snapshot.templates[0]
    twin = replace(first, id="tpl-twin", image="registry.example.com/x/y:1", visibility="private")
    form.session.snapshot = replace(form.session.snapshot, templates=(first, twin))
    chips = find(form, "Software")
    labels = [label for label, _key in chips.options]
    assert len(set(labels)) == len(labels)
    assert [twin.id in label for label in labels] == [False, True]
    choose(chips, twin.id)
    assert form.value["image"] == twin.image


def test_a_template_says_what_it_would_overwrite_before_it_does(form):
    displayed(form)
    form.value = {**A100, "image": "mine:1", "ports": [{"port": 1, "protocol": "tcp"}]}
    choose(find(form, "Software"), "tpl-pytorch-2.6")
    assert "Overwrites what is there: " in shown(form)
    assert form.value["image"] == "mine:1"
    press(find(form, "Replace"))
    assert form.value["image"] == "pytorch/pytorch:2.6.0-cuda12.4-cudnn9-devel"
    assert form.value["ports"] == [{"port": 6006, "protocol": "http"}]
    assert form.value["product_id"] == "a100-80g"


def test_cuda_is_proposed_from_the_image_and_applied_by_a_click(form):
    type_into(find(form, "Image"), "vllm:cu128")
    press(find(form, "Set minimum CUDA to 12.8"))
    assert form.value["resource"]["min_cuda_version"] == "12.8"
    assert find(form, "Minimum CUDA").value == "12.8"
    assert find_all(form, "Set minimum CUDA to 12.8") == []


def test_ids_are_chosen_by_name_and_may_be_typed(form):
    displayed(form)
    network = form.session.snapshot.networks[0]
    field = find(form, "VPC network")
    assert network.label in field.options
    type_into(field, network.label)
    assert form.value["network"] == {"id": network.id}
    type_into(field, "typed-id")
    assert form.value["network"] == {"id": "typed-id"}
    auth = form.session.snapshot.auths[0]
    type_into(find(form, "Registry auth"), auth.label)
    assert form.value["registry_auth_id"] == auth.id
    press(find(form, "Add volume"))
    choose(find(form, "Type of volume"), "network")
    storage = form.session.snapshot.storages[0]
    assert storage.label in find(form, "Storage of volume").options
    type_into(find(form, "Storage of volume"), storage.label)
    assert form.value["volumes"] == [{"type": "network", "id": storage.id}]


def test_regions_are_those_of_the_product(form):
    displayed(form)
    form.value = A100
    press(find(form, "Add region"))
    known = form.session.snapshot.offer("a100-80g").regions
    assert len(find(form, "Region").options) == len(known)


class TestThePriceCeiling:
    def test_above_it_nothing_is_asked_and_nothing_is_sent(self, form, cloud):
        displayed(form)
        form.value = A100
        type_into(find(form, CEILING), "12.59")
        why = "Costs ¥12.60 per hour, above the price ceiling of ¥12.59."
        assert form.errors == {("max_hourly_price",): form.errors["max_hourly_price",]}
        assert form.errors["max_hourly_price",].startswith(why)
        assert stands_at(form, "f-ceiling", why)
        assert f"<li><b>{CEILING}</b>: {why}" in shown(form), "what is still to do"
        press(find(form, "Launch"))
        assert find_all(form, "Yes, launch it") == []
        with pytest.raises(LaunchRefused, match=r"12\.59"):
            form.launch()
        assert form.session.launches == ()
        type_into(find(form, CEILING), "12.60")
        assert form.errors == {}
        press(find(form, "Launch"))
        let_read()
        press(find(form, "Yes, launch it"))
        assert form.session.launch.wait_for_answer(10).id
        assert cloud.posts == 1

    def test_a_ceiling_of_nothing_lets_nothing_pass(self, form, cloud):
        displayed(form)
        form.value = A100
        type_into(find(form, CEILING), "0")
        with pytest.raises(LaunchRefused, match="above the price ceiling"):
            form.launch()
        assert cloud.posts == 0

    @pytest.mark.parametrize("language", ["en", "zh"])
    @pytest.mark.parametrize("text", ["ten", "15 yuan", "NaN", "-5", "1e400", "1e-3", "1,000", "<b>&'\\"])
    def test_what_is_no_amount_is_an_error_at_its_field(self, make_form, cloud, text, language):
        form = displayed(make_form(A100, language=language))
        field = find(form, {"en": CEILING, "zh": "每小时价格上限"}[language])
        type_into(field, text)
        assert field.value == text, "what is typed is not changed"
        why = {"en": "Type an amount like 15 or 12.5, without commas", "zh": "请填写金额"}[language]
        assert list(form.errors) == [("max_hourly_price",)]
        assert stands_at(form, "f-ceiling", why)
        assert f"<b>{field.description}</b>" in shown(form), "what is still to do"
        assert "NaN" not in shown(form) or text == "NaN"
        assert "<b>&'" not in shown(form)
        press(next(one for one in every(form) if "ppw-launch" in one._dom_classes))
        assert form.session.status is LaunchState.DRAFT, "no question is opened"
        with pytest.raises(LaunchRefused):
            form.launch()
        type_into(field, "15")
        assert form.errors == {}
        assert not stands_at(form, "f-ceiling", why)
        assert form.launch().wait_for_answer(10).id
        assert cloud.posts == 1

    @pytest.mark.parametrize("text", ["15", "１５", " 15 ", "¥15", "￥１５．０", "15."])
    def test_an_amount_is_read_as_people_type_it(self, form, text):
        type_into(find(form, CEILING), text)
        assert form.session.ceiling == Decimal(15)

    def test_an_edit_to_no_amount_withdraws_the_question(self, form, cloud):
        displayed(form)
        form.value = A100
        press(find(form, "Launch"))
        yes = find(form, "Yes, launch it")
        type_into(find(form, CEILING), "ten")
        let_read()
        press(yes)
        assert form.session.status is LaunchState.DRAFT
        assert cloud.posts == 0

    def test_a_body_that_is_not_whole_is_no_error_of_the_ceiling(self, form):
        displayed(form)
        type_into(find(form, CEILING), "15")
        assert ("max_hourly_price",) not in form.errors

    def test_an_unknown_price_is_above_every_ceiling(self, form, cloud):
        form.value = MINIMAL
        type_into(find(form, CEILING), "1000")
        assert list(form.errors) == [("max_hourly_price",)]
        with pytest.raises(LaunchRefused):
            form.launch()
        type_into(find(form, CEILING), "")
        assert form.launch().wait_for_answer(10).id

    def test_it_is_taken_from_python(self, make_form):
        form = make_form(A100, max_hourly_price="15")
        assert find(form, CEILING).value == "15"


class TestTheTimer:
    @pytest.mark.parametrize("text", ["soon", "3 hours", "25:00", "-1h", "2020-01-01T00:00"])
    def test_what_is_none_is_an_error_at_its_field(self, form, cloud, text):
        form.value = MINIMAL
        type_into(find(form, "Stop by itself"), text)
        assert list(form.errors) == [("stop",)]
        assert stands_at(form, "f-stop", text)
        assert "<li><b>Stop by itself</b>: " in shown(form)
        press(find(form, "Launch"))
        assert form.session.status is LaunchState.DRAFT
        with pytest.raises(MomentUnreadable):
            form.launch()
        type_into(find(form, "Stop by itself"), "")
        assert form.errors == {}
        press(find(form, "Launch"))
        assert form.session.status is LaunchState.ARMED
        assert cloud.posts == 0

    def test_one_that_is_over_by_now_blocks_question_and_answer(self, form, cloud, monkeypatch):
        class Turned(Clock):
            ahead = 0.0

            def now(self):
                return 1_700_000_000.0 + self.ahead

        clock = Turned()
        kernel.current().clock = clock
        form.value = MINIMAL
        type_into(find(form, "Stop by itself"), "2023-11-14T22:15:00+00:00")
        assert form.errors == {}
        press(find(form, "Launch"))
        let_read()
        clock.ahead = 110
        press(find(form, "Yes, launch it"))
        assert form.session.status is LaunchState.ARMED
        question = next(one.value for one in every(form) if "ppw-question" in one._dom_classes)
        assert "is over" in question
        press(find(form, "Cancel"))
        press(find(form, "Launch"))
        assert find_all(form, "Yes, launch it") == []
        assert stands_at(form, "f-stop", form.errors["stop",])
        with pytest.raises(MomentUnreadable, match="is over"):
            form.launch()
        assert cloud.posts == 0

    def test_both_errors_stand_beside_those_of_the_body(self, form):
        type_into(find(form, CEILING), "ten")
        type_into(find(form, "Stop by itself"), "soon")
        assert [path for path in form.errors if path[0] in ("max_hourly_price", "stop", "name")] == [
            ("name",),
            ("max_hourly_price",),
            ("stop",),
        ]


class TestTypeCpu:
    """A CPU instance is chosen, priced and told like a GPU instance, without a word about GPUs."""

    def test_the_list_is_of_the_type_of_the_draft(self, form):
        displayed(form)
        assert not any(key.startswith("cpu.") for _row, key in table(form).options)
        choose(find(form, "Kind of product"), "cpu")
        assert [key for _row, key in table(form).options] == ["cpu.8c16g", "cpu.32c64g"]
        assert "GPU" not in table(form).description
        assert form.value["product_id"] == "cpu.8c16g", "the practice cloud's cheapest of this kind"
        choose(find(form, "Memory"), 48)
        assert found(form) == ["cpu.32c64g"]
        choose(find(form, "Kind of product"), "gpu")
        assert find_all(form, "Memory per GPU")
        assert not any(key.startswith("cpu.") for _row, key in table(form).options)

    def test_a_region_keeps_a_product_of_all_regions(self, form):
        displayed(form)
        choose(find(form, "Kind of product"), "cpu")
        choose(find(form, "In region"), "cn-east-1")
        assert [key for _row, key in table(form).options] == ["cpu.8c16g", "cpu.32c64g"]

    def test_it_is_priced_as_a_whole_and_launched(self, form, account):
        displayed(form)
        form.value = {**MINIMAL, "type": "cpu", "product_id": "cpu.8c16g"}
        assert form.errors == {}
        assert "Costs ¥0.64 per hour, by the second, from pulling until stopped" in shown(form)
        press(find(form, "Launch"))
        question = next(one.value for one in every(form) if "ppw-question" in one._dom_classes)
        assert "Rent CPU 8C16G for ¥0.64 per hour?" in question
        assert "GPU" not in question
        let_read()
        press(find(form, "Yes, launch it"))
        assert form.session.launch.wait_for_answer(10).id
        sent = account.get(form.session.launch.id)
        assert sent["type"] == "cpu"
        assert sent["resource_specs"]["gpu_num"] == 1, "the contract requires it"

    @pytest.mark.parametrize(
        ("kind", "product", "path", "why"),
        [
            ("cpu", "a100-80g", ("type",), "This is a GPU product: set the type to gpu"),
            ("gpu", "cpu.8c16g", ("type",), "This is a CPU product: set the type to cpu"),
            (None, "cpu.8c16g", ("product_id",), "This is a CPU product: set the type to cpu"),
        ],
    )
    def test_another_type_than_the_products_is_an_error(self, form, cloud, kind, product, path, why):
        displayed(form)
        form.value = {**MINIMAL, "product_id": product, **({"type": kind} if kind else {})}
        assert list(form.errors) == [path]
        assert form.errors[path].startswith(why)
        press(find(form, "Launch"))
        assert stands_at(form, "f-product_id", why)
        assert form.session.status is LaunchState.DRAFT
        assert cloud.posts == 0
        choose(find(form, "Kind of product"), "gpu" if product == "a100-80g" else "cpu")
        assert form.errors == {}

    def test_a_count_of_several_is_advised_against(self, form):
        displayed(form)
        form.value = {
            **MINIMAL,
            "type": "cpu",
            "product_id": "cpu.8c16g",
            "resource": {"gpu_num": 2, "rootfs_size_gb": 20},
        }
        assert "A CPU product is rented as a whole" in shown(form)
        assert "Costs ¥0.64 per hour" in shown(form)

    def test_its_listing_alone_may_fail(self, make_form, account):
        def answer(request):
            if request.url.params.get("type") == "cpu":
                return httpx.Response(400, json={"message": "no such type"})
            return PracticeTransport(OneAccount(account)).handle_request(request)

        form, _transport = form_on(make_form, account, answer, A100)
        displayed(form)
        assert "CPU products and prices could not be loaded" in shown(form)
        assert "Costs ¥12.60 per hour for 1 GPU" in shown(form)


def test_the_confirmation_states_the_money(form):
    displayed(form)
    form.value = A100
    press(find(form, "Launch"))
    assert "<b>Rent 1 × A100 80 GB for ¥12.60 per hour?</b>" in shown(form)
    assert "postpaid, billed from pulling until stopped" in shown(form)
    assert "3 hours ≈ ¥37.80" in shown(form)
    assert "The balance of ¥866.40 covers about 68 hours" in shown(form)


def test_a_slow_catalogue_holds_nothing_up(make_form, account):
    form, transport = form_on(make_form, account, None, MINIMAL)
    form._repr_mimebundle_()
    assert "Loading what there is to choose from" in shown(form) or form.session.loading
    assert form.launch().wait_for_answer(10).id
    transport.go.set()
    displayed(form)
    assert form.session.snapshot.offers
    assert "Loading" not in shown(form)


@pytest.mark.parametrize(
    "answer",
    [
        lambda request: httpx.Response(500, json={"message": "<b>oops</b>"}),
        lambda request: httpx.Response(403, json={"message": "no right"}),
        lambda request: httpx.Response(200, text="<html>"),
        lambda request: httpx.Response(200, json=[]),
        lambda request: httpx.Response(200, json={"data": "nonsense"}),
    ],
)
def test_what_cannot_be_loaded_is_said_and_everything_may_be_typed(make_form, account, answer):
    form, _transport = form_on(make_form, account, answer, MINIMAL)
    displayed(form)
    assert shown(form).count("could not be loaded") == 1
    assert "The catalogue could not be loaded; ids may be typed. " in shown(form)
    assert "<b>oops" not in shown(form)
    assert "unknown" in shown(form)
    assert form.launch().wait_for_answer(10).id


@pytest.mark.parametrize("late", ["products", "templates", "balance"])
def test_what_comes_in_pieces_leaves_the_rows_where_they_stand(make_form, account, late):
    """A page draws anew all that stands behind what comes between others: who types there is interrupted."""
    form, transport = form_on(make_form, account, None, {}, late)
    press(find_all(form, "Add variable")[0])
    row = next(one for one in every(form) if "ppw-row" in one._dom_classes)
    around = {one: tuple(one.children) for one in every(form) if row in every(one)}
    said = set()
    form.session.observe(lambda _news: said.add("There is no template" in shown(form)), "snapshot")
    form.appear()
    until(lambda: form.session.snapshot.told, "something came")
    transport.go.set()
    displayed(form)
    assert find(form, "Software").options
    assert said == {False}
    assert {one: tuple(one.children) for one in around} == around


def test_refresh_asks_anew(make_form, account):
    form, transport = form_on(make_form, account, lambda _request: httpx.Response(500, json={}), MINIMAL)
    displayed(form)
    assert form.session.snapshot.offers == ()
    transport.go.set()
    transport.answer = None
    assert not find_all(form, "Refresh prices and lists")
    press(find(form, "Retry"))
    displayed(form)
    assert form.session.snapshot.offers
    assert "could not be loaded" not in shown(form)
    press(find(form, "Refresh prices and lists"))


REASONS = {
    500: "The server answered 500: oops. Try again later; if it goes on, ask support.",
    403: (
        "The server refused it (403): oops. "
        "Look in the console: real-name verification or a right of the key may be missing."
    ),
}


@pytest.mark.parametrize(
    ("failing", "what", "reasons"),
    [
        ({"/products": 500}, "Products and prices, CPU products and prices", (500,)),
        (
            {"/templates": 403, "/products": 500, "/balance/detail": 500},
            "Products and prices, Balance, Templates, CPU products and prices",
            (500, 403),
        ),
    ],
)
def test_only_what_could_not_be_loaded_is_named_in_one_sentence(make_form, account, failing, what, reasons):
    practice = PracticeTransport(OneAccount(account))

    def answer(request):
        for end, status in failing.items():
            if request.url.path.endswith(end):
                return httpx.Response(status, json={"message": "oops"})
        return practice.handle_request(request)

    form, _transport = form_on(make_form, account, answer, MINIMAL)
    displayed(form)
    assert shown(form).count("could not be loaded") == 1
    reason = " ".join(REASONS[status] for status in reasons)
    assert f"<p class=ppw-quiet>{what} could not be loaded; ids may be typed. {reason}</p>" in shown(form)
    assert find_all(form, "Retry")


def test_a_gateway_that_says_something_else_each_time_is_one_reason(make_form, account):
    rays = iter(range(1000, 9999))
    form, _transport = form_on(
        make_form, account, lambda _request: httpx.Response(502, text=f"ray {next(rays)}"), MINIMAL
    )
    displayed(form)
    assert shown(form).count("The server answered 502: ray ") == 1


def test_what_comes_after_closing_changes_nothing(make_form, account):
    form, transport = form_on(make_form, account, None, MINIMAL)
    form._repr_mimebundle_()
    form.close()
    transport.go.set()
    wait_for_threads("ppio-catalogue")
    assert form.session.snapshot.offers == ()


def test_the_password_of_a_registry_auth_is_nowhere(form, caplog):
    from ppio_widgets.practice.resources import AUTHS  # noqa: PLC0415

    displayed(form)
    form.value = A100
    open_sections(form)
    state = json.dumps([one.get_state() for one in every(form)], default=str)
    seen = state + repr(form.session.snapshot) + repr(vars(form.session.catalogue)) + caplog.text + repr(form)
    for auth in AUTHS:
        assert auth["password"]
        assert auth["password"] not in seen
    assert [one for one in every(form) if isinstance(one, ipywidgets.Combobox)]
