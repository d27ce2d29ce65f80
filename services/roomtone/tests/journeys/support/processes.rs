//! Every service as a process of its own.

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::Mutex,
};

use testkit::eventually;

/// The processes of one platform; they end with the value.
pub struct Processes {
    settings: BTreeMap<String, String>,
    /// One file per service, kept over its restarts.
    logs: PathBuf,
    children: Mutex<BTreeMap<String, Child>>,
}

impl Processes {
    /// Starts all services and waits until the gateway says that the platform is healthy.
    pub async fn start(settings: BTreeMap<String, String>) -> Self {
        let logs = std::env::temp_dir().join(format!("roomtone-logs-{}", kernel::new_uuid().simple()));
        std::fs::create_dir_all(&logs).unwrap();
        let processes = Self { settings, logs, children: Mutex::default() };
        assert!(command(&processes.settings, &["migrate"]).status().unwrap().success());
        for (service, _) in service_kit::config::SERVICES {
            processes.spawn(service);
        }
        processes.wait_until_healthy().await;
        processes
    }

    pub fn spawn(&self, service: &str) {
        let child = command(&self.settings, &["serve", service]).stdout(self.open_log(service)).spawn().unwrap();
        self.children.lock().unwrap().insert(service.to_owned(), child);
    }

    /// What a service has written so far.
    pub fn log(&self, service: &str) -> String {
        std::fs::read_to_string(self.log_path(service)).unwrap()
    }

    fn log_path(&self, service: &str) -> PathBuf {
        self.logs.join(format!("{service}.log"))
    }

    fn open_log(&self, service: &str) -> File {
        OpenOptions::new().create(true).append(true).open(self.log_path(service)).unwrap()
    }

    /// `kill -9`, then a new process on the same address.
    pub async fn crash_and_restart(&self, service: &str) {
        self.crash(service);
        self.spawn(service);
        self.wait_until_healthy().await;
    }

    pub fn crash(&self, service: &str) {
        let child = self.children.lock().unwrap().remove(service);
        if let Some(mut child) = child {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Asks a service to stop, as Kubernetes does; the process answers its exit status.
    pub fn terminate(&self, service: &str) -> Child {
        let child = self.children.lock().unwrap().remove(service).unwrap();
        let killed = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        child
    }

    pub async fn wait_until_healthy(&self) {
        let url = format!("{}/api/health", self.settings["public_url"]);
        let client = testkit::client();
        eventually("the platform is healthy", || async {
            let answer = client.get(&url).send().await.ok()?;
            answer.status().is_success().then_some(())
        })
        .await;
    }
}

/// `roomtone` with these settings; it says nothing.
pub fn command(settings: &BTreeMap<String, String>, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_roomtone"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    for (name, value) in settings {
        command.env(format!("ROOMTONE_{}", name.to_uppercase()), value);
    }
    command
}

impl Drop for Processes {
    fn drop(&mut self) {
        for child in self.children.get_mut().unwrap().values_mut() {
            let _ = child.kill();
            let _ = child.wait();
        }
        let _ = std::fs::remove_dir_all(&self.logs);
    }
}
