{#-
    Who registers an organisation and as what, by the first two characters of its unified social credit code: the code list
    that goes with GB 32100-2015. Rows of a `values` list: code, authority, type.
-#}
{%- macro uscc_entity_types() -%}
    {%- set authorities = {
        "1": ["机构编制", {"1": "机关", "2": "事业单位", "3": "编办直接管理机构编制的群众团体", "9": "其他"}],
        "2": ["外交", {"1": "外国常驻新闻机构", "9": "其他"}],
        "3": ["司法行政", {"1": "律师执业机构", "2": "公证处", "3": "基层法律服务所", "4": "司法鉴定机构", "5": "仲裁委员会", "9": "其他"}],
        "4": ["文化", {"1": "外国在华文化中心", "9": "其他"}],
        "5": ["民政", {"1": "社会团体", "2": "民办非企业单位", "3": "基金会", "9": "其他"}],
        "6": ["旅游", {"1": "外国旅游部门常驻代表机构", "2": "港澳台地区旅游部门常驻代表机构", "9": "其他"}],
        "7": ["宗教", {"1": "宗教活动场所", "2": "宗教院校", "9": "其他"}],
        "8": ["工会", {"1": "基层工会", "9": "其他"}],
        "9": ["工商", {"1": "企业", "2": "个体工商户", "3": "农民专业合作社", "9": "其他"}],
        "A": ["中央军委改革和编制办公室", {"1": "军队事业单位", "9": "其他"}],
        "N": ["农业", {"1": "组级集体经济组织", "2": "村级集体经济组织", "3": "乡镇级集体经济组织", "9": "其他"}],
        "Y": ["其他", {"1": "其他"}],
    } -%}
    {%- set rows = [] -%}
    {%- for code, (authority, types) in authorities.items() -%}
        {%- for digit, name in types.items() -%}
            {%- do rows.append("('" ~ code ~ digit ~ "', '" ~ authority ~ "', '" ~ name ~ "')") -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- rows | join(", ") -}}
{%- endmacro -%}

{#- Text of a cell that holds a code: half-width, upper-case, no invisible characters, Latin letters for those that look alike. -#}
{%- macro code_text(raw) -%}
    regexp_replace(
        translate(
            upper({{ drop_invisible(fold_width(raw)) }}),
            'АВСЕНКМОРТХУΑΒΕΖΗΙΚΜΝΟΡΤΥΧ',
            'ABCEHKMOPTXYABEZHIKMNOPTYX'
        ),
        '^[\s\pZ]+|[\s\pZ]+$', '', 'g'
    )
{%- endmacro -%}

{#- A code without what is written around it and between its groups: labels, quotes, notes in brackets, spaces, dashes. -#}
{%- macro code_alone(text) -%}
    regexp_replace(
        regexp_replace(
            {{ text }},
            '^(?:[统統一社會会信用代碼码號号编編注册冊登记記组組织織机機构構营營业業执執照纳納税稅人识識别別身份分證证件字居民公企单單位为為是]|[^\pL\pN*])*'
            || '(?:(?:USCC|USCI|UNIFIED|SOCIAL|CREDIT|TAX(?:PAYER)?|ORG(?:ANI[SZ]ATION)?|ID(?:ENTITY)?|CARD|CODE|NO|NUMBER)[^\pL\pN*]+)*'
            || '|(?: *[(（\[【][^()（）]*[)）\]】])+[^\pL\pN*]*$|[.]0$|[^\pL\pN*]+$',
            '', 'g'
        ),
        '[\s\pZ\p{Pd}−._·,:/''"`]', '', 'g'
    )
{%- endmacro -%}

{#- True where a cell says that there is no number, or none yet. Takes the text of `code_text`. -#}
{%- macro says_no_code(text) -%}
    (
        {{ says_missing("lower(" ~ text ~ ")") }}
        or regexp_full_match(
            {{ text }},
            '[—–―─~…]+|(?:正在|尚未|暂未|还未|未)?(?:办理|申请|申领|登记|注册|取得)[中完]?|(?:无|没有)(?:统一社会)?(?:信用代码|证|照|组织机构代码证?|机构代码证?|身份证)'
            || '|未提供身份证|未带|没带'
        )
    )
{%- endmacro -%}

{#- True where a text is typed to fill the field: one character again and again, or a row of digits or letters. -#}
{%- macro is_filler(text) -%}
    (
        (length({{ text }}) >= 3 or {{ text }} = '0') and (
            replace({{ text }}, left({{ text }}, 1), '') = ''
            or contains('01234567890123456789012345678901234567890 98765432109876543210987654321 ABCDEFGHIJKLMNOPQRSTUVWXYZ', {{ text }})
        )
    )
{%- endmacro -%}

{#- Every six-digit region code that a number may begin with: in use, abolished, the part of a city in no district (xx01). -#}
{%- macro known_regions() -%}
    select region_code, true as is_known from {{ ref("region_code") }}
    union
    select region_code, true as is_known from {{ ref("region_abolished") }}
    union
    select left(region_code, 4) || '01' as region_code, true as is_known
    from {{ ref("region_code") }}
    where level = 'city'
    union
    -- offices of the State; residents of Hong Kong, Macao and Taiwan
    select unnest(['100000', '810000', '820000', '830000']) as region_code, true as is_known
{%- endmacro -%}
