"""Checks as data in, outcomes as data out: the interface of data quality for the rest of the project.

Great Expectations does the work behind it and is imported only when there is something to check. Nothing here
knows of Dagster, contracts or KPI targets, and no outcome carries a value from the data.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    import duckdb
    from great_expectations.core.expectation_validation_result import ExpectationValidationResult
    from great_expectations.expectations.expectation import Expectation

    from ccdata_assets.quality.gx_duckdb import Session

Dimension = Literal["completeness", "uniqueness", "validity", "consistency", "accuracy", "timeliness", "performance"]
"""The six of data quality; `performance` is of KPIs that say how the centre works, not how good its data are."""
Severity = Literal["blocking", "error", "warning"]


@dataclasses.dataclass(frozen=True)
class Kind:
    """What a kind of check needs: its class of expectation, a field or not, kwargs, a target share or not."""

    expectation: str
    needs_field: bool = False
    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    one_of: frozenset[str] = frozenset()
    takes_target: bool = True

    @property
    def accepted(self) -> frozenset[str]:
        """All kwargs the kind understands."""
        return self.required | self.optional | self.one_of


COUNTED = "counted"
"""Kind of a check that is worked out from the ledgers by counting, not by GX: of deliveries."""
_LIMITS = frozenset({"min", "max"})

KINDS: Mapping[str, Kind] = {
    # Of all rows: the field is filled.
    "not_null": Kind("ExpectColumnValuesToNotBeNull", needs_field=True),
    # Of the filled rows: the value occurs once (every row of a repeated value counts against it).
    "unique": Kind("ExpectColumnValuesToBeUnique", needs_field=True),
    # Of the rows where all `columns` are filled: the combination occurs once.
    "unique_together": Kind("ExpectCompoundColumnsToBeUnique", required=frozenset({"columns"})),
    # Of the filled rows: the value is one of `values`. With a nullable flag column and [True] it is any rule.
    "in_set": Kind("ExpectColumnValuesToBeInSet", needs_field=True, required=frozenset({"values"})),
    # Of the filled rows: min <= value <= max (number, date, timestamp); strict_min, strict_max exclude it.
    "between": Kind(
        "ExpectColumnValuesToBeBetween",
        needs_field=True,
        one_of=_LIMITS,
        optional=frozenset({"strict_min", "strict_max"}),
    ),
    # Of the filled rows: the text has min to max characters (a Chinese character is one).
    "length_between": Kind("ExpectColumnValueLengthsToBeBetween", needs_field=True, one_of=_LIMITS),
    # Of the rows where both are filled: the field is greater than the column `other`, or equal.
    "pair_greater_or_equal": Kind(
        "ExpectColumnPairValuesAToBeGreaterThanB", needs_field=True, required=frozenset({"other"})
    ),
    # Of all rows: the query `sql` returns none of them; {table} in it stands for the quoted table.
    "no_rows": Kind("ExpectRowsToKeepRule", required=frozenset({"sql"})),
    # The table has min to max rows.
    "row_count_between": Kind("ExpectTableRowCountToBeBetween", one_of=_LIMITS, takes_target=False),
    # The table has the field.
    "column_exists": Kind("ExpectColumnToExist", needs_field=True, takes_target=False),
    # The table has these `columns`, and no others unless `exact` is False.
    "columns_match_set": Kind(
        "ExpectTableColumnsToMatchSet",
        required=frozenset({"columns"}),
        optional=frozenset({"exact"}),
        takes_target=False,
    ),
}


@dataclasses.dataclass(frozen=True)
class Check:
    """One expectation of one table.

    `name` is a slug, unique within the table; `table` is `schema.table`, split at the first dot, spelled as
    DuckDB spells it, as are columns. `kind` and `kwargs` are explained in KINDS. `target` is the least share
    (0 to 1) of the rows looked at that must meet it; None means all of them. Raises ValueError, naming the
    check, when any of it makes no sense.
    """

    name: str
    kind: str
    table: str
    field: str | None
    dimension: Dimension
    severity: Severity
    target: float | None = None
    kwargs: Mapping[str, Any] = dataclasses.field(default_factory=dict, hash=False)
    description: Mapping[str, str] | None = dataclasses.field(default=None, hash=False)

    def __post_init__(self) -> None:
        for problem in _problems(self):
            raise ValueError(f"check {self.name!r} of table {self.table!r}: {problem}")

    @property
    def schema(self) -> str:
        """The schema part of `table`."""
        return self.table.partition(".")[0]

    @property
    def table_name(self) -> str:
        """The part of `table` after the schema."""
        return self.table.partition(".")[2]


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a check found, in numbers only.

    `total` is the number of rows the check looked at (KINDS says which), `unexpected` how many of them fail
    it, and `value` the share that meets it: None when no row was looked at, or when a rule returned more rows
    than the table has. Different: row_count_between has the count as `value` and `total`, and in `unexpected`
    how many rows it is off; column_exists and columns_match_set count columns (expected ones that are there,
    and with `exact` others that should not be). `error` is the class name of what was raised instead of a
    result; `passed` is then False.
    """

    check: Check
    passed: bool
    value: float | None
    unexpected: int
    total: int
    error: str | None = None


class OpenTransactionError(RuntimeError):
    """validate() was called inside a transaction, whose rows its own connection would not see."""


def validate(connection: duckdb.DuckDBPyConnection, checks: Sequence[Check]) -> list[Outcome]:
    """Run checks against the database a connection has open, table by table, each table as one suite.

    In: a connection with no transaction open; GX gets a second connection to the same database for the time
    of the call, which sees committed tables and views, no temporary ones. Out: one outcome per check, in the
    order of `checks`. With no checks nothing is imported or started. A check that cannot be evaluated is an
    outcome with an `error`, and the others still count. Raises ValueError for two checks of one table with
    the same name, OpenTransactionError, and duckdb.Error when `connection` itself is unusable.
    """
    if not checks:
        return []
    tables = _by_table(checks)
    _refuse_open_transaction(connection)
    from ccdata_assets.quality import gx_duckdb

    outcomes: dict[tuple[str, str], Outcome] = {}
    with gx_duckdb.session(connection) as session:
        for table, group in tables.items():
            for outcome in _validate_table(session, group):
                outcomes[table, outcome.check.name] = outcome
    return [outcomes[check.table, check.name] for check in checks]


def _by_table(checks: Iterable[Check]) -> dict[str, list[Check]]:
    tables: dict[str, list[Check]] = {}
    seen: set[tuple[str, str]] = set()
    for check in checks:
        if (check.table, check.name) in seen:
            raise ValueError(f"two checks of table {check.table!r} are named {check.name!r}; rename one")
        seen.add((check.table, check.name))
        tables.setdefault(check.table, []).append(check)
    return tables


def _refuse_open_transaction(connection: duckdb.DuckDBPyConnection) -> None:
    # Outside a transaction every statement has an id of its own.
    first, second = (connection.execute("select txid_current()").fetchall() for _ in range(2))
    if first == second:
        raise OpenTransactionError(
            "quality checks read committed data, and this connection has a transaction open; commit it first"
        )


def _validate_table(session: Session, checks: Sequence[Check]) -> list[Outcome]:
    """Return one outcome per check of one table."""
    columns = session.columns(checks[0].schema, checks[0].table_name)
    if not columns:
        return [_failed(check, "MissingTable") for check in checks]
    outcomes = [_failed(check, "MissingColumn") for check in checks if not _columns_needed(check) <= set(columns)]
    absent = {outcome.check.name for outcome in outcomes}
    runnable = [check for check in checks if check.name not in absent]
    if not runnable:
        return outcomes
    try:
        rows = session.row_count(checks[0].schema, checks[0].table_name)
    except Exception as error:  # a view whose source is gone, a file that cannot be read
        return outcomes + [_failed(check, _cause(session, error)) for check in runnable]

    together = _run(session, runnable)
    for check in runnable:
        outcome = _outcome(check, together.get(check.name), rows)
        if outcome is None:
            # GX fails a whole bundle of metrics for one bad one, so whoever failed is asked again alone.
            outcome = _run_alone(session, check, rows)
        outcomes.append(outcome)
    return outcomes


def _run(session: Session, checks: Sequence[Check]) -> dict[str, ExpectationValidationResult]:
    """Return GX's results by the name of the check; without those GX could not even start on."""
    try:
        results = session.run(checks[0].schema, checks[0].table_name, [_expectation(check) for check in checks])
    except Exception:
        return {}
    by_name: dict[str, ExpectationValidationResult] = {}
    for result in results:
        configuration = result.expectation_config
        if configuration is not None and configuration.meta is not None:
            by_name[str(configuration.meta["check"])] = result
    return by_name


def _run_alone(session: Session, check: Check, rows: int) -> Outcome:
    session.engine.last_error = None
    try:
        (result,) = session.run(check.schema, check.table_name, [_expectation(check)])
    except Exception as error:
        return _failed(check, _cause(session, error))
    outcome = _outcome(check, result, rows)
    return outcome or _failed(check, session.engine.last_error or _root_cause(result.exception_info))


def _cause(session: Session, error: Exception) -> str:
    return session.engine.last_error or type(error).__name__


def _root_cause(exception_info: Mapping[str, Any]) -> str:
    """Return the class name of the first exception in GX's traceback text, of which nothing else may be
    used."""
    infos = [exception_info, *(info for info in exception_info.values() if isinstance(info, Mapping))]
    for info in infos:
        named = re.search(
            r"^(?:\w+\.)*(\w+(?:Error|Exception))(?::|$)",
            str(info.get("exception_traceback") or ""),
            re.MULTILINE,
        )
        if named:
            return named.group(1)
    return "MissingResult"


def _raised(result: ExpectationValidationResult) -> bool:
    # Either one record, or one per metric.
    info: Mapping[str, Any] = result.exception_info or {}
    if "raised_exception" in info:
        return bool(info["raised_exception"])
    return any(each.get("raised_exception") for each in info.values() if isinstance(each, Mapping))


def _failed(check: Check, error: str) -> Outcome:
    return Outcome(check, passed=False, value=None, unexpected=0, total=0, error=error)


# ── From check to expectation ───────────────────────────────────────────────────────────────────────────────


def _columns_needed(check: Check) -> set[str]:
    """The columns without which the check cannot be evaluated (as opposed to: fails)."""
    if check.kind in {"column_exists", "columns_match_set", "no_rows", "row_count_between"}:
        return set()
    needed = set(check.kwargs.get("columns", ()))
    needed.update(name for name in (check.field, check.kwargs.get("other")) if name is not None)
    return needed


def _expectation(check: Check) -> Expectation:
    """Return the GX expectation of a check, marked with its name."""
    from great_expectations import expectations as shipped

    from ccdata_assets.quality import gx_duckdb

    kind = KINDS[check.kind]
    source = gx_duckdb if hasattr(gx_duckdb, kind.expectation) else shipped
    expectation: type[Expectation] = getattr(source, kind.expectation)
    arguments: dict[str, Any] = {"meta": {"check": check.name}}
    if kind.takes_target:
        arguments["mostly"] = 1.0 if check.target is None else float(check.target)
    if kind.one_of:
        arguments |= {"min_value": check.kwargs.get("min"), "max_value": check.kwargs.get("max")}
    return expectation(**arguments, **_own_arguments(check, gx_duckdb.quoted(check.schema, check.table_name)))


def _own_arguments(check: Check, quoted_table: str) -> dict[str, Any]:
    """Return the arguments of the expectation that no other kind has."""
    given = check.kwargs
    match check.kind:
        case "unique_together":
            return {"column_list": list(given["columns"]), "ignore_row_if": "any_value_is_missing"}
        case "in_set":
            return {"column": check.field, "value_set": list(given["values"])}
        case "between":
            strict = {name: bool(given.get(name, False)) for name in ("strict_min", "strict_max")}
            return {"column": check.field, **strict}
        case "pair_greater_or_equal":
            pair = {"column_A": check.field, "column_B": given["other"]}
            return {**pair, "or_equal": True, "ignore_row_if": "either_value_is_missing"}
        case "no_rows":
            return {"unexpected_rows_query": str(given["sql"]).replace("{table}", quoted_table)}
        case "columns_match_set":
            return {"column_set": list(given["columns"]), "exact_match": bool(given.get("exact", True))}
        case "row_count_between":
            return {}
        case _:
            return {"column": check.field}


# ── From result to outcome ──────────────────────────────────────────────────────────────────────────────────


def _outcome(check: Check, result: ExpectationValidationResult | None, rows: int) -> Outcome | None:
    """Return the outcome of a result that can be trusted, else None.

    GX calls a check met when its metrics are missing, as it does for an empty table: hence the comparison
    with `rows`.
    """
    if result is None or _raised(result):
        return None
    passed = bool(result.success)
    found: Mapping[str, Any] = result.result or {}
    if check.kind == "column_exists":
        return Outcome(check, passed, value=float(passed), unexpected=int(not passed), total=1)
    if check.kind == "columns_match_set":
        return _columns_outcome(check, passed, found)
    if check.kind == "row_count_between":
        return _row_count_outcome(check, passed, found)

    unexpected = found.get("unexpected_count")
    if found.get("element_count") != rows or (unexpected is None and rows > 0):
        return None
    total = rows if check.kind in {"not_null", "no_rows"} else rows - int(found.get("missing_count") or 0)
    unexpected = int(unexpected or 0)
    value = (total - unexpected) / total if 0 < total >= unexpected else None
    return Outcome(check, passed, value, unexpected, total)


def _row_count_outcome(check: Check, passed: bool, found: Mapping[str, Any]) -> Outcome | None:
    count = found.get("observed_value")
    if count is None:
        return None
    short = max(0, int(check.kwargs.get("min") or 0) - count)
    maximum = check.kwargs.get("max")
    over = 0 if maximum is None else max(0, count - int(maximum))
    return Outcome(check, passed, value=float(count), unexpected=short + over, total=int(count))


def _columns_outcome(check: Check, passed: bool, found: Mapping[str, Any]) -> Outcome | None:
    observed = found.get("observed_value")
    if observed is None:
        return None
    expected, there = set(check.kwargs["columns"]), set(observed)
    compared = expected | there if check.kwargs.get("exact", True) else expected
    unexpected = len(compared - (expected & there))
    return Outcome(check, passed, (len(compared) - unexpected) / len(compared), unexpected, len(compared))


# ── What makes a check nonsense ─────────────────────────────────────────────────────────────────────────────


def _problems(check: Check) -> Iterable[str]:
    """Yield what is wrong with a check and what would be right."""
    kind = KINDS.get(check.kind)
    if check.kind == COUNTED:
        return
    if kind is None:
        yield f"unknown kind {check.kind!r}; one of {', '.join(KINDS)}"
        return
    if not all(check.table.partition(".")[::2]):
        yield "table must be 'schema.table'"
    if check.dimension not in get_args(Dimension):
        yield f"unknown dimension {check.dimension!r}; one of {', '.join(get_args(Dimension))}"
    if check.severity not in get_args(Severity):
        yield f"unknown severity {check.severity!r}; one of {', '.join(get_args(Severity))}"
    if kind.needs_field and not check.field:
        yield f"kind {check.kind!r} needs a field"
    if missing := kind.required - check.kwargs.keys():
        yield f"kind {check.kind!r} needs {', '.join(sorted(missing))}"
    if kind.one_of and all(check.kwargs.get(name) is None for name in kind.one_of):
        yield f"kind {check.kind!r} needs {' or '.join(sorted(kind.one_of))}"
    if unknown := check.kwargs.keys() - kind.accepted:
        yield f"kind {check.kind!r} does not understand {', '.join(sorted(unknown))}"
    yield from _target_problems(check, kind)
    yield from _kwargs_problems(check)


def _target_problems(check: Check, kind: Kind) -> Iterable[str]:
    if check.target is None:
        return
    if not 0 <= check.target <= 1:
        yield f"target {check.target} is not a share between 0 and 1"
    if not kind.takes_target and check.target != 1:
        yield f"kind {check.kind!r} is met or not; it takes no target"


def _kwargs_problems(check: Check) -> Iterable[str]:
    for name in ("columns", "values"):
        given = check.kwargs.get(name, ())
        if isinstance(given, (str, bytes, Mapping)) or not isinstance(given, Iterable):
            yield f"{name} must be a list"
        elif name in check.kwargs and not list(given):
            yield f"{name} is empty"
    if check.kind == "unique_together" and len(list(check.kwargs["columns"])) < 2:
        yield "unique_together needs two columns or more; for one there is 'unique'"
    if "sql" in check.kwargs and not str(check.kwargs["sql"]).strip():
        yield "sql is empty"
    yield from _limit_problems(check)


def _limit_problems(check: Check) -> Iterable[str]:
    limits = [check.kwargs[name] for name in ("min", "max") if check.kwargs.get(name) is not None]
    whole = check.kind in {"length_between", "row_count_between"}
    for limit in limits:
        if isinstance(limit, bool) or not isinstance(limit, int if whole else (int, float, Decimal, dt.date)):
            yield f"a limit must be {'a whole number' if whole else 'a number, a date or a datetime'}"
            return
        if isinstance(limit, (float, Decimal)) and not math.isfinite(limit):
            yield "a limit must be finite; leave it out for none"
            return
    try:
        if len(limits) == 2 and limits[0] > limits[1]:
            yield "min is greater than max"
    except TypeError:
        yield "min and max are of different types"
