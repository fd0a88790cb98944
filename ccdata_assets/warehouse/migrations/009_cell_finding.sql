-- Suspect cells of staged rows, made anew from them when they change. Rejected cells are in ops.quarantine.

create table ops.cell_finding (
    feed varchar not null,
    file varchar not null,
    sha256 varchar not null,
    member varchar not null,
    row bigint not null,
    field varchar not null,
    rule varchar not null,
    expected varchar                       -- where the rule knows it; may be personal, so it is never published
);

create table ops.source_agreement (
    feed varchar not null,
    rule varchar not null,
    field varchar not null,
    source varchar not null,
    compared bigint not null,              -- things of which another source speaks too and a value is expected
    agreed bigint not null,
    weight double not null                 -- of one voice of the source
);
