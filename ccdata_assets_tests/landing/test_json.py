"""JSON of every shape suppliers send: no record is lost, no number changes, no document is too long or too deep."""

from __future__ import annotations

import json
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccdata_assets.landing import json_records, json_source
from ccdata_assets.landing.json_records import open_json, open_json_lines
from ccdata_assets.landing.json_source import one_value
from ccdata_assets.landing.rows import Limits, Member, OverLimit, ReadOptions, UnreadableFile

KNOWN = ("name", "tel", "city", "contact.name", "contact.phones.0.number", "tags")
Row = dict[str, Any]


def opened(tmp_path: Path, content: str | bytes, lines: bool = False, **options: Any) -> Member:
    path = tmp_path / "file.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    known = options.pop("known", KNOWN)
    (member,) = (open_json_lines if lines else open_json)(
        path, ReadOptions(lambda cells: sum(cell in known for cell in cells), **options)
    )
    return member


def rows(tmp_path: Path, content: str | bytes, lines: bool = False, **options: Any) -> list[Row]:
    """The rows without their empty values."""
    return [
        {name: value for name, value in row.items() if value is not None}
        for batch in opened(tmp_path, content, lines, **options).batches
        for row in batch.to_pylist()
    ]


def values(found: list[Row]) -> list[Row]:
    """The rows' own values."""
    return [{name: value for name, value in row.items() if name not in ("_row", "_fault", "_text")} for row in found]


# --- values ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lines", [False, True])
@pytest.mark.parametrize(
    "number", ["1.10", "1E5", "-0", "12345678901234567890", "1e-7", "0.30000000000000004", "9" * 5000]
)
def test_numbers_stay_as_they_were_written(tmp_path: Path, lines: bool, number: str) -> None:
    text = f'{{"name": "甲", "tel": {number}, "x": [{number}]}}'
    found = rows(tmp_path, f"{text}\n{text}\n" if lines else f"[{text}]", lines)
    assert (found[0]["tel"], found[0]["x"]) == (number, f"[{number}]")


def test_words_that_are_no_values_are_read_as_what_they_mean(tmp_path: Path) -> None:
    found = rows(tmp_path, '[{"name": "甲", "a": NaN, "b": -Infinity, "c": true, "d": null, "e": {"x": NaN}}]')
    assert values(found) == [{"name": "甲", "b": "-Infinity", "c": "true", "e": '{"x": null}'}]


def test_keys_that_come_twice_or_differ_in_case_only_keep_all_values(tmp_path: Path) -> None:
    found = rows(tmp_path, '[{"name": "甲", "a": 1, "a": 2, "A": 3, "a (2)": 4}]')
    assert list(values(found)[0].values()) == ["甲", "1", "2", "3", "4"]


def test_control_characters_and_half_characters_cost_no_more_than_they_must(tmp_path: Path) -> None:
    found = rows(tmp_path, '{"name": "a\tb"}\n{"name": "\\ud800"}\n{"name": "\\ud842\\udfb7"}\n', lines=True)
    assert [(row.get("name"), row.get("_fault")) for row in found] == [
        ("a\tb", None),
        (None, "undecodable"),
        ("𠮷", None),
    ]


# --- nested values -----------------------------------------------------------------------------------------------


def test_an_object_is_taken_apart_where_the_contract_knows_a_header_below_it(tmp_path: Path) -> None:
    records = [
        {"name": "甲", "contact": {"sex": "f"}, "other": {"name": "x"}},
        {"name": "乙", "contact": {"name": "张三", "more": {"a": 1}}},
    ]
    assert values(rows(tmp_path, json.dumps(records, ensure_ascii=False))) == [
        {"name": "甲", "contact.sex": "f", "other": '{"name": "x"}'},
        {"name": "乙", "contact.name": "张三", "contact.more": '{"a": 1}'},
    ]


def test_an_element_of_a_list_has_a_column_where_the_contract_knows_it(tmp_path: Path) -> None:
    records = [{"name": "甲", "contact": {"phones": [{"number": 1}, {"number": 2}]}}, {"contact": {"phones": []}}]
    assert values(rows(tmp_path, json.dumps(records))) == [
        {"name": "甲", "contact.phones": '[{"number": 1}, {"number": 2}]', "contact.phones.0.number": "1"},
        {"contact.phones": "[]"},
    ]


def test_a_list_of_plain_values_is_joined_where_the_contract_knows_its_column(tmp_path: Path) -> None:
    records = [{"name": "甲", "tags": ["a", 1.50, None, "b"], "other": ["a"]}, {"tags": []}]
    assert values(rows(tmp_path, json.dumps(records))) == [
        {"name": "甲", "tags": "a; 1.5; b", "other": '["a"]'},
        {},
    ]


def test_dotted_keys_and_values_of_several_kinds_do_not_hide_one_another(tmp_path: Path) -> None:
    records = [{"contact": {"name": "a"}, "contact.name": "b"}, {"contact": "c"}, {"contact": ["d", {"name": "e"}]}]
    found = [set(row.values()) for row in values(rows(tmp_path, json.dumps(records)))]
    assert found == [{"a", "b"}, {"c"}, {'["d", {"name": "e"}]'}]


def test_ten_thousand_equal_keys_take_no_time() -> None:
    begun = time.monotonic()
    found = one_value("{" + ",".join(['"a": 1', '"a (3)": 2', *['"a": 1'] * 10_000]) + "}")
    assert time.monotonic() - begun < 2
    assert list(found)[:4] == ["a", "a (3)", "a (2)", "a (4)"] and len(found) == 10_002


def test_an_object_with_names_for_keys_makes_no_columns(tmp_path: Path) -> None:
    people = {f"id{n}": {"name": "x"} for n in range(3000)}
    member = opened(tmp_path, json.dumps([{"name": "甲", "people": people}]), known=("name", "people.id7.name"))
    assert member.columns == ("name", "people")


@pytest.mark.parametrize("lines", [False, True])
def test_too_many_keys_are_a_fault_of_every_row(tmp_path: Path, lines: bool) -> None:
    records = [json.dumps({"name": "甲", f"key{n}": 1}) for n in range(30)]
    text = "\n".join(records) if lines else f"[{','.join(records)}]"
    found = rows(tmp_path, text, lines, limits=Limits(columns=20))
    assert [row["_fault"] for row in found] == ["too_many_columns"] * 30


# --- shapes of documents -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        '{"code": 0, "name": "export", "data": [{"name": "a", "tel": 1}, {"name": "b", "tel": 2}]}',
        '{"errors": [{"id": 1}], "result": {"data": {"rows": [{"name": "a", "tel": 1}, {"name": "b", "tel": 2}]}}}',
        '[[{"name": "a", "tel": 1}], [{"name": "b", "tel": 2}]]',
        '{"name": "a",\n"tel": 1}\n{"name": "b",\n"tel": 2}\n',
        '[{"name": "a", "tel": 1}]\n[{"name": "b", "tel": 2}]',
        '[{"name": "a", "tel": 1}, {"name": "b", "tel": 2},]',
        '[["name", "tel"], ["a", 1], ["b", 2]]',
        '{"rows": [["name", "tel"], ["a", 1], ["b", 2]]}',
        '{"columns": ["name", "tel"], "index": [0, 1], "data": [["a", 1], ["b", 2]]}',
    ],
    ids=["list under a key", "list far below", "pages", "one after the other", "several lists", "trailing comma", "table", "table under a key", "split"],
)  # fmt: skip
def test_the_records_are_found_in_documents_of_every_shape(tmp_path: Path, text: str) -> None:
    assert values(rows(tmp_path, text)) == [{"name": "a", "tel": "1"}, {"name": "b", "tel": "2"}]


def test_a_record_that_holds_lists_of_records_is_one_record(tmp_path: Path) -> None:
    text = json.dumps({"name": "甲", "branches": [{"city": "x"}]}, indent=1)
    assert values(rows(tmp_path, text)) == [{"name": "甲", "branches": '[{"city": "x"}]'}]


def test_the_path_of_the_contract_leads_to_a_single_record_too(tmp_path: Path) -> None:
    assert values(rows(tmp_path, '{"a": [1], "data": {"name": "甲"}}', records="data")) == [{"name": "甲"}]


@pytest.mark.parametrize("text", ["3", '"text"', "null", "[]", "[1, 2]", "[[], []]", "{}"])
def test_what_holds_no_record_is_unreadable_or_empty(tmp_path: Path, text: str) -> None:
    try:
        found = values(rows(tmp_path, text))
    except UnreadableFile as error:
        found = []
        assert "source.records" in str(error)  # noqa: PT017
    assert found in ([], [{}], [{}, {}])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
@pytest.mark.parametrize("lines", [False, True])
def test_a_file_of_any_encoding_is_read(tmp_path: Path, encoding: str, lines: bool) -> None:
    records = [
        json.dumps({"name": f"青山科技有限公司{n}", "city": "客户电话咨询"}, ensure_ascii=False) for n in range(20)
    ]
    text = "\n".join(records) if lines else f"[{','.join(records)}]"
    found = rows(tmp_path, text.encode(encoding), lines)
    assert [row["name"] for row in found] == [f"青山科技有限公司{n}" for n in range(20)]


# --- what is broken ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "broken",
    ['{"name": "x",}', "{'name': 'x'}", '{"name": undefined}', '{"name": "x" "tel": 1}', "???", '{"name": [1, }'],
)
def test_a_broken_record_costs_only_itself(tmp_path: Path, broken: str) -> None:
    found = rows(tmp_path, f'[{{"name": "a"}}, {broken}, {{"name": "b"}}]')
    if broken.endswith("[1, }"):  # its brackets do not match, so where it ends is not known
        assert [row.get("_fault") for row in found] == [None, "broken_record"]
        return
    assert [(row["_row"], row.get("name"), row.get("_fault")) for row in found] == [
        (1, "a", None),
        (2, None, "broken_record"),
        (3, "b", None),
    ]
    assert json.loads(found[1]["_text"]) == [broken]


@pytest.mark.parametrize("end", ['{"name": "c', '{"name": "c"}', '{"name": "c"},', '{"name": 1', "]]", '] {"x"', ""])
def test_a_document_that_breaks_off_keeps_what_it_had_and_says_so(tmp_path: Path, end: str) -> None:
    found = rows(tmp_path, '[{"name": "a"}, {"name": "b"}, ' + end)
    assert [row.get("name") for row in found[:2]] == ["a", "b"] and found[-1]["_fault"] == "broken_record"


@pytest.mark.parametrize("depth", [400, 900, 5_000, 200_000])
@pytest.mark.parametrize("lines", [False, True])
def test_lists_in_lists_without_end_are_a_verdict(tmp_path: Path, depth: int, lines: bool) -> None:
    deep = '{"name": "a", "x": ' + "[" * depth + "]" * depth + "}"
    found = rows(tmp_path, f'{deep}\n{{"name": "b"}}\n' if lines else f'[{deep}, {{"name": "b"}}]', lines)
    assert len(found) == 2 and found[1]["name"] == "b"
    assert found[0].get("name") == "a" or found[0]["_fault"] == "broken_record"
    for text in ("[" * depth, '{"name":' * depth):
        assert [row["_fault"] for row in rows(tmp_path, text)] == ["broken_record"]


@pytest.mark.parametrize("lines", [False, True])
def test_a_record_longer_than_the_limit_is_refused(
    tmp_path: Path, lines: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_source, "CHUNK", 1000)
    monkeypatch.setattr(json_records, "CHUNK", 1000)
    text = '{"name": "a"}\n{"name": "' + "x" * 200_000 + '"}\n'
    with pytest.raises(OverLimit, match="CCDATA_MAX_LINE_BYTES"):
        rows(
            tmp_path,
            text if lines else f"[{text.strip().replace(chr(10), ',')}]",
            lines,
            limits=Limits(line_bytes=50_000),
        )


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 50])
def test_where_the_text_is_cut_for_reading_changes_nothing(
    tmp_path: Path, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = json.dumps(
        {"n": [1, {"x": "]}\\\""}], "data": [{"name": "a\\\"甲", "tel": -1.5e-7, "c": True}, {"name": None, "x": [[]]}] * 3},
        ensure_ascii=False,
    )  # fmt: skip
    whole = rows(tmp_path, text)
    monkeypatch.setattr(json_source, "CHUNK", chunk)
    monkeypatch.setattr(json_records, "CHUNK", chunk)
    assert rows(tmp_path, text) == whole and len(whole) == 6


def test_a_long_document_on_one_line_is_read_in_little_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_records, "BATCH_CHARACTERS", 500_000)
    record = json.dumps({"name": "甲" * 40, "tel": "1", "x": "y" * 1800})
    path = tmp_path / "file.json"
    path.write_text(
        '{"skipped": [' + ",".join(["[1, 2, 3]"] * 50_000) + '], "data": [' + ",".join([record] * 8_000) + "]}"
    )
    tracemalloc.start()
    (member,) = open_json(path, ReadOptions(lambda cells: sum(cell in KNOWN for cell in cells)))
    assert sum(batch.num_rows for batch in member.batches) == 8_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    size = path.stat().st_size
    assert size > 15_000_000 > peak, f"{peak:,} bytes were held of {size:,}"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150)
@given(
    st.lists(
        st.dictionaries(st.sampled_from([*KNOWN, "contact", "x", "X", ""]), JSON, max_size=4), min_size=1, max_size=5
    )
)
def test_a_document_and_its_lines_give_the_same_rows(tmp_path: Path, records: list[Row]) -> None:
    records = [{"name": "甲"}, *records, {"name": "乙"}]
    whole = rows(tmp_path, json.dumps(records))
    lines = rows(tmp_path, "\n".join(map(json.dumps, records)), lines=True)
    assert whole == lines and len(whole) == len(records)
