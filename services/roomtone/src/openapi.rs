//! The OpenAPI documents, one file per service, as the gateway embeds them.

use std::{fs, path::Path};

use crate::platform::services;

/// Writes `<service>.json` for every service.
pub fn write(folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder)?;
    for service in services() {
        let text = serde_json::to_string_pretty(&service.document())? + "\n";
        fs::write(folder.join(format!("{}.json", service.name())), text)?;
    }
    Ok(())
}
