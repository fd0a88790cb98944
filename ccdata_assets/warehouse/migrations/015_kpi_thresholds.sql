-- The limits that a version of a KPI counts by, such as the seconds of the service level; null: none.
alter table kpi.definition add column thresholds varchar;
