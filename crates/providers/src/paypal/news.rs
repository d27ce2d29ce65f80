//! Disputes of late: <https://developer.paypal.com/docs/api/customer-disputes/v1/#disputes_list>. The list leaves out what each is
//! about, so that each is looked at by itself.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use url::{Url, form_urlencoded::Serializer};

use super::{
    client::PaypalClient,
    events::told_of_dispute,
    objects::{DisputeObject, LinkObject},
};
use crate::{ProviderError, ProviderEvent, http::checked_id};

const DISPUTES: &str = "v1/customer/disputes";

/// A day less than PayPal looks back.
const LONGEST_SPAN: SignedDuration = SignedDuration::from_hours(179 * 24);

/// As many as a page can have.
const PAGE_SIZE: &str = "50";

/// Of one look.
const MOST_PAGES: usize = 4;

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    items: Vec<Summary>,
    #[serde(default)]
    links: Vec<LinkObject>,
}

#[derive(Deserialize)]
struct Summary {
    dispute_id: String,
}

/// Those that were opened, answered or decided since `from`.
pub async fn list_news(
    client: &PaypalClient,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<ProviderEvent>, ProviderError> {
    let (mut news, mut after) = (Vec::new(), None);
    for _ in 0..MOST_PAGES {
        let page: Page = client.get(&path(from.max(to - LONGEST_SPAN), after.as_deref())).await?;
        for Summary { dispute_id } in page.items {
            let dispute: DisputeObject = client.get(&format!("{DISPUTES}/{}", checked_id(&dispute_id)?)).await?;
            let at = dispute.update_time.unwrap_or(to);
            let told = told_of_dispute(dispute, at);
            // One that makes no sense keeps nobody from the others.
            let told =
                told.inspect_err(|error| tracing::warn!(dispute_id, %error, "a dispute of PayPal's cannot be read"));
            news.extend(told.ok().flatten());
        }
        after = page.links.iter().find_map(token);
        if after.is_none() {
            break;
        }
    }
    Ok(news)
}

fn path(since: Timestamp, after: Option<&str>) -> String {
    let mut query = Serializer::new(String::new());
    query.append_pair("update_time_after", &format!("{since:.3}")).append_pair("page_size", PAGE_SIZE);
    if let Some(after) = after {
        query.append_pair("next_page_token", after);
    }
    format!("{DISPUTES}?{}", query.finish())
}

/// Where the next page begins, as a link to it says.
fn token(link: &LinkObject) -> Option<String> {
    let next: Url = link.href.parse().ok().filter(|_| link.rel == "next")?;
    next.query_pairs().find(|(name, _)| name == "next_page_token").map(|(_, token)| token.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_named_by_a_link_and_asked_for_at_our_own_address() {
        let link = |rel: &str, href: &str| LinkObject { href: href.to_owned(), rel: rel.to_owned() };
        let next = "https://elsewhere.example/v1/customer/disputes?page_size=50&next_page_token=S5ANS4X%3D";
        assert_eq!(token(&link("next", next)).as_deref(), Some("S5ANS4X="));
        assert_eq!(token(&link("self", next)), None);
        assert_eq!(token(&link("next", "not a page")), None);
        let since = "2027-03-01T10:00:00Z".parse().unwrap();
        let expected = "v1/customer/disputes?update_time_after=2027-03-01T10%3A00%3A00.000Z&page_size=50";
        assert_eq!(path(since, None), expected);
        assert_eq!(path(since, Some("S5ANS4X=")), format!("{expected}&next_page_token=S5ANS4X%3D"));
    }
}
