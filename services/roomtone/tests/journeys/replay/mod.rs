//! What three providers told of some days of business, recorded, and told again in any order: repeated, in part never
//! told, and with forgeries in between. Payments, bookings and books end as they do when it is told once and in order.

mod delivery;
mod outcome;
mod recording;

use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};
use testkit::budget;

use self::{
    delivery::Delivery,
    recording::{PROVIDERS, Recording, STORIES},
};

/// The sweeper asks about what is open after ten minutes, and the job that refunds before that.
const SWEEPERS_TURN_SECS: i64 = 20 * 60;

#[tokio::test(flavor = "multi_thread")]
async fn events_in_any_order_repeated_lost_and_forged_end_like_events_in_order() {
    let seed = std::env::var("ROOMTONE_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_270_328);
    println!("ROOMTONE_TEST_SEED={seed}");
    let each_story_at_each_provider = PROVIDERS.len() * STORIES.len();
    let recording = Recording::make(each_story_at_each_provider * budget(1, 23)).await;
    assert!(recording.events.len() >= budget(80, 2_000), "{} events", recording.events.len());
    let in_order: Vec<_> = recording.events.iter().map(Delivery::genuine).collect();
    let expected = recording.play(in_order, 1, None).await;

    for order in 0..budget(2, 100) as u64 {
        let mut dice = StdRng::seed_from_u64(seed + order);
        let (lost, told) = recording.lose_a_tenth(&mut dice);
        let mut deliveries: Vec<_> = told.iter().flat_map(|event| [Delivery::genuine(event); 3]).collect();
        deliveries.extend(recording.forge(deliveries.len().div_ceil(20), &mut dice));
        deliveries.shuffle(&mut dice);
        println!("order {order}: {} deliveries, {} events lost", deliveries.len(), lost);
        recording.play(deliveries, 8, Some(&expected)).await;
    }
}
