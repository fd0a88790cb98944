-- Which released files a dictionary has read, and with which rules: what it has not read are the only values a run parses.

create table ops.read_batch (
    dictionary varchar not null,
    rule_version varchar not null,
    feed varchar not null,
    sha256 varchar not null,
    contract_hash varchar                  -- of the contract the file was judged by when it was read
);

-- Dictionaries made before they had reasons and parts are made anew; so is what was put together from them.
drop table if exists standard.phone;
drop table if exists standard.region;
drop table if exists standard.company_name;
drop table if exists standard.party_record;
