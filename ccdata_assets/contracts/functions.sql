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
