"""Which column of a file holds which field: the headers of sources, compared as a reader compares them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ccdata_assets.contracts.model import Contract, FieldDef, FileSource

_NOISE = re.compile(r"[\s\-–—:：*＊_.,，/\\'\"()（）\[\]【】]+")


def normal_header(text: str) -> str:
    """A header without width, case, spaces and punctuation: `Ｍobile No.：` becomes `mobileno`."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text).casefold())


@dataclass(frozen=True)
class HeaderMap:
    """The columns of one file read by one contract."""

    columns: Mapping[str, str]
    """Field name → column name."""
    unmapped: tuple[str, ...]
    """Columns that no field claims."""
    missing: tuple[str, ...]
    """Required fields, and fields others are derived from, that have no column."""


def header_index(contract: Contract, fields: Mapping[str, FieldDef]) -> dict[str, str]:
    """Normalised header → field, of all fields of the contract that are read from a column.

    The feed's own aliases win over a field's name, which wins over the usual aliases of fields.yaml; between fields
    the one declared first wins.
    """
    index: dict[str, str] = {}
    columns = [(name, use) for name, use in contract.fields.items() if use.derive is None]
    for name, use in columns:
        for alias in use.from_:
            index.setdefault(normal_header(alias), name)
    for name, use in columns:
        if use.from_ and name not in fields:
            continue
        index.setdefault(normal_header(name), name)
        if name in fields:
            index.setdefault(normal_header(fields[name].zh), name)
    for name, _ in columns:
        for alias in fields[name].aliases if name in fields else ():
            index.setdefault(normal_header(alias), name)
    return index


def map_headers(contract: Contract, fields: Mapping[str, FieldDef], columns: Sequence[str]) -> HeaderMap:
    """Find the column of each field; the first of two columns for one field wins, the other stays unmapped.

    A file without a header has `column 1`, `column 2`, …: a field is in the one of its position.
    """
    source = contract.source
    if isinstance(source, FileSource) and source.header == "none":
        placed = {f"column {use.position}": name for name, use in contract.fields.items() if use.position}
        index = {column: placed[column] for column in columns if column in placed}
    else:
        known = header_index(contract, fields)
        index = {column: known[header] for column in columns if (header := normal_header(column)) in known}
    found: dict[str, str] = {}
    unmapped: list[str] = []
    for column in columns:
        field = index.get(column)
        if field is None or field in found:
            unmapped.append(column)
        else:
            found[field] = column
    missing = tuple(name for name in contract.required if contract.fields[name].derive is None and name not in found)
    return HeaderMap(found, tuple(unmapped), missing)


# --- headers of secret fields ------------------------------------------------------------------------------------

COPY = re.compile(r" \(\d+\)$")
"""What a second column of a name ends with."""
_SURE = re.compile(
    r"(身[份分][证證](件|字)?(号码?|號碼?|编号|編號|no|number)?|idcard(no|number|code)?)\d*(必填|选填)?$"
)
"""Ending of a normalised header that names an identity number, whoever's it is: 法人身份证号, 身份证号2."""


def secret_fields(fields: Mapping[str, FieldDef]) -> dict[str, FieldDef]:
    """The fields of PII class `secret`, by name."""
    return {name: spec for name, spec in fields.items() if spec.pii == "secret"}


def secret_headers(fields: Mapping[str, FieldDef]) -> set[str]:
    """Normalised headers of secret fields."""
    return {
        normal_header(text)
        for name, spec in secret_fields(fields).items()
        for text in (name, spec.zh, spec.en, *spec.aliases)
    }


def is_secret_header(header: str, known: set[str]) -> bool:
    """True for a header of a secret field, and for one that ends by naming an identity number."""
    normal = normal_header(COPY.sub("", header))
    return normal in known or bool(_SURE.search(normal))
