"""The names of the fields of Stripe's objects that are null unless something sets them."""


def words(text: str) -> list[str]:
    return text.split()


SESSION = words(
    "after_expiration allow_promotion_codes allowed_payment_method_types "
    "billing_address_collection branding_settings cancel_url client_reference_id "
    "client_secret collected_information consent consent_collection currency_conversion "
    "customer customer_account customer_creation customer_details customer_email discounts "
    "excluded_payment_method_types integration_identifier invoice locale managed_payments "
    "name_collection optional_items origin_context payment_intent payment_link "
    "payment_method_configuration_details permissions presentment_details recovered_from "
    "redirect_on_completion return_url saved_payment_method_options setup_intent "
    "shipping_address_collection shipping_cost submit_type subscription tax_id_collection "
    "wallet_options"
)
INTENT = words(
    "allowed_payment_method_types application application_fee_amount "
    "automatic_payment_methods canceled_at cancellation_reason customer customer_account "
    "description excluded_payment_method_types hooks last_payment_error latest_charge "
    "managed_payments next_action on_behalf_of payment_details payment_method "
    "payment_method_configuration_details payment_record presentment_details processing "
    "receipt_email review setup_future_usage shipping source statement_descriptor "
    "statement_descriptor_suffix transfer_data transfer_group"
)
CHARGE = words(
    "application application_fee application_fee_amount authorization_code "
    "balance_transaction customer description failure_balance_transaction failure_code "
    "failure_message level3 on_behalf_of presentment_details receipt_email receipt_number review "
    "shipping source source_transfer statement_descriptor statement_descriptor_suffix "
    "transfer transfer_data transfer_group"
)
REFUND = words(
    "balance_transaction customer customer_account description destination_details "
    "failure_balance_transaction failure_reason instructions_email next_action payment_method "
    "pending_reason presentment_details reason receipt_number source_transfer_reversal "
    "transfer_reversal"
)
PAYOUT = words(
    "application_fee application_fee_amount balance_transaction failure_balance_transaction "
    "failure_code failure_message original_payout payout_method reversed_by statement_descriptor"
)
EVIDENCE = words(
    "access_activity_log appeal billing_address cancellation_policy "
    "cancellation_policy_disclosure cancellation_rebuttal customer_communication "
    "customer_email_address customer_name customer_purchase_ip customer_signature "
    "duplicate_charge_documentation duplicate_charge_explanation duplicate_charge_id "
    "product_description receipt refund_policy refund_policy_disclosure "
    "refund_refusal_explanation service_date service_documentation shipping_address "
    "shipping_carrier shipping_date shipping_documentation shipping_tracking_number "
    "uncategorized_file uncategorized_text"
)
ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")
