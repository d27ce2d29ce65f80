//! One row, cell by cell.

use testkit::TestResponse;

use super::{
    call::{Call, outcome, told, words},
    identity::{Identity, Outcome, Owner},
    matrix::Row,
    requests,
    world::World,
};
use crate::support::Person;

/// One cell.
pub struct Case<'w> {
    pub world: &'w World,
    pub row: &'w Row,
    pub identity: Identity,
    /// The service that asks, in a cell of the last column.
    pub service: Option<&'w str>,
}

impl<'w> Case<'w> {
    /// Who asks; for nobody in particular, a customer.
    pub fn caller(&self) -> &'w Person {
        self.world.person(self.identity, &self.row.owner).unwrap_or(&self.world.scene.customer)
    }

    /// Somebody new in the role of whoever asks.
    pub async fn stand_in(&self) -> Person {
        self.world.stand_in(self.identity, &self.row.owner).await
    }

    pub fn is_let_in(&self) -> bool {
        self.expected() == Outcome::LetIn
    }

    fn expected(&self) -> Outcome {
        self.row.expected(self.identity)
    }

    async fn call(&self) -> Call {
        let Row { service, operation, .. } = self.row;
        requests::call(self)
            .await
            .unwrap_or_else(|| panic!("access/requests has no request for {operation} of {service}"))
    }

    fn differs(&self, whom: &str, expected: impl std::fmt::Display, answer: &TestResponse) -> String {
        let Row { service, operation, .. } = self.row;
        format!("{service}: {operation} by {whom}: expected {expected}, got {}", told(answer))
    }
}

/// What differs from the row. Those who are refused come first and all send the same request, so that what they must not
/// reach is there.
pub async fn check(world: &World, row: &Row) -> Vec<String> {
    let mut found = Vec::new();
    let _alone = match row.operation {
        of if of.ends_with("/square/connection") => Some(world.connection.lock().await),
        of if of.contains("/api/payouts") || of.contains("receiver") => Some(world.paid_where.lock().await),
        _ => None,
    };
    let case = |identity| Case { world, row, identity, service: None };
    let (let_in, refused): (Vec<Case<'_>>, Vec<Case<'_>>) =
        Identity::ALL.into_iter().map(case).partition(Case::is_let_in);
    if let Some(first) = refused.first() {
        let call = first.call().await;
        for case in &refused {
            ask(case, &call, &mut found).await;
        }
        if row.expected(Identity::Anonymous) == Outcome::Refused(401) {
            check_behind_the_gateway(first, &call, &mut found).await;
        }
    }
    for case in &let_in {
        match &row.owner {
            Owner::Services(listed) => check_services(case, listed, &mut found).await,
            _ => ask(case, &case.call().await, &mut found).await,
        }
    }
    found
}

/// Through the gateway.
async fn ask(case: &Case<'_>, call: &Call, found: &mut Vec<String>) {
    let Case { world, row, identity, .. } = *case;
    let stand_in = call.token.as_ref().filter(|_| case.is_let_in());
    let token = match identity {
        Identity::Service => Some(world.tokens.for_anybody(row.service)),
        _ => world.person(identity, &row.owner).map(|person| stand_in.unwrap_or(&person.token)),
    };
    let token = token.map(String::as_str);
    let answer = call.send(&world.platform.client, &world.platform.url, row.operation, token).await;
    if outcome(&answer) != case.expected() {
        found.push(case.differs(identity.title(), case.expected(), &answer));
    } else if case.expected() == Outcome::Refused(404) {
        let nothing = call.about_nothing();
        let about_nothing = nothing.send(&world.platform.client, &world.platform.url, row.operation, token).await;
        if words(&answer) != words(&about_nothing) {
            let expected = format!("what is told of nothing: {}", words(&about_nothing));
            found.push(case.differs(identity.title(), expected, &answer));
        }
    }
    if row.is_internal() {
        check_directly(case, call, (identity.title(), token), found).await;
    }
}

/// Where somebody has to sign in, a service by itself takes neither a client's access token nor another service's.
async fn check_behind_the_gateway(case: &Case<'_>, call: &Call, found: &mut Vec<String>) {
    let Case { world, row, .. } = *case;
    let customer = world.scene.customer.token.as_str();
    let service = world.tokens.for_anybody(row.service).as_str();
    for who in [("the customer", Some(customer)), ("a service", Some(service)), ("nobody", None)] {
        check_directly(case, call, who, found).await;
    }
}

async fn check_directly(case: &Case<'_>, call: &Call, (whom, token): (&str, Option<&str>), found: &mut Vec<String>) {
    let Case { world, row, .. } = *case;
    let answer = call.send(&world.platform.client, &world.direct(row.service), row.operation, token).await;
    if answer.status != 401 {
        found.push(case.differs(&format!("{whom}, directly"), 401, &answer));
    }
}

/// The listed services are let in; all others get no token, or are refused with it.
async fn check_services(case: &Case<'_>, listed: &[String], found: &mut Vec<String>) {
    let Case { world, row, .. } = *case;
    let client = &world.platform.client;
    for (service, _) in service_kit::config::SERVICES {
        let case = Case { service: Some(service), ..*case };
        let is_listed = listed.iter().any(|name| name == service);
        let expected = if is_listed { case.expected() } else { Outcome::Refused(403) };
        let call = case.call().await;
        let token = world.tokens.of(service, row.service);
        let takes_credentials = row.operation == requests::CREDENTIALS;
        if token.is_none() && !takes_credentials {
            if is_listed {
                found.push(format!("{}: {}: auth gives {service} no token for it", row.service, row.operation));
            }
            continue;
        }
        let answer = call.send(client, &world.direct(row.service), row.operation, token).await;
        if outcome(&answer) != expected {
            found.push(case.differs(&format!("the service {service}"), expected, &answer));
        }
        let answer = call.send(client, &world.platform.url, row.operation, token).await;
        if answer.status != 404 {
            found.push(case.differs(&format!("the service {service} through the gateway"), 404, &answer));
        }
    }
}
