"""What stewards answered: filled-in workbooks of the inbox become decisions, each file content exactly once.

A file is read whole and its decisions, its answers and its line of ops.review_file are written in one transaction. A row that
cannot be used costs only itself and stands in ops.review_problem with its field and what to do. Of its values only an answer that
nobody understands goes there, cut short; that table is neither published nor shown in the web UI.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Literal

import duckdb

from ccdata_assets.contracts.registry import Registry
from ccdata_assets.errors import clean_error
from ccdata_assets.landing.inbox import InboxFile, is_unchanged, scan_inbox, settled
from ccdata_assets.landing.land import content_hash
from ccdata_assets.landing.open import is_machine_fault, open_file
from ccdata_assets.landing.reading import limits
from ccdata_assets.landing.rows import ReadOptions, UnreadableFile
from ccdata_assets.resolution.decisions import LOCK, Decision, DecisionBook, Kind
from ccdata_assets.resolution.steward_workbook import ANSWERS, COMMENT, DECISION, KEY, REVIEWER
from ccdata_assets.settings import Settings
from ccdata_assets.warehouse.engine import insert_rows, transaction

SOURCE = "review:"
"""What the source of a decision from a workbook begins with; the file's SHA-256 and the row follow."""
_KEY = re.compile(r"([0-9a-f]{32}):(\d{1,20}):(\d{1,20})")
_COLUMNS = {"key": KEY, "decision": DECISION, "comment": COMMENT, "reviewer": REVIEWER}
NEWEST = "take the newest workbook from the folder review of the home"


@dataclass(frozen=True)
class Problem:
    """What is wrong with a row and what to do; where `is_used` the row counts all the same."""

    row: int
    field: str
    problem: str
    fix: str
    is_used: bool = False


@dataclass
class ReviewFile:
    """One file and what came of its rows; a line of ops.review_file."""

    file: str
    sha256: str
    bytes: int
    modified_ns: int
    status: Literal["read", "repeat", "rejected"] = "read"
    error: str | None = None
    rows: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys((*ANSWERS, "unanswered", "faulty"), 0))
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True)
class _Answer:
    """A row that can be used."""

    row: int
    answer: str
    key: str
    left: int
    right: int
    comment: str | None
    reviewer: str | None


def read_answers(
    con: duckdb.DuckDBPyConnection, registry: Registry, settings: Settings, run_id: str
) -> list[ReviewFile]:
    """Read the workbooks of the inbox that no run has read, oldest first, and record their decisions; the engine obeys them next.

    A file somebody still writes to, or that the machine cannot read, is left for the next run.
    """
    known = set(con.execute("select file, bytes, modified_ns from ops.review_file").fetchall())
    new = [
        file
        for file in scan_inbox(settings.inbox_dir, registry).reviews
        if (file.name, file.bytes, file.modified_ns) not in known
    ]
    done = []
    for file in sorted(settled(new, settings.settle_s), key=lambda file: (file.modified_ns, file.name)):
        try:
            read = _read_file(con, settings, file, run_id)
        except OSError:
            continue  # taken away while we looked, or the machine's fault: the next run sees
        if read:
            done.append(read)
    return done


def _read_file(con: duckdb.DuckDBPyConnection, settings: Settings, file: InboxFile, run_id: str) -> ReviewFile | None:
    """Read and record one file; None where it changed meanwhile."""
    read = ReviewFile(file.name, content_hash(file.path), file.bytes, file.modified_ns)
    answers: list[_Answer] = []
    if con.execute("select 1 from ops.review_file where sha256 = ? and status <> 'repeat'", [read.sha256]).fetchall():
        read.status = "repeat"
    else:
        try:
            answers = [answer for row in _rows(settings, file) if (answer := _understand(read, row))]
        except Exception as error:  # one bad file must not stop the run; its line says what it was
            if is_machine_fault(error):
                raise OSError("the machine could not read the file") from None
            read.status, read.error = "rejected", str(clean_error(error, "the file cannot be read"))
            answers = []
    if not is_unchanged(file):
        return None
    with transaction(con):
        if answers:
            _Recorder(con, settings, read, answers).record(_last_of_pair(read, answers))
        _write_lines(con, settings, read, run_id)
    return read


# --- reading -----------------------------------------------------------------------------------------------------


def _normal(header: str | None) -> str:
    return re.sub(r"\s+", "", header or "").casefold()


def _rows(settings: Settings, file: InboxFile) -> Iterator[dict[str, Any]]:
    """The rows of the review sheet: row, key, decision, comment, reviewer. UnreadableFile where there is no such sheet."""
    wanted = {_normal(header): name for name, header in _COLUMNS.items()}
    workdir = settings.raw_dir.parent / "unpacked"
    options = ReadOptions(
        known_headers=lambda cells: sum(_normal(cell) in wanted for cell in cells),
        limits=limits(settings),
        workdir=workdir,
    )
    found = False
    try:
        workdir.mkdir(parents=True, exist_ok=True)
        with closing(open_file(file.path, options)) as members:
            for member in members:
                columns = {wanted[_normal(header)]: header for header in member.columns if _normal(header) in wanted}
                if "decision" not in columns and "key" not in columns:
                    continue
                if missing := [_COLUMNS[name] for name in ("key", "decision") if name not in columns]:
                    raise UnreadableFile(
                        f"the review sheet lacks the column {', '.join(missing)}; fix: {NEWEST}, and leave its columns"
                    )
                found = True
                is_text = member.format.endswith("delimited")
                rows = (row for batch in member.batches for row in batch.to_pylist())
                for record, row in enumerate(rows, start=2):
                    # text is opened as a spreadsheet: there a record is a row, however many lines its cells have
                    number = record if is_text else row["_row"]
                    yield {"row": number, **{name: row[header] for name, header in columns.items()}}
    finally:
        shutil.rmtree(workdir, ignore_errors=True)
    if not found:
        raise UnreadableFile(f"no sheet has the columns {KEY} and {DECISION}; fix: {NEWEST} and fill that in")


_SAID = {
    _normal(text): meaning
    for meaning, words in ANSWERS.items()
    for text in (words.zh, words.en, f"{words.zh} {words.en}", meaning)
} | {"是": "same", "yes": "same", "否": "apart", "no": "apart"}
SHORT = 20
"""Characters of an answer nobody understands that are quoted, so that the steward finds it."""


def _understand(read: ReviewFile, row: dict[str, Any]) -> _Answer | None:
    """A row as an answer; None where it has none, or where it cannot be used."""
    said = _normal(row["decision"])
    if not said:
        if row["key"]:
            read.rows += 1
            read.counts["unanswered"] += 1
        return None
    read.rows += 1
    answer, key = _SAID.get(said), _KEY.fullmatch((row["key"] or "").strip())
    if answer is None:
        choices = ", ".join(f"{words.zh} {words.en}" for words in ANSWERS.values())
        text = str(row["decision"]).strip()
        quoted = text if len(text) <= SHORT else f"{text[: SHORT - 1]}…"
        fix = f"write one of {choices}, save and hand the file in again"
        _fault(read, row["row"], DECISION, f"the answer «{quoted}» is none of those there are", fix)
        return None
    if key is None or max(int(key[2]), int(key[3])) >= 2**64 or key[2] == key[3]:
        _fault(read, row["row"], KEY, "the key is missing or damaged", f"{NEWEST} and answer the pair there")
        return None
    return _Answer(row["row"], answer, key[1], int(key[2]), int(key[3]), row.get("comment"), row.get("reviewer"))


def _fault(read: ReviewFile, row: int, name: str, problem: str, fix: str) -> None:
    read.counts["faulty"] += 1
    read.problems.append(Problem(row, name, problem, fix))


def _last_of_pair(read: ReviewFile, answers: Sequence[_Answer]) -> list[_Answer]:
    """Of rows about the same pair the last; the others are reported."""
    last = {frozenset((answer.left, answer.right)): answer for answer in answers}
    kept = []
    for answer in answers:
        later = last[frozenset((answer.left, answer.right))]
        if later is answer:
            kept.append(answer)
        else:
            _fault(
                read,
                answer.row,
                DECISION,
                f"row {later.row} answers the same pair; that one counts",
                "leave one row a pair",
            )
    return kept


# --- recording ---------------------------------------------------------------------------------------------------


class _Recorder:
    """Turns the answers of one file into decisions; within the transaction of the file."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, settings: Settings, read: ReviewFile, answers: Sequence[_Answer]
    ) -> None:
        self._con, self._settings, self._read = con, settings, read
        self._book = DecisionBook(con, settings)
        self._entities = _entities(
            con, sorted({record for answer in answers for record in (answer.left, answer.right)})
        )
        self._apart = _apart(con)
        self._files = dict(con.execute("select sha256, min(file) from golden.review_answer group by all").fetchall())
        self._files[read.sha256] = read.file

    def record(self, answers: Sequence[_Answer]) -> None:
        """Decide what the answers say, one after the other, and write it."""
        read = self._read
        lines = []
        for answer in answers:
            if answer.left not in self._entities or answer.right not in self._entities:
                fix = f"{NEWEST}; the pair stands there again if it is still in doubt"
                _fault(read, answer.row, KEY, "a record of the pair is no longer in the warehouse", fix)
                continue
            read.counts[answer.answer] += 1
            lines.append(
                (self._settings.as_of, answer.answer, answer.key, answer.left, answer.right, self._decision_of(answer),
                 answer.reviewer, answer.comment, read.file, read.sha256, answer.row)
            )  # fmt: skip
        self._book.write()
        insert_rows(self._con, "golden.review_answer", lines)

    def _decision_of(self, answer: _Answer) -> str | None:
        """The decision that says what the answer says, made where there is none."""
        standing = self._book.about(answer.left, answer.right)
        decision = next((one.decision_id for one in standing if one.kind == answer.answer), None)
        if answer.answer == "unsure":
            self._report_standing(answer, standing)
        elif decision is None:
            decision = self._decide(answer, "same" if answer.answer == "same" else "apart")
        return decision

    def _decide(self, answer: _Answer, kind: Kind) -> str:
        """Make the decision, withdraw what says the contrary of the two records or, where they are the same, keeps their
        organisations apart, and report each that is withdrawn."""
        source = f"{SOURCE}{self._read.sha256}:{answer.row}"
        wider = (
            self._apart.get(frozenset((self._entities[answer.left], self._entities[answer.right])), [])
            if kind == "same"
            else []
        )
        withdrawn = [self._book.withdraw(decision_id, source, answer.reviewer) for decision_id in wider]
        made, contrary = self._book.decide(kind, [answer.left], [answer.right], source, answer.reviewer, answer.comment)
        gone = [one for one in (*withdrawn, *contrary) if one]
        for earlier in sorted(gone, key=lambda one: one.decision_id):
            if earlier.source == LOCK:
                self._report_lock(answer, earlier, kind)
                continue
            problem = f"it says the contrary of {self._where(earlier)}; this later answer counts, decision {earlier.decision_id} is withdrawn"
            fix = "agree with whoever decided that, and hand in what is right"
            self._read.problems.append(Problem(answer.row, DECISION, problem, fix, True))
        return made

    def _report_lock(self, answer: _Answer, lock: Decision, kind: Kind) -> None:
        """A lock that an answer takes back: it is said, for somebody wanted it."""
        held = _entities(self._con, sorted(lock.left))
        names = ", ".join(sorted(set(held.values()))) or "rows no longer there"
        if kind == "same":
            problem = f"both organisations are locked: the lock of {names} (decision {lock.decision_id}) is taken back, one lock of both takes its place"
        else:
            problem = (
                f"it splits a locked organisation: the lock of {names} (decision {lock.decision_id}) is taken back"
            )
        fix = "where that is wrong, hand in the contrary, run, and lock with `ccdata entity lock` what should be"
        self._read.problems.append(Problem(answer.row, DECISION, problem, fix, True))

    def _report_standing(self, answer: _Answer, standing: Sequence[Decision]) -> None:
        """An answer `unsure` takes no decision back."""
        for one in standing:
            problem = f"{self._where(one)} decided the pair (decision {one.decision_id}), which stands"
            fix = f"to take it back: ccdata entity withdraw {one.decision_id}"
            self._read.problems.append(Problem(answer.row, DECISION, problem, fix, True))

    def _where(self, decision: Decision) -> str:
        """Where a decision came from, for people: file and row of a workbook, or what else made it."""
        if not decision.source.startswith(SOURCE):
            return decision.source
        sha256, _, row = decision.source.removeprefix(SOURCE).partition(":")
        return f"{self._files.get(sha256, sha256[:12])} row {row}"


def _entities(con: duckdb.DuckDBPyConnection, named: Sequence[int]) -> dict[int, str]:
    """The organisation that each of these records has, by the ledger; one that left has none."""
    return dict(
        con.execute(
            """select record_id, arg_max(struct_pack(id := entity_id), seq).id as entity_id from golden.membership
            where entity_kind = 'organisation' and record_id in (select unnest($1::ubigint[])) group by record_id having entity_id is not null""",
            [list(named)],
        ).fetchall()
    )


def _apart(con: duckdb.DuckDBPyConnection) -> dict[frozenset[str], list[str]]:
    """By pair of organisations: the decisions in force that keep rows of the one apart from rows of the other. Reads what
    DecisionBook found."""
    found = con.execute(
        """with named as (
            select decision_id, 0 as side, unnest(left_rows) as record_id from active where kind = 'apart'
            union all select decision_id, 1, unnest(right_rows) from active where kind = 'apart'
        ),
        side as (
            select distinct decision_id, side, entity_id from named join resolution.assigned as assigned using (record_id)
            where assigned.entity_kind = 'organisation'
        )
        select distinct l.entity_id, r.entity_id, l.decision_id from side as l join side as r using (decision_id)
        where l.side = 0 and r.side = 1 and l.entity_id <> r.entity_id order by all"""
    ).fetchall()
    pairs: dict[frozenset[str], list[str]] = {}
    for one, other, decision_id in found:
        pairs.setdefault(frozenset((one, other)), []).append(decision_id)
    return pairs


def _write_lines(con: duckdb.DuckDBPyConnection, settings: Settings, read: ReviewFile, run_id: str) -> None:
    con.execute(
        """insert into ops.review_file by name
        select $1 as file, $2 as sha256, $3 as bytes, $4 as modified_ns, $5 as status, $6 as error, $7 as rows, $8 as same, $9 as apart,
            $10 as unsure, $11 as unanswered, $12 as faulty, $13 as landed_at, $14 as run_id""",
        [read.file, read.sha256, read.bytes, read.modified_ns, read.status, read.error, read.rows,
         *(read.counts[name] for name in ("same", "apart", "unsure", "unanswered", "faulty")), settings.as_of, run_id],
    )  # fmt: skip
    insert_rows(
        con,
        "ops.review_problem",
        [
            (read.sha256, read.file, problem.row, problem.field, problem.problem, problem.fix, problem.is_used)
            for problem in read.problems
        ],
    )
