//! What can go wrong with an invitation.

use actix_web::http::StatusCode;
use problem::Problem;
use service_kit::identity::permissions::insufficient_role;

use crate::{members::MemberError, passwords::PasswordError};

#[derive(Debug, thiserror::Error)]
pub enum InvitationError {
    #[error("there is no such invitation")]
    NotFound,
    #[error("the caller's role does not allow this")]
    InsufficientRole,
    #[error("the address belongs to a member")]
    AlreadyMember,
    #[error("the address is invited already")]
    AlreadyInvited,
    #[error("too many invitations were sent by the company, by the inviter or to the address")]
    TooMany,
    #[error("the link is not valid")]
    UnknownLink,
    #[error("the invitation was accepted")]
    Accepted,
    #[error("the invitation was withdrawn")]
    Withdrawn,
    #[error("the invitation has expired")]
    Expired,
    #[error("the invitation is for another address than the caller's")]
    AnotherAddress,
    #[error("the invited address has an account")]
    AccountExists,
    #[error("a new account needs a name and a password")]
    AccountNeeded,
    #[error(transparent)]
    Member(#[from] MemberError),
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<InvitationError> for Problem {
    fn from(error: InvitationError) -> Self {
        match error {
            InvitationError::NotFound => Self::not_found(),
            InvitationError::InsufficientRole => insufficient_role(),
            InvitationError::AlreadyMember => {
                Self::conflict("already_member", "This address belongs to a member of the company.")
            }
            InvitationError::AlreadyInvited => {
                Self::conflict("already_invited", "This address is invited already; send that invitation again.")
            }
            InvitationError::TooMany => {
                let detail = "Too many invitations have been sent today. Please try again later.";
                Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_invitations", detail).retry_after(3600)
            }
            InvitationError::UnknownLink => Self::not_found(),
            InvitationError::Accepted => Self::gone("invitation_accepted", "This invitation has been accepted."),
            InvitationError::Withdrawn => Self::gone("invitation_withdrawn", "This invitation has been withdrawn."),
            InvitationError::Expired => Self::gone("invitation_expired", "This invitation has expired."),
            InvitationError::AnotherAddress => Self::forbidden(
                "invitation_for_another_address",
                "This invitation is for another address. Sign in with the account of that address.",
            ),
            InvitationError::AccountExists => Self::conflict(
                "account_exists",
                "The invited address has an account. Sign in, and accept the invitation then.",
            ),
            InvitationError::AccountNeeded => Self::invalid("validation_failed", "The request has invalid values.")
                .at("/name", "a new account needs a name and a password")
                .at("/password", "a new account needs a name and a password"),
            InvitationError::Member(error) => error.into(),
            InvitationError::Password(error) => error.into(),
            InvitationError::Store(error) => error.into(),
        }
    }
}
