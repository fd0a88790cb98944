"""Jobs, schedules and sensors: when what is brought up to date."""

from datetime import timedelta

import dagster as dg

from ccdata_assets.landing.inbox import scan_inbox, settled
from ccdata_assets.orchestration.jobs import (
    CORE_JOB,
    DOCS_JOB,
    REPORT_JOB,
    TRAINING_JOB,
    Batch,
    by_source,
    touched_months,
    trim_runs,
    waiting_files,
)
from ccdata_assets.orchestration.periods import report_months
from ccdata_assets.project import load_project

core_job = dg.define_asset_job(
    CORE_JOB,
    selection=dg.AssetSelection.all() - dg.AssetSelection.groups("report", "model", "docs", "planning"),
    description="Land what is new and bring everything up to the published copy up to date. 落地新文件并更新到发布副本。",
)
report_job = dg.define_asset_job(
    REPORT_JOB,
    selection=dg.AssetSelection.groups("report"),
    partitions_def=report_months(load_project().settings),
    description="Make the reports of a month from the published copy. 生成月度报告。",
)
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
daily_docs = dg.ScheduleDefinition(
    job=docs_job,
    cron_schedule="30 6 * * *",
    execution_timezone=load_project().settings.time_zone,
    name="daily_docs",
    description="Every morning at half past six, after the daily refresh. 每天早上六点半。",
)
daily_refresh = dg.ScheduleDefinition(
    job=core_job,
    cron_schedule="0 6 * * *",
    execution_timezone=load_project().settings.time_zone,
    name="daily_refresh",
    description="Every morning at six. 每天早上六点。",
)


@dg.schedule(
    job=report_job,
    cron_schedule="0 7 1 * *",
    execution_timezone=load_project().settings.time_zone,
    description="On the first of the month at seven: the report of the month that ended. 每月一号七点出上月报告。",
)
def monthly_report(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    last_day = context.scheduled_execution_time.astimezone(load_project().settings.zone).replace(day=1) - timedelta(
        days=1
    )
    return dg.RunRequest(partition_key=f"{last_day:%Y-%m}")


@dg.op(description="Deletes finished runs, with their event logs, that are older than CCDATA_RUN_RETENTION_DAYS.")
def delete_old_runs(context: dg.OpExecutionContext) -> None:
    deleted = trim_runs(context.instance, load_project().settings.run_retention_days)
    context.log.info(f"{deleted} runs deleted")


@dg.job(description="Keeps Dagster's history short. 清理过期的运行历史。")
def trim_history() -> None:
    delete_old_runs()


weekly_trim = dg.ScheduleDefinition(
    job=trim_history,
    cron_schedule="0 5 * * 0",
    execution_timezone=load_project().settings.time_zone,
    name="weekly_trim",
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
    request_job=report_job,
    description="After a core run, makes the reports of the months it touched. 核心作业完成后更新受影响月份的报告。",
)
def touched_reports(context: dg.RunStatusSensorContext) -> dg.SensorResult:
    months = touched_months(load_project().settings, context.dagster_run.run_id)
    return dg.SensorResult(
        run_requests=[
            dg.RunRequest(run_key=f"{context.dagster_run.run_id}:{month}", partition_key=month) for month in months
        ]
    )
