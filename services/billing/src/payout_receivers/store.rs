//! The table `payout_receivers`.

use diesel::{BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::{NullableTimestamp, ToDiesel};
use kernel::{CompanyId, Currency, PayoutReceiverId, UserId};
use store::{Conn, Error};

use super::{PayoutReceiver, address::ReceiverAddress, model::Secret};
use crate::{schema::payout_receivers as receivers, stored};

#[derive(diesel::Queryable, diesel::Selectable, diesel::Insertable, diesel::AsChangeset)]
#[diesel(table_name = receivers, primary_key(company_id), treat_none_as_null = true)]
struct ReceiverRow {
    company_id: CompanyId,
    id: PayoutReceiverId,
    provider: String,
    address: String,
    currency: Currency,
    secret_hash: Option<Vec<u8>>,
    secret_until: NullableTimestamp,
    confirmed_at: NullableTimestamp,
    named_by: UserId,
    named_at: jiff_diesel::Timestamp,
}

impl From<&PayoutReceiver> for ReceiverRow {
    fn from(receiver: &PayoutReceiver) -> Self {
        Self {
            company_id: receiver.company_id,
            id: receiver.id,
            provider: receiver.provider.as_str().to_owned(),
            address: receiver.address.as_str().to_owned(),
            currency: receiver.currency,
            secret_hash: receiver.secret.as_ref().map(|secret| secret.hash.clone()),
            secret_until: receiver.secret.as_ref().map(|secret| secret.until).to_diesel(),
            confirmed_at: receiver.confirmed_at.to_diesel(),
            named_by: receiver.named_by,
            named_at: receiver.named_at.to_diesel(),
        }
    }
}

impl TryFrom<ReceiverRow> for PayoutReceiver {
    type Error = Error;

    fn try_from(row: ReceiverRow) -> Result<Self, Error> {
        let secret = row.secret_hash.zip(row.secret_until.to_jiff());
        Ok(Self {
            id: row.id,
            company_id: row.company_id,
            provider: stored::parse("payout_receivers.provider", &row.provider)?,
            address: ReceiverAddress::from_stored(row.address),
            currency: row.currency,
            secret: secret.map(|(hash, until)| Secret { hash, until }),
            confirmed_at: row.confirmed_at.to_jiff(),
            named_by: row.named_by,
            named_at: row.named_at.to_jiff(),
        })
    }
}

/// Names a receiver, in place of the company's one before.
pub async fn save_receiver(conn: &mut Conn, receiver: &PayoutReceiver) -> Result<(), Error> {
    diesel::insert_into(receivers::table)
        .values(ReceiverRow::from(receiver))
        .on_conflict(receivers::company_id)
        .do_update()
        .set(ReceiverRow::from(receiver))
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn find_receiver(conn: &mut Conn, company_id: CompanyId) -> Result<Option<PayoutReceiver>, Error> {
    let row = receivers::table.find(company_id).select(ReceiverRow::as_select()).first(conn).await.optional()?;
    row.map(PayoutReceiver::try_from).transpose()
}

pub async fn lock_receiver(conn: &mut Conn, company_id: CompanyId) -> Result<Option<PayoutReceiver>, Error> {
    let found = receivers::table.find(company_id).select(ReceiverRow::as_select()).for_no_key_update();
    found.first(conn).await.optional()?.map(PayoutReceiver::try_from).transpose()
}

/// For the mail about it: a receiver that was named otherwise since is not there any more.
pub async fn lock_named(conn: &mut Conn, id: PayoutReceiverId) -> Result<Option<PayoutReceiver>, Error> {
    let found = receivers::table.filter(receivers::id.eq(id)).select(ReceiverRow::as_select()).for_no_key_update();
    found.first(conn).await.optional()?.map(PayoutReceiver::try_from).transpose()
}

/// False where the company has named none.
pub async fn delete_receiver(conn: &mut Conn, company_id: CompanyId) -> Result<bool, Error> {
    Ok(diesel::delete(receivers::table.find(company_id)).execute(conn).await? == 1)
}

/// The addresses that a person has named and that still count, the newest first, after the given key.
pub async fn list_named_by(
    conn: &mut Conn,
    user_id: UserId,
    after: Option<(Timestamp, PayoutReceiverId)>,
    limit: i64,
) -> Result<Vec<PayoutReceiver>, Error> {
    let mut query = receivers::table
        .filter(receivers::named_by.eq(user_id))
        .select(ReceiverRow::as_select())
        .order((receivers::named_at.desc(), receivers::id.desc()))
        .limit(limit)
        .into_boxed();
    if let Some((named_at, id)) = after {
        let named_at = named_at.to_diesel();
        let same_instant = receivers::named_at.eq(named_at).and(receivers::id.lt(id));
        query = query.filter(receivers::named_at.lt(named_at).or(same_instant));
    }
    let rows: Vec<ReceiverRow> = query.load(conn).await?;
    rows.into_iter().map(PayoutReceiver::try_from).collect()
}

/// The addresses that a person has named may be their own: their companies have to name one anew.
pub async fn forget_named_by(conn: &mut Conn, user_id: UserId) -> Result<(), Error> {
    diesel::delete(receivers::table.filter(receivers::named_by.eq(user_id))).execute(conn).await?;
    Ok(())
}
