-- What the ledger of files and quarantine said at each publication: a later delivery that replaces rows changes the counts of an earlier
-- one, and a report of a past day shows those of that day. Rows are only added; the last one of a key counts.
create table ops.file_ledger_history (
    feed varchar not null,
    file varchar not null,
    sha256 varchar not null,
    received_on date not null,
    landed_at timestamptz not null,
    status varchar not null,
    error varchar,
    encoding varchar,
    bytes bigint,
    rows bigint not null,
    staged bigint not null,
    quarantined bigint not null,
    blank bigint not null,
    superseded bigint not null,
    repeated bigint not null,
    as_of timestamptz not null
);

create table ops.quarantine_history (
    feed varchar not null,
    sha256 varchar not null,
    rule varchar not null,
    field varchar,
    reason varchar not null,
    rows bigint not null,                  -- 0: none any more
    as_of timestamptz not null
);
