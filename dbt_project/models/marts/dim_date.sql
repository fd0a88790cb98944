with

special as (

    select * from {{ ref("calendar_day") }}

),

-- years whose arrangement has been announced; of others only the weekday is known
announced as (

    select distinct year(date) as year from special

),

day as (

    select cast(unnest(range(
        cast('{{ var("calendar_from") }}' as timestamp),
        cast('{{ var("calendar_until") }}' as timestamp),
        interval 1 day
    )) as date) as date

),

final as (

    select
        day.date,
        year(day.date) as year,
        quarter(day.date) as quarter,
        month(day.date) as month,
        day(day.date) as day,
        cast(date_trunc('month', day.date) as date) as month_start,
        cast(date_trunc('week', day.date) as date) as week_start,
        isoyear(day.date) as iso_year,
        week(day.date) as iso_week,
        isodow(day.date) as weekday,
        ['星期一', '星期二', '星期三', '星期四', '星期五', '星期六', '星期日'][isodow(day.date)] as weekday_zh,
        dayname(day.date) as weekday_en,
        coalesce(special.is_working_day, isodow(day.date) <= 5) as is_working_day,
        not coalesce(special.is_working_day or special.is_swapped, true) as is_holiday,
        special.holiday_zh,
        special.holiday_en,
        coalesce(special.is_swapped, false) as is_swapped,
        announced.year is not null as is_announced
    from day
    left join special on day.date = special.date
    left join announced on year(day.date) = announced.year

)

select * from final
