{#-
    The dictionary of identity numbers. It is no model: its values never reach the warehouse in clear. Landing runs it on
    what a secret column holds, `ccdata standardise id_card` on a file of one's own.
-#}
{%- set reasons = {
    "ok": "valid", "repaired": "valid", "extracted": "valid", "fifteen_digits": "valid", "foreign_resident": "valid",
    "unknown_region": "valid",
    "several_numbers": "ambiguous", "maybe_lost_digits": "ambiguous",
    "bad_check_digit": "invalid", "bad_date": "invalid", "bad_region": "invalid", "bad_length": "invalid",
    "bad_character": "invalid", "other_document": "invalid", "uscc": "invalid", "no_number": "invalid",
    "missing": "missing", "placeholder": "placeholder",
    "spreadsheet_error": "damaged", "scientific_notation": "damaged", "lost_digits": "damaged", "masked": "damaged",
    "mojibake": "damaged",
} %}
{%- set tokens = [] %}
{%- for reason, status in reasons.items() %}{% do tokens.append(status ~ ":" ~ reason) %}{% endfor %}

with

source as (

    {{ values_to_read("id_card") }}

),

region as (

    {{ known_regions() }}

),

folded as (

    select
        raw,
        regexp_full_match(raw, '[1-9][0-9]{16}[0-9X]') as is_plain,
        if(is_plain, raw, regexp_replace({{ code_text("raw") }}, '([0-9])[×✕✖]$', '\1X')) as text
    from source

),

alone as (

    select
        raw,
        is_plain,
        text,
        if(is_plain, raw, {{ code_alone("text") }}) as number
    from folded

),

-- what landing wrote in the place of a number, and the standard of this dictionary
replaced as (

    select
        *,
        case
            when
                not is_plain
                and regexp_full_match(lower(text), '(?:(?:{{ tokens | join("|") }}):)?hmac:[0-9a-f]{32}')
                then lower(text)
        end as token,
        is_plain or regexp_full_match(number, '[0-9]{17}[0-9X]') as is_shaped
    from alone

),

repairs as (

    select
        *,
        case when is_shaped then {{ id_card_fits("number") }} else false end as fits,
        case
            when is_shaped or token is not null then null
            when regexp_full_match(number, '[0-9]{15}')
                then left(number, 6) || '19' || substr(number, 7, 9)
        end as seventeen,
        -- a letter that looks like a digit is read as that digit, where the check digit then fits
        case
            when
                not is_shaped
                and regexp_full_match(number, '[0-9OQDILZSBG]{17}[0-9OQDILZSBGX]')
                then translate(number, 'OQDILZSBG', '000112586')
            -- a star for the letter X
            when not is_shaped and regexp_full_match(text, '[0-9]{17}[*]') then left(text, 17) || 'X'
        end as mended,
        case
            when not is_shaped and token is null and length(text) > 18
                then list_distinct(
                        list_filter(
                            regexp_extract_all(text, '[0-9]+X?'),
                            lambda n: {{ id_card_fits("n") }}
                        )
                    )
            else cast([] as varchar[])
        end as found
    from replaced

),

chosen as (

    select
        *,
        coalesce({{ id_card_fits("mended") }}, false) as is_mended,
        coalesce(
            {{ id_card_has_province("seventeen") }} and left(seventeen, 1) <> '9'
            and {{ id_card_birth_date("seventeen") }} is not null,
            false
        ) as is_old,
        case
            when fits then number
            when is_mended then mended
            when is_old then seventeen || {{ id_card_check_digit("seventeen") }}
            when len(found) = 1 then found[1]
        end as whole
    from repairs

),

looked_up as (

    select
        chosen.*,
        coalesce(region.is_known, false) as is_region_known
    from chosen
    left join region on left(chosen.whole, 6) = region.region_code

),

verdict as (

    select
        *,
        case
            when token is not null then if(token[:5] = 'hmac:', 'ok', split_part(token, ':', 2))
            when regexp_full_match(text, '[*•●×]{6,}') then 'masked'
            when {{ is_filler("number") }} or (is_shaped and replace(substr(number, 7), substr(number, 7, 1), '') = '')
                then 'placeholder'
            when fits and right(number, 3) = '000' then 'maybe_lost_digits'
            when is_old and not is_region_known then 'bad_region'
            when whole is not null
                then case
                        when is_mended then 'repaired'
                        when len(found) = 1 then 'extracted'
                        when is_old then 'fifteen_digits'
                        when left(whole, 1) = '9' then 'foreign_resident'
                        when not is_region_known then 'unknown_region'
                        else 'ok'
                    end
            when len(found) > 1 then 'several_numbers'
            when {{ is_spreadsheet_error("text") }} then 'spreadsheet_error'
            when {{ is_mojibake("text") }} then 'mojibake'
            when {{ says_no_code("text") }} then 'missing'
            when regexp_full_match(text, '[''"=]*[0-9](?:[.][0-9]+)?E[+]?[0-9]{1,3}[''"]*') then 'scientific_notation'
            when regexp_matches(text, '[0-9] *(?:[*•●×?]+|X{3,})|[*•●×]{2,} *[0-9]') then 'masked'
            when {{ says_placeholder("lower(text)") }} or regexp_full_match(text, 'TEST[0-9]*|测试.{0,6}')
                then 'placeholder'
            when is_shaped and regexp_full_match(number, '[0-9]{15}000|[0-9]{16}00') then 'lost_digits'
            when
                regexp_full_match(number, '[0-9A-HJ-NP-RTUWXY]{2}[0-9]{6}[0-9A-HJ-NP-RTUWXY]{10}')
                and {{ uscc_check_fits("number") }} and {{ organisation_check_fits("number", 9) }}
                then 'uscc'
            when is_shaped and not {{ id_card_has_province("number") }} then 'bad_region'
            when is_shaped and {{ id_card_birth_date("number") }} is null then 'bad_date'
            when is_shaped then 'bad_check_digit'
            when seventeen is not null and not {{ id_card_has_province("seventeen") }} then 'bad_length'
            when seventeen is not null then 'bad_date'
            when
                regexp_full_match(
                    number, '[DEGKPS][0-9]{8}|E[A-HJ-NP-Z][0-9]{7}|[HM][0-9]{8}(?:[0-9]{2})?|C[0-9A-Z][0-9]{7}'
                )
                then 'other_document'
            when regexp_matches(text, '军字|士字|文字|武字|警字') then 'other_document'
            when regexp_full_match(number, '[0-9]+X?') then 'bad_length'
            when regexp_matches(number, '[0-9].*[0-9].*[0-9].*[0-9].*[0-9].*[0-9]') then 'bad_character'
            else 'no_number'
        end as reason
    from looked_up

),

said as (

    select
        *,
        case
            {% for reason, status in reasons.items() -%}
                when reason = '{{ reason }}' then '{{ status }}'
            {% endfor -%}
        end as status,
        if(status = 'valid' and token is null, whole, null) as canonical
    from verdict

),

final as (

    select
        raw,
        case
            when canonical is not null then {{ keyed_hash("canonical") }}
            when status = 'valid' then right(token, 37)
        end as standard,
        status,
        reason,
        if(left(canonical, 1) = '9', null, left(canonical, 6)) as region_code,
        {{ id_card_birth_date("canonical") }} as birth_date,
        case
            when canonical is not null
                then if(try_cast(substr(canonical, 17, 1) as integer) % 2 = 1, 'male', 'female')
        end as gender,
        if(canonical is null, null, is_old) as is_15_digit,
        '{{ rule_version("id_card") }}' as rule_version
    from said

)

select * from final
