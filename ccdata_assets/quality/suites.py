"""Suites from contracts and KPI targets: what Great Expectations checks is declared once, in the contract.

Only what the contract leaves open is measured: types, codes and rejecting rules hold for every staged row already.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ccdata_assets.contracts.compile import field_type, literal, quote
from ccdata_assets.contracts.model import Contract
from ccdata_assets.contracts.registry import Registry
from ccdata_assets.metrics.registry import Kpi
from ccdata_assets.quality.validation import Check

ROW_ACCOUNTING = "row_accounting"
"""Name of the check, done by counting and not by GX, that landed = staged + quarantined + blank + superseded."""


FRESHNESS = "timeliness_freshness"
"""Name of the check, done from the ledger, that the feed delivers as often as its contract expects."""


SCHEMA_DRIFT = "consistency_columns"
"""Name of the check, done from the ledger, that a delivery has the columns of the one before."""


def staged_checks(registry: Registry, contract: Contract, kpis: Mapping[str, Kpi], as_of: datetime) -> list[Check]:
    """The checks of `staged.<feed>`, named <dimension>_<what>.

    Blocking: no row twice. Errors: required values, codes. Warnings, against the KPI targets: how full the optional
    fields that count are, how many rows break a flagging rule, repeats, dates after the business time `as_of`.
    """
    table = f"staged.{contract.feed}"
    checks = [
        Check("uniqueness_row_identity", "unique_together", table, None, "uniqueness", "blocking", None, {"columns": ["_sha256", "_member", "_row"]},
              {"zh": "每一行只出现一次", "en": "Every row occurs once"}),
        Check("uniqueness_repeats", "in_set", table, "_is_repeat", "uniqueness", "warning", 0.99, {"values": [False]},
              {"zh": "同一来源内不重复的行的占比", "en": "Share of rows their feed did not have before"}),
    ]  # fmt: skip
    in_subject = registry.subjects[contract.subject].fields
    for name, use in contract.fields.items():
        kind = field_type(registry, contract, name)
        zh, en = registry.title(name)
        if use.required:
            checks.append(
                Check(
                    f"completeness_{name}",
                    "not_null",
                    table,
                    name,
                    "completeness",
                    "error",
                    None,
                    {},
                    {"zh": f"{zh}必填", "en": f"{en} is filled"},
                )
            )
        elif name in in_subject and use.derive is None and registry.fields[name].weight > 0:
            target = kpis["completeness"].target
            checks.append(
                Check(
                    f"completeness_{name}",
                    "not_null",
                    table,
                    name,
                    "completeness",
                    "warning",
                    target,
                    {},
                    {"zh": f"{zh}填写率", "en": f"How full {en} is"},
                )
            )
        if kind.startswith("code:"):
            values = list(registry.codes[kind[5:]].values)
            checks.append(
                Check(
                    f"validity_{name}",
                    "in_set",
                    table,
                    name,
                    "validity",
                    "error",
                    None,
                    {"values": values},
                    {"zh": f"{zh}在代码表内", "en": f"{en} is in its code list"},
                )
            )
        if kind in ("date", "instant"):
            sql = f"select 1 from {{table}} where {quote(name)} > timestamptz '{as_of.isoformat()}' + interval 1 day"
            checks.append(
                Check(
                    f"timeliness_{name}",
                    "no_rows",
                    table,
                    None,
                    "timeliness",
                    "warning",
                    None,
                    {"sql": sql},
                    {"zh": f"{zh}不在未来", "en": f"{en} is not in the future"},
                )
            )
    for rule in contract.rules:
        if rule.severity == "flag":
            sql = f"select 1 from {{table}} where list_contains(_flags, {literal(rule.name)})"
            title = (
                {"zh": rule.message.zh, "en": rule.message.en} if rule.message else {"zh": rule.name, "en": rule.name}
            )
            checks.append(Check(f"{rule.dimension}_rule_{rule.name}", "no_rows", table, None, rule.dimension, "warning", kpis["validity"].target, {"sql": sql},
                                {"zh": f"符合规则：非「{title['zh']}」", "en": f"Share of rows without: {title['en']}"}))  # fmt: skip
    return checks


def golden_checks() -> list[Check]:
    """The checks that guard everything downstream: no organisation twice, every named row in one organisation, once."""
    return [
        Check("uniqueness_organisation_id", "unique", "golden.organisation", "organisation_id", "uniqueness", "blocking", None, {},
              {"zh": "组织编号唯一", "en": "Organisation IDs are unique"}),
        Check("uniqueness_contact_id", "unique", "golden.contact", "contact_id", "uniqueness", "blocking", None, {},
              {"zh": "联系人编号唯一", "en": "Contact IDs are unique"}),
        Check("uniqueness_crosswalk_row", "unique_together", "golden.crosswalk", None, "uniqueness", "blocking", None,
              {"columns": ["feed", "sha256", "member", "row"]}, {"zh": "每条记录只对应一个组织", "en": "Every row has one organisation"}),
        Check("consistency_crosswalk_complete", "no_rows", "standard.party_record", None, "consistency", "blocking", None,
              {"sql": """select 1 from {table} as r anti join golden.crosswalk as c on c.feed = r.feed and c.sha256 = r.sha256
                         and c.member = r.member and c.row = r.row and c.organisation_id is not null where r.company_name is not null"""},
              {"zh": "有名称的记录都有组织", "en": "Every row that names a company has an organisation"}),
        Check("consistency_crosswalk_contacts", "no_rows", "standard.party_record", None, "consistency", "blocking", None,
              {"sql": """select 1 from {table} as r anti join golden.crosswalk as c on c.feed = r.feed and c.sha256 = r.sha256
                         and c.member = r.member and c.row = r.row and c.contact_id is not null where r.contact_name is not null"""},
              {"zh": "有姓名的记录都有联系人", "en": "Every row that names a person has a contact"}),
        Check("consistency_crosswalk_known", "no_rows", "golden.crosswalk", None, "consistency", "blocking", None,
              {"sql": "select 1 from {table} as c anti join golden.organisation as o on o.organisation_id = c.organisation_id where c.organisation_id is not null"},
              {"zh": "对应表中的组织都存在", "en": "Every organisation of the crosswalk exists"}),
    ]  # fmt: skip
