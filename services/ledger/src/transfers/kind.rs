//! Why a transfer is made.

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// The business reason of a transfer. Which entries it makes stands in [`crate::rules`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum TransferKind {
            $($(#[$doc])* $name,)*
        }

        impl TransferKind {
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

kinds! {
    PaymentReceived = "payment_received";
    PaymentAllocated = "payment_allocated";
    PaymentRefunded = "payment_refunded";
    UnallocatedRefunded = "unallocated_refunded";
    /// What had gone back to a customer was not taken there, and is at the provider again.
    RefundReturned = "refund_returned";
    /// The same of a payment that nobody has taken.
    UnallocatedRefundReturned = "unallocated_refund_returned";
    ShareReleased = "share_released";
    /// Money taken at a company's desk.
    DeskPaymentTaken = "desk_payment_taken";
    /// The company keeps its share out of the till.
    DeskShareKept = "desk_share_kept";
    /// Money handed back at the desk.
    DeskPaymentReturned = "desk_payment_returned";
    /// The company pays for that out of its share.
    DeskShareReturned = "desk_share_returned";
    /// What a company owes of money that it took at its desk, out of what is payable.
    DeskDebtOffset = "desk_debt_offset";
    /// What the platform owes of money that was handed back there.
    DeskDebtReturned = "desk_debt_returned";
    /// A payment that settles with the company leaves the platform's balance, at once.
    PaymentForwarded = "payment_forwarded";
    /// It comes back from the company, to be refunded.
    ForwardReversed = "forward_reversed";
    /// What the platform keeps of such a payment.
    ApplicationFeeReceived = "application_fee_received";
    /// The booking has taken the payment: the fee is commission and VAT.
    ApplicationFeeEarned = "application_fee_earned";
    ApplicationFeeRefunded = "application_fee_refunded";
    /// The fee of a payment that nobody has taken.
    UnallocatedFeeRefunded = "unallocated_fee_refunded";
    /// A lost dispute about a payment that has settled with the company.
    CompanyDisputeLost = "company_dispute_lost";
    /// The same about a payment that nobody has taken.
    UnallocatedCompanyDisputed = "unallocated_company_disputed";
    /// A payout, from its hold to its end.
    Payout = "payout";
    /// The provider or the bank sent a payout back.
    PayoutReturned = "payout_returned";
    ReserveKept = "reserve_kept";
    ReserveReleased = "reserve_released";
    /// A company's payable fell below zero: it owes the difference.
    ReceivableRaised = "receivable_raised";
    ReceivableOffset = "receivable_offset";
    ProviderFee = "provider_fee";
    DisputeOpened = "dispute_opened";
    DisputeWon = "dispute_won";
    DisputeLost = "dispute_lost";
    /// A lost dispute about a payment that nobody has taken.
    UnallocatedDisputed = "unallocated_disputed";
    WalletToppedUp = "wallet_topped_up";
    CreditsPurchased = "credits_purchased";
    CreditsAllocated = "credits_allocated";
    CreditsSpent = "credits_spent";
    CreditsExpired = "credits_expired";
    /// Bought credits are refunded.
    CreditsTakenBack = "credits_taken_back";
    /// Given credits are withdrawn.
    CreditsRevoked = "credits_revoked";
    SubscriptionPaid = "subscription_paid";
    OverageCharged = "overage_charged";
    /// Money moved from one currency into another.
    Exchange = "exchange";
    /// The provider's money arrived at the bank.
    ProviderSettled = "provider_settled";
    /// Takes an earlier transfer back.
    Reversal = "reversal";
    /// Made by a person; also what tests and benchmarks post.
    Adjustment = "adjustment";
}

/// Where a transfer stands among those of its hold; most have none and are `Posted`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    Posted,
    Held,
    Captured,
    Voided,
    Expired,
}

impl Phase {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Posted => "posted",
            Self::Held => "held",
            Self::Captured => "captured",
            Self::Voided => "voided",
            Self::Expired => "expired",
        }
    }
}
