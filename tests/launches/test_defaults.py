"""What a session sets by itself: told from what was typed, and never over it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ppio_widgets.cloud import recent
from ppio_widgets.cloud.client import PpioClient
from ppio_widgets.cloud.instances import InstanceDetail
from ppio_widgets.launches.history import last_launches, used_names
from ppio_widgets.launches.session import LaunchSession
from ppio_widgets.launches.states import LaunchState
from ppio_widgets.practice import transport as pretended
from ppio_widgets.practice.account import PracticeAccount
from ppio_widgets.practice.transport import PracticeTransport
from ppio_widgets.request.choices import least_cost
from ppio_widgets.request.draft import DEFAULTS, value_at
from ppio_widgets.request.proposals import PROPOSABLE
from tests.support.bodies import MINIMAL
from tests.support.practice import KEY, OneAccount
from tests.support.threads import wait_for_threads
from tests.support.wire import PATIENCE, REAL_KEY, wait_for_launches

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture
def practice(account):
    return PpioClient(
        KEY, base_url="http://localhost", transport=PracticeTransport(OneAccount(account)), practice=True
    )


@pytest.fixture
def live(account, monkeypatch):
    """A client of what it takes for a real cloud."""
    monkeypatch.setattr(pretended, "is_practice_key", lambda _key: True)
    transport = PracticeTransport(OneAccount(account))
    return PpioClient(REAL_KEY, base_url="http://localhost", transport=transport)


@pytest.fixture
def opened():
    """Open sessions, with what there is to choose from and which names are used."""
    made = []

    def open_one(client, draft=None):
        session = LaunchSession(client, draft)
        made.append(session)
        load(session)
        return session

    yield open_one
    for session in made:
        session.close()
    wait_for_launches()


def load(session):
    session.load()
    wait_for_threads("ppio-catalogue", "ppio-names")


def template(session, key):
    return next(one for one in session.snapshot.templates if one.id == key)


def test_on_the_practice_cloud_two_verbs_make_an_instance(opened, practice):
    session = opened(practice)
    assert session.arm()
    launch = session.confirm()
    assert launch.wait_for_answer(PATIENCE).id
    assert session.launches == (launch,)


def test_the_product_is_the_cheapest_that_can_be_launched_with_the_first_template(opened, practice):
    session = opened(practice)
    chosen, first = session.offer, session.snapshot.templates[0]
    assert first.visibility == "official"
    assert session.draft["image"] == first.image
    assert chosen.available
    others = [
        one
        for one in session.snapshot.offers
        if one.available and least_cost(one) is not None and one.rootfs_free_gb >= first.rootfs_size_gb
    ]
    assert least_cost(chosen) == min(map(least_cost, others))
    assert session.draft["name"].startswith("pytorch-")
    assert session.draft["name"].endswith("-1")
    assert set(session.proposed) >= {("product_id",), ("image",), ("name",), ("resource", "gpu_num")}
    assert session.own == {}


def test_on_a_live_cloud_nothing_that_costs_is_chosen(opened, live):
    session = opened(live)
    assert not session.target.practice
    assert session.draft == DEFAULTS
    assert not session.arm()
    session.set(("product_id",), session.snapshot.offers[0].id)
    assert "image" not in session.draft
    assert session.draft["name"].endswith("-1"), "a name costs nothing"


def test_a_draft_that_was_given_stands_as_it_is(opened, practice):
    for draft in ({}, {"image": "ubuntu:24.04"}, MINIMAL):
        session = opened(practice, draft)
        assert session.draft == draft
        assert session.proposed == {}


def test_a_draft_that_is_filled_in_ends_the_proposals(opened, practice):
    session = opened(practice)
    session.fill({"image": "ubuntu:24.04"})
    load(session)
    session.set(("product_id",), session.snapshot.offers[0].id)
    assert session.draft == {"image": "ubuntu:24.04", "product_id": session.snapshot.offers[0].id}
    assert session.proposed == {}


def test_name_and_number_of_gpus_follow_the_product(opened, live):
    session = opened(live)
    eights = next((one for one in session.snapshot.offers if (one.gpu_min or 1) > 1), None)
    single = next(one for one in session.snapshot.offers if (one.gpu_min or 1) == 1)
    session.set(("product_id",), single.id)
    assert session.draft["resource"]["gpu_num"] == 1
    first = session.draft["name"]
    if eights is not None:
        session.set(("product_id",), eights.id)
        assert session.draft["resource"]["gpu_num"] == eights.gpu_min
        assert session.draft["name"] != first
    session.set(("resource", "gpu_num"), "3")
    session.set(("name",), "mine")
    session.set(("product_id",), single.id)
    assert (session.draft["resource"]["gpu_num"], session.draft["name"]) == ("3", "mine")


def test_what_was_typed_before_the_catalogue_came_stays_and_so_does_what_was_cleared(practice):
    session = LaunchSession(practice)
    session.set(("image",), "ubuntu:24.04")
    session.set(("name",), "x")
    session.set(("name",), None)
    load(session)
    assert session.draft["image"] == "ubuntu:24.04"
    assert "name" not in session.draft
    assert "ports" not in session.draft, "no template where an image was typed"
    assert session.offer is not None
    session.close()


def test_a_template_that_is_chosen_takes_the_place_of_a_proposed_one(opened, practice):
    session = opened(practice)
    other = template(session, "tpl-vllm")
    assert session.filling(other).overwrites == ()
    before = session.draft["name"]
    session.choose(other)
    assert session.draft["image"] == other.image
    assert session.draft["envs"] == [{"key": "VLLM_LOGGING_LEVEL", "value": "INFO"}]
    assert session.draft["name"] != before
    session.set(("ports",), [{"port": 80, "protocol": "http"}])
    assert session.filling(template(session, "tpl-pytorch-2.6")).overwrites == (("ports",),)
    assert session.own == {"image": other.image, "ports": [{"port": 80, "protocol": "http"}]}


def test_a_name_is_free_of_the_ledger_of_this_kernel_and_of_what_was_listed(opened, practice):
    session = opened(practice)
    name = session.draft["name"]
    session.arm()
    assert session.confirm().wait_for_answer(PATIENCE)
    wait_for_threads("ppio-launch")
    assert session.draft["name"] == name.removesuffix("1") + "2"
    assert "name_used" not in [one.code for one in session.report.advice]
    assert name in used_names(session.target)
    assert [one.name for one in last_launches(session.target, 5)] == [name]
    assert last_launches(session.target, 0) == []
    recent.note(practice.host.base_url, [InstanceDetail("i-2", name=name.removesuffix("1").upper() + "2")])
    again = opened(practice)
    assert again.draft["name"] == name.removesuffix("1") + "3"


def test_a_name_that_was_typed_or_sent_by_a_call_stays_and_is_said_to_be_used(opened, practice):
    session = opened(practice)
    name = session.draft["name"]
    session.send()
    wait_for_threads("ppio-launch")
    assert session.draft["name"] == name, "a call that runs again by accident is refused"
    assert [one.code for one in session.report.advice if one.path == ("name",)] == ["name_used"]
    session.set(("name",), "mine")
    assert "name_used" not in [one.code for one in session.report.advice]
    session.arm()
    session.confirm()
    wait_for_threads("ppio-launch")
    assert session.draft["name"] == "mine"
    assert "name_used" in [one.code for one in session.report.advice]


def test_on_another_cloud_nothing_stays_that_was_chosen_for_a_person(opened, practice, live):
    session = opened(practice)
    session.set(("command",), "python x.py")
    session.use(live)
    assert session.draft == {**DEFAULTS, "command": "python x.py"}
    load(session)
    assert session.draft == {**DEFAULTS, "command": "python x.py"}


def test_an_open_question_is_not_changed_by_what_lands(opened, practice):
    session = opened(practice)
    assert session.arm()
    body = session.report.body
    session.load(anew=True)
    wait_for_threads("ppio-catalogue", "ppio-names")
    assert session.status is LaunchState.ARMED
    assert session.report.body == body


@settings(max_examples=20)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(PROPOSABLE), st.sampled_from(["", "typed", 3, None, [{"key": "A"}]])),
        max_size=4,
    ),
    loaded=st.integers(0, 4),
    chosen=st.none() | st.sampled_from(["tpl-vllm", "tpl-course"]),
)
def test_no_default_overwrites_what_was_typed(steps, loaded, chosen):
    transport = PracticeTransport(OneAccount(PracticeAccount()))
    session = LaunchSession(PpioClient(KEY, base_url="http://localhost", transport=transport, practice=True))
    typed = {}
    for number, (path, value) in enumerate([*steps, ((), None)]):
        if number == min(loaded, len(steps)):
            load(session)
        if path:
            before = value_at(session.draft, path)
            session.set(path, value)
            if before != value or path in typed:
                typed[path] = value
    for path, value in typed.items():
        assert value_at(session.draft, path) == value
    assert not set(session.proposed) & set(typed)
    if chosen:
        picked = template(session, chosen)
        session.choose(picked)
        assert session.draft["image"] == picked.image
    session.close()


def test_on_another_cloud_no_template_stays_that_was_proposed_beside_an_image_of_ones_own(
    opened, practice, live
):
    session = opened(practice)
    assert session.draft["ports"], "of the template that was proposed"
    session.set(("image",), "registry.example.com/me/train:1")
    session.use(live)
    load(session)
    assert session.draft == {**DEFAULTS, "image": "registry.example.com/me/train:1", "name": "train-1"}


def test_on_another_cloud_a_template_stays_that_a_person_chose(opened, practice, live):
    session = opened(practice)
    chosen = template(session, "tpl-vllm")
    session.choose(chosen)
    session.use(live)
    assert session.draft["image"] == chosen.image
    assert session.draft["envs"] == [{"key": "VLLM_LOGGING_LEVEL", "value": "INFO"}]


def test_a_draft_that_is_filled_in_is_typed_by_nobody_and_of_no_template(opened, practice):
    """Its image is asked for as all else that it says, also where a template has the same one."""
    session = opened(practice)
    session.fill({"image": session.draft["image"], "name": "x"})
    assert session.filling(template(session, "tpl-vllm")).overwrites == (("image",),)


def test_what_a_template_proposed_goes_with_its_image(opened, practice):
    """Below a text with an image of its own nothing of a template stays but what was typed."""
    session = opened(practice)
    draft = session.draft
    assert draft["ports"]
    assert draft["envs"]
    session.set(("envs",), [{"key": "A", "value": "1"}])
    below = session.below({"image": "mine:1"})
    assert "ports" not in below
    assert below["envs"] == [{"key": "A", "value": "1"}]
    assert below["resource"] == DEFAULTS["resource"]
    assert (below["product_id"], below["name"]) == (draft["product_id"], draft["name"])
    assert session.below({"name": "x"}) == session.draft
    assert session.below({"image": draft["image"]}) == session.draft


def test_a_preset_is_that_of_the_draft_which_began_with_it(opened, practice):
    session = opened(practice)
    session.fill(MINIMAL, preset="training")
    session.set(("name",), "other")
    assert session.preset == "training", "as long as it is edited"
    session.fill(MINIMAL)
    assert session.preset == ""
    session.fill(MINIMAL, preset="training")
    session.fill_like(MINIMAL)
    wait_for_threads("ppio-names")
    assert session.preset == ""
