{{
    config(
        materialized="incremental",
        incremental_strategy="delete+insert",
        unique_key="raw",
        on_schema_change="append_new_columns",
    )
}}

{%- set reasons = {
    "ok": "valid", "repaired": "valid", "extracted": "valid", "from_uscc": "valid", "from_tax_number": "valid",
    "several_codes": "ambiguous", "no_check_digit": "ambiguous",
    "missing": "missing", "placeholder": "placeholder",
    "spreadsheet_error": "damaged", "scientific_notation": "damaged", "lost_digits": "damaged", "masked": "damaged",
    "mojibake": "damaged",
} %}

with

source as (

    {{ values_to_read("organisation_code") }}

),

folded as (

    select
        raw,
        regexp_full_match(raw, '[0-9A-Z]{8}-?[0-9X]') as is_plain,
        if(is_plain, raw, {{ code_text("raw") }}) as text
    from source

),

alone as (

    select
        raw,
        text,
        if(is_plain, left(raw, 8) || right(raw, 1), {{ code_alone("text") }}) as code
    from folded

),

judged as (

    select
        raw,
        text,
        code,
        length(code) = 9 and regexp_full_match(code, '[0-9A-Z]{9}') as is_shaped,
        is_shaped and regexp_matches(code, '[0-9]') and {{ organisation_check_fits("code") }} as fits,
        is_shaped and (
            code[:8] in ('00000000', '12345678', '01234567', '87654321')
            or (not fits and (replace(code[:8], code[1], '') = '' or {{ is_filler("code") }}))
        ) as is_filler,
        {{ licence_check("code", "licence_product", "is_licence") }}
    from alone

),

-- letters that look like digits: read so where the code then is one of digits only and its check digit fits
repairs as (

    select
        *,
        case
            when is_shaped and not fits and regexp_full_match(code, '[0-9OISZ]{8}[0-9OISZX]')
                then translate(code, 'OISZ', '0152')
            when is_shaped and not fits and regexp_full_match(code, '[0-9A-Z]{8}O') then left(code, 8) || '0'
        end as mended,
        case
            when
                length(code) = 18
                and regexp_full_match(code, '[0-9A-HJ-NP-RTUWXY]{2}[0-9]{6}[0-9A-HJ-NP-RTUWXY]{10}')
                and {{ uscc_check_fits("code") }} and {{ organisation_check_fits("code", 9) }}
                and substr(code, 9, 8) <> '00000000'
                then substr(code, 9, 9)
        end as from_uscc,
        case
            when
                length(code) = 15 and regexp_full_match(code, '[1-9][0-9]{5}[0-9A-Z]{8}[0-9X]')
                and {{ organisation_check_fits("code", 7) }} and not is_licence
                then substr(code, 7, 9)
        end as from_tax_number,
        case
            when not is_shaped and length(text) > 9
                then list_distinct(
                        list_transform(
                            list_filter(
                                regexp_extract_all(text, '[0-9A-Z]+(?:-[0-9A-Z]+)*'),
                                lambda c: regexp_full_match(c, '[0-9A-Z]{8}-?[0-9X]') and regexp_matches(c, '[0-9]')
                                and {{ organisation_check_fits("replace(c, '-', '')") }}
                            ),
                            lambda c: replace(c, '-', '')
                        )
                    )
            else cast([] as varchar[])
        end as found
    from judged

),

chosen as (

    select
        *,
        coalesce({{ organisation_check_fits("mended") }}, false) as is_mended,
        case
            when is_filler then null
            when fits then code
            when is_mended then mended
            when from_uscc is not null then from_uscc
            when from_tax_number is not null then from_tax_number
            when len(found) = 1 then found[1]
        end as standard
    from repairs

),

verdict as (

    select
        *,
        case
            when is_filler then 'placeholder'
            when standard is not null
                then case
                        when fits then 'ok'
                        when is_mended then 'repaired'
                        when from_uscc is not null then 'from_uscc'
                        when from_tax_number is not null then 'from_tax_number'
                        else 'extracted'
                    end
            when len(found) > 1 then 'several_codes'
            when {{ is_spreadsheet_error("text") }} then 'spreadsheet_error'
            when {{ is_mojibake("text") }} then 'mojibake'
            when regexp_full_match(text, '[*•●×]{6,}') then 'masked'
            when {{ says_no_code("text") }} then 'missing'
            when regexp_full_match(text, '[''"=]*[0-9](?:[.][0-9]+)?E[+]?[0-9]{1,3}[''"]*') then 'scientific_notation'
            when regexp_matches(text, '[0-9A-Z] *[*•●×?]{2,}|[*•●×]{2,} *[0-9A-Z]') then 'masked'
            when
                {{ is_filler("code") }}
                or regexp_full_match(code, 'TEST[0-9]*')
                or regexp_full_match(text, '测试.{0,6}')
                or {{ says_placeholder("lower(text)") }}
                then 'placeholder'
            when regexp_matches(code, '[0-9].*X{3}') then 'masked'
            when is_shaped and not regexp_matches(code, '[0-9]') then 'no_code'
            when is_shaped and not regexp_full_match(code, '[0-9A-Z]{8}[0-9X]') then 'bad_character'
            when is_shaped then 'bad_check_digit'
            when
                regexp_full_match(code, '[0-9A-Z]{8}') and regexp_matches(code, '[0-9].*[0-9].*[0-9]')
                and not regexp_full_match(code, '(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])')
                then 'no_check_digit'
            when length(code) = 18 and regexp_full_match(code, '[0-9A-Z]{18}') then 'bad_uscc'
            when is_licence then 'old_licence_number'
            when regexp_full_match(code, '[0-9A-Z]+') and regexp_matches(code, '[0-9]') then 'bad_length'
            else 'no_code'
        end as reason
    from chosen

),

final as (

    select
        raw,
        standard,
        case reason
            {% for reason, status in reasons.items() -%}
                when '{{ reason }}' then '{{ status }}'
            {% endfor -%}
            else 'invalid'
        end as status,
        reason,
        left(standard, 8) as body,
        right(standard, 1) as check_digit,
        case
            when reason = 'several_codes' then found
            -- a code that lacks its check digit, or one that lost a leading zero in a spreadsheet
            when reason = 'no_check_digit'
                then list_distinct(
                        list_filter(
                            list_transform(
                                list_prepend(
                                    '0' || code, list_transform(string_split('0123456789X', ''), lambda x: code || x)
                                ),
                                lambda c: if({{ organisation_check_fits("c") }}, c, null)
                            ),
                            lambda c: c is not null
                        )
                    )
        end as candidates,
        '{{ rule_version("organisation_code") }}' as rule_version
    from verdict

)

select * from final
