//! Generates the event types from `proto-contracts/`. protox compiles them, so no `protoc` is needed.

use std::{env, fs, path::PathBuf};

use anyhow::Context;
use prost_build::Config;
use protox::prost::Message;

const PRODUCERS: [&str; 5] = ["auth", "billing", "booking", "ledger", "webhook"];

fn main() -> anyhow::Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../proto-contracts");
    println!("cargo::rerun-if-changed={}", root.display());
    let files = PRODUCERS.map(|producer| format!("roomtone/{producer}/v1/events.proto"));
    let descriptors = protox::compile(files, [&root]).context("compiling proto-contracts")?;
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("descriptors.binpb"), descriptors.encode_to_vec())?;
    Config::new().enable_type_names().bytes(["."]).compile_fds(descriptors)?;
    Ok(())
}
