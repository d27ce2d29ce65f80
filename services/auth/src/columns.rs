//! Words in text columns (roles, states, purposes) are enums outside; both sides spell them as serde does.

use diesel::result::Error as DieselError;
use serde::{
    Deserialize,
    de::{IntoDeserializer, value::StrDeserializer},
};

/// Reads an enum from its column. A word nobody knows is a broken database, not a client's mistake.
pub fn parse<'de, T: Deserialize<'de>>(word: &'de str) -> Result<T, store::Error> {
    let words: StrDeserializer<'de, serde::de::value::Error> = word.into_deserializer();
    T::deserialize(words).map_err(|error| store::Error::Query(DieselError::DeserializationError(Box::new(error))))
}

/// The same for a value with rules of its own, such as a slug.
pub fn check<T, E: std::error::Error + Send + Sync + 'static>(value: Result<T, E>) -> Result<T, store::Error> {
    value.map_err(|error| store::Error::Query(DieselError::DeserializationError(Box::new(error))))
}

diesel::define_sql_function! {
    /// Addresses are compared without regard to case.
    fn lower(text: diesel::sql_types::Text) -> diesel::sql_types::Text;
}
