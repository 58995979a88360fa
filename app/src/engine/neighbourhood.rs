//! The network that one is in: one's own meeting is announced there, and while one looks for a meeting to join, those of others are
//! listed.
//!
//! Owns what is looked for and announced; what is found is only shown. That it does not work is never a problem of the person's.

use std::collections::BTreeMap;
use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use nonet_signaling::discovery::{Announcement, Announcer, Attendance, Browser, Found, Seal};
use nonet_signaling::protocol::{DisplayName, Fingerprint, MeetingCode, MeetingLink, Security};
use nonet_signaling::server::Server;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::settings::DiscoverySettings;
use crate::view::NearbyMeeting;

/// Who comes from the command line is in a meeting before, and looks for nothing.
const BEFORE_LOOKING: Duration = Duration::from_millis(300);
/// Codes of the past that are tried on meetings of today; each takes 50 ms of a core.
const MOST_TRIED: usize = 32;

/// The meetings of others, while one may want to join one. Dropping it ends the looking.
#[derive(Debug)]
pub(super) struct Neighbourhood {
    begins: Instant,
    browser: Option<Browser>,
    /// Meetings that one was in, the last first.
    known: Vec<MeetingLink>,
    /// Of each seal that a known code was tried on, the code if it fits.
    tried: BTreeMap<(Seal, MeetingCode), bool>,
    trying: JoinSet<(Seal, MeetingCode, bool)>,
    shown: Arc<[NearbyMeeting]>,
}

impl Neighbourhood {
    /// Looks soon. Meetings that one was in are recognised by their links.
    pub fn new<'a>(links: impl Iterator<Item = &'a str>) -> Self {
        Self {
            begins: Instant::now() + BEFORE_LOOKING,
            browser: None,
            known: links.filter_map(|link| link.parse().ok()).collect(),
            tried: BTreeMap::new(),
            trying: JoinSet::new(),
            shown: Arc::default(),
        }
    }

    /// What has been found.
    pub fn shown(&self) -> Arc<[NearbyMeeting]> {
        self.shown.clone()
    }

    /// What looks, for a search that goes on with what is known.
    pub fn into_browser(self) -> Option<Browser> {
        self.browser
    }

    /// Returns when there is something else to show.
    pub async fn changed(neighbourhood: &mut Option<Self>) {
        let Some(around) = neighbourhood else { return pending().await };
        loop {
            match &mut around.browser {
                None => {
                    sleep_until(around.begins).await;
                    match Browser::start() {
                        Ok(browser) => around.browser = Some(browser),
                        Err(error) => {
                            tracing::warn!(%error, "meetings on this network are not listed");
                            return pending().await;
                        }
                    }
                }
                Some(browser) => tokio::select! {
                    () = browser.changed() => {}
                    Some(tried) = around.trying.join_next() => if let Ok((seal, code, fits)) = tried {
                        around.tried.insert((seal, code), fits);
                    }
                },
            }
            if around.look() {
                return;
            }
        }
    }

    /// Takes in what is found now; whether that changes what is shown.
    fn look(&mut self) -> bool {
        let found = self.browser.as_ref().map(Browser::found).unwrap_or_default();
        for (seal, code, fingerprint) in found.iter().flat_map(|found| candidates(&self.known, found)) {
            if self.tried.len() < MOST_TRIED && !self.tried.contains_key(&(seal, code)) {
                self.tried.insert((seal, code), false);
                self.trying.spawn_blocking(move || (seal, code, seal.fits(code, fingerprint)));
            }
        }
        let shown: Arc<[_]> = found.iter().map(|found| shown(found, &self.known, &self.tried)).collect();
        let is_new = shown != self.shown;
        self.shown = shown;
        is_new
    }
}

/// The codes that may be this meeting's: of earlier ones on a server with the same certificate.
fn candidates(known: &[MeetingLink], found: &Found) -> impl Iterator<Item = (Seal, MeetingCode, Fingerprint)> {
    candidates_of(known, found.record.seal, found.record.fingerprint)
}

fn candidates_of(
    known: &[MeetingLink],
    seal: Seal,
    fingerprint: Fingerprint,
) -> impl Iterator<Item = (Seal, MeetingCode, Fingerprint)> {
    let is_there = move |link: &&MeetingLink| link.server.security() == Security::Pinned(fingerprint);
    known.iter().filter(is_there).map(move |link| (seal, link.code, fingerprint))
}

fn shown(found: &Found, known: &[MeetingLink], tried: &BTreeMap<(Seal, MeetingCode), bool>) -> NearbyMeeting {
    let code = known_code(candidates(known, found), tried);
    let server = found.servers().next();
    NearbyMeeting {
        host: found.record.host.as_ref().map_or(DisplayName::NOBODY, DisplayName::as_str).to_owned(),
        people: found.record.people,
        is_locked: !found.record.is_open,
        // Where it is now, which may be another address than then.
        code_or_link: code.and_then(|code| Some(server?.link(code, None).to_string())),
    }
}

/// The code that was found to fit.
fn known_code(
    mut candidates: impl Iterator<Item = (Seal, MeetingCode, Fingerprint)>,
    tried: &BTreeMap<(Seal, MeetingCode), bool>,
) -> Option<MeetingCode> {
    candidates.find(|(seal, code, _)| tried.get(&(*seal, *code)) == Some(&true)).map(|(_, code, _)| code)
}

/// Announces the meeting that is held on one's own server. Dropping it takes that back in the background.
#[derive(Debug)]
pub(super) struct Herald {
    server: (SocketAddr, Fingerprint),
    host: Option<DisplayName>,
    /// From when there is something to announce.
    announcer: Option<Announcer>,
}

impl Herald {
    /// For the host of this name; none where nothing is to be announced.
    pub fn new(settings: DiscoverySettings, server: &Server, name: &str) -> Option<Self> {
        let fingerprint = server.fingerprint().filter(|_| settings.is_on)?;
        let host = settings.announces_name.then(|| DisplayName::new(name));
        Some(Self { server: (server.local_addr(), fingerprint), host, announcer: None })
    }

    /// Announces the meeting, or what is new of it.
    pub fn tell(&mut self, code: MeetingCode, attendance: Attendance) {
        match &self.announcer {
            Some(announcer) => announcer.update(attendance),
            None => {
                let (listens_at, fingerprint) = self.server;
                let announcement = Announcement { code, listens_at, fingerprint, host: self.host.clone() };
                self.announcer = Some(Announcer::start(announcement, attendance));
            }
        }
    }

    /// Takes the announcement back.
    pub async fn close(self) {
        if let Some(announcer) = self.announcer {
            announcer.close().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_switched_it_off_announces_nothing_and_who_wants_no_name_told_no_name() {
        let config = nonet_signaling::server::ServerConfig::new(
            ([127, 0, 0, 1], 0).into(),
            Some(nonet_signaling::server::Certificate::ephemeral().unwrap()),
        );
        let server = Server::start(config).await.unwrap();
        let settings = |is_on, announces_name| DiscoverySettings { is_on, announces_name };
        assert!(Herald::new(settings(false, true), &server, "Ana").is_none());
        let host = |settings| Herald::new(settings, &server, "Ana").unwrap().host;
        assert_eq!(host(settings(true, false)), None);
        assert_eq!(host(settings(true, true)), Some(DisplayName::new("Ana")));
    }

    #[test]
    fn a_code_of_the_past_is_tried_only_where_its_host_is() {
        let link =
            |print: &str, code: &str| format!("nonet://10.0.0.2:7443/{code}#{}", print.repeat(64)).parse().unwrap();
        let known: [MeetingLink; 3] = [link("1", "abc-defg-hij"), link("2", "abc-defg-hij"), link("1", "kfw-tqxm-ehd")];
        let found = |print| {
            let seal = Seal { salt: [0; 16], tag: [0; 16] };
            (seal, Fingerprint([print; 32]))
        };
        let codes = |(seal, fingerprint): (Seal, Fingerprint)| {
            candidates_of(&known, seal, fingerprint).map(|(_, code, _)| code.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(codes(found(0x11)), ["abc-defg-hij", "kfw-tqxm-ehd"]);
        assert_eq!(codes(found(0x22)), ["abc-defg-hij"]);
        assert!(codes(found(0x33)).is_empty());

        let (seal, print) = found(0x11);
        let known_code = |tried: &[(&str, bool)]| {
            let tried = tried.iter().map(|(code, fits)| ((seal, code.parse().unwrap()), *fits)).collect();
            known_code(candidates_of(&known, seal, print), &tried).map(|code| code.to_string())
        };
        assert_eq!(known_code(&[("abc-defg-hij", false)]), None, "nor one that is not tried yet");
        assert_eq!(known_code(&[("abc-defg-hij", false), ("kfw-tqxm-ehd", true)]).as_deref(), Some("kfw-tqxm-ehd"));
    }
}
