"""Bodies for tests: the smallest, a full one, and generated ones."""

from __future__ import annotations

from hypothesis import strategies as st

from ppio_widgets import EnvRef

MINIMAL = {
    "name": "demo",
    "product_id": "a100-80g",
    "image": "ubuntu:24.04",
    "billing": {"mode": "postpaid"},
    "resource": {"gpu_num": 1, "rootfs_size_gb": 20},
}

FULL = {
    "name": "example-instance",
    "product_id": "a100-80g",
    "image": "registry.example.com/namespace/image:tag",
    "billing": {"mode": "prepaid", "prepaid": {"months": 1, "auto_renew": {"enabled": True, "months": 0}}},
    "resource": {"gpu_num": 2, "rootfs_size_gb": 60, "min_cuda_version": "12.4"},
    "type": "gpu",
    "registry_auth_id": "20",
    "entrypoint": "/bin/sh -c",
    "command": "python train.py --lr '1e-3'",
    "envs": [{"key": "GREETING", "value": '你好 a=b "c" $HOME {x} 100%'}, {"key": "EMPTY", "value": ""}],
    "ports": [{"port": 8080, "protocol": "tcp"}, {"port": 8888, "protocol": "http"}],
    "network": {"id": "vpc-east-dev", "ip": "10.2.1.1"},
    "volumes": [
        {"type": "network", "id": "ns-datasets", "mount_point": "/data"},
        {"type": "local", "mount_point": "/work"},
    ],
    "candidate_regions": ["cn-east-1", "cn-south-1"],
    "tools": {"jupyter": {"enabled": True, "port": 8888, "protocol": "http"}},
    "auto_migrate": {"enabled": True, "include_system_disk": False},
}

_hard = st.sampled_from("aZ09 -_./:=\"'\\$`{}[]%&|;<>#!*?~^\n\t中文é😀")


def text(low: int, high: int) -> st.SearchStrategy[str]:
    """Text of a length, full of what breaks shells, HTML and JSON."""
    return st.text(_hard, min_size=low, max_size=min(high, 24))


def keys(high: int) -> st.SearchStrategy[str]:
    """Names of variables, as hard as they may be: no ``=``, no line break, no blank around."""
    return text(1, high).map(lambda key: key.translate({ord("="): "-", ord("\n"): "!"}).strip() or "K")


def images(high: int) -> st.SearchStrategy[str]:
    """Addresses of images, as far as they may be: ASCII without blanks."""
    return text(1, high).map(as_image)


def as_image(text: str) -> str:
    """What of a text may stand in an image's address."""
    return "".join(char for char in text if "!" <= char <= "~") or "i"


def _parts(required: dict, optional: dict) -> st.SearchStrategy[dict]:
    return st.fixed_dictionaries(required, optional=optional).filter(bool)


_ports = st.integers(1, 65535)
_auto_renew = _parts({}, {"enabled": st.booleans(), "months": st.integers(0, 36)})
_billing = st.one_of(
    st.fixed_dictionaries({"mode": st.sampled_from(["postpaid", "spot"])}),
    st.fixed_dictionaries(
        {
            "mode": st.just("prepaid"),
            "prepaid": _parts({"months": st.integers(1, 36)}, {"auto_renew": _auto_renew}),
        }
    ),
)
_resource = _parts(
    {"gpu_num": st.integers(1, 64), "rootfs_size_gb": st.integers(2, 6144)},
    {"min_cuda_version": text(1, 255)},
)
_env = _parts({"key": keys(511)}, {"value": text(0, 4095)})
_port = st.fixed_dictionaries({"port": _ports, "protocol": st.sampled_from(["tcp", "http"])})
_volume = _parts(
    {"type": st.sampled_from(["local", "network"])}, {"id": text(1, 255), "mount_point": text(1, 4095)}
)
_jupyter = _parts({}, {"enabled": st.booleans(), "port": _ports, "protocol": text(1, 10)})

# Bodies in canonical form: what is unset is absent, nothing optional is empty.
bodies = _parts(
    {
        "name": text(1, 255),
        "product_id": text(1, 60),
        "image": images(500),
        "billing": _billing,
        "resource": _resource,
    },
    {
        "type": st.sampled_from(["gpu", "cpu"]),
        "registry_auth_id": text(1, 255),
        "entrypoint": text(1, 60),
        "command": text(1, 60),
        "envs": st.lists(_env, min_size=1, max_size=4),
        "ports": st.lists(_port, min_size=1, max_size=4),
        "network": _parts({}, {"id": text(1, 255), "ip": text(1, 40)}),
        "volumes": st.lists(_volume, min_size=1, max_size=4),
        "candidate_regions": st.lists(text(1, 40), min_size=1, max_size=4),
        "tools": st.fixed_dictionaries({"jupyter": _jupyter}),
        "auto_migrate": _parts({}, {"enabled": st.booleans(), "include_system_disk": st.booleans()}),
    },
)

env_names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,12}", fullmatch=True)
_env_from_kernel = st.fixed_dictionaries({"key": keys(511), "value": env_names.map(EnvRef)})

# The same, and the value of at least one variable is taken from the kernel's environment.
bodies_with_refs = st.builds(
    lambda body, rows, row: {**body, "envs": [*rows, row]},
    bodies,
    st.lists(_env | _env_from_kernel, max_size=3),
    _env_from_kernel,
)
