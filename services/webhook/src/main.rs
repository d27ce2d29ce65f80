//! The webhook service as a process of its own.

fn main() -> anyhow::Result<()> {
    service_kit::run(webhook::service())
}
