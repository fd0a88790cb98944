-- What deliveries are like, and which were not as their feed's usually are.
create table kpi.profile (
    feed varchar not null,
    sha256 varchar not null,
    measure varchar not null,              -- rows; empty: cells of a field; share: rows of a code
    field varchar,
    code varchar,                          -- of a code list
    n bigint not null,
    total bigint not null
);

create table ops.profiled (
    feed varchar not null,
    sha256 varchar not null,
    is_judged boolean not null             -- compared with the deliveries before it
);

create table kpi.anomaly (
    feed varchar not null,
    sha256 varchar not null,
    file varchar not null,
    measure varchar not null,
    field varchar,
    value double not null,                 -- rows; share of empty cells; share of rows with other codes than usual
    usual double not null,
    low double not null,
    high double not null,
    zh varchar not null,
    en varchar not null,
    run_id varchar,
    as_of timestamptz not null
);
