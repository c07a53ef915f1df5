from rft_app.domain.rollout import make_item, make_sample


def test_a_sample_joins_the_texts_and_lists_the_calls() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    sample = make_sample(
        [
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "content": "not the model's words", "tool_call_id": "c1"},
            {"role": "assistant", "content": [{"type": "text", "text": "Done"}, {"type": "image"}]},
        ],
        None,
    )
    assert (sample["output_text"], sample["output_tools"]) == ("Done", [call])


def fields(**changes: object) -> dict[str, object]:
    return {"id": "rec_1", "messages": [], "tools": [], "topic": None, "reference": "18"} | changes


def test_an_item_has_metadata_at_top_level_and_our_fields_win() -> None:
    item = make_item({"task": 7, "id": "theirs"}, fields(), None)
    assert (item["task"], item["id"], item["rec_id"]) == (7, "theirs", "rec_1")
    assert make_item({}, fields(), None)["id"] == "rec_1"
    assert make_item({"reference": "x"}, fields(), None)["reference_answer"] == "18"


def test_a_reward_is_there_only_where_it_was_recorded_with_this_answer() -> None:
    imported = make_item({"reward": 1.0}, fields(), None, is_imported=True)
    assert "reward" not in imported
    assert make_item({"reward": 1.0}, fields(), 0.0, is_imported=True)["reward"] == 0.0
    assert make_item({"reward": True}, fields(), 1.0)["reward"] == 1.0


def test_a_reward_of_another_scale_stays_a_field_of_the_row() -> None:
    assert make_item({"reward": 7}, fields(), None)["reward"] == 7
