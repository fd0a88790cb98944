"""The typed model of every declaration: fields, code lists, subjects and feed contracts.

It says what may be written and nothing of how it is used. Unknown keys are errors, so a typing slip is found where it
stands. What needs several files at once (a feed that names a field) is checked by `registry`.
"""

from __future__ import annotations

import codecs
import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, model_validator

Severity = Literal["reject", "flag"]
Policy = Literal["keep", "warn", "reject"]
Dimension = Literal["completeness", "uniqueness", "validity", "consistency", "accuracy", "timeliness"]
BASE_TYPES = ("text", "integer", "number", "date", "clock", "timestamp", "instant", "boolean")


def _duration(text: object) -> object:
    if isinstance(text, str) and (hit := re.fullmatch(r"(\d+)(h|d)", text)):
        return timedelta(**{"hours" if hit[2] == "h" else "days": int(hit[1])})
    if isinstance(text, timedelta):
        return text
    raise ValueError("a duration is a number of days or hours, such as 35d or 12h")


def _name(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", text):
        raise ValueError("a name is snake_case: lower-case letters, digits and underscores, a letter first")
    return text


def _type(text: str) -> str:
    if text not in BASE_TYPES and not re.fullmatch(r"code:[a-z][a-z0-9_]*", text):
        raise ValueError(f"a type is one of {', '.join(BASE_TYPES)} or code:<list of codes.yaml>")
    return text


def _owner(text: str) -> str:
    if not re.fullmatch(r"team:[a-z0-9_-]+|[^@\s]+@[^@\s]+", text):
        raise ValueError("an owner is team:<name> or an e-mail address")
    return text


def _pattern(group: str, example: str) -> AfterValidator:
    def check(text: str) -> str:
        try:
            groups = re.compile(text).groupindex
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from None
        if group not in groups:
            raise ValueError(f"the pattern needs a group named {group}, such as {example}")
        return text

    return AfterValidator(check)


def _encoding(text: str) -> str:
    try:
        codec = codecs.lookup(text)
    except LookupError:
        raise ValueError("not an encoding; use a codec's name such as utf-8, gb18030, big5 or utf-16") from None
    if not codec._is_text_encoding:
        raise ValueError("not an encoding of text; use one such as utf-8, gb18030, big5 or utf-16")
    return text


def _environment(text: str) -> str:
    if not re.fullmatch(r"env [A-Z][A-Z0-9_]*", text):
        # what stands there may be a password: it is not repeated
        raise ValueError("the address of a database stands in the environment only; write `env <VARIABLE>`")
    return text


Name = Annotated[str, AfterValidator(_name)]
FieldType = Annotated[str, AfterValidator(_type)]
Duration = Annotated[timedelta, BeforeValidator(_duration)]
Text = Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, (int, float)) else value)]


class Declaration(BaseModel):
    """Common behaviour: immutable, unknown keys refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Title(Declaration):
    """A name in both languages."""

    zh: str
    en: str


class FieldDef(Declaration):
    """One business field, the same in every feed."""

    zh: str
    en: str
    type: FieldType
    pii: Literal["none", "personal", "secret"] = "none"
    standardiser: Name | None = None
    weight: float = Field(1, ge=0)
    range: tuple[float | None, float | None] | None = Field(
        None, description="Least and greatest value that can be, of a number."
    )
    aliases: tuple[Text, ...] = ()


class CodeValue(Declaration):
    """One allowed value of a code list with its usual spellings in sources."""

    zh: str
    en: str
    aliases: tuple[Text, ...] = ()


class CodeList(Declaration):
    """A closed list of values."""

    zh: str
    en: str
    values: dict[Name, CodeValue]


class Subject(Declaration):
    """What feeds can be about: the columns of their union, and what one row of it is."""

    zh: str
    en: str
    row: str
    fields: tuple[Name, ...]
    required: tuple[Name, ...] = Field(
        (), description="Fields that a contract of this subject must require of every row."
    )
    in_order: tuple[Name, ...] = Field(
        (), description="Instants that follow each other; a local time that occurs twice is read by that."
    )
    composites: dict[Name, tuple[Name, ...]] = Field(
        {}, description="Values made of several fields, joined by |, for a standardiser."
    )


class FieldUse(Declaration):
    """How one feed gives one field. A name that fields.yaml does not know is local: it needs a type and joins no union."""

    from_: tuple[Text, ...] = Field((), alias="from", description="Extra headers of this feed, beside fields.yaml's.")
    required: bool = Field(False, description="A row without it goes to quarantine, a file without its column too.")
    type: FieldType | None = Field(None, description="Only for a local field, or to read a known one differently.")
    format: tuple[str, ...] = Field((), description="strptime forms of a date or time, tried in order.")
    none: tuple[Text, ...] = Field((), description="Texts that mean «no value» here.")
    codes: dict[Text, Name] = Field({}, description="This feed's spellings of a code list's values.")
    position: int | None = Field(
        None, ge=1, description="The field's column, counted from 1, in a file without a header."
    )
    derive: str | None = Field(None, description="SQL over the fields above it and _row, _member; instead of a column.")
    on_error: Severity = Field("reject", description="What a text that is not of the type does to the row.")

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, data: object) -> object:
        if isinstance(data, dict):
            return {
                key: [value] if key in ("from", "format", "none") and isinstance(value, str) else value
                for key, value in data.items()
            }
        return {} if data is None else data

    @model_validator(mode="after")
    def _column_or_derived(self) -> FieldUse:
        if self.derive is not None and (self.from_ or self.format or self.none or self.codes or self.position):
            raise ValueError(
                "a derived field has no from, position, format, none or codes: put them on the fields it is made of"
            )
        return self


def _one_or_more(value: object) -> object:
    return [value] if isinstance(value, str) else value


Names = Annotated[tuple[Name, ...], BeforeValidator(_one_or_more), Field(min_length=1)]
"""Fields; one may be written without a list."""


class Rule(Declaration):
    """A condition every row should keep; it is broken where it is false, not where it is null."""

    name: Name
    expect: str
    severity: Severity
    field: Name | None = Field(None, description="The field to look at when the rule is broken.")
    dimension: Dimension = "validity"
    message: Title | None = None

    @property
    def says(self) -> str:
        """What the rule asks for, in short."""
        return self.expect


class Agree(Declaration):
    """Rows about the same thing give the same value; what most of them say is expected of the others."""

    fields: Names = Field(description="The fields that should be the same; each is looked at alone.")
    by: Names = Field(description="The fields that say what a row is about; a row that lacks one has no part in it.")
    source: Name | None = Field(
        None,
        description="The field that says who gives the row. A source has one voice, and weight by how often it agrees with the others, field by field.",
    )
    trusted: str | None = Field(
        None, description="SQL condition on rows that decide where they are: of a source that knows it first hand."
    )
    gaps: bool = Field(False, description="A row without the value is at fault too where another row has it.")


class Spelling(Declaration):
    """A rare text that is nearly a frequent one of its field is that one misspelt; its figures are the same."""

    fields: Names
    likeness: float = Field(
        0.8, gt=0, lt=1, description="Least share of the characters that stay: 0.8 is one edit in five."
    )
    times: int = Field(10, ge=2, description="How many times as many rows the frequent text has, at least.")


class AgreeRule(Declaration):
    """A rule across the rows of the feed: those that are about the same thing agree. It flags cells."""

    name: Name
    agree: Agree
    severity: Literal["flag"] = "flag"
    dimension: Dimension = "consistency"
    message: Title | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields whose cells it may find fault with."""
        return self.agree.fields

    @property
    def says(self) -> str:
        """What the rule asks for, in short."""
        source = f", each {self.agree.source} one voice" if self.agree.source else ""
        return f"rows of the same {', '.join(self.agree.by)} agree in {', '.join(self.agree.fields)}{source}"


class SpellingRule(Declaration):
    """A rule across the rows of the feed: a rare text is no misspelling of a frequent one. It flags cells."""

    name: Name
    spelling: Spelling
    severity: Literal["flag"] = "flag"
    dimension: Dimension = "accuracy"
    message: Title | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields whose cells it may find fault with."""
        return self.spelling.fields

    @property
    def says(self) -> str:
        """What the rule asks for, in short."""
        return f"no rare {', '.join(self.spelling.fields)} is nearly a frequent one"


def _rule_kind(data: object) -> str:
    for key, kind in (("agree", AgreeRule), ("spelling", SpellingRule)):
        if isinstance(data, kind) or (isinstance(data, dict) and key in data):
            return kind.__name__
    return Rule.__name__


CellRule = AgreeRule | SpellingRule
"""A rule across rows: it says which cells are suspect, and what is expected of them."""
AnyRule = Annotated[
    Annotated[Rule, Tag("Rule")]
    | Annotated[AgreeRule, Tag("AgreeRule")]
    | Annotated[SpellingRule, Tag("SpellingRule")],
    Discriminator(_rule_kind),
]


class FileSource(Declaration):
    """Files below the inbox, by glob patterns, with what cannot be found by looking at them."""

    files: tuple[str, ...] = Field(min_length=1, description="Glob patterns of paths below the inbox.")
    encoding: Annotated[str, AfterValidator(_encoding)] | None = None
    delimiter: str | None = Field(None, min_length=1, description="Of a text file; it may be several characters.")
    quote: str | None = Field(None, max_length=1, description="What cells are quoted by; '' where nothing is.")
    escape: str | None = Field(None, min_length=1, max_length=1, description="What takes a quote's meaning away.")
    header: Literal["auto", "none"] | Annotated[int, Field(ge=1)] = Field(
        "auto", description="Number of the header's row where it cannot be found; `none`: fields say their `position`."
    )
    ragged: bool = Field(False, description="Text: a row may end early; the cells that it lacks are empty.")
    sheet: str | None = Field(None, description="Read just this sheet or database table; default: every one.")
    records: str | None = Field(
        None, description="JSON: path to the list of records, such as data.items; lists on the way are walked."
    )

    @model_validator(mode="before")
    @classmethod
    def _one_pattern(cls, data: object) -> object:
        if isinstance(data, dict) and isinstance(data.get("files"), str):
            return {**data, "files": [data["files"]]}
        return data


class SqlQuery(Declaration):
    """A query on a database of somebody else, read only."""

    url: Annotated[str, AfterValidator(_environment)] = Field(
        description="`env <VARIABLE>`: the variable holds the address with user and password."
    )
    query: str = Field(min_length=1, description="The select that gives the feed's rows.")
    watermark: str | None = Field(
        None, description="Column that only grows (time or number): just newer rows are read. Default: all, each time."
    )
    fetch_rows: int = Field(50_000, ge=1, description="Rows held in memory at a time.")


class SqlSource(Declaration):
    """Rows of a database."""

    sql: SqlQuery


def _source_kind(data: object) -> str:
    is_sql = isinstance(data, SqlSource) or (isinstance(data, dict) and "sql" in data)
    return "SqlSource" if is_sql else "FileSource"


Source = Annotated[
    Annotated[FileSource, Tag("FileSource")] | Annotated[SqlSource, Tag("SqlSource")], Discriminator(_source_kind)
]


class Control(Declaration):
    """What the supplier declares about a delivery; a delivery that disagrees is held."""

    rows: Annotated[str, _pattern("rows", r"共(?P<rows>\d+)条")] | None = Field(
        None,
        description="Regular expression with a group `rows`, sought in the file's name, its title and totals rows and its sidecar.",
    )
    sums: tuple[Name, ...] = Field((), description="Fields whose sum the totals row (合计) declares.")
    sidecar: str | None = Field(
        None,
        pattern=r"^\.[A-Za-z0-9]+$",
        description="Ending of a file sent beside each, such as .ctl; a file lands only when its sidecar is there.",
    )


class Drift(Declaration):
    """What a change of a file's columns against the delivery before it does."""

    missing: Policy = Field("warn", description="A column that the delivery before had is gone.")
    renamed: Policy = Field("warn", description="A field is read from a column of another name than before.")
    reordered: Policy = Field("keep", description="The columns stand in another order.")


class Gate(Declaration):
    """When a batch of this feed is held back."""

    max_rejected: float = Field(0.5, ge=0, le=1, description="The largest share of rows in quarantine.")


class FilePattern(Declaration):
    """Where the business date of a delivery stands."""

    file: Annotated[str, _pattern("date", r"(?P<date>\d{8})")] = Field(
        description="Regular expression on the file name, with a group `date`."
    )
    format: str = "%Y%m%d"


class Contract(Declaration):
    """What one feed must look like."""

    feed: Name
    title: Title
    description: str = ""
    subject: Name
    version: int = Field(1, ge=1)
    source: Source
    owner: Annotated[str, AfterValidator(_owner)]
    trust: int = Field(50, ge=0, le=100, description="Survivorship: whose value wins.")
    freshness: Duration | None = Field(None, description="A new delivery is expected at least this often.")
    time_zone: str | None = Field(None, description="Zone of times without one; default: the centre's.")
    received_on: FilePattern | None = Field(None, description="Business date of a delivery; default: the day it lands.")
    key: tuple[Name, ...] = Field((), description="Fields that tell two rows apart; default: all of them.")
    crm_id_of: Literal["account", "contact"] | None = Field(
        None,
        description="What crm_id identifies in the system that the feed comes from: an account or a contact; default: nothing that lasts.",
    )
    fields: dict[Name, FieldUse]
    rules: tuple[AnyRule, ...] = ()
    replaces: Literal["nothing", "key", "file"] = Field(
        "nothing",
        description="What a later delivery supersedes: nothing, the rows of the same key, or the file of the same name.",
    )
    quarantine: Literal["rows", "file", "fail"] = Field(
        "rows", description="What one bad row costs: itself, its file, or the run."
    )
    unmapped: Policy = Field("warn", description="What a column that no field claims does.")
    drift: Drift = Drift()
    control: Control = Control()
    gate: Gate = Gate()

    @property
    def required(self) -> list[str]:
        """Names of the fields no row may lack."""
        return [name for name, use in self.fields.items() if use.required]

    @property
    def row_rules(self) -> list[Rule]:
        """The rules that look at one row by itself."""
        return [rule for rule in self.rules if isinstance(rule, Rule)]

    @property
    def cell_rules(self) -> list[CellRule]:
        """The rules that look across the rows of the feed."""
        return [rule for rule in self.rules if not isinstance(rule, Rule)]

    @property
    def files(self) -> tuple[str, ...]:
        """Glob patterns of the feed's files below the inbox; none where its rows come from a database."""
        return self.source.files if isinstance(self.source, FileSource) else ()
