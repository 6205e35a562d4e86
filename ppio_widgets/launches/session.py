"""What a form observes: the draft, the report, where the launch stands.

The session is the only truth of a form. Views call its verbs and observe its
traits; they keep no data of their own and never ask each other anything.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from traitlets import Any as Any_
from traitlets import Dict, HasTraits, Instance, Integer, Unicode, UseEnum
from traitlets import Tuple as TupleOf

from ppio_widgets.cloud import recent
from ppio_widgets.cloud.catalogue import KINDS, OFFERS, PRICES, RULES, Catalogue, Snapshot, load_kinds
from ppio_widgets.cloud.client import Target
from ppio_widgets.errors import LaunchRefused, MomentUnreadable
from ppio_widgets.launches.claim import read_consent
from ppio_widgets.launches.history import used_names
from ppio_widgets.launches.launch import Launch, Timer, names_of_this_kernel
from ppio_widgets.launches.names import folded
from ppio_widgets.launches.plan import CEILING, LaunchPlan, each_named, written_out
from ppio_widgets.launches.presets import changed_since
from ppio_widgets.launches.states import BUSY, LaunchState
from ppio_widgets.request.advice import Advice
from ppio_widgets.request.draft import DEFAULTS, compact, copied, with_value
from ppio_widgets.request.envref import IsVariable, no_variable
from ppio_widgets.request.price_text import charges
from ppio_widgets.request.pricing import AboveCeiling, is_cpu, priced_part
from ppio_widgets.request.proposals import NAME, Proposals, numbered, proposals
from ppio_widgets.request.validation import Report, check
from ppio_widgets.runtime import forks, threads
from ppio_widgets.secrets.redaction import rows_written_out

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from decimal import Decimal

    from traitlets.utils.bunch import Bunch

    from ppio_widgets.cloud.client import PpioClient
    from ppio_widgets.errors import ConsentNeeded, PpioError
    from ppio_widgets.launches.claim import Again
    from ppio_widgets.locale.words import Words
    from ppio_widgets.request.choices import Filling
    from ppio_widgets.request.offers import Offer, Template
    from ppio_widgets.request.schema import Path

# Where an error of the timer stands: named as the form's own parameter.
STOP: Path = ("stop",)

# An open confirmation that nobody answers is withdrawn: who comes back later looks anew.
ARMED_SECONDS = 120.0


# What the catalogue tells waits until no key came for so long, but not for ever: a key is shown at once.
PAUSE_SECONDS = 0.3
MOST_PAUSES = 20


@dataclass(frozen=True, eq=False)
class Repriced:
    """What a question named before its price changed; no two are the same."""

    before: Offer | None


class LaunchSession(HasTraits):
    """One person's way from a draft to an instance.

    `launches` are all that were sent from here, in their order; `agreed` the doubts about the present one
    that were agreed to. `again` was agreed to beforehand (see `Launch.submit`), `is_variable` and `notes`
    are for advice.

    Without a draft it begins with the defaults, and proposes what nobody `typed`: what follows from a product
    and a template, a free name, and on the practice cloud a product and a template as well. On a live cloud
    nothing that costs is chosen for anybody. A draft from elsewhere stands as it is: from then on nothing
    is proposed.
    """

    draft = Dict(help="What is typed so far; replaced, never changed in place.")
    proposed = Any_({}, help="What the session set itself and nobody typed since: values by path.")
    filled = Integer(help="How many drafts came from elsewhere than the controls that show them.")
    report = Instance(Report, help="The check of the draft.")
    status = UseEnum(LaunchState, default_value=LaunchState.DRAFT, help="Where the launch stands.")
    snapshot = Instance(Snapshot, args=(), help="What the catalogue told so far.")
    ceiling = Any_(None, allow_none=True, help="The most that one hour may cost, a Decimal; None: any price.")
    timer = Instance(Timer, args=(), help="When the kernel stops what is launched; false: never.")
    unreadable = Any_({}, help="Why what was typed as ceiling or timer is none: errors by path.")
    preset = Unicode(help="Name of the preset that the draft began with, or empty.")
    since = Any_(None, allow_none=True, help="What changed since the last launch of the name, a Since.")
    launch = Instance(Launch, allow_none=True, help="The launch that was last begun.")
    loading = Any_(frozenset(), help="The kinds of the catalogue that are on their way.")
    repriced = Any_(None, allow_none=True, help="Why the open question is asked anew, a Repriced.")
    sight = TupleOf(help="Changes whenever what is known of one of the launches does.")

    def __init__(
        self,
        client: PpioClient,
        draft: Mapping[str, Any] | None = None,
        *,
        again: Again = False,
        is_variable: IsVariable = no_variable,
        notes: tuple[Advice, ...] = (),
    ) -> None:
        self.lock = forks.rlock()
        self.closed = False
        self.launches: tuple[Launch, ...] = ()
        self.client = client
        self.target = Target.of(client)
        self.catalogue = Catalogue(client)
        self._again = read_consent(again)
        self.agreed: tuple[ConsentNeeded, ...] = ()
        self._is_variable = is_variable
        self._notes = notes
        self._written_out = rows_written_out(draft or {})
        self._disarming = forks.event()
        self._loads: dict[str, object] = {}  # by kind, the last one that is on its way
        self._typed_at: float | None = None
        self._proposes = draft is None
        self._proposals = Proposals()
        self._names: frozenset[str] | None = None  # those of the ledger, once they were read
        given = copied(DEFAULTS if draft is None else draft)  # whoever gave it may go on changing it
        super().__init__(draft=given, report=check(given, is_variable=is_variable))
        if self._proposes:
            self.proposed = self._proposals.values = proposals(None, None)

    @property
    def plan(self) -> LaunchPlan:
        """What a launch would do now."""
        return LaunchPlan(
            self.report,
            self.target,
            self.offer,
            self.snapshot.balance,
            self.ceiling,
            price_asked=self.catalogue.priced or bool(self.loading),
            notes=(*self._notes, *written_out(self.report.body, self._written_out)),
            class_time=self.client.class_time,
        )

    @property
    def money(self) -> tuple[object, ...]:
        """All that what a launch costs depends on, to the minute: where it is the same, so is the price."""
        plan = self.plan
        minute = self.client.now() // 60
        terms = (plan.offer, plan.balance, plan.price_asked, plan.price_is_old, self.timer)
        return (*terms, plan.advice, priced_part(self.report.body), minute)

    @property
    def offer(self) -> Offer | None:
        """The product that the draft names, where the catalogue told it."""
        return self.snapshot.offer(str(self.report.body.get("product_id", "")))

    def errors(self, say: Words) -> dict[Path, str]:
        """Return all that blocks a launch, a sentence for each path: the body's, ceiling and timer."""
        found = self.plan.errors(say)
        for path, problem in self._problems.items():
            if not isinstance(problem, AboveCeiling):
                found[path] = problem.sentence(say)
        return found

    @property
    def blocked(self) -> bool:
        """Whether a launch would be refused now."""
        return self.report.request is None or bool(self._problems)

    def blockers(self, say: Words) -> list[str]:
        """Return all that blocks a launch, each as one text."""
        return each_named(self.errors(say), say)

    def require(self) -> None:
        """Pass when nothing blocks."""
        self.report.require()
        for problem in self._problems.values():
            if isinstance(problem, AboveCeiling):
                raise LaunchRefused("price", reason=problem)
            raise problem.with_traceback(None)

    @property
    def _problems(self) -> dict[Path, PpioError | AboveCeiling]:
        """What blocks a launch beside the body."""
        found: dict[Path, PpioError | AboveCeiling] = {}
        above = self.plan.refused_price
        if above is not None:
            found[CEILING] = above
        try:
            self.timer.require()
        except MomentUnreadable as error:  # its time is over by now
            found[STOP] = error
        return {**found, **self.unreadable}

    @property
    def has_launched(self) -> bool:
        """Whether an instance was already made from here."""
        return any(launch.id is not None for launch in self.launches)

    def replace(self, draft: Mapping[str, Any]) -> None:
        """Take a whole new draft; an open confirmation is withdrawn, and what is another value was typed."""
        with self.lock:
            self.note_key()
            self.disarm()
            self._proposals.note(self.draft, draft)
            self._take(draft)

    def note_key(self) -> None:
        """Note that somebody types or chooses now: what the catalogue tells waits for a pause."""
        self._typed_at = threads.tick()

    def _await_pause(self) -> None:
        """Wait while keys come; called on a thread of its own. Without threads nobody can type meanwhile."""
        for _pause in range(MOST_PAUSES if threads.exist() else 0):
            typed_at = self._typed_at
            left = 0.0 if typed_at is None else typed_at + PAUSE_SECONDS - threads.tick()
            if left <= 0 or self.closed:
                return
            threads.wait(forks.event(), left)

    def fill(self, draft: Mapping[str, Any], *, preset: str = "") -> None:
        """Take a whole draft that no control shows yet: they are told of it first, even of an equal one.

        It stands exactly as it is: nothing is proposed from now on. `preset` names the one that it is.
        """
        with self.lock, self.hold_trait_notifications():
            self._proposes = False
            self._proposals = Proposals()
            self.preset = preset
            self.filled += 1
            self.replace(draft)

    def fill_like(self, body: Mapping[str, Any]) -> None:
        """Fill with a body that was launched, under a free name, once the ledger is read; nothing is sent."""
        given = copied(body)

        def take(names: frozenset[str]) -> None:
            self.fill({**given, "name": numbered(str(given.get("name", "")), self.is_taken(names))})

        task = partial(self._read_names, self.target, take)
        if not threads.try_run(task, name="ppio-names"):
            task()

    def is_taken(self, names: Collection[str]) -> Callable[[str], bool]:
        """Return whether a name is one of these, of this kernel, or of what was last seen."""
        seen = (one.name for one in recent.last_seen(self.client.host.base_url))
        others = frozenset(map(folded, (*names_of_this_kernel(), *seen)))
        return lambda name: folded(name) in names or folded(name) in others

    def filling(self, template: Template) -> Filling:
        """Return what choosing a template would make of the draft; what nobody typed gives way to it."""
        return self._proposals.filling(self.draft, template)

    def choose(self, template: Template) -> None:
        """Take what a template says, over what was typed as well: whoever calls has asked."""
        with self.lock, self.hold_trait_notifications():
            self.disarm()
            self.filled += 1
            self._take(self._proposals.choose(self.draft, template))

    def below(self, draft: Mapping[str, Any]) -> dict[str, Any]:
        """Return the draft as another one is put over it: what a template proposed goes with its image."""
        return self._proposals.below(self.draft, draft)

    @property
    def own(self) -> dict[str, Any]:
        """What of the body a person typed or chose, or was given: all but what the session proposed."""
        return compact(self._proposals.without(self.draft)).body

    @property
    def typed(self) -> frozenset[Path]:
        """Where a person changed what may be proposed."""
        return self._proposals.typed

    def _take(self, draft: Mapping[str, Any]) -> None:
        """Take a draft, with what is proposed over it."""
        draft = self._with_proposals(draft) if self._proposes else dict(draft)
        draft = self.snapshot.rules.over(draft)
        self.report = self._judged(draft)
        self.draft = draft
        self.proposed = dict(self._proposals.values)

    def _with_proposals(self, draft: Mapping[str, Any]) -> dict[str, Any]:
        """Return a draft with what is proposed; a product and a template on the practice cloud alone."""
        snapshot = self.snapshot
        kinds = ("cpu_offers" if is_cpu(draft) else "offers", "templates", RULES)
        if self.target.practice and snapshot.products and self.loading.isdisjoint(kinds):
            self._proposals.begin(snapshot.products, snapshot.templates, draft)
        taken = None if self._names is None else self.is_taken(self._names)
        return self._proposals.over(draft, snapshot.offer, taken, snapshot.rules)

    def _read_names(self, target: Target, take: Callable[[frozenset[str]], None]) -> None:
        """Read which names the ledger has, and have them taken; called on a thread of its own."""
        names = frozenset(map(folded, used_names(target)))
        with self.lock:
            if not self.closed and target == self.target:
                take(names)

    def _lock(self) -> None:
        """Show the values that a class has locked, unless a launch is being asked about or sent."""
        locked = self.snapshot.rules.over(self.draft)
        if locked != self.draft and self.status is not LaunchState.ARMED and self.status not in BUSY:
            self.filled += 1
            self._take(locked)

    def _take_names(self, names: frozenset[str]) -> None:
        self._names = names
        self._propose()

    def _propose(self) -> None:
        """Propose what follows from what came to be known, unless a launch is being asked about or sent."""
        if self._proposes and self.status is not LaunchState.ARMED and self.status not in BUSY:
            with self.hold_trait_notifications():
                self._take(self.draft)

    def set(self, path: Path, value: Any) -> None:
        """Take one value (``None``: unset) at a path of keys."""
        with self.lock:
            self.replace(with_value(self.draft, path, value))

    def arm(self) -> bool:
        """Open the confirmation, or return that something blocks; an old price is asked for again."""
        with self.lock:
            if self.closed or self.status in BUSY or self.blocked:
                return False
            self._ask_price()
            self.begin()
            return True

    def begin(self) -> Launch:
        """Return a new launch whose confirmation is open."""
        with self.lock:
            self.report.require()
            launch = self._begin()
            launch.arm()
            self._on_armed(launch)
            return launch

    def disarm(self) -> None:
        """Withdraw an open confirmation."""
        with self.lock:
            self._disarming.set()
            if self.status is LaunchState.ARMED:
                # Whoever holds the launch may have sent it by a call meanwhile.
                if self.launch is not None and self.launch.state is LaunchState.ARMED:
                    self.launch.withdraw()
                self.launch = self._before
                self.status = self.launch.state if self.launch else LaunchState.DRAFT

    def confirm(self) -> Launch | None:
        """Send what was confirmed; None when no confirmation is open (any more), or something blocks.

        So does an old price: it is asked for again, and then answered anew.
        """
        with self.lock:
            if self.closed or self.status is not LaunchState.ARMED or self.launch is None:
                return None
            if self.blocked or self._ask_price():
                return None
            self.launch.plan = self.plan  # with the price that came meanwhile
            self._disarming.set()
            if self.launch.doubt is not None:
                self.agreed = (*self.agreed, self.launch.doubt)
            again = self._again.union(*(doubt.facts for doubt in self.agreed))
            return self._submit(self.launch, again=again, ask=True)

    def send(self, *, again: Again = False) -> Launch:
        """Send the draft without a confirmation: the call itself is consent.

        An old price is asked for again first, on this thread.
        """
        consent = read_consent(again)
        self._reprice()
        with self.lock:
            if self.closed:
                raise LaunchRefused("form_closed")
            self.require()
            # Who has waited for the answer may be here before the session was told of it.
            if self.launch is not None and self.launch.state in BUSY:
                return self.launch
            return self._submit(self._begin(), again=consent, ask=False)

    def close(self) -> None:
        """Stop following; a launch in flight is not stopped."""
        with self.lock:
            self.disarm()
            self.closed = True
            for launch in (self.launch, self._before):
                if launch is not None:
                    launch.stop_following()
            self.unobserve_all()

    def limit(self, ceiling: Decimal | None, unreadable: LaunchRefused | None = None) -> None:
        """Set or lift the price ceiling; an `unreadable` one blocks until it is one."""
        with self.lock:
            self._note(CEILING, unreadable)
            self.ceiling = ceiling

    def stop_by(self, timer: Timer, unreadable: MomentUnreadable | None = None) -> None:
        """Set or lift the timer of what is launched; an `unreadable` one blocks until it is one."""
        with self.lock:
            self._note(STOP, unreadable)
            self.timer = timer

    def _note(self, path: Path, error: PpioError | None) -> None:
        self.disarm()
        others = {key: one for key, one in self.unreadable.items() if key != path}
        self.unreadable = others if error is None else {**others, path: error}

    def load(self, *, anew: bool = False, kinds: Collection[str] = (RULES, *KINDS)) -> None:
        """Load the catalogue in the background; what comes changes `snapshot`."""
        with self.lock:
            if self.closed:
                return
            catalogue = self.catalogue
            if anew:
                catalogue.refresh()
            due = tuple(kind for kind in catalogue.due() if kind in kinds)
            mine = object()
            self._loads.update(dict.fromkeys(due, mine))
            self.loading = frozenset(self._loads)
            target = self.target
            unnamed = self._proposes and self._names is None
        if unnamed:
            threads.try_run(partial(self._read_names, target, self._take_names), name="ppio-names")
        if not due:  # at most on its way: what there is counts
            self._on_landed(catalogue)
            return
        task = partial(
            load_kinds, catalogue, due, partial(self._on_landed, catalogue, mine), self._await_pause
        )
        if not threads.try_run(task, name="ppio-catalogue"):
            with self.lock:  # a Refresh, or the next answer, tries again
                self.loading = self._without(mine, due)

    def _without(self, load: object, kinds: Sequence[str]) -> frozenset[str]:
        """Return what is on its way once a load has ended for some kinds: what was begun anew still is."""
        ended = {kind for kind in kinds if self._loads.get(kind) is load}
        self._loads = {kind: one for kind, one in self._loads.items() if kind not in ended}
        return frozenset(self._loads)

    def _on_landed(self, catalogue: Catalogue, load: object = None, kinds: Sequence[str] = ()) -> None:
        """Take over what came together; called on a thread of its own."""
        with self.lock:
            if not self.closed and catalogue is self.catalogue:
                with self.hold_trait_notifications():  # nobody sees one without the other
                    before, self.loading = self.snapshot.rules, self._without(load, kinds)
                    self.snapshot = catalogue.snapshot()
                    self.report = self._judged(self.draft)
                    if self.snapshot.rules != before:
                        self._proposals.rename()
                        self._lock()
                    self._propose()
                    self._requote()

    @property
    def pricing(self) -> bool:
        """Whether an old price is on its way anew."""
        return self.plan.price_is_old and not self.loading.isdisjoint(OFFERS)

    def _ask_price(self) -> bool:
        """Have an old price asked for again; whether it is still to come."""
        if not self.plan.price_is_old:
            return False
        if self.loading.isdisjoint(OFFERS):  # else it is on its way already
            self.load(kinds=PRICES)
        return self.plan.price_is_old

    def _reprice(self) -> None:
        """Ask for an old price again, on this thread."""
        with self.lock:
            catalogue, body = self.catalogue, self.report.body
            if self.closed or not self.plan.price_is_old:
                return
        catalogue.load_products([str(body.get("product_id", ""))], cpu_first=is_cpu(body))
        self._on_landed(catalogue)

    def _requote(self) -> None:
        """Ask an open question anew whose price is another one by now; an answer to the old one is none."""
        launch, body = self.launch, self.report.body
        if launch is None or self.status is not LaunchState.ARMED:
            return
        before = launch.plan.offer
        if charges(before, body) != charges(self.offer, body):
            launch.plan = replace(launch.plan, offer=self.offer)
            self.repriced = Repriced(before)
            self._withdraw_later()

    def _judged(self, draft: Mapping[str, Any]) -> Report:
        """Check a draft against the contract and against what the catalogue told."""
        snapshot = self.snapshot
        offer = snapshot.offer(str(draft.get("product_id", "")))
        report = check(
            draft,
            offer=offer,
            storages=snapshot.storages,
            networks=snapshot.networks,
            offers=snapshot.products,
            is_variable=self._is_variable,
            broken=snapshot.rules.broken,
        )
        used = any(one.id is not None and one.name == report.body.get("name") for one in self.launches)
        return replace(report, advice=(*report.advice, Advice(NAME, "name_used"))) if used else report

    def use(self, client: PpioClient) -> None:
        """Go to another cloud from now on; an open confirmation is withdrawn."""
        with self.lock:
            self.disarm()
            self.client = client
            self.target = Target.of(client)
            self.catalogue = Catalogue(client)
            self._loads = {}
            self.snapshot, self.loading = Snapshot(), frozenset()
            # What was chosen for a person there is not chosen here.
            self._names = None
            self._proposals.forget()
            self._take(self.draft)

    _before: Launch | None = None
    _was_asked = False  # whether a person was asked about the present launch
    _asked_for: tuple[Any, ...] = ()

    def _begin(self) -> Launch:
        self.disarm()
        self._before = self.launch
        self._asked_for = self._terms
        self.agreed = ()
        self.launch = Launch(self.plan, self.client, timer=self.timer)
        return self.launch

    @property
    def _terms(self) -> tuple[Any, ...]:
        """All that a confirmation is about."""
        return (self.report.body, self.ceiling, self.timer, self.unreadable, self.target)

    def _submit(self, launch: Launch, *, again: Again, ask: bool) -> Launch:
        if self._before is not None:
            self._before.stop_following()
        if launch not in self.launches:
            self.launches = (*self.launches, launch)
            launch.observe(self._on_launch, "sight")
            self._note_launches()
        self._was_asked = ask
        launch.submit(again=again, ask=ask)
        return launch

    def _note_launches(self) -> None:
        self.sight = tuple(
            (one.launch_id, one.state, one.seen, one.late, one.pending, one.id, one.other_id)
            for one in self.launches
        )

    def _on_armed(self, launch: Launch) -> None:
        self.since = self.repriced = None
        launch.plan = replace(launch.plan, offer=self.offer)  # with the price that the question names
        # Without a thread it is only not said what changed: the confirmation is what counts.
        threads.try_run(partial(self._compare, launch), name="ppio-since")
        self.status = LaunchState.ARMED
        self._withdraw_later()

    def _withdraw_later(self) -> None:
        """Give the open confirmation its time from now on."""
        launch = self.launch
        self._disarming.set()
        self._disarming = threads.after(ARMED_SECONDS, lambda: self._on_nobody(launch))

    def _compare(self, launch: Launch | None) -> None:
        """Say what changed since the last launch of the name; called on a thread of its own."""
        with self.lock:
            body, target, preset = self.report.body, self.target, self.preset
        found = changed_since(body, target, preset)
        with self.lock:
            if not self.closed and launch is self.launch:
                self.since = found

    def _on_nobody(self, launch: Launch | None) -> None:
        """Withdraw a confirmation that stood open too long; called on a thread of its own."""
        with self.lock:
            if launch is self.launch:
                self.disarm()

    def _on_launch(self, change: Bunch) -> None:
        """Take over what became of the launch; called on its threads."""
        launch: Launch = change.owner
        with self.lock:
            if self.closed or launch is not self.launch:
                if launch.state is LaunchState.ARMED:  # nobody is there to be asked once more
                    launch.withdraw()
                if not self.closed:
                    self._note_launches()
                return
            asked_again = launch.state is LaunchState.ARMED and self.status in BUSY
            if asked_again and self._asked_for != self._terms:
                launch.withdraw()  # edited meanwhile: what would be shown is not what would be sent
            elif asked_again:
                self._on_armed(launch)
            else:
                is_news, self.status = self.status is not launch.state, launch.state
                if is_news and launch.id is not None:
                    self._on_made()
            self._note_launches()

    def _on_made(self) -> None:
        """Say that the name is used, or propose another one where a person was asked.

        Whoever launches by a call may run it again by accident: under the same name it is refused.
        """
        if self._was_asked:
            self._proposals.rename()
        with self.hold_trait_notifications():
            self._take(self.draft)
