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

pub fn reset_password(name: &str, link: &Url) -> Letter {
    Letter::new("Choose a new password", name)
        .paragraph(
            "Somebody asked to reset the password of your account. The link works once, within 30 minutes. When you \
             have chosen a new password, every device is signed out and your personal API keys are revoked.",
        )
        .action("Choose a new password", link)
        .closing("If it was not you, ignore this mail; your password stays as it is.")
}

pub fn password_changed(name: &str, by_link: bool) -> Letter {
    let what = if by_link {
        "The password of your account was reset by a link that we had mailed to you. Every device was signed out, and \
         your personal API keys were revoked. Passkeys stay: remove those you do not know."
    } else {
        "The password of your account was changed. Your other devices were signed out. Passkeys and personal API keys \
         stay: remove those you do not know."
    };
    Letter::new("Your password was changed", name).paragraph(what).paragraph(
        "If it was not you, somebody may have access to your mailbox or your account: reset your password now.",
    )
}

pub fn confirm_current_email(name: &str, new_email: &str, link: &Url) -> Letter {
    Letter::new("Confirm the change of your email address", name)
        .paragraph(
            "Your account is to have another email address. It changes when both addresses have confirmed; until then \
             you sign in with this one. The link works once, within 24 hours.",
        )
        .fact("New address", new_email)
        .action("Confirm the change", link)
        .closing("If you did not ask for this, ignore this mail and change your password.")
}

pub fn confirm_new_email(name: &str, link: &Url) -> Letter {
    Letter::new("Confirm your new email address", name)
        .paragraph(
            "Please confirm that this is to be the email address of your account. It changes when both addresses have \
             confirmed. The link works once, within 24 hours.",
        )
        .action("Confirm my new address", link)
        .closing("If you did not ask for this, ignore this mail; nothing will happen.")
}

pub fn email_changed(name: &str) -> Letter {
    Letter::new("Your email address was changed", name)
        .paragraph(
            "Both addresses have confirmed: your account has another email address now. This is the last mail here.",
        )
        .paragraph("If it was not you, write to us at once.")
}

pub fn second_factor_changed(name: &str, change: &str) -> Letter {
    let what = match change {
        "totp_enabled" => "Signing in to your account needs a code of your authenticator app from now on.",
        "totp_disabled" => "Signing in to your account needs no code of an authenticator app any more.",
        "recovery_codes_replaced" => "Your account has new recovery codes. The ones before work no more.",
        "recovery_code_used" => "One of the recovery codes of your account was used.",
        "passkey_added" => "A passkey was added to your account.",
        "passkey_removed" => "A passkey was removed from your account.",
        "api_key_created" => "A personal API key was made for your account. A program that has it acts for you.",
        _ => "How you sign in to your account has changed.",
    };
    // A new password takes no passkey away.
    let remedy = match change {
        "passkey_added" => {
            "If it was not you, remove it under your passkeys, then reset your password and sign out every device."
        }
        "api_key_created" => "If it was not you, revoke it under your API keys, and reset your password.",
        _ => "If it was not you, reset your password and sign every device out.",
    };
    Letter::new("The security of your account has changed", name).paragraph(what).paragraph(remedy)
}

pub fn session_reused(name: &str) -> Letter {
    Letter::new("You were signed out for your safety", name)
        .paragraph(
            "Somebody presented a sign-in of yours that had been used before. It may have been copied, so we ended that \
             session on every device that shares it.",
        )
        .paragraph("Please sign in again. If you did not expect this, change your password.")
}
