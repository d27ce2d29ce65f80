//! Rows of countries and cities.

use diesel::{ExpressionMethods, JoinOnDsl, OptionalExtension, QueryDsl, Queryable, Selectable, SelectableHelper};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::{CityId, CountryId, Currency};
use store::{Conn, Error};

use super::model::{City, Country};
use crate::schema::{cities, countries};

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = countries)]
pub struct CountryRow {
    id: CountryId,
    code: String,
    name: String,
    currency: Currency,
}

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = cities)]
pub struct CityRow {
    id: CityId,
    name: String,
    time_zone: String,
    latitude: f64,
    longitude: f64,
}

impl From<CountryRow> for Country {
    fn from(row: CountryRow) -> Self {
        Self { id: row.id, code: row.code, name: row.name, currency: row.currency }
    }
}

impl CityRow {
    pub fn in_country(self, country: Country) -> City {
        City {
            id: self.id,
            country,
            name: self.name,
            time_zone: self.time_zone,
            latitude: self.latitude,
            longitude: self.longitude,
        }
    }
}

pub async fn insert_country(conn: &mut Conn, country: &Country, now: Timestamp) -> Result<(), Error> {
    diesel::insert_into(countries::table)
        .values((
            countries::id.eq(country.id),
            countries::code.eq(&country.code),
            countries::name.eq(&country.name),
            countries::currency.eq(country.currency),
            countries::created_at.eq(now.to_diesel()),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn insert_city(conn: &mut Conn, city: &City, now: Timestamp) -> Result<(), Error> {
    diesel::insert_into(cities::table)
        .values((
            cities::id.eq(city.id),
            cities::country_id.eq(city.country.id),
            cities::name.eq(&city.name),
            cities::time_zone.eq(&city.time_zone),
            cities::latitude.eq(city.latitude),
            cities::longitude.eq(city.longitude),
            cities::created_at.eq(now.to_diesel()),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn find_country(conn: &mut Conn, id: CountryId) -> Result<Option<Country>, Error> {
    let row = countries::table.find(id).select(CountryRow::as_select()).first(conn).await.optional()?;
    Ok(row.map(Country::from))
}

pub async fn find_city(conn: &mut Conn, id: CityId) -> Result<Option<City>, Error> {
    let row: Option<(CityRow, CountryRow)> = cities::table
        .inner_join(countries::table.on(countries::id.eq(cities::country_id)))
        .filter(cities::id.eq(id))
        .select((CityRow::as_select(), CountryRow::as_select()))
        .first(conn)
        .await
        .optional()?;
    Ok(row.map(|(city, country)| city.in_country(country.into())))
}

pub async fn list_countries(conn: &mut Conn, after: Option<String>, limit: i64) -> Result<Vec<Country>, Error> {
    let rows = countries::table
        .filter(countries::code.gt(after.unwrap_or_default()))
        .order(countries::code)
        .limit(limit)
        .select(CountryRow::as_select())
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(Country::from).collect())
}

pub async fn list_cities(
    conn: &mut Conn,
    country: &Country,
    after: Option<CityId>,
    limit: i64,
) -> Result<Vec<City>, Error> {
    let after = after.unwrap_or(CityId::from_uuid(uuid::Uuid::nil()));
    let rows = cities::table
        .filter(cities::country_id.eq(country.id))
        .filter(cities::id.gt(after))
        .order(cities::id)
        .limit(limit)
        .select(CityRow::as_select())
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|row| row.in_country(country.clone())).collect())
}
