//! Where a session is paid: the hosted page for a person with a browser, and the same without one for tests.

mod headless;
pub mod html;
mod pages;

pub use headless::{authenticate_checkout, complete_checkout, decide_dispute, fail_refund};
pub use pages::{
    authentication_page, checkout_page, consent_page, page, return_page, see_other, submit_authentication,
    submit_payment,
};
