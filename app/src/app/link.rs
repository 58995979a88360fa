//! The window's end of the way to the engine: the newest view comes, commands go. Waits for nobody.
//!
//! Knows neither egui nor what a command means, but which ones take the place of others.

use std::collections::VecDeque;
use std::mem::discriminant;
use std::sync::Arc;

use thiserror::Error;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, watch};

use crate::command::{Command, ShownTile};
use crate::view::{Screen, View};

/// Commands that wait here while the engine's own queue is full. People do not click more while nothing answers; of more, the
/// newest are refused.
pub const UNSENT: usize = 64;

/// Nobody takes commands any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the engine has ended")]
pub struct EngineGone;

/// See the module's description.
#[derive(Debug)]
pub struct EngineLink {
    views: watch::Receiver<Arc<View>>,
    view: Arc<View>,
    commands: mpsc::Sender<Command>,
    unsent: VecDeque<Command>,
    /// What the engine was last told about who is on the screen.
    told_shown: Vec<ShownTile>,
    /// What it was last told about whether figures are looked at.
    told_statistics: bool,
}

impl EngineLink {
    /// A link to an engine.
    pub fn new(mut views: watch::Receiver<Arc<View>>, commands: mpsc::Sender<Command>) -> Self {
        let view = views.borrow_and_update().clone();
        Self { views, view, commands, unsent: VecDeque::new(), told_shown: Vec::new(), told_statistics: false }
    }

    /// The newest view.
    pub fn view(&mut self) -> &Arc<View> {
        // The channel's lock is touched only where there is something new, which is told without it. So neither somebody who holds
        // it nor an engine that waits for that one is waited for here.
        if self.views.has_changed().unwrap_or(true) {
            self.view = self.views.borrow_and_update().clone();
        }
        &self.view
    }

    /// Asks for something, now or as soon as there is room.
    ///
    /// # Errors
    ///
    /// When the engine has ended.
    pub fn send(&mut self, command: Command) -> Result<(), EngineGone> {
        self.unsent.retain(|older| !takes_the_place_of(&command, older));
        if self.unsent.len() < UNSENT {
            self.unsent.push_back(command);
        } else {
            tracing::warn!(?command, "the engine is too busy for a command");
        }
        self.flush()
    }

    /// Sends what waits, in its order, as far as there is room.
    ///
    /// # Errors
    ///
    /// When the engine has ended.
    pub fn flush(&mut self) -> Result<(), EngineGone> {
        while let Some(command) = self.unsent.pop_front() {
            match self.commands.try_send(command) {
                Ok(()) => {}
                Err(TrySendError::Full(command)) => {
                    self.unsent.push_front(command);
                    return Ok(());
                }
                Err(TrySendError::Closed(_)) => return Err(EngineGone),
            }
        }
        Ok(())
    }

    /// Whether something waits for room.
    pub fn is_behind(&self) -> bool {
        !self.unsent.is_empty()
    }

    /// Tells the engine who is on the screen, when that has changed and there is a meeting to tell it of.
    pub fn tell_shown(&mut self, shown: &[ShownTile]) {
        if !matches!(self.view.screen, Screen::Meeting(_)) {
            self.told_shown.clear();
        } else if self.told_shown != shown
            && !self.is_behind()
            && self.commands.try_send(Command::Show(shown.to_vec())).is_ok()
        {
            self.told_shown = shown.to_vec();
        }
    }

    /// Tells the engine whether the figures are looked at, when that has changed; a meeting begins with nobody looking.
    pub fn tell_statistics(&mut self, are_looked_at: bool) {
        if !matches!(self.view.screen, Screen::Meeting(_)) {
            self.told_statistics = false;
        } else if self.told_statistics != are_looked_at
            && !self.is_behind()
            && self.commands.try_send(Command::LookAtStatistics(are_looked_at)).is_ok()
        {
            self.told_statistics = are_looked_at;
        }
    }
}

/// Whether nothing is lost if only the newer one is sent.
fn takes_the_place_of(newer: &Command, older: &Command) -> bool {
    match (newer, older) {
        (Command::SetVolume { participant, .. }, Command::SetVolume { participant: other, .. }) => participant == other,
        (
            Command::SetMicrophone(_)
            | Command::SetCamera(_)
            | Command::SetSound(_)
            | Command::ChooseCamera(_)
            | Command::SetAppearance(_)
            | Command::SetVideo(_)
            | Command::SetServer(_)
            | Command::SetPrivacy(_)
            | Command::SetDiscovery(_)
            | Command::SetShortcuts(_)
            | Command::LookAtSettings(_)
            | Command::RaiseHand(_)
            | Command::SetLocked(_)
            | Command::SetWaitingRoom(_),
            _,
        ) => discriminant(newer) == discriminant(older),
        _ => newer == older,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{Camera, Home, Sound};

    fn view(name: &str) -> Arc<View> {
        let screen = Screen::Home(Home { name: name.into(), ..Home::default() });
        let (sound, camera) = (Sound::default(), Camera::default());
        let (appearance, shortcuts, kept) = Default::default();
        Arc::new(View { screen, notices: Vec::new(), sound, camera, appearance, shortcuts, kept })
    }

    #[test]
    fn the_newest_view_is_read_also_after_the_engine_has_ended() {
        let (publisher, views) = watch::channel(view("a"));
        let (commands, _receiver) = mpsc::channel(1);
        let mut link = EngineLink::new(views, commands);
        let newest = view("b");
        publisher.send_replace(newest.clone());
        assert!(Arc::ptr_eq(link.view(), &newest));
        let last = view("c");
        publisher.send_replace(last.clone());
        drop(publisher);
        assert!(Arc::ptr_eq(link.view(), &last));
    }

    #[test]
    fn an_engine_that_cannot_publish_is_not_waited_for() {
        let (publisher, views) = watch::channel(view("a"));
        let (commands, _receiver) = mpsc::channel(1);
        let somebody = views.clone();
        let mut link = EngineLink::new(views, commands);
        let held = somebody.borrow();
        let (begun, begins) = std::sync::mpsc::channel();
        let engine = std::thread::spawn(move || {
            begun.send(()).unwrap();
            publisher.send_replace(view("b"));
            publisher
        });
        begins.recv().unwrap();
        // However far the engine has come: it cannot get past who holds the view, and the window reads on. If it waited, this
        // test would never end, since it waits for itself.
        for _ in 0..10_000 {
            assert!(matches!(&link.view().screen, Screen::Home(home) if home.name == "a"));
        }
        drop(held);
        let _publisher = engine.join().unwrap();
        assert!(matches!(&link.view().screen, Screen::Home(home) if home.name == "b"));
    }

    #[test]
    fn what_does_not_fit_waits_in_its_order_and_newer_take_the_place_of_older() {
        let (_publisher, views) = watch::channel(view("a"));
        let (commands, mut receiver) = mpsc::channel(1);
        let mut link = EngineLink::new(views, commands);
        for command in [
            Command::TestSpeaker,
            Command::SetMicrophone(false),
            Command::SetVolume { participant: 1, percent: 10 },
            Command::SetVolume { participant: 2, percent: 10 },
            Command::SetVolume { participant: 1, percent: 20 },
            Command::SetMicrophone(true),
        ] {
            link.send(command).unwrap();
        }
        let mut taken = Vec::new();
        while let Ok(command) = receiver.try_recv() {
            taken.push(command);
            link.flush().unwrap();
        }
        let expected = [
            Command::TestSpeaker,
            Command::SetVolume { participant: 2, percent: 10 },
            Command::SetVolume { participant: 1, percent: 20 },
            Command::SetMicrophone(true),
        ];
        assert_eq!(taken, expected);
        assert!(!link.is_behind());
    }

    #[test]
    fn no_more_than_so_many_wait_and_an_engine_that_has_ended_is_told() {
        let (_publisher, views) = watch::channel(view("a"));
        let (commands, receiver) = mpsc::channel(1);
        let mut link = EngineLink::new(views, commands);
        for participant in 0..1000 {
            link.send(Command::Mute { participant }).unwrap();
        }
        assert_eq!(link.unsent.len(), UNSENT);
        drop(receiver);
        assert_eq!(link.flush(), Err(EngineGone));
    }
}
