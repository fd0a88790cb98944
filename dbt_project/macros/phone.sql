{#-
    The patterns of a telephone cell. What a number means (which area codes and prefixes exist) is data in the seeds and
    joined in models/standard/phone.sql; what a number looks like stands here.
-#}

{#-
    Cells that hold nothing but complete numbers, each in a usual form: most cells. They need no context and are read
    straight away; all others go the long way. One number: country code and mobile, area code and landline, 400, foreign with plus.
-#}
{%- macro phone_plain_pattern() -%}
    {%- set area -%} (?:10|2\d|[3-8]\d\d|9[0-46-9]\d|95[1-5]) {%- endset -%}
    {%- set number -%}
        (?:(?:(?:\+|00)86[ -]?|86-?)?1[3-9]\d(?:\d{8}|-\d{4}-\d{4}| \d{4} \d{4})
        |(?:(?:0|(?:\+|00)86-){{ area }}[ -]?|\(0{{ area }}\)[ -]?)[2-9]\d{6,7}(?:[#-]\d{1,6})?
        |0{{ area }}[ -][2-9]\d{3}[ -]\d{3,4}(?:#\d{1,6})?
        |\+86(?:[1-8]\d|9[0-46-9])\d{8,9}
        |[48]00(?:-?\d{7}|-\d{3}-\d{4}|-\d{4}-\d{3})(?:#\d{1,6})?
        |\+1[ -][2-9][0-8]\d[ -]?[2-9](?:[ -]?\d){6}
        |\+(?:[2-79]|8[0-57-9])(?:[ -]?\d){6,14})
    {%- endset -%}
    {%- set one = number.splitlines() | map("trim") | join -%}
    {{ one }}(?: ?[/|] ?{{ one }})*
{%- endmacro -%}

{#- A subscriber number of seven or eight digits, glued, in two groups, or broken by a stray space. -#}
{%- macro phone_subscriber() -%}
    (?:\d{7,8}\b|\d{4}[ -]\d{4}\b|\d{3}[ -]\d{4}\b|\d{4}[ -]\d{3}\b|\d(?: ?\d){6,7}\b)
{%- endmacro -%}

{#-
    One number with its extension, in text that phone_undo() made, as three groups: what stands before it, the number,
    the extension. The first line that fits wins: numbers with a country code come before the rest, because
    +1 650… would pass for a mobile and 00852… for a landline.
-#}
{%- macro phone_number_pattern() -%}
    {%- set mobile -%} 1[ -]?[3-9](?:[ -]?\d){9}\b {%- endset -%}
    {%- set toll_free -%} [48]00(?:[ -]?\d){7}\b {%- endset -%}
    {%- set landline -%} 0?(?:10|2\d|[3-9]\d\d)[ -]?{{ phone_subscriber() }} {%- endset -%}
    {%- set kinds -%}
        (?:\+|00)[ -]?86[ -]?(?:0?{{ mobile }}|{{ landline }}|{{ toll_free }}|1[3-9](?:[ -]?\d){5,10}\b|\d{3,8}\b)
        (?:\+|00[ -]?)[1-9](?:[ -]?\d){6,14}\b
        0?86[ -]?{{ mobile }}
        0?86[ -]?{{ landline }}
        1[ -][2-9][0-8]\d[ -][2-9]\d\d[ -]\d{4}\b
        0?{{ mobile }}
        {{ toll_free }}
        0\d{2,3}[ -]?{{ phone_subscriber() }}
        {{ phone_subscriber() }}
        (?:9[56]\d{3,4}|1[012]\d(?:\d\d)?)\b
        \d+(?:-\d+)*(?: (?:[1-9]|00)\d{0,3}\b)*
    {%- endset -%}
    {%- set alternatives = kinds.splitlines() | map("trim") | select | join("|") -%}
    ([^0-9+]*)({{ alternatives }})(?:(?: ?#|-)(\d{1,6})\b)?
{%- endmacro -%}

{#- Calling codes in use (ITU-T E.164) without the 86 of mainland China. -#}
{%- macro phone_country_code_pattern() -%}
    (?:1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1-4]|9[0-58]|21[1-368]|22\d|23\d|24\d|25[0-8]|26\d|29[0-9]|35\d|37\d
    {%- filter trim %}
    |38[0-35-79]|42[013]|50\d|59\d|67\d|68\d|69[0-2]|80[08]|85[02356]|87[0-48]|88[0168]|96[0-8]|97\d|99[2-68])
    {%- endfilter %}
{%- endmacro -%}

{#- Ranges of a calling code that belong to a territory with a country code of its own (Guernsey, Jersey and Man under 44, …). -#}
{%- macro phone_territory_pattern() -%}
    (?:44(?:1481|1534|1624|7(?:781|839|911[17]|509|829|937|700[378]|797|4576|[59]24|624))|3906698|4779|618916[24]
    {%- filter trim %}
    |212528[89]|262(?:269|639|709|9)|2908|35818)
    {%- endfilter %}
{%- endmacro -%}

{#- Without the spaces and line breaks around it. -#}
{%- macro phone_trimmed(text) -%}
    trim({{ text }}, ' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13) || chr(160) || chr(8195) || chr(12288))
{%- endmacro -%}

{#- Digits masked for privacy, in every manner, to two asterisks. -#}
{%- macro phone_masks(text) -%}
    regexp_replace(
        {{ text }},
        '([0-9０-９][ -]*)(?:[*＊•●×]{2,}|[xXｘＸ]{3,}|[#＃_＿·]{3,}|\.{3,}|…+)',
        '\1**',
        'g'
    )
{%- endmacro -%}

{#- Dashes, brackets, separators and spaces of every kind to one of each, as the first step of reading. Takes lower-case text. -#}
{%- macro phone_punctuation(text) -%}
    {%- set classes = [
        ("[‐‑‒–—―−﹣─━﹘•・·－ー_＿]", "-"),
        ("[〈《<【\\[{「『〔⟨（｛［＜]", "("),
        ("[〉》>】\\]}」』〕⟩）｝］＞]", ")"),
        ("[、\\\\~～∼至到／＼]", "/"),
        ("[;；，,&＆\\n\\r\\x0b]", "|"),
        ("[\\t\\x{a0}\\x{2002}-\\x{2005}\\x{2007}\\x{2009}\\x{200a}\\x{202f}\\x{3000}]", " "),
        ("：", ":"),
    ] -%}
    {%- set folded = namespace(sql=text) -%}
    {%- for pattern, replacement in classes -%}
        {%- set folded.sql = "regexp_replace(" ~ folded.sql ~ ", '" ~ pattern ~ "', '" ~ replacement ~ "', 'g')" -%}
    {%- endfor -%}
    {{- folded.sql -}}
{%- endmacro -%}

{#- What says that a telephone number follows. Lower case. -#}
{%- macro phone_label_pattern() -%}
    (?:联系|联络|聯絡|聯繫|公司|办公|辦公|客服|服务|咨询|固定|移动|行动|常用|本人|负责人|住宅|家庭)*
    {%- filter trim %}
    (?:电话|電話|手机|手機|座机|固话|传真|傳真|热线|熱線|号码|方式|tel(?:ephone)?|phone|mobile|mob|cell|fax)(?:号码|號碼|号|no)?
    {%- endfilter %}
{%- endmacro -%}

{#- True where a label says that a number is for fax and not for calls too (电话/传真). -#}
{%- macro phone_names_fax(text) -%}
    case
        when not regexp_matches({{ text }}, '传真|傳真|(?i:fax|ｆａｘ)') then false
        else not regexp_matches({{ fold_width(text) }}, '(?i)(?:电话|電話|tel|phone)[ .]*[/、&和兼及或暨(（]*[ ]*(?:传真|傳真|fax)|(?:传真|傳真|fax)[ ]*[/、&和兼及或暨(（]+[ ]*(?:电话|電話|tel)')
    end
{%- endmacro -%}

{#- Without a label before the first number, with `#` before an extension at the end, without the remark that WeChat has the same number. -#}
{%- macro phone_unlabelled(text) -%}
    regexp_replace(
        regexp_replace(
            regexp_replace({{ text }}, '[ (]*(?:微信同号|微信同步|同微信|v同号)[ )]*$', ''),
            '^ *(?:{{ phone_label_pattern() }}[/|()]*)+(?:[1-9]? *[.:]|[1-9] )? *',
            ''
        ),
        '(\d)[ -]*(?:转分机|转|分机号?|ext(?:ension|n)?)[ .:]*(\d{1,6})$',
        '\1#\2'
    )
{%- endmacro -%}

{#- The text without labels, to see whether a cell of labels says that there is no number. -#}
{%- macro phone_without_labels(text) -%}
    regexp_replace({{ text }}, '(?:{{ phone_label_pattern() }})[ :/|]*', '', 'g')
{%- endmacro -%}

{#- True where seven or more numerals in Chinese stand together (一三八…, 壹叁捌…). -#}
{%- macro phone_has_chinese_digits(text) -%}
    regexp_matches({{ text }}, '[一二三四五六七八九零〇○幺壹贰貳叁参參肆伍陆陸柒捌玖 -]{7}')
{%- endmacro -%}

{#- Those numerals in digits. -#}
{%- macro phone_chinese_digits(text) -%}
    case
        when {{ phone_has_chinese_digits(text) }}
            then translate({{ text }}, '一二三四五六七八九零〇○幺壹贰貳叁参參肆伍陆陸柒捌玖', '12345678900011223334566789')
        else {{ text }}
    end
{%- endmacro -%}

{#- A number that a spreadsheet made scientific notation of. -#}
{%- macro phone_exponent_pattern() -%}
    ["=]*\b\d(?:[.]\d+e[+]?|e[+])\d{1,3}\b["]*|^\d+e\d{1,3}$
{%- endmacro -%}

{#-
    What people who type telephone numbers do, undone: pattern => replacement, ␠ for a space. In steps, each taking the text
    of the one before, the first what phone_punctuation() made:
    letters   O, I and l typed for 0 and 1
    words     labels, opening hours and words for extensions (only where there are letters)
    prefixes  list numbers, country and area codes in brackets, dates
    marks     what is left besides digits, `+`, `#` before an extension, `/` and `|` between numbers, spaces and hyphens
    glued     numbers written without anything between them
-#}
{%- macro phone_habits(step) -%}
    {%- if step == "letters" -%}
            (^|[^a-z])[o○〇](\d)                                          => \10\2
            (\d[ -]?)[o○〇]{3}([^a-z]|$)                                  => \1000\2
            (\d[ -]?)[o○〇]{2}([^a-z]|$)                                  => \100\2
            (\d[ -]?)[o○〇]([^a-z]|$)                                     => \10\2
            (\d[ -]?)[o○〇]([^a-z]|$)                                     => \10\2
            (^|[^a-z])[il](\d)                                           => \11\2
            (\d)[il]([^a-z]|$)                                           => \11\2
            (\d)[il]([^a-z]|$)                                           => \11\2
    {%- elif step == "words" -%}
        {%- set before = "(?:总机|總機|请|請|可|再|[按拨][0-9]键?)" -%}
        {%- set extension = "(?:转|轉|分机|分機|内线|內線|extension|extn|ext)" -%}
        {%- set counted = "(?:小时|小時|号楼|號樓|号线|条线|线|楼|樓|层|層|病区|病房|诊室|室|窗口|分钟|元|点半|[点时])" -%}
            ['"`=‘’“”]                                                   =>   {# Excel's text marks #}
            [a-z0-9._%-]+@[a-z0-9.-]+                                    => |  {# e-mail #}
            (?:https?:|www\.)[a-z0-9./?=%_-]+                            => |  {# website #}
            (?:微信|wechat|weixin|wx|vx)号?[: -]*[a-z][a-z-]*\d{1,10}\b       => |  {# the name of an account #}
            (?:qq|邮编|邮政编码|郵編)[^0-9|/]{0,3}\d+                            => |  {# other numbers with a label #}
            \b\d{1,2}:[0-5]\d\b(?:[ ]*[-/][ ]*\d{1,2}:[0-5]\d\b)?        => |  {# opening hours #}
            \d[ ]*[x*×][ ]*\d{1,2}[ ]*(?:小时|小時|h)                        => |
            (\d)[ ]*一[ ]*(\d)                                            => \1-\2  {# 一 typed for a dash #}
            [ (:|/-]*{{ before }}*{{ extension }}+(?:{{ extension }}|号|號|接|拨|按)*[ .:|(-]*(\d{1,6}) => #\1
            (\d)[ ]*[按拨][ ]*(\d{1,5}\b)                                  => \1#\2
            ([a-z\x{4e00}-\x{9fff}])[ ]*\d{1,2}[ ]*:                     => \1|  {# 电话1: #}
            ([a-z\x{4e00}-\x{9fff}])[ ]*\d[ ]+([(+]|0\d\d|1[3-9]\d|400)  => \1|\2  {# 电话1 0755 #}
            (\d)[ ]*[x*][ ]*(\d{1,6}\b)                                  => \1#\2
            (^|[^0-9#-])\d{1,4}[ ]*{{ counted }}                          => \1|  {# 24小时, 3楼 #}
    {%- elif step == "prefixes" -%}
            (\+\d{4,15})\|(\d{1,6})(\||$)                                => \1#\2\3  {# our own form, its ; is now | #}
            ^(\d{5,})\.0+$                                               => \1  {# a number column saved as decimals #}
            ^(\d{1,3})\|(\d{3})\|(\d{3})\|(\d{3})$                       => \1\2\3\4  {# thousands separators #}
            (\d{7})[ ]*\|\|+[ ]*(\d{1,6}\b)                              => \1#\2  {# ,, is a pause in dialling #}
            (^|[| (])(?:19|20)\d\d[-/.年][ ]?[01]?\d[-/.月][ ]?[0-3]?\d(?:日|\b) => \1|  {# dates #}
            (^|[|/ ])\(?[1-9][./)][ ]*([(+]?\d{3})                       => \1\2  {# 1、… 2、… #}
            (\d{7})[ ]*\([ ]*(\d{2,5})[ ]*\)                             => \1#\2  {# 88888888(801) #}
            \b(?:17951|17911|17909|17969|12593)[ -]?(1[3-9]\d{9}|0\d{9,11})\b => \1  {# prefixes of cheap long-distance calls #}
            (^|[^0-9+-])\(?(?:00)?[ ]?(85[23])\)?[ -]*([2-9]\d{3}[ -]?\d{4})\b => \1+\2 \3
            (^|[^0-9+-])\(?(?:00)?[ ]?886\)?[ -]*0?([2-9][ -]?\d{3,4}[ -]?\d{4}|9\d\d[ -]?\d{3}[ -]?\d{3})\b => \1+886 \2
            \+[ ]*00[ ]*86                                               => +86
            \(?\+[ (]*86[ )+-]*                                          => +86
            \([ ]*(?:00)?[ ]*86[ ]*\)[ -]*                               => +86
            ((?:\+|\b00)\d{1,3}[ -]*)\(0\)[ ]*                           => \1
            ((?:\+|\b00)(?:[124-9]\d{0,2}|3[0-8]\d?)[ -]*)\(0(\d{1,3})\) => \1\2  {# +61 (02), where +39 keeps its 0 #}
            (^|[|/ (])\(?0\d{2,3}[)]?[ -]+(1[3-9]\d{9})\b                => \1\2  {# the area code of a mobile's owner #}
            (^|[|/ (])0[ -](1[3-9]\d)                                    => \10\2
            \([ ]*(0\d{2,3})[ ]*[)-]+                                    => ␠\1-
            (\b0\d{2,3})[ ]*[()]                                         => \1-
    {%- elif step == "marks" -%}
            (\d)\.(\d)                                                   => \1-\2
            [()]                                                         => ␠
            [^0-9+#/| -]+                                                => |  {# labels #}
            [ ]*-[ -]*                                                   => -
            [ ]*([|/#])[ ]*                                              => \1
            [ ][ ]+                                                      => ␠
            (\d{7})-(0\d{2,3}-?[2-9]\d{6,7}\b)                           => \1|\2  {# a hyphen between two numbers #}
    {%- elif step == "glued" -%}
            \b(1[3-9]\d{9})(1[3-9]\d{9})(1[3-9]\d{9})\b                  => \1|\2|\3
            \b(1[3-9]\d{9})(1[3-9]\d{9})\b                               => \1|\2
            \b(1[3-9]\d{9})(0[1-9]\d{1,2}-?[2-9]\d{6,7})\b               => \1|\2
            \b(0[1-9]\d{1,2}-?[2-9]\d{6,7})(1[3-9]\d{9})\b               => \1|\2
            \b(0[1-9]\d{9})(0[1-9]\d{9})\b                               => \1|\2
            \b(0[1-9]\d{10})(0[1-9]\d{10})\b                             => \1|\2
    {%- endif -%}
{%- endmacro -%}

{#- The text with the habits of one step undone, in their order. -#}
{%- macro phone_undo(step, text) -%}
    {%- set undone = namespace(sql=text) -%}
    {%- for habit in phone_habits(step).splitlines() if habit | trim -%}
        {%- set pattern, replacement = (habit ~ " ").split("=> ") -%}
        {%- set arguments = [pattern | trim | replace("'", "''"), replacement | trim | replace("␠", " ")] -%}
        {%- set undone.sql = "regexp_replace(" ~ undone.sql ~ ", '" ~ arguments | join("', '") ~ "', 'g')" -%}
    {%- endfor -%}
    {{- undone.sql -}}
{%- endmacro -%}

{#- Numbers of services that are dialled without an area code, or with one to reach those of a city. -#}
{%- macro phone_service_pattern() -%}
    (?:9[56]\d{3,4}|11[0247-9]|12[0-2]|1[012]\d{3}|11[68]\d{3})
{%- endmacro -%}

{#- True for digits typed to fill a field: one digit repeated, keys in a row, zeros after a mobile prefix. -#}
{%- macro phone_is_filler(digits) -%}
    (
        regexp_full_match({{ digits }}, '0{3,}|1{3,}|2{3,}|3{3,}|4{3,}|5{3,}|6{3,}|7{3,}|8{3,}|9{3,}|123|1234|12345678910|[48]000{7}')
        or (length({{ digits }}) >= 5 and contains('12345678901234567890|9876543210', {{ digits }}))
        or (regexp_full_match({{ digits }}, '1[3-9]\d{9}') and right({{ digits }}, 8) = repeat(right({{ digits }}, 1), 8))
    )
{%- endmacro -%}

{#- The part of a foreign number that is a key of the seed calling_code. -#}
{%- macro phone_calling_code(digits) -%}
    case
        when {{ digits }} is null then null
        when starts_with({{ digits }}, '1') then left({{ digits }}, 4)
        when starts_with({{ digits }}, '7') then left({{ digits }}, 2)
        when regexp_matches({{ digits }}, '^(?:2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[124]|9[0-58])')
            then left({{ digits }}, 2)
        else left({{ digits }}, 3)
    end
{%- endmacro -%}

{#- The numbers of a CTE that each fit phone_plain_pattern(), recognised. The CTE area stands before it. -#}
{%- macro phone_plain(tokens) -%}
    select
        number.raw,
        number.position,
        number.digits,
        number.nsn,
        number.shape,
        case when number.nsn is null then number.digits end as abroad,
        area.area_code,
        area.local_len,
        area.is_current,
        area.region_code,
        case when area.area_code is not null then substring(number.nsn, length(area.area_code)) end as subscriber,
        number.extension,
        false as lost_trunk,
        cast(null as varchar) as mended,
        cast(null as varchar) as damage
    from (
        select
            *,
            case
                when nsn is null then 'foreign'
                when length(nsn) = 11 and starts_with(nsn, '1')
                    then if(right(nsn, 8) = repeat(right(nsn, 1), 8), 'placeholder', 'mobile')
                when length(nsn) = 10 and (starts_with(nsn, '400') or starts_with(nsn, '800'))
                    then if(right(nsn, 7) = '0000000', 'placeholder', 'toll_free')
                else 'landline'
            end as shape,
            case
                when shape <> 'landline' then null
                when starts_with(nsn, '2') or starts_with(nsn, '10') then '0' || left(nsn, 2)
                else '0' || left(nsn, 3)
            end as area_key
        from (
            select
                raw,
                position,
                extension,
                digits,
                -- the digits as dialled inside China without their 0; null for a foreign number
                case
                    when starts_with(token, '+') and not starts_with(token, '+86') then null
                    when starts_with(token, '+86') or starts_with(token, '86') then substring(digits, 3)
                    when starts_with(token, '0086') then substring(digits, 5)
                    when starts_with(digits, '0') then substring(digits, 2)
                    else digits
                end as nsn
            from (
                select
                    *,
                    case
                        when length(token) > 11 then nullif(regexp_extract(token, '(?:#|\d{7}-)(\d{1,6})$', 1), '')
                    end as extension,
                    case
                        when extension is not null
                            then regexp_replace(left(token, length(token) - length(extension) - 1), '[^0-9]+', '', 'g')
                        when length(token) = 11 and starts_with(token, '1') then token
                        else regexp_replace(token, '[^0-9]+', '', 'g')
                    end as digits
                from {{ tokens }}
            )
        )
    ) as number
    left join area on number.area_key = area.area_code
{%- endmacro -%}

{#- The numbers of a CTE with what is known and to be said of each. The CTEs area, mobile_prefix, mobile_region and calling_code stand before it. -#}
{%- macro phone_verdict(numbers) -%}
    select
        raw,
        position,
        case
            when status <> 'valid' then null
            when shape = 'foreign' then '+' || abroad
            when area_code is not null then '+86' || substring(area_code, 2) || subscriber
            else '+86' || nsn
        end as e164,
        extension,
        case
            when shape in ('mobile', 'landline', 'toll_free', 'service', 'foreign', 'local') then shape
            when shape in ('area_service', 'hotline') then 'service'
        end as kind,
        area_code,
        case
            when shape = 'mobile' then nsn
            when shape in ('landline', 'local', 'area_service') then subscriber
            when shape in ('toll_free', 'service', 'hotline') then nsn
            else coalesce(abroad, digits)
        end as subscriber,
        status,
        reason,
        region_code,
        carrier,
        is_virtual,
        country,
        mended,
        damage
    from (
        select
            *,
            case
                when reason in ('ok', 'short_for_area', 'old_area_code', 'trunk_zero_restored') then 'valid'
                when reason in ('no_area_code', 'hotline_or_filler') then 'ambiguous'
                when reason = 'placeholder' then 'placeholder'
                else 'invalid'
            end as status
        from (
            select
                number.* exclude (region_code),
                mobile_prefix.carrier,
                mobile_prefix.is_virtual,
                case when shape = 'mobile' then mobile_region.region_code else number.region_code end as region_code,
                case
                    when abroad is null then 'CN'
                    when not regexp_matches(abroad, '^{{ phone_territory_pattern() }}') then calling_code.country
                end as country,
                case
                    when shape = 'mobile' and prefix_status = 'valid' then 'ok'
                    when shape = 'mobile' and prefix_status = 'data_only' then 'data_only_prefix'
                    when shape = 'mobile' then 'unknown_prefix'
                    when
                        shape = 'landline'
                        and lost_trunk
                        and length(subscriber) = local_len
                        and subscriber >= '2'
                        then 'trunk_zero_restored'
                    when shape = 'landline' and lost_trunk then 'bad_length'
                    when shape = 'landline' and area_code is null
                        then if(starts_with(nsn, '1'), 'bad_length', 'unknown_prefix')
                    when shape = 'landline' and length(subscriber) not in (7, 8) then 'bad_length'
                    when shape = 'landline' and subscriber < '2' then 'bad_subscriber'
                    when shape = 'landline' and length(subscriber) > local_len then 'bad_length'
                    -- seven digits where numbers now have eight: written before the change, or a digit is lost
                    when shape = 'landline' and length(subscriber) < local_len then 'short_for_area'
                    when shape = 'landline' and not is_current then 'old_area_code'
                    when shape in ('landline', 'toll_free', 'service', 'area_service') then 'ok'
                    when shape = 'foreign' and not regexp_matches(abroad, '^{{ phone_country_code_pattern() }}')
                        then 'unknown_country_code'
                    when shape = 'foreign' and starts_with(abroad, '1') and not regexp_full_match(abroad, '1[2-9]\d\d[2-9]\d{6}')
                        then 'bad_length'
                    -- Hong Kong and Macao have eight digits
                    when shape = 'foreign' and left(abroad, 3) in ('852', '853') and length(abroad) <> 11 then 'bad_length'
                    when shape = 'foreign' and length(abroad) not between 8 and 15 then 'bad_length'
                    when shape = 'foreign' then 'ok'
                    when shape = 'placeholder' then 'placeholder'
                    when shape = 'local' then 'no_area_code'
                    when shape = 'hotline' then 'hotline_or_filler'
                    when shape = 'machine' then 'data_only_prefix'
                    when shape = 'sms_port' then 'sms_port'
                    when shape = 'elsewhere' then 'unknown_prefix'
                    else 'bad_length'
                end as reason
            from (
                select
                    * exclude (abroad),
                    -- the 0 dialled inside a country, where its numbers never begin with one
                    case
                        when abroad is not null
                            then regexp_replace(
                                abroad, '^(20|27|3[1-3]|4[013469]|6[0-46]|8[124]|886|9[0-4])0+', '\1'
                            )
                    end as abroad,
                    case when shape = 'mobile' then left(nsn, 4) end as prefix_key,
                    case when shape = 'mobile' then try_cast(left(nsn, 7) as integer) end as segment_key,
                    {{ phone_calling_code("abroad") }} as calling_key
                from {{ numbers }}
            ) as number
            left join mobile_prefix on number.prefix_key = mobile_prefix.prefix
            left join mobile_region on number.segment_key = mobile_region.segment
            left join calling_code on number.calling_key = calling_code.calling_code
        )
    )
{%- endmacro -%}

{#- One number as the column `numbers` has it. -#}
{%- macro phone_struct() -%}
    {
        'e164': e164,
        'extension': extension,
        'kind': kind,
        'area_code': area_code,
        'subscriber': subscriber,
        'status': status,
        'reason': reason,
        'region_code': region_code,
        'carrier': carrier,
        'is_virtual': is_virtual
    }
{%- endmacro -%}

{#- One part of those numbers of a cell that a condition on `n` picks, sorted, each once; null where there is none. -#}
{%- macro phone_list(numbers, condition, part) -%}
    nullif(
        list_sort(
            list_distinct(list_transform(list_filter({{ numbers }}, lambda n: {{ condition }}), lambda n: {{ part }}))
        ),
        []
    )
{%- endmacro -%}
