//! Making, changing and ending promotions, and looking one up by its code.

use jiff::Timestamp;
use kernel::{CompanyId, Money, PromotionId};
use problem::Problem;
use service_kit::{Caller, CompanyManager};
use store::Conn;

use super::{
    PromotionError, PromotionRefusal,
    model::{Promotion, Reduction, Uses, normalized},
    redemptions,
    store::{self as promotions, Content},
};
use crate::{companies::commands::ensure_company, startup::App};

/// A promotion with how often it is in use.
#[derive(Debug)]
pub struct UsedPromotion {
    pub promotion: Promotion,
    pub uses: i64,
}

pub async fn create_promotion(
    app: &App,
    manager: &CompanyManager,
    code: &str,
    content: Content,
) -> Result<UsedPromotion, Problem> {
    let company = ensure_company(app, manager.company_id()).await?;
    check_currency(content, company.currency)?;
    let (id, now) = (PromotionId::new(), app.clock.now());
    let content = Content { currency: company.currency, ..content };
    let mut conn = app.db.conn().await?;
    let inserted = promotions::insert_promotion(&mut conn, id, company.id, code, &content, now).await;
    inserted.map_err(PromotionError::from)?;
    drop(conn);
    Ok(get_promotion(app, manager.caller(), id).await?)
}

/// Changes what it takes off and its limits. Bookings that exist and quotes keep the price they were made at; uses
/// that exist count towards the new limits.
pub async fn update_promotion(
    app: &App,
    caller: &Caller,
    id: PromotionId,
    content: Content,
) -> Result<UsedPromotion, Problem> {
    let manager = manager_of(app, caller, id).await?;
    let company = ensure_company(app, manager.company_id()).await?;
    check_currency(content, company.currency)?;
    let content = Content { currency: company.currency, ..content };
    let now = app.clock.now();
    let mut conn = app.db.conn().await?;
    if !promotions::update_promotion(&mut conn, id, company.id, &content, now).await? {
        return Err(Problem::not_found());
    }
    drop(conn);
    Ok(get_promotion(app, caller, id).await?)
}

/// Nobody can use it from now on; whoever has used it keeps the price.
pub async fn end_promotion(app: &App, caller: &Caller, id: PromotionId) -> Result<(), Problem> {
    let manager = manager_of(app, caller, id).await?;
    let mut conn = app.db.conn().await?;
    Ok(promotions::end_promotion(&mut conn, id, manager.company_id(), app.clock.now()).await?)
}

pub async fn get_promotion(app: &App, caller: &Caller, id: PromotionId) -> Result<UsedPromotion, PromotionError> {
    let mut conn = app.db.conn().await?;
    let found = promotions::find_promotion(&mut conn, id, &companies(caller)).await?;
    let promotion = found.ok_or(PromotionError::NotFound)?;
    let counted = with_uses(&mut conn, vec![promotion], app.clock.now()).await?;
    counted.into_iter().next().ok_or(PromotionError::NotFound)
}

pub async fn list_promotions(
    app: &App,
    company_id: CompanyId,
    after: Option<PromotionId>,
    limit: i64,
) -> Result<Vec<UsedPromotion>, PromotionError> {
    let mut conn = app.db.conn().await?;
    let found = promotions::list_promotions(&mut conn, company_id, after, limit).await?;
    with_uses(&mut conn, found, app.clock.now()).await
}

/// The promotion of a code that a customer names, where it may be used now. Whether the customer has used it before
/// is only known, and only certain, when they book.
pub async fn find_usable(
    conn: &mut Conn,
    company_id: CompanyId,
    code: &str,
    now: Timestamp,
) -> Result<Promotion, PromotionError> {
    let found = promotions::find_by_code(conn, company_id, &normalized(code)).await?;
    let promotion = found.ok_or(PromotionRefusal::Unknown)?;
    promotion.check_dates(now)?;
    let uses = redemptions::count_others(conn, promotion.id, None, None, now).await?;
    promotion.check_uses(Uses { by_customer: 0, ..uses })?;
    Ok(promotion)
}

async fn with_uses(
    conn: &mut Conn,
    found: Vec<Promotion>,
    now: Timestamp,
) -> Result<Vec<UsedPromotion>, PromotionError> {
    let ids: Vec<PromotionId> = found.iter().map(|promotion| promotion.id).collect();
    let uses = redemptions::count_uses(conn, &ids, now).await?;
    let counted = |promotion: Promotion| {
        let uses = uses.get(&promotion.id).copied().unwrap_or(0);
        UsedPromotion { promotion, uses }
    };
    Ok(found.into_iter().map(counted).collect())
}

/// Amounts are given in the company's currency.
fn check_currency(content: Content, currency: kernel::Currency) -> Result<(), Problem> {
    match content.reduction {
        Reduction::Amount(Money { currency: other, .. }) if other != currency => {
            let detail = format!("Amounts are in the company's currency, {currency}.");
            Err(Problem::invalid("wrong_currency", &detail).at("/currency", detail))
        }
        _ => Ok(()),
    }
}

fn companies(caller: &Caller) -> Vec<CompanyId> {
    caller.claims().companies.iter().map(|membership| membership.id).collect()
}

/// Proof that the caller manages the company of a promotion.
async fn manager_of(app: &App, caller: &Caller, id: PromotionId) -> Result<CompanyManager, Problem> {
    let mut conn = app.db.conn().await?;
    let found = promotions::find_promotion(&mut conn, id, &companies(caller)).await?;
    caller.manager_of(found.ok_or_else(Problem::not_found)?.company_id)
}
