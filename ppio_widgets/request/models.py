"""The body of "create instance", as the contract states it.

This is the single statement of the contract (PPIO GPU API v2, create instance):
fields, kinds and limits. A new field of the API is one line here; form, line and
faces find it through :mod:`ppio_widgets.request.schema`.

A field that is not set is absent: ``null`` is refused, so that leaving out is
the only way to leave out.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    ValidatorFunctionWrapHandler,
    field_serializer,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from ppio_widgets.request.envref import LONGEST_VALUE, EnvRef, is_account_key, is_name, key_fault
from ppio_widgets.request.offers import BillingMode

if TYPE_CHECKING:
    from typing_extensions import Self

    EnvText = str | EnvRef
else:
    EnvText = StrictStr  # the contract's; the validator of `EnvVar` lets a reference pass

T = TypeVar("T")


def can_be_address(image: str) -> bool:
    """Whether a text has only characters that an address may have: those of ASCII, and no blank."""
    return image.isascii() and not any(char.isspace() or not char.isprintable() for char in image)


class _Part(BaseModel):
    """One object of the body: immutable, without unknown keys, and never printing its input."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    @field_validator("*", mode="before")
    @classmethod
    def _no_null(cls, value: T) -> T:
        if value is None:
            raise PydanticCustomError("null_value", "leave the field out instead of null")
        return value


class AutoRenew(_Part):
    """Automatic renewal of a prepaid instance."""

    enabled: StrictBool | None = None
    months: StrictInt | None = Field(None, ge=0)


class Prepaid(_Part):
    """What is bought ahead, with billing mode ``prepaid`` only."""

    months: StrictInt = Field(ge=1)
    auto_renew: AutoRenew | None = None


class Billing(_Part):
    """How the instance is paid for."""

    mode: BillingMode
    prepaid: Prepaid | None = None

    @model_validator(mode="before")
    @classmethod
    def _prepaid_only_with_its_mode(cls, value: T) -> T:
        # Before the block itself is judged: what is wrong inside it does not matter then.
        hourly = (BillingMode.POSTPAID, BillingMode.SPOT)
        if isinstance(value, dict) and "prepaid" in value and value.get("mode") in hourly:
            raise PydanticCustomError("prepaid_only", "prepaid goes with mode prepaid only")
        return value

    @model_validator(mode="after")
    def _prepaid_with_its_mode(self) -> Self:
        if self.mode is BillingMode.PREPAID and self.prepaid is None:
            raise PydanticCustomError("prepaid_needed", "prepaid.months is required with mode prepaid")
        return self


class Resource(_Part):
    """Size of the instance; the system disk (rootfs) in GB."""

    gpu_num: StrictInt = Field(ge=1)
    rootfs_size_gb: StrictInt = Field(ge=2)
    min_cuda_version: StrictStr | None = Field(None, max_length=255)


class EnvVar(_Part):
    """One environment variable. A key is needed: an env without a name says nothing.

    An `EnvRef` may stand for the value until the request is sent. Its JSON is no body
    of the API: only `ppio_widgets.request.draft.compact` reads that.
    """

    key: StrictStr = Field(min_length=1, max_length=511)
    value: EnvText | None = Field(None, max_length=LONGEST_VALUE, repr=False)

    @field_validator("key")
    @classmethod
    def _can_be_a_name(cls, key: str) -> str:
        fault = key_fault(key)
        if fault:
            raise PydanticCustomError(f"env_key_{fault}", "a name has no =, no line break, no blank around")
        return key

    @field_validator("value", mode="wrap")
    @classmethod
    def _text_or_reference(cls, value: Any, text: ValidatorFunctionWrapHandler) -> Any:
        if not isinstance(value, EnvRef):
            return text(value)
        if not is_name(value.name):
            raise PydanticCustomError("env_name", "the name of a variable is needed")
        if is_account_key(value.name):
            raise PydanticCustomError("env_account_key", "an account's own key is given to no instance")
        return value

    @field_serializer("value")
    def _as_json(self, value: str | EnvRef | None) -> str | dict[str, str] | None:
        return value.as_json() if isinstance(value, EnvRef) else value


class Port(_Part):
    """One exposed port."""

    port: StrictInt = Field(ge=1, le=65535)
    protocol: Literal["tcp", "http"]


class Network(_Part):
    """VPC network, and the address it gives the instance."""

    id: StrictStr | None = Field(None, max_length=255)
    ip: StrictStr | None = None


class Volume(_Part):
    """One mounted volume; `id` is the storage of a ``network`` volume."""

    type: Literal["local", "network"]
    id: StrictStr | None = Field(None, max_length=255)
    mount_point: StrictStr | None = Field(None, max_length=4095)


class Jupyter(_Part):
    """Jupyter on the instance."""

    enabled: StrictBool | None = None
    port: StrictInt | None = Field(None, ge=1, le=65535)
    protocol: StrictStr | None = None


class Tools(_Part):
    """Tools that the platform runs on the instance."""

    jupyter: Jupyter | None = None


class AutoMigrate(_Part):
    """Automatic migration to another machine."""

    enabled: StrictBool | None = None
    include_system_disk: StrictBool | None = None


class CreateInstanceRequest(_Part):
    """A body that fits the contract.

    Fields in the order in which they are sent. See PPIO GPU API v2, create
    instance, for what each one does.
    """

    name: StrictStr = Field(min_length=1, max_length=255)
    product_id: StrictStr = Field(min_length=1)
    image: StrictStr = Field(min_length=1, max_length=500)
    billing: Billing
    resource: Resource
    type: Literal["gpu", "cpu"] | None = None
    registry_auth_id: StrictStr | None = Field(None, max_length=255)
    entrypoint: StrictStr | None = None
    command: StrictStr | None = None
    envs: tuple[EnvVar, ...] | None = None
    ports: tuple[Port, ...] | None = None
    network: Network | None = None
    volumes: tuple[Volume, ...] | None = None
    candidate_regions: tuple[StrictStr, ...] | None = None
    tools: Tools | None = None
    auto_migrate: AutoMigrate | None = None

    @field_validator("image")
    @classmethod
    def _can_be_an_address(cls, image: str) -> str:
        if not can_be_address(image):
            raise PydanticCustomError("image_address", "an image's address is ASCII without blanks")
        return image

    def body(self) -> dict[str, Any]:
        """Return the JSON body: what is unset or empty is absent, a reference is still an `EnvRef`."""
        body: dict[str, Any] = _plain(self)
        return body


def _plain(value: Any) -> Any:
    if isinstance(value, _Part):
        fields = {name: _plain(getattr(value, name)) for name in type(value).model_fields}
        # A variable may be set to an empty text.
        blank: tuple[object, ...] = (None, [], {}) if isinstance(value, EnvVar) else (None, "", [], {})
        return {name: one for name, one in fields.items() if one not in blank}
    if isinstance(value, tuple):
        return [one for one in map(_plain, value) if one not in ("", {})]
    return value.value if isinstance(value, Enum) else value
