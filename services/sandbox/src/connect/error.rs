//! What can be wrong with an account or with money for it.

#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("no such {kind}: {id}")]
    NotFound { kind: &'static str, id: String },
    #[error("You have insufficient available funds in your Stripe account.")]
    BalanceTooSmall,
    #[error("Your destination account needs to have at least one of the following capabilities enabled: transfers")]
    CannotReceive,
    #[error("Cannot create payouts: this account has no usable external account")]
    PayoutsOff,
    #[error("the account's bank takes {bank} and not {asked}")]
    OtherCurrency { bank: String, asked: String },
    #[error("Transfer {0} is already fully reversed.")]
    AlreadyReversed(String),
    #[error("the page was used or has lapsed")]
    LinkUsed,
    #[error("the payout has come to its end")]
    AlreadySettled,
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl ConnectError {
    pub fn not_found(kind: &'static str, id: &str) -> Self {
        Self::NotFound { kind, id: id.to_owned() }
    }
}
