//! Rows of feeds and imports.

mod feeds;
mod imports;

pub use feeds::{
    delete_feed, delete_feeds_at, delete_feeds_of, find_feed_by_token, find_name, find_shown, insert_feed, list_feeds,
};
pub use imports::{
    claim_due, count_imports, delete_import, delete_imports_of, find_new_conflicts, find_zone_of, insert_import,
    list_imports, lock_import, record_conflicts, record_failure, record_success, replace_busy,
};
