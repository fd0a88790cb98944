with

industry as (

    select * from {{ ref("industry_code") }}

),

-- codes of older editions are written with the letter of their section (A05)
old as (

    select
        edition,
        if(length(code) > 1, substr(code, 2), code) as industry_code,
        name_zh,
        left(code, 1) as section_code,
        today as today_code
    from {{ ref("industry_old") }}

),

coded as (

    select
        '2017' as edition,
        code as industry_code,
        name_zh,
        name_en,
        parent as parent_code,
        section as section_code,
        code as today_code
    from industry

    union all

    select
        edition,
        industry_code,
        name_zh,
        cast(null as varchar) as name_en,
        case
            when length(industry_code) > 2 then left(industry_code, -1)
            when industry_code <> section_code then section_code
        end as parent_code,
        section_code,
        today_code
    from old

),

every as (

    select
        *,
        case when industry_code <> section_code then left(industry_code, 2) end as division_code
    from coded

),

final as (

    select
        every.edition,
        every.industry_code,
        case
            when every.industry_code = every.section_code then 'section'
            when length(every.industry_code) = 2 then 'division'
            when length(every.industry_code) = 3 then 'group'
            else 'class'
        end as level,
        every.name_zh,
        every.name_en,
        every.parent_code,
        every.section_code,
        coalesce(section.name_zh, section_today.name_zh) as section_zh,
        section_today.name_en as section_en,
        every.division_code,
        coalesce(division.name_zh, division_today.name_zh) as division_zh,
        every.today_code,
        edition.valid_from,
        edition.valid_to,
        edition.valid_to is null as is_current
    from every
    inner join {{ ref("industry_edition") }} as edition on every.edition = edition.edition
    left join every as section
        on every.edition = section.edition and every.section_code = section.industry_code
    left join every as division
        on every.edition = division.edition and every.division_code = division.industry_code
    -- what an older edition does not list is as it is today
    left join industry as section_today on every.section_code = section_today.code
    left join industry as division_today on every.division_code = division_today.code

)

select * from final
