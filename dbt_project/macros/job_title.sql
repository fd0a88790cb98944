{#- What the job-title dictionary looks for. Texts are simplified, half-width and lower-case when these patterns meet them. -#}

{#- The spelling that seeds/job_title_form.csv is looked up with. -#}
{%- macro job_title_key(text) -%}
    regexp_replace({{ text }}, '[ .·''’_/–—-]+', '', 'g')
{%- endmacro -%}

{#- Half-width, lower-case, brackets of every kind to (), one space at most. -#}
{%- macro job_title_folded(text) -%}
    trim(
        regexp_replace(
            translate(
                nfc_normalize(lower({{ drop_invisible(fold_width(text)) }})),
                '〔〕【】[]{}〈〉<>《》﹙﹚‘’`´；|\，"“”「」『』*★',
                '()()()()()()()()'''''''';//,'
            ),
            '[\s\x{00a0}\x{2000}-\x{200a}\x{202f}\x{205f}]+', ' ', 'g'
        ),
        {{ job_title_marks() }}
    )
{%- endmacro -%}

{#- What may stand around a title without meaning. -#}
{%- macro job_title_marks() -%}
    ' .,;:、。，；：!！?？_~/&+|–—-'
{%- endmacro -%}

{#-
    Titles joined by 、. A field of work behind a title (经理（销售）; Manager, Sales) becomes a department, which is no title of its own; a label
    goes.
-#}
{%- macro job_title_separated(text) -%}
    regexp_replace(
        regexp_replace(
            regexp_replace(
                regexp_replace(
                    regexp_replace({{ text }}, '^(?:职务|职位|岗位|头衔|(?:job )?title|position) ?[:=] ?', ''),
                    '[(, ] ?(销售|业务|采购|财务|技术|行政|人事|市场|生产|外贸|运营)\)?$', '、\1部'
                ),
                '[(, ] ?(sales|marketing|purchasing|procurement|finance|hr|it|operations|engineering)\)?$',
                '、\1 department'
            ),
            '([^a-z]) ([^a-z(])|([a-z]) ([^ -~])|([^ -~]) ([a-z])', '\1\3\5、\2\4\6', 'g'
        ),
        ' *(?:[、,;/|&+()]|兼任?|暨| and )+ *', '、', 'g'
    )
{%- endmacro -%}

{#- Each word of a title in Latin letters begins with a capital; small words and abbreviations as usual. -#}
{%- macro job_title_capitalised(text) -%}
    array_to_string(
        list_transform(
            regexp_extract_all({{ text }}, '[^ /&-]*[ /&-]?'),
            lambda w: case
                when regexp_full_match(w, '[bcdfghjklmnpqrstvwxz]{2,4}[ /&-]?') and w not in ('mr', 'st') then upper(w)
                when regexp_full_match(w, '(?:of|to|the|and|for|in)[ ]?') then w
                when regexp_full_match(w, '(?:ceo|cfo|coo|cto|cmo|cio|gm|vp|hr|it|qc|qa|pr|ka|bd|ui|ux|r|d|pmc|erp|apac|emea|usa|uk|eu|svp|evp|ehs)[ /&-]?')
                    then upper(w)
                else upper(w[1]) || w[2:]
            end
        ),
        ''
    )
{%- endmacro -%}

{#- The level that the end of a title tells, where no spelling is listed. -#}
{%- macro job_title_level(text) -%}
    if(
        regexp_matches({{ text }}, '\p{Han}'),
        case
            when regexp_matches({{ text }}, '(?:助理|秘书|特助)$') then 'staff'
            when regexp_matches({{ text }}, '(?:老板娘?|店主|业主|创始人|合伙人|股东|投资人)$') then 'owner'
            when regexp_matches({{ text }}, '(?:董事长|总裁|总经理|董事|监事|副总|首席.{1,6}官|厂长|院长|校长|园长|行长|会长|理事长|秘书长|局长|厅长|市长|县长|镇长|书记|主席|馆长|社长|所长|总工程师)$')
                then 'executive'
            when regexp_matches({{ text }}, '总监$') then 'director'
            when regexp_matches({{ text }}, '(?:经理|部长|处长|科长|课长|主任|店长|站长|室长|负责人)$') then 'manager'
            when regexp_matches({{ text }}, '(?:主管|组长|班长|队长|领班|工长|股长|段长|护士长|厨师长)$') then 'supervisor'
            when regexp_matches({{ text }}, '(?:[^人成官]员|助理|[^老大]师|[技电焊钳木美]工|医生|大夫|教授|会计|出纳|秘书|代表|顾问|客服|司机|翻译|编辑|记者|护士|文秘|专家|采购|销售|内勤)$')
                then 'staff'
        end,
        case
            when regexp_matches({{ text }}, '(?:assistant|secretary)$|^(?:assistant|secretary) to ') then 'staff'
            when regexp_matches({{ text }}, '\b(?:owner|founder|co-?founder|partner|proprietor)$') then 'owner'
            when regexp_matches({{ text }}, '\b(?:president|[se]?vp|chairman|chairwoman|chairperson|general manager|managing director|chief [a-z ]*officer|ceo|cfo|coo|cto|cmo|cio|gm)\b')
                then 'executive'
            when regexp_matches({{ text }}, '\bdirector\b|^head of ') then 'director'
            when regexp_matches({{ text }}, '\b(?:manager|mgr|head)\b') then 'manager'
            when regexp_matches({{ text }}, '\b(?:supervisor|leader|lead|foreman)\b') then 'supervisor'
            when regexp_matches({{ text }}, '\b(?:engineer|specialist|executive|officer|representative|rep|clerk|accountant|coordinator|consultant|buyer|merchandiser|technician|analyst|agent|designer|developer|salesman|teacher|nurse|inspector|operator|sales)$')
                then 'staff'
        end
    )
{%- endmacro -%}

{#- The field of work that a title names. -#}
{%- macro job_title_function(text) -%}
    if(
        regexp_matches({{ text }}, '\p{Han}'),
        case
            when regexp_matches({{ text }}, '采购|供应链') then 'purchasing'
            when regexp_matches({{ text }}, '财务|会计|审计|税务|出纳|资金|投资|融资|信贷|风控') then 'finance'
            when regexp_matches({{ text }}, '人事|人力|招聘|薪酬|绩效|培训|\bhr') then 'hr'
            when regexp_matches({{ text }}, '法务|法律|律师|合规') then 'legal'
            when regexp_matches({{ text }}, '[内外儿骨眼]科|妇产|门诊|药剂|护理|护士|医务|医师|医生|检验科|放射科|口腔') then 'medical'
            when regexp_matches({{ text }}, '教务|教学|教研|德育|班主任|讲师|教师|老师') then 'education'
            when regexp_matches({{ text }}, '市场|品牌|推广|公关|媒介|策划|企划|新媒体') then 'marketing'
            when regexp_matches({{ text }}, '销售|营销|业务|外贸|贸易|客户|商务|渠道|招商|客服|售后|门店') then 'sales'
            when regexp_matches({{ text }}, '生产|车间|质量|品质|品管|品控|仓储|仓库|物流|设备|工艺|制造|安全|质检') then 'production'
            when regexp_matches({{ text }}, '技术|研发|工程|软件|硬件|信息|网络|设计|电气|机械|开发|算法|数据|\bit\b') then 'technical'
            when regexp_matches({{ text }}, '行政|办公室|文秘|后勤|总务|档案|综合') then 'administration'
        end,
        case
            when regexp_matches({{ text }}, '\b(?:purchas|procure|sourcing|supply chain|buyer)') then 'purchasing'
            when regexp_matches({{ text }}, '\b(?:financ|account(?:ant|ing)|audit|tax|treasur|invest)') then 'finance'
            when regexp_matches({{ text }}, '\b(?:hr|human resource|recruit|talent|payroll)') then 'hr'
            when regexp_matches({{ text }}, '\b(?:legal|lawyer|attorney|compliance)') then 'legal'
            when regexp_matches({{ text }}, '\b(?:medical|nurs|clinical|doctor|pharmac)') then 'medical'
            when regexp_matches({{ text }}, '\b(?:teach|education|academic)') then 'education'
            when regexp_matches({{ text }}, '\b(?:marketing|brand|public relations|pr|media)\b') then 'marketing'
            when regexp_matches({{ text }}, '\b(?:sales|business development|account|export|customer|channel|trade)\b')
                then 'sales'
            when regexp_matches({{ text }}, '\b(?:production|manufactur|quality|warehouse|logistics|plant|factory|safety)')
                then 'production'
            when regexp_matches({{ text }}, '\b(?:technical|technology|engineer|software|hardware|it|design|r&d|research|develop|data)')
                then 'technical'
            when regexp_matches({{ text }}, '\b(?:admin|office|secretar)') then 'administration'
        end
    )
{%- endmacro -%}

{#- Whole texts that name no title. -#}
{%- macro job_title_pattern(name) -%}
    {%- if name == "honorific" -%}
        先生|女士|小姐|太太|夫人|先生/女士|男士?|女|mr|mrs|ms|miss|mr/ms|sir|madam|mdm
    {%- elif name == "placeholder" -%}
        测试.?|test\d*|testing|x{2,}|a{2,}|职务|职位|岗位|头衔|联系人|联络人|title|job title|position|designation|role|其他|其它|other|others|默认|default|asdf\w*|qwer\w*|哈+|abc|业务联系人|主要联系人|客户|用户|会员|个人|本人
    {%- elif name == "company" -%}
        (?:有限公司|公司|集团|工厂|合作社|事务所|经营部|商行|医院|学校|大学|学院|银行)$|\b(?:co ?,? ?ltd|limited|inc|llc|gmbh|corp)\b
    {%- elif name == "department" -%}
        (?:[^()]{1,8}(?:部|部门|中心|事业部|办公室|处|科)|办公室|总经办|总裁办|董事办|董秘办|厂办|院办|校办|党办|行政办|综合办)
    {%- filter trim %}
    |(?:(?:purchas(?:e|ing)|procurement|sourcing|supply|chain|sales|marketing|market|business|development|financ(?:e|ial)|account(?:s|ing)|hr|human|resources?|personnel|admin|administrati(?:on|ve)|it|information|technology|technical|engineering|r&d|research|design|production|manufacturing|quality|control|assurance|logistics|warehouse|shipping|export|import|foreign|international|overseas|domestic|trade|legal|customer|after|service|planning|project|product|operations?|maintenance|public|relations|and|&)[ /&-]*)+(?:dept|department)
    {%- endfilter -%}
    {%- filter trim %}
    |(?:dept|department) of [a-z& ]+
    {%- endfilter %}
    {%- elif name == "joined" -%}
        [、,;/|&+()兼暨:=]| and |[^ -~] | [^ -~]
    {%- elif name == "surname" -%}
        王李张刘陈杨黄赵周吴徐孙朱马胡郭林何梁郑罗宋谢唐韩曹许邓萧肖冯曾彭潘袁董余苏叶吕魏蒋田杜丁沈姜范傅卢汪崔廖姚邱谭贾邹熊孟秦阎薛侯雷段郝孔邵钱龚汤陶黎樊庞翟倪严
    {%- endif -%}
{%- endmacro -%}
