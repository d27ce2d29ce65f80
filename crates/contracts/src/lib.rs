//! The domain events, generated from `proto-contracts/`.
//!
//! An event's type is its routing key: `roomtone.booking.v1.BookingHeld` travels as `booking.booking_held.v1`.

/// A message that travels between services.
pub trait Event: prost::Message + prost::Name + Default {
    /// `producer.event_name.version`, derived from the message's package and name.
    fn event_type() -> String {
        let mut package = Self::PACKAGE.split('.').skip(1);
        let producer = package.next().unwrap_or_default();
        let version = package.next().unwrap_or_default();
        format!("{producer}.{}.{version}", snake_case(Self::NAME))
    }
}

impl<M: prost::Message + prost::Name + Default> Event for M {}

fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

/// The descriptors of all contracts as an encoded `FileDescriptorSet`.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.binpb"));

pub mod auth {
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/roomtone.auth.v1.rs"));
    }
}

pub mod billing {
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/roomtone.billing.v1.rs"));
    }
}

pub mod booking {
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/roomtone.booking.v1.rs"));
    }
}

pub mod ledger {
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/roomtone.ledger.v1.rs"));
    }
}

pub mod webhook {
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/roomtone.webhook.v1.rs"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_routing_key_follows_from_the_message_name() {
        assert_eq!(booking::v1::BookingHeld::event_type(), "booking.booking_held.v1");
        assert_eq!(webhook::v1::ProviderEventReceived::event_type(), "webhook.provider_event_received.v1");
    }
}
