//! Somebody signed in has proved once more who they are, in the request that asks for what the account could be lost by.

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};
use futures_util::future::LocalBoxFuture;
use kernel::{SessionId, UserId};
use problem::Problem;
use serde::de::DeserializeOwned;
use service_kit::{Caller, Json};

use super::{Credentials, Demand, reauthenticate};
use crate::{App, sessions::Device, users::User};

/// A body that holds what its sender proves themselves by, and what they wish beside.
pub trait Proof: DeserializeOwned + 'static {
    const DEMAND: Demand;
    type Wish;

    fn split(self) -> (Credentials, Self::Wish);
}

/// A handler that wants one cannot be reached without the proof; the whole body is read by it.
pub struct Reauthenticated<P: Proof> {
    pub user: User,
    pub session_id: SessionId,
    pub device: Device,
    pub wish: P::Wish,
}

impl<P: Proof> Reauthenticated<P> {
    /// Whose account it is, and the session that must still be open when something is done to it.
    pub fn owner(&self) -> (UserId, SessionId) {
        (self.user.id, self.session_id)
    }
}

impl<P: Proof> FromRequest for Reauthenticated<P> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let app = Data::<App>::extract(request);
        let (caller, device) = (Caller::extract(request), Device::extract(request));
        let body = Json::<P>::from_request(request, payload);
        Box::pin(async move {
            let app = app.await.map_err(|error| Problem::internal(anyhow::anyhow!("{error}")))?;
            let (caller, device) = (caller.await?, device.await?);
            let (credentials, wish) = body.await?.into_inner().split();
            let user = reauthenticate(&app, &caller, credentials, P::DEMAND, &device).await?;
            Ok(Self { user, session_id: caller.session_id(), device, wish })
        })
    }
}
