//! Words in text columns (roles, states, purposes) are enums outside; both sides spell them as serde does.

use diesel::result::Error as DieselError;
use serde::{
    Deserialize, Serialize,
    de::{IntoDeserializer, value::StrDeserializer},
};
use serde_json::Value;

/// Reads an enum from its column. A word nobody knows is a broken database, not a client's mistake.
pub fn parse<'de, T: Deserialize<'de>>(word: &'de str) -> Result<T, store::Error> {
    let words: StrDeserializer<'de, serde::de::value::Error> = word.into_deserializer();
    T::deserialize(words).map_err(|error| store::Error::Query(DieselError::DeserializationError(Box::new(error))))
}

/// Spells an enum without fields for its column.
pub fn word<T: Serialize>(value: &T) -> Result<String, store::Error> {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => Ok(word),
        _ => Err(store::Error::Query(DieselError::SerializationError("not a word".into()))),
    }
}

/// As [`parse`], for a value with rules of its own, such as a slug.
pub fn check<T, E: std::error::Error + Send + Sync + 'static>(value: Result<T, E>) -> Result<T, store::Error> {
    value.map_err(|error| store::Error::Query(DieselError::DeserializationError(Box::new(error))))
}
