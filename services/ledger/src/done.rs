//! Answers to services that want something done.

use actix_web::HttpResponse;
use problem::Problem;
use store::{Conn, TransactionWork};

use crate::startup::App;

/// Runs a command in a transaction of its own. That it was done is all there is to say: 204.
pub async fn done<E, F>(app: &App, command: F) -> Result<HttpResponse, Problem>
where
    for<'r> F: AsyncFn(&'r mut Conn) -> Result<(), E> + TransactionWork<&'r mut Conn, Result<(), E>, Fut: Send>,
    E: From<store::Error> + Into<Problem> + std::error::Error + 'static,
{
    app.db.transaction(command).await.map_err(Into::<Problem>::into)?;
    Ok(HttpResponse::NoContent().finish())
}
