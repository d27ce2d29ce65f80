//! The companies that are paid, as far as billing has to know them: a company that was closed is paid nothing any more. What
//! was paid to it before stays as it is, can be refunded, and a payment that was under way still arrives.

pub mod store;

use ::store::{Conn, Error};
use jiff::Timestamp;
use kernel::CompanyId;

use crate::{authorizations, sessions};

/// The company was closed: nobody pays it any more, nobody should in a session that is open, and nothing is held for it.
pub async fn close_in_tx(conn: &mut Conn, company_id: CompanyId, now: Timestamp) -> Result<(), Error> {
    store::close(conn, company_id, now).await?;
    sessions::store::request_close_of_company(conn, company_id, now).await?;
    authorizations::store::request_void_of_company(conn, company_id, now).await?;
    Ok(())
}
