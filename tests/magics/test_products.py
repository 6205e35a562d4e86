"""``%ppio products``, and a product that is not there: said before anything is sent, asked of nobody."""

import re

import pytest
from IPython.core.error import UsageError

from ppio_widgets.cloud import recent
from ppio_widgets.errors import ApiError, Unreachable
from ppio_widgets.launches.plan import Products, Storages
from ppio_widgets.locale.words import words
from ppio_widgets.practice.transport import PracticeTransport
from ppio_widgets.request.offers import Offer, Storage
from tests.support.hostile import TEXTS

NOPE = "%ppio_launch --practice --name demo --product {} --image ubuntu:24.04"
SAID = "There is no product a100-80 in the catalogue. The closest is a100-80g."


@pytest.fixture
def asked(monkeypatch):
    """The paths that the practice cloud was asked for."""
    paths = []
    handle = PracticeTransport.handle_request

    def noted(transport, request):
        paths.append(request.url.path)
        return handle(transport, request)

    monkeypatch.setattr(PracticeTransport, "handle_request", noted)
    return paths


def test_products_are_listed_with_price_stock_and_id_the_cheapest_first(run):
    found = run("%ppio products --practice")
    lines = str(found).splitlines()
    assert re.match(r"\d+ products on the practice cloud, the cheapest launch first", lines[0])
    assert lines[1].split() == ["id", "GPU", "GPUs", "free", "stock", "postpaid/h", "spot/h"]
    a100 = next(line for line in lines if line.startswith("a100-80g "))
    assert "A100 80 GB" in a100
    assert "¥12.60" in a100
    assert next(line for line in lines if line.startswith("prod-h200")).split()[4:6] == ["8", "16"], (
        "only eights"
    )
    ready = [one.postpaid.final * one.gpu_min for one in found.offers if one.available and one.postpaid]
    assert ready == sorted(ready)
    assert "sold out" in lines[-1]


def test_a_text_narrows_it(run):
    run("%ppio practice on")
    assert [one.id for one in run("%ppio products a100 80gb").offers] == ["a100-80g"]
    assert [one.id for one in run("gpu = 'A100'\n%ppio products $gpu").offers] == ["a100-80g"]
    assert str(run("%ppio products zzz")).startswith('No product on the practice cloud has "zzz"')


def test_what_it_told_is_completed_afterwards(run):
    run("%ppio products --practice")
    assert recent.told("http://localhost", "offers") is not None


@pytest.mark.parametrize(("verb", "reader"), [("products", "offers"), ("storages", "storages")])
def test_a_catalogue_that_is_down_is_one_line(run, monkeypatch, verb, reader):
    def fail(_reader):
        raise Unreachable("unreachable", host="x", kind="y")

    monkeypatch.setattr(f"ppio_widgets.cloud.resources.CatalogueReader.{reader}", fail)
    with pytest.raises(UsageError, match="did not answer"):
        run(f"%ppio {verb} --practice")


@pytest.mark.parametrize("kind", TEXTS)
def test_what_a_catalogue_says_cannot_act(kind):
    text = TEXTS[kind]
    found = Products((Offer(id=text, name=text, gpu_name=text, stock=text),), text, "x")
    html = found._repr_html_()
    assert "<script" not in html
    assert "<img" not in html
    assert all(line.isprintable() for line in str(found).splitlines())
    assert len(str(found).splitlines()) == 3


def test_the_object_has_a_short_repr(run):
    many = Products(tuple(Offer(id=f"p-{n}") for n in range(500)), cloud="x")
    assert len(str(many).splitlines()) == 63
    assert "440 more" in str(many)
    assert len(many) == 500
    assert str(Products((), cloud="x")) == "No products on x."


def test_one_product_is_one(run):
    found = run("%ppio products --practice 4090.16c62g.os")
    assert len(found) == 1
    assert str(found).startswith("1 product on the practice cloud. Prices are per hour")


def test_a_product_that_is_not_there_is_said_with_the_closest_and_blocks_nothing(run):
    plan = run(f"{NOPE.format('a100-80')} --dry-run")
    assert f"Product: {SAID}" in str(plan)
    assert "Nothing blocks it." in str(plan)
    assert "There is no product zzzz in the catalogue. See what there is" in str(
        run(f"{NOPE.format('zzzz')} --dry-run")
    )
    assert "catalogue." not in str(run(f"{NOPE.format('a100-80g')} --dry-run"))


def test_with_yes_it_is_said_before_sending_where_the_catalogue_is_known_and_never_asked_for(
    run, asked, capsys
):
    with pytest.raises(ApiError, match="RESOURCE_NOT_FOUND"):
        run(f"{NOPE.format('a100-80')} --yes")
    assert not [path for path in asked if "product" in path]
    assert "in the catalogue" not in capsys.readouterr().out
    run("%ppio products --practice")
    capsys.readouterr()
    asked.clear()
    with pytest.raises(ApiError, match="RESOURCE_NOT_FOUND"):
        run(f"{NOPE.format('a100-80')} --yes")
    assert not [path for path in asked if "product" in path]
    said = capsys.readouterr().out
    assert said.index(f"Product: {SAID}") < said.index("RESOURCE_NOT_FOUND")


def test_buttons_say_it_in_their_question(run, monkeypatch):
    monkeypatch.setattr("ppio_widgets.runtime.kernel.who_answers", lambda: "buttons")
    run("%ppio products --practice")
    cards = []
    monkeypatch.setattr("ppio_widgets.magics.launch_magic.display", cards.append)
    run(f'i = 3\nx = {NOPE.format("a100-80")} --command "run $i"')
    (card,) = cards
    card.session.catalogue.load("offers")
    card.session._on_landed(card.session.catalogue, ("offers",))
    shown = "\n".join(
        getattr(one, "value", "") for one in every(card) if isinstance(getattr(one, "value", ""), str)
    )
    assert SAID in shown
    assert "$i is filled in by the instance" in shown
    card.close()


def every(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from every(child)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("A100", "a100-80g"),
        ("a100-80G", "a100-80g"),
        ("a100_80g", "a100-80g"),
        ("4090", "rtx4090-24g"),
        ("nothing like it", ""),
    ],
)
def test_the_closest_is_found_by_id_or_by_name(run, typed, meant):
    known = {one.id for one in run("%ppio products --practice").offers}
    plan = run(f"%ppio_launch --practice --name a --image i:1 --product '{typed}' --dry-run")
    found = next(one for one in plan.report.advice if one.path == ("product_id",))
    assert found.params["meant"] == meant or (meant not in known and found.params["meant"] in known)
    assert found.sentence(words("zh"))


def test_network_storages_are_listed_with_what_mounts_one(run):
    found = run("%ppio storages --practice")
    assert isinstance(found, Storages)
    lines = str(found).splitlines()
    assert lines[0] == "4 network storages on the practice cloud."
    assert lines[1].split() == ["id", "name", "region", "size"]
    assert next(line for line in lines if line.startswith("ns-datasets")).split() == [
        "ns-datasets",
        "datasets",
        "cn-east-1",
        "500",
        "GB",
    ]
    assert lines[-1].strip() == "Mount one in a launch in its region: --volume network:ID:/data"
    plan = run("%ppio_launch --practice --region cn-east-1 --volume network:ns-datasets:/data --dry-run")
    assert plan.body["volumes"] == [{"type": "network", "id": "ns-datasets", "mount_point": "/data"}]
    assert "cannot mount it" not in str(plan)


def test_without_a_storage_no_way_to_mount_one_is_told(run):
    assert str(Storages((), "x")) == "No network storages on x. Make one in the console."
    assert str(Storages((Storage("ns-1"),), "x")).splitlines()[0] == "1 network storage on x."
    many = Storages(tuple(Storage(f"ns-{n}", region="r") for n in range(500)), "x")
    assert "440 more" in str(many)
    assert len(many) == 500
    assert repr(many) == "<Storages: 500 on x>"


def test_storages_take_no_word(run):
    with pytest.raises(UsageError, match="%ppio storages"):
        run("%ppio storages everything --practice")


@pytest.mark.parametrize("kind", TEXTS)
def test_what_a_storage_is_called_cannot_act(kind):
    text = TEXTS[kind]
    found = Storages((Storage(id=text, name=text, region=text),), "x")
    html = found._repr_html_()
    assert "<script" not in html
    assert "<img" not in html
    assert all(line.isprintable() for line in str(found).splitlines())
    assert len(str(found).splitlines()) == 4
