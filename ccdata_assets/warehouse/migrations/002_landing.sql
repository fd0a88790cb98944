-- What landing learnt: furniture rows, what suppliers declare, the columns each delivery had.

alter table ops.file_ledger add column furniture bigint default 0;   -- of the blank: titles, units, totals, repeated headers
alter table ops.file_ledger add column declared_rows bigint;         -- rows that the supplier says the file has
alter table ops.file_ledger add column control_error varchar;        -- where it disagrees with what landed
alter table ops.file_ledger add column landing_seq bigint;           -- order in which deliveries came
alter table ops.file_ledger add column drift varchar;                -- how its columns differ from the delivery before

create table ops.file_column (
    feed varchar not null,
    sha256 varchar not null,
    member varchar not null,
    position integer not null,             -- from 1
    header varchar not null,
    field varchar,                         -- that the contract reads from it; null: none
    primary key (feed, sha256, member, position)
);
