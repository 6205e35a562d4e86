"""What an account was charged, as the client reads it and a person sees it."""

import re
from dataclasses import replace
from decimal import Decimal

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppio_widgets import Instance, PpioClient
from ppio_widgets.cards.lists import bill_card
from ppio_widgets.cloud.resources import read_bill
from ppio_widgets.errors import AnswerUnreadable
from ppio_widgets.locale.words import words
from ppio_widgets.practice.account import PracticeAccount
from ppio_widgets.practice.bill import Bill, Charge
from ppio_widgets.practice.transport import PracticeTransport
from ppio_widgets.request.pricing import charged
from tests.support.bodies import MINIMAL
from tests.support.practice import KEY, RICH, OneAccount
from tests.support.wire import REAL_KEY

HOUR = 3600
BEGAN = 1_700_000_000.0
ROW = {"ownerID": "i-1", "productName": "A100", "startTime": "1700000000", "endTime": "1700003600"}


class Live(httpx.BaseTransport):
    """A live cloud with one row of each bill, which notes what it was asked for."""

    def __init__(self, **told):
        self.row = {**ROW, "billNum0": 3600, "amountDecimal": "12.6", **told}
        self.asked = []

    def handle_request(self, request):
        self.asked.append((request.url.path, dict(request.url.params)))
        bought = request.url.path.endswith("monthly/list")
        return httpx.Response(200, json={"bills": [] if bought else [self.row]})


@pytest.fixture
def account(clock):
    one = PracticeAccount(clock, RICH)
    one.clock.set(0)
    return one


@pytest.fixture
def student(account):
    transport = PracticeTransport(OneAccount(account))
    return PpioClient(KEY, base_url="http://localhost", transport=transport, practice=True)


def read(**told):
    (charge,) = read_bill({"bills": [{**ROW, **told}]}, bought=False)
    return charge.amount


def test_the_bill_is_the_sum_and_what_each_instance_comes_to(student, account, clock):
    one = account.create(MINIMAL)["id"]
    large = {"name": "other", "resource": {"gpu_num": 2, "rootfs_size_gb": 160}}
    other = account.create({**MINIMAL, **large})["id"]
    month = {"mode": "prepaid", "prepaid": {"months": 1}}
    bought = account.create({**MINIMAL, "name": "bought", "billing": month})["id"]
    clock.turn(10)
    account.get(one)
    account.clock.jump(15 * HOUR)
    bill = student.bill()
    assert Instance(one, student).refresh().cost_so_far == Decimal("189.00"), (
        "the card says what the bill says"
    )
    assert bill.total == account.spent == 9072 + 3 * 15 * Decimal("12.6") + Decimal("0.3125")
    assert repr(bill) == "<Bill: ¥9,639.31, 4 rows>"
    lines = str(bill).splitlines()
    assert lines[0].startswith("Charged ¥9,639.31 in 24 h, until 2023-11-1")
    assert [re.split(r"  +", line.strip()) for line in lines[1:]] == [
        ["name", "id", "product", "billed for", "charged"],
        ["bought", bought, "A100 80 GB", "1 month from 2023-11-14 22:13 UTC", "¥9,072.00"],
        ["other", other, "A100 80 GB", "15 h", "¥378.00"],
        [MINIMAL["name"], one, "A100 80 GB", "15 h", "¥189.00"],
        ["other", other, "A100 80 GB (disk)", "15 h", "¥0.31"],
    ]
    assert "¥9,639.31" in bill._repr_html_()
    assert "最近 24 小时共扣费 ¥9,639.31，" in bill_card(bill, words("zh")).as_text(words("zh"))


def test_a_renewal_is_a_row_of_its_own(student, account, clock):
    renewing = {"months": 1, "auto_renew": {"enabled": True, "months": 1}}
    account.create({**MINIMAL, "billing": {"mode": "prepaid", "prepaid": renewing}})
    clock.turn(10)
    account.clock.jump(31 * 24 * HOUR)
    rows = [line for line in str(student.bill()).splitlines() if line.endswith("¥9,072.00")]
    assert [re.search(r" 1 month from (\S+)", row)[1] for row in rows] == ["2023-11-14", "2023-12-14"]


def test_on_the_practice_cloud_the_bill_is_the_whole_of_what_was_spent_however_many_months_pass(
    student, account, clock
):
    one = account.create(MINIMAL)["id"]
    month = {"mode": "prepaid", "prepaid": {"months": 1}}
    account.create({**MINIMAL, "name": "bought", "billing": month})
    clock.turn(10)
    account.get(one)
    account.clock.jump(20 * HOUR)
    account.act(one, "delete")
    for _month in range(4):
        account.clock.jump(31 * 24 * HOUR)
        assert student.bill().total == account.spent == 9072 + 20 * Decimal("12.6")
    assert str(student.bill()).startswith("Charged ¥9,324.00 in 126 days, until 2024-03-")


def test_how_many_months_were_bought_is_said_where_the_practice_cloud_tells_it(student, account):
    account.create({**MINIMAL, "billing": {"mode": "prepaid", "prepaid": {"months": 3}}})
    bill = student.bill()
    assert "  3 months from 2023-11-14" in str(bill)
    assert "3 个月，自 2023-11-14" in bill_card(bill, words("zh")).as_text(words("zh"))
    (bought,) = bill.charges
    for unsure in (
        replace(bill, practice=False),  # what the times of its rows are is not documented
        replace(bill, charges=(replace(bought, ends=bought.ends + 1),)),
        replace(bill, charges=(replace(bought, ends=bought.begins),)),
    ):
        assert "  months from 2023-11-14" in str(unsure)


def test_months_of_a_live_account_that_were_bought_before_are_told_apart():
    class Bought(Live):
        def handle_request(self, request):
            told = super().handle_request(request)
            monthly = {**self.row, "amountDecimal": "9072"}
            return httpx.Response(200, json={"bills": [monthly]}) if told.json() == {"bills": []} else told

    bill = PpioClient(REAL_KEY, base_url="https://api.ppio.com", transport=Bought()).bill()
    assert (bill.total, bill.bought_before) == (Decimal("12.6"), 9072)
    assert "Charged ¥12.60 in 31 days" in str(bill)
    assert "Months bought before that: ¥9,072.00." in str(bill)
    assert "此前购买的包月：¥9,072.00。" in bill_card(bill, words("zh")).as_text(words("zh"))


def test_an_account_that_was_charged_nothing_says_so(student):
    assert str(student.bill()).startswith("Nothing was charged in 31 days")


def test_a_live_cloud_is_asked_for_a_month_and_its_bill_comes_late():
    cloud = Live()
    bill = PpioClient(REAL_KEY, base_url="https://api.ppio.com", transport=cloud).bill(days=90)
    (bought, _), (used, query), (listed, _) = cloud.asked
    assert listed == "/gpus/v2/instances"
    assert bill.names == {}  # what cannot be read is no reason to show no bill
    assert (bought, used) == (
        "/openapi/v1/billing/bill/monthly/list",
        "/openapi/v1/billing/bill/list",
    )
    assert int(query["endTime"]) - int(query["startTime"]) == 31 * 86400
    assert query["cycleType"] == "Day"
    assert (bill.total, bill.currency) == (Decimal("12.6"), "CNY")
    assert "a day late" in str(bill)


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("0.8975", "¥0.90"),
        ("0.0042", "¥0.0042"),
        ("0.01", "¥0.01"),
        ("0", "¥0.00"),
        ("1234.5", "¥1,234.50"),
    ],
)
def test_amounts_are_shown_as_people_read_them(amount, shown):
    assert charged(Decimal(amount), "CNY") == shown


@pytest.mark.parametrize(
    ("told", "amount"),
    [
        ({"payableDecimal": "0.2100", "amountDecimal": "0.3", "amount": 0, "pricePrecision": 10000}, "0.21"),
        ({"amountDecimal": "12.60"}, "12.6"),
        ({"payAmount": "2100", "amount": 3000, "pricePrecision": 10000}, "0.21"),
        ({"amount": 2100, "pricePrecision": "100"}, "21"),
        ({"amountDecimal": "1e5", "amount": 5, "pricePrecision": 1}, "5"),
    ],
)
def test_both_spellings_of_an_amount_are_read(told, amount):
    assert read(**told) == Decimal(amount)


@pytest.mark.parametrize(
    "wrong",
    [
        {"amountDecimal": "NaN"},
        {"amountDecimal": 12.6},
        {"amount": 2100},
        {"amount": 2100, "pricePrecision": 0},
        {"amount": True, "pricePrecision": 1},
        {"amount": "-5", "pricePrecision": 1},
        {"amountDecimal": "1", "ownerID": ""},
        {"amountDecimal": "1", "startTime": "soon"},
    ],
)
def test_a_row_that_cannot_be_read_leaves_no_sum(wrong):
    assert read_bill({"bills": [{**ROW, "amountDecimal": "1"}, {**ROW, **wrong}]}, bought=False) is None
    cloud = Live(**{"amountDecimal": None, **wrong})
    with pytest.raises(AnswerUnreadable):
        PpioClient(REAL_KEY, base_url="https://api.ppio.com", transport=cloud).bill()


@pytest.mark.parametrize("answer", [None, [], {}, {"bills": {}}, {"bills": ["x"]}])
def test_what_is_no_bill_is_none(answer):
    assert read_bill(answer, bought=False) is None


def test_no_rows_may_be_null():
    assert read_bill({"bills": None}, bought=True) == ()


@given(st.integers(1, 10**7), st.integers(0, 10**6))
def test_what_the_practice_cloud_writes_is_read_to_the_last_part(price, seconds):
    bill = Bill(RICH)
    bill.begin(Charge("i-1", "gpu", "postpaid", "A100", Decimal(price) / 10**5, BEGAN))
    found = read_bill({"bills": bill.statement("Day", BEGAN, BEGAN + seconds)}, bought=False)
    assert sum(one.amount for one in found) * 10_000 == bill.spent(BEGAN + seconds)
    assert sum(one.seconds for one in found) == seconds
