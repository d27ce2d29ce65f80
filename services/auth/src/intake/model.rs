//! What can be asked for without saying who one is.

use serde::{Deserialize, Serialize};

use crate::{
    passwords::PasswordHash,
    registration::{Place, Registration},
    sessions::Device,
    users::{Email, PersonName, UserRole, store::NewAccount},
};

/// As it is written down. Its password is hashed already.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Asked {
    Account(RegistrationForm),
    AnotherLink { email: Email },
    NewPassword { email: Email, device: Device },
}

/// What somebody has filled in, and where.
#[derive(Serialize, Deserialize)]
pub struct RegistrationForm {
    pub email: Email,
    pub name: PersonName,
    pub role: UserRole,
    pub password_hash: String,
    pub asked_from: Option<Place>,
}

impl From<RegistrationForm> for Registration {
    fn from(form: RegistrationForm) -> Self {
        let account = NewAccount {
            email: form.email,
            name: form.name,
            role: form.role,
            password_hash: PasswordHash::new(form.password_hash),
        };
        Self { account, asked_from: form.asked_from }
    }
}
