//! The test cards (<https://docs.stripe.com/testing>). Only their names are stored.

/// A card and what its issuer does.
#[derive(Debug, PartialEq, Eq)]
pub struct Card {
    pub number: &'static str,
    /// What is stored in place of the number.
    pub name: &'static str,
    pub brand: &'static str,
    pub answer: Answer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Approves,
    /// Approves, and the customer disputes the charge later.
    ApprovesAndDisputes,
    /// Approves after the customer has confirmed at the bank's page.
    AsksForAuthentication,
    /// Can be saved, and declines whatever is charged to it.
    DeclinesCharges(Decline),
    Declines(Decline),
}

/// A decline in Stripe's words (<https://docs.stripe.com/declines/codes>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decline {
    pub code: &'static str,
    /// The issuer's reason; absent where Stripe itself refuses the input.
    pub decline_code: Option<&'static str>,
    pub message: &'static str,
}

const DECLINED: &str = "Your card was declined.";

pub const INCORRECT_NUMBER: Decline =
    Decline { code: "incorrect_number", decline_code: None, message: "Your card number is incorrect." };

pub const AUTHENTICATION_FAILED: Decline = Decline {
    code: "payment_intent_authentication_failure",
    decline_code: None,
    message: "We could not authenticate your payment method. Please choose another one and try again.",
};

pub const AUTHENTICATION_REQUIRED: Decline = Decline {
    code: "authentication_required",
    decline_code: Some("authentication_required"),
    message: "Your card was declined. This transaction requires authentication.",
};

pub const CARDS: [Card; 10] = [
    Card { number: "4242424242424242", name: "visa", brand: "visa", answer: Answer::Approves },
    declining("4000000000000002", "generic_decline", "card_declined", Some("generic_decline"), DECLINED),
    declining(
        "4000000000009995",
        "insufficient_funds",
        "card_declined",
        Some("insufficient_funds"),
        "Your card has insufficient funds.",
    ),
    declining("4000000000000069", "expired_card", "expired_card", Some("expired_card"), "Your card has expired."),
    declining(
        "4000000000000127",
        "incorrect_cvc",
        "incorrect_cvc",
        Some("incorrect_cvc"),
        "Your card's security code is incorrect.",
    ),
    declining(
        "4000000000000119",
        "processing_error",
        "processing_error",
        Some("processing_error"),
        "An error occurred while processing your card. Try again in a little bit.",
    ),
    Card {
        number: "4000002500003155",
        name: "authentication_required",
        brand: "visa",
        answer: Answer::AsksForAuthentication,
    },
    Card {
        number: "4000002760003184",
        name: "authentication_always_required",
        brand: "visa",
        answer: Answer::AsksForAuthentication,
    },
    Card {
        number: "4000000000000341",
        name: "declines_charges",
        brand: "visa",
        answer: Answer::DeclinesCharges(Decline {
            code: "card_declined",
            decline_code: Some("generic_decline"),
            message: DECLINED,
        }),
    },
    Card { number: "4000000000000259", name: "disputed", brand: "visa", answer: Answer::ApprovesAndDisputes },
];

const fn declining(
    number: &'static str,
    name: &'static str,
    code: &'static str,
    decline_code: Option<&'static str>,
    message: &'static str,
) -> Card {
    Card { number, name, brand: "visa", answer: Answer::Declines(Decline { code, decline_code, message }) }
}

impl Card {
    /// The card of a number as people type it, with spaces or hyphens.
    pub fn by_number(typed: &str) -> Option<&'static Self> {
        let digits: String = typed.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
        CARDS.iter().find(|card| card.number == digits)
    }

    pub fn by_name(name: &str) -> Option<&'static Self> {
        CARDS.iter().find(|card| card.name == name)
    }

    pub fn last4(&self) -> &'static str {
        self.number.get(self.number.len().saturating_sub(4)..).unwrap_or_default()
    }

    /// What a person reads beside the number.
    pub fn explanation(&self) -> &'static str {
        match self.answer {
            Answer::Approves => "Pays",
            Answer::ApprovesAndDisputes => "Pays; disputed later",
            Answer::AsksForAuthentication => "Asks for 3-D Secure",
            Answer::DeclinesCharges(_) => "Can be saved; declines whatever is charged",
            Answer::Declines(decline) => decline.message,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_as_people_type_them() {
        assert_eq!(Card::by_number("4242 4242-4242 4242").map(|card| card.name), Some("visa"));
        for unknown in ["", "4242", "4111111111111111", "4242424242424242x"] {
            assert_eq!(Card::by_number(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn every_card_is_found_by_its_own_name() {
        for card in &CARDS {
            assert_eq!(Card::by_name(card.name), Some(card));
            assert!(card.number.ends_with(card.last4()) && card.last4().len() == 4);
        }
    }
}
