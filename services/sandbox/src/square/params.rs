//! What the calls of Square's API take, and what the sandbox makes of it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Seller, SquareError};
use crate::payments::{
    Provider,
    holds::CaptureMethod,
    sessions::{Mode, NewSession},
    settlements::Destination,
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoneyParams {
    amount: i64,
    currency: String,
}

impl MoneyParams {
    pub fn checked(&self) -> Result<(i64, String), SquareError> {
        let is_currency = self.currency.parse::<kernel::Currency>().is_ok();
        match (self.amount > 0, is_currency) {
            (true, true) => Ok((self.amount, self.currency.to_lowercase())),
            (false, _) => {
                Err(SquareError::invalid("VALUE_TOO_LOW", "`amount` must be greater than 0.").field("amount"))
            }
            (_, false) => Err(SquareError::invalid("INVALID_ENUM_VALUE", "Not a currency.").field("currency")),
        }
    }
}

/// What is played of <https://developer.squareup.com/reference/square/checkout-api/create-payment-link>.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateLinkParams {
    pub idempotency_key: Option<String>,
    order: Option<OrderParams>,
    quick_pay: Option<QuickPayParams>,
    #[serde(default)]
    checkout_options: Value,
    pre_populated_data: Option<PrePopulatedParams>,
    payment_note: Option<String>,
    #[serde(rename = "description")]
    _description: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OrderParams {
    location_id: String,
    reference_id: Option<String>,
    #[serde(default)]
    line_items: Vec<LineItemParams>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LineItemParams {
    name: Option<String>,
    quantity: String,
    base_price_money: MoneyParams,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct QuickPayParams {
    name: String,
    price_money: MoneyParams,
    location_id: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PrePopulatedParams {
    buyer_email: Option<String>,
}

/// A link of a seller's; the platform may keep a fee of what another merchant sells.
pub fn new_session(params: CreateLinkParams, seller: &Seller) -> Result<NewSession, SquareError> {
    let order = match (params.order, params.quick_pay) {
        (Some(order), None) => order,
        (None, Some(quick)) => quick.into(),
        _ => return Err(SquareError::invalid("BAD_REQUEST", "Give either `order` or `quick_pay`.")),
    };
    if order.location_id != seller.location() {
        return Err(SquareError::not_found("The location").field("location_id"));
    }
    let (amount, currency) = total(&order.line_items)?;
    let names: Vec<&str> = order.line_items.iter().filter_map(|item| item.name.as_deref()).collect();
    let mut detail = json!({"payment_note": params.payment_note, "checkout_options": params.checkout_options});
    seller.write_into(&mut detail);
    if let Some(destination) = destination(&params.checkout_options, seller, (amount, &currency))? {
        detail["destination"] = json!(destination);
    }
    let success_url = params.checkout_options["redirect_url"].as_str().unwrap_or_default().to_owned();
    Ok(NewSession {
        provider: Provider::Square,
        client_reference_id: order.reference_id,
        amount,
        currency,
        description: names.join(", "),
        customer_email: params.pre_populated_data.and_then(|data| data.buyer_email),
        success_url,
        // Square's page has no way back.
        cancel_url: None,
        metadata: json!(order.metadata),
        intent_metadata: json!({}),
        intent_description: None,
        expires_at: None,
        detail,
        mode: Mode::Payment,
        customer_id: None,
        capture_method: CaptureMethod::Automatic,
    })
}

/// What a seller sells is settled with them, less the platform's fee; the platform takes none of its own sales.
fn destination(
    options: &Value,
    seller: &Seller,
    (amount, currency): (i64, &str),
) -> Result<Option<Destination>, SquareError> {
    let fee: Option<MoneyParams> = match options.get("app_fee_money") {
        None | Some(Value::Null) => None,
        Some(money) => Some(
            serde_json::from_value(money.clone())
                .map_err(|error| SquareError::invalid("BAD_REQUEST", error.to_string()).field("app_fee_money"))?,
        ),
    };
    let fee = fee.map(|money| money.checked()).transpose()?;
    let refuse = |code, detail| Err(SquareError::invalid(code, detail).field("app_fee_money"));
    match fee {
        Some(_) if seller.is_platform() => refuse("BAD_REQUEST", "An app fee is taken of other merchants' payments."),
        Some((_, other)) if other != currency => refuse("CURRENCY_MISMATCH", "Not the currency of the order."),
        Some((fee, _)) if fee * 10 > amount * 9 => {
            refuse("VALUE_TOO_HIGH", "An app fee is at most 90 % of the payment.")
        }
        _ if seller.is_platform() => Ok(None),
        fee => Ok(Some(Destination {
            account: seller.merchant_id.clone(),
            fee: fee.map_or(0, |(fee, _)| fee),
            group: None,
        })),
    }
}

impl From<QuickPayParams> for OrderParams {
    fn from(quick: QuickPayParams) -> Self {
        let item =
            LineItemParams { name: Some(quick.name), quantity: "1".to_owned(), base_price_money: quick.price_money };
        Self { location_id: quick.location_id, reference_id: None, line_items: vec![item], metadata: BTreeMap::new() }
    }
}

fn total(items: &[LineItemParams]) -> Result<(i64, String), SquareError> {
    let missing = || SquareError::invalid("MISSING_REQUIRED_PARAMETER", "Missing line items.").field("line_items");
    let first = items.first().ok_or_else(missing)?;
    let (_, currency) = first.base_price_money.checked()?;
    let mut total = 0_i64;
    for item in items {
        let (price, own) = item.base_price_money.checked()?;
        if own != currency {
            return Err(SquareError::invalid("CURRENCY_MISMATCH", "Line items differ in their currency."));
        }
        let quantity = item.quantity.parse().ok().filter(|quantity: &i64| *quantity > 0);
        let quantity =
            quantity.ok_or_else(|| SquareError::invalid("INVALID_VALUE", "Invalid quantity.").field("quantity"))?;
        let sum = price.checked_mul(quantity).and_then(|price| total.checked_add(price));
        total = sum.ok_or_else(|| SquareError::invalid("VALUE_TOO_HIGH", "The total is too large."))?;
    }
    Ok((total, currency))
}
