//! A contract only ever grows: no message and no field that has once been published is removed, renumbered, renamed
//! or retyped, because old events lie in outboxes and queues and old releases read new ones.
//!
//! `proto-contracts/baseline.txt` lists what has been published. After adding something, run
//! `UPDATE_BASELINE=1 cargo test -p contracts`; it refuses to write down a change that breaks.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::{collections::BTreeMap, fs, path::PathBuf};

use prost_reflect::{Cardinality, DescriptorPool, FieldDescriptor, Kind, MessageDescriptor};

/// By message, by field number: `user_id string`.
type Contracts = BTreeMap<String, BTreeMap<u32, String>>;

fn current() -> Contracts {
    let pool = DescriptorPool::decode(contracts::DESCRIPTORS).unwrap();
    let ours = pool.all_messages().filter(|message| message.package_name().starts_with("roomtone."));
    ours.map(|message| (message.full_name().to_owned(), fields(&message))).collect()
}

fn fields(message: &MessageDescriptor) -> BTreeMap<u32, String> {
    message.fields().map(|field| (field.number(), describe(&field))).collect()
}

fn describe(field: &FieldDescriptor) -> String {
    let kind = match field.kind() {
        Kind::Message(message) => message.full_name().to_owned(),
        Kind::Enum(values) => values.full_name().to_owned(),
        scalar => format!("{scalar:?}").to_lowercase(),
    };
    let label = match field.cardinality() {
        Cardinality::Repeated => "repeated ",
        Cardinality::Required => "required ",
        Cardinality::Optional if field.supports_presence() && field.kind().as_message().is_none() => "optional ",
        Cardinality::Optional => "",
    };
    format!("{} {label}{kind}", field.name())
}

/// What of the baseline the current contracts no longer keep.
fn broken(baseline: &Contracts, current: &Contracts) -> Vec<String> {
    let mut broken = Vec::new();
    for (message, fields) in baseline {
        let Some(now) = current.get(message) else {
            broken.push(format!("{message} is gone"));
            continue;
        };
        for (number, was) in fields {
            match now.get(number) {
                None => broken.push(format!("{message}: field {number} ({was}) is gone")),
                Some(is) if is != was => broken.push(format!("{message}: field {number} was `{was}` and is `{is}`")),
                Some(_) => {}
            }
        }
    }
    broken
}

fn to_text(contracts: &Contracts) -> String {
    let mut text = String::new();
    for (message, fields) in contracts {
        text.push_str(message);
        text.push('\n');
        fields.iter().for_each(|(number, field)| text.push_str(&format!("  {number} {field}\n")));
    }
    text
}

fn from_text(text: &str) -> Contracts {
    let mut contracts = Contracts::new();
    let mut message = String::new();
    for line in text.lines() {
        match line.strip_prefix("  ") {
            None => {
                line.clone_into(&mut message);
                contracts.insert(message.clone(), BTreeMap::new());
            }
            Some(field) => {
                let (number, field) = field.split_once(' ').unwrap();
                contracts.get_mut(&message).unwrap().insert(number.parse().unwrap(), field.to_owned());
            }
        }
    }
    contracts
}

#[test]
fn published_contracts_only_grow() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../proto-contracts/baseline.txt");
    let baseline = from_text(&fs::read_to_string(&path).unwrap_or_default());
    let current = current();
    let broken = broken(&baseline, &current);
    assert!(broken.is_empty(), "published contracts were changed; add a new event instead:\n{}", broken.join("\n"));
    if std::env::var_os("UPDATE_BASELINE").is_some() {
        fs::write(&path, to_text(&current)).unwrap();
        return;
    }
    let new: Vec<_> = current.iter().filter(|(message, fields)| baseline.get(*message) != Some(*fields)).collect();
    assert!(new.is_empty(), "not in the baseline yet, run UPDATE_BASELINE=1 cargo test -p contracts: {new:#?}");
}

#[test]
fn every_kind_of_break_is_noticed() {
    let baseline = from_text("m.A\n  1 id string\n  2 at int64\nm.B\n  1 id string\n");
    let check = |now: &str| broken(&baseline, &from_text(now)).len();
    assert_eq!(
        check("m.A\n  1 id string\n  2 at int64\n  3 new bytes\nm.B\n  1 id string\nm.C\n"),
        0,
        "growing is fine"
    );
    assert_eq!(check("m.A\n  1 id string\n  2 at int64\n"), 1, "a message is gone");
    assert_eq!(check("m.A\n  1 id string\nm.B\n  1 id string\n"), 1, "a field is gone");
    assert_eq!(check("m.A\n  1 id bytes\n  2 at int64\nm.B\n  1 id string\n"), 1, "a field is of another type");
    assert_eq!(check("m.A\n  1 id string\n  3 at int64\nm.B\n  1 id string\n"), 1, "a field has another number");
}

#[test]
fn the_baseline_reads_back_as_it_was_written() {
    let current = current();
    assert_eq!(from_text(&to_text(&current)), current);
}
