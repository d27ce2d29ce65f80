//! The files of the repository that people write.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::workspace::root;

const NOT_OURS: [&str; 6] = [".git", ".roomtone", "target", "node_modules", "vendor", "assets"];

/// All files below a folder of the repository, without what is built, vendored or private to a machine.
pub fn files(folder: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    collect(&root().join(folder), &mut found)?;
    found.sort();
    Ok(found)
}

/// The same, of these extensions.
pub fn files_of(folder: &str, extensions: &[&str]) -> Result<Vec<PathBuf>> {
    let wanted = |file: &PathBuf| {
        let extension = file.extension().unwrap_or_default();
        extensions.iter().any(|wanted| extension == *wanted)
    };
    Ok(files(folder)?.into_iter().filter(wanted).collect())
}

/// `services/*/src` and `crates/*/src`: the code of the product.
pub fn product_files() -> Result<Vec<PathBuf>> {
    let mut found = files_of("crates", &["rs"])?;
    found.extend(files_of("services", &["rs"])?);
    found.retain(|file| short(file).split('/').nth(2) == Some("src"));
    Ok(found)
}

/// The path from the root, for messages.
pub fn short(file: &Path) -> String {
    file.strip_prefix(root()).unwrap_or(file).display().to_string()
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if NOT_OURS.iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), found)?;
        } else {
            found.push(entry.path());
        }
    }
    Ok(())
}
