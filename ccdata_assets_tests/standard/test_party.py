"""A record with all its values in view: what stands in the wrong column, where the record is, what agrees with what."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest

from ccdata_assets.standard.dictionaries import Dictionaries
from ccdata_assets.warehouse.declared import write_declared
from ccdata_assets_tests.world import Row, World, fetch, make_settings

COLUMNS = ["company_name", "contact_name", "title", "gender", "mobile", "phone", "fax", "email", "website", "province", "city", "county",
           "address", "postcode", "industry", "uscc", "employees", "source_site"]  # fmt: skip


Record = dict[str, str]
Reader = Callable[..., Row]

PLACES: list[tuple[Record, str | None, str]] = [
    ({"address": "朝阳区建国路88号"}, None, "none"),
    ({"address": "朝阳区建国路88号", "phone": "010-65001234"}, "110105", "area_code"),
    ({"address": "朝阳区建国路88号", "phone": "0431-85001234"}, "220104", "area_code"),
    ({"address": "朝阳区建国路88号", "postcode": "100020"}, "110105", "postcode"),
    ({"address": "朝阳区建国路88号", "city": "长春市"}, "220104", "columns_and_address"),
    ({"province": "广东省", "city": "深圳市", "address": "深圳市南山区科技园"}, "440305", "columns_and_address"),
    ({"province": "广东", "city": "深圳", "county": "南山", "address": "广东省深圳市科技园南路1号"}, "440305", "columns_and_address"),
    ({"address": "广东省深圳市南山区科技园"}, "440305", "address"),
    ({"province": "广东省", "city": "深圳市"}, "440300", "columns"),
    # two districts of one city: the city is what both say
    ({"province": "广东省", "city": "深圳市", "county": "福田区", "address": "深圳市南山区科技园"}, "440300", "columns_and_address"),
    ({"province": "广东省", "city": "广州市", "address": "深圳市南山区科技园"}, "440000", "columns_and_address"),
    ({"province": "北京市", "address": "深圳市南山区科技园"}, None, "none"),
    ({"province": "北京市", "address": "深圳市南山区科技园", "phone": "0755-86001234"}, "440305", "columns_and_address"),
    # all the places of that name are elsewhere than the columns say
    ({"province": "广东省", "city": "广州市", "address": "朝阳区建国路88号"}, None, "none"),
    ({"province": "广东省", "city": "广州市", "address": "朝阳区建国路88号", "phone": "010-65001234"}, "110105", "columns_and_address"),
    ({"province": "广东省", "city": "广州市", "address": "朝阳区建国路88号", "phone": "020-65001234"}, "440100", "columns_and_address"),
    # an address that contradicts itself: the columns decide, if no landline speaks against them
    ({"province": "广东省", "address": "广东省杭州市西湖区文三路1号"}, "440000", "columns_and_address"),
    ({"province": "广东省", "address": "广东省杭州市西湖区文三路1号", "phone": "0571-85001234"}, None, "none"),
    ({"city": "杭州市", "address": "广东省杭州市西湖区文三路1号"}, "330106", "columns_and_address"),
    # columns that contradict themselves: the address is no less exact for them
    ({"province": "广东省", "city": "杭州市", "address": "浙江省杭州市西湖区文三路1号"}, "330106", "columns_and_address"),
    ({"province": "北京市", "city": "深圳市", "address": "深圳市南山区科技园"}, "440305", "columns_and_address"),
    # the county that the name says in the city that is known
    ({"company_name": "尚志市人民医院", "province": "黑龙江省", "city": "哈尔滨市"}, "230183", "name"),
    ({"company_name": "尚志市人民医院", "address": "哈尔滨市人民大街1号"}, "230183", "name"),
    ({"company_name": "巴南区人民医院", "province": "重庆市"}, "500113", "name"),
    ({"company_name": "义乌市甲乙丙贸易有限公司", "city": "金华市"}, "330782", "name"),
    ({"company_name": "尚志市人民医院", "province": "黑龙江省"}, "230000", "columns"),
    ({"company_name": "尚志市人民医院", "city": "大庆市"}, "230600", "columns"),
    # where it is, is said: a hospital of the county in town; columns and address that do not agree
    ({"company_name": "和田县人民医院", "city": "和田地区", "address": "和田地区和田市迎宾路517号"}, "653201", "columns_and_address"),
    ({"company_name": "南山区人民医院", "city": "深圳市", "county": "福田区", "address": "深圳市罗湖区深南路1号"}, "440300", "columns_and_address"),
    ({"company_name": "义乌市甲乙丙贸易有限公司金华分公司", "city": "金华市"}, "330700", "columns"),
]  # fmt: skip
REACHABLE: list[tuple[Record, bool]] = [
    ({"mobile": "13912345678"}, True),
    ({"phone": "0755-86001234"}, True),
    ({"email": " Wang.Wu+1@Mail.Example-Firm.COM "}, True),
    ({"email": "abc"}, False),
    ({"email": "a@b@example.com"}, False),
    ({"mobile": "123", "email": "暂无"}, False),
    ({}, False),
]
AGREEMENTS: list[tuple[str, Record, bool | None]] = [
    ("columns_address", {"province": "广东省", "address": "深圳市南山区科技园"}, True),
    ("columns_address", {"province": "北京市", "address": "深圳市南山区科技园"}, False),
    ("columns_address", {"province": "北京市"}, None),
    ("area_code_region", {"city": "深圳市", "phone": "0755-86001234"}, True),
    ("area_code_region", {"city": "深圳市", "phone": "020-86001234"}, False),
    ("area_code_region", {"city": "深圳市", "phone": "13912345678"}, None),
    ("postcode_region", {"city": "深圳市", "postcode": "518057"}, True),
    ("postcode_region", {"city": "深圳市", "postcode": "100020"}, False),
    ("mobile_region", {"city": "深圳市"}, None),
    ("mobile_region", {"city": "深圳市", "mobile": "13802212345"}, True),
    ("mobile_region", {"city": "深圳市", "mobile": "13912345678"}, False),
    ("columns_address", {"province": "广东省", "city": "广州市", "address": "朝阳区建国路88号"}, False),
    ("email_website", {"email": "sales@jiayi-firm.com", "website": "http://www.jiayi-firm.com/"}, True),
    ("email_website", {"email": "sales@jiayi-firm.com", "website": "www.bing-firm.com"}, False),
    ("email_website", {"email": "jiayi@163.com", "website": "www.jiayi-firm.com"}, None),
    ("company_region", {"company_name": "深圳市甲乙丙科技有限公司", "city": "深圳市"}, True),
    ("company_region", {"company_name": "深圳市甲乙丙科技有限公司", "city": "长春市"}, False),
    ("gender_name", {"contact_name": "王先生", "gender": "男"}, True),
    ("gender_name", {"contact_name": "王先生", "gender": "女"}, False),
    ("gender_name", {"contact_name": "王小明", "gender": "男"}, None),
    ("gender_name", {"contact_name": "王女士", "gender": "未知"}, None),
]


LOCAL_NUMBERS: list[Record] = [
    {"phone": "86001234", "city": "深圳市"},
    {"phone": "86001234", "address": "广东省深圳市南山区科技园"},
    {"phone": "86001234"},
]
GENDERS: list[Record] = [
    {"contact_name": "王小明", "gender": "男"},
    {"contact_name": "王女士"},
    {"contact_name": "王女士", "gender": "男"},
    {"contact_name": "王小红"},
    {"contact_name": "王女士", "gender": "未知"},
]
NUMBER_AS_NAME: Record = {"contact_name": "13912345678"}
NUMBER_TOO_MANY: Record = {"contact_name": "13912345678", "mobile": "13812345678", "phone": "0755-86001234"}
COMPANY_AS_PERSON: Record = {"company_name": "欧阳小明", "contact_name": "深圳市甲乙丙科技有限公司"}
SHORT_COMPANY: Record = {"company_name": "万科", "contact_name": "王小明"}
NAME_AS_NUMBER: Record = {"contact_name": "13912345678", "mobile": "王小明"}
SITE_AS_MAIL: Record = {"email": "www.jiayi-firm.com", "website": "sales@jiayi-firm.com"}
TITLE_AS_NAME: Record = {"contact_name": "销售经理", "title": "王小明"}
UNKNOWN_TITLE: Record = {"contact_name": "", "title": "安全"}
# two values for one place: the one whose own place the other takes goes first, and nothing is lost
HALF_SWAPPED: Record = {"company_name": "13812345678", "contact_name": "13912345678", "mobile": "王小明"}
TWO_MAILS: Record = {"contact_name": "x@yfirm.com", "email": "www.jiayi-firm.com", "website": "sales@jiayi-firm.com"}
FILLED_MAIL: Record = {"contact_name": "sales@jiayi-firm.com", "email": "xxx@xxx.com"}
FILLED_SITE: Record = {"email": "www.jiayi-firm.com", "website": "ｎ／ａ"}
OTHERS = [
    *LOCAL_NUMBERS,
    *GENDERS,
    NUMBER_AS_NAME,
    NUMBER_TOO_MANY,
    COMPANY_AS_PERSON,
    SHORT_COMPANY,
    NAME_AS_NUMBER,
    SITE_AS_MAIL,
    TITLE_AS_NAME,
    UNKNOWN_TITLE,
    HALF_SWAPPED,
    TWO_MAILS,
    FILLED_MAIL,
    FILLED_SITE,
]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """A function (fields of a record) -> the record as standard.party_record has it.

    Making the dictionaries takes seconds, whatever they read. So the records that tests ask for are known beforehand and go through as
    one file of b2b_directory: landed, judged, read.
    """
    asked = [
        *(record for record, *_ in PLACES),
        *(record for record, _ in REACHABLE),
        *(record for _, record, _ in AGREEMENTS),
        *OTHERS,
    ]
    records = [{"company_name": "甲丙丁科技有限公司", **record} for record in asked]
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    world = World(make_settings(tmp_path_factory.mktemp("party")))
    world.put("b2b_directory/20260131.csv", text.getvalue())
    (staged,) = world.stage("b2b_directory")
    assert staged.staged == len(records)
    with world.warehouse() as con:
        write_declared(con, world.registry)
        Dictionaries(world.settings.dbt_dir, con).build("party_record")
        rows = fetch(con, "select * from standard.party_record order by row")
    found = {tuple(sorted(record.items())): row for record, row in zip(asked, rows, strict=True)}

    def one(**record: str) -> Row:
        return found[tuple(sorted(record.items()))]

    return one


def misplaced(row: Row) -> list[tuple[str, str, str, str]]:
    return [
        tuple(cell[name] for name in ("field", "looks_like", "belongs_to", "decision")) for cell in row["misplaced"]
    ]


# --- where the record is -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("record", "code", "source"), PLACES)
def test_a_region_is_the_finest_that_nothing_contradicts(
    read: Reader, record: dict[str, str], code: str | None, source: str
) -> None:
    row = read(**record)
    assert (row["region_code"], row["region_source"]) == (code, source)
    assert row["region_status"] == ("valid" if code else "ambiguous")


def test_a_landline_without_area_code_takes_that_of_its_city(read: Reader) -> None:
    by_column, by_address, by_nothing = (read(**record)["numbers"] for record in LOCAL_NUMBERS)
    assert by_column == by_address == ["+8675586001234"]
    assert by_nothing == []


# --- what can reach a party --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("record", "reachable"), REACHABLE)
def test_a_number_or_an_e_mail_address_can_reach_a_party(read: Reader, record: dict[str, str], reachable: bool) -> None:
    assert read(**record)["has_channel"] is reachable


# --- values in the wrong column ----------------------------------------------------------------------------------


def test_a_number_in_the_name_column_goes_where_numbers_belong(read: Reader) -> None:
    row = read(**NUMBER_AS_NAME)
    assert misplaced(row) == [("contact_name", "phone", "mobile", "moved")]
    assert row["numbers"] == ["+8613912345678"]
    assert row["contact_name"] is None


def test_a_repair_says_which_columns_and_no_value(read: Reader) -> None:
    assert "139" not in str(read(**NUMBER_AS_NAME)["misplaced"])


def test_a_number_that_has_no_place_is_only_reported(read: Reader) -> None:
    row = read(**NUMBER_TOO_MANY)
    assert misplaced(row) == [("contact_name", "phone", "mobile", "reported")]
    assert row["numbers"] == ["+8613812345678", "+8675586001234"]


def test_company_and_person_that_stand_in_each_others_column_are_swapped(read: Reader) -> None:
    row = read(**COMPANY_AS_PERSON)
    assert {cell[0]: cell[3] for cell in misplaced(row)} == {"company_name": "swapped", "contact_name": "swapped"}
    assert (row["company_name"], row["contact_name"]) == ("深圳市甲乙丙科技有限公司", "欧阳小明")


def test_a_short_company_name_is_no_person(read: Reader) -> None:
    row = read(**SHORT_COMPANY)
    assert misplaced(row) == []
    assert (row["company_name"], row["contact_name"]) == ("万科", "王小明")


def test_name_and_number_columns_that_are_swapped(read: Reader) -> None:
    row = read(**NAME_AS_NUMBER)
    assert {cell[0]: cell[3] for cell in misplaced(row)} == {"contact_name": "swapped", "mobile": "swapped"}
    assert (row["contact_name"], row["numbers"]) == ("王小明", ["+8613912345678"])


def test_an_address_of_the_web_in_the_e_mail_column_and_the_other_way_round(read: Reader) -> None:
    row = read(**SITE_AS_MAIL)
    assert {cell[0]: cell[3] for cell in misplaced(row)} == {"email": "swapped", "website": "swapped"}
    assert (row["email"], row["website_domain"]) == ("sales@jiayi-firm.com", "jiayi-firm.com")


def test_name_and_title_that_are_swapped(read: Reader) -> None:
    row = read(**TITLE_AS_NAME)
    assert {cell[0]: cell[3] for cell in misplaced(row)} == {"contact_name": "swapped", "title": "swapped"}
    assert (row["contact_name"], row["title"]) == ("王小明", "销售经理")


def test_a_title_that_no_list_has_is_no_name(read: Reader) -> None:
    row = read(**UNKNOWN_TITLE)
    assert (misplaced(row), row["contact_name"], row["title"]) == ([], None, "安全")


def test_of_two_values_for_one_place_the_one_that_exchanges_takes_it(read: Reader) -> None:
    row = read(**HALF_SWAPPED)
    assert {cell[0]: cell[3] for cell in misplaced(row)} == {
        "company_name": "reported", "contact_name": "swapped", "mobile": "swapped",
    }  # fmt: skip
    assert (row["contact_name"], row["numbers"]) == ("王小明", ["+8613912345678"])
    row = read(**TWO_MAILS)
    assert {cell[0]: cell[3] for cell in misplaced(row)} == {
        "contact_name": "reported", "email": "swapped", "website": "swapped",
    }  # fmt: skip
    assert (row["email"], row["website_domain"]) == ("sales@jiayi-firm.com", "jiayi-firm.com")


@pytest.mark.parametrize("record", [FILLED_MAIL, FILLED_SITE])
def test_what_only_fills_a_cell_makes_room(read: Reader, record: dict[str, str]) -> None:
    row = read(**record)
    assert [cell[3] for cell in misplaced(row)] == ["moved"]
    assert (row["email"], row["website_domain"]) in [("sales@jiayi-firm.com", None), (None, "jiayi-firm.com")]


def test_every_swap_has_its_partner(read: Reader) -> None:
    swaps = [{(cell[0], cell[2]) for cell in misplaced(read(**record)) if cell[3] == "swapped"} for record in OTHERS]
    assert sum(map(len, swaps)) >= 8
    assert all((there, here) in cells for cells in swaps for here, there in cells)


# --- what agrees -------------------------------------------------------------------------------------------------


def agreement(read: Reader, name: str, **record: str) -> Any:
    return read(**record)["agreements"][name]


@pytest.mark.parametrize(("name", "record", "agrees"), AGREEMENTS)
def test_fields_of_a_record_agree_or_do_not(
    read: Reader, name: str, record: dict[str, str], agrees: bool | None
) -> None:
    assert agreement(read, name, **record) is agrees


def test_a_gender_that_is_said_twice_and_differently_is_not_believed(read: Reader) -> None:
    assert [read(**record)["gender"] for record in GENDERS] == ["male", "female", None, None, "female"]
