-- The ledgers: what cannot be rebuilt from the raw store. Every other table can.

create table ops.file_ledger (
    feed varchar not null,
    file varchar not null,                 -- path below the inbox
    sha256 varchar not null,
    bytes bigint not null,
    modified_ns bigint not null,           -- tells a file that stays in the inbox from one sent again
    format varchar,
    encoding varchar,
    delimiter varchar,
    members varchar[],                     -- sheets or tables, '' for a file that is one table
    rows bigint not null,                  -- rows below the header, blank ones too
    staged bigint not null default 0,
    quarantined bigint not null default 0,
    blank bigint not null default 0,
    superseded bigint not null default 0,
    repeated bigint not null default 0,    -- of the staged: seen before in this feed
    flagged bigint not null default 0,     -- of the staged: break a rule that flags
    status varchar not null,               -- landed, repeat, rejected, held
    error varchar,
    received_on date not null,
    landed_at timestamptz not null,
    contract_version integer,
    contract_hash varchar,                 -- of the contract the rows were last judged by; null: not yet
    run_id varchar,                        -- of the run that landed it
    judged_run_id varchar,                 -- of the run that judged it last
    read_by varchar                        -- the contract and limits it was read under
);

create table ops.quarantine (
    feed varchar not null,
    file varchar not null,
    sha256 varchar not null,
    member varchar not null,
    row bigint not null,
    field varchar,
    rule varchar not null,
    reason varchar not null,
    contract_version integer not null
);

create table ops.batch_gate (
    feed varchar not null,
    sha256 varchar not null,
    status varchar not null,               -- released, held
    reason varchar,
    decided_at timestamptz not null,
    run_id varchar,
    primary key (feed, sha256)
);

create table ops.run_state (
    name varchar primary key,
    value varchar not null
);

create table golden.entity_event (
    event_id varchar primary key,
    "at" timestamptz not null,             -- business time
    business_date date not null,           -- a first birth: when its records were received; else that of the run
    kind varchar not null,                 -- birth (also of a retired ID), split: +1; merge, retire: -1; move, lock, unlock: 0
    entity_kind varchar not null,          -- organisation, contact
    entity_id varchar not null,            -- of a move: the ID that the records went to
    from_ids varchar[] not null,
    to_ids varchar[] not null,
    province_code varchar,                 -- where the entity was when this happened; never changed later
    cause varchar not null,
    rule_version varchar not null,
    run_id varchar
);

create table kpi.definition (
    kpi_id varchar not null,
    version integer not null,
    zh varchar,
    en varchar,
    definition_zh varchar,
    definition_en varchar,
    formula varchar,
    unit varchar,
    direction varchar,
    target double,
    perspective varchar,
    weight double,
    owner varchar,
    primary key (kpi_id, version)
);

create table kpi.completeness (
    feed varchar not null,
    field varchar not null,
    region varchar,                        -- province code
    industry varchar,
    month date not null,
    filled bigint not null,
    total bigint not null,
    as_of timestamptz not null
);

create table kpi.value (
    kpi_id varchar not null,
    definition_version integer not null,
    grain varchar not null,
    period_start timestamp not null,       -- in the centre's time zone
    dims varchar not null,                 -- JSON, keys sorted; {} is the total
    value double,                          -- null: no data
    numerator double,
    denominator double,
    target double,
    status varchar not null,               -- provisional, final, restated
    as_of timestamptz not null,
    run_id varchar
);

create table kpi.quality_result (
    check_name varchar not null,
    feed varchar,
    table_name varchar not null,
    field varchar,
    dimension varchar not null,
    severity varchar not null,
    period date not null,
    value double,
    target double,
    passed boolean not null,
    unexpected bigint,
    total bigint,
    error varchar,
    run_id varchar,
    as_of timestamptz not null
);
