//! Reading back what the database holds as text or JSON. A value that a CHECK constraint should have kept out is a
//! broken database and reported as such, never guessed at.

use std::{fmt::Display, str::FromStr};

use diesel::result::Error as DieselError;

/// Parses a text column.
pub fn parse<T: FromStr<Err: Display>>(column: &str, text: &str) -> Result<T, store::Error> {
    text.parse().map_err(|error: T::Err| unreadable(column, &error))
}

pub fn unreadable(column: &str, error: &impl Display) -> store::Error {
    store::Error::Query(DieselError::DeserializationError(format!("{column}: {error}").into()))
}

/// Fails unless exactly one row was changed.
pub fn exactly_one(changed: usize) -> Result<(), store::Error> {
    if changed == 1 { Ok(()) } else { Err(store::Error::Query(DieselError::NotFound)) }
}

/// An enum that stands in the database and in JSON by its names.
macro_rules! text_enum {
    ($(#[$doc:meta])* pub enum $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        pub enum $name { $($(#[$variant_doc])* $variant,)* }

        impl $name {
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($text => Ok(Self::$variant),)*
                    _ => Err(format!("unknown {}: {text}", stringify!($name))),
                }
            }
        }
    };
}
pub(crate) use text_enum;
