"""Each part of what an exercise can expect: passed by what is so, failed by what is not, said in words."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ppio_widgets.locale.words import LANGUAGES, words
from ppio_widgets.practice.account import PracticeAccount
from ppio_widgets.practice.classroom.judge import judge
from ppio_widgets.practice.classroom.lesson import Expect
from ppio_widgets.practice.clock import PracticeClock
from tests.support.clock import Clock

BODY = {
    "name": "one",
    "product_id": "3090.8c30g.os",
    "image": "ubuntu:24.04",
    "billing": {"mode": "postpaid"},
    "resource": {"gpu_num": 1, "rootfs_size_gb": 20},
}


class Person:
    """An account, and what is done with it."""

    def __init__(self):
        self.turned = Clock()
        self.clock = PracticeClock(self.turned)
        self.account = PracticeAccount(self.clock, Decimal(100))
        self.ids = {}

    def rent(self, name="one", **changes):
        self.ids[name] = self.account.create({**BODY, "name": name, **changes})["id"]
        self.wait(10)
        return self

    def act(self, name, action):
        self.account.act(self.ids[name], action)
        return self.wait(10)

    def wait(self, seconds):
        self.turned.now += seconds
        return self


def judged(person, answer=None, **expect):
    return judge(Expect.model_validate(expect), person.account, answer)


def lacking(person, answer=None, **expect):
    return [one.code for one in judged(person, answer, **expect) if not one.ok]


PORT = [{"port": 8888, "protocol": "http"}]
RENTED = {"ports": PORT, "envs": [{"key": "A", "value": "1"}, {"key": "HF_TOKEN", "value": "s3cret"}]}
# What is expected of one instance, a change of it that is wrong, and what is found then.
FACTS = [
    ({"gpu_memory_gb": ">=24"}, {"product_id": "prod-t4-16g"}, "gpu_memory_gb"),
    ({"hourly": "<=2"}, {"product_id": "4090.16c62g.os"}, "hourly"),
    ({"hourly": "1.48"}, {"resource": {"gpu_num": 2, "rootfs_size_gb": 20}}, "hourly"),
    ({"billing": "postpaid"}, {"billing": {"mode": "spot"}}, "billing"),
    ({"region": "cn-east-1"}, {"candidate_regions": ["cn-west-1"]}, "region"),
    ({"image_tag": "fixed"}, {"image": "ubuntu"}, "image_fixed"),
    ({"image_tag": "fixed"}, {"image": "ubuntu:latest"}, "image_fixed"),
    ({"image_tag": "fixed"}, {"image": "localhost:5000/ubuntu"}, "image_fixed"),
    ({"image_tag": "24.04"}, {"image": "ubuntu:22.04"}, "image_tag"),
    ({"envs": ["A"]}, {"envs": [{"key": "B", "value": "1"}]}, "envs"),
    ({"envs": {"A": "1"}}, {"envs": [{"key": "A", "value": "2"}]}, "envs"),
    ({"ports": 8888}, {"ports": [{"port": 8889, "protocol": "http"}]}, "ports"),
    ({"ports": ["8888/http"]}, {"ports": [{"port": 8888, "protocol": "tcp"}]}, "ports"),
]


@pytest.mark.parametrize(("expect", "wrong", "code"), FACTS)
def test_a_fact_of_an_instance(expect, wrong, code):
    assert lacking(Person(), **expect) == ["none"]
    assert lacking(Person().rent(**RENTED), **expect) == []
    assert lacking(Person().rent(**{**RENTED, **wrong}), **expect) == [code]
    # Each has to be so, and the one that is not is named.
    both = Person().rent(**RENTED).rent("two", **{**RENTED, **wrong})
    (found,) = judged(both, **expect)
    assert (found.ok, found.params["name"]) == (False, "two")


def test_an_image_by_its_digest_is_fixed():
    assert lacking(Person().rent(image=f"ubuntu@sha256:{'0' * 64}"), image_tag="fixed") == []


def test_a_value_of_a_variable_is_not_repeated():
    (found,) = judged(Person().rent(**RENTED), envs={"HF_TOKEN": "s3cret"})
    assert found.ok
    assert "s3cret" not in str(judged(Person().rent(**RENTED), envs={"A": "2"}))


def test_instances_are_counted_by_name():
    person = Person().rent("s07-a").rent("s07-b").rent("other")
    assert lacking(person, on=3, count=3, deleted=0) == []
    assert lacking(person, named="s07-*", on=2) == []
    person.act("s07-a", "stop")
    assert lacking(person, named="s07-*", on=2) == ["on"]
    assert lacking(person, named="s07-*", on=1, count=2) == []
    person.act("s07-a", "delete")
    assert lacking(person, named="s07-*", on=1, count=1, deleted=1) == []
    person.wait(10_000).rent("s07-c")
    assert lacking(person, named="s07-*", count=2, deleted=1) == []
    assert lacking(person, named="s07-*", deleted=">=2") == ["deleted"]


def test_the_name_that_is_looked_for_is_told():
    person = Person().rent("Secret")
    found = judged(person, named="secret", on=1, count=1, deleted=1, hourly="1.48")
    assert [one.sentence(words("en")) for one in found] == [
        "Instances on called secret: 0; needed: 1.",
        "Instances called secret: 0; needed: 1.",
        "Deleted instances called secret: 0; needed: 1.",
        "There is no instance called secret to judge: rent one first.",
    ]
    assert all("secret" in one.sentence(words("zh")) for one in found)
    (stopped,) = judged(person, named="secret", stopped_within="1h")
    assert "secret" in stopped.sentence(words("en"))


def test_only_what_is_on_is_judged_where_that_is_expected():
    person = Person().rent("one").rent("two", product_id="prod-t4-16g").act("two", "stop")
    assert lacking(person, gpu_memory_gb=24) == ["gpu_memory_gb"]
    assert lacking(person, on=1, gpu_memory_gb=24) == []


def test_stopped_in_time():
    person = Person()
    assert lacking(person, stopped_within="1h") == ["none"]
    person.rent()
    assert lacking(person, stopped_within="1h") == ["still_on"]
    person.wait(3000).act("one", "stop").wait(9000)
    assert lacking(person, stopped_within="1h") == []
    assert lacking(person, stopped_within="30m") == ["stopped_within"]
    person.act("one", "delete")
    assert lacking(person, stopped_within="1h") == []
    person.rent("two").wait(5000).act("two", "delete")
    assert lacking(person, stopped_within="1h") == ["stopped_within"]


def test_nothing_of_the_name_was_on_beside_what_is_on():
    person = Person().rent("one").wait(100)
    assert lacking(person, named="o*", on=1, alone=True) == []
    person.rent("other").rent("else")
    assert lacking(person, on=3, alone=True) == ["alone"]
    person.act("other", "delete").act("else", "stop")
    assert lacking(person, named="o*", on=1, alone=True) == ["alone"]
    assert lacking(person, named="one", on=1, alone=True) == []
    person.act("one", "delete")
    assert lacking(person, alone=True) == ["alone"]
    assert lacking(person, on=0, alone=True) == ["none"]
    assert lacking(person.rent("own"), named="o*", on=1, alone=True) == []


def test_what_is_on_is_beside_another_also_while_the_time_of_the_class_stands_still():
    person = Person()
    person.clock.set(0)
    person.rent("one")
    assert lacking(person, named="o*", on=1, alone=True) == []
    person.rent("other")
    assert lacking(person, named="o*", on=2, alone=True) == ["alone"]


def test_nothing_was_on_for_so_long():
    person = Person()
    assert lacking(person, off_for="2h") == ["none"]
    person.rent().rent("two").wait(10_000).act("one", "stop")
    assert lacking(person, off_for="1s") == ["off_for"]
    assert lacking(person, named="one", off_for="1s") == []
    person.wait(7200)
    (found,) = judged(person, off_for="2h")
    assert found.params == {"found": "0s", "expected": "2h"}
    assert lacking(person, named="one", off_for="2h") == []
    person.act("one", "delete").act("two", "delete")
    assert lacking(person, named="one", off_for="2h") == []
    assert lacking(person.wait(3600), off_for="2h") == ["off_for"]
    assert lacking(person.wait(3600), off_for="2h") == []


def test_spot_instances_that_were_reclaimed():
    spot = {"billing": {"mode": "spot"}}
    person = Person().rent(**spot).rent("two", **spot).act("two", "delete")
    assert lacking(person, reclaimed=0) == []
    person.account.reclaim(3600)
    assert lacking(person, reclaimed=1) == ["reclaimed"]
    person.wait(3600)
    assert lacking(person, reclaimed=1) == []
    assert lacking(person.act("one", "delete"), named="one", reclaimed=1) == []
    assert lacking(person, named="two", reclaimed=1) == ["reclaimed"]


def test_money_that_was_spent():
    person = Person().rent().wait(2 * 3600)
    assert lacking(person, spent="<3") == []
    assert lacking(person, spent="<2") == ["spent"]


PREDICTIONS = [
    ({"value": 189, "within": "5%"}, ("189", "180", "¥198", 189), ("179", "199")),
    ({"value": 5}, ("5", "5.00"), ("5.01", "4.9")),
    ({"of": "hourly", "within": "1%"}, ("1.48",), ("2.96", "1.4")),
    ({"of": "spent", "at": "2h", "within": "10%"}, ("2.96", "3"), ("1.48", "4")),
    ({"of": "spent", "product": "a100-80g", "at": "15h", "within": "5%"}, ("189",), ("100", "270")),
    ({"of": "hourly", "product": "a100-80g"}, ("12.6",), ("12.7", "6")),
    ({"of": "left", "at": "10h", "within": "0.1"}, ("85.2",), ("100", "14.8")),
    ({"of": "spent", "within": "0.01"}, ("0",), ("1",)),
]


@pytest.mark.parametrize(("prediction", "right", "wrong"), PREDICTIONS)
def test_a_prediction(prediction, right, wrong):
    person = Person().rent()
    assert [lacking(person, one, prediction=prediction) for one in right] == [[]] * len(right)
    found = [lacking(person, one, prediction=prediction) for one in wrong]
    assert all(codes in (["prediction_high"], ["prediction_low"]) for codes in found)
    assert lacking(person, prediction=prediction) == ["answer_missing"]
    assert lacking(person, "many", prediction=prediction) == ["answer_unreadable"]


def test_what_is_right_is_not_told():
    (found,) = judged(Person().rent(), "7", prediction={"of": "hourly"})
    assert found.params == {"answer": "7"}


def test_without_an_instance_there_is_nothing_to_predict():
    assert lacking(Person(), "1", prediction={"of": "hourly"}) == ["none"]


def test_every_finding_has_its_words():
    codes = {key.removeprefix("judge.") for key in words("en").keys() if key.startswith("judge.")}  # noqa: SIM118
    params = {"name": "n", "found": "1", "expected": "2", "answer": "3", "kind": "k", "named": "x"}
    for language in LANGUAGES:
        said = [words(language)(f"judge.{code}", **params) for code in sorted(codes)]
        assert len(set(said)) == len(codes) > 20
