-- Quality in all its dimensions as counts, of which completeness was the first. Rows are only added; the last one of a key counts.
create table kpi.quality_measure (
    subject varchar not null,
    feed varchar not null,
    source varchar,                        -- site or provider within the feed
    dimension varchar not null,            -- completeness, uniqueness, validity, consistency, accuracy, timeliness
    measure varchar not null,              -- see kpi.measure
    field varchar,                         -- null: the record as a whole
    region varchar,                        -- province code
    industry varchar,                      -- section of GB/T 4754
    month date not null,                   -- received
    passed bigint not null,
    total bigint not null,
    as_of timestamptz not null
);

create table kpi.measure (
    measure varchar primary key,
    dimension varchar not null,
    zh varchar not null,
    en varchar not null
);

insert into kpi.quality_measure
select 'party', feed, null, 'completeness', 'filled', field, region, industry, month, filled, total, as_of from kpi.completeness;
drop table kpi.completeness;
create view kpi.completeness as
select feed, field, region, industry, source, month, passed as filled, total, as_of from kpi.quality_measure
where dimension = 'completeness' and measure = 'filled';
