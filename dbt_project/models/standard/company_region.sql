{{ config(materialized="table") }}

-- rank: 0 the country, 1 provinces, 2 cities, 3 counties, 4 counties without their 县, which only some names may use
with

form as (

    select
        form,
        region_code,
        case level when 'province' then 1 when 'city' then 2 else 3 end as rank
    from {{ ref("region_form") }}
    -- 阿里 is a company more often than a prefecture
    where
        length(form) >= 2
        and form != '阿里'
        and if(level = 'county', rank <= 3 and regexp_matches(form, '[市区县旗]$'), rank <= 4)

    union all

    select
        form,
        region_code,
        2 as rank
    from {{ ref("company_county") }}

    union all

    select
        form,
        region_code,
        4 as rank
    from {{ ref("region_form") }}
    where level = 'county' and rank = 5 and length(form) >= 2 and not regexp_matches(form, '[市区县旗]$')

    union all

    select
        unnest(['中国', '中华', '中华人民共和国']) as form,
        null as region_code,
        0 as rank

),

-- a form inside the whole country, inside a province and inside a city
scoped as (

    select
        form,
        region_code,
        rank,
        unnest(
            case
                when region_code is null or region_code like '%0000' then ['']
                when region_code like '%00' then ['', left(region_code, 2)]
                else ['', left(region_code, 2), left(region_code, 4)]
            end
        ) as scope
    from form

),

least as (

    select
        *,
        min(rank) over (partition by scope, form) as least_rank
    from scoped

),

-- the highest region called so; no code where several of one rank are
region as (

    select
        scope,
        form,
        least_rank as rank,
        if(count(distinct region_code) = 1, min(region_code), null) as region_code,
        regexp_matches(form, '.{2}[省市区旗盟州]$|县$|地区$') as is_full,
        -- cities whose names are trade names as well
        form in (
            '泰安', '安康', '金昌', '兴安', '吉安', '海东', '大同', '白银', '朝阳', '怀化', '玉树', '天水', '丽水', '昌都', '新余', '长治',
            '延安', '永州', '保山', '来宾', '宝鸡', '通化', '德阳', '安阳', '海口', '海北', '海西', '海南', '黄山', '中山', '平凉', '保定'
        ) as is_common_word
    from least
    where rank = least_rank
    group by all

),

-- n: without the counties in short, s: with them
listed as (

    select
        *,
        unnest(if(rank < 4, ['n', 's'], ['s'])) as list_name
    from region
    where scope = '' or region_code is not null

),

final as (

    select
        list_name || scope || left(form, 2) as start,
        list(
            struct_pack(
                form := form,
                size := length(form),
                rank := rank,
                region_code := region_code,
                is_full := is_full,
                is_common_word := is_common_word
            )
            order by length(form) desc
        ) as places
    from listed
    group by all

)

select * from final
