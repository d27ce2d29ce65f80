//! A receipt as people keep it; pure.

use documents::{Column, Document, Fact, Table};

use super::model::Receipt;

/// The receipt on paper. The same receipt gives the same document at any time: it never changes.
pub fn document(receipt: &Receipt) -> Document {
    let mut document = Document::new("Receipt", receipt.printed_number(), receipt.issued_at);
    document.facts = vec![
        Fact::new("Receipt", receipt.printed_number()),
        Fact::new("Issued", receipt.issued_at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()),
        Fact::new("Paid by", receipt.customer_user_id.map_or("guest".to_owned(), |id| id.to_string())),
        Fact::new("Paid to", receipt.company_id.to_string()),
        Fact::new("Payment", receipt.payment_id.to_string()),
        Fact::new("Paid with", receipt.provider.as_str()),
    ];
    let amount = receipt.amount.to_string();
    let columns = [Column::left("For", 4), Column::right("Amount", 1)];
    document.table = Some(Table::new(columns, [[receipt.description.clone(), amount.clone()]]));
    document.sums = vec![Fact::new("Paid", amount)];
    document.notes = vec!["This confirms a payment. It is not an invoice, and does not show later refunds.".to_owned()];
    document
}
