//! Bytes that were once published are still read, field for field.
//!
//! `proto-contracts/golden/<event type>.txt` has a line of hex for each shape an event has had, every field filled.
//! `UPDATE_BASELINE=1 cargo test -p contracts` adds a line when an event has grown; lines are never changed.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::{collections::BTreeSet, fs, path::PathBuf};

use contracts::{Event, auth, billing, booking, ledger, webhook};
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, Value};

/// Messages that only stand inside events.
const PARTS: [&str; 5] = [
    "roomtone.billing.v1.CommissionTerm",
    "roomtone.billing.v1.CompanySettlement",
    "roomtone.billing.v1.Payable",
    "roomtone.booking.v1.BookingState",
    "roomtone.booking.v1.CompanySettlement",
];

/// Every event with the type that its producer and its consumers use.
fn events() -> Vec<GoldenEvent> {
    vec![
        of::<auth::v1::UserRegistered>(),
        of::<auth::v1::VerificationRequested>(),
        of::<auth::v1::UserVerified>(),
        of::<auth::v1::UserUpdated>(),
        of::<auth::v1::SessionRevoked>(),
        of::<auth::v1::RefreshTokenReused>(),
        of::<auth::v1::CompanyCreated>(),
        of::<auth::v1::MembershipChanged>(),
        of::<auth::v1::CompanyUpdated>(),
        of::<auth::v1::CompanyDeleted>(),
        of::<auth::v1::InvitationRequested>(),
        of::<auth::v1::ApiKeyRevoked>(),
        of::<auth::v1::UserErased>(),
        of::<auth::v1::PasswordResetRequested>(),
        of::<auth::v1::PasswordChanged>(),
        of::<auth::v1::EmailChangeRequested>(),
        of::<auth::v1::EmailChanged>(),
        of::<auth::v1::SecondFactorChanged>(),
        of::<billing::v1::PaymentSucceeded>(),
        of::<billing::v1::AuthorizationRenewalFailed>(),
        of::<billing::v1::PaymentFailed>(),
        of::<billing::v1::RefundSucceeded>(),
        of::<billing::v1::RefundFailed>(),
        of::<billing::v1::RefundReturned>(),
        of::<billing::v1::FinancialActionTaken>(),
        of::<billing::v1::ReceiptIssued>(),
        of::<billing::v1::DisputeUpdated>(),
        of::<billing::v1::PayoutRequested>(),
        of::<billing::v1::PayoutPaid>(),
        of::<billing::v1::PayoutFailed>(),
        of::<billing::v1::PayoutReceiverNamed>(),
        of::<billing::v1::PaymentMethodSaved>(),
        of::<billing::v1::PaymentMethodRemoved>(),
        of::<booking::v1::BookingRequested>(),
        of::<booking::v1::BookingHeld>(),
        of::<booking::v1::BookingConfirmed>(),
        of::<booking::v1::BookingDeclined>(),
        of::<booking::v1::BookingExpired>(),
        of::<booking::v1::BookingCompleted>(),
        of::<booking::v1::BookingCancelled>(),
        of::<booking::v1::BookingRescheduled>(),
        of::<booking::v1::BookingCheckedIn>(),
        of::<booking::v1::BookingNoShow>(),
        of::<booking::v1::BookingOvertimeCharged>(),
        of::<booking::v1::BookingPaymentReminderDue>(),
        of::<booking::v1::BookingCalendarConflict>(),
        of::<booking::v1::BookingDeskPaymentRecorded>(),
        of::<booking::v1::BookingDeskRefundRecorded>(),
        of::<booking::v1::BookingPaymentApplied>(),
        of::<booking::v1::BookingPaymentOrphaned>(),
        of::<booking::v1::WaitlistOffered>(),
        of::<ledger::v1::FinancialActionRecorded>(),
        of::<webhook::v1::ProviderEventReceived>(),
    ]
}

struct GoldenEvent {
    name: String,
    event_type: String,
    /// Decodes and encodes again, as the generated type understands it.
    round_trip: fn(&[u8]) -> Vec<u8>,
}

fn of<E: Event>() -> GoldenEvent {
    GoldenEvent {
        name: E::full_name(),
        event_type: E::event_type(),
        round_trip: |bytes| E::decode(bytes).unwrap().encode_to_vec(),
    }
}

fn pool() -> DescriptorPool {
    DescriptorPool::decode(contracts::DESCRIPTORS).unwrap()
}

/// A sample in which every field has a value of its own.
fn filled(message: &MessageDescriptor) -> DynamicMessage {
    let mut sample = DynamicMessage::new(message.clone());
    for field in message.fields() {
        let value = if field.is_map() {
            Value::Map([(MapKey::String("key".into()), value(&field))].into())
        } else if field.is_list() {
            Value::List(vec![value(&field), value(&field)])
        } else {
            value(&field)
        };
        sample.set_field(&field, value);
    }
    sample
}

fn value(field: &FieldDescriptor) -> Value {
    let number = field.number();
    match field.kind() {
        Kind::Double => Value::F64(f64::from(number) + 0.5),
        Kind::Float => Value::F32(0.5),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(-1000 - number as i32),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(1_000_000_000_000 + i64::from(number)),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(1000 + number),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(1_000_000_000_000 + u64::from(number)),
        Kind::Bool => Value::Bool(true),
        Kind::String => Value::String(format!("{} {number}", field.name())),
        Kind::Bytes => Value::Bytes(vec![0, number as u8, 255].into()),
        Kind::Message(message) => Value::Message(filled(&message)),
        Kind::Enum(values) => Value::EnumNumber(values.values().map(|value| value.number()).max().unwrap()),
    }
}

fn golden_file(event_type: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../../proto-contracts/golden/{event_type}.txt"))
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(line: &str) -> Vec<u8> {
    let pairs = line.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

#[test]
fn golden_bytes_are_still_understood() {
    let pool = pool();
    for event in events() {
        let message = pool.get_message_by_name(&event.name).unwrap();
        let newest = to_hex(&filled(&message).encode_to_vec());
        let file = golden_file(&event.event_type);
        let mut lines: Vec<String> = fs::read_to_string(&file).unwrap_or_default().lines().map(str::to_owned).collect();
        if lines.last() != Some(&newest) && std::env::var_os("UPDATE_BASELINE").is_some() {
            lines.push(newest.clone());
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, lines.join("\n") + "\n").unwrap();
        }
        assert_eq!(
            lines.last(),
            Some(&newest),
            "{} has grown, run UPDATE_BASELINE=1 cargo test -p contracts",
            event.event_type
        );
        for line in &lines {
            let bytes = from_hex(line);
            let decoded = DynamicMessage::decode(message.clone(), bytes.as_slice()).unwrap();
            assert_eq!(decoded.unknown_fields().count(), 0, "{}: a field is no longer known", event.event_type);
            assert_eq!(to_hex(&(event.round_trip)(&bytes)), *line, "{}", event.event_type);
        }
    }
}

#[test]
fn every_message_is_a_known_event_or_a_part_of_one() {
    let listed: BTreeSet<String> =
        events().into_iter().map(|event| event.name).chain(PARTS.map(str::to_owned)).collect();
    let pool = pool();
    let ours = pool.all_messages().filter(|message| message.package_name().starts_with("roomtone."));
    for message in ours.filter(|message| !message.is_map_entry()) {
        assert!(listed.contains(message.full_name()), "list {} in this file", message.full_name());
    }
}

#[test]
fn every_golden_file_belongs_to_an_event() {
    let types: BTreeSet<String> = events().into_iter().map(|event| event.event_type).collect();
    for entry in fs::read_dir(golden_file("x").parent().unwrap()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(types.contains(name.trim_end_matches(".txt")), "{name} has no event: an event type is never removed");
    }
}
