//! `roomtone admin`: who has a role on the platform.

use auth::admin::{self, NewUser, PlatformRole};
use clap::{Subcommand, ValueEnum};
use secrecy::SecretString;
use service_kit::Source;

use crate::{cli::say, platform};

#[derive(Subcommand)]
pub enum AdminCommand {
    /// Create an administrator or a support agent; the password is read from ROOMTONE_ADMIN_PASSWORD.
    Create {
        #[arg(long)]
        email: String,
        #[arg(long, value_enum, default_value_t = Role::Admin)]
        role: Role,
        #[arg(long, default_value = "Administrator")]
        name: String,
    },
    /// Give somebody who has an account a role on the platform.
    Grant {
        #[arg(long)]
        email: String,
        #[arg(long, value_enum)]
        role: Role,
    },
    /// Take it away again.
    Revoke {
        #[arg(long)]
        email: String,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Role {
    /// May do everything.
    Admin,
    /// For the support tools; lets in nowhere by itself.
    Support,
}

impl From<Role> for PlatformRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Admin => Self::Admin,
            Role::Support => Self::Support,
        }
    }
}

pub async fn run(command: AdminCommand, source: &Source) -> anyhow::Result<()> {
    let db = platform::database(source, "auth")?;
    match command {
        AdminCommand::Create { email, role, name } => {
            let password: SecretString = source.require::<String>("admin_password")?.into();
            let platform_role = PlatformRole::from(role);
            let role = admin::Role::Customer;
            let user = NewUser { email, password, name, role, platform_role: Some(platform_role) };
            let user_id = admin::create_user(&db, user).await?;
            say(&format!("{user_id} has the role {}", platform_role.as_str()));
        }
        AdminCommand::Grant { email, role } => {
            let role = PlatformRole::from(role);
            let user_id = admin::set_platform_role(&db, &email, Some(role)).await?;
            say(&format!("{user_id} has the role {}", role.as_str()));
        }
        AdminCommand::Revoke { email } => {
            let user_id = admin::set_platform_role(&db, &email, None).await?;
            say(&format!("{user_id} has no role on the platform any more"));
        }
    }
    Ok(())
}
