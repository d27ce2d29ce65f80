//! What happens to the rest of a chunked body that its handler did not want: nobody reads it.
//!
//! The server would read and throw away such a rest, however long it is, as soon as the handler lets go of it. A sender
//! that was refused would keep the service reading for as long as it likes. So the body is held on to until the answer is
//! out: what its sender pushes on then waits in the sender's own buffers, and the connection is closed.

use std::{
    cell::RefCell,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};

use actix_web::{
    HttpMessage,
    body::{BodySize, BoxBody, MessageBody},
    dev::{Payload, ServiceRequest},
    error::PayloadError,
    http::header::TRANSFER_ENCODING,
};
use bytes::Bytes;
use futures_util::Stream;
use tokio::time::Sleep;

/// A sender has this long to read its answer before the connection is closed: a connection that is closed over unread
/// bytes is reset, and a reset can overtake the answer (RFC 9112 section 9.6).
const TIME_TO_READ_THE_ANSWER: Duration = Duration::from_secs(5);

/// So much of a rest is still read: a body that all but ended needs no waiting.
const SHORT_REST: usize = 64 * 1024;

/// A chunked request body, in the hands of its handler and of [`answer`].
#[derive(Clone)]
pub(crate) struct Watched(Rc<RefCell<State>>);

struct State {
    payload: Payload,
    ended: bool,
}

impl Watched {
    /// Takes the body of a chunked request and leaves in its place one that can be watched. Bodies that announce their
    /// length need none of this: the server closes the connection over what is left of them.
    pub(crate) fn of(request: &mut ServiceRequest) -> Option<Self> {
        if !request.headers().contains_key(TRANSFER_ENCODING) {
            return None;
        }
        let watched = Self(Rc::new(RefCell::new(State { payload: request.take_payload(), ended: false })));
        request.set_payload(Payload::Stream { payload: Box::pin(watched.clone()) });
        Some(watched)
    }

    fn has_ended(&self) -> bool {
        self.0.borrow().ended
    }
}

impl Stream for Watched {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut state = self.0.borrow_mut();
        if state.ended {
            return Poll::Ready(None);
        }
        let polled = Pin::new(&mut state.payload).poll_next(context);
        state.ended = matches!(polled, Poll::Ready(None | Some(Err(_))));
        polled
    }
}

/// The answer to a chunked request; where that was not read to its end, one that ends with it, or when its sender has had
/// the time to read the answer.
pub(crate) fn answer(answer: BoxBody, rest: Watched) -> BoxBody {
    if rest.has_ended() {
        return answer;
    }
    BoxBody::new(AnswerOverUnread { answer, rest, read: 0, closing: None })
}

struct AnswerOverUnread {
    answer: BoxBody,
    rest: Watched,
    read: usize,
    closing: Option<Pin<Box<Sleep>>>,
}

impl AnswerOverUnread {
    fn poll_rest(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while self.read < SHORT_REST {
            match Pin::new(&mut self.rest).poll_next(context) {
                Poll::Ready(Some(Ok(chunk))) => self.read += chunk.len(),
                Poll::Ready(None | Some(Err(_))) => return Poll::Ready(()),
                Poll::Pending => break,
            }
        }
        let closing = self.closing.get_or_insert_with(|| Box::pin(tokio::time::sleep(TIME_TO_READ_THE_ANSWER)));
        closing.as_mut().poll(context)
    }
}

impl MessageBody for AnswerOverUnread {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.answer.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        match Pin::new(&mut self.answer).poll_next(context) {
            Poll::Ready(None) => self.poll_rest(context).map(|()| None),
            answer => answer,
        }
    }
}
