//! Permissions in a company as types: a command that takes an `Allowed<ManageTeam>` cannot be called by somebody whose
//! role the table in `permissions.md` does not give that permission, and finds its tenant in it.

use std::{future::Future, marker::PhantomData, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use kernel::CompanyId;
use problem::Problem;

use super::{Caller, tables};

/// A row of the table of roles.
pub trait CompanyPermission: 'static {
    /// As the table names it.
    const NAME: &'static str;
}

macro_rules! permissions {
    ($($(#[$doc:meta])* $marker:ident = $name:literal;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy)]
            pub struct $marker;

            impl CompanyPermission for $marker {
                const NAME: &'static str = $name;
            }
        )*

        #[cfg(test)]
        pub(super) const ALL_PERMISSIONS: &[(&str, &str)] = &[$(($name, stringify!($marker))),*];
    };
}

permissions! {
    /// To see the company's own data.
    ViewCompany = "company.view";
    /// To change what the company is called.
    UpdateCompany = "company.update";
    /// To close the company.
    DeleteCompany = "company.delete";
    /// To hand the company over.
    TransferCompany = "company.transfer";
    /// To see who works there.
    ViewTeam = "team.view";
    /// To add, invite and remove staff.
    ManageTeam = "team.manage";
    /// To give and take the roles manager and owner.
    ManageAdmins = "team.manage_admins";
    /// To make and revoke the company's API keys.
    ManageApiKeys = "api_keys.manage";
    /// To send the company's money to its bank.
    ManagePayouts = "payouts.manage";
    /// To decide where that bank is.
    ManagePayoutAccount = "payouts.account";
}

/// Proof that the caller has the permission in the company.
///
/// As an extractor it reads the path parameter `company_id`; elsewhere [`Caller::allowed`] proves it.
#[derive(Debug, Clone)]
pub struct Allowed<P: CompanyPermission> {
    caller: Caller,
    company_id: CompanyId,
    permission: PhantomData<P>,
}

impl<P: CompanyPermission> Allowed<P> {
    pub fn company_id(&self) -> CompanyId {
        self.company_id
    }

    pub fn caller(&self) -> &Caller {
        &self.caller
    }
}

impl Caller {
    /// 404 for a company the caller does not work for, 403 `insufficient_role` for a role without the permission.
    pub fn allowed<P: CompanyPermission>(&self, company_id: CompanyId) -> Result<Allowed<P>, Problem> {
        match self.role_in(company_id) {
            Some(role) if tables::role_has(role, P::NAME) => {
                Ok(Allowed { caller: self.clone(), company_id, permission: PhantomData })
            }
            Some(_) => Err(insufficient_role()),
            None => Err(Problem::not_found()),
        }
    }
}

/// 403 for somebody who works for the company in too small a role.
pub fn insufficient_role() -> Problem {
    Problem::forbidden("insufficient_role", "Your role in this company does not allow this.")
}

impl<P: CompanyPermission> FromRequest for Allowed<P> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let caller = Caller::from_request(request, payload);
        let company = request.match_info().get("company_id").and_then(|id| id.parse().ok());
        Box::pin(async move { caller.await?.allowed(company.ok_or_else(Problem::not_found)?) })
    }
}
