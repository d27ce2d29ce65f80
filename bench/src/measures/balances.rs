//! Balances in a small book and in a large one.

use std::time::Duration;

use anyhow::{Context, ensure};
use auth::admin::{NewUser, Role, create_user};
use diesel_async::SimpleAsyncConnection;
use jiff::SignedDuration;
use kernel::{AccountId, UserId, clock::real_now};
use ledger::accounts::AccountCode;
use reqwest::Client;
use uuid::Uuid;

use super::{p99, rate, rates};
use crate::{
    contest::Spread,
    load::closed_loop,
    platform::{Api, CUSTOMER, Layout, PASSWORD, Session},
    report::{Section, Table, at_least},
    run::Run,
    tools::Started,
};

/// Equal within 1.2.
const AIM: f64 = 0.83;
const SMALL: u64 = 100_000;
const LARGE: u64 = 10_000_000;

const TEXT: &str = "The balance of a customer's wallet, asked of the ledger by one client: now, as it was *known* at some \
instant of the last year, and as it was *effective* at some instant of the last hour. The book has a thousand accounts, of which \
each has as many entries: 100,000 in all, or 10 million, in two databases that are asked in turns.";

pub async fn measure(run: &Run) -> anyhow::Result<Section> {
    let client = Client::builder().no_proxy().build()?;
    let books = [
        Book::open(run, &client, "balances_small", SMALL).await?,
        Book::open(run, &client, "balances_large", LARGE).await?,
    ];
    let mut table = Table::new(&["balance", "of 100,000", "of 10 million", "ratio", "p99 of 10 million", "aim"]);
    for question in [Question::Now, Question::Known, Question::Effective] {
        let results = run.pace.contest(&["100,000", "10 million"], async |contender, time: Duration| {
            let book = &books[contender];
            let (client, wallet) = (client.clone(), book.wallet());
            let token = book.layout.internal_token(&book.customer).await?;
            closed_loop(1, time, move || {
                let (client, url, token) = (client.clone(), format!("{wallet}{}", question.query()), token.clone());
                async move { ask(&client, &url, &token).await }
            })
            .await
        });
        let results = results.await?;
        let ratio = Spread::of_ratios(&rates(&results[0]), &rates(&results[1]));
        table.rows.push(vec![
            question.name().to_owned(),
            format!("{}/s", rate(&results[0])),
            format!("{}/s", rate(&results[1])),
            ratio.to_string(),
            p99(&results[1]),
            at_least(AIM, ratio.median),
        ]);
    }
    for book in books {
        book.close(run).await?;
    }
    Ok(Section { title: "Balances", text: TEXT.to_owned(), table })
}

#[derive(Debug, Clone, Copy)]
enum Question {
    Now,
    Known,
    Effective,
}

impl Question {
    fn name(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::Known => "as known in the last year",
            Self::Effective => "as effective in the last hour",
        }
    }

    fn query(self) -> String {
        let (seconds, of) = match self {
            Self::Now => return String::new(),
            Self::Known => (365 * 24 * 3600, "known"),
            Self::Effective => (3600, "effective"),
        };
        // The last bits of an id are random.
        let ago = kernel::new_uuid().as_u128() as u32 % seconds;
        format!("?as={of}&at={}", real_now() - SignedDuration::from_secs(ago.into()))
    }
}

/// A ledger with a wallet, and whom that belongs to.
struct Book {
    layout: Layout,
    customer: Session,
    services: Vec<Started>,
}

impl Book {
    async fn open(run: &Run, client: &Client, purpose: &'static str, entries: u64) -> anyhow::Result<Self> {
        let layout = Layout::new(run, purpose).await?;
        layout.migrate(run).await?;
        let customer = NewUser {
            email: CUSTOMER.to_owned(),
            password: PASSWORD.into(),
            name: "Bench".to_owned(),
            role: Role::Customer,
            platform_role: None,
        };
        create_user(&layout.db("auth")?, customer).await?;
        let services = layout.serve(run, client, &["auth", "gateway", "ledger"]).await?;
        let customer = Api::new(client, &layout).log_in(CUSTOMER, PASSWORD).await?;
        fill(&layout, customer.user_id.parse()?, entries).await.context("filling the book")?;
        Ok(Self { layout, customer, services })
    }

    /// As the set-up numbers it.
    fn wallet(&self) -> String {
        let wallet = AccountId::from_uuid(Uuid::from_u128((0x7000_u128 << 64) | (0x8000_u128 << 48)));
        format!("{}/api/ledger/accounts/{wallet}/balance", self.layout.url("ledger"))
    }

    async fn close(self, run: &Run) -> anyhow::Result<()> {
        drop(self.services);
        self.layout.drop_databases(run).await
    }
}

async fn ask(client: &Client, url: &str, token: &str) -> anyhow::Result<()> {
    let answer = client.get(url).bearer_auth(token).send().await?;
    let status = answer.status();
    let text = answer.text().await?;
    ensure!(status.is_success() && text.contains("posted"), "{url} was answered {status}: {text}");
    Ok(())
}

async fn fill(layout: &Layout, customer: UserId, entries: u64) -> anyhow::Result<()> {
    let setup = include_str!("../../sql/balances_setup.sql")
        .replace("ENTRIES", &entries.to_string())
        .replace("WALLET", &AccountCode::CustomerWallet(customer).to_string())
        .replace("USER", &customer.uuid().to_string());
    let db = layout.db("ledger")?;
    let mut conn = db.conn().await?;
    conn.batch_execute(&setup).await?;
    Ok(conn.batch_execute("VACUUM ANALYZE").await?)
}
