//! How well everybody is received: judged once a second, asked of the others while it helps, and told to those who ask.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use nonet_media::mesh::Account;
use nonet_media::session::Session;

use crate::quality::{self, Judge};
use crate::statistics::{History, Told};

/// From one account that is told to the next.
const TELL_INTERVAL: Duration = Duration::from_secs(2);
/// How long an account is taken for the truth: three in a row may be late.
const HOLDS_FOR: Duration = Duration::from_secs(7);

/// See the module's description.
#[derive(Debug, Default)]
pub(super) struct Receptions {
    judge: Judge,
    /// What the others told, and when.
    accounts: BTreeMap<u32, (Instant, Account)>,
    /// Whether a person looks at who receives whom.
    is_looked_at: bool,
    told_at: Option<Instant>,
}

impl Receptions {
    /// What is made of it.
    pub fn judge(&self) -> &Judge {
        &self.judge
    }

    /// Whether a person looks at who receives whom, from now on.
    pub fn set_looked_at(&mut self, is_looked_at: bool) {
        self.is_looked_at = is_looked_at;
    }

    /// Takes what a participant tells; of those who were not asked nothing.
    pub fn told(&mut self, now: Instant, by: u32, account: Account) {
        if self.asks() {
            self.accounts.insert(by, (now, account));
        }
    }

    /// What was told lately by those who are there.
    pub fn accounts(&mut self, now: Instant, is_there: impl Fn(u32) -> bool) -> Vec<Told> {
        self.accounts.retain(|by, (at, _)| now.saturating_duration_since(*at) < HOLDS_FOR && is_there(*by));
        self.accounts.iter().map(|(by, (_, account))| Told { by: *by, account: account.clone() }).collect()
    }

    /// Judges the newest second, asks and tells. Whether what is made of it has changed.
    pub fn look(&mut self, now: Instant, history: &History, session: &mut Session) -> bool {
        let has_changed = self.judge.look(history);
        session.ask_for_accounts(self.asks());
        let is_due = self.told_at.is_none_or(|at| now.saturating_duration_since(at) >= TELL_INTERVAL);
        if is_due && session.is_asked_for_account() {
            session.tell_account(&quality::account(history));
            self.told_at = Some(now);
        }
        has_changed
    }

    /// The others are asked while somebody looks, and while something is wrong: then what they receive tells whose fault it is. Who
    /// has no trouble costs nobody anything.
    fn asks(&self) -> bool {
        self.is_looked_at || self.judge.asks_for_accounts()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    fn everybody(_: u32) -> bool {
        true
    }

    #[test]
    fn who_was_not_asked_is_not_listened_to() {
        let now = Instant::now();
        let mut receptions = Receptions::default();
        receptions.told(now, 2, Account::default());
        assert_eq!(receptions.accounts(now, everybody), []);
        receptions.set_looked_at(true);
        receptions.told(now, 2, Account::default());
        assert_eq!(receptions.accounts(now, everybody).len(), 1);
    }

    #[test]
    fn what_is_old_or_of_somebody_who_left_is_not_known_any_more() {
        let now = Instant::now();
        let mut receptions = Receptions { is_looked_at: true, ..Receptions::default() };
        receptions.told(now, 2, Account::default());
        receptions.told(now + 3 * S, 3, Account::default());
        receptions.told(now + 3 * S, 4, Account::default());
        let known = receptions.accounts(now + 7 * S, |id| id != 4);
        assert_eq!(known.iter().map(|told| told.by).collect::<Vec<_>>(), [3]);
    }
}
