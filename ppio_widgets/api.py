"""The Python face: which cloud, a launch in one call, and what the ledger knows.

`connect` is the one place that decides between practice and live; form, line
and Python all come through it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ppio_widgets import environment
from ppio_widgets.cloud.catalogue import RULES, Catalogue
from ppio_widgets.cloud.client import PpioClient, Target
from ppio_widgets.errors import HostRefused, LaunchAbsent, OutcomeUnknown, RequestInvalid
from ppio_widgets.instances.instance import Instance
from ppio_widgets.launches import history
from ppio_widgets.launches.claim import read_consent
from ppio_widgets.launches.launch import SOFT_SECONDS, Launch, live_launch
from ppio_widgets.launches.plan import LaunchPlan
from ppio_widgets.launches.sentences import launch_sentence, record_sentence
from ppio_widgets.launches.states import LaunchState
from ppio_widgets.locale.words import words
from ppio_widgets.request.models import CreateInstanceRequest
from ppio_widgets.request.pricing import is_cpu, read_ceiling
from ppio_widgets.request.validation import Report, check
from ppio_widgets.runtime import kernel, threads
from ppio_widgets.secrets.credentials import (
    PRACTICE_ADDRESS,
    ApiKey,
    find_key,
    hidden,
    host_of,
    is_practice_key,
)
from ppio_widgets.secrets.frames import without_frames
from ppio_widgets.secrets.hosts import BASE_URL_VARIABLE
from ppio_widgets.secrets.redaction import input_error

if TYPE_CHECKING:
    from decimal import Decimal

    from ppio_widgets.launches.claim import Again
    from ppio_widgets.launches.ledger import Record
    from ppio_widgets.practice.account import Slow
    from ppio_widgets.request.advice import Advice
    from ppio_widgets.request.rules import Rules
    from ppio_widgets.secrets.credentials import KeySource
    from ppio_widgets.secrets.hosts import Host

    # Which cloud: see `launch`.
    Practice = bool | Slow | None

__all__ = ["Instance", "connect", "launch"]

PRACTICE_VARIABLE = "PPIO_WIDGETS_PRACTICE"
HUB_USER_VARIABLE = "JUPYTERHUB_USER"

# How long a call waits for a lost answer to be looked up before it raises.
LOOK_UP_SECONDS = 90.0


class _Switch:
    practice: bool | None = None  # what ``%ppio practice`` chose in this kernel
    alone = False  # whether a class was started in it: whatever address the environment names


def switch_practice(on: bool, *, alone: bool | None = None) -> None:  # noqa: FBT001 - a switch is on or off
    """Choose the practice cloud, or not, for the rest of this kernel (``%ppio practice on``).

    `alone` is whether it is the one within this kernel, whatever address the environment names.
    """
    chosen = kernel.of(_Switch)
    chosen.practice = on
    chosen.alone = on and (chosen.alone if alone is None else alone)


def wants_practice() -> bool | None:
    """Return what was chosen for this kernel, or None where nothing was."""
    chosen = kernel.of(_Switch).practice
    if chosen is not None:
        return chosen
    return environment.variable(PRACTICE_VARIABLE) == "1" or None


@without_frames
def connect(  # noqa: PLR0913 - each says one thing about which cloud
    *,
    practice: Practice = None,
    api_key: KeySource | None = None,
    base_url: str | None = None,
    allow_host: str | None = None,
    fall_back: bool = False,
    need_key: bool = True,
    join: bool = True,
) -> PpioClient:
    """Return a client of the cloud that is meant; `launch` says what means which.

    With `fall_back` it is the practice cloud where there is no key: a form does that, a line or a call never.
    With `need_key` a missing key is an error now, and not when a request is made. With `join` a person of a
    hub joins the class that the environment names, once: nobody else is asked anything here.
    """
    api_key = hidden(api_key)
    if base_url is None and practice is not False and kernel.of(_Switch).alone:
        base_url, practice = PRACTICE_ADDRESS, True
    nothing_named = base_url is None and api_key is None and allow_host is None
    if join and nothing_named and practice is not False:
        _join_as_hub_user()
    host = host_of(base_url, allow_host=allow_host, argument=api_key)
    slow = _slow(practice, host)
    if practice is None:
        practice = wants_practice()
        if practice and base_url and not (host.loopback or host.is_class):
            raise HostRefused("host_practice", host=host.name)
    if practice is None and fall_back and find_key(host, api_key) is None:
        practice = True
    if practice is False and host.is_class:
        raise HostRefused("host_unknown", host=host.name)
    if not practice or host.is_class:
        client = PpioClient(api_key, base_url=base_url, allow_host=allow_host)
        if need_key:
            client.require_key()
        return client
    key = api_key if isinstance(api_key, ApiKey) and is_practice_key(api_key) else None
    if host.loopback and host.base_url != PRACTICE_ADDRESS:
        return PpioClient(key, base_url=host.base_url)
    # Only who practises in the kernel itself loads its cloud.
    from ppio_widgets.practice.cloud import kernel_cloud  # noqa: PLC0415
    from ppio_widgets.practice.transport import PracticeTransport  # noqa: PLC0415

    return PpioClient(key, base_url=PRACTICE_ADDRESS, transport=PracticeTransport(kernel_cloud(), slow))


def _slow(practice: object, host: Host) -> Slow | None:
    """Return how slowly the practice cloud of this kernel is to go, None where nothing is said of that."""
    if practice is None or isinstance(practice, bool):
        return None
    from ppio_widgets.practice.account import Slow  # noqa: PLC0415

    if not isinstance(practice, Slow):
        raise input_error("practice_kind")
    if (host.loopback or host.is_class) and host.base_url != PRACTICE_ADDRESS:
        raise HostRefused("host_slow", host=host.name)
    return practice


def _join_as_hub_user() -> None:
    """Join the class that the environment names, as the person of a hub; elsewhere nothing is loaded."""
    if environment.variable(HUB_USER_VARIABLE) and environment.variable(BASE_URL_VARIABLE):
        from ppio_widgets.practice.classroom.student import join_as_hub_user  # noqa: PLC0415

        join_as_hub_user()


@without_frames
def launch(  # noqa: PLR0913 - the same, and consent
    body: Mapping[str, Any] | CreateInstanceRequest,
    *,
    api_key: KeySource | None = None,
    base_url: str | None = None,
    practice: Practice = None,
    allow_host: str | None = None,
    max_hourly_price: Decimal | int | str | None = None,
    again: Again = False,
) -> Launch:
    """Launch an instance: one request, sent once. Calling this is consent.

    Parameters
    ----------
    body : mapping or CreateInstanceRequest
        The body of "create instance"; nothing is added to it.
    api_key, base_url, allow_host : optional
        See `PpioClient`. On the practice cloud a practice key, ``sk_practice_NAME.PIN``, is an
        account of its own; any other key is not sent there.
    practice : bool or Slow, optional
        True for the practice cloud: the one served at a loopback base URL, else
        the one in this process; `Slow` for that one, so that each state can be seen. False
        for the live one. Without it ``%ppio practice`` decides, then ``PPIO_WIDGETS_PRACTICE=1``;
        where these say the practice cloud, a `base_url` of another machine is refused.
    max_hourly_price : Decimal, int or str, optional
        The most that one hour may cost, all GPUs together, in the account's currency.
        Above it, or when the price is not known, nothing is sent.
    again : bool, str or iterable of str
        What is agreed to: True or ``"copy"`` although an instance of this name is there or may be,
        ``"unchecked"`` although that cannot be checked, ``"unreadable"`` although a record cannot
        be read, ``"unrecorded"`` although this launch cannot be written down. Each lets only
        that pass; several may be given.

    Returns
    -------
    Launch
        With the instance's `id`; ``.wait()`` waits until it runs. Interrupting this
        call stops the waiting, not the launch.

    Raises
    ------
    RequestInvalid
        With every error at once; nothing was sent.
    CredentialsError, HostRefused, LaunchRefused, NotSent
        Nothing was sent. `ConsentNeeded`, a `LaunchRefused`: unless `again` agrees.
    ApiError
        The server refused it.
    OutcomeUnknown
        It may have arrived, and looking it up for a minute and a half did not tell. It is
        written down, looked up further, and listed by ``%ppio launches``.
    """
    api_key = hidden(api_key)
    if isinstance(body, CreateInstanceRequest):
        report = Report(body, body.body())
    elif isinstance(body, Mapping):
        report = check(body)
        report.require()
    else:
        raise RequestInvalid("body_kind", kind=type(body).__name__)
    consent = read_consent(again)
    ceiling = read_ceiling(max_hourly_price)
    client = connect(practice=practice, api_key=api_key, base_url=base_url, allow_host=allow_host)
    rules = rules_of(client)
    if ceiling is None and rules.max_hourly is None:  # then nothing waits for the price
        plan = LaunchPlan(check(report.body, broken=rules.broken), Target.of(client), price_asked=False)
    else:
        plan = priced_plan(report, client, ceiling)
    if rules:
        plan.report.require()
    return finish(Launch(plan, client), again=consent)


def rules_of(client: PpioClient) -> Rules:
    """Return what the lesson of a class allows; no other cloud is asked, and limits nothing."""
    client.prices.load(RULES)
    return client.prices.snapshot().rules


@without_frames
def priced_plan(
    report: Report, client: PpioClient, ceiling: Decimal | None = None, notes: tuple[Advice, ...] = ()
) -> LaunchPlan:
    """Return a plan with its price, where it can be read."""
    catalogue = Catalogue(client)
    product = str(report.body.get("product_id", ""))
    catalogue.load_products([product], cpu_first=is_cpu(report.body))
    catalogue.load("balance")
    told = catalogue.snapshot()
    offer = told.offer(product)
    judged = check(report.body, offer=offer, offers=told.offers, broken=rules_of(client).broken)
    return LaunchPlan(
        judged,
        Target.of(client),
        offer,
        told.balance,
        ceiling,
        notes=notes,
        class_time=client.class_time,
    )


@without_frames
def finish(begun: Launch, *, again: Again = False, report: Callable[[str], None] | None = None) -> Launch:
    """Submit a launch and wait for the server's answer, or for a lost one to be looked up.

    `report` is called with a sentence when the waiting becomes long; whatever kept the launch from being an
    instance is raised.
    """
    begun.submit(again=again)
    begun.wait_for_answer(SOFT_SECONDS)
    if begun.state not in (LaunchState.SUCCEEDED, LaunchState.REJECTED, LaunchState.NOT_SENT):
        if report is not None:
            report(launch_sentence(begun, words()))
        begun.wait_for_answer()
        begun.wait_for_outcome(LOOK_UP_SECONDS)
    if begun.state is LaunchState.SUCCEEDED:
        return begun
    if begun.state is LaunchState.ABSENT:
        raise LaunchAbsent("absent", name=begun.name, launch_id=begun.launch_id)
    if isinstance(begun.error, OutcomeUnknown):
        raise OutcomeUnknown("unknown_still", reason=begun.error, launch_id=begun.launch_id)
    if begun.error is not None:
        raise begun.error
    return begun


@without_frames
def look_up(launch_id: str, *, api_key: KeySource | None = None) -> str:
    """Look a recorded launch up now, once, and say where it stands; `api_key` is of the account it is on."""
    api_key = hidden(api_key)
    begun = live_launch(launch_id)
    if begun is not None:
        return launch_sentence(begun.look(), words())
    record, ledger = history.find(launch_id)
    if record.unresolved:
        record = history.look_up(record, ledger, _client_of(record, api_key))
    return record_sentence(record, threads.now(), words())


def _client_of(record: Record, api_key: KeySource | None) -> PpioClient:
    """Return a client of the cloud that a launch went to."""
    named = None if record.practice else record.host.partition("://")[2]
    return connect(practice=record.practice, api_key=api_key, base_url=record.host, allow_host=named)


@without_frames
def declare_found(launch_id: str, instance_id: str, *, api_key: KeySource | None = None) -> str:
    """Take a person's word for the id that a recorded launch was given, once that instance was read."""
    api_key = hidden(api_key)
    begun = live_launch(launch_id)
    if begun is not None:
        begun.declare_found(instance_id)
        return launch_sentence(begun, words())
    record, ledger = history.find(launch_id)
    record = history.declare_found(record, ledger, _client_of(record, api_key), instance_id)
    return record_sentence(record, threads.now(), words())


@without_frames
def declare_absent(launch_id: str, name: str) -> str:
    """Take a person's word that the instance of a recorded launch is not there; `name` is typed once more."""
    begun = live_launch(launch_id)
    if begun is not None:
        begun.declare_absent(name)
        return launch_sentence(begun, words())
    record = history.declare_absent(*history.find(launch_id), name)
    return record_sentence(record, threads.now(), words())
