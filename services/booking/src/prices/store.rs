//! Rows of price lists and add-ons.

use std::collections::HashMap;

use diesel::{ExpressionMethods, QueryDsl, Queryable, Selectable, SelectableHelper, upsert::excluded};
use diesel_async::RunQueryDsl;
use futures_util::try_join;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::{AddOnId, Currency, EngineerId, Percent, RoomId};
use store::{Conn, Error};

use super::model::{
    AddOn, DayRate, Deposit, DurationDiscount, ExtraPerson, NewAddOn, NewPriceList, PeakRule, PriceList, Rates,
};
use crate::{
    bookings::cancellation::CancellationPolicy,
    jsonb::Jsonb,
    schema::{add_ons, price_lists},
};

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = price_lists)]
struct PriceListRow {
    room_id: RoomId,
    version: i64,
    currency: Currency,
    hourly_rate: i64,
    rules: Jsonb<Vec<PeakRule>>,
    duration_discounts: Jsonb<Vec<DurationDiscount>>,
    cleaning_fee: i64,
    tax_rate: Percent,
    deposit_percent: Option<Percent>,
    cancellation_policy: Jsonb<CancellationPolicy>,
    day_rate: Option<Jsonb<DayRate>>,
    minimum_charge: Option<i64>,
    extra_person: Option<Jsonb<ExtraPerson>>,
    deposit_amount: Option<i64>,
}

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = add_ons)]
struct AddOnRow {
    id: AddOnId,
    room_id: RoomId,
    name: String,
    per_use: i64,
    per_hour: i64,
    stock: Option<i32>,
    stock_shared: bool,
    engineers: Jsonb<Vec<EngineerId>>,
}

impl PriceListRow {
    fn with_add_ons(self, add_ons: Vec<AddOn>) -> PriceList {
        let rates = Rates {
            hourly_rate: self.hourly_rate,
            rules: self.rules.0,
            day_rate: self.day_rate.map(|rate| rate.0),
            duration_discounts: self.duration_discounts.0,
            minimum_charge: self.minimum_charge,
            extra_person: self.extra_person.map(|extra| extra.0),
            cleaning_fee: self.cleaning_fee,
            tax_rate: self.tax_rate,
            deposit: Deposit::from_parts(self.deposit_percent, self.deposit_amount),
            cancellation_policy: self.cancellation_policy.0,
        };
        PriceList { room_id: self.room_id, version: self.version, currency: self.currency, rates, add_ons }
    }
}

pub async fn find_price_list(conn: &mut Conn, room_id: RoomId) -> Result<Option<PriceList>, Error> {
    price_list_of_room(conn, room_id).await
}

/// The price list of one room; two of several statements in flight.
pub async fn price_list_of_room(conn: &Conn, room_id: RoomId) -> Result<Option<PriceList>, Error> {
    let rooms = [room_id];
    let (lists, add_ons) = try_join!(lists_of(conn, &rooms), add_ons_of(conn, &rooms))?;
    Ok(whole(lists, add_ons).remove(&room_id))
}

pub async fn find_price_lists(conn: &mut Conn, rooms: &[RoomId]) -> Result<HashMap<RoomId, PriceList>, Error> {
    let conn: &Conn = conn;
    let (lists, add_ons) = try_join!(lists_of(conn, rooms), add_ons_of(conn, rooms))?;
    Ok(whole(lists, add_ons))
}

async fn lists_of(mut conn: &Conn, rooms: &[RoomId]) -> Result<Vec<PriceListRow>, Error> {
    let lists = price_lists::table.filter(price_lists::room_id.eq_any(rooms)).select(PriceListRow::as_select());
    Ok(lists.load(&mut conn).await?)
}

async fn add_ons_of(mut conn: &Conn, rooms: &[RoomId]) -> Result<Vec<AddOnRow>, Error> {
    let rows = add_ons::table
        .filter(add_ons::room_id.eq_any(rooms))
        .filter(add_ons::listed)
        .order((add_ons::room_id, add_ons::position))
        .select(AddOnRow::as_select())
        .load(&mut conn)
        .await?;
    Ok(rows)
}

fn whole(lists: Vec<PriceListRow>, add_ons: Vec<AddOnRow>) -> HashMap<RoomId, PriceList> {
    let mut by_room: HashMap<RoomId, Vec<AddOn>> = HashMap::new();
    for row in add_ons {
        let AddOnRow { id, room_id, name, per_use, per_hour, stock, stock_shared, engineers: Jsonb(engineers) } = row;
        let add_on = AddOn { id, name, per_use, per_hour, stock, stock_shared, engineers };
        by_room.entry(room_id).or_default().push(add_on);
    }
    let whole = |row: PriceListRow| {
        let add_ons = by_room.remove(&row.room_id).unwrap_or_default();
        (row.room_id, row.with_add_ons(add_ons))
    };
    lists.into_iter().map(whole).collect()
}

/// The row of the list serialises its changes: add-ons are written after it.
pub async fn save_price_list(
    conn: &mut Conn,
    room_id: RoomId,
    list: &NewPriceList,
    now: Timestamp,
) -> Result<(), Error> {
    let rates = list.rates.clone();
    let content = (
        price_lists::currency.eq(list.currency),
        price_lists::hourly_rate.eq(rates.hourly_rate),
        price_lists::rules.eq(Jsonb(rates.rules)),
        price_lists::day_rate.eq(rates.day_rate.map(Jsonb)),
        price_lists::duration_discounts.eq(Jsonb(rates.duration_discounts)),
        price_lists::minimum_charge.eq(rates.minimum_charge),
        price_lists::extra_person.eq(rates.extra_person.map(Jsonb)),
        price_lists::cleaning_fee.eq(rates.cleaning_fee),
        price_lists::tax_rate.eq(rates.tax_rate),
        price_lists::deposit_percent.eq(rates.deposit.and_then(Deposit::percent)),
        price_lists::deposit_amount.eq(rates.deposit.and_then(Deposit::amount)),
        price_lists::cancellation_policy.eq(Jsonb(rates.cancellation_policy)),
        price_lists::updated_at.eq(now.to_diesel()),
    );
    diesel::insert_into(price_lists::table)
        .values((price_lists::room_id.eq(room_id), price_lists::version.eq(1), content.clone()))
        .on_conflict(price_lists::room_id)
        .do_update()
        .set((price_lists::version.eq(price_lists::version + 1), content))
        .execute(conn)
        .await?;
    save_add_ons(conn, room_id, &list.add_ons).await
}

async fn save_add_ons(conn: &mut Conn, room_id: RoomId, list: &[NewAddOn]) -> Result<(), Error> {
    diesel::update(add_ons::table.filter(add_ons::room_id.eq(room_id)))
        .set(add_ons::listed.eq(false))
        .execute(conn)
        .await?;
    let rows: Vec<_> = list
        .iter()
        .zip(0_i32..)
        .map(|(add_on, position)| {
            (
                add_ons::id.eq(AddOnId::new()),
                add_ons::room_id.eq(room_id),
                add_ons::name.eq(&add_on.name),
                add_ons::position.eq(position),
                add_ons::per_use.eq(add_on.per_use),
                add_ons::per_hour.eq(add_on.per_hour),
                add_ons::stock.eq(add_on.stock),
                add_ons::stock_shared.eq(add_on.stock_shared),
                add_ons::engineers.eq(Jsonb(add_on.engineers.clone())),
                add_ons::listed.eq(true),
            )
        })
        .collect();
    diesel::insert_into(add_ons::table)
        .values(rows)
        .on_conflict((add_ons::room_id, add_ons::name))
        .do_update()
        .set((
            add_ons::position.eq(excluded(add_ons::position)),
            add_ons::per_use.eq(excluded(add_ons::per_use)),
            add_ons::per_hour.eq(excluded(add_ons::per_hour)),
            add_ons::stock.eq(excluded(add_ons::stock)),
            add_ons::stock_shared.eq(excluded(add_ons::stock_shared)),
            add_ons::engineers.eq(excluded(add_ons::engineers)),
            add_ons::listed.eq(excluded(add_ons::listed)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}
