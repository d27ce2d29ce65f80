//! The provider's third side: people, the methods they have saved, and charges without a page.

use std::collections::{BTreeMap, btree_map::Entry};

use async_trait::async_trait;
use kernel::{MethodSetupId, PaymentId, UserId};
use providers::{
    CaptureMode, ChargeRequest, DefaultChosen, Failure, GivenMethod, MethodChanged, MethodCharge, MethodProvider,
    MethodSummary, PortalRequest, Presence, ProviderError, ProviderEvent, SessionStatus, SetupMoved, SetupPage,
    SetupRequest, SetupState, SetupStatus, token_hash,
};
use secrecy::{ExposeSecret, SecretString};

use super::{
    holds::held,
    provider::{FakeProvider, FakeSession, taken, untouched},
};

#[derive(Debug, Default)]
pub struct FakeMethods {
    /// By person; the address that was told last.
    pub customers: BTreeMap<UserId, Option<String>>,
    pub setups: BTreeMap<MethodSetupId, FakeSetup>,
    /// Tokens that can be charged.
    pub tokens: Vec<String>,
    /// What the next charge is declined with.
    pub decline: Option<&'static str>,
    /// The next charge sends the customer to their bank.
    pub asks: bool,
    /// The next charge is not answered, and made or not.
    pub cut_off: Option<CutOff>,
    pub charges: Vec<(PaymentId, Presence)>,
    /// Portals that were opened, with the token of the default that was shown.
    pub portals: Vec<(String, Option<String>)>,
}

/// When the connection breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CutOff {
    BeforeTheCharge,
    AfterTheCharge,
}

#[derive(Debug)]
pub struct FakeSetup {
    pub given: Option<String>,
}

impl FakeProvider {
    /// The person gives a card on the page; no webhook is sent. Answers its token.
    pub fn give_card(&self, setup_id: MethodSetupId) -> String {
        let token = format!("pm_{setup_id}");
        let mut state = self.lock();
        state.methods.setups.get_mut(&setup_id).expect("an open setup").given = Some(token.clone());
        state.methods.tokens.push(token.clone());
        token
    }

    /// The pages that were opened, in order.
    pub fn setups(&self) -> Vec<MethodSetupId> {
        self.lock().methods.setups.keys().copied().collect()
    }

    pub fn decline_next_charge(&self, code: &'static str) {
        self.lock().methods.decline = Some(code);
    }

    pub fn ask_at_next_charge(&self) {
        self.lock().methods.asks = true;
    }

    pub fn cut_off_next_charge(&self, when: CutOff) {
        self.lock().methods.cut_off = Some(when);
    }

    /// Who is known, with their address.
    pub fn customers(&self) -> Vec<Option<String>> {
        self.lock().methods.customers.values().cloned().collect()
    }

    pub fn tokens(&self) -> Vec<String> {
        self.lock().methods.tokens.clone()
    }

    /// What was really charged.
    pub fn charges(&self) -> Vec<(PaymentId, Presence)> {
        self.lock().methods.charges.clone()
    }
}

pub fn setup_moved(setup_id: MethodSetupId) -> ProviderEvent {
    ProviderEvent::SetupMoved(SetupMoved { setup_id, occurred_at: jiff::Timestamp::UNIX_EPOCH })
}

pub fn method_changed(token: &str, now: Option<MethodSummary>) -> ProviderEvent {
    ProviderEvent::MethodChanged(MethodChanged { token_hash: token_hash(token), now })
}

/// The customer of a person chooses a method at the provider.
pub fn default_chosen(user_id: UserId, token: &str, occurred_at: jiff::Timestamp) -> ProviderEvent {
    let provider_customer_id = customer_of(user_id);
    ProviderEvent::DefaultChosen(DefaultChosen { provider_customer_id, token_hash: token_hash(token), occurred_at })
}

pub fn visa(exp_year: u16) -> MethodSummary {
    MethodSummary {
        kind: "card".to_owned(),
        brand: Some("visa".to_owned()),
        last4: Some("4242".to_owned()),
        exp_month: Some(12),
        exp_year: Some(exp_year),
    }
}

fn customer_of(user_id: UserId) -> String {
    format!("cus_{user_id}")
}

#[async_trait]
impl MethodProvider for FakeProvider {
    async fn create_customer(&self, user_id: UserId) -> Result<String, ProviderError> {
        self.begin()?;
        // As if another call for the same person were under way.
        match self.lock().methods.customers.entry(user_id) {
            Entry::Vacant(unknown) => {
                unknown.insert(None);
                Err(ProviderError::Conflict)
            }
            Entry::Occupied(_) => Ok(customer_of(user_id)),
        }
    }

    async fn update_customer(&self, id: &str, email: &str) -> Result<(), ProviderError> {
        self.reach()?;
        let mut state = self.lock();
        let known = state.methods.customers.iter_mut().find(|(user_id, _)| customer_of(**user_id) == id);
        *known.ok_or(ProviderError::NotFound(id.to_owned()))?.1 = Some(email.to_owned());
        Ok(())
    }

    async fn delete_customer(&self, id: &str) -> Result<(), ProviderError> {
        self.reach()?;
        let mut state = self.lock();
        state.methods.customers.retain(|user_id, _| customer_of(*user_id) != id);
        state.methods.tokens.clear();
        Ok(())
    }

    async fn create_setup(&self, request: SetupRequest) -> Result<SetupPage, ProviderError> {
        let loses_answer = self.begin()?;
        let id = format!("seti_{}", request.setup_id);
        let url = format!("https://save.example/{id}").parse().expect("a URL");
        let setup_id = request.setup_id;
        self.lock().methods.setups.entry(setup_id).or_insert(FakeSetup { given: None });
        if loses_answer {
            return Err(ProviderError::Timeout);
        }
        Ok(SetupPage { provider_setup_id: id, url, expires_at: None })
    }

    async fn retrieve_setup(&self, id: &str) -> Result<SetupState, ProviderError> {
        self.begin()?;
        let state = self.lock();
        let found = state.methods.setups.iter().find(|(setup_id, _)| format!("seti_{setup_id}") == id);
        let (_, setup) = found.ok_or(ProviderError::NotFound(id.to_owned()))?;
        let status = match &setup.given {
            Some(token) => {
                SetupStatus::Complete(GivenMethod { token: SecretString::from(token.clone()), summary: visa(2030) })
            }
            None => SetupStatus::Open,
        };
        Ok(SetupState { status, failure: None })
    }

    async fn detach_method(&self, token: &SecretString) -> Result<(), ProviderError> {
        self.reach()?;
        self.lock().methods.tokens.retain(|known| known != token.expose_secret());
        Ok(())
    }

    async fn open_portal(&self, request: &PortalRequest) -> Result<url::Url, ProviderError> {
        self.begin()?;
        let default = request.default_method.as_ref().map(|token| token.expose_secret().to_owned());
        self.lock().methods.portals.push((request.provider_customer_id.clone(), default));
        Ok(format!("https://portal.example/?back={}", request.return_url).parse().expect("a URL"))
    }

    async fn prepare_charge(&self, request: &ChargeRequest) -> Result<String, ProviderError> {
        let loses_answer = self.begin()?;
        let id = format!("pi_{}", request.session.payment_id);
        let mut state = self.lock();
        let fresh = FakeSession { state: untouched(request.session.amount), request: request.session.clone() };
        state.sessions.entry(id.clone()).or_insert(fresh);
        if loses_answer { Err(ProviderError::Timeout) } else { Ok(id) }
    }

    async fn make_charge(&self, id: &str, request: &ChargeRequest) -> Result<MethodCharge, ProviderError> {
        self.begin()?;
        let mut guard = self.lock();
        let state = &mut *guard;
        let cut_off = state.methods.cut_off.take();
        if cut_off == Some(CutOff::BeforeTheCharge) {
            return Err(ProviderError::Timeout);
        }
        if !state.methods.tokens.iter().any(|token| token == request.token.expose_secret()) {
            let failure = Failure { code: "resource_missing".to_owned(), message: "No such method.".to_owned() };
            return Err(ProviderError::InvalidRequest(failure));
        }
        if let Some(code) = state.methods.decline.take() {
            return Err(ProviderError::Declined(Failure { code: code.to_owned(), message: "Declined.".to_owned() }));
        }
        let session = state.sessions.get_mut(id).ok_or(ProviderError::NotFound(id.to_owned()))?;
        let confirm_url = state.methods.asks.then(|| "https://bank.example/".parse().expect("a URL"));
        if session.state.status == SessionStatus::Open && !std::mem::take(&mut state.methods.asks) {
            session.state = match session.request.capture {
                CaptureMode::Automatic => taken(&session.request),
                CaptureMode::Manual => held(&session.request),
            };
            state.methods.charges.push((request.session.payment_id, request.presence));
        }
        let state = session.state.clone();
        if cut_off.is_some() { Err(ProviderError::Timeout) } else { Ok(MethodCharge { confirm_url, state }) }
    }
}
