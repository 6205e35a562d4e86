import json
import re
import threading
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from ipywidgets import Textarea
from traitlets import TraitError

from ppio_widgets import HostRefused, InputError, LaunchForm, RequestInvalid, check
from ppio_widgets.launches.launch import Timer
from ppio_widgets.launches.states import BUSY, LaunchState
from ppio_widgets.practice.account import PracticeAccount
from ppio_widgets.practice.failures import Refused
from ppio_widgets.request.draft import DEFAULTS
from ppio_widgets.request.schema import leaves
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.form.sections import PLACES
from tests.support.bodies import FULL, MINIMAL, bodies
from tests.support.consent import let_read
from tests.support.threads import wait_for_threads
from tests.widgets.conftest import (
    answer,
    choose,
    choose_product,
    every,
    find,
    find_all,
    press,
    shown,
    shows,
    type_into,
    until,
)

PORT = {"port": 1, "protocol": "tcp"}
FILLED = {"Name": "demo", "Image": "ubuntu:24.04"}


def fill(form):
    choose_product(form, "a100-80g")
    for name, text in FILLED.items():
        type_into(find(form, name), text)


def css_errors(form):
    """The sentences that stand beside fields, unescaped from CSS."""
    rule = r'\.ppw\d+ \.(?!s-)[^{}]*::after\{content:"((?:[^"\\]|\\.)*)"/""\}'
    found = re.findall(rule, shown(form))
    return [re.sub(r"\\([0-9a-f]+) ", lambda match: chr(int(match[1], 16)), text) for text in found]


def test_every_field_of_the_contract_has_its_place():
    table = ["product_id", "type"]
    placed = [*table, *(name for names in PLACES.values() for name in names)]
    assert len(placed) == len(set(placed))
    for pattern in leaves():
        assert any(pattern == name or pattern.startswith(f"{name}.*") for name in placed), pattern


def test_a_body_is_valid_after_name_product_and_image(form):
    assert set(form.errors) == {("name",), ("product_id",), ("image",)}
    assert form.request is None
    fill(form)
    assert form.errors == {}
    assert form.value == form.request.body() == MINIMAL


def test_value_is_a_new_dict_on_each_change_and_can_be_observed(form):
    seen = []
    form.observe(lambda change: seen.append(change["new"]), "value")
    type_into(find(form, "Name"), "a")
    type_into(find(form, "Name"), "ab")
    assert [value["name"] for value in seen] == ["a", "ab"]
    assert seen[0] is not seen[1]


def test_digits_become_numbers_and_what_is_no_number_stays_as_typed(form):
    type_into(find(form, "GPUs"), "8")
    assert form.value["resource"]["gpu_num"] == 8
    type_into(find(form, "GPUs"), "1.5")
    assert form.value["resource"]["gpu_num"] == "1.5"
    assert find(form, "GPUs", 1).value == "1.5"
    assert form.errors["resource", "gpu_num"] == "A whole number, without a fraction."


def test_rows_of_each_kind_are_added_filled_and_removed(form):
    press(find(form, "Add port"))
    press(find(form, "Add variable"))
    press(find(form, "Add volume"))
    press(find(form, "Add region"))
    assert {"ports", "envs", "volumes", "candidate_regions"}.isdisjoint(form.value), "blank rows are not sent"
    type_into(find(form, "Port"), "8080")
    choose(find(form, "Protocol of port"), "tcp")
    type_into(find(form, "Variable"), "A")
    type_into(find(form, "Value of variable"), "b=c")
    type_into(find(form, "Mount point of volume"), "/work")
    type_into(find(form, "Region"), "cn-1")
    assert form.value["ports"] == [{"port": 8080, "protocol": "tcp"}]
    assert form.value["envs"] == [{"key": "A", "value": "b=c"}]
    assert form.value["volumes"] == [{"type": "local", "mount_point": "/work"}]
    assert form.value["candidate_regions"] == ["cn-1"]
    for button in find_all(form, "Remove"):
        press(button)
    assert {"ports", "envs", "volumes", "candidate_regions"}.isdisjoint(form.value)


def test_removing_takes_the_row_that_was_meant(form):
    for number in range(4):
        press(find(form, "Add port"))
        type_into(find(form, "Port", number), str(8000 + number))
    press(find_all(form, "Remove")[1])
    assert [row["port"] for row in form.value["ports"]] == [8000, 8002, 8003]
    type_into(find(form, "Port", 1), "9000")
    assert [row["port"] for row in form.value["ports"]] == [8000, 9000, 8003]


def test_a_storage_id_is_asked_for_network_volumes_only_and_remembered(form):
    press(find(form, "Add volume"))
    assert not find_all(form, "Storage of volume")
    choose(find(form, "Type of volume"), "network")
    type_into(find(form, "Storage of volume"), "ns-1")
    assert form.value["volumes"] == [{"type": "network", "id": "ns-1"}]
    choose(find(form, "Type of volume"), "local")
    assert "volumes" not in form.value, "a row without any text is blank"
    choose(find(form, "Type of volume"), "network")
    assert form.value["volumes"] == [{"type": "network", "id": "ns-1"}]


def test_a_storage_id_from_outside_is_what_its_control_shows_after_toggling(form):
    volume = {"type": "network", "id": "ns-1", "mount_point": "/data"}
    form.value = {**MINIMAL, "volumes": [volume]}
    choose(find(form, "Type of volume"), "local")
    assert form.value["volumes"] == [{"type": "local", "mount_point": "/data"}]
    assert not find_all(form, "Storage of volume")
    choose(find(form, "Type of volume"), "network")
    assert find(form, "Storage of volume").value == "ns-1"
    assert form.value["volumes"] == [volume]


def test_prepaid_fields_appear_with_prepaid_and_are_remembered(form):
    assert not find_all(form, "Months")
    choose(find(form, "Billing mode"), "prepaid")
    assert form.value["billing"] == {"mode": "prepaid", "prepaid": {"months": 1}}
    type_into(find(form, "Months"), "3")
    assert not find_all(form, "Renewal months")
    type_into(find(form, "Renew automatically"), True)
    type_into(find(form, "Renewal months"), "2")
    assert form.value["billing"]["prepaid"] == {"months": 3, "auto_renew": {"enabled": True, "months": 2}}
    choose(find(form, "Billing mode"), "spot")
    assert form.value["billing"] == {"mode": "spot"}
    assert not find_all(form, "Months")
    choose(find(form, "Billing mode"), "prepaid")
    assert form.value["billing"]["prepaid"] == {"months": 3, "auto_renew": {"enabled": True, "months": 2}}


def test_jupyter_and_auto_migrate_show_what_belongs_to_them(form):
    assert not find_all(form, "Jupyter port")
    type_into(find(form, "Run Jupyter on the instance"), True)
    assert form.value["tools"] == {"jupyter": {"enabled": True, "port": 8888, "protocol": "http"}}
    type_into(find(form, "Run Jupyter on the instance"), False)
    assert "tools" not in form.value
    assert not find_all(form, "Take the system disk along")
    type_into(find(form, "Migrate automatically on failure"), True)
    type_into(find(form, "Take the system disk along"), True)
    assert form.value["auto_migrate"] == {"enabled": True, "include_system_disk": True}


def test_type_is_absent_unless_chosen(form):
    assert "type" not in form.value
    choose(find(form, "Kind of product"), "cpu")
    assert form.value["type"] == "cpu"
    choose(find(form, "Kind of product"), "gpu")
    assert "type" not in form.value


def test_setting_value_fills_every_control_and_replaces_everything(form):
    form.value = FULL
    assert form.value == FULL
    type_into(find(form, "Value of variable"), FULL["envs"][0]["value"] + "!")
    type_into(find(form, "Value of variable"), FULL["envs"][0]["value"])
    assert form.value == FULL, "a touched row is still the whole row, its empty neighbour too"
    assert form.errors == {}
    assert find(form, "Months").value == "1"
    assert find(form, "Renew automatically").value is True
    assert find(form, "Billing mode").value == "prepaid"
    assert [one.value for one in find_all(form, "Type of volume")] == ["network", "local"]
    assert [one.value for one in find_all(form, "Protocol of port")] == ["tcp", "http"]
    form.value = MINIMAL
    assert form.value == MINIMAL
    assert not find_all(form, "Months")
    assert not find_all(form, "Port")
    assert find(form, "Minimum CUDA").value == ""


@pytest.mark.long
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bodies)
def test_any_body_goes_in_and_comes_out_unchanged_also_after_a_touch(make_form, body):
    form = make_form(body)
    assert form.value == body
    name = body["name"]
    type_into(find(form, "Name"), f"{name}x"[:255])
    press(find(form, "Add port"))
    type_into(find(form, "Name"), name)
    assert form.value == body
    form.close()


def test_an_explicit_false_from_outside_survives_a_toggle(form):
    body = {**MINIMAL, "tools": {"jupyter": {"enabled": False}}}
    form.value = body
    assert form.value == body
    type_into(find(form, "Run Jupyter on the instance"), True)
    type_into(find(form, "Run Jupyter on the instance"), False)
    assert form.value == body


@pytest.mark.parametrize(
    "odd",
    [
        {"type": "tpu"},
        {"ports": [{"port": 1, "protocol": "udp"}]},
        {"billing": {"mode": "x"}},
        {"extra": 1},
        {"ports": "x"},
    ],
)
def test_a_wrong_value_from_outside_is_kept_and_said(form, odd):
    form.value = {**MINIMAL, **odd}
    assert form.errors
    assert form.value == {**MINIMAL, **odd}


def test_a_value_that_is_no_mapping_is_refused_and_the_form_stays(form):
    with pytest.raises(TraitError, match="has to be a JSON object"):
        form.value = 5
    assert form.value["billing"] == {"mode": "postpaid"}
    form.value = check(FULL).require()
    assert form.value == FULL


def test_the_value_given_out_is_a_copy_and_setting_an_equal_one_still_replaces(form):
    value = form.value
    value["name"] = "mutated"
    assert "mutated" not in shown(form)
    assert ("name",) in form.errors
    form.value = value
    assert form.value["name"] == find(form, "Name").value == "mutated"
    form.value = {**MINIMAL, "resource": {"gpu_num": 1, "rootfs_size_gb": 20}}
    form.value = {**MINIMAL, "resource": {"gpu_num": True, "rootfs_size_gb": 20}}
    assert list(form.errors) == [("resource", "gpu_num")]
    press(find(form, "Add port"))
    form.value = form.value
    assert not find_all(form, "Port"), "a blank row does not stand when the body is set"


def test_an_observer_may_raise_or_set_the_value_itself(form, caplog):
    def fail(_change):
        raise RuntimeError

    form.observe(fail, "value")
    type_into(find(form, "Name"), "a")
    form.unobserve(fail, "value")
    caplog.clear()
    type_into(find(form, "Name"), "ab")
    assert form.value["name"] == "ab"
    form.observe(lambda change: setattr(form, "value", {**change["new"], "name": "norm"}), "value")
    type_into(find(form, "Name"), "x")
    assert form.value["name"] == find(form, "Name").value == "norm"
    assert form.session.report.body["name"] == "norm"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"ports": ["8080", {"port": 1, "protocol": "tcp"}]}, ("ports", 0)),
        ({"envs": [5, {"key": "A", "value": "b"}]}, ("envs", 0)),
        ({"envs": [{"key": "N", "value": 5}, {"key": "A", "value": "b"}]}, ("envs", 0, "value")),
        (
            {"ports": [{"port": True, "protocol": "tcp"}, PORT]},
            ("ports", 0, "port"),
        ),
        ({"candidate_regions": [5, "cn"]}, ("candidate_regions", 0)),
    ],
)
def test_a_wrong_row_stays_as_it_is_while_its_neighbour_is_typed_in(form, body, path):
    form.value = {**MINIMAL, **body}
    assert path in form.errors
    name = {"ports": "Port", "envs": "Value of variable", "candidate_regions": "Region"}[path[0]]
    type_into(find(form, name, 1), "2")
    assert path in form.errors
    assert form.value[path[0]][0] == body[path[0]][0]


@pytest.mark.parametrize(
    "odd",
    [{1: 2}, {"name": {1, 2}}, {"image": b"x"}, {"envs": {"A": object()}}, {"resource": {3: 4}}],
)
def test_a_body_that_is_no_json_is_shown_and_said(make_form, odd):
    form = make_form(odd)
    assert form.errors
    form.value = {**MINIMAL, **odd}
    assert form.errors
    str(form.session.plan)


def test_what_appears_by_hand_has_its_first_value_and_what_was_given_is_shown_as_given(form):
    form.value = {**MINIMAL, "billing": {"mode": "prepaid"}, "tools": {"jupyter": {"enabled": True}}}
    assert find(form, "Months").value is None
    assert find(form, "Jupyter port").value == ""
    assert form.value["tools"] == {"jupyter": {"enabled": True}}
    type_into(find(form, "Months"), "1")
    assert form.errors == {}
    form.value = MINIMAL
    choose(find(form, "Billing mode"), "prepaid")
    type_into(find(form, "Run Jupyter on the instance"), True)
    assert form.value["billing"]["prepaid"] == {"months": 1}
    assert form.value["tools"]["jupyter"]["port"] == 8888


def test_line_breaks_survive_typing(form):
    body = {**MINIMAL, "command": "a\nb", "envs": [{"key": "K", "value": "x\ny"}]}
    form.value = body
    assert isinstance(find(form, "Command"), Textarea)
    type_into(find(form, "Command"), "a\nbc")
    type_into(find(form, "Value of variable"), "x\nyz")
    assert (form.value["command"], form.value["envs"][0]["value"]) == ("a\nbc", "x\nyz")


def test_errors_show_beside_a_field_after_it_was_touched_or_a_launch_was_tried(form):
    assert css_errors(form) == []
    assert "Give the instance a name." in shown(form), "what blocks is listed from the start"
    type_into(find(form, "GPUs"), "0")
    assert css_errors(form) == ["A whole number, at least 1."]
    press(find(form, "Launch"))
    assert css_errors(form) == [
        "Give the instance a name.",
        "Say which product to rent.",
        "Say which image to run.",
        "A whole number, at least 1.",
    ]
    assert form.session.status is LaunchState.DRAFT


def test_an_error_in_a_row_stands_under_that_row(form):
    for port in ("80", "70000"):
        press(find(form, "Add port"))
        type_into(find_all(form, "Port")[-1], port)
    row = find_all(form, "Port")[1]
    box = next(one for one in every(form) if row in getattr(one, "children", ()))
    key = next(name for name in box._dom_classes if re.fullmatch(r"r\d+", name))
    assert re.search(rf"\.{key}::after\{{content:\"A whole number from 1 to 65535\.\"", shown(form))


def test_hostile_text_is_inert_wherever_it_is_shown(form):
    nasty = '"}</style></pre><img src=x onerror=alert(1)><script>alert(1)</script>\u202e'
    form.value = {**MINIMAL, "name": nasty, "envs": [{"key": nasty, "value": nasty}], nasty: 1, "type": nasty}
    press(find(form, "Launch"))
    press(find(form, "Copy"))
    text = shown(form)
    assert "<img src=x" not in text
    assert "<script" not in text
    assert "\u202e" not in re.sub(r"<textarea.*?</textarea>", "", text, flags=re.DOTALL)


def test_copy_hands_over_the_full_text_even_when_the_preview_folds(form):
    body = {**MINIMAL, "envs": [{"key": f"K{n}", "value": "</textarea><b>&amp;"} for n in range(40)]}
    form.value = body
    assert "… 37 more" in shown(form)
    press(find(form, "Copy"))
    copied = re.search(r"<textarea[^>]*>(.*?)</textarea>", shown(form), re.DOTALL)[1]
    assert json.loads(copied.replace("&lt;", "<").replace("&amp;", "&")) == body
    type_into(find(form, "Name"), "x")
    assert "<textarea" not in shown(form)


def test_launch_asks_first_and_cancel_sends_nothing(form, cloud):
    fill(form)
    press(find(form, "Launch"))
    assert "demo on the practice cloud: postpaid, billed from pulling until stopped." in shown(form)
    answer(form, "Cancel")
    assert cloud.posts == 0
    assert find_all(form, "Launch")
    assert not find_all(form, "Yes, launch it")


def test_an_edit_withdraws_the_confirmation(form, cloud):
    fill(form)
    press(find(form, "Launch"))
    confirm = find(form, "Yes, launch it")
    type_into(find(form, "Name"), "other")
    let_read()
    press(confirm)
    assert cloud.posts == 0


def test_two_hundred_queued_clicks_are_one_request(form, cloud):
    fill(form)
    cloud.hold = threading.Event()
    launch = find(form, "Launch")
    press(launch)
    confirm = find(form, "Yes, launch it")
    let_read()
    for _ in range(100):
        press(confirm)
        press(launch)
    assert form.session.status in BUSY
    cloud.hold.set()
    form.session.launch.wait_for_answer(10)
    assert cloud.posts == 1


def test_a_launch_is_followed_to_running_with_id_and_progress(form, cloud, clock, monkeypatch):
    monkeypatch.setattr("ppio_widgets.instances.watcher.POLL_SECONDS", 0.001)
    fill(form)
    press(find(form, "Launch"))
    answer(form, "Yes, launch it")
    launch = form.session.launch.wait_for_answer(10)
    assert launch.id
    shows(form, f"queued (id {launch.id})")
    shows(form, "<progress aria-label=")  # another part of the card
    clock.turn(60)
    assert launch.wait(10).instance.status == "running"
    shows(form, f"running (id {launch.id})")
    assert find_all(form, "Launch")


def test_a_second_launch_says_that_it_is_one(form, cloud):
    fill(form)
    shows(form, f"(id {form.launch().wait_for_answer(10).id})")
    press(find(form, "Launch"))
    assert "makes another one" in shown(form)


def test_an_earlier_id_stays_in_sight_when_the_next_launch_is_refused(form, cloud, monkeypatch):
    fill(form)
    first = form.launch().wait_for_answer(10)
    shows(form, first.id)

    def refuse(self, *_given):
        raise Refused("instances_full", most="too many")

    monkeypatch.setattr(PracticeAccount, "create", refuse)
    form.launch(again=True)
    shows(form, "too many")
    assert f"(id {first.id})" in shown(form)


def test_a_refusal_shows_the_reason_and_the_form_stays_filled(make_form, client, monkeypatch):
    def refuse(self, *_given):
        raise Refused("sold_out", problem="no machine <b>free</b>")

    monkeypatch.setattr(PracticeAccount, "create", refuse)
    form = make_form(MINIMAL)
    press(find(form, "Launch"))
    answer(form, "Yes, launch it")
    shows(form, "no machine &lt;b&gt;free&lt;/b&gt; [INSUFFICIENT_RESOURCE]")
    assert form.value == MINIMAL
    assert find_all(form, "Launch")


def test_launch_from_python_needs_no_confirmation_but_a_valid_body(form, cloud):
    with pytest.raises(RequestInvalid):
        form.launch()
    assert len(css_errors(form)) == 3
    fill(form)
    assert form.launch().wait_for_answer(10).id
    assert cloud.posts == 1


def test_the_banner_names_practice_or_the_live_host_and_never_the_key(make_form, monkeypatch):
    monkeypatch.setenv("PPIO_API_KEY", "sk_live_0123456789abcd")
    monkeypatch.delenv("PPIO_WIDGETS_PRACTICE", raising=False)
    monkeypatch.delenv("PPIO_GPU_BASE_URL", raising=False)
    assert "Practice cloud." in shown(make_form(practice=True, client=None))
    live = make_form(MINIMAL, client=None)
    assert "api.ppio.com" in shown(live)
    assert "ending in abcd" in shown(live)
    state = json.dumps([one.get_state() for one in every(live)], default=str)
    assert "0123456789" not in state + repr(live)


def test_without_a_key_the_form_opens_on_the_practice_cloud(make_form, monkeypatch):
    for name in ("PPIO_API_KEY", "PPIO_WIDGETS_PRACTICE", "PPIO_GPU_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    assert "Practice cloud." in shown(make_form(client=None))


def test_billing_modes_have_their_chinese_words_beside_the_apis(make_form):
    form = make_form(language="zh")
    modes = find(form, "计费模式")
    assert [label for label, _mode in modes.options] == [
        "按量付费（postpaid）",
        "包年包月（prepaid）",
        "竞价（spot）",
    ]
    choose(modes, "prepaid")
    assert form.value["billing"]["mode"] == "prepaid"


def test_the_form_speaks_chinese(make_form):
    form = make_form(language="zh")
    assert find(form, "名称").placeholder
    assert form.errors["name",] == "请给实例起个名称。"
    assert "练习云。" in shown(form)


def test_a_form_opens_after_all_widgets_of_the_kernel_were_closed(make_form):
    for look in vars(theme.looks()).values():
        look.close()
    form = make_form()
    assert form.layout.comm is not None
    type_into(find(form, "Name"), "still works")
    assert form.value["name"] == "still works"
    for look in vars(theme.looks()).values():
        look.close()


def test_closing_closes_every_widget_even_hidden_ones(make_form):
    # The `wire` fixture compares the widget registry before and after.
    form = make_form(FULL)
    choose(find(form, "Billing mode"), "spot")
    type_into(find(form, "Run Jupyter on the instance"), False)
    choose(find(form, "Type of volume"), "local")
    fill(form)
    press(find(form, "Launch"))
    form.close()
    form.close()


def test_handlers_do_nothing_after_close(form, cloud):
    fill(form)
    press(find(form, "Launch"))
    confirm, name = find(form, "Yes, launch it"), find(form, "Name")
    let_read()
    form.close()
    press(confirm)
    type_into(name, "late")
    assert cloud.posts == 0


def test_a_fault_of_ours_becomes_a_status_line_and_one_log_record(form, monkeypatch, caplog):
    def fail(*_):
        raise RuntimeError("holds s3cret")

    monkeypatch.setattr("ppio_widgets.widgets.form.preview.preview", fail)
    type_into(find(form, "Name"), "a")
    records = [record for record in caplog.records if record.levelname == "ERROR"]
    assert len(records) == 1
    assert "RuntimeError" in records[0].getMessage()
    assert "s3cret" not in caplog.text
    assert "Something in the form itself failed (RuntimeError)" in shown(form)
    assert form.session.draft["name"] == "a"
    caplog.clear()


@pytest.mark.parametrize(("field", "typed"), [("Name", "mine"), ("GPUs", "4")])
def test_a_proposal_that_is_shown_while_a_key_is_on_its_way_does_not_overwrite_it(
    make_form, live, field, typed
):
    """The page has shown the key by then: what it sends is what was meant."""
    form = make_form(client=live)
    form.session.load()
    wait_for_threads("ppio-catalogue", "ppio-names")
    control = find(form, field)
    product = next(one for one in form.session.snapshot.offers if (one.gpu_min or 1) > 1)
    sent = threading.Thread(target=type_into, args=(control, typed))
    with form.session.lock:
        sent.start()
        until(lambda: control.value == typed, "the key has come")
        form.session.set(("product_id",), product.id)
    sent.join(10)
    assert control.value == typed
    said = {"Name": form.value["name"], "GPUs": form.value["resource"]["gpu_num"]}
    assert str(said[field]) == typed


class TestRunningTheCellAgain:
    @pytest.fixture
    def cell(self, monkeypatch):
        monkeypatch.setenv("PPIO_GPU_BASE_URL", "http://example.com")
        runs = iter(range(1, 99))
        monkeypatch.setattr("ppio_widgets.runtime.kernel.cell_id", lambda: "cell-1")
        monkeypatch.setattr("ppio_widgets.runtime.kernel.execution", lambda: next(runs))

    def test_the_earlier_form_is_closed_and_its_text_offered(self, cell, make_form):
        first = make_form()
        type_into(find(first, "Name"), "precious")
        second = make_form()
        assert first.session.closed
        assert "name" not in second.value
        press(find(second, "Restore what was typed"))
        assert second.value["name"] == "precious"
        assert not find_all(second, "Restore what was typed")

    @pytest.mark.parametrize("runs", [0, 1])
    def test_on_another_cloud_what_was_proposed_is_not_offered_as_typed(self, cell, make_form, live, runs):
        first = make_form()
        first.session.load()
        wait_for_threads("ppio-catalogue", "ppio-names")
        type_into(find(first, "Name"), "precious")
        assert first.value["product_id"], "chosen for a person, as it is on the practice cloud"
        for _run in range(runs):
            make_form()
        second = make_form(client=live)
        press(find(second, "Restore what was typed"))
        assert second.value == {**DEFAULTS, "name": "precious"}

    def test_what_keeps_it_from_costing_more_is_restored_as_well(self, cell, make_form):
        first = make_form(stop="1h", max_hourly_price=9)
        type_into(find(first, "Stop by itself"), "3h")
        type_into(find(first, "Price ceiling per hour"), "12.5")
        second = make_form()
        assert not second.session.timer
        press(find(second, "Restore what was typed"))
        assert second.session.timer == Timer.read("3h")
        assert second.session.ceiling == Decimal("12.5")
        assert find(second, "Stop by itself").value == "3h"
        assert find(second, "Price ceiling per hour").value == "12.5"

    def test_what_the_cell_says_by_now_is_not_replaced_by_what_nobody_typed(self, cell, make_form):
        type_into(find(make_form(stop="1h", max_hourly_price=9), "Name"), "precious")
        second = make_form(stop="8h", max_hourly_price=7)
        press(find(second, "Restore what was typed"))
        assert second.value["name"] == "precious"
        assert second.session.timer == Timer.read("8h")
        assert second.session.ceiling == Decimal(7)

    def test_nothing_is_offered_when_nothing_was_typed(self, cell, make_form):
        first, second = make_form(), make_form()
        assert first.session.closed
        assert not find_all(second, "Restore what was typed")

    def test_what_was_not_restored_is_offered_again_and_a_failing_run_loses_nothing(self, cell, make_form):
        first = make_form()
        type_into(find(first, "Name"), "precious")
        with pytest.raises(HostRefused):
            make_form(client=None, practice=False)
        assert not first.session.closed
        make_form()
        third = make_form()
        press(find(third, "Restore what was typed"))
        assert third.value["name"] == "precious"

    def test_the_id_of_a_launched_instance_stays_in_sight(self, cell, make_form):
        first = make_form(MINIMAL)
        launched = first.launch().wait_for_answer(10)
        shows(first, launched.id)
        assert launched.id in shown(make_form())
        assert launched.id in shown(make_form()), "and when the cell runs once more"

    def test_a_form_that_is_sending_stays_and_the_new_one_says_so(self, cell, make_form, cloud):
        cloud.hold = threading.Event()
        first = make_form(MINIMAL)
        first.launch()
        second = make_form()
        assert not first.session.closed
        shows(second, "Sending demo to the practice cloud")
        cloud.hold.set()
        launched = first.session.launch.wait_for_answer(10)
        shows(second, launched.id)

    def test_two_forms_of_one_run_live_side_by_side(self, monkeypatch, make_form):
        monkeypatch.setattr("ppio_widgets.runtime.kernel.cell_id", lambda: "cell-2")
        monkeypatch.setattr("ppio_widgets.runtime.kernel.execution", lambda: 7)
        first, second = make_form(), make_form()
        assert not first.session.closed
        assert not second.session.closed


def test_a_form_takes_a_request_object(make_form):
    assert make_form(check(FULL).require()).value == FULL
    assert isinstance(make_form(), LaunchForm)


def test_of_a_launch_that_is_not_there_it_is_said_what_to_do(form):
    assert form.launches == ()
    with pytest.raises(InputError, match=r"^Launch from this form first"):
        form.launches[-1]
