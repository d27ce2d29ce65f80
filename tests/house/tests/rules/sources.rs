use std::fs;

use anyhow::Result;
use house::report;
use house::sources::{files, files_of, product_files, short};
use house::workspace::{Workspace, root};

/// Names that say nothing about the job.
const EMPTY_NAMES: [&str; 6] = ["common", "utils", "util", "helpers", "core", "manager"];
const LONGEST_FILE: usize = 500;

#[test]
fn modules_are_named_after_their_job() -> Result<()> {
    let mut broken = Vec::new();
    for file in product_files()? {
        let path = short(&file);
        if path.trim_end_matches(".rs").split('/').any(|part| EMPTY_NAMES.contains(&part)) {
            broken.push(path);
        }
    }
    report("name the job instead", &broken)
}

#[test]
fn files_stay_readable() -> Result<()> {
    let mut broken = Vec::new();
    for file in product_files()? {
        let lines = fs::read_to_string(&file)?.lines().count();
        if lines > LONGEST_FILE && !file.ends_with("schema.rs") {
            broken.push(format!("{} has {lines} lines", short(&file)));
        }
    }
    report(&format!("files over {LONGEST_FILE} lines want a split along the domain"), &broken)
}

#[test]
fn every_package_inherits_the_workspace_lints() -> Result<()> {
    let mut broken = Vec::new();
    for package in Workspace::load()?.members {
        let manifest = fs::read_to_string(&package.manifest_path)?;
        if !manifest.contains("[lints]\nworkspace = true") {
            broken.push(short(&package.manifest_path));
        }
    }
    report("add `[lints] workspace = true`", &broken)
}

#[test]
fn nothing_is_left_for_later() -> Result<()> {
    // Put together here, or this file would break its own rule.
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X:")];
    let broken = lines_with(&["rs", "sql", "sh", "proto", "toml", "yml", "yaml"], |line| {
        marks.iter().any(|mark| line.contains(mark))
    })?;
    report("finish it, or write an issue", &broken)
}

#[test]
fn no_merge_is_left_half_done() -> Result<()> {
    let marks = ["<".repeat(7), ">".repeat(7)];
    let texts = ["rs", "sql", "sh", "proto", "toml", "yml", "yaml", "md", "json", "txt"];
    let broken = lines_with(&texts, |line| marks.iter().any(|mark| line.starts_with(mark)))?;
    report("take one side, or both", &broken)
}

#[test]
fn no_path_of_one_machine_is_written_down() -> Result<()> {
    let roots = [concat!("/ho", "me/"), concat!("/Us", "ers/"), concat!("/ro", "ot/")];
    let is_machine_path = |line: &str| {
        // A path in a URL follows a word; the beginning of a machine's path does not.
        let starts = |root: &&str| line.match_indices(*root).any(|(at, _)| !follows_a_word(line, at));
        roots.iter().any(starts)
    };
    let broken = lines_with(&["rs", "sql", "sh", "toml", "yml", "yaml", "json", "md"], is_machine_path)?;
    report("paths belong to configuration", &broken)
}

#[test]
fn every_migration_can_be_told_from_the_next() -> Result<()> {
    let mut broken = Vec::new();
    for file in files_of("services", &["sql"])?.into_iter().chain(files_of("crates", &["sql"])?) {
        let folder = file.parent().map(short).unwrap_or_default();
        let version = folder.rsplit('/').next().unwrap_or_default();
        if folder.contains("/migrations/") && !version.starts_with(|letter: char| letter.is_ascii_digit()) {
            broken.push(folder);
        }
    }
    report("the folder of a migration begins with its version", &broken)
}

/// So thin that Cargo builds no unit tests of them.
#[test]
fn the_thin_binaries_stay_thin() -> Result<()> {
    let mut broken = Vec::new();
    for file in files("services")? {
        let path = short(&file);
        if path.ends_with("/src/main.rs") && fs::read_to_string(&file)?.lines().count() > 10 {
            broken.push(path);
        }
    }
    report("main.rs only hands over to the library", &broken)
}

/// The walkthroughs name the files a request passes, some without the service that they speak of.
#[test]
fn every_file_that_the_architecture_names_is_there() -> Result<()> {
    let there: Vec<String> =
        files_of("", &["rs", "sh", "proto"])?.iter().map(|file| format!("/{}", short(file))).collect();
    let text = fs::read_to_string(root().join("ARCHITECTURE.md"))?;
    let named = text.split('`').skip(1).step_by(2).filter(|name| name.contains('/') && !name.contains(['*', ' ']));
    let is_file = |name: &&str| [".rs", ".sh", ".proto"].iter().any(|extension| name.ends_with(extension));
    let broken: Vec<String> = named
        .filter(is_file)
        .filter(|name| !there.iter().any(|file| file.ends_with(&format!("/{name}"))))
        .map(str::to_owned)
        .collect();
    report("ARCHITECTURE.md names files that are not there", &broken)
}

fn follows_a_word(line: &str, at: usize) -> bool {
    line[..at].ends_with(|letter: char| letter.is_alphanumeric() || "}.*-_".contains(letter))
}

fn lines_with(extensions: &[&str], is_broken: impl Fn(&str) -> bool) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for file in files_of("", extensions)? {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let broken = text.lines().enumerate().filter(|(_, line)| is_broken(line));
        found.extend(broken.map(|(index, line)| format!("{}:{}: {}", short(&file), index + 1, line.trim())));
    }
    Ok(found)
}
