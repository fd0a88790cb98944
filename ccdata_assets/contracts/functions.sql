-- Functions a contract may use in `derive` and `expect`, beside DuckDB's own. Loaded into every connection.
-- They work on local time: a contract turns texts into local timestamps, and the field's type `instant` makes them UTC.

-- The start of an event of which day and time of day stand in two columns.
create or replace temp macro clock_on(day, clock) as cast(day as date) + cast(clock as time);

-- The moment of a time of day near an anchor: on the anchor's day, or the next day where that would lie more than
-- twelve hours before the anchor (a call that began at 23:59 and was answered at 00:01).
create or replace temp macro clock_after(anchor, clock) as
    case
        when cast(anchor as date) + cast(clock as time) < anchor - interval 12 hours
            then cast(anchor as date) + cast(clock as time) + interval 1 day
        else cast(anchor as date) + cast(clock as time)
    end;

-- The number of a month written in English or as a number, or null.
create or replace temp macro month_number(name) as
    coalesce(
        list_position(
            ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
            lower(left(name, 3))
        ),
        try_cast(name as integer)
    );

-- Where a region lies, as a text of which that of any region within it begins with its own: a province's two digits (it may be
-- anywhere there), a city's four, a county's six; a municipality is a city, its districts follow after a stroke.
create or replace temp macro place_of(region_code) as
    case
        when left(region_code, 2) in ('11', '12', '31', '50')
            then left(region_code, 2) || '00' || if(right(region_code, 2) = '00', '', '/' || region_code)
        when right(region_code, 2) <> '00' then region_code
        when right(region_code, 4) <> '0000' then left(region_code, 4)
        else left(region_code, 2)
    end;

-- An ID of another system, or null where what stands for it is a placeholder: of one character, without a digit from 1 to 9
-- (-, N/A, 000), the same character throughout (9999), or counted up from one (12345). Capitals and small letters tell IDs apart.
create or replace temp macro id_of(text) as
    list_transform(
        [regexp_replace(translate(text, '０１２３４５６７８９', '0123456789'), '\s', '', 'g')],
        lambda id: case
            when length(id) < 2 or not regexp_matches(id, '[1-9]') then null
            when length(id) > 2 and replace(id, left(id, 1), '') = '' then null
            when length(id) > 3 and starts_with('1234567890', id) then null
            else id
        end
    )[1];

-- The first time of day that stands in a text, whatever is around it: 7:10 a.m., 7:10aDec 1, 12:00noon, 下午3:30, 20:00.
create or replace temp macro clock_in(text) as
    try_cast(
        lpad(
            cast(
                case
                    when regexp_matches(text, '^[^:]*(下午|晚上)[^:]*:|^[^:]*:[0-9]{2} *[pP]')
                        then cast(nullif(regexp_extract(text, '([0-9]{1,2}):[0-9]{2}', 1), '') as integer) % 12 + 12
                    when regexp_matches(text, '^[^:]*(上午|凌晨)[^:]*:|^[^:]*:[0-9]{2} *[aA]')
                        then cast(nullif(regexp_extract(text, '([0-9]{1,2}):[0-9]{2}', 1), '') as integer) % 12
                    else cast(nullif(regexp_extract(text, '([0-9]{1,2}):[0-9]{2}', 1), '') as integer)
                end as varchar
            ), 2, '0'
        ) || ':' || regexp_extract(text, '[0-9]{1,2}:([0-9]{2})', 1) as time
    );
