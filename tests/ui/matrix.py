"""What the browser tests drive: every screen at both sizes and in both themes.

A module's visitors see one theme at 1440×900 and the other on a phone, so a screen that is driven
at both sizes is driven in both themes. `test_matrix.py` holds this table against the product and
against the tests; `test_accessibility.py` opens every screen in all four looks besides.
"""

from playwright.sync_api import ViewportSize

from tests.browser import PHONE, WIDE

LIGHT_WHEN_WIDE = frozenset(
    {
        "test_create_traces",
        "test_data_menu",
        "test_feedback",
        "test_grading_dialogs",
        "test_live_training",
        "test_model_topics",
        "test_near_duplicates",
        "test_providers",
        "test_record_edit",
        "test_traces_page",
        "test_training_exports",
    }
)
"""Modules whose visitors see the light theme at 1440×900; those of all others see it on a phone."""

DRIVEN: dict[str, tuple[str, str]] = {
    "datasets": (
        "test_datasets_page::test_search_narrows_the_list_and_can_be_cleared",
        "test_datasets_page::test_a_phone_shows_cards_and_steps_without_sideways_scrolling",
    ),
    "traces": (
        "test_traces_page::test_traces_arrive_are_filtered_and_read_in_full",
        "test_traces_page::test_on_a_phone_a_trace_is_opened_by_its_address",
    ),
    "new, from traces": (
        "test_create_traces::test_all_that_match_but_one_become_a_dataset",
        "test_create_traces::test_on_a_phone_a_search_without_a_match_offers_the_way_back",
    ),
    "new, from a file": (
        "test_create_page::test_a_file_with_bad_rows_becomes_a_dataset_that_extracts_itself",
        "test_create_page::test_on_a_phone_every_answer_gives_one_record_per_assistant_turn",
    ),
    "canvas": (
        "test_demo_journey::test_the_demo_leads_from_an_empty_list_to_a_downloaded_file",
        "test_create_page::test_on_a_phone_every_answer_gives_one_record_per_assistant_turn",
    ),
    "settings": (
        "test_data_menu::test_settings_are_saved_and_guarded",
        "test_data_menu::test_settings_are_saved_and_guarded",
    ),
    "app settings": (
        "test_providers::test_a_provider_is_added_tested_changed_and_removed",
        "test_providers::test_the_settings_work_on_a_phone",
    ),
    "step=extract": (
        "test_near_duplicates::test_a_group_is_reviewed_archived_and_taken_back",
        "test_near_duplicates::test_on_a_phone_a_group_that_was_kept_stays_so_in_the_next_search",
    ),
    "step=topics": (
        "test_topics::test_the_tree_is_edited_by_mouse",
        "test_topics::test_a_phone_shows_one_part_at_a_time",
    ),
    "step=coverage": (
        "test_topics::test_targets_are_typed_with_their_sum",
        "test_topics::test_the_dialogs_fit_a_phone",
    ),
    "step=grader": (
        "test_grading_dialogs::test_two_versions_are_compared_line_by_line",
        "test_grading_dialogs::test_comparisons_fit_a_phone",
    ),
    "step=grader, judge": (
        "test_judge::test_a_judge_is_written_tried_saved_compared_and_run",
        "test_judge::test_the_form_of_a_judge_fits_a_phone",
    ),
    "grader": (
        "test_grader_lab::test_a_grader_is_saved_compared_with_people_and_goes_out_of_date",
        "test_grader_lab::test_the_lab_fits_a_phone",
    ),
    "step=dry_run": (
        "test_grading_dialogs::test_two_runs_are_compared_and_the_same_records_paired",
        "test_grading_dialogs::test_comparisons_fit_a_phone",
    ),
    "step=train": (
        "test_step_dialogs::test_what_is_chosen_for_training_and_deploying_is_kept",
        "test_step_dialogs::test_what_is_chosen_for_training_and_deploying_is_kept",
    ),
    "step=deploy": (
        "test_deploying::test_a_model_is_deployed_looked_at_promoted_and_rolled_back",
        "test_deploying::test_a_running_deployment_fits_a_phone_and_leads_to_the_next_dataset",
    ),
    "dialog=import-records": (
        "test_data_menu::test_records_are_replaced_restored_and_replaced_again",
        "test_data_menu::test_records_are_replaced_restored_and_replaced_again",
    ),
    "dialog=snapshots": (
        "test_data_menu::test_records_are_replaced_restored_and_replaced_again",
        "test_data_menu::test_records_are_replaced_restored_and_replaced_again",
    ),
    "dialog=import-topics": (
        "test_topics::test_a_file_is_previewed_taken_and_filled",
        "test_topics::test_the_dialogs_fit_a_phone",
    ),
    "dialog=generate": (
        "test_generation::test_settings_change_the_plan_and_impossible_ones_are_named",
        "test_generation::test_on_a_phone_the_review_is_a_list_and_then_one_record",
    ),
    "dialog=review": (
        "test_generation::test_the_review_shows_what_was_changed",
        "test_generation::test_on_a_phone_the_review_is_a_list_and_then_one_record",
    ),
    "records": (
        "test_records::test_all_that_match_but_two_are_deleted_and_come_back",
        "test_records::test_a_phone_filters_in_a_sheet_and_deletes_at_the_bottom",
    ),
    "records, one edited": (
        "test_record_edit::test_a_turn_is_edited_in_its_field_and_steps_go_out_of_date",
        "test_record_edit::test_on_a_phone_a_record_is_edited_in_its_form",
    ),
    "tab=feedback": (
        "test_feedback::test_a_verdict_can_be_changed_and_taken_away",
        "test_feedback::test_on_a_phone_thumbs_stay_in_reach",
    ),
    "tab=datasets": (
        "test_feedback::test_the_tab_is_in_the_address_and_unknown_ones_open_the_first",
        "test_feedback::test_on_a_phone_datasets_show_what_they_are_made_of_and_can_give",
    ),
    "tab=export": (
        "test_training_exports::test_the_preview_is_the_beginning_of_the_file",
        "test_training_exports::test_on_a_phone_a_dataset_in_the_address_is_chosen",
    ),
    "tab=auto-improve": (
        "test_training_exports::test_one_button_leads_to_the_verdict",
        "test_training_exports::test_on_a_phone_the_run_is_found_again",
    ),
}
"""By screen, a test of what one does there at 1440×900 and one on a phone."""


def light_size(module: str) -> ViewportSize:
    """The size at which the visitors of a test module see the light theme.

    Example:
        >>> light_size("tests.ui.test_feedback") == WIDE, light_size("test_topics") == PHONE
        (True, True)
    """
    return WIDE if module.rpartition(".")[2] in LIGHT_WHEN_WIDE else PHONE
