{#- How people write e-mail addresses, for the model email. -#}

{#- Domains of well-known providers without their .com, as people write them when they forget the dot. -#}
{%- macro mail_provider_pattern() -%}
    (?:vip\.)?(?:163|126|188|qq|139|gmail|hotmail|outlook|foxmail|yahoo|sina|sohu|aliyun|icloud|21cn|tom|live|msn)
{%- endmacro -%}

{#- What an address has before its at sign when it is read from a cell: also characters that are then found to be wrong. -#}
{%- macro mail_local_pattern() -%}
    (?:[a-z0-9!#$%&''*+=?^_`~.…×●\p{Latin}\p{Cyrillic}\p{Greek}-]|\(\))*
{%- endmacro -%}

{#-
    One address in a cell: a quoted name, or a run with several at signs, or a domain in ASCII, or one in other letters, or what is
    left of one. The domain in ASCII comes before the others, because a Chinese name may follow it without a space.
-#}
{%- macro mail_address_pattern() -%}
    ("[^"@|]{1,64}"@[a-z0-9.-]+
    {%- filter trim %}
    |{{ mail_local_pattern() }}@[a-z0-9._-]*(?:@[a-z0-9._-]*)+
    {%- endfilter -%}
    {%- filter trim %}
    |{{ mail_local_pattern() }}@(?:[a-z0-9_-]+\.)+(?:xn--[a-z0-9-]+|[a-z][a-z0-9]*)(?:\.+[a-z0-9_-]+)*(?:[^\pL\pN*….]|\p{Han}|\.*$)
    {%- endfilter -%}
    {%- filter trim %}
    |{{ mail_local_pattern() }}@[\pL\pN\pM_-]+(?:\.[\pL\pN\pM_-]+)+
    {%- endfilter -%}
    {%- filter trim %}
    |{{ mail_local_pattern() }}@[a-z0-9_*×●….-]*)
    {%- endfilter -%}
{%- endmacro -%}

{#-
    What people who type addresses do, undone: pattern => replacement, ␠ for a space. In steps, each taking the text of the one before:
    cleaned  drops what is no part of an address and no mistake either
    signs    what was written for an at sign
    dots     what was written for a dot
    spaces   spaces inside an address, and the dot that a known provider lacks
-#}
{%- macro mail_habits(step) -%}
    {%- set top = "(?:com|cn|net|org|gov|edu)" -%}
    {%- if step == "cleaned" -%}
            [\s\x{00a0}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}]+       => ␠
            (mailto:[^ ?"'>]+)\?[^ "'>)]*                                 => \1
            (?:&nbsp;|&lt;|&gt;|&quot;|%20)                               => ␠
            (^|[^a-z0-9])(?:e-?mail|mail|to|mailto)[ ]*[=:][ ]*           => \1
            [“”„]                                                         => "
            [‘’]                                                          => '
    {%- elif step == "signs" -%}
            (?:&#0*64;|&#x0*40;|&commat;|%40)                             => @
            [ ]*[[({<【「《〔][ ]*(?:at|a|@|艾特)[ ]*[])}>】」》〕][ ]*         => @
            [ ]*[[({<【「《〔][ ]*(?:dot|点|點|\.)[ ]*[])}>】」》〕][ ]*         => .
            [(（]?[^a-z0-9@()（）]{0,8}[#★☆*◎&][^a-z0-9@()（）]{0,6}[换換改替][^a-z0-9@()（）]{0,6}@[^a-z0-9@()（）]{0,8}[)）]? =>
            ^([a-z0-9._+-]+)[ ]*(?:_at_| at |艾特)[ ]*([a-z0-9-]+(?:(?:\.| dot )[a-z0-9-]+)+)$ => \1@\2
            ([@.][a-z0-9-]+) dot ([a-z])                                  => \1.\2
            ([@.][a-z0-9-]+) dot ([a-z])                                  => \1.\2
            ^([^@]*[a-z0-9_])[ ]*[#★☆◎][ ]*([a-z0-9-]+(?:[.,。][a-z0-9-]+)+)([^@]*)$ => \1@\2\3
            https?:/*([a-z0-9._+-]+@)                                     => \1
    {%- elif step == "dots" -%}
            (\.{{ top }})[。｡·•・‧]([a-z0-9._+-]+@)                         => \1␠\2
            ([a-z0-9])[。｡·•・‧]([a-z0-9])                                 => \1.\2
            (@[a-z0-9.-]+)[点點]({{ top }})                                => \1.\2
            (@[a-z0-9.-]+)[点點]({{ top }})                                => \1.\2
            (@[a-z0-9-]+(?:\.[a-z0-9-]+)*),[ ]*({{ top }})([^a-z0-9@._+-]|$) => \1.\2\3
            (@[a-z0-9-]+(?:\.[a-z0-9-]+)*),[ ]*({{ top }})([^a-z0-9@._+-]|$) => \1.\2\3
    {%- elif step == "spaces" -%}
            ([a-z0-9_])[ ]+@                                              => \1@
            @[ ]+([\pL\pN])                                               => @\1
            (@[a-z0-9-]+)(?:[ ]+\.[ ]*|\.[ ]+)({{ top }})\b                => \1.\2
            (@[a-z0-9-]+\.com)(?:[ ]+\.[ ]*|\.[ ]+)cn\b                   => \1.cn
            (@{{ mail_provider_pattern() }})[ ]*(com)([^a-z0-9@_-]|$)       => \1.\2\3
    {%- endif -%}
{%- endmacro -%}

{#- The text with the habits of one step undone, in their order. -#}
{%- macro mail_undo(step, text) -%}
    {%- set undone = namespace(sql=text) -%}
    {%- for habit in mail_habits(step).splitlines() if habit | trim -%}
        {%- set pattern, replacement = (habit ~ " ").split("=> ") -%}
        {%- set arguments = [pattern | trim | replace("'", "''"), replacement | trim | replace("␠", " ") | replace("'", "''")] -%}
        {%- set undone.sql = "regexp_replace(" ~ undone.sql ~ ", '" ~ arguments | join("', '") ~ "', 'g')" -%}
    {%- endfor -%}
    {{- undone.sql -}}
{%- endmacro -%}

{#- A whole cell that is one plain address, most are. -#}
{%- macro plain_mail_pattern() -%}
    {%- set label -%} [A-Za-z0-9]+(?:-[A-Za-z0-9]+)* {%- endset -%}
    [A-Za-z0-9]+(?:[._-]?[A-Za-z0-9])*@{{ label }}(?:\.{{ label }})*\.[A-Za-z]+
{%- endmacro -%}

{#- A label in front of an address or of what stands for one. -#}
{%- macro mail_label_pattern() -%}
    ^[("[]*(?:(?:公司|企业|工作|个人|联系|常用|电子)?(?:邮箱|邮件|信箱|电邮|電郵|電子郵件)(?:地址|账号|帐号)?|e-?mail(?: ?address)?|mail)[ ]*[:)\]"]*
{%- endmacro -%}

{#- Said instead of an address: there is none. -#}
{%- macro no_mail_pattern() -%}
    (?:暂?无|暫無|没有|没|沒有|未留|未填|未知|不详|不愿提供|不便提供|拒绝提供|no|none|without|not available|not provided)
    {%- filter trim -%}
    [ ]?(?:公司)?(?:邮箱|邮件|电子邮箱|信箱|e-?mail|mail|address)?[。.! ]*
    {%- endfilter -%}
{%- endmacro -%}

{#- A host name without an at sign, by its ending. -#}
{%- macro bare_host_pattern() -%}
    (?:[a-z0-9-]+\.)+(?:com|cn|net|org|gov|edu|cc|top|vip|hk|tw|info|biz|io|xyz|shop|me|tv|asia|co)(?:/.*)?
{%- endmacro -%}

{#- One address behind other names of the same domain: sales/info@… -#}
{%- macro shared_domain_pattern() -%}
    ^((?:[a-z0-9_+-][a-z0-9._+-]*[ ]*[/,、&;|]+[ ]*)+)([a-z0-9][a-z0-9._+-]*)(@[a-z0-9.-]+)$
{%- endmacro -%}

{#- Words before an address that are no name. -#}
{%- macro mail_courtesy_pattern() -%}
    \b(?:e-?mail|mail|contact|address|add|mr|mrs|ms|miss|dr|name|to|or|and|my|is)\b[.]?
{%- endmacro -%}

{#- Typed to fill the field: a domain, with any name before it. -#}
{%- macro filler_domain_pattern() -%}
    (?:www\.|mail\.)?(?:x{2,}|example|test|your-?domain|your-?company|your-?site|your-?mail|none|null|no-?e?mail)
    {%- filter trim -%}
    \.(?:com|cn|net|org|com\.cn|x{2,}|test)|domain\.com
    {%- endfilter -%}
{%- endmacro -%}

{#- Typed to fill the field: the same word before and behind the at sign. -#}
{%- macro filler_word_pattern() -%}
    [a-z]|x+|aa+|abc|no|na|none|null|test|email|mail|demo|sample|123\d*|1+|0+|asdf|qwe|qwer|user|name|wu|meiyou
{%- endmacro -%}

{#- Mobile numbers of mainland China with and without the country code. -#}
{%- macro mobile_mailbox_pattern() -%}
    (?:86)?1(?:3\d|4[5-9]|5[0-35-9]|6[2567]|7[0-8]|8\d|9[0-35-9])\d{8}
{%- endmacro -%}

{#- Boxes of a task and not of a person. -#}
{%- macro mail_role_pattern() -%}
    (?:info|information|sales?|xiaoshou|xs|marketing|market|shichang|service|services|support|kefu|fuwu|help|helpdesk|contact|contacts|contactus|admin|administrator|hr|job|jobs|career|careers|recruit|recruitment|zhaopin|renshi|rlzy|office|bangongshi|bgs|xingzheng|caigou|caigoubu|purchase|purchasing|procurement|buyer|export|exports|import|trade|trading|waimao|business|swb|shangwu|enquiry|enquiries|inquiry|order|orders|account|accounts|accounting|finance|caiwu|invoice|billing|webmaster|postmaster|hostmaster|root|noreply|no-reply|no_reply|donotreply|do-not-reply|newsletter|news|press|media|pr|legal|privacy|security|abuse|public|mail|email|mailbox|team|hello|hi|ceo|gm|boss|manager|general|reception|feedback|complaint|complaints|tousu|tech|technical|jishu|customer|customerservice|customer-service|customercare|cs|oem|qc|qa|logistics|shipping|wuliu|investor|ir|partner|partners|agent|xiaoshoubu|shichangbu|renshibu|kefubu|jishubu|shangwubu|caiwubu|zongjingli|company|gongsi|dept|secretary)(?:[-_.]?(?:\d{1,3}|cn|china|hk|global|asia|intl|team|dept|bu))?
{%- endmacro -%}

{#- Typed to fill the field, before the at sign of a free box. -#}
{%- macro mail_filler_pattern() -%}
    (?:test\d{0,3}|x{3,}|no-?e?mail|none|null|no|n-a|example|sample|demo|asdf[a-z]{0,6}|qwer?[a-z]{0,4}|your-?_?name|username|user|someone|nobody|meiyou
    {%- filter trim %}
    |1{3,}|2{5,}|3{5,}|4{5,}|5{5,}|6{5,}|7{5,}|8{5,}|9{5,}|0{3,}|123|1234|12345|123456|123456789|1234567890)
    {%- endfilter %}
{%- endmacro -%}
