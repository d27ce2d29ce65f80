//! A mailbox that remembers what it was sent and refuses on command.

use std::{
    net::TcpListener,
    sync::{Arc, Mutex},
};

use actix_web::{App, HttpResponse, HttpServer, web};
use serde_json::Value;
use testkit::eventually;

#[derive(Default)]
struct State {
    mails: Vec<Value>,
    refusals: Vec<u16>,
    asked: usize,
}

#[derive(Clone)]
pub struct Mailbox {
    pub url: String,
    state: Arc<Mutex<State>>,
}

impl Mailbox {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mailbox = Self { url, state: Arc::default() };
        let data = mailbox.clone();
        let app = move || {
            let data = web::Data::new(data.clone());
            App::new().app_data(data).route("/sandbox/mailbox", web::post().to(receive))
        };
        tokio::spawn(HttpServer::new(app).listen(listener).unwrap().workers(1).disable_signals().run());
        mailbox
    }

    /// The next mails are answered with these statuses instead of being taken.
    pub fn refuse(&self, statuses: &[u16]) {
        self.state.lock().unwrap().refusals = statuses.to_vec();
    }

    pub fn mails(&self) -> Vec<Value> {
        self.state.lock().unwrap().mails.clone()
    }

    /// How often somebody tried.
    pub fn asked(&self) -> usize {
        self.state.lock().unwrap().asked
    }

    /// The mails to one address, as `subject` lines.
    pub fn subjects(&self, to: &str) -> Vec<String> {
        let mails = self.mails().into_iter().filter(|mail| mail["to"] == to);
        let mut subjects: Vec<String> = mails.map(|mail| mail["subject"].as_str().unwrap().to_owned()).collect();
        subjects.sort();
        subjects
    }

    /// Waits until so many mails are here.
    pub async fn wait_for(&self, count: usize) -> Vec<Value> {
        eventually("mails arrive", async || Some(self.mails()).filter(|mails| mails.len() >= count)).await
    }
}

async fn receive(mailbox: web::Data<Mailbox>, mail: web::Json<Value>) -> HttpResponse {
    let mut state = mailbox.state.lock().unwrap();
    state.asked += 1;
    if !state.refusals.is_empty() {
        let status = state.refusals.remove(0);
        return HttpResponse::build(status.try_into().unwrap()).finish();
    }
    state.mails.push(mail.into_inner());
    HttpResponse::NoContent().finish()
}
