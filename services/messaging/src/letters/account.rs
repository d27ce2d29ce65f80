//! Letters about an account.

use url::Url;

use super::{Letter, words};

pub fn verify_email(name: &str, link: &Url) -> Letter {
    Letter::new("Confirm your email address", name)
        .paragraph("Please confirm that this is your email address. The link works once, within 24 hours.")
        .action("Confirm my address", link)
        .closing("If you did not register at Roomtone, ignore this mail; nothing will happen.")
}

pub fn invitation(company_name: &str, role: &str, invited_by: &str, link: &Url) -> Letter {
    let who = words::name_of(invited_by).unwrap_or_else(|| "Somebody".to_owned());
    let company = words::name_of(company_name).unwrap_or_else(|| "a company".to_owned());
    Letter::new(format!("Invitation to work for {company}"), "")
        .paragraph(format!("{who} invites you to work for {company} at Roomtone. The link works once, within a week."))
        .fact("Your role", role)
        .action("See the invitation", link)
        .closing("If you did not expect this, ignore this mail; nothing will happen.")
}

pub fn session_reused(name: &str) -> Letter {
    Letter::new("You were signed out for your safety", name)
        .paragraph(
            "Somebody presented a sign-in of yours that had been used before. It may have been copied, so we ended that \
             session on every device that shares it.",
        )
        .paragraph("Please sign in again. If you did not expect this, change your password.")
}
