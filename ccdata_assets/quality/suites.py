"""Suites from contracts and KPI targets: what Great Expectations checks is declared once, in the contract.

Only what the contract leaves open is measured: types, codes and rejecting rules hold for every staged row already.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ccdata_assets.contracts.compile import field_type, literal, quote
from ccdata_assets.contracts.model import CellRule, Contract, Rule
from ccdata_assets.contracts.registry import Registry
from ccdata_assets.metrics.registry import Kpi
from ccdata_assets.quality.validation import COUNTED, Check, Dimension
from ccdata_assets.resolution.nodes import RECORD_ID
from ccdata_assets.resolution.stability import load_limits

ROW_ACCOUNTING = "row_accounting"
"""Name of the check, done by counting and not by GX, that landed = staged + quarantined + blank + superseded."""
FRESHNESS = "timeliness_freshness"
SCHEMA_DRIFT = "consistency_columns"
USUAL = "consistency_usual"
GATE = "validity_gate"
IN_RANGE = 0.99
"""Share of numbers that must lie in the range of fields.yaml."""


def delivery_checks(contract: Contract) -> list[Check]:
    """The checks of how a feed delivers, which are counted from the ledgers: warnings, but for a batch that the gate holds."""
    table = f"staged.{contract.feed}"
    days = f"{contract.freshness.total_seconds() / 86400:g}" if contract.freshness else ""
    fresh = Check(FRESHNESS, COUNTED, table, None, "timeliness", "warning", None, {},
                  {"zh": f"每 {days} 天内有新交付", "en": f"A delivery at least every {days} days, one sent again counted"})  # fmt: skip
    return [
        *([fresh] if days else []),
        Check(SCHEMA_DRIFT, COUNTED, table, None, "consistency", "warning", None, {},
              {"zh": "文件的列与上次交付一致", "en": "The columns of the last delivery are those of the one before"}),
        Check(USUAL, COUNTED, table, None, "consistency", "warning", None, {},
              {"zh": "行数、空值与取值分布如常", "en": "Rows, empty cells and codes of the last delivery are as the feed's usually are"}),
        Check(GATE, COUNTED, table, None, "validity", "blocking", None, {},
              {"zh": "没有被闸门扣留的批次", "en": "The gate holds no batch"}),
    ]  # fmt: skip


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
            target = kpis["completeness"].target_on(as_of.date())
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
        if kind in ("integer", "number") and name in registry.fields and (limits := registry.fields[name].range):
            checks.append(
                Check(
                    f"validity_range_{name}",
                    "between",
                    table,
                    name,
                    "validity",
                    "warning",
                    IN_RANGE,
                    {"min": limits[0], "max": limits[1]},
                    {"zh": f"{zh}在合理范围内", "en": f"{en} lies in its range"},
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
    flagging = (rule for rule in contract.row_rules if rule.severity == "flag")
    return [*checks, *(_rule_check(contract, rule, kpis, as_of) for rule in flagging)]


def cell_checks(contract: Contract, kpis: Mapping[str, Kpi], as_of: datetime) -> list[Check]:
    """The checks of `staged.<feed>` by its rules across rows, which judge released rows: they are for after the gate."""
    return [_rule_check(contract, rule, kpis, as_of) for rule in contract.cell_rules]


def _rule_check(contract: Contract, rule: Rule | CellRule, kpis: Mapping[str, Kpi], as_of: datetime) -> Check:
    """How many rows a flagging rule has flagged, against the target of the KPI validity."""
    sql = f"select 1 from {{table}} where list_contains(_flags, {literal(rule.name)})"
    zh, en = (rule.message.zh, rule.message.en) if rule.message else (rule.name, rule.name)
    return Check(f"{rule.dimension}_rule_{rule.name}", "no_rows", f"staged.{contract.feed}", None, rule.dimension, "warning", kpis["validity"].target_on(as_of.date()), {"sql": sql},
                 {"zh": f"符合规则：非「{zh}」", "en": f"Share of rows without: {en}"})  # fmt: skip


REGROUPED = "uniqueness_regrouped"
"""Name of the check that organisations which were there before stay as they are; see resolution/stability.py."""
FIXES = {
    REGROUPED: "fix: docs/runbook.md, The duplicate rate jumps; where all is as it should be: `ccdata entity accept` 确认无误时"
}
"""What to do when a check fails that people can do something about."""


def golden_checks() -> list[Check]:
    """The checks that guard everything downstream: every named row has one organisation or contact, the ledgers give
    the same, and the duplicate rate of known rows makes no jump."""
    return [*_id_checks(), *_crosswalk_checks(), *_ledger_checks(), _regrouped_check()]


def _id_checks() -> list[Check]:
    return [
        Check("uniqueness_organisation_id", "unique", "golden.organisation", "organisation_id", "uniqueness", "blocking", None, {},
              {"zh": "组织编号唯一", "en": "Organisation IDs are unique"}),
        Check("uniqueness_contact_id", "unique", "golden.contact", "contact_id", "uniqueness", "blocking", None, {},
              {"zh": "联系人编号唯一", "en": "Contact IDs are unique"}),
        Check("uniqueness_crosswalk_row", "unique_together", "golden.crosswalk", None, "uniqueness", "blocking", None,
              {"columns": ["feed", "sha256", "member", "row"]},
              {"zh": "每条记录只对应一个组织和一个联系人", "en": "Every row has one organisation and one contact"}),
    ]  # fmt: skip


def _crosswalk_checks() -> list[Check]:
    row = "c.feed = r.feed and c.sha256 = r.sha256 and c.member = r.member and c.row = r.row"
    return [
        _no_rows("consistency_crosswalk_complete", "standard.party_record",
                 f"""select 1 from {{table}} as r anti join golden.crosswalk as c
                 on {row} and c.organisation_id is not null where r.company_name is not null""",
                 "有名称的记录都有组织", "Every row that names a company has an organisation"),
        _no_rows("consistency_crosswalk_contacts", "standard.party_record",
                 f"""select 1 from {{table}} as r anti join golden.crosswalk as c on {row} and c.contact_id is not null
                 where r.contact_name is not null""",
                 "有姓名的记录都有联系人", "Every row that names a person has a contact"),
        _no_rows("consistency_crosswalk_rows", "golden.crosswalk",
                 f"select 1 from {{table}} as c anti join standard.party_record as r on {row}",
                 "对应表中的记录都在", "Every row of the crosswalk is there"),
        _no_rows("consistency_crosswalk_known", "golden.crosswalk",
                 """select 1 from {table} as c anti join golden.organisation as o using (organisation_id)
                 where c.organisation_id is not null""",
                 "对应表中的组织都存在", "Every organisation of the crosswalk exists"),
        _no_rows("consistency_crosswalk_known_contacts", "golden.crosswalk",
                 """select 1 from {table} as c anti join golden.contact as k using (contact_id)
                 where c.contact_id is not null""",
                 "对应表中的联系人都存在", "Every contact of the crosswalk exists"),
        _no_rows("consistency_organisation_rows", "golden.organisation",
                 "select 1 from {table} as o anti join golden.crosswalk as c using (organisation_id)",
                 "每个组织都有记录", "Every organisation has a row"),
        _no_rows("consistency_contact_rows", "golden.contact",
                 "select 1 from {table} as k anti join golden.crosswalk as c using (contact_id)",
                 "每个联系人都有记录", "Every contact has a row"),
    ]  # fmt: skip


def _ledger_checks() -> list[Check]:
    """What the ledgers tell is what the golden tables say."""
    return [
        _no_rows("consistency_membership_replay", "golden.crosswalk",
                 f"""with told as (
                     select record_id, entity_kind, arg_max(struct_pack(id := entity_id), seq).id as id
                     from golden.membership group by all
                 ),
                 said as (
                     select {RECORD_ID} as record_id, unnest(['organisation', 'contact']) as entity_kind,
                         unnest([organisation_id, contact_id]) as id from {{table}}
                 )
                 select 1 from (from told where id is not null) as told full join (from said where id is not null) as said
                     using (record_id, entity_kind) where told.id is distinct from said.id""",
                 "重放归属台账得到对应表", "Replaying the ledger of memberships gives the crosswalk"),
        _no_rows("consistency_event_replay", "golden.entity_event",
                 """with lives as (
                     select entity_kind, entity_id,
                         sum(case when kind in ('birth', 'split') then 1
                             when kind in ('merge', 'retire') then -1 else 0 end) as lives
                     from {table} group by all
                 ),
                 there as (
                     select 'organisation' as entity_kind, organisation_id as entity_id from golden.organisation
                     union all select 'contact', contact_id from golden.contact
                 )
                 select 1 from lives full join there using (entity_kind, entity_id)
                 where coalesce(lives.lives, 0) <> if(there.entity_id is null, 0, 1)""",
                 "重放事件得到现有实体", "Replaying the events gives the entities there are"),
    ]  # fmt: skip


def _regrouped_check() -> Check:
    """Of the organisations that were there before: those that merged or split without a reason are few."""
    limit = load_limits().regrouped
    return _no_rows(
        REGROUPED, "resolution.known_organisation",
        f"""with regrouped as (from {{table}} where fate in ('merged', 'split') and not is_explained)
        select 1 from regrouped where (select count(*) from regrouped) >= {limit.organisations}""",
        "原有组织的重复率没有无因突变", "The duplicate rate of the rows there were makes no jump that nothing explains",
        dimension="uniqueness", target=1 - limit.share,
    )  # fmt: skip


def _no_rows(
    name: str,
    table: str,
    sql: str,
    zh: str,
    en: str,
    dimension: Dimension = "consistency",
    target: float | None = None,
) -> Check:
    """A blocking check that a query finds nothing, or no more than `target` leaves room for."""
    return Check(name, "no_rows", table, None, dimension, "blocking", target, {"sql": sql}, {"zh": zh, "en": en})
