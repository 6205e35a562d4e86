import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppio_widgets.locale.words import LANGUAGES, words
from ppio_widgets.request import advice as advice_module
from ppio_widgets.request.advice import advise
from ppio_widgets.request.offers import Network, Offer, RegistryAuth, Storage, Template
from ppio_widgets.request.schema import node_at, tree
from ppio_widgets.request.validation import check, fits
from tests.support.bodies import MINIMAL, bodies

NETWORK_VOLUME = {"type": "network", "id": "s-1", "mount_point": "/keep"}


def with_(**fields):
    return {**MINIMAL, **fields}


def ports(*pairs):
    return with_(ports=[{"port": port, "protocol": protocol} for port, protocol in pairs])


def jupyter(body, **fields):
    return {**body, "tools": {"jupyter": {"enabled": True, **fields}}}


def mounts(*points):
    return with_(volumes=[{"type": "local", "mount_point": point} for point in points])


def envs(*keys):
    return with_(envs=[{"key": key} for key in keys])


def renewing(**auto_renew):
    return with_(billing={"mode": "prepaid", "prepaid": {"months": 1, "auto_renew": auto_renew}})


SPOT = with_(billing={"mode": "spot"})


def found(body, *args, **options):
    return [(one.path, one.code) for one in advise(body, *args, **options)]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (with_(command="bash\n"), [(("command",), "line_end")]),
        (with_(entrypoint="\n"), [(("entrypoint",), "line_end")]),
        (with_(name="a\nb"), [(("name",), "line_break")]),
        (with_(registry_auth_id="a\r"), [(("registry_auth_id",), "line_break")]),
        (with_(candidate_regions=["a", "b\nc"]), [(("candidate_regions", 1), "line_break")]),
        (with_(envs=[{"key": "A", "value": "3\n"}]), [(("envs", 0, "value"), "line_end")]),
        (with_(command="set -e\nbash\n", entrypoint="sh", envs=[{"key": "A", "value": "\n3"}]), []),
        (ports((2222, "tcp")), [(("ports", 0, "port"), "port_reserved")]),
        (ports((80, "http"), (2224, "tcp")), [(("ports", 1, "port"), "port_reserved")]),
        (jupyter(MINIMAL, port=2223), [(("tools", "jupyter", "port"), "port_reserved")]),
        (ports(*((port, "tcp") for port in range(1, 17))), [(("ports",), "many_ports")]),
        (jupyter(ports(*((port, "tcp") for port in range(1, 16)))), [(("ports",), "many_ports")]),
        (jupyter(ports((80, "http"), (8888, "http"))), [(("ports", 1, "port"), "jupyter_port")]),
        (jupyter(ports((9000, "tcp")), port=9000), [(("ports", 0, "port"), "jupyter_port")]),
        (ports((80, "http"), (80, "http")), [(("ports", 1, "port"), "port_twice")]),
        (envs("A", "B", "A", "A"), [(("envs", 2, "key"), "env_twice"), (("envs", 3, "key"), "env_twice")]),
        (envs(*(f"E{number}" for number in range(101))), [(("envs",), "many_envs")]),
        (mounts(*(f"/m{number}" for number in range(31))), [(("volumes",), "many_mounts")]),
        (mounts("/a", "/b", "/a/"), [(("volumes", 2, "mount_point"), "mount_twice")]),
        (mounts("data"), [(("volumes", 0, "mount_point"), "mount_relative")]),
        (mounts("/"), [(("volumes", 0, "mount_point"), "mount_root")]),
        (mounts("//"), [(("volumes", 0, "mount_point"), "mount_root")]),
        (mounts("/my data"), [(("volumes", 0, "mount_point"), "mount_blank")]),
        (mounts("/a\t"), [(("volumes", 0, "mount_point"), "mount_blank")]),
        (with_(command="x" * 2048), [(("command",), "too_long")]),
        (with_(entrypoint="x" * 2048), [(("entrypoint",), "too_long")]),
        (with_(image="ubuntu:latest"), [(("image",), "tag_latest")]),
        (with_(image="ubuntu"), [(("image",), "tag_missing")]),
        (with_(image="localhost:5000/team/ubuntu"), [(("image",), "tag_missing")]),
        (SPOT, [(("volumes",), "spot_loses")]),
        ({**SPOT, "volumes": [{"type": "local"}]}, [(("volumes",), "spot_loses")]),
        (with_(auto_migrate={"enabled": True}), [(("auto_migrate", "include_system_disk"), "migrate_loses")]),
        (
            with_(auto_migrate={"enabled": True, "include_system_disk": False}),
            [(("auto_migrate", "include_system_disk"), "migrate_loses")],
        ),
        (
            renewing(enabled=True, months=1),
            [(("billing", "prepaid", "auto_renew", "enabled"), "auto_renew")],
        ),
    ],
)
def test_a_rule_fires(body, expected):
    assert check(body).request is not None  # it is a warning: the contract lets it pass
    assert found(body) == expected
    for one in advise(body):
        for language in LANGUAGES:
            said = one.sentence(words(language))
            assert said.endswith((".", "。"))
            assert not re.search(r"[{}]|\bNone\b", said)
            assert one.reason(words(language)) in said
            assert one.fix(words(language)) in said


@pytest.mark.parametrize(
    "body",
    [
        MINIMAL,
        ports((2221, "tcp"), (2225, "tcp")),
        with_(tools={"jupyter": {"enabled": False, "port": 2222}}),
        ports(*((port, "tcp") for port in range(1, 16))),
        jupyter(ports(*((port, "tcp") for port in range(1, 15)))),
        with_(tools={"jupyter": {"port": 80}}, ports=[{"port": 80, "protocol": "http"}]),
        jupyter(ports((8888, "http")), port=9000),
        ports((80, "http"), (80, "tcp")),
        envs("A", "a"),
        envs(*(f"E{number}" for number in range(100))),
        mounts(*(f"/m{number}" for number in range(30))),
        mounts("/a", "/a/b"),
        with_(volumes=[{"type": "local"}, {"type": "local"}]),
        with_(command="x" * 2047, entrypoint="x" * 2047),
        with_(image="ubuntu@sha256:0123"),
        with_(image="ubuntu:latest@sha256:0123"),
        with_(image="localhost:5000/ubuntu:latest-24.04"),
        {**SPOT, "volumes": [NETWORK_VOLUME]},
        with_(auto_migrate={"enabled": True, "include_system_disk": True}),
        with_(auto_migrate={"enabled": True}, volumes=[NETWORK_VOLUME]),
        with_(auto_migrate={"enabled": False}),
        renewing(enabled=False, months=1),
        renewing(months=1),
    ],
)
def test_no_rule_fires(body):
    assert found(body) == []


STORAGES = [Storage("s-1", "keep", 100, "r-1"), Storage("s-2", "far", 10, "r-2"), Storage("s-3")]
NETWORKS = [Network("n-1", "lan", "r-1"), Network("n-2", "far", "r-2")]


@pytest.mark.parametrize(
    ("storage", "regions", "offered", "fires"),
    [
        ("s-1", ["r-2"], (), True),
        ("s-1", ["r-1"], (), False),
        ("s-1", ["r-2", "r-1"], (), False),
        ("s-1", ["r-1"], ("r-2",), False),  # that the product is not there is said beside the region
        ("s-1", [], ("r-2",), True),
        ("s-1", [], ("r-1", "r-2"), False),
        ("s-1", [], (), False),
        ("s-3", ["r-2"], (), False),
        ("typed", ["r-2"], (), False),
    ],
)
def test_a_storage_elsewhere(storage, regions, offered, fires):
    body = with_(volumes=[{"type": "local"}, {**NETWORK_VOLUME, "id": storage}], candidate_regions=regions)
    expected = [(("volumes", 1, "id"), "storage_elsewhere")] if fires else []
    assert found(body, Offer("a100-80g", regions=offered), storages=STORAGES) == expected
    assert found(body, Offer("another", regions=("r-9",)), storages=STORAGES) == (expected if regions else [])
    for one in advise(body, storages=STORAGES):
        assert "r-1" in one.sentence(words("en"))
        assert "r-2" in one.sentence(words("zh"))


@pytest.mark.parametrize(("network", "fires"), [("n-1", True), ("n-2", False), ("typed", False)])
def test_a_network_elsewhere(network, fires):
    body = with_(network={"id": network}, candidate_regions=["r-2"])
    assert found(body, networks=NETWORKS) == ([(("network", "id"), "network_elsewhere")] if fires else [])


def test_many_regions_are_not_all_listed():
    body = with_(network={"id": "n-1"}, candidate_regions=[f"x-{number}" for number in range(40)])
    [one] = advise(body, networks=NETWORKS)
    assert "x-7 …" in one.sentence(words("en"))


def test_every_code_of_the_module_has_words_in_both_languages():
    for language in LANGUAGES:
        say = words(language)
        codes = {
            key.split(".")[1]
            for key in list(say.keys())
            if key.startswith("advice.") and key.endswith(".fix")
        }
        assert {"port_reserved", "spot_loses", "storage_elsewhere"} <= codes
        assert all(f"advice.{code}" in say for code in codes)


_junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["port", "protocol", "key", "mount_point", "type", "id", "mode", "prepaid", "months"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)
_offers = st.builds(
    Offer,
    st.just("a100-80g"),
    gpu_min=st.none() | st.integers(0, 8),
    gpu_max=st.none() | st.integers(0, 8),
    gpu_free=st.none() | st.integers(0, 8),
    rootfs_min_gb=st.none() | st.integers(0, 80),
    rootfs_max_gb=st.none() | st.integers(0, 80),
    regions=st.lists(st.sampled_from(["r-1", "r-2"])).map(tuple),
    modes=st.lists(st.sampled_from(["postpaid", "spot", "weekly"])).map(tuple),
    prepaid=st.dictionaries(st.integers(1, 4), st.none()),
    stock=st.sampled_from(["none", "low", "normal", "high", "", "odd"]),
    deployable=st.booleans(),
    purchasable=st.booleans(),
)


def says_it_all(body, an_offer):
    """Put all that is found into words; each one names a field that exists."""
    warnings = advise(body, an_offer, storages=STORAGES, networks=NETWORKS)
    problems = fits(body, an_offer)
    for path in [*(one.path for one in warnings), *problems]:
        assert node_at(path) is not None
    for language in LANGUAGES:
        say = words(language)
        assert all(one.sentence(say) for one in warnings)
        assert all(problem.sentence(path, say) for path, problem in problems.items())


@given(bodies, st.none() | _offers)
def test_any_body_of_the_contract_is_advised(body, an_offer):
    says_it_all(body, an_offer)
    says_it_all({**body, "product_id": "a100-80g"}, an_offer)


@given(st.dictionaries(st.sampled_from(list(tree().fields)), _junk), _offers)
def test_anything_else_is_advised_without_a_fault(draft, an_offer):
    says_it_all({**draft, "product_id": "a100-80g"}, an_offer)


# --- places


def test_places_are_labelled_for_choosing():
    assert STORAGES[0].label == "keep (s-1, r-1, 100 GB)"
    assert STORAGES[2].label == "s-3"
    assert NETWORKS[0].label == "lan (n-1, r-1)"
    assert RegistryAuth("a-1", "hub", "me").label == "hub (a-1, me)"
    assert Storage("s-4", "", 0, "r-1").label == "s-4, r-1, 0 GB"


def test_a_template_does_not_print_its_envs():
    assert "hunter2" not in repr(Template("t-1", envs=(("TOKEN", "hunter2"),)))


def test_the_limits_are_those_of_the_sources():
    assert list(advice_module._RESERVED) == [2222, 2223, 2224]
