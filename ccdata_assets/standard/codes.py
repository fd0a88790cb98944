"""Words of a code list outside a run: what staging makes of gender, yes/no, dispositions and every list of codes.yaml.

The lists are closed: a word that none of them has is unknown and never guessed. Looking up is the same as in staging, by the
macro fold_code, so what this says of a word is what a feed would get.
"""

from __future__ import annotations

from collections.abc import Iterable

import duckdb
import pyarrow as pa

from ccdata_assets.contracts.compile import code_words, shared_sql
from ccdata_assets.contracts.registry import Registry
from ccdata_assets.errors import WrongUse

REASONS = {
    "ok": {"status": "valid", "zh": "无问题", "en": "Nothing to say."},
    "unknown_code": {
        "status": "invalid",
        "zh": "代码表中没有这个词；请更正，或把写法加入 codes.yaml 或契约的 codes",
        "en": "Not a word of the code list; correct it, or add the spelling to codes.yaml or to the contract's codes.",
    },
    "spreadsheet_error": {
        "status": "damaged",
        "zh": "表格软件的错误值；请修正公式或列宽后重新导出",
        "en": "An error of a spreadsheet; mend the formula or the width and export again.",
    },
    "mojibake": {
        "status": "damaged",
        "zh": "文字乱码；请用 UTF-8 重新导出",
        "en": "Characters are lost; export again as UTF-8.",
    },
    "missing": {"status": "missing", "zh": "未填写", "en": "No value."},
    "placeholder": {
        "status": "placeholder",
        "zh": "表单的提示文字，未作选择；请填写",
        "en": "What the form showed before anybody chose; give the value.",
    },
}
"""Every reason a word of a code list can have: the status it explains and what it says."""


def read_codes(
    con: duckdb.DuckDBPyConnection, registry: Registry, list_name: str, values: Iterable[str | None]
) -> duckdb.DuckDBPyRelation:
    """One row per distinct value: raw, standard (the code, null where unknown), status, reason, zh, en (the code's names).

    The relation reads temporary tables of the connection, which the next call replaces. Raises WrongUse where there is no
    such list.
    """
    if list_name not in registry.codes:
        raise WrongUse(f"there is no code list {list_name}; fix: use one of {', '.join(registry.codes)}")
    codes = registry.codes[list_name]
    words = code_words(codes)
    names = [(value, spec.zh, spec.en) for value, spec in codes.values.items()]
    tables: dict[str, dict[str, list[str | None]]] = {
        "code_given": {"raw": list(values)},
        "code_word": {"word": [*words], "code": [*words.values()]},
        "code_name": {"code": [n[0] for n in names], "zh": [n[1] for n in names], "en": [n[2] for n in names]},
    }
    for name, columns in tables.items():
        con.register("code_table", pa.table({key: pa.array(cells, pa.string()) for key, cells in columns.items()}))
        con.execute(f"create or replace temp table {name} as select * from code_table")
        con.unregister("code_table")
    return con.sql(_query())


def _query() -> str:
    cases = " ".join(f"when '{reason}' then '{said['status']}'" for reason, said in REASONS.items())
    return f"""
        with folded as (
            select distinct raw, lower(trim(raw)) as lowered, {shared_sql("fold_code", "raw")} as word,
                {shared_sql("fold_width", "lower(trim(raw))")} as text
            from code_given where raw is not null
        ),
        found as (
            select folded.raw, coalesce(written.code, spelt.code) as standard,
                case
                    when standard is not null then 'ok'
                    when {shared_sql("is_spreadsheet_error", "trim(text)")} then 'spreadsheet_error'
                    when {shared_sql("is_mojibake", "trim(text)")} then 'mojibake'
                    when {shared_sql("says_missing", "trim(text)")} or folded.word = '' then 'missing'
                    when {shared_sql("says_placeholder", "trim(text)")} then 'placeholder'
                    else 'unknown_code'
                end as reason
            from folded
            left join code_word as written on folded.lowered = written.word
            left join code_word as spelt on folded.word = spelt.word
        )
        select found.raw, found.standard, case found.reason {cases} end as status, found.reason, code_name.zh, code_name.en
        from found left join code_name on found.standard = code_name.code"""
