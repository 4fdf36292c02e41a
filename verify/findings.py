"""Every finding there is, by its code, and how grave it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

FAILURE, WARNING = "failure", "warning"

FAILURES = (
    # The address, and how it answers.
    "no_answer",
    "hangs",
    "too_slow",
    "tls_invalid",
    "not_http",
    "not_https",
    "url_too_long",
    "redirect",
    "truncated_body",
    "length_wrong",
    "status_not_documented",
    "status_of_other_dialect",
    "status_ok_without_order",
    "dialects_mixed",
    "content_type_wrong",
    "content_type_repeated",
    "compressed",
    "bom",
    "not_utf8",
    "not_json",
    "not_an_object",
    "duplicate_keys",
    "secret_in_body",
    # Its words while there is nothing to pay.
    "word_missing",
    "word_unknown",
    "nothing_to_pay_spelt_right",
    "message_not_text",
    # The order.
    "order_version",
    "undocumented_field",
    "field_missing",
    "field_type",
    "number_as_text",
    "number_not_whole",
    "amount_noise",
    "amount_not_positive",
    "amount_wrong",
    "total_wrong",
    "item_total_wrong",
    "unit_measure_wrong",
    "items_empty",
    "currency_wrong",
    "collector_wrong",
    "sponsor_is_collector",
    "reference_too_long",
    "reference_reused",
    "notification_url_invalid",
    "notification_url_too_long",
    "notification_url_not_public",
    # What it does.
    "order_while_idle",
    "not_nothing_while_idle",
    "not_in_process",
    "order_never_shown",
    "order_gone_after_poll",
    "reference_changes",
    "body_changes",
    "phones_disagree",
    "unknown_parameter_breaks",
    "headers_matter",
    "order_gone_after_scan",
    "phone_cannot_pay",
    "order_after_cash",
    "order_after_payment",
    "not_nothing_after_sale",
    "order_gone_after_rejection",
    "wrong_parameters_accepted",
    "invalid_answered_otherwise",
    "not_timeout",
    "notification_refused",
    "notification_slow",
    "notification_unanswered",
    "forged_notification_believed",
    "foreign_payment_believed",
    "buyer_not_credited",
)

WARNINGS = (
    "slow",
    "length_unknown",
    "set_cookie",
    "undocumented_field_waiting",
    "reference_unsafe",
    "notification_url_missing",
    "parameter_order_matters",
    "repeated_parameter_believed",
    "invalid_told_apart",
    "notification_get_refused",
    "notification_lost_unsettled",
    "second_payment_kept",
)

SEVERITIES = dict.fromkeys(FAILURES, FAILURE) | dict.fromkeys(WARNINGS, WARNING)


@dataclass
class Finding:
    """One thing that is not as it should be: how often it was seen in one case, and the first exchange that showed it.

    ``facts`` fill the finding's sentences in any language; ``exchange`` is a place in the case's list of exchanges, or None.
    """

    code: str
    facts: dict[str, Any]
    exchange: int | None = None
    times: int = field(default=1)

    @property
    def severity(self) -> str:
        """``failure`` or ``warning``."""
        return SEVERITIES[self.code]
