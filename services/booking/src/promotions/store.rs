//! Rows of promotions.

use diesel::{
    AsChangeset, ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, Selectable, SelectableHelper,
};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::{NullableTimestamp, ToDiesel};
use kernel::{CompanyId, Currency, Money, Percent, PromotionId};
use store::{Conn, Error};

use super::model::{Limits, Promotion, Reduction, Terms};
use crate::schema::promotions;

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = promotions)]
pub struct PromotionRow {
    id: PromotionId,
    company_id: CompanyId,
    code: String,
    #[diesel(embed)]
    content: ContentRow,
    ended_at: NullableTimestamp,
    created_at: jiff_diesel::Timestamp,
}

/// What can be changed.
#[derive(Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = promotions, treat_none_as_null = true)]
pub struct ContentRow {
    percent: Option<Percent>,
    amount: Option<i64>,
    currency: Currency,
    valid_from: NullableTimestamp,
    valid_until: NullableTimestamp,
    min_amount: i64,
    max_uses: Option<i32>,
    max_uses_per_customer: Option<i32>,
}

/// What a promotion is to be; valid.
#[derive(Debug, Clone, Copy)]
pub struct Content {
    pub reduction: Reduction,
    pub currency: Currency,
    pub limits: Limits,
}

impl From<&Content> for ContentRow {
    fn from(content: &Content) -> Self {
        let (percent, amount) = match content.reduction {
            Reduction::Percent(percent) => (Some(percent), None),
            Reduction::Amount(amount) => (None, Some(amount.amount)),
        };
        Self {
            percent,
            amount,
            currency: content.currency,
            valid_from: content.limits.valid_from.to_diesel(),
            valid_until: content.limits.valid_until.to_diesel(),
            min_amount: content.limits.min_amount,
            max_uses: content.limits.max_uses,
            max_uses_per_customer: content.limits.max_uses_per_customer,
        }
    }
}

impl From<PromotionRow> for Promotion {
    fn from(row: PromotionRow) -> Self {
        let content = row.content;
        let amount = Reduction::Amount(Money::new(content.amount.unwrap_or_default(), content.currency));
        let reduction = content.percent.map_or(amount, Reduction::Percent);
        let limits = Limits {
            valid_from: content.valid_from.to_jiff(),
            valid_until: content.valid_until.to_jiff(),
            min_amount: content.min_amount,
            max_uses: content.max_uses,
            max_uses_per_customer: content.max_uses_per_customer,
        };
        Self {
            id: row.id,
            company_id: row.company_id,
            terms: Terms { code: row.code, reduction },
            limits,
            ended_at: row.ended_at.to_jiff(),
            created_at: row.created_at.to_jiff(),
        }
    }
}

pub async fn insert_promotion(
    conn: &mut Conn,
    id: PromotionId,
    company_id: CompanyId,
    code: &str,
    content: &Content,
    now: Timestamp,
) -> Result<(), Error> {
    diesel::insert_into(promotions::table)
        .values((
            promotions::id.eq(id),
            promotions::company_id.eq(company_id),
            promotions::code.eq(code),
            ContentRow::from(content),
            promotions::created_at.eq(now.to_diesel()),
            promotions::updated_at.eq(now.to_diesel()),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// False when the company has no such promotion.
pub async fn update_promotion(
    conn: &mut Conn,
    id: PromotionId,
    company_id: CompanyId,
    content: &Content,
    now: Timestamp,
) -> Result<bool, Error> {
    let updated = diesel::update(promotions::table.find(id).filter(promotions::company_id.eq(company_id)))
        .set((ContentRow::from(content), promotions::updated_at.eq(now.to_diesel())))
        .execute(conn)
        .await?;
    Ok(updated == 1)
}

/// Keeps the instant at which it was ended first.
pub async fn end_promotion(
    conn: &mut Conn,
    id: PromotionId,
    company_id: CompanyId,
    now: Timestamp,
) -> Result<(), Error> {
    let open = promotions::table.find(id).filter(promotions::company_id.eq(company_id));
    diesel::update(open.filter(promotions::ended_at.is_null()))
        .set((promotions::ended_at.eq(Some(now).to_diesel()), promotions::updated_at.eq(now.to_diesel())))
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn find_promotion(
    conn: &mut Conn,
    id: PromotionId,
    companies: &[CompanyId],
) -> Result<Option<Promotion>, Error> {
    let row = promotions::table
        .find(id)
        .filter(promotions::company_id.eq_any(companies))
        .select(PromotionRow::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(row.map(Promotion::from))
}

/// By its code in capitals.
pub async fn find_by_code(conn: &mut Conn, company_id: CompanyId, code: &str) -> Result<Option<Promotion>, Error> {
    let row = promotions::table
        .filter(promotions::company_id.eq(company_id))
        .filter(promotions::code.eq(code))
        .select(PromotionRow::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(row.map(Promotion::from))
}

/// Those of a company, the newest first.
pub async fn list_promotions(
    conn: &mut Conn,
    company_id: CompanyId,
    after: Option<PromotionId>,
    limit: i64,
) -> Result<Vec<Promotion>, Error> {
    let mut query = promotions::table.filter(promotions::company_id.eq(company_id)).into_boxed();
    if let Some(after) = after {
        query = query.filter(promotions::id.lt(after));
    }
    let page = query.order(promotions::id.desc()).limit(limit).select(PromotionRow::as_select());
    let rows: Vec<PromotionRow> = page.load(conn).await?;
    Ok(rows.into_iter().map(Promotion::from).collect())
}

/// Whoever counts uses holds this lock.
pub async fn lock_promotion(conn: &mut Conn, id: PromotionId) -> Result<Promotion, Error> {
    let row = promotions::table.find(id).select(PromotionRow::as_select()).for_no_key_update().first(conn).await?;
    Ok(Promotion::from(row))
}
