"""A lesson as its file states it, in both languages, and every fault of such a file by its path.

This is the single statement of the file's vocabulary; ``docs/*/reference/lessons.md`` has its words.
"""

from __future__ import annotations

import difflib
import re
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, ValidationError
from pydantic_core import PydanticCustomError

from ppio_widgets.errors import MomentUnreadable
from ppio_widgets.locale.words import joined, words
from ppio_widgets.practice.account import Terms
from ppio_widgets.practice.catalogue import OFFERS
from ppio_widgets.practice.failures import failure_of
from ppio_widgets.practice.products import REGIONS
from ppio_widgets.request.offers import BillingMode
from ppio_widgets.request.pricing import read_amount
from ppio_widgets.request.rules import Rules
from ppio_widgets.request.schema import Leaf, dotted, node_at, path_of
from ppio_widgets.runtime.times import read_span
from ppio_widgets.secrets.redaction import input_error

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic_core import ErrorDetails

    from ppio_widgets.locale.words import Words

_BOUND = re.compile(r"(>=|<=|>|<|)\s*([0-9]{1,9}(?:\.[0-9]{1,6})?)")
_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,3})?)\s*%")
_MOMENT = re.compile(r"([0-9]{1,3}):([0-5][0-9])")
_PORT = re.compile(r"([0-9]{1,5})(?:/(tcp|http))?")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


# What a value may be


@dataclass(frozen=True)
class Bound:
    """What a number is compared with: ``">=24"``, ``"<2"``; without a sign it is that number."""

    sign: str
    value: Decimal

    def holds(self, number: Decimal | int) -> bool:
        """Whether a number is as it has to be."""
        return {
            ">=": number >= self.value,
            "<=": number <= self.value,
            ">": number > self.value,
            "<": number < self.value,
        }.get(self.sign, number == self.value)

    def __str__(self) -> str:
        sign = {">=": "≥", "<=": "≤"}.get(self.sign, self.sign)
        return f"{sign}{self.value:f}"


@dataclass(frozen=True)
class Tolerance:
    """How far an answer may be off: ``"10%"``, or an amount."""

    value: Decimal
    percent: bool

    def allows(self, answer: Decimal, right: Decimal) -> bool:
        """Whether an answer is near enough to what is right."""
        most = abs(right) * self.value / 100 if self.percent else self.value
        return abs(answer - right) <= most


def _text_of(value: object) -> str:
    return "" if isinstance(value, bool) or not isinstance(value, str | int | float) else str(value).strip()


def _bound(value: object) -> Bound:
    found = _BOUND.fullmatch(_text_of(value))
    if found is None:
        raise PydanticCustomError("bound", "a number, or a comparison")
    bound = Bound(found[1], Decimal(found[2]))
    if bound.sign == "<" and not bound.value:
        raise PydanticCustomError("never", "nothing that is judged is below zero")
    return bound


def _amount(value: object) -> Decimal:
    found = None if isinstance(value, bool) else read_amount(value)
    if found is None:
        raise PydanticCustomError("amount", "an amount")
    return found


def _tolerance(value: object) -> Tolerance:
    percent = _PERCENT.fullmatch(_text_of(value))
    found = Decimal(percent[1]) if percent else read_amount(_text_of(value))
    if found is None:
        raise PydanticCustomError("tolerance", "a percentage or an amount")
    return Tolerance(found, percent is not None)


def _span(value: object) -> float:
    try:
        return read_span(value if isinstance(value, str) else "")
    except MomentUnreadable:
        raise PydanticCustomError("span", "a length of time") from None


def _moment(value: object) -> float:
    found = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise PydanticCustomError("moment", "hours and minutes")
    return int(found[1]) * 3600.0 + int(found[2]) * 60.0


def _several(value: object) -> object:
    return [value] if isinstance(value, str | int) else value


def _port(value: object) -> str:
    found = _PORT.fullmatch(_text_of(value))
    if found is None or not 1 <= int(found[1]) <= 65535:
        raise PydanticCustomError("port", "a port")
    return found[0]


def _variables(value: object) -> dict[str, str | None]:
    """Return names with the values that they must have, None for any."""
    pairs = dict.fromkeys(value) if isinstance(value, list) and all(map(_is_name, value)) else value
    if not isinstance(pairs, dict) or not all(map(_is_name, pairs)):
        raise PydanticCustomError("envs", "names of variables")
    return {name: None if one is None else _text_of(one) for name, one in pairs.items()}


def _is_name(value: object) -> bool:
    return isinstance(value, str) and _VARIABLE.fullmatch(value) is not None


def _one_of(code: str, known: Mapping[str, object] | list[str] | type[BillingMode]) -> BeforeValidator:
    """Return what lets only known words pass; the nearest one is named."""
    names = [str(one) for one in known]

    def judge(value: object) -> object:
        if value not in names:
            raise PydanticCustomError(code, "not known", {"known": names, "given": _text_of(value)})
        return value

    return BeforeValidator(judge)


def _verb(value: object) -> object:
    """Return the verb of a failure, which may be named as a teacher names it."""
    try:
        return failure_of(_text_of(value)).verb
    except ValueError as nearest:
        raise PydanticCustomError("verb_meant", "no verb", {"meant": str(nearest)}) from None


def _pattern(value: object) -> object:
    if isinstance(value, str) and re.search(r"[{}]", value.replace("{student}", "")):
        raise PydanticCustomError("placeholder", "only {student}")
    return value


def _locked(value: object) -> object:
    for name, one in value.items() if isinstance(value, dict) else ():
        leaf = node_at(path_of(str(name)))
        kinds = {"whole": int, "switch": bool}
        if not isinstance(leaf, Leaf) or type(one) is not kinds.get(leaf.kind, str):
            raise PydanticCustomError("locked", "no field with such a value", {"name": str(name)})
    return value


_Bound = Annotated[Bound, PlainValidator(_bound)]
_Amount = Annotated[Decimal, PlainValidator(_amount)]
_Span = Annotated[float, PlainValidator(_span)]
_Name = Annotated[str, Field(min_length=1, max_length=255), BeforeValidator(_pattern)]
_Text = Annotated[str, Field(min_length=1, max_length=1000)]
_Product = Annotated[str, _one_of("product", OFFERS)]
_Mode = Annotated[str, _one_of("choice", BillingMode)]
_Region = Annotated[str, _one_of("choice", [row["id"] for row in REGIONS])]
_Several = BeforeValidator(_several)


# The file


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class Text(_Part):
    """A text in both languages."""

    en: _Text
    zh: _Text

    def told(self, student: str) -> dict[str, str]:
        """Return it as JSON; a student's name may be in it."""
        return {language: text.replace("{student}", student) for language, text in self}


class Allow(_Part):
    """What students may rent; what is left out limits nothing."""

    products: Annotated[tuple[_Product, ...], Field(strict=False)] = ()
    billing: Annotated[tuple[_Mode, ...], Field(strict=False)] = ()
    max_hourly: _Amount | None = None
    name: _Name | None = None
    locked: Annotated[dict[str, str | int | bool], BeforeValidator(_locked)] = Field(default_factory=dict)
    on_for: _Span | None = None

    def rules(self, student: str) -> Rules:
        """Return what a student may launch."""
        name = (self.name or "").replace("{student}", student)
        return Rules(self.products, self.billing, self.max_hourly, name, self.locked)


class Prediction(_Part):
    """What an answer is compared with: a number, or what the account shows."""

    value: _Amount | None = None
    of: Literal["spent", "hourly", "left"] | None = None
    at: _Span | None = None
    product: _Product | None = None
    within: Annotated[Tolerance, PlainValidator(_tolerance)] = Tolerance(Decimal("0.005"), percent=False)


class Expect(_Part):
    """What has to be so for an exercise to be passed; each part that is there has to hold."""

    named: _Name | None = None
    on: _Bound | None = None
    count: _Bound | None = None
    deleted: _Bound | None = None
    reclaimed: _Bound | None = None
    alone: bool = False
    gpu_memory_gb: _Bound | None = None
    hourly: _Bound | None = None
    billing: Annotated[tuple[_Mode, ...], Field(strict=False), _Several] = ()
    region: Annotated[tuple[_Region, ...], Field(strict=False), _Several] = ()
    image_tag: _Text | None = None
    envs: Annotated[dict[str, str | None], PlainValidator(_variables)] = Field(default_factory=dict)
    ports: Annotated[tuple[Annotated[str, PlainValidator(_port)], ...], Field(strict=False), _Several] = ()
    stopped_within: _Span | None = None
    off_for: _Span | None = None
    spent: _Bound | None = None
    prediction: Prediction | None = None
    kernel: Literal["preview", "rows"] | None = None


class Exercise(_Part):
    """One thing to do, and what the cloud judges it by."""

    id: Annotated[str, Field(pattern=r"^[0-9a-z]+(\.[0-9a-z]+)*$", max_length=20)]
    say: Text
    hint: Text | None = None
    expect: Expect

    def expect_of(self, student: str) -> Expect:
        """Return what is expected of a student: a name may have theirs in it."""
        named = self.expect.named
        return self.expect.model_copy(update={"named": named and named.replace("{student}", student)})


class LessonIncident(_Part):
    """What happens on its own: when a student has passed an exercise, or at a time of the class."""

    do: Annotated[str, BeforeValidator(_verb)]
    after: str | None = None
    at: Annotated[float, PlainValidator(_moment)] | None = None
    product: _Product | None = None
    times: Annotated[int, Field(ge=1, le=1000)] = 1


class Lesson(_Part):
    """A whole lesson. Amounts are in yuan; lengths of time are of the class."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
    title: Text
    minutes: Annotated[int, Field(ge=1, le=1440)]
    clock: Annotated[float, Field(ge=0, le=3600, strict=False)] = 1.0
    budget: _Amount
    stock: Literal["endless", "shared"] = "endless"
    allow: Allow = Allow()
    exercises: Annotated[tuple[Exercise, ...], Field(alias="exercise", strict=False)] = ()
    incidents: Annotated[tuple[LessonIncident, ...], Field(alias="incident", strict=False)] = ()

    def exercise(self, key: str) -> Exercise | None:
        """Return an exercise; None where there is none of this id."""
        return next((one for one in self.exercises if one.id == key), None)

    def rules(self, student: str) -> Rules:
        """Return what a student may launch."""
        return self.allow.rules(student)


# Reading it


@dataclass(frozen=True)
class Fault:
    """What is wrong with a lesson's file, and where: ``exercise[2].expect.hourly``."""

    path: str
    code: str
    params: Mapping[str, object] = field(default_factory=dict)

    def sentence(self, say: Words) -> str:
        """Return it in the language of `say`."""
        text = say(f"lesson.{self.code}", **self.params)
        return say("problem.named", name=self.path, text=text) if self.path else text


def examine(text: str) -> tuple[Lesson | None, tuple[Fault, ...]]:
    """Return the lesson that a text holds, or every fault of it."""
    try:
        read = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return None, (Fault("", "toml", {"why": str(error)}),)
    return faults_of(read)


def faults_of(read: Mapping[str, Any]) -> tuple[Lesson | None, tuple[Fault, ...]]:
    """Return the lesson that was read, or every fault of it."""
    lesson, faults = None, []
    try:
        lesson = Lesson.model_validate(read)
    except ValidationError as invalid:
        faults = [_fault(detail) for detail in invalid.errors(include_input=False, include_url=False)]
    told = {fault.path for fault in faults}
    faults += [fault for fault in _contradictions(read) if fault.path not in told]
    return (None, tuple(faults)) if faults else (lesson, ())


def read_lesson(text: str) -> Lesson:
    """Return the lesson that a text holds; an `InputError` names every fault of it."""
    lesson, faults = examine(text)
    if lesson is None:
        say = words()
        raise input_error("lesson", faults=joined(fault.sentence(say) for fault in faults))
    return lesson


def packaged_ids() -> tuple[str, ...]:
    """Return the ids of the lessons that come with the package."""
    return tuple(sorted(path.stem for path in _folder().glob("*.toml")))


def source(key: str) -> str:
    """Return the file of a lesson that comes with the package; an `InputError` names those that do."""
    known = packaged_ids()
    if key not in known:
        raise input_error("no_lesson", id=key, known=", ".join(known))
    return (_folder() / f"{key}.toml").read_text(encoding="utf-8")


def _folder() -> Path:
    return Path(__file__).with_name("lessons")


@cache
def packaged(key: str) -> Lesson:
    """Return a lesson that comes with the package, as `source`."""
    return read_lesson(source(key))


_LIMITS = {"greater_than_equal": "ge", "less_than_equal": "le"}
_KINDS = {
    "missing": "missing",
    "string_type": "text",
    "string_too_short": "missing",
    "string_too_long": "long",
    "string_pattern_mismatch": "id",
    "int_type": "whole",
    "float_type": "number",
    "float_parsing": "number",
    "tuple_type": "rows",
    "model_type": "table",
    "dict_type": "table",
    "bool_type": "switch",
}


def _fault(detail: ErrorDetails) -> Fault:
    kind, loc, told = detail["type"], detail["loc"], detail.get("ctx", {})
    path = dotted(tuple(part for part in loc if part != "[key]"))
    if kind == "extra_forbidden":
        return _near(path, "unknown", str(loc[-1]), _keys_at(loc[:-1]))
    if kind in _LIMITS:
        return Fault(path, kind, {"limit": f"{told[_LIMITS[kind]]:g}"})
    if kind == "literal_error":
        return Fault(path, "choice", {"known": ", ".join(re.findall(r"'(.*?)'", told["expected"]))})
    if "known" in told:
        known = told["known"]
        return _near(path, kind, told["given"], known)
    return Fault(path, _KINDS.get(kind, kind), told)


def _near(path: str, code: str, given: str, known: list[str]) -> Fault:
    """Name the nearest of what is known."""
    close = difflib.get_close_matches(given, known, 1, 0.5)
    if code == "choice":
        return Fault(path, code, {"known": ", ".join(known)})
    return Fault(path, f"{code}_meant", {"meant": close[0]}) if close else Fault(path, code)


def _keys_at(loc: tuple[str | int, ...]) -> list[str]:
    """Return the keys that a table of the file may have."""
    model: Any = Lesson
    for part in loc:
        if isinstance(part, str):
            fields = model.model_fields
            model = _model(next(one.annotation for name, one in fields.items() if part in (name, one.alias)))
    return [one.alias or name for name, one in model.model_fields.items()]


def _model(annotation: Any) -> Any:
    """Return the table within an annotation."""
    while get_origin(annotation) is not None:
        annotation = next(one for one in get_args(annotation) if one is not type(None))
    return annotation


def _contradictions(read: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield what each part allows, and all of them together do not; other parts may be at fault."""
    seen: set[str] = set()
    for number, exercise in enumerate(_tables(read.get("exercise"))):
        here, key, expect = f"exercise[{number}]", exercise.get("id"), exercise.get("expect")
        if isinstance(key, str):
            if key in seen:
                yield Fault(f"{here}.id", "twice")
            seen.add(key)
        (parts,) = _tables([expect])
        if expect == parts and all(name == "named" or one in ("", [], {}) for name, one in parts.items()):
            yield Fault(f"{here}.expect", "nothing")
        foreseen = parts.get("prediction")
        if isinstance(foreseen, dict) and ("value" in foreseen) == ("of" in foreseen):
            yield Fault(f"{here}.expect.prediction", "prediction")
    for number, incident in enumerate(_tables(read.get("incident"))):
        here, after = f"incident[{number}]", incident.get("after")
        if ("after" in incident) == ("at" in incident):
            yield Fault(here, "when")
        if isinstance(after, str) and after not in seen:
            yield _near(f"{here}.after", "exercise", after, sorted(seen))
    with suppress(ValidationError):
        yield from _impossible(Allow.model_validate(read.get("allow", {})))


def _tables(value: object) -> list[dict[str, Any]]:
    """Return the tables of a list; in place of what is none an empty one."""
    return [one if isinstance(one, dict) else {} for one in value] if isinstance(value, list) else []


# Of a launch that is refused for one of these another image or network may pass.
_OTHERS = ("IMAGE", "NETWORK")


def _impossible(allow: Allow) -> Iterator[Fault]:
    """Yield the rules by which nothing can be launched, or else that it is all of them together."""
    if _lets_launch(allow):
        return
    parts: list[tuple[Fault, dict[str, Any]]] = [
        (Fault(f"allow.{name}", "impossible"), {name: getattr(allow, name)})
        for name in ("products", "billing", "max_hourly")
    ]
    for key, value in allow.locked.items():
        parts.append((Fault("allow.locked", "locked", {"name": key}), {"locked": {key: value}}))
    alone = [fault for fault, part in parts if not _lets_launch(Allow().model_copy(update=part))]
    yield from alone or [Fault("allow", "impossible")]


def _lets_launch(allow: Allow) -> bool:
    """Whether there is a body that an account of the class would launch."""
    rules = allow.rules("s01")
    return any(
        all(
            str(wrong.answer["reason"]).startswith(_OTHERS)
            for wrong in Terms(rules).refusals(rules.over(body))
        )
        for body in _bodies(rules)
    )


def _bodies(rules: Rules) -> Iterator[dict[str, Any]]:
    """Yield the smallest body of each product in each billing mode.

    Who locks a number of GPUs means no product that has none, unless it is listed.
    """
    name, counts = rules.named("one"), "resource.gpu_num" in rules.locked
    for offer in OFFERS.values():
        if counts and offer.type == "cpu" and offer.id not in rules.products:
            continue
        resource = {"gpu_num": offer.gpu_min or 1, "rootfs_size_gb": offer.rootfs_min_gb}
        prepaid = [{"mode": "prepaid", "prepaid": {"months": months}} for months in offer.prepaid]
        for billing in ({"mode": "postpaid"}, {"mode": "spot"}, *prepaid):
            body = {"name": name, "type": offer.type, "product_id": offer.id, "image": "ubuntu:24.04"}
            yield {**body, "billing": billing, "resource": resource}
