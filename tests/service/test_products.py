"""The list of products: what it ships with, and what a bureau adds."""

import csv
from datetime import date
from pathlib import Path

import pytest

from inspections.stock import banned, covers, fixed_point, is_registration_no
from service.supply import products
from tests.books_products import PRODUCT
from tests.conftest import COUNTY


@pytest.fixture
def bureau(as_role):
    return as_role("bureau", COUNTY)


def test_the_listed_products_are_there(bureau):
    listed = bureau.get("products").json()["items"]
    with products.PRODUCTS_FILE.open(encoding="utf-8", newline="") as file:
        codes = {row["code"]: row for row in csv.DictReader(file)}
    assert {each["code"] for each in listed} == codes.keys()
    urea = next(each for each in listed if each["code"] == "UREA-50")
    assert (urea["pack_kg"], urea["n_share"], urea["commodity"]) == (50, 0.464, "urea")
    seeds = bureau.get("products", category="seed").json()["items"]
    assert seeds
    assert {each["category"] for each in seeds} == {"seed"}


def test_a_code_means_one_product_for_good(bureau):
    assert bureau.post("products", PRODUCT).status_code == 201
    assert bureau.post("products", PRODUCT).status_code == 200
    other = bureau.post("products", PRODUCT | {"pack_kg": 40})
    assert other.status_code == 409
    assert "新代码" in other.json()["detail"]
    held = [each for each in bureau.get("products").json()["items"] if each["code"] == "UREA-25"]
    assert held[0]["pack_kg"] == 25
    assert held[0]["ingredients"] == ["氯虫苯甲酰胺"]


@pytest.mark.parametrize(
    "change",
    [{"pack_kg": 0}, {"pack_kg": 2000.001}, {"registration_no": "12345"}, {"n_share": 1.5}],
)
def test_a_pack_of_nothing_and_a_wrong_number_are_refused(bureau, change):
    answer = bureau.post("products", PRODUCT | change)
    assert answer.status_code == 422, answer.text
    assert next(iter(change)) in answer.text


def test_every_restricted_ingredient_of_the_notices_is_listed():
    listed = products.restrictions()
    assert len(listed) == 32
    ban = banned(["甲拌磷"], date(2024, 9, 1), listed)
    assert ban is not None
    assert banned(["甲拌磷"], date(2024, 8, 31), listed) is None
    assert fixed_point(["溴敌隆"], listed) is not None
    assert fixed_point(["毒死蜱"], listed) is None


def test_the_scope_of_a_licence():
    assert covers(None, ["溴敌隆"])
    assert covers("限制使用农药", ["溴敌隆"])
    assert covers("溴敌隆、杀鼠灵", ["溴敌隆"])
    assert not covers("磷化铝", ["溴敌隆"])


@pytest.mark.parametrize("number", ["PD20121234", "LS20110001", "PD84125-3", "WP20080001"])
def test_registration_numbers(number):
    assert is_registration_no(number)
    assert not is_registration_no(number[1:])


def test_the_list_names_no_product_twice():
    with Path(products.PRODUCTS_FILE).open(encoding="utf-8", newline="") as file:
        names = [row["name"] for row in csv.DictReader(file)]
    assert len(names) == len(set(names))
