//! Money that had gone back did not reach its customer: told as a refund that failed at once.

use contracts::billing::v1::RefundReturned;
use events::{Delivery, HandlerError};
use store::Conn;

use super::refund_failed::{FailedRefund, tell};

pub async fn handle(conn: &mut Conn, delivery: Delivery<RefundReturned>) -> Result<(), HandlerError> {
    let RefundReturned { payment_id, payable, currency, amount, failure_code, .. } = delivery.event;
    let failed = FailedRefund { payment_id, payable, currency, amount, why: failure_code };
    tell(conn, failed, (delivery.event_id, delivery.occurred_at)).await
}
