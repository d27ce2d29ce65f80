fn main() -> anyhow::Result<()> {
    service_kit::run(messaging::service())
}
