"""Every fault that can be seeded into the merchant: its name, the code by which it must be found, the dialect, the case."""

from __future__ import annotations

from typing import NamedTuple


class Fault(NamedTuple):
    """One fault, the code by which it must be named, the dialect it is played in, and the case that finds it."""

    name: str
    code: str
    dialect: str
    case: str


FAULTS = (
    # Status and headers.
    Fault("waits_with_404", "status_not_documented", "v1", "reach"),
    Fault("waits_with_200", "status_ok_without_order", "v1", "reach"),
    Fault("waits_with_202", "status_of_other_dialect", "v1", "reach"),
    Fault("text_html", "content_type_wrong", "v1", "reach"),
    Fault("no_content_type", "content_type_wrong", "v2", "reach"),
    Fault("two_content_types", "content_type_repeated", "v1", "reach"),
    Fault("sets_a_cookie", "set_cookie", "v1", "reach"),
    Fault("redirects", "redirect", "v1", "reach"),
    Fault("compresses", "compressed", "v1", "reach"),
    Fault("ends_without_a_length", "length_unknown", "v1", "reach"),
    # Time.
    Fault("hangs", "hangs", "v1", "reach"),
    Fault("stalls_in_the_body", "hangs", "v2", "reach"),
    Fault("answers_late", "too_slow", "v1", "reach"),
    Fault("answers_slowly", "slow", "v1", "reach"),
    Fault("hangs_up", "no_answer", "v1", "reach"),
    Fault("speaks_no_http", "not_http", "v1", "reach"),
    # The body's bytes.
    Fault("cut_body", "truncated_body", "v1", "reach"),
    Fault("more_than_announced", "length_wrong", "v1", "reach"),
    Fault("byte_order_mark", "bom", "v1", "reach"),
    Fault("latin_1", "not_utf8", "v1", "reach"),
    Fault("warning_before_the_body", "not_json", "v1", "reach"),
    Fault("a_list", "not_an_object", "v1", "reach"),
    Fault("a_key_twice", "duplicate_keys", "v1", "reach"),
    Fault("poll_key_in_body", "secret_in_body", "v1", "during"),
    Fault("access_token_in_body", "secret_in_body", "v2", "during"),
    # The words.
    Fault("in_proces", "word_unknown", "v1", "during"),
    Fault("nothing_to_pay", "nothing_to_pay_spelt_right", "v2", "cash"),
    Fault("word_at_top_level", "word_missing", "v1", "reach"),
    Fault("in_process_of_v1", "dialects_mixed", "v2", "during"),
    Fault("message_is_a_list", "message_not_text", "v1", "reach"),
    Fault("field_beside_the_word", "undocumented_field_waiting", "v1", "reach"),
    # The order.
    Fault("amounts_as_text", "number_as_text", "v1", "during"),
    Fault("amounts_as_text", "number_as_text", "v2", "during"),
    Fault("float_noise", "amount_noise", "v1", "during"),
    Fault("float_noise", "amount_noise", "v2", "during"),
    Fault("cents_lost", "amount_wrong", "v1", "during"),
    Fault("amount_negative", "amount_not_positive", "v2", "during"),
    Fault("litres_as_quantity", "number_not_whole", "v1", "during"),
    Fault("other_collector", "collector_wrong", "v1", "during"),
    Fault("dollars", "currency_wrong", "v1", "during"),
    Fault("total_in_v1", "undocumented_field", "v1", "during"),
    Fault("no_title", "field_missing", "v1", "during"),
    Fault("title_is_a_number", "field_type", "v2", "during"),
    Fault("no_items", "items_empty", "v1", "during"),
    Fault("sponsors_itself", "sponsor_is_collector", "v1", "during"),
    Fault("no_order_version", "order_version", "v2", "during"),
    Fault("total_not_the_sum", "total_wrong", "v2", "during"),
    Fault("item_total_wrong", "item_total_wrong", "v2", "during"),
    Fault("measured_in_litres", "unit_measure_wrong", "v2", "during"),
    Fault("reference_with_hyphens", "reference_unsafe", "v1", "during"),
    Fault("reference_of_300", "reference_too_long", "v2", "during"),
    Fault("one_reference_for_all", "reference_reused", "v1", "again"),
    Fault("references_differ_in_case", "reference_reused", "v2", "again"),
    Fault("no_notification_url", "notification_url_missing", "v1", "during"),
    Fault("long_notification_url", "notification_url_too_long", "v1", "during"),
    Fault("notification_path_only", "notification_url_invalid", "v2", "during"),
    # What it does.
    Fault("idle_in_process", "not_nothing_while_idle", "v1", "before"),
    Fault("idle_shows_old_order", "order_while_idle", "v1", "again"),
    Fault("preparing_unseen", "not_in_process", "v1", "during"),
    Fault("order_unseen", "order_never_shown", "v1", "during"),
    Fault("poll_takes_the_order", "order_gone_after_poll", "v1", "again"),
    Fault("reference_per_poll", "reference_changes", "v1", "again"),
    Fault("clock_in_the_title", "body_changes", "v1", "again"),
    Fault("one_phone_at_a_time", "phones_disagree", "v1", "phones"),
    Fault("refuses_unknown_parameters", "unknown_parameter_breaks", "v1", "again"),
    Fault("wants_parameters_in_order", "parameter_order_matters", "v1", "again"),
    Fault("wants_its_user_agent", "headers_matter", "v1", "again"),
    Fault("settles_on_opened", "order_gone_after_scan", "v1", "again"),
    Fault("settles_on_opened", "order_gone_after_scan", "v2", "again"),
    Fault("order_after_cash", "order_after_cash", "v1", "cash"),
    Fault("order_after_cash", "order_after_cash", "v2", "cash"),
    Fault("order_after_payment", "order_after_payment", "v1", "paid"),
    Fault("order_after_payment", "order_after_payment", "v2", "paid"),
    Fault("in_process_after_payment", "not_nothing_after_sale", "v1", "paid"),
    Fault("rejection_ends_the_sale", "order_gone_after_rejection", "v1", "rejected"),
    Fault("any_key_will_do", "wrong_parameters_accepted", "v1", "wrong_parameters"),
    Fault("unknown_box_is_unavailable", "wrong_parameters_accepted", "v2", "wrong_parameters"),
    Fault("invalid_with_200", "invalid_answered_otherwise", "v1", "wrong_parameters"),
    Fault("invalid_with_500", "invalid_answered_otherwise", "v1", "wrong_parameters"),
    Fault("invalid_with_404", "invalid_answered_otherwise", "v2", "wrong_parameters"),
    Fault("key_told_apart", "invalid_told_apart", "v1", "wrong_parameters"),
    Fault("last_of_repeated", "repeated_parameter_believed", "v1", "wrong_parameters"),
    Fault("out_of_reach_unavailable", "not_timeout", "v1", "out_of_reach"),
    Fault("notification_500", "notification_refused", "v1", "notifications"),
    Fault("notification_late", "notification_slow", "v1", "notifications"),
    Fault("notification_cut", "notification_unanswered", "v1", "notifications"),
    Fault("notification_by_post_only", "notification_get_refused", "v1", "notifications"),
    Fault("believes_notifications", "forged_notification_believed", "v1", "forged"),
    Fault("believes_any_payment", "foreign_payment_believed", "v1", "forged"),
    Fault("waits_for_notifications", "notification_lost_unsettled", "v1", "notification_lost"),
    Fault("keeps_the_second_payment", "second_payment_kept", "v1", "double"),
    Fault("only_says_refunded", "buyer_not_credited", "v1", "refund"),
)
