"""What answers to reads hold by the contract, and in what an answer differs from it.

``contract.json`` is what of ``tests/contract/openapi.yaml`` the reads of this package need; a test holds them
equal. Of an answer only names and kinds of fields are kept, and words where the contract lists the words.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ppio_widgets.cloud.answers import LEFT_OUT
from ppio_widgets.cloud.client import INSTANCES
from ppio_widgets.cloud.paging import read_page
from ppio_widgets.cloud.resources import (
    AUTHS,
    BALANCE,
    BILL,
    IMAGES,
    NETWORKS,
    PRODUCTS,
    PURCHASES,
    REGIONS,
    STORAGES,
    TEMPLATES,
)
from ppio_widgets.errors import ApiError
from ppio_widgets.locale.text import UNSAID
from ppio_widgets.runtime import threads

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ppio_widgets.cloud.answers import Odd, Reply
    from ppio_widgets.cloud.client import PpioClient
    from ppio_widgets.cloud.paging import Params
    from ppio_widgets.secrets.redaction import Redactor

INSTANCE = f"{INSTANCES}/{{instance_id}}"

_CHARGE = ("bills", "bills[].ownerID", "bills[].startTime", "bills[].endTime")

# Without these there is no launch, no price or no list: they may be missing in some rows, never in all.
NEEDED: Mapping[str, tuple[str, ...]] = {
    PRODUCTS: (
        *("data[].id", "data[].name", "data[].resource_spec", "data[].resource_spec.gpu"),
        *("data[].resource_spec.gpu.max", "data[].resource_spec.rootfs", "data[].pricing"),
        *("data[].pricing.precision", "data[].pricing.postpaid", "data[].pricing.postpaid.final_price"),
    ),
    REGIONS: ("data[].id",),
    INSTANCES: (
        *("data[].id", "data[].name", "data[].status", "data[].status.status", "data[].created_at"),
        *("data[].product_id", "data[].billing", "data[].billing.mode", "data[].resource_specs"),
    ),
    INSTANCE: ("id", "name", "status", "status.status"),
    NETWORKS: ("data[].id", "data[].name"),
    TEMPLATES: ("data[].id", "data[].name", "data[].image"),
    IMAGES: ("data[].image",),
    STORAGES: ("data[].storageId", "data[].storageName", "data[].clusterId"),
    AUTHS: ("data[].id", "data[].name"),
    BALANCE: ("availableBalance",),
    BILL: _CHARGE,
    PURCHASES: _CHARGE,
}

# A name or a word that is told on, as people make them: ``gpu_num``, ``hasMore``; all else may be a value.
# What begins a word is never a part of the one before, so that no text takes long.
_WORD = r"(?:[A-Z]?[a-z]{2,}|[A-Z]{2,8})[0-9]{0,3}"
_NAME = re.compile(rf"(?=.{{1,40}}\Z){_WORD}(?:[_.-]{_WORD}|[A-Z][a-z]{{2,}}[0-9]{{0,3}})*")
# So many are told of one call.
MOST_DIFFERENCES = 100

_KINDS: Mapping[type, str] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    list: "array",
    dict: "object",
}


def contract() -> Mapping[str, Any]:
    """Return the schema of each read's answer, by its path."""
    found: dict[str, Any] = json.loads(Path(__file__).with_name("contract.json").read_text(encoding="utf-8"))
    return found


@dataclass(frozen=True, order=True)
class Difference:
    """One way in which an answer is not what the contract says."""

    # An unknown field, an unknown word, a value of another kind, a needed field that no row has; or a field
    # where the contract says that there are more than it names.
    how: Literal["field", "word", "kind", "missing", "more"]
    at: str  # as "data[].pricing.unit"
    found: str = ""  # the word, or the kind in JSON
    path: str = ""  # of the call


class Comparison:
    """The answers of one call, compared with the contract."""

    def __init__(self, path: str, schema: Mapping[str, Any], redactor: Redactor) -> None:
        self.path = path
        self.odd: Odd | None = None
        self._schema = schema
        self._redactor = redactor
        self._differences: set[Difference] = set()
        self._seen: set[str] = set()  # the answer itself is ""

    def take(self, reply: Reply) -> None:
        """Compare one answer."""
        self._compare(self._schema, reply.value, "")
        if "data" in self._schema["fields"]:
            odd = read_page(reply, lambda row: row).odd
            self.odd = self.odd or (None if odd in LEFT_OUT else odd)

    def differences(self) -> tuple[Difference, ...]:
        """Return all differences of the answers that were taken."""
        told = self._seen | {one.at for one in self._differences}
        missing = [
            Difference("missing", at, path=self.path)
            for at in NEEDED[self.path]
            if at not in told and at.rpartition(".")[0] in self._seen
        ]
        return tuple(sorted({*missing, *self._differences}))[:MOST_DIFFERENCES]

    def breaks(self, one: Difference) -> bool:
        """Whether this package cannot do its work because of a difference."""
        return one.how == "missing" or (one.how == "kind" and one.at in NEEDED[self.path])

    def _compare(self, schema: Mapping[str, Any], value: Any, at: str) -> None:
        """Compare a value with its schema; null stands for what is not told."""
        if value is None:
            return
        kind = _KINDS.get(type(value), "")
        if kind != schema["is"]:
            self._note("kind", at, kind)
            return
        self._seen.add(at)
        if kind == "object":
            for name, inner in value.items():
                self._compare_field(schema, name, inner, f"{at}." if at else "")
        elif kind == "array":
            for inner in value:
                self._compare(schema["items"], inner, f"{at}[]")
        elif value not in schema.get("words", (value, "")) and value:
            self._note("word", at, value)

    def _compare_field(self, schema: Mapping[str, Any], name: str, value: Any, before: str) -> None:
        known = schema["fields"].get(name)
        if known is not None:
            self._compare(known, value, f"{before}{name}")
        elif schema["fields"]:  # of an object without named fields nothing is said
            self._note("more" if schema.get("open") else "field", f"{before}{self._said(name)}")

    def _note(self, how: Any, at: str, found: str = "") -> None:
        self._differences.add(Difference(how, at, self._said(found) if found else "", self.path))

    def _said(self, text: str) -> str:
        """Return a name or a word where it is one, and no secret."""
        safe = _NAME.fullmatch(text) is not None and not self._redactor.finds(text)
        return text if safe else UNSAID


class Examined:
    """A client whose answers are compared on their way to who reads them (`cloud.paging.Source`).

    It goes by the way that a launch takes, and by no other.
    """

    def __init__(self, client: PpioClient, redactor: Redactor) -> None:
        self.host = client.host
        self.is_practice = client.is_practice
        self.compared = {path: Comparison(path, schema, redactor) for path, schema in contract().items()}
        # How long an answer took, and how far this machine's clock is ahead of the cloud's.
        self.offsets: list[tuple[float, float]] = []
        self._client = client

    def get_reply(self, path: str, params: Params) -> Reply:
        """Return the answer of one GET, or raise a `PpioError`."""
        before, began = threads.now(), threads.tick()
        told = 0.0
        try:
            reply = self._client.get_reply(path, params, anyhow=False)
            told = reply.server_time
        except ApiError as error:
            told = error.server_time
            raise
        finally:
            if told:  # in whole seconds
                took = threads.tick() - began
                self.offsets.append((took, before + took / 2 - told - 0.5))
        self.compared[INSTANCE if path.startswith(f"{INSTANCES}/") else path].take(reply)
        return reply
