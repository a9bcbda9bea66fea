//! [`cases`]: how many random cases a property test draws, and from which seed.
//!
//! A fixed seed, so that the same sources always give the same verdict; to look for new cases give another
//! one: `FLOW_TEST_SEED=7 FLOW_TEST_CASES=20 cargo test -p flow-tests prop_`.

use proptest::test_runner::{Config, RngSeed};

/// So many cases, times `FLOW_TEST_CASES` (a whole number; 1 where it is not set).
pub(crate) fn cases(count: u32) -> Config {
    let number = |name| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a whole number"));
    let times = number("FLOW_TEST_CASES").map_or(1, |times| u32::try_from(times).expect("a small number"));
    let rng_seed = RngSeed::Fixed(number("FLOW_TEST_SEED").unwrap_or(1));
    Config { cases: count * times, rng_seed, failure_persistence: None, ..Config::default() }
}
