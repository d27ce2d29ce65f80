//! Every event type there is, read from the descriptors of the contracts.

use prost::Message;

// The three fields of google.protobuf.FileDescriptorSet that matter here.
#[derive(Message)]
struct FileSet {
    #[prost(message, repeated, tag = "1")]
    file: Vec<File>,
}

#[derive(Message)]
struct File {
    #[prost(string, tag = "2")]
    package: String,
    #[prost(message, repeated, tag = "4")]
    messages: Vec<MessageType>,
}

#[derive(Message)]
struct MessageType {
    #[prost(string, tag = "1")]
    name: String,
}

/// The routing key that each message of the contracts would have, parts of events included.
pub(super) fn all() -> anyhow::Result<Vec<String>> {
    let set = FileSet::decode(contracts::DESCRIPTORS)?;
    let types =
        set.file.iter().flat_map(|file| file.messages.iter().map(|message| event_type(&file.package, &message.name)));
    Ok(types.collect())
}

/// The same rule as `contracts::Event::event_type`; a test holds them together.
fn event_type(package: &str, name: &str) -> String {
    let mut parts = package.split('.').skip(1);
    let (producer, version) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let mut snake = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    format!("{producer}.{snake}.{version}")
}

#[cfg(test)]
mod tests {
    use contracts::{Event, booking::v1::BookingPaymentOrphaned, webhook::v1::ProviderEventReceived};

    use super::*;

    #[test]
    fn the_descriptors_name_every_event_as_the_contracts_do() {
        let all = all().unwrap();
        assert!(all.contains(&BookingPaymentOrphaned::event_type()));
        assert!(all.contains(&ProviderEventReceived::event_type()));
    }
}
