//! Roles, and the proofs that a caller has them: a command that takes a [`CompanyManager`] cannot be called for a
//! company the caller does not manage, and finds its tenant in it.

use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use kernel::CompanyId;
use problem::Problem;
use serde::{Deserialize, Serialize};

use super::{Caller, permissions::insufficient_role};

/// A person's role in a company; each includes the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CompanyRole {
    Staff,
    Manager,
    Owner,
}

impl CompanyRole {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Staff => "staff",
            Self::Manager => "manager",
            Self::Owner => "owner",
        }
    }
}

/// A role on the whole platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlatformRole {
    Admin,
    Support,
}

impl PlatformRole {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Support => "support",
        }
    }
}

/// A platform administrator; anybody else is 403.
#[derive(Debug, Clone)]
pub struct PlatformAdmin(Caller);

impl Deref for PlatformAdmin {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.0
    }
}

impl FromRequest for PlatformAdmin {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let caller = Caller::from_request(request, payload);
        Box::pin(async move {
            let caller = caller.await?;
            if caller.is_platform_admin() {
                Ok(Self(caller))
            } else {
                Err(Problem::forbidden("admin_required", "Only platform administrators may do this."))
            }
        })
    }
}

macro_rules! company_proofs {
    ($($(#[$doc:meta])* $name:ident, $role:ident, $prove:ident;)*) => {
        $(
            $(#[$doc])*
            ///
            /// As an extractor it reads the path parameter `company_id`; elsewhere the [`Caller`] proves it.
            #[derive(Debug, Clone)]
            pub struct $name {
                caller: Caller,
                company_id: CompanyId,
            }

            impl $name {
                pub fn company_id(&self) -> CompanyId {
                    self.company_id
                }

                pub fn caller(&self) -> &Caller {
                    &self.caller
                }
            }

            impl Caller {
                /// 404 for a company the caller does not work for, 403 `insufficient_role` for too small a role.
                pub fn $prove(&self, company_id: CompanyId) -> Result<$name, Problem> {
                    match self.role_in(company_id) {
                        Some(role) if role >= CompanyRole::$role => Ok($name { caller: self.clone(), company_id }),
                        Some(_) => Err(insufficient_role()),
                        None => Err(Problem::not_found()),
                    }
                }
            }

            impl FromRequest for $name {
                type Error = Problem;
                type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

                fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
                    let caller = Caller::from_request(request, payload);
                    let company = request.match_info().get("company_id").and_then(|id| id.parse().ok());
                    Box::pin(async move {
                        let caller = caller.await?;
                        caller.$prove(company.ok_or_else(Problem::not_found)?)
                    })
                }
            }
        )*
    };
}

company_proofs! {
    /// Somebody who works for the company, in whatever role.
    CompanyStaff, Staff, staff_of;
    /// A manager or owner of the company.
    CompanyManager, Manager, manager_of;
    /// An owner of the company.
    CompanyOwner, Owner, owner_of;
}
