"""What the website dictionary must do besides its hard set: spellings that agree, platforms, agreement with e-mail."""

import csv

import pytest

from .conftest import DBT_PROJECT, Standardise


def test_spellings_of_one_site_give_one_standard(standardise: Standardise) -> None:
    spellings = [
        f"{scheme}{www}szmeiyu.com{rest}"
        for scheme in ("", "http://", "https://", "HTTP://", "http:/", "http//", "网址：")
        for www in ("", "www.", "WWW.", "wwww.")
        for rest in ("", "/", "/index.html", "/?utm_source=x", "/#top", "。")
    ]
    assert {row["standard"] for row in standardise("website", spellings).values()} == {"szmeiyu.com"}


def test_a_site_and_a_mailbox_below_one_name_have_one_registered_domain(standardise: Standardise) -> None:
    names = ["szmeiyu.com", "szmeiyu.com.cn", "美宇.中国", "acme.co.uk", "szmeiyu.gd.cn", "szmeiyu.cn.com"]
    sites = standardise("website", [f"http://shop.{name}/a" for name in names])
    boxes = standardise("email", [f"zhang@mail.{name}" for name in names])
    for name in names:
        site, box = sites[f"http://shop.{name}/a"], boxes[f"zhang@mail.{name}"]
        assert site["is_own_domain"] and not box["is_free_mail"]
        assert site["registered_domain"] == box["registered_domain"] is not None


def test_no_platform_is_taken_for_an_own_domain(standardise: Standardise) -> None:
    with (DBT_PROJECT / "seeds" / "website_platform.csv").open(encoding="utf-8", newline="") as lines:
        platforms = {f"http://meiyu88.{row['domain']}": row["platform"] for row in csv.DictReader(lines)}
    read = standardise("website", platforms)
    assert {raw: row["platform"] for raw, row in read.items()} == platforms
    assert not any(row["is_own_domain"] for row in read.values())


@pytest.mark.parametrize("raw", ["http://www.szmeiyu.com/A/b.html", "www.美宇.com", "szmeiyu.com:8080/X?y=Z"])
def test_the_url_of_a_standard_is_read_as_that_standard(standardise: Standardise, raw: str) -> None:
    row = standardise("website", [raw])[raw]
    assert standardise("website", [row["url"]])[row["url"]]["standard"] == row["standard"]
