"""What the practice account owns and may use: storages, networks, auths, templates, images, money.

All of it is invented. The auths carry passwords, as the API's answer does: made up, and
there so that a leak would be seen.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ppio_widgets.practice.failures import REGISTRY
from ppio_widgets.practice.products import EAST, NORTH, SOUTH, WEST

_OWNER = "practice"
_FINE = {"status": "running", "error": "", "message": ""}

NETWORKS = tuple(
    {"id": key, "owner_id": _OWNER, "name": name, "status": _FINE, "region_id": region}
    for key, name, region in (
        ("vpc-east-dev", "dev", EAST),
        ("vpc-south-train", "training", SOUTH),
        ("vpc-west-lab", "lab", WEST),
    )
)

STORAGES = tuple(
    {"storageId": key, "storageName": name, "storageSize": size, "clusterId": region, "clusterName": region}
    for key, name, size, region in (
        ("ns-datasets", "datasets", 500, EAST),
        ("ns-checkpoints", "checkpoints", 200, EAST),
        ("ns-class", "class-material", 50, SOUTH),
        ("ns-archive", "archive", 2000, NORTH),
    )
)

AUTHS: tuple[dict[str, Any], ...] = (
    {"id": "20", "name": "team-registry", "username": "team", "password": "practice-Pa55/word+team"},
    {"id": "21", "name": "ghcr", "username": "octo-lab", "password": "practice-Pa55/word+ghcr"},
)


def _template(key: str, name: str, image: str, description: str, **rest: Any) -> dict[str, Any]:
    return {
        "id": key,
        "owner_id": _OWNER,
        "name": name,
        "type": "instance",
        "visibility": "official",
        "image": image,
        "registry_auth_id": "",
        "command": "",
        "entrypoint": "",
        "rootfs_size_gb": 60,
        "ports": [],
        "envs": [],
        "metadata": {
            "readme": f"# {name}\n\n{description}",
            "logo": "",
            "description": description,
            "author": "PPIO practice",
            "tags": ["practice"],
        },
        "min_cuda_version": "",
        "created_at": 1_750_000_000,
        "updated_at": 1_755_000_000,
        "member_id": "",
        **rest,
    }


def _ports(*ports: tuple[int, str]) -> list[dict[str, Any]]:
    return [{"protocol": protocol, "port": port} for port, protocol in ports]


def _envs(**envs: str) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in envs.items()]


TEMPLATES: tuple[dict[str, Any], ...] = (
    _template(
        "tpl-pytorch-2.6",
        "PyTorch 2.6",
        "pytorch/pytorch:2.6.0-cuda12.4-cudnn9-devel",
        "PyTorch with JupyterLab and TensorBoard.",
        ports=_ports((6006, "http")),
        envs=_envs(HF_HOME="/workspace/hf", TOKENIZERS_PARALLELISM="false"),
        min_cuda_version="12.4",
    ),
    _template(
        "tpl-vllm",
        "vLLM server",
        "vllm/vllm-openai:v0.8.5",
        "An OpenAI-compatible server for one model.",
        command="--model Qwen/Qwen2.5-7B-Instruct --max-model-len 8192",
        entrypoint="python3 -m vllm.entrypoints.openai.api_server",
        ports=_ports((8000, "http")),
        envs=_envs(VLLM_LOGGING_LEVEL="INFO"),
        rootfs_size_gb=100,
        min_cuda_version="12.4",
    ),
    _template(
        "tpl-comfyui",
        "ComfyUI",
        f"{REGISTRY}/community/comfyui:0.3.30-cu128",
        "Image generation in the browser.",
        visibility="community",
        ports=_ports((8188, "http"), (2200, "tcp")),
        rootfs_size_gb=120,
        min_cuda_version="12.8",
    ),
    _template(
        "tpl-course",
        "Course image",
        f"{REGISTRY}/team/course:2025-11",
        "The team's own image, from its private registry.",
        visibility="private",
        registry_auth_id="20",
        command="bash -lc 'jupyter lab --ip 0.0.0.0'",
        ports=_ports((8889, "http")),
        envs=_envs(COURSE="gpu-101", EPOCHS="3"),
        rootfs_size_gb=40,
    ),
)


def _image(kind: str, name: str, repository: str, *tags: str) -> dict[str, Any]:
    addresses = [f"{repository}:{tag}" for tag in tags]
    return {
        "type": kind,
        "name": name,
        "image": addresses[0],
        "tags": [{"tag": tag, "image": address} for tag, address in zip(tags, addresses, strict=True)],
    }


IMAGES: tuple[dict[str, Any], ...] = (
    _image(
        "base", "pytorch", "pytorch/pytorch", "2.6.0-cuda12.4-cudnn9-devel", "2.7.0-cuda12.8-cudnn9-runtime"
    ),
    _image("base", "cuda", "nvidia/cuda", "12.4.1-devel-ubuntu22.04", "11.8.0-runtime-ubuntu22.04"),
    _image("base", "ubuntu", "ubuntu", "24.04", "22.04"),
    _image("community", "comfyui", f"{REGISTRY}/community/comfyui", "0.3.30-cu128"),
    _image("private", "course", f"{REGISTRY}/team/course", "2025-11", "latest"),
)

# What an account begins with, in yuan.
BALANCE = Decimal("866.40")
