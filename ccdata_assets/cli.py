"""The command line: thin. It sets the environment, calls the project, and turns results into tables and exit codes.

Exit codes: 0 done, 1 failed, 2 a blocking check failed, 3 done but a whole file was rejected or held, 64 wrong use.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from ccdata_assets import __version__
from ccdata_assets.command import HomeOption, JsonOption
from ccdata_assets.errors import CcdataError, WrongUse, clean_error
from ccdata_assets.planning.forecast.cli import forecast_app
from ccdata_assets.planning.requirement_cli import staff_app
from ccdata_assets.planning.roster_cli import roster_app
from ccdata_assets.quality.incident_cli import incident_app
from ccdata_assets.resolution.entity_cli import entity_app
from ccdata_assets.resolution.model_cli import model_app
from ccdata_assets.settings import configure, load_settings
from ccdata_assets.warehouse.gate_cli import gate_app

app = typer.Typer(
    name="ccdata",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="ccdata: a call centre's data, landed, checked, reported. 呼叫中心数据平台。",
)
feeds_app = typer.Typer(no_args_is_help=True, help="Contracts of feeds. 数据源契约。")
app.add_typer(feeds_app, name="feeds")
entity_app.add_typer(model_app)
app.add_typer(entity_app, name="entity")
app.add_typer(incident_app, name="incident")
app.add_typer(gate_app, name="gate")
app.add_typer(forecast_app, name="forecast")
app.add_typer(staff_app, name="staff")
app.add_typer(roster_app, name="roster")

# typer carries a click of its own and exports all of its exceptions but the common one
_USAGE_ERROR: Any = next(base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException")

GARBAGE = (100_000, 20, 20)
"""How many more objects make Python look for unused ones, and how often in how many: definitions and manifests are a million objects that
stay, and to look through them as often as the default has it takes a tenth of a run."""

ContractsOption = Annotated[
    list[Path] | None,
    typer.Option("--contracts", help="Extra folder of contracts; may be given again.", file_okay=False, exists=True),
]
AsOfOption = Annotated[
    str | None,
    typer.Option("--as-of", help="Business time: 2026-01-31 (its end) or 2026-01-31T18:00+08:00; default now."),
]


@app.command()
def run(
    home: HomeOption = None,
    inbox: Annotated[
        Path | None,
        typer.Option("--inbox", help="Folder of <feed>/<file>; default <home>/inbox.", file_okay=False, exists=True),
    ] = None,
    contracts: ContractsOption = None,
    sample: Annotated[bool, typer.Option("--sample", help="Put the sample files into the inbox first.")] = False,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
) -> None:
    """Land what is new, bring everything up to date, make the reports it touches. 落地、处理并出报告。"""
    configure(home, inbox, contracts, as_of)
    if sample and inbox:
        raise WrongUse(
            "--sample fills the inbox of the home folder, so it cannot go with --inbox; fix: leave one of them out"
        )
    from ccdata_assets.orchestration.run import run_everything

    screen = sys.stderr if as_json else sys.stdout
    console = Console(file=screen, width=None if screen.isatty() else 160)
    summary = run_everything(console, sample=sample)
    if as_json:
        print(json.dumps(summary.as_dict(), ensure_ascii=False, indent=2, default=str))
    else:
        if (files := summary.file_table()) is not None:
            console.print(files)
        console.print(summary.table())
        for line in summary.closing_lines():
            console.print(line, soft_wrap=True, highlight=False, markup=False)
    raise typer.Exit(summary.exit_code)


@app.command()
def report(
    period: Annotated[
        str, typer.Argument(help="A day 2026-11-21, ISO week 2026-W47, month 2026-11, quarter 2026-Q4 or year 2026.")
    ],
    grain: Annotated[
        Literal["day", "week", "month", "quarter", "year"] | None,
        typer.Option("--grain", help="The week, month, quarter or year that PERIOD begins in."),
    ] = None,
    home: HomeOption = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of", help="As it was known then: 2026-01-31 (its end), an instant, or closing; default now."
        ),
    ] = None,
    language: Annotated[
        Literal["zh", "en", "both"] | None,
        typer.Option("--lang", help="Of the workbooks; default both. Pages show both."),
    ] = None,
) -> None:
    """Make all reports of one period again, as they were known at --as-of. 重出某期报告。"""
    configure(home)
    page_language = load_settings().report_language
    configure(home, language=language)
    from ccdata_assets.project import load_project
    from ccdata_assets.quality.supplier_words import rule_words
    from ccdata_assets.reporting.build import build_reports
    from ccdata_assets.reporting.measures import closing_of
    from ccdata_assets.reporting.period import Period
    from ccdata_assets.warehouse.state import known_days

    try:
        asked = Period.parse(period)
    except ValueError as error:
        raise WrongUse(str(error)) from None
    asked = Period.of(grain, asked.first_day) if grain else asked
    settings = load_settings()
    today, closing = settings.business_date, as_of == "closing"
    if closing:
        as_of = closing_of(asked.last_day, settings.closing_days, settings.zone).isoformat()
    configure(as_of=as_of)
    project = load_project()
    settings = project.settings
    if asked.first_day > settings.business_date:
        newest = Period.of(asked.grain, settings.business_date).label
        raise WrongUse(f"{asked.label} lies in the future; fix: ask for a {asked.grain} up to {newest}")
    if f"{asked.last_day:%Y-%m}" < settings.history_from:
        raise WrongUse(
            f"{asked.label} lies before {settings.history_from}, the first month of reports; fix: set CCDATA_HISTORY_FROM"
        )
    if not settings.published_path.exists():
        raise CcdataError("nothing is published yet; fix: run `ccdata run` first")
    first, last = known_days(settings)
    if settings.business_date > max(today, last):
        what = f"{asked.label} closes on {settings.business_date}" if closing else f"--as-of {settings.business_date}"
        raise WrongUse(f"{what}, which lies in the future; fix: leave --as-of out for what is known now")
    if settings.business_date < first:
        print(
            f"note: nothing was known on {settings.business_date}, the first run of this home is of {first}; see History in README.md "
            f"此主目录首次运行的业务日期为 {first}，此前无数据",
            file=sys.stderr,
        )
    # a look back must not take the place of the reports as they are known now
    folder = settings.reports_dir / f"as-of-{settings.business_date}" if as_of else settings.reports_dir
    as_known = settings.as_of.astimezone(settings.zone)
    built = build_reports(
        settings.published_path,
        folder,
        asked,
        as_known,
        settings.closing_days,
        settings.report_language,
        rule_words(project.registry),
        page_language,
    )
    done = [made for made in built.values() if made]
    if not done:
        print(f"note: nothing is known of {asked.label}, so it has no report 该期无数据，未生成报告", file=sys.stderr)
    for made in done:
        print(made.workbook)
    print(done[0].page if done else folder / "index.html")


@app.command()
def docs(home: HomeOption = None, contracts: ContractsOption = None) -> None:
    """Build Data Docs of the last checks, and link them from the report page. 生成质量检查页面。"""
    configure(home, contracts=contracts)
    from ccdata_assets.project import load_project
    from ccdata_assets.quality.data_docs import build_and_link

    project = load_project()
    if not project.settings.published_path.exists():
        raise CcdataError("nothing is published yet; fix: run `ccdata run` first")
    with Console(stderr=True).status("building the pages"):
        page = build_and_link(project.registry, project.kpis, project.settings)
    print(page)


@feeds_app.command("list")
def feeds_list(contracts: ContractsOption = None, as_json: JsonOption = False) -> None:
    """List the feeds with their subjects, owners and where their files go. 列出数据源。"""
    configure(contracts=contracts)
    from ccdata_assets.project import load_project

    registry = load_project().registry
    rows: list[dict[str, Any]] = [
        {
            "feed": name,
            "subject": c.subject,
            "zh": c.title.zh,
            "en": c.title.en,
            "owner": c.owner,
            "files": ", ".join(c.files),
            "fields": len(c.fields),
            "rules": len(c.rules),
        }
        for name, c in sorted(registry.feeds.items())
    ]
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    table = Table(*rows[0]) if rows else Table("feed")
    for row in rows:
        table.add_row(*map(str, row.values()))
    Console(width=None if sys.stdout.isatty() else 160).print(table)


@feeds_app.command("schema")
def feeds_schema() -> None:
    """Print the JSON Schema of a contract. 输出契约的 JSON Schema。"""
    from ccdata_assets.contracts.registry import contract_schema

    print(contract_schema(), end="")


@feeds_app.command("draft")
def feeds_draft(
    file: Annotated[Path, typer.Argument(help="A file that no contract describes yet.")],
    feed: Annotated[str | None, typer.Option("--feed", help="Name of the new feed; default: from the file's.")] = None,
    subject: Annotated[str | None, typer.Option("--subject", help="What its rows are about; default: found.")] = None,
    sheet: Annotated[
        str | None, typer.Option("--sheet", help="The sheet, table or archive member to look at; default: found.")
    ] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Write the YAML here instead of printing it.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file of -o where there is one.")] = False,
    contracts: ContractsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Propose a contract for a file nobody has described. 为未知文件起草契约。"""
    configure(contracts=contracts)
    from ccdata_assets.contracts.draft import draft_contract
    from ccdata_assets.landing.describe import draft_table
    from ccdata_assets.project import load_project

    project = load_project()
    if file.is_dir():
        raise WrongUse(f"{file} is a folder; fix: name a file in it")
    if not file.is_file():
        raise WrongUse(f"there is no file {file}; fix: correct the path")
    if out and out.exists() and not force:
        raise WrongUse(f"{out} exists; fix: give another name, or --force to replace it")
    if out and out.suffix in (".yaml", ".yml") and not feed:
        feed = out.stem  # a contract's file has the name of its feed
    console = Console(stderr=True, width=None if sys.stderr.isatty() else 160)
    with console.status("looking at a sample of the file"):
        draft = draft_contract(file, project.registry, project.settings, feed, subject, sheet)
    if out:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(draft.yaml, encoding="utf-8")
    if as_json:
        print(json.dumps(draft.as_dict(), ensure_ascii=False, indent=2))
    elif not out:
        print(draft.yaml, end="")
    for part in draft_table(draft, out):
        console.print(part, soft_wrap=isinstance(part, str), highlight=False, markup=False)


@feeds_app.command("check")
def feeds_check(
    file: Annotated[Path, typer.Argument(help="The file, in the inbox or not.")],
    feed: Annotated[str | None, typer.Option("--feed", help="Check it as this feed's.")] = None,
    home: HomeOption = None,
    contracts: ContractsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what would happen to a file, by feed, before it is landed; the whole file is read. 试落地并报告。"""
    configure(home, contracts=contracts)
    from ccdata_assets.landing.describe import check_lines
    from ccdata_assets.landing.preview import check_file
    from ccdata_assets.project import load_project

    project = load_project()
    progress = Console(stderr=True)
    with progress.status("reading the file") as status:
        result = check_file(file, project.registry, project.settings, feed, status.update)
    if as_json:
        print(json.dumps(result.as_dict(), ensure_ascii=False, indent=2, default=str))
    else:
        console = Console(width=None if sys.stdout.isatty() else 160)
        for part in check_lines(result):
            console.print(part, soft_wrap=isinstance(part, str), highlight=False, markup=False)
    raise typer.Exit(result.exit_code)


@feeds_app.command("findings")
def feeds_findings(
    feed: Annotated[str, typer.Argument(help="A feed.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The workbook to write, .xlsx; it holds values in clear.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the file of -o where there is one.")] = False,
    home: HomeOption = None,
    contracts: ContractsOption = None,
) -> None:
    """Write the suspect cells of a feed with what is expected, for a person to correct. 导出可疑单元格。"""
    configure(home, contracts=contracts)
    from ccdata_assets.project import load_project
    from ccdata_assets.quality.findings_workbook import write_findings
    from ccdata_assets.warehouse.engine import look

    project = load_project()
    if feed not in project.registry.feeds:
        raise WrongUse(f"there is no feed {feed}; fix: `ccdata feeds list` names them, or give --contracts")
    if out.suffix.lower() != ".xlsx" or out.is_dir() or (out.exists() and not force):
        raise WrongUse("-o: not the name of a new .xlsx file; fix: give one, or --force to replace a file")
    if not out.parent.is_dir():
        raise WrongUse("-o: its folder is not there; fix: make the folder, or give another one")
    if not project.settings.warehouse_path.exists():
        raise CcdataError("there is no warehouse in this home yet; fix: run `ccdata run` first, or give --home")
    with look(project.settings) as con:
        cells = write_findings(con, project.registry.feeds[feed], project.registry, out)
    print(f"{feed}: {cells:,} findings 条发现")


@app.command()
def standardise(
    field: Annotated[str, typer.Argument(help="A field (phone, 地址), a dictionary or a code list.")],
    file: Annotated[Path | None, typer.Argument(help="One value a line; default: standard input.")] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Write the answers here, as CSV that Excel opens, or JSON.")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option("--encoding", help="Of the input: utf-8, gb18030, big5 …; default: found.")
    ] = None,
    home: HomeOption = None,
    contracts: ContractsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say how values are read: CSV of raw, standard, status, reason and parts, line by line. 逐行标准化。"""
    configure(home, contracts=contracts)
    from ccdata_assets.landing.secret_key import give_key
    from ccdata_assets.project import load_project
    from ccdata_assets.standard.dictionaries import Dictionaries
    from ccdata_assets.standard.lines import (
        Answers,
        check_out,
        doubts,
        find_kind,
        hide_numbers,
        home_key,
        read_lines,
        undecoded,
        write_out,
    )

    if file and file.is_dir():
        raise WrongUse(f"{file} is a folder; fix: name a file in it")
    if file and not file.exists():
        raise WrongUse(f"there is no file {file}; fix: correct the path")
    source = file or sys.stdin.buffer
    if out:
        check_out(out, source)
    project = load_project()
    dictionaries = Dictionaries(project.settings.dbt_dir)
    kind = find_kind(dictionaries, project.registry, field)
    is_secret = dictionaries.is_secret(kind)
    if is_secret:
        give_key(dictionaries.con, home_key(project.settings))
    progress = Console(stderr=True, width=None if sys.stderr.isatty() else 160)
    with progress.status("reading the values"):
        lines = read_lines(source, encoding)
        warnings = list(doubts(lines, project.registry, field, str(file or "FILE")))
        if lost := undecoded(lines):
            warnings.append(
                f"{lost} lines hold characters that were lost; if they are right in the file, give --encoding"
            )
        hidden = 0
        if not is_secret:
            lines, hidden = hide_numbers(lines, project.registry, project.settings)
        if hidden:
            warnings.append(f"{hidden} lines hold an identity number: its keyed hash is read and shown, as in a run")
        answers = Answers(dictionaries, project.registry, kind, lines)
        if as_json:
            content = json.dumps(answers.rows(), ensure_ascii=False, indent=2, default=str).encode() + b"\n"
        else:
            content = answers.csv()
        if out:
            mark = b"" if as_json else b"\xef\xbb\xbf"  # Excel takes CSV without it for GBK
            write_out(out, mark + content)
        else:
            sys.stdout.buffer.write(content)
    for warning in warnings:
        progress.print(f"warning: {warning}", soft_wrap=True, highlight=False, markup=False)
    if out or progress.is_terminal:
        table = Table("status", "reason", "lines", "share", "说明", "what it says", title=kind)
        for status, reason, count, zh, en in answers.by_status():
            table.add_row(status, reason, f"{count:,}", f"{count / len(lines):.1%}", zh, en)
        progress.print(table)


@app.command()
def resolve(
    file: Annotated[Path, typer.Argument(help="A table: CSV, Excel, Parquet … as landing reads them.")],
    spec: Annotated[Path, typer.Option("--spec", help="What to compare and how, as YAML (docs/resolve.md).")],
    labels: Annotated[
        str | None, typer.Option("--labels", help="Column, or file of one label a row, that tells the true entities.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="Write the rows here with a first column entity_id (CSV, JSON, Parquet)."),
    ] = None,
    curve: Annotated[
        Path | None, typer.Option("--curve", help="With --labels: picture of the threshold curve (.html, .svg, .png).")
    ] = None,
    encoding: Annotated[str | None, typer.Option("--encoding", help="Of the file; default: found.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Find the rows of a table that mean the same person, company or thing. 任意表去重。"""
    import duckdb

    from ccdata_assets.resolution.given import read_table
    from ccdata_assets.resolution.picture import draw_curve
    from ccdata_assets.resolution.report import as_dict, print_report
    from ccdata_assets.resolution.spec import load_spec
    from ccdata_assets.resolution.table import WRITTEN, resolve_table, write_entities
    from ccdata_assets.standard.lines import check_out

    for path in (file, spec):
        if not path.is_file():
            raise WrongUse(f"there is no file {path}; fix: correct the path")
    for path in (each for each in (out, curve) if each):
        check_out(path, file)
    if out and out.suffix.lower() not in WRITTEN:
        raise WrongUse(f"-o: rows are written as {', '.join(WRITTEN)}; fix: end the name with one of these")
    if curve and not labels:
        raise WrongUse("--curve needs --labels; fix: say which column tells the true entities")
    declared = load_spec(spec)
    progress = Console(stderr=True)
    with duckdb.connect() as con, progress.status("reading the table") as status:
        con.execute("set enable_progress_bar = false")
        given = read_table(con, file, encoding)
        status.update("comparing")
        done = resolve_table(con, declared, labels, is_written=out is not None)
        if out:
            write_entities(con, declared, done, out)
        if curve:
            draw_curve(done.curve, declared.threshold, file.name, curve)
    if as_json:
        print(json.dumps(as_dict(done, given), ensure_ascii=False, indent=2))
    else:
        print_report(
            Console(width=None if sys.stdout.isatty() else 120),
            done,
            given,
            declared,
            [path for path in (out, curve) if path],
        )


@app.command()
def dev(home: HomeOption = None, port: Annotated[int, typer.Option(help="Port of the web UI.")] = 3000) -> None:
    """Start the Dagster web UI on 127.0.0.1 with this home folder. 启动网页界面。"""
    configure(home)
    from ccdata_assets.orchestration.run import prepare_dagster_home
    from ccdata_assets.project import load_project
    from ccdata_assets.settings import PROJECT_DIR

    os.environ["DAGSTER_HOME"] = str(prepare_dagster_home(load_project().settings))
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "1"
    dagster = str(Path(sys.executable).with_name("dagster"))
    os.chdir(os.environ["DAGSTER_HOME"])
    # a shell that starts it in the background has its signals ignored, and what ignores them cannot be stopped
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.execv(dagster, [dagster, "dev", "-w", str(PROJECT_DIR / "workspace.yaml"), "-h", "127.0.0.1", "-p", str(port)])


@app.command()
def version() -> None:
    """Print the version. 输出版本号。"""
    print(__version__)


def main() -> NoReturn:
    """Run the command line; every error of ours is one message and its exit code."""
    gc.set_threshold(*GARBAGE)
    try:
        code = app(standalone_mode=False)
    except typer.Abort:
        code = 130
    except _USAGE_ERROR as error:
        error.show()
        code = WrongUse.exit_code
    except Exception as error:
        clean = clean_error(error, "unforeseen")
        print(f"ccdata: {clean}", file=sys.stderr)
        code = clean.exit_code
    sys.exit(code if isinstance(code, int) else 0)
