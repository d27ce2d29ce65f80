//! Finding a person.

use kernel::UserId;
use serde::Deserialize;

use super::{Contact, store};
use crate::{App, mails::DispatchError};

/// Auth's answer to `GET /internal/users/{user_id}`; it says more than we need.
#[derive(Deserialize)]
struct UserAnswer {
    email: String,
    name: String,
}

/// A person's address; auth is asked where no event has told us.
pub async fn find_or_ask(app: &App, user_id: UserId) -> Result<Contact, DispatchError> {
    let mut conn = app.db.conn().await?;
    if let Some(contact) = store::find(&mut conn, user_id).await? {
        return if contact.is_erased() { Err(DispatchError::Void("the person is gone")) } else { Ok(contact) };
    }
    drop(conn);
    let answer: Option<UserAnswer> = app.peers.get("auth", &format!("/internal/users/{user_id}")).await?;
    let Some(UserAnswer { email, name }) = answer else {
        return Err(DispatchError::Never("there is no such user".to_owned()));
    };
    let contact = Contact { user_id, email, name };
    store::remember(&mut *app.db.conn().await?, &contact).await?;
    Ok(contact)
}
