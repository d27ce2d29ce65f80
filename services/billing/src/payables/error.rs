//! What can go wrong between a customer and a payable.

use problem::Problem;
use service_kit::peers::PeerError;

use super::model::NotPayable;

#[derive(Debug, thiserror::Error)]
pub enum PayableError {
    #[error("there is no such payable of this customer")]
    NotFound,
    #[error("the hold has expired")]
    HoldExpired,
    #[error("the link was used")]
    LinkUsed,
    #[error("the link leads to nothing that can be paid")]
    LinkVoid,
    #[error("nothing is due")]
    NothingDue,
    #[error("it has been over for too long")]
    LongOver,
    #[error("the company has been closed")]
    CompanyClosed,
    /// booking's state is not what its contract says.
    #[error("the payable cannot be read: {field}: {detail}")]
    Unreadable { field: &'static str, detail: String },
    /// Only where there is no copy to decide by.
    #[error("the owner of the payable cannot be asked: {0}")]
    Peer(#[from] PeerError),
    #[error("{0}")]
    Store(#[from] store::Error),
}

impl From<NotPayable> for PayableError {
    fn from(refusal: NotPayable) -> Self {
        match refusal {
            NotPayable::Expired => Self::HoldExpired,
            NotPayable::NothingDue => Self::NothingDue,
            NotPayable::LongOver => Self::LongOver,
        }
    }
}

impl From<PayableError> for Problem {
    fn from(error: PayableError) -> Self {
        match error {
            PayableError::NotFound => Self::not_found(),
            PayableError::HoldExpired => Self::gone("hold_expired", "The hold has expired. Book again to pay."),
            PayableError::LinkUsed => Self::gone("link_used", "This link was used."),
            PayableError::LinkVoid => Self::gone("link_void", "What this link was for is not to be paid any more."),
            PayableError::NothingDue => Self::conflict("nothing_due", "There is nothing to pay at the moment."),
            PayableError::LongOver => {
                Self::conflict("authorization_too_late", "The booking is over. Nothing is held for it any more.")
            }
            PayableError::CompanyClosed => {
                Self::conflict("company_closed", "This company has been closed. Nothing is paid to it any more.")
            }
            PayableError::Unreadable { .. } => Self::internal(error),
            PayableError::Peer(error) => error.into(),
            PayableError::Store(error) => error.into(),
        }
    }
}
