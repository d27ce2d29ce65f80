//! The rules of the house that no compiler checks, as tests (`tests/rules`), and `just schema`.
//!
//! - [`workspace`]: the packages and what they depend on, as cargo sees them.
//! - [`sources`]: the files of the repository.
//! - [`schema`]: the tables the migrations make, against the tables `schema.rs` declares.

pub mod schema;
pub mod sources;
pub mod workspace;

/// Fails with every broken rule at once, one a line, rather than with the first.
pub fn report(rule: &str, broken: &[String]) -> anyhow::Result<()> {
    anyhow::ensure!(broken.is_empty(), "{rule}:\n  {}", broken.join("\n  "));
    Ok(())
}
