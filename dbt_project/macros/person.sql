{#- What the person dictionary looks for beside a name. Texts are simplified and lower-case when these patterns meet them. -#}

{#- The hundred or so most common surnames, for patterns that part one name from the next. All others stand in seeds/surname.csv. -#}
{%- macro person_common_surnames() -%}
    {{- "王李张刘陈杨黄赵周吴徐孙朱马胡郭林何高梁郑罗宋谢唐韩曹许邓萧肖冯曾程蔡彭潘袁董余苏叶吕魏蒋田杜丁沈姜范江傅钟卢汪戴崔任陆廖姚方金邱夏谭韦贾邹石熊孟秦阎闫薛侯雷龙段郝孔邵史毛顾赖武康贺严尹钱施牛洪龚汤陶黎温莫易樊乔殷颜庄章鲁倪庞邢俞翟蓝聂齐葛柴伍覃骆关柳欧祝纪毕耿芦左季辛苗詹曲靳祁涂裴翁霍游阮尤岳柯牟滕舒饶凌盛单冉鲍屈喻蒲卫简项闵邬" -}}
{%- endmacro -%}

{#- 先生 and the like. -#}
{%- macro person_honorific() -%}
    {{- "(?:老先生|先生|先森|男生|女生|女士|女仕|小姐姐|小姐|老太太|太太|夫人|同志|师傅|阿姨|叔叔|大哥|大姐|大叔|大妈|大爷|大伯|姑娘|美女|帅哥|靓女|靓仔)" -}}
{%- endmacro -%}

{#- Fields of work, which stand before a title or name a department. -#}
{%- macro person_field_of_work() -%}
    {{- "(?:人力资源|电子商务|供应链|办公室|事业部|大客户|分公司|子公司|总公司|总经办|党支部|党总支|居委会|村委会|采购|销售|营销|市场|财务|行政|人事|人力|技术|研发|工程|生产|品质|质量|质检|品管|品控|仓储|仓库|物流|运输|外贸|内贸|国际|国内|贸易|业务|商务|客户|客服|售后|售前|项目|产品|运营|网络|信息|电商|渠道|区域|大区|片区|华东|华南|华北|华中|西南|西北|东北|海外|全国|地区|综合|后勤|总务|企划|策划|推广|公关|宣传|媒体|广告|设计|法务|审计|投资|融资|证券|战略|招商|招聘|培训|教学|教务|教导|德育|政教|医务|医保|护理|门诊|药剂|设备|动力|车间|工艺|安全|安保|保安|保卫|消防|水电|物业|工会|党委|支部|团委|街道|社区|集团|部门|本部|事业|政企|门店|餐饮|厨房|前厅|客房|酒店|楼面|大堂|平面|室内|机械|电气|软件|硬件|结构|美术|创意|艺术|税务|成本|外联|接待|档案|单证|报关|船务|跟单|计划|供应|资材|物控|物料|公司)" -}}
{%- endmacro -%}

{#- Titles and occupations as people write them beside a name. -#}
{%- macro person_title() -%}
    {{- "(?:" ~ person_field_of_work() ~ "[一二三四五六七八九十]?(?:部门|[部科处室组课股区])?){0,2}(?:(?:常务|执行|高级|资深|首席|代理|名誉|荣誉|联席|助理|见习|实习|分管|副|总|正|大|老){0,2}"
        ~ "(?:总经理|董事长|理事长|秘书长|护士长|厨师长|检察长|事务长|董事|监事|理事|干事|总裁|总监|总助|经理|主任医师|主治医师|主任护师|主任|主管|主席|主编|主厨|主播|厂长|店长|校长|院长|园长|所长|局长|处长|科长|股长|部长|司长|厅长|镇长|乡长|村长|区长|县长|市长|省长|州长|会长|站长|队长|组长|班长|社长|台长|行长|馆长|船长|机长|团长|营长|连长|排长|庭长|关长|署长|室长|课长|工长|段长|楼长|总长|支书|总工|高工|警官|掌柜|书记|助理|秘书|委员|文员|文秘|会计师|会计|出纳|采购员|业务员|销售员|技术员|质检员|施工员|安全员|资料员|预算员|统计员|仓管员|保管员|管理员|操作员|外贸员|跟单员|单证员|报关员|报价员|送货员|快递员|驾驶员|服务员|收银员|营业员|导购员|客服专员|采购|业务|销售|客服|财务|跟单|外贸|行政|人事|后勤|市场|招商|运营|工程师|设计师|程序员|技师|技工|老板娘|老板|老师|教授|讲师|教员|教练|教头|博士|院士|医生|医师|大夫|护士|护师|药师|律师|法官|检察官|法医|顾问|专员|代表人|代表|法人|负责人|经办人|合伙人|创始人|联合创始人|投资人|股东|司机|导游|编辑|记者|导购|领班|仓管|库管|电工|钳工|焊工|木工|美工|厨师|前台|设计|董秘|司令|首席执行官|首席财务官|首席技术官|首席运营官|督导|巡视员|调研员|科员|村支书|老总|副总|常务副总))(?:助理|秘书)?" -}}
{%- endmacro -%}

{#- A department and no title. -#}
{%- macro person_department() -%}
    {{- "(?:" ~ person_field_of_work() ~ "{1,2}[一二三四五六七八九十]?(?:部门|办公室|中心|[部科处室组课股办])|(?:校长|院长|厂长|总经理|董事长|局长|主任)?办公室|总经办|综合办|门卫室?|总部|传达室|收发室|值班室)" -}}
{%- endmacro -%}

{#- Words that name a business or a place and end no person's name. -#}
{%- macro person_company() -%}
    {{- "(?:有限公司|公司|集团|工厂|商行|经营部|服务部|门市部|合作社|事务所|研究院|研究所|医院|诊所|药房|学校|小学|中学|大学|学院|幼儿园|银行|支行|分行|协会|委员会|工作室|酒店|宾馆|超市|商店|饭店|餐厅|商贸|科技|贸易|实业|建材|五金|物流|装饰|广告|电子|机械|机电|服装|服饰|食品|批发|装修|汽修|维修|家具|厨具|电器|化工|塑料|包装|印刷|纺织|木业|农业|网络|传媒|旗舰店|专卖店|直营店)" -}}
{%- endmacro -%}

{#- Words people type to fill the field; a whole text, lower-case. -#}
{%- macro person_placeholders() -%}
    {%- set words = "测试 测试员 测试人员 测试用户 测试账号 测试数据 测试联系人 测试客户 试用 样例 示例 例子 姓名 名字 名称 称呼 联系人 联系人姓名 联络人 负责人 相关负责人 业务负责人 客服 客服部 客服人员 客服中心 客服小姐 在线客服 人工客服 售后客服 售后 前台 前台小姐 前台接待 前台客服 总机 总台 总机转 服务台 接待 值班 值班室 值班人员 管理员 系统管理员 超级管理员 系统 用户 新用户 微信用户 游客 匿名 匿名用户 匿名者 无名 无名氏 无联系人 无姓名 不便透露 不方便说 不愿透露 拒绝透露 拒绝提供 拒绝告知 不愿提供 不便提供 不便告知 佚名 某人 某某 某某某 某先生 某女士 某小姐 某某先生 某某女士 某总 某经理 先生 女士 小姐 太太 男士 男 女 先生女士 先生小姐 男女 师傅 本人 自己 客户 顾客 会员 个人 个体 业主 家长 学生 工作人员 相关人员 有关人员 专人 经办人 办公人员 内勤 相关部门 转接 人工 热线 亲 美女 帅哥 朋友 路人甲 路人 甲 乙 丙 丁某 随便 哈哈 哈哈哈 呵呵 啊啊 啊啊啊 嗯嗯 阿斯顿 老板 test tester testing test1 test123 admin administrator root user username guest anonymous anon demo sample example contact name customer client service support info information reception receptionist frontdesk operator webmaster pic someone nobody sir madam mr mrs ms miss dear hello self me abc abcd abcde asd asdf asdfg asdfgh qwe qwer qwerty zxc aa aaa aaaa bbb xx xxx xxxx xyz yyy zzz" -%}
    {{- "'" ~ (words.replace("老板 ", "").split(" ") | join("', '"))
        ~ "', 'test user', 'customer service', 'customer care', 'contact person', 'contact name', 'full name', 'first name', 'last name', 'first last', 'your name', 'john doe', 'jane doe', 'sir or madam', 'to whom it may concern', 'person in charge', 'front desk', 'no name', 'service desk', 'help desk'" -}}
{%- endmacro -%}

{#- Names that are known by their words, since their people write no surname: Uighur and Kazakh beginnings, Tibetan, Mongolian. -#}
{%- macro person_name_words() -%}
    (?:阿卜杜|阿不都|阿布都|阿卜力|阿不力|阿布力|阿迪力|阿依|阿孜古|买买提|麦麦提|买合木提|买合买提|吐尔逊|吐尔洪|吐逊|托合提|托乎提|艾合买提|艾买提|艾尼瓦尔|艾力|热合曼|热依汗|热孜万|热依拉|玉素甫|玉苏甫|玉山江|努尔|努尔曼|库尔班|古丽|古丽娜|帕提古丽|帕提曼|木合塔尔|木沙江|马合木提|司马义|吾斯曼|乌斯曼|依明|依布拉|伊敏|伊力|卡德尔|卡地尔|哈丽|哈力|赛买提|赛力克|沙吾提|肉孜|如孜|迪丽|迪力|米热|米吉提|祖力|祖丽|麦合|巴哈尔|叶尔|叶斯|加娜|塔依尔|衣明|亚森|亚力|牙生|喀迪尔)\p{Han}{0,6}|(?:扎西|次仁|才让|才仁|卓玛|多吉|尼玛|达瓦|旦增|丹增|格桑|索朗|索南|洛桑|拉姆|平措|央金|仁青|仁增|贡布|贡桑|白玛|边巴|达娃|强巴|班觉|米玛|旺堆|旺姆|旺久|旺杰|罗布|顿珠|普布|桑珠|桑吉|桑杰|云丹|曲珍|曲扎|拉珍|拉措|卓嘎|德吉|巴桑|巴珠|嘎玛|土登|加措|嘉措|加布|顿旦|伦珠|欧珠|群培|坚赞|丹巴|达杰|拉毛|完玛|南杰|公保|华旦|昂毛|更登|更桑){1,2}|(?:巴特尔|巴图|其其格|格日勒|图雅|托娅|高娃|斯琴|乌兰|娜仁|萨仁|阿拉坦|阿拉腾|敖登|宝音|布仁|那仁|那顺|孟和|蒙和|额尔敦|额尔德尼|朝格图|朝鲁|巴雅尔|青格勒|呼日勒|呼和|苏和|特木尔|铁木尔|其木格|花尔|花拉|乌日|通拉嘎|胡日查|吉日嘎拉|道尔吉|扎那|毕力格|毕力格图|满都拉|白音|必力格|德力格尔|钢巴图){1,3}
{%- endmacro -%}

{#- Japanese surnames that a Chinese reader would take apart otherwise, in simplified characters. -#}
{%- macro person_japanese_surnames() -%}
    {{- "(?:佐佐木|长谷川|五十岚|佐久间|久保田|大久保|小笠原|宇都宫|田中|山田|佐藤|铃木|高桥|渡边|渡辺|伊藤|山本|中村|小林|加藤|吉田|山口|松本|井上|木村|斋藤|斎藤|清水|山崎|森田|池田|桥本|石川|前田|小川|冈田|藤田|后藤|近藤|村上|远藤|青木|坂本|西村|福田|太田|藤井|冈本|藤原|中岛|三浦|原田|小野|竹内|田村|中川|中野|石井|上田|宫本|大野|松田|安藤|丸山|今井|大塚|千叶|菊地|野口|松尾|菅原|野村|新井|渡部|佐野|杉山|平野|酒井|增田|工藤|宫崎|内田|横山|小岛|高木|松井|小山|和田|上野|柴田|宫泽|本田|浅野|川口|川崎|早川|服部|黑田|星野|岩崎|樱井|浜崎|滨田|三宅|大西|大桥|土屋|水野|古川|北村|平田|西田|永井|中山|中田|吉川|吉村|关口|松下|伊东|矢野|片山|熊谷|石田|石原|石桥|岛田|河野|荒木|岸本|秋山|富田|堀内|筱原|广濑|福岛|福井|辻本|坂口|山下|山内|山中|村田|村山|荒井|德田)" -}}
{%- endmacro -%}

{#- Titles in English, with the words that go before them. -#}
{%- macro person_english_title() -%}
    {{- "(?:(?:deputy|vice|senior|sr|junior|jr|assistant|associate|chief|general|regional|area|national|global|executive|managing|sales|marketing|purchasing|purchase|procurement|sourcing|finance|financial|hr|human|resources?|it|technical|production|quality|export|import|overseas|foreign|trade|project|product|business|account|operations?|operating|office|logistics|engineering|development|customer|service|key|brand|plant|factory|store|shop|legal|medical|country|department|division|administrative|admin|information|technology)[ .-]+){0,5}"
        ~ "(?:manager|mgr|director|president|vp|ceo|cfo|coo|cto|cmo|cio|gm|md|chairman|chairwoman|chairperson|owner|co-?founder|founder|partner|engineer|secretary|assistant|supervisor|executive|officer|representative|rep|buyer|purchaser|merchandiser|accountant|consultant|specialist|coordinator|clerk|salesman|saleswoman|sales|purchasing|marketing|boss|technician|designer|lawyer|professor|teacher|principal|proprietor|shareholder)" -}}
{%- endmacro -%}

{#- Traditional forms of surnames that the table of common characters lacks. -#}
{%- macro person_simplified(text) -%}
    case
        when regexp_matches({{ text }}, '[厙龎欒貟鄔郟鄶鄖鐔閆闞衞咼惲緱鄺鄆鈄]')
            then translate({{ to_simplified(text) }}, '厙龎欒貟鄔郟鄶鄖鐔閆闞衞咼惲緱鄺鄆鈄', '厍庞栾贠邬郏郐郧镡闫阚卫呙恽缑邝郓钭')
        else {{ to_simplified(text) }}
    end
{%- endmacro -%}

{%- macro person_has_traditional(text) -%}
    regexp_matches({{ text }}, '[{{ traditional_characters() }}厙龎欒貟鄔郟鄶鄖鐔閆闞衞咼惲緱鄺鄆鈄]')
{%- endmacro -%}

{#- Each word of a name in Latin letters begins with a capital. -#}
{%- macro person_capitalised(text) -%}
    array_to_string(list_transform(regexp_extract_all({{ text }}, '[^ ''-]*[ ''-]?'), lambda w: upper(w[1]) || w[2:]), '')
{%- endmacro -%}

{#- Half-width, lower-case, brackets of every kind to (), separators to 、, one space at most, no quotation marks. -#}
{%- macro person_folded(text) -%}
    case
        when regexp_full_match({{ text }}, '[\x{4e00}-\x{9fff}A-Za-z0-9 ./,&、·()（）-]+')
            then regexp_replace(trim(translate(lower({{ text }}), '（）', '()')), ' {2,}', ' ', 'g')
        else trim(
            regexp_replace(
                regexp_replace(
                    translate(
                        nfc_normalize(lower({{ drop_invisible(fold_width(text)) }})),
                        '〔〕【】[]{}〈〉<>《》﹙﹚’‘`´ʼ；;|。，\~"“”「」『』',
                        '()()()()()()()()''''''''''、、、、,  '
                    ),
                    '[\s\x{00a0}\x{2000}-\x{200a}\x{202f}\x{205f}]*\n[\s]*', '、', 'g'
                ),
                '[\s\x{00a0}\x{2000}-\x{200a}\x{202f}\x{205f}]+', ' ', 'g'
            )
        )
    end
{%- endmacro -%}

{#- Patterns of the person dictionary, each for lower-case text. -#}
{%- macro person_pattern(name) -%}
    {%- if name == "phone" -%}
        [+(]?\d(?:[() -]*\d){6,}
    {%- elif name == "id_number" -%}
        (?:hmac:[0-9a-f]{32}|[1-9]\d{5}[ -]?(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[ -]?\d{3}[0-9xX])
    {%- elif name == "mister" -%}
        (?:mr|mrs|ms|miss|mdm|madam|mister|dr|prof|sir)
    {%- elif name == "mojibake" -%}
        \?{2,}|[\x{0080}-\x{009f}\x{e000}-\x{f8ff}]|[\x{00a1}-\x{00ff}]{4,}|[ä-éÄ-É][\x{0080}-\x{00bf}œšÿžŒŠŸŽƒˆ˜–—‚„†‡•…‰‹›€™][\x{0080}-\x{00bf}œšÿžŒŠŸŽƒˆ˜–—‚„†‡•…‰‹›€™'' ]
    {%- elif name == "anybody" -%}
        某.{0,6}|(?:暂无|没有|无)(?:联系人|姓名)|(?:不便|不方便|不愿意?|拒绝)(?:透露|提供|告知)|x{1,4} ?(?:先生|女士|小姐|总|经理)|.{0,2}(?:测试|測試|demo).{0,2}|test[ _-]?(?:\d+|user|name|contact)?|(?:a+|b+|h+|q+|s+|x+|z+)\d*|(?:asdf|qwer|zxcv)\w*|(?:user|guest|admin|test)[ _-]?\d+
    {%- elif name == "masked" -%}
        ^\p{Han}{1,2} ?[*×○〇◯□●](?:[^\p{Han}]|$)|\p{Han} ?(?:[*×○〇◯□●•]{2,}|_{2,})|\p{Han} ?x{1,3} ?(?:$|先生|女士|小姐|总|经理)|\p{Han} ?(?:[*×○〇◯□●]+|[xo]{1,2}) ?\p{Han}|^(?:[*×○〇◯□●]{2,}\p{Han}|[*○〇◯□]\p{Han}{1,2}$)|\p{Han}某|\d[*x]{3,}\d|[\p{Latin}]\*{2,}|\*{2,}\p{Latin}
    {%- elif name == "label" -%}
        ^ ?(?:第[一二]?联系人|业务联系人|联系人(?:姓名)?|联络人|聯絡人|聯繫人|姓名|名字)\d? ?[:=]* ?|^ ?(?:法定代表人|法人代表|法人|负责人|負責人|经办人|收件人|机主|contact(?: person| name)?|name|attn)\d? ?[:=]+ ?|^(?:attn|致) 
    {%- elif name == "dots" -%}
        [.·•・‧∙⋅●ㆍ᛫⸱･]
    {%- elif name == "joined" -%}
        ([{{ person_common_surnames() }}]\p{Han}{1,5}?)[和与與及]([{{ person_common_surnames() }}]\p{Han}{1,5})
    {%- elif name == "marked" -%}
        [{{ person_common_surnames() }}{{ person_pattern("surely_surname") }}](?:..?[总局处队姐哥]|..[工董院所])
    {%- elif name == "double" -%}
        (?:欧阳|上官|皇甫|令狐|诸葛|司徒|司马|申屠|夏侯|尉迟|慕容|长孙|宇文|南宫|东方|西门|端木|公孙|濮阳|淳于|鲜于|呼延|闻人|钟离|万俟|独孤|轩辕|澹台|太史|百里)
    {%- elif name == "title_begins" -%}
        专业东主乡书事产人仓代企会传供保信值党全公关内出分创前副办动助区医华单博厂厅厨县台司合名后品售商团园国地培处外大委媒子安实审客宣室导局居州巡工市常干平广库店庭律德快总成战所执技投护报招掌排接推操支收政教文施服木本机村校档检楼正段水法海消渠焊片物班理生电监省督研硬社科秘程税站策管组经结统综编网署美老联股船艺荣药营董融行街西见警计记讲设证课调负财质贸资跟车软运连送部酒采钳销镇门队院集项顾预领餐馆首驾高
    {%- elif name == "title_ends" -%}
        东书事人仔仕令任伯傅务助勤医单厨叔台员哥售商场士太夫头女妈姐姨娘官导工师席志总授播政服机板柜森游爷班理生监秘管纳练编者营表裁计记购贸辑长问
    {%- elif name == "other_begins" -%}
        阿买麦吐托艾热玉努库古帕木马司吾乌依伊卡哈赛沙肉如迪米祖巴叶加塔衣亚牙喀扎次才卓多尼达旦丹格索洛拉平央仁贡白边强班旺罗顿普桑云曲德嘎土嘉伦欧群坚完南公华昂更其图托高斯娜萨敖宝布那孟蒙额朝青呼苏特铁花通胡吉道毕满必钢
    {%- elif name == "before_people" -%}
        (?:(?:北京|上海|天津|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|广西|海南|四川|贵州|云南|西藏|陕西|甘肃|青海|宁夏|新疆|香港|澳门|台湾|内蒙古|广州|深圳|武汉|成都|杭州|南京|西安|宁波|厦门|青岛|大连|东莞|佛山|温州|义乌|苏州)[省市]?|保安|保洁|门卫|房东|工地)
    {%- elif name == "surely_surname" -%}
        王李张刘陈杨黄赵周吴徐孙朱马胡郭林何梁郑罗宋谢唐韩曹许邓萧肖冯曾蔡彭潘袁于余苏叶吕魏蒋田杜丁沈姜范江傅付钟卢汪戴崔任陆廖姚方金邱夏谭韦贾邹石熊孟秦阎闫薛侯雷白龙郝孔邵史毛万赖武康贺严尹钱牛洪龚汤陶黎温莫易樊乔殷颜庄章鲁倪庞邢俞翟蓝聂齐向申葛柴伍覃骆焦柳欧祝纪尚毕耿芦左季符辛苗詹曲靳祁涂兰甘裴梅童翁霍尤岳柯牟滕谷舒卜饶宁凌盛查冉鲍包屈房喻解蒲卫简邬吉阳
    {%- elif name == "not_surely" -%}
        ^(?:万俟|欧阳|申屠|夏侯|钟离|谷梁|贺拔|贺兰|胡母|梁丘|欧侯|叶赫|左丘|左人|田中|吉田|石川|田村|石井|柴田|吉川|吉村|熊谷|石田|石原|石桥|马合|叶尔|叶斯|白玛|罗布|曲珍|曲扎|欧珠|孟和|苏和|胡日|吉日|毕力|白音|江西|江苏|甘肃|宁夏|武汉|宁波)|[业东乡书事人仔仕令任会伯修傅具刷务助務勤区医區单厂厅厦厨县发叔台号司告员品員哥售商問單器团园園團场場士处太夫头女妈妹姐姨娘婶媒媽嫂嬸子学學官室导導局州工巷市师師席店廈廚廠廳律志总房所技授播政料易書會服机材村東板某柜校械森業楼樓機櫃流游營爷爺班理生电發监監省社祕科秘管納絡網編練縣總織纳练织络编网者臺营董處號行街表裁装裝計記计记貿購购贸路輯辑遊道部鄉醫金鎮镇長长问队院隊電頭飾館饰馆]$
    {%- elif name == "place" -%}
        ^(?:北京|上海|天津|重庆|河北|山西|辽宁|黑龙江|浙江|福建|江西|山东|河南|湖北|湖南|广东|广西|四川|贵州|西藏|陕西|青海|新疆|香港|澳门|台湾|内蒙古|江苏|安徽|甘肃|云南|海南|宁夏|广州|深圳|武汉|成都|杭州|南京|西安|宁波|厦门|青岛|大连|东莞|佛山|中山|珠海)(?:[省市].{0,20}|.{0,20}[市县区镇路街村道])?$|^(?:河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|广西|海南|四川|贵州|云南|西藏|陕西|甘肃|青海|宁夏|新疆)\p{Han}{2,4}$|^..+(?:[市县区]|街道|大厦|小区|花园|广场|工业园|开发区|大道|号楼)$|[路街巷道].*号|^...+(?:[乡镇村路街巷楼]|自治州)$
    {%- elif name == "english_company" -%}
        \b(?:ltd|limited|inc|llc|corp|corporation|company|co|gmbh|group|trading|technology|technologies|industr(?:y|ies|ial)|electronics?|enterprises?|international|imp|exp|hotel|school|university|hospital)\b
    {%- elif name == "english_place" -%}
        \b(?:street|road|rd|avenue|district|province|city|china|shenzhen|guangzhou|beijing|shanghai|guangdong|zhejiang|hong kong|building|floor|room)\b
    {%- elif name == "syllable" -%}
        (?:[bpmfdtnlgkhjqxzcsryw]|zh|ch|sh)?(?:iang|iong|uang|ang|eng|ing|ong|iao|ian|uai|uan|ai|an|ao|ei|en|er|ia|ie|in|iu|ou|ua|ue|ui|un|uo|ve|a|e|i|o|u|v|ü)
    {%- elif name == "other_surnames" -%}
        (?:kim|park|choi|jung|jeong|kang|cho|yoon|jang|lim|han|oh|seo|shin|kwon|hwang|ahn|song|yoo|hong|nguyen|tran|le|pham|hoang|huynh|phan|vu|vo|dang|bui|do|ngo|duong|ly)
    {%- endif -%}
{%- endmacro -%}

{#- Without a label, telephone number, identity number or e-mail address; a dot between characters to ·, a dash or colon between them to /. -#}
{%- macro person_bared(text) -%}
    regexp_replace(
        regexp_replace(
            regexp_replace(
                regexp_replace(
                    regexp_replace({{ text }}, '[^ @\p{Han}、,/()]*@[a-z0-9.-]+', ' '),
                    '(?:(?:(?:公民|居民)?身份证?|证件|sfz|\bid(?: ?card| ?no\.?)?)(?:号码?)? ?:? ?)?{{ person_pattern("id_number") }}|(?:(?:联系电话|手机|电话|微信|tel|mob|mobile|phone|qq)(?:号码?)? ?:? ?)?{{ person_pattern("phone") }}(?: ?(?:转|轉|分机|ext[.]?|x) ?\d{1,6})?', ' ', 'g'
                ),
                '{{ person_pattern("label") }}', ''
            ),
            '(\p{Han}) ?{{ person_pattern("dots") }}+ ?(\p{Han})', '\1·\2', 'g'
        ),
        '(\p{Han}\p{Han}\)?) ?(?:[-–—―:]|->)+ ?(\(?\p{Han})', '\1/\2', 'g'
    )
{%- endmacro -%}

{#- The name in a text in Latin letters: without forms of address, titles and marks around it. -#}
{%- macro person_latin_body(text) -%}
    trim(
        regexp_replace(
            regexp_replace(
                regexp_replace(
                    regexp_replace(
                        regexp_replace(
                            {{ text }},
                            '(?:{{ person_title() }}|{{ person_honorific() }})+$|^(?:{{ person_pattern("mister") }}(?:[. ]+|$))+|[ ,.]+(?:{{ person_pattern("mister") }}|jr|ph\.?d|mba)\.?$', '', 'g'
                        ),
                        '(?:^| |-|, ?){{ person_english_title() }}$|^{{ person_english_title() }}[ :.-]+', '', 'g'
                    ),
                    '[._:!?*#"]+', ' ', 'g'
                ),
                ' +', ' ', 'g'
            ),
            '^[^\pL\pN]+|[^\pL\pN\pM]+$', '', 'g'
        )
    )
{%- endmacro -%}

{#- What stands in Latin letters beside a name in characters, without forms of address. -#}
{%- macro person_beside(text) -%}
    trim(
        regexp_replace(
            regexp_replace(
                regexp_replace(
                    {{ text }}, '^{{ person_pattern("mister") }}\b|\b{{ person_pattern("mister") }}\.?$', ' ', 'g'
                ),
                '[^\p{Latin}'' -]+|(?:^| )[ ''-]+|[''-]+(?: |$)', ' ', 'g'
            ),
            '[ ''-]* [ ''-]*', ' ', 'g'
        ),
        ' -'''
    )
{%- endmacro -%}

{#- Reasons whose text is a name. -#}
{%- macro person_names() -%}
    'ok', 'surname_only', 'surname_uncertain', 'order_unknown', 'no_known_surname', 'nickname', 'title_or_name', 'unusual_length', 'one_or_two_people', 'other_script'
{%- endmacro -%}

{#- What the cell itself says; nothing where it says both. -#}
{%- macro person_gender(said) -%}
    case
        when {{ said }} = '' then null
        when regexp_matches({{ said }}, '先生|先森|男|\b(?:mr|mister)\b')
            then if(regexp_matches({{ said }}, '女|小姐|太太|夫人|\b(?:mrs|ms|miss|mdm|madam)\b'), null, 'male')
        when regexp_matches({{ said }}, '女|小姐|太太|夫人|\b(?:mrs|ms|miss|mdm|madam)\b') then 'female'
    end
{%- endmacro -%}

{#- Letters only, of a text that is simplified and lower-case already. -#}
{%- macro person_key(text) -%}
    regexp_replace({{ text }}, '[^\pL\pM]', '', 'g')
{%- endmacro -%}

{#- CEO, Sales Manager. -#}
{%- macro person_english_title_written(text) -%}
    if(regexp_full_match({{ text }}, 'ceo|cfo|coo|cto|cmo|cio|gm|md|vp'), upper({{ text }}), {{ person_capitalised(text) }})
{%- endmacro -%}
