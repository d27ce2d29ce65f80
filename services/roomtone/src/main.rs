fn main() -> anyhow::Result<()> {
    roomtone::run()
}
