{#- Host names, for the models website and email. -#}

{#- What follows the first dot of a domain; null where there is none. -#}
{%- macro after_dot(domain) -%}
    case when contains({{ domain }}, '.') then {{ domain }}[instr({{ domain }}, '.') + 1:] end
{%- endmacro -%}

{#- The last four labels of a domain: no registered name has more. -#}
{%- macro last_labels(domain) -%}
    case
        when length({{ domain }}) - length(replace({{ domain }}, '.', '')) > 3
            then regexp_extract({{ domain }}, '[^.]*(?:\.[^.]*){3}$')
        else {{ domain }}
    end
{%- endmacro -%}

{#-
    The table public_suffix for these lookups: `extra` is 0 where the ending is the public suffix, 1 where a label more belongs to it (*.ck),
    -1 where a label less (www.ck). No host of four labels that is itself a suffix is wanted.
-#}
{%- macro public_suffixes() -%}
    select
        suffix,
        suffix_labels - len(string_split(suffix, '.')) as extra
    from {{ ref("public_suffix") }}
    where len(string_split(suffix, '.')) < 4
{%- endmacro -%}

{#-
    How many labels of a domain stand before its registered name; negative where the domain is itself a public suffix, null where
    its top-level domain is unknown. Takes the `extra` found for the domain and for what follows its first, second and third dot.
-#}
{%- macro labels_before_name(extra_0, extra_1, extra_2, extra_3) -%}
    coalesce(-1 - {{ extra_0 }}, 0 - {{ extra_1 }}, 1 - {{ extra_2 }}, 2 - {{ extra_3 }})
{%- endmacro -%}

{#-
    True for a domain of at least two labels made of letters, digits and hyphens as host names may be (RFC 1123): no hyphen first or
    last in a label. Takes lower-case ASCII.
-#}
{%- macro is_host_name(domain) -%}
    regexp_full_match({{ domain }}, '[a-z0-9]+(?:-+[a-z0-9]+)*(?:\.[a-z0-9]+(?:-+[a-z0-9]+)*)+')
{%- endmacro -%}

{#- The digit of a number below 36 in Punycode. -#}
{%- macro punycode_digit(number) -%}
    substr('abcdefghijklmnopqrstuvwxyz0123456789', ({{ number }})::integer + 1, 1)
{%- endmacro -%}

{#- The bias that follows from a delta already scaled (RFC 3492, 6.1). -#}
{%- macro punycode_bias(delta) -%}
    case
    {%- for turn in range(5) -%}
        {%- set scaled = "(" ~ delta ~ " // " ~ 35 ** turn ~ ")" %}
        when {{ scaled }} <= 455 then {{ 36 * turn }} + 36 * {{ scaled }} // ({{ scaled }} + 38)
    {%- endfor %}
    end
{%- endmacro -%}

{#-
    A domain with other characters in ASCII (IDNA): its labels in Punycode (RFC 3492) behind xn--. In steps, each taking what the one
    before gave: idn_places() of a lower-case domain, idn_moves(), idn_digits() for turns 1, 4 and 7, idn_domain(). For domains that are not in ASCII, with labels of at most 63
    characters.

    An encoder inserts the characters that are not ASCII in the order of their code points. How far it moves each time (`delta`) and how
    the move is written (`bias`) follow from the code points and places alone, so that no loop over states is needed:
    `place` is how many characters stand before a character when it is inserted.
-#}
{%- macro idn_places(domain) -%}
    list_transform(
        list_transform(
            string_split(nfc_normalize({{ domain }}), '.'),
            lambda l: {'label': l, 'codes': list_transform(string_split(l, ''), lambda c: unicode(c)::bigint)}
        ),
        lambda s: {
            'label': s.label,
            'count': len(s.codes),
            'places': list_transform(
                list_sort(list_transform(
                    list_filter(range(1, len(s.codes) + 1), lambda i: s.codes[i] > 127),
                    lambda i: {'code': s.codes[i], 'at': i}
                )),
                lambda e: {'code': e.code, 'place': len(list_filter(range(1, e.at), lambda i: s.codes[i] <= e.code))}
            )
        }
    )
{%- endmacro -%}

{%- macro idn_moves(places) -%}
    list_transform(
        list_transform({{ places }}, lambda s: {
            'label': s.label,
            'count': s.count,
            'deltas': list_transform(
                range(1, len(s.places) + 1),
                lambda k: (s.places[k].code - if(k = 1, 128, s.places[k - 1].code)) * (s.count - len(s.places) + k)
                + s.places[k].place - if(k = 1, 0, s.places[k - 1].place + 1)
            )
        }),
        lambda s: {
            'label': s.label,
            'has_ascii': s.count > len(s.deltas),
            'moves': list_transform(
                list_transform(
                    range(1, len(s.deltas) + 1),
                    lambda k: {
                        'left': s.deltas[k],
                        'scaled': if(
                            k = 1,
                            null,
                            s.deltas[k - 1] // if(k = 2, 700, 2)
                            + s.deltas[k - 1] // if(k = 2, 700, 2) // (s.count - len(s.deltas) + k - 1)
                        )
                    }
                ),
                lambda m: {'left': m.left, 'bias': coalesce({{ punycode_bias("m.scaled") }}, 72), 'text': ''}
            )
        }
    )
{%- endmacro -%}

{#- Three digits of each move; nine are enough for a label of 63 characters. -#}
{%- macro idn_digits(moves, first_turn) -%}
    {%- set written = namespace(sql="s.moves") -%}
    {%- for turn in range(first_turn, first_turn + 3) -%}
        {%- set limit = "least(greatest(" ~ 36 * turn ~ " - m.bias, 1), 26)" -%}
        {%- set written.sql -%}
            list_transform({{ written.sql }}, lambda m: {
                'left': if(m.left < {{ limit }}, -1, (m.left - {{ limit }}) // (36 - {{ limit }})),
                'bias': m.bias,
                'text': m.text || case
                    when m.left < 0 then ''
                    when m.left < {{ limit }} then {{ punycode_digit("m.left") }}
                    else {{ punycode_digit(limit ~ " + (m.left - " ~ limit ~ ") % (36 - " ~ limit ~ ")") }}
                end
            })
        {%- endset -%}
    {%- endfor -%}
    list_transform({{ moves }}, lambda s: {'label': s.label, 'has_ascii': s.has_ascii, 'moves': {{ written.sql }}})
{%- endmacro -%}

{%- macro idn_domain(moves) -%}
    array_to_string(
        list_transform({{ moves }}, lambda s: if(
            len(s.moves) = 0,
            s.label,
            'xn--'
            || regexp_replace(s.label, '[^\x00-\x7f]', '', 'g')
            || if(s.has_ascii, '-', '')
            || array_to_string(list_transform(s.moves, lambda m: m.text), '')
        )),
        '.'
    )
{%- endmacro -%}

{#-
    What people who type addresses of websites do, undone: pattern => replacement, ␠ for a space; letter case does not matter. In steps,
    each taking the text of the one before:
    cleaned  labels, and what parts several addresses, which is no mistake
    schemes  what stands before the name
    dots     what was written for a dot
    spaces   spaces beside a dot
    parted   addresses glued together
-#}
{%- macro website_habits(step) -%}
    {%- set top = "(?:com|cn|net|org|gov|edu|hk|tw|cc|top|vip)" -%}
    {%- if step == "cleaned" -%}
            [\s\x{00a0}\x{2000}-\x{200a}\x{202f}\x{205f}]+               => ␠
            &amp;                                                        => &
            ×                                                            => x
            [“”„‘’"'<>]+                                                 => ␠
            ^[./ ]+                                                      =>
            [,;，；。、|]+[ ]*(www\.|https?:)                              => ␠\1
            ([^\x00-\x7f])(https?://)                                   => \1␠\2
            ([a-z0-9])/(www\.[a-z0-9-]+\.[a-z])                          => \1␠\2
            (https?://)[^/@ :]+:[^/@ ]*@                                 => \1
            ^{{ website_label_pattern() }} =>
    {%- elif step == "schemes" -%}
            \\                                                           => /
            (^|[^a-z0-9])(?:h{1,2}t{1,3}p{1,2}|ttp|htt)(s?)[ ]*(?:[:;]+[ ]*/*|/+[:;]?/*)[ ]*([a-z0-9\p{Han}]) => \1http\2://\3
            (^|[^a-z0-9])s?ftp://                                        => \1http://
            https?://(?:www\.)?(https?://)                               => \1
            https?://(?:www\.)?(https?://)                               => \1
            (^|[^a-z0-9])w\.w\.w\.                                       => \1www.
            (^|[^a-z0-9])w{2,5}[ ]*[,。·:;、][ ]*([a-z0-9])                => \1www.\2
            ^((?:https?://)?www) ([a-z0-9-]+) ({{ top }})\b[ ]?(cn|hk|tw)?$ => \1.\2.\3.\4
    {%- elif step == "dots" -%}
            ([a-z0-9])[。｡·•・‧]([a-z0-9])                                 => \1.\2
            ([a-z0-9])[。｡·•・‧]([a-z0-9])                                 => \1.\2
            (\p{Han})[。｡·•・‧](中国|中國|公司|网络|网址|在线|集团|商城|com|cn|net)  => \1.\2
            ([a-z0-9])[点點]({{ top }})([^a-z]|$)                          => \1.\2\3
            (^|[^a-z0-9./-]|//)((?:[a-z0-9-]+\.)*[a-z0-9-]+),[ ]*({{ top }})([^a-z0-9.-]|$) => \1\2.\3\4
            (^|[^a-z0-9./-]|//)((?:[a-z0-9-]+\.)*[a-z0-9-]+),[ ]*({{ top }})([^a-z0-9.-]|$) => \1\2.\3\4
    {%- elif step == "spaces" -%}
            (www)[ ]*\.[ ]+([a-z0-9])                                    => \1.\2
            (www)[ ]+\.[ ]*([a-z0-9])                                    => \1.\2
            ([a-z0-9])(?:[ ]+\.[ ]*|\.[ ]+)({{ top }})\b                  => \1.\2
            (^|[^a-z0-9./-]|//)((?:[a-z0-9-]+\.)*[a-z0-9-]+)\.\.([a-z0-9]) => \1\2.\3
    {%- elif step == "parted" -%}
            ([a-z0-9/%_.-]|[^\x00-\x7f])(https?://)                      => \1␠\2
            (\.(?:com|cn|net|org))(www\.)                                => \1␠\2
            ([a-z0-9])/(www\.[a-z0-9-]+\.[a-z])                          => \1␠\2
    {%- endif -%}
{%- endmacro -%}

{#- The text with the habits of one step undone, in their order. -#}
{%- macro website_undo(step, text) -%}
    {%- set undone = namespace(sql=text) -%}
    {%- for habit in website_habits(step).splitlines() if habit | trim -%}
        {%- set pattern, replacement = (habit ~ " ").split("=> ") -%}
        {%- set arguments = [pattern | trim | replace("'", "''"), replacement | trim | replace("␠", " ")] -%}
        {%- set undone.sql = "regexp_replace(" ~ undone.sql ~ ", '" ~ arguments | join("', '") ~ "', 'gi')" -%}
    {%- endfor -%}
    {{- undone.sql -}}
{%- endmacro -%}

{#-
    One address in a cell: with its scheme, or a host whose ending is in letters, or the number of a host (IP). A host in ASCII comes
    first, because Chinese text may follow it without a space; none begins behind a dot, which is inside a Chinese domain.
-#}
{%- macro website_address_pattern() -%}
    {%- set host -%} (?:[a-z0-9_-]+\.)+(?:xn--[a-z0-9-]+|[a-z][a-z0-9]*)\.? {%- endset -%}
    {%- set number -%} \d{1,3}(?:\.\d{1,3}){3} {%- endset -%}
    {%- set end -%} [^\s|;，；。、（）()\[\]] {%- endset -%}
    (?:^|[^a-z0-9._/@\p{Latin}\p{Cyrillic}\p{Greek}-])(https?://(?:{{ number }}|{{ host }}|[\pL\pN\pM_-]+(?:\.[\pL\pN\pM_-]+)+|[a-z0-9_.-]+)(?::\d{1,5})?(?:[/?#]{{ end }}*)?
    {%- filter trim %}
    |(?:{{ number }}|{{ host }})(?::\d{1,5})?(?:(?:/\p{Han}+|[/?#])(?:/\p{Han}+|[!-''*-:=?-Z_a-z~%&])*)?)
    {%- endfilter -%}
{%- endmacro -%}

{#- What follows the host in an address: path and query, without what only tells where a visitor came from. -#}
{%- macro address_tail(rest) -%}
    rtrim(
        regexp_replace(
            regexp_replace(
                regexp_replace({{ rest }}, '^[^/?#:]*(?::\d*)?|#.*$', '', 'g'),
                '([?&])(?:utm_[a-z]+|spm|scm|gclid|fbclid|msclkid|yclid|bd_vid|from|tracelog|trace_log|cosite|pvid|share_token|isappinstalled)=[^&]*',
                '\1', 'gi'
            ),
            '([?&])&+|[?&]+$', '\1', 'g'
        ),
        '/?&.,!:'
    )
{%- endmacro -%}

{#- Characters that are not ASCII as a browser sends them. -#}
{%- macro percent_encode(text) -%}
    case
        when not regexp_matches({{ text }}, '[^\x00-\x7f]') then {{ text }}
        else array_to_string(
            list_transform(string_split({{ text }}, ''), lambda c: if(regexp_matches(c, '[^\x00-\x7f]'), url_encode(c), c)), ''
        )
    end
{%- endmacro -%}

{#- A label in front of an address, its colon with it. -#}
{%- macro website_label_pattern() -%}
    (?:公司|企业|本公司|官方|我司)?(?:网址|网站|網址|網站|官网|官網|主页|主頁|首页|域名|链接|地址|website|web ?site|web|url|home ?page)[ ]*[:)]+[ ]*
{%- endmacro -%}

{#- Said instead of an address: there is no site, or not yet. -#}
{%- macro no_website_pattern() -%}
    (?:
    {%- filter trim -%}
    (?:公司)?(?:网站|网页|主页|官网|网址)?(?:正在|尚在|还在)?(?:建设|筹建|制作|开发|完善|改版|升级|维护|更新|筹备)(?:中|之中)?
    {%- endfilter -%}
    {%- filter trim -%}
    |(?:暂时?|还|尚)?(?:无|没有|没|未建|未开通|未上线|沒有|無|未做|待建|未填|未提供)(?:公司|企业|官方)?(?:网站|网址|网页|主页|官网|網站|網址)?
    {%- endfilter -%}
    |no ?(?:web ?site|web|url|homepage)|not available|under construction|coming soon)[。.! ]*
{%- endmacro -%}

{#- Said by a site that shows a contact to its members only. -#}
{%- macro hidden_by_site_pattern() -%}
    e-?mail[^a-z0-9]{0,6}protected|登[录陆]|会员可?见|注册后|点击|查看|查阅|spam ?bots?|javascript|垃圾邮件|已隐藏|付费
{%- endmacro -%}

{#- Typed to fill the field: the host, without www. -#}
{%- macro filler_host_pattern() -%}
    (?:x{2,}|example|test|a{3,8}|your-?domain|your-?company|your-?site|123|[abc1])\.(?:com|cn|net|org|com\.cn)|com|cn|net|org
{%- endmacro -%}

{#- A whole cell that is one plain address, most are: no port, no query, nothing to mend. -#}
{%- macro plain_address_pattern() -%}
    {%- set label -%} [A-Za-z0-9]+(?:-+[A-Za-z0-9]+)* {%- endset -%}
    (?:https?://)?{{ label }}(?:\.{{ label }})*\.[A-Za-z]+(?:/[A-Za-z0-9_~-]+(?:\.[A-Za-z0-9]+)?)*/?
{%- endmacro -%}

{#- A shop named by a word of the path (showroom/abc), as the first group. -#}
{%- macro shop_path_pattern() -%}
    ^/(?:showroom|company|firm|shop|store|space|profile|channel|user|org|people|in|u|c)/@?([a-z0-9_.-]+?)(?:\.s?html?)?(?:[/?]|$)
{%- endmacro -%}

{#- Endings that exist nowhere and were meant to be com. -#}
{%- macro mistyped_com_pattern() -%}
    \.(?:con|cmo|ocm|comn|conm|comm|coom|c0m|cpm|vom|xom|cim|ccom|c|comcom|con1|com1|coml|cmm|dom)$
{%- endmacro -%}

{#- Parts of a platform's own addresses that name no shop. -#}
{%- macro platform_part_pattern() -%}
    (?:www|m|wap|h5|3g|shop|store|b2b|cn|en|us|uk|hk|tw|china|company|corp|detail|item|items|product|products|s|search|list|news|info|mall|my|member|login|i|u|user|users|home|index|world|global|trade|page|pages|article|question|p|video|videos|watch|tag|topic|about|help|app|apps|open|api|passport|account|chaoshi|list|ai|club|bbs|blog|map|baike|zhidao|tieba|jingyan|wenku|image|img|static|weixin|wx|status|explore|hashtag|gp|dp|sh|bj|gz|sz|offer|purchase|zhaopin|jobs|chat|detail_info|profile|public|wholesale|supplier|suppliers|marketplace)
{%- endmacro -%}
