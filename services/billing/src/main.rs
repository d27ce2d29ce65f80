//! `roomtone-billing`: serves billing as a process of its own, or migrates its database.

fn main() -> anyhow::Result<()> {
    service_kit::run(billing::service())
}
