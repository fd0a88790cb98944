"""`ccdata feeds draft`: a first contract for a file nobody has described, with the reasons for each line.

A sample of the file is read as every subject of subjects.yaml; the best reading becomes the contract. What is not
sure says so, what is missing is a TODO. No value of the file is written, but the spellings of codes that many rows share.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from ccdata_assets.contracts.compile import DATE_FORMATS, TIMESTAMP_FORMATS, contract_hash, quote
from ccdata_assets.contracts.draft_yaml import contract_yaml
from ccdata_assets.contracts.evidence import NONE_WORDS, Evidence, look_at
from ccdata_assets.contracts.headers import map_headers
from ccdata_assets.contracts.likeness import words_of
from ccdata_assets.contracts.matching import Column, Match, Reader, Reading
from ccdata_assets.contracts.model import Contract
from ccdata_assets.contracts.registry import Registry, load_registry
from ccdata_assets.errors import ContractError, WrongUse
from ccdata_assets.landing.reading import limits
from ccdata_assets.landing.sample import Sample, is_json, look_into
from ccdata_assets.settings import Settings

RIVAL = 0.6
"""A subject whose score is this share of the best one's is named."""
_KEY_SHARE, _ID_SHARE = 0.97, 0.99
"""Of the different rows of a sample a key tells so many apart; one that numbers the records more."""
_NATURAL = (
    ("company_name", "phone"), ("company_name", "address"), ("company_name", "mobile"), ("contact_name", "mobile"),
    ("company_name", "contact_name"), ("company_name", "email"), ("company_name", "other_phone"), ("contact_name", "phone"),
    ("contact_name", "email"), ("contact_name", "address"),
)  # fmt: skip
"""Pairs of fields that tell companies and people apart, the usual ones first; what happens to them comes again."""
_IDENTITY = ("contact_name", "mobile", "phone", "address", "email", "other_phone", "county", "city", "province")
"""What may join a pair that leaves rows alike."""
_NAMING = {"party": ("company_name",), "agent": ("agent",), "campaign": ("campaign",)}
"""Subject → the field that names what a row is about."""
_SAYS_ID = re.compile(
    r".*(?:编号|编码|号码|单号|流水号?|工号|账号|帐号|卡号|户号|证号|案号|档号|主键|标识|唯一码)"
    r"|(?:record|user|order|case|ticket|account|member|contact|lead|client|customer)id",
    re.IGNORECASE,
)
"""Headers of columns that number something, beside those that end in a word for id or number."""
_NO_ID = re.compile(
    r"序号|行号|邮|地区|区域|行政|行业|类|门牌|楼|房|电话|手机|传真|联系|QQ|微信"
    r"|(?<![a-z])(?:row|line|index|seq|zip|post|phone|tel|fax|mobile|area|region|house|room)(?![a-z])",
    re.IGNORECASE,
)
"""… but not the records."""
_FEWEST = 5
"""Rows from which on values of a column nobody knows are called unique."""


@dataclass(frozen=True)
class DraftColumn:
    """One column of the file and what the contract makes of it."""

    header: str | None
    position: int
    field: str
    is_local: bool
    confidence: float
    reason: str
    use: dict[str, Any]
    unknown_codes: Mapping[str, int]
    """Spellings of a code list that it does not know → rows; no others are shown."""
    hidden_codes: int
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Missing:
    """A field that every row of the subject needs and no column gives, and SQL that might."""

    field: str
    title: str
    type: str
    derive: str | None
    """SQL over other fields; None where only a value that nobody knows would do."""
    is_sure: bool
    """The SQL gives it without a doubt, so that it is part of the contract and no line to fill in."""
    hint: str = ""
    """What may stand there."""


@dataclass
class Draft:
    """A proposed contract."""

    feed: str
    subject: str
    rivals: list[tuple[str, float]]
    """Other subjects that the columns suit nearly as well, and how nearly."""
    sample: Sample
    columns: list[DraftColumn]
    key: tuple[str, ...]
    key_note: str
    received_on: dict[str, str] | None
    missing: list[Missing]
    file: str
    yaml: str = ""
    problem: str | None = None
    """Why it cannot be loaded as it stands."""

    def as_dict(self) -> dict[str, Any]:
        """What a script may want to know."""
        return {
            "feed": self.feed,
            "subject": self.subject,
            "rivals": dict(self.rivals),
            "format": self.sample.format,
            "encoding": self.sample.encoding,
            "delimiter": self.sample.delimiter,
            "header": "none" if self.sample.headers is None else "found",
            "rows": self.sample.rows,
            "is_whole": self.sample.is_whole,
            "columns": [
                {
                    "position": column.position,
                    "header": column.header,
                    "field": column.field,
                    "local": column.is_local,
                    "confidence": round(column.confidence, 2),
                    "reason": column.reason,
                }
                for column in self.columns
            ],
            "key": list(self.key),
            "missing": [lack.field for lack in self.missing if not lack.is_sure],
            "notes": self.sample.notes,
            "valid": self.problem is None,
            "problem": self.problem,
            "yaml": self.yaml,
        }


def draft_contract(
    path: Path,
    registry: Registry,
    settings: Settings,
    feed: str | None = None,
    subject: str | None = None,
    sheet: str | None = None,
) -> Draft:
    """Propose a contract for a file: for its table that suits a subject best, or for the one named.

    UnreadableFile where no table is found; WrongUse for a feed, subject or table that cannot be.
    """
    if subject and subject not in registry.subjects:
        raise WrongUse(f"--subject: there is no subject {subject}; fix: use one of {', '.join(registry.subjects)}")
    if feed and feed in registry.feeds:
        raise WrongUse(
            f"--feed: there is a feed {feed} already; fix: `ccdata feeds check` the file, or use another name"
        )
    if feed and not re.fullmatch(r"[a-z][a-z0-9_]*", feed):
        raise WrongUse("--feed: a name is snake_case: lower-case letters, digits and underscores, a letter first")
    sample = _best(look_into(path, registry, limits(settings), sheet), registry, subject)
    name = feed or feed_name(path, registry)
    return draft_sample(sample, registry, settings, name, path.name, subject)


def draft_sample(
    sample: Sample, registry: Registry, settings: Settings | None, feed: str, file: str, subject: str | None = None
) -> Draft:
    """Propose a contract for a sample that was read; with settings it is loaded beside all others, to see that it can be."""
    columns = _looked_at(sample, registry)
    reader = Reader(registry)
    readings = reader.readings(columns, subject)
    best = readings[0]
    rivals = [(r.subject, r.score / best.score) for r in readings[1:] if best.score and r.score >= RIVAL * best.score]
    drafted = _columns(columns, best, reader, registry)
    drafted = _with_headers(drafted, sample, registry, feed, best.subject)
    missing = _missing(best, drafted, registry)
    key, key_note = propose_key(sample.table, drafted, columns, registry, best.subject)
    _require(drafted, columns, best.subject, registry)
    draft = Draft(
        feed, best.subject, rivals, sample, drafted, key, key_note, received_on(file), missing, file
    )  # fmt: skip
    draft.yaml = contract_yaml(draft, registry)
    draft.problem = _problem(draft, settings) if settings else None
    return draft


def _looked_at(sample: Sample, registry: Registry) -> list[Column]:
    evidence = look_at(sample.table, registry)
    headers: Sequence[str | None] = sample.headers or [None] * len(evidence)
    return [Column(headers[p], p + 1, each, is_json(sample)) for p, each in enumerate(evidence)]


def _best(sample: Sample, registry: Registry, subject: str | None) -> Sample:
    """Of the tables of a file the one that suits a subject best."""
    if not sample.others:
        return sample
    reader = Reader(registry)
    return max(
        (sample, *sample.others),
        key=lambda each: (reader.readings(_looked_at(each, registry), subject)[0].score, each.rows),
    )


# --- names -------------------------------------------------------------------------------------------------------


def _snake(text: str) -> str:
    """A snake_case name of the Latin words of a text; '' where it has none."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", text)
    name = re.sub(r"[^a-z0-9]+", "_", spaced.casefold().encode("ascii", "ignore").decode()).strip("_")
    return re.sub(r"^[0-9_]+", "", name)[:40].rstrip("_")


def feed_name(path: Path, registry: Registry) -> str:
    """A name for the feed: the file's without its date, else that of its folder, else `new_feed`; one that is free."""
    stem = re.sub(r"[\d_-]*\d{4,}[\d_-]*", "_", path.name.partition(".")[0])
    name = _snake(stem) or _snake(path.absolute().parent.name) or "new_feed"
    taken = {*registry.feeds, *registry.subjects, "value", "record"}
    return next(free for free in (name, f"{name}_feed", *(f"{name}_{n}" for n in range(2, 1000))) if free not in taken)


def received_on(file: str) -> dict[str, str] | None:
    """Where the file's name says its date."""
    for shape, pattern, form in (
        (r"20\d{2}-[01]\d-[0-3]\d", "(?P<date>20[0-9]{2}-[0-9]{2}-[0-9]{2})", "%Y-%m-%d"),
        (r"20\d{2}\.[01]\d\.[0-3]\d", "(?P<date>20[0-9]{2}[.][0-9]{2}[.][0-9]{2})", "%Y.%m.%d"),
        (r"20\d{2}_[01]\d_[0-3]\d", "(?P<date>20[0-9]{2}_[0-9]{2}_[0-9]{2})", "%Y_%m_%d"),
        (r"20\d{2}年[01]?\d月[0-3]?\d日", "(?P<date>20[0-9]{2}年[0-9]{1,2}月[0-9]{1,2}日)", "%Y年%m月%d日"),
        (r"20\d{2}[01]\d[0-3]\d", "(?P<date>20[0-9]{6})", "%Y%m%d"),
        (r"20\d{2}-[01]\d", "(?P<date>20[0-9]{2}-[0-9]{2})", "%Y-%m"),
        (r"20\d{2}年[01]?\d月", "(?P<date>20[0-9]{2}年[0-9]{1,2}月)", "%Y年%m月"),
        (r"20\d{2}[01]\d", "(?P<date>20[0-9]{4})", "%Y%m"),
    ):
        if re.search(rf"(?<!\d){shape}(?!\d)", file) or (form == "%Y%m%d" and re.search(rf"(?<!\d){shape}", file)):
            return {"file": pattern} | ({"format": form} if form != "%Y%m%d" else {})
    return None


# --- columns -----------------------------------------------------------------------------------------------------


def _columns(columns: Sequence[Column], best: Reading, reader: Reader, registry: Registry) -> list[DraftColumn]:
    taken = {m.field for m in best.matches.values()}
    names: set[str] = set()
    drafted = []
    for column in columns:
        found = best.matches.get(column.position)
        if found is None and (found := reader.beside(column, taken, best.subject)):
            taken.add(found.field)
        if found is not None:
            drafted.append(_known(column, found, registry))
        else:
            name = _local_name(column, {*registry.fields, *taken, *names})
            names.add(name)
            drafted.append(_local(column, name, best.subject, reader))
    return drafted


def _local_name(column: Column, taken: set[str]) -> str:
    name = _snake(column.header or "")
    if len(name) < 2 and name != column.header:
        name = f"column_{column.position}"
    name = name or f"column_{column.position}"
    options = (name, f"{name}_text", *(f"{name}_{n}" for n in range(2, 1000)))
    return next(free for free in options if free not in taken)


def _known(column: Column, found: Match, registry: Registry) -> DraftColumn:
    spec, evidence = registry.fields[found.field], column.evidence
    use: dict[str, Any] = {}
    notes: list[str] = []
    _typed(use, notes, spec.type, evidence)
    unknown: dict[str, int] = {}
    hidden = 0
    codes = spec.type.partition(":")[2]
    if codes:
        words = {w.lower() for value, each in registry.codes[codes].values.items() for w in (value, *each.aliases)}
        _none(use, evidence, words)
        if evidence.codes.get(codes, 0.0) < 1 and evidence.filled:
            nothing = {*NONE_WORDS}
            unknown = {t: n for t, n in evidence.spellings.items() if t.lower() not in words | nothing}
            hidden = evidence.hidden_spellings
            use["on_error"] = "flag"
    else:
        _none(use, evidence)
    return DraftColumn(
        column.header, column.position, found.field, False, found.confidence, found.reason, use, unknown, hidden,
        tuple(notes),
    )  # fmt: skip


def _local(column: Column, name: str, subject: str, reader: Reader) -> DraftColumn:
    evidence = column.evidence
    kind = local_type(evidence)
    use: dict[str, Any] = {"type": kind}
    notes: list[str] = []
    _typed(use, notes, kind, evidence)
    if kind != "boolean":
        _none(use, evidence)
    private = next(
        (form for form in ("identity card", "mobile", "phone", "email", "person") if evidence.form(form) > 0.6), None
    )
    reason = f"no field of {subject} is like it; local, read as {kind}" if evidence.filled else "the column is empty"
    if private:
        reason += f"; values look like {private} data, which is personal"
    return DraftColumn(column.header, column.position, name, True, 0.0, reason, use, {}, 0, tuple(notes))


def local_type(evidence: Evidence) -> str:
    """The type of a column that is no field of fields.yaml: the narrowest that reads nearly all of its values."""
    types, most = evidence.types, 0.98
    if not evidence.filled:
        return "text"
    if evidence.date_share > most:
        return "timestamp" if evidence.has_time else "date"
    if types["clock"] > most and evidence.form("clock") > most:
        return "clock"
    if types["boolean"] > most and evidence.distinct == 2:
        return "boolean"
    is_label = evidence.has_leading_zeros or evidence.length > 9 or evidence.form("mobile") > 0.5
    if types["integer"] > most and not is_label:
        return "integer"
    if types["number"] > most and not evidence.has_leading_zeros and types["integer"] < most:
        return "number"
    return "text"


def _typed(use: dict[str, Any], notes: list[str], kind: str, evidence: Evidence) -> None:
    """Form of dates, and what a value that is not of the type does."""
    if kind in ("date", "timestamp", "instant") and (form := evidence.date_form):
        usual = evidence.types["date" if kind == "date" else "instant"]
        more = (DATE_FORMATS if kind == "date" else (*TIMESTAMP_FORMATS[:2], *DATE_FORMATS)) if usual > 0.01 else ()
        use["format"] = [form.form, *form.others, *more]
        if form.rival:
            notes.append(f"day and month cannot be told apart: {form.form} or {form.rival}?")
        share = min(1.0, form.share + usual)
    else:
        share = evidence.types.get(kind, 1.0)
    if 0 < share < 0.9999 and not kind.startswith("code:"):
        use["on_error"] = "flag"
        notes.append(f"{1 - share:.1%} of values are no {kind}")


def _none(use: dict[str, Any], evidence: Evidence, words: Iterable[str] = ()) -> None:
    known = set(words)
    if nothing := [word for word in evidence.none_words if word.lower() not in known]:
        use["none"] = nothing


# --- the contract as a whole -------------------------------------------------------------------------------------


def _contract(feed: str, subject: str, source: Mapping[str, str], drafted: Sequence[DraftColumn]) -> Contract:
    """The drafted columns as a contract, to ask what it would read."""
    return Contract.model_validate(
        {
            "feed": feed,
            "title": {"zh": feed, "en": feed},
            "subject": subject,
            "source": {"files": f"{feed}/*", **source},
            "owner": "team:data-acquisition",
            "fields": {column.field: column.use for column in drafted},
        }
    )


def _with_headers(
    drafted: list[DraftColumn], sample: Sample, registry: Registry, feed: str, subject: str
) -> list[DraftColumn]:
    """The same with `position`, or with `from` where the field would not be found by its header without it."""
    for column in drafted:
        if sample.headers is None:
            column.use["position"] = column.position
        elif column.is_local or (is_json(sample) and "." in (column.header or "")):
            column.use["from"] = [column.header]
    if sample.headers is None:
        return drafted
    for _ in range(2):
        mapped = map_headers(_contract(feed, subject, sample.source, drafted), registry.fields, sample.headers)
        for column in drafted:
            if mapped.columns.get(column.field) != column.header:
                column.use["from"] = [column.header]
    return drafted


def _missing(best: Reading, drafted: Sequence[DraftColumn], registry: Registry) -> list[Missing]:
    got = {column.field for column in drafted}
    missing = []
    for name in registry.subjects[best.subject].required:
        if name in got:
            continue
        moment = f"{name.removesuffix('_on')}_at"
        is_sure = name.endswith("_on") and moment in got
        local_day = f"cast(timezone('{registry.time_zone}', {moment}) as date)"
        derive = local_day if is_sure else _derivation(name, drafted, registry)
        hint = "" if derive else _hint(name, registry)
        missing.append(Missing(name, registry.title(name)[0], registry.fields[name].type, derive, is_sure, hint))
    return missing


def _derivation(name: str, drafted: Sequence[DraftColumn], registry: Registry) -> str | None:
    """SQL that might give a field from what the file has; None where it has nothing, for a constant would be invented."""

    def of_type(*kinds: str) -> str | None:
        return next((c.field for c in drafted if (c.use.get("type") or registry.fields[c.field].type) in kinds), None)

    kind = registry.fields[name].type
    day, clock, moment = of_type("date"), of_type("clock"), of_type("instant", "timestamp")
    if kind == "instant":
        if day and clock:
            return f"clock_on({day}, {clock})"
        return f"cast({day} as timestamp)" if day else None
    if kind == "date":
        return f"cast(timezone('{registry.time_zone}', {moment}) as date)" if moment else None
    return None


def _hint(name: str, registry: Registry) -> str:
    """What may stand in the place of a value that no column gives."""
    kind = registry.fields[name].type
    if kind.startswith("code:"):
        values = list(registry.codes[kind[5:]].values)
        return f"one of {', '.join(values)}; only if it holds for every row, such as \"'{values[0]}'\""
    example = {
        "date": "date '2026-01-01'", "instant": "timestamp '2026-01-01 00:00:00'", "integer": "10", "number": "10",
        "boolean": "true",
    }.get(kind)  # fmt: skip
    if example:
        return f'only if it holds for every row, such as "{example}"'
    return "SQL over the fields above, such as two of them that together are different in every row: \"a || '-' || b\""


def propose_key(
    table: pa.Table, drafted: Sequence[DraftColumn], columns: Sequence[Column], registry: Registry, subject: str
) -> tuple[tuple[str, ...], str]:
    """The fields that tell rows apart: one that numbers the records, else what names a company or person.

    Never a measure, a date or a text of unknown meaning, however different its values are: in the next delivery two
    records that have the same would be one. () where nothing is left, so that all fields together are the key.
    """
    rows = table.num_rows
    place_of = {column.field: place for place, column in enumerate(drafted) if columns[place].evidence.filled}
    if not rows or not place_of:
        return (), "all fields, for the file has too few rows to tell one"
    with duckdb.connect() as con:
        con.register("cells", pa.table(list(table.columns), names=[f"c{p}" for p in range(table.num_columns)]))

        def distinct(names: Iterable[str | int]) -> int:
            places = [name if isinstance(name, int) else place_of[name] for name in names]
            listed = ", ".join(quote(f"c{place}") for place in places)
            return int(con.execute(f"select count(*) from (select distinct {listed} from cells)").fetchall()[0][0])

        whole = distinct(range(table.num_columns))
        ids = [
            name
            for name, place in place_of.items()
            if columns[place].evidence.filled >= 0.99 * rows
            and _numbers_records(drafted[place], columns[place], registry, subject)
            and distinct([name]) >= _ID_SHARE * whole
        ]
        required = registry.subjects[subject].required
        ids.sort(
            key=lambda name: (
                name not in required,
                place_of[name] if drafted[place_of[name]].is_local else -1,
                -columns[place_of[name]].evidence.unique,
            )
        )
        if ids:
            return (ids[0],), f"{columns[place_of[ids[0]]].evidence.unique:.1%} of its values are unique"
        pairs = [pair for pair in _NATURAL if subject == "party" and place_of.keys() >= set(pair)]
        told: dict[tuple[str, ...], int] = {pair: distinct(pair) for pair in pairs}
        key: tuple[str, ...] = next(
            (pair for pair in pairs if told[pair] >= 0.995 * whole), max(pairs, key=told.__getitem__, default=())
        )
        count = told.get(key, 0)
        while key and count < 0.995 * whole and len(key) < 4:
            rest = {name: distinct((*key, name)) for name in _IDENTITY if name in place_of and name not in key}
            more = max(rest, key=rest.__getitem__, default=None)
            if more is None or rest[more] <= count:
                break
            key, count = (*key, more), rest[more]
    if not key:
        return (), "all fields, for none numbers the records or names a company or person well enough"
    if count < _KEY_SHARE * whole:
        return (), f"all fields, for {', '.join(key)} tell only {count / whole:.1%} of the different rows apart"
    return tuple(key), f"tells {count / whole:.1%} of the different rows apart"


def _numbers_records(drafted: DraftColumn, column: Column, registry: Registry, subject: str) -> bool:
    """True for a field that is a number of records by its name, or a local one whose header says so."""
    evidence, name = column.evidence, drafted.field
    if not drafted.is_local:
        is_id = (
            name.endswith("_id")
            or name == "uscc"
            or name in _NAMING.get(subject, ())
            or (subject == "do_not_call" and name == "phone")
        )
        return is_id and name != "company_name" and registry.fields[name].type == "text" and evidence.unique >= 0.9
    header = (column.header or "").strip()
    leaf = header.rpartition(".")[2] if column.is_path else header
    says_id = _SAYS_ID.fullmatch(leaf) or words_of(leaf)[-1:] in (("identifier",), ("number",))
    return (
        bool(says_id)
        and not _NO_ID.search(leaf)
        and evidence.filled >= _FEWEST
        and evidence.unique == 1
        and evidence.form("identifier") > 0.95
        and not (evidence.types["integer"] > 0.5 and evidence.length < 4)  # a running number of this file, or a count
        and not (evidence.types["number"] > 0.5 and evidence.types["integer"] < 0.5)
        and evidence.date_share < 0.5
        and evidence.form("phone") < 0.5
    )


def _require(drafted: Sequence[DraftColumn], columns: Sequence[Column], subject: str, registry: Registry) -> None:
    """Mark what no row may lack: what the subject needs, and what names the row where it is hardly ever empty."""
    for column, place in zip(drafted, columns, strict=True):
        evidence = place.evidence
        names_row = column.field in _NAMING.get(subject, ()) and evidence.filled >= 0.95 * evidence.rows > 0
        if column.field in registry.subjects[subject].required or names_row:
            column.use["required"] = True
            column.use.pop("on_error", None)


def _problem(draft: Draft, settings: Settings) -> str | None:
    """What the registry says against the draft, beside all other contracts."""
    with tempfile.TemporaryDirectory(prefix="ccdata-") as folder:
        (Path(folder) / f"{draft.feed}.yaml").write_text(draft.yaml, encoding="utf-8")
        try:
            registry = load_registry([*settings.contract_dirs, Path(folder)], settings.time_zone)
        except ContractError as error:
            return str(error)
        contract_hash(registry, registry.feeds[draft.feed])
    return None
