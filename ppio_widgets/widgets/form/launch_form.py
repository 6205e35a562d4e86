"""The form: banner, sections, preview and the way to launch, put together."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import ipywidgets as w
from traitlets import Any as AnyValue
from traitlets import TraitError, validate

from ppio_widgets.api import connect, wants_practice
from ppio_widgets.cards.html import each, html
from ppio_widgets.formats.diff import changes
from ppio_widgets.formats.json_body import body_in_text, body_of
from ppio_widgets.launches.history import left_open
from ppio_widgets.launches.importing import Disk, import_text, over, told_cloud
from ppio_widgets.launches.session import LaunchSession
from ppio_widgets.launches.states import LaunchState
from ppio_widgets.locale.words import words
from ppio_widgets.request.draft import DEFAULTS, copied
from ppio_widgets.request.models import CreateInstanceRequest
from ppio_widgets.request.pricing import read_ceiling
from ppio_widgets.runtime import kernel
from ppio_widgets.secrets.frames import without_frames
from ppio_widgets.secrets.hosts import read_host
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.form.preview import Preview, PricePanel
from ppio_widgets.widgets.form.sections import Sections
from ppio_widgets.widgets.form.sign_in import SignIn
from ppio_widgets.widgets.form.start import StartBox, told_lists
from ppio_widgets.widgets.instance_card import LaunchCards
from ppio_widgets.widgets.launch_controls import LaunchControls, LaunchView
from ppio_widgets.widgets.saved_output import LaunchOutput

if TYPE_CHECKING:
    from decimal import Decimal
    from pathlib import Path

    from markupsafe import Markup
    from typing_extensions import Self

    from ppio_widgets.api import Practice
    from ppio_widgets.cloud.client import PpioClient
    from ppio_widgets.formats.imported import Imported
    from ppio_widgets.launches.claim import Again
    from ppio_widgets.launches.launch import Launch
    from ppio_widgets.locale.words import Words
    from ppio_widgets.request import schema

# What is said without a key, by how one can be given; the field speaks for itself.
_NO_KEY = {"login": "banner.no_key", "server": "banner.no_key_served"}


@without_frames
class LaunchForm(LaunchView):
    """A form that assembles the body of "create instance", shows it and sends it once.

    Parameters
    ----------
    value : mapping or CreateInstanceRequest, optional
        The body to begin with. Without it: postpaid, 1 GPU, 20 GB.
    language : str, optional
        ``"en"`` or ``"zh"``; without it the environment decides.
    practice : bool or Slow, optional
        Which cloud, see `ppio_widgets.launch`. Without a key the form opens
        on the practice cloud.
    client : PpioClient, optional
        The cloud itself; `practice` is then not asked.
    max_hourly_price : Decimal, int or str, optional
        The most that one hour may cost; see `ppio_widgets.launch`.
    stop : str, optional
        When this kernel stops what is launched: ``"3h"`` after it, or at ``"17:30"``.

    Attributes
    ----------
    value : dict
        The body as it stands, valid or not; a new dict on each change. Setting it
        fills every control and replaces everything. The value of a variable may be
        ``EnvRef("NAME")``, or ``{"$env": "NAME"}``: taken from the kernel's environment
        when it is sent.
    """

    _top_css = ("ppw-top",)
    value = AnyValue({}, help="The body as it stands; set it to replace everything.")

    def __init__(  # noqa: PLR0913 - all by name but the first
        self,
        value: Mapping[str, Any] | CreateInstanceRequest | None = None,
        *,
        language: str | None = None,
        practice: Practice = None,
        client: PpioClient | None = None,
        max_hourly_price: Decimal | int | str | None = None,
        stop: str = "",
    ) -> None:
        say = self.say = words(language)
        fell_back = client is None and practice is None and wants_practice() is None
        client = client or connect(practice=practice, fall_back=True)
        fell_back = fell_back and client.is_practice
        draft = None if value is None else body_of(value)
        session = self.session = LaunchSession(client, draft, is_variable=kernel.is_variable)
        self._own: dict[str, Any] | None = None
        self.left_out: list[str] = []
        self._css = scope = f"ppw{next(kernel.current().numbers)}"
        session.limit(read_ceiling(max_hourly_price))
        self._sections = Sections(self, stop)
        self._preview = Preview(self, self._sections, scope)
        price = PricePanel(self)
        self._start = StartBox(self)
        cards = LaunchCards(self, self._put_above, self._on_another)
        controls = LaunchControls(self, cards, on_attempt=self._show_all_errors)
        side = theme.box([price.box, self._preview.told, controls.box, self._preview.box], "ppw-side")
        columns = theme.box([self._sections.box, side], "ppw-columns")
        no_key = _way_to_a_key() if fell_back else ""
        self._sign_in = SignIn(self, read_host(), self._on_signed_in) if no_key == "field" else None
        above = [*([self._sign_in.box] if self._sign_in else []), self._start.box]
        super().__init__(
            controls,
            LaunchOutput(session, say, is_form=True),
            [*above, columns],
            [self._sections, self._preview, price, self._start],
            top=_banner(client, say, no_key),
        )
        self._publish()
        self._hear(session, self._publish, "draft")
        self._hear(session, self._on_status, "status")

    @classmethod
    def from_json(cls, source: str | Path | Mapping[str, Any], **options: Any) -> Self:
        """Open a form with a body as it stands.

        Parameters
        ----------
        source : str, Path or mapping
            JSON text, the path of a file with it, or the object itself.
        **options
            Of `LaunchForm`.

        Raises
        ------
        InputError
            When it is none of them.
        """
        given = source if isinstance(source, Mapping) else body_in_text(str(source), Disk(), "from_json")
        return cls(given, **options)

    @classmethod
    def from_line(cls, text: str, **options: Any) -> Self:
        """Open a form with what a ``%ppio_launch`` line says, over the defaults.

        What is not of the body (``--yes``, ``--max-price``) is told at the top of the form.

        Raises
        ------
        InputError
            For another text, or one that needs the notebook to be read (``$name``).
        """
        text = text if text.lstrip().startswith("%") else f"%ppio_launch {text}"
        return cls._from(text, **options)

    @classmethod
    def from_docker(cls, text: str, **options: Any) -> Self:
        """Open a form with what a ``docker run`` or ``podman run`` says, over the defaults.

        What has no counterpart is told at the top of the form, and in `left_out`. The value
        of a variable that is a secret is not taken: it is a reference to the kernel's own.

        Raises
        ------
        InputError
            For another text.
        """
        return cls._from(text, **options)

    @classmethod
    def _from(cls, text: str, **options: Any) -> Self:
        found = import_text(text, any_file=True)
        form = cls(over(found, DEFAULTS), **options)
        form._tell_left_out(told_cloud(found, form.session.target))
        return form

    def diff(self, other: Mapping[str, Any] | CreateInstanceRequest | LaunchForm) -> list[str]:
        """Return what is different in this form from another body, a sentence each."""
        before = body_of(other)
        return [one.sentence(self.say) for one in changes(before, self.session.report.body)]

    def __repr__(self) -> str:
        return f"LaunchForm({self.session.target.words(self.say)})"

    @property
    def request(self) -> CreateInstanceRequest | None:
        """The request, when nothing of the body blocks."""
        return self.session.report.request

    @property
    def errors(self) -> dict[schema.Path, str]:
        """What blocks: one sentence for each path.

        Beside the body's paths there are ``("max_hourly_price",)`` and ``("stop",)``.
        """
        return self.session.errors(self.say)

    def face(self, name: str) -> str:
        """Return the body as text that can be run as it stands: see `LaunchPlan.face`."""
        return self.session.plan.face(name, self.say)

    def launch(self, *, again: Again = False) -> Launch:
        """Launch what the form holds: one request, without the inline confirmation.

        Parameters
        ----------
        again : bool, str or iterable of str
            What is agreed to, such as True for a second instance of this name; see `ppio_widgets.launch`.

        Returns
        -------
        Launch
            At once, while the request is on its way; a launch in flight is returned
            instead of a second one.

        Raises
        ------
        RequestInvalid, LaunchRefused, MomentUnreadable
            When something still blocks; the form then shows it.
        """
        self._show_all_errors()
        return self.session.send(again=again)

    def _notices(self) -> list[w.Widget]:
        """Offer what was typed in the form that this cell made before."""
        if self.typed_before is None:
            return []
        button = self._button(self.say("form.restore"), self._on_restore)
        note = theme.html(html("<p>{}</p>", self.say("form.closed_earlier")))
        self._restore = theme.box([note, button], "ppw-notice")
        return [self._restore]

    @cached_property
    def _fold(self) -> w.ToggleButton:
        """What folds the form below the cards; a stylesheet does it."""
        classes = ("ppw-fold", "ppw-section")
        return theme.control(w.ToggleButton, *classes, description=self.say("form.another"), value=True)

    def _put_above(self, cards: w.Box) -> w.Box:
        """Give the cards the top; the form folds below what was just launched from it."""
        self._fold.value = not self.session.has_launched
        return self._start.put_above([cards, self._fold])

    def _on_another(self, launch: Launch) -> None:
        """Fill the form with what was launched; nothing is launched by that."""
        self._fold.value = True
        self.session.fill_like(launch.plan.report.body)

    def _on_status(self) -> None:
        """Show the form while something is asked or told in it."""
        if "_fold" in vars(self) and self.session.status not in (LaunchState.DRAFT, LaunchState.SUCCEEDED):
            self._fold.value = True

    def _tell_left_out(self, found: Imported) -> None:
        self.left_out = [one.sentence(self.say) for one in found.left_out]
        self._top.value += told_lists(found.told(self.say))

    def _on_signed_in(self) -> None:
        """Go from the practice cloud to the live one; what was typed stays."""
        client = connect(practice=False)
        self.session.use(client)
        self.session.load()
        self._top.value = self._with_looks(_banner(client, self.say, ""))
        if self._sign_in is not None:
            self._drop(self._sign_in.box)

    def _show_all_errors(self) -> None:
        self._sections.attempted = True
        self._sections.open_for(self.session.errors(self.say))
        self._preview.tell_blockers()

    def _publish(self) -> None:
        """Tell observers of `value`; they get a copy, which is theirs to change."""
        self._own = copied(self.session.report.body)
        self.value = self._own

    @validate("value")
    def _valid_value(self, proposal: Any) -> dict[str, Any]:
        """Take a value that somebody sets; our own passes. Runs even when it equals the old one."""
        given = proposal["value"]
        if given is self._own and given is not None:
            self._own = None
            return given
        if not isinstance(given, Mapping | CreateInstanceRequest):
            raise TraitError(self.say("error.body_kind", kind=type(given).__name__))
        with self.session.lock:
            self.session.fill(copied(body_of(given)))
        return copied(self.session.report.body)

    def _on_restore(self) -> None:
        self.value = dict(self.typed_before or {})
        before, self._typed_before = self._typed_before, None
        if isinstance(before, LaunchForm):
            self._sections.restore(before._sections)  # noqa: SLF001 - of its own kind
        self._drop(self._restore)


def _way_to_a_key() -> str:
    """Return how a key can be given here; in a process that serves several people by nobody's typing."""
    if kernel.takes_input():
        return "login"
    return "field" if kernel.is_one_persons() else "server"


def _banner(client: PpioClient, say: Words, no_key: str) -> Markup:
    """Name the cloud that will be billed."""
    open_launches: list[str] = []
    if client.is_practice:
        where = f" ({client.host.name})" if client.host.name != "localhost" else ""
        means = [say("banner.practice_means") + where]
        if no_key in _NO_KEY:
            means.append(say(_NO_KEY[no_key]))
        kind, head = " ppw-practice", say("banner.practice")
    else:
        key = client.require_key()
        means = [say("banner.live_means"), say("banner.key", source=key.source, last=key.last_four)]
        kind, head = "", client.host.name
        open_launches = left_open(say)
    left = each("<p class=ppw-bad>{}</p>", open_launches)
    return html("<div class='ppw-banner{}' role=note><b>{}</b> {}{}</div>", kind, head, " ".join(means), left)
