//! What a seal is; pure.

use kernel::TransferId;
use sha2::{Digest, Sha256};

/// SHA-256.
pub type Hash = [u8; 32];

/// Before the first seal.
pub const GENESIS: Hash = [0; 32];

/// A transfer with its number and the digest of all of its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    pub seq: i64,
    pub id: TransferId,
    pub digest: Hash,
}

impl Sealed {
    pub fn new(seq: i64, id: TransferId, content: &str) -> Self {
        Self { seq, id, digest: Sha256::digest(content).into() }
    }
}

/// One link of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    pub number: i64,
    pub through_seq: i64,
    pub transfers: Vec<TransferId>,
    pub digests: Vec<Vec<u8>>,
    pub hash: Hash,
}

impl Seal {
    /// The seal after `previous` over some transfers.
    pub fn over(previous: Option<&Self>, through_seq: i64, transfers: &[Sealed]) -> Self {
        let mut seal = Self {
            number: previous.map_or(0, |seal| seal.number) + 1,
            through_seq,
            transfers: transfers.iter().map(|sealed| sealed.id).collect(),
            digests: transfers.iter().map(|sealed| sealed.digest.to_vec()).collect(),
            hash: GENESIS,
        };
        seal.hash = seal.hash_after(previous.map_or(GENESIS, |seal| seal.hash));
        seal
    }

    /// The hash that it must have.
    pub fn hash_after(&self, previous: Hash) -> Hash {
        let mut hash = Sha256::new();
        hash.update(previous);
        hash.update(self.number.to_be_bytes());
        hash.update(self.through_seq.to_be_bytes());
        hash.update((self.transfers.len() as u64).to_be_bytes());
        for transfer in &self.transfers {
            hash.update(transfer.uuid());
        }
        for digest in &self.digests {
            hash.update((digest.len() as u64).to_be_bytes());
            hash.update(digest);
        }
        hash.finalize().into()
    }

    /// What differs between this seal and the transfers that are there now.
    pub fn differences(&self, found: &[Sealed]) -> Vec<String> {
        let mut differences = Vec::new();
        for (id, digest) in self.transfers.iter().zip(&self.digests) {
            match found.iter().find(|sealed| sealed.id == *id) {
                None => differences.push(format!("transfer {id} ({}) is gone", id.uuid())),
                Some(sealed) if sealed.digest.as_slice() != digest.as_slice() => {
                    differences.push(format!("transfer {id} ({}) was changed", id.uuid()));
                }
                Some(_) => {}
            }
        }
        let added = found.iter().filter(|sealed| !self.transfers.contains(&sealed.id));
        differences.extend(added.map(|sealed| format!("transfer {} ({}) was slipped in", sealed.id, sealed.id.uuid())));
        differences
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn sealed(id: u128, content: &str) -> Sealed {
        Sealed::new(id as i64, TransferId::from_uuid(Uuid::from_u128(id)), content)
    }

    #[test]
    fn a_seal_depends_on_everything_before_it() {
        let first = Seal::over(None, 2, &[sealed(1, "a"), sealed(2, "b")]);
        let second = Seal::over(Some(&first), 3, &[sealed(3, "c")]);
        assert_eq!((first.number, second.number), (1, 2));
        assert_eq!(second.hash, second.hash_after(first.hash));
        let others = [
            Seal::over(None, 2, &[sealed(1, "x"), sealed(2, "b")]),
            Seal::over(None, 2, &[sealed(2, "b"), sealed(1, "a")]),
            Seal::over(None, 3, &[sealed(1, "a"), sealed(2, "b")]),
            Seal::over(None, 2, &[sealed(1, "a")]),
        ];
        for other in others {
            assert_ne!(first.hash, other.hash);
            assert_ne!(second.hash, second.hash_after(other.hash));
        }
    }

    #[test]
    fn what_was_done_is_named_by_transfer() {
        let seal = Seal::over(None, 3, &[sealed(1, "a"), sealed(2, "b"), sealed(3, "c")]);
        assert!(seal.differences(&[sealed(1, "a"), sealed(2, "b"), sealed(3, "c")]).is_empty());
        let found = seal.differences(&[sealed(1, "a"), sealed(2, "B"), sealed(4, "d")]);
        let id = |id: u128| Uuid::from_u128(id).to_string();
        for (text, what) in found.iter().zip([(2, "was changed"), (3, "is gone"), (4, "was slipped in")]) {
            assert!(text.contains(&id(what.0)) && text.contains(what.1), "{text}");
        }
        assert_eq!(found.len(), 3);
    }
}
