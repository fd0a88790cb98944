"""Columns read as fields: the header against the field's names, the values against what the field holds.

A header that is a known one counts most; values confirm it or speak against it. Without a header only values that are
hard to mistake (a mobile, a company's name) name a field; all others say little, and the confidence says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ccdata_assets.contracts.evidence import Evidence
from ccdata_assets.contracts.headers import normal_header
from ccdata_assets.contracts.likeness import (
    ANYWHERE,
    OTHER_UNIT,
    Names,
    header_likeness,
    is_han,
    names_of,
    path_likeness,
    words_of,
)
from ccdata_assets.contracts.model import FieldDef, Subject
from ccdata_assets.contracts.registry import Registry

ACCEPTED = 0.45
"""A column is given a field from this confidence on."""


@dataclass(frozen=True)
class Column:
    """One column of the sample: its header (None where the file has none), its place from 1, what its values say."""

    header: str | None
    position: int
    evidence: Evidence
    is_path: bool = False
    """The header may be a dotted path of JSON."""

    def likeness(self, names: Names) -> tuple[float, str]:
        """How likely the header names the field, and why."""
        return (path_likeness if self.is_path else header_likeness)(self.header or "", names)


@dataclass(frozen=True)
class Match:
    """A column read as a field: how sure that is, and why."""

    field: str
    confidence: float
    reason: str
    weight: float = 1.0
    """What it counts for in the choice of the subject: a header that may stand anywhere says little."""
    by_header: bool = False


@dataclass(frozen=True)
class Reading:
    """All columns read as one subject."""

    subject: str
    score: float
    matches: Mapping[int, Match]
    """Position of a column → its field."""


# --- values ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fit:
    """How the values suit a field: a share, in words, and whether a poor one speaks against the field."""

    share: float
    text: str
    is_strict: bool = True


_FORM_OF = {
    "mobile": ("phone", "phone numbers"), "phone": ("phone", "phone numbers"), "other_phone": ("phone", "phone numbers"),
    "fax": ("phone", "phone numbers"), "email": ("email", "e-mail addresses"), "website": ("url", "web addresses"),
    "source_url": ("url", "web addresses"), "uscc": ("uscc", "credit codes with the right check digit"), "postcode": ("postcode", "postcodes"),
    "qq": ("qq", "QQ numbers"), "employees": ("headcount", "numbers of people"),
}  # fmt: skip
_SOFT_FORM_OF = {
    "province": ("province", "names of provinces"), "city": ("city", "names of cities"), "county": ("county", "names of counties"),
    "company_name": ("company", "names of companies"), "address": ("address", "addresses"), "region": ("region", "regions"),
    "region_text": ("region", "regions"), "contact_name": ("person", "names of people"), "legal_representative": ("person", "names of people"),
}  # fmt: skip


def fit_of(name: str, spec: FieldDef, evidence: Evidence) -> Fit | None:
    """How the values of a column suit a field; None where they cannot tell."""
    if not evidence.filled:
        return None
    kind = spec.type.partition(":")[0]
    if form := _FORM_OF.get(name):
        share = evidence.form(form[0])
        if name == "mobile":  # a mobile's column of landlines is none
            share = 0.15 * share + 0.85 * evidence.form("mobile")
        return Fit(share, f"look like {form[1]}")
    if form := _SOFT_FORM_OF.get(name):
        return Fit(evidence.form(form[0]), f"look like {form[1]}", is_strict=False)
    if kind == "code":
        codes = spec.type.partition(":")[2]
        return Fit(evidence.codes.get(codes, 0.0), f"are in the code list {codes}", is_strict=False)
    if kind in ("date", "instant", "timestamp"):
        share = max(evidence.types[kind if kind != "timestamp" else "instant"], evidence.date_share)
        return Fit(share, "read as dates" if kind == "date" else "read as moments")
    if kind in evidence.types:
        return Fit(evidence.types[kind], f"read as {kind}")
    return None


def _is_text_of_its_own(evidence: Evidence) -> bool:
    """Texts of any kind, no numbers or dates: what a name or a label looks like."""
    return evidence.types["number"] < 0.5 and evidence.date_share < 0.5


def _is_count(evidence: Evidence) -> bool:
    """Small whole numbers of many rows: how many of something, seldom what something is called."""
    return evidence.types["integer"] > 0.99 and evidence.length < 3 and evidence.distinct > 12


_GENERIC_ID = frozenset(
    [
        "id",
        "编号",
        "编码",
        "序号",
        "no",
        "number",
        "key",
        "uuid",
        "guid",
        "流水号",
        "标识",
        "主键",
        "rowid",
        "recordid",
        "ids",
        "code",
        "代码",
        "号",
    ]
)


def _header_match(column: Column, names: Names, spec: FieldDef, required: bool) -> Match | None:
    assert column.header is not None
    base, why = column.likeness(names)
    if names.akin and base < 0.7:
        base, why = max((base, why), (0.85 * (akin := column.likeness(names.akin))[0], akin[1]))
    evidence = column.evidence
    is_id = required and spec.type == "text" and names.field.endswith("_id")
    if base < 0.9 and is_id and normal_header(column.header) in _GENERIC_ID and evidence.unique > 0.98:
        base, why = max(base, 0.7), f"says ID, the values are unique and the subject needs {names.field}"
    if base < 0.35:
        return None
    if names.field.endswith("_s") and OTHER_UNIT.search(column.header):
        base, why = 0.3 * base, f"{why}, but in another unit than seconds"
    reason = f"header {column.header} {why}"
    weight = 0.35 if normal_header(column.header) in ANYWHERE else 1.0
    if weight < 1 and normal_header(column.header) not in names.own:
        base *= 0.9
    fit = fit_of(names.field, spec, evidence)
    if fit and fit.share < 0.1 and not spec.type.startswith("code:"):
        weight *= 0.4  # the word is there, what it stands for is not
    if is_id and evidence.unique < 0.99 and evidence.filled > 50:
        base, reason = 0.75 * base, f"{reason}, but only {evidence.unique:.0%} of its values are unique"
    elif fit is None and not names.field.endswith(("_id", "_no")) and _is_count(evidence):
        base, reason = 0.75 * base, f"{reason}, but its values are small numbers"
    if fit is None and weight < 1 and max(map(evidence.form, ("company", "email", "uscc", "mobile"))) > 0.8:
        base, reason = 0.7 * base, f"{reason}, but its values look like something else"
    certain, said = _weigh(base, fit, names.field, spec, evidence)
    return Match(names.field, certain, f"{reason}; {said}" if said else reason, weight, by_header=True)


_TELLING = frozenset({"phone", "email", "url", "uscc", "postcode", "province", "city", "county", "company", "person"})


def _weigh(base: float, fit: Fit | None, name: str, spec: FieldDef, evidence: Evidence) -> tuple[float, str]:
    """The confidence that the header gives, mended by the values, and what those say."""
    if fit is None:
        certain = base * (0.97 if _is_text_of_its_own(evidence) or base > 0.9 else 0.85)
        return certain, "" if evidence.filled else "the column is empty"
    said = f"{fit.share:.0%} of values {fit.text}"
    if fit.share >= 0.9:
        form = (_FORM_OF.get(name) or _SOFT_FORM_OF.get(name) or ("",))[0]
        is_telling = form in _TELLING or spec.type.partition(":")[0] in (
            "date",
            "instant",
            "timestamp",
            "clock",
            "code",
        )
        return base + (1 - base) * (0.5 if is_telling and base > 0.5 else 0.2), said
    if fit.share >= 0.5:
        return base * (0.75 + 0.25 * fit.share), said
    if spec.type.startswith("code:"):
        few = evidence.distinct <= 60 and evidence.unique < 0.5
        return base * (0.8 if few or evidence.filled < 50 else 0.4), said
    if fit.share < 0.05 and name in _NAMES and evidence.distinct <= 12 and evidence.unique < 0.02:
        return base * 0.5, f"only {said}, and the values are few"
    if fit.is_strict and base > 0.9 and max(evidence.types["clock"], evidence.types["number"]) < 0.5:
        return base * 0.55, f"only {said}"  # words such as 长期 in the place of a date
    return base * (0.3 if fit.is_strict else 0.8), f"only {said}"


_NAMES = frozenset({"company_name", "contact_name", "address", "legal_representative", "agent_name", "customer_no"})
"""Fields that hold about as many values as there are companies or people."""

# Field → (form, share from which it counts, confidence where all values have it): values hard to mistake.
_BLIND = {
    "email": ("email", 0.8, 0.95), "uscc": ("uscc", 0.8, 0.97), "mobile": ("mobile", 0.7, 0.9), "province": ("province", 0.8, 0.92),
    "city": ("city", 0.7, 0.85), "county": ("county", 0.6, 0.85), "company_name": ("company", 0.5, 0.9), "address": ("address", 0.5, 0.79),
    "website": ("url", 0.8, 0.78), "contact_name": ("person", 0.6, 0.76), "agent_name": ("person", 0.6, 0.6), "postcode": ("postcode", 0.9, 0.7),
    "legal_representative": ("person", 0.6, 0.5), "source_url": ("url with path", 0.8, 0.6), "customer_no": ("mobile", 0.7, 0.6),
    "other_phone": ("phone", 0.7, 0.46), "region_text": ("region", 0.7, 0.7), "region": ("region", 0.7, 0.7),
}  # fmt: skip
_BLIND_TEXT = {"url": "web addresses", "url with path": "addresses of pages", "mobile": "mobile numbers", "uscc": "credit codes with the right check digit",
               "email": "e-mail addresses", "person": "names of people", "company": "names of companies", "phone": "phone numbers",
               "region": "regions", "city": "names of cities", "county": "names of counties", "province": "names of provinces", "address": "addresses"}  # fmt: skip


def _value_match(column: Column, name: str, spec: FieldDef, required: bool) -> Match | None:
    """What the values alone say."""
    evidence = column.evidence
    if not evidence.filled:
        return None
    if name == "phone" and evidence.form("phone") >= 0.7:
        mixed = evidence.form("landline") >= 0.2
        certain = (0.86 if mixed else 0.5) * evidence.form("phone")
        return Match(name, certain, f"{evidence.form('phone'):.0%} of values look like phone numbers")
    if blind := _BLIND.get(name):
        form, least, most = blind
        share = evidence.form(form)
        if share < least or (form == "postcode" and (evidence.distinct < 3 or evidence.form("region code") > 0.5)):
            return None
        if form == "address" and evidence.form("company") > 0.5:
            share *= 0.6
        if form in ("city", "county", "province") and evidence.filled < 3:
            most *= 0.6
        # a share of 0.8 of such values is as good as all of them
        return Match(
            name, most * min(1.0, share + 0.1), f"{share:.0%} of values look like {_BLIND_TEXT.get(form, form + 's')}"
        )
    if spec.type.startswith("code:"):
        codes = spec.type[5:]
        share, met = evidence.codes.get(codes, 0.0), evidence.code_values.get(codes, 0)
        is_plain = evidence.types["boolean"] > 0.9 or evidence.types["number"] > 0.9
        if share < 0.8 or is_plain or (met < 2 and evidence.filled < 20):
            return None
        certain = min(0.55 + 0.08 * met, 0.75) if met > 1 else 0.48
        return Match(name, certain * share, f"{share:.0%} of values are in the code list {codes}")
    if required and spec.type == "text" and name.endswith("_id"):
        if (
            evidence.unique > 0.99
            and evidence.form("identifier") > 0.95
            and evidence.filled > 5
            and not evidence.form("phone") > 0.3
        ):
            return Match(
                name, 0.62, "the values are unique, look like numbers of records, and the subject needs one", 0.15
            )
        return None
    if required and spec.type in ("date", "instant") and evidence.date_share > 0.95:
        words = words_of(column.header or "")
        suits = evidence.has_time == (spec.type == "instant") or "time" in words or "时间" in (column.header or "")
        return Match(
            name,
            0.55 if suits else 0.4,
            f"{evidence.date_share:.0%} of values read as dates, which the subject needs",
            0.3,
        )
    if spec.type == "date" and evidence.date_share > 0.95 and name == "collected_on":
        return Match(name, 0.46, f"{evidence.date_share:.0%} of values read as dates")
    return None


def _says_something(header: str) -> bool:
    """A header of words, not a code such as C07 or F3."""
    if normal_header(header) in ANYWHERE:
        return False
    return bool(re.search(r"[A-Za-z]{3}|[\u4e00-\u9fff]{2}", header)) and not re.fullmatch(
        r"(column|field|col) ?\d+", header
    )


def match(column: Column, names: Names, spec: FieldDef, required: bool) -> Match | None:
    """The column read as this field, by its header and its values; None where nothing speaks for it."""
    by_header = _header_match(column, names, spec, required) if column.header else None
    by_values = _value_match(column, names.field, spec, required)
    if by_values and not by_header and column.header and _says_something(column.header) and by_values.confidence < 0.9:
        # the header says what it is, and that is something else
        by_values = replace(by_values, confidence=0.85 * by_values.confidence)
    if by_header and by_values and by_values.confidence > by_header.confidence and by_header.confidence > 0.3:
        certain = by_values.confidence + (1 - by_values.confidence) * 0.4
        return Match(names.field, certain, f"{by_header.reason}; {by_values.reason}", by_header.weight, by_header=True)
    return max((m for m in (by_header, by_values) if m), key=lambda m: m.confidence, default=None)


# --- the best reading --------------------------------------------------------------------------------------------


def assign(gains: Sequence[Sequence[float]]) -> list[int | None]:
    """For each row the column that makes the sum of gains greatest, each column once; None where the gain is 0.

    The Hungarian method with potentials on a square of costs, O(n³).
    """
    size = max(len(gains), max(map(len, gains), default=0))
    cost = [[0.0] * (size + 1) for _ in range(size + 1)]
    for r, wins in enumerate(gains, start=1):
        for c, gain in enumerate(wins, start=1):
            cost[r][c] = -gain
    row_of = [0] * (size + 1)
    u, v = [0.0] * (size + 1), [0.0] * (size + 1)
    for start in range(1, size + 1):
        row_of[0], at = start, 0
        least, before, used = [float("inf")] * (size + 1), [0] * (size + 1), [False] * (size + 1)
        while row_of[at]:
            used[at] = True
            row, delta, following = row_of[at], float("inf"), 0
            for c in range(1, size + 1):
                if not used[c]:
                    reduced = cost[row][c] - u[row] - v[c]
                    if reduced < least[c]:
                        least[c], before[c] = reduced, at
                    if least[c] < delta:
                        delta, following = least[c], c
            for c in range(size + 1):
                if used[c]:
                    u[row_of[c]] += delta
                    v[c] -= delta
                else:
                    least[c] -= delta
            at = following
        while at:
            row_of[at], at = row_of[before[at]], before[at]
    chosen: list[int | None] = [None] * len(gains)
    for c in range(1, size + 1):
        r = row_of[c] - 1
        if 0 <= r < len(gains) and c - 1 < len(gains[r]) and gains[r][c - 1] > 0:
            chosen[r] = c - 1
    return chosen


_NEAR = 0.6
"""Where another subject scores so nearly as well, what values alone say of a field is less sure."""


_NAMED = 0.15
"""What a header that names the subject adds to its score, three times at most."""


def _doubted(found: Match) -> Match:
    return found if found.by_header else replace(found, confidence=0.85 * found.confidence)


class Reader:
    """Reads columns as fields; what fields are called is prepared once."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.names = {name: names_of(name, spec) for name, spec in registry.fields.items()}
        if {"phone", "mobile"} <= set(self.names):
            self.names["phone"] = replace(self.names["phone"], akin=self.names["mobile"])
        subjects = registry.subjects.values()
        self.shared = {name: sum(name in subject.fields for subject in subjects) for name in self.names}

    def readings(self, columns: Sequence[Column], only: str | None = None) -> list[Reading]:
        """The columns read as each subject (or just one), the best first."""
        found: dict[tuple[int, str, bool], Match | None] = {}
        subjects = {name: spec for name, spec in self.registry.subjects.items() if only in (None, name)}
        read = [self._read(columns, name, subject, found) for name, subject in subjects.items()]
        best, *others = sorted(read, key=lambda reading: -reading.score)
        if others and others[0].score > _NEAR * best.score:
            doubted = {place: _doubted(found) for place, found in best.matches.items()}
            best = replace(best, matches={place: found for place, found in doubted.items() if found.confidence >= 0.4})
        return [best, *others]

    def _read(
        self,
        columns: Sequence[Column],
        name: str,
        subject: Subject,
        found: dict[tuple[int, str, bool], Match | None],
    ) -> Reading:
        fields = [field for field in subject.fields if field in self.names]
        table: list[list[Match | None]] = []
        for column in columns:
            row = []
            for field in fields:
                key = (column.position, field, field in subject.required)
                if key not in found:
                    found[key] = match(column, self.names[field], self.registry.fields[field], key[2])
                row.append(found[key])
            table.append(row)
        gains = [[m.confidence if m and m.confidence >= ACCEPTED else 0.0 for m in row] for row in table]
        chosen = assign(gains)
        matches = {
            column.position: m
            for column, row, place in zip(columns, table, chosen, strict=True)
            if place is not None and (m := row[place])
        }
        # a field that many subjects have says little of which it is
        score = sum(m.weight * m.confidence / max(self.shared[m.field], 1) ** 0.5 for m in matches.values())
        # headers that speak of the subject itself, such as `call timestamp`
        own = frozenset(words_of(name))
        score += _NAMED * min(3, sum(own < frozenset(words_of(column.header or "")) for column in columns))
        got = {m.field: m.confidence * m.weight for m in matches.values()}
        needed = [field for field in subject.required if field in self.names]
        if needed:
            share = sum(got.get(field, 0.0) for field in needed) / len(needed)
            score = score * (0.6 + 0.4 * share) + 0.8 * share
        return Reading(name, score, matches)

    def beside(self, column: Column, taken: set[str], subject: str) -> Match | None:
        """The one field outside the subject whose very header this is and whose values suit; it joins no union."""
        if not column.header:
            return None
        # a header of one word may be anything elsewhere
        telling = len(words_of(column.header)) > 1 or (is_han(column.header) and len(normal_header(column.header)) > 3)
        outside = [
            m
            for field, names in self.names.items()
            if field not in self.registry.subjects[subject].fields
            and (
                normal_header(column.header) in names.own
                or ((telling or not self.shared[field]) and normal_header(column.header) in names.usual)
            )
            and (m := match(column, names, self.registry.fields[field], False))
        ]
        if len(outside) != 1 or outside[0].field in taken or outside[0].confidence < 0.85:
            return None
        return Match(outside[0].field, 0.7, f"{outside[0].reason}; not a field of {subject}, so it joins no union")
