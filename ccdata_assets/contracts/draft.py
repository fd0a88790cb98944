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
from ccdata_assets.contracts.matching import Column, Match, Reader, Reading
from ccdata_assets.contracts.model import Contract
from ccdata_assets.contracts.registry import Registry, load_registry
from ccdata_assets.errors import ContractError, WrongUse
from ccdata_assets.landing.reading import limits
from ccdata_assets.landing.sample import Sample, look_into
from ccdata_assets.settings import Settings

RIVAL = 0.6
"""A subject whose score is this share of the best one's is named."""
_KEY_SHARE = 0.97
_IDENTITY = (
    "company_name",
    "contact_name",
    "uscc",
    "mobile",
    "phone",
    "email",
    "customer_no",
    "agent",
    "address",
    "city",
)


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
    derive: str
    is_sure: bool
    """The SQL gives it without a doubt, so that it is part of the contract and no line to fill in."""


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
    path: Path, registry: Registry, settings: Settings, feed: str | None = None, subject: str | None = None
) -> Draft:
    """Propose a contract for a file. UnreadableFile where no table is found; WrongUse for a feed or subject that cannot be."""
    if subject and subject not in registry.subjects:
        raise WrongUse(f"--subject: there is no subject {subject}; fix: use one of {', '.join(registry.subjects)}")
    if feed and feed in registry.feeds:
        raise WrongUse(
            f"--feed: there is a feed {feed} already; fix: `ccdata feeds check` the file, or use another name"
        )
    if feed and not re.fullmatch(r"[a-z][a-z0-9_]*", feed):
        raise WrongUse("--feed: a name is snake_case: lower-case letters, digits and underscores, a letter first")
    sample = look_into(path, registry, limits(settings))
    name = feed or feed_name(path, registry)
    return draft_sample(sample, registry, settings, name, path.name, subject)


def draft_sample(
    sample: Sample, registry: Registry, settings: Settings | None, feed: str, file: str, subject: str | None = None
) -> Draft:
    """Propose a contract for a sample that was read; with settings it is loaded beside all others, to see that it can be."""
    evidence = look_at(sample.table, registry)
    headers: Sequence[str | None] = sample.headers or [None] * len(evidence)
    columns = [Column(headers[p], p + 1, each) for p, each in enumerate(evidence)]
    reader = Reader(registry)
    readings = reader.readings(columns, subject)
    best = readings[0]
    rivals = [(r.subject, r.score / best.score) for r in readings[1:] if best.score and r.score >= RIVAL * best.score]
    drafted = _columns(columns, best, reader, registry)
    drafted = _with_headers(drafted, sample, registry, feed, best.subject)
    missing = _missing(best, drafted, registry)
    key, key_note = propose_key(sample.table, drafted, columns, registry.subjects[best.subject].required)
    _require(drafted, columns, key, registry.subjects[best.subject].required)
    draft = Draft(
        feed, best.subject, rivals, sample, drafted, key, key_note, received_on(file), missing, file
    )  # fmt: skip
    draft.yaml = contract_yaml(draft, registry)
    draft.problem = _problem(draft, settings) if settings else None
    return draft


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
        elif column.is_local:
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
        missing.append(Missing(name, registry.title(name)[0], registry.fields[name].type, derive, is_sure))
    return missing


def _derivation(name: str, drafted: Sequence[DraftColumn], registry: Registry) -> str:
    """SQL that might give a field, from what the file has."""

    def of_type(*kinds: str) -> str | None:
        return next((c.field for c in drafted if (c.use.get("type") or registry.fields[c.field].type) in kinds), None)

    kind = registry.fields[name].type
    day, clock, moment = of_type("date"), of_type("clock"), of_type("instant", "timestamp")
    if kind.startswith("code:"):
        return f"'{next(iter(registry.codes[kind[5:]].values))}'"
    if kind == "instant":
        if day and clock:
            return f"clock_on({day}, {clock})"
        return f"cast({day} as timestamp)" if day else "timestamp '2026-01-01 00:00:00'"
    if kind == "date":
        return f"cast(timezone('{registry.time_zone}', {moment}) as date)" if moment else "date '2026-01-01'"
    if kind in ("integer", "number"):
        return "10"
    texts = [c.field for c in drafted if (c.use.get("type") or registry.fields[c.field].type) == "text"]
    return " || '-' || ".join(texts[:2]) if len(texts) > 1 else f"'{name}-' || _row"


def propose_key(
    table: pa.Table, drafted: Sequence[DraftColumn], columns: Sequence[Column], required: Sequence[str]
) -> tuple[tuple[str, ...], str]:
    """The fields that tell rows apart: one that numbers the records, else the fewest that tell as many as whole rows do."""
    usable = {
        column.field: place
        for place, column in enumerate(drafted)
        if columns[place].evidence.filled
        and column.use.get("type", "text") not in ("number", "boolean")
        and columns[place].evidence.length <= 80
    }
    rows = table.num_rows
    if not rows or not usable:
        return (), "the file has too few rows to tell a key"
    with duckdb.connect() as con:
        con.register("cells", pa.table(list(table.columns), names=[f"c{p}" for p in range(table.num_columns)]))

        def distinct(places: Sequence[int]) -> int:
            names = ", ".join(quote(f"c{place}") for place in places)
            return int(con.execute(f"select count(*) from (select distinct {names} from cells)").fetchall()[0][0])

        whole = distinct(range(table.num_columns))
        ids = [
            name
            for name, place in usable.items()
            if columns[place].evidence.filled >= 0.99 * rows
            and columns[place].evidence.unique >= 0.95
            and (name.endswith(("_id", "_no", "id", "no")) or columns[place].evidence.form("identifier") > 0.95)
            and columns[place].evidence.date_share < 0.5
            and columns[place].evidence.form("phone") < 0.5
        ]
        ids.sort(key=lambda name: (name not in required, -columns[usable[name]].evidence.unique))
        if ids:
            return (ids[0],), f"{columns[usable[ids[0]]].evidence.unique:.1%} of its values are unique"
        first = [name for name in (*required, *_IDENTITY) if name in usable]
        order = first or list(usable)
        key = [max(order, key=lambda name: (distinct([usable[name]]), -order.index(name)))]
        told = distinct([usable[name] for name in key])
        while told < 0.995 * whole and len(key) < 4:
            rest = [name for name in usable if name not in key]
            if not rest:
                break
            gains = {name: distinct([usable[each] for each in (*key, name)]) for name in rest}
            more = max(rest, key=lambda name: (gains[name], name in first))
            if gains[more] <= told:
                break
            key, told = [*key, more], gains[more]
    if told < _KEY_SHARE * whole:
        return (), "no few columns tell the rows apart, so all of them do"
    return tuple(key), f"tells {told / whole:.1%} of the different rows apart"


def _require(
    drafted: Sequence[DraftColumn], columns: Sequence[Column], key: Sequence[str], required: Sequence[str]
) -> None:
    """Mark what no row may lack: what the subject needs, and what names the row where it is never empty."""
    for column, place in zip(drafted, columns, strict=True):
        names_row = column.field == "company_name" or (len(key) == 1 and column.field in key)
        if column.field in required or (names_row and place.evidence.is_full):
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
