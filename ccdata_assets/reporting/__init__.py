"""Reports from the published warehouse: a report is data (`model`), queried once (`reports` lists them), and shown as a
workbook, a page and Dagster metadata without another number being computed."""

from ccdata_assets.reporting.build import BuiltReport, build_reports
from ccdata_assets.reporting.page import write_page

__all__ = ["BuiltReport", "build_reports", "write_page"]
