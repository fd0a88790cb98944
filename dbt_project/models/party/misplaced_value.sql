{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="append_new_columns",
        pre_hook="{{ drop_unread('misplaced_value') }}",
    )
}}

{%- set fields = party_fields().split() -%}
{%- set home = {"person": "contact_name", "job_title": "title"} %}

-- noqa: disable=LT02,LT05
-- (lines that loops write have no indent of their own)

with

record as (

    select
        feed,
        sha256,
        member,
        row,
    {%- for field in fields %}
        {{ field.split(":")[0] }}{{ "," if not loop.last }}
    
{%- endfor %}
    from {{ source("staged", "party") }} as party
    {{ unread("party", "misplaced_value") }}

),

-- values that the dictionary of their own column cannot read and another one can
foreign_value as (
    {% for meant in ["phone", "email", "website", "company_name", "person", "job_title"] %}
        {%- for kind in neighbours_of(meant).split() %}
            select
                '{{ kind }}' as kind,
                '{{ meant }}' as looks_like,
                own.raw,
                {{ "if(other.kind = 'mobile', 'mobile', 'phone')" if meant == "phone" else "'" ~ home.get(meant, meant) ~ "'" }}
                    as belongs_to
            from {{ ref(kind) }} as own
            inner join {{ ref(meant) }} as other on own.raw = other.raw
            where
                other.status = 'valid'
                and {{ has_form_of(meant, "own.raw") }}
                                {{ "and own.status not in ('valid', 'missing')" if (kind, meant) != ("company_name", "person") }}
                        {{ "union all" if not loop.last }}
        {%- endfor %}
                {{ "union all" if not loop.last }}
    {%- endfor %}

),

-- a value that two other dictionaries can read belongs to neither for sure
claimed as (

    select
        kind,
        raw,
        min(looks_like) as looks_like,
        min(belongs_to) as belongs_to,
        count(*) = 1 as is_certain
    from foreign_value
    group by kind, raw

),

cell as (
    {% for each in fields %}
        {%- set field, kind = each.split(":") %}
        select
            {{ row_key("record") }},
            '{{ field }}' as field,
            {{ loop.index }} as place,
            claimed.looks_like,
            claimed.is_certain,
            claimed.belongs_to,
            claimed.raw
        from record
        inner join claimed on record.{{ field }} = claimed.raw and claimed.kind = '{{ kind }}'
                {{ "union all" if not loop.last }}
    {%- endfor %}

),

-- a number goes into the other column of numbers where its own holds one
placed as (

    select
        cell.* replace (
            case
                when standing.field is not null then cell.belongs_to
                when cell.belongs_to = 'mobile' and record.mobile is not null and record.phone is null then 'phone'
                when cell.belongs_to = 'phone' and record.phone is not null and record.mobile is null then 'mobile'
                else cell.belongs_to
            end as belongs_to
        )
    from cell
    inner join record on {{ same_row("cell", "record") }}
    left join cell as standing
        on {{ same_row("cell", "standing") }} and cell.belongs_to = standing.field

),

-- is_free: nothing stands where the value belongs
aimed as (

    select
        placed.*,
        case placed.belongs_to
            {%- for each in fields %}
                {%- set field = each.split(":")[0] %}
                when '{{ field }}' then coalesce({{ says_missing("lower(trim(record." ~ field ~ "))") }}, true)
            {%- endfor %}
        end as is_free,
        row_number() over (
            partition by {{ row_key("placed") }}, placed.belongs_to
            order by placed.place
        ) = 1 as is_first
    from placed
    inner join record on {{ same_row("placed", "record") }}

),

final as (

    select
        {{ row_key("aimed") }},
        aimed.field,
        aimed.looks_like,
        aimed.belongs_to,
        case
            when not aimed.is_certain or not aimed.is_first then 'reported'
            when other.belongs_to = aimed.field and other.is_certain then 'swapped'
            -- a name of two to four characters in the company column may be a company's
            when aimed.field = 'company_name' and aimed.looks_like = 'person' then 'reported'
            when aimed.is_free then 'moved'
            when other.is_free and other.is_certain and other.is_first then 'moved'
            else 'reported'
        end as decision,
        aimed.raw
    from aimed
    left join aimed as other
        on {{ same_row("aimed", "other") }} and aimed.belongs_to = other.field

)

select * from final
-- a company column that holds a short name is a misplaced person only beside its company
where not (field = 'company_name' and looks_like = 'person' and decision = 'reported')
