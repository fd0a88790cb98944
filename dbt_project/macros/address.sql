{#- Finds regions in text for the dictionaries address and region, and writes what follows them in one way. -#}

{#- Texts that can be read as they are: simplified characters, digits and letters only, no postcode, no xxxx for what is masked. -#}
{%- macro is_plain_place(text) -%}
    not regexp_matches({{ text }}, '[^\x{4e00}-\x{9fff}0-9A-WYZa-wyz]|[邮{{ traditional_characters() }}]')
    and left({{ text }}, 1) between '一' and '龥'
    and not (right({{ text }}, 1) between '0' and '9' and regexp_matches(right({{ text }}, 7), '[^0-9][0-9]{6}$'))
{%- endmacro -%}

{#- An opening in official names (广东省深圳市南山区), for one lookup instead of many. -#}
{%- macro official_opening(text) -%}
    regexp_extract(
        {{ text }},
        '^(?:.{2,3}省|.{2,6}自治区)?(?:.{2,10}?(?:市|自治州|盟|地区))?.{1,14}?(?:区|县|市|旗)'
    )
{%- endmacro -%}

{#- Text without a label, a country, a postcode and separators before its first word. -#}
{%- macro without_place_noise(text) -%}
    regexp_replace(
        {{ text }},
        '^(?i:[^0-9:(]{0,8}(?:地址|住址|住所|所在地|所在地区|地区|区域|地点|位置|坐落|座落|总部|总公司|分公司|工厂|厂址|店址|门店|仓库|办事处)(?:\([^)]{1,6}\))? ?[:]|(?:地址|坐落于|座落于|位于|坐落在|地处)|add(?:ress)?\.? ?[:]|addr\.? ?[:])?'
        '(?i:{{ is_place_separator() }}|(?:邮编|邮政编码|zip|postcode|post code)[: ]*|[0-9]{6}\b|中华人民共和国|中国大陆|中国|people''?s republic of china\b|china\b|p\.?\s?r\.?\s?china\b|p\.?r\.?c\.?\b|cn\b)*',
        ''
    )
{%- endmacro -%}

{#- Every name of `path` with which the column `key` of `rows` begins, with the regions it stands for. -#}
{%- macro region_hits(rows, key) -%}
    select
        prefix.*,
        path.codes as hit_codes,
        path.names,
        path.length as hit_length,
        path.kind as hit_kind,
        path.is_named_by_city,
        path.is_old as is_hit_old,
        substr(prefix.{{ key }}, path.length + 1, 4) as after_hit
    from (
        select *, unnest(range(2, least(length({{ key }}), 25) + 1)) as prefix_length
        from {{ rows }}
    ) as prefix
    inner join path on substr(prefix.{{ key }}, 1, prefix.prefix_length) = path.path
    where
        not {{ is_part_of_longer_name("path.kind", "substr(prefix." ~ key ~ ", path.length + 1, 4)") }}
{%- endmacro -%}

{#-
    Common table expressions that read the regions of texts. The last, region_reading, has one row per text:
    raw, body (tidied text), noise (what stood before it), is_plain (the body needs no tidying), code (the region that is sure),
    candidates (all that fit, where there are several), first and used (where in the first 60 characters of the body, counted without
    separators, the names of regions begin, and how long they are), is_bare (there are no such separators), is_old (a name of former
    times), conflict (province, city, county: a region behind that does not fit).
    `texts` names a CTE of raw, text and is_plain; text is folded, simplified, without invisible characters.
-#}
{%- macro region_reading(texts) -%}
path as materialized (

    select * from {{ ref("region_path") }}

),

-- without a label, a country and a postcode before the first name
bared as (

    select
        raw,
        text,
        if(
            is_plain and left(text, 2) not in ('中国', '中华', '地址', '位于', '坐落', '座落', '地处'),
            text,
            {{ without_place_noise("text") }}
        ) as bared,
        is_plain
    from {{ texts }}

),

-- without words that stand where there is no city to name
bodied as (

    select
        raw,
        is_plain,
        left(text, length(text) - length(bared)) as noise,
        if(
            regexp_matches(bared, '辖|直管|兵团|^..市县|^\p{Han}{2,12}\([A-Za-z]'),
            regexp_replace(
                regexp_replace(regexp_replace(bared, '^(\p{Han}{2,12})\([A-Za-z'' ]+\)', '\1'), '市辖[区县]|(?:省|自治区)?直(?:辖|管)县?级?(?:行政)?(?:区划|单位|县)?|(?:生产)?建设兵团(?:第?[一二三四五六七八九十0-9]{1,3}师)?|兵团第?[一二三四五六七八九十0-9]{1,3}师', '', 'g'),
                '^(重庆|北京|上海|天津)(市?)[ ,/|-]*市?县', '\1\2'
            ),
            bared
        ) as body
    from bared

),

keyed as (

    select
        raw,
        body,
        noise,
        is_plain,
        if(
            is_plain,
            left(body, 60),
            regexp_replace(left(body, 60), '{{ is_place_separator() }}', '', 'g')
        ) as key
    from bodied

),

final_path as materialized (

    select path, codes[1] as code, length, is_old, names from path
    where is_final

),

-- most texts begin with the full name of a county, once: one lookup settles them; not so 芒市路, 沙县小吃
-- (an outer join on more than equality would compare every text with every path)
found_path as (

    select
        keyed.*,
        final_path.code as found_code,
        final_path.length as found_length,
        final_path.is_old as found_is_old,
        final_path.names as found_names,
        coalesce(
            final_path.length > 4
            or not {{ is_part_of_longer_name("'full'", "substr(keyed.key, final_path.length + 1, 4)") }},
            false
        ) as is_place
    from keyed
    left join final_path on {{ official_opening("keyed.key") }} = final_path.path

),

looked_up as (

    select
        * exclude (found_code, found_length, found_is_old, found_names, is_place),
        if(is_place, found_code, null) as code,
        if(is_place, found_length, null) as used,
        if(is_place, found_is_old, null) as is_old,
        if(is_place, found_names, null) as names
    from found_path

),

opened as materialized (

    select
        raw,
        body,
        noise,
        is_plain,
        code,
        used,
        is_old,
        if(is_settled, null, names) as names,
        starts_with(body, key) as is_bare,
        if(is_settled, null, key) as key
    from (
        select
            *,
            used is not null and (length(key) <= used + 1 or not contains(names, substr(key, used + 1, 2))) as is_settled
        from looked_up
    ) as settled

),

unopened as (

    select raw, body, noise, key
    from opened
    where used is null

),

first_hit as (

    {{ region_hits("unopened", "key") }}

),

first_choice as materialized (

    select
        raw,
        arg_max(
            {'codes': hit_codes, 'used': if(hit_kind = 'zone', 0, hit_length), 'is_old': is_hit_old, 'names': names},
            hit_length
        ) as hit
    from first_hit
    group by raw

),

-- the region stands further behind: after the name of a company or a building
lost as materialized (

    select unopened.raw, unopened.key
    from unopened
    anti join first_choice on unopened.raw = first_choice.raw
    where regexp_matches(unopened.key, '[省市州盟]')

),

inner_name as (

    select
        marked.raw,
        min(marked.stop - marked.n + 1) as first
    from (
        select raw, key, stop, unnest(range(3, 10)) as n
        from (
            select
                raw,
                key,
                unnest([
                    length(regexp_extract(key, '^[^省市州盟]*[省市州盟]')),
                    length(regexp_extract(key, '^[^省市州盟]*[省市州盟][^省市州盟]*[省市州盟]'))
                ]) as stop
            from lost
        ) as ending
    ) as marked
    inner join path on substr(marked.key, greatest(marked.stop - marked.n + 1, 1), marked.n) = path.path
    where
        marked.stop > marked.n
        and path.kind = 'full'
        and len(path.codes) = 1
        and path.codes[1] like '%00'
    group by marked.raw

),

inner_key as (

    select
        lost.raw,
        inner_name.first,
        substr(lost.key, inner_name.first) as inner_key
    from lost
    inner join inner_name on lost.raw = inner_name.raw

),

inner_hit as (

    {{ region_hits("inner_key", "inner_key") }}

),

inner_choice as (

    select
        raw,
        arg_max({'codes': hit_codes, 'used': hit_length, 'first': first, 'is_old': is_hit_old, 'names': names}, hit_length) as hit
    from inner_hit
    where hit_kind = 'full' and (hit_length >= 5 or hit_codes[1] not like '%00')
    group by raw

),

begun as (

    select raw, body, noise, key, [code] as codes, 1 as first, used, is_old, names from opened
    where used is not null and key is not null

    union all

    select
        unopened.raw,
        unopened.body,
        unopened.noise,
        unopened.key,
        coalesce(first_choice.hit.codes, inner_choice.hit.codes) as codes,
        coalesce(inner_choice.hit.first, 1) as first,
        coalesce(first_choice.hit.used, inner_choice.hit.used) as used,
        coalesce(first_choice.hit.is_old, inner_choice.hit.is_old) as is_old,
        coalesce(first_choice.hit.names, inner_choice.hit.names) as names
    from unopened
    left join first_choice on unopened.raw = first_choice.raw
    left join inner_choice on unopened.raw = inner_choice.raw

),

read_0 as materialized (

    select
        *,
        {{ common_region("codes") }} as code,
        null as conflict,
        used is not null and length(key) > first + used
        and (
            {{ common_region("codes") }} is null
            or len(codes) > 1
            or codes[1] like '%00'
            or contains(names, substr(key, first + used, 2))
        ) as is_open
    from begun

),
{% for turn in (1, 2) %}
pending_{{ turn }} as materialized (

    select *, substr(key, first + used, 30) as tail
    from read_{{ turn - 1 }}
    where is_open

),

hit_{{ turn }} as (

    select
        *,
        case
            when code is null or len(codes) > 1
                then list_filter(codes, lambda c: starts_with(c, {{ region_stem("hit_codes[1]") }}))
            else list_filter(
                hit_codes,
                lambda c: starts_with(c, {{ region_stem("code") }}) or starts_with(code, {{ region_stem("c") }})
            )
        end as fits
    from (
        {{ region_hits("pending_" ~ turn, "tail") }}
    )
    where
        hit_kind = 'full'
        or hit_kind in ('town', 'district') and is_named_by_city and hit_length >= 4
        or hit_kind in ('short', 'town')
        and (
            regexp_matches(after_hit, '^(?:经济|高新|高科|工业|科技园|技术|国家|综合|保税|出口|新区|开发|自贸|自由|$)')
            or {{ stands_alone("hit_length") }}
        )

),

choice_{{ turn }} as (

    select
        raw,
        arg_max(
            {
                'fits': fits,
                'used': hit_length,
                'conflict': case
                    when len(fits) > 0 or code is null then null
                    when hit_kind <> 'full' and {{ is_second_region() }}
                        then case
                                when not list_contains(list_transform(hit_codes, lambda c: left(c, 2)), left(code, 2)) then 'province'
                                when is_named_by_city then 'city'
                            end
                    when hit_kind <> 'full' or hit_length < 3 then null
                    when not list_contains(list_transform(hit_codes, lambda c: left(c, 2)), left(code, 2))
                        then if(is_named_by_city, 'province', 'county')
                    when is_named_by_city and not regexp_full_match(left(tail, hit_length::integer), '.{1,5}市' ) then 'city'
                    when hit_codes[1] like '%00' then 'city'
                    else 'county'
                end,
                'hit_codes': hit_codes,
                'is_old': is_hit_old
            },
            hit_length + if(len(fits) > 0, 100, 0)
        ) as hit
    from hit_{{ turn }}
    group by raw

),

read_{{ turn }} as (

    select
        *,
        {{ common_region("codes") }} as code,
        coalesce(has_moved, false) and length(key) > first + used and {{ turn }} < 2 as is_open
    from (
        select
            pending.raw,
            pending.body,
            pending.noise,
            pending.key,
            case
                when len(hit.fits) = 1 and (pending.code is null or length({{ region_stem("hit.fits[1]") }}) > length({{ region_stem("pending.code") }}))
                    then hit.fits
                when len(pending.codes) > 1 and len(hit.fits) > 0 then hit.fits
                when hit.conflict in ('province', 'city') then list_sort(list_distinct(pending.codes || hit.hit_codes))
                else pending.codes
            end as codes,
            pending.first,
            pending.used + if(len(hit.fits) > 0, hit.used, 0) as used,
            coalesce(pending.conflict, hit.conflict) as conflict,
            pending.is_old or coalesce(len(hit.fits) > 0 and hit.is_old, false) as is_old,
            len(hit.fits) > 0 as has_moved
        from pending_{{ turn }} as pending
        left join choice_{{ turn }} as choice on pending.raw = choice.raw
    )

),
{% endfor %}
region_reading as (

    select
        raw,
        body,
        noise,
        is_plain,
        is_bare,
        code,
        null as candidates,
        1 as first,
        used,
        is_old,
        null as conflict
    from opened
    where used is not null and key is null
    {% for turn in (0, 1, 2) %}
    union all
    select
        raw,
        body,
        noise,
        false as is_plain,
        starts_with(body, key) as is_bare,
        if(conflict = 'province', null, code) as code,
        if(len(codes) > 1, codes, null) as candidates,
        first,
        used,
        is_old,
        conflict
    from read_{{ turn }}
    where not is_open
    {% endfor %}

)
{%- endmacro -%}

{#- True of the name at the beginning of `tail` if the body sets it apart: 广东,杭州,文三路. -#}
{%- macro stands_alone(length) -%}
    (
        not starts_with(body, key)
        and list_contains(regexp_split_to_array(body, '[,/|;、]+'), left(tail, {{ length }}::integer))
    )
{%- endmacro -%}

{#-
    True of a short name behind a province or city that does not fit it, if it is meant as a region: it ends the text or its part
    (广东|杭州), or names a city and its county (江苏上海浦东), but not a shop or a park (湖北浙江义乌商品城).
-#}
{%- macro is_second_region() -%}
    (
        suffix(code, '00')
        and (
            after_hit = ''
            or hit_kind in ('town', 'district')
            and is_named_by_city
            and hit_length >= 4
            and not regexp_matches(
                substr(tail, hit_length::integer + 1, 8),
                '店|馆|楼|大厦|商会|同乡|公司|集团|[商工产][^路街道]{0,3}[城园]|市场|专卖|鸡|鸭|鱼|面|菜'
            )
            or {{ stands_alone("hit_length") }}
        )
    )
{%- endmacro -%}

{#- Half-width, simplified, without invisible characters and without spaces between Chinese words. -#}
{%- macro tidy_place(text) -%}
    {{ without_spaces(to_simplified(drop_invisible(fold_width(text)))) }}
{%- endmacro -%}

{%- macro without_spaces(text) -%}
    case
        when regexp_matches({{ text }}, '[\s\x{00a0}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}]')
            then trim(
                regexp_replace(
                    regexp_replace(
                        regexp_replace({{ text }}, '[\s\x{00a0}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}]+', ' ', 'g'),
                        '(\p{Han}) ', '\1', 'g'
                    ),
                    ' (\p{Han})', '\1', 'g'
                )
            )
        else {{ text }}
    end
{%- endmacro -%}

{#- What stands before and after the names of regions in a body; the key may lack the separators of the body. -#}
{%- macro around_regions(reading) -%}
    case
        when {{ reading }}.used is null then {{ reading }}.body
        when {{ reading }}.is_bare
            then if(
                {{ reading }}.first = 1,
                substr({{ reading }}.body, 1 + {{ reading }}.used),
                {{ outer_words("left(" ~ reading ~ ".body, " ~ reading ~ ".first - 1)") }}
                || substr({{ reading }}.body, {{ reading }}.first + {{ reading }}.used)
            )
        when {{ reading }}.first = 1
            then substr({{ reading }}.body, {{ place_in_body(reading, "1 + " ~ reading ~ ".used") }})
        else
            {{ outer_words(
                "trim(left(" ~ reading ~ ".body, " ~ place_in_body(reading, reading ~ ".first") ~ " - 1), '" ~ place_separators() ~ "')"
            ) }}
            || substr({{ reading }}.body, {{ place_in_body(reading, reading ~ ".first + " ~ reading ~ ".used") }})
    end
{%- endmacro -%}

{#- What stands before a region; the names of provinces in Latin letters say nothing new there (Guangdong深圳市). -#}
{%- macro outer_words(text) -%}
    regexp_replace(
        {{ text }},
        '(?i)^[ ,]*(?:(?:guangdong|guangxi|jiangsu|zhejiang|shandong|shanxi|shaanxi|sichuan|hubei|hunan|henan|hebei|fujian|jiangxi|anhui|yunnan|guizhou|liaoning|jilin|heilongjiang|gansu|qinghai|hainan|ningxia|xinjiang|tibet|xizang|inner mongolia|beijing|shanghai|tianjin|chongqing)(?: province)?[ ,]*)+$',
        ''
    )
{%- endmacro -%}

{#- Where in the body the n-th character of its key stands. -#}
{%- macro place_in_body(reading, n) -%}
    coalesce(
        list_filter(
            range(1, 61),
            lambda i: not contains('{{ place_separators() }}', substr({{ reading }}.body, i, 1))
        )[{{ n }}],
        length({{ reading }}.body) + 1
    )
{%- endmacro -%}

{#- Chinese numbers of houses, floors and rooms to digits: 二十三号 to 23号, 一二〇三室 to 1203室. 五一路 stays. -#}
{%- macro numbered_houses(text) -%}
    {%- set number = "[零〇一二三四五六七八九十百两]" -%}
    {%- set unit = "(?:号|栋|幢|座|楼|层|室|房|单元|期|弄|组|队|排)" -%}
    case
        when not regexp_matches({{ text }}, '{{ number }}{{ unit }}') then {{ text }}
        -- one number of one character
        when not regexp_matches({{ text }}, '{{ number }}[^零〇一二三四五六七八九十百两]*{{ number }}|[十百]')
            then translate({{ text }}, '零〇一二三四五六七八九两', '001234567892')
        else
            array_to_string(
                list_transform(
                    regexp_extract_all(
                        {{ text }}, '{{ number }}{1,7}{{ unit }}|{{ number }}+|[^零〇一二三四五六七八九十百两]+'
                    ),
                    lambda p: case
                        when strpos('零〇一二三四五六七八九十百两', left(p, 1)) = 0
                            or strpos('零〇一二三四五六七八九十百两', right(p, 1)) > 0
                            then p
                        when length(p) = 2 and strpos('十百', left(p, 1)) = 0
                            then substr('001234567892', strpos('零〇一二三四五六七八九两', left(p, 1)), 1) || right(p, 1)
                        else
                            {{ chinese_count("rtrim(p, '号栋幢座楼层室房单元期弄组队排')") }}
                            || ltrim(p, '零〇一二三四五六七八九十百两')
                    end
                ),
                ''
            )
    end
{%- endmacro -%}

{%- macro chinese_count(number) -%}
    {%- set digits -%}
        translate({{ number }}, '零〇一二三四五六七八九两', '001234567892')
    {%- endset -%}
    case
        when regexp_matches({{ number }}, '[十百]')
            then (
                coalesce(try_cast(regexp_extract({{ digits }}, '([0-9])百', 1) as integer), 0) * 100
                + case
                    when regexp_matches({{ digits }}, '(^|百)十') then 10
                    else coalesce(try_cast(regexp_extract({{ digits }}, '([0-9])十', 1) as integer), 0) * 10
                end
                + coalesce(try_cast(regexp_extract({{ digits }}, '([0-9])$', 1) as integer), 0)
            )::varchar
        else {{ digits }}
    end
{%- endmacro -%}

{#- One way of writing houses, floors and rooms: 幢, 号楼 and 栋, 层 and 楼, 房 and 室 are the same words; no punctuation. -#}
{%- macro house_key(text) -%}
    case
        when regexp_matches({{ text }}, '[幢层房]|号[楼栋]')
            then regexp_replace(
                regexp_replace(replace({{ text }}, '层', '楼'), '号楼|幢|号栋', '栋', 'g'), '房间|号房|房', '室', 'g'
            )
        else {{ text }}
    end
{%- endmacro -%}

{#- Lower case without punctuation and spaces; No.18, 3# and 5F as Chinese writes them. -#}
{%- macro bare_key(text) -%}
    case
        when not regexp_matches({{ text }}, '[^\p{Han}0-9]') then {{ text }}
        when contains({{ text }}, '#') or regexp_matches({{ text }}, '(?i)\bno|[0-9]/?f\b')
            then regexp_replace(
                regexp_replace(
                    regexp_replace(
                        regexp_replace(lower({{ text }}), '\bno\.? ?([0-9]+)', '\1号', 'g'), '([0-9])#[楼栋]?', '\1栋', 'g'
                    ),
                    '([0-9])/?f\b', '\1楼', 'g'
                ),
                '[^\pL\pN]+', '', 'g'
            )
        else regexp_replace(lower({{ text }}), '[^\pL\pN]+', '', 'g')
    end
{%- endmacro -%}

{#-
    Common table expressions that read regions written in Latin letters, by words: Nanshan District, Shenzhen, Guangdong.
    `bodies` names a CTE of raw and body. The last, latin_reading, has a row per text that names a region: raw, code (the region that
    is sure), candidates (all that fit, where there are several), is_conflict (two provinces), rest (the words that name no region).
-#}
{%- macro latin_region_reading(bodies) -%}
latin_word as materialized (

    select
        raw,
        words,
        list_transform(
            words,
            lambda w: regexp_replace(lower(strip_accents(w)), '[^a-z0-9\x{4e00}-\x{9fff}]', '', 'g')
        ) as keys
    from (
        select
            raw,
            regexp_extract_all(
                regexp_replace(
                    regexp_replace(
                        regexp_replace(substr(body, 1, 300), '(\pL{3})/', '\1/ ', 'g'),
                        '(?i)[ ,]+(?:the )?(?:people.?s republic of china|p\.? ?r\.? ?c(?:hina)?|china)(?: ?\(mainland\))?\.?([ ,]*[0-9]{6})?[ .]*$', '\1'
                    ),
                    '(\p{Han}+)', ' \1 ', 'g'
                ),
                '[^\s,|;>]+(?: *[,|;>]+)*'
            ) as words
        from {{ bodies }}
    ) as split

),

-- one to three words that may name a region, and the words behind them
latin_phrase as (

    select
        raw,
        position,
        n,
        array_to_string(list_slice(keys, position, position + n - 1), '') as form,
        coalesce(keys[position + n], '') as after_1,
        coalesce(keys[position + n + 1], '') as after_2,
        regexp_matches(words[position + n - 1], '[,|/;>]$') as is_closed
    from (
        select raw, words, keys, position, unnest([1, 2, 3]) as n
        from (
            select raw, words, keys, unnest(range(1, len(keys) + 1)) as position
            from latin_word
        ) as start
    ) as word
    where
        position + n - 1 <= len(keys)
        -- no separator inside
        and not regexp_matches(array_to_string(list_slice(words, position, position + n - 2), ' '), '[,|/;>]')

),

latin_form as (

    select
        pinyin.form,
        pinyin.region_code as code,
        region.level
    from {{ ref("region_pinyin") }} as pinyin
    inner join {{ ref("region_code") }} as region on pinyin.region_code = region.region_code

    union all

    select path.path as form, unnest(path.codes) as code, 'path' as level
    from {{ ref("region_path") }} as path
    where path.kind not in ('zone', 'bare')

),

latin_hit as materialized (

    select
        phrase.raw,
        phrase.position,
        phrase.n,
        phrase.is_marked,
        latin_form.code,
        case
            when latin_form.level <> 'path' then latin_form.level
            when latin_form.code like '%0000' then 'province'
            when latin_form.code like '%00' then 'city'
            else 'county'
        end as level
    from (
        select
            *,
            not is_closed and regexp_full_match(after_1, '{{ latin_kind("any") }}') as is_marked
        from latin_phrase
    ) as phrase
    inner join latin_form on phrase.form = latin_form.form
    where
        -- 100 Nanjing East Road, Beijing Hotel
        (
            phrase.is_closed
            or not (
                regexp_full_match(phrase.after_1, '{{ latin_road() }}')
                or regexp_full_match(
                    phrase.after_1,
                    'east|west|north|south|middle|e|w|n|s|dong|xi|nan|bei|zhong|central|first|second|third|1st|2nd|3rd'
                )
                and regexp_full_match(phrase.after_2, '{{ latin_road() }}')
            )
        )
        and case
            when phrase.is_closed or latin_form.level = 'path' then true
            when regexp_full_match(phrase.after_1, '{{ latin_kind("province") }}')
                then latin_form.level = 'province'
                    or regexp_full_match(phrase.after_1, 'autonomous|zizhiqu') and latin_form.level <> 'county'
            when regexp_full_match(phrase.after_1, '{{ latin_kind("county") }}') then latin_form.level = 'county'
            when regexp_full_match(phrase.after_1, '{{ latin_kind("city") }}')
                then latin_form.level <> 'province' or latin_form.code in ('110000', '120000', '310000', '500000')
            when regexp_full_match(phrase.after_1, '{{ latin_kind("prefecture") }}') then latin_form.level = 'city'
            else true
        end

),

latin_province as (

    select
        raw,
        hits,
        list_sort(list_distinct(list_transform(
            list_filter(hits, lambda h: h.level = 'province'), lambda h: left(h.code, 2)
        ))) as provinces,
        list_transform(list_filter(hits, lambda h: h.level = 'province'), lambda h: h.position) as province_positions
    from (
        select
            raw,
            list({'position': position, 'n': n, 'is_marked': is_marked, 'code': code, 'level': level}) as hits
        from latin_hit
        group by raw
    ) as gathered

),

-- Jilin is the province where it stands once
latin_city as (

    select
        *,
        list_filter(
            hits,
            lambda h: h.level = 'city'
            and (len(provinces) = 0 or list_contains(provinces, left(h.code, 2)))
            and (
                len(list_distinct(province_positions)) > 1
                or h.is_marked
                or not list_contains(province_positions, h.position)
            )
        ) as city_hits
    from latin_province

),

latin_county as (

    select
        *,
        list_sort(list_distinct(list_transform(city_hits, lambda h: h.code))) as cities,
        list_sort(list_distinct(list_transform(
            list_filter(
                hits,
                lambda h: h.level = 'county'
                and (len(provinces) = 0 or list_contains(provinces, left(h.code, 2)))
                and (
                    len(city_hits) = 0
                    or len(list_filter(city_hits, lambda c: left(c.code, 4) = left(h.code, 4))) > 0
                )
                and (h.is_marked or not list_contains(province_positions, h.position))
                -- one word is not both the city and its county
                and (
                    h.is_marked
                    or len(list_filter(city_hits, lambda c: c.position = h.position)) = 0
                )
                and (len(provinces) > 0 or len(city_hits) > 0 or h.is_marked)
            ),
            lambda h: h.code
        ))) as counties
    from latin_city

),

latin_choice as (

    select
        *,
        list_distinct(flatten(list_transform(
            list_filter(
                hits, lambda h: len(list_filter(codes, lambda c: starts_with(c, {{ region_stem("h.code") }}))) > 0
            ),
            lambda h: range(h.position, h.position + h.n)
        ))) as covered
    from (
        select
            raw,
            hits,
            case
                when len(provinces) > 1 then list_transform(provinces, lambda p: p || '0000')
                when len(counties) = 1 then counties
                when len(cities) > 0 then cities
                when len(counties) > 0 then counties
                else list_transform(provinces, lambda p: p || '0000')
            end as codes,
            len(provinces) > 1 as is_conflict
        from latin_county
    ) as chosen
    where len(codes) > 0

),

latin_reading as (

    select
        choice.raw,
        if(choice.is_conflict, null, {{ common_region("choice.codes") }}) as code,
        if(len(choice.codes) > 1, choice.codes, null) as candidates,
        choice.is_conflict,
        array_to_string(
            list_transform(
                list_filter(
                    range(1, len(word.words) + 1),
                    lambda i: not list_contains(choice.covered, i)
                    and not (
                        list_contains(choice.covered, i - 1)
                        and regexp_full_match(word.keys[i], '{{ latin_kind("any") }}')
                    )
                    and not (
                        list_contains(choice.covered, i - 2)
                        and regexp_full_match(
                            word.keys[i - 1] || word.keys[i],
                            'autonomous(?:region|prefecture|county)|newarea|zizhi(?:zhou|qu|xian)|specialadministrative'
                        )
                    )
                    and not (
                        list_contains(choice.covered, i - 3)
                        and word.keys[i - 2] || word.keys[i - 1] || word.keys[i] = 'specialadministrativeregion'
                    )
                    and not regexp_full_match(word.keys[i], 'prc|prchina|cn|[0-9]{6}|')
                ),
                lambda i: word.words[i]
            ),
            ' '
        ) as rest
    from latin_choice as choice
    inner join latin_word as word on choice.raw = word.raw

)
{%- endmacro -%}

{%- macro latin_kind(kind) -%}
    {%- set kinds = {
        "province": "province|prov|sheng|autonomous|zizhiqu|region",
        "city": "city|shi|municipality",
        "prefecture": "prefecture|zhou|zizhizhou|diqu|league|meng",
        "county": "district|dist|qu|county|xian|banner|qi|newarea|xinqu|new",
    } -%}
    {{- (kinds.values() | join("|")) if kind == "any" else kinds[kind] -}}
{%- endmacro -%}

{%- macro latin_road() -%}
    roads?|rd|street|st|str|avenue|ave|av|lu|jie|dajie|dadao|boulevard|blvd|lane|hutong|highway|expressway|hotel|building|bldg|plaza|tower|mansion|university|college|hospital|village|square|park|bank|bridge|town|zhen|gardens?|international|restaurant|club|house|center|centre|road.*|station
{%- endmacro -%}

{#- Punctuation that ends nothing and begins nothing: an opening bracket may begin a rest, a closing one end it. -#}
{%- macro rest_edges() -%}
    ' ,/|\·•・>;:、，。.~_=+*&!?"''`^-–—‐‑−－]】」』}→'
{%- endmacro -%}

{#- How an address was destroyed on its way, as a reason; null where it was not. -#}
{%- macro damaged_place_reason(text) -%}
    case
        when not regexp_matches({{ text }}, '\*\*|×××|[xX]{4}|�|锟斤拷|\?\?\?|[ÃÂ][\x{0080}-\x{00bf}]|###') then null
        when regexp_matches({{ text }}, '�|锟斤拷|\?\?\?|[ÃÂ][\x{0080}-\x{00bf}]') then 'mojibake'
        when contains({{ text }}, '###') then 'spreadsheet_error'
        else 'masked'
    end
{%- endmacro -%}

{#- Why a text that names no region is no address that can be used, as a reason. -#}
{%- macro unread_place_reason(text) -%}
    case
        when {{ is_spreadsheet_error(text) }} then 'spreadsheet_error'
        when {{ is_mojibake(text) }} or starts_with({{ text }}, '???') then 'mojibake'
        when {{ says_missing("lower(" ~ text ~ ")") }} then 'missing'
        when regexp_full_match({{ text }}, '[0-9](?:\.[0-9]+)?[eE]\+?[0-9]+') then 'scientific_notation'
        when {{ says_placeholder("lower(" ~ text ~ ")") }} then 'placeholder'
        when regexp_full_match(
            {{ text }},
            '(?i)请选择.*|请填写.*|请输入.*|(?:详细|公司|联系)?地址|省市区.*|测试.*|test.*|地球|火星|某某.*|abc|asdf.*|同(?:上|公司|注册地址|注册地).*|见(?:名片|附件|备注)|其他|其它|全国|不限|国内|中国|china'
        ) then 'placeholder'
        when not regexp_matches({{ text }}, '\pL{2}') or regexp_matches({{ text }}, '(?i)@|https?:|www\.') then 'not_an_address'
        when regexp_matches(
            {{ text }},
            '(?i)^(?:日本|美国|韩国|英国|德国|法国|意大利|俄罗斯|加拿大|澳大利亚|澳洲|新西兰|新加坡|马来西亚|泰国|越南|印度|印尼|菲律宾|缅甸|柬埔寨|老挝|蒙古国|朝鲜|巴西|墨西哥|南非|埃及|阿联酋|迪拜|西班牙|荷兰|瑞士|瑞典|比利时|土耳其|巴基斯坦|孟加拉)'
            || '|\b(?:usa|u\.s\.a\.?|united states|japan|korea|uk|united kingdom|england|germany|france|italy|russia|canada|australia|new zealand|singapore|malaysia|thailand|vietnam|india|indonesia|philippines|brazil|mexico|uae|dubai|spain|netherlands|switzerland|turkey)[. 0-9]*$'
        ) then 'foreign'
        else 'unknown'
    end
{%- endmacro -%}
