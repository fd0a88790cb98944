{{
    config(
        materialized="incremental",
        incremental_strategy="delete+insert",
        unique_key="raw",
        on_schema_change="append_new_columns",
    )
}}

{%- set reasons = {
    "ok": "valid", "repaired": "valid", "extracted": "valid", "unknown_entity_type": "valid",
    "organisation_check_digit": "valid", "unknown_region": "valid",
    "several_codes": "ambiguous",
    "missing": "missing", "placeholder": "placeholder",
    "spreadsheet_error": "damaged", "scientific_notation": "damaged", "lost_digits": "damaged", "masked": "damaged",
    "mojibake": "damaged",
} %}

with

source as (

    {{ values_to_read("uscc") }}

),

region as (

    {{ known_regions() }}

),

entity_type as (

    select
        listed.code,
        listed.authority,
        listed.name
    from (values {{ uscc_entity_types() }}) as listed (code, authority, name)

),

folded as (

    select
        raw,
        regexp_full_match(raw, '[0-9A-HJ-NP-RTUWXY]{2}[0-9]{6}[0-9A-HJ-NP-RTUWXY]{10}') as is_plain,
        if(is_plain, raw, {{ code_text("raw") }}) as text
    from source

),

alone as (

    select
        raw,
        is_plain,
        text,
        if(is_plain, raw, {{ code_alone("text") }}) as code
    from folded

),

judged as (

    select
        raw,
        text,
        code,
        length(code) = 18 and regexp_full_match(code, '[0-9A-Z]{18}') as is_shaped,
        (is_plain or regexp_full_match(code, '[0-9A-HJ-NP-RTUWXY]{2}[0-9]{6}[0-9A-HJ-NP-RTUWXY]{10}')) as is_formed,
        case when is_formed then {{ uscc_check_fits("code") }} else false end as fits,
        {{ licence_check("code", "licence_product", "is_licence") }}
    from alone

),

-- a letter that no code has in its place is read as the digit it looks like, where both check digits then fit
repairs as (

    select
        *,
        case
            when
                is_shaped and not is_formed
                and regexp_full_match(code, '[0-9A-Z][0-9OISZ][0-9OQDILZSBG]{6}[0-9A-Z]{10}')
                then list_filter(
                        list_distinct(
                            list_transform(
                                ['U', 'Y', 'W'],
                                lambda v: translate(left(code, 2), 'OISZ', '0152')
                                || translate(substr(code, 3, 6), 'OQDILZSBG', '000112586')
                                || replace(translate(substr(code, 9, 10), 'OISZ', '0152'), 'V', v)
                            )
                        ),
                        lambda c: {{ uscc_check_fits("c") }} and {{ organisation_check_fits("c", 9) }}
                        and substr(c, 9, 8) <> '00000000'
                    )
            else cast([] as varchar[])
        end as mended,
        -- codes among other words
        case
            when not is_shaped and length(text) > 18
                then list_distinct(
                        list_filter(
                            regexp_extract_all(text, '[0-9A-Z]+'),
                            lambda c: regexp_full_match(c, '[0-9A-HJ-NP-RTUWXY]{2}[0-9]{6}[0-9A-HJ-NP-RTUWXY]{10}')
                            and {{ uscc_check_fits("c") }} and substr(c, 9, 8) <> '00000000'
                        )
                    )
            else cast([] as varchar[])
        end as found
    from judged

),

chosen as (

    select
        raw,
        text,
        code,
        is_shaped,
        is_formed,
        is_licence,
        found,
        len(mended) = 1 as is_mended,
        len(found) = 1 as is_found,
        case
            when fits and substr(code, 9, 8) <> '00000000' and not {{ is_filler("code") }} then code
            when len(mended) = 1 then mended[1]
            when len(found) = 1 then found[1]
        end as standard
    from repairs

),

looked_up as (

    select
        chosen.*,
        entity_type.authority,
        entity_type.name as entity_type,
        coalesce(region.is_known, false) as is_region_known,
        case when chosen.standard is not null then {{ organisation_check_fits("standard", 9) }} end as organisation_fits
    from chosen
    left join entity_type on substr(chosen.standard, 1, 2) = entity_type.code
    left join region on substr(chosen.standard, 3, 6) = region.region_code

),

verdict as (

    select
        *,
        case
            when standard is not null
                then case
                        when is_mended then 'repaired'
                        when is_found then 'extracted'
                        when authority is null then 'unknown_entity_type'
                        when not organisation_fits then 'organisation_check_digit'
                        when not is_region_known then 'unknown_region'
                        else 'ok'
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
                or regexp_full_match(code, 'TEST[0-9]*|[0-9A-Z]{8}(?:0{8}|12345678|23456789)[0-9A-Z]{2}|91X+')
                or (is_shaped and replace(substr(code, 9, 8), substr(code, 9, 1), '') = '')
                or regexp_full_match(text, '测试.{0,6}')
                or {{ says_placeholder("lower(text)") }}
                then 'placeholder'
            when regexp_matches(code, '[0-9].*X{3}') then 'masked'
            when
                regexp_matches(text, '^[A-Z]+:[A-Z0-9_]+:HMAC:[0-9A-F]{32}$')
                or (
                    regexp_full_match(code, '{{ id_card_pattern() }}')
                    and {{ id_card_check_digit("code") }} = substr(code, 18, 1)
                )
                then 'id_card_number'
            when regexp_full_match(code, '[0-9]{15}000|[0-9]{16}00') then 'lost_digits'
            when is_shaped and not is_formed then 'bad_character'
            when is_shaped then 'bad_check_digit'
            when is_licence then 'old_licence_number'
            when regexp_matches(text, '字第? *[0-9]+ *号?$') then 'old_licence_number'
            when
                regexp_full_match(code, '[0-9]{6}[0-9A-Z]{8}[0-9X]') and {{ organisation_check_fits("code", 7) }}
                then 'old_tax_number'
            when
                regexp_full_match(code, '[0-9A-Z]{8}[0-9X]') and regexp_matches(code, '[0-9]')
                and {{ organisation_check_fits("code") }}
                then 'organisation_code'
            when regexp_full_match(code, '[0-9A-Z]{8,}') and regexp_matches(code, '[0-9]{4}') then 'bad_length'
            when regexp_full_match(code, '[0-9]+') then 'bad_length'
            else 'no_code'
        end as reason
    from looked_up

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
        if(authority is null, null, left(standard, 1)) as authority_code,
        authority as registration_authority,
        if(authority is null, null, left(standard, 2)) as entity_type_code,
        entity_type,
        case
            when standard is not null then substr(standard, 3, 6)
            when reason = 'old_tax_number' or (reason = 'old_licence_number' and length(code) = 15) then left(code, 6)
        end as region_code,
        case
            when organisation_fits then substr(standard, 9, 9)
            when reason = 'organisation_code' then code
            when reason = 'old_tax_number' then substr(code, 7, 9)
        end as organisation_code,
        coalesce(is_mended, false) as repaired,
        if(reason = 'several_codes', found, null) as candidates,
        '{{ rule_version("uscc") }}' as rule_version
    from verdict

)

select * from final
