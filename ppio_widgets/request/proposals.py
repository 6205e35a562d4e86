"""What a form says before anybody typed it: values that follow from the product and the template."""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING, Any

from ppio_widgets.request.choices import (
    Filling,
    Wanted,
    fill,
    least_cost,
    offered,
    repository_and_tag,
    said_by,
)
from ppio_widgets.request.draft import DEFAULTS, copied, value_at, with_value
from ppio_widgets.request.pricing import type_of
from ppio_widgets.request.rules import NO_RULES, Rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ppio_widgets.request.offers import Offer, Template
    from ppio_widgets.request.schema import Path

PRODUCT: Path = ("product_id",)
NAME: Path = ("name",)
IMAGE: Path = ("image",)
_MODE: Path = ("billing", "mode")
_GPUS: Path = ("resource", "gpu_num")
_DISK: Path = ("resource", "rootfs_size_gb")
# Where something may be proposed; what a person changes there is never proposed again.
PROPOSABLE: tuple[Path, ...] = (
    PRODUCT,
    NAME,
    IMAGE,
    ("registry_auth_id",),
    ("command",),
    ("entrypoint",),
    ("ports",),
    ("envs",),
    _MODE,
    _GPUS,
    _DISK,
    ("resource", "min_cuda_version"),
)

# Of a name what the image, and what the GPU says; with a number it is far from where a server may cut.
_LONGEST_PART = 12
_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")
_NUMBER = re.compile(r"-[0-9]{1,6}\Z", re.ASCII)
_BRANDS = frozenset({"nvidia", "geforce", "tesla", "quadro", "amd", "intel"})


class Proposals:
    """What one form says by itself: `values` by path, none of which anybody `typed`.

    A product and a template that were chosen for a person stay, whatever is listed later.
    """

    def __init__(self) -> None:
        self.values: dict[Path, Any] = {}
        self.typed: frozenset[Path] = frozenset()  # what a person changed
        self._product = ""
        self._template: Template | None = None
        self._is_chosen = False  # by a person, the template
        self._named_for: tuple[str, str] | None = None

    def note(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """Take what is another value now for typed."""
        self.typed |= {path for path in PROPOSABLE if value_at(after, path) != value_at(before, path)}

    def without(self, draft: Mapping[str, Any]) -> dict[str, Any]:
        """Return what of a draft a person typed or chose, or was given."""
        own = dict(draft)
        for path in self.values:
            own = with_value(own, path, None)
        return own

    def below(self, draft: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
        """Return a draft that another one is put over; with another image nothing of the template stays."""
        result, template = dict(draft), self._template
        if template is not None and above.get("image") not in (None, template.image):
            for path in said_by(template).keys() & self.values.keys():
                result = with_value(result, path, copied(value_at(DEFAULTS, path)))
        return result

    def filling(self, draft: Mapping[str, Any], template: Template) -> Filling:
        """Return what a template would make of a draft: a proposal, and an earlier choice, give way."""
        own, before = self.without(draft), self._template
        if before is not None and own.get("image") == before.image:
            own = with_value(own, IMAGE, None)
        return fill(own, template)

    def choose(self, draft: Mapping[str, Any], template: Template) -> dict[str, Any]:
        """Return a draft with what a template says, over what was typed as well."""
        filled = self.filling(draft, template).draft
        self.typed = (self.typed - said_by(template).keys()) | {IMAGE}
        self._template, self._is_chosen = template, True
        return filled

    def begin(
        self, products: Sequence[Offer], templates: Sequence[Template], draft: Mapping[str, Any]
    ) -> None:
        """Choose a template and a product, where nobody did: the cheapest that can be launched with it."""
        if self._template is None and IMAGE not in self.typed:
            self._template = next(iter(offered(templates)), None)
        before = next((one for one in products if one.id == self._product), None)
        if before is None or before.type != type_of(draft):
            found = cheapest(products, self._template, draft)
            self._product = found.id if found is not None else ""

    def forget(self) -> None:
        """Forget what was chosen for a person on another cloud; what he chose stays."""
        self._product, self._named_for = "", None
        self._template = self._template if self._is_chosen else None

    def rename(self) -> None:
        """Propose another name, now that an instance has the one that was proposed."""
        self._named_for = None

    def over(
        self,
        draft: Mapping[str, Any],
        find: Callable[[str], Offer | None],
        is_taken: Callable[[str], bool] | None = None,
        rules: Rules = NO_RULES,
    ) -> dict[str, Any]:
        """Return a draft in which what nobody typed follows its cause, as a class allows it.

        `find` finds a product by its id. Without `is_taken` it is not known yet which names are free.
        """
        chosen = value_at(draft, PRODUCT) if PRODUCT in self.typed else self._product
        offer = find(str(chosen or ""))
        found = proposals(offer, self._template)
        if self._product:
            found[PRODUCT] = self._product
        image = value_at(draft, IMAGE) if IMAGE in self.typed else found.get(IMAGE)
        if not rules.bills(str(found[_MODE])):
            found[_MODE] = rules.billing[0]
        name = self._name(image, offer, is_taken, rules.named)
        if name is not None:
            found[NAME] = name
        self.values = {path: value for path, value in found.items() if path not in self.typed}
        result = dict(draft)
        for path in PROPOSABLE:
            if path not in self.typed:
                result = with_value(result, path, copied(self.values.get(path)))
        return result

    def _name(
        self,
        image: object,
        offer: Offer | None,
        is_taken: Callable[[str], bool] | None,
        named: Callable[[str], str],
    ) -> str | None:
        """Return a name that is free: another one for another product or software, else the same."""
        before = self.values.get(NAME)
        software = self._named_for[1] if self._named_for else ""
        if _says_what_it_is(image) or (self._template is not None and image == self._template.image):
            software = _software(image)
        cause = (offer.id if offer is not None else "", software)
        if before is not None and cause == self._named_for:
            return str(before)
        if is_taken is None:
            return None
        self._named_for = cause
        stem = "-".join(filter(None, (software, "" if offer is None else _hardware(offer))))
        return named(numbered(stem, lambda one: is_taken(named(one)))) if stem else None


def proposals(offer: Offer | None, template: Template | None) -> dict[Path, Any]:
    """Return the values that follow from a product and a template, as far as they are known; no name."""
    found: dict[Path, Any] = {path: value_at(DEFAULTS, path) for path in (_MODE, _GPUS, _DISK)}
    found |= said_by(template) if template is not None else {}
    if offer is not None:
        found[_GPUS] = offer.gpu_min or 1
        found[_DISK] = max(offer.rootfs_min_gb or 0, min(found[_DISK], offer.rootfs_max_gb or found[_DISK]))
    return found


def cheapest(offers: Iterable[Offer], template: Template | None, draft: Mapping[str, Any]) -> Offer | None:
    """Return what costs least for an hour of all that can be launched now with a template's disk.

    One whose disk is free comes before one where a part of it costs extra.
    """
    mode = str(value_at(draft, _MODE) or "")
    wanted = Wanted(type=type_of(draft), mode=mode, in_stock=True)
    needed = (template.rootfs_size_gb if template is not None else None) or value_at(DEFAULTS, _DISK)
    fits = [
        offer
        for offer in wanted.found_in(offers)
        if least_cost(offer, mode) is not None and needed <= (offer.rootfs_max_gb or needed)
    ]
    free = (offer for offer in fits if needed <= (offer.rootfs_free_gb or 0))
    return next(free, fits[0] if fits else None)


def numbered(name: str, is_taken: Callable[[str], bool]) -> str:
    """Return a name with the first number behind it that makes it free; one that it ends with gives way."""
    stem = _NUMBER.sub("", name)
    return next(found for number in count(1) if not is_taken(found := f"{stem}-{number}"))


def _says_what_it_is(image: object) -> bool:
    """Whether an address that may still be typed is whole as far as its tag, which a name waits for."""
    return isinstance(image, str) and ("@" in image or repository_and_tag(image)[1] != "")


def _software(image: object) -> str:
    repository, _tag = repository_and_tag(image) if isinstance(image, str) else ("", "")
    return _part(repository.rpartition("/")[2])


def _hardware(offer: Offer) -> str:
    """Return a GPU as people call it: its words to the first that has a number, without the maker's."""
    if offer.type == "cpu":
        return "cpu"
    words = [one for one in offer.gpu_name.casefold().split() if one not in _BRANDS]
    numbered = next((n for n, one in enumerate(words) if re.search("[0-9]", one)), 0)
    return _part("".join(words[: numbered + 1]))


def _part(text: str) -> str:
    return _NOT_IN_NAMES.sub("-", text.casefold())[:_LONGEST_PART].strip("-")
