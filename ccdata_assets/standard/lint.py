"""The macros of the dbt project as its linter reads them, compiled once a process.

What a macro expands to is not linted where a model uses it, yet is parsed there; so a macro that is one expression, or part of a
pattern, is a word to the linter. sqlfluff by itself would compile all macros twice for every file.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from ccdata_assets.settings import PROJECT_DIR
from ccdata_assets.standard.sql import Project

EXPRESSIONS: Final = """
    any_agrees arabic_digits code_text company_alone company_folded company_once company_tidy company_tidy_latin company_without_notes
    county_stem drop_invisible fold_width house_key id_card_check_digit idn_digits idn_domain idn_moves idn_places industry_activity
    industry_rest is_mojibake is_no_region is_plain_place is_spreadsheet_error job_title_folded job_title_function job_title_level
    licence_check money_word numbered_houses organisation_check_fits percent_encode person_folded person_latin_body person_simplified
    phone_calling_code region_stem says_missing says_placeholder spoken_number tidy_place to_simplified uscc_check_fits
    unread_place_reason without_spaces
"""
"""Macros that are one expression of their arguments."""
PATTERNS: Final = """
    company_industries company_industries_en mail_role_pattern person_common_surnames person_english_title person_placeholders
    person_title traditional_characters
"""
"""Macros that are part of a pattern."""
TABLES: Final = {"region_reading": ("opened", "read_0", "region_reading"), "latin_region_reading": ("latin_reading",)}
"""Macros that are common table expressions, of one that they take, with those of them that models read."""
_MACRO = re.compile(r"\{%-? macro (\w+)\(([^)]*)\) -?%\}.*?\{%-? endmacro -?%\}", re.DOTALL)


class _Linted(Project):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._macro_text = _MACRO.sub(_stand_in, self._macro_text)
        self._environment.globals |= {"is_incremental": lambda: True, "this": "this_model"}  # as sqlfluff has it


@lru_cache
def linted_macros() -> dict[str, Any]:
    """Every macro by name, as the linter is to read it."""
    return _Linted(PROJECT_DIR / "dbt_project").macros


def _stand_in(macro: re.Match[str]) -> str:
    name, taken = macro[1], macro[2]
    if name in PATTERNS.split():
        return f"{{%- macro {name}() -%}}x{{%- endmacro -%}}"
    if name in TABLES:
        tables = ", ".join(f"{table} as (select f from {{{{ {taken} }}}})" for table in TABLES[name])
        return f"{{%- macro {name}({taken}) -%}}{tables}{{%- endmacro -%}}"
    if name not in EXPRESSIONS.split():
        return macro[0]
    values = ", ".join(f"{{{{ {each.split('=')[0].strip()} }}}}" for each in taken.split(","))
    return f"{{%- macro {name}({taken}) -%}}f({values}){{%- endmacro -%}}"
