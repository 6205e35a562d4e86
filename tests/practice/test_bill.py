"""Money moves with the clock of the class: what is on is charged, and a statement adds up to what is gone."""

from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ppio_widgets.practice.account import MONTH_SECONDS, PracticeAccount
from ppio_widgets.practice.catalogue import OFFERS
from ppio_widgets.practice.cloud import PracticeCloud
from ppio_widgets.practice.failures import Refused
from ppio_widgets.practice.transport import PracticeTransport
from tests.practice.test_catalogue import errors_of
from tests.support.bodies import MINIMAL
from tests.support.clock import Clock
from tests.support.practice import KEY, RICH, OneAccount

HOUR, DAY = 3600, 86400
LISTS = ("list", "monthly/list")
A100 = Decimal("12.6")
PREPAID = {**MINIMAL, "billing": {"mode": "prepaid", "prepaid": {"months": 1}}}
SPOT = {**MINIMAL, "billing": {"mode": "spot"}}
A_MONTH = Decimal(9072)


@pytest.fixture
def account(clock):
    """The clock of the class stands still, so that only jumps cost anything."""
    one = PracticeAccount(clock, RICH)
    one.clock.set(0)
    return one


def launched(account, clock, body=MINIMAL, **changes):
    """An instance that runs."""
    made = account.create({**body, **changes})["id"]
    clock.turn(10)
    account.get(made)
    return made


def told(account, made):
    return account.get(made)["status"]


def rows(account, cycle="Hour", **query):
    return account.bill({"cycleType": cycle, "productCategory": "gpu", **query})["bills"]


def amount(row):
    return Decimal(row["amountDecimal"])


# what is charged


def test_it_is_billed_by_the_second_from_pulling_until_a_stop_is_asked_for(clock):
    account = PracticeAccount(clock, RICH)
    made = account.create(MINIMAL)["id"]
    clock.turn(2)
    assert (told(account, made)["status"], account.spent) == ("creating", 0)
    clock.turn(0.5)
    assert (told(account, made)["status"], account.spent) == ("pulling", 0)
    clock.turn(100)
    assert account.spent == A100 * 100 / HOUR
    account.act(made, "stop")
    clock.turn(DAY)
    assert account.spent == A100 * 100 / HOUR
    account.act(made, "start")
    clock.turn(11)
    assert account.spent == A100 * 110 / HOUR, "from starting"
    account.act(made, "restart")
    clock.turn(10)
    assert account.spent == A100 * 120 / HOUR, "a restart ends nothing"
    account.act(made, "delete")
    clock.turn(DAY)
    assert account.spent == A100 * 120 / HOUR
    assert account.left == RICH - account.spent


def test_all_gpus_count_and_a_cpu_product_counts_as_a_whole(account, clock):
    launched(account, clock, resource={"gpu_num": 3, "rootfs_size_gb": 60})
    account.clock.jump(HOUR)
    assert account.spent == 3 * A100
    cpu = {**MINIMAL, "type": "cpu", "product_id": "cpu.8c16g"}
    launched(account, clock, cpu, resource={"gpu_num": 2, "rootfs_size_gb": 30})
    account.clock.jump(HOUR)
    assert account.spent == 6 * A100 + Decimal("0.64")


def test_the_disk_above_the_free_part_is_charged_by_the_day_also_while_it_is_stopped(account, clock):
    made = launched(account, clock, resource={"gpu_num": 1, "rootfs_size_gb": 160})
    account.act(made, "stop")
    account.clock.jump(2 * DAY)
    assert account.spent == 2 * 100 * Decimal("0.005")
    clock.turn(10)
    account.act(made, "delete")
    account.clock.jump(DAY)
    assert account.spent == 1


def test_what_is_deleted_before_it_pulls_costs_nothing(account, clock):
    made = account.create(MINIMAL)["id"]
    clock.turn(1)
    account.act(made, "delete")
    clock.turn(100)
    account.clock.jump(DAY)
    assert (account.spent, rows(account)) == (0, [])


def test_spot_has_its_own_price(account, clock):
    launched(account, clock, SPOT)
    account.clock.jump(HOUR)
    assert account.spent == 6


def test_when_the_balance_is_used_up_what_is_billed_by_the_hour_is_stopped_then_and_there(clock):
    account = PracticeAccount(clock, Decimal(63) + A_MONTH)
    account.clock.set(0)
    paid, made = launched(account, clock, PREPAID), launched(account, clock)
    account.clock.jump(4 * HOUR)
    assert told(account, made) == {"status": "running", "error": "", "message": ""}
    assert account.left == A100
    account.clock.jump(DAY)
    assert told(account, made) == {
        "status": "toStop",
        "error": "",
        "message": "stopped: the balance is used up",
    }
    clock.turn(10)
    seen = account.get(made)
    assert (seen["status"]["status"], account.left) == ("exited", 0)
    assert seen["last_stopped_at"] == seen["created_at"] + 5 * HOUR
    assert told(account, paid)["status"] == "running"
    for refused in (lambda: account.act(made, "start"), lambda: account.create(MINIMAL)):
        with pytest.raises(Refused, match="left") as caught:
            refused()
        assert caught.value.answer["reason"] == "BALANCE_NOT_ENOUGH"
    account.pay(Decimal("12.6"))
    account.act(made, "start")
    assert told(account, made) == {"status": "toStart", "error": "", "message": ""}


def test_months_are_paid_at_once_renewed_as_they_end_and_refused_when_the_balance_is_short(clock):
    account = PracticeAccount(clock, 2 * A_MONTH + 1)
    account.clock.set(0)
    made = launched(account, clock, PREPAID)
    began = account.get(made)["created_at"]
    assert account.left == A_MONTH + 1
    account.set_auto_renew(made, {"auto_renew": {"enabled": True, "months": 1}})
    account.clock.jump(MONTH_SECONDS)
    seen = account.get(made)
    assert (seen["status"]["status"], account.left) == ("running", 1)
    assert seen["billing"]["prepaid"]["end_time"] == began + 2 * MONTH_SECONDS
    account.clock.jump(MONTH_SECONDS)
    assert told(account, made) == {"status": "toRemove", "error": "", "message": "its months are over"}
    assert account.left == 1
    bought = account.purchases({"category": "gpu"})["bills"]
    assert [int(row["startTime"]) for row in bought] == [began, began + MONTH_SECONDS]
    assert [amount(row) for row in bought] == [A_MONTH] * 2
    assert rows(account, "Month") == []


def test_what_does_not_renew_ends_with_its_months(account, clock):
    made = launched(account, clock, PREPAID)
    account.clock.jump(MONTH_SECONDS - 1)
    assert told(account, made)["status"] == "running"
    account.clock.jump(1)
    assert told(account, made)["status"] == "toRemove"
    clock.turn(100)
    assert account.is_empty
    assert account.spent == A_MONTH


def test_a_spot_instance_is_told_that_it_is_reclaimed_and_is(account, clock):
    made, other = launched(account, clock, SPOT), launched(account, clock)
    assert account.reclaim(2 * HOUR) == (made,)
    assert "is reclaimed at 2023-11-15 00:13 UTC" in told(account, made)["message"]
    account.clock.jump(2 * HOUR - 1)
    assert told(account, made)["status"] == "running"
    account.clock.jump(10 * HOUR)
    clock.turn(10)
    assert told(account, made) == {
        "status": "exited",
        "error": "the spot instance was reclaimed",
        "message": "",
    }
    assert told(account, other)["status"] == "running"
    assert sum(map(amount, rows(account, ownerId=made))) == 12
    with pytest.raises(Refused, match="cannot start an instance that is reclaimed"):
        account.act(made, "start")
    account.act(made, "delete")
    assert account.reclaim() == ()


def test_one_that_was_stopped_in_time_is_not_reclaimed(account, clock):
    made = launched(account, clock, SPOT)
    account.reclaim(HOUR, "prod-t4-16g")
    account.reclaim(HOUR, SPOT["product_id"])
    account.act(made, "stop")
    account.clock.jump(DAY)
    assert told(account, made)["error"] == ""


# the statement


def test_a_statement_has_a_row_for_each_instance_and_hour_of_the_class(account, clock):
    made = launched(account, clock)  # 22:13:20 UTC
    account.clock.jump(2 * HOUR)
    first, second, third = rows(account)
    assert first == {
        "startTime": "1699999200",
        "endTime": "1700002800",
        "billingMethod": 1,
        "productName": "A100 80 GB",
        "ownerID": made,
        "billNum0": "2800",
        "basePrice0": "12.600",
        "discountPrice0": "12.600",
        "amount": "98000",
        "payAmount": "98000",
        "payAmountDisplay": "9.80",
        "amountDecimal": "9.8000",
        "payableDecimal": "9.8000",
        "voucherAmountDecimal": "0.0000",
        "pricePrecision": 10_000,
    }
    assert [row["billNum0"] for row in (second, third)] == ["3600", "800"]
    assert sum(map(amount, rows(account))) == 2 * A100
    (day,) = rows(account, "Day")
    assert (day["startTime"], day["endTime"]) == ("1699977600", "1700064000"), "China's"
    assert [len(rows(account, cycle)) for cycle in ("Week", "Month")] == [1, 1]


def test_a_statement_is_of_what_was_asked_for(account, clock):
    made, other = launched(account, clock), launched(account, clock, SPOT)
    account.clock.jump(2 * HOUR)
    assert {row["ownerID"] for row in rows(account)} == {made, other}
    assert {row["ownerID"] for row in rows(account, ownerId=other)} == {other}
    between = {"startTime": "1700002800", "endTime": "1700004600"}
    assert [amount(row) for row in rows(account, ownerId=made, **between)] == [A100 / 2]
    assert account.bill({"cycleType": "Day", "productCategory": "cloud_storage"}) == {"bills": []}
    assert account.purchases({"category": "cloud_storage"}) == {"bills": []}


@pytest.mark.parametrize(
    ("query", "field_name"),
    [
        ({"productCategory": "gpu"}, "cycleType"),
        ({"cycleType": "Hour"}, "productCategory"),
        ({"cycleType": "Year", "productCategory": "gpu"}, "cycleType"),
        ({"cycleType": "Day", "productCategory": "gpu", "startTime": "1"}, "startTime"),
        ({"cycleType": "Day", "productCategory": "gpu", "startTime": "9", "endTime": "8"}, "startTime"),
    ],
)
def test_a_statement_that_cannot_be_is_refused(account, query, field_name):
    with pytest.raises(Refused) as caught:
        account.bill(query)
    assert caught.value.answer["reason"] == "VALIDATOR_PARAM"
    assert caught.value.answer["metadata"] == {"field": field_name}


def test_it_is_told_over_the_wire_to_who_has_the_key(account, clock):
    launched(account, clock)
    account.create(PREPAID)
    account.clock.jump(HOUR)
    path = "/openapi/v1/billing/bill"
    with httpx.Client(base_url="http://localhost", transport=PracticeTransport(OneAccount(account))) as http:
        asked = {"cycleType": "Day", "productCategory": "gpu"}
        key = {"Authorization": f"Bearer {KEY}"}
        answers = [http.get(f"{path}/{name}", params=asked, headers=key) for name in LISTS]
        for name, answer in zip(LISTS, answers, strict=True):
            assert errors_of(f"{path}/{name}", answer.json()) == []
        assert [[amount(row) for row in answer.json()["bills"]] for answer in answers] == [[A100], [A_MONTH]]
        assert http.get(f"{path}/list", params=asked).status_code == 401


# a whole class, against a sum that is written another way

BODIES = (
    MINIMAL,
    SPOT,
    {**MINIMAL, "resource": {"gpu_num": 2, "rootfs_size_gb": 177}},
    {**MINIMAL, "product_id": "prod-t4-16g", "resource": {"gpu_num": 3, "rootfs_size_gb": 31}},
    {**PREPAID, "resource": {"gpu_num": 1, "rootfs_size_gb": 77}},
)
# By hand from the catalogue: yuan an hour, and yuan a day for the disk; months at once.
HOURLY = (Fraction(63, 5), Fraction(6), Fraction(126, 5), Fraction(66, 25), Fraction(0))
DAILY = (Fraction(0), Fraction(0), Fraction(117, 200), Fraction(1, 200), Fraction(17, 200))
AT_ONCE = (0, 0, 0, 0, 9072)


def test_what_is_counted_by_hand_is_what_the_catalogue_says():
    for body, hourly, daily in zip(BODIES, HOURLY, DAILY, strict=True):
        offer = OFFERS[body["product_id"]]
        over = body["resource"]["rootfs_size_gb"] - offer.rootfs_free_gb
        assert Fraction(offer.storage_price) * max(0, over) == daily
        price = offer.spot if body is SPOT else offer.postpaid
        assert hourly in (0, Fraction(price.final) * body["resource"]["gpu_num"])


@dataclass
class Watched:
    """What is known of one instance from outside: its kind, and for how many class seconds it was billed."""

    kind: int
    billed_from: float
    pulled_at: float
    on: bool = True
    there: bool = True
    times: int = 1
    seconds: Fraction = Fraction(0)
    stored: Fraction = Fraction(0)

    def owed(self):
        hourly = HOURLY[self.kind] * self.seconds / HOUR
        return AT_ONCE[self.kind] + hourly + DAILY[self.kind] * self.stored / DAY


class Class:
    """Thirty students, each with what is known of their instances; all time is counted as it passes."""

    def __init__(self):
        self.clock = Clock()
        self.cloud = PracticeCloud(self.clock)
        self.students = [(PracticeAccount(self.cloud.clock, RICH), {}) for _ in range(30)]
        self.rate, self.passed = 1, Fraction(0)

    def count(self, seconds):
        self.passed += seconds
        for one in (one for _account, mine in self.students for one in mine.values()):
            one.seconds += seconds * (one.there and one.on and self.clock.now >= one.billed_from)
            one.stored += seconds * (one.there and self.clock.now >= one.pulled_at)

    def wait(self, quarters):
        for _ in range(quarters):  # states begin on halves of a second
            self.count(Fraction(self.rate, 4))
            self.clock.turn(0.25)

    def jump(self, seconds):
        self.wait(1)
        self.cloud.clock.jump(seconds)
        self.count(seconds)
        self.wait(1)

    def turn(self, rate):
        self.rate = rate
        self.cloud.clock.set(rate)

    def launch(self, account, mine, number):
        kind, now = number % len(BODIES), self.clock.now
        mine[account.create(BODIES[kind])["id"]] = Watched(kind, now + 2.5, now + 2.5)

    def act(self, account, mine, what, number):
        made = [*mine][number % len(mine)]
        account.act(made, what)
        one = mine[made]
        one.there, one.on = one.there and what != "delete", what == "start"
        if what == "start":
            one.billed_from, one.times = self.clock.now + 1, one.times + 1

    def do(self, what, who, number):
        """Have three students do something; what is refused is not done."""
        for account, mine in self.students[who::10]:
            with suppress(Refused):
                if what == "launch":
                    self.launch(account, mine, number)
                elif mine:
                    self.act(account, mine, what, number)


deeds = st.lists(
    st.tuples(
        st.sampled_from(["launch", "launch", "stop", "start", "delete", "time", "time", "jump", "clock"]),
        st.integers(0, 9),
        st.integers(0, 10**6),
    ),
    min_size=20,
    max_size=60,
)


@settings(deadline=None, max_examples=30)
@given(deeds)
def test_thirty_students_and_eight_hours_add_up(done):
    school = Class()
    for what, who, number in done:
        if what == "time":
            school.wait(4 * (4 + number % 8))
        elif what == "jump":
            school.jump(number % HOUR)
        elif what == "clock":
            school.turn((0, 1, 4, 60)[number % 4])
        else:
            school.do(what, who, number)
    school.jump(max(0, 8 * HOUR - school.passed))
    assert school.cloud.clock.time() == pytest.approx(float(1_700_000_000 + school.passed))
    for account, mine in school.students:
        bills = {sum(map(amount, rows(account, cycle))) for cycle in ("Hour", "Day", "Week", "Month")}
        bought = sum(map(amount, account.purchases({})["bills"]))
        assert bills == {account.spent - bought}, "whatever it is cut into"
        assert account.left == RICH - account.spent
        owed = sum((one.owed() for one in mine.values()), Fraction(0))
        # Each time that it was on is of whole seconds.
        rounded = sum((one.times * (HOURLY[one.kind] + 1) / HOUR for one in mine.values()), Fraction(0))
        assert abs(Fraction(account.spent) - owed) <= rounded
