"""The bodies that every form shows, and the contract's JSON schema that two peers are made from."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

CONTRACT = Path(__file__).parents[1] / "tests" / "contract" / "openapi.yaml"


def body(rows: int, stem: str = "STEP") -> dict[str, Any]:
    """Return a body with so many environment variables; what is called STEP does not look like a secret."""
    return {
        "name": "demo",
        "product_id": "a100-80g",
        "image": "ubuntu:24.04",
        "billing": {"mode": "postpaid"},
        "resource": {"gpu_num": 1, "rootfs_size_gb": 20},
        "envs": [{"key": f"{stem}_{number}", "value": f"value {number}"} for number in range(rows)],
    }


@cache
def schema() -> dict[str, Any]:
    """Return the JSON schema of "create instance", every reference resolved."""
    contract = yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))
    request = _resolved(contract["components"]["schemas"]["CreateInstanceRequest"], contract)
    return {"title": "CreateInstanceRequest", **request}


def _resolved(node: Any, contract: dict[str, Any]) -> Any:
    """Return a part of the contract without references, and without what OpenAPI adds to JSON schema."""
    if isinstance(node, list):
        return [_resolved(part, contract) for part in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target: Any = contract
        for name in node["$ref"].removeprefix("#/").split("/"):
            target = target[name]
        return _resolved(target, contract)
    return {
        key: _resolved(part, contract)
        for key, part in node.items()
        if key != "example" and not key.startswith("x-")
    }
