"""Choosing from what is there: products, templates, CUDA, ids, money; and when it cannot be loaded."""

import json
import threading
from dataclasses import replace

import httpx
import ipywidgets
import pytest

from ppio_widgets import LaunchRefused, PpioClient
from ppio_widgets.launcher.states import LaunchState
from ppio_widgets.practice.transport import PracticeTransport
from tests.bodies import MINIMAL
from tests.threads import threads_going, wait_for_threads

from .conftest import choose, displayed, every, find, find_all, press, shown, shows, type_into

A100 = {**MINIMAL, "product_id": "a100-80g"}


def listed(form):
    return [label for label, _key in find(form, "Products").options]


class Slow(PracticeTransport):
    """Answers the catalogue as it is told: not yet, with an error, or with nonsense."""

    def __init__(self, account, answer):
        super().__init__(account)
        self.answer = answer
        self.go = threading.Event()

    def handle_request(self, request):
        if "/instances" in request.url.path:
            return super().handle_request(request)
        if self.answer is None:
            self.go.wait(10)
            return super().handle_request(request)
        return self.answer(request)


def form_on(make_form, account, answer, value=None):
    transport = Slow(account, answer)
    client = PpioClient(
        "sk_practice_no_money", base_url="http://localhost", transport=transport, practice=True
    )
    return make_form(value, client=client), transport


def test_nothing_is_asked_before_the_form_is_on_the_screen(form, cloud):
    assert form.session.shelf.offers == ()
    assert not threads_going("ppio-catalogue")
    displayed(form)
    assert len(form.session.shelf.offers) >= 12


def test_a_product_is_found_and_chosen(form):
    displayed(form)
    press(find(form, "Find a product"))
    assert listed(form)[0].startswith("T4 16 GB · 4 GPU max")
    assert "sold out" in listed(form)[-1]
    type_into(find(form, "Search products"), "a100")
    assert listed(form) == ["A100 80 GB · 8 GPU max · 6 free · ¥12.60/h"]
    choose(find(form, "Products"), "a100-80g")
    assert form.value["product_id"] == "a100-80g"
    assert find(form, "Product").value == "a100-80g"
    assert "¥12.60 per hour" in shown(form)
    press(find(form, "Close the list"))
    assert find_all(form, "Products") == []


def test_filters_narrow_the_list(form):
    displayed(form)
    press(find(form, "Find a product"))
    choose(find(form, "Memory per GPU"), 80)
    assert listed(form)
    assert all(("80 GB" in row) or ("141 GB" in row) for row in listed(form))
    choose(find(form, "Sold as"), "spot")
    assert all(form.session.shelf.offer(key).spot for _row, key in find(form, "Products").options)
    region = form.session.shelf.offer("a100-80g").regions[0]
    choose(find(form, "In region"), region)
    assert all(
        region in form.session.shelf.offer(key).regions for _row, key in find(form, "Products").options
    )
    type_into(find(form, "Search products"), "no such thing")
    assert listed(form) == []
    assert "0 of 0 that fit" in shown(form)


def test_a_thousand_products_stay_short(form, wire, monkeypatch):
    displayed(form)
    shelf = form.session.shelf
    many = tuple(replace(shelf.offers[0], id=f"prod-{n}", gpu_name=f"GPU {n}") for n in range(1000))
    form.session.shelf = replace(shelf, offers=many)
    wire.clear()
    press(find(form, "Find a product"))
    assert len(listed(form)) == 50
    assert wire.size() <= 12_000
    wire.clear()
    type_into(find(form, "Search products"), "GPU 999")
    assert listed(form) == ["GPU 999 80 GB · 8 GPU max · 6 free · ¥12.60/h"]
    assert wire.size() <= 4_000


def test_what_no_longer_fits_is_an_error_beside_its_field_and_nothing_is_changed(form):
    displayed(form)
    form.value = {**A100, "resource": {"gpu_num": 8, "rootfs_size_gb": 20}}
    assert form.errors == {("resource", "gpu_num"): form.errors[("resource", "gpu_num")]}
    assert "6" in form.errors[("resource", "gpu_num")]
    type_into(find(form, "GPUs"), "2")
    assert form.errors == {}
    type_into(find(form, "Product"), "a10.12c48g.os")
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
    assert "1\\2013 8" in shown(form) or "1–8" in shown(form)


def test_a_template_shows_what_it_would_overwrite_before_it_does(form):
    displayed(form)
    form.value = {**A100, "image": "mine:1"}
    press(find(form, "Use a template"))
    choose(find(form, "Template"), "tpl-pytorch-2.6")
    assert "Overwrites what is there: Image, System disk, GB." in shown(form)
    assert form.value["image"] == "mine:1"
    press(find(form, "Apply it"))
    assert form.value["image"] == "pytorch/pytorch:2.6.0-cuda12.4-cudnn9-devel"
    assert form.value["ports"] == [{"port": 6006, "protocol": "http"}]
    assert form.value["product_id"] == "a100-80g"
    assert find(form, "Image").value == form.value["image"]
    assert "Nothing would change." in shown(form)


def test_cuda_is_proposed_from_the_image_and_applied_by_a_click(form):
    type_into(find(form, "Image"), "vllm:cu128")
    press(find(form, "Set minimum CUDA to 12.8"))
    assert form.value["resource"]["min_cuda_version"] == "12.8"
    assert find(form, "Minimum CUDA").value == "12.8"
    assert find_all(form, "Set minimum CUDA to 12.8") == []


def test_ids_are_chosen_by_name_and_may_be_typed(form):
    displayed(form)
    network = form.session.shelf.networks[0]
    field = find(form, "VPC network")
    assert network.label in field.options
    type_into(field, network.label)
    assert form.value["network"] == {"id": network.id}
    type_into(field, "typed-id")
    assert form.value["network"] == {"id": "typed-id"}
    auth = form.session.shelf.auths[0]
    type_into(find(form, "Registry auth"), auth.label)
    assert form.value["registry_auth_id"] == auth.id
    press(find(form, "Add volume"))
    choose(find(form, "Type of volume"), "network")
    storage = form.session.shelf.storages[0]
    assert storage.label in find(form, "Storage of volume").options
    type_into(find(form, "Storage of volume"), storage.label)
    assert form.value["volumes"] == [{"type": "network", "id": storage.id}]


def test_regions_are_those_of_the_product(form):
    displayed(form)
    form.value = A100
    press(find(form, "Add region"))
    known = form.session.shelf.offer("a100-80g").regions
    assert len(find(form, "Region").options) == len(known)


class TestThePriceCeiling:
    def test_above_it_nothing_is_sent(self, form, cloud):
        displayed(form)
        form.value = A100
        type_into(find(form, "Price ceiling per hour"), "12.59")
        assert "¥12.60" in shown(form)
        press(find(form, "Launch"))
        press(find(form, "Yes, launch it"))
        shows(form, "12.59")
        assert "Something in the form itself failed" not in shown(form)
        assert cloud.posts == 0
        with pytest.raises(LaunchRefused):
            form.launch()
        type_into(find(form, "Price ceiling per hour"), "12.60")
        assert form.launch().wait_for_answer(10).id
        assert cloud.posts == 1

    @pytest.mark.parametrize("text", ["0", "nonsense", "1e-3"])
    def test_a_ceiling_that_lets_nothing_pass(self, form, cloud, text):
        displayed(form)
        form.value = A100
        type_into(find(form, "Price ceiling per hour"), text)
        with pytest.raises(LaunchRefused):
            form.launch()
        assert cloud.posts == 0

    def test_an_unknown_price_is_above_every_ceiling(self, form, cloud):
        form.value = MINIMAL
        type_into(find(form, "Price ceiling per hour"), "1000")
        with pytest.raises(LaunchRefused):
            form.launch()
        type_into(find(form, "Price ceiling per hour"), "")
        assert form.launch().wait_for_answer(10).id

    def test_it_is_taken_from_python(self, make_form):
        form = make_form(A100, max_hourly_price="15")
        assert find(form, "Price ceiling per hour").value == "15"


def test_the_confirmation_states_the_money(form):
    displayed(form)
    form.value = A100
    press(find(form, "Launch"))
    assert shown(form).count("billed by the second from pulling") == 2
    assert "3 hours ≈ ¥37.80" in shown(form)
    assert "The balance of ¥866.40 covers about 68 hours" in shown(form)


def test_a_slow_catalogue_holds_nothing_up(make_form, account):
    form, transport = form_on(make_form, account, None, MINIMAL)
    form._repr_mimebundle_()
    assert "Loading what there is to choose from" in shown(form) or form.session.loading
    assert form.launch().wait_for_answer(10).id
    transport.go.set()
    displayed(form)
    assert form.session.shelf.offers
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
    assert "Products and prices could not be loaded; ids may be typed." in shown(form)
    assert "<b>oops" not in shown(form)
    assert "unknown" in shown(form)
    assert form.launch().wait_for_answer(10).id


def test_refresh_asks_anew(make_form, account):
    form, transport = form_on(make_form, account, lambda _request: httpx.Response(500, json={}), MINIMAL)
    displayed(form)
    assert form.session.shelf.offers == ()
    transport.go.set()
    transport.answer = None
    press(find(form, "Refresh prices and lists"))
    displayed(form)
    assert form.session.shelf.offers
    assert "could not be loaded" not in shown(form)


def test_what_comes_after_closing_changes_nothing(make_form, account):
    form, transport = form_on(make_form, account, None, MINIMAL)
    form._repr_mimebundle_()
    form.close()
    transport.go.set()
    wait_for_threads("ppio-catalogue")
    assert form.session.shelf.offers == ()


def test_the_password_of_a_registry_auth_is_nowhere(form, caplog):
    from ppio_widgets.practice.belongings import AUTHS  # noqa: PLC0415

    displayed(form)
    form.value = A100
    state = json.dumps([one.get_state() for one in every(form)], default=str)
    seen = state + repr(form.session.shelf) + repr(vars(form.session.catalogue)) + caplog.text + repr(form)
    for auth in AUTHS:
        assert auth["password"]
        assert auth["password"] not in seen
    assert [one for one in every(form) if isinstance(one, ipywidgets.Combobox)]
