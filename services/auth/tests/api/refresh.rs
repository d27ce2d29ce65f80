use std::collections::BTreeSet;

use contracts::auth::v1::{RefreshTokenReused, SessionRevoked};
use futures_util::future::join_all;

use crate::support::{Auth, PASSWORD, claims, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_is_exchanged_for_its_successor_in_the_same_session() {
    let auth = Auth::start().await;
    let person = auth.person("ada@example.com").await;
    auth.service.advance_secs(600).await;
    let tokens = auth.refresh(&person.refresh_token).await.expect(200);
    assert_ne!(text(&tokens["refresh_token"]), person.refresh_token);
    let claims = claims(&text(&tokens["access_token"]));
    assert_eq!(text(&claims["sid"]), person.session_id);
    assert!(claims["exp"].as_i64().unwrap() >= auth.service.now().as_second() + 599);
    auth.refresh(&text(&tokens["refresh_token"])).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_refreshes_at_once_have_one_successor_and_nobody_is_logged_out() {
    let auth = Auth::start().await;
    let person = auth.person("ada@example.com").await;
    let answers = join_all((0..20).map(|_| auth.refresh(&person.refresh_token))).await;
    let successors: BTreeSet<String> =
        answers.into_iter().map(|answer| text(&answer.expect(200)["refresh_token"])).collect();
    assert_eq!(successors.len(), 1);
    auth.refresh(successors.first().unwrap()).await.expect(200);
    assert!(auth.service.events::<RefreshTokenReused>().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_can_be_asked_for_again_for_twenty_seconds() {
    let auth = Auth::start().await;
    let person = auth.person("ada@example.com").await;
    let first = auth.refresh(&person.refresh_token).await.expect(200);
    auth.service.advance_secs(15).await;
    let again = auth.refresh(&person.refresh_token).await.expect(200);
    assert_eq!(first["refresh_token"], again["refresh_token"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parent_whose_successor_was_used_a_moment_ago_is_refused_and_the_session_lives() {
    let auth = Auth::start().await;
    let person = auth.person("ada@example.com").await;
    let second = text(&auth.refresh(&person.refresh_token).await.expect(200)["refresh_token"]);
    let third = text(&auth.refresh(&second).await.expect(200)["refresh_token"]);
    auth.refresh(&person.refresh_token).await.expect_problem(401, "refresh_token_superseded");
    auth.refresh(&third).await.expect(200);
    assert!(auth.service.events::<SessionRevoked>().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn reuse_after_the_window_ends_the_family_and_tells_its_owner() {
    let auth = Auth::start().await;
    let person = auth.person("ada@example.com").await;
    let stolen = person.refresh_token.clone();
    let mine = text(&auth.refresh(&stolen).await.expect(200)["refresh_token"]);
    auth.service.advance_secs(21).await;

    let answers = join_all((0..5).map(|_| auth.refresh(&stolen))).await;
    for answer in answers {
        answer.expect_problem(401, "refresh_token_reused");
    }
    auth.refresh(&mine).await.expect_problem(401, "refresh_token_reused");
    assert_eq!(auth.exchange(&person.id, &person.session_id).await.status, 404);

    let reused = auth.service.events::<RefreshTokenReused>().await;
    assert_eq!(reused.len(), 1, "told once");
    assert_eq!((reused[0].user_id.as_str(), reused[0].email.as_str()), (person.id.as_str(), "ada@example.com"));
    let revoked = auth.service.events::<SessionRevoked>().await;
    assert_eq!(revoked.len(), 1);
    assert_eq!(revoked[0].session_id, person.session_id);
    auth.log_in("ada@example.com", PASSWORD).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_sessions_outlive_a_stolen_one() {
    let auth = Auth::start().await;
    let phone = auth.person("ada@example.com").await;
    let laptop = text(&auth.log_in("ada@example.com", PASSWORD).await.expect(200)["refresh_token"]);
    auth.refresh(&phone.refresh_token).await.expect(200);
    auth.service.advance_secs(21).await;
    auth.refresh(&phone.refresh_token).await.expect_problem(401, "refresh_token_reused");
    auth.refresh(&laptop).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_not_used_for_thirty_days_is_over() {
    let auth = Auth::start().await;
    let person = auth.person("ada@example.com").await;
    auth.service.advance_secs(29 * 24 * 3600).await;
    let tokens = auth.refresh(&person.refresh_token).await.expect(200);
    auth.service.advance_secs(30 * 24 * 3600).await;
    auth.refresh(&text(&tokens["refresh_token"])).await.expect_problem(401, "invalid_refresh_token");
    assert_eq!(auth.exchange(&person.id, &person.session_id).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_refresh_token_is_refused() {
    let auth = Auth::start().await;
    let person = auth.person("ada@example.com").await;
    for token in ["", "rtr_", &person.access_token, &person.identity, &"x".repeat(100_000)] {
        auth.refresh(token).await.expect_problem(401, "invalid_refresh_token");
    }
}
