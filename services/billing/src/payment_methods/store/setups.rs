//! The table `method_setups`.

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::{NullableTimestamp, ToDiesel};
use kernel::{MethodSetupId, PaymentMethodId, UserId};
use providers::Failure;
use store::{Conn, Error};

use crate::{
    payment_methods::model::{MethodSetup, SetupStatus},
    schema::method_setups as setups,
    stored,
    worklist::Worklist,
};

const PENDING: &str = SetupStatus::Pending.as_str();

/// Pages that the provider is to be asked about.
pub const CHECKS: Worklist<MethodSetupId> = Worklist {
    table: "method_setups",
    id: "id",
    open: "check_at IS NOT NULL",
    due: "check_at <= $1",
    order: "check_at",
    planned: Some("check_at"),
    prefix: "check_",
    typed: MethodSetupId::from_uuid,
};

#[derive(diesel::Queryable, diesel::Selectable, diesel::Insertable, diesel::AsChangeset)]
#[diesel(table_name = setups, treat_none_as_null = true)]
struct SetupRow {
    id: MethodSetupId,
    user_id: UserId,
    provider: String,
    status: String,
    provider_customer_id: String,
    success_url: String,
    cancel_url: String,
    consents: bool,
    makes_default: bool,
    provider_setup_id: Option<String>,
    setup_url: Option<String>,
    payment_method_id: Option<PaymentMethodId>,
    failure_code: Option<String>,
    failure_message: Option<String>,
    check_at: NullableTimestamp,
    created_at: jiff_diesel::Timestamp,
    updated_at: jiff_diesel::Timestamp,
}

impl From<&MethodSetup> for SetupRow {
    fn from(setup: &MethodSetup) -> Self {
        Self {
            id: setup.id,
            user_id: setup.user_id,
            provider: setup.provider.as_str().to_owned(),
            status: setup.status.as_str().to_owned(),
            provider_customer_id: setup.provider_customer_id.clone(),
            success_url: setup.success_url.to_string(),
            cancel_url: setup.cancel_url.to_string(),
            consents: setup.consents,
            makes_default: setup.makes_default,
            provider_setup_id: setup.provider_setup_id.clone(),
            setup_url: setup.setup_url.clone(),
            payment_method_id: setup.payment_method_id,
            failure_code: setup.failure.as_ref().map(|failure| failure.code.clone()),
            failure_message: setup.failure.as_ref().map(|failure| failure.message.clone()),
            check_at: setup.check_at.to_diesel(),
            created_at: setup.created_at.to_diesel(),
            updated_at: setup.updated_at.to_diesel(),
        }
    }
}

impl TryFrom<SetupRow> for MethodSetup {
    type Error = Error;

    fn try_from(row: SetupRow) -> Result<Self, Error> {
        let message = row.failure_message.unwrap_or_default();
        Ok(Self {
            id: row.id,
            user_id: row.user_id,
            provider: stored::parse("method_setups.provider", &row.provider)?,
            status: stored::parse("method_setups.status", &row.status)?,
            provider_customer_id: row.provider_customer_id,
            success_url: stored::parse("method_setups.success_url", &row.success_url)?,
            cancel_url: stored::parse("method_setups.cancel_url", &row.cancel_url)?,
            consents: row.consents,
            makes_default: row.makes_default,
            provider_setup_id: row.provider_setup_id,
            setup_url: row.setup_url,
            payment_method_id: row.payment_method_id,
            failure: row.failure_code.map(|code| Failure { code, message }),
            check_at: row.check_at.to_jiff(),
            created_at: row.created_at.to_jiff(),
            updated_at: row.updated_at.to_jiff(),
        })
    }
}

pub async fn insert_setup(conn: &mut Conn, setup: &MethodSetup) -> Result<(), Error> {
    diesel::insert_into(setups::table).values(SetupRow::from(setup)).execute(conn).await?;
    Ok(())
}

/// The provider has something to tell: it is asked as soon as the job comes by.
pub async fn ask_soon(conn: &mut Conn, id: MethodSetupId, now: Timestamp) -> Result<(), Error> {
    diesel::update(setups::table.find(id).filter(setups::status.eq(PENDING)))
        .set((
            setups::check_at.eq(now.to_diesel()),
            setups::check_retry_at.eq(None::<jiff_diesel::Timestamp>),
            setups::check_retries.eq(0),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn forget_setups(conn: &mut Conn, user_id: UserId) -> Result<(), Error> {
    diesel::delete(setups::table.filter(setups::user_id.eq(user_id))).execute(conn).await?;
    Ok(())
}

/// How many of a person's pages are open.
pub async fn count_pending(conn: &mut Conn, user_id: UserId) -> Result<i64, Error> {
    let theirs = setups::table.filter(setups::user_id.eq(user_id)).filter(setups::status.eq(PENDING));
    Ok(theirs.count().get_result(conn).await?)
}

pub async fn find_own_setup(conn: &mut Conn, user_id: UserId, id: MethodSetupId) -> Result<Option<MethodSetup>, Error> {
    let own = setups::table.find(id).filter(setups::user_id.eq(user_id)).select(SetupRow::as_select());
    own.first(conn).await.optional()?.map(MethodSetup::try_from).transpose()
}

/// For jobs; people see theirs with [`find_own_setup`].
pub async fn find_setup(conn: &mut Conn, id: MethodSetupId) -> Result<Option<MethodSetup>, Error> {
    let row = setups::table.find(id).select(SetupRow::as_select()).first(conn).await.optional()?;
    row.map(MethodSetup::try_from).transpose()
}

pub async fn lock_setup(conn: &mut Conn, id: MethodSetupId) -> Result<Option<MethodSetup>, Error> {
    let row = setups::table.find(id).select(SetupRow::as_select()).for_no_key_update().first(conn).await.optional()?;
    row.map(MethodSetup::try_from).transpose()
}

pub async fn update_setup(conn: &mut Conn, setup: &MethodSetup) -> Result<(), Error> {
    let changed = diesel::update(setups::table.find(setup.id)).set(SetupRow::from(setup)).execute(conn).await?;
    stored::exactly_one(changed)
}
