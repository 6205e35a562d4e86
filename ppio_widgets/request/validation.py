"""From a draft to a request, or to every reason why not, by path."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ppio_widgets.errors import RequestInvalid
from ppio_widgets.locale.text import is_half
from ppio_widgets.locale.words import Words, joined, words
from ppio_widgets.request import pricing
from ppio_widgets.request.advice import Advice, advise, some
from ppio_widgets.request.draft import Draft, compact, is_env_value, value_at, why_not_whole
from ppio_widgets.request.envref import IsVariable, no_variable
from ppio_widgets.request.models import CreateInstanceRequest, can_be_address
from ppio_widgets.request.schema import Group, Leaf, Path, dotted, node_at, pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydantic_core import ErrorDetails

    from ppio_widgets.request.offers import Network, Offer, Storage

    # Says what of a body is not allowed although the contract takes it: `Rules.broken`.
    Broken = Callable[[Mapping[str, Any], Offer | None], Mapping[Path, "Problem"]]

# pydantic's error types that have one sentence wherever they occur
_PLAIN = {
    "string_too_short": "missing",
    "string_type": "text",
    "string_unicode": "text",
    "null_value": "null",
    "env_name": "env_name",
    "env_account_key": "env_account_key",
    **{f"env_key_{fault}": f"env_key_{fault}" for fault in ("lines", "equals", "blank")},
}


# What registries take (reference grammar of distribution, an OCI registry): host, repository, tag, digest.
_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]+)?/"
_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_TAG = r":[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_DIGEST = r"@[A-Za-z][A-Za-z0-9+._-]*:[0-9A-Fa-f]{32,}"
_ADDRESS = re.compile(rf"(?:{_HOST})?{_PART}(?:/{_PART})*(?:{_TAG})?(?:{_DIGEST})?")
_LONGEST = 500

_BLANKS_AT_MARKS = re.compile(r"\s*([:/@.])\s*")
_ENDS_A_SENTENCE = ".,;、"
_MARKS = str.maketrans({"。": ".", "∶": ":", ",": "."})


@dataclass(frozen=True)
class Report:
    """What the check found."""

    request: CreateInstanceRequest | None  # when nothing is wrong
    body: dict[str, Any] = field(default_factory=dict)  # as it stands, valid or not
    # Every error at once, in the body's order, and what only warns; rows are numbered as in the draft.
    problems: Mapping[Path, Problem] = field(default_factory=dict)
    advice: tuple[Advice, ...] = ()

    def errors(self, language: str | Words | None = None) -> dict[Path, str]:
        """Return one short sentence for each path that has an error."""
        say = language if isinstance(language, Words) else words(language)
        return {path: problem.sentence(path, say) for path, problem in self.problems.items()}

    def require(self) -> CreateInstanceRequest:
        """Return the request, or raise a `RequestInvalid` with every error in one message, named by path."""
        if self.request is not None:
            return self.request
        lines = joined(f"{dotted(path)}: {text}" for path, text in self.errors().items())
        raise RequestInvalid("invalid", problems=lines)


def field_name(path: Path, say: Words) -> str:
    """Return a field's name as the form shows it: ``"GPUs"``, ``"Port 3"``."""
    for depth, part in enumerate(path):
        if isinstance(part, int):
            key = f"row.{pattern(path[:depth])}"
            return say(key, n=part + 1) if key in say else dotted(path)
    keys = (f"field.{pattern(path)}", f"list.{pattern(path)}")
    return next((say(key) for key in keys if key in say), dotted(path))


def named(advice: Advice, say: Words) -> str:
    """Return a piece of advice as one text, with the field that it is about."""
    return say("problem.named", name=field_name(advice.path, say), text=advice.sentence(say))


def check(  # noqa: PLR0913 - each is one thing that is known beside the draft
    draft: Draft,
    *,
    offer: Offer | None = None,
    storages: Sequence[Storage] = (),
    networks: Sequence[Network] = (),
    offers: Sequence[Offer] = (),
    is_variable: IsVariable = no_variable,
    broken: Broken | None = None,
) -> Report:
    """Judge a draft by the contract, and by its product where that is known.

    Parameters
    ----------
    draft : mapping
        A body, or what a person typed of one; its env values may be references,
        ``EnvRef("NAME")`` or ``{"$env": "NAME"}``.
    offer : Offer, optional
        The draft's product: what does not fit it is an error as well.
    storages, networks : sequence, optional
        Those of the account, for advice about their regions.
    offers, is_variable : optional
        For advice about an unknown product and about names of variables: see `advise`.
    broken : callable, optional
        What else may not be launched, such as `Rules.broken` of a class.

    Returns
    -------
    Report
        With the request, or with all errors.
    """
    tight = compact(draft)
    request, found = judge(tight.body)
    problems = {path: _of_reference(problem, path, tight.body) for path, problem in found.items()}
    ours = broken(tight.body, offer) if broken is not None else {}
    for path, problem in (*ours.items(), *fits(tight.body, offer).items()):
        problems.setdefault(path, problem)
    advice = advise(
        tight.body, offer, storages=storages, networks=networks, offers=offers, is_variable=is_variable
    )
    return Report(
        None if problems else request,
        tight.body,
        {tight.in_draft(path): problem for path, problem in problems.items()},
        tuple(replace(one, path=tight.in_draft(one.path)) for one in advice),
    )


def judge(body: Mapping[str, Any]) -> tuple[CreateInstanceRequest | None, dict[Path, Problem]]:
    """Judge a body exactly as it stands: no blank is dropped, no digit and no ``{"$env": …}`` read."""
    try:
        return CreateInstanceRequest.model_validate(body), {}
    except ValidationError as invalid:
        return None, dict(_problems(invalid.errors(include_input=False, include_url=False), body))


def _of_reference(problem: Problem, path: Path, body: Mapping[str, Any]) -> Problem:
    """Say of an object in place of an env value what it has to look like: a reference was meant."""
    meant = is_env_value(path) and isinstance(value_at(body, path), Mapping)
    return Problem("env_ref") if meant else problem


def _problems(details: list[ErrorDetails], body: Mapping[str, Any]) -> Iterator[tuple[Path, Problem]]:
    for detail in details:
        path: Path = detail["loc"]
        kind = detail["type"]
        if kind == "missing":
            yield from _missing(path)
        elif kind == "prepaid_needed":
            months: Path = (*path, "prepaid", "months")
            yield months, Problem("prepaid_needed", _limits(months).params)
        elif kind == "prepaid_only":
            yield _first_leaf(body, (*path, "prepaid")), Problem("prepaid_only")
        elif kind == "extra_forbidden":
            yield path, _unknown(path)
        # A half of a character in one key, and pydantic reads none of them.
        elif kind == "string_unicode" and isinstance(part := value_at(body, path), Mapping):
            yield from (((*path, key), Problem("unknown")) for key in part if any(map(is_half, key)))
        elif kind in _PLAIN:
            yield path, Problem(_PLAIN[kind])
        elif kind == "image_address":
            yield path, _of_address(str(value_at(body, path)))
        else:
            yield path, _limits(path, value_at(body, path))


def _first_leaf(body: Mapping[str, Any], path: Path) -> Path:
    """Return where in a block that is not wanted something was typed."""
    while isinstance(value := value_at(body, path), Mapping) and value:
        path = (*path, next(iter(value)))
    return path


def _missing(path: Path) -> Iterator[tuple[Path, Problem]]:
    """Say what is missing where it would be typed: at the leaves."""
    node = node_at(path)
    if isinstance(node, Group):
        for name in filter(node.required.__contains__, node.fields):
            yield from _missing((*path, name))
    else:
        has_limits = isinstance(node, Leaf) and node.kind != "text"
        yield path, _limits(path) if has_limits else Problem("missing")


def _of_address(image: str) -> Problem:
    """Show the address that was likely meant, where there is one."""
    meant = corrected_address(image)
    return Problem("image_address_meant", {"meant": meant}) if meant else Problem("image_address")


def corrected_address(image: str) -> str | None:
    """Return the address that one with blanks or full-width marks was to be; None where that is open.

    A comma within it was to be a point, as no address has one.
    """
    if len(image) > _LONGEST or can_be_address(image):
        return None
    seen = "".join(char for char in image if unicodedata.category(char) != "Cf")
    plain = unicodedata.normalize("NFKC", seen).strip().rstrip(_ENDS_A_SENTENCE + "。").translate(_MARKS)
    address = _BLANKS_AT_MARKS.sub(r"\1", plain)
    return address if _ADDRESS.fullmatch(address) else None


def _limits(path: Path, value: Any = None) -> Problem:
    """Say what the field takes, or why a text is no number for it: both the error and the way out."""
    node = node_at(path)
    if not isinstance(node, Leaf):
        return Problem("object" if isinstance(node, Group) else "list")
    if node.kind == "whole":
        fault = why_not_whole(value, path) if isinstance(value, str) else ""
        if fault:
            return Problem(f"whole_{fault}")
        code = "whole" if node.high is None else "whole_range"
        return Problem(code, {"low": node.low, "high": node.high})
    if node.kind == "choice":
        return Problem("choice", {"choices": ", ".join(node.choices)})
    return Problem("switch") if node.kind == "switch" else Problem("too_long", {"longest": node.longest})


def _unknown(path: Path) -> Problem:
    """Name the known key that was likely meant."""
    parent = node_at(path[:-1])
    known = list(parent.fields) if isinstance(parent, Group) else []
    close = difflib.get_close_matches(str(path[-1]), known, 1)
    return Problem("unknown_meant", {"meant": close[0]}) if close else Problem("unknown")


@dataclass(frozen=True)
class Problem:
    """One reason why a draft is no request yet: a code and its parameters."""

    code: str
    params: Mapping[str, object] = field(default_factory=dict)

    def sentence(self, path: Path, say: Words) -> str:
        """Return it in words, with the field's own words where there are some."""
        key = f"problem.{self.code}"
        return say.first(f"{key}@{pattern(path)}", key, **self.params)


def fits(body: Mapping[str, Any], offer: Offer | None) -> dict[Path, Problem]:
    """Return what of a body does not fit its product; rows are numbered as in the body.

    Nothing is judged by another product's offer, nor by what an answer did not give.
    """
    offer = pricing.offer_for(offer, body)
    return {} if offer is None else dict([*_not_sold(body, offer), *_too_large(body, offer)])


def _not_sold(body: Mapping[str, Any], offer: Offer) -> Iterator[tuple[Path, Problem]]:
    # deployable and activity.purchasable block a choice (inferred from their names, v2, list products).
    if offer.allowed and not offer.available:
        code = "sold_out" if offer.purchasable else "not_purchasable"
        yield ("product_id",), Problem(code if offer.deployable else "undeployable")
    # Unset means gpu (v2, create instance). The error stands where something was chosen.
    if offer.type in ("gpu", "cpu") and (offer.type == "cpu") != pricing.is_cpu(body):
        given = value_at(body, ("type",))
        yield ("type" if given else "product_id",), Problem(f"product_of_{offer.type}")
    # The server's UNSUPPORTED_BILLING_MODE (error page).
    mode, months = pricing.mode_of(body), pricing.months_of(body)
    if mode and offer.modes and mode not in offer.modes:
        yield ("billing", "mode"), Problem("mode_not_sold", {"modes": ", ".join(offer.modes)})
    if pricing.is_prepaid(body) and months and offer.prepaid and months not in offer.prepaid:
        sold = ", ".join(str(count) for count in sorted(offer.prepaid))
        yield ("billing", "prepaid", "months"), Problem("months_not_sold", {"months": sold})
    chosen = value_at(body, ("candidate_regions",))
    for number, region in enumerate(chosen) if isinstance(chosen, list | tuple) else ():
        if not offer.sold_in(region):
            yield ("candidate_regions", number), Problem("region_not_sold", {"regions": some(offer.regions)})


def _too_large(body: Mapping[str, Any], offer: Offer) -> Iterator[tuple[Path, Problem]]:
    gpus, free = pricing.gpus_of(body), offer.gpu_free
    problem = _outside(gpus, offer.gpu_min, offer.gpu_max)
    if problem is None and gpus and free and gpus > free:  # with none free, the product itself says so
        problem = Problem("above_free", {"free": free})
    if problem is not None:
        yield ("resource", "gpu_num"), problem
    # The console checks just this on the v1 names minRootFS and maxRootFS.
    path = ("resource", "rootfs_size_gb")
    problem = _outside(pricing.whole_at(body, path), offer.rootfs_min_gb, offer.rootfs_max_gb)
    if problem is not None:
        yield path, problem


def _outside(value: int | None, low: int | None, high: int | None) -> Problem | None:
    if value is None or ((low is None or value >= low) and (high is None or value <= high)):
        return None
    if low is None:
        return Problem("offer_most", {"high": high})
    if high is None:
        return Problem("offer_least", {"low": low})
    return Problem("offer_only" if low == high else "offer_range", {"low": low, "high": high})
