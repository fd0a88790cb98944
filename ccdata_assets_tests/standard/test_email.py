"""What the e-mail dictionary must agree with besides its hard set: the Public Suffix List, Python's Punycode, its own seeds."""

import csv

import tldextract

from ccdata_assets.standard import reference_suffixes

from .conftest import DBT_PROJECT, Standardise


def seed(name: str) -> list[dict[str, str]]:
    with (DBT_PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_the_registered_domain_is_the_one_that_tldextract_finds(standardise: Standardise) -> None:
    extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    suffixes = [row["suffix"] for row in seed("public_suffix") if row["suffix"].count(".") < 3]
    # names that CentralNic sells are private to tldextract
    sold = {suffix for suffix in suffixes if extract(f"a.{suffix}").suffix != suffix}
    domains = [f"{name}{suffix}" for suffix in suffixes[::7] for name in ("meiyu.", "mail.meiyu.", "a.b.c.meiyu.")]
    read = standardise("email", [f"zhang@{domain}" for domain in domains])
    expected = {domain: extract(domain).top_domain_under_public_suffix for domain in domains}
    assert {
        domain: (read[f"zhang@{domain}"]["registered_domain"], expected[domain])
        for domain in domains
        if read[f"zhang@{domain}"]["status"] == "valid"
        and not any(domain.endswith("." + suffix) for suffix in sold)
        and read[f"zhang@{domain}"]["registered_domain"] != expected[domain]
    } == {}


def test_the_seed_of_suffixes_is_what_the_package_carries() -> None:
    kept = [(row["suffix"], int(row["suffix_labels"])) for row in seed("public_suffix")]
    assert kept == reference_suffixes.public_suffixes()


def test_wildcards_and_exceptions_of_the_list_count_their_labels() -> None:
    text = (
        "// ===BEGIN ICANN DOMAINS===\nck\n*.ck\n!www.ck\n公司.cn\n// ===END ICANN DOMAINS===\n"
        "// CentralNic : registry\ncn.com\n\n// other\nx.com\n\n"
    )
    assert reference_suffixes.public_suffixes(text) == [
        ("ck", 2),
        ("cn.com", 2),
        ("www.ck", 1),
        ("xn--55qx5d.cn", 2),
    ]


def test_domains_in_other_letters_are_encoded_as_python_does(standardise: Standardise) -> None:
    labels = [
        "中",
        "美宇科技",
        "b2b美宇",
        "bücher",
        "ñandú",
        "сайт",
        "ελλάδα",
        "日本語ドメイン",
        "中" * 40,
        "a中b国c",
        "𠀀𠀁",
    ]
    read = standardise("email", [f"zhang@{label}.com" for label in labels])
    assert {label: read[f"zhang@{label}.com"]["domain"] for label in labels} == {
        label: f"xn--{label.encode('punycode').decode('ascii')}.com" for label in labels
    }


def test_no_free_provider_is_taken_for_a_misspelt_one(standardise: Standardise) -> None:
    domains = [row["domain"] for row in seed("free_mail")]
    read = standardise("email", [f"zhangwei@{domain}" for domain in domains])
    assert [raw for raw, row in read.items() if row["reason"] != "ok" or not row["is_free_mail"]] == []


def test_every_misspelling_is_doubted_and_leads_to_a_free_provider(standardise: Standardise) -> None:
    free = {row["domain"] for row in seed("free_mail")}
    typos = {f"zhangwei@{row['typo']}": row["domain"] for row in seed("mail_domain_typo")}
    read = standardise("email", typos)
    assert {raw: row["suggestion"] for raw, row in read.items()} == {
        raw: f"zhangwei@{domain}" for raw, domain in typos.items()
    }
    assert {row["status"] for row in read.values()} <= {"ambiguous", "invalid"}
    assert set(typos.values()) <= free
