"""The one Definitions object: everything under defs/, the resources and the executor."""

from pathlib import Path

import dagster as dg

from ccdata_assets.orchestration.events import EVENTS, events_logger
from ccdata_assets.orchestration.resource import WarehouseResource
from ccdata_assets.project import load_project


@dg.definitions
def defs() -> dg.Definitions:
    settings = load_project().settings
    return dg.Definitions.merge(
        dg.load_from_defs_folder(path_within_project=Path(__file__).parent),
        dg.Definitions(
            resources={"warehouse": WarehouseResource.of(settings)},
            loggers={"console": dg.colored_console_logger, EVENTS: events_logger},
            # a process per step costs seconds each and would fight over DuckDB's one writer
            executor=dg.in_process_executor,
        ),
    )
