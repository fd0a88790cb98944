{#- its loops render every branch, so one rendering shows all there is to lint:
-- sqlfluff:render_variant_limit:1
#}
{{
    config(
        materialized="incremental",
        incremental_strategy="delete+insert",
        unique_key="raw",
        on_schema_change="append_new_columns",
    )
}}

{%- set industries = company_industries() -%}
{%- set specialities = company_alternatives(company_specialities()) -%}

{#- what cannot be the name of a company; takes the folded text #}
{%- set refusal -%}
    case
        when {{ is_spreadsheet_error("text") }} then 'spreadsheet_error'
        when
            {{ is_mojibake("text") }}
            or regexp_matches(text, '\?{2,}|[\x{00c0}-\x{00ff}][\x{0080}-\x{00bf}]|[äåæçèéï][\x{0080}-\x{00ff}„…†‡ˆ‰Š‹Œ‘’“”•–—˜™š›œžŸ¡-¿]')
            then 'mojibake'
        when {{ says_missing("lower(text)") }} or regexp_full_match(text, '[\s—–_…-]*') then 'missing'
        when regexp_full_match(text, '[''"=]*[+]?\d([.]\d+)?[eE][+]?\d{1,3}[''"]*') then 'scientific_notation'
        when regexp_matches(text, '[*＊●•■□]{2,}') then 'masked'
        when
            {{ says_placeholder("lower(text)") }} or regexp_full_match(lower(text), '{{ company_placeholders() }}')
            then 'placeholder'
        when
            not regexp_matches(text, '\pL')
            or regexp_full_match(text, '(?:电话|手机|联系电话|座机|传真|(?i:tel|phone|mobile|fax))[:. ]*[0-9+() /-]*')
            then
                if(
                    regexp_matches(text, '\d')
                    and length(regexp_replace(text, '[^0-9]', '', 'g')) between 7 and 15
                    and not regexp_full_match(text, '(?:19|20)\d\d[-/.年]\d{1,2}[-/.月]\d{1,2}.{0,12}'),
                    'looks_like_phone',
                    'no_letters'
                )
        when regexp_full_match(text, '\S+@\S+[.]\w+') then 'looks_like_email'
        when regexp_full_match(lower(text), '(?:https?://|www[.])\S+') then 'looks_like_website'
        when regexp_full_match(text, '[0-9A-Za-z]{2}\d{6}[0-9A-Za-z]{10}') then 'looks_like_code'
        when regexp_full_match(text, '{{ company_persons() }}') then 'looks_like_person'
        end
{%- endset %}

-- noqa: disable=LT02,LT05,LT14,AL05
-- (lines that loops and macros write have no indent of their own; patterns are long)

with

source as (

    {{ values_to_read("company_name") }}

),

legal_form as (

    select * from (values {{ company_forms("rows") }}) as form (legal_form, legal_form_code)

),

legal_form_en as (

    select * from (values {{ company_forms_en("rows") }}) as form (letters, legal_form, legal_form_code, form_key)

),

place as (

    select
        start,
        places
    from {{ ref("company_region") }}

),

place_en as (

    select
        form,
        region_code
    from {{ ref("company_region_en") }}

),

-- unnest keeps the filters here: DuckDB would apply a `where` after the work of all the steps below
chinese_source as (

    select unnest(if(regexp_matches(raw, '\p{Han}'), [raw], [])) as raw
    from source

),

latin_source as (

    select unnest(if(regexp_matches(raw, '\p{Han}'), [], [raw])) as raw
    from source

),

bracketed_alike as (

    select
        raw,
        trim(if(contains(raw, '(') or contains(raw, ')'), replace(replace(raw, '(', '（'), ')', '）'), raw)) as text
    from chinese_source

),

-- is_plain: simplified characters in tidy writing, of a length that no placeholder has
seen as (

    select
        raw,
        text,
        length(text) > 8
        and not regexp_matches(
            text, '^(?:[^\p{Han}]|请)|[^\p{Han}（）A-Z0-9]|锟斤拷|烫烫烫|屯屯屯|^[^（]*）|（[^）]*$|[{{ traditional_characters() }}]'
        ) as is_plain
    from bracketed_alike

),

folded as (

    select
        raw,
        is_plain,
        -- one company and nothing else
        is_plain and ends_with(text, '有限公司') and not contains(left(text, length(text) - 4), '有限') as is_regular,
        case
            when is_plain then text
            else {{ company_folded("raw") }}
        end as text
    from seen

),

-- what cannot be the name of a company
judged as (

    select
        raw,
        is_plain,
        is_regular,
        text,
        if(is_plain, null, {{ refusal }}) as refused
    from folded

),

-- persons behind the name, an English name before it
alone as (

    select
        * exclude (text),
        text as all_text,
        case
            when is_plain or refused is not null then text
            else {{ company_alone("text") }}
        end as text
    from judged

),

-- one writing: brackets of every kind, a space only between two words in Latin letters
tidied as (

    select
        raw,
        is_plain,
        is_regular,
        refused,
        case
            when is_plain then text
            when refused is null
                then regexp_replace(
                    {{ company_tidy("text") }},
                    '^[ .,;:、，。；：*!?_‘’·&/+|—{{ company_decoration() }}-]+|[ ,;:、，。；：*!?_‘’·&/+|—{{ company_decoration() }}-]+$', '', 'g'
                )
        end as tidy,
        text = all_text as is_alone
    from alone

),

signed as (

    select
        *,
        case
            when is_regular then false
            when is_plain then regexp_matches(tidy, '(?:{{ company_note_signs() }})')
            else true
        end as has_sign
    from tidied

),

noted as (

    select
        *,
        case when has_sign then {{ company_without_notes("tidy") }} else tidy end as without_notes
    from signed

),

-- a name that its cell holds twice
single as (

    select
        * exclude (without_notes, has_sign),
        case when has_sign then {{ company_once("without_notes") }} else without_notes end as without_notes
    from noted

),

named as (

    select
        raw,
        is_plain,
        is_regular,
        refused,
        is_alone and tidy = without_notes as is_without_notes,
        without_notes,
        case
            when is_regular then without_notes
            when regexp_matches(without_notes, '(?:{{ company_departments() }}|..有限(?:公|[责責](?:任公?)?)?)$')
                then regexp_replace(
                    regexp_replace(
                        regexp_replace(
                            without_notes,
                            '(公司|集团|医院|学校|大学|学院|厂|酒店|中心|银行)[-—_ ]?(?:{{ company_departments() }})$', '\1'
                        ),
                        '(..有限[责責])任?公?$', '\1任公司'
                    ),
                    '(..有限)公?$', '\1公司'
                )
            else without_notes
        end as name
    from single

),

simplified as (

    select
        raw,
        name,
        is_regular,
        refused,
        case
            when is_regular then null
            when length(name) > length(without_notes) then 'form_cut_off'
            when not is_without_notes then 'note_removed'
            when name != without_notes then 'department_removed'
        end as removed,
        case
            when is_plain then name
            else {{ to_simplified("name") }}
        end as simple
    from named

),

written as (

    select
        raw,
        name,
        removed,
        is_regular,
        case
            when is_regular then null
            when refused is not null then refused
            when length(name) < 2 then 'too_short'
            when length(name) <= 12 and regexp_full_match(lower(name), '{{ company_placeholders() }}') then 'placeholder'
            when
                regexp_matches(
                    simple,
                    '有限(?:责任)?公司(?:.+有限(?:责任)?公司）?|[/、;,|+&]..+)$|(?:公司|厂|店|部|行|社|医院|中心)[/、;,|+][^/、;,|+]+(?:公司|厂|店|部|行|社|院|中心)$'
                )
                then 'several_names'
        end as refused,
        simple
    from simplified

),

parted as (

    select
        raw,
        name,
        removed,
        is_regular,
        refused,
        simple,
        case
            when refused is not null then null
            when is_regular then simple
            -- a Japanese form stands first or last
            when contains(simple, '会社') then regexp_replace(simple, '^((?:株式|有限|合同)会社)(..+)$', '\2\1')
            else simple
        end as chinese
    from written

),

-- a name that leaves out the company's form: where its branch is tells where the company's name ends
placed_branch as (

    select
        short.raw,
        max_by(region.form, length(region.form)) as place
    from (
        select raw, left(chinese, length(chinese) - 3) as before, unnest(range(2, 8)) as size
        from parted
        where ends_with(chinese, '分公司') and not contains(left(chinese, length(chinese) - 3), '公司') and not is_regular
    ) as short
    inner join {{ ref("region_form") }} as region on right(short.before, short.size) = region.form
    where length(short.before) - short.size >= 4
    group by short.raw

),

-- the company and the branch that the name adds to it
branched as (

    select
        parted.*,
        case
            when is_regular then null
            when placed_branch.place is not null
                then
                    struct_pack(
                        parent := left(chinese, length(chinese) - 3 - length(placed_branch.place)),
                        branch := placed_branch.place || '分公司'
                    )
            when not regexp_matches(chinese, '(?:{{ company_branches() }})）?$|公司.*店）?$|店）$|附属') then null
            when regexp_matches(chinese, '公司（?.{1,24}(?:{{ company_branches() }}|店)）?$')
                then regexp_extract(chinese, '^(.*?公司)（?(.{1,24}?(?:{{ company_branches() }}|店))）?$', ['parent', 'branch'])
            -- 海底捞（南山店）
            when
                ends_with(chinese, '店）')
                and not regexp_matches(chinese, '(?:旗舰|专营|专卖|淘宝|天猫|京东|网|企业|自营|官方|便利|连锁|直营|加盟|烟酒|饭|酒|商|书|药)店）$')
                then regexp_extract(chinese, '^([^（）]{2,})（([^（）]{1,24}店)）$', ['parent', 'branch'])
            when contains(chinese, '附属')
                then regexp_extract(chinese, '^(.{2,}?)((?:第.{1,2})?附属.{1,30})$', ['parent', 'branch'])
            when regexp_matches(chinese, '[院区校部]）$') and not regexp_matches(chinese, '(?:医院|卫生院|保健院)）$')
                then regexp_extract(chinese, '^(.*(?:院|校|学))（([^（）]{0,10}(?:院|区|部))）$', ['parent', 'branch'])
            else regexp_extract(
                chinese,
                '^(.*?(?:集团|银行|合作社|信用社|联社|医院|保健院|大学|学院|中学|小学|幼儿园|酒店|超市|事务所|合伙）))(.{0,24}?(?:{{ company_branches() }}))$',
                ['parent', 'branch']
            )
        end as parts
    from parted
    left join placed_branch on parted.raw = placed_branch.raw

),

wholes as (

    select
        * exclude (parts, is_regular),
        nullif(parts['parent'], '') as parent,
        nullif(parts['branch'], '') as branch,
        coalesce(
            nullif(parts['parent'], ''),
            -- a second name in brackets: 南通市康复医院（南通市第二人民医院）
            if(ends_with(chinese, '院）'), regexp_replace(chinese, '(院|中心)（[^（）]{2,20}院）$', '\1'), chinese)
        ) as whole
    from branched

),

formed as (

    select
        *,
        case
            when not ends_with(whole, '酒店') then regexp_extract(whole, '(?:{{ company_forms("pattern") }})$')
            when regexp_matches(whole, '[烟糖名白啤]酒店$') then '店'
            else regexp_extract(whole, '(?:国际|大)?酒店$')
        end as form
    from wholes

),

stemmed as (

    select
        * exclude (whole),
        left(whole, length(whole) - length(form)) as stem
    from formed

),

bodied as (

    select
        * exclude (stem),
        contains(stem, '集团') or form in ('集团', '集团公司') as is_group,
        if(
            regexp_matches(stem, '[团股国]）?$'),
            regexp_replace(stem, '(?:（集团）?|集团|（控股）|（中国）|中国)+$', ''),
            stem
        ) as body
    from stemmed

),

opened as (

    select
        *,
        contains(body, '（') as has_bracket,
        if(
            contains(body, '（'),
            regexp_extract(body, '^([^（）]*)（([^（）]*)）?(.*)$', ['before', 'inside', 'after']),
            null
        ) as parts
    from bodied

),

-- head_text: where a region may stand first; after: what follows the brackets
bracketed as (

    select
        * exclude (parts, body),
        parts['inside'] as inside,
        case
            when not has_bracket then body
            when parts['before'] = '' then parts['after']
            else parts['before']
        end as head_text,
        if(has_bracket and parts['before'] != '', regexp_replace(parts['after'], '（[^（）]*）?|）', '', 'g'), '') as after,
        has_bracket
        and not regexp_full_match(parts['inside'], '集团|控股|中国|大中华区?|亚太|亚洲|国际') as is_inner_bracket
    from opened

),

institutional as (

    select
        * exclude (head_text),
        case
            when contains(head_text, '集团') then regexp_replace(head_text, '(?:集团|（|）)+$', '')
            -- 国家税务总局深圳市税务局
            when starts_with(head_text, '国家') then regexp_replace(head_text, '^国家.{2,6}?总?局', '')
            else head_text
        end as head,
        case
            when is_inner_bracket then inside
            -- 广东分公司佛山中心支公司
            when branch is not null then regexp_replace(branch, '^.*分公司(.)', '\1')
        end as inner_text,
        case
            when form = '' or ends_with(form, '公司') then false
            else regexp_matches(form, '{{ company_public_forms() }}')
        end as is_public,
        case
            when form = '' or ends_with(form, '公司') then false
            else regexp_full_match(form, '{{ company_forms("institution") }}')
        end as is_institution
    from bracketed

),

headed as (

    select
        * exclude (inner_text),
        head as rest_0,
        inner_text as inner_rest_0,
        if(is_institution, 's', 'n') || left(head, 2) as start_0,
        if(has_bracket, 's', 'n') || left(inner_text, 2) as inner_start_0,
        null::varchar as code_0,
        null::varchar as inner_code_0
    from institutional

),

{% for step in (1, 2, 3) %}
{%- set last = step - 1 %}
found_{{ step }} as (

    select
        said.*,
        {{ company_place("outer_place.places", "said.rest_" ~ last) }} as found_{{ step }},
        {{ company_place("inner_place.places", "said.inner_rest_" ~ last) }} as inner_found_{{ step }}
    from {{ "headed" if step == 1 else "placed_" ~ last }} as said
    left join place as outer_place on said.start_{{ last }} = outer_place.start
    left join place as inner_place on said.inner_start_{{ last }} = inner_place.start

),

coded_{{ step }} as (

    select
        * exclude (rest_{{ last }}, inner_rest_{{ last }}, start_{{ last }}, inner_start_{{ last }}, code_{{ last }}, inner_code_{{ last }}),
        if(found_{{ step }} is null, rest_{{ last }}, substr(rest_{{ last }}, found_{{ step }}['size'] + 1)) as rest_{{ step }},
        if(inner_found_{{ step }} is null, inner_rest_{{ last }}, substr(inner_rest_{{ last }}, inner_found_{{ step }}['size'] + 1))
            as inner_rest_{{ step }},
        if(found_{{ step }} is null, code_{{ last }}, found_{{ step }}['region_code']) as code_{{ step }},
        if(inner_found_{{ step }} is null, inner_code_{{ last }}, inner_found_{{ step }}['region_code']) as inner_code_{{ step }}
    from found_{{ step }}

),

placed_{{ step }} as (

    select
        *{{ "," if step < 3 }}
        {%- if step < 3 %}
        if(is_institution, 's', 'n') || {{ company_scope("found_" ~ step, "code_" ~ step) }} || left(rest_{{ step }}, 2) as start_{{ step }},
        's' || {{ company_scope("inner_found_" ~ step, "inner_code_" ~ step) }} || left(inner_rest_{{ step }}, 2) as inner_start_{{ step }}
        {%- endif %}
    from coded_{{ step }}

),
{% endfor %}
-- a place that is none: 北京东路, 泰安（深圳）
doubted as (

    select
        * exclude (inner_found_2, inner_found_3),
        case
            when found_1 is null or found_1['is_full'] then false
            when found_1['is_common_word'] and has_bracket and inner_found_1 is not null then true
            else regexp_matches(substr(head, found_1['size'] + 1), '^[东西南北中]?(?:路|街|大道|大街|巷|弄|站)')
        end as is_no_place
    from placed_3

),

settled as (

    select
        * exclude (rest_3, code_3, inner_code_3, inner_rest_3, found_1, found_2, found_3, inner_found_1),
        found_1 is not null and not is_no_place as has_place,
        coalesce(found_1['rank'] = 0, false) as is_national,
        if(is_no_place, head, rest_3) as rest,
        found_1 is not null and not is_no_place
        and not coalesce(found_3['is_full'], found_2['is_full'], found_1['is_full']) as is_short,
        if(is_no_place, null, code_3) as code,
        inner_code_3 as inner_code,
        coalesce(found_3['form'], found_2['form'], found_1['form']) as place_name,
        -- the brackets hold a region and nothing else
        has_bracket and inner_found_1 is not null and inner_rest_3 = '' as inner_is_place
    from doubted

),

-- 虎门镇, 经济技术开发区 after the region
local as (

    select
        * exclude (rest),
        case
            when not has_place then rest
            when regexp_matches(rest, '^.{0,6}(?:开发区|高新区|工业园区|保税区|保税港区|自贸区|试验区|示范区)..')
                then regexp_replace(rest, '^.{0,6}?(?:高新技术产业开发区|经济技术开发区|新技术开发区|高新技术开发区|经济开发区|开发区|高新区|工业园区|保税区|保税港区|自贸区|自由贸易试验区|试验区|示范区)', '')
            when
                not is_short
                and regexp_matches(rest, '^.{2,8}(?:镇|乡|街道)..')
                and not regexp_full_match(rest, '.{2,8}?(?:镇|乡|街道)(?:{{ industries }})+')
                then regexp_replace(rest, '^.{2,8}?(?:镇|乡|街道)', '')
            else rest
        end as rest
    from settled

),

suffixed as (

    select
        *,
        if(
            is_institution,
            regexp_extract(rest, '(?:{{ specialities }}|{{ industries }})+$'),
            regexp_extract(rest, '(?:{{ industries }})+$')
        ) as all_industries
    from local

),

counted as (

    select
        *,
        length(rest) - length(all_industries) as left_over,
        if(after = '', '', regexp_extract(after, '(?:{{ industries }})+$')) as industries_after
    from suffixed

),

cut as (

    select
        *,
        -- two characters are kept for the trade name where one would be left
        if(
            left_over = 1 and (not has_place or is_short),
            regexp_extract(substr(rest, 3), '(?:{{ industries }})+$'),
            all_industries
        ) as industries
    from counted

),

kept as (

    select
        *,
        left(rest, length(rest) - length(industries)) as kept
    from cut

),

region_ending as (

    select
        each_place.place.form,
        each_place.place.region_code
    from (
        select unnest(places) as place
        from place
        where length(start) = 3 and starts_with(start, 'n')
    ) as each_place
    where
        each_place.place.rank in (0, 1, 2)
        and not each_place.place.is_common_word
        and length(each_place.place.form) between 2 and 3

),

-- the region that stands after the trade name, where none stands before it
ended as (

    select
        kept.*,
        coalesce(ending_3.form, ending_2.form) as ending,
        coalesce(ending_3.region_code, ending_2.region_code) as ending_code
    from kept
    left join region_ending as ending_3
        on
            case when kept.code is null and not kept.has_bracket and length(kept.kept) >= 5 and ends_with(kept.form, '公司') then right(kept.kept, 3) end
            = ending_3.form
    left join region_ending as ending_2
        on
            case when kept.code is null and not kept.has_bracket and length(kept.kept) >= 4 and ends_with(kept.form, '公司') then right(kept.kept, 2) end
            = ending_2.form

),

shortened as (

    select
        *,
        if(ending is null, null, regexp_replace(left(kept, length(kept) - length(ending)), '集团$', '')) as before_ending
    from ended

),

reread as (

    select
        *,
        if(before_ending is null, null, regexp_extract(substr(before_ending, 3), '(?:{{ industries }})+$')) as industries_ending,
        branch is null and form in ({{ company_branch_forms() }}) as is_branch_only,
        case
            when not ends_with(rest, '银行') then false
            when is_national then length(rest) = 4
            else not has_place and regexp_full_match(rest, '(?:工商|农业|建设|交通|人民|进出口)银行')
        end as is_state_bank,
        left_over = 1 and has_place and is_short and industries = '' as is_merged,
        left_over = 0 and has_place and is_short and not is_institution and not is_public
        and not (rest = '' and has_bracket and not inner_is_place)
        and not (has_bracket and length(rest) >= 2 and after != '')
        and not (is_national and ends_with(rest, '银行') and length(rest) = 4) as is_place_as_trade,
        case when starts_with(chinese, '个体') then not regexp_full_match(chinese, '个体(?:工商)?户.*') else true end as is_named
    from shortened

),

traded as (

    select
        *,
        case
            when is_public or not is_named or is_branch_only or form = '（个体工商户）' then null
            when before_ending is not null then left(before_ending, length(before_ending) - length(industries_ending))
            when rest = '' and has_bracket and not inner_is_place then inside
            when is_state_bank then left(rest, length(rest) - 2)
            -- 中国石化 as people call it
            when is_place_as_trade and is_national and form = '' and branch is null then place_name || rest
            when is_place_as_trade then place_name
            when rest = '' then null
            when left_over = 0 and has_bracket and length(rest) >= 2 and after != '' then rest
            when left_over = 0 then null
            when is_merged then place_name || left(rest, 1)
            when left_over = 1 and not has_place and industries = '' then left(rest, 1)
            else kept
        end as trade_text
    from reread

),

chinese_read as (

    select
        *,
        case
            when trade_text is null then null
            when is_institution and regexp_matches(trade_text, '{{ company_no_trade_name() }}') then null
            when starts_with(trade_text, '第')
                then if(regexp_full_match(trade_text, '第[一二三四五六七八九十百〇零0-9]+'), null, trade_text)
            when contains(trade_text, '第') then nullif(regexp_replace(trade_text, '(?:集团)?第[一二三四五六七八九十百〇零0-9]+$', ''), '')
            when ends_with(trade_text, '集团') then nullif(left(trade_text, length(trade_text) - 2), '')
            when contains(trade_text, '（') then nullif(regexp_replace(trade_text, '（.*', ''), '')
            else nullif(trade_text, '')
        end as trade_name,
        nullif(
            case
                when is_public then if(ends_with(form, '会'), industries, '')
                when before_ending is not null then industries_ending || industries
                when is_state_bank then '银行'
                when left_over = 0 and has_bracket and after != '' and rest != '' then industries_after
                when left_over <= 1 and industries = '' then all_industries || industries_after
                when is_institution
                    then regexp_replace(industries, '第[一二三四五六七八九十百〇零0-9]+|^[立一二三四五六七八九十]', '', 'g') || industries_after
                else industries || industries_after
            end,
            ''
        ) as industry_words,
        coalesce(
            if(is_merged, null, code),
            if(inner_is_place, inner_code, null),
            if(before_ending is null, null, ending_code),
            if(branch is null or is_inner_bracket, null, inner_code)
        ) as region_code
    from traded

),

doubtful as (

    select
        *,
        case
            when form != '' or branch is not null or chinese is null then null
            when
                regexp_matches(
                    chinese,
                    '(?:路|街|道|巷|弄|村|镇|区|园|号|\d)\d*号|[0-9]+(?:室|楼|层|栋|幢|座|单元)$|(?:省|市).*(?:区|县|镇).*(?:路|街|大道|村)(?:\d.*)?$'
                )
                then 'looks_like_address'
            when length(chinese) > 3 or has_place or industry_words is not null then null
            when regexp_full_match(chinese, '{{ company_perhaps_person() }}') then 'perhaps_person'
        end as address_or_person
    from chinese_read

),

chinese_answer as (

    select
        raw,
        name,
        {{ company_key("simple") }} as unified,
        case
            when refused is not null then refused
            when address_or_person is not null then address_or_person
            when removed is not null then removed
            when form in ({{ company_shops() }}) then 'shop_name'
            when form = '' and branch is null and is_named then 'no_legal_form'
            when is_branch_only then 'branch_unclear'
            when is_place_as_trade then 'place_as_trade_name'
            when trade_name is null then 'no_trade_name'
            else 'ok'
        end as reason,
        trade_name,
        case
            when not is_named then '个体工商户'
            when branch is not null
                then
                    nullif(
                        regexp_extract(
                            regexp_replace(branch, '（.*$', ''),
                            '(?:{{ company_branches() }}|{{ company_forms("pattern") }}|店)$'
                        ),
                        ''
                    )
            else nullif(form, '')
        end as legal_form,
        branch,
        parent,
        region_code,
        industry_words,
        is_group
    from doubtful

),

-- names without a Chinese character
latin_folded as (

    select
        raw,
        {{ company_folded("raw") }} as text
    from latin_source

),

latin_judged as (

    select
        raw,
        text,
        {{ refusal }} as refused
    from latin_folded

),

latin_tidied as (

    select
        raw,
        refused,
        case
            when refused is null
                then regexp_replace(
                    {{ company_tidy_latin("text") }},
                    '^[ .,;:、，。；：*!?_‘’·&/+|—{{ company_decoration() }}-]+|[ ,;:、，。；：*!?_‘’·&/+|—{{ company_decoration() }}-]+$', '', 'g'
                )
        end as name
    from latin_judged

),

latin_written as (

    select
        raw,
        case
            when refused is not null then refused
            when length(name) < 2 then 'too_short'
            when not regexp_matches(name, '\pL') then 'no_letters'
        end as refused,
        name,
        regexp_extract(
            upper(name),
            '^(.*?\pL.*?)[ ,.-]+({{ company_forms_en("pattern") }})[. ]*(?:[,]? +(.{2,40} (?:BRANCH|OFFICE|SUBSIDIARY)))?$',
            ['base', 'form', 'branch']
        ) as parts
    from latin_tidied

),

latin_formed as (

    select
        said.raw,
        said.refused,
        form.legal_form,
        form.legal_form_code,
        form.form_key,
        if(
            form.letters is null,
            rtrim(said.name, ' ,.'),
            rtrim(left(said.name, length(said.parts['base'])), ' ,.-')
        ) as base,
        nullif(if(form.letters is null, '', right(said.name, length(said.parts['branch']))), '') as branch,
        if(regexp_matches(said.name, '\p{Ll}'), form.legal_form, upper(form.legal_form)) as shown_form
    from latin_written as said
    left join legal_form_en as form on regexp_replace(said.parts['form'], '[., ]', '', 'g') = form.letters

),

latin_stemmed as (

    select
        *,
        base || coalesce(' ' || shown_form, '') as parent,
        nullif(regexp_extract(upper(base), '[(]([^()]+)[)]', 1), '') as inside,
        trim(
            regexp_replace(
                regexp_replace(regexp_replace(upper(base), ' +GROUP$', ''), '[(][^()]*[)]?', ' ', 'g'), ' +', ' ', 'g'
            )
        ) as body
    from latin_formed

),

latin_placed as (

    select
        said.*,
        if(
            place_1.form is null and place_2.form is null,
            coalesce(inner_place.region_code, branch_place.region_code),
            coalesce(place_2.region_code, place_1.region_code)
        ) as region_code,
        trim(
            regexp_replace(
                substr(said.body, coalesce(length(place_2.form), length(place_1.form), 0) + 1),
                '^ (?:CITY|PROVINCE) ', ''
            )
        ) as rest
    from latin_stemmed as said
    left join place_en as place_2
        on split_part(said.body, ' ', 1) || ' ' || split_part(said.body, ' ', 2) = place_2.form
    left join place_en as place_1 on split_part(said.body, ' ', 1) = place_1.form
    left join place_en as inner_place on said.inside = inner_place.form
    left join place_en as branch_place on upper(split_part(said.branch, ' ', 1)) = branch_place.form

),

latin_cut as (

    select
        *,
        trim(
            regexp_extract(
                ' ' || rest,
                '(?: (?:&|AND|OF|{{ company_alternatives(company_industries_en()) }})[,.]?)+$'
            )
        ) as industries
    from latin_placed

),

latin_traded as (

    select
        *,
        trim(left(rest, length(rest) - length(industries))) as trade
    from latin_cut

),

answer as (

    select
        raw,
        name as standard,
        reason,
        trade_name,
        legal_form,
        null as latin_code,
        branch,
        parent,
        region_code,
        industry_words,
        is_group,
        'zh' as language,
        if(
            regexp_matches(unified, '[^\p{Han}]'),
            regexp_replace(lower(unified), '[^\pL\pN]', '', 'g'),
            unified
        ) as match_key
    from chinese_answer

    union all

    select
        raw,
        parent || coalesce(' ' || branch, '') as standard,
        case
            when refused is not null then refused
            when legal_form is null then 'no_legal_form'
            when trade = '' then 'no_trade_name'
            else 'ok'
        end as reason,
        -- as written: where the words stand in the name
        nullif(
            if(
                position(trade in upper(base)) > 0 and length(upper(base)) = length(base),
                substr(base, position(trade in upper(base)), length(trade)),
                trade
            ),
            ''
        ) as trade_name,
        if(branch is null, legal_form, 'Branch') as legal_form,
        legal_form_code as latin_code,
        branch,
        if(branch is null, null, parent) as parent,
        region_code,
        nullif(industries, '') as industry_words,
        regexp_matches(upper(base), '\bGROUP\b') as is_group,
        if(
            regexp_matches(base, '\p{Latin}') and not regexp_matches(base, '[\p{Hiragana}\p{Katakana}\p{Hangul}]'), 'en', null
        ) as language,
        regexp_replace(lower(replace(base, '&', ' and ')), '[^\pL\pN]', '', 'g') || coalesce(form_key, '')
        || coalesce(regexp_replace(lower(branch), '[^\pL\pN]', '', 'g'), '') as match_key
    from latin_traded

),

judged_answer as (

    select
        *,
        case
            when reason in ('several_names', 'perhaps_person') then 'ambiguous'
            when reason in ('missing', 'placeholder') then reason
            when reason in ('mojibake', 'masked', 'spreadsheet_error', 'scientific_notation') then 'damaged'
            when reason in ('no_letters', 'too_short') or starts_with(reason, 'looks_like_') then 'invalid'
            else 'valid'
        end as status
    from answer

),

final as (

    select
        said.raw,
        if(said.status in ('valid', 'ambiguous'), said.standard, null) as standard,
        said.status,
        said.reason,
        if(said.status = 'valid', said.trade_name, null) as trade_name,
        if(said.status = 'valid', said.legal_form, null) as legal_form,
        case
            when said.status != 'valid' then null
            when contains(said.branch, '附属') then 'institution'
            when said.branch is not null then 'branch'
            when ends_with(said.legal_form, '合伙）') then 'partnership'
            when ends_with(said.legal_form, '）') then 'sole_proprietorship'
            else coalesce(said.latin_code, form.legal_form_code)
        end as legal_form_code,
        if(said.status = 'valid', said.branch, null) as branch,
        if(said.status = 'valid', said.parent, null) as parent,
        if(said.status = 'valid', said.region_code, null) as region_code,
        if(said.status = 'valid', said.industry_words, null) as industry_words,
        if(said.status = 'valid', said.is_group, null) as is_group,
        if(said.status = 'valid', said.language, null) as language,
        if(said.status in ('valid', 'ambiguous'), nullif(said.match_key, ''), null) as match_key,
        '{{ rule_version("company_name") }}' as rule_version
    from judged_answer as said
    left join legal_form as form on said.legal_form = form.legal_form

)

select * from final
