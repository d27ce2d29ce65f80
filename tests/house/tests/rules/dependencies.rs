use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::Result;
use house::report;
use house::sources::{files_of, short};
use house::workspace::{Package, Place, Workspace, root};

/// The command that runs all services in one process.
const ALL_IN_ONE: &str = "roomtone";

#[test]
fn services_meet_only_in_the_command_and_in_tests() -> Result<()> {
    let workspace = Workspace::load()?;
    let mut broken = Vec::new();
    for package in workspace.members.iter().filter(|package| package.place() != Place::Outside) {
        for target in inside(&workspace, package, |_| true) {
            let is_service = target.place() == Place::Service;
            if is_service && package.name != ALL_IN_ONE {
                broken.push(format!("{} depends on the service {}", package.name, target.name));
            }
        }
    }
    // As no service depends on another, none of the thin binaries can link the sandbox either.
    report("services talk by events and HTTP, and share crates only", &broken)
}

#[test]
fn test_fixtures_are_in_no_product() -> Result<()> {
    let workspace = Workspace::load()?;
    let mut broken = Vec::new();
    for package in workspace.members.iter().filter(|package| package.place() != Place::Outside) {
        if inside(&workspace, package, |kind| kind != Some("dev")).any(|target| target.name == "testkit") {
            broken.push(package.name.clone());
        }
    }
    report("testkit is for dev-dependencies", &broken)
}

/// `edges.txt` is the list somebody thought about.
#[test]
fn crates_depend_on_each_other_as_written_down() -> Result<()> {
    let workspace = Workspace::load()?;
    let mut edges: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in workspace.members.iter().filter(|package| package.place() == Place::Crate) {
        let targets = inside(&workspace, package, |kind| kind != Some("dev"));
        edges.insert(&package.name, targets.map(|target| target.name.as_str()).collect());
    }
    let real: Vec<String> = edges.iter().map(|(name, targets)| edge_line(name, targets)).collect();
    let file = root().join("tests/house/edges.txt");
    let written = fs::read_to_string(&file)?;
    let written: Vec<&str> = written.lines().filter(|line| !line.starts_with('#')).collect();
    let broken: Vec<String> = real.iter().filter(|line| !written.contains(&line.as_str())).cloned().collect();
    report(&format!("{} should have these lines", short(&file)), &broken)?;
    let gone = written.iter().filter(|line| !real.iter().any(|other| other == *line));
    report("these lines are out of date", &gone.map(|line| (*line).to_owned()).collect::<Vec<_>>())
}

fn edge_line(name: &str, targets: &BTreeSet<&str>) -> String {
    let targets: Vec<&str> = targets.iter().copied().collect();
    format!("{name}: {}", targets.join(" ")).trim_end().to_owned()
}

/// What cargo-machete looks for, without a minute to install it: a dependency whose name stands nowhere in the
/// code. Those used by generated code only are listed where cargo-machete would look for them too.
#[test]
fn every_dependency_is_used() -> Result<()> {
    let workspace = Workspace::load()?;
    let mut broken = Vec::new();
    for package in &workspace.members {
        let unused = unused_dependencies(&workspace, package)?;
        if !unused.is_empty() {
            broken.push(format!("{}: {}", short(&package.manifest_path), unused.join(", ")));
        }
    }
    report("remove it, or name it in [package.metadata.cargo-machete] ignored = […]", &broken)
}

fn unused_dependencies<'a>(workspace: &Workspace, package: &'a Package) -> Result<Vec<&'a str>> {
    let manifest = fs::read_to_string(&package.manifest_path)?;
    let ignored: Vec<&str> = manifest.lines().filter(|line| line.starts_with("ignored = ")).collect();
    let code = code_of(package)?;
    let is_unused = |name: &str, code_name: &str| {
        let quoted = format!("\"{name}\"");
        !ignored.iter().any(|line| line.contains(&quoted)) && !has_word(&code, code_name)
    };
    let unused =
        package.dependencies.iter().filter(|dependency| is_unused(&dependency.name, &workspace.code_name(dependency)));
    Ok(unused.map(|dependency| dependency.name.as_str()).collect())
}

fn code_of(package: &Package) -> Result<String> {
    let mut code = String::new();
    for file in files_of(&short(package.folder()), &["rs"])? {
        let text = fs::read_to_string(file)?;
        let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        code.extend(lines.flat_map(|line| [line, "\n"]));
    }
    Ok(code)
}

fn has_word(text: &str, word: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    text.match_indices(word)
        .any(|(at, _)| !text[..at].ends_with(is_part) && !text[at + word.len()..].starts_with(is_part))
}

/// The members of this workspace a package depends on, by the kind of dependency.
fn inside<'a>(
    workspace: &'a Workspace,
    package: &'a Package,
    is_wanted: impl Fn(Option<&str>) -> bool + 'a,
) -> impl Iterator<Item = &'a Package> {
    let wanted = package.dependencies.iter().filter(move |dependency| is_wanted(dependency.kind.as_deref()));
    wanted.filter_map(|dependency| workspace.member(&dependency.name))
}
