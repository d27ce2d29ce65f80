//! One row, cell by cell.

use testkit::TestResponse;

use super::{
    call::{Call, outcome, told},
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
        self.row.expected(self.identity) == Outcome::LetIn
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

/// What differs from the row. Those who are refused come first, so that what they must not reach is still there.
pub async fn check(world: &World, row: &Row) -> Vec<String> {
    let mut identities = Identity::ALL.to_vec();
    identities.sort_by_key(|identity| row.expected(*identity) == Outcome::LetIn);
    let mut found = Vec::new();
    for identity in identities {
        let case = Case { world, row, identity, service: None };
        match (&row.owner, identity) {
            (Owner::Services(listed), Identity::Service) => check_services(&case, listed, &mut found).await,
            (Owner::Services(_), _) => check_outsider(&case, &mut found).await,
            _ => check_public(&case, &mut found).await,
        }
    }
    found
}

async fn check_public(case: &Case<'_>, found: &mut Vec<String>) {
    let Case { world, row, identity, .. } = *case;
    let (client, whom, expected) = (&world.platform.client, identity.title(), row.expected(identity));
    let call = case.call().await;
    let person = world.person(identity, &row.owner).map(|person| call.token.as_ref().unwrap_or(&person.token));
    let token = if identity == Identity::Service { Some(world.tokens.for_anybody(row.service)) } else { person };
    let answer = call.send(client, &world.platform.url, row.operation, token.map(String::as_str)).await;
    if outcome(&answer) != expected {
        found.push(case.differs(whom, expected, &answer));
    }
    // Where somebody has to sign in a service is nobody, past the gateway, too.
    let needs_identity = row.expected(Identity::Anonymous) == Outcome::Refused(401);
    if identity == Identity::Service && needs_identity {
        let answer = call.send(client, &world.direct(row.service), row.operation, token.map(String::as_str)).await;
        if answer.status != 401 {
            found.push(case.differs("a service directly", 401, &answer));
        }
    }
}

/// The gateway knows no internal operation, and the service itself takes nobody's token but a service's.
async fn check_outsider(case: &Case<'_>, found: &mut Vec<String>) {
    let Case { world, row, identity, .. } = *case;
    let (client, call) = (&world.platform.client, case.call().await);
    let token = world.person(identity, &row.owner).map(|person| person.token.as_str());
    for (way, base, expected) in [
        ("", world.platform.url.clone(), row.expected(identity)),
        (" directly", world.direct(row.service), Outcome::Refused(401)),
    ] {
        let answer = call.send(client, &base, row.operation, token).await;
        if outcome(&answer) != expected {
            found.push(case.differs(&format!("{}{way}", identity.title()), expected, &answer));
        }
    }
}

/// The listed services are let in; all others get no token, or are refused with it.
async fn check_services(case: &Case<'_>, listed: &[String], found: &mut Vec<String>) {
    let Case { world, row, .. } = *case;
    let client = &world.platform.client;
    for (service, _) in service_kit::config::SERVICES {
        let case = Case { service: Some(service), ..*case };
        let is_listed = listed.iter().any(|name| name == service);
        let expected = if is_listed { row.expected(Identity::Service) } else { Outcome::Refused(403) };
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
