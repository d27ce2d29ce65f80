//! The pages as text. They load nothing, run no script and are read by screen readers in order.

use kernel::Money;

use crate::{
    connect::accounts::BANKS,
    payments::{
        SessionRow,
        cards::{CARDS, Card},
        methods::{CustomerRow, MethodRow},
        sessions::Mode,
    },
};

const STYLE: &str = "
:root{color-scheme:light dark;--ink:#1a1f2b;--dim:#51586a;--line:#c9cfdb;--paper:#fff;--back:#f2f4f8;--act:#2447c8;--bad:#a3161e}
@media(prefers-color-scheme:dark){:root{--ink:#eef1f7;--dim:#b3bac9;--line:#454c5c;--paper:#1b202b;--back:#12151c;--act:#9db4ff;--bad:#ff9ba1}}
*{box-sizing:border-box}body{margin:0;background:var(--back);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}
main{max-width:30rem;margin:3rem auto;padding:2rem;background:var(--paper);border:1px solid var(--line);border-radius:.75rem}
h1{margin:0 0 .25rem;font-size:1.25rem}.amount{margin:0;font-size:2.25rem;font-weight:700}.note{color:var(--dim)}
.mode{display:inline-block;margin:0 0 1rem;padding:.1rem .6rem;border:1px solid var(--line);border-radius:1rem;font-size:.85rem}
label{display:block;margin:1.25rem 0 .25rem;font-weight:600}
input{width:100%;padding:.65rem;font:inherit;letter-spacing:.05em;color:inherit;background:transparent;border:1px solid var(--dim);border-radius:.4rem}
button{width:100%;margin-top:1rem;padding:.75rem;font:inherit;font-weight:600;color:var(--paper);background:var(--act);border:0;border-radius:.4rem;cursor:pointer}
button.plain{color:var(--ink);background:transparent;border:1px solid var(--dim)}a{color:var(--act)}
:focus-visible{outline:3px solid var(--act);outline-offset:2px}.error{color:var(--bad);font-weight:600}
table{width:100%;border-collapse:collapse;font-size:.9rem}th,td{padding:.35rem 0;text-align:left;border-top:1px solid var(--line);vertical-align:top}
code{white-space:nowrap}summary{margin-top:1.5rem;cursor:pointer}";

/// The form on which a person pays; `error` says why the last try failed.
pub fn payment_form(session: &SessionRow, error: Option<&str>) -> String {
    let alert = error.map(|error| format!(r#"<p class="error" role="alert" id="error">{}</p>"#, escape(error)));
    let described_by = if error.is_some() { "error hint" } else { "hint" };
    let button = match session.mode() {
        Mode::Setup => "Save the card".to_owned(),
        Mode::Payment | Mode::Intent => format!("Pay {}", escape(&amount(session))),
    };
    let body = format!(
        r#"{summary}{alert}
<form method="post" autocomplete="off">
<label for="card">Card number</label>
<input id="card" name="card" inputmode="numeric" required autofocus maxlength="23" aria-describedby="{described_by}"{invalid}>
<p class="note" id="hint">A test card such as 4242 4242 4242 4242. Neither expiry date nor security code is asked for.</p>
<button type="submit">{button}</button>
</form>
{cancel}{cards}"#,
        summary = summary(session),
        alert = alert.unwrap_or_default(),
        invalid = if error.is_some() { r#" aria-invalid="true""# } else { "" },
        cancel = cancel_link(session, "Cancel and go back"),
        cards = card_table(),
    );
    page("Pay", &body)
}

/// The bank's page of a 3-D Secure payment.
pub fn authentication_form(session: &SessionRow) -> String {
    let body = format!(
        r#"{summary}<p>Your bank asks you to confirm this payment (3-D Secure).</p>
<form method="post"><button type="submit" name="answer" value="approve">Confirm the payment</button>
<button type="submit" name="answer" value="refuse" class="plain">Refuse it</button></form>"#,
        summary = summary(session),
    );
    page("Confirm the payment", &body)
}

/// The page on which a company connects its account. The form goes back to the address with its query.
pub fn consent_form(client_id: &str, scope: &str) -> String {
    let permissions: String = scope.split_whitespace().map(|name| format!("<li>{}</li>", escape(name))).collect();
    let body = format!(
        r#"<h1>Connect your Square account</h1><p>The application <code>{client}</code> asks to be allowed:</p>
<ul>{permissions}</ul>
<form method="post"><button type="submit" name="answer" value="allow">Allow</button>
<button type="submit" name="answer" value="deny" class="plain">Deny</button></form>"#,
        client = escape(client_id),
    );
    page("Connect your Square account", &body)
}

/// The page on which a company says where its bank is.
pub fn onboarding_form(error: Option<&str>) -> String {
    let alert = error.map(|error| format!(r#"<p class="error" role="alert" id="error">{}</p>"#, escape(error)));
    let row = |number: &str, what: &str| format!("<tr><td><code>{}</code></td><td>{what}</td></tr>", grouped(number));
    let rows: String = BANKS.iter().map(|(number, _, what)| row(number, &escape(what))).collect();
    let body = format!(
        r#"<h1>Where shall your money go?</h1>{alert}
<form method="post" autocomplete="off"><label for="bank_account">Bank account</label>
<input id="bank_account" name="bank_account" required autofocus maxlength="40" aria-describedby="hint">
<p class="note" id="hint">One of the test accounts below. Nothing else is asked for.</p>
<button type="submit" name="verdict" value="enabled">Agree and submit</button>
<button type="submit" name="verdict" value="restricted" class="plain">Submit, and have a document missing</button></form>
<details open><summary>Test accounts</summary><table><thead><tr><th scope="col">Number</th><th scope="col">What happens</th></tr></thead><tbody>{rows}</tbody></table></details>"#,
        alert = alert.unwrap_or_default(),
    );
    page("Tell us about your company", &body)
}

/// The page on which a person looks after their saved cards.
pub fn portal_form(customer: &CustomerRow, methods: &[MethodRow], return_url: &str) -> String {
    let row = |method: &MethodRow| {
        let card = Card::by_name(&method.card);
        let name =
            card.map_or_else(|| method.card.clone(), |card| format!("{} ending in {}", card.brand, card.last4()));
        let is_default = customer.default_method.as_ref() == Some(&method.id);
        let default = if is_default { r#"<p class="note">Default</p>"# } else { DEFAULT_BUTTON };
        format!(
            r#"<li><form method="post"><p>{name}</p><input type="hidden" name="method" value="{id}">{default}
<button type="submit" name="action" value="remove" class="plain">Remove</button></form></li>"#,
            name = escape(&name),
            id = escape(&method.id),
        )
    };
    let rows: String = methods.iter().map(row).collect();
    let rows = if rows.is_empty() {
        r#"<p class="note">No card is saved.</p>"#.to_owned()
    } else {
        format!("<ul>{rows}</ul>")
    };
    page("Your cards", &format!("<h1>Your cards</h1>{rows}{}", link(return_url, "Go back")))
}

const DEFAULT_BUTTON: &str = r#"<button type="submit" name="action" value="default">Make it the default</button>"#;

/// Says what is the matter with a session that cannot be paid.
pub fn notice(title: &str, text: &str, session: Option<&SessionRow>) -> String {
    let link = session.map(|session| match session.status.as_str() {
        "complete" => link(&session.success_url, "Continue"),
        _ => cancel_link(session, "Go back"),
    });
    page(title, &format!("<h1>{}</h1><p>{}</p>{}", escape(title), escape(text), link.unwrap_or_default()))
}

fn page(title: &str, body: &str) -> String {
    format!(
        r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>{} – Sandbox</title><style>{STYLE}</style></head>
<body><main><p class="mode">Sandbox: no money moves</p>{body}</main></body></html>"#,
        escape(title)
    )
}

fn summary(session: &SessionRow) -> String {
    if session.mode() == Mode::Setup {
        return r#"<h1>Save a card</h1><p class="note">Nothing is charged now.</p>"#.to_owned();
    }
    let paid_to = escape(&session.description);
    format!(r#"<h1>{paid_to}</h1><p class="amount">{}</p>"#, escape(&amount(session)))
}

fn amount(session: &SessionRow) -> String {
    match session.currency.to_uppercase().parse() {
        Ok(currency) => Money::new(session.amount, currency).to_string(),
        Err(_) => format!("{} {}", session.amount, session.currency),
    }
}

fn cancel_link(session: &SessionRow, words: &str) -> String {
    session.cancel_url.as_deref().map(|url| link(url, words)).unwrap_or_default()
}

fn link(url: &str, words: &str) -> String {
    format!(r#"<p><a href="{}">{}</a></p>"#, escape(url), escape(words))
}

fn card_table() -> String {
    let row =
        |number: &str, explanation: &str| format!("<tr><td><code>{number}</code></td><td>{explanation}</td></tr>");
    let rows: String = CARDS.iter().map(|card| row(&grouped(card.number), &escape(card.explanation()))).collect();
    format!(
        r#"<details><summary>Test cards</summary><table><thead><tr><th scope="col">Number</th><th scope="col">What happens</th></tr></thead><tbody>{rows}</tbody></table></details>"#
    )
}

fn grouped(number: &str) -> String {
    let digits: Vec<char> = number.chars().collect();
    digits.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_is_text_and_never_markup() {
        assert_eq!(escape(r#"<a href='x'>"&"#), "&lt;a href=&#39;x&#39;&gt;&quot;&amp;");
    }

    #[test]
    fn numbers_are_shown_as_on_a_card() {
        assert_eq!(grouped("4242424242424242"), "4242 4242 4242 4242");
    }
}
