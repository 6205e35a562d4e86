"""What an account and the cloud have that a body can point to, as plain values.

``cloud`` fills these from answers; what an answer did not give is empty or None.
None of them has room for a password.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Region:
    """A region; whether it has network storage and VPC networks, where that is told."""

    id: str
    name: str = ""
    has_storage: bool | None = None
    has_network: bool | None = None

    @property
    def label(self) -> str:
        """As a person chooses it: ``name (id)``."""
        return _label(self.name, self.id)


@dataclass(frozen=True)
class Storage:
    """A network storage; `region` is the id of the region that it is tied to."""

    id: str
    name: str = ""
    size_gb: int | None = None
    region: str = ""

    @property
    def label(self) -> str:
        """As a person chooses it: ``name (id, region, size)``."""
        return _label(self.name, self.id, self.region, "" if self.size_gb is None else f"{self.size_gb} GB")


@dataclass(frozen=True)
class Network:
    """A VPC network; `region` is empty where the answer did not tell it."""

    id: str
    name: str = ""
    region: str = ""

    @property
    def label(self) -> str:
        """As a person chooses it: ``name (id, region)``."""
        return _label(self.name, self.id, self.region)


@dataclass(frozen=True)
class RegistryAuth:
    """Saved registry credentials, without what makes them secret."""

    id: str
    name: str = ""
    username: str = ""

    @property
    def label(self) -> str:
        """As a person chooses it: ``name (id, user)``."""
        return _label(self.name, self.id, self.username)


@dataclass(frozen=True)
class Template:
    """A template: what choosing it fills in.

    Attributes
    ----------
    ports : tuple of (int, str)
        Port and protocol.
    envs : tuple of (str, str)
        Key and value; never printed, as people put tokens there.
    """

    id: str
    name: str = ""
    image: str = ""
    registry_auth_id: str = ""
    command: str = ""
    entrypoint: str = ""
    ports: tuple[tuple[int, str], ...] = ()
    envs: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    rootfs_size_gb: int | None = None
    min_cuda_version: str = ""
    description: str = ""

    @property
    def label(self) -> str:
        """As a person chooses it: ``name (id)``."""
        return _label(self.name, self.id)


@dataclass(frozen=True)
class ImageTag:
    """An image with its tag, ready for the body: ``registry/name:tag``."""

    image: str


def _label(name: str, *facts: str) -> str:
    told = [fact for fact in facts if fact]
    return f"{name} ({', '.join(told)})" if name else ", ".join(told)
