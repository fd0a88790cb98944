-- How far each feed of a database was read; written in the transaction of the ledger line it belongs to.

create table ops.watermark (
    feed varchar primary key,
    watermark varchar not null,            -- the column; '' where the whole table is read each time
    kind varchar,                          -- instant, timestamp, date, integer, decimal; null without a watermark
    ordinal decimal(38, 9),                -- the last value read: microseconds or days since 1970, or the number itself
    value varchar not null,                -- the same for people; without a watermark, the hash of the content
    columns varchar[] not null,            -- of the query then: row hashes are of these
    sha256 varchar not null,               -- of the delivery that was read last
    landed_at timestamptz not null,
    run_id varchar
);

-- The rows at the last value and shortly before it, so that they are known when they are read again.
create table ops.watermark_row (
    feed varchar not null,
    ordinal decimal(38, 9) not null,
    row_hash varchar not null
);
