"""Jobs, schedules and sensors: when what is brought up to date."""

from functools import partial

import dagster as dg

from ccdata_assets.landing.inbox import scan_inbox, settled
from ccdata_assets.orchestration.jobs import (
    CORE_JOB,
    DOCS_JOB,
    FORECAST_JOB,
    REPORT_JOBS,
    TRAINING_JOB,
    Batch,
    by_source,
    touched_periods,
    trim_runs,
    waiting_files,
)
from ccdata_assets.orchestration.periods import partition_key
from ccdata_assets.project import load_project
from ccdata_assets.reporting.period import ADVERBS, GRAINS, NAMES, Grain, Period
from ccdata_assets.reporting.reports import kinds_of

core_job = dg.define_asset_job(
    CORE_JOB,
    selection=dg.AssetSelection.all() - dg.AssetSelection.groups("report", "model", "docs", "planning"),
    description="Land what is new and bring everything up to the published copy up to date. 落地新文件并更新到发布副本。",
)
report_jobs = {
    grain: dg.define_asset_job(
        REPORT_JOBS[grain],
        selection=dg.AssetSelection.assets(*(dg.AssetKey(kind.asset_key(grain)) for kind in kinds_of(grain))),
        description=f"Make the {ADVERBS[grain]} reports of a period from the published copy. 生成报告（按{NAMES[grain].zh}）。",
    )
    for grain in GRAINS
}
daily_reports, weekly_reports, monthly_reports, quarterly_reports, yearly_reports = report_jobs.values()
training_job = dg.define_asset_job(
    TRAINING_JOB,
    selection=dg.AssetSelection.groups("model"),
    description="Train a match model on the records there are; it is in use only when adopted. 训练匹配模型（启用须另行确认）。",
)
docs_job = dg.define_asset_job(
    DOCS_JOB,
    selection=dg.AssetSelection.groups("docs"),
    description="Build Data Docs of the last checks. 生成质量检查页面。",
)
forecast_job = dg.define_asset_job(
    FORECAST_JOB,
    selection=dg.AssetSelection.key_prefixes(["planning"]) & dg.AssetSelection.key_substring("forecast"),
    description="Forecast the weeks to come, score earlier forecasts, and publish both. 生成并评估话务预测。",
)
by_the_clock = partial(dg.ScheduleDefinition, execution_timezone=load_project().settings.time_zone)
weekly_forecast = by_the_clock(
    name="weekly_forecast",
    job=forecast_job,
    cron_schedule="30 7 * * 1",
    description="Every Monday at half past seven, when Sunday's calls have come. 每周一早上七点半。",
)
daily_docs = by_the_clock(
    name="daily_docs",
    job=docs_job,
    cron_schedule="30 6 * * *",
    description="Every morning at half past six, after the daily refresh. 每天早上六点半。",
)
daily_refresh = by_the_clock(
    name="daily_refresh",
    job=core_job,
    cron_schedule="0 6 * * *",
    description="Every morning at six. 每天早上六点。",
)

REPORT_TIMES: dict[Grain, str] = {
    "day": "0 7 * * *", "week": "0 7 * * 1", "month": "0 7 1 * *", "quarter": "0 7 1 1,4,7,10 *", "year": "0 7 1 1 *",
}  # fmt: skip


def _schedule(grain: Grain) -> dg.ScheduleDefinition:
    """At seven on the day after a period, when the daily refresh is over: the reports of the period that ended."""

    @dg.schedule(
        job=report_jobs[grain],
        name=f"{ADVERBS[grain]}_report",
        cron_schedule=REPORT_TIMES[grain],
        execution_timezone=load_project().settings.time_zone,
        description=f"At seven after each {grain}: the reports of the one that ended. 每{NAMES[grain].zh}结束后七点出报告。",
    )
    def ended(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        today = context.scheduled_execution_time.astimezone(load_project().settings.zone).date()
        return dg.RunRequest(partition_key=partition_key(Period.of(grain, today).later(-1)))

    return ended


daily_report, weekly_report, monthly_report, quarterly_report, yearly_report = map(_schedule, GRAINS)


@dg.op(description="Deletes finished runs, with their event logs, that are older than CCDATA_RUN_RETENTION_DAYS.")
def delete_old_runs(context: dg.OpExecutionContext) -> None:
    deleted = trim_runs(context.instance, load_project().settings.run_retention_days)
    context.log.info(f"{deleted} runs deleted")


@dg.job(description="Keeps Dagster's history short. 清理过期的运行历史。")
def trim_history() -> None:
    delete_old_runs()


weekly_trim = by_the_clock(
    name="weekly_trim",
    job=trim_history,
    cron_schedule="0 5 * * 0",
    description="Every Sunday at five. 每周日五点。",
)


@dg.sensor(
    job=core_job,
    minimum_interval_seconds=30,
    description="Runs the core job when files lie in the inbox that no run has landed; a failed batch is tried again, three times. 收件箱有新文件时启动。",
)
def inbox(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    project = load_project()
    found = scan_inbox(project.settings.inbox_dir, project.registry)
    files = set(settled(waiting_files(project.settings, found), project.settings.settle_s, wait=False))
    if not files:
        unclaimed = f"; {len(found.unclaimed)} files lie in folders no feed reads" if found.unclaimed else ""
        refused = f"; {len(found.refused)} folders or links are refused" if found.refused else ""
        return dg.SkipReason(f"nothing new in the inbox{unclaimed}{refused}")
    batch = Batch.of(context.cursor)
    if batch.is_running(context.instance):
        return dg.SkipReason("the batch before is being landed")
    by_feed = {feed: [file for file in of_feed if file in files] for feed, of_feed in by_source(found).items()}
    if left := batch.read(by_feed):
        return dg.SensorResult(
            skip_reason=f"{left} of {len(files)} new files are yet to be read", cursor=batch.cursor()
        )
    contents = batch.unknown(project.settings)
    if not contents:
        reason = f"{len(files)} files were sent again; the next run notes them"
        return dg.SensorResult(skip_reason=reason, cursor=batch.cursor())
    key = batch.run_key(contents, context.instance)
    if key is None:
        reason = "the batch has failed three times; mend it or start the core job by hand"
        return dg.SensorResult(skip_reason=reason, cursor=batch.cursor())
    request = dg.RunRequest(run_key=key, tags={"ccdata/files": str(len(files))})
    return dg.SensorResult(run_requests=[request], cursor=batch.cursor())


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    monitored_jobs=[core_job],
    request_jobs=list(report_jobs.values()),
    description="After a core run, makes the reports of the periods it touched. 核心作业完成后更新受影响期间的报告。",
)
def touched_reports(context: dg.RunStatusSensorContext) -> dg.SensorResult:
    periods = touched_periods(load_project().settings, context.dagster_run.run_id)
    return dg.SensorResult(
        run_requests=[
            dg.RunRequest(
                run_key=f"{context.dagster_run.run_id}:{period.label}",
                job_name=REPORT_JOBS[period.grain],
                partition_key=partition_key(period),
            )
            for period in periods
        ]
    )
