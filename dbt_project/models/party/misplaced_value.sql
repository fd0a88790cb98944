{#- its loops render every branch, so one rendering shows all there is to lint:
-- sqlfluff:render_variant_limit:1
#}
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
{%- set kinds = ["company_name", "person", "job_title", "phone", "email", "website"] %}
{%- set fields_of = {} %}
{%- for kind in kinds %}
    {%- set _ = fields_of.update({kind: []}) %}
    {%- for each in fields if each.endswith(":" ~ kind) %}
        {%- set _ = fields_of[kind].append(each.split(":")[0]) %}
    {%- endfor %}
{%- endfor %}

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

{%- if is_incremental() %}

asked as (

    select distinct unnest([{% for field in fields %}{{ field.split(":")[0] }}{{ ", " if not loop.last }}{% endfor %}]) as raw
    from record

),
{%- endif %}

-- values that the dictionary of their own column cannot read and another one can
foreign_value as (
    {% for meant in kinds %}
        {%- for kind in neighbours_of(meant).split() %}
            select
                '{{ kind }}' as kind,
                '{{ meant }}' as looks_like,
                own.raw,
                {{ "if(other.kind = 'mobile', 'mobile', 'phone')" if meant == "phone" else "'" ~ home.get(meant, meant) ~ "'" }}
                    as belongs_to
            from {{ entries_of(kind, "raw", "asked") }} as own
            inner join {{ ref(meant) }} as other on own.raw = other.raw
            where
                other.status = 'valid'
                and {{ has_form_of(meant, "own.raw") }}
                {%- if (kind, meant) == ("job_title", "person") %}
                and (own.status not in ('valid', 'missing') or own.reason = 'unknown_title')
                {%- elif (kind, meant) != ("company_name", "person") %}
                and own.status not in ('valid', 'missing')
                {%- endif %}
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

-- what stands where the value belongs, under the dictionary that reads it there
aimed as (

    select
        placed.*,
        coalesce(across.belongs_to = placed.field, false) as is_exchange,
    {%- for kind in kinds %}
        case
            when placed.belongs_to in ('{{ fields_of[kind] | join("', '") }}')
                then case placed.belongs_to
                    {%- for field in fields_of[kind] %} when '{{ field }}' then record.{{ field }}{%- endfor %} end
        end as {{ kind }}_there{{ "," if not loop.last }}
    {%- endfor %}
    from placed
    inner join record on {{ same_row("placed", "record") }}
    left join placed as across
        on {{ same_row("placed", "across") }} and placed.belongs_to = across.field

),

-- is_free: nothing stands there that says anything. Of two values that belong into one place the one that exchanges comes first
ranked as (

    select
        aimed.feed,
        aimed.sha256,
        aimed.member,
        aimed.row,
        aimed.field,
        aimed.looks_like,
        aimed.belongs_to,
        aimed.raw,
        aimed.is_certain,
        aimed.is_exchange,
        aimed.field in ('company_name', 'title') and aimed.looks_like = 'person' as is_doubtful,
        coalesce({% for kind in kinds %}{{ kind }}.status, {% endfor %}'missing') in ('missing', 'placeholder') as is_free,
        row_number() over (
            partition by {{ row_key("aimed") }}, aimed.belongs_to
            order by aimed.is_exchange desc, aimed.place asc
        ) = 1 as is_first
    from aimed
    {%- for kind in kinds %}
        left join {{ entries_of(kind, kind ~ "_there", "aimed") }} as {{ kind }} on aimed.{{ kind }}_there = {{ kind }}.raw
    {%- endfor %}

),

final as (

    select
        {{ row_key("ranked") }},
        ranked.field,
        ranked.looks_like,
        ranked.belongs_to,
        case
            when not ranked.is_certain or not ranked.is_first then 'reported'
            when ranked.is_exchange and other.is_certain and other.is_first then 'swapped'
            -- a name of two to four characters in the company column may be a company's, in the title column a department's
            when ranked.is_doubtful then 'reported'
            when ranked.is_free then 'moved'
            when other.is_free and other.is_certain and other.is_first and not other.is_doubtful then 'moved'
            else 'reported'
        end as decision,
        ranked.raw,
        ranked.is_doubtful
    from ranked
    left join ranked as other
        on {{ same_row("ranked", "other") }} and ranked.belongs_to = other.field

)

select * exclude (is_doubtful) from final
-- what may be right where it stands is misplaced only if it was exchanged
where not (is_doubtful and decision = 'reported')
