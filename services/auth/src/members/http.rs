//! `/api/teams/members`, `/api/companies/{company_id}/admins` and the transfer of a company.

mod admins;
mod team;

pub use admins::{add_admin, remove_admin, transfer_ownership};
pub use team::{add_member, list_members, remove_member};

use jiff::Timestamp;
use kernel::UserId;
use serde::Serialize;
use service_kit::identity::CompanyRole;
use utoipa::ToSchema;

use super::Member;
use crate::photos;

/// Somebody who works for the company.
#[derive(Serialize, ToSchema)]
#[schema(as = Member)]
pub struct MemberResponse {
    user_id: UserId,
    name: String,
    #[schema(format = "email")]
    email: String,
    role: CompanyRole,
    #[schema(required)]
    photo_url: Option<String>,
    #[schema(value_type = String, format = "date-time")]
    joined_at: Timestamp,
}

impl From<Member> for MemberResponse {
    fn from(member: Member) -> Self {
        Self {
            user_id: member.user_id,
            name: member.name,
            email: member.email,
            role: member.role,
            photo_url: member.photo_id.map(photos::url),
            joined_at: member.joined_at,
        }
    }
}
