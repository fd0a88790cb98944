{#-
    Words of company names: industries, legal forms, branches, notes. They stand here and not in a seed because a name is cut
    with one regular expression over all of them, which is ten times faster than joins; every list has one place.
-#}

{#- Industries as names state them, after the vocabulary of GB/T 4754; words combine (电子 + 商务). -#}
{%- macro company_industries() -%}
    {%- set words = [
        "高新技术 高新科技 高科技 有色 味业 燃具 电讯 快件 热水器 酒家 酒楼 自控 布鞋 剪刀 葡萄酿酒 科技 技术 网络 信息 电子 软件 硬件 数据 大数据 计算机 电脑 互联网 物联网 智能 人工智能 自动化 通信 通讯 光电 光学 光电子 半导体 集成电路 积体电路 芯片",
        "微电子 电气 电器 电力 电机 电缆 电线 线缆 电源 电池 电路 电路板 仪器 仪表 仪器仪表 传感器 机器人 数控 数码 数字 影像 视频 游戏 动漫",
        "云计算 区块链 系统 系统集成 集成 网讯 在线 电商 商务 电子商务 智慧 安防 消防 监控 测控 控制 检测 检验 监测 测绘 勘测 勘察 计量 认证",
        "生物 生物科技 生物医药 医药 制药 药业 药品 中药 中药材 药材 医疗 医疗器械 医疗器材 医学 诊断 检验检测 健康 养生 养老 保健 保健品 康复 护理 口腔",
        "眼科 基因 疫苗 兽药 动物 宠物 化工 化学 化学品 石化 石油 石油化工 天然气 燃气 油气 炼化 涂料 油漆 油墨 颜料 染料 塑料 塑胶 塑业 橡胶 橡塑",
        "树脂 胶粘 胶业 胶带 纸业 造纸 纸品 纸箱 包装 包装材料 印刷 印务 彩印 印染 印刷包装 制版 玻璃 陶瓷 瓷业 卫浴 洁具 石材 石业 水泥 混凝土 砂石",
        "建材 建筑材料 装饰材料 防水 保温 门窗 门业 幕墙 地板 木业 木材 竹木 家具 家居 家私 家饰 家纺 家电 厨具 厨房 厨卫 灯饰 照明 灯具 光源 五金",
        "五金制品 机械 机械设备 机电 机床 模具 工具 量具 刀具 轴承 齿轮 阀门 泵业 水泵 管业 管道 液压 气动 压缩机 锅炉 电梯 起重 起重机 矿山 矿业",
        "煤业 煤炭 冶金 冶炼 钢铁 钢材 钢管 钢构 钢结构 不锈钢 特钢 铸造 锻造 铝业 铜业 锌业 金属 金属制品 金属材料 有色金属 稀土 黄金 珠宝 首饰 钟表",
        "眼镜 饰品 工艺品 工艺 礼品 玩具 文具 文教 办公 办公用品 办公设备 体育 体育用品 乐器 箱包 皮具 皮革 皮业 鞋业 鞋帽 制鞋 鞋材 服装 服饰 制衣 衣业",
        "针织 针纺织 纺织 织造 毛纺 棉纺 棉业 丝绸 面料 布业 布艺 绣品 羽绒 羊绒 内衣 童装 日用品 日化 化妆品 美容 美发 美容美发 洗涤 洗衣 清洁 保洁",
        "食品 食品饮料 饮料 饮品 酒业 酿酒 酿造 啤酒 白酒 葡萄酒 名酒 茶业 茶叶 乳业 奶业 粮油 粮食 米业 面业 面粉 油脂 糖业 盐业 调味品 肉业 肉类",
        "水产 海产 海鲜 果业 果蔬 水果 蔬菜 蔬果 干果 副食 副食品 食杂 烟草 烟酒 糖酒 粮贸 冷饮 烘焙 糕点 餐饮 餐饮管理 饮食 快餐 小吃 火锅 烧烤",
        "农业 农业科技 农牧 农资 农机 农产品 种业 种子 种植 种苗 苗木 花卉 园艺 园林 园林绿化 绿化 景观 林业 林场 牧业 畜牧 养殖 渔业 饲料 肥业 化肥 肥料",
        "农药 水利 水电 水务 供水 排水 环保 环境 环境保护 节能 节能环保 能源 新能源 再生资源 资源 光伏 风电 太阳能 热力 热电 电业 供电 发电 电站 充电",
        "建筑 建筑工程 建设 建设工程 工程 建工 建安 市政 市政工程 路桥 桥梁 公路 铁路 道路 隧道 岩土 基础 土石方 安装 装饰 装饰装修 装修 装潢 装饰工程 幕墙装饰",
        "建筑劳务 劳务 劳务派遣 监理 造价 设计 规划 规划设计 设计院 勘测设计 研究院 研究所 研究 房地产 房地产开发 地产 置业 房产 物业 物业管理 物业服务",
        "开发 城市 城乡 土地 拆迁 租赁 融资租赁 机械租赁 汽车 汽车销售 汽车配件 汽配 汽贸 汽修 汽车零部件 零部件 汽车服务 汽车租赁 车业 车辆 摩托车",
        "电动车 自行车 轮胎 船舶 造船 航运 海运 航空 航天 机场 港口 港务 码头 物流 货运 货物运输 运输 客运 快递 速递 速运 配送 仓储 供应链 供应链管理 搬家",
        "搬运 装卸 国际 国际物流 国际货运 货运代理 国际货运代理 国际贸易 进出口 进出口贸易 对外贸易 外贸 贸易 商贸 经贸 工贸 科贸 商业 商务服务 百货 超市 连锁",
        "零售 批发 购物 商城 市场 市场营销 营销 营销策划 销售 销售服务 代理 经纪 拍卖 典当 供销 物资 实业 产业 工业 企业 企业管理 企业服务 企业咨询",
        "管理 管理咨询 咨询 顾问 咨询服务 咨询管理 财务 财税 会计 会计服务 税务 审计 法律 知识产权 专利 商标 人力资源 人才 服务 信息服务 信息咨询 信息科技",
        "信息技术 网络科技 网络技术 投资 投资管理 投资咨询 投资控股 创业投资 股权投资 资产 资产管理 资本 基金 基金管理 证券 期货 信托 保险 财产保险 人寿保险",
        "保险代理 保险经纪 财险 寿险 养老保险 健康保险 银行 农村商业银行 商业银行 村镇银行 信用社 金融 金融服务 小额贷款 贷款 担保 融资担保 保理 支付 征信",
        "信用 控股 发展 科技发展 经济 贸易发展 实业发展 经营 运营 营运 生产 制造 加工 制品 用品 设备 器材 器械 材料 新材料 复合材料 纳米 原料 配件",
        "耗材 产品 制作 维修 修理 修配 安全 保安 保安服务 护卫 教育 教育科技 教育咨询 教育培训 培训 文化 文化传媒 文化传播 文化艺术 传媒 传播 广告 广告传媒",
        "影视 影业 电影 电视 音乐 演艺 演出 艺术 出版 图书 书业 书店 发行 报业 创意 文创 策划 形象 会展 会议 展览 展示 展示道具 标识 标牌 摄影 婚庆 婚纱",
        "礼仪 旅游 旅行 旅行社 国际旅行社 酒店 酒店管理 宾馆 饭店 娱乐 休闲 健身 俱乐部 票务 家政 家政服务 月子 母婴 儿童用品 孕婴 婴童 婚介 移民 留学",
        "出国 签证 殡葬 回收 废旧 废品 旧货 通讯器材 通信设备 通信工程 通信技术 电信 广播电视 有线电视 邮政 邮电 航空服务 航空票务 地铁 轨道交通 轨道 交通",
        "交通运输 出租汽车 停车 驾驶 驾校 驾驶员培训 地质 矿产 矿产品 爆破 煤化工 焦化 盐化 磷化 氟化 日用百货 日用 针织品 床上用品 窗帘 土特产 特产 山货",
        "保鲜 冷链 冷冻 冷藏 制冷 空调 暖通 供热 水处理 净水 净化 空气净化 除尘 过滤 分离 真空 激光 超声 焊接 焊材 紧固件 标准件 弹簧 粉末 磨料 磨具 密封",
        "密封件 铸件 锻件 型材 板材 管材 线材 电工 电子元器件 元器件 电子元件 电子器件 连接器 变压器 开关 电容 电阻 显示 液晶 触控 面板 音响 声学 耳机",
        "多媒体 家用电器 小家电 厨电 生活服务 生活用品 生态 生态农业 生态环境 生态园 田园 农庄 农场 观光 度假 度假村 温泉 文旅 文化旅游 文化产业 文化用品 工美",
        "字画 古玩 收藏 邮币 花木 花艺 鲜花 盆景 草业 竹业 菌业 食用菌 蜂业 蜂产品 豆制品 调料 香料 香精 添加剂 酵素 益生菌 营养 营养品 特医 健康管理 健康咨询",
        "健康科技 医院管理 医疗科技 医疗投资 医疗服务 医疗管理 医药科技 药店 药房 大药房 药品销售 医药连锁 连锁药店 美业 美甲 造型 足浴 足疗 按摩 推拿 洗浴",
        "棋牌 网吧 台球 茶艺 茶楼 咖啡 面馆 面包 蛋糕 奶茶 冰淇淋 熟食 卤味 烤鸭 牛肉面 拉面 麻辣烫 米粉 早餐 早点 便利 便民 副食百货 通讯设备 手机",
        "手机维修 电脑维修 家电维修 汽车维修 汽车美容 汽车装饰 机动车检测 机动车 二手车 新能源汽车 充电桩 储能 锂电 动力 动力科技 氢能 核电 核工业 船务 船舶工程",
        "海洋 海洋工程 海洋科技 渔具 户外 户外用品 露营 运动 运动用品 体育文化 体育发展 健身服务 武术 舞蹈 书画 美术 文体 文体用品 传统文化 国学 双创 孵化 孵化器",
        "众创空间 产业园 园区 科技园 工业园 开发建设 城建 城市建设 城市建设投资 建设投资 交通投资 国有资产 国有资本 资本运营 资产运营 财富 财富管理 理财 票据 商业保理",
        "医疗设备 实验室 科学仪器 科学 科技服务 技术服务 技术开发 技术咨询 工程技术 工程管理 工程咨询 工程设计 工程检测 工程机械 工程监理 建筑设计 建筑装饰 建筑安装",
        "建筑科技 园林工程 园林景观 环境工程 环境科技 环保科技 环保工程 环保设备 电力工程 电力设备 电气设备 机电设备 机电工程 机械制造 机械加工 精密机械 精密 精工 重工",
        "重型机械 装备 装备制造 装备科技 制造业 自动化设备 自动化控制 智能装备 智能制造 智能科技 智能化 楼宇 弱电 音视频 舞台 灯光 广播 卫星 导航 遥感 地理信息",
        "时装 丝袜 袜业 手套 帽业 伞业 拉链 钮扣 辅料 绣花 印花 线业 纱业 化纤 纤维 无纺布 非织造 毛巾 毛毯 地毯 皮草 裘皮 鞋服 女装 男装 服装辅料",
        "餐具 刀剪 锁业 锁具 水暖 水暖器材 水晶 玉器 玉石 红木 古典家具 办公家具 橱柜 衣柜 家居用品 床垫 沙发 藤器 木制品 竹制品 纸制品 塑料制品 橡胶制品 玻璃制品",
        "陶瓷制品 石油制品 石油设备 油田 油田服务 钻井 钻探 测井 采油 海工 煤矿 煤矿机械 矿山机械 矿山设备 选矿 采矿 冶金设备 炉料 耐火材料 耐火 铁合金 合金 硬质合金",
        "钛业 镁业 镍业 钨业 钼业 锰业 锡业 铅业 金业 银业 铜材 铝材 铝制品 钢丝 钢丝绳 钢绳 线棒 板带 彩钢 彩板 镀锌 电镀 表面处理 热处理 喷涂 喷塑",
        "气体 工业气体 液化气 加油 油料 润滑油 润滑 沥青 化工产品 化工原料 精细化工 化工设备 化工科技 胶水 粘合剂 助剂 试剂 日化用品 洗涤用品 清洁用品 消毒 防腐",
        "防雷 防水材料 防水工程 隔热 隔音 加固 钢模 脚手架 模板 砖业 新型建材 新型材料 墙体 墙体材料 涂装 采光 遮阳 石膏 石灰 粉煤灰 商砼 预拌 构件 管桩",
    ] -%}
    {{- (words | join(" ")).split(" ") | unique | join("|") -}}
{%- endmacro -%}

{#-
    Legal forms by kind, as a regular expression's alternatives ("pattern") or as rows of (form, code) ("rows").
    `business` is a trading name that does not tell its legal form.
-#}
{%- macro company_forms(shape) -%}
    {%- set forms = {
        "limited": ["有限责任公司", "有限公司", "有限责任总公司", "有限总公司"],
        "joint_stock": ["股份有限公司", "股份公司", "股份有限责任公司"],
        "company": ["集团公司", "集团总公司", "总公司", "公司", "集团"],
        "partnership": ["合伙企业", "有限合伙企业", "普通合伙企业", "企业（有限合伙）", "企业（普通合伙）"],
        "sole_proprietorship": ["个人独资企业", "独资企业", "个体工商户", "个体户"],
        "cooperative": [
            "农民专业合作社联合社", "农民专业合作社", "专业合作社联合社", "专业合作社", "股份经济合作社", "经济合作社", "股份合作社", "供销合作社", "信用合作社",
            "合作联社", "信用合作联社", "合作社", "联合社", "股份合作公司",
        ],
        "institution": [
            "医院", "人民医院", "中心医院", "中医院", "卫生院", "卫生服务中心", "卫生服务站", "社区卫生服务中心", "社区卫生服务站", "保健院", "妇幼保健院", "妇保院", "妇保所", "传染病院", "精神病院", "护理院", "康复院", "康疗院", "职防院", "皮防院", "保健所",
            "妇幼保健计划生育服务中心", "计划生育服务中心", "计划生育服务站", "防治院", "防治所", "防治站", "卫生所", "卫生室", "医务室", "医务所", "疗养院", "急救中心", "血液中心", "血站", "防疫站", "疾病预防控制中心",
            "疾控中心", "健康教育所", "大学", "学院", "医学院", "大学医学院", "大学医院", "学校", "中学", "小学", "高中", "初中", "幼儿园", "幼稚园", "党校", "干校", "海关", "精神卫生中心", "医疗中心", "妇幼保健服务中心", "妇幼保健计划服务中心", "医专", "师专", "专科学校", "研究院", "研究所",
            "研究中心", "设计院", "勘察院", "科学院", "学部", "教育局", "局", "委员会", "人民政府", "政府", "政府办公室", "法院", "检察院", "派出所", "街道办事处", "街道办", "居委会",
            "村委会", "管委会", "卫健委", "卫计委", "发改委", "财政厅", "厅", "图书馆", "博物馆", "文化馆", "纪念馆", "美术馆", "体育馆", "档案馆", "电视台", "广播电台", "敬老院",
            "福利院", "养老院", "救助站", "少年宫", "监狱", "看守所", "消防队", "支队", "大队", "公证处", "仲裁委", "大使馆", "领事馆", "总医院", "分院", "所医院", "党委", "团委",
            "妇联", "残联", "工商联", "人社局", "税务局", "公安局",
        ],
        "association": ["协会", "学会", "商会", "联合会", "基金会", "促进会", "联谊会", "研究会", "总会", "工会", "互助会", "同业公会", "慈善会", "红十字会", "联盟"],
        "business": [
            "经营部", "经销部", "经销处", "经营处", "销售部", "批发部", "服务部", "门市部", "门市", "贸易部", "维修部", "修理部", "加工部", "制作部", "发行部", "收购部",
            "小卖部", "俱乐部", "装饰部", "总汇", "总厂", "加工厂", "工厂", "厂", "商行", "商号", "贸易行", "车行", "工程行", "洋行", "药行", "茶行", "鱼行", "果行", "五金行",
            "电器行", "企业社", "企业行", "实业社", "工作坊", "作坊", "商店", "店", "超市", "商场", "商城", "百货大楼", "购物中心", "购物广场", "大厦", "酒店", "大酒店", "国际酒店",
            "饭店", "大饭店", "饭庄", "饭馆", "餐馆", "餐厅", "酒楼", "酒家", "酒吧", "酒庄", "菜馆", "茶馆", "茶楼", "茶庄", "茶社", "面馆", "拉面馆", "牛肉面馆", "羊肉面馆", "刀削面馆", "小面馆", "武馆", "鞋厂", "鞋店", "酒厂", "纸厂", "药厂", "茶厂", "糖厂", "布厂", "钢厂",
            "线厂", "米厂", "油厂", "油坊", "磨坊", "豆腐坊", "肉店", "面店", "粥店", "饼店", "米店", "宾馆", "旅馆", "旅社", "旅店", "客栈", "招待所",
            "咖啡厅", "咖啡馆", "歌厅", "舞厅", "网吧", "浴池", "浴室", "洗浴中心", "会所", "影楼", "影城", "影院", "电影院", "剧院", "剧团", "工作室", "设计室", "摄影室", "美容室",
            "美容院", "美发厅", "养生馆", "健身房", "健身馆", "拳馆", "道馆", "摄影馆", "体验馆", "生活馆", "口腔门诊部", "门诊部", "门诊", "诊所", "药店", "药房", "大药房",
            "旅行社", "出版社", "杂志社", "报社", "通讯社", "旅行社", "事务所", "律师事务所", "会计师事务所", "税务师事务所", "中心", "农场", "家庭农场", "林场", "牧场",
            "渔场", "养殖场", "养殖基地", "种植基地", "养殖园", "采摘园", "种植园", "生态园", "苗圃", "猪场", "鸡场", "奶牛场", "屠宰场", "采石场", "石场", "石料场", "砂场", "砖场", "木材场", "矿",
            "煤矿", "铁矿", "金矿", "水泥厂", "电厂", "水厂", "砖厂", "加油站", "加气站", "充电站", "收购站", "回收站", "服务站", "供应站", "转运站", "水电站", "电站", "管理站", "配送站", "驿站", "维修站", "修理站", "客运站", "检测站",
            "洗车场", "停车场", "训练场", "洗车行", "修理铺", "修配厂", "商铺", "铺", "摊", "摊位", "档", "档口", "画廊", "书城", "书店", "书社", "花店", "花坊", "面包房", "蛋糕房", "包子铺",
            "电影城", "家具城", "建材城", "批发城", "娱乐城", "专卖店", "便利店", "杂货店", "代办处", "供应处", "管理处", "管理所", "供电所", "园艺场", "游乐园", "乐园", "公园", "动物园",
            "山庄", "度假村", "农庄", "庄园", "农家乐", "别墅", "公寓", "民宿", "培训中心", "培训学校",
        ],
        "shop": ["旗舰店", "官方旗舰店", "专营店", "淘宝店", "天猫店", "网店", "企业店", "自营店", "官方店", "海外旗舰店", "京东店"],
        "branch": ["分店", "分公司", "支公司", "分行", "支行", "办事处", "代表处", "门店", "分厂", "营业厅"],
        "foreign": ["株式会社", "有限会社", "合同会社"],
    } -%}
    {%- if shape == "pattern" -%}
        {#- a bracket after the form says who owns the business #}
        {%- set all = forms.values() | sum(start=[]) | unique | join("|") -%}
        (?:{{ all }})?（(?:有限合伙|普通合伙|特殊普通合伙|个人独资|个体工商户)）|{{ all }}
    {%- elif shape in forms -%}
        {{- forms[shape] | join("|") -}}
    {%- else -%}
        {%- for code, names in forms.items() -%}
            {%- set is_last = loop.last -%}
            {%- for name in names -%}
                ('{{ name }}', '{{ code }}'){{ "" if is_last and loop.last else ", " }}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro -%}

{#- Forms that shops on platforms have. -#}
{%- macro company_shops() -%}
    '{{ company_forms("shop").split("|") | join("', '") }}'
{%- endmacro -%}

{#- Forms of branches. -#}
{%- macro company_branch_forms() -%}
    '{{ company_forms("branch").split("|") | join("', '") }}'
{%- endmacro -%}

{#- What kind of hospital or school an institution is; no trade name. -#}
{%- macro company_specialities() -%}
    {{- "第[一二三四五六七八九十百〇零0-9]+ 中心 中医 中医药 中西医 中西医结合 民族医 蒙医 藏医 维医 傣医 壮医 苗医 回医 哈医 朝医 维吾尔医 哈萨克医 中蒙 中蒙医 蒙中医 中藏医 医养 人民 立 公立 荣军 荣誉军人 发热 [一二三四五六七八九十] 县立 市立 省立 区立 州立 儿童 妇幼 妇女儿童 妇产 妇产科
        妇科 男科 眼科 口腔 骨科 骨伤 整骨 正骨 肿瘤 传染病 精神病 精神卫生 精神病防治 精神专科 康复 职业病 胸科 肺科 结核病 皮肤病 皮肤 皮肤科 性病 耳鼻喉 耳鼻喉科 心脑血管病 心血管病
        心脏病 脑科 脑病 肝病 肾病 糖尿病 肛肠 肛肠病 痔瘘 泌尿 泌尿外科 美容 整形 整形美容 不孕不育 生殖 急救 创伤 烧伤 手外科 疼痛 风湿 老年 老年病 护理 体检 血液病 专科 综合 总
        红十字 红十字会 慈善 工人 职工 铁路 矿工 附属 实验 第一实验 外国语 外语 师范 医科 医药 医学 卫生 农业 林业 工业 工程 科技 理工 科学技术 财经 商贸 商业 经济 政法 公安 警官 体育
        艺术 音乐 美术 戏剧 舞蹈 传媒 交通 交通运输 海洋 航空 航天 航海 石油 化工 电力 电子 信息 建筑 机电 机械 汽车 旅游 水利 水电 地质 矿业 冶金 轻工 纺织 食品 药科 职业 职业技术 技术 技师
        技工 高级 高级技工 中等 中等专业 中专 专业 专业技术 高级中等 初级 高等专科 高等职业 特殊教育 聋哑 盲人 逸夫 希望 中心小 民办 私立 国际 双语 寄宿制 艺术团 机关 幼儿 幼儿师范 高等师范
        城乡 乡镇 街道 社区 中心卫生 农村 城市" -}}
{%- endmacro -%}

{#- Branches: the last words of a name that stands after the name of a company. -#}
{%- macro company_branches() -%}
    分公司|支公司|中心支公司|供电公司|分行|支行|分理处|营业部|营业厅|营业所|储蓄所|办事处|代表处|联络处|分店|门店|分部|分厂|分院|分校|分中心|分所|分社|项目部|项目经理部|院区|校区|东院|西院|南院|北院|新院|老院|总院|东区|西区|南区|北区|东部|西部|南部|北部|二部|本部|老区|新区|医疗区
{%- endmacro -%}

{#- Institutions of the public, which have no trade name. -#}
{%- macro company_public_forms() -%}
    局$|委员会|政府|法院|检察院|派出所|街道办|委会|厅$|支队|大队|党委|团委|人民医院|中心医院|中医院|卫生院|卫生服务|保健|防治|防疫|卫生所|卫生室|疾病预防|疾控|血|急救|党校|干校|教育所|服务站|公证处|监狱|看守所|消防|妇联|残联|工商联|委$|使馆|领事馆|救助站|图书馆|文化馆|档案馆|协会|学会|商会|联合会|促进会|联谊会|总会|工会|同业公会|红十字会|研究会|计划生育|妇保
{%- endmacro -%}

{#- What stands before an institution's kind and is another institution or an army's unit, no trade name. -#}
{%- macro company_no_trade_name() -%}
    医院|卫生院|大学|学院|科学院|医药|医科|局|厂$|矿$|公司|政府|部队|解放军|武警|海军|陆军|空军|军医|总队|办事处|农场|林场|林区|林业|油田|妇保|妇幼|福利|公费|康复院|中心|分院|战区|^[东西南北中]区$|镇$|乡$|街道|^.$
{%- endmacro -%}

{#- Departments that people write after the company they belong to. -#}
{%- macro company_departments() -%}
    采购部|采购中心|财务部|财务科|人事部|人力资源部|人资部|行政部|行政科|市场部|技术部|技术科|客服部|客户服务部|外贸部|业务部|研发部|信息部|信息科|质检部|品质部|品管部|工程部|生产部|总务科|总务处|后勤部|后勤处|设备科|药剂科|办公室|总经办|总经理办公室|董事会|前台|保安室|收发室|传达室|仓库|物流部|法务部|企划部|策划部|运营部|电商部
{%- endmacro -%}

{#- Words after a name that are no part of it. -#}
{%- macro company_notes() -%}
    {{- "已注销 注销 已吊销 吊销 吊销未注销 吊销，未注销 吊销,未注销 吊销已注销 存续 在业 在营 开业 正常 迁出 停业 已停业 歇业 已歇业 清算中 清算 经营异常 异常 已认证 未认证 认证 企业认证 实名认证 诚信通 实力商家 官方 官方认证 已核实 未核实 待核实 个体 个人 个体经营 小微企业 高新技术企业 一般纳税人 小规模 小规模纳税人 老客户 新客户 重复 重复数据 已倒闭 倒闭 已搬迁 搬迁 已搬走 营业执照 加盖公章 公章 盖章 签章 章 全称 简称 总部 已破产 破产 推荐 金牌 会员 VIP vip 已合作 未合作 已删除 作废 上市公司 国企 央企 外资 内资 合资 民营 私营 中外合资 外商独资 自然人独资 法人独资 国有独资 国有控股 一人有限公司 港澳台法人独资 台港澳法人独资 外国法人独资" | replace(" ", "|") -}}
{%- endmacro -%}

{#- Signs that something stands beside the name. -#}
{%- macro company_note_signs() -%}
    (?:{{ company_notes() }}|(?:注销|吊销|认证|停业|歇业|倒闭|搬迁)[^（）]{0,6})）?$|（(?:原|现|又名|曾用名|简称|以下简称|联系人|经营者|法人|负责人|法定代表人|电话|地址|税号|信用代码|备注|注)|[0-9]{7}$|证?照$|公司（[^（）]*[^（）司店处部行厂]）$|公司（?(?:[A-Z]+|[0-9]{1,2})）?$|有限公司.*有限公司）?$|[厂店院]（[^（）]{3,}[厂店院]）$
{%- endmacro -%}

{#- A name without labels before it and notes after it. -#}
{%- macro company_without_notes(text) -%}
    regexp_replace(
        regexp_replace(
            regexp_replace(
                {{ text }},
                '^(?:(?:\d{1,4}[.、:）)]|（(?:{{ company_notes() }}|\d{1,4})）|(?:公司|企业|单位|商户|商家|店铺|机构|客户|供应商|厂家|甲方|乙方)?(?:全称|名称|名)?[:：]|(?i:company|company name|name)[:：])[ .,;:、，。；：*!?_‘’·&/+|—-]*)+',
                ''
            ),
            '(?:[-—_/·,;:，； ]*（(?:{{ company_notes() }}|[^（）]{0,4}(?:注销|吊销|认证|停业|歇业|倒闭|搬迁)[^（）]{0,6}|(?:原|原名|曾用名|现名|现|又名|简称|以下简称|联系人|经营者|法人|负责人|法定代表人|电话|地址|税号|信用代码|备注|注)[:：]?[^（）]{1,60})）|[-—_/,;: ]+(?:{{ company_notes() }})|[-—_/,;: ]*(?:电话|手机|联系电话|tel|TEL|Tel)?[: ]*(?:0[0-9]{2,3}-?[0-9]{7,8}|1[3-9][0-9]{9}|400-?[0-9]{3}-?[0-9]{4}))+$',
            ''
        ),
        '(公司|厂|店|部|行)(?:已注销|已吊销|吊销未注销|已停业|已倒闭|已搬迁|营业执照|(?:电话|手机|联系电话)[:：]?[0-9-]{7,13}|[0-9]{3,4}-[0-9]{7,8}|1[3-9][0-9]{9}|(?:联系人|法人|法定代表人|负责人|经营者|地址|电话|手机)[:：].*)$|(有限公司|有限责任公司)(?:（[^（）]*[^（）司店处部行厂]）|[（ ]?[A-Za-z][A-Za-z0-9 .,，&（）()-]*|[（ ]?[0-9]{1,2}）?)$',
        '\1\2'
    )
{%- endmacro -%}

{#- What stands round a name to catch the eye: stars, arrows, emoji; inside a class of characters. -#}
{%- macro company_decoration() -%}
    ~©®™※★☆\x{2190}-\x{21ff}\x{2460}-\x{24ff}\x{25b0}-\x{25ca}\x{2600}-\x{27bf}\x{2b00}-\x{2bff}\x{20e3}\x{200d}\x{fe0e}\x{fe0f}\x{1f000}-\x{1faff}\x{e0020}-\x{e007f}
{%- endmacro -%}

{#- Persons, titles and numbers behind a name, and an English name before a Chinese one, cut off. Takes folded text. -#}
{%- macro company_alone(text) -%}
    {%- set surnames = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范石廖贾夏韦付方白邹孟熊秦邱尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱覃戴孔汤張陳劉楊黃趙吳孫馬鄭謝許韓馮鄧葉蘇呂盧鐘陸範萬錢" -%}
    {%- set titles = "(?:副|常务)?总经理|总裁|总监|董事长|董事|[經经]理|[總总]|老板|老师|老師|主任|主管|厂长|店长|经办人|业务员|业务|销售|采购|会计|财务|前台|法人代表|法定代表人|法人|负责人|联系人|经营者|老总|师傅|工|先生|女士|小姐|太太" -%}
    {%- set forms = "公司|厂|廠|经营部|事务所|合作社|工作室|商行" -%}
    {#- a given name does not end as shops, works and places do #}
    {%- set given = "[^\\x{0000}-\\x{2fff}\\x{3000}-\\x{303f}\\x{fe00}-\\x{ffff}店部厂廠行处司所院社校区县市镇村城路街楼馆场库站园室组科州省]" -%}
    {%- set person = "[" ~ surnames ~ "]\\p{Han}?" ~ given -%}
    {%- set number = "(?:(?i:电话|手机|tel|phone|mobile|微信|qq)[:. ]*)?(?:[+]?86[- ]?)?(?:1[3-9][0-9][- ]?[0-9]{4}[- ]?[0-9]{4}|0[0-9]{2,3}[- ]?[0-9]{7,8}|[0-9]{1,11})|[0-9A-Z]{18}" -%}
    {%- set note = "(?:[" ~ surnames ~ "]\\p{Han}{0,2}(?:" ~ titles ~ ")|(?:" ~ titles ~ ")[:]?(?:" ~ person ~ ")?|" ~ person ~ "|" ~ number ~ ")" -%}
    {%- set separator = "[-—_/|,;:、， ]" -%}
    {%- set words_en = "(?:co[., ]*ltd|co[., ]*limited|company limited|limited|ltd|inc|incorporated|corp|corporation|llc|l[.]l[.]c|llp|plc|gmbh|pte|pty|bhd)" -%}
    {%- set whole = "(?:\\p{Han}.{2,}(?:有限(?:责任|責任)?公司|集[团團](?:公司)?|厂|廠|医院|醫院|大学|大學|学院|學院|事务所|合作社|经营部|商行|工作室))" -%}
    {%- set latin = "[^\\p{Han}]*[A-Za-z][^\\p{Han}]*" -%}
    {%- set without_person -%}
    case
        when regexp_matches({{ text }}, '(?:{{ forms }}){{ separator }}')
            then regexp_replace(
                {{ text }}, '((?:{{ forms }})){{ separator }}+{{ note }}(?:[^\pL\pN]*(?:{{ note }}|{{ company_notes() }}|{{ company_departments() }}))*[^\pL\pN]*$', '\1'
            )
        else {{ text }}
    end
    {%- endset -%}
    case
        when regexp_matches({{ text }}, '^[^\p{Han}]*[A-Za-z][^\p{Han}]*[ .(（/|][^\p{Han}]*\p{Han}')
            then regexp_replace(
                regexp_replace(
                    {{ without_person }},
                    -- a form in English, or brackets, between the two; a bracket of the Chinese name stays
                    '^[^\p{Han}]*[A-Za-z][^\p{Han}]*[ ,.]+(?i:{{ words_en }})\b[^\p{Han}A-Za-z0-9]*?(?:[(（【]([A-Z0-9]*{{ whole }})[)）】](.*)|([A-Z0-9]*{{ whole }}.*))$|^{{ latin }}[(（【](\p{Han}.{2,}公司)[)）】](.*)$',
                    '\1\2\3\4\5'
                ),
                -- two words before a region in full: no name of a company begins so
                '^[A-Za-z][A-Za-z.&''-]*(?: [A-Za-z.&''-]+)+ *(\p{Han}{2,6}[省市].{2,}公司.*)$', '\1'
            )
        else {{ without_person }}
    end
{%- endmacro -%}

{#- A name that its cell holds twice, in brackets or not: once. -#}
{%- macro company_once(text) -%}
    {%- set half = "left(" ~ text ~ ", length(" ~ text ~ ") // 2)" -%}
    {%- set inside = "left(" ~ text ~ ", length(" ~ text ~ ") // 2 - 1)" -%}
    case
        when
            right({{ text }}, length({{ text }}) // 2) = {{ half }}
            and (
                length({{ text }}) % 2 = 0
                or regexp_matches(substr({{ text }}, length({{ text }}) // 2 + 1, 1), '[-—_/|,，;；、+&: ]')
            )
            and regexp_matches({{ half }}, '...(?:公司|厂|店|院|部|行|校|社|所|集团|中心)$')
            -- not four times, which a second reading would find
            and left({{ half }}, length({{ half }}) // 2) != right({{ half }}, length({{ half }}) // 2)
            then {{ half }}
        when
            ends_with({{ text }}, '）')
            and {{ inside }} || '（' || {{ inside }} || '）' = {{ text }}
            and regexp_matches({{ inside }}, '...(?:公司|厂|店|院|部|行|校|社|所|集团|中心)$')
            and left({{ inside }}, length({{ inside }}) // 2) != right({{ inside }}, length({{ inside }}) // 2)
            then {{ inside }}
        else {{ text }}
    end
{%- endmacro -%}

{#- What is typed to fill the field; takes lower-case text. -#}
{%- macro company_placeholders() -%}
    (?:测试|测试数据|测试公司|测试企业|测试单位|测试有限公司|test|testing|test company|demo|sample)[0-9]{0,4}|公司|企业|单位|个人|个体|个体户|个体工商户|有限公司|有限责任公司|股份有限公司|公司名称|企业名称|单位名称|公司名|公司全称|客户名称|company|company name|name|企业|商家|店铺|无公司|没有公司|无单位|无名|无名称|无业|散客|客户|新客户|老客户|潜在客户|自由职业|自由职业者|自由|家庭主妇|退休|学生|待业|待业中|务农|无工作|在家|不清楚|公司[a-z]|[a-z]公司|个人用户|个人客户|私人|私营|匿名|其他|其它|其他公司|某公司|某企业|某单位|某某|某某某|贵公司|本公司|我公司|我司|贵司|self|self[- ]employed|freelance|freelancer|personal|individual|private|other|others|[x×某○〇]+(?:市|省)?[x×某○〇]*.{0,6}(?:公司|有限公司|厂|店|集团|企业|单位)|x{2,}|×{2,}|某{2,}|a{2,}|s{3,}|d{3,}|f{3,}|q{3,}|z{3,}|asdf?[a-z]*|qwer[a-z]*|abc|abcd
{%- endmacro -%}

{#- A person in the place of a company, where the writing is certain. -#}
{%- macro company_persons() -%}
    {%- set surnames = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤" -%}
    [{{ surnames }}].{0,2}(?:先生|女士|小姐|太太|师傅)|[{{ surnames }}](?:总|经理|总经理|老板|老师|主任|厂长|主管|工)|(?:联系人|经营者|负责人|法人|法定代表人|业主|姓名)[:： ]*.{2,4}
{%- endmacro -%}

{#- A text of two or three characters that begins with a common surname. -#}
{%- macro company_perhaps_person() -%}
    [王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范石廖贾夏韦付邹孟熊秦邱尹薛闫段雷侯史陶黎贺顾毛郝龚邵钱严覃戴莫孔汤].{1,2}
{%- endmacro -%}

{#- Folded text without quotes, in which every space is one blank. -#}
{%- macro company_folded(text) -%}
    trim(
        regexp_replace(
            translate(nfc_normalize({{ drop_invisible(fold_width(text)) }}), '“”„‟「」『』《》"', ''),
            '[\s\p{Z}]+', ' ', 'g'
        )
    )
{%- endmacro -%}

{#- One kind of brackets, and spaces between Latin words only. Takes folded text. -#}
{%- macro company_tidy(text) -%}
    regexp_replace(
        regexp_replace(
            regexp_replace(
                regexp_replace(
                    translate({{ text }}, '()〔〕【】[]{}〈〉<>﹙﹚', '（）（）（）（）（）（）（）（）'),
                    ' *([（）、·&/+—;；,，:：-]) *', '\1', 'g'
                ),
                -- twice: a match takes the character that the next one needs
                '([^\x00-\x7f]) ([^ ])', '\1\2', 'g'
            ),
            '([^ ]) ([^\x00-\x7f])', '\1\2', 'g'
        ),
        -- a bracket without its other half
        '^([^（）]*)[（）]([^（）]*)$', '\1\2'
    )
{%- endmacro -%}

{#- The same for text without Chinese characters. -#}
{%- macro company_tidy_latin(text) -%}
    trim(
        regexp_replace(
            regexp_replace(
                translate({{ text }}, '（）〔〕【】[]{}〈〉<>﹙﹚，’‘`', '()()()()()()()(),' || repeat(chr(39), 3)),
                ' *([(]) *| *([)]) *', ' \1\2 ', 'g'
            ),
            '([(]) | ([)])| (,)', '\1\2\3', 'g'
        )
    )
{%- endmacro -%}

{#- The longest place that a text begins with. -#}
{%- macro company_place(places, text) -%}
    list_filter({{ places }}, lambda place: starts_with({{ text }}, place.form))[1]
{%- endmacro -%}

{#- What the codes of places inside a place begin with; null where there are none. -#}
{%- macro company_scope(found, code) -%}
    case
        when {{ found }}['rank'] = 0 then ''
        when {{ found }} is null then null
        when {{ code }} like '%0000' then left({{ code }}, 2)
        when {{ code }} like '%00' then left({{ code }}, 4)
    end
{%- endmacro -%}

{#- One writing of legal forms that the law or habit treats as one, without brackets. -#}
{%- macro company_key(simple) -%}
    {%- set one_form -%}
        replace(replace({{ simple }}, '有限责任', '有限'), '股份公司', '股份有限公司')
    {%- endset -%}
    if(
        contains({{ simple }}, '（'),
        replace(replace(replace(replace({{ one_form }}, '（个体工商户）', ''), '（个人独资）', ''), '（', ''), '）', ''),
        {{ one_form }}
    )
{%- endmacro -%}

{#- English and other Latin legal forms: words as written, canonical form, code, what a matching key has for it. -#}
{%- macro company_forms_en(shape) -%}
    {%- set forms = [
        ["Co., Ltd.", "limited", "coltd", ["CO LTD", "CO LIMITED", "COMPANY LTD", "COMPANY LIMITED", "CO LT", "CO LDT", "COLTD"]],
        ["Pte. Ltd.", "foreign", "pteltd", ["PTE LTD", "PTE LIMITED"]],
        ["Pvt. Ltd.", "foreign", "pvtltd", ["PVT LTD", "PVT LIMITED", "PRIVATE LIMITED", "PRIVATE LTD"]],
        ["Pty. Ltd.", "foreign", "ptyltd", ["PTY LTD", "PTY LIMITED", "PROPRIETARY LIMITED"]],
        ["Sdn. Bhd.", "foreign", "sdnbhd", ["SDN BHD", "SENDIRIAN BERHAD"]],
        ["Bhd.", "foreign", "bhd", ["BHD", "BERHAD"]],
        ["PLC", "foreign", "plc", ["PLC", "P L C", "PUBLIC LIMITED COMPANY"]],
        ["Ltd.", "limited", "ltd", ["LTD", "LIMITED"]],
        ["LLC", "foreign", "llc", ["LLC", "L L C"]],
        ["LLP", "partnership", "llp", ["LLP", "L L P"]],
        ["L.P.", "partnership", "lp", ["LP", "L P"]],
        ["Inc.", "foreign", "inc", ["INC", "INCORPORATED"]],
        ["Corp.", "foreign", "corp", ["CORP", "CORPORATION"]],
        ["GmbH & Co. KG", "foreign", "gmbhcokg", ["GMBH & CO KG", "GMBH UND CO KG"]],
        ["GmbH", "foreign", "gmbh", ["GMBH", "G M B H", "MBH"]],
        ["AG", "foreign", "ag", ["AG", "A G"]],
        ["KG", "foreign", "kg", ["KG"]],
        ["KGaA", "foreign", "kgaa", ["KGAA"]],
        ["SE", "foreign", "se", ["SE"]],
        ["e.K.", "foreign", "ek", ["E K"]],
        ["S.A.", "foreign", "sa", ["SA", "S A"]],
        ["S.A.S.", "foreign", "sas", ["SAS", "S A S"]],
        ["S.à r.l.", "foreign", "sarl", ["SARL", "S A R L", "S À R L"]],
        ["S.r.l.", "foreign", "srl", ["SRL", "S R L"]],
        ["S.p.A.", "foreign", "spa", ["SPA", "S P A"]],
        ["S.L.", "foreign", "sl", ["SL", "S L"]],
        ["S.A. de C.V.", "foreign", "sadecv", ["SA DE CV", "S A DE C V"]],
        ["Ltda.", "foreign", "ltda", ["LTDA"]],
        ["B.V.", "foreign", "bv", ["BV", "B V"]],
        ["N.V.", "foreign", "nv", ["NV", "N V"]],
        ["AB", "foreign", "ab", ["AB", "A B"]],
        ["A/S", "foreign", "as", ["A/S", "A S"]],
        ["ApS", "foreign", "aps", ["APS"]],
        ["Oy", "foreign", "oy", ["OY", "OYJ"]],
        ["K.K.", "foreign", "kk", ["KK", "K K", "KABUSHIKI KAISHA"]],
        ["JSC", "foreign", "jsc", ["JSC", "PJSC", "OJSC"]],
        ["Sp. z o.o.", "foreign", "spzoo", ["SP Z O O", "SP ZOO"]],
        ["Tbk", "foreign", "tbk", ["TBK"]],
        ["Co.", "company", "co", ["CO", "COMPANY"]],
        ["University", "institution", "university", ["UNIVERSITY"]],
        ["Hospital", "institution", "hospital", ["HOSPITAL"]],
        ["College", "institution", "college", ["COLLEGE"]],
        ["School", "institution", "school", ["SCHOOL"]],
        ["Institute", "institution", "institute", ["INSTITUTE"]],
        ["Bureau", "institution", "bureau", ["BUREAU"]],
        ["Association", "association", "association", ["ASSOCIATION"]],
        ["Foundation", "association", "foundation", ["FOUNDATION"]],
        ["Factory", "business", "factory", ["FACTORY"]],
    ] -%}
    {%- if shape == "pattern" -%}
        {%- for form in forms -%}
            {%- for words in form[3] -%}
                {{ words | replace(" & ", " ?& ?") | replace(" ", "[., ]*") }}{{ "" if loop.last else "|" }}
            {%- endfor -%}
            {{- "" if loop.last else "|" -}}
        {%- endfor -%}
    {%- else -%}
        {%- for form in forms -%}
            {%- set is_last = loop.last -%}
            {%- for words in form[3] | map("replace", " ", "") | unique -%}
                ('{{ words }}', '{{ form[0] }}', '{{ form[1] }}', '{{ form[2] }}'){{ "" if is_last and loop.last else ", " }}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro -%}

{#- Industries in English names. -#}
{%- macro company_industries_en() -%}
    {{- "technology technologies tech trading trade import export imp exp international industrial industry industries electronics electronic electric electrical machinery machine equipment instrument instruments
        logistics freight shipping transport transportation forwarding express supply chain textile textiles garment garments clothing apparel fashion shoes footwear leather bags toys gifts crafts furniture home household appliance appliances
        hardware tools mould mold precision metal metals steel iron aluminium aluminum copper plastic plastics rubber chemical chemicals pharmaceutical pharmaceuticals pharma medical healthcare biotech biotechnology biological bio
        food foods beverage beverages tea wine agriculture agricultural packaging printing paper glass ceramic ceramics stone building materials material construction engineering decoration design real estate property properties
        development investment investments holdings holding capital finance financial insurance bank asset management consulting consultancy consultants services service solutions systems system software network networks information
        communication communications telecom media advertising culture cultural education training travel tourism hotel hotels restaurant catering automobile automotive auto parts motor motors vehicle energy power solar lighting
        environmental environment water optical optoelectronics semiconductor semiconductors digital intelligent smart automation robot robotics cable wire manufacturing manufacture manufacturer products product commercial commerce
        enterprise enterprises science sci-tech &tech e-commerce general group int''l intl" | upper -}}
{%- endmacro -%}

{#- Words separated by blanks as alternatives of a regular expression. -#}
{%- macro company_alternatives(words) -%}
    {{- words.split() | unique | join("|") -}}
{%- endmacro -%}
