//! Typed ids: a UUIDv7 in the database, a [TypeID](https://github.com/jetify-com/typeid) (`bkg_01h455…`) outside.

use diesel::{
    deserialize::{self, FromSql},
    pg::{Pg, PgValue},
    serialize::{self, Output, ToSql},
};
use type_safe_id::{DynamicType, TypeSafeId};
use uuid::Uuid;

/// Why a string is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    #[error("not an id")]
    Malformed,
    #[error("expected an id that starts with `{expected}_`")]
    WrongPrefix { expected: &'static str },
}

/// A fresh UUIDv7, for rows that have no typed id (events, leases).
#[expect(clippy::disallowed_methods, reason = "the one place where ids are made")]
pub fn new_uuid() -> Uuid {
    Uuid::now_v7()
}

fn encode(prefix: &'static str, uuid: Uuid) -> String {
    match DynamicType::new(prefix) {
        Ok(kind) => TypeSafeId::from_type_and_uuid(kind, uuid).to_string(),
        // Prefixes are literals of this file and a test encodes each of them.
        Err(_) => uuid.to_string(),
    }
}

fn decode(prefix: &'static str, text: &str) -> Result<Uuid, IdError> {
    let id: TypeSafeId<DynamicType> = text.parse().map_err(|_| IdError::Malformed)?;
    if id.type_prefix() == prefix { Ok(id.uuid()) } else { Err(IdError::WrongPrefix { expected: prefix }) }
}

macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, diesel::expression::AsExpression, diesel::deserialize::FromSqlRow)]
            #[diesel(sql_type = diesel::sql_types::Uuid)]
            pub struct $name(Uuid);

            impl $name {
                pub const PREFIX: &'static str = $prefix;

                /// A fresh id, later than every id made before it on this machine.
                #[expect(clippy::new_without_default, reason = "a default id would hide that each one is new")]
                pub fn new() -> Self {
                    Self(new_uuid())
                }

                pub const fn from_uuid(uuid: Uuid) -> Self {
                    Self(uuid)
                }

                pub const fn uuid(self) -> Uuid {
                    self.0
                }
            }

            impl std::fmt::Display for $name {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str(&encode($prefix, self.0))
                }
            }

            impl std::fmt::Debug for $name {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    std::fmt::Display::fmt(self, f)
                }
            }

            impl std::str::FromStr for $name {
                type Err = IdError;

                fn from_str(text: &str) -> Result<Self, IdError> {
                    decode($prefix, text).map(Self)
                }
            }

            impl serde::Serialize for $name {
                fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    serializer.collect_str(self)
                }
            }

            impl<'de> serde::Deserialize<'de> for $name {
                fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                    text.parse().map_err(serde::de::Error::custom)
                }
            }

            impl ToSql<diesel::sql_types::Uuid, Pg> for $name {
                fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                    ToSql::<diesel::sql_types::Uuid, Pg>::to_sql(&self.0, out)
                }
            }

            impl FromSql<diesel::sql_types::Uuid, Pg> for $name {
                fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
                    <Uuid as FromSql<diesel::sql_types::Uuid, Pg>>::from_sql(value).map(Self)
                }
            }

            impl utoipa::PartialSchema for $name {
                fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                    utoipa::openapi::ObjectBuilder::new()
                        .schema_type(utoipa::openapi::schema::Type::String)
                        .pattern(Some(concat!("^", $prefix, "_[0-7][0-9a-hjkmnp-tv-z]{25}$")))
                        .build()
                        .into()
                }
            }

            impl utoipa::ToSchema for $name {}
        )*

        #[cfg(test)]
        const ALL_PREFIXES: &[&str] = &[$($prefix),*];
    };
}

typed_ids! {
    UserId = "usr";
    /// One signed-in device.
    SessionId = "ses";
    /// A one-time token (verify, reset, invite), never its secret.
    OneTimeTokenId = "ott";
    /// An invitation to join a company, never its secret.
    InvitationId = "ivt";
    /// An API key, never its secret.
    ApiKeyId = "key";
    /// An archive of somebody's personal data.
    DataExportId = "exp";
    /// One entry of the trail of security events.
    AuditEventId = "aud";
    /// One registered WebAuthn credential.
    PasskeyId = "psk";
    /// One WebAuthn ceremony, between its challenge and its answer.
    CeremonyId = "cer";
    CompanyId = "com";
    CountryId = "ctr";
    CityId = "cty";
    StudioId = "std";
    RoomId = "rom";
    /// A time at which a studio or a room is closed whatever its hours say.
    BlackoutId = "blk";
    PhotoId = "pho";
    AddOnId = "add";
    /// A person who can be booked beside a room.
    EngineerId = "eng";
    /// A time at which an engineer does not work.
    AbsenceId = "abs";
    PromotionId = "prm";
    BookingId = "bkg";
    ReviewId = "rev";
    /// Bookings that recur by one rule.
    SeriesId = "ser";
    /// Somebody's place in the queue for a room.
    WaitlistEntryId = "wai";
    /// A calendar that is shown to others, or one that is read.
    CalendarId = "cal";
    PaymentId = "pay";
    RefundId = "rfd";
    DisputeId = "dsp";
    /// What somebody has set about the platform's commission.
    CommissionTermId = "cmt";
    PayoutId = "pot";
    /// One naming of an address at which a company is paid, never the secret that confirms it.
    PayoutReceiverId = "prc";
    CustomerId = "cus";
    PaymentMethodId = "pm";
    /// A page on which somebody saves a payment method.
    MethodSetupId = "pms";
    InvoiceId = "inv";
    SubscriptionId = "sub";
    PlanId = "pln";
    DuesAssessmentId = "due";
    ReceiptId = "rct";
    AccountId = "acc";
    TransferId = "trf";
    /// A correction of the book by hand.
    AdjustmentId = "adj";
    /// One entry of the trail of what was done to the book.
    FinancialActionId = "fin";
    /// One comparison of the book with a provider's.
    ReconciliationId = "rcn";
    /// Credits that were bought or given at once.
    CreditGrantId = "crg";
    MessageId = "msg";
    ConversationId = "cnv";
    NotificationId = "ntf";
    EventId = "evt";
}

impl TransferId {
    /// The transfer that `purpose` makes of `source`: the same two always give the same id, so that an event which
    /// arrives twice names the transfer it has already made (UUIDv5, RFC 9562 section 5.5).
    pub fn derived(source: Uuid, purpose: &str) -> Self {
        Self(Uuid::new_v5(&source, purpose.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prefix_encodes_and_decodes() {
        for prefix in ALL_PREFIXES {
            let uuid = new_uuid();
            let text = encode(prefix, uuid);
            assert!(text.starts_with(&format!("{prefix}_")) && text.len() == prefix.len() + 27, "{text}");
            assert_eq!(decode(prefix, &text), Ok(uuid));
        }
    }

    /// Vectors of the TypeID specification, `spec/valid.yml`.
    #[test]
    fn encoding_agrees_with_the_specification() {
        let uuid = Uuid::parse_str("01890a5d-ac96-774b-bcce-b302099a8057").unwrap();
        assert_eq!(encode("prefix", uuid), "prefix_01h455vb4pex5vsknk084sn02q");
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let error = UserId::new().to_string().parse::<BookingId>().unwrap_err();
        assert_eq!(error, IdError::WrongPrefix { expected: "bkg" });
        for text in ["", "bkg", "bkg_", "bkg_0", "bkg_8zzzzzzzzzzzzzzzzzzzzzzzzz", "BKG_01h455vb4pex5vsknk084sn02q"] {
            assert!(text.parse::<BookingId>().is_err(), "{text}");
        }
    }

    #[test]
    fn derived_transfer_ids_are_stable() {
        let source = Uuid::from_u128(7);
        assert_eq!(TransferId::derived(source, "received"), TransferId::derived(source, "received"));
        assert_ne!(TransferId::derived(source, "received"), TransferId::derived(source, "refunded"));
    }
}
