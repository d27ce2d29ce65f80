//! Walking the chain from its beginning.

use store::{Conn, Error};

use super::{
    model::GENESIS,
    store::{contents, find_seal, last_seal},
};

/// Walks the whole chain against the transfers as they are now, and tells what differs, naming the transfer.
pub async fn walk(conn: &mut Conn) -> Result<Vec<String>, Error> {
    let last = last_seal(conn).await?.map_or(0, |seal| seal.number);
    let (mut findings, mut previous, mut after) = (Vec::new(), GENESIS, 0);
    for number in 1..=last {
        let Some(seal) = find_seal(conn, number).await? else {
            findings.push(format!("seal {number} is gone"));
            continue;
        };
        if seal.hash != seal.hash_after(previous) {
            findings.push(format!("seal {number} does not continue the chain"));
        }
        let found = contents(conn, after, seal.through_seq, i64::MAX).await?;
        findings.extend(seal.differences(&found));
        (previous, after) = (seal.hash, seal.through_seq);
    }
    Ok(findings)
}
