//! Looks for the host of one code among those that announce a meeting, for a bounded time.

use super::browser::Browser;
use super::neighbours::Found;
use super::networks::Networks;
use super::seal::Seal;
use crate::protocol::{Fingerprint, MeetingCode, ServerAddress};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Servers that wait to be tried.
const PLACES: usize = 4;
/// Servers that one is told of, at most: more than one host with one code are liars all but one.
const MOST_PLACES: usize = 8;
/// Seals that are tried; each takes 50 ms of a core.
const MOST_SEALS: usize = 64;

/// A search for the host of a code. Dropping it ends it.
#[derive(Debug)]
pub struct Search(JoinHandle<()>);

impl Search {
    /// How long to look: whoever is there answers within a tenth of it, unless a packet gets lost.
    pub const PATIENCE: Duration = Duration::from_secs(2);

    /// Looks for the host of `code`, on the tokio runtime that this is called in; with what a browser has found already, if
    /// there is one. Gives each server whose seal fits; their end says that no more will be found.
    pub fn start(browser: Option<Browser>, code: MeetingCode) -> (Self, mpsc::Receiver<ServerAddress>) {
        let (sender, places) = mpsc::channel(PLACES);
        let task = tokio::spawn(async move {
            if Networks::here().is_empty() {
                tracing::debug!("there is no local network to look for the meeting in");
                return;
            }
            let browser = match browser.map_or_else(Browser::start, Ok) {
                Ok(browser) => browser,
                Err(error) => return tracing::warn!(%error, "the meeting is not looked for on this network"),
            };
            // The end of the time is no failure.
            timeout(Self::PATIENCE, look(browser, code, &sender)).await.ok();
        });
        (Self(task), places)
    }
}

impl Drop for Search {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn look(mut browser: Browser, code: MeetingCode, places: &mpsc::Sender<ServerAddress>) {
    let mut choice = Choice::default();
    loop {
        let found = browser.found();
        while let Some((seal, fingerprint)) = choice.next_to_try(&found) {
            let trying = tokio::task::spawn_blocking(move || seal.fits(code, fingerprint));
            choice.tried(seal, fingerprint, trying.await.unwrap_or(false));
            for place in choice.new_places(&found) {
                if places.send(place).await.is_err() {
                    return;
                }
            }
        }
        for place in choice.new_places(&found) {
            if places.send(place).await.is_err() {
                return;
            }
        }
        browser.changed().await;
    }
}

/// Which of those that were found have the meeting. A state machine: it says which seal to try, and is told whether it fits.
#[derive(Debug, Default)]
struct Choice {
    tried: HashMap<(Seal, Fingerprint), bool>,
    told: Vec<ServerAddress>,
}

impl Choice {
    /// A seal that was not tried before.
    fn next_to_try(&self, found: &Arc<[Found]>) -> Option<(Seal, Fingerprint)> {
        let seals = found.iter().map(|found| (found.record.seal, found.record.fingerprint));
        let mut new = seals.filter(|seal| !self.tried.contains_key(seal));
        if self.tried.len() < MOST_SEALS { new.next() } else { None }
    }

    fn tried(&mut self, seal: Seal, fingerprint: Fingerprint, fits: bool) {
        self.tried.insert((seal, fingerprint), fits);
    }

    /// The servers whose seal fits and that were not told of before.
    fn new_places(&mut self, found: &Arc<[Found]>) -> Vec<ServerAddress> {
        let fits = |found: &&Found| self.tried.get(&(found.record.seal, found.record.fingerprint)) == Some(&true);
        let mut places: Vec<ServerAddress> = Vec::new();
        for place in found.iter().filter(fits).flat_map(Found::servers) {
            let is_new = !self.told.contains(&place) && !places.contains(&place);
            if is_new && self.told.len() + places.len() < MOST_PLACES {
                places.push(place);
            }
        }
        self.told.extend(places.iter().cloned());
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discovery::Record;
    use crate::discovery::neighbours::Neighbours;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use std::collections::HashSet;

    /// What somebody announces: a seal of so many, the certificate's number, and the last part of the address.
    type Said = (u8, u8, u8);

    fn list(said: &[Said]) -> Arc<[Found]> {
        let mut neighbours = Neighbours::default();
        let networks = Networks::of([10, 0, 0, 1], [255, 255, 255, 0]);
        for (number, (seal, print, address)) in said.iter().enumerate() {
            let seal = Seal { salt: [0; 16], tag: [*seal; 16] };
            let record = Record::new(seal, Fingerprint([*print; 32]), None, 1, true);
            neighbours.announced(&number.to_string(), record, [[10, 0, 0, *address].into()], 7443, &networks);
        }
        neighbours.list()
    }

    /// Chooses from lists that follow each other; the seal with this number fits.
    fn choose(lists: &[Vec<Said>], fitting: u8) -> (Vec<ServerAddress>, usize) {
        let (mut choice, mut places, mut tries) = (Choice::default(), Vec::new(), 0);
        for said in lists {
            let found = list(said);
            while let Some((seal, fingerprint)) = choice.next_to_try(&found) {
                tries += 1;
                choice.tried(seal, fingerprint, seal.tag == [fitting; 16]);
            }
            places.extend(choice.new_places(&found));
        }
        (places, tries)
    }

    #[test]
    fn of_many_hosts_the_one_whose_seal_fits_is_chosen() {
        let (places, tries) = choose(&[vec![(1, 1, 2), (2, 2, 3)], vec![(1, 1, 2), (2, 2, 3), (9, 3, 4)]], 9);
        assert_eq!(places.len(), 1);
        assert_eq!(places[0].host(), "10.0.0.4");
        assert_eq!(tries, 3, "no seal is tried twice");
    }

    #[test]
    fn who_repeats_the_hosts_announcement_does_not_hide_the_host() {
        // The liar's place is told of too, but known by the host's certificate, which the liar cannot show.
        let (places, tries) = choose(&[vec![(9, 3, 66), (9, 3, 4)]], 9);
        let hosts: HashSet<&str> = places.iter().map(ServerAddress::host).collect();
        assert_eq!(hosts, HashSet::from(["10.0.0.66", "10.0.0.4"]));
        assert_eq!(tries, 1);
    }

    #[tokio::test]
    async fn a_search_that_nobody_waits_for_any_more_ends() {
        let (search, _places) = Search::start(None, "abc-defg-hij".parse().unwrap());
        let task = search.0.abort_handle();
        drop(search);
        while !task.is_finished() {
            tokio::task::yield_now().await;
        }
    }

    proptest! {
        #[test]
        fn only_what_fits_is_chosen_each_place_once_and_with_bounded_work(
            lists in vec(vec((0_u8..100, 0_u8..3, 2_u8..250), 0..40), 0..12), fitting in 0_u8..8,
        ) {
            let (places, tries) = choose(&lists, fitting);
            prop_assert!(tries <= MOST_SEALS && places.len() <= MOST_PLACES);
            let different: HashSet<_> = places.iter().collect();
            prop_assert_eq!(different.len(), places.len());
            let fits = |place: &ServerAddress| {
                lists.iter().flatten().any(|(seal, print, address)| {
                    *seal == fitting
                        && place.host() == format!("10.0.0.{address}")
                        && place.to_string().ends_with(&Fingerprint([*print; 32]).to_string())
                })
            };
            prop_assert!(places.iter().all(fits));
            if tries < MOST_SEALS && places.is_empty() {
                let is_shown = |said: &Vec<Said>| list(said).iter().any(|found| found.record.seal.tag == [fitting; 16]);
                prop_assert!(!lists.iter().any(is_shown), "the host was there and was not found");
            }
        }
    }
}
