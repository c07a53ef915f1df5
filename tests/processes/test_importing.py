import gzip
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import orjson
import pytest
import zstandard

from rft_app.children import Child, ChildCrashedError, Message, run_child
from rft_app.errors import InvalidInputError, JobCancelledError, RftError, TooLargeError
from rft_app.processes._batches import ROWS_PER_BATCH
from tests.processes.importing_helpers import (
    TRACES,
    add_dataset,
    faults,
    import_file,
    prepare,
    report,
    rows,
    run,
)

STORED = (
    "SELECT t.line_number, t.external_id, t.title, t.reward, t.reason, b.body "
    "FROM trace t JOIN trace_body b ON b.seq = t.seq ORDER BY t.seq"
)


def make_rows(count: int) -> list[bytes]:
    return [
        orjson.dumps(
            {
                "id": f"r{number}",
                "messages": [
                    {"role": "user", "content": f"Question {number}?"},
                    {"role": "assistant", "content": "Answer. " * 20},
                ],
                "reward": number % 2,
            }
        )
        for number in range(count)
    ]


def write(path: Path, lines: list[bytes]) -> Path:
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


def test_every_good_line_is_stored_and_every_bad_one_explained(
    any_database: str, tmp_path: Path
) -> None:
    good = make_rows(3)
    empty = b'{"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":""}]}'
    lines = [good[0], b"{oops", b'{"a":"\\u0000' + b"x" * 500 + b'"}', good[1], b"", empty, good[2]]

    found = import_file(write(tmp_path / "mixed.jsonl", lines))

    assert (found.num_lines, found.num_parsed, found.num_valid, found.num_invalid) == (7, 4, 3, 3)
    assert found.reasons == {"not_json": 1, "wrong_shape": 1, "empty_content": 1}
    assert found.shape == "messages"
    assert found.num_answered == 4
    assert [(f.line_number, f.code) for f in faults(found.id)] == [
        (2, "not_json"),
        (3, "wrong_shape"),
        (6, "empty_content"),
    ]
    assert faults(found.id)[0].excerpt == "{oops"
    assert len(faults(found.id)[1].excerpt) == 200
    assert [row[0] for row in rows(STORED)] == [1, 4, 6, 7]
    assert rows("SELECT num_traces FROM dataset") == [(4,)]


def test_a_reward_of_another_scale_is_noted_and_its_row_valid(
    database: Path, tmp_path: Path
) -> None:
    line = b'{"messages":[{"role":"user","content":"Hi"}],"reward":7}'

    found = import_file(write(tmp_path / "scale.jsonl", [line]))

    assert (found.num_valid, found.num_invalid) == (1, 0)
    assert found.reasons == {"reward_out_of_range": 1}
    assert [fault.line_number for fault in faults(found.id)] == [1]


@pytest.mark.parametrize(
    ("field", "codes"),
    [
        ('"feedback":"good"', {"reward_not_a_number": 1}),
        ('"feedback":{"thumbs":"up"}', {"reward_not_a_number": 1}),
        ('"reward":{"score":0.5,"other":0.25}', {"reward_not_a_number": 1}),
        ('"reward":"n/a","feedback":0.5', {}),
        ('"reward":null,"feedback":{}', {}),
        ('"feedback":true', {}),
    ],
)
def test_a_reward_that_is_no_number_is_noted_and_kept(
    field: str, codes: dict[str, int], database: Path, tmp_path: Path
) -> None:
    line = '{"messages":[{"role":"user","content":"Hi"}],' + field + "}"

    found = import_file(write(tmp_path / "odd.jsonl", [line.encode()]))

    assert (found.num_valid, found.num_invalid, found.reasons) == (1, 0, codes)


def test_an_extreme_row_costs_only_its_line(database: Path, tmp_path: Path) -> None:
    bad = b'{"messages":[{"role":"user","content":[{"type":"text","text":"a","w":1e999}]}]}'
    first, last = make_rows(2)

    found = import_file(write(tmp_path / "extreme.jsonl", [first, bad, last]))

    assert (found.num_valid, found.reasons) == (2, {"wrong_shape": 1})
    assert [fault.line_number for fault in faults(found.id)] == [2]


@pytest.mark.parametrize("form", ["plain", "gzip", "zstd", "array", "bom", "indented"])
def test_all_ways_to_write_a_file_give_the_same_rows(
    form: str, database: Path, tmp_path: Path
) -> None:
    lines = make_rows(20)
    raw = b"\n".join(lines)
    written = {
        "plain": raw,
        "gzip": gzip.compress(raw),
        "zstd": zstandard.compress(raw),
        "array": b"[" + b",".join(lines) + b"]",
        "bom": b"\xef\xbb\xbf" + raw,
        "indented": orjson.dumps(
            [orjson.loads(line) for line in lines], option=orjson.OPT_INDENT_2
        ),
    }
    path = tmp_path / "rows"
    path.write_bytes(written[form])

    assert import_file(path).num_valid == 20
    assert [row[1] for row in rows(STORED)] == [f"r{number}" for number in range(20)]


def test_text_with_every_odd_character_survives(any_database: str, tmp_path: Path) -> None:
    content = "a\u2028b\0c\U0001f600\r\n\x85é"
    row = {"id": "a\0b", "messages": [{"role": "user", "content": content}]}

    import_file(write(tmp_path / "odd.jsonl", [orjson.dumps(row)]))

    ((_, external_id, title, _, _, body),) = rows(STORED)
    assert orjson.loads(body)["messages"][0]["content"] == content
    assert (external_id, "\0" in title) == ("ab", False)


def test_a_line_of_100_mb_is_named_and_not_held(database: Path, tmp_path: Path) -> None:
    path = tmp_path / "huge.jsonl"
    good = make_rows(2)
    with path.open("wb") as file:
        file.write(good[0] + b'\n{"messages": "')
        for _ in range(100):
            file.write(b"x" * 1_000_000)
        file.write(b'"}\n' + good[1] + b"\n")
    add_dataset()
    import_id = prepare(path)
    code = (
        "import pathlib, re\n"
        "from rft_app.processes.importing import work\n"
        f"work({{'import_id': {import_id!r}}}, lambda message: None)\n"
        "status = pathlib.Path('/proc/self/status')\n"
        "text = status.read_text() if status.exists() else ''\n"
        "print(int((re.search(r'VmHWM:\\s*(\\d+)', text) or [0, 0])[1]) // 1024)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)

    assert (report(import_id).num_valid, report(import_id).reasons) == (2, {"too_long": 1})
    (fault,) = faults(import_id)
    told = "The line has 100,000,016 bytes; RFT_MAX_LINE_BYTES allows 4,000,000."
    assert (fault.line_number, fault.message) == (2, f"{told} Shorten it or raise the limit.")
    assert int(done.stdout) < 200  # 0 where the system does not say


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "is empty"),
        (b"\n \n", "holds no rows"),
        (b"[]", "holds no rows"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not text"),
        (b"PAR1\x15\x04", "Parquet"),
        (b"PK\x03\x04\x14", "zip"),
        ("[]".encode("utf-16"), "UTF-16"),
        (b"a,b\n1,2\n", "Line 1: The line is not valid JSON"),
        (b"[1, 2]", "not an object"),
        (gzip.compress(b'{"messages":[]}' * 9, mtime=0)[:-12], "the file is cut off"),
        (b"\x28\xb5\x2f\xfd\x00broken", "damaged or cut off"),
    ],
)
def test_a_file_without_a_readable_row_is_refused_in_words(
    raw: bytes, words: str, database: Path, tmp_path: Path
) -> None:
    path = tmp_path / "bad.bin"
    path.write_bytes(raw)

    with pytest.raises(InvalidInputError, match=words) as caught:
        import_file(path)

    assert "bad.bin" in caught.value.message
    assert rows(STORED) == []


@pytest.mark.parametrize("form", ["gzip", "zstd", "gzip array", "end of line"])
def test_rows_before_the_damage_are_kept(form: str, database: Path, tmp_path: Path) -> None:
    lines = make_rows(3_000)
    raw = b"[" + b",".join(lines) + b"]" if form == "gzip array" else b"\n".join(lines)
    packed = zstandard.compress(raw) if form == "zstd" else gzip.compress(raw)
    path = tmp_path / "cut"
    path.write_bytes(packed[: -len(packed) // 10])
    if form == "end of line":
        path.write_bytes(gzip.compress(raw + b"\n")[:-8])

    found = import_file(path)

    (fault,) = faults(found.id)
    assert (fault.code, fault.line_number) == ("damaged", found.num_parsed + 1)
    place = f"Stopped after line {found.num_parsed:,}: the file is cut off."
    assert fault.message == found.damage == f"{place} Import it again whole."
    assert (found.reasons, found.num_invalid) == ({"damaged": 1}, 1)
    assert [row[0] for row in rows(STORED)] == list(range(1, found.num_valid + 1))
    assert found.num_valid > 1_500
    assert run(found.id) == found


def test_a_whole_file_with_a_wrong_checksum_is_told_from_one_that_is_cut_off(
    database: Path, tmp_path: Path
) -> None:
    raw = b"\n".join(make_rows(300))
    packed = bytearray(gzip.compress(raw))
    packed[-8] ^= 1
    path = tmp_path / "changed.gz"
    path.write_bytes(packed)

    found = import_file(path)

    assert (found.num_valid, found.reasons) == (300, {"damaged": 1})
    assert "checksum does not match" in (found.damage or "")


@pytest.mark.parametrize("form", ["gzip", "zstd"])
def test_what_follows_a_changed_byte_is_told_as_one_damage(
    form: str, database: Path, tmp_path: Path
) -> None:
    raw = b"\n".join(make_rows(9_000))
    checked = zstandard.ZstdCompressor(write_checksum=True)
    packed = bytearray(checked.compress(raw) if form == "zstd" else gzip.compress(raw))
    packed[len(packed) // 2] ^= 0x10
    path = tmp_path / "changed"
    path.write_bytes(packed)

    found = import_file(path)

    assert next(iter(found.reasons)) == "damaged"
    assert found.reasons["damaged"] == 1
    assert "cut off" not in (found.damage or "")
    assert not found.is_complete


def test_an_array_that_ends_inside_an_object_is_damaged(database: Path, tmp_path: Path) -> None:
    path = tmp_path / "array.json"
    path.write_bytes(b"[" + b",".join(make_rows(3))[:-20])

    found = import_file(path)

    assert (found.num_valid, found.reasons) == (2, {"damaged": 1})
    assert (found.damage or "").startswith("Stopped after line 2: the array is not closed")


def test_every_frame_of_a_whole_file_is_read(database: Path, tmp_path: Path) -> None:
    frames = [b"\n".join(make_rows(n)) + b"\n" for n in (3, 2000)]
    checked = zstandard.ZstdCompressor(write_checksum=True)
    skippable = b"\x50\x2a\x4d\x18\x03\0\0\0abc"
    path = tmp_path / "frames.zst"
    path.write_bytes(checked.compress(frames[0]) + skippable + zstandard.compress(frames[1]))

    found = import_file(path)

    assert (found.num_valid, found.num_invalid) == (2003, 0)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [("MAX_FILE_BYTES", "500", "RFT_MAX_FILE_BYTES"), ("MAX_RECORDS", "7", "more than 7 rows")],
)
def test_limits_are_settings(
    name: str,
    value: str,
    words: str,
    database: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(f"RFT_{name}", value)

    with pytest.raises(TooLargeError, match=words):
        import_file(write(tmp_path / "many.jsonl", make_rows(20)))


@pytest.mark.durability
@pytest.mark.parametrize("form", ["plain", "gzip", "array"])
def test_a_killed_import_goes_on_without_loss_or_repetition(
    form: str, database: Path, tmp_path: Path
) -> None:
    lines = make_rows(30_000)
    for number in range(0, 30_000, 1000):
        lines[number] = b'{"line":"bad"}'
    raw = b"[" + b",\n".join(lines) + b"]" if form == "array" else b"\n".join(lines)
    path = tmp_path / "rows"
    path.write_bytes(gzip.compress(raw) if form == "gzip" else raw)
    add_dataset()
    import_id = prepare(path)

    num_kills = 0
    for _ in range(3):
        child = Child(TRACES, {"import_id": import_id})
        for seen, message in enumerate(child.messages(lambda: False)):
            if message["type"] == "progress" and seen == 1:
                time.sleep(0.05)
                os.kill(child.pid, signal.SIGKILL)
                num_kills += 1
        child.close()
    found = run(import_id)

    assert num_kills > 0
    assert (found.num_parsed, found.num_lines) == (29_970, 30_000)
    assert found.reasons == {"wrong_shape": 30}
    expected = [(n + 1, f"r{n}") for n in range(30_000) if n % 1000]
    assert [(row[0], row[1]) for row in rows(STORED)] == expected
    assert len(faults(import_id)) == 30
    assert rows("SELECT num_traces FROM dataset") == [(29_970,)]


def test_rows_without_an_answer_are_counted(any_database: str, tmp_path: Path) -> None:
    asked = b'{"messages":[{"role":"user","content":"Hi"}],"reference_answer":"Hello"}'
    found = import_file(write(tmp_path / "questions.jsonl", [asked, asked, *make_rows(1)]))
    assert (found.num_parsed, found.num_answered) == (3, 1)
    assert found.without_answers.startswith("2 of 3 rows hold no answer.")


def test_a_cancelled_import_keeps_whole_batches(database: Path, tmp_path: Path) -> None:
    add_dataset()
    import_id = prepare(write(tmp_path / "rows.jsonl", make_rows(40_000)))
    messages: list[Message] = []

    with pytest.raises(JobCancelledError):
        run_child(
            TRACES,
            {"import_id": import_id},
            on_message=messages.append,
            is_cancelled=lambda: bool(messages),
        )

    count = len(rows(STORED))
    assert count == report(import_id).num_parsed
    assert count in range(ROWS_PER_BATCH, 40_000, ROWS_PER_BATCH)
    assert run(import_id).num_parsed == 40_000


def test_a_chosen_shape_is_the_only_one(database: Path, tmp_path: Path) -> None:
    add_dataset()
    rows_of_two = [*make_rows(1), b'{"question":"q","answer":"a"}']

    found = run(prepare(write(tmp_path / "two.jsonl", rows_of_two)), shape="question_answer")

    assert (found.num_parsed, found.reasons) == (1, {"wrong_shape": 1})


def test_two_rows_of_one_group_share_its_key(database: Path, tmp_path: Path) -> None:
    body = {"messages": [{"role": "user", "content": "Hi"}]}
    lines = [orjson.dumps({**body, "session_id": name}) for name in ("a", "a", "b")]

    import_file(write(tmp_path / "groups.jsonl", lines))

    first, second, third = (row[0] for row in rows("SELECT group_key FROM trace ORDER BY seq"))
    assert first == second != third


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("name", "shape", "count", "mean_reward"),
    [
        ("derived/tau_airline_traces.jsonl", "trajectory", 200, 0.42),
        ("tau-bench/gpt-4o-airline.json", "trajectory", 200, 0.42),
        ("derived/tau_airline_gateway_calls_40.jsonl.gz", "gateway_call", 571, 0.2837),
        ("derived/gsm8k_rft_openai.jsonl", "openai_rft", 1319, None),
        ("gsm8k/test.jsonl", "question_answer", 1319, None),
    ],
)
def test_real_files_come_in_whole(
    name: str,
    shape: str,
    count: int,
    mean_reward: float | None,
    database: Path,
    shared_data: Path,
) -> None:
    found = import_file(shared_data / name)

    assert (found.shape, found.num_valid, found.num_invalid) == (shape, count, 0)
    ((mean,),) = rows("SELECT avg(reward) FROM trace")
    assert (None if mean is None else round(mean, 4)) == mean_reward


def test_errors_of_the_child_are_expected_ones(database: Path, tmp_path: Path) -> None:
    with pytest.raises(RftError) as caught:
        run("imp_missing")

    assert not isinstance(caught.value, ChildCrashedError)
