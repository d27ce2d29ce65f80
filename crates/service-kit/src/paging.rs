//! Keyset paging: `?limit=` and `?cursor=` in, `{"data": […], "next_cursor": …}` out.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use problem::Problem;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

const DEFAULT_LIMIT: i64 = 20;
const MAX_LIMIT: i64 = 100;

/// The paging parameters of a list; flatten it into the list's own query where it has filters.
#[derive(Debug, Default, Clone, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// 1 to 100; 20 when absent.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

impl PageQuery {
    pub fn limit(&self) -> Result<i64, Problem> {
        match self.limit.unwrap_or(DEFAULT_LIMIT) {
            limit @ 1..=MAX_LIMIT => Ok(limit),
            _ => Err(Problem::invalid("invalid_limit", "The limit is 1 to 100.").at("/limit", "not 1 to 100")),
        }
    }

    /// The key after which the page starts; `None` for the first page.
    pub fn after<K: DeserializeOwned>(&self) -> Result<Option<K>, Problem> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        Cursor::decode(cursor).map(Some)
    }
}

/// An opaque position in a list: the key of its last row.
pub struct Cursor;

impl Cursor {
    pub fn encode<K: Serialize>(key: &K) -> String {
        // Keys are tuples of ids, instants and numbers, which always serialise.
        BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(key).unwrap_or_default())
    }

    pub fn decode<K: DeserializeOwned>(cursor: &str) -> Result<K, Problem> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok();
        let key = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        key.ok_or_else(|| {
            Problem::invalid("invalid_cursor", "The cursor is not one of this list.").at("/cursor", "not a cursor")
        })
    }
}

/// One page of a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Page<T> {
    pub data: Vec<T>,
    /// Pass it as `cursor` for the next page; null on the last one.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// Makes a page of rows that were read with `limit + 1`: the extra row only says that there are more.
    pub fn of<K: Serialize>(mut rows: Vec<T>, limit: i64, key: impl FnOnce(&T) -> K) -> Self {
        let limit = usize::try_from(limit).unwrap_or(0);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = if more { rows.last().map(|row| Cursor::encode(&key(row))) } else { None };
        Self { data: rows, next_cursor }
    }

    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { data: self.data.into_iter().map(f).collect(), next_cursor: self.next_cursor }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_page_has_no_cursor_and_the_others_continue_after_their_last_row() {
        let page = Page::of(vec![1, 2, 3], 2, |row| *row);
        assert_eq!(page.data, [1, 2]);
        let query = PageQuery { limit: None, cursor: page.next_cursor };
        assert_eq!(query.after::<i32>().unwrap(), Some(2));
        assert!(Page::of(vec![1, 2], 2, |row| *row).next_cursor.is_none());
    }

    #[test]
    fn a_limit_out_of_range_or_a_foreign_cursor_is_refused() {
        for limit in [0, -1, 101] {
            assert!(PageQuery { limit: Some(limit), cursor: None }.limit().is_err());
        }
        assert!(PageQuery { limit: None, cursor: Some("%%".into()) }.after::<i32>().is_err());
    }
}
