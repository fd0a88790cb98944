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

    {{ values_to_read("money") }}

),

currency as (

    select distinct
        {{ money_word("form") }} as word,
        currency
    from {{ ref("currency") }}

),

folded as (

    select
        raw,
        -- nearly all values look like this
        regexp_full_match(
            raw,
            '(?:注册资[本金][:：])?(?:人民币)?[1-9][0-9]{0,8}(?:[.][0-9]{1,6})?万?(?:元|元?人民币|美元|元整)?'
        ) as is_plain,
        if(
            is_plain or (regexp_full_match(raw, '[!-}一-龥]+') and not regexp_matches(raw, '[A-Z]')),
            raw,
            trim(
                regexp_replace(
                    lower(translate({{ drop_invisible(fold_width("raw")) }}, '—–−‐‑〜∼￡【】〔〕', '-------£()()')),
                    '[\s\pZ]+', ' ', 'g'
                )
            )
        ) as text
    from source

),

judged as (

    select
        raw,
        text,
        is_plain,
        case
            when is_plain then null
            when {{ is_spreadsheet_error("text") }} then 'spreadsheet_error'
            when {{ is_mojibake("text") }} or regexp_matches(text, '\d\?+') then 'mojibake'
            when {{ says_missing("text") }} then 'missing'
            when {{ says_placeholder("text") }} then 'placeholder'
            when regexp_matches(text, '[不未]予?(?:公示|公开|披露)') then 'not_disclosed'
            when
                regexp_full_match(text, '[-+]?\d+([.]\d+)?e[+]?\d{1,3} ?(?:万?元|人民币|rmb|cny)*')
                then 'scientific_notation'
            when regexp_matches(text, '[*•●×]{2,}|\dx{2,}') then 'masked'
            when regexp_matches(text, '^(?:负|-|rmb ?-|[¥￥$€£] ?-) ?[¥￥$€£]?\d|^\(\d[\d,.]*\)$') then 'negative'
            when regexp_matches(text, '[数几好][十百千]*[万亿萬億]|[数几]十|^上[十百千万亿]') then 'vague'
            when regexp_full_match(text, '(?:\+?86)?1[3-9]\d{9}') then 'not_an_amount'
        end as complaint
    from folded

),

paired as (

    select
        *,
        {{ money_number("pair.first") }} as first_number,
        {{ money_number("pair.second") }} as second_number
    from (
        select
            *,
            if(is_plain or complaint is not null, null, {{ money_twice("text") }}) as pair
        from judged
    ) as twice

),

unlabelled as (

    select
        raw,
        text,
        is_plain,
        complaint,
        case
            when complaint is not null then ''
            when is_plain then text
            when {{ spoken_number("first_number") }} = {{ spoken_number("second_number") }}
                then {{ money_unlabelled("pair.first") }}
            else {{ money_unlabelled("text") }}
        end as content
    from paired

),

numbered as (

    select
        * exclude (content),
        if(is_plain, content, {{ money_counted(arabic_digits("content")) }}) as content
    from unlabelled

),

unseparated as (

    select
        * exclude (content),
        if(is_plain, content, {{ money_unseparated("content") }}) as content
    from numbered

),

-- spaces go too, but not between two numbers
compact as (

    select
        * exclude (content),
        if(
            is_plain,
            content,
            replace(
                regexp_replace(
                    regexp_replace({{ money_units("content") }}, '(\d) +(\d)', '\1;\2', 'g'), '[ ()\[\]]+', '', 'g'
                ),
                '圓', '圆'
            )
        ) as content
    from unseparated

),

-- jiao and fen, as cheques have them
split as (

    select
        raw,
        text,
        is_plain,
        complaint,
        content,
        if(
            not is_plain and regexp_matches(content, '\d[角分]'),
            coalesce(try_cast(regexp_extract(content, '(\d)角', 1) as integer), 0) * 10
            + coalesce(try_cast(regexp_extract(content, '(\d)分', 1) as integer), 0),
            0
        ) as cents,
        case
            when is_plain
                then {
                        'before': '',
                        'word': if(contains(content, '人民币'), regexp_extract(content, '(人民币)[0-9]', 1), ''),
                        'before2': '', 'number': regexp_extract(content, '[0-9.]+万?'), 'more': '', 'unit': '',
                        'word2': regexp_extract(content, '[0-9万]([^0-9.万]*)$', 1),
                        'word3': '',
                        'number2': '',
                        'word4': '',
                        'after': ''
                    }
            else
                regexp_extract(
                    if(cents > 0, regexp_replace(content, '([元圆])0?(?:\d角)?0?(?:\d分)?整?$', '\1'), content),
                    {{ money_pattern() }},
                    [
                        'before', 'word', 'before2', 'number', 'more', 'unit', 'word2', 'word3', 'number2', 'word4',
                        'after'
                    ]
                )
        end as part
    from compact

),

-- 50-100万: the unit is that of both
written as (

    select
        raw,
        text,
        is_plain,
        complaint,
        content,
        cents,
        part.before || part.before2 as before,
        part.more || part.after as after,
        part.number || part.unit || if(
            part.number2 <> ''
            and not regexp_matches(part.number || part.unit, '[十百千万亿]')
            and try_cast(part.number as double) <= try_cast(regexp_extract(part.number2, '^[\d.]+') as double),
            regexp_extract(part.number2, '^[\d.]+(.*)$', 1),
            ''
        ) as number,
        part.number2,
        -- more than one word before or behind must be the same one
        part.word2 || part.word4 as words,
        {{ money_word("part.word") }} as word,
        {{ money_word("part.word2") }} as word2,
        {{ money_word("part.word3") }} as word3,
        {{ money_word("part.word4") }} as word4
    from split

),

valued as (

    select
        raw,
        text,
        complaint,
        content,
        before,
        after,
        number,
        number2,
        words,
        coalesce(nullif(word, ''), word3) as front,
        coalesce(nullif(word4, ''), word2) as back,
        (word <> '' and word3 <> '' and word <> word3)
        or (word2 <> '' and word4 <> '' and word2 <> word4) as is_at_odds,
        ({{ spoken_number("number") }}) + cents / 100 as least,
        case when number2 <> '' then {{ spoken_number("number2") }} end as most
    from written

),

named as (

    select
        valued.*,
        front.currency as front_currency,
        back.currency as back_currency,
        coalesce(front.currency, back.currency) as said,
        valued.front in ('$', 'dollar', 'dollars') or valued.back in ('$', 'dollar', 'dollars') as is_dollar,
        (valued.front <> '' and front.currency is null and valued.front not in ('$', 'dollar', 'dollars'))
        or (valued.back <> '' and back.currency is null and valued.back not in ('$', 'dollar', 'dollars'))
            as is_strange,
        {{ money_sense("valued.before", "valued.after") }} as sense
    from valued
    left join currency as front on valued.front = front.word
    left join currency as back on valued.back = back.word

),

verdict as (

    select
        *,
        case
            when complaint is not null then complaint
            when number = '' or number is null
                then if(
                        regexp_matches(content, '\d.*[^\d.].*\d')
                        and regexp_matches(content, '[万亿元¥￥$€£]|rmb|cny|usd|hkd'),
                        'several',
                        'not_an_amount'
                    )
            when least is null and regexp_matches(number, '\d{13}|\d{9,}亿|\d{5,}万亿') then 'too_large'
            when
                least is null or (number2 <> '' and most is null) or is_strange or regexp_matches(number, '^0\d')
                then if(regexp_matches(words, '[万亿元].*[万亿元]') and not is_strange, 'several', 'not_an_amount')
            when coalesce(most, least) = 0 then 'placeholder'
            when is_at_odds or front_currency <> back_currency then 'currency_conflict'
            when coalesce(most, least) > 999999999999999 then 'too_large'
            when least > most then 'reversed'
            when said is not null then 'ok'
            when is_dollar then 'no_currency'
            when regexp_matches(text, '[萬億圓]') then 'no_currency'
            when regexp_matches(words, '[元圆块]') then 'ok'
            when regexp_matches(text, '[万亿]|\dw') then 'currency_assumed'
            when regexp_matches(text, '\d *(?:m|b|k|t)') then 'no_currency'
            else 'no_unit'
        end as reason
    from named

),

read as (

    select
        raw,
        reason,
        reason in ('ok', 'currency_assumed') as is_valid,
        sense,
        coalesce(said, 'CNY') as currency,
        try_cast(if(sense = 'up to', 0, least) as decimal(18, 2)) as amount,
        try_cast(if(sense = 'up to', coalesce(most, least), most) as decimal(18, 2)) as amount_max
    from verdict

),

final as (

    select
        raw,
        if(
            is_valid,
            currency || ' ' || if(sense = 'about', '~', '')
            || rtrim(rtrim(amount::varchar, '0'), '.')
            || coalesce('-' || rtrim(rtrim(amount_max::varchar, '0'), '.'), '')
            || if(sense = 'from' and amount_max is null, '+', ''),
            null
        ) as standard,
        case
            when is_valid then 'valid'
            when
                reason in ('no_unit', 'no_currency', 'several', 'currency_conflict', 'reversed', 'vague')
                then 'ambiguous'
            when reason in ('spreadsheet_error', 'scientific_notation', 'masked', 'mojibake') then 'damaged'
            when reason in ('missing', 'not_disclosed') then 'missing'
            when reason = 'placeholder' then 'placeholder'
            else 'invalid'
        end as status,
        reason,
        if(is_valid or reason = 'no_currency', amount, null)::decimal(38, 2) as amount,
        if(is_valid, currency, null) as currency,
        if(is_valid or reason = 'no_currency', amount_max, null)::decimal(38, 2) as amount_max,
        if(is_valid, sense in ('about', 'from'), null) as is_approximate,
        '{{ rule_version("money") }}' as rule_version
    from read

)

select * from final
