-- noqa: disable=PRS
-- the reading is one expression, deeper than sqlfluff parses
with

source as (

    {{ values_to_read("date") }}

),

read as (

    select
        raw,
        {{ read_date("raw") }} as found
    from source

),

final as (

    select
        raw,
        found.standard as standard,
        case
            when found.reason in ('ok', 'spreadsheet_days', 'unix_time') then 'valid'
            when
                found.reason in (
                    'day_month_order', 'two_digit_year', 'era_unsaid', 'no_year', 'month_cut', 'approximate', 'several'
                )
                then 'ambiguous'
            when found.reason in ('spreadsheet_error', 'scientific_notation', 'masked', 'mojibake') then 'damaged'
            when found.reason in ('placeholder', 'missing') then found.reason
            else 'invalid'
        end as status,
        found.reason as reason,
        try_cast(found.standard[:4] as integer) as year,
        try_cast(found.standard[6:7] as integer) as month,
        try_cast(found.standard[9:10] as integer) as day,
        case length(found.standard) when 10 then 'day' when 7 then 'month' when 4 then 'year' end as precision,
        found.candidates as candidates,
        '{{ rule_version("date") }}' as rule_version
    from read

)

select * from final
