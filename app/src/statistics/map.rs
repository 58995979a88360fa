//! Who receives whom how well: what was measured here, and what the others told.

use nonet_media::mesh::{Account, Reception};
use nonet_media::rtp::PeerId;

use super::{History, Second};
use crate::quality;

/// How well one receives another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nobody receives themselves.
    Oneself,
    /// Nobody has told, and it is not guessed.
    Unknown,
    Known(Reception),
}

/// See the module's description.
#[derive(Debug)]
pub struct Map<'a> {
    own: Account,
    newest: Option<&'a Second>,
}

impl<'a> Map<'a> {
    /// Of the newest second.
    pub fn new(history: &'a History) -> Self {
        Self { own: quality::account(history), newest: history.last() }
    }

    /// How `receiver` receives `sender`.
    pub fn cell(&self, receiver: u32, sender: u32) -> Cell {
        if receiver == sender {
            return Cell::Oneself;
        }
        let account = match self.newest {
            Some(newest) if newest.me == Some(receiver) => Some(&self.own),
            newest => newest.and_then(|newest| newest.told_by(receiver)),
        };
        account
            .and_then(|account| account.of(PeerId(sender)))
            .map_or(Cell::Unknown, |reception| Cell::Known(*reception))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::statistics::{RemoteSecond, Told};

    #[test]
    fn what_is_known_is_shown_and_nothing_else() {
        let ana = RemoteSecond {
            id: 2,
            is_connected: true,
            awaited_height: Some(360),
            fps: 30.0,
            height: 360,
            packets: 100,
            sound_packets: 50,
            ..RemoteSecond::default()
        };
        let reception = Reception {
            from: PeerId(1),
            kbps: 5,
            lost_permille: None,
            fps: 30,
            width: 0,
            height: 0,
            jitter_ms: 0,
            grade: None,
        };
        // Ana claims to know how Ben receives her as well; only her own row is hers to tell.
        let account = Account {
            receptions: [reception, Reception { from: PeerId(2), ..reception }].into(),
            ..Account::default()
        };
        let mut history = History::default();
        for number in 0..5 {
            let told = vec![Told { by: 2, account: account.clone() }];
            let remotes = vec![ana.clone()];
            history.push(Second {
                ended: Duration::from_secs(number),
                me: Some(1),
                remotes,
                told,
                ..Second::default()
            });
        }
        let map = Map::new(&history);
        assert!(matches!(map.cell(1, 2), Cell::Known(Reception { fps: 30, height: 360, .. })));
        assert_eq!(map.cell(2, 1), Cell::Known(reception));
        assert_eq!(map.cell(2, 2), Cell::Oneself);
        for (receiver, sender) in [(3, 2), (2, 3), (1, 3)] {
            assert_eq!(map.cell(receiver, sender), Cell::Unknown);
        }
        assert_eq!(Map::new(&History::default()).cell(1, 2), Cell::Unknown);
    }
}
