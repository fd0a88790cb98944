-- Failed checks that somebody has to look at, and what became of them. Rows are only added.
create table ops.incident_event (
    incident_id varchar not null,          -- of the check, what it is about, and the time it was opened
    "at" timestamptz not null,             -- business time
    kind varchar not null,                 -- opened, acknowledged, resolved
    check_name varchar not null,
    feed varchar,
    table_name varchar not null,
    field varchar,
    dimension varchar not null,
    severity varchar not null,             -- blocking, error, warning
    value double,                          -- share that met the check when it was opened
    target double,
    decided_by varchar,                            -- null: the run, since the check fails or passes again
    comment varchar,
    run_id varchar
);

create view ops.incident as
select
    incident_id, any_value(check_name) as check_name, any_value(feed) as feed, any_value(table_name) as table_name, any_value(field) as field,
    any_value(dimension) as dimension, any_value(severity) as severity, arg_min(struct_pack(value, target), "at") as found,
    case max(case kind when 'opened' then 0 when 'acknowledged' then 1 else 2 end) when 0 then 'open' when 1 then 'acknowledged' else 'resolved' end as status,
    min("at") filter (kind = 'opened') as opened_at,
    min("at") filter (kind = 'acknowledged') as acknowledged_at,
    arg_min(decided_by, "at") filter (kind = 'acknowledged') as acknowledged_by,
    max("at") filter (kind = 'resolved') as resolved_at,
    arg_max(coalesce(decided_by, 'run'), "at") filter (kind = 'resolved') as resolved_by,
    arg_max(comment, "at") filter (comment is not null) as comment,
    date_diff('second', opened_at, acknowledged_at) as acknowledged_after_s,
    date_diff('second', opened_at, resolved_at) as resolved_after_s
from ops.incident_event group by incident_id;

-- Batches that the gate holds and somebody let through: dated, with a reason, until a day.
create table ops.gate_override (
    feed varchar not null,
    sha256 varchar not null,
    file varchar not null,
    "at" timestamptz not null,
    until date not null,                   -- last day on which the batch may be released by it
    decided_by varchar not null,
    reason varchar not null
);
