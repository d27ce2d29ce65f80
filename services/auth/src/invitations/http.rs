//! `/api/teams/invite`, `/api/teams/invitations` and `/api/teams/check-email`.

mod accept;
mod internal;
mod team;

pub use accept::{accept_invitation, show_invitation};
pub use internal::mint_invitation_secret;
pub use team::{check_email, invite, list_invitations, resend_invitation, withdraw_invitation};
