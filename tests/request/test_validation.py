import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ppio_widgets import CreateInstanceRequest, RequestInvalid, check
from ppio_widgets.locale.words import words
from ppio_widgets.request.draft import compact, merged, to_json, value_at, with_value
from ppio_widgets.request.models import can_be_address
from ppio_widgets.request.offers import BillingMode, Offer
from ppio_widgets.request.schema import dotted, leaves
from ppio_widgets.request.validation import corrected_address, field_name, fits
from tests.support.bodies import FULL, MINIMAL, bodies, images


def broken(path, value):
    """The full body with one value replaced (None: taken away)."""
    body = json.loads(json.dumps(FULL))
    place = body
    for part in path[:-1]:
        place = place[part]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return body


@given(bodies)
def test_draft_to_request_to_json_to_draft_is_the_identity(body):
    request = check(body).require()
    assert request.body() == body
    assert json.loads(to_json(request.body())) == body
    assert check(json.loads(to_json(request.body()))).request == request


@given(bodies, st.sampled_from(["", "x", None]), st.booleans())
def test_a_request_drops_the_same_blanks_as_a_draft_does(body, value, blank):
    rows = [{"key": "A", "value": value}] if value is not None else [{"key": "A"}]
    body = {**body, "envs": rows} | ({"command": "", "ports": [], "tools": {}} if blank else {})
    request = CreateInstanceRequest.model_validate(body)
    assert request.body() == compact(request.model_dump(mode="json", exclude_none=True)).body
    assert compact(request.body()).body == request.body()


def test_a_billing_mode_reads_as_the_apis_word_wherever_it_is_written():
    billing = CreateInstanceRequest.model_validate({**MINIMAL, "billing": {"mode": "spot"}}).billing
    assert billing.mode == "spot"
    assert repr(billing) == "Billing(mode='spot', prepaid=None)"
    assert [str(BillingMode.SPOT), f"{BillingMode.SPOT}", json.dumps([BillingMode.SPOT])] == [
        "spot",
        "spot",
        '["spot"]',
    ]
    assert leaves()["billing.mode"].choices == ("postpaid", "prepaid", "spot")


@pytest.mark.parametrize("body", [MINIMAL, FULL])
def test_the_minimal_and_the_full_body_survive(body):
    assert check(body).require().body() == body


def test_fields_are_sent_in_the_order_of_the_contract():
    shuffled = dict(reversed(FULL.items()))
    assert list(check(shuffled).require().body()) == list(CreateInstanceRequest.model_fields)


@pytest.mark.parametrize(
    ("path", "good", "bad"),
    [
        (("name",), ["a", "x" * 255], ["x" * 256, 5, True]),
        (("image",), ["a", "x" * 500], ["x" * 501, "a b", "nginx：1", " a", "é"]),
        (
            ("resource", "rootfs_size_gb"),
            [2, 10_000, "60", " 60 ", "２０", "60.0", "1,000", "20 GB"],
            [1, 0, -1, 1.5, True, "1.5", "six", "1,5", "20 TB"],
        ),
        (("resource", "gpu_num"), [1, "8"], [0, -5, "0", 1.0, False]),
        (("resource", "min_cuda_version"), ["x" * 255], ["x" * 256, 12.4]),
        (("registry_auth_id",), ["x" * 255], ["x" * 256]),
        (("network", "id"), ["x" * 255], ["x" * 256]),
        (("volumes", 0, "id"), ["x" * 255], ["x" * 256]),
        (("volumes", 0, "mount_point"), ["x" * 4095], ["x" * 4096]),
        (("volumes", 1, "type"), ["network"], ["nfs", 1]),
        (
            ("envs", 0, "key"),
            ["K" * 511, "A B"],
            ["K" * 512, 3, "A ", "\tA", "A\u3000", "A=b", "A\nB", "A\n", " "],
        ),
        (("envs", 0, "value"), ["", "v" * 4095], ["v" * 4096, 3, True]),
        (("ports", 1, "port"), [1, 65535, "8080"], [0, 65536, "70000", True, 80.5, "eighty"]),
        (("ports", 1, "protocol"), ["tcp", "http"], ["udp", "HTTP"]),
        (("billing", "mode"), [], ["monthly", 1]),
        (("billing", "prepaid", "months"), [1, "12"], [0, -1, True]),
        (("billing", "prepaid", "auto_renew", "months"), [0, 12], [-1, 1.5]),
        (("billing", "prepaid", "auto_renew", "enabled"), [False], ["yes", 1]),
        (("tools", "jupyter", "port"), [1, 65535], [0, 65536]),
        (("tools", "jupyter", "enabled"), [False], ["on", 0]),
        (("type",), ["gpu", "cpu"], ["tpu"]),
        (("auto_migrate", "enabled"), [False], ["true"]),
    ],
)
def test_each_limit_holds_at_its_edge_and_the_error_hangs_on_its_path(path, good, bad):
    for value in good:
        assert check(broken(path, value)).request is not None, value
    for value in bad:
        assert list(check(broken(path, value)).errors()) == [path], value


def test_every_error_is_told_at_once_in_both_languages():
    report = check({"ports": [{"port": 0, "protocol": "udp"}], "billing": {"mode": "x"}})
    paths = {
        ("name",),
        ("product_id",),
        ("image",),
        ("billing", "mode"),
        ("resource", "gpu_num"),
        ("resource", "rootfs_size_gb"),
        ("ports", 0, "port"),
        ("ports", 0, "protocol"),
    }
    assert set(report.errors("en")) == set(report.errors("zh")) == paths
    assert report.errors("en")["name",] == "Give the instance a name."
    assert report.errors("zh")["name",] == "请给实例起个名称。"
    assert report.errors("en")["ports", 0, "port"] == "A whole number from 1 to 65535."


def test_prepaid_is_required_with_its_mode_and_with_no_other():
    missing = check({**MINIMAL, "billing": {"mode": "prepaid"}})
    assert list(missing.errors()) == [("billing", "prepaid", "months")]
    other = check({**MINIMAL, "billing": {"mode": "spot", "prepaid": {"months": 1}}})
    assert "prepaid" in other.errors()["billing", "prepaid", "months"]
    inner = check({**MINIMAL, "billing": {"mode": "spot", "prepaid": {"auto_renew": {"months": -1}}}})
    assert list(inner.errors()) == [("billing", "prepaid", "auto_renew", "months")]


def test_blank_rows_and_blank_texts_are_not_sent_and_rows_keep_their_numbers():
    draft = {
        **MINIMAL,
        "command": "",
        "envs": [{}, {"key": "A", "value": ""}],
        "ports": [{}, {"port": "0", "protocol": "tcp"}],
    }
    report = check(draft)
    assert report.body["envs"] == [{"key": "A", "value": ""}]
    assert "command" not in report.body
    assert list(report.errors()) == [("ports", 1, "port")]


def test_an_env_needs_a_name():
    assert list(check({**MINIMAL, "envs": [{"value": "x"}]}).errors()) == [("envs", 0, "key")]
    assert list(check({**MINIMAL, "envs": [{"key": "", "value": "x"}]}).errors()) == [("envs", 0, "key")]


def test_an_explicit_false_survives():
    body = {**MINIMAL, "tools": {"jupyter": {"enabled": False}}}
    assert check(body).require().body() == body


def test_an_unknown_key_is_refused_and_the_known_one_named():
    errors = check({**MINIMAL, "candidate_region": ["a"], "zzz": 1}).errors()
    assert "candidate_regions" in errors["candidate_region",]
    assert errors["zzz",]


@pytest.mark.parametrize(
    "draft", [{"ports": 5}, {"ports": ["x"]}, {"billing": "postpaid"}, {"envs": {"A": "b"}}]
)
def test_the_wrong_shape_is_an_error_and_no_crash(draft):
    report = check({**MINIMAL, **draft})
    ((path, _sentence),) = report.errors().items()
    assert path[0] == next(iter(draft))
    assert report.request is None


def test_an_empty_list_where_an_object_belongs_is_unset():
    report = check({**MINIMAL, "tools": []})
    assert report.require().body() == MINIMAL


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from([*FULL, "key", "port", "x"]), inner, max_size=4)
        ),
        max_leaves=12,
    )
)
def test_anything_at_all_gets_a_report(value):
    draft = value if isinstance(value, dict) else {"name": value}
    report = check(draft)
    assert (report.request is None) == bool(report.errors())


def test_the_model_refuses_null_and_does_not_print_its_input():
    with pytest.raises(ValidationError) as caught:
        CreateInstanceRequest.model_validate({**MINIMAL, "type": None, "command": 5, "image": "s3cret" * 99})
    assert "s3cret" not in str(caught.value)
    assert {error["type"] for error in caught.value.errors()} == {
        "null_value",
        "string_type",
        "string_too_long",
    }


def test_a_request_is_frozen_and_shows_no_env_value():
    request = check(FULL).require()
    with pytest.raises(ValidationError):
        request.name = "other"
    assert "你好" not in repr(request)


def test_require_names_every_path_in_one_message():
    with pytest.raises(RequestInvalid) as caught:
        check({**MINIMAL, "ports": [{"port": 0, "protocol": "tcp"}], "name": ""}).require()
    assert "name: Give the instance a name." in str(caught.value)
    assert "ports[0].port: A whole number from 1 to 65535." in str(caught.value)


def test_every_field_has_a_name_in_both_languages():
    for language in ("en", "zh"):
        say = words(language)
        assert all(f"field.{pattern}" in say for pattern in leaves())
    assert field_name(("ports", 2, "port"), words("en")) == "Port 3"
    assert dotted(("ports", 2, "port")) == "ports[2].port"


def test_drafts_are_replaced_and_never_changed():
    draft = {"billing": {"mode": "spot"}}
    changed = with_value(draft, ("billing", "prepaid", "months"), 3)
    assert (draft, value_at(changed, ("billing", "prepaid", "months"))) == ({"billing": {"mode": "spot"}}, 3)
    assert with_value(changed, ("billing", "mode"), None) == {"billing": {"prepaid": {"months": 3}}}
    assert merged({"a": {"b": 1, "c": [1]}}, {"a": {"c": [2]}}) == {"a": {"b": 1, "c": [2]}}


# --- an image's address

PARTS = st.from_regex(r"[a-z0-9]{1,6}([._-][a-z0-9]{1,4})?", fullmatch=True)
ADDRESSES = st.builds(
    "{}{}/{}{}".format,
    st.sampled_from(["docker.io/", "localhost:5000/", "registry.example.com/", ""]),
    PARTS,
    PARTS,
    st.sampled_from(["", ":latest", ":1.0-cuda12.4", f"@sha256:{'0a' * 32}", f":1@sha256:{'b' * 64}"]),
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("nginx：1.27", "nginx:1.27"),
        ("registry。cn／ns／app：v1", "registry.cn/ns/app:v1"),
        ("python：3，11", "python:3.11"),
        ("nginx:latest，", "nginx:latest"),
        ("nginx:latest。", "nginx:latest"),
        (" nginx:latest", "nginx:latest"),
        ("nginx:latest\n", "nginx:latest"),
        ("nginx： latest", "nginx:latest"),
        ("ｎｇｉｎｘ:1", "nginx:1"),
        ("nginx\u200b:1", "nginx:1"),
        ("nginx\u3000", "nginx"),
    ],
)
def test_a_slip_is_an_error_that_shows_the_address(typed, meant):
    report = check({**MINIMAL, "image": typed})
    assert list(report.problems) == [("image",)]
    assert report.errors("en")["image",].endswith(f"Write {meant}")
    assert report.errors("zh")["image",].endswith(meant)
    assert report.advice == (), "nothing is said of the tag of what is no address"
    with pytest.raises(RequestInvalid, match="image: "):
        report.require()
    assert check({**MINIMAL, "image": meant}).request is not None


@pytest.mark.parametrize(
    "typed", ["docker pull nginx", "镜像:1", "a b", "nginx:版本", "ubuntu：", "Ｕbuntu:1", "："]
)
def test_without_an_address_that_was_surely_meant_none_is_proposed(typed):
    assert check({**MINIMAL, "image": typed}).errors("en") == {
        ("image",): words("en")("problem.image_address")
    }


@given(ADDRESSES)
def test_every_address_passes_and_comes_back_from_its_full_width_form(address):
    assert can_be_address(address)
    assert corrected_address(address) is None
    wide = address.translate({ord(mark): other for mark, other in zip(":/.@", "：／。＠", strict=True)})
    assert wide == address or corrected_address(wide) == address
    assert corrected_address(f" {address}\t") == address


@given(images(500) | st.text(st.sampled_from("aZ0:/.@-_ ，。：／、　é中\u200b\n"), max_size=30))
def test_what_is_proposed_is_an_address_and_only_where_there_is_none(text):
    meant = corrected_address(text)
    if meant is not None:
        assert not can_be_address(text)
        assert can_be_address(meant)
        assert corrected_address(meant) is None


def test_the_placeholders_show_an_address_that_would_be_taken():
    for language in ("en", "zh"):
        assert ":" in words(language)("hint.image")
        assert "：" not in words(language)("hint.image")


# --- what the product would refuse

OFFER = Offer(
    "a100-80g",
    gpu_min=1,
    gpu_max=8,
    gpu_free=6,
    rootfs_min_gb=10,
    rootfs_max_gb=500,
    rootfs_free_gb=60,
    regions=("r-1", "r-2"),
    modes=("postpaid", "prepaid"),
    prepaid={1: None, 3: None},
    stock="normal",
)


def with_(**fields):
    return {**MINIMAL, **fields}


SPOT = with_(billing={"mode": "spot"})


def sized(gpus=1, rootfs=20):
    return with_(resource={"gpu_num": gpus, "rootfs_size_gb": rootfs})


def prepaid(months):
    return with_(billing={"mode": "prepaid", "prepaid": {"months": months}})


def refused(body, **change):
    fields = {name: getattr(OFFER, name) for name in OFFER.__dataclass_fields__}
    return {
        path: problem.sentence(path, words("en"))
        for path, problem in fits(body, Offer(**fields | change)).items()
    }


TYPE = ("type",)
CPU_PRODUCT = "This is a CPU product: set the type to cpu, or choose another product."
GPU_PRODUCT = "This is a GPU product: set the type to gpu, or choose another product."
GPUS, ROOTFS, PRODUCT = ("resource", "gpu_num"), ("resource", "rootfs_size_gb"), ("product_id",)


@pytest.mark.parametrize(
    ("body", "change", "path", "text"),
    [
        (sized(9), {}, GPUS, "This product takes 1 to 8 GPUs."),
        (with_(type="cpu"), {}, TYPE, GPU_PRODUCT),
        (with_(type="gpu"), {"type": "cpu"}, TYPE, CPU_PRODUCT),
        (MINIMAL, {"type": "cpu"}, PRODUCT, CPU_PRODUCT),
        (MINIMAL, {"type": "cpu", "stock": "none"}, PRODUCT, CPU_PRODUCT),
        (sized(1), {"gpu_min": 2}, GPUS, "This product takes 2 to 8 GPUs."),
        (sized(1), {"gpu_min": 8}, GPUS, "The number of GPUs of this product is 8, no other."),
        (sized(9), {"gpu_min": None}, GPUS, "This product takes at most 8."),
        (sized(1), {"gpu_min": 2, "gpu_max": None}, GPUS, "This product takes at least 2."),
        (sized(7), {}, GPUS, "Only 6 GPUs of this product are free right now: take fewer, or choose"),
        (sized(1, 9), {}, ROOTFS, "This product takes a system disk of 10 to 500 GB."),
        (sized(1, 501), {}, ROOTFS, "This product takes a system disk of 10 to 500 GB."),
        (sized(), {"rootfs_max_gb": 10}, ROOTFS, "This product takes a system disk of 10 GB only."),
        (SPOT, {}, ("billing", "mode"), "This product is not sold this way; it takes: postpaid, prepaid."),
        (prepaid(2), {}, ("billing", "prepaid", "months"), "This product is not sold for so many months; it"),
        (
            with_(candidate_regions=["r-1", "r-9"]),
            {},
            ("candidate_regions", 1),
            "This product is not in that region; it is in: r-1, r-2.",
        ),
        (MINIMAL, {"stock": "none"}, PRODUCT, "This product is sold out right now"),
        (MINIMAL, {"gpu_free": 0}, PRODUCT, "This product is sold out right now"),
        (MINIMAL, {"deployable": False}, PRODUCT, "This product cannot be launched right now"),
        (MINIMAL, {"purchasable": False}, PRODUCT, "This product cannot be bought right now"),
    ],
)
def test_what_the_product_would_refuse(body, change, path, text):
    told = refused(body, **change)
    assert list(told) == [path]
    assert told[path].startswith(text)


@pytest.mark.parametrize(
    ("body", "change"),
    [
        (MINIMAL, {}),
        (sized(6, 500), {}),
        (sized(100, 6000), dict.fromkeys(["gpu_max", "gpu_free", "rootfs_max_gb"])),
        (SPOT, {"modes": ()}),
        (prepaid(3), {}),
        (prepaid(2), {"prepaid": {}}),
        (with_(candidate_regions=["r-2"]), {}),
        (with_(candidate_regions=["r-9"]), {"regions": ()}),
        (with_(type="gpu"), {}),
        (with_(type="cpu"), {"type": "cpu"}),
        (with_(type="cpu"), {"type": "tpu"}),
        (with_(product_id="another", billing={"mode": "spot"}), {"stock": "none"}),
        (MINIMAL, {"stock": "brimming"}),
        (with_(resource={"gpu_num": "nine", "rootfs_size_gb": True}), {}),
        ({"product_id": "a100-80g"}, {}),
    ],
)
def test_what_the_product_takes(body, change):
    assert refused(body, **change) == {}


def test_without_an_offer_nothing_is_refused():
    assert fits(SPOT, None) == {}
