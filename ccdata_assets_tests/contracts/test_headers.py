"""Headers are compared as a reader compares them, and a column goes to one field."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccdata_assets.contracts.headers import map_headers, normal_header
from ccdata_assets.contracts.model import Contract
from ccdata_assets.contracts.registry import Registry
from ccdata_assets_tests.world import BANK_CALL_HEADER, BANK_CAMPAIGN_HEADER, DIRECTORY, HOSPITAL_HEADER


def contract(**fields: object) -> Contract:
    return Contract.model_validate({**DIRECTORY, "fields": fields})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ｍobile No.：", "mobile no"),
        (" 联系 电话（必填） ", "联系电话必填"),
        ("E-Mail", "email"),
        ("区/县", "区县"),
        ("vru+line", "VRU+LINE"),
        ("电话*", "电话"),
        ("﹙电话﹚", "电话"),
    ],
)
def test_width_case_spaces_and_punctuation_do_not_tell_headers_apart(one: str, other: str) -> None:
    assert normal_header(one) == normal_header(other)


@pytest.mark.parametrize(("one", "other"), [("电话", "电话2"), ("vru+line", "vruline"), ("省", "市")])
def test_other_signs_tell_headers_apart(one: str, other: str) -> None:
    assert normal_header(one) != normal_header(other)


@given(st.text())
def test_a_normal_header_is_its_own_normal_form(text: str) -> None:
    assert normal_header(normal_header(text)) == normal_header(text)


def test_the_usual_headers_of_a_field_need_no_word_in_the_contract(registry: Registry) -> None:
    mapped = map_headers(
        contract(company_name={}, phone={}, email={}), registry.fields, ["单位名称", "Telephone", "邮箱"]
    )
    assert mapped.columns == {"company_name": "单位名称", "phone": "Telephone", "email": "邮箱"}
    assert mapped.unmapped == mapped.missing == ()


def test_a_feeds_own_alias_wins_over_the_usual_ones(registry: Registry) -> None:
    mapped = map_headers(contract(company_name={}, contact_name={"from": ["名称"]}), registry.fields, ["名称"])
    assert mapped.columns == {"contact_name": "名称"}


def test_a_fields_name_wins_over_another_fields_usual_alias(registry: Registry) -> None:
    mapped = map_headers(contract(customer_no={}, phone={"from": []}, mobile={}), registry.fields, ["手机", "电话"])
    assert mapped.columns == {"mobile": "手机", "phone": "电话"}


def test_of_two_columns_for_one_field_the_first_is_read_and_the_other_stays_unmapped(registry: Registry) -> None:
    mapped = map_headers(contract(phone={}), registry.fields, ["备注", "电话", "联系电话"])
    assert mapped.columns == {"phone": "电话"}
    assert mapped.unmapped == ("备注", "联系电话")


def test_a_required_field_without_a_column_is_missing_and_a_derived_one_is_not(registry: Registry) -> None:
    spec = contract(company_name={"required": True}, phone={}, channel={"derive": "'phone'", "required": True})
    assert map_headers(spec, registry.fields, ["电话"]).missing == ("company_name",)


@pytest.mark.parametrize(
    ("feed", "header"),
    [("cn_hospitals", HOSPITAL_HEADER), ("bank_call", BANK_CALL_HEADER), ("bank_campaign", BANK_CAMPAIGN_HEADER)],
)
def test_a_shipped_feed_knows_every_header_of_its_files(registry: Registry, feed: str, header: tuple[str, ...]) -> None:
    mapped = map_headers(registry.feeds[feed], registry.fields, header)
    assert mapped.unmapped == mapped.missing == ()
