//! The sandbox as a process of its own, for development with a process for each service.

fn main() -> anyhow::Result<()> {
    service_kit::run(sandbox::service())
}
