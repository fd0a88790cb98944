{#- How Chinese places are called besides their official names, for the models region_form, region_path, region and address. -#}

{#- Names of peoples as they stand in the names of autonomous regions. -#}
{%- macro peoples_pattern() -%}
    (?:汉族|蒙古族?|回族|藏族|维吾尔族?|苗族|彝族|壮族|布依族|朝鲜族|满族|侗族|瑶族|白族|土家族|哈尼族|哈萨克族?|傣族|黎族|傈僳族|佤族|畲族|拉祜族|水族|东乡族|纳西族|景颇族|柯尔克孜族?|土族|达斡尔族?|仫佬族|羌族|布朗族|撒拉族|毛南族|仡佬族|锡伯族?|普米族|塔吉克族?|怒族|裕固族|保安族|独龙族|鄂温克族?|各族)
{%- endmacro -%}

{#- A county's name without what kind of county it is, null where a single character would remain (赵县). -#}
{%- macro county_stem(name) -%}
    nullif(
        regexp_extract({{ name }}, '^(..+?){{ peoples_pattern() }}*(?:自治县|自治旗|特区|林区|新区|区|县|市|旗)$', 1),
        ''
    )
{%- endmacro -%}

{#- What is written where there is no city or county to name: 市辖区, 市直, 省直辖县级行政区划, 其他, 请选择. -#}
{%- macro is_no_region(text) -%}
    (
        regexp_full_match(
            {{ text }},
            '市|县|区|盟|州|市区|市辖区|市辖县|市直.*|市本级|本级|市属.*|区直|县直|省直.*|省属.*|自治区直辖.*|直辖.*|直属|直管.*|中心城区|主城区|城区|市中心|全市|全区|全县|全省|全国|其他|其它|未知|不详|不限|暂无|无|n/?a|null|none'
        )
        or {{ says_placeholder(text) }}
    )
{%- endmacro -%}

{#- Punctuation that separates the parts of an address, as ltrim and translate want it; half-width. -#}
{%- macro place_separators() -%}
    ,/|\·•・>;:、，。.~_=+*&!?"''`^-–—‐‑−－<[]【】「」『』{}（）()→ #
{%- endmacro -%}

{%- macro is_place_separator() -%}
    [\s,/|\\·•・>;:、，。.~_=+*&!?"''`^–—‐‑−－<\[\]【】「」『』{}（）()→#-]
{%- endmacro -%}

{#-
    True where the text after a name says that the name is part of a longer one: 北京|路, 南京|东路, 上海|大厦. How much it takes
    depends on the kind of name (see region_path): 深圳市|湾 is no bay, 深圳|湾 is.
-#}
{%- macro is_part_of_longer_name(kind, after) -%}
    {%- set road -%}
        (?:[东西南北中上下前后内外新老]{0,2}[一二三四五六七八九]?(?:路|大道|大街|街(?:[^道]|$)|胡同|巷|弄|公路|高速|高架|立交|马路)|国道|省道|道[0-9]|小吃)
    {%- endset -%}
    {%- set house -%}
        大厦|大楼|大酒店|酒店|宾馆|饭店|旅馆|旅社|招待所|大学|学院|中学|小学|幼儿园|学校|医院|银行|商厦|商城|商场|商店|百货|市场|超市|花园|公寓|新村|小区|家园|雅苑|广场|公园|会馆|会所|人家|风味|特产|餐|饭|面馆|拉面|烤|菜|火锅|街道|湾|港|办事处|集团|公司|有限|股份|实业|贸易|移动|电信|联通|石化|石油|人寿|保险|证券|话|人$|人[^民]|牌|产|籍|户口|帮|式
    {%- endset -%}
    case {{ kind }}
        when 'full' then regexp_matches({{ after }}, '^(?:路|大道|大街|街[^道]|胡同|巷|场|小吃|道[0-9])')
        when 'short' then regexp_matches({{ after }}, '^(?:{{ road }}|{{ house }}|道(?:[^里外真孚]|$))')
        when 'town' then regexp_matches({{ after }}, '^(?:{{ road }}|{{ house }}|[东西南北中]?[道镇乡村桥站门])')
        when 'district'
            then regexp_matches(
                {{ after }},
                '^(?:{{ road }}|{{ house }}|[东西南北中]?(?:[道镇乡村桥站门寺坝塔宫祠庙园洞口关楼阁心]|[山湖河江岛庄店屯城里峰岭坡岗沟水溪](?:[^\p{Han}]|$|[东西南北中上下大小]?[路街道巷村镇乡公景风旅度国别花小畔边滨一二三四五六七八九十])))'
            )
        when 'bare'
            then not regexp_matches({{ after }}, '^\p{Han}{2,7}?(?:镇|乡|街道|路|大道|大街|街|苏木|道)')
                or regexp_matches({{ after }}, '^(?:{{ road }}|{{ house }}|[东西南北中]?[道镇乡村桥站门]|[东西南北中新老]?(?:区|城(?:[^关]|$)))')
        else false
    end
{%- endmacro -%}

{#- Stems of counties that are words as well, or names of lakes, mountains and roads: they do not name a county alone. -#}
{%- macro ordinary_words() -%}
    和平 兴业 东方 平安 合作 同仁 新星 白杨 双河 草湖 平原 延长 南部 中方 凤凰 富裕 富民 大方 友谊 太湖 明光 乐业 新华 长安 朝阳 文昌 太和 泰和 永和 永丰 万年 大名
    高台 城口 新安 新城 古城 建设 解放 胜利 光明 前进 红旗 东风 青年 幸福 长江 黄河 中山 人民 民主 工农 英山 金山 龙门 宝山 安康 福海 博爱 博望 普安 永安 永清
    西湖 东湖 南海 东海 滨海 临江 沿河 环江 海盐 长岛 天台 武功 望都 通海 江口 大城 大田 大通 大宁 大化 新和 新源 开阳 富源 阳光 建宁 兴隆 兴安 兴国
{%- endmacro -%}

{#- The digits of a code that it shares with every region inside it. -#}
{%- macro region_stem(code) -%}
    case
        when suffix({{ code }}, '0000') then left({{ code }}, 2)
        when suffix({{ code }}, '00') then left({{ code }}, 4)
        else {{ code }}
    end
{%- endmacro -%}

{#- The one region that all codes of a list are or lie in, null where there is none. -#}
{%- macro common_region(codes) -%}
    case
        when len({{ codes }}) = 1 then {{ codes }}[1]
        when len(list_distinct(list_transform({{ codes }}, lambda c: left(c, 4)))) = 1
            and left({{ codes }}[1], 2) not in ('11', '12', '31', '50', '81', '82')
            and substr({{ codes }}[1], 3, 2) <> '90'
            then left({{ codes }}[1], 4) || '00'
        when len(list_distinct(list_transform({{ codes }}, lambda c: left(c, 2)))) = 1 then left({{ codes }}[1], 2) || '0000'
    end
{%- endmacro -%}
