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

    {{ values_to_read("person") }}

),

surname as (

    select
        surname,
        characters,
        frequency,
        is_certain,
        pinyin,
        romanised
    from {{ ref("surname") }}

),

-- a spelling in Latin letters may be that of several surnames
surname_spelling as (

    select
        word,
        bool_or(is_pinyin) as is_pinyin,
        bool_or(is_pinyin and (frequency = 'common' or characters = 2)) as is_common,
        bool_or(is_pinyin and characters = 2) as is_double
    from (
        select
            pinyin as word,
            true as is_pinyin,
            frequency,
            characters
        from surname

        union all

        select
            unnest(string_split(romanised, '|')) as word,
            false as is_pinyin,
            frequency,
            characters
        from surname
    ) as spelling
    group by word

),

-- most values: a common surname, one or two characters more, and nothing that could be read in another way
told_apart as (

    select
        raw,
        regexp_full_match(raw, '[{{ person_pattern("surely_surname") }}][\x{4e00}-\x{9fff}]{1,2}')
        and not regexp_matches(raw, '{{ person_pattern("not_surely") }}')
        and raw[2:] <> raw[1] as is_sure
    from source

),

folded as (

    select
        raw,
        regexp_full_match(raw, '[\x{4e00}-\x{9fff}]{2,4}') as is_plain,
        if(is_plain, raw, {{ person_folded("raw") }}) as text
    from told_apart
    where not is_sure

),

-- cells that hold no name at all
judged as (

    select
        raw,
        is_plain,
        text,
        case
            when text in ({{ person_placeholders() }}) then 'placeholder'
            when is_plain
                then case
                        when not regexp_matches(text, '^[某暂暫没沒空未不待保无無同请請选選点點]|某.?$|某先生|某女士|某小姐|锟斤拷|烫烫烫|屯屯屯') then null
                        when text[1] = '某' then 'placeholder'
                        when {{ is_mojibake("text") }} then 'mojibake'
                        when {{ says_missing("text") }} then 'missing'
                        when {{ says_placeholder("text") }} then 'placeholder'
                        when contains(text, '某') then 'masked'
                    end
            when length(text) > 200 then 'too_long'
            when {{ is_spreadsheet_error("text") }} then 'spreadsheet_error'
            when {{ is_mojibake("text") }} or regexp_matches(text, '{{ person_pattern("mojibake") }}') then 'mojibake'
            when {{ says_missing("text") }} or not regexp_matches(text, '[\pL\pN]') then 'missing'
            when regexp_full_match(text, '[+]?\d([.]\d+)?e[+]?\d{1,3}') then 'scientific_notation'
            when contains(text, '@') and not regexp_matches(text, '\p{Han}|@.* \pL') then 'looks_like_email'
            when regexp_matches(text, '^(?:https?:|www[.])') then 'looks_like_website'
            when
                {{ says_placeholder("text") }} or regexp_full_match(text, '{{ person_pattern("anybody") }}')
                then 'placeholder'
            when regexp_matches(text, '{{ person_pattern("masked") }}') then 'masked'
            when regexp_full_match(text, '{{ person_pattern("id_number") }}') then 'looks_like_id_number'
            when not regexp_matches(text, '\pL')
                then if(regexp_matches(text, '{{ person_pattern("phone") }}'), 'looks_like_phone', 'no_letters')
        end as unreadable
    from folded

),

-- without labels, telephone numbers and e-mail addresses; the dots and dashes between characters settled
bared as (

    select
        raw,
        is_plain,
        -- or an identity number, of which staging leaves its hash
        not is_plain and regexp_matches(text, '{{ person_pattern("phone") }}|hmac:') as has_phone,
        contains(text, '@') as has_email,
        case
            when is_plain or not regexp_matches(text, '[^\p{Han} ]|^[联聯姓名业第]') then text
            when regexp_full_match(text, '[\p{Latin}'' -]+') then text
            else trim({{ person_bared("text") }})
        end as text
    from judged
    where unreadable is null

),

-- several people written without a mark between them
parted as (

    select
        raw,
        is_plain,
        has_phone,
        has_email,
        case
            when is_plain then text
            when
                contains(text, ' ')
                and regexp_full_match(
                    text,
                    '(?:[{{ person_common_surnames() }}]\p{Han}{1,2} )+[{{ person_common_surnames() }}]\p{Han}{1,2}'
                )
                and not regexp_matches(
                    {{ person_simplified("text") }},
                    '(?:^| )(?:{{ person_title() }}|高工|总工|老总)(?: |$)|^(?:欧阳|司徒|夏侯|钟离) '
                )
                then replace(text, ' ', '/')
            when contains(text, ' ')
                then regexp_replace(
                        regexp_replace(text, ' (?:and|和|与|與|及) ', '/', 'g'),
                        '({{ person_honorific() }}) ([{{ person_common_surnames() }}])', '\1/\2', 'g'
                    )
            when length(text) >= 5 and regexp_matches(text, '[和与與及]')
                then regexp_replace(
                        text,
                        '{{ person_pattern("joined") }}',
                        '\1/\2', 'g'
                    )
            else text
        end as text
    from bared

),

-- people, titles and notes, each for itself
token as (

    select
        raw,
        text,
        1 as position,
        true as is_only,
        is_plain,
        has_phone,
        has_email,
        false as in_brackets
    from parted
    where is_plain or not regexp_matches(text, '[(),、/&+]')

    union all

    select
        raw,
        trim(regexp_replace(token, '^[( ]+|[) ]+$', '', 'g')) as text,
        position,
        false as is_only,
        false as is_plain,
        has_phone,
        has_email,
        token[1] = '(' as in_brackets
    from (
        select
            raw,
            has_phone,
            has_email,
            unnest(tokens) as token,
            unnest(range(1, len(tokens) + 1)) as position
        from (
            select
                raw,
                has_phone,
                has_email,
                case
                    -- Wang, Xiaoming
                    when
                        regexp_full_match(text, '[\p{Latin}''-]+, ?[\p{Latin}''-]+')
                        and not regexp_matches(text, '^{{ person_english_title() }},|, ?{{ person_english_title() }}$')
                        then [replace(text, ',', ' , ')]
                    else list_filter(
                            regexp_extract_all(text, '\([^()]*\)?|[^(),、/&+]+'), lambda t: regexp_matches(t, '\pL')
                        )
                end as found,
                -- a cell without letters is one piece, and says why
                if(len(found) = 0, [text], found) as tokens
            from parted
            where not is_plain and regexp_matches(text, '[(),、/&+]')
        ) as cell
    ) as piece

),

-- said: a form of address in Latin letters, or 男 or 女, beside the name
scripted as (

    select
        *,
        is_plain or (
            regexp_matches(text, '\p{Han}')
            and not regexp_matches(text, '[\p{Hiragana}\p{Katakana}\p{Hangul}]')
            and not regexp_full_match(
                text,
                '[\p{Latin}''. -]*\p{Latin}[\p{Latin}''. -]+(?:{{ person_title() }}|{{ person_honorific() }}){1,2}'
            )
        ) as has_han,
        if(
            is_plain, '', concat_ws(
                ' ',
                nullif(regexp_extract(text, '^({{ person_pattern("mister") }})(?:[. ]|\p{Han}|$)', 1), ''),
                nullif(regexp_extract(text, '(?:[ ,.]|\p{Han})({{ person_pattern("mister") }})\.?$', 1), ''),
                nullif(regexp_extract(text, '(?:^| )([男女])[士性]?(?: |$)', 1), '')
            )
        ) as said
    from token

),

-- beside: what stands in Latin letters beside a name in characters
han as (

    select
        raw,
        position,
        is_only,
        in_brackets,
        has_phone,
        has_email,
        said,
        case
            when is_plain or not regexp_matches(text, '\p{Latin}') then ''
            else {{ person_beside("text") }}
        end as beside,
        case
            when is_plain then text
            else regexp_replace(
                    regexp_replace(
                        regexp_replace(text, '(?:^| )[男女][士性]?(?: |$)| 收$|\d+号', ' '), '[^\p{Han}·]', '', 'g'
                    ),
                    '^·+|·+$', '', 'g'
                )
        end as written
    from scripted
    where has_han

),

-- translate() prepares its long table anew for each text: so the texts go through it by the thousand
traditional_text as (

    select list(text) as texts
    from (
        select written as text from han
        union all
        select raw as text from told_apart
        where is_sure
    ) as name
    where {{ person_has_traditional("text") }}
    group by hash(text) % 16

),

simplified_text as (

    select distinct
        unnest(texts) as written,
        unnest(string_split({{ person_simplified("array_to_string(texts, chr(10))") }}, chr(10))) as simple
    from traditional_text

),

simplified as (

    select
        han.*,
        coalesce(simplified_text.simple, han.written) as simple
    from han
    left join simplified_text on han.written = simplified_text.written

),

-- a company or title before the name, titles and forms of address after it
affixed as (

    select
        *,
        case
            when length(simple) > 4 and regexp_matches(simple, '{{ person_company() }}')
                then regexp_extract(simple, '^(.*{{ person_company() }})[{{ person_common_surnames() }}].', 1)
            when length(simple) > 3 and regexp_matches(simple, '^{{ person_pattern("before_people") }}')
                then regexp_extract(
                        simple, '^({{ person_pattern("before_people") }})(?:[小老]?[{{ person_common_surnames() }}])', 1
                    )
            when length(simple) > 2 and regexp_matches(simple, '^[{{ person_pattern("title_begins") }}]')
                then regexp_extract(
                        simple, '^(?:{{ person_department() }}(?:{{ person_title() }})?|{{ person_title() }})'
                    )
            else ''
        end as ahead,
        case
            when length(simple) > 1 and regexp_matches(simple, '[{{ person_pattern("title_ends") }}]$')
                then regexp_extract(simple, '(?:{{ person_title() }}|{{ person_honorific() }}){1,3}$')
            else ''
        end as behind
    from simplified

),

-- the two may be one and the same (采购经理), or meet (经理助理王芳 has one of them only)
bounded as (

    select
        * exclude (ahead, behind),
        case
            when ahead = '' or length(ahead) + length(behind) > length(simple) then ''
            -- 顾问天 is no consultant
            when
                length(ahead) + length(behind) + 1 = length(simple)
                and not regexp_matches(simple[length(ahead) + 1], '[{{ person_common_surnames() }}]')
                then ''
            else ahead
        end as before,
        behind as after,
        simple[length(before) + 1:length(simple) - length(behind)] as inner_name
    from affixed

),

-- mark: one character for a title: 王总, 李工, 王小明总
marked as (

    select
        *,
        case
            when after <> '' or length(inner_name) not between 2 and 5 then ''
            when regexp_full_match(inner_name, '(?:[^小老阿大]|{{ person_pattern("double") }})[总工董局处厂院所队姐哥叔姨嫂婶爷]')
                then inner_name[-1]
            when regexp_full_match(
                    inner_name, '{{ person_pattern("marked") }}'
                )
                and not regexp_full_match(inner_name, '{{ person_pattern("double") }}..')
                then inner_name[-1]
            else ''
        end as mark
    from bounded

),

-- 小王, 老李, 阿明
familiar as (

    select
        * exclude (inner_name),
        left(inner_name, length(inner_name) - length(mark)) as whole,
        regexp_extract(
            left(inner_name, length(inner_name) - length(mark)), '^([小老])(?:.|{{ person_pattern("double") }})$', 1
        ) as familiarity,
        if(familiarity = '', whole, whole[2:]) as name
    from marked

),

recognised as (

    select
        familiar.*,
        length(familiar.name) as n,
        one.frequency as one,
        two.frequency as two,
        coalesce(two.is_certain, false) as two_certain
    from familiar
    left join surname as one on familiar.name[1] = one.surname
    left join surname as two on if(length(familiar.name) > 1, familiar.name[:2], null) = two.surname

),

-- what the text is: the first four begin with a surname and go on with a given name
shaped as (

    select
        *,
        before = '' and after = '' and mark = '' and familiarity = '' as is_bare,
        case
            when simple = '高工' then 'title_or_name'
            when contains(simple, '某') then 'masked'
            when n = 0 and simple = '' then if(said = '', 'note', 'title_only')
            when n = 0 and simple in ({{ person_placeholders() }}) then 'placeholder'
            when
                n = 0 and after <> '' and regexp_full_match(simple, '(?:{{ person_honorific() }}|前台|客服)+')
                then 'placeholder'
            when n = 0 and after = '' and regexp_matches(simple, '{{ person_company() }}$') then 'looks_like_company'
            when n = 0 and regexp_full_match(simple, '{{ person_department() }}') then 'department_only'
            when n = 0 then 'title_only'
            when simple in ('老总', '保安', '保洁', '门卫', '房东', '工人', '个体户') then 'title_only'
            when simple in ({{ person_placeholders() }}) then 'placeholder'
            when contains(name, '·')
                then case
                        when regexp_matches(name, '··|^·|·$') or n > 40 then 'not_a_name'
                        when one is not null and regexp_full_match(name, '.·..?') then 'single'
                        when
                            regexp_full_match(
                                name, '[{{ person_common_surnames() }}]..?·[{{ person_common_surnames() }}]..?'
                            )
                            then 'one_or_two_people'
                        else 'dotted'
                    end
            when
                n >= 3 and after = '' and regexp_matches(name, '(?:{{ person_company() }}|[店厂网])$')
                then 'looks_like_company'
            when
                n >= 2 and after = '' and regexp_matches(name, '{{ person_pattern("place") }}')
                then 'looks_like_address'
            when
                name[1] = '阿' and n in (2, 3) and not regexp_full_match(name, '(?:{{ person_name_words() }})')
                then 'nickname'
            when familiarity = '小' and n = 1
                then if(
                        regexp_matches(name, '[于万常尚{{ person_common_surnames() }}]')
                        and not regexp_matches(name, '[龙武雷]'),
                        'surname_only',
                        'nickname'
                    )
            when familiarity = '老' and n = 1 then if(one in ('common', 'known'), 'surname_only', 'nickname')
            when n = 1
                and mark <> ''
                and (one is null or one = 'rare' or (one = 'known' and regexp_matches(mark, '[姐哥叔姨嫂婶爷]')))
                then 'nickname'
            when n = 1 and one is not null then 'surname_only'
            when n = 1 and (after <> '' or before <> '' or mark <> '') then 'nickname'
            when n = 1 then 'too_short'
            when n = 2 and name[1] = name[2] and one is not null then 'nickname'
            when n = 2 and two_certain then 'surname_only'
            when n = 2 and is_bare and one is not null and regexp_matches(name, '[科行校导律师生医台太编部妹]$') then 'title_or_name'
            when regexp_matches(name, '^[{{ person_pattern("other_begins") }}]')
                and regexp_full_match(name, '(?:{{ person_name_words() }})')
                then if(one is null or n >= 4, 'mononym', 'surname_uncertain')
            when n in (3, 4) and two_certain then 'double'
            when n = 4 and two is not null then 'double'
            when n = 3 and two is not null then if(one is null, 'double', 'surname_uncertain')
            when n between 2 and 6
                and regexp_matches(name, '^{{ person_japanese_surnames() }}')
                and (n >= 4 or one is null or one = 'rare' or n = 3)
                then case
                        when n = 3 and one in ('common', 'known') then 'surname_uncertain'
                        when n = 2 then 'surname_only'
                        else 'japanese'
                    end
            when n in (2, 3) and one is not null then 'single'
            when n = 4 and one is not null and regexp_matches(name, '^.[{{ person_common_surnames() }}]') then 'pair'
            when n <= 8 then if(one is null, 'no_known_surname', 'unusual_length')
            else 'not_a_name'
        end as shape
    from recognised

),

-- skip: characters before the name; surname_length counts those of the surname
measured as (

    select
        *,
        length(before) + length(familiarity) as skip,
        contains(name, '·') and shape = 'single' as has_stray_dot,
        case
            when shape = 'single' then 1
            when shape in ('double', 'pair') then 2
            when shape = 'surname_only' then n
            when shape = 'japanese' then length(regexp_extract(name, '^{{ person_japanese_surnames() }}'))
        end as surname_length,
        -- Tom 王, 王Tom
        shape = 'surname_only' and regexp_matches(beside, '^\p{Latin}{2}')
        and not regexp_matches(beside, '{{ person_english_title() }}$') as has_other_given_name
    from shaped

),

han_person as (

    select
        raw,
        position,
        is_only,
        in_brackets,
        case
            when shape in ('single', 'double', 'pair', 'japanese', 'mononym', 'dotted') then 'ok'
            when has_other_given_name then 'ok'
            else shape
        end as outcome,
        'han' as script,
        has_phone,
        has_email
        or (beside <> '' and not has_other_given_name and not regexp_full_match(beside, '{{ person_english_title() }}'))
        or (before <> '' and not regexp_full_match(before, '{{ person_title() }}')) as has_note,
        case
            when has_other_given_name then {{ person_capitalised("beside") }} || ' ' || written[skip + 1:skip + n]
            when shape in ('nickname', 'title_or_name') then written
            when has_stray_dot then replace(written[skip + 1:skip + n], '·', '')
            else written[skip + 1:skip + n]
        end as name,
        case
            when has_other_given_name then beside || name
            when shape in ('nickname', 'title_or_name') then simple
            else name
        end as key,
        nullif(written[skip + 1:skip + surname_length], '') as surname,
        case
            when has_other_given_name then {{ person_capitalised("beside") }}
            when shape not in ('surname_only', 'unusual_length')
                then nullif(ltrim(written[skip + 1 + surname_length:skip + n], '·'), '')
        end as given_name,
        case
            when (before = '' and after = '' and mark = '' and beside = '') or shape = 'title_or_name' then null
            else nullif(
                    concat_ws(
                        '',
                        if(regexp_full_match(before, '{{ person_title() }}'), before, null),
                        regexp_replace(after, '{{ person_honorific() }}', '', 'g'),
                        regexp_extract(mark, '[总工董局处厂院所队]'),
                        if(
                            regexp_full_match(beside, '{{ person_english_title() }}'),
                            {{ person_english_title_written("beside") }},
                            null
                        )
                    ),
                    ''
                )
        end as job_title,
        case
            when is_bare and said = '' then null
            else nullif(
                    concat_ws(
                        ' ',
                        nullif(familiarity, ''),
                        nullif(regexp_extract(after, '{{ person_honorific() }}'), ''),
                        nullif(regexp_extract(mark, '[姐哥叔姨嫂婶爷]'), ''),
                        nullif({{ person_capitalised("regexp_replace(said, '[男女]', '', 'g')") }}, '')
                    ),
                    ''
                )
        end as honorific,
        if(is_bare and said = '', '', after || ' ' || said) as said
    from measured

),

latin as (

    select
        * exclude (text),
        {{ person_latin_body("text") }} as body,
        regexp_extract(text, '(?:{{ person_title() }}|{{ person_honorific() }})+$') as han_affix,
        case
            when regexp_full_match(text, '{{ person_english_title() }}') then text
            else trim(
                    regexp_extract(text, '(?: |-|, ?)({{ person_english_title() }})$', 1)
                    || ' ' || regexp_extract(text, '^({{ person_english_title() }})[ :.-]', 1)
                )
        end as english_title
    from scripted
    where not has_han

),

worded as (

    select
        *,
        string_split(replace(body, ' , ', ' '), ' ') as words,
        contains(body, ' , ') as has_comma
    from latin

),

spelt as (

    select
        worded.*,
        len(words) as n,
        words[1] as first_word,
        words[-1] as last_word,
        coalesce(first.is_common, false) as first_common,
        coalesce(first.is_pinyin, false) as first_pinyin,
        coalesce(first.is_double, false) as first_double,
        first.word is not null or regexp_full_match(words[1], '{{ person_pattern("other_surnames") }}') as first_any,
        coalesce(last.is_common, false) as last_common,
        coalesce(last.is_pinyin, false) as last_pinyin,
        coalesce(last.word is not null and (last.is_pinyin or length(last.word) > 2 or last.word = 'ng'), false)
            as last_any,
        regexp_full_match(
            array_to_string(words[2:], ''), '(?:{{ person_pattern("syllable") }}|-){1,8}'
        ) as rest_is_pinyin
    from worded
    left join surname_spelling as first on words[1] = first.word
    left join surname_spelling as last on words[-1] = last.word

),

-- side: which word is the surname; both ends may be, then it is not said
sided as (

    select
        *,
        case
            when n < 2 then null
            when has_comma and n = 2 then if(first_any and not last_any, 'first', null)
            when first_common and rest_is_pinyin and (first_double or not last_common) then 'first'
            when last_common and not first_any then 'last'
            when first_pinyin and rest_is_pinyin and not last_any then 'first'
            when last_any and not first_any then 'last'
            when first_any or last_any then null
            when regexp_matches(said, 'mr|ms|mrs|miss|sir|dr|prof') and n <= 4 then 'last'
        end as side,
        case
            when body = '' and (english_title <> '' or han_affix <> '') then 'title_only'
            when body = '' then 'note'
            when body in ({{ person_placeholders() }}) then 'placeholder'
            when not regexp_matches(body, '\pL') then 'not_a_name'
            when not regexp_matches(body, '\p{Latin}') then 'other_script'
            when regexp_matches(body, '[^\p{Latin}\pM'' ,-]') then 'not_a_name'
            when regexp_matches(body, '{{ person_pattern("english_company") }}') then 'looks_like_company'
            when regexp_matches(body, '{{ person_pattern("english_place") }}') then 'looks_like_address'
            when n > 6 or length(body) > 60 then 'not_a_name'
            when n = 1 and length(body) < 2 then 'too_short'
            when n = 1 and (said <> '' or han_affix <> '') and first_any then 'surname_only'
            when n = 1 then 'no_known_surname'
            when has_comma and side is null then 'one_or_two_people'
            when side is null then 'order_unknown'
            else 'ok'
        end as outcome
    from spelt

),

latin_person as (

    select
        raw,
        position,
        is_only,
        in_brackets,
        outcome,
        if(outcome = 'other_script', 'other', 'latin') as script,
        has_phone,
        has_email as has_note,
        case
            when outcome = 'other_script' then {{ person_capitalised("body") }}
            when has_comma and side is null then {{ person_capitalised("replace(body, ' , ', ', ')") }}
            else {{ person_capitalised("array_to_string(words, ' ')") }}
        end as name,
        array_to_string(words, '') as key,
        case
            when outcome = 'surname_only' or side = 'first' then {{ person_capitalised("first_word") }}
            when side = 'last' then {{ person_capitalised("last_word") }}
        end as surname,
        case
            when side = 'first' then {{ person_capitalised("array_to_string(words[2:], ' ')") }}
            when side = 'last' then {{ person_capitalised("array_to_string(words[:-2], ' ')") }}
        end as given_name,
        nullif(
            concat_ws(
                ' ',
                nullif({{ person_english_title_written("english_title") }}, ''),
                nullif(regexp_replace(han_affix, '{{ person_honorific() }}', '', 'g'), '')
            ),
            ''
        ) as job_title,
        nullif(
            concat_ws(
                ' ',
                nullif(regexp_extract(han_affix, '{{ person_honorific() }}'), ''),
                nullif({{ person_capitalised("said") }}, '')
            ),
            ''
        ) as honorific,
        said || ' ' || han_affix as said
    from sided

),

person as (

    select
        *,
        {{ person_gender("said") }} as gender,
        case
            when outcome in ({{ person_names() }}) then 'person'
            when outcome = 'title_only' then 'title'
            when outcome = 'placeholder' and regexp_matches(said, '{{ person_honorific() }}') then 'title'
            else 'other'
        end as role
    from (
        select * from han_person
        union all
        select * from latin_person
    ) as read_person

),

-- cells with one part, and then those with more
alone as (

    select
        raw,
        outcome,
        script,
        has_phone,
        has_note,
        if(role = 'person', name, null) as standard,
        surname,
        given_name,
        gender,
        job_title,
        honorific,
        null::struct(surname varchar, given_name varchar, gender varchar, job_title varchar)[] as people,
        if(role = 'person', {{ person_key("key") }}, null) as name_key
    from person
    where is_only

),

collected as (

    select
        raw,
        bool_or(has_phone) as has_phone,
        bool_or(has_note) as has_note,
        list(
            {
                'position': position,
                'role': role,
                'in_brackets': in_brackets,
                'outcome': outcome,
                'script': script,
                'name': name,
                'key': key,
                'surname': surname,
                'given_name': given_name,
                'gender': gender,
                'job_title': job_title,
                'honorific': honorific
            }
        ) as gathered,
        list(position) as positions
    from person
    where not is_only
    group by raw

),

-- an ordered list() costs ten times as much
arranged as (

    select
        * exclude (gathered, positions),
        list_transform(range(1, len(positions) + 1), lambda i: gathered[list_position(positions, i)]) as parts
    from collected

),

-- a name in brackets is a person only where no other is, or where the others are English given names: Jack（马云）
peopled as (

    select
        *,
        list_filter(parts, lambda p: p.role = 'person' and not p.in_brackets) as outside,
        list_filter(
            parts, lambda p: p.role = 'person' and p.in_brackets and p.script = 'han' and p.outcome = 'ok'
        ) as inside,
        case
            when
                len(outside) > 0
                and len(inside) > 0
                and len(list_filter(outside, lambda p: p.script <> 'latin' or p.outcome <> 'no_known_surname')) = 0
                then inside
            when len(outside) > 0 then outside
            else list_filter(parts, lambda p: p.role = 'person')
        end as written_people
    from arranged

),

distinguished as (

    select
        *,
        list_filter(
            written_people,
            lambda p: list_position(list_transform(written_people, lambda q: q.name), p.name)
            = list_position(list_transform(written_people, lambda q: q.position), p.position)
        ) as people,
        list_filter(parts, lambda p: p.role = 'title') as titles,
        list_filter(parts, lambda p: p.role = 'other') as others
    from peopled

),

together as (

    select
        raw,
        case
            when len(people) > 1 then 'several_people'
            when len(people) = 1 then people[1].outcome
            when len(list_filter(titles, lambda t: t.job_title is not null)) > 0 then 'title_only'
            when len(titles) > 0 then 'placeholder'
            else parts[1].outcome
        end as outcome,
        people[1].script as script,
        has_phone,
        has_note
        or len(others) > 0
        or len(list_filter(parts, lambda p: p.role = 'person')) > len(written_people) as has_note,
        nullif(array_to_string(list_transform(people, lambda p: p.name), '|'), '') as standard,
        if(len(people) = 1, people[1].surname, null) as surname,
        if(len(people) = 1, people[1].given_name, null) as given_name,
        case
            when len(people) = 1
                then case
                        when len(list_distinct(list_transform(parts, lambda p: p.gender))) = 1
                            then list_distinct(list_transform(parts, lambda p: p.gender))[1]
                    end
        end as gender,
        if(len(people) < 2, coalesce(people[1].job_title, titles[1].job_title), null) as job_title,
        if(len(people) = 1, coalesce(people[1].honorific, titles[1].honorific), null) as honorific,
        case
            when len(people) > 1
                then list_transform(
                        people,
                        lambda p: {
                            'surname': p.surname,
                            'given_name': p.given_name,
                            'gender': coalesce(
                                p.gender, list_filter(titles, lambda t: t.position = p.position + 1)[1].gender
                            ),
                            'job_title': coalesce(
                                p.job_title, list_filter(titles, lambda t: t.position = p.position + 1)[1].job_title
                            )
                        }
                    )
        end as people,
        nullif(array_to_string(list_transform(people, lambda p: {{ person_key("p.key") }}), '|'), '') as name_key
    from distinguished

),

sure as (

    select
        told_apart.raw,
        'ok' as outcome,
        'han' as script,
        told_apart.raw as standard,
        told_apart.raw[1] as surname,
        told_apart.raw[2:] as given_name,
        coalesce(simplified_text.simple, told_apart.raw) as name_key
    from told_apart
    left join simplified_text on told_apart.raw = simplified_text.written
    where told_apart.is_sure

),

unreadable as (

    select
        raw,
        unreadable as outcome
    from judged
    where unreadable is not null

),

reasoned as (

    select
        *,
        case
            when outcome in ('ok', 'order_unknown') and has_phone
                then if(
                        regexp_matches(
                            lower({{ fold_width("raw") }}), '(?:^|[^0-9]){{ person_pattern("id_number") }}(?:[^0-9]|$)'
                        ),
                        'id_number_in_cell',
                        'phone_in_cell'
                    )
            when outcome in ('ok', 'order_unknown') and has_note then 'note_in_cell'
            when outcome = 'note' then 'not_a_name'
            else outcome
        end as reason
    from (
        select * from alone
        union all by name
        select * from together
        union all by name
        select * from unreadable
        union all by name
        select * from sure
    ) as answer

),

final as (

    select
        raw,
        standard,
        case
            when
                reason in (
                    'ok',
                    'surname_only',
                    'surname_uncertain',
                    'several_people',
                    'order_unknown',
                    'note_in_cell',
                    'phone_in_cell',
                    'id_number_in_cell'
                )
                then 'valid'
            when
                reason in (
                    'no_known_surname',
                    'nickname',
                    'title_or_name',
                    'unusual_length',
                    'one_or_two_people',
                    'other_script'
                )
                then 'ambiguous'
            when reason in ('masked', 'mojibake', 'spreadsheet_error', 'scientific_notation') then 'damaged'
            when reason in ('placeholder', 'missing') then reason
            else 'invalid'
        end as status,
        reason,
        if(status = 'valid', surname, null) as surname,
        if(status = 'valid', given_name, null) as given_name,
        if(standard is null, null, gender) as gender,
        job_title,
        if(standard is null, null, honorific) as honorific,
        people,
        if(standard is null, null, script) as script,
        name_key,
        '{{ rule_version("person") }}' as rule_version
    from reasoned

)

select * from final
