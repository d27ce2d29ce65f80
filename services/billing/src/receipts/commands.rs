//! Writing receipts.

use contracts::billing::v1::ReceiptIssued;
use events::outbox::{self, Change};
use jiff::Timestamp;
use kernel::{Money, ReceiptId};
use store::{Conn, Error};

use super::{model::Receipt, store as receipts};
use crate::{
    payables::Payable,
    payments::{Payment, events::contract_payable},
};

/// Writes the receipt of a payment that has just succeeded. Call it last in a transaction: from here on the company's
/// other receipts wait for the commit.
pub async fn issue_receipt_in_tx(
    conn: &mut Conn,
    payment: &Payment,
    payable: &Payable,
    now: Timestamp,
) -> Result<(), Error> {
    let receipt = Receipt {
        id: ReceiptId::new(),
        company_id: payment.company_id,
        number: receipts::next_number(conn, payment.company_id).await?,
        payment_id: payment.id,
        customer_user_id: payment.customer_user_id,
        payable: payment.payable,
        description: payable.description.clone(),
        amount: Money::new(payment.captured, payment.amount.currency),
        provider: payment.provider,
        issued_at: now,
    };
    receipts::insert_receipt(conn, &receipt).await?;
    enqueue_issued(conn, &receipt, payable, now).await
}

async fn enqueue_issued(conn: &mut Conn, receipt: &Receipt, payable: &Payable, now: Timestamp) -> Result<(), Error> {
    let change = Change {
        aggregate_type: "receipt",
        aggregate_id: receipt.id.uuid(),
        version: 1,
        ordinal: 0,
        tenant: Some(receipt.company_id.uuid()),
        occurred_at: now,
    };
    let event = ReceiptIssued {
        receipt_id: receipt.id.to_string(),
        number: receipt.printed_number(),
        payment_id: receipt.payment_id.to_string(),
        payable: Some(contract_payable(payable)),
        currency: receipt.amount.currency.to_string(),
        amount: receipt.amount.amount,
    };
    outbox::enqueue(conn, change, &event).await?;
    Ok(())
}
