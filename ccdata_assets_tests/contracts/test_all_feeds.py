"""Every feed of the domain has its contract, its sample and its headers."""

from __future__ import annotations

import gzip
import io
import shutil
import zipfile
from collections import defaultdict
from functools import cache
from itertools import pairwise
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from benchmarks.synthetic_calls import sample_calls
from benchmarks.synthetic_calls import write_sample as write_calls
from benchmarks.synthetic_duty import AGENTS, states
from benchmarks.synthetic_feeds import FEEDS, call_log, companies, sample_files, uscc
from ccdata_assets.contracts.headers import header_index, normal_header
from ccdata_assets.contracts.model import FileSource
from ccdata_assets.contracts.registry import Registry
from ccdata_assets.settings import PROJECT_DIR
from ccdata_assets.warehouse.staging import StagedFile, stage_feed
from ccdata_assets_tests.world import World, make_settings

SAMPLE = PROJECT_DIR / "data" / "sample"
DOMAIN = {
    "b2b_directory": "party", "web_search": "party", "provider_list": "party", "business_card": "party", "customer_form": "party",
    "crm_contact": "party", "crm_account": "party", "call_log": "call", "case_log": "service_case", "order_log": "sales_order",
    "agent_roster": "agent", "campaign_list": "campaign", "agent_state_log": "agent_state", "survey_log": "survey",
    "quality_review_log": "quality_review", "outbound_log": "outbound", "plan_sheet": "collection_plan", "request_log": "data_request",
    "approval_log": "approval", "expense_sheet": "expense", "register_book": "register", "internal_survey_log": "internal_survey",
    "do_not_call_list": "do_not_call", "consent_log": "consent",
}  # fmt: skip
"""The feeds of the domain and what they are about."""
OTHER_FOLDERS = {
    "call": "call_log", "case": "case_log", "order": "order_log", "agent": "agent_roster", "campaign": "campaign_list",
    "agent_state": "agent_state_log", "survey": "survey_log", "quality_review": "quality_review_log", "outbound": "outbound_log",
    "collection_plan": "plan_sheet", "data_request": "request_log", "approval": "approval_log", "expense": "expense_sheet",
    "register": "register_book", "internal_survey": "internal_survey_log", "do_not_call": "do_not_call_list", "consent": "consent_log",
}  # fmt: skip
"""Folders of the inbox named as the domain names the feed."""
ONCE = {"cn_hospitals", "bank_call", "bank_campaign"}
"""Public data that no delivery is expected of any more."""


@pytest.mark.parametrize(("feed", "subject"), DOMAIN.items())
def test_a_feed_of_the_domain_has_a_whole_contract(registry: Registry, feed: str, subject: str) -> None:
    contract = registry.feeds[feed]
    assert contract.subject == subject
    assert contract.title.zh != contract.title.en and contract.description, "titles in both languages and a description"
    assert contract.owner.startswith("team:")
    assert contract.freshness, "how often a delivery is expected"
    assert contract.received_on, "the business date of a delivery stands in its name"
    assert contract.key, "what tells two rows apart"
    assert all(rule.message for rule in contract.rules), "a broken rule is told in both languages"
    assert all(rule.field for rule in contract.rules), "and says where to look"


def test_a_feed_without_an_expected_delivery_is_known_to_be_one(registry: Registry) -> None:
    assert {feed for feed, contract in registry.feeds.items() if contract.freshness is None} <= ONCE


@pytest.mark.parametrize(("folder", "feed"), [*OTHER_FOLDERS.items(), *((feed, feed) for feed in DOMAIN)])
def test_a_feed_is_found_under_its_own_name_and_under_the_domains(registry: Registry, folder: str, feed: str) -> None:
    found = registry.feed_of(f"{folder}/any name.xlsx")
    assert found is not None and found.feed == feed


@pytest.mark.parametrize("feed", DOMAIN)
def test_a_feed_has_a_sample_file(registry: Registry, feed: str) -> None:
    source = registry.feeds[feed].source
    assert isinstance(source, FileSource) and any(
        path.is_file() for pattern in source.files for path in SAMPLE.glob(pattern)
    )


def test_the_sources_of_the_sample_name_every_folder() -> None:
    text = (SAMPLE / "SOURCES.md").read_text(encoding="utf-8")
    missing = [path.name for path in SAMPLE.iterdir() if path.is_dir() and f"{path.name}/" not in text]
    assert missing == [], f"say in SOURCES.md where these come from: {missing}"


@cache
def made() -> dict[str, bytes]:
    return sample_files()


def contents(name: str, data: bytes) -> dict[str, bytes]:
    """What lies in a file, without how it is packed: that differs between versions of the packing libraries."""
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {part: archive.read(part) for part in archive.namelist()}
    if name.endswith(".gz"):
        return {"": gzip.decompress(data)}
    if name.endswith(".parquet"):
        return {"": repr(pq.read_table(io.BytesIO(data)).to_pylist()).encode()}
    return {"": data}


def test_the_samples_are_those_the_generator_writes() -> None:
    stale = [
        name
        for name, data in made().items()
        if not (SAMPLE / name).is_file() or contents(name, data) != contents(name, (SAMPLE / name).read_bytes())
    ]
    assert stale == [], f"run `python -m benchmarks.synthetic_feeds`: {stale}"


def test_the_samples_agents_do_what_its_calls_say(tmp_path: Path) -> None:
    write_calls(tmp_path)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {
        file.name: file.read_bytes() for file in (SAMPLE / "call_log").iterdir()
    }, "run `python -m benchmarks.synthetic_calls`"
    calls = [call for call in call_log() if call.answered]
    spans = states(sample_calls())
    seconds: dict[tuple[str, str], float] = defaultdict(float)
    for span in spans:
        seconds[span.agent, span.state] += (span.end - span.start).total_seconds()
    for agent in AGENTS:
        own = [call for call in calls if call.agent == agent]
        assert seconds[agent, "保持"] == sum(call.hold_s for call in own)
        assert seconds[agent, "话后处理"] == sum(call.acw_s for call in own)
        talked = sum((call.ended - (call.answered or call.ended)).total_seconds() - call.hold_s for call in own)
        assert seconds[agent, "通话"] == talked
        within = sorted((span.start, span.end) for span in spans if span.agent == agent and span.state != "签入")
        assert all(end <= start for (_, end), (start, _) in pairwise(within)), "nobody is in two states at once"
        assert sum((end - start).total_seconds() for start, end in within) == seconds[agent, "签入"]
    busy = sum(seconds[agent, state] for agent in AGENTS for state in ("通话", "保持", "话后处理"))
    ready = sum(seconds[agent, "空闲"] for agent in AGENTS)
    assert 0.25 < busy / (busy + ready) < 0.6, "a small desk, and not an empty one"


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert sample_files() == made()


def test_no_sample_lies_beside_those_the_generator_writes() -> None:
    own = {feed.__name__ for feed in FEEDS}
    lying = {path.relative_to(SAMPLE).as_posix() for feed in own for path in (SAMPLE / feed).iterdir()}
    assert lying == set(made())


def test_the_samples_are_small() -> None:
    assert sum(map(len, made().values())) < 1_500_000


def test_the_samples_show_many_formats() -> None:
    endings = {Path(name).suffix for name in made()}
    assert {".csv", ".txt", ".xlsx", ".vcf", ".json", ".jsonl", ".parquet", ".gz", ".zip"} <= endings


def test_the_domains_of_the_sample_can_be_nobodys() -> None:
    """Hyphens in third and fourth place of a label are reserved (RFC 5890): no registry lets anybody have such a name."""
    firms = companies()
    told = [*(firm.website.removeprefix("www.") for firm in firms), *(person.email.split("@")[1] for firm in firms for person in firm.people)]  # fmt: skip
    assert {name[2:4] for name in told} == {"--"} and not any(name.startswith("xn") for name in told)


def test_made_up_credit_codes_have_a_right_check_digit() -> None:
    # the worked example of GB 32100-2015 has 91350100M000100Y43
    weights = [pow(3, place, 31) for place in range(17)]
    digits = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    for code in ("91350100M000100Y43", uscc("4403", 1), uscc("3301", 77)):
        assert len(code) == 18
        total = sum(digits.index(digit) * weight for digit, weight in zip(code, weights, strict=False))
        assert digits[-total % 31] == code[17]


# --- what becomes of the samples -----------------------------------------------------------------------------------

FAULTS = {
    "b2b_directory/1688企业名录_20260905.csv": 3, "b2b_directory/企业查询_20261012.xlsx": 2, "b2b_directory/慧聪网_20261020.tsv.gz": 1,
    "web_search/web_search_20260918.jsonl": 2, "web_search/web_search_20261018.json": 1,
    "provider_list/東莞台商名錄_20260910.csv": 2, "provider_list/中国移动集团客户_20261008.txt": 1, "provider_list/易拜咨询_20261015.zip": 0,
    "business_card/名片扫描_周文静_20260922.vcf": 1, "business_card/cards_20261025.vcf": 0, "business_card/展会名片_20261016.xlsx": 1,
    "customer_form/客户登记表_20260930.xlsx": 4, "customer_form/web_form_20261028.csv": 2,
    "crm_contact/CRM联系人_20260930.txt": 2, "crm_contact/crm_contacts_20261031.parquet": 1,
    "crm_account/accounts_20260930.csv": 2, "crm_account/accounts_20261031.jsonl.gz": 0,
    "case_log/工单_20260930.csv": 5, "case_log/工单_20261031.xlsx": 1,
    "order_log/订单_20261031.csv": 4, "order_log/orders_20261102.json": 0,
    "agent_roster/坐席花名册_20260901.csv": 0, "agent_roster/坐席花名册_20261031.xlsx": 3, "campaign_list/外呼项目_20261101.xlsx": 2,
    "agent_state_log/坐席状态_20260930.csv.gz": 3, "agent_state_log/agent_state_20261031.parquet": 0,
    "survey_log/survey_20260930.jsonl": 2, "survey_log/满意度_20261031.csv": 3, "quality_review_log/质检_20261031.xlsx": 6,
    "outbound_log/dials_20260930.parquet": 0, "outbound_log/外呼明细_20261031.csv": 5, "plan_sheet/采集计划_20260901.xlsx": 3,
    "request_log/数据申请_20260930.csv": 2, "request_log/数据申请_20261031.csv": 2, "approval_log/审批记录_20261031.txt": 2,
    "expense_sheet/部门费用_20261031.xlsx": 4, "register_book/部门登记簿_20261031.xlsx": 4, "internal_survey_log/内部满意度_20261031.csv": 3,
    "do_not_call_list/禁呼名单_20261031.txt": 1, "do_not_call_list/谢绝来电_20261015.zip": 0,
    "consent_log/consent_20261031.jsonl.gz": 3, "consent_log/个人信息授权_20261031.csv": 2,
}  # fmt: skip
"""Rows of each file that its contract refuses."""


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory, fresh_world: World) -> dict[str, StagedFile]:
    """What became of every sample file of the generator, by its name."""
    world = World(make_settings(tmp_path_factory.mktemp("samples") / "home", now="2026-11-20"), fresh_world.registry)
    world.settings.warehouse_path.parent.mkdir(parents=True)
    shutil.copyfile(fresh_world.settings.warehouse_path, world.settings.warehouse_path)
    found = {}
    for feed in (feed.__name__ for feed in FEEDS):
        shutil.copytree(SAMPLE / feed, world.settings.inbox_dir / feed)
        world.land(feed)
        with world.warehouse() as con:  # without the views of all feeds, which take longer than all the rest
            done = stage_feed(con, world.registry.feeds[feed], world.registry, world.settings)
        found |= {staged.file: staged for staged in done}
    return found


def test_every_sample_file_is_known_to_the_table_of_its_faults() -> None:
    assert set(FAULTS) == set(made())


@pytest.mark.slow
@pytest.mark.parametrize(("file", "faults"), FAULTS.items())
def test_the_contract_finds_the_faults_of_its_sample_and_no_others(
    judged: dict[str, StagedFile], file: str, faults: int
) -> None:
    staged = judged[file]
    assert staged.status == "landed"
    assert staged.quarantined == faults
    assert staged.unmapped == 0, "a column that no field claims"
    assert staged.staged >= 5


# --- headers -------------------------------------------------------------------------------------------------------

FEW_NAMES = {"qq", "country", "registered_capital"}


def test_a_field_of_a_subject_knows_its_usual_headers(registry: Registry) -> None:
    used = {field for subject in registry.subjects.values() for field in subject.fields}
    poor = [name for name in sorted(used - FEW_NAMES) if len(registry.fields[name].aliases) < 6]
    assert poor == [], f"add the usual headers in fields.yaml: {poor}"


def test_a_field_knows_headers_in_both_languages(registry: Registry) -> None:
    poor = []
    for name, spec in registry.fields.items():
        chinese = any("一" <= sign <= "龥" for alias in (spec.zh, *spec.aliases) for sign in alias)
        english = any(alias.isascii() for alias in spec.aliases)
        poor += [] if chinese and english else [name]
    assert poor == []


MEANT_TWICE = {
    "call": {"呼叫结果", "result"},
    "service_case": {"priority"},
    "agent": {"技能"},
    "campaign": {"项目名称", "campaignname", "projectname", "活动名称", "外呼项目名称"},
    "expense": {"项目"},
}
"""Headers that two fields of a subject know: the one that the contract declares first has it, or whose name it is."""


def test_a_header_belongs_to_one_field_of_a_subject(registry: Registry) -> None:
    doubles: list[str] = []
    for name, subject in registry.subjects.items():
        claimed: dict[str, str] = {}
        own = {
            normal_header(word): field for field in subject.fields for word in (field, registry.fields[field].zh)
        }  # a name wins over the aliases of others
        for field in subject.fields:
            for alias in map(normal_header, registry.fields[field].aliases):
                first = own.get(alias) or claimed.setdefault(alias, field)
                if first != field and alias not in MEANT_TWICE.get(name, ()):
                    doubles.append(f"{name}: {alias}: {first}, {field}")
    assert doubles == [], "\n".join(doubles)


HEADERS = [
    # directories: 1688, 慧聪, 企查查 and the like
    *(("b2b_directory", header, field) for header, field in {
        "公司名称": "company_name", "企业名称": "company_name", "单位全称": "company_name", "名称": "company_name", "供应商名称": "company_name",
        "联系人": "contact_name", "联系人姓名": "contact_name", "称谓": "gender", "职位": "title", "手机": "mobile", "手机号码": "mobile",
        "移动电话": "mobile", "联系手机": "mobile", "手机/移动电话": "mobile", "Mobile": "mobile", "Ｍobile No.：": "mobile", "*手机号": "mobile",
        "固定电话": "phone", "联系电话": "phone", "联系方式": "phone", "总机": "phone", "Tel.": "phone", "更多电话": "other_phone", "备用电话": "other_phone",
        "传真号码": "fax", "电子邮箱": "email", "E-Mail": "email", "邮箱地址": "email", "公司主页": "website", "官网": "website", "网址": "website",
        "省份": "province", "所在省": "province", "省/直辖市": "province", "城市": "city", "地级市": "city", "区/县": "county", "所属区县": "county",
        "所在地区": "region_text", "详细地址": "address", "企业注册地址": "address", "通讯地址": "address", "邮编": "postcode", "主营产品": "main_business",
        "经营范围": "main_business", "国标行业大类": "industry", "所属行业": "industry", "统一社会信用代码": "uscc", "纳税人识别号": "uscc",
        "法定代表人": "legal_representative", "注册资金": "registered_capital", "成立日期": "founded_on", "登记状态": "company_status",
        "企业(机构)类型": "company_form", "人员规模": "employees", "参保人数": "insured_count", "QQ号码": "qq", "微信号": "wechat",
        "采集员": "collected_by", "采集时间": "collected_on",
    }.items()),
    # traditional characters
    *(("provider_list", header, field) for header, field in {
        "公司名稱": "company_name", "聯絡人": "contact_name", "職稱": "title", "電話": "phone", "手機": "mobile", "行動電話": "mobile", "傳真": "fax",
        "電子郵件": "email", "統一編號": "business_no", "詳細地址": "address", "員工人數": "employees", "集团客户名称": "company_name",
    }.items()),
    *(("crm_account", header, field) for header, field in {
        "Account Name": "company_name", "Account ID": "crm_id", "Billing State/Province": "province", "Billing City": "city",
        "Billing Zip/Postal Code": "postcode", "Number of Employees": "employees", "Account Owner": "account_owner", "负责人": "account_owner",
        "客户编号": "crm_id", "客户状态": "account_status", "Last Modified Date": "updated_at", "Lead Source": "source_site",
    }.items()),
    *(("crm_contact", header, field) for header, field in {
        "Last Name": "last_name", "First Name": "first_name", "姓名": "full_name", "Full Name": "full_name", "Mobile Phone": "mobile",
        "Business Phone": "phone", "Home Phone": "other_phone", "联系人编号": "crm_id", "所有人": "account_owner", "生命周期阶段": "account_status",
        "最后修改时间": "updated_at", "客户名称": "company_name",
    }.items()),
    *(("business_card", header, field) for header, field in {"FN": "contact_name", "ORG": "company_name", "ADR": "address", "交换日期": "collected_on"}.items()),
    *(("customer_form", header, field) for header, field in {"客户需求": "customer_need", "归属部门": "owner_unit", "登记日期": "collected_on", "日期": "collected_on"}.items()),
    # systems of call centres: 话单, 座席状态, 满意度, 质检
    *(("call_log", header, field) for header, field in {
        "话单号": "call_id", "通话流水号": "call_id", "主叫号码": "customer_no", "被叫号码": "line", "呼叫类型": "direction", "来电时间": "entered_at",
        "排队开始时间": "queued_at", "坐席接听时间": "answered_at", "挂机时间": "ended_at", "保持时长(秒)": "hold_s", "话后整理时长": "acw_s",
        "座席工号": "agent", "通话状态": "outcome", "来电小结": "disposition", "是否转接": "is_transferred", "是否留言": "has_voicemail",
        "回拨原通话编号": "callback_of", "技能组": "skill", "产品": "product", "进入IVR时间": "ivr_in_at", "Call ID": "call_id", "ANI": "customer_no",
        "Wrap-up Time": "acw_s", "Queue Name": "queue", "First Call Resolution": "is_resolved", "通话时长": "talk_s",
    }.items()),
    *(("case_log", header, field) for header, field in {
        "工单号": "case_id", "Ticket No": "case_id", "关联话单": "call_ids", "受理时间": "opened_at", "办结时间": "resolved_at", "复杂度": "complexity",
        "情绪": "mood", "紧急程度": "priority", "处理状态": "case_status", "Opened": "opened_at", "Resolved": "resolved_at", "联系手机": "phone", "手机号码": "phone",
    }.items()),
    *(("order_log", header, field) for header, field in {"订单号": "order_id", "金额(元)": "order_amount_cny", "Amount": "order_amount_cny", "下单时间": "ordered_at", "Qty": "quantity", "商品名称": "product"}.items()),
    *(("agent_roster", header, field) for header, field in {"工号": "agent", "员工姓名": "agent_name", "姓名": "agent_name", "班组": "team", "组别": "team", "入职日期": "hired_on", "Hire Date": "hired_on", "离职时间": "left_on", "技能": "skills"}.items()),
    *(("campaign_list", header, field) for header, field in {"项目编号": "campaign", "项目名称": "campaign_name", "名单量": "list_size", "成本(元)": "campaign_cost_cny", "From": "starts_on", "To": "ends_on", "Cost": "campaign_cost_cny", "List size": "list_size"}.items()),
    *(("agent_state_log", header, field) for header, field in {"座席状态": "state", "状态": "state", "开始时间": "state_from_at", "From": "state_from_at", "To": "state_to_at", "时长(秒)": "state_s", "Agent": "agent", "示忙原因": "state_reason"}.items()),
    *(("survey_log", header, field) for header, field in {"满意度得分": "points", "Score": "points", "Scale": "points_of", "满意度评价": "satisfaction", "评价时间": "surveyed_at", "客户意见": "comment", "At": "surveyed_at"}.items()),
    *(("quality_review_log", header, field) for header, field in {"质检分数": "score", "扣分项": "faults", "质检员": "reviewer", "录音编号": "call_id", "被检坐席": "agent", "致命错误": "is_fatal", "满分": "points_of"}.items()),
    *(("outbound_log", header, field) for header, field in {
        "被叫号码": "phone", "手机号码": "phone", "外呼时间": "dialled", "Dialled at": "dialled", "拨打日期": "dial_day", "Attempts": "dials", "第几次拨打": "attempt_no",
        "外呼结果": "disposition", "拒绝原因": "refusal_reason", "保费": "sale_amount", "客户年龄": "age", "月均消费(元)": "spend_cny", "项目名称": "campaign", "名单批次": "list_id",
    }.items()),
    *(("plan_sheet", header, field) for header, field in {"计划月份": "month", "渠道": "collection_channel", "计划采集量": "planned_count", "责任人": "collected_by", "Plan count": "planned_count"}.items()),
    *(("request_log", header, field) for header, field in {"申请单号": "request_id", "申请部门": "department", "用途": "purpose", "法律依据": "legal_basis", "需求数量": "requested_count", "要求完成时间": "due_at", "Spec": "request_spec", "Count": "requested_count"}.items()),
    *(("approval_log", header, field) for header, field in {"审批结果": "decision", "审批人": "approver", "审批时间": "decided_at", "At": "decided_at", "审批意见": "decision_reason"}.items()),
    *(("expense_sheet", header, field) for header, field in {"费用科目": "cost_item", "核定金额": "authorised_cny", "预算(元)": "authorised_cny", "实际发生额": "actual_cny", "Month": "month", "Item": "cost_item", "Actual": "actual_cny"}.items()),
    *(("register_book", header, field) for header, field in {"登记类别": "register_kind", "SOP名称": "item_name", "规定时限": "limit_days", "实际用时": "actual_days", "提交日期": "finished_on", "发生日期": "occurred_on", "是否必备": "is_required"}.items()),
    *(("internal_survey_log", header, field) for header, field in {"评价部门": "department", "评价维度": "aspect", "得分": "points", "Department": "department"}.items()),
    *(("do_not_call_list", header, field) for header, field in {"手机号码": "phone", "电话": "phone", "禁呼原因": "dnc_reason", "加入日期": "listed_on", "有效期至": "expires_on"}.items()),
    *(("consent_log", header, field) for header, field in {"手机号": "phone", "授权用途": "purpose", "同意状态": "consent_status", "授权时间": "consented_at", "撤回时间": "withdrawn_at", "合法性基础": "legal_basis"}.items()),
]  # fmt: skip


@pytest.mark.parametrize(("feed", "header", "field"), HEADERS)
def test_a_header_of_a_real_export_goes_to_its_field(
    registry: Registry, feed: str, header: str, field: str | None
) -> None:
    found = header_index(registry.feeds[feed], registry.fields).get(normal_header(header))
    assert found == field
