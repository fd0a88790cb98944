-- How a version of a KPI is computed, so that the published copy says it and a changed one needs a new version.
-- Null: a version that was last evaluated before this.
alter table kpi.definition add column source varchar;         -- table, schema.table
alter table kpi.definition add column condition varchar;      -- on its rows; null: all count
alter table kpi.definition add column dated_by varchar;       -- its column that says which period a row belongs to
alter table kpi.definition add column kind varchar;           -- flow, stock
alter table kpi.definition add column numerator varchar;      -- SQL over the rows of a period
alter table kpi.definition add column denominator varchar;    -- null: none
alter table kpi.definition add column sets varchar[];         -- what values are given for: a grain, and the dimensions
