{{
    config(
        materialized="incremental",
        incremental_strategy="delete+insert",
        unique_key="raw",
        on_schema_change="append_new_columns",
    )
}}

with

source as (

    {{ values_to_read("company_name") }}

),

folded as (

    select
        raw,
        trim(
            regexp_replace(
                {{ drop_invisible(fold_width("raw")) }},
                '[\s\x{00a0}\x{2000}-\x{200a}\x{202f}\x{205f}]+', ' ', 'g'
            )
        ) as text
    from source

),

-- brackets of every kind to （）, a space only between two words in Latin letters, nothing before or after
tidied as (

    select
        raw,
        text,
        regexp_replace(
            regexp_replace(
                regexp_replace(
                    regexp_replace(
                        translate(nfc_normalize(text), '()〔〕【】[]{}〈〉<>﹙﹚', '（）（）（）（）（）（）（）（）'),
                        ' *([（）、·&/+—-]) *', '\1', 'g'
                    ),
                    -- twice: a match takes the character that the next one needs
                    '([^\x00-\x7f]) ([^ ])', '\1\2', 'g'
                ),
                '([^ ]) ([^\x00-\x7f])', '\1\2', 'g'
            ),
            '^[ .,;:、，。；：·*"''“”‘’-]+|[ .,;:、，。；：*"''“”‘’-]+$', '', 'g'
        ) as standard
    from folded

),

judged as (

    select
        raw,
        standard,
        case
            when {{ says_missing("lower(text)") }} or standard = '' then 'missing'
            when not regexp_matches(standard, '\pL') then 'no_letters'
            when contains(standard, '�') or regexp_matches(standard, '\?{2,}|锟斤拷|烫烫烫') then 'mojibake'
            when length(standard) < 2 then 'too_short'
            when regexp_full_match(standard, '(?:测试|test|公司|个人|某公司|xx+公司|×+公司).{0,2}') then 'placeholder'
            else 'ok'
        end as reason
    from tidied

),

final as (

    select
        raw,
        if(reason in ('missing', 'no_letters'), null, standard) as standard,
        case
            when reason not in ('missing', 'no_letters')
                then nullif(regexp_replace(lower({{ to_simplified("standard") }}), '[^\pL\pN]', '', 'g'), '')
        end as match_key,
        case reason
            when 'ok' then 'valid'
            when 'missing' then 'missing'
            when 'mojibake' then 'damaged'
            when 'placeholder' then 'placeholder'
            else 'invalid'
        end as status,
        reason,
        '{{ rule_version("company_name") }}' as rule_version
    from judged

)

select * from final
