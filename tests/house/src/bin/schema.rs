//! `just schema [owner…]` prints the `schema.rs` that belongs to the migrations; `--check` compares instead.

use std::io::Write;

use anyhow::{Result, bail};
use house::report;
use house::schema::{database, declared, differences, owners, print, schema_file};

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (options, wanted): (Vec<&str>, Vec<&str>) =
        arguments.iter().map(String::as_str).partition(|argument| argument.starts_with("--"));
    match options.as_slice() {
        [] => run(&wanted, false).await,
        ["--check"] => run(&wanted, true).await,
        _ => bail!("usage: schema [--check] [auth|booking|…]"),
    }
}

async fn run(wanted: &[&str], check: bool) -> Result<()> {
    let mut broken = Vec::new();
    for owner in owners()? {
        let name = owner.rsplit('/').next().unwrap_or(&owner);
        if !wanted.is_empty() && !wanted.contains(&name) {
            continue;
        }
        let migrated = database::migrate(&owner).await?;
        if check {
            let declared = declared::parse(&std::fs::read_to_string(schema_file(&owner))?);
            broken.extend(differences(&owner, &migrated.tables, &declared));
        } else {
            writeln!(std::io::stdout(), "// {owner}/src/schema.rs\n{}", print::schema(&migrated))?;
        }
    }
    report("schema.rs differs from the migrations", &broken)
}
