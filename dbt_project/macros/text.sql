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
        '[\s\-_/\\.。·?*#()+|]*|(?:n/?a|#n/a|nan|null|none|nil|unknown|no|tbd|无|無|暂无|暫無|没有|沒有|空|空白|未知|不详|不詳|未填|未填写|未提供|待补充|待定|待查|保密|无电话|暂无电话|无号码|不知道|同上)[。.]?'
    )
{%- endmacro -%}
