//! The role with which a service connects, where that is not the owner of its tables.

use anyhow::Context;
use diesel::{
    QueryableByName,
    sql_types::{Bytea, Text},
};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};

/// Makes sure that the role of `login_url` can sign in with the password there, which its database's owner may have to
/// give it. The role itself is made by the service's migrations, or by the operator.
pub async fn ensure_login(owner_url: &str, login_url: &str) -> anyhow::Result<()> {
    // Where the operator keeps the roles, the owner has no say in this and needs none.
    let Err(refused) = AsyncPgConnection::establish(login_url).await else { return Ok(()) };
    let given = give_password(owner_url, login_url).await;
    // Several databases of one server share the role, and somebody else may have been faster.
    match AsyncPgConnection::establish(login_url).await {
        Ok(_) => Ok(()),
        Err(_) => {
            given?;
            Err(refused).context("the service's role cannot sign in")
        }
    }
}

async fn give_password(owner_url: &str, login_url: &str) -> anyhow::Result<()> {
    let login: tokio_postgres::Config = login_url.parse().context("the URL of the service's role")?;
    let role = login.get_user().context("the URL of the service's role names no role")?;
    let password = login.get_password().context("the URL of the service's role has no password")?;
    let mut conn = AsyncPgConnection::establish(owner_url).await.context("connecting as the owner")?;
    // Such a statement takes no parameters: PostgreSQL itself quotes them.
    let quoted: Quoted = diesel::sql_query(
        "SELECT format('ALTER ROLE %I LOGIN PASSWORD %L', $1, convert_from($2, 'UTF8')) AS statement",
    )
    .bind::<Text, _>(role)
    .bind::<Bytea, _>(password)
    .get_result(&mut conn)
    .await?;
    diesel::sql_query(quoted.statement).execute(&mut conn).await.context("giving the service's role its password")?;
    Ok(())
}

#[derive(QueryableByName)]
struct Quoted {
    #[diesel(sql_type = Text)]
    statement: String,
}
