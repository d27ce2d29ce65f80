//! The workspace as `cargo metadata` describes it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_members: Vec<String>,
}

#[derive(Deserialize)]
pub struct Package {
    id: String,
    pub name: String,
    pub manifest_path: PathBuf,
    pub dependencies: Vec<Dependency>,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
pub struct Dependency {
    pub name: String,
    /// The name given in `Cargo.toml` where it differs from the package's.
    pub rename: Option<String>,
    /// `dev`, `build`, or nothing for an ordinary one.
    pub kind: Option<String>,
}

#[derive(Deserialize)]
struct Target {
    kind: Vec<String>,
    name: String,
}

pub struct Workspace {
    pub members: Vec<Package>,
    library_names: HashMap<String, String>,
}

/// The top-level folder a package lives in, which decides what it may depend on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// `crates/*`
    Crate,
    /// `services/*`
    Service,
    /// `tests/*` and `bench`
    Outside,
}

impl Package {
    pub fn folder(&self) -> &Path {
        self.manifest_path.parent().unwrap_or(&self.manifest_path)
    }

    pub fn place(&self) -> Place {
        let is_in = |folder: &str| self.folder().starts_with(root().join(folder));
        if is_in("crates") {
            Place::Crate
        } else if is_in("services") {
            Place::Service
        } else {
            Place::Outside
        }
    }
}

impl Workspace {
    pub fn load() -> Result<Self> {
        let metadata = metadata()?;
        let library_names = metadata
            .packages
            .iter()
            .filter_map(|package| Some((package.name.clone(), library_name(package)?)))
            .collect();
        let members =
            metadata.packages.into_iter().filter(|package| metadata.workspace_members.contains(&package.id)).collect();
        Ok(Self { members, library_names })
    }

    pub fn member(&self, name: &str) -> Option<&Package> {
        self.members.iter().find(|member| member.name == name)
    }

    /// The name by which code refers to a dependency: `stripe` for the package async-stripe.
    pub fn code_name(&self, dependency: &Dependency) -> String {
        let name = dependency.rename.as_ref().or(self.library_names.get(&dependency.name));
        name.unwrap_or(&dependency.name).replace('-', "_")
    }
}

/// The root of the repository.
pub fn root() -> &'static Path {
    let house = Path::new(env!("CARGO_MANIFEST_DIR"));
    house.ancestors().nth(2).unwrap_or(house)
}

/// Only this machine's platform: otherwise cargo would first download what other systems need.
fn metadata() -> Result<Metadata> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--filter-platform", &host()?])
        .current_dir(root())
        .output()?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn host() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output()?;
    let text = String::from_utf8(output.stdout)?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not name its host")?.to_owned())
}

fn library_name(package: &Package) -> Option<String> {
    let is_library = |kind: &String| kind.contains("lib") || kind == "proc-macro";
    let target = package.targets.iter().find(|target| target.kind.iter().any(is_library))?;
    Some(target.name.clone())
}
