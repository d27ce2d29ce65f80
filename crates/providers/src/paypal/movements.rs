//! What PayPal's own books say: <https://developer.paypal.com/docs/api/transaction-search/v1/>. A transaction is listed within
//! three hours, and those of 31 days at most in one search.

use jiff::{SignedDuration, Timestamp};
use kernel::Money;
use serde::Deserialize;
use url::form_urlencoded::Serializer;

use super::{
    amounts::signed_from_paypal,
    client::PaypalClient,
    objects::{MoneyObject, unreadable},
};
use crate::{
    Movement, MovementKind, MovementsPage, MovementsRequest, ProviderError, ProviderEvent, RefundStatus, RefundUpdated,
};

const LONGEST_SEARCH: SignedDuration = SignedDuration::from_hours(31 * 24);

/// PayPal would give 500.
const PAGE_SIZE: &str = "100";

#[derive(Deserialize)]
struct SearchAnswer {
    #[serde(default)]
    transaction_details: Vec<TransactionDetail>,
    #[serde(default)]
    total_pages: i64,
}

#[derive(Deserialize)]
struct TransactionDetail {
    transaction_info: TransactionInfo,
}

#[derive(Deserialize)]
struct TransactionInfo {
    transaction_id: String,
    /// `T` and four digits; the first two name the group.
    transaction_event_code: String,
    transaction_initiation_date: String,
    transaction_amount: MoneyObject,
    /// Below zero.
    fee_amount: Option<MoneyObject>,
    /// What we gave as `custom_id`; of a payout the `sender_item_id`.
    custom_field: Option<String>,
    /// The payment that was given back or is disputed, the payout that came back.
    paypal_reference_id: Option<String>,
}

/// A search, and a page of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    from: Timestamp,
    page: i64,
}

impl Place {
    fn of(request: &MovementsRequest) -> Result<Self, ProviderError> {
        let Some(after) = &request.after else { return Ok(Self { from: request.from, page: 1 }) };
        let read = || {
            let (from, page) = after.split_once('/')?;
            Some(Self { from: from.parse().ok()?, page: page.parse().ok()? })
        };
        read().ok_or_else(|| ProviderError::NotFound("not a page of PayPal's".to_owned()))
    }

    /// To the second, like the span it is part of.
    fn until(self, to: Timestamp) -> Timestamp {
        self.from.saturating_add(LONGEST_SEARCH).map_or(to, |end| end.min(to))
    }

    fn next(self, pages: i64, to: Timestamp) -> Option<Self> {
        let until = self.until(to);
        if self.page < pages {
            return Some(Self { page: self.page + 1, ..self });
        }
        (until < to).then_some(Self { from: until, page: 1 })
    }

    fn text(self) -> String {
        format!("{}/{}", self.from, self.page)
    }
}

pub async fn list_movements(client: &PaypalClient, request: &MovementsRequest) -> Result<MovementsPage, ProviderError> {
    let place = Place::of(request)?;
    let query = Serializer::new(String::new())
        .append_pair("start_date", &seconds(place.from))
        .append_pair("end_date", &seconds(place.until(request.to)))
        .append_pair("balance_affecting_records_only", "Y")
        .append_pair("fields", "transaction_info")
        .append_pair("page_size", PAGE_SIZE)
        .append_pair("page", &place.page.to_string())
        .finish();
    let answer: SearchAnswer = client.get(&format!("v1/reporting/transactions?{query}")).await?;
    let found = answer.transaction_details.into_iter();
    let movements =
        found.filter_map(|detail| movement(detail.transaction_info).transpose()).collect::<Result<_, _>>()?;
    Ok(MovementsPage { movements, next: place.next(answer.total_pages, request.to).map(Place::text) })
}

fn seconds(at: Timestamp) -> String {
    format!("{at:.0}")
}

/// `None` for what moves nothing.
fn movement(info: TransactionInfo) -> Result<Option<Movement>, ProviderError> {
    let read = |money: &MoneyObject| {
        signed_from_paypal(money).ok_or_else(|| unreadable(&format!("amount {} {}", money.value, money.currency_code)))
    };
    let amount = read(&info.transaction_amount)?;
    let fee = info.fee_amount.as_ref().map(read).transpose()?;
    if fee.is_some_and(|fee| fee.currency != amount.currency) {
        return Err(unreadable("a fee in another currency"));
    }
    let Some(kind) = kind(&info.transaction_event_code, amount.amount) else { return Ok(None) };
    let occurred_at = info.transaction_initiation_date.parse().map_err(|_| unreadable("a date"))?;
    let is_itself = matches!(kind, MovementKind::Charge | MovementKind::Refund | MovementKind::Payout);
    let is_ours = is_itself || kind == MovementKind::PayoutReturn;
    Ok(Some(Movement {
        kind,
        told: refund(&info, kind, amount, occurred_at),
        reference: info.custom_field.filter(|_| is_ours),
        source: if is_itself { Some(info.transaction_id.clone()) } else { info.paypal_reference_id },
        amount,
        fee: fee.map_or(0, |fee| -fee.amount),
        occurred_at,
        id: info.transaction_id,
    }))
}

/// What gave money back is a refund also where nobody here has asked for it.
fn refund(info: &TransactionInfo, kind: MovementKind, amount: Money, occurred_at: Timestamp) -> Option<ProviderEvent> {
    let provider_payment_id = info.paypal_reference_id.clone().filter(|_| kind == MovementKind::Refund)?;
    Some(ProviderEvent::RefundUpdated(RefundUpdated {
        refund_id: info.custom_field.as_deref().and_then(|text| text.parse().ok()),
        provider_payment_id,
        provider_refund_id: info.transaction_id.clone(),
        amount: Money::new(-amount.amount, amount.currency),
        status: RefundStatus::Succeeded,
        failure: None,
        occurred_at,
    }))
}

/// <https://developer.paypal.com/docs/transaction-search/transaction-event-codes/>. What we never make is shown to people as
/// money that came or went: nothing here matches it. While PayPal processes a payout it sets the amount aside, which moves
/// nothing.
fn kind(code: &str, amount: i64) -> Option<MovementKind> {
    Some(match code {
        "T1503" | "T1105" => return None,
        "T1107" => MovementKind::Refund,
        "T1106" | "T1110" | "T1201" | "T1207" => MovementKind::Dispute,
        "T1111" | "T1202" | "T1205" | "T1208" => MovementKind::DisputeReturn,
        "T1108" | "T1109" => MovementKind::Fee,
        "T1112" | "T1114" | "T1115" | "T1116" => MovementKind::PayoutReturn,
        _ if code.starts_with("T01") => MovementKind::Fee,
        _ if code.starts_with("T03") || code.starts_with("T04") => MovementKind::Settlement,
        _ if amount < 0 => MovementKind::Payout,
        _ => MovementKind::Charge,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_long_span_is_searched_in_parts_and_every_page_of_each_is_read() {
        let (from, to) = (at("2027-03-01T00:00:00Z"), at("2027-04-05T12:00:00Z"));
        let mut request = MovementsRequest { from, to, after: None };
        let mut seen = Vec::new();
        loop {
            let place = Place::of(&request).unwrap();
            seen.push((seconds(place.from), seconds(place.until(to)), place.page));
            request.after = place.next(2, to).map(Place::text);
            if request.after.is_none() {
                break;
            }
        }
        let part = |from: &str, to: &str, page| (from.to_owned(), to.to_owned(), page);
        let (first, second) = ("2027-03-01T00:00:00Z", "2027-04-01T00:00:00Z");
        let end = "2027-04-05T12:00:00Z";
        assert_eq!(seen, [part(first, second, 1), part(first, second, 2), part(second, end, 1), part(second, end, 2)]);
        request.after = Some("elsewhere".to_owned());
        assert!(Place::of(&request).is_err());
    }

    #[test]
    fn what_moved_is_told_by_the_event_code() {
        for (code, amount, wanted) in [
            ("T0006", 5, MovementKind::Charge),
            ("T0001", -5, MovementKind::Payout),
            ("T1107", -5, MovementKind::Refund),
            ("T1110", -5, MovementKind::Dispute),
            ("T1111", 5, MovementKind::DisputeReturn),
            ("T1201", -5, MovementKind::Dispute),
            ("T0103", -5, MovementKind::Fee),
            ("T0400", -5, MovementKind::Settlement),
            ("T1116", 5, MovementKind::PayoutReturn),
            ("T1115", 5, MovementKind::PayoutReturn),
            ("T0104", -5, MovementKind::Fee),
        ] {
            assert_eq!(kind(code, amount), Some(wanted), "{code}");
        }
        for (set_aside, amount) in [("T1503", -5), ("T1105", 5)] {
            assert_eq!(kind(set_aside, amount), None, "{set_aside}");
        }
    }

    #[test]
    fn a_payout_that_came_back_names_the_one_that_left() {
        let told = serde_json::json!({
            "transaction_id": "1CF08231XA012345B", "transaction_event_code": "T1115",
            "transaction_initiation_date": "2027-03-31T10:00:00+0000", "paypal_reference_id": "4S141967GH156380H",
            "transaction_amount": {"currency_code": "EUR", "value": "42.84"},
        });
        let movement = movement(serde_json::from_value(told).unwrap()).unwrap().unwrap();
        assert_eq!((movement.kind, movement.amount.amount), (MovementKind::PayoutReturn, 4284));
        assert_eq!((movement.source.as_deref(), movement.reference), (Some("4S141967GH156380H"), None));
    }

    #[test]
    fn what_paypal_kept_is_a_fee_and_our_id_is_the_reference() {
        let told = serde_json::json!({
            "transaction_id": "9GS80322P28628837", "transaction_event_code": "T0006",
            "transaction_initiation_date": "2027-03-01T10:00:00+0000", "custom_field": "pay_1",
            "transaction_amount": {"currency_code": "EUR", "value": "47.60"},
            "fee_amount": {"currency_code": "EUR", "value": "-1.54"},
        });
        let movement = movement(serde_json::from_value(told).unwrap()).unwrap().unwrap();
        assert_eq!((movement.amount.amount, movement.fee), (4760, 154));
        assert_eq!((movement.reference.as_deref(), movement.kind), (Some("pay_1"), MovementKind::Charge));
    }
}
