{#- Text folding that every standardiser shares. What only one of them needs stands in that one's own file. -#}

{#- Full-width ASCII and the ideographic space to ASCII. Gated: translate() is slow and most values have none. -#}
{%- macro fold_width(text) -%}
    case
        when regexp_matches({{ text }}, '[\x{3000}\x{ff01}-\x{ff5e}]')
            then translate(
                {{ text }},
                '　！＂＃＄％＆＇（）＊＋，－．／０１２３４５６７８９：；＜＝＞？＠ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ［＼］＾＿｀ａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ｛｜｝～',
                ' !"#$%&''()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\]^_`abcdefghijklmnopqrstuvwxyz{|}~'
            )
        else {{ text }}
    end
{%- endmacro -%}

{#- Removes characters nobody sees: zero-width, direction marks, soft hyphen, byte order mark, control characters. -#}
{%- macro drop_invisible(text) -%}
    regexp_replace(
        {{ text }},
        '[\x{00ad}\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{2064}\x{2066}-\x{2069}\x{feff}\x{0000}-\x{0008}\x{000e}-\x{001f}\x{007f}]',
        '',
        'g'
    )
{%- endmacro -%}

{#- True where a cell says in words that there is no value (暂无, N/A, -). Takes folded, lower-cased, trimmed text. -#}
{%- macro says_missing(text) -%}
    regexp_full_match(
        {{ text }},
        '[\s\-_/\\.。·?*#()+|]*|(?:n/?a|nan|null|none|nil|unknown|no|tbd|无|無|暂无|暫無|没有|沒有|空|空白|未知|不详|不詳|未填|未填写|未提供|待补充|待定|待查|保密|无电话|暂无电话|无号码|不知道|同上)[。.]?'
    )
{%- endmacro -%}

{#-
    True where a spreadsheet could not compute or show the cell (#N/A, #REF!, ########). Takes folded, trimmed text. What is
    true here may also be said to be missing (####), so a dictionary asks this, and is_mojibake, before says_missing.
-#}
{%- macro is_spreadsheet_error(text) -%}
    (
        left({{ text }}, 1) in ('#', 'E', 'e')
        and regexp_full_match(
            {{ text }},
            '(?i)(?:(?:#{3,}|#[a-z0-9/_]+[!?]|#(?:n/?a|ref|name|value|div/0|num|null|spill|calc|error|getting_data)|#(?:值|名称|引用|数字|溢出|计算|字段|已阻止|连接)[!?]?|err:5\d\d)[\s|,;]*)+'
        )
    )
{%- endmacro -%}

{#- True where text was read with a wrong character set, whatever column it stands in. Takes folded, trimmed text. -#}
{%- macro is_mojibake(text) -%}
    (
        contains({{ text }}, '�')
        or contains({{ text }}, '锟斤拷')
        or contains({{ text }}, '烫烫烫')
        or contains({{ text }}, '屯屯屯')
        or (starts_with({{ text }}, '??') and replace({{ text }}, '?', '') = '')
    )
{%- endmacro -%}

{#-
    True where a cell holds what its form showed before anybody chose or wrote (请选择省份, --请选择--, Please select...). Takes
    folded, lower-cased, trimmed text. A number or an address behind the words is somebody's answer, so those cells are not meant.
-#}
{%- macro says_placeholder(text) -%}
    {%- set thing = "(?:an?|the|your|one|from|list|option|item|value|country|province|state|city|district|county|region|area|industry|category|type|title|position|job|company|department|date|year|gender|status|source|below|here)" -%}
    regexp_full_match(
        {{ text }},
        '[^\pL\pN]*(?:[请請][您先]?(?:[选選][择擇]|[输輸]入|填[写寫入]|[录錄]入)[^0-9a-z@]{0,20}(?:(?:\d{1,2}|e-?mail|qq|url)[^0-9a-z@]{0,10})?'
        || '|(?:点击|點擊|下拉)?[选選][择擇](?:省份?|市|城市|地区|地區|区县|区域|国家|行业|职位|部门|分类|类型|日期|性别|来源)?'
        || '|please (?:select|choose|pick|enter|input|fill in|specify)(?: [a-z]+){0,4}|(?:click to )?(?:select|choose)(?: {{ thing }})*|enter (?:an?|the|your) [a-z ]{1,20})[^\pL\pN]*'
    )
{%- endmacro -%}
